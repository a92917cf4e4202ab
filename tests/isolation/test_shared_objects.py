"""What a run makes in shared memory goes with it, and what others have there stays."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from census import wait_until

from codeexec_magics import CodeExecutor, Outcome

SHARED = Path("/dev/shm")
MAKE = """
from multiprocessing.shared_memory import SharedMemory
made = [SharedMemory(create=True, size=1000) for _ in range(3)]
names = [one.name for one in made]
"""
LONG = MAKE + "print(*names)\nwhile True: pass"
SYSTEM_V = """
import ctypes
libc = ctypes.CDLL(None)
CREATE, SET_VALUE = 0o1600, 16
queue = libc.msgget(0, CREATE)
libc.msgsnd(queue, bytes([1]) + bytes(9), 2, 0)
semaphores = libc.semget(0, 1, CREATE)
libc.semctl(semaphores, 0, SET_VALUE, 5)
[libc.shmget(0, 1000, CREATE), queue, semaphores]
"""


@pytest.fixture
def others() -> Iterator[Path]:
    """Shared memory of this process, without the process that Python starts for it."""
    path = SHARED / f"psm_{os.getpid()}"
    path.write_bytes(bytes(4096))
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 4096):
        yield path
        assert path.exists()
    path.unlink()


def left(names: list[str]) -> list[str]:
    return [name for name in names if (SHARED / name).exists()]


def test_what_a_program_has_made_goes_when_it_ends(executor: CodeExecutor, others: Path) -> None:
    use = f"{MAKE}\nother = SharedMemory({others.name!r})\nother.buf[0] = 7\nnames"
    names = executor.execute_python(use).output

    assert len(names) == 3
    assert others.read_bytes()[0] == 7
    assert wait_until(lambda: not left(names))


@pytest.mark.parametrize("how", ["fails", "is stopped", "leaves by itself", "is killed"])
def test_and_so_however_it_ends(executor: CodeExecutor, how: str) -> None:
    ends = {
        "fails": f"{MAKE}\nprint(*names)\nraise ValueError",
        "is stopped": LONG,
        "leaves by itself": f"{MAKE}\nprint(*names)\nraise SystemExit(3)",
        "is killed": f"{MAKE}\nprint(*names, flush=True)\nimport os, time\ntime.sleep(0.5)\n"
        "os.kill(os.getpid(), 9)",
    }
    result = executor.execute_python(ends[how], timeout=1, grace=0.1)

    names = result.stdout.split()
    assert result.outcome is not Outcome.SUCCEEDED
    assert len(names) == 3
    assert wait_until(lambda: not left(names))


def kept(kind: str) -> set[int]:
    with open(f"/proc/sysvipc/{kind}", encoding="ascii") as file:
        return {int(line.split()[1]) for line in file.readlines()[1:]}


@pytest.mark.skipif(not Path("/proc/sysvipc/shm").exists(), reason="there is no System V IPC here")
def test_objects_of_system_v_go_too(executor: CodeExecutor) -> None:
    made = executor.execute_python(SYSTEM_V).output

    assert all(number >= 0 for number in made)
    for kind, number in zip(("shm", "msg", "sem"), made, strict=True):
        assert wait_until(lambda kind=kind, number=number: number not in kept(kind))


def test_a_sandboxed_program_has_none(executor: CodeExecutor, tmp_path: Path) -> None:
    result = executor.execute_python(SYSTEM_V, sandbox=True, directory=str(tmp_path))

    assert result.output == [-1, -1, -1]
    assert os.path.isdir(tmp_path)
