"""Hold a run's processes together, so that all of them can be ended.

Runs in the supervisor (choice), in a reaper and in a worker before its exec (use). One class per
tier, one list in order of preference, one choice at the start, made by doing.

2026-11: the guard encloses the reaper in a Landlock domain of its own and the worker in one nested
in it. So the program can signal nobody outside its own domain, and the reaper's ``kill(-1)``
reaches exactly the run: one system call under the kernel's task-list lock, which no fork can
outrun. Walking the tree, as the weaker tiers must, took many rounds on fork storms.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import ClassVar

from ..protocol.numbers import END_OF_NAMESPACE
from . import (
    bpf,
    dry_run,
    landlock,
    linux,
    processes,
    seccomp,
)

_MOST_NUMBERS = 60
"""Processes that a filter compares with; it asks about all others."""
_PATIENCE_WITH_INIT = 0.5
"""Seconds; it kills in one step, and only a program that attacks it keeps it from that."""


class Containment:
    """One tier; an object of it belongs to one reaper."""

    name: ClassVar[str]
    covers: ClassVar[str]
    has_init: ClassVar[bool] = False
    """Whether the reaper's first child is ours (`enter_init`) and forks the worker."""

    def enter_reaper(self) -> None:
        """Prepare the reaper's process, before the worker is forked."""

    def enter_init(self) -> None:
        """Prepare the run's first process, where the tier has one."""

    def enter_worker(self) -> int:
        """Restrict the worker's process, just before its exec.

        Returns:
            The descriptor of a `Referee` for the reaper; -1 if none is needed.
        """
        return -1

    def kill_all(self) -> None:
        """Send SIGKILL to every process of the run that exists now."""
        raise NotImplementedError


class ProcessGroup(Containment):
    """The worker's process group and what can be found below it: best effort (macOS)."""

    name = "process-group"
    covers = (
        "children that stay in the group or below the worker; a daemon that leaves both escapes"
    )

    def kill_all(self) -> None:
        """Kill the groups and the descendants that can be seen."""
        for child, _ in processes.descendants(os.getpid()):
            for end in (os.killpg, os.kill):
                try:
                    end(child, signal.SIGKILL)
                except OSError:
                    continue


class Subreaper(Containment):
    """Every orphan comes back to the reaper, which ends it."""

    name = "subreaper"
    covers = "every descendant; not an attack by the program on the supervising processes"

    def enter_reaper(self) -> None:
        """Become the parent of orphans."""
        linux.become_subreaper()

    def kill_all(self) -> None:
        """Kill all descendants that exist now; callers repeat until none is left."""
        processes.kill_descendants(os.getpid())


class GuardedSubreaper(Subreaper):
    """The same, and the program can neither signal, trace nor limit what is outside of the run."""

    name = "guarded-subreaper"
    covers = "every descendant, and attacks on the supervising processes"

    def __init__(self) -> None:
        self._closed = False

    def enter_reaper(self) -> None:
        """Enter the outer domain and make sure that it holds."""
        super().enter_reaper()
        linux.renounce_privileges()
        landlock.scope_signals()
        self._closed = _cannot_signal(os.getppid())
        if not self._closed:
            raise OSError("the Landlock domain does not hold signals back")

    def enter_worker(self) -> int:
        """Enter the inner domain: the reaper is outside of it."""
        ours = _our_processes()
        linux.renounce_capability(linux.CAP_SYS_NICE)
        landlock.scope_signals()
        return _asking(seccomp.guard_scheduling, ours, seccomp.NOT_PERMITTED)

    def kill_all(self) -> None:
        """Kill the whole domain at once."""
        if not self._closed:
            # Without a domain around us kill(-1) would end every process of the user.
            super().kill_all()
            return
        try:
            os.kill(-1, signal.SIGKILL)
        except OSError:
            return  # nobody is left to be signalled


class FilteredSubreaper(Subreaper):
    """Attacks are refused by the numbers of the processes that they name.

    For kernels before 6.12 that give no namespaces. What can be named by a path, it does not see.
    """

    name = "filtered-subreaper"
    covers = (
        "every descendant, and signals, traces and limits that reach for the supervising "
        "processes; not what root does to them by files of /proc and of control groups"
    )

    def enter_reaper(self) -> None:
        """A filter takes that no privileges can be gained."""
        super().enter_reaper()
        linux.renounce_privileges()

    def enter_worker(self) -> int:
        """Install the filter."""
        ours = _our_processes()
        linux.renounce_capability(linux.CAP_SYS_NICE, linux.CAP_SYS_PTRACE)
        with contextlib.suppress(OSError):  # an older kernel: Yama may do the same, if it is there
            landlock.refuse_to_trace()
        fd = _asking(seccomp.guard_processes, ours, bpf.ALLOW)
        if not _cannot_signal(os.getppid()):
            raise OSError("the filter does not hold signals back")
        return fd


class PidNamespace(Subreaper):
    """A pid namespace per run: when its first process dies, the kernel kills the rest."""

    name = "pid-namespace"
    covers = "every descendant, atomically; the program sees no process outside of the run"
    has_init = True

    def __init__(self) -> None:
        self._asked: float | None = None

    def enter_reaper(self) -> None:
        """Make the namespace; the next process that is forked is its first."""
        super().enter_reaper()
        uid, gid = os.geteuid(), os.getegid()
        if uid != 0:
            # The supervisor is not dumpable, and such a process cannot write its own uid_map.
            linux.set_dumpable(True)
            linux.unshare(linux.CLONE_NEWUSER)
            linux.map_own_ids(uid, gid)
        linux.unshare(linux.CLONE_NEWPID)

    def enter_init(self) -> None:
        """In the namespace's first process: show only its own processes in ``/proc``.

        The mount namespace is not the reaper's, which goes on to see the outer ``/proc``.
        """
        linux.unshare(linux.CLONE_NEWNS)
        linux.keep_mounts_private()
        linux.mount_own_proc()

    def kill_all(self) -> None:
        """Have the first process end and count the others; if it does not, kill it as well."""
        if self._asked is None:
            self._asked = time.monotonic()
            for child in processes.children(os.getpid()):
                with contextlib.suppress(OSError):
                    os.kill(child, END_OF_NAMESPACE)
        elif time.monotonic() > self._asked + _PATIENCE_WITH_INIT:
            super().kill_all()


class SealedSubreaper(PidNamespace):
    """The pid namespace and the guard together."""

    name = "sealed"
    covers = "every descendant, atomically, and attacks on the supervising processes"

    def __init__(self) -> None:
        super().__init__()
        self._guard = GuardedSubreaper()

    def enter_reaper(self) -> None:
        """Make the namespaces, then enter the outer domain."""
        super().enter_reaper()
        self._guard.enter_reaper()

    def enter_init(self) -> None:
        """Also end with the namespace what a program may leave in shared memory."""
        super().enter_init()
        linux.unshare(linux.CLONE_NEWIPC)
        if os.path.isdir("/dev/shm"):
            linux.mount_own_shared_memory()

    def enter_worker(self) -> int:
        """Enter the inner domain. What is outside of the namespace cannot be named."""
        linux.renounce_capability(linux.CAP_SYS_NICE)
        landlock.scope_signals()
        return seccomp.guard_scheduling((os.getppid(),), bpf.ALLOW)


TIERS: tuple[type[Containment], ...] = (
    GuardedSubreaper,
    PidNamespace,
    FilteredSubreaper,
    Subreaper,
    ProcessGroup,
)
"""In order of preference; the first that works here is used."""

_ALL: tuple[type[Containment], ...] = (*TIERS, SealedSubreaper)
BY_NAME = {tier.name: tier for tier in _ALL}


def strongest(wanted: str = "auto") -> tuple[type[Containment], list[str]]:
    """Choose the tier for this machine, by trying each in a process of its own.

    Args:
        wanted: A tier's name, or ``auto``.

    Returns:
        The tier, and a sentence for each stronger one that does not work here.
    """
    order: tuple[type[Containment], ...] = TIERS if wanted == "auto" else (BY_NAME[wanted],)
    reasons: list[str] = []
    for tier in order:
        reason = why_not(tier)
        if reason is None:
            return tier, reasons
        reasons.append(f"{tier.name}: {reason}")
    return ProcessGroup, reasons


def why_not(tier: type[Containment]) -> str | None:
    """Try a tier in a child of this process; the reason if it does not work."""
    if tier is ProcessGroup:
        return None
    if sys.platform != "linux":
        return f"{sys.platform} has no such thing"
    return dry_run.why_not(lambda: _try(tier()))


def _try(containment: Containment) -> None:
    containment.enter_reaper()
    inner = os.fork()
    if inner == 0:
        containment.enter_init()
        containment.enter_worker()
        os._exit(0)
    _, status = os.waitpid(inner, 0)
    if status != 0:
        raise OSError("a process inside could not be restricted")


def _our_processes() -> tuple[int, ...]:
    """In a worker: the processes above it, and what else the supervisor has started by now."""
    above: list[int] = []
    pid: int | None = os.getppid()
    while pid:
        above.append(pid)
        pid = processes.parent(pid)
    beside = processes.children(above[1]) if len(above) > 1 else []
    return tuple(dict.fromkeys([*above, *beside]))[:_MOST_NUMBERS]


def _asking(
    guard: Callable[[tuple[int, ...], int], int], ours: tuple[int, ...], without: int
) -> int:
    """Install a filter that asks about processes that are none of ours by now, if one can ask."""
    if linux.can_answer_calls():
        with contextlib.suppress(OSError):  # somebody listens already: we are inside of such a run
            return guard(ours, bpf.ASK)
    return guard(ours, without)


def _cannot_signal(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except OSError:
        return False
    return False
