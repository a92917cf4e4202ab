"""Values in the dtype of a column of pandas that they came from.

Used in the kernel. What does not fit exactly is left to pandas' own choice.
"""

from __future__ import annotations

from typing import Any

from . import one_kind
from .pandas_choice import natural

_UNITS = ("s", "ms", "us", "ns")


def fitted(values: Any, dtype: Any, like: Any) -> Any:
    """The values as an array or series of a dtype; None if it does not hold them exactly.

    Args:
        values: A list (None is missing), or an array of numpy or Arrow.
        dtype: The dtype.
        like: The column that they came from, which tells its marks of missing values.
    """
    try:
        return _fitted(values, dtype, like)
    except Exception:  # noqa: BLE001 (it does not fit)
        return None


def _fitted(values: Any, dtype: Any, like: Any) -> Any:
    import numpy
    import pandas

    if isinstance(dtype, numpy.dtype):
        return _numpy(values, dtype, like)
    if isinstance(dtype, pandas.DatetimeTZDtype):
        naive = _instants(values, dtype.unit)
        return None if naive is None else naive.dt.tz_localize("UTC").dt.tz_convert(dtype.tz)
    if isinstance(dtype, pandas.CategoricalDtype):
        return _categories(values, dtype)
    if isinstance(dtype, pandas.SparseDtype):
        dense = _numpy(values, numpy.dtype(dtype.subtype), like)
        return None if dense is None else pandas.Series(dense).astype(dtype)
    if isinstance(dtype, pandas.ArrowDtype):
        return _of_arrow(values, dtype)
    if isinstance(dtype, pandas.StringDtype):
        return _text(values, dtype)
    if hasattr(dtype, "numpy_dtype"):
        return _masked(values, dtype)
    return None


def _of_arrow(values: Any, dtype: Any) -> Any:
    import pyarrow

    from . import arrow_tables

    made = arrow_tables.as_like(values, pyarrow.array([], type=dtype.pyarrow_dtype))
    return None if made is None else dtype.__from_arrow__(made)


def _items(values: Any) -> list[Any]:
    if hasattr(values, "to_pylist"):
        return values.to_pylist()  # type: ignore[no-any-return]
    return values.tolist() if hasattr(values, "tolist") else list(values)


def _numpy(values: Any, dtype: Any, like: Any) -> Any:
    import pandas

    if dtype.kind in "iufb":
        return _numbers(values, dtype)
    if dtype.kind == "M":
        unit = _unit(dtype)
        if unit not in _UNITS:
            return None
        return _days(values, unit) if _has_days(like) else _instants(values, unit)
    if dtype.kind in "mc":
        items = _items(values)
        if dtype.kind == "c" and None in items:
            return None
        made = pandas.Series(pandas.array(items, dtype=dtype))
        return made if _same(made, items) else None
    return _objects(_items(values), like) if dtype.kind == "O" else None


def _unit(dtype: Any) -> str:
    import numpy

    unit, count = numpy.datetime_data(dtype)
    return unit if count == 1 else ""


def _objects(items: list[Any], like: Any) -> Any:
    """An object column; where NaN marks what is missing there, it does so here."""
    import numpy
    import pandas

    missing = None
    if getattr(getattr(like, "dtype", None), "kind", "") == "O" and hasattr(like, "isna"):
        gone = like[like.isna()]
        missing = gone.iloc[0] if len(gone) else None
    made: Any = numpy.empty(len(items), dtype=object)
    made[:] = [missing if item is None else item for item in items]
    return pandas.Series(made, dtype=object)


def _split(values: Any) -> tuple[Any, Any]:
    """Numbers or booleans as an array of numpy, and where they are missing; raises otherwise."""
    import numpy

    if isinstance(values, numpy.ndarray) and values.dtype.kind in "iufb":
        return values, numpy.zeros(len(values), dtype=bool)
    items = _items(values)
    missing = numpy.array([item is None for item in items], dtype=bool)
    kind = one_kind.require(items, lambda index: f"[{index}]", "pandas")
    if kind not in ("int", "float", "bool", ""):
        raise ValueError(kind)
    zero = {"bool": False, "float": 0.0}.get(kind, 0)
    filled = [zero if item is None else item for item in items]
    dtype = {"bool": "?", "float": "f8"}.get(kind)
    return numpy.array(filled, dtype=dtype), missing


def _numbers(values: Any, dtype: Any) -> Any:
    import numpy

    numbers, missing = _split(values)
    if missing.all():
        numbers = numpy.zeros(len(numbers), dtype)
    if (dtype.kind == "b") != (numbers.dtype.kind == "b") or (missing.any() and dtype.kind != "f"):
        return None
    made = _exactly(numbers, dtype)
    if made is not None and missing.any():
        made = numpy.where(missing, numpy.array(numpy.nan, dtype), made)
    return made


def _exactly(numbers: Any, dtype: Any) -> Any:
    import numpy

    if numbers.dtype == dtype:
        return numbers
    with numpy.errstate(all="ignore"):
        made = numbers.astype(dtype)
        back = made.astype(numbers.dtype)
    same = (back == numbers) | ((back != back) & (numbers != numbers))
    # A number that wraps around comes back as it was: its sign or size tells.
    if dtype.kind in "iu" and numbers.dtype.kind in "iuf" and len(numbers):
        info = numpy.iinfo(dtype)
        low, high = numbers.min(), numbers.max()
        if not (int(low) >= info.min and int(high) <= info.max):
            return None
    if dtype.kind == "f" and numbers.dtype.kind in "iu" and len(numbers):
        same &= (
            [int(one) == int(other) for one, other in zip(made, numbers)]
            if (abs(int(numbers.max())) > 2**53 or abs(int(numbers.min())) > 2**53)
            else True
        )
    return made if same.all() else None


def _masked(values: Any, dtype: Any) -> Any:
    import numpy
    import pandas

    numbers, missing = _split(values)
    wanted = dtype.numpy_dtype
    if missing.all():
        numbers = numpy.zeros(len(numbers), wanted)
    if (wanted.kind == "b") != (numbers.dtype.kind == "b"):
        return None
    made = _exactly(numbers, wanted)
    if made is None:
        return None
    maker = dtype.construct_array_type()
    return pandas.Series(maker(made.copy(), missing))


def _text(values: Any, dtype: Any) -> Any:
    import pandas

    if hasattr(values, "buffers"):
        import pyarrow

        kinds = pyarrow.types
        if not (kinds.is_string(values.type) or kinds.is_large_string(values.type)):
            return None
        return pandas.Series(dtype.__from_arrow__(values))
    items = _items(values)
    if not all(item is None or type(item) is str for item in items):
        return None
    return pandas.Series(pandas.array(items, dtype=dtype))


def _categories(values: Any, dtype: Any) -> Any:
    import numpy
    import pandas

    found = pandas.Series(natural(values, lambda index: f"[{index}]"))
    missing = found.isna().to_numpy()
    made = fitted(values, dtype.categories.dtype, dtype.categories)
    looked = found if made is None or missing.any() else pandas.Series(made)
    codes = dtype.categories.get_indexer(pandas.Index(looked))
    if ((codes < 0) != missing).any():
        return None
    return pandas.Series(pandas.Categorical.from_codes(codes.astype(numpy.int64), dtype=dtype))


def _instants(values: Any, unit: str) -> Any:
    """Instants without a zone, in UTC where they had one, of a unit; None if they do not fit."""
    import pandas

    if hasattr(values, "buffers"):
        import pyarrow

        if not pyarrow.types.is_timestamp(values.type):
            return None
        naive = values.cast(pyarrow.timestamp(values.type.unit)).cast(pyarrow.timestamp(unit))
        return pandas.Series(naive.to_numpy(zero_copy_only=False).astype(f"M8[{unit}]"))
    items = _items(values)
    kind = one_kind.require(items, lambda index: f"[{index}]", "pandas")
    if kind not in ("instant", "naive", ""):
        return None
    made: Any = pandas.to_datetime(pandas.Series(items, dtype=object), utc=kind == "instant")
    naive = made.dt.tz_localize(None) if kind == "instant" else made
    cast = naive.astype(f"M8[{unit}]")
    return cast if (cast.astype(naive.dtype) == naive)[naive.notna()].all() else None


def _has_days(like: Any) -> bool:
    """Whether a column is one of polars' dates, which pandas holds as instants."""
    return type(like).__module__.startswith("polars") and str(like.dtype) == "Date"


def _days(values: Any, unit: str) -> Any:
    """Dates as instants at the begin of the day; None if others are among them."""
    import pandas

    items = _items(values)
    if one_kind.require(items, lambda index: f"[{index}]", "pandas") not in ("date", ""):
        return None
    made: Any = pandas.Series(pandas.to_datetime(items))
    return made.astype(f"M8[{unit}]")


def _same(made: Any, items: list[Any]) -> bool:
    return all(
        one_kind.is_missing(item) if one_kind.is_missing(got) else got == item
        for got, item in zip(made.tolist(), items)
    )
