"""A frame in JavaScript is an Array of plain row objects, and nothing written to it is lost."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from codeexec_magics import CodeExecutor
from codeexec_magics.values.results import Outcome

FRAME = pd.DataFrame(
    {
        "id": [1, 2, 3],
        "x": [1.5, np.nan, -0.0],
        "big": [2**60, 1, 2],
        "s": np.array(["a", None, "é😀"], dtype=object),
        "c": pd.Categorical(["u", None, "v"]),
        "t": pd.date_range("2020-10-25", periods=3, tz="Europe/Berlin"),
        "i": pd.array([1, None, 3], dtype="Int64"),
        "b": [True, False, True],
        "f": pd.array([0.5, None, 1], dtype="Float32"),
        "length": [7, 8, 9],
        "__proto__": [1, 2, 3],
        "constructor": ["p", "q", "r"],
        "map": [4, 5, 6],
        "d": pd.to_timedelta([1, None, 3], unit="s"),
        "day": np.array([dt.date(2020, 1, 1), None, None], dtype=object),
        "none": np.array([None, None, None], dtype=object),
    },
    index=pd.Index(["k", "l", "m"], name="key"),
)

# Each is run on a frame and on a real Array of the same rows, and must say the same.
LIKE_AN_ARRAY = """
[
  (a) => a.length,
  (a) => Array.isArray(a),
  (a) => a.map((row) => row.id * 2),
  (a) => a.map(({ id, x, ...rest }, at) => [id, at, Object.keys(rest)]),
  (a) => a.map((row, at, all) => all.length + at),
  (a) => a.filter((row) => row.b).map((row) => row.s),
  (a) => a.reduce((sum, row) => sum + row.id, 0),
  (a) => a.reduce((one, other) => (one.id > other.id ? one : other)).id,
  (a) => a.find((row) => row.id === 2).s,
  (a) => [a.some((row) => row.id > 2), a.every((row) => row.id > 2)],
  (a) => [...a].length,
  (a) => { const [first, ...others] = a; return [first.id, others.length] },
  (a) => { let ids = ''; for (const row of a) ids += row.id; return ids },
  (a) => { let ids = ''; for (const at in a) ids += at; return ids },
  (a) => ({ ...a[1] }),
  (a) => Object.keys(a[0]),
  (a) => Object.keys(a),
  (a) => Object.entries(a).length,
  (a) => a.at(-1).id,
  (a) => a[7] === undefined && a.at(7) === undefined,
  (a) => [2 in a, 3 in a, '01' in a, 'length' in a, Object.hasOwn(a, 1), Object.hasOwn(a, 3)],
  (a) => a[0] === a[0] && a[0] === a.at(0) && a.indexOf(a[2]) === 2 && a.includes(a[1]),
  (a) => [a.slice(1).length, a.slice(-1)[0].id, Array.isArray(a.slice())],
  (a) => a.concat([1]).length,
  (a) => a.flatMap((row) => [row.id, row.id]),
  (a) => Object.getPrototypeOf(a[0]) === Object.prototype,
  (a) => Object.getPrototypeOf(a) === Array.prototype && a.constructor === Array,
  (a) => a.toSorted((one, other) => other.id - one.id).map((row) => row.id),
  (a) => [...a.entries()].map(([at, row]) => [at, row.id]),
  (a) => JSON.stringify(a, (key, value) => (typeof value === 'bigint' ? `${value}` : value)),
  (a) => require('node:util').inspect(a, { depth: 0 }).startsWith('[\\n'),
  (a) => Array.from(a, (row) => row.id),
  (a) => Array.prototype.map.call(a, (row) => row.id),
  (a) => Object.groupBy?.(a, (row) => row.b).true.length ?? 2,
  (a) => `${a}`,
  (a) => a[0].x === 1.5 && Number.isNaN(a[1].x) && Object.is(a[2].x, -0),
  (a) => a.map((row) => row.i),
  (a) => a[1].t.toISOString() + (a[0].t === a[0].t),
  // What is read of a row that nobody keeps: by name, by a name that is computed, all, or nothing.
  (a) => a.map((row) => [row.id, row['x'], row?.s, row[`i`], row.nothing, row.constructor]),
  (a) => a.map((row) => ['id', 'nothing'].map((name) => name in row)),
  (a) => { const name = 's'; return a.map((row) => row[name]) },
  (a) => a.map(({ id, 's': text, ['i']: i, b = 3, none = 4 }) => [id, text, i, b, none]),
  (a) => a.map(({ id, ...others }) => Object.keys(others)),
  (a) => a.map((row) => { const { id, ...others } = row; return Object.keys(others) }),
  (a) => a.map((row) => { const { id: one, s } = row; return [one, s, row.b] }),
  (a) => a.map((row) => ({ ...row, id: row.id + 1 })).map((row) => Object.keys(row)),
  (a) => a.map((row) => row.__proto__ === undefined),
  (a) => a.map((row) => row.hasOwnProperty === undefined),
  (a) => a.map(() => 1).length + a.map((row) => 1).length,
  (a) => a.filter((row) => row.id > 1).map((row) => Object.keys(row)),
  (a) => a.filter(({ b }) => b)[0] === a[0],
  (a) => a.reduce((sum, { id }) => sum + Number(id), 0),
  (a) => a.map((row) => a.filter((other) => other.id >= row.id).length),
  // From here on they change it.
  (a) => { a[0].id = 10; return a.map((row) => row.id) },
  (a) => { a.forEach((row) => { row.twice = row.id * 2 }); return a.map((row) => row.twice) },
  (a) => { for (const row of a) delete row.x; return a.map((row) => Object.keys(row).length) },
  (a) => { a.filter((row) => row.b)[1].id = 33; return a[2].id },
  (a) => { const seen = []; a.forEach((row) => seen.push(row)); seen[1].id = 22; return a[1].id },
  (a) => { const seen = a.map((row) => ({ row })); seen[1].row.id = 23; return a[1].id },
  (a) => { const { row } = a.map((row) => (() => ({ row }))())[0]; row.id = 5; return a[0].id },
  (a) => { a.map(function (row) { arguments[0].id = 6; return row.x }); return a[0].id },
  (a) => { a.map((row) => { row.id += 1; return 0 }); return a.map((row) => row.id) },
  (a) => { a.map((row) => { [row.id] = [8]; return 0 }); return a[2].id },
  (a) => { a.map((row) => { for (row.id of [9]); return 0 }); return a[2].id },
  (a) => { a.map((row) => Object.assign(row, { id: 4 }).x); return a[0].id },
  (a) => { a.map((row) => eval('row.id = 3')); return a[0].id },
  (a) => { a.map((row) => { with (row) { id = 2 } }); return a[0].id },
  (a) => { a.reduce((sum, row) => { row.id = sum; return sum + 1 }, 0); return a[2].id },
  (a) => { a.map((row) => { row.t.setUTCFullYear(1999) }); return a[0].t.getUTCFullYear() },
  (a) => { a.map((row, at, all) => { all[at].id = 1; return row.id }); return a[2].id },
  (a) => { a[1] = { id: 'new' }; return [a.length, a[1].id, a[2].id] },
  (a) => { a[5] = { id: 5 }; return [a.length, 4 in a, a[5].id, a[0].id] },
  (a) => { const n = a.push({ id: 4 }, { id: 5 }); return [n, a.length, a.at(-1).id, a[0].id] },
  (a) => [a.pop().id, a.shift().id, a.unshift({ id: 0 }), a.map((row) => row.id)],
  (a) => { a.splice(1, 1, { id: 'x' }, { id: 'y' }); return a.map((row) => row.id) },
  (a) => { a.sort((one, other) => other.id - one.id); return a.map((row) => row.id) },
  (a) => a.reverse() === a && a.map((row) => row.id),
  (a) => { a.length = 1; return [a.length, a[1] === undefined, a.map((row) => row.id)] },
  (a) => { delete a[1]; return [1 in a, a.length, Object.keys(a)] },
  (a) => { a.fill(0, 1); return a.slice(1) },
  (a) => { Object.freeze(a); return [Object.isFrozen(a), a.map((row) => row.id)] },
  (a) => { Object.defineProperty(a, 0, { value: 7 }); return a[0] },
]
"""


@pytest.fixture(scope="module", autouse=True)
def threads_of_polars() -> None:
    """Its threads have descriptors of their own, which are not an execution's."""
    frame = pl.from_pandas(pd.DataFrame({"a": [1, None]})).select(pl.col("a").cast(pl.String))
    pl.from_arrow(frame.to_arrow())


@pytest.fixture(scope="module")
def frames() -> dict[str, Any]:
    text = FRAME.drop(columns="d").reset_index()
    return {"pandas": FRAME, "polars": pl.from_pandas(text), "arrow": pa.Table.from_pandas(text)}


@pytest.mark.parametrize("kind", ["pandas", "polars", "arrow"])
def test_a_frame_behaves_as_an_array_of_plain_objects(
    executor: CodeExecutor, frames: dict[str, Any], kind: str
) -> None:
    program = f"""
    const acts = {LIKE_AN_ARRAY}
    const isBig = (key, value) => typeof value === 'bigint' ? `${{value}}n` : value
    const real = (frame) => frame.map((row) => ({{ ...row, t: new Date(row.t) }}))
    const wrong = []
    for (let at = 0; at < acts.length; at += 1) {{
      const [mine, theirs] = [inputs[`f${{at}}`], real(inputs[`r${{at}}`])]
      const [left, right] = [acts[at](mine), acts[at](theirs)]
        .map((value) => JSON.stringify(value, isBig))
      if (left !== right) wrong.push([`${{acts[at]}}`, left, right])
    }}
    [acts.length, wrong]
    """
    frame = frames[kind]
    many = {f"{name}{at}": frame for at in range(100) for name in ("f", "r")}

    result = executor.execute_javascript(program, many)

    assert result.success, result.error
    count, wrong = result.output
    assert wrong == []
    assert 60 < count <= 100


def test_large_frames_are_read_in_blocks(executor: CodeExecutor) -> None:
    count = 5000
    frame = pd.DataFrame(
        {"n": np.arange(count), "s": [f"é{n}" for n in range(count)], "k": ["a", "b"] * 2500}
    )
    program = """
    const middle = df[2500].s + df[1023].n + df[1024].n + df.at(-1).k
    df[1500].n = -1
    let sum = 0
    for (const row of df) sum += row.n;
    [middle, sum, df.map((row) => row.n).length, df.filter((row) => row.n === -1).length]
    """

    output = executor.execute_javascript(program, {"df": frame}).output

    assert output == ["é25001023" + "1024b", count * (count - 1) // 2 - 1501, count, 1]


def test_beside_a_failing_line_a_row_is_whole(executor: CodeExecutor) -> None:
    frame = pd.DataFrame({"other": [7, 8], "s": ["a", "b"]})

    trace = executor.execute_javascript("df.map((row) => row.s.x.y)", {"df": frame}).trace

    assert trace is not None
    assert dict(trace.frames[-1].values)["row"] == "{other: 7, s: 'a'}"


def test_columns_stand_beside_the_rows(executor: CodeExecutor) -> None:
    program = """
    const { columns } = df
    const kinds = Object.keys(columns).map((name) => columns[name].constructor.name)
    const bound = [columns.__proto__[1], columns.constructor[1], columns.length[1], columns.map[1]]
    ;[Object.keys(columns), kinds, bound, columns.x, columns.big, columns.i, columns.s, columns.b]
    """

    names, kinds, bound, x, big, i, s, b = executor.execute_javascript(
        program, {"df": FRAME}
    ).output

    assert names == ["key", *FRAME.columns]
    assert kinds[1:4] == ["Float64Array", "Float64Array", "BigInt64Array"]
    assert bound == [2, "q", 8, 5]
    np.testing.assert_array_equal(x, FRAME["x"])
    assert big.tolist() == FRAME["big"].tolist()
    assert (i, s, b) == ([1, None, 3], ["a", None, "é😀"], [True, False, True])


def test_columns_become_a_frame(executor: CodeExecutor) -> None:
    program = "const { x, id } = df.columns; ({ id, y: x.map((value) => value * 2) })"

    frame = executor.execute_javascript(program, {"df": FRAME}, converter="pandas").output

    pd.testing.assert_frame_equal(
        frame, pd.DataFrame({"id": [1.0, 2.0, 3.0], "y": [3.0, np.nan, -0.0]}), check_dtype=False
    )


UNCHANGED = [
    "df",
    "df[0]; df",
    "for (const row of df) row.x; df",
    "df.map((row) => row.s); JSON.stringify(df.length); df.columns.x; df",
    "df[0].id = 5; df[0].id = 1; df",
    "const rest = df.splice(0); df.push(...rest); df",
]


@pytest.mark.parametrize("program", UNCHANGED)
def test_the_same_frame_comes_back_as_itself(executor: CodeExecutor, program: str) -> None:
    result = executor.execute_javascript(program, {"df": FRAME})

    assert result.success, result.error
    pd.testing.assert_frame_equal(result.output, FRAME)


def test_frames_of_every_library_come_back_as_themselves(
    executor: CodeExecutor, frames: dict[str, Any]
) -> None:
    result = executor.execute_javascript("df[0]; ({ ...inputs })", {**frames, "df": FRAME})

    assert result.success, result.error
    pd.testing.assert_frame_equal(result.output["pandas"], FRAME)
    assert result.output["polars"].equals(frames["polars"], null_equal=True)
    assert result.output["arrow"].equals(frames["arrow"], check_metadata=True)


CHANGED = [
    ("df[0].id = 5; df", lambda rows: rows[0]["id"] == 5),
    ("df[1].t.setUTCFullYear(1999); df", lambda rows: rows[1]["t"].year == 1999),
    ("df[0].more = 1; df", lambda rows: rows[0]["more"] == 1),
    ("delete df[0].x; df", lambda rows: "x" not in rows[0]),
    ("df[2].d = null; df", lambda rows: rows[2]["d"] is None),
    ("df.pop(); df", lambda rows: len(rows) == 2),
    ("df.reverse(); df", lambda rows: rows[0]["id"] == 3),
    ("df.filter((row) => row.b)", lambda rows: len(rows) == 2),
    ("df.slice()", lambda rows: len(rows) == 3),
]


@pytest.mark.parametrize(("program", "holds"), CHANGED, ids=[text for text, _ in CHANGED])
def test_what_was_changed_comes_back_as_rows(
    executor: CodeExecutor, program: str, holds: Any
) -> None:
    result = executor.execute_javascript(program, {"df": FRAME})

    assert result.success, result.error
    assert type(result.output) is list
    assert holds(result.output)


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"a": pd.Series([], dtype="f8"), "s": pd.Series([], dtype=object)}),
        pd.DataFrame(),
        pl.DataFrame({"a": []}),
        pa.table({"a": pa.array([], pa.int64())}),
    ],
    ids=lambda frame: f"{type(frame).__module__} {frame.shape}",
)
def test_an_empty_frame_is_an_empty_array(executor: CodeExecutor, frame: Any) -> None:
    program = "[df.length, df.map((row) => row.a), [...df], df[0] === undefined, Object.keys(df)]"

    assert executor.execute_javascript(program, {"df": frame}).output == [0, [], [], True, []]
    assert executor.execute_javascript("df", {"df": frame}).output.shape == frame.shape


BIG_ARRAYS = [
    "at", "at - 5", "at / 2", "at * 4e9 - 6e12", "at === 5 ? -0 : at", "at === 7 ? NaN : at",
    "2 ** 53 - 1 - at", "at - (2 ** 53 - 1)", "2 ** 53 + at", "'s' + at", "'\\0' + at",
    "at % 2 ? 'é\\ud800' : null", "new Date(at * 1000)", "new Date(at - 62135596800000)",
    "at % 2 ? 1 : 'x'", "at === 2999 ? 1n : at", "at % 2 === 0", "[at]",
    "at === 10 ? undefined : at",
    "({ a: at, b: at / 2, c: 'x' + at, d: at % 2 ? null : 1, e: new Date(at), f: !at, g: [at] })",
    "({ a: at, ...(at === 2999 ? { z: 1 } : {}) })", "({ $: at })", "({ a: undefined })",
    "({ '\\ud800': 1 })", "({ 5: 1, a: 2 })", "Object.assign(Object.create(null), { a: at })",
    "({ get a() { return at } })", "({ toJSON() { return at } })",
    "Object.defineProperty({ a: 1 }, 'b', { value: at })", "at % 2 ? { a: 1 } : null",
]  # fmt: skip


def test_large_arrays_arrive_as_small_ones_do(executor: CodeExecutor) -> None:
    program = """
    const make = (item) => Array.from({ length: 3000 }, (_, at) => item(at))
    const inParts = (all) => [all.slice(0, 1000), all.slice(1000, 2000), all.slice(2000)]
    const items = [%s]
    items.map((item) => [make(item), inParts(make(item))])
    """
    makers = ", ".join(f"(at) => {text}" for text in BIG_ARRAYS)

    result = executor.execute_javascript(program.replace("%s", makers))

    assert result.success, result.error
    for source, (whole, parts) in zip(BIG_ARRAYS, result.output, strict=True):
        assert repr(whole) == repr([item for part in parts for item in part]), source


@pytest.mark.parametrize(
    ("item", "path"),
    [
        ("at === 2000 ? { a: { b: Symbol() } } : { a: 1 }", "result[2000].a.b"),
        ("at === 2000 ? () => 1 : { a: 1 }", "result[2000]"),
        ("at === 2000 ? { a: 1, [Symbol()]: 2 } : { a: 1 }", "result[2000]"),
        ("at === 2000 ? new Date(NaN) : new Date(0)", "result[2000]"),
    ],
)
def test_what_cannot_travel_is_named_in_a_large_array(
    executor: CodeExecutor, item: str, path: str
) -> None:
    result = executor.execute_javascript(f"Array.from({{ length: 3000 }}, (_, at) => ({item}))")

    assert result.outcome is Outcome.FAILED
    assert f" {path} " in str(result.error)


@pytest.mark.parametrize("converter", ["pandas", "polars", "arrow"])
def test_many_rows_become_the_frame_that_few_do(executor: CodeExecutor, converter: str) -> None:
    program = """
    Array.from({ length: 3000 }, (_, at) =>
      ({ a: at, b: at + 0.5, c: 'x' + at, d: at % 2 ? null : 1, e: new Date(at * 1e3), f: !at }))
    """

    many = executor.execute_javascript(program, converter=converter).output
    few = executor.execute_javascript(program.replace("3000", "900"), converter=converter).output

    assert many[:900].equals(few)


def test_a_sandboxed_cell_sends_frames_without_a_pickle(executor: CodeExecutor) -> None:
    program = """
    import pandas as pd
    index = pd.MultiIndex.from_tuples([(1, "a"), (2, "b")], names=["k", "l"])
    zoned = pd.date_range("2020-10-25", periods=2, freq="h", tz="Europe/Berlin")
    kinds = pd.Categorical(["x", None], categories=["y", "x"], ordered=True)
    pd.DataFrame({"t": zoned, "c": kinds, "n": [1.5, float("nan")], "s": ["ä", None]}, index=index)
    """
    source = "\n".join(line[4:] for line in program.splitlines())

    sandboxed = executor.execute_python(source, sandbox=True)
    trusted = executor.execute_python(source)
    refused = executor.execute_python("class Own: pass\n[Own()]", sandbox=True)

    assert sandboxed.success, sandboxed.error
    pd.testing.assert_frame_equal(sandboxed.output, trusted.output)
    assert refused.outcome is Outcome.FAILED
    assert "result[0] (Own) cannot be sent without a pickle" in str(refused.error)
