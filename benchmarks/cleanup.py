"""How long hostile trees of processes take to go, beside what is usual: prints a Markdown table.

``python benchmarks/cleanup.py [ROUNDS [STRATEGY]]`` runs each tree of ``tests/cleanup/trees`` below
an owner, a process of its own, by each strategy, or by those of which a part of the name is given.
When the tree stands, the owner is interrupted, meets a deadline, or is killed by SIGKILL; then the
time until nothing of the tree is alive is taken. What is alive after two seconds has survived; it
is ended here.

A tree's processes are found by their current directory. Those that are known at the event are
watched by pidfds, so their end is seen to the microsecond; a look through ``/proc`` then finds what
has come later, so that for trees that fork meanwhile the resolution is that of a look, which is
printed. The two programs that attack their ancestors, and the storm of processes, are only given to
strategies that withstand them: the others' owner would be ended, and this process with it, or the
machine would run out of processes.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import select
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

HERE = Path(__file__).resolve()
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parents[1] / "tests" / "cleanup")]

from forest import INPUTS, READY, Tree, survivors, trees  # noqa: E402 - found by the path above

LONGEST = 2.0
"""Seconds after which what is alive has survived."""
OWNERS_END = 10.0
"""Seconds after which an owner that has not come back is given up."""
DEADLINE = 2.0
"""Seconds, where a deadline ends the program; the tree stands before."""
FUSE = 70.0
"""Seconds after which even a storm has ended by itself."""
MOST_WATCHED = 500
"""Below the usual limit of descriptors; what is not watched is found by a look."""
OURS = "codeexec_magics"


def run_ours(program: dict[str, Any]) -> None:
    """The package itself; without grace, so that the interrupt kills."""
    from unittest import mock

    from codeexec_magics.engine.transform import shared_executor
    from codeexec_magics.leases.lease import Lease

    arm = Lease.arm

    def told(lease: Lease, seconds: float | None, *others: Any) -> None:
        if seconds is not None:
            print(json.dumps(time.monotonic() + seconds), flush=True)
        arm(lease, seconds, *others)

    with mock.patch.object(Lease, "arm", told):
        shared_executor().execute(
            program["source"],
            program["language"],
            timeout=program["deadline"] or float("inf"),
            grace=0,
            inputs=INPUTS if program["language"] == "javascript" else {},
        )


def run_script_magic(program: dict[str, Any]) -> None:
    """IPython's ``%%script``."""
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    shell.run_cell_magic("script", f"{sys.executable} -", program["source"])


def run_popen(
    program: dict[str, Any], stop: Callable[[subprocess.Popen[bytes]], None], **options: Any
) -> None:
    """A child of ``subprocess``, and what is done to it on KeyboardInterrupt."""
    child = subprocess.Popen([sys.executable, "-c", program["source"]], **options)
    try:
        child.wait()
    except KeyboardInterrupt:
        stop(child)
        child.wait()


def kill_recursively(child: subprocess.Popen[bytes]) -> None:
    """As psutil's documentation shows it: the children first."""
    import psutil

    parent = psutil.Process(child.pid)
    for one in [*parent.children(recursive=True), parent]:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.kill()


STRATEGIES: dict[str, Callable[[dict[str, Any]], None]] = {
    OURS: run_ours,
    "`%%script`": run_script_magic,
    "`Popen.kill`": lambda program: run_popen(program, subprocess.Popen.kill),
    "psutil, recursive": lambda program: run_popen(program, kill_recursively),
    "new session, `killpg`": lambda program: run_popen(
        program, lambda child: os.killpg(child.pid, signal.SIGKILL), start_new_session=True
    ),
}


def own(strategy: str) -> None:
    """Be an owner: run the programs that stdin names, one after the other."""
    for line in sys.stdin:
        # What an interrupted command is for `%%script`.
        with contextlib.suppress(KeyboardInterrupt, subprocess.CalledProcessError):
            STRATEGIES[strategy](json.loads(line))
        print(json.dumps("done"), flush=True)


class OwnerEnded(Exception):
    """An owner has ended by itself."""


class Owner:
    """An owner as this process sees it."""

    def __init__(self, strategy: str, temp: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(HERE), "--owner", strategy],
            cwd="/",
            env={**os.environ, "TMPDIR": str(temp)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def begin(self, tree: Tree, folder: Path, deadline: float | None) -> None:
        """Have a tree grown, and wait until it stands."""
        source = tree.source(folder, "endless")
        program = {"source": source, "language": tree.language, "deadline": deadline}
        stdin: IO[str] = self.process.stdin  # type: ignore[assignment]
        with contextlib.suppress(BrokenPipeError):
            stdin.write(json.dumps(program) + "\n")
            stdin.flush()
        latest = time.monotonic() + (deadline or FUSE)
        while not (folder / READY).exists() and time.monotonic() < latest:
            if self.process.poll() is not None:
                raise OwnerEnded(str(tree))
            time.sleep(0.002)

    def line(self) -> Any:
        """What it says next, between what its program prints; None if it has ended."""
        stdout: IO[str] = self.process.stdout  # type: ignore[assignment]
        for text in stdout:
            with contextlib.suppress(ValueError):
                return json.loads(text)
        return None

    @contextlib.contextmanager
    def killed_after(self, seconds: float) -> Iterator[None]:
        """Within, it has so much time."""
        timer = threading.Timer(seconds, self.process.kill)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


class Watch:
    """Watches the processes of one folder to their end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[int, int] = {}
        self._poll = select.poll()
        self.looks: list[float] = []

    def watch(self) -> None:
        """Watch what is alive now."""
        self._watch(self._look())

    def wait(self, until: float) -> float | None:
        """When the last one has ended (monotonic); None if some have not by ``until``."""
        while True:
            ended = time.monotonic()
            while self._known and ended < until:
                for fd, _ in self._poll.poll(max(0.0, (until - ended) * 1000)):
                    self._forget(fd)
                ended = time.monotonic()
            if not (found := self._look()):
                return ended
            if time.monotonic() > until:
                return None
            self._watch(found)

    def end(self) -> None:
        """End what has survived: it is in a folder of this process's own.

        It may multiply faster than it is killed, so it is stopped first.
        """
        for fd in list(self._known.values()):
            self._forget(fd)
        fuse = time.monotonic() + FUSE
        while self._look() and time.monotonic() < fuse:
            stopped: set[int] = set()
            while (new := set(self._look()) - stopped) and time.monotonic() < fuse:
                _signal_all(new, signal.SIGSTOP)
                stopped |= new
            _signal_all(stopped, signal.SIGKILL)

    def _look(self) -> list[int]:
        began = time.monotonic()
        found = survivors(self._folder.parent).get(self._folder.name, [])
        self.looks.append(time.monotonic() - began)
        return found

    def _watch(self, pids: list[int]) -> None:
        new = set(pids) - set(self._known)
        for pid in list(new)[: MOST_WATCHED - len(self._known)]:
            with contextlib.suppress(OSError):
                self._known[pid] = os.pidfd_open(pid)
                self._poll.register(self._known[pid], select.POLLIN)

    def _forget(self, fd: int) -> None:
        self._poll.unregister(fd)
        os.close(fd)
        self._known = {pid: other for pid, other in self._known.items() if other != fd}


def _signal_all(pids: set[int], number: int) -> None:
    for pid in pids:
        with contextlib.suppress(OSError):
            os.kill(pid, number)


class Row:
    """What one strategy did at one event."""

    def __init__(self) -> None:
        self.took: list[float] = []
        self.survived: set[str] = set()
        self.looks: list[float] = []
        self.slowest = ""

    def add(self, tree: Tree, watch: Watch, began: float, ended: float | None) -> None:
        self.looks += watch.looks
        if ended is None:
            self.survived.add(str(tree))
            return
        if ended - began >= max(self.took, default=0.0):
            self.slowest = str(tree)
        self.took.append(ended - began)

    def cells(self) -> str:
        if not self.took:
            return f"{len(self.survived)} | – | –"
        median, worst = statistics.median(self.took) * 1000, max(self.took) * 1000
        return f"{len(self.survived)} | {median:.1f} | {worst:.0f}"


def stop_or_wait(owner: Owner, deadline: float | None) -> float:
    """Bring the event about; when it was."""
    if deadline is None:
        began = time.monotonic()
        owner.process.send_signal(signal.SIGINT)
        return began
    moment: float = owner.line()
    return moment


def measure_stop(strategy: str, chosen: list[Tree], root: Path, deadline: float | None) -> Row:
    """One owner runs all trees; each is interrupted, or meets its deadline."""
    row = Row()
    owner = Owner(strategy, root)
    for number, tree in enumerate(chosen):
        with place(root, f"{number}-{tree}") as folder:
            try:
                owner.begin(tree, folder, deadline)
            except OwnerEnded:
                # Of some others an interrupt also ends the owner, when it has said "done".
                assert strategy != OURS
                owner.close()
                owner = Owner(strategy, root)
                owner.begin(tree, folder, deadline)
            watch = Watch(folder)
            watch.watch()
            began = stop_or_wait(owner, deadline)
            row.add(tree, watch, began, watch.wait(began + LONGEST))
            watch.end()
            # Some of the others do not outlive what they ran, or wait for it for good.
            with owner.killed_after(OWNERS_END):
                has_ended = owner.line() is None
            if has_ended:
                assert strategy != OURS
                owner.close()
                owner = Owner(strategy, root)
    owner.close()
    return row


def measure_kill(strategy: str, chosen: list[Tree], root: Path) -> Row:
    """Each tree has an owner, which is killed."""
    row = Row()
    for number, tree in enumerate(chosen):
        with place(root, f"{number}-{tree}") as folder:
            owner = Owner(strategy, root)
            owner.begin(tree, folder, None)
            watch = Watch(folder)
            watch.watch()
            began = time.monotonic()
            owner.process.kill()
            row.add(tree, watch, began, watch.wait(began + LONGEST))
            watch.end()
            owner.close()
    return row


@contextlib.contextmanager
def place(root: Path, name: str) -> Iterator[Path]:
    """A folder for one trial."""
    folder = root / name
    folder.mkdir()
    yield folder


def main(rounds: int, wanted: str) -> None:
    from codeexec_magics.supervision.containment import strongest

    tier = strongest()[0].name
    every = trees(tier)
    harmless = [
        tree
        for tree in every
        if tree.language == "python"
        and "guarded-subreaper" not in tree.tiers
        and not str(tree).endswith("fork_storm")
    ]
    print(f"{platform.platform(terse=True)}, {os.cpu_count()} cores, {tier}; milliseconds\n")
    events = "interrupt: leave some | median | worst | SIGKILL: leave some | median | worst"
    print(f"| | programs | {events} |\n{'|---' * 8}|")
    notes: list[Row] = []
    for strategy in (name for name in STRATEGIES if wanted in name):
        chosen = every * rounds if strategy == OURS else harmless
        with tempfile.TemporaryDirectory(prefix="cleanup-") as name:
            base = Path(name)
            parts = [base / part for part in ("stop", "kill", "deadline")]
            for part in parts:
                part.mkdir()
            stopped = measure_stop(strategy, chosen, parts[0], None)
            killed = measure_kill(strategy, chosen, parts[1])
            count = len(chosen) if strategy == OURS else len(harmless)
            print(f"| {strategy} | {count} | {stopped.cells()} | {killed.cells()} |", flush=True)
            if strategy == OURS:
                late = measure_stop(strategy, chosen, parts[2], DEADLINE)
                print(f"| …, at a deadline | {count} | {late.cells()} | | | |", flush=True)
                notes = [stopped, late, killed]
    if not notes:
        return
    looks = [look for row in notes for look in row.looks]
    print(f"\nA look takes {statistics.median(looks) * 1000:.1f} ms (median).")
    print(f"Slowest: {', '.join(row.slowest for row in notes)}.")
    print(f"Left: {', '.join(sorted(set().union(*(row.survived for row in notes)))) or 'none'}.")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--owner"]:
        own(sys.argv[2])
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 3, "".join(sys.argv[2:3]))
