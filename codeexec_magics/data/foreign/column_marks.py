"""What another language must know of a column beside its values.

Used in the kernel. ``missing`` is ``nan`` where NaN marks what is missing, as in pandas' columns of
floats. ``as`` tells of instants what they are in Python: ``naive``, ``date``, or aware in a zone
(``{"zone": key}``, ``{"offset": seconds}``); without it they are aware, in UTC.
"""

from __future__ import annotations

import re
from typing import Any

_OFFSET = re.compile(r"([+-])(\d\d):(\d\d)")


def of(values: Any, field: Any = None) -> dict[str, Any]:
    """The marks of a column of any frame.

    Args:
        values: The column.
        field: Arrow's type of it, if it goes as that: it tells of what kind pandas' objects are.
    """
    root = type(values).__module__.partition(".")[0]
    if root == "pandas":
        is_told = field is not None and values.dtype == object
        return _of_arrow(field) if is_told else _of_pandas(values.dtype)
    return _of_polars(values.dtype) if root == "polars" else _of_arrow(values.type)


def _of_pandas(dtype: Any) -> dict[str, Any]:
    import pandas

    if isinstance(dtype, pandas.DatetimeTZDtype):
        return _in_zone(dtype.tz)
    if isinstance(dtype, pandas.ArrowDtype):
        return _of_arrow(dtype.pyarrow_dtype)
    if isinstance(dtype, pandas.CategoricalDtype):
        return _of_pandas(dtype.categories.dtype)
    kind = getattr(dtype, "kind", "")
    if isinstance(dtype, pandas.api.extensions.ExtensionDtype) and not isinstance(
        dtype, pandas.SparseDtype
    ):
        return {}
    return {"f": {"missing": "nan"}, "M": {"as": "naive"}}.get(kind, {})


def _of_polars(dtype: Any) -> dict[str, Any]:
    import polars

    if dtype == polars.Date:
        return {"as": "date"}
    if dtype != polars.Datetime:
        return {}
    return {"as": "naive"} if dtype.time_zone is None else {"as": {"zone": dtype.time_zone}}


def _of_arrow(kind: Any) -> dict[str, Any]:
    import pyarrow

    if pyarrow.types.is_date(kind):
        return {"as": "date"}
    if not pyarrow.types.is_timestamp(kind):
        return {}
    if kind.tz is None:
        return {"as": "naive"}
    found = _OFFSET.fullmatch(kind.tz)
    if found is None:
        return {"as": {"zone": kind.tz}}
    seconds = int(found[2]) * 3600 + int(found[3]) * 60
    return {"as": {"offset": -seconds if found[1] == "-" else seconds}}


def _in_zone(zone: Any) -> dict[str, Any]:
    import datetime

    key = getattr(zone, "key", None) or getattr(zone, "zone", None)
    if isinstance(key, str):
        return {"as": {"zone": key}}
    if type(zone) is datetime.timezone:
        offset = zone.utcoffset(None)
        if offset and not offset.microseconds:
            return {"as": {"offset": offset.days * 86_400 + offset.seconds}}
    return {}
