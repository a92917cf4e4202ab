"""What a card has of a value that no name wanted: it stays in its process.

Plain frozen values of the standard library; any process may import this module.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from codeexec_magics.protocol import clean

_LONGEST_TYPE, _LONGEST_TEXT = 100, 10_000


@dataclass(frozen=True, slots=True)
class Shown:
    """A value that was shown where it is.

    Attributes:
        type: The name of its type.
        text: Its text; empty where the program's displays show it.
    """

    type: str
    text: str = ""

    @classmethod
    def of(cls, descriptor: object) -> Self | None:
        """The value that a runner has shown; None for one that has travelled.

        Args:
            descriptor: A value of PROTOCOL.md, as it arrived.
        """
        node = descriptor.get("inline") if isinstance(descriptor, Mapping) else None
        if not isinstance(node, Mapping) or node.get("$") != "shown":
            return None
        kind, text = node.get("type"), node.get("text")
        return cls(
            clean.text(kind)[:_LONGEST_TYPE] if isinstance(kind, str) else "value",
            clean.text(text)[:_LONGEST_TEXT] if isinstance(text, str) else "",
        )
