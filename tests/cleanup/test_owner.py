"""Whatever happens to the owner, nothing of its executions outlives it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import pytest
from census import TEMP, dwellers, scratch_directories, wait_until

import codeexec_magics
from codeexec_magics.supervision.containment import strongest

ROOT = Path(codeexec_magics.__file__).parents[1]
OWNER = Path(__file__).parent / "owner.py"
TIERS = [
    name
    for name in ("guarded-subreaper", "sealed", "pid-namespace", "filtered-subreaper", "subreaper")
    if strongest(name)[0].name == name
]


class Owner:
    """A process that executes, and the folder by which all of it is found."""

    def __init__(self, folder: Path, plan: tuple[object, ...], tier: str) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, str(OWNER), json.dumps(plan), tier],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def wait_for_the_program(self) -> None:
        assert wait_until((self.folder / "ready").exists, 30)
        assert len(dwellers(self.folder)) >= 2

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def line(self) -> dict[str, Any]:
        stdout: IO[str] = self.process.stdout  # type: ignore[assignment]
        told: dict[str, Any] = json.loads(stdout.readline())
        return told

    def others(self) -> set[int]:
        return dwellers(self.folder) - {self.process.pid}

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Callable[..., Owner]]:
    """Start an owner; after the test neither it nor anything of it may be there."""
    owners: list[Owner] = []

    def start(*plan: object, tier: str = "auto") -> Owner:
        owners.append(Owner(tmp_path, plan, tier))
        return owners[-1]

    yield start
    for owner in owners:
        owner.end()
    assert wait_until(lambda: not dwellers(tmp_path))


def assert_nothing_lives(owner: Owner) -> None:
    assert wait_until(lambda: not owner.others(), 2)
    assert wait_until(lambda: not scratch_directories(), 2)


@pytest.mark.parametrize("language", ["python", "javascript"])
@pytest.mark.parametrize("tier", TIERS)
def test_the_owner_is_killed(own: Callable[..., Owner], language: str, tier: str) -> None:
    owner = own("once", language, 0.5, tier=tier)
    owner.wait_for_the_program()

    owner.signal(signal.SIGKILL)
    owner.process.wait()

    assert_nothing_lives(owner)


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_one_interrupt_ends_the_program_and_all_that_it_started(
    own: Callable[..., Owner], language: str
) -> None:
    owner = own("once", language, 0.5)
    owner.wait_for_the_program()

    owner.signal(signal.SIGINT)

    told = owner.line()
    assert (told["outcome"], told["left"]) == ("interrupted", 0), told
    assert told["frames"] != []
    assert owner.others() == set()


def test_an_interrupt_is_followed_by_a_kill_after_the_grace(own: Callable[..., Owner]) -> None:
    owner = own("stubborn", 0.1)
    owner.wait_for_the_program()

    owner.signal(signal.SIGINT)

    assert owner.line()["outcome"] == "interrupted"
    assert owner.others() == set()


def test_a_second_interrupt_kills_at_once(own: Callable[..., Owner]) -> None:
    """The grace is longer than the test may take: only the second interrupt can end it."""
    owner = own("stubborn", 60)
    owner.wait_for_the_program()

    owner.signal(signal.SIGINT)
    assert wait_until((owner.folder / "interrupted").exists)
    owner.signal(signal.SIGINT)

    assert owner.line()["outcome"] == "interrupted"
    assert owner.others() == set()


@pytest.mark.parametrize("plan", ["slow_input", "slow_value"])
def test_the_owner_can_be_interrupted_while_it_reads_a_value(
    own: Callable[..., Owner], plan: str
) -> None:
    """The user's own code runs in the owner then, and may take any time."""
    owner = own(plan)
    assert wait_until((owner.folder / "ready").exists, 30)

    owner.signal(signal.SIGINT)

    told = owner.line()
    assert (told["outcome"], told["left"], told["below"][1:]) == ("interrupted", 0, []), told


@pytest.mark.parametrize("longest", [0.06, 0.3])
def test_interrupts_at_random_instants_leave_nothing(
    own: Callable[..., Owner], longest: float
) -> None:
    owner = own("random_interrupts", 30, longest)

    told = owner.line()

    assert told["healthy"] == 42
    assert told["below"] == []
    assert told["descriptors"] <= 8, told
    assert set(told["outcomes"]) <= {"interrupted", "KeyboardInterrupt"}, told
    assert told["outcomes"]["interrupted"] > 0


def test_the_owner_exits_without_a_word(own: Callable[..., Owner]) -> None:
    owner = own("hard_exit")
    owner.wait_for_the_program()

    assert owner.process.stdin is not None
    owner.process.stdin.write("\n")
    owner.process.stdin.flush()

    assert owner.process.wait() == 3
    assert_nothing_lives(owner)


@pytest.mark.parametrize("tier", TIERS)
def test_a_copy_of_the_owner_does_not_hold_the_lifeline(
    own: Callable[..., Owner], tier: str
) -> None:
    owner = own("copy", tier=tier)
    assert owner.line() == {"copied": True}
    owner.wait_for_the_program()
    copies = [pid for pid in children_named(owner.process.pid) if pid not in owner.others()]

    try:
        owner.signal(signal.SIGKILL)
        owner.process.wait()

        assert_nothing_lives(owner)
        assert [os.readlink(f"/proc/{pid}/cwd") for pid in copies] == ["/"]
    finally:
        for pid in copies:
            os.kill(pid, signal.SIGKILL)


def children_named(pid: int) -> list[int]:
    """The owner's own children that run the owner's program: its copies, not its supervisor."""
    found = []
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        if os.fsencode(OWNER) in Path(f"/proc/{child}/cmdline").read_bytes():
            found.append(int(child))
    return found


def test_scratch_of_a_killed_owner_goes(own: Callable[..., Owner]) -> None:
    before = scratch_directories()
    owner = own("once", "python", 0.5)
    owner.wait_for_the_program()
    assert scratch_directories() - before != set()

    owner.signal(signal.SIGKILL)
    owner.process.wait()

    assert wait_until(lambda: scratch_directories() == before)
    # The session's own folder goes after what stands in it: a moment later.
    assert wait_until(lambda: not empty_folders())


def empty_folders() -> list[Path]:
    """The folders of sessions with nothing in them; one may go while it is looked at."""
    return [path for path in TEMP.glob("codeexec_magics-*") if not any(path.glob("*"))]
