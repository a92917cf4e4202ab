"""An interrupt may meet the shield itself: while it is raised, and while it is taken away."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

from codeexec_magics.leases import shield
from codeexec_magics.leases.shield import Shield


def interrupted_after(step: Callable[..., Any]) -> Callable[..., Any]:
    def interrupted(*arguments: Any) -> Any:
        done = step(*arguments)
        signal.raise_signal(signal.SIGINT)
        return done

    return interrupted


@pytest.mark.parametrize("step", ["pipe", "close"])
def test_an_interrupt_while_the_shield_is_raised_or_taken_away_leaves_no_descriptor(
    monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    before = sorted(os.listdir("/proc/self/fd"))
    own = Shield()

    with monkeypatch.context() as patched:
        patched.setattr(shield.os, step, interrupted_after(getattr(os, step)))
        with own:
            counted = own.take()

    assert sorted(os.listdir("/proc/self/fd")) == before
    assert own.count == {"pipe": 1, "close": 2}[step]
    assert counted == {"pipe": 1, "close": 0}[step]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_shield_that_cannot_be_raised_gives_the_handler_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused() -> None:
        raise OSError("too many open files")

    with monkeypatch.context() as patched:
        patched.setattr(shield.os, "pipe", refused)
        with pytest.raises(OSError, match="too many"), Shield():
            raise AssertionError("it must not be entered")

    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
