"""When to give up killing: only what stays stuck is given up before the time is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import cycle

import pytest

from codeexec_magics.supervision import kill_deadline as module
from codeexec_magics.supervision.kill_deadline import KillDeadline

Rounds = Callable[[KillDeadline, Iterator[bool]], float]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def rounds(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> Rounds:
    """Seconds until a deadline that looks every 20 ms is given up."""

    def count(deadline: KillDeadline, looks: Iterator[bool]) -> float:
        began = clock[0]
        monkeypatch.setattr(module.processes, "is_stuck", lambda _: next(looks))
        while not deadline.is_over(lambda: [1]):
            clock[0] += 0.02
        return clock[0] - began

    return count


def test_what_stays_stuck_is_given_up(rounds: Rounds) -> None:
    seconds = rounds(KillDeadline(soon=5.0, longest=30.0), cycle([True]))

    assert 7 <= seconds < 7.1


def test_a_look_at_an_uninterruptible_moment_is_no_reason(rounds: Rounds) -> None:
    """A shell that waits for its child's exec is in one at nearly every look."""
    mostly = cycle([*[True] * 90, False])

    assert rounds(KillDeadline(soon=5.0, longest=30.0), mostly) >= 30


def test_nothing_is_looked_for_while_ends_are_quick(clock: list[float]) -> None:
    deadline = KillDeadline(soon=5.0, longest=30.0)
    clock[0] += 4.9

    assert not deadline.is_over(lambda: pytest.fail("looked too early"))
