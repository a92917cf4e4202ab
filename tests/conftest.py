"""Fixtures of all tests; above all: after each test, nothing is left."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from codeexec_magics import CodeExecutor
from codeexec_magics.supervision import processes

# A temp folder of this test session's own: by it, what is ours is told from what other sessions on
# the machine leave. Asked for once before, so that pytest's own folders stay where they were.
tempfile.gettempdir()
TEMP = Path(tempfile.mkdtemp(prefix="codeexec-tests-"))
os.environ["TMPDIR"] = str(TEMP)


def pytest_unconfigure() -> None:
    shutil.rmtree(TEMP, ignore_errors=True)


def wait_until(condition: Callable[[], object], seconds: float = 5.0) -> bool:
    """Wait for a condition, not for a time; whether it came true."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def marked_processes() -> set[int]:
    """Processes that a marker shows to be of a run, and the temp folder to be of these tests."""
    marker, ours = processes.MARKER.encode(), os.fsencode(TEMP)
    found = set()
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            environment = Path(f"/proc/{name}/environ").read_bytes()
        except OSError:
            continue
        if marker in environment and ours in environment:
            found.add(int(name))
    return found


def below(pid: int) -> set[int]:
    """All descendants of a process, zombies included."""
    return {child for child, _ in processes.descendants(pid)}


def scratch_directories() -> set[str]:
    return {str(path) for path in TEMP.glob("codeexec_magics-*/*")}


def shared_memory() -> set[str]:
    shm = Path("/dev/shm")
    return {str(path) for path in shm.iterdir()} if shm.is_dir() else set()


def descriptors() -> dict[int, str]:
    found = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            found[int(name)] = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            continue  # the descriptor by which the folder itself was read
    return found


@pytest.fixture(scope="session")
def executor() -> Iterator[CodeExecutor]:
    """One engine for the whole session, started before the first look at what there is."""
    with CodeExecutor(default_timeout=30) as shared:
        shared.client.welcome()
        yield shared


@pytest.fixture(autouse=True)
def nothing_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each test: no process of a run, scratch directory, descriptor, shared memory."""
    if "executor" in request.fixturenames:
        request.getfixturevalue("executor")
    me = os.getpid()
    before_processes, before_marked = below(me), marked_processes()
    before_scratch, before_memory = scratch_directories(), shared_memory()
    before_descriptors = descriptors()

    yield

    wait_until(lambda: not below(me) - before_processes and not marked_processes() - before_marked)
    wait_until(lambda: not scratch_directories() - before_scratch)
    assert below(me) - before_processes == set()
    assert marked_processes() - before_marked == set()
    assert scratch_directories() - before_scratch == set()
    assert shared_memory() - before_memory == set()
    assert descriptors() == before_descriptors
