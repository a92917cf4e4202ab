"""A control group per run: the kernel itself holds the run's processes to their memory (cgroup v2).

Runs in a reaper, which owns the group of its run, and in the supervisor and the kernel, which
remove what a reaper that was killed has left. The group stands beside or below the one that we are
in ourselves, where that is allowed to us and loosens no limit that somebody has set for us. The
memory controller, where we switch it on for the groups below one, stays on: to switch it off would
lift the limits of others who have come to rely on it.

Memory belongs to the group in which it was first touched, and does not move with a process. What a
worker has when it is moved is therefore to be taken off its limit by the caller.

Sources: ``Documentation/admin-guide/cgroup-v2.rst`` of the kernel, cgroups(7), proc(5).
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import select
from collections.abc import Callable, Iterator

_PREFIX = "codeexec-"
_LIMITS_OF_OTHERS = ("memory.max", "memory.high", "cpu.max", "cpuset.cpus", "io.max")
"""What an administrator may have set for a group, and we would leave with the group."""
_ATTEMPTS = 40
_PAUSE = 0.005
"""Seconds; a process may be counted a moment longer than it can be waited for."""


def levels(cgroup: str, mountinfo: str) -> list[str]:
    """The folders of a process's control group and of all above it, nearest first.

    Args:
        cgroup: The text of its ``/proc/PID/cgroup``.
        mountinfo: The text of its ``/proc/PID/mountinfo``.

    Returns:
        None if it is in no group of version 2, or none that it can see.
    """
    own = next((line[3:] for line in cgroup.splitlines() if line.startswith("0::/")), None)
    if own is None or _leads_up(own):
        return []
    for root, folder in _mounts(mountinfo):
        inside = own == root or own.startswith(root.rstrip("/") + "/")
        if inside and not _leads_up(root):
            names = [name for name in own[len(root) :].split("/") if name]
            return [os.path.join(folder, *names[:count]) for count in range(len(names), -1, -1)]
    return []


class MemoryGroup:
    """A control group that has a limit of memory.

    Args:
        folder: Where it is.
        home: The group in which its processes were before.
    """

    def __init__(self, folder: str, home: str) -> None:
        self.folder = folder
        self._home = home

    def take_in(self, processes: Callable[[], list[int]]) -> None:
        """Move processes into the group, until all that are found are in it.

        Raises:
            OSError: That is not allowed to us.
        """
        moved: set[int] = set()
        while fresh := [pid for pid in processes() if pid not in moved]:
            for pid in fresh:
                moved.add(pid)
                with contextlib.suppress(ProcessLookupError):  # it has ended
                    _write(self.folder, "cgroup.procs", str(pid))

    def limit_reached(self) -> bool:
        """Whether something could not have the memory that it wanted within the limit."""
        with contextlib.suppress(OSError):
            events = dict(line.split() for line in _read(self.folder, "memory.events").splitlines())
            return events.get("oom", "0") != "0"
        return False

    def peak(self) -> int:
        """The most memory that it had, in bytes; 0 if the kernel does not tell (before 5.19)."""
        with contextlib.suppress(OSError):
            return int(_read(self.folder, "memory.peak"))
        return 0

    def remove(self) -> bool:
        """Remove the group when its run has ended; whether it is gone.

        Who is still in it is none of the run: a program has moved somebody else there.
        """
        for _ in range(_ATTEMPTS):
            self._send_home()
            for nested in reversed(list(_below(self.folder))):
                with contextlib.suppress(OSError):
                    os.rmdir(nested)
            if not os.path.isdir(self.folder):
                return True
            select.select([], [], [], _PAUSE)
        return False

    def _send_home(self) -> None:
        for folder in _below(self.folder):
            with contextlib.suppress(OSError):
                for pid in _read(folder, "cgroup.procs").split():
                    _write(self._home, "cgroup.procs", pid)


def hold(session: str, run: str, limit: int, processes: Callable[[], list[int]]) -> MemoryGroup:
    """Hold processes, and all that they start from now on, to an amount of memory together.

    When they need more, the kernel kills all of them.

    Args:
        session: The session's marker.
        run: The run's name in the session.
        limit: Bytes that they may take from now on.
        processes: Finds those that there are.

    Raises:
        OSError: This machine, or this user, cannot; the text has the reason.
    """
    ways = _levels_here()
    reason = OSError(errno.ENOENT, "no cgroup v2 is mounted here")
    for count, level in enumerate(ways):
        try:
            return _hold_below(level, ways[:count], f"{_PREFIX}{session}-{run}", limit, processes)
        except OSError as error:
            reason = error if count == 0 else reason
    raise reason


def remove_left(session: str, run: str = "") -> None:
    """Remove the groups that killed reapers have left.

    Args:
        session: The session's marker.
        run: The run's name in the session; of all runs, if it is empty.
    """
    ways = _levels_here()
    for level in ways:
        with contextlib.suppress(OSError):
            for name in os.listdir(level):
                if name == f"{_PREFIX}{session}-{run}" or (
                    not run and name.startswith(f"{_PREFIX}{session}-")
                ):
                    MemoryGroup(os.path.join(level, name), ways[0]).remove()


def why_not() -> str | None:
    """Try to make a group, with no process in it; the reason if that cannot be done here."""
    try:
        group = hold(f"trial-{os.getpid()}", "0", 1 << 20, list)
    except OSError as error:
        return error.strerror or str(error)
    group.remove()
    return None


def _hold_below(
    level: str, left: list[str], name: str, limit: int, processes: Callable[[], list[int]]
) -> MemoryGroup:
    """Make a group below ``level``, and move processes there; undo it if that fails.

    The processes leave the groups of ``left`` by that, the nearest of which is theirs.
    """
    most_processes = _must_keep(left)
    _give_memory_controller(level)
    folder = os.path.join(level, name)
    os.mkdir(folder)
    group = MemoryGroup(folder, left[0] if left else level)
    try:
        _write(folder, "memory.max", str(limit))
        _write(folder, "memory.oom.group", "1")
        if most_processes is not None:
            _write(folder, "pids.max", str(most_processes))
        for file in ("memory.swap.max", "cgroup.max.descendants"):
            with contextlib.suppress(FileNotFoundError, PermissionError):  # no such kernel
                _write(folder, file, "0")
        group.take_in(processes)
    except OSError:
        group.remove()
        raise
    return group


def _must_keep(left: list[str]) -> int | None:
    """The number of processes that groups allow which are left; None for any.

    Raises:
        OSError: One of them has a limit that would be lost.
    """
    allowed = []
    for level in left:
        for file in _LIMITS_OF_OTHERS:
            if _is_set(level, file):
                raise OSError(errno.EPERM, f"{file} of {level} would be lost")
        if _is_set(level, "pids.max"):
            allowed.append(int(_read(level, "pids.max")))
    return min(allowed) if allowed else None


def _is_set(level: str, file: str) -> bool:
    try:
        words = _read(level, file).split()
    except FileNotFoundError:
        return False  # nobody can have set it
    return bool(words) and words[0] != "max"


def _give_memory_controller(level: str) -> None:
    """Make sure that the groups below one can have limits of memory.

    Raises:
        OSError: It is not ours, or has processes itself and no such groups yet.
    """
    # Who may not write to the second may not move a process from here to below.
    for path in (level, os.path.join(level, "cgroup.procs")):
        if not os.access(path, os.W_OK):
            raise OSError(errno.EACCES, f"{path} is not writable")
    if "memory" in _read(level, "cgroup.subtree_control").split():
        return
    if "memory" not in _read(level, "cgroup.controllers").split():
        raise OSError(errno.ENODEV, f"{level} has no memory controller")
    try:
        _write(level, "cgroup.subtree_control", "+memory")
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        raise OSError(errno.EBUSY, f"{level} has processes of its own") from None


def _levels_here() -> list[str]:
    try:
        return levels(_read("/proc/self", "cgroup"), _read("/proc/self", "mountinfo"))
    except OSError:
        return []


def _mounts(mountinfo: str) -> Iterator[tuple[str, str]]:
    """The cgroup2 mounts: the group that is its root, and where it is mounted."""
    for line in mountinfo.splitlines():
        fields, _, rest = line.partition(" - ")
        words = fields.split(" ")
        if rest.split(" ")[0] == "cgroup2" and len(words) > 4:
            yield _plain(words[3]), _plain(words[4])


def _plain(field: str) -> str:
    """A field of mountinfo, which writes spaces and the like as octal numbers."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), field)


def _leads_up(path: str) -> bool:
    """Whether a group is outside of our namespace, where we cannot know its name."""
    return ".." in path.split("/")


def _below(folder: str) -> Iterator[str]:
    """A group and all below it, parents first."""
    waiting = [folder]
    for parent in waiting:
        yield parent
        with contextlib.suppress(OSError), os.scandir(parent) as entries:
            waiting += [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]


def _read(folder: str, file: str) -> str:
    with open(os.path.join(folder, file), encoding="utf-8", errors="surrogateescape") as stream:
        return stream.read()


def _write(folder: str, file: str, text: str) -> None:
    fd = os.open(os.path.join(folder, file), os.O_WRONLY)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)
