"""Every hostile tree meets every event, and nothing of it survives.

One Jupyter kernel grows all trees of both languages at once; then the event happens to all of them.
What is alive of each is counted when its result is there, or, where the kernel ends, when they have
had time: one tree alone takes milliseconds (``benchmarks/cleanup.py``), but here there are 34, two
of them storms, on whatever processors a machine has.

The counts are tables of ``docs/guarantees.md``; the last test compares them. To write them anew::

    CODEEXEC_MAGICS_WRITE_TABLES=1 python -m pytest tests/cleanup/test_events.py
"""

from __future__ import annotations

import ast
import os
import re
import signal
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jupyter_client
import pytest
from census import TEMP, shared_memory, wait_until
from forest import HELD, INPUTS, INTERRUPTED, LANGUAGES, READY, STORMS, Tree, survivors, trees
from jupyter_core.utils import ensure_event_loop
from pages import write, written

import codeexec_magics
from codeexec_magics.supervision.containment import strongest
from codeexec_magics.supervision.processes import children, descendants

ROOT = Path(codeexec_magics.__file__).parents[1]
PAGE, MARK = "guarantees.md", "survivors"
TIER = strongest(os.environ.get("CODEEXEC_MAGICS_CONTAINMENT", "auto"))[0].name
TREES = trees(TIER)
REAPER = "codeexec-reaper"
PATIENCE = 60.0
LONGEST_END = 30.0
"""Seconds that all trees together have where the kernel ends; far below those that they sleep."""

CELL_EVENTS = {
    "end": "it ends with a value",
    "error": "it throws",
    "timeout": "its deadline passes",
    "memory": "it exceeds `--memory`",
    "stop": "it is interrupted",
    "stop, stop": "it is interrupted, and again within 50 ms",
    "stop at start": "an interrupt meets each of six stages of its start, "
    "before, during, and after the lease",
    "card fails": "our own rendering of its result throws",
}
OUTER_EVENTS = {
    "shutdown": "the kernel is asked to shut down",
    "restart": "it is asked to restart",
    "restart!": "it is killed and started again, as Jupyter does it",
    "SIGKILL": "it is killed",
    "_exit": "it calls `os._exit`",
    "fork": "it is killed while a fork of it lives on",
    "reload": "`%reload_ext`",
    "supervisor": "the supervisor is killed by SIGKILL",
    "reapers": "the reapers of all cells are",
    "zygote": "the zygote is, then the cells are interrupted",
    "standbys": "the workers that stand by are, then the cells are interrupted",
}

Report = dict[str, tuple[str, int, int]]
measured: dict[str, dict[str, int]] = defaultdict(dict)
"""By event, then by tree: how many of its processes survived."""


class Ground:
    """A kernel in which forests are grown, and its folder, by which all of it is found."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pid = 0
        self.manager: Any = None
        self.client: Any = None

    def open(self) -> None:
        """Start a kernel."""
        path = os.pathsep.join([str(ROOT), str(Path(__file__).parent)])
        self.manager = jupyter_client.KernelManager()
        self.manager.start_kernel(
            extra_arguments=["--HistoryManager.enabled=False"],  # its journal comes and goes
            cwd=str(self.folder),
            env={**os.environ, "PYTHONPATH": path},
            stderr=-3,
        )
        self.prepare()

    def prepare(self) -> None:
        """Make a kernel that has just been started ready for forests."""
        self.pid = self.manager.provisioner.process.pid
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=PATIENCE)
        self.run(
            "%load_ext codeexec_magics\n"
            "import os, signal\nfrom pathlib import Path\nfrom forest import *\n"
            f"python, trees_folder = {INPUTS['python']!r}, {INPUTS['trees']!r}"
        )

    def run(self, cell: str, expression: str = "None", patience: float = PATIENCE) -> Any:
        """Run a cell; the value of an expression after it."""
        return self.wait_for(self.start(cell, expression), patience)

    def start(self, cell: str, expression: str = "None") -> str:
        """Run a cell and do not wait."""
        # Else a cell that comes just after one that fails may be taken for queued, and aborted.
        name: str = self.client.execute(
            cell, user_expressions={"value": expression}, stop_on_error=False
        )
        return name

    def wait_for(self, cell: str, patience: float = PATIENCE) -> Any:
        """The value of a cell's expression."""
        reply = self.client._recv_reply(cell, timeout=patience)["content"]
        assert reply["status"] == "ok", reply
        return ast.literal_eval(reply["user_expressions"]["value"]["data"]["text/plain"])

    def grow(self, event: str, ending: str, chosen: list[Tree] = TREES, **options: Any) -> Path:
        """Grow trees until all of them stand; the folder of this forest."""
        root = self.plot(event)
        settings = {"timeout": PATIENCE, "grace": 0.2, **options}
        self.run(f"forest = Forest(Path({str(root)!r}), {ending!r}, {settings!r})")
        for storms in (False, True):
            part = [tree for tree in chosen if (tree.name in STORMS) == storms]
            names = {str(tree) for tree in part}
            self.run(f"forest.grow([one for one in trees({TIER!r}) if str(one) in {names!r}])")
            wait_until(
                lambda part=part: all((root / str(one) / READY).exists() for one in part), 20
            )
        return root

    def plot(self, event: str) -> Path:
        """A folder for one forest; another where a test is repeated."""
        return Path(tempfile.mkdtemp(prefix=f"{event}-", dir=self.folder))

    def report(self, patience: float = PATIENCE) -> Report:
        """Wait for all; how each has ended."""
        found: Report = self.run("forest.hold()", "forest.report", patience)
        return found

    def interrupt(self, root: Path, times: int = 1) -> Report:
        """Interrupt the kernel while it waits for a forest; how each tree has ended."""
        held = self.start("forest.hold()", "forest.report")
        assert wait_until((root / HELD).exists)
        for _ in range(times):
            (root / INTERRUPTED).unlink(missing_ok=True)
            self.manager.interrupt_kernel()
            assert wait_until((root / INTERRUPTED).exists)
        found: Report = self.wait_for(held)
        return found

    def again(self) -> None:
        """Have a kernel that lives."""
        if self.manager is None or not self.manager.is_alive():
            self.close()
            self.open()

    def supervisor(self) -> int:
        pid: int = self.run("", "shared_executor().client.pid")
        return pid

    def descriptors(self) -> list[str]:
        """What the kernel has open, without numbers."""
        found = []
        for link in Path(f"/proc/{self.pid}/fd").iterdir():
            try:
                found.append(re.sub(r"\d+", "N", os.readlink(link)))
            except OSError:
                continue
        return sorted(found)

    def close(self) -> None:
        if self.manager is None:
            return
        self.client.stop_channels()
        if self.manager.is_alive():
            self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()
        self.manager.context.destroy(linger=0)


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    ensure_event_loop()
    ground = Ground(tmp_path_factory.mktemp("ground"))
    yield ground
    ground.close()


@pytest.fixture
def ground(kernel: Ground) -> Ground:
    """The kernel, alive, with workers that stand by."""
    kernel.again()
    for language in LANGUAGES:
        assert answer(kernel, language) == 42
    return kernel


def answer(ground: Ground, language: str) -> Any:
    return ground.run(f"result = shared_executor().execute('6 * 7', {language!r})", "result.output")


@pytest.fixture(autouse=True)
def nothing_left(kernel: Ground) -> Iterator[None]:
    """After each event: no process of a tree, scratch directory, shared memory, or zombie."""
    memory = shared_memory()
    yield
    assert survivors(kernel.folder) == {}
    assert wait_until(lambda: not list(TEMP.glob("codeexec_magics-*/*/left")))
    assert shared_memory() == memory
    assert wait_until(lambda: not zombies(kernel.pid))


def zombies(pid: int) -> list[int]:
    return [child for child, _ in descendants(pid) if state(child) == "Z"]


def state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def comm(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def directory(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return ""


def is_zygote(pid: int) -> bool:
    if comm(pid) == REAPER:
        return False  # it has been forked from one
    try:
        return b"--zygote" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def reapers(ground: Ground) -> dict[int, list[int]]:
    """The supervisor's reapers with their children."""
    below = children(ground.supervisor())
    return {pid: children(pid) for pid in below if comm(pid) == REAPER}


def take(event: str, report: Report, outcome: str, chosen: list[Tree] = TREES) -> None:
    """Keep what was counted, and check that the event is what ended each tree."""
    assert set(report) == {str(tree) for tree in chosen}
    measured[event] = {name: max(left, alive) for name, (_, left, alive) in report.items()}
    assert {name: ended for name, (ended, _, _) in report.items() if ended != outcome} == {}
    assert {name: count for name, count in measured[event].items() if count} == {}


def stands(root: Path, chosen: list[Tree] = TREES) -> bool:
    return all((root / str(tree) / READY).exists() for tree in chosen)


@pytest.mark.parametrize(
    ("event", "ending", "outcome"),
    [("end", "value", "succeeded"), ("error", "error", "failed"), ("memory", "memory", "memory")],
)
@pytest.mark.timeout(300)
def test_a_tree_goes_on_to_its_end(ground: Ground, event: str, ending: str, outcome: str) -> None:
    before = ground.descriptors()
    # A storm leaves its own program little time to use more memory than it may.
    limits = {"memory": 170_000_000, "timeout": 2 * PATIENCE} if event == "memory" else {}

    root = ground.grow(event, ending, **limits)

    take(event, ground.report(2.5 * PATIENCE), outcome)
    assert stands(root)
    assert ground.descriptors() == before


def test_a_tree_meets_its_deadline(ground: Ground) -> None:
    before = ground.descriptors()

    ground.grow("timeout", "endless", timeout=4.0)

    take("timeout", ground.report(), "timed_out")
    assert ground.descriptors() == before


@pytest.mark.parametrize(("event", "times"), [("stop", 1), ("stop, stop", 2)])
def test_a_tree_is_interrupted(ground: Ground, event: str, times: int) -> None:
    """Only the second interrupt can end what ignores the first: the grace is longer than this."""
    before = ground.descriptors()
    root = ground.grow(event, "endless", grace=0.2 if times == 1 else 60.0)
    assert stands(root)

    take(event, ground.interrupt(root, times), "interrupted")
    assert ground.descriptors() == before


def test_an_interrupt_meets_every_stage_of_a_start(ground: Ground) -> None:
    root = ground.plot("start")
    before = ground.descriptors()

    found: dict[str, list[tuple[str, int, int]]] = ground.run(
        f"report = interrupt_at_every_stage(Path({str(root)!r}), trees({TIER!r}), "
        "{'timeout': 60.0, 'grace': 0.05})",
        "report",
    )

    worst = {name: max(ends, key=lambda end: end[1:]) for name, ends in found.items()}
    take("stop at start", worst, "interrupted")
    assert {outcome for ends in found.values() for outcome, _, _ in ends} == {"interrupted"}
    assert ground.descriptors() == before


def test_our_own_rendering_fails(ground: Ground) -> None:
    root = ground.plot("card fails")
    ground.run(
        "import codeexec_magics.magics.showing as showing\n"
        "whole = showing.mime_bundle\n"
        "def broken(*_, **__): raise RuntimeError('our own fault')\n"
        "showing.mime_bundle = broken\n"
        "trees = trees_folder"
    )
    report: Report = {}

    for tree in TREES:
        (root / str(tree)).mkdir()
        inputs = "-i python,trees" if tree.language == "javascript" else ""
        cell = f"%%transform {tree.language} {inputs}\n{tree.source(root / str(tree), 'value')}"
        reply = ground.client._recv_reply(ground.start(cell), timeout=PATIENCE)["content"]
        alive = survivors(root).get(str(tree), [])
        report[str(tree)] = (reply.get("evalue", reply["status"]), 0, len(alive))

    ground.run("showing.mime_bundle = whole\nfrom forest import trees")
    take("card fails", report, "our own fault")


def shut_down(ground: Ground) -> None:
    ground.manager.shutdown_kernel(restart=False)


def restart(ground: Ground) -> None:
    ground.manager.restart_kernel(now=False)


def restart_now(ground: Ground) -> None:
    ground.manager.restart_kernel(now=True)


def kill(ground: Ground) -> None:
    os.kill(ground.pid, signal.SIGKILL)


def exit_without_a_word(ground: Ground) -> None:
    ground.start("os._exit(3)")


@pytest.mark.parametrize(
    ("event", "end"),
    [
        ("shutdown", shut_down),
        ("restart", restart),
        ("restart!", restart_now),
        ("SIGKILL", kill),
        ("_exit", exit_without_a_word),
    ],
)
def test_the_kernel_ends(ground: Ground, event: str, end: Callable[[Ground], None]) -> None:
    root = ground.grow(event, "endless")
    assert stands(root)
    before = ground.pid

    end(ground)

    wait_until(lambda: state(before) in ("", "Z"))
    count_after_the_kernel(event, root)
    if ground.manager.is_alive():
        ground.client.stop_channels()
        ground.prepare()


def test_a_fork_of_the_kernel_lives_on(ground: Ground) -> None:
    """It has all that the kernel had open; it must not hold the lifeline."""
    root = ground.grow("fork", "endless")
    assert stands(root)
    copy = ground.run(
        "copy = os.fork()\nif copy == 0:\n    os.chdir('/')\n    signal.pause()\n    os._exit(0)",
        "copy",
    )
    try:
        # Beside storms the copy may not have run at all yet, nor closed what it must not hold.
        assert wait_until(lambda: os.readlink(f"/proc/{copy}/cwd") == "/")
        kill(ground)

        wait_until(lambda: state(ground.pid) in ("", "Z"))
        count_after_the_kernel("fork", root)
        assert state(copy) == "S"
    finally:
        os.kill(copy, signal.SIGKILL)


def count_after_the_kernel(event: str, root: Path) -> None:
    wait_until(lambda: not survivors(root), LONGEST_END)
    left = survivors(root)
    measured[event] = {str(tree): len(left.get(str(tree), [])) for tree in TREES}
    assert left == {}


def test_the_extension_is_reloaded(ground: Ground) -> None:
    root = ground.grow("reload", "endless")
    assert stands(root)

    ground.run("%reload_ext codeexec_magics")

    take("reload", ground.report(), "crashed")


def test_the_supervisor_is_killed(ground: Ground) -> None:
    root = ground.grow("supervisor", "endless")
    assert stands(root)

    os.kill(ground.supervisor(), signal.SIGKILL)

    take("supervisor", ground.report(), "crashed")
    assert answer(ground, "python") == 42  # a new one, which the kernel starts when it needs it


def test_the_supervisor_is_killed_while_no_cell_runs(ground: Ground) -> None:
    """What was asked for ahead in other languages goes with it, so that it is killed twice."""
    counts = []
    for _ in range(2):
        assert answer(ground, "python") == 42
        os.kill(ground.supervisor(), signal.SIGKILL)
        # before the next cell, zombies included
        assert wait_until(lambda: not descendants(ground.pid))
        assert answer(ground, "python") == 42
        counts.append(ground.descriptors())

    assert wait_until(lambda: ground.descriptors() == counts[0]), counts


def test_the_reapers_are_killed(ground: Ground) -> None:
    root = ground.grow("reapers", "endless")
    assert stands(root)

    for pid in reapers(ground):
        os.kill(pid, signal.SIGKILL)

    take("reapers", ground.report(), "crashed")


def test_the_zygote_is_killed_and_its_trees_live_on(ground: Ground) -> None:
    assert wait_until(lambda: any(is_zygote(pid) for pid in children(ground.supervisor())), 20)
    root = ground.grow("zygote", "endless")
    assert stands(root)

    for pid in filter(is_zygote, children(ground.supervisor())):
        os.kill(pid, signal.SIGKILL)
        assert wait_until(lambda pid=pid: state(pid) == "", 20)  # beside the storms

    assert set(survivors(root)) == {str(tree) for tree in TREES}
    take("zygote", ground.interrupt(root), "interrupted")


def test_the_workers_that_stand_by_are_killed(ground: Ground) -> None:
    root = ground.grow("standbys", "endless")
    assert stands(root)

    def idle() -> list[int]:
        workers = [pid for below in reapers(ground).values() for pid in below]
        return [pid for pid in workers if directory(pid) == str(ground.folder)]

    assert wait_until(idle, 20)
    for pid in idle():
        os.kill(pid, signal.SIGKILL)

    assert set(survivors(root)) == {str(tree) for tree in TREES}
    take("standbys", ground.interrupt(root), "interrupted")


def tables() -> str:
    """The two tables of the page, of what this run has measured."""
    parts = [table(events) + "\n" + legend(events) for events in (CELL_EVENTS, OUTER_EVENTS)]
    return "\n".join(parts).rstrip("\n")


def table(events: dict[str, str]) -> str:
    names = sorted({tree.name for tree in TREES})
    lines = [f"| program | {' | '.join(events)} |", "|---" * (len(events) + 1) + "|"]
    for name in names:
        cells = [field(event, name) for event in events]
        lines.append(f"| {name.replace('_', ' ')} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def field(event: str, name: str) -> str:
    """The survivors of a tree: Python's, JavaScript's."""
    counts = (measured[event].get(f"{language}-{name}", "?") for language in LANGUAGES)
    return " · ".join(map(str, counts))


def legend(events: dict[str, str]) -> str:
    return "; ".join(f"*{name}*: {meaning}" for name, meaning in events.items()) + ".\n"


def test_the_tables_of_the_page_are_what_was_measured() -> None:
    """What this run has not measured, or cannot in its tier, is compared in its place only."""
    ours = tables()
    if os.environ.get("CODEEXEC_MAGICS_WRITE_TABLES"):
        write(PAGE, MARK, ours)

    ours_lines, lines = ours.splitlines(), written(PAGE, MARK).splitlines()
    assert len(ours_lines) == len(lines)
    for mine, theirs in zip(ours_lines, lines, strict=True):
        assert re.fullmatch(re.escape(mine).replace(re.escape("?"), r"\d+"), theirs), theirs
