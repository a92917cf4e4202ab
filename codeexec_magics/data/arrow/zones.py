"""Time zones of pandas as JSON, and back.

Used in the kernel and in a Python child. What is read is untrusted.
"""

from __future__ import annotations

from typing import Any

from ...protocol.times import text_of


def node(zone: Any) -> dict[str, Any] | None:
    """What tells a time zone; None if nothing of ours does."""
    import datetime
    import zoneinfo

    if type(zone) is datetime.timezone:
        offset = zone.utcoffset(None)
        if repr(zone) == repr(datetime.timezone(offset)) and not offset.microseconds:
            return {"offset": offset.days * 86_400 + offset.seconds}
    if type(zone) is zoneinfo.ZoneInfo and zone.key:
        return {"zoneinfo": zone.key}
    key = getattr(zone, "zone", None)
    if type(zone).__module__.partition(".")[0] == "pytz" and isinstance(key, str):
        return {"pytz": key}
    return None


def value(spec: Any) -> Any:
    """The time zone of a node.

    Raises:
        Exception: There is none.
    """
    import datetime
    import zoneinfo

    if "offset" in spec:
        if type(spec["offset"]) is not int:
            raise TypeError("an offset is a number of seconds")
        return datetime.timezone(datetime.timedelta(seconds=spec["offset"]))
    if "pytz" in spec:
        import pytz  # type: ignore[import-untyped,unused-ignore]

        return pytz.timezone(text_of(spec, "pytz"))
    return zoneinfo.ZoneInfo(text_of(spec, "zoneinfo"))
