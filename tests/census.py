"""Count what tests may leave behind: processes, folders, descriptors, shared memory."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from codeexec_magics.supervision import processes

# A temp folder of this test session's own: by it, what is ours is told from what other sessions on
# the machine leave. Asked for once before, so that pytest's own folders stay where they were.
tempfile.gettempdir()
TEMP = Path(tempfile.mkdtemp(prefix="codeexec-tests-"))
os.environ["TMPDIR"] = str(TEMP)


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


def dwellers(folder: Path) -> set[int]:
    """Processes whose current directory is, or was, the folder: no fork and no exec loses that."""
    found = set()
    for link in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if str(link.readlink()).startswith(str(folder)):
                found.add(int(link.parent.name))
        except OSError:
            continue
    return found


def scratch_directories() -> set[str]:
    """The directories of sessions that have something in them."""
    return {str(path) for path in TEMP.glob("codeexec_magics-*/*")}


def shared_memory() -> set[str]:
    """What has a name in shared memory."""
    shm = Path("/dev/shm")
    return {str(path) for path in shm.iterdir()} if shm.is_dir() else set()


def descriptors() -> dict[int, str]:
    """This process's open descriptors, and what they are of."""
    found = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            found[int(name)] = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            continue  # the descriptor by which the folder itself was read
    return found
