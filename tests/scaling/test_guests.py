"""Cells within other engines' workers end when nobody wants them, and harm no worker."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from census import wait_until
from marked_cells import alive, double, sleeper, transform

from codeexec_magics import CodeExecutor
from codeexec_magics.errors import MemoryLimitExceeded
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
