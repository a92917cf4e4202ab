"""Which tier holds a run, after what the run asks for; each question is tried once.

Runs in the supervisor. Owns what was found out about this machine.
"""

from __future__ import annotations

from . import containment, isolation
from .containment import (
    Containment,
    FilteredSubreaper,
    GuardedSubreaper,
    PidNamespace,
    SealedSubreaper,
)
from .recipe import Isolation

_CLOSED = (GuardedSubreaper, PidNamespace, FilteredSubreaper, SealedSubreaper)
"""The tiers out of which a program can signal nobody."""


class Choice:
    """Chooses for each run.

    Args:
        usual: The tier that holds what asks for nothing in particular.
    """

    def __init__(self, usual: type[Containment]) -> None:
        self._usual = usual
        self._reasons: dict[object, str | None] = {}

    def tier(self, wanted: Isolation) -> type[Containment]:
        """The tier for a run.

        Raises:
            OSError: This machine cannot give what the run asks for; the text has the reason.
        """
        if wanted.restricts:
            what = "sandbox a program" if wanted.sandbox else "cut a program off from the network"
            self._demand(what, self._why_not_restricted(wanted))
        if wanted.seal:
            needs = "; it takes root or user namespaces, and Landlock as of Linux 6.12"
            self._demand("seal a run", self._why_not(SealedSubreaper), needs)
            return SealedSubreaper
        if not wanted.sandbox or self._usual in _CLOSED:
            return self._usual
        for tier in _CLOSED[:-1]:
            if self._why_not(tier) is None:
                return tier
        self._demand("keep signals inside of a run", self._why_not(GuardedSubreaper))
        return self._usual

    def _demand(self, what: str, reason: str | None, needs: str = "") -> None:
        if reason is not None:
            raise OSError(0, f"this machine cannot {what}: {reason}{needs}")

    def _why_not(self, tier: type[Containment]) -> str | None:
        if tier not in self._reasons:
            self._reasons[tier] = containment.why_not(tier)
        return self._reasons[tier]

    def _why_not_restricted(self, wanted: Isolation) -> str | None:
        key = (wanted.network, wanted.sandbox, *wanted.protected)
        if key not in self._reasons:
            self._reasons[key] = isolation.why_not(wanted)
        return self._reasons[key]
