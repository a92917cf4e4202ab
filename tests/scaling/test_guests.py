"""Cells within other engines' workers end when nobody wants them, and harm no worker."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from census import wait_until
from marked_cells import alive, double, sleeper, transform

from codeexec_magics import CodeExecutor
from codeexec_magics.errors import (
    ExecutionFailed,
    MemoryLimitExceeded,
    ProgramFailed,
    WorkerCrashed,
)
from codeexec_magics.supervision.processes import children

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=":0",
            memory_limit="400MB",
        ) as cluster,
        distributed.Client(cluster) as own,
    ):
        yield own


def pids(client: Any) -> set[int]:
    return set(client.run(os.getpid).values())


def test_a_cancelled_task_ends_its_cell_and_no_worker(client: Any) -> None:
    mark, before = "60001", pids(client)
    future = client.submit(sleeper(mark), 1, pure=False)
    assert wait_until(lambda: len(alive(mark)) == 2, seconds=60)

    future.cancel()

    assert wait_until(lambda: not alive(mark))
    assert client.submit(double, 21, pure=False).result(timeout=60) == 42
    assert pids(client) == before


def test_the_last_reference_counts(client: Any) -> None:
    mark = "60002"
    future = client.submit(sleeper(mark), 1, pure=False)
    assert wait_until(lambda: len(alive(mark)) == 2, seconds=60)

    del future

    assert wait_until(lambda: not alive(mark))


def test_an_executor_within_a_task_is_a_guest_too(client: Any) -> None:
    mark = "60003"

    def task() -> str:
        with CodeExecutor(default_timeout=float("inf"), standbys=0) as executor:
            source = f"import subprocess; subprocess.run(['sleep', '{mark}'])"
            return executor.execute(source).outcome.value

    future = client.submit(task, pure=False)
    assert wait_until(lambda: len(alive(mark)) == 1, seconds=60)

    future.cancel()

    assert wait_until(lambda: not alive(mark))


def test_a_task_that_is_wanted_again_after_a_cancel_runs_again(client: Any) -> None:
    mark, before = "60004", pids(client)
    program = (
        "import os, subprocess\n"
        "def transform(path):\n"
        "    if os.path.exists(path): return 42\n"
        f"    open(path, 'w').close(); subprocess.run(['sleep', '{mark}'])\n"
    )
    again, path = transform("again", program), os.path.join(tempfile.mkdtemp(), "begun")
    future = client.submit(again, path, key="the-same-key")
    assert wait_until(lambda: alive(mark), seconds=60)

    future.cancel()
    del future  # while the client has it, the key is that of what it has cancelled
    time.sleep(0.2)
    second = client.submit(again, path, key="the-same-key")

    assert second.result(timeout=60) == 42
    assert not alive(mark)
    assert pids(client) == before


def swallowing(cell: Any, x: int) -> str:
    """What users write."""
    try:
        cell(x)
    except Exception as error:  # as they do
        return type(error).__name__
    return "done"


def test_a_task_that_catches_everything_ends_with_its_cell(client: Any) -> None:
    mark, before = "60005", pids(client)
    client.run(sys.path.insert, 0, str(Path(__file__).parent))
    future = client.submit(swallowing, sleeper(mark), 1, pure=False)
    assert wait_until(lambda: len(alive(mark)) == 2, seconds=60)

    future.cancel()

    assert wait_until(lambda: not alive(mark))
    assert client.submit(double, 21, pure=False).result(timeout=60) == 42
    assert pids(client) == before


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("def transform(x): raise KeyboardInterrupt", ProgramFailed),
        ("def transform(x): raise SystemExit(3)", ExecutionFailed),
        ("import os\ndef transform(x): os.abort()", WorkerCrashed),
        ("def transform(x): 1 / 0", ProgramFailed),
    ],
)
def test_however_a_cell_ends_the_worker_lives_on(
    client: Any, source: str, error: type[Exception]
) -> None:
    before = pids(client)
    with pytest.raises(error):
        client.submit(transform("ends", source), 1, pure=False).result(timeout=60)

    assert pids(client) == before


def test_the_workers_memory_is_the_cells(client: Any) -> None:
    greedy = transform("greedy", "def transform(x): return len(bytearray(1_200_000_000))")

    with pytest.raises(MemoryLimitExceeded, match=r"400|381"):
        client.submit(greedy, 1, pure=False, retries=0).result(timeout=60)

    assert client.submit(double, 1, pure=False).result(timeout=60) == 2


def work(mark: str) -> int:
    return int(sleeper(mark)(1))


POOL = """
import sys
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
sys.path.insert(0, {folder!r})
import test_guests
if __name__ == "__main__":
    context = multiprocessing.get_context({method!r})
    pool = ProcessPoolExecutor(2, mp_context=context)
    pool.submit(test_guests.work, {mark!r})
    pool.submit(test_guests.work, {mark!r}).result()
"""


@pytest.mark.parametrize(("method", "mark"), [("spawn", "60011"), ("fork", "60012")])
def test_nothing_outlives_the_process_that_a_pool_works_for(
    method: str, mark: str, tmp_path: Path
) -> None:
    script = tmp_path / "driver.py"
    folders = [str(Path(__file__).parent), str(Path(__file__).parents[1])]
    script.write_text(POOL.format(folder=folders[0], method=method, mark=mark))
    driver = subprocess.Popen(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(folders)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    workers: set[int] = set()
    try:
        assert wait_until(lambda: len(alive(mark)) == 4, seconds=60)
        workers = children(driver.pid)
    finally:
        os.kill(driver.pid, signal.SIGKILL)
        driver.wait()
        gone = wait_until(lambda: not alive(mark))
        for pid in workers:  # they are the pool's, and wait for a driver that is gone
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    assert gone
