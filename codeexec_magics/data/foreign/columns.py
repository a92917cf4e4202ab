"""The nodes of one column of a frame, whatever library the frame is of.

Used in the kernel. The modules ``columns_of_…`` bring a column into one of these few forms.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from .. import as_array

if TYPE_CHECKING:
    from ..writer import Writer

NULL = object()
"""What a writer returns for a missing value, since its None means that it knows no node."""

MISSING_INSTANT = -(2**63)
"""What stands for a missing instant or duration among 64-bit integers, in every library."""


def numbers(encoder: Writer, values: Any, missing: Any) -> dict[str, Any]:
    """Numbers or booleans, with a mask of those that are missing, or None."""
    if values.dtype.str[1:] == "f2":
        values = values.astype("<f4")  # exact, and every language has it
    node = as_array.foreign_node(encoder, values)
    if missing is None or not missing.any():
        return node
    return {"$": "column", "v": node, "valid": encoder.buffer((~missing).view("u1"))}


def instants(encoder: Writer, values: Any) -> dict[str, Any]:
    """Instants as ``M8``, those without a zone as they are, the others in UTC."""
    return as_array.foreign_node(encoder, values)


def durations(encoder: Writer, values: Any) -> Any:
    """Durations from an ``m8`` array; they must be whole microseconds."""
    numpy = sys.modules["numpy"]
    microseconds = values.astype("m8[us]")
    exact = (microseconds.astype(values.dtype) == values) | numpy.isnat(values)
    if not exact.all():
        index = int(numpy.argmin(exact))
        encoder.path.parts.append(("[{}]", index))
        encoder.refuse(
            values[index],
            "has a fraction of a microsecond, which no duration of the protocol holds",
            'round it, for example with .dt.floor("us")',
        )
    return {"$": "column", "v": encoder.node(microseconds.astype(object).tolist())}


def items(encoder: Writer, values: list[Any]) -> dict[str, Any]:
    """Anything else, item by item; None is missing."""
    return {"$": "column", "v": encoder.node(values)}
