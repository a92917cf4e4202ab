"""Pandas as Arrow: each column as an array, and the form that says what it was.

Used in the kernel and in a Python child. Only what comes back as it was is taken: an object column
is text, bytes or dates with one kind of missing value, or goes item by item; a dtype that is not
known here has no form.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from . import stream, zones
from .source import Source

if TYPE_CHECKING:
    from ..writer import Writer

_LABELS = (str, int, float, bool, type(None))


class Unfit(Exception):
    """Something has no exact form in Arrow."""


class _Fields:
    """The arrays of a table to be."""

    def __init__(self) -> None:
        self.arrays: list[Any] = []

    def add(self, series: Any) -> dict[str, Any]:
        """Add a column; returns its place and dtype."""
        array, dtype = _array(series)
        self.arrays.append(array)
        return {"field": len(self.arrays) - 1, "dtype": dtype}


def source(encoder: Writer, value: Any) -> Source | None:
    """The source of a DataFrame or a Series, of exactly these classes; None for anything else."""
    import pandas

    if type(value) is pandas.Series:
        frame, kind = value.to_frame(), "series"
        if value.name is None:
            frame.columns = pandas.Index([None], dtype=object)
    elif type(value) is pandas.DataFrame:
        frame, kind = value, "pandas"
    else:
        return None
    fields, exact = _Fields(), True
    form: dict[str, Any] = {}
    try:
        form["index"] = _axis(encoder, frame.index, fields)
        form["labels"] = _labels(encoder, frame.columns)
        form.update(_extras(encoder, value))
    except Unfit:
        exact = False
    form["columns"] = [
        _column(encoder, frame.iloc[:, at], label, fields) for at, label in enumerate(frame.columns)
    ]
    shown = [entry.get("field") for entry in form["columns"]]
    if not encoder.reads_python and None in shown:
        exact = False
    pyarrow = stream.library()
    schema = pyarrow.schema([(str(at), array.type) for at, array in enumerate(fields.arrays)])
    table = pyarrow.table(fields.arrays, schema=schema)
    levels = form.get("index", {}).get("levels", [])
    shown = [*_shown(frame.index, levels), *shown]
    return Source(kind, len(frame), table, form if exact else None, shown)


def _shown(index: Any, levels: list[dict[str, Any]]) -> list[int | None]:
    from ..foreign.columns_of_pandas import only_counts

    if only_counts(index):
        return []
    return [level["field"] for level in levels] or [None] * index.nlevels


def _column(encoder: Writer, series: Any, label: Any, fields: _Fields) -> dict[str, Any]:
    try:
        return fields.add(series)
    except Unfit:
        if not encoder.reads_python:
            return {}
    if getattr(series.dtype, "kind", "") != "O" or hasattr(series.dtype, "na_value"):
        encoder.path.parts.append(("key", label))
        why = f"has the dtype {series.dtype}, which only a pickle can carry"
        encoder.refuse(series, why, "turn it into text (.astype(str)), numbers or dates")
    encoder.path.parts.append(("key", label))
    node = encoder.node(series.tolist())
    encoder.path.parts.pop()
    return {"items": node}


def _axis(encoder: Writer, index: Any, fields: _Fields) -> dict[str, Any]:
    import pandas

    names = [_label(encoder, name) for name in index.names]
    if type(index) is pandas.RangeIndex:
        return {"range": [index.start, index.stop, index.step], "names": names}
    levels = []
    for at in range(index.nlevels):
        values = index.get_level_values(at)
        level = fields.add(pandas.Series(values, index=range(len(values))))
        freq = getattr(index, "freqstr", None)
        levels.append({**level, "freq": freq} if freq else level)
    return {"levels": levels, "names": names, "multi": isinstance(index, pandas.MultiIndex)}


def _labels(encoder: Writer, columns: Any) -> dict[str, Any]:
    import pandas

    names = [_label(encoder, name) for name in columns.names]
    if type(columns) is pandas.RangeIndex:
        return {"range": [columns.start, columns.stop, columns.step], "names": names}
    listed = columns.tolist()
    labels = [_label(encoder, label) for label in listed]
    if type(columns) is pandas.MultiIndex:
        again = pandas.MultiIndex.from_tuples(listed, names=columns.names) if listed else None
        if again is None or not again.dtypes.equals(columns.dtypes):
            raise Unfit
        return {"labels": labels, "names": names, "multi": True}
    if type(columns) is not pandas.Index:
        raise Unfit
    return {"labels": labels, "names": names, "dtype": _labels_dtype(columns.dtype)}


def _labels_dtype(dtype: Any) -> Any:
    import pandas

    if isinstance(dtype, pandas.StringDtype):
        return _string_dtype(dtype)
    if dtype.kind == "O":
        return {"object": "items"}
    if dtype.kind in "iufb":
        return {"numpy": dtype.str}
    raise Unfit


def _label(encoder: Writer, label: Any) -> Any:
    if type(label) is tuple:
        return {"$": "tuple", "v": [_label(encoder, part) for part in label]}
    if type(label) not in _LABELS:
        raise Unfit
    return encoder.node(label)


def _extras(encoder: Writer, value: Any) -> dict[str, Any]:
    """What a frame carries beside its data."""
    from ..plain import is_plain

    extras: dict[str, Any] = {}
    if value.attrs:
        if not encoder.reads_python and not is_plain(value.attrs, dict):
            raise Unfit
        extras["attrs"] = encoder.node(dict(value.attrs))
    if not value.flags.allows_duplicate_labels:
        extras["distinct"] = True
    return extras


def _array(series: Any) -> tuple[Any, dict[str, Any]]:
    """The array of a column, and its dtype in JSON; raises `Unfit`."""
    import numpy
    import pandas

    pyarrow, dtype = stream.library(), series.dtype
    if isinstance(dtype, numpy.dtype):
        return _of_numpy(series.to_numpy(copy=False))
    if isinstance(dtype, pandas.DatetimeTZDtype):
        values = series.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()
        kind = pyarrow.timestamp(dtype.unit, tz="UTC")
        return pyarrow.array(values, type=kind), {"zone": _zone(dtype.tz), "unit": dtype.unit}
    if isinstance(dtype, pandas.CategoricalDtype):
        return _of_categories(series)
    if isinstance(dtype, pandas.StringDtype):
        return _as_arrow(pyarrow.array(series.array)), _string_dtype(dtype)
    if isinstance(dtype, pandas.ArrowDtype):
        return _as_arrow(pyarrow.array(series.array)), {"arrow": True}
    arrays = pandas.arrays
    if isinstance(series.array, (arrays.IntegerArray, arrays.FloatingArray, arrays.BooleanArray)):
        return _as_arrow(pyarrow.array(series.array)), {"masked": dtype.name}
    raise Unfit


def _as_arrow(array: Any) -> Any:
    """An array of pandas' own Arrow, if its type is one that may travel."""
    pyarrow = stream.library()
    if isinstance(array, pyarrow.ChunkedArray):
        chunks = array.chunks
        array = pyarrow.concat_arrays(chunks) if chunks else pyarrow.array([], type=array.type)
    if not stream.may_be_read(pyarrow.table([array], names=["0"])):
        raise Unfit
    return array


def _of_numpy(values: Any) -> tuple[Any, dict[str, Any]]:
    import numpy

    pyarrow, dtype = stream.library(), values.dtype
    if dtype.kind == "O":
        return _of_objects(values)
    if dtype.kind not in "iufbmM" or not dtype.isnative or dtype.itemsize > 8 or dtype.metadata:
        raise Unfit
    if dtype.kind in "mM" and numpy.datetime_data(dtype) not in [
        (unit, 1) for unit in ("s", "ms", "us", "ns")
    ]:
        raise Unfit
    return pyarrow.array(values, from_pandas=False), {"numpy": dtype.str}


def _of_objects(values: Any) -> tuple[Any, dict[str, Any]]:
    import datetime

    pyarrow = stream.library()
    types = set(map(type, values))
    missing = types & {type(None), float}
    kinds = types - missing or ({str} if float not in missing else set())
    if len(missing) > 1 or len(kinds) != 1:
        raise Unfit
    floats = (value for value in values if type(value) is float) if float in missing else ()
    if not all(map(math.isnan, floats)):
        raise Unfit
    found = {
        str: ("text", pyarrow.large_string()),
        bytes: ("bytes", pyarrow.large_binary()),
        datetime.date: ("date", pyarrow.date32()),
    }.get(kinds.pop())
    if found is None:
        raise Unfit
    name, kind = found
    try:
        array = pyarrow.array(values, type=kind, from_pandas=True)
    except (UnicodeError, pyarrow.ArrowException):  # lone surrogates
        raise Unfit from None
    return array, {"object": name, **({"missing": "nan"} if float in missing else {})}


def _of_categories(series: Any) -> tuple[Any, dict[str, Any]]:
    import pandas

    pyarrow = stream.library()
    codes, dtype = series.cat.codes.to_numpy(), series.dtype
    categories, inner = _array(pandas.Series(dtype.categories, index=range(len(dtype.categories))))
    indices = pyarrow.array(codes, mask=codes < 0)
    array = pyarrow.DictionaryArray.from_arrays(indices, categories, ordered=bool(dtype.ordered))
    return _as_arrow(array), {"categories": inner, "ordered": bool(dtype.ordered)}


def _string_dtype(dtype: Any) -> dict[str, Any]:
    import pandas

    is_nan = getattr(dtype, "na_value", pandas.NA) is not pandas.NA
    return {"string": dtype.storage, **({"missing": "nan"} if is_nan else {})}


def _zone(zone: Any) -> dict[str, Any]:
    told = zones.node(zone)
    if told is None:
        raise Unfit
    return told
