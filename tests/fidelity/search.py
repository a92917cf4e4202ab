"""Search for a value or frame that does not come back: the long run of `test_fidelity`, by hand.

Usage: ``python tests/fidelity/search.py --seconds 600 --seed 1``
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from typing import Any

from frames import arrow_tables, pandas_frames, polars_frames
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from properties import Trips
from values import rows, values

from codeexec_magics import CodeExecutor

FRAMES = {"pandas": pandas_frames(), "polars": polars_frames(), "arrow": arrow_tables()}
EXAMPLES = 150


def properties(trips: Trips) -> dict[str, tuple[Any, Any]]:
    """Name → a strategy, and what must hold of what it draws."""
    found: dict[str, tuple[Any, Any]] = {}
    for name, strategy in FRAMES.items():
        found[f"{name} through JavaScript"] = (strategy, trips.frame_through_javascript)
        found[f"no rows of {name}"] = (strategy, trips.empty_through_javascript)
        found[f"{name} from a sandbox"] = (strategy, trips.through_a_sandbox)
    found["values through JavaScript"] = (
        st.lists(values, max_size=5),
        trips.value_through_javascript,
    )
    found["values from a sandbox"] = (values, trips.through_a_sandbox)
    for form in ("pandas", "polars", "arrow"):
        found[f"rows to {form}"] = (rows(), _conversion(trips, form))
    return found


def _conversion(trips: Trips, form: str) -> Any:
    """A property of one argument: `given` takes none that has defaults."""
    return lambda drawn: trips.converted(drawn, form)


def main() -> int:
    """Search until the time is over; returns how many properties failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    until, turn = time.monotonic() + arguments.seconds, 0
    failed: set[str] = set()
    with CodeExecutor(default_timeout=60) as executor:
        trips = Trips(executor)
        while time.monotonic() < until:
            turn += 1
            for name, (strategy, holds) in properties(trips).items():
                if name in failed or time.monotonic() > until:
                    continue
                chosen = settings(
                    max_examples=EXAMPLES,
                    deadline=None,
                    database=None,
                    phases=(Phase.generate, Phase.shrink),
                    suppress_health_check=list(HealthCheck),
                    report_multiple_bugs=False,
                )
                check = seed(arguments.seed * 1_000_000 + turn)(chosen(given(strategy)(holds)))
                try:
                    check()
                except Exception:
                    failed.add(name)
                    sys.stdout.write(f"--- {name}\n{traceback.format_exc()[-3000:]}\n")
                    sys.stdout.flush()
        sys.stdout.write(
            f"seed {arguments.seed}: {turn} turns, {trips.done} came back, "
            f"{trips.refused} refused by path, {len(failed)} properties failed\n"
        )
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
