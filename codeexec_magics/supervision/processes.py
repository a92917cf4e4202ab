"""Who descends from whom, read from ``/proc``, and ends that cannot hit the wrong process.

Runs in the supervisor, in reapers, and (`marked`) in the kernel. Owns nothing.
"""

from __future__ import annotations

import os
import signal
from collections import defaultdict

MARKER = "CODEEXEC_MAGICS_SESSION"
"""The environment variable by which processes of a session can be told, where all else fails."""


def children(pid: int) -> list[int]:
    """The direct children of a process, zombies included."""
    try:
        return [int(word) for word in _read(f"/proc/{pid}/task/{pid}/children").split()]
    except OSError:
        if os.path.exists("/proc/thread-self/children"):
            return []  # the process has ended
        # The kernel may be built without this file; the long way then.
        return _tree().get(pid, [])


def descendants(pid: int) -> list[tuple[int, int]]:
    """All processes below ``pid`` at this moment, as (process, its parent), parents first."""
    tree = _tree()
    found: list[tuple[int, int]] = []
    waiting = [pid]
    while waiting:
        parent = waiting.pop()
        for child in tree.get(parent, []):
            found.append((child, parent))
            waiting.append(child)
    return found


def kill_descendants(pid: int) -> int:
    """Send SIGKILL to what is next below ``pid``, two generations deep; how many were sent.

    Callers repeat it: below a subreaper, what a killed process leaves comes up by itself. Rounds
    must be short, or a storm of processes that fork and end outruns them: walking all of ``/proc``
    in each took seconds for 50 of them, and once left 139; reading who is next takes 0.15 s.

    A descendant that is not a direct child may end and its number be given to a stranger at any
    time. So it is held by a pidfd, and its parent is read again after that: a stranger has another.
    """
    direct = children(pid)
    sent = sum(_kill(child) for child in direct)
    for parent in direct:
        sent += sum(_kill_checked(child, parent) for child in children(parent))
    return sent


def parent(pid: int) -> int | None:
    """The parent of a process or of a thread's process; None if there is none such."""
    return _parent(pid)


def members(group: int) -> list[int]:
    """The processes of a process group."""
    return [int(name) for name in _numbers() if _group(name) == group]


def depth_of_namespaces(pid: int) -> int:
    """In how many pid namespaces a process or thread has a number; 0 if that cannot be read."""
    try:
        status = _read(f"/proc/{pid}/status")
    except OSError:
        return 0
    numbers = status.partition(b"\nNSpid:")[2].partition(b"\n")[0]
    return len(numbers.split())


def _group(name: str) -> int | None:
    try:
        return int(_read(f"/proc/{name}/stat").rpartition(b")")[2].split()[2])
    except (OSError, ValueError, IndexError):
        return None


def _kill(pid: int) -> int:
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        return 0
    return 1


def _kill_checked(pid: int, parent: int) -> int:
    try:
        fd = os.pidfd_open(pid)
    except OSError:
        return 0
    try:
        if _parent(pid) != parent:
            return 0
        signal.pidfd_send_signal(fd, signal.SIGKILL)
    except OSError:
        return 0
    finally:
        os.close(fd)
    return 1


def _tree() -> dict[int, list[int]]:
    tree: dict[int, list[int]] = defaultdict(list)
    for pid, parent in _pairs_of_proc() if os.path.isdir("/proc/self") else _pairs_of_ps():
        tree[parent].append(pid)
    return tree


def _pairs_of_proc() -> list[tuple[int, int]]:
    pairs = ((int(name), _parent(int(name))) for name in _numbers())
    return [(pid, parent) for pid, parent in pairs if parent is not None]


def _pairs_of_ps() -> list[tuple[int, int]]:
    """The same on macOS, which has no ``/proc``; written from its manual, not tested here."""
    import subprocess

    listed = subprocess.run(
        ["/bin/ps", "-axo", "pid=,ppid="], capture_output=True, check=False, timeout=5
    )
    rows = (line.split() for line in listed.stdout.splitlines())
    return [(int(row[0]), int(row[1])) for row in rows if len(row) == 2]


def _numbers() -> list[str]:
    try:
        return [name for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return []


def _parent(pid: int) -> int | None:
    try:
        # The name stands in parentheses and may itself contain spaces and parentheses.
        return int(_read(f"/proc/{pid}/stat").rpartition(b")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return None


def is_stuck(pid: int) -> bool:
    """Whether a process waits uninterruptibly, or is gone."""
    try:
        return _read(f"/proc/{pid}/stat").rpartition(b")")[2].split()[0] in (b"D", b"X")
    except (OSError, IndexError):
        return True


def marked(session: str) -> list[int]:
    """The processes whose environment carries the session's marker; zombies have none.

    The weakest of all means (a program can clear its environment): for the case that supervisor
    and reapers were all killed.
    """
    wanted = f"{MARKER}={session}".encode()
    found = []
    for name in _numbers():
        try:
            if wanted in _read(f"/proc/{name}/environ").split(b"\0"):
                found.append(int(name))
        except OSError:
            continue
    return found


def kill_marked(session: str) -> int:
    """Send SIGKILL to every process that carries the session's marker; how many were sent."""
    return sum(_kill(pid) for pid in marked(session) if pid != os.getpid())


def _read(path: str) -> bytes:
    """A file of ``/proc``; Python's file objects ask the kernel five things more for each."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        parts = []
        while part := os.read(fd, 1 << 16):
            parts.append(part)
        return b"".join(parts)
    finally:
        os.close(fd)
