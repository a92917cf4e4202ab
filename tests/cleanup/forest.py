"""Hostile trees of processes, many at once: grown, held, interrupted, and counted.

Lives in a Jupyter kernel that a test drives. A tree is a program of ``trees/LANGUAGE``: it builds
something hostile in a folder of its own, by which each of its processes can be found, says so by a
file, and then goes on by an ending. Programs in JavaScript have two inputs: ``python``, an
interpreter for what Node has no system call for, and ``trees``, the folder of all of them.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from codeexec_magics import CodeExecutor
from codeexec_magics.engine.execution import Execution
from codeexec_magics.engine.observer import Observer
from codeexec_magics.engine.transform import shared_executor
from codeexec_magics.leases.client import SupervisorClient
from codeexec_magics.leases.lease import Lease
from codeexec_magics.leases.request import Request
from codeexec_magics.values.options import ExecutionOptions, Program
from codeexec_magics.values.results import ExecutionResult

TREES = Path(__file__).parent / "trees"
LANGUAGES = {"python": ".py", "javascript": ".js"}
INPUTS = {"python": sys.executable, "trees": str(TREES)}
STORMS = frozenset({"fork_storm"})
"""Trees that take all of the processors: they are grown when the others stand."""
READY, HELD, INTERRUPTED = "ready", "held", "interrupted"
"""Files that say: the tree stands, the forest is waited for, it was interrupted."""

_BEGINNINGS = {
    "python": "import os; os.chdir({folder!r}); open(os.environ['TMPDIR'] + '/left', 'w').close()",
    "javascript": "process.chdir({folder!r}); "
    "require('fs').writeFileSync(process.env.TMPDIR + '/left', '');",
}
# A storm leaves its own program a hundredth of the processors: few steps lead to much memory.
_ENDINGS = {
    "python": {
        "value": "42",
        "error": "raise ValueError('the end')",
        "endless": "import time\nwhile True:\n    time.sleep(60)",
        "memory": "import time\nheld = []\nwhile True:\n    time.sleep(0.01)\n"
        "    held += [b'x' * 25_000_000] if len(held) < 20 else []",
    },
    "javascript": {
        "value": "42",
        "error": "throw new Error('the end');",
        "endless": "await new Promise(() => setInterval(() => {}, 60000));",
        "memory": "const held = [];\nfor (;;) {\n"
        "  await new Promise((resolve) => setTimeout(resolve, 10));\n"
        "  if (held.length < 20) held.push(Buffer.alloc(25e6, 1));\n}",
    },
}
_READY = {
    "python": f"open('{READY}', 'w').close()",
    "javascript": f"require('fs').writeFileSync('{READY}', '');",
}


@dataclass(frozen=True, slots=True)
class Tree:
    """One hostile program, without its ending."""

    name: str
    language: str
    body: str
    tiers: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return f"{self.language}-{self.name}"

    def source(self, folder: Path, ending: str) -> str:
        """The program that builds the tree in a folder and then goes on by an ending."""
        beginning = _BEGINNINGS[self.language].format(folder=str(folder))
        return "\n".join(
            [beginning, self.body, _READY[self.language], _ENDINGS[self.language][ending]]
        )


def trees(tier: str) -> list[Tree]:
    """All trees that harm nobody outside in this tier, those in need of all processors last."""
    found = []
    for language, suffix in LANGUAGES.items():
        for path in sorted((TREES / language).glob(f"*{suffix}")):
            body = path.read_text()
            first = body.partition("\n")[0]
            named = first.partition(" tiers: ")[2].split()
            found.append(Tree(path.stem, language, body, frozenset(named)))
    safe = [tree for tree in found if not tree.tiers or tier in tree.tiers]
    return sorted(safe, key=lambda tree: tree.name in STORMS)


def survivors(root: Path) -> dict[str, list[int]]:
    """Processes by the folder below ``root`` that is, or was, their current directory."""
    found: dict[str, list[int]] = {}
    prefix = f"{root}/"
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            place = os.readlink(f"/proc/{name}/cwd")
        except OSError:
            continue
        if place.startswith(prefix):
            folder = place[len(prefix) :].partition("/")[0].removesuffix(" (deleted)")
            found.setdefault(folder, []).append(int(name))
    return found


@dataclass
class Forest:
    """Trees that are executed at once, each by a thread of this process.

    Attributes:
        root: Where each tree has its folder.
        ending: How the programs go on: ``value, error, endless, memory``.
        options: Of `ExecutionOptions`, for all of them.
        report: By tree: its outcome, what was left by its receipt, and what of it was alive when
            its result was there.
    """

    root: Path
    ending: str
    options: Mapping[str, Any]
    report: dict[str, tuple[str, int, int]] = field(default_factory=dict)
    executions: list[Execution] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)

    def grow(self, chosen: list[Tree]) -> None:
        """Start trees; returns at once. They end with this process at the latest."""
        executor = shared_executor()
        executor.client.welcome()
        for tree in chosen:
            (self.root / str(tree)).mkdir()
            thread = threading.Thread(target=self._execute, args=(executor, tree), daemon=True)
            self.threads.append(thread)
            thread.start()

    def hold(self) -> None:
        """Wait until all have ended; an interrupt of this process is one of each of them."""
        previous = signal.signal(signal.SIGINT, lambda *_: self.interrupt())
        try:
            (self.root / HELD).touch()
            for thread in self.threads:
                thread.join()
        finally:
            signal.signal(signal.SIGINT, previous)

    def interrupt(self) -> None:
        """Interrupt each; the second time, kill it."""
        for execution in list(self.executions):
            execution.interrupt()
        (self.root / INTERRUPTED).touch()

    def _execute(self, executor: CodeExecutor, tree: Tree) -> None:
        folder = self.root / str(tree)
        program = Program(tree.source(folder, self.ending), tree.language)
        options = ExecutionOptions(**self.options)
        inputs = INPUTS if tree.language == "javascript" else {}
        observer = Observer(started=self.executions.append)
        result = executor.run(program, options, inputs, observer)
        self.report[str(tree)] = _summary(result, folder)


def _summary(result: ExecutionResult, folder: Path) -> tuple[str, int, int]:
    alive = survivors(folder.parent).get(folder.name, [])
    return result.outcome.value, result.receipt.left, len(alive)


def _interrupt_this_process() -> None:
    signal.raise_signal(signal.SIGINT)


@contextmanager
def _before(owner: Any, name: str) -> Iterator[None]:
    """Interrupt this process just before a step of the start."""
    step = getattr(owner, name)

    def interrupted(*arguments: Any, **named: Any) -> Any:
        _interrupt_this_process()
        return step(*arguments, **named)

    with mock.patch.object(owner, name, interrupted):
        yield


@contextmanager
def _after(owner: Any, name: str) -> Iterator[None]:
    """Interrupt this process just after a step of the start."""
    step = getattr(owner, name)

    def interrupted(*arguments: Any, **named: Any) -> Any:
        done = step(*arguments, **named)
        _interrupt_this_process()
        return done

    with mock.patch.object(owner, name, interrupted):
        yield


@contextmanager
def _in(seconds: float) -> Iterator[None]:
    """Interrupt this process at some instant of the start."""
    timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    try:
        yield
    finally:
        timer.join()


STAGES: Mapping[str, Callable[[], Any]] = {
    "before the lease": lambda: _before(SupervisorClient, "lease"),
    "asked for": lambda: _before(Request, "lease"),
    "leased": lambda: _after(SupervisorClient, "lease"),
    "begun": lambda: _after(Lease, "arm"),
    "after 10 ms": lambda: _in(0.01),
    "after 40 ms": lambda: _in(0.04),
}
"""Where an interrupt may meet the start of a run."""


def interrupt_at_every_stage(
    root: Path, chosen: list[Tree], options: Mapping[str, Any]
) -> dict[str, list[tuple[str, int, int]]]:
    """By tree: how it ended when an interrupt met each stage of its start."""
    executor = shared_executor()
    report: dict[str, list[tuple[str, int, int]]] = {}
    for tree in chosen:
        folder = root / str(tree)
        folder.mkdir()
        program = Program(tree.source(folder, "endless"), tree.language)
        inputs = INPUTS if tree.language == "javascript" else {}
        wanted = ExecutionOptions(**options)
        report[str(tree)] = [
            _interrupted_at(stage, executor, program, wanted, inputs, folder) for stage in STAGES
        ]
    return report


def _interrupted_at(
    stage: str,
    executor: CodeExecutor,
    program: Program,
    options: ExecutionOptions,
    inputs: Mapping[str, Any],
    folder: Path,
) -> tuple[str, int, int]:
    try:
        with STAGES[stage]():
            result = executor.run(program, options, inputs)
    except KeyboardInterrupt:  # it came when no run was under way
        return "interrupted", 0, len(survivors(folder.parent).get(folder.name, []))
    return _summary(result, folder)
