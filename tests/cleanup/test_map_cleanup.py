"""However a map ends, nothing of its workers, or of what their items started, is left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from census import TEMP, below, dwellers, wait_until

import codeexec_magics
from codeexec_magics import CodeExecutor, MapPlan, Outcome
from codeexec_magics.values.options import ExecutionOptions, Program

ROOT = Path(codeexec_magics.__file__).parents[1]
OWNER = Path(__file__).parent / "map_owner.py"
DAEMONS = """
import os, signal, time
def transform(x):
    if os.fork() == 0:
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if os.fork() == 0:
            os.closerange(0, 3)
        while True:
            time.sleep(600)
    return x
"""
HANGS_WITH_A_DAEMON = (
    DAEMONS
    + """
inner = transform
def transform(x):
    inner(x)
    while x == 3:
        time.sleep(600)
    return x
"""
)
CRASHES_WITH_A_DAEMON = HANGS_WITH_A_DAEMON.replace(
    "time.sleep(600)\n    return", "os._exit(1)\n    return"
)
OPTIONS = ExecutionOptions(timeout=30, standbys=0)


class Owner:
    """A process that maps, and the folder by which all of it is found."""

    def __init__(self, folder: Path, plan: tuple[object, ...]) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, str(OWNER), json.dumps(plan)],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def wait_until_ready(self) -> None:
        assert wait_until((self.folder / "ready").exists, 30)

    def line(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        told: dict[str, Any] = json.loads(self.process.stdout.readline())
        return told

    def others(self) -> set[int]:
        return dwellers(self.folder) - {self.process.pid}


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Callable[..., Owner]]:
    """Start an owner; after the test neither it nor anything of it may be there."""
    owners: list[Owner] = []

    def start(*plan: object) -> Owner:
        owners.append(Owner(tmp_path, plan))
        return owners[-1]

    yield start
    for owner in owners:
        owner.process.kill()
        owner.process.communicate()
    assert wait_until(lambda: not dwellers(tmp_path))


def test_what_items_started_ends_with_the_map(executor: CodeExecutor) -> None:
    before = below(os.getpid())

    result = executor.map(Program(DAEMONS), OPTIONS, range(8), plan=MapPlan(workers=2))

    assert result.output == [*range(8)]
    # The last ones may not have come to their second fork.
    assert 2 + 8 <= result.receipt.reaped <= 2 + 2 * 8
    # The reaper, which has told that nothing is left, may still be on its own way out.
    assert wait_until(lambda: below(os.getpid()) == before)


def test_what_an_item_started_ends_with_the_item_that_hangs(executor: CodeExecutor) -> None:
    before = below(os.getpid())
    options = ExecutionOptions(timeout=1, standbys=0)
    plan = MapPlan(workers=2, on_error="collect")

    result = executor.map(Program(HANGS_WITH_A_DAEMON), options, range(8), plan=plan)

    assert result.output[3].outcome is Outcome.TIMED_OUT
    assert result.receipt.left == 0
    # The reaper, which has told that nothing is left, may still be on its own way out.
    assert wait_until(lambda: below(os.getpid()) == before)


def test_what_an_item_started_ends_with_the_item_that_crashes(executor: CodeExecutor) -> None:
    before = below(os.getpid())
    plan = MapPlan(workers=2, on_error="collect")

    result = executor.map(Program(CRASHES_WITH_A_DAEMON), OPTIONS, range(8), plan=plan)

    assert result.output[3].outcome is Outcome.CRASHED
    # The reaper, which has told that nothing is left, may still be on its own way out.
    assert wait_until(lambda: below(os.getpid()) == before)


def test_a_failure_of_the_iterable_leaves_nothing(executor: CodeExecutor) -> None:
    before = below(os.getpid())

    def broken() -> Iterator[int]:
        yield from range(5)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        executor.map(Program(DAEMONS), OPTIONS, broken())
    # The reaper, which has told that nothing is left, may still be on its own way out.
    assert wait_until(lambda: below(os.getpid()) == before)


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_an_interrupt_ends_the_map_and_all_that_it_started(
    own: Callable[..., Owner], language: str
) -> None:
    owner = own("trees", language)
    owner.wait_until_ready()
    assert len(owner.others()) >= 3

    owner.process.send_signal(signal.SIGINT)

    told = owner.line()
    assert (told["outcome"], told["left"]) == ("interrupted", 0), told
    assert owner.others() == set()


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_the_owner_of_a_map_is_killed(own: Callable[..., Owner], language: str) -> None:
    owner = own("trees", language)
    owner.wait_until_ready()

    owner.process.kill()
    owner.process.wait()

    assert wait_until(lambda: not owner.others(), 2)
    assert wait_until(lambda: not list(TEMP.glob("codeexec_magics-*/*")), 2)


def test_an_interrupt_reaches_the_iterable(own: Callable[..., Owner]) -> None:
    owner = own("slow_items")
    owner.wait_until_ready()

    owner.process.send_signal(signal.SIGINT)

    told = owner.line()
    assert (told["outcome"], told["left"], told["below"][1:]) == ("interrupted", 0, []), told


@pytest.mark.parametrize("longest", [0.06, 0.3])
def test_interrupts_at_random_instants_of_a_map_leave_nothing(
    own: Callable[..., Owner], longest: float
) -> None:
    owner = own("random_interrupts", 20, longest)

    told = owner.line()

    assert told["healthy"] == [0, 0, 0]
    assert told["below"] == []
    assert told["descriptors"] <= 8, told
    assert set(told["outcomes"]) <= {"interrupted", "KeyboardInterrupt"}, told
    assert told["outcomes"]["interrupted"] > 0
