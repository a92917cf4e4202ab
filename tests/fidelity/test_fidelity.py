"""The table of `docs/values.md`, row by row, on generated values: equal, or refused by path.

This part is bounded. The long one: ``python tests/fidelity/search.py --seconds 600 --seed 1``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from frames import arrow_tables, pandas_frames, polars_frames
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from properties import Trips
from values import rows, values

from codeexec_magics import CodeExecutor

FRAMES = {"pandas": pandas_frames(), "polars": polars_frames(), "arrow": arrow_tables()}


def bounded(examples: int) -> Callable[[Any], Any]:
    """So many examples, the same in each run."""
    chosen = settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    return lambda test: seed(20261201)(chosen(test))


@pytest.fixture
def trips(executor: CodeExecutor) -> Trips:
    return Trips(executor)


@pytest.mark.parametrize("library", FRAMES)
def test_frames_through_javascript(trips: Trips, library: str) -> None:
    @bounded(40)
    @given(FRAMES[library])
    def check(frame: Any) -> None:
        trips.frame_through_javascript(frame)

    check()
    assert trips.done > trips.refused


@pytest.mark.parametrize("library", FRAMES)
def test_no_rows_through_javascript(trips: Trips, library: str) -> None:
    @bounded(15)
    @given(FRAMES[library])
    def check(frame: Any) -> None:
        trips.empty_through_javascript(frame)

    check()


def test_values_through_javascript(trips: Trips) -> None:
    @bounded(60)
    @given(st.lists(values, max_size=5))
    def check(drawn: list[Any]) -> None:
        trips.value_through_javascript(drawn)

    check()


@pytest.mark.parametrize("strategy", [*FRAMES.values(), values], ids=[*FRAMES, "values"])
def test_a_sandbox(trips: Trips, strategy: Any) -> None:
    @bounded(100)
    @given(strategy)
    def check(drawn: Any) -> None:
        trips.through_a_sandbox(drawn)

    check()


@pytest.mark.parametrize("form", ["pandas", "polars", "arrow"])
def test_rows_become_tables(trips: Trips, form: str) -> None:
    @bounded(150)
    @given(rows())
    def check(drawn: list[dict[str, Any]]) -> None:
        trips.converted(drawn, form)

    check()
