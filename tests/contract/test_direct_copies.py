"""Large buffers between a Python program and its owner are copied where they lie."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest
from census import wait_until

from codeexec_magics import CodeExecutor, ExecutionResult, Outcome
from codeexec_magics.data import remote_memory
from codeexec_magics.engine.mapping import MapPlan
from codeexec_magics.supervision import processes
from codeexec_magics.supervision.containment import strongest
from codeexec_magics.values.options import ExecutionOptions, Program

TIERS = [
    name for name in ("guarded-subreaper", "sealed", "subreaper") if strongest(name)[0].name == name
]
LARGE = 400_000
"""Numbers of eight bytes: some megabytes, above what goes through the arena."""

Run = Callable[..., ExecutionResult]


class Copies:
    """Counts what is copied from and to workers."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.read: list[int] = []
        self.written: list[int] = []
        reads, writes = remote_memory.read, remote_memory.write

        def read(pid: int, address: int, length: int) -> memoryview:
            self.read.append(length)
            return reads(pid, address, length)

        def write(pid: int, address: int, data: Any) -> None:
            self.written.append(memoryview(data).nbytes)
            writes(pid, address, data)

        monkeypatch.setattr(remote_memory, "read", read)
        monkeypatch.setattr(remote_memory, "write", write)


@pytest.fixture
def copies(monkeypatch: pytest.MonkeyPatch) -> Copies:
    return Copies(monkeypatch)


def runs(own: CodeExecutor) -> Run:
    """Run programs in workers that stand by: one that starts does not let its memory be copied."""

    def run(source: str, inputs: dict[str, Any] | None = None, **options: Any) -> ExecutionResult:
        if own.client.pid is None:  # not before: pytest changes the environment for each phase
            own.execute("import numpy")
        assert wait_until(lambda: stands_by(own), 30)
        return own.execute(source, inputs=inputs, **{"grace": 0.1, **options})

    return run


def stands_by(own: CodeExecutor) -> bool:
    """Whether a worker waits that has become what it is to be."""
    assert own.client.pid is not None
    reapers = [pid for pid in processes.children(own.client.pid) if is_reaper(pid)]
    return any(
        remote_memory.is_allowed(worker) for pid in reapers for worker in processes.children(pid)
    )


def is_reaper(pid: int) -> bool:
    """A fork server has children for a moment, too, which are not to be leased."""
    try:
        return Path(f"/proc/{pid}/comm").read_text() == "codeexec-reaper\n"
    except OSError:
        return False


@pytest.fixture
def own(request: pytest.FixtureRequest, unshared: None) -> Iterator[CodeExecutor]:
    with CodeExecutor(containment=getattr(request, "param", None), standbys=1) as executor:
        yield executor


@pytest.fixture
def run(own: CodeExecutor) -> Run:
    return runs(own)


def test_what_the_items_of_a_map_share_is_copied_to_each_worker(
    own: CodeExecutor, run: Run, copies: Copies
) -> None:
    shared = numpy.arange(LARGE, dtype=float)
    items = [numpy.full(100, number) for number in range(40)]  # they travel by the arena
    program = Program("def transform(item, shared): return shared[int(item[0])] + shared.sum()")
    run("1")  # from here on workers stand by
    assert wait_until(lambda: stands_by(own), 30)
    copies.written.clear()

    plan = MapPlan(workers=1, batch=4)
    options = ExecutionOptions(standbys=1)
    result = own.map(program, options, items, {"shared": shared}, plan=plan)

    assert result.output == [number + shared.sum() for number in range(40)]
    assert copies.written == [shared.nbytes]


@pytest.mark.parametrize("own", TIERS, indirect=True)
def test_arrays_and_frames_arrive_equal_in_every_tier(own: CodeExecutor) -> None:
    run = runs(own)
    numbers = numpy.arange(LARGE, dtype=float)
    frame = pandas.DataFrame({"a": numbers, "b": numpy.arange(LARGE), "c": ["x", "y"] * 200_000})
    moments = numbers.astype("M8[s]")
    value = {"n": numbers, "f": frame, "m": moments, "raw": bytes(range(256)) * 8000, "small": [1]}

    output = run("value", {"value": value}).raise_for_outcome().output

    assert (output["n"] == numbers).all()
    assert output["f"].equals(frame)
    assert (output["m"] == moments).all()
    assert (output["m"].dtype, output["raw"], output["small"]) == (
        moments.dtype,
        value["raw"],
        [1],
    )


def test_only_large_buffers_are_copied_so(run: Run, copies: Copies) -> None:
    assert run("value * 2", {"value": numpy.ones(1000)}).success
    assert (copies.read, copies.written) == ([], [])

    assert run("value * 2", {"value": numpy.ones(LARGE)}).success
    assert (copies.read, copies.written) == ([LARGE * 8], [LARGE * 8])


def test_what_arrives_is_one_s_own(run: Run) -> None:
    sent = numpy.zeros(LARGE)
    result = run("value[0] = 7\nvalue", {"value": sent})
    output = result.raise_for_outcome().output

    assert (sent[0], output[0]) == (0, 7)
    output[:] = 3
    assert output.sum() == 3 * LARGE


def test_zeros_that_nobody_has_touched(run: Run) -> None:
    output = run("import numpy\nnumpy.zeros(40_000_000)").raise_for_outcome().output

    assert (output.shape, output.any()) == ((40_000_000,), numpy.False_)


def test_views_and_orders(run: Run) -> None:
    square = numpy.arange(1_000_000, dtype=float).reshape(1000, 1000)
    value = {"t": square.T, "part": square[::2, 1:], "order": numpy.asfortranarray(square)}

    output = run("value", {"value": value}).raise_for_outcome().output

    assert all((output[name] == array).all() for name, array in value.items())


def test_a_sandboxed_program_s_memory_is_not_read(run: Run, copies: Copies, tmp_path: Path) -> None:
    result = run(
        "import numpy\nnumpy.ones(400_000)", sandbox=True, directory=str(tmp_path), standbys=0
    )

    assert result.raise_for_outcome().output.sum() == LARGE
    assert copies.read == []


def test_inputs_of_a_job_are_those_of_its_start(executor: CodeExecutor) -> None:
    value = numpy.zeros(LARGE)
    job = executor.submit("value.sum()", inputs={"value": value})
    value[:] = 1

    assert job.result(60).raise_for_outcome().output == 0


def test_an_exception_after_large_inputs(run: Run) -> None:
    result = run("raise ValueError('no')", {"value": numpy.zeros(LARGE)})

    assert (result.outcome, result.error) == (Outcome.FAILED, "ValueError: no")


def test_the_clock_starts_when_the_inputs_are_there(run: Run) -> None:
    result = run("while True: pass", {"value": numpy.zeros(LARGE)}, timeout=0.3)

    assert result.outcome is Outcome.TIMED_OUT
    assert result.receipt.left == 0


# The program speaks for its runner: it knows the token, and lies about its memory.
LIES = """
import ctypes, gc, json, mmap, os, struct, sys, time
run = next(one for one in gc.get_objects() if type(one) is dict and one.get("type") == "run")
def send(message):
    text = json.dumps({"token": run["token"], **message}).encode()
    os.write(3, struct.pack(">I", len(text)) + text)
def result(buffers):
    node = {"$": "array", "dtype": "<f8", "shape": [buffers[0][1] // 8], "b": 0}
    send({"type": "result", "value": {"codec": "tree", "inline": node, "buffers": buffers}})
    time.sleep(600)
"""


SPARSE = """
# A terabyte that was never touched is nothing there, and would be real here.
size = 1 << 40
memory = mmap.mmap(-1, size, mmap.MAP_PRIVATE | 0x20 | 0x4000)
result([[ctypes.addressof(ctypes.c_char.from_buffer(memory)), size, 1]])
"""
ENDS = """
data = bytearray(8_000_000)
where = ctypes.addressof(ctypes.c_char.from_buffer(data))
node = {"$": "bytes", "b": 0}
value = {"codec": "tree", "inline": node, "buffers": [[where, 8_000_000, 1]]}
send({"type": "result", "value": value})
os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize(
    "lie",
    [
        "result([[4096, 8_000_000, 1]])",
        "result([[2**62, 8_000_000, 1]])",
        "result([[-1, 8_000_000, 1]])",
        "result([[2**70, 8_000_000, 1]])",
        "result([[4096, 0, 1]])",
        "result([[4096, 2**62, 1]])",
        "result([['x', 8_000_000, 1]])",
        SPARSE,
        ENDS,
        "send({'type': 'room', 'rooms': []})\ntime.sleep(600)",
        "send({'type': 'room', 'rooms': [[0, 4096]]})\ntime.sleep(600)",
        "send({'type': 'room', 'rooms': 5})\ntime.sleep(600)",
    ],
)
def test_a_program_that_lies_about_its_memory(run: Run, lie: str) -> None:
    result = run(LIES + lie, {"value": numpy.zeros(LARGE)}, timeout=20)

    # It may have won the last race, and then told the truth: those bytes were zeros.
    honest = result.success and result.output == bytes(8_000_000)
    assert result.outcome is Outcome.CRASHED or honest, result.error
    assert result.receipt.left == 0
    assert run("41 + 1").output == 42


def test_memory_that_others_may_not_read_is_no_value(run: Run) -> None:
    result = run(
        "import ctypes, numpy\nctypes.CDLL(None).prctl(4, 0, 0, 0, 0)\nnumpy.ones(400_000)"
    )

    # Root may read it all the same.
    assert result.success is (os.geteuid() == 0)
    if not result.success:
        assert "could not be copied" in (result.error or "")


def test_many_threads_at_once(own: CodeExecutor, run: Run) -> None:
    found: dict[int, float] = {}

    def work(number: int) -> None:
        value = numpy.full(LARGE, float(number))
        output = run("value + 1", {"value": value}).raise_for_outcome().output
        found[number] = float(output.sum()) / LARGE

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == {number: number + 1.0 for number in range(6)}


def test_an_address_without_memory_and_a_process_that_is_gone() -> None:
    with pytest.raises(OSError, match="Bad address"):
        remote_memory.read(os.getpid(), 4096, 100)
    with pytest.raises(OSError, match="No such process"):
        remote_memory.read(2**22 + 1, 4096, 100)
    assert not remote_memory.is_allowed(2**22 + 1)
    data = numpy.arange(10)
    assert (
        bytes(remote_memory.read(os.getpid(), remote_memory.address_of(data), data.nbytes))
        == data.tobytes()
    )
