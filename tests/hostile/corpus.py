"""Read the hostile programs: each says in its first lines how it must end.

::

    # expect: OUTCOME[, DETAIL]           the outcome in every tier, but those named next
    # expect[subreaper]: OUTCOME[, …]     the outcome in one tier
    # timeout: SECONDS                    instead of the default
    # tiers: NAME NAME                    the tiers in which it may be run at all
    # environment: NAME=VALUE             a variable

DETAIL is, of a success, the value (as Python writes it; ``bytes of N`` for long ones), and
otherwise a part of the result's ``error``. Trees of processes that are built and left behind a good
end are those of ``tests/cleanup/trees``.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ENDLESS = 0.4
"""Seconds that a program gets which only its limit ends."""
PATIENCE = 30.0
"""Seconds that any other gets: it must not be the machine's load that decides."""
LONG = 1000

_PROGRAMS = Path(__file__).parent / "programs"
_TREES = Path(__file__).parents[1] / "cleanup" / "trees"
LEFT_BEHIND = (
    "chain_of_40",
    "changes_its_user",
    "daemon",
    "holds_the_streams",
    "nohup_and_disown",
    "own_namespaces",
    "own_subreaper",
    "stopped_child",
    "traced_child",
)
"""Trees that a program builds before it gives its value."""
_HEADER = re.compile(r"(?:#|//) (\w+)(?:\[([\w-]+)\])?: (.*)")


@dataclass(frozen=True, slots=True)
class Expectation:
    """How a program must end."""

    outcome: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Hostile:
    """One program of the corpus."""

    path: Path
    language: str
    source: str
    expectations: dict[str, Expectation]
    timeout: float
    tiers: frozenset[str] = field(default_factory=frozenset)
    environment: dict[str, str] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.language}-{self.path.stem}"

    def expected(self, tier: str) -> Expectation:
        """How the program must end in a tier."""
        return self.expectations.get(tier) or self.expectations[""]

    def may_run_in(self, tier: str) -> bool:
        """Whether nobody outside of the run is harmed in this tier."""
        return not self.tiers or tier in self.tiers


def programs() -> list[Hostile]:
    """The whole corpus."""
    own = [path for path in sorted(_PROGRAMS.glob("*/*")) if path.suffix in (".py", ".js")]
    trees = [path for path in sorted(_TREES.glob("*/*")) if path.stem in LEFT_BEHIND]
    return [*map(_read, own), *map(_behind_a_value, trees)]


def summary(value: Any) -> str:
    """A value as DETAIL writes it."""
    if isinstance(value, bytes | str) and len(value) > LONG:
        return f"{type(value).__name__} of {len(value)}"
    return repr(value)


def _read(path: Path) -> Hostile:
    source = path.read_text()
    expectations: dict[str, Expectation] = {}
    settings: dict[str, str] = {}
    for line in source.splitlines():
        header = _HEADER.fullmatch(line)
        if header is None:
            break
        name, tier, text = header.groups()
        if name == "expect":
            outcome, _, detail = text.partition(", ")
            expectations[tier or ""] = Expectation(outcome, detail)
        else:
            settings[name] = text
    endless = expectations[""].outcome == "timed_out"
    return Hostile(
        path=path,
        language=path.parent.name,
        source=source,
        expectations=expectations,
        timeout=float(settings.get("timeout", ENDLESS if endless else PATIENCE)),
        tiers=frozenset(settings.get("tiers", "").split()),
        environment=dict(word.split("=", 1) for word in settings.get("environment", "").split()),
    )


def _behind_a_value(path: Path) -> Hostile:
    return Hostile(
        path=path,
        language=path.parent.name,
        source=f"{path.read_text()}\n42",
        expectations={"": Expectation("succeeded", "42")},
        timeout=PATIENCE,
        inputs={"python": sys.executable, "trees": str(_TREES)},
    )
