"""Many items: order, laziness, values, failures, in every language."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from codeexec_magics import (
    CodeExecutor,
    ExecutionResult,
    ItemFailure,
    MapPlan,
    Outcome,
)
from codeexec_magics.data.conversion import convert
from codeexec_magics.engine.observer import Observer
from codeexec_magics.errors import InvalidOptions
from codeexec_magics.languages.python import preloading
from codeexec_magics.protocol.scalars import full_type_name
from codeexec_magics.values.options import ExecutionOptions, Program

LANGUAGES = ("python", "javascript")
SQUARE = {
    "python": "def transform(x):\n    return x * x",
    "javascript": "function transform(x) { return x * x }",
}
FUNCTION_AS_VALUE = {"python": "lambda x: x + 1", "javascript": "x => x + 1"}
ASYNC = {
    "python": "import asyncio\nasync def transform(x):\n    await asyncio.sleep(0)\n    return x",
    "javascript": "async x => { await null; return x }",
}
ENDS = {
    "python": "import os\ndef transform(x):\n    os._exit(x)",
    "javascript": "x => process.exit(x)",
}
IDENTITY = {"python": "lambda x: x", "javascript": "x => x"}
SHARED = {
    "python": "def transform(row, factor):\n    return row['n'] * factor",
    "javascript": "function transform({n}, {factor}) { return n * factor }",
}
THROWS = {
    "python": "def transform(x):\n  if x % 300 == 7:\n    raise ValueError('no')\n  return x",
    "javascript": "x => {\n  if (x % 300 === 7) {\n    throw new RangeError('no') }\n  return x }",
}
THROWN = {"python": "ValueError: no", "javascript": "RangeError: no"}
EXITS = {
    "python": "import os\ndef transform(x):\n    if x == 7:\n        os._exit(3)\n    return x",
    "javascript": "x => { if (x === 7) process.exit(3); return x }",
}
HANGS = {
    "python": "def transform(x):\n    while x == 7:\n        pass\n    return x",
    "javascript": "x => {\n  while (x === 7) ;\n  return x }",
}
PRINTS = {
    "python": "def transform(x):\n    print('line', x)\n    return x",
    "javascript": "x => { console.log('line', x); return x }",
}
FAILS_AT_ONCE = {"python": "raise KeyError('set-up')", "javascript": "throw new Error('set-up')"}
NO_FUNCTION = {"python": "1", "javascript": "1"}
SHOWS_ITS_PROCESS = {
    "python": "import os\nlambda x: os.getpid()",
    "javascript": "x => process.pid",
}
UNPACKABLE = {
    "python": "lambda x: x if x else (i for i in ())",
    "javascript": "x => x || (() => 1)",
}


def run(
    executor: CodeExecutor,
    source: str,
    language: str,
    items: Any,
    *,
    timeout: float = 30,
    inputs: dict[str, Any] | None = None,
    observer: Observer | None = None,
    options: dict[str, Any] | None = None,
    **plan: Any,
) -> ExecutionResult:
    return executor.map(
        Program(source, language),
        ExecutionOptions(timeout=timeout, standbys=0, **(options or {})),
        items,
        inputs,
        observer,
        plan=MapPlan(**{"workers": 2, **plan}),
    )


def failures(result: ExecutionResult) -> list[ItemFailure]:
    return [value for value in result.output if isinstance(value, ItemFailure)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("batch", [None, 1, 7, 1000])
def test_values_stand_in_the_order_of_the_items(
    executor: CodeExecutor, language: str, batch: int | None
) -> None:
    items = [*range(500)]

    result = run(executor, SQUARE[language], language, items, batch=batch)

    assert result.output == [item * item for item in items]
    assert result.exit_code == 0
    assert result.receipt.left == 0


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "items",
    [(), [], range(0), iter(()), {}, pd.DataFrame({"a": []}), np.zeros(0), pl.DataFrame()],
    ids=full_type_name,
)
def test_no_items_start_no_process(executor: CodeExecutor, language: str, items: Any) -> None:
    result = run(executor, FAILS_AT_ONCE[language], language, items)

    assert (result.output, result.receipt.reaped) == ([], 0)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_last_item_of_what_told_its_size_ends_its_process(
    executor: CodeExecutor, language: str
) -> None:
    result = run(executor, ENDS[language], language, dict.fromkeys([3, 4]), batch=1)

    assert result.outcome is Outcome.CRASHED
    assert "item 0: 3" in (result.error or "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_last_expression_may_be_the_function(executor: CodeExecutor, language: str) -> None:
    assert run(executor, FUNCTION_AS_VALUE[language], language, [1, 2]).output == [2, 3]


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_asynchronous_function_is_awaited(executor: CodeExecutor, language: str) -> None:
    assert run(executor, ASYNC[language], language, range(50)).output == [*range(50)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_inputs_are_shared_by_all_items(executor: CodeExecutor, language: str) -> None:
    rows = [{"n": number} for number in range(20)]

    result = run(executor, SHARED[language], language, rows, inputs={"factor": 3})

    assert result.output == [3 * number for number in range(20)]


@pytest.mark.parametrize(
    ("source", "inputs"),
    [
        ("def transform(a, x):\n    return (a, x)", {"a": 5}),
        ("def transform(x, *, a):\n    return (a, x)", {"a": 5}),
        ("def transform(a, item):\n    return (a, item)", {"a": 5}),
        ("def transform(*x):\n    return (5, *x)", {}),
        ("def transform(x, inputs):\n    return (inputs.a, x)", {"a": 5}),
        ("def transform(inputs):\n    return (inputs.a, inputs.item)", {"a": 5}),
        ("def transform(**k):\n    return (k['a'], k['item'])", {"a": 5}),
        ("def transform(x, b=5):\n    return (b, x)", {"a": 1}),
        ("class transform(tuple):\n    def __new__(cls, x):\n        return (5, x)", {}),
        ("transform = (5).__add__\ndel transform\nlambda x: (a, x)", {"a": 5}),
    ],
)
def test_the_item_has_a_place_in_every_signature(
    executor: CodeExecutor, source: str, inputs: dict[str, Any]
) -> None:
    result = run(executor, source, "python", [1], inputs=inputs)

    assert (result.error, result.output) == (None, [(5, 1)])


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("def transform(x, y):\n    return x", "'y'"),
        ("def transform(a):\n    return a", "no parameter for the item"),
        ("def transform():\n    return 1", "no parameter for the item"),
    ],
)
def test_a_signature_without_a_place_is_refused(
    executor: CodeExecutor, source: str, word: str
) -> None:
    result = run(executor, source, "python", [1, 2], inputs={"a": 1})

    assert result.outcome is Outcome.FAILED
    assert "TypeError" in str(result.error)
    assert word in str(result.error)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_program_without_a_function_is_refused(executor: CodeExecutor, language: str) -> None:
    result = run(executor, NO_FUNCTION[language], language, [1])

    assert result.outcome is Outcome.FAILED
    assert "define transform(item)" in str(result.error)


@pytest.mark.parametrize("language", LANGUAGES)
def test_values_travel_as_exactly_as_in_ordinary_runs(
    executor: CodeExecutor, language: str
) -> None:
    items = [
        None, True, 0, -0.0, math.inf, 2**53 - 1, -(2**70), "\udcff", "Zürich", b"\0" * 5000,
        (1, "a"), {"$": 1}, {1: 2}, {3, 4}, [[], {}], datetime.datetime(2026, 1, 2, 3, 4, 5),
        datetime.date(2026, 1, 2), Decimal("1.10"), "x" * 200_000,
    ]  # fmt: skip

    result = run(executor, IDENTITY[language], language, items, batch=4)

    assert [repr(value) for value in result.output] == [repr(item) for item in items]


def test_arrays_travel_and_belong_to_the_caller(executor: CodeExecutor) -> None:
    items = [np.arange(1000) + shift for shift in range(30)]

    result = run(executor, "lambda x: x + 1", "python", items)

    assert all((value == item + 1).all() for value, item in zip(result.output, items, strict=True))
    result.output[0][:] = 0
    assert result.output[1][0] == 2


def test_values_above_a_frame_travel(executor: CodeExecutor) -> None:
    text = "ü" * 12_000_000

    assert run(executor, "lambda x: x", "python", [text, text], batch=2).output == [text, text]


@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame, pa.table], ids=["pd", "pl", "pa"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_frame_stands_for_its_rows(executor: CodeExecutor, language: str, library: Any) -> None:
    frame = library({"n": [1, 2, 3], "name": ["a", "b", "c"]})

    result = run(executor, SHARED[language], language, frame, inputs={"factor": 2})

    assert result.output == [2, 4, 6]


@pytest.mark.parametrize("batch", [None, 1])
def test_a_rejection_that_nobody_handles_fails_its_item_alone(
    executor: CodeExecutor, batch: int | None
) -> None:
    late = "async function check(x) { await 0; if (x % 20 === 3) throw new Error('no') }\n"

    for source in ("x => { check(x); return x }", "async x => { check(x); return x }"):
        result = run(
            executor, late + source, "javascript", range(50), on_error="collect", batch=batch
        )

        lost = [value for value in result.output if isinstance(value, ItemFailure)]
        assert [(value.index, value.error) for value in lost] == [
            (place, "Error: no") for place in (3, 23, 43)
        ]


@pytest.mark.parametrize("language", ["javascript", "typescript"])
def test_what_pandas_counts_as_missing_is_null_in_the_rows(
    executor: CodeExecutor, language: str
) -> None:
    columns: dict[str, Any] = {
        "number": [1.5, np.nan],
        "text": ["a", None],
        "object": np.array(["a", np.nan], dtype=object),
        "kind": pd.Categorical(["x", None]),
        "count": pd.array([1, None], dtype="Int64"),
        "when": pd.to_datetime(["2025-01-01", None]),
    }
    frame = pd.DataFrame(columns, index=pd.Index(["r", np.nan], name="key"))
    missing = "row => Object.values(row).filter(value => value === null).length"

    assert run(executor, missing, language, frame).output == [0, 7]
    for name in ("text", "kind", "count"):
        assert run(executor, "x => x === null", language, frame[name]).output == [False, True]


@pytest.mark.parametrize("form", ["pandas", "polars", "arrow"])
def test_rows_of_a_frame_have_its_types_again(executor: CodeExecutor, form: str) -> None:
    frame = pd.DataFrame(
        {
            "small": np.array([1, 2], dtype="u1"),
            "count": pd.array([1, None], dtype="Int64"),
            "kind": pd.Categorical(["x", None]),
            "when": pd.to_datetime(["2025-01-01", None]),
            "text": ["a", None],
        }
    )
    options = ExecutionOptions(converter=form, standbys=0)

    mapped = executor.map(Program("row => row", "javascript"), options, frame)
    whole = executor.run(Program("df", "javascript"), options, {"df": frame})

    assert mapped.error is None
    if form == "pandas":
        pd.testing.assert_frame_equal(mapped.output, whole.output)
    else:
        assert mapped.output.schema == whole.output.schema
        assert mapped.output.equals(whole.output)


@pytest.mark.parametrize("library", ["pandas", "polars", "arrow"])
def test_floats_of_a_frame_are_floats_again(executor: CodeExecutor, library: str) -> None:
    frame = convert({"i": [1, 2], "p": [1.0, 2.5], "f": [0.5, None]}, library, "frame")
    program = Program("row => ({ ...row, f: 3, z: 1.0 })", "javascript")

    for converter in ("auto", "records"):
        options = ExecutionOptions(converter=converter, standbys=0)
        rows = executor.map(program, options, frame).output
        assert [[type(row[name]) for name in "ipfz"] for row in rows] == [
            [int, float, float, int],
            [int, float, float, int],
        ]
    for form in ("pandas", "polars", "arrow"):
        options = ExecutionOptions(converter=form, standbys=0)
        none = executor.map(program, options, frame[:0])
        assert len(none.output) == 0
        names = none.output.schema.names if form == "arrow" else list(none.output.columns)
        assert names == ["i", "p", "f"]


def test_rows_with_columns_of_one_name_are_refused(executor: CodeExecutor) -> None:
    frame = pd.DataFrame([[1, 2]], columns=["a", "a"])

    result = run(executor, "lambda x: x", "python", frame)

    assert "share a name" in str(result.error)


def test_a_converter_takes_the_list_of_values(executor: CodeExecutor) -> None:
    source = "lambda x: {'n': x, 'square': x * x}"

    result = run(executor, source, "python", range(3), options={"converter": "pandas"})

    assert result.output.to_dict("list") == {"n": [0, 1, 2], "square": [0, 1, 4]}


def test_items_are_drawn_as_they_are_needed(executor: CodeExecutor) -> None:
    drawn = 0

    def endless() -> Iterator[int]:
        nonlocal drawn
        while True:
            drawn += 1
            yield drawn

    result = run(
        executor, "def transform(x):\n    assert x < 50\n    return x", "python", endless()
    )

    assert "AssertionError" in str(result.error)
    assert "item 49: 50" in str(result.error)
    assert drawn < 200_000


def test_what_the_iterable_throws_reaches_the_caller(executor: CodeExecutor) -> None:
    def broken() -> Iterator[int]:
        yield from range(10)
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        run(executor, "lambda x: x", "python", broken())


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_process_serves_many_items_of_one_map_only(
    executor: CodeExecutor, language: str
) -> None:
    first = run(executor, SHOWS_ITS_PROCESS[language], language, range(40))
    second = run(executor, SHOWS_ITS_PROCESS[language], language, range(40))

    assert len(set(first.output)) <= 2
    assert not set(first.output) & set(second.output)
    assert first.receipt.reaped <= 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_stop_names_the_first_item_that_fails(executor: CodeExecutor, language: str) -> None:
    result = run(executor, THROWS[language], language, range(1000))

    assert result.outcome is Outcome.FAILED
    assert result.error == f"{THROWN[language]} (item 7: 7)"
    assert result.trace is not None
    assert result.trace.place is not None
    assert result.trace.place.line == 3
    assert result.trace.notes == ("item 7: 7",)
    assert (result.output, result.exit_code) == (None, 1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_go_on_finishes_the_others_and_fails(executor: CodeExecutor, language: str) -> None:
    told: list[float] = []
    observer = Observer(progress=lambda done, total, text: told.append(done))

    result = run(
        executor, THROWS[language], language, range(1000), on_error="go on", observer=observer
    )

    assert result.error == f"{THROWN[language]} (item 7: 7; 4 of 1,000 items failed)"
    assert told[-1] == 1000


@pytest.mark.parametrize("language", LANGUAGES)
def test_collect_keeps_failures_in_their_places(executor: CodeExecutor, language: str) -> None:
    result = run(executor, THROWS[language], language, range(1000), on_error="collect")

    assert result.success
    assert [failure.index for failure in failures(result)] == [7, 307, 607, 907]
    assert {failure.error for failure in failures(result)} == {THROWN[language]}
    others = [value for value in result.output if not isinstance(value, ItemFailure)]
    assert others == [item for item in range(1000) if item % 300 != 7]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("batch", [None, 1, 20])
def test_an_item_that_ends_its_process_is_lost_alone(
    executor: CodeExecutor, language: str, batch: int | None
) -> None:
    result = run(executor, EXITS[language], language, range(100), on_error="collect", batch=batch)

    (failure,) = failures(result)
    assert (failure.index, failure.outcome, failure.exit_code) == (7, Outcome.CRASHED, 3)
    assert result.output[:7] + result.output[8:] == [*range(7), *range(8, 100)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("batch", [1, 20])
def test_an_item_that_hangs_is_lost_alone(
    executor: CodeExecutor, language: str, batch: int
) -> None:
    result = run(
        executor, HANGS[language], language, range(100), timeout=1, on_error="collect", batch=batch
    )

    (failure,) = failures(result)
    assert (failure.index, failure.outcome) == (7, Outcome.TIMED_OUT)
    assert failure.error == "ExecutionTimedOut: the limit of 1 s was reached"
    assert result.output[:7] + result.output[8:] == [*range(7), *range(8, 100)]


def test_a_segmentation_fault_names_its_place(executor: CodeExecutor) -> None:
    source = "import ctypes\ndef transform(x):\n    return x and ctypes.string_at(0)"

    result = run(executor, source, "python", [0, 1], on_error="collect")

    assert result.output[0] == 0
    assert "SIGSEGV" in result.output[1].error
    assert result.output[1].trace.frames[0].line == 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_value_that_cannot_travel_is_a_failure_of_its_item(
    executor: CodeExecutor, language: str
) -> None:
    result = run(executor, UNPACKABLE[language], language, [1, 0, 2], on_error="collect", batch=3)

    assert (result.output[0], result.output[2]) == (1, 2)
    assert result.output[1].error.startswith("EncodingFailed: result (")


def test_an_item_that_cannot_travel_is_a_failure_of_its_own(executor: CodeExecutor) -> None:
    items = [1, {"a": lambda: 1}, 3]

    result = run(executor, "lambda x: x", "python", items, on_error="collect", batch=3)

    assert (result.output[0], result.output[2]) == (1, 3)
    assert result.output[1].error.startswith("EncodingFailed: item.a (")


class Hidden:
    """An object that only its reader's side can refuse."""

    def __reduce__(self) -> tuple[Any, ...]:
        return exec, ("raise LookupError('here only')",)


def test_an_item_that_cannot_be_read_there_is_a_failure_of_its_own(executor: CodeExecutor) -> None:
    result = run(executor, "str", "python", [1, Hidden(), 3], on_error="collect", batch=3)

    assert (result.output[0], result.output[2]) == ("1", "3")
    assert "here only" in result.output[1].error


def test_a_value_that_cannot_be_read_here_is_a_failure_of_its_item(executor: CodeExecutor) -> None:
    source = """
import sys, types
there = types.ModuleType('only_there')
class Thing: pass
Thing.__module__, there.Thing, sys.modules['only_there'] = 'only_there', Thing, there
def transform(x):
    return x or Thing()
"""
    result = run(executor, source, "python", [1, 0, 3], on_error="collect", batch=3)

    assert (result.output[0], result.output[2]) == (1, 3)
    assert "only_there" in result.output[1].error


def test_a_value_that_hangs_while_it_is_packed_is_lost_alone(executor: CodeExecutor) -> None:
    source = """
class Slow:
    def __reduce__(self):
        while True: pass
import sys, types
sys.modules['slow'] = types.SimpleNamespace(Slow=Slow)
Slow.__module__ = 'slow'
lambda x: x or Slow()
"""
    items = [1, 2, 0, 4, 5]

    result = run(executor, source, "python", items, timeout=1, on_error="collect", batch=5)

    assert [failure.index for failure in failures(result)] == [2]
    assert failures(result)[0].outcome is Outcome.TIMED_OUT


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_program_that_fails_before_its_first_item_fails_the_map(
    executor: CodeExecutor, language: str
) -> None:
    result = run(executor, FAILS_AT_ONCE[language], language, range(10), on_error="collect")

    assert result.outcome is Outcome.FAILED
    assert "set-up" in str(result.error)


def test_a_program_that_hangs_before_its_first_item_fails_the_map(executor: CodeExecutor) -> None:
    result = run(executor, "while True: pass", "python", range(10), timeout=1)

    assert result.outcome is Outcome.TIMED_OUT


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_printed_comes_in_whole_lines(executor: CodeExecutor, language: str) -> None:
    passed: list[str] = []
    observer = Observer(output=lambda _, text: passed.append(text))

    result = run(executor, PRINTS[language], language, range(300), observer=observer)

    lines = sorted(result.stdout.splitlines(), key=lambda line: int(line.split()[1]))
    assert lines == [f"line {number}" for number in range(300)]
    assert "".join(passed) == result.stdout
    assert all(text.endswith("\n") for text in passed)


def test_displays_are_passed_on(executor: CodeExecutor) -> None:
    shown: list[dict[str, Any]] = []
    observer = Observer(display=lambda bundle, _: shown.append(bundle))

    result = run(executor, "lambda x: display(x)", "python", range(3), observer=observer, workers=1)

    assert [bundle["text/plain"] for bundle in shown] == ["0", "1", "2"]
    assert len(result.displays) == 3


def test_a_copy_that_an_item_forks_answers_nothing(executor: CodeExecutor) -> None:
    source = """
import os
def transform(x):
    if x % 10 == 3 and (child := os.fork()):
        os.waitpid(child, 0)
    return x
"""
    assert run(executor, source, "python", range(100)).output == [*range(100)]


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("import os\ndef transform(x):\n    os.write(3, b'nonsense' * 9)", "runner's channel"),
        ("import os\ndef transform(x):\n    os.close(3)\n    return x", "descriptor 3"),
        ("import os\ndef transform(x):\n    os.close(5)\n    return 'x' * 70000", "descriptor 5"),
    ],
)
def test_an_item_that_breaks_the_channel_is_never_a_value(
    executor: CodeExecutor, source: str, error: str
) -> None:
    result = run(executor, source, "python", [1, 2, 3])

    assert result.outcome is Outcome.CRASHED
    assert error in str(result.error)


def test_stray_writes_to_the_arenas_change_no_value(executor: CodeExecutor) -> None:
    source = """
import contextlib, os
def transform(x):
    for fd in (4, 5):
        with contextlib.suppress(OSError):
            os.write(fd, b'\\xff' * 20)
    return x
"""
    items = ["x" * 100_000 + str(number) for number in range(20)]

    assert run(executor, source, "python", items, batch=5).output == items


def test_memory_is_a_limit_of_each_worker(executor: CodeExecutor) -> None:
    source = "lambda x: x if x < 1e9 else [bytearray(8 << 20) for _ in iter(int, 1)]"

    result = run(
        executor,
        source,
        "python",
        [1, 2 * 10**9, 3],
        options={"memory": 300 << 20},
        on_error="collect",
    )

    assert (result.output[0], result.output[2]) == (1, 3)
    assert result.output[1].outcome is Outcome.MEMORY


@pytest.mark.parametrize(
    ("plan", "word"),
    [
        ({"workers": 0}, "workers"),
        ({"workers": True}, "workers"),
        ({"batch": -1}, "batch"),
        ({"on_error": "ignore"}, "on_error"),
    ],
)
def test_plans_that_cannot_be_meant(plan: dict[str, Any], word: str) -> None:
    with pytest.raises(InvalidOptions, match=word):
        MapPlan(**plan)


def test_processor_time_is_a_limit_of_each_item(executor: CodeExecutor) -> None:
    """Many items take more together; the one that takes too much for itself is lost alone."""
    source = """
import time

def transform(x):
    began = time.process_time()
    while time.process_time() - began < 0.15 or x == 5:
        pass
    return x
"""
    result = run(
        executor,
        source,
        "python",
        range(8),
        options={"cpu_time": 0.6},
        workers=1,
        on_error="collect",
    )

    lost = result.output.pop(5)
    assert result.output == [0, 1, 2, 3, 4, 6, 7]
    assert lost.outcome is Outcome.TIMED_OUT
    assert lost.error == "ExecutionTimedOut: the limit of 0.6 s of processor time was reached"


def test_what_programs_of_a_map_load_is_learned(
    executor: CodeExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: set[str] = set()
    monkeypatch.setattr(preloading, "_used", used)

    result = run(executor, "import numpy\nlambda x: int(numpy.int64(x))", "python", [1, 2])

    assert result.output == [1, 2]
    assert "numpy" in used


def test_what_is_no_iterable_is_refused(executor: CodeExecutor) -> None:
    with pytest.raises(InvalidOptions, match="int"):
        run(executor, "lambda x: x", "python", 5)
