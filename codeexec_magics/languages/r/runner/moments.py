"""Instants, days and durations as R counts them: in floats, with a class and a zone.

Runs in the bridge's process. A datetime without a zone is in R in the zone ``Etc/GMT``, which is
UTC by a name that nobody uses, so that it is told from one that is in UTC.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from .serialization import Attributes, texts

NAIVE = "Etc/GMT"
"""The zone of what has none."""

Marks = Sequence[tuple[str, list[str]]]
"""Attributes of a vector: names, and their texts."""

DATE: Marks = [("class", ["Date"])]
DIFFTIME: Marks = [("class", ["difftime"]), ("units", ["secs"])]

_EPOCH = datetime.datetime(1970, 1, 1)
_MICROSECOND = datetime.timedelta(microseconds=1)
_UTC = ("UTC", "Etc/UTC", "Etc/GMT", "GMT", "Z")


def posixct(zone: str) -> Marks:
    """The marks of instants in a zone."""
    return [("class", ["POSIXct", "POSIXt"]), ("tzone", [zone])]


def attributes(marks: Marks, as_is: bool = False) -> Attributes:
    """Marks as attributes.

    Args:
        marks: The marks.
        as_is: Whether the vector is a list of one item, which its class says.
    """
    return written(
        [(name, ["AsIs", *of] if as_is and name == "class" else of) for name, of in marks]
    )


def written(marks: Marks) -> list[Any]:
    """The same, for a vector that is written."""
    return [(name, texts(of)) for name, of in marks]


def zone_name(value: datetime.datetime) -> str:
    """What R calls the zone of a datetime."""
    zone = value.tzinfo
    if zone is None:
        return NAIVE
    key = getattr(zone, "key", None)
    if key:
        return named(key)
    offset = value.utcoffset() or datetime.timedelta()
    return of_offset(int(offset.total_seconds()))


def named(key: str) -> str:
    """What R calls a zone of this key."""
    return "UTC" if key in _UTC else key


def of_offset(seconds: int) -> str:
    """The zone of a fixed offset, as POSIX writes it: with the sign turned round."""
    if not seconds:
        return "UTC"
    hours, minutes = divmod(abs(seconds) // 60, 60)
    sign, turned = ("-", "+") if seconds < 0 else ("+", "-")
    return f"<{sign}{hours:02}{minutes:02}>{turned}{hours:02}:{minutes:02}"


def of_mark(mark: Any) -> str:
    """The zone of a column, by what the protocol tells of it."""
    if mark == "naive":
        return NAIVE
    if type(mark) is dict and "zone" in mark:
        return named(mark["zone"])
    return of_offset(mark["offset"]) if type(mark) is dict else "UTC"


def seconds(value: datetime.datetime) -> float | None:
    """Seconds since 1970 in UTC; None if a float does not tell the microsecond."""
    if value.tzinfo is not None:
        value = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
    return _exact((value - _EPOCH) // _MICROSECOND)


def days(value: datetime.date) -> float:
    """Days since 1970."""
    return float(value.toordinal() - _EPOCH.toordinal())


def duration(value: datetime.timedelta) -> float | None:
    """Seconds; None if a float does not tell the microsecond."""
    return _exact(value // _MICROSECOND)


def _exact(microseconds: int) -> float | None:
    found = microseconds / 1_000_000
    return found if round(found * 1_000_000) == microseconds else None
