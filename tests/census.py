"""Count what tests may leave behind: processes, folders, descriptors, shared memory.

Only what bears this test session's own names is counted: whatever else the machine does at the same
time changes nothing here.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codeexec_magics.leases import client
from codeexec_magics.supervision import processes

# A temp folder of this test session's own: by it, what is ours is told from what other sessions on
# the machine leave. Asked for once before, so that pytest's own folders stay where they were.
# Not within that of the process that has started this one: a socket's path may have 107 characters.
_outside = Path(tempfile.gettempdir())
if _outside.name.startswith("codeexec-tests-"):
    _outside = _outside.parent
TEMP = Path(tempfile.mkdtemp(prefix="codeexec-tests-", dir=_outside))
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
    found: set[str] = set()
    for session in TEMP.glob("codeexec_magics-*"):
        with contextlib.suppress(FileNotFoundError):  # it has gone since
            found.update(map(str, session.iterdir()))
    return found


def shared_memory() -> set[str]:
    """What has a name of this session's in shared memory; we use memory without names."""
    marks = {TEMP.name, *(known.session for known in list(client._clients) if known.session)}
    found = Path("/dev/shm").glob("*")
    return {str(path) for path in found if any(mark in path.name for mark in marks)}


def descriptors() -> dict[int, str]:
    """This process's open descriptors, and what they are of."""
    found = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            found[int(name)] = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            continue  # the descriptor by which the folder itself was read
    return found


@dataclass(frozen=True)
class Census:
    """What there is at one moment.

    Attributes:
        processes: All below this process.
        marked: Those that a marker shows to be of a run, wherever they are.
        folders: The directories of sessions.
        memory: Names in shared memory.
    """

    processes: frozenset[int] = frozenset()
    marked: frozenset[int] = frozenset()
    folders: frozenset[str] = frozenset()
    memory: frozenset[str] = frozenset()

    @classmethod
    def now(cls) -> Census:
        """Look at the machine; this takes some hundredths of a second."""
        return cls(
            frozenset(below(os.getpid())),
            frozenset(marked_processes()),
            frozenset(scratch_directories()),
            frozenset(shared_memory()),
        )

    def new_since(self, before: Census) -> dict[str, set[Any]]:
        """What was not there before."""
        gone_by = {
            "processes": self.processes - before.processes,
            "marked processes": self.marked - before.marked,
            "scratch directories": self.folders - before.folders,
            "shared memory": self.memory - before.memory,
        }
        return {what: set(found) for what, found in gone_by.items() if found}


class Starts:
    """Whether this process may have started anything since somebody looked last.

    It has if it has forked, executed, or handed descriptors to another, as every lease does; and it
    may have while it has children but those that rest.

    Attributes:
        resting: Children that do nothing by themselves.
    """

    _EVENTS = frozenset(
        {
            *("os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "pty.spawn"),
            *("subprocess.Popen", "socket.sendmsg"),
        }
    )

    def __init__(self) -> None:
        self._count = 0
        self._seen = 0
        self.resting: set[int] = set()
        sys.addaudithook(self._on_event)

    def any(self) -> bool:
        """Whether it may have."""
        if self._count != self._seen:
            return True
        me = os.getpid()
        tasks = os.listdir(f"/proc/{me}/task")
        texts = [_text(f"/proc/{me}/task/{task}/children") for task in tasks]
        return bool({int(word) for text in texts for word in text.split()} - self.resting)

    def looked(self) -> None:
        """Somebody has looked at what there is."""
        self._seen = self._count

    def _on_event(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in self._EVENTS:
            self._count += 1


def _text(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""
