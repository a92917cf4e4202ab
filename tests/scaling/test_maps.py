"""A map elsewhere means what it means here, whoever works on it, and leaves nothing anywhere."""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from census import wait_until
from marked_cells import alive, double, hostile, sleeper, transform

from codeexec_magics import CodeExecutor, ItemFailure, MapPlan, Outcome
from codeexec_magics.engine.observer import Observer
from codeexec_magics.engine.scaling.chunk_size import ChunkSize
from codeexec_magics.errors import EncodingFailed, InvalidOptions, ProgramFailed
from codeexec_magics.supervision.processes import children

distributed = pytest.importorskip("distributed")
ipyparallel = pytest.importorskip("ipyparallel")
loky = pytest.importorskip("loky")

CREWS = ("dask", "loky", "spawn", "ipyparallel")
JAVASCRIPT = "function transform(x) { if (x === 701) { %s } return x * 2 }"


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster) as own,
    ):
        yield own


@pytest.fixture(scope="module", params=CREWS)
def on(request: pytest.FixtureRequest) -> Iterator[Any]:
    if request.param == "dask":
        yield request.getfixturevalue("client")
    elif request.param == "loky":
        executor: Executor = loky.ProcessPoolExecutor(2)
        yield executor
        executor.shutdown(kill_workers=True)  # type: ignore[call-arg]
    elif request.param == "ipyparallel":
        with ipyparallel.Cluster(n=2, log_level=40) as engines:
            engines.wait_for_engines(2)
            yield engines
    else:
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as executor:
            yield executor


def interrupt_when(mark: str, processes: int, times: int = 1) -> threading.Thread:
    """Have this process interrupted, as by Ctrl-C, once so many processes bear a mark."""

    def kill() -> None:
        if wait_until(lambda: len(alive(mark)) >= processes, seconds=60):
            for _ in range(times):
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(0.04)

    thread = threading.Thread(target=kill)
    thread.start()
    return thread


def test_values_come_in_the_order_of_the_items(on: Any) -> None:
    assert double.map(range(5000), on=on) == [2 * x for x in range(5000)]


def test_the_executor_of_a_client_is_its_cluster(client: Any) -> None:
    assert double.map(range(100), on=client.get_executor()) == [2 * x for x in range(100)]


def test_workers_are_described(on: Any) -> None:
    rows = double.describe(on=on)

    assert 1 <= len(rows) <= 2
    for row in rows:
        assert set(row) == {"host", "pid", "python", "codeexec_magics", "containment", "runtime"}
        assert row["pid"] != os.getpid()
    javascript = transform("same", "function transform(x) { return x }", "javascript")
    assert all("Node" in row["runtime"] for row in javascript.describe(on=on))
    assert [row["pid"] for row in javascript.describe()] == [os.getpid()]


def test_a_frame_stands_for_its_rows(on: Any) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": range(100), "b": "x"})
    concat = transform("concat", "def transform(row): return f\"{row['a']}{row['b']}\"")

    assert concat.map(frame, on=on) == [f"{a}x" for a in range(100)]


def test_inputs_are_shared(on: Any) -> None:
    scaled = transform("scaled", "def transform(item, by): return item * by")

    assert scaled.map(range(10), inputs={"by": 3}, on=on) == [3 * x for x in range(10)]


@pytest.mark.parametrize(
    ("program", "outcome", "options"),
    [
        ("throw new Error('no 701')", Outcome.FAILED, {}),
        ("for (;;) {}", Outcome.TIMED_OUT, {"timeout": 1}),
        ("process.exit(3)", Outcome.CRASHED, {}),
        ("globalThis.a = Buffer.alloc(600e6, 1)", Outcome.MEMORY, {"memory": 300 << 20}),
    ],
)
def test_one_bad_item_is_lost_alone(
    on: Any, program: str, outcome: Outcome, options: dict[str, Any]
) -> None:
    bad = transform("bad", JAVASCRIPT % program, "javascript", **options)

    out = bad.map(range(2000), on=on, on_error="collect")

    failures = [value for value in out if isinstance(value, ItemFailure)]
    assert [(one.index, one.item, one.outcome) for one in failures] == [(701, "701", outcome)]
    assert [value for value in out if not isinstance(value, ItemFailure)] == [
        2 * x for x in range(2000) if x != 701
    ]
    if outcome is Outcome.FAILED:
        assert failures[0].error == "Error: no 701"
        assert failures[0].trace is not None
        assert failures[0].trace.place is not None
        assert failures[0].trace.place.line == 1
    if outcome is Outcome.CRASHED:
        assert failures[0].exit_code == 3


@pytest.mark.parametrize(("how", "others"), [("stop", ""), ("go on", "; 2 of 2,000 items failed")])
def test_the_first_failure_is_told_with_its_place_in_the_whole(
    on: Any, how: str, others: str
) -> None:
    bad = transform(
        "bad", "def transform(x):\n    if x in (701, 1900): raise ValueError(x)\n    return x"
    )

    with pytest.raises(ProgramFailed, match="ValueError: 701") as caught:
        bad.map(range(2000), on=on, on_error=how)

    assert str(caught.value).endswith(f"(item 701: 701{others})")


def test_a_program_that_cannot_begin_tells_why(on: Any) -> None:
    with pytest.raises(ProgramFailed, match="ZeroDivisionError"):
        transform("broken", "1 / 0\ndef transform(x): return x").map(range(10), on=on)


def test_what_is_printed_arrives_by_whole_lines(on: Any) -> None:
    talkative = transform("talkative", "def transform(x): print('item', x); return x")
    plan = MapPlan(on=on)
    with CodeExecutor() as executor:
        result = executor.map(talkative.program, talkative.options, range(200), plan=plan)

    assert sorted(result.stdout.splitlines()) == sorted(f"item {x}" for x in range(200))
    assert result.receipt.unconfirmed == 0
    assert result.receipt.left == 0
    assert result.receipt.containment


def test_progress_is_told(on: Any) -> None:
    told: list[tuple[float, float | None]] = []
    double.map(range(300), on=on, progress=lambda done, total, text: told.append((done, total)))

    assert told[-1] == (300, 300)
    assert told == sorted(told)


def test_a_map_that_is_interrupted_tells_how_it_was_ended(client: Any) -> None:
    mark = "61006"
    stopped: list[Any] = []

    def stop(running: Any) -> None:
        def wait() -> None:
            wait_until(lambda: len(alive(mark)) == 4, seconds=60)
            running.interrupt()

        thread = threading.Thread(target=wait)
        thread.start()
        stopped.append(thread)

    deaf = hostile(mark)
    options = replace(deaf.options, grace=0.0)
    with CodeExecutor() as executor:
        observer, plan = Observer(started=stop), MapPlan(on=client)
        result = executor.map(deaf.program, options, range(9), observer=observer, plan=plan)
    stopped[0].join()

    assert result.outcome is Outcome.INTERRUPTED
    assert (result.receipt.unconfirmed, result.receipt.left) == (0, 0)
    assert result.receipt.reaped >= 2
    assert not alive(mark)


@pytest.mark.parametrize("times", [1, 2])
def test_an_interrupt_leaves_nothing(on: Any, times: int) -> None:
    mark = f"6100{times}"
    thread = interrupt_when(mark, 4, times)
    with pytest.raises(KeyboardInterrupt):
        hostile(mark).map(range(100), on=on)

    assert wait_until(lambda: not alive(mark), seconds=0.5)
    thread.join()
    assert double.map(range(3), on=on) == [0, 2, 4]


def test_an_endless_iterable_is_drawn_as_far_as_values_are_taken(on: Any) -> None:
    drawn, closed = itertools.count(), []

    def endless() -> Iterator[int]:
        try:
            while True:
                yield next(drawn)
        finally:
            closed.append(True)

    items = endless()
    values = double.stream(items, on=on)
    taken = list(itertools.islice(values, 300))
    most = next(drawn)
    time.sleep(0.3)  # nothing goes on meanwhile
    assert next(drawn) == most + 1
    values.close()  # type: ignore[attr-defined]
    items.close()  # type: ignore[attr-defined]

    assert taken == [2 * x for x in range(300)]
    assert closed


def test_a_stream_that_nobody_has_any_more_leaves_nothing(on: Any) -> None:
    mark = "61003"
    source = (
        "import subprocess\n"
        f"subprocess.Popen(['sleep', '{mark}'], start_new_session=True)\n"
        "def transform(x): return x"
    )
    for value in transform("stays", source).stream(itertools.count(), on=on):
        assert value == 0
        assert alive(mark)
        break

    assert wait_until(lambda: not alive(mark), seconds=1)


def test_what_the_iterable_throws_is_thrown(on: Any) -> None:
    def items() -> Iterator[int]:
        yield from range(500)
        raise LookupError("at 500")

    with pytest.raises(LookupError, match="at 500"):
        double.map(items(), on=on)


def test_inputs_that_cannot_travel_are_named_before_anything_is_sent(on: Any) -> None:
    with pytest.raises(EncodingFailed, match=r"inputs\.lock"):
        double.map(range(10), inputs={"lock": threading.Lock()}, on=on)


def test_an_item_that_cannot_travel_is_lost_alone(on: Any) -> None:
    items = [1, 2, threading.Lock(), 4]
    out = double.map(items, on=on, on_error="collect")

    assert [out[0], out[1], out[3]] == [2, 4, 8]
    assert "EncodingFailed" in out[2].error


def test_another_version_is_named(on: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from codeexec_magics.engine.scaling import execution

    monkeypatch.setattr(execution, "version", lambda: "0.0.9")
    with pytest.raises(ProgramFailed, match=r"0\.1\.0.*0\.0\.9.*install the same"):
        double.map(range(10), on=on)


def test_a_worker_without_node_is_told_with_the_way_to_give_it_one(client: Any) -> None:
    lacking = transform(
        "lacking", "function transform(x) { return x }", "javascript", interpreter="/nowhere/node"
    )
    with pytest.raises(ProgramFailed, match="LanguageUnavailable") as caught:
        lacking.map(range(10), on=client)

    assert "dask worker" in str(caught.value)
    assert "PipInstall" in str(caught.value)


def test_many_maps_leave_nothing_in_this_process_or_in_a_worker(client: Any) -> None:
    def figures() -> tuple[int, int]:
        return len(os.listdir("/proc/self/fd")), threading.active_count()

    def everywhere() -> list[tuple[int, int]]:
        return [figures(), *client.run(figures).values()]

    for _ in range(3):
        double.map(range(10), on=client)
    before = everywhere()
    for _ in range(30):
        double.map(range(10), on=client)

    assert wait_until(
        lambda: all(
            now <= then
            for a, b in zip(everywhere(), before, strict=True)
            for now, then in zip(a, b, strict=True)
        )
    ), (before, everywhere())


def test_the_chunks_of_a_lost_worker_are_given_again(client: Any) -> None:
    slow = transform("slow", "import time\ndef transform(x): time.sleep(0.02); return x")
    victim = next(iter(client.run(os.getpid).values()))
    killer = threading.Timer(1.0, os.kill, (victim, signal.SIGKILL))
    killer.start()
    with CodeExecutor() as executor:
        plan = MapPlan(on=client)
        result = executor.map(slow.program, slow.options, range(300), plan=plan)
    killer.join()

    assert result.output == list(range(300))
    assert result.receipt.lost >= 1
    client.wait_for_workers(2, timeout=60)


def test_with_batch_1_no_item_is_begun_twice(client: Any, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    source = (
        "import os, time\n"
        f"fd = os.open({str(begun)!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND)\n"
        "def transform(x):\n"
        "    os.write(fd, f'{x}\\n'.encode()); time.sleep(0.02); return x\n"
    )
    victim = next(iter(client.run(os.getpid).values()))
    killer = threading.Thread(
        target=lambda: (
            wait_until(lambda: begun.exists() and begun.stat().st_size > 100, seconds=60),
            os.kill(victim, signal.SIGKILL),
        )
    )
    killer.start()
    out = transform("once", source).map(range(300), on=client, batch=1, on_error="collect")
    killer.join()

    lines = begun.read_text().split()
    assert len(lines) == len(set(lines))
    lost = [value for value in out if isinstance(value, ItemFailure)]
    assert lost
    assert all(one.error.startswith("WorkerLost") for one in lost)
    assert all(value == x for x, value in enumerate(out) if not isinstance(value, ItemFailure))
    client.wait_for_workers(2, timeout=60)


class Unknown(ProcessPoolExecutor):
    """An executor of another's."""


Unknown.__module__ = "others.pool"


def test_what_cannot_promise_that_is_refused_by_name() -> None:
    with (
        Unknown(1, mp_context=multiprocessing.get_context("spawn")) as executor,
        pytest.raises(InvalidOptions, match="others's Unknown"),
    ):
        double.map(range(3), on=executor, batch=1)


def test_a_cluster_that_is_closed_in_the_middle_is_named() -> None:
    mark = "61004"
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, processes=True, dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster) as own,
    ):
        closer = threading.Thread(
            target=lambda: (
                wait_until(lambda: alive(mark), seconds=60),
                own.close(),
                cluster.close(),
            )
        )
        closer.start()
        with pytest.raises(Exception, match="Dask"):
            sleeper(mark).map(range(10), on=own)
        closer.join()

    assert wait_until(lambda: not alive(mark))


def test_a_pool_that_loses_a_worker_is_named() -> None:
    mark = "61005"
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as executor:
        killer = threading.Thread(
            target=lambda: (
                wait_until(lambda: alive(mark), seconds=60),
                os.kill(next(iter(executor._processes)), signal.SIGKILL),
            )
        )
        killer.start()
        with pytest.raises(Exception, match=r"WorkerLost: .*ProcessPoolExecutor"):
            sleeper(mark).map(range(10), on=executor)
        killer.join()

    assert wait_until(lambda: not alive(mark))


DRIVER = """
import multiprocessing, sys
from concurrent.futures import ProcessPoolExecutor
sys.path[:0] = {folders!r}
from marked_cells import hostile
def crew(kind):
    if kind == "loky":
        import loky
        return loky.ProcessPoolExecutor(2)
    if kind == "ipyparallel":
        import ipyparallel
        return ipyparallel.Cluster.from_file({address!r}).connect_client_sync()
    if kind == "dask":
        import distributed
        return distributed.Client({address!r})
    return ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(kind))
if __name__ == "__main__":
    hostile({mark!r}).map(range(100), on=crew({kind!r}))
"""


@pytest.mark.parametrize(
    ("kind", "mark"),
    [("spawn", "61011"), ("fork", "61012"), ("loky", "61013"), ("dask", "61014")],
)
def test_nothing_outlives_a_killed_driver(
    kind: str, mark: str, tmp_path: Path, client: Any
) -> None:
    check_killed_driver(kind, mark, tmp_path, client.scheduler.address)
    assert double.map(range(3), on=client) == [0, 2, 4]


def check_killed_driver(kind: str, mark: str, tmp_path: Path, address: str) -> None:
    script = tmp_path / "driver.py"
    folders = [str(Path(__file__).parent), str(Path(__file__).parents[1])]
    script.write_text(DRIVER.format(folders=folders, kind=kind, mark=mark, address=address))
    quiet = subprocess.DEVNULL
    driver = subprocess.Popen([sys.executable, str(script)], stdout=quiet, stderr=quiet)
    workers: set[int] = set()
    try:
        assert wait_until(lambda: len(alive(mark)) == 4, seconds=60)
        workers = children(driver.pid)
    finally:
        os.kill(driver.pid, signal.SIGKILL)
        driver.wait()
        gone = wait_until(lambda: not alive(mark), seconds=3)
        for pid in workers:  # they are the pool's, and wait for a driver that is gone
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    assert gone


def test_engines_of_ipyparallel_may_be_lost_and_their_driver_too(tmp_path: Path) -> None:
    slow = transform("slow", "import time\ndef transform(x): time.sleep(0.02); return x")
    cluster = ipyparallel.Cluster(n=2, log_level=40)
    with cluster as engines:
        engines.wait_for_engines(2)
        check_killed_driver("ipyparallel", "61015", tmp_path, cluster.cluster_file)
        assert double.map(range(3), on=engines) == [0, 2, 4]
        killer = threading.Timer(1.0, os.kill, (engines[0].apply_sync(os.getpid), signal.SIGKILL))
        killer.start()
        assert slow.map(range(300), on=engines) == list(range(300))
        killer.join()


@pytest.mark.parametrize("on", ["dusk", 3, object])
def test_what_stands_for_no_engine_is_refused_with_those_that_are(on: Any) -> None:
    with pytest.raises(InvalidOptions, match=r"distributed\.Client.*ipyparallel.*Executor"):
        double.map(range(3), on=on)
    with pytest.raises(InvalidOptions, match=r"distributed\.Client"):
        double.stream(range(3), on=on)


def test_a_stream_of_this_machine() -> None:
    assert list(double.stream(range(1000), workers=2)) == [2 * x for x in range(1000)]
    bad = transform("bad", "def transform(x): return 1 // (x - 3)")
    values = bad.stream(itertools.count(), workers=1)
    assert [next(values) for _ in range(3)] == [-1, -1, -1]
    with pytest.raises(ProgramFailed, match=r"\(item 3: 3\)"):
        next(values)


def test_nothing_of_an_engine_is_loaded_before_it_is_used() -> None:
    program = (
        "import sys, codeexec_magics as c\n"
        "t = c.Transform('t', c.Program('def transform(x): return x', 'python'))\n"
        "assert t.map(range(9)) == list(range(9))\n"
        "assert list(t.stream(range(9))) == list(range(9))\n"
        "print(sorted({'distributed', 'dask', 'ray', 'ipyparallel', 'loky'} & set(sys.modules)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"


def test_a_chunk_takes_as_long_as_it_costs_little() -> None:
    size = ChunkSize()
    assert size.size(None, 2) == 64

    for _ in range(6):
        size.learn(1000, 0.001, 0.0, 2)
    tiny = size.size(None, 2)
    size.weigh(1, 1 << 20)
    assert tiny > 100_000
    assert size.size(None, 2) == 8  # of a mebibyte each

    for _ in range(9):
        size.learn(10, 10.0, 0.0, 2)
    assert size.size(None, 2) == 1
    assert size.size(10, 2) == 1
