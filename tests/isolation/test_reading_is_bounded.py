"""A small value cannot fill this process's memory, or hold it for long, while it is read."""

from __future__ import annotations

import datetime as dt
import resource
from collections.abc import Iterator
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest

from codeexec_magics import CodeExecutor
from codeexec_magics.data import PYTHON, Arena, decode, encode
from codeexec_magics.errors import DecodingFailed
from codeexec_magics.values.results import Outcome

SAME = (1 << 61) - 1  # numbers that are a multiple of it have the same hash
COLLIDING = [{"$": "int", "v": hex(SAME * number)} for number in range(1, 20_000)]


@pytest.fixture
def arena() -> Iterator[Arena]:
    made = Arena.create("bounded")
    made.append(bytes(1 << 20))
    yield made
    made.close()


def read(node: Any, arena: Arena, buffers: Any = ((0, 1 << 20),)) -> Any:
    value = {"codec": "tree", "inline": node, "buffers": [list(place) for place in buffers]}
    return decode(value, arena, allow_pickle=False, root="result")


REFUSED = {
    "one buffer for many bytes": [{"$": "bytes", "b": 0}] * 150,
    "one buffer for many arrays": [{"$": "array", "dtype": "|u1", "shape": [1 << 20], "b": 0}] * 9,
    "one buffer for many columns": {
        "$": "rows",
        "names": [str(number) for number in range(9)],
        "columns": [{"$": "numbers", "dtype": "<f8", "b": 0}] * 9,
        "rows": 1 << 17,
    },
    "a long fraction": {"$": "fraction", "v": "7" * 700_000 + "/" + "3" * 700_000},
    "a set of numbers with one hash": {"$": "set", "v": COLLIDING},
    "a frozenset of them": {"$": "frozenset", "v": COLLIDING},
    "a dict of them": {"$": "dict", "v": [[key, 1] for key in COLLIDING]},
    "a set of tuples of them": {"$": "set", "v": [{"$": "tuple", "v": [n]} for n in COLLIDING]},
    "a set of such fractions": {
        "$": "set",
        "v": [{"$": "fraction", "v": f"{SAME * number}/1"} for number in range(1, 9_000)],
    },
    "a set of such ids": {
        "$": "set",
        "v": [{"$": "uuid", "v": str(UUID(int=SAME * n))} for n in range(1, 9_000)],
    },
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_would_fill_or_hold_this_process_is_refused(arena: Arena, what: str) -> None:
    with pytest.raises(DecodingFailed, match="result"):
        read(REFUSED[what], arena)


def test_ranges_that_overlap_are_refused(arena: Arena) -> None:
    node = [{"$": "bytes", "b": number} for number in range(150)]

    with pytest.raises(DecodingFailed, match="again and again"):
        read(node, arena, [(0, 1 << 20)] * 150)


def test_nesting_is_refused_and_not_fatal(arena: Arena) -> None:
    node: Any = 1
    for _ in range(100_000):
        node = [node]

    with pytest.raises(DecodingFailed, match="nested"):
        read(node, arena)


def test_columns_that_no_byte_backs_are_bounded() -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from codeexec_magics.data.arrow import stream

    column = pyarrow.nulls(900_000)
    table = pyarrow.table({str(number): column for number in range(1000)})
    written = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(written, table.schema) as writer:
        writer.write_table(table)

    assert not stream.may_be_read(table)
    with pytest.raises(ValueError, match="than"):
        stream.read(memoryview(written.getvalue()))


def test_a_text_of_objects_that_have_no_room_is_refused(
    arena: Arena, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = b"[" + b"[]," * (8 << 20) + b"0]"
    offset, length = arena.append(text)
    value = {"codec": "tree", "offset": offset, "length": length, "buffers": []}
    monkeypatch.setattr("codeexec_magics.data.room._available", lambda: 100 << 20)

    with pytest.raises(DecodingFailed, match="MiB"):
        decode(value, arena, allow_pickle=False, root="result")


@pytest.mark.parametrize(
    "value",
    [
        set(range(100_000)),
        {number * 0.5 for number in range(50_000)},
        {(number, str(number)): number for number in range(20_000)},
        {dt.date(1, 1, 1) + dt.timedelta(number) for number in range(20_000)},
        Fraction(10**6000, 7),
        [b"x" * 100_000] * 20,
    ],
    ids=["integers", "floats", "tuples", "dates", "a fraction", "bytes again"],
)
def test_large_values_of_programs_are_read_as_ever(arena: Arena, value: object) -> None:
    encoded = encode(value, arena, reader=PYTHON, root="result")

    assert decode(encoded, arena, allow_pickle=False, root="result") == value


def test_a_sandboxed_program_that_forges_such_a_value_fails(
    executor: CodeExecutor, tmp_path: Any
) -> None:
    program = """
import gc, json, os, struct
run = next(one for one in gc.get_objects() if isinstance(one, dict) and "token" in one)
os.ftruncate(5, 20 << 20)
os.pwrite(5, bytes(20 << 20), 0)
node = [{"$": "bytes", "b": 0}] * 150
value = {"codec": "tree", "inline": node, "buffers": [[0, 20 << 20]]}
text = json.dumps({"type": "result", "token": run["token"], "value": value}).encode()
os.write(3, struct.pack(">I", len(text)) + text)
os._exit(0)  # before the runner says its own last word
"""
    result = executor.execute_python(program, sandbox=True, directory=str(tmp_path))

    assert not result.success
    assert "again and again" in (result.error or "")


def test_a_text_that_was_never_written_is_not_copied(executor: CodeExecutor) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    result = executor.execute_python("""
import gc, os
from _codeexec_magics.languages.python.runner.channel import Channel
os.ftruncate(5, 2 << 30)
channel = next(one for one in gc.get_objects() if isinstance(one, Channel))
value = {"codec": "tree", "offset": 0, "length": 2 << 30}
channel.finish({"type": "result", "value": value}, 0)
""")

    assert result.outcome is Outcome.FAILED
    assert "never written" in (result.error or "")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1 << 20
