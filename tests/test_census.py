"""What counts what is left after a test, and what it leaves out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from census import TEMP, Census, Starts, shared_memory


def test_what_is_started_is_noticed_and_nothing_else_is() -> None:
    starts = Starts()
    Path("/proc/self/status").read_text()
    os.close(os.open("/proc/self", os.O_RDONLY))
    starts.looked()
    noticed = starts._count

    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert starts.any()
        starts.looked()
        assert starts.any()  # it lives
        starts.resting.add(child.pid)

    assert starts._count > noticed


def test_what_is_new_is_told_by_its_kind() -> None:
    before = Census(frozenset({1}), frozenset({1}))

    assert Census(frozenset({1}), frozenset()).new_since(before) == {}
    assert Census(frozenset({1, 2}), frozenset({1, 3}), memory=frozenset({"x"})).new_since(
        before
    ) == {"processes": {2}, "marked processes": {3}, "shared memory": {"x"}}


def test_a_process_below_this_one_is_counted() -> None:
    before = Census.now()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert child.pid in Census.now().new_since(before)["processes"]


def test_only_our_own_names_are_counted() -> None:
    foreign = Path(f"/dev/shm/of-somebody-else-{os.getpid()}")
    ours = Path(f"/dev/shm/{TEMP.name}")
    for path in (foreign, ours):
        path.touch()
    try:
        assert str(ours) in shared_memory()
        assert str(foreign) not in shared_memory()
    finally:
        foreign.unlink()
        ours.unlink()
