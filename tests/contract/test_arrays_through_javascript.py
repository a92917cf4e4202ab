"""Arrays of every dtype through JavaScript: equal, or refused with advice that goes through."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from codeexec_magics import CodeExecutor

ARRAYS = [
    np.array(["a", "bcd", ""]),
    np.array([["a"], ["é😀"]]),
    np.array([b"a", b"bc"]),
    np.array([1, "a", None, {"k": [1]}], dtype=object),
    np.array([1.5, np.nan, 65504], dtype="f2"),
    np.array([1.5, 2], dtype=np.longdouble),
    np.array([1, None, 3], dtype="m8[s]"),
    np.array([1 + 2j, 3]),
    np.array([1 + 2j], dtype="c8"),
    np.array(["2026-01-01", "NaT"], dtype="M8[ms]"),
    np.array("a"),
    np.array([], dtype="U3"),
    np.array([], dtype=">i4"),
    np.array([[1, 2]], dtype=">f8"),
    np.array(["2026-01-01", "NaT"], dtype=">M8[s]"),
    np.array(["a"], dtype=">U3"),
    np.array([1.5], dtype=">f2"),
]


def test_an_array_comes_back_as_it_was(executor: CodeExecutor) -> None:
    made = executor.execute_javascript("arrays.map(one => one)", {"arrays": ARRAYS}).output

    for back, array in zip(made, ARRAYS, strict=True):
        if array.ndim:  # else it is its item
            assert (type(back), back.dtype, back.shape) == (np.ndarray, array.dtype, array.shape)
        assert repr(back.tolist() if array.ndim else back) == repr(array.tolist())


def test_what_is_read_of_them_is_plain(executor: CodeExecutor) -> None:
    program = "[t[1] + '!', h[0] * 2, o[3].k, String(d[0]), typeof s, d.map(x => Number(x))]"
    inputs = {
        "t": ARRAYS[0],
        "h": ARRAYS[4],
        "o": ARRAYS[3],
        "d": ARRAYS[6],
        "s": np.str_("a"),
    }

    made = executor.execute_javascript(program, inputs).output

    assert made[:5] == ["bcd!", 3, [1], "0:00:01", "string"]
    assert made[5] == [1000, 0, 3000]


def test_an_array_that_was_changed_keeps_its_dtype_as_far_as_it_holds(
    executor: CodeExecutor,
) -> None:
    program = "t[0] = 'longer than before'; h[0] = 0.1; [t, h]"

    text, numbers = executor.execute_javascript(program, {"t": ARRAYS[0], "h": ARRAYS[4]}).output

    assert text.tolist() == ["longer than before", "bcd", ""]
    assert (numbers.dtype, numbers[0]) == (np.dtype("f4"), np.float32(0.1))


def fields() -> Any:
    return np.array([(1, "a")], dtype=[("n", "i4"), ("s", "U1")])


HINTS = [
    (np.ma.array([1, 2], mask=[False, True]), lambda x: x.tolist(), [1, None]),
    (np.ma.array([1.5, 2], mask=[True, False]), lambda x: x.tolist(), [None, 2]),
    (np.array([np.longdouble(1) / 3]), lambda x: x.astype(str), [str(np.longdouble(1) / 3)]),
    (fields(), lambda x: {name: x[name] for name in x.dtype.names}, {"n": [1], "s": ["a"]}),
    (
        fields().view(np.recarray),
        lambda x: {name: x[name] for name in x.dtype.names},
        {"n": [1], "s": ["a"]},
    ),
    (np.array([1], dtype="m8[Y]"), lambda x: x.astype("i8"), [1]),
    (np.array([1], dtype="m8[ns]"), lambda x: x.astype("m8[us]"), [dt.timedelta(0)]),
    (np.array([b"ab"], dtype="V2"), lambda x: x.tolist(), [b"ab"]),
]


@pytest.mark.parametrize("hint", HINTS, ids=lambda hint: str(getattr(hint[0], "dtype", "")))
def test_what_a_hint_advises_goes_through_and_is_equal(executor: CodeExecutor, hint: Any) -> None:
    array, act, wanted = hint

    refused = executor.execute_javascript("x", {"x": array})
    advised = executor.execute_javascript("x", {"x": act(array)})

    assert not refused.success
    assert re.search(r"inputs\.x", str(refused.error))
    assert advised.success, advised.error
    made = advised.output
    if isinstance(made, dict):
        made = {name: column.tolist() for name, column in made.items()}
    assert (made.tolist() if isinstance(made, np.ndarray) else made) == wanted


PACKAGE = """
class Table { constructor() { this.schema = {}; this.numRows = 2; } }
const tableToIPC = () => new Uint8Array(fs.readFileSync('stream'));
"""


@pytest.mark.parametrize("sandbox", [False, True], ids=["trusted", "sandboxed"])
def test_a_table_of_npms_arrow_is_a_table_of_ours(
    executor: CodeExecutor, tmp_path: Path, sandbox: bool
) -> None:
    package = tmp_path / "node_modules" / "apache-arrow"
    package.mkdir(parents=True)
    exports = {"import": "./index.mjs", "require": "./index.js"}
    (package / "package.json").write_text(json.dumps({"exports": exports}))
    (package / "index.js").write_text(
        f"const fs = require('fs');{PACKAGE}module.exports = {{ Table, tableToIPC }};"
    )
    (package / "index.mjs").write_text(
        f"import fs from 'fs';{PACKAGE}export {{ Table, tableToIPC }};"
    )
    table = pa.table(
        {"n": pa.array([1, 2], pa.int32()), "s": pa.array(["a", None]).dictionary_encode()}
    )
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    (tmp_path / "stream").write_bytes(sink.getvalue())
    surroundings = {"directory": str(tmp_path), "sandbox": sandbox}

    for program in (
        "const { Table } = require('apache-arrow'); new Table()",
        "import { Table } from 'apache-arrow'\nnew Table()",
    ):
        made = executor.execute_javascript(program, **surroundings)
        assert made.error is None
        assert made.output.equals(table)
        frame = executor.execute_javascript(program, converter="pandas", **surroundings).output
        assert [str(dtype) for dtype in frame.dtypes] == ["int32", "category"]

    other = "class Table { schema = {} }; new Table()"
    refused = executor.execute_javascript(other, directory=str(tmp_path), outputs=["x"])
    assert "tableToIPC" in str(refused.error)


def test_an_empty_array_behind_a_few_bytes_arrives(executor: CodeExecutor) -> None:
    values = [np.array([1, 2, 3], dtype="u1"), np.array([], dtype="f8")]
    for back, sent in zip(
        executor.execute_javascript("v", {"v": values}).output, values, strict=True
    ):
        assert back.dtype == sent.dtype
        assert back.tolist() == sent.tolist()
