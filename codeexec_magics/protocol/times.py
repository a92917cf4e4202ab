"""Dates and times as JSON: the part of `scalars` that knows about time zones.

Plain functions of the standard library that run on Python 3.9, in the kernel and in the child.
``datetime`` is imported by the functions that need it.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any


def text_of(node: dict[str, Any], key: str = "v") -> str:
    """A field of a node that must be text.

    Raises:
        LookupError, TypeError: It is missing, or something else.
    """
    text = node[key]
    if type(text) is not str:
        raise TypeError(f"{key} is {type(text).__name__}, not text")
    return text


def _zone(value: Any) -> dict[str, Any] | None:
    """What tells the time zone beyond the offset; None if nothing of ours can."""
    zone = value.tzinfo
    datetime = sys.modules["datetime"]
    if zone is None:
        return {}
    if type(zone) is datetime.timezone:
        # A name of its own is part of a fixed zone, and the offset does not tell it; and an offset
        # of less than a second is written by ``isoformat`` and read back as UTC.
        offset = zone.utcoffset(None)
        told = repr(zone) == repr(datetime.timezone(offset)) and not offset.microseconds
        return {} if told else None
    zoneinfo = sys.modules.get("zoneinfo")
    if zoneinfo is not None and type(zone) is zoneinfo.ZoneInfo and zone.key:
        return {"zone": zone.key}
    return None


def write_datetime(value: Any) -> dict[str, Any] | None:
    """The keys of a datetime; None if its zone is not told by offset or key."""
    zone = _zone(value)
    if zone is None:
        return None
    return {"v": value.isoformat(), **zone, **({"fold": 1} if value.fold else {})}


def read_datetime(node: dict[str, Any]) -> Any:
    """The datetime of a node."""
    text = text_of(node)
    # Python 3.9 does not know the Z that JavaScript writes.
    text = text[:-1] + "+00:00" if text.endswith("Z") else text
    value = import_module("datetime").datetime.fromisoformat(text)
    fold = 1 if node.get("fold") == 1 else 0
    if "as" in node:
        return value.astimezone(zone_of(node["as"]))
    if "zone" not in node:
        return value.replace(fold=fold)
    zone = import_module("zoneinfo").ZoneInfo(text_of(node, "zone"))
    placed = value.replace(tzinfo=zone, fold=fold)
    if value.tzinfo is not None and placed.utcoffset() != value.utcoffset():
        raise ValueError(f"this machine's time zone data disagree with the sender's about {zone}")
    return placed


def zone_of(node: Any) -> Any:
    """The time zone that is told by ``zone``, its key, or ``offset``, its seconds.

    Raises:
        Exception: There is none.
    """
    if type(node) is not dict:
        raise TypeError("a zone is told by its key or offset")
    if "zone" in node:
        return import_module("zoneinfo").ZoneInfo(text_of(node, "zone"))
    datetime = import_module("datetime")
    return datetime.timezone(datetime.timedelta(seconds=node["offset"]))


def read_date(node: dict[str, Any]) -> Any:
    """The date of a node."""
    return import_module("datetime").date.fromisoformat(text_of(node))


def write_time(value: Any) -> dict[str, Any] | None:
    """The keys of a time of day; None if its zone is not told by an offset."""
    zone = _zone(value)
    if zone is None or "zone" in zone:
        return None
    return {"v": value.isoformat(), **({"fold": 1} if value.fold else {})}


def read_time(node: dict[str, Any]) -> Any:
    """The time of day of a node."""
    value = import_module("datetime").time.fromisoformat(text_of(node))
    return value.replace(fold=1 if node.get("fold") == 1 else 0)


def write_timedelta(value: Any) -> dict[str, Any]:
    """The keys of a timedelta."""
    return {"v": [value.days, value.seconds, value.microseconds]}


def read_timedelta(node: dict[str, Any]) -> Any:
    """The timedelta of a node."""
    days, seconds, microseconds = node["v"]
    return import_module("datetime").timedelta(days, seconds, microseconds)
