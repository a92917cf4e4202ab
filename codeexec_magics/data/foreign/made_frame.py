"""A frame that another language has made: named columns in bulk, and what they were before.

Used in the kernel. What arrives is untrusted: names, lengths and kinds are checked. A column that
has the name of one of the inputs' frames has that one's type again, where that holds its values.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from .. import bulk_columns
from ..converters import arrow_tables, pandas_frames, polars_frames
from ..converters.tabular import Columns, with_models

if TYPE_CHECKING:
    from ..reader import Reader

_KINDS = {"pandas": "pandas", "polars": "polars", "pyarrow": "pyarrow", "arrow": "pyarrow"}


def value(decoder: Reader, node: dict[str, Any]) -> Any:
    """The frame of a ``table`` node.

    Raises:
        Exception: It is malformed, or no library for frames is installed.
    """
    names, nodes, rows = node["names"], node["columns"], node["rows"]
    if type(names) is not list or not all(type(name) is str for name in names):
        raise TypeError("the names of columns are text")
    if type(nodes) is not list or len(nodes) != len(names) or len(set(names)) != len(names):
        raise ValueError("the names of columns are distinct, and as many as there are")
    if type(rows) is not int or not 0 <= rows < 2**31:
        raise ValueError(f"no frame has {rows!r} rows")
    columns = []
    for name, inner in zip(names, nodes):
        decoder.path.parts.append(("key", name))
        column = _column(decoder, inner)
        if len(column) != rows:
            raise ValueError(f"a column of a frame of {rows} rows has {len(column)}")
        columns.append(column)
        decoder.path.parts.pop()
    index = _column(decoder, node["index"]) if "index" in node else None
    if index is not None and len(index) != rows:
        raise ValueError("the labels of rows are as many as there are")
    made = with_models(Columns(names, columns, rows, [None] * len(names)), decoder.kept_frames())
    return _MAKERS[_kind(node.get("kind"))](made, index)


def _kind(wanted: Any) -> str:
    """The library: that of the inputs if they had one in common, else one that is installed."""
    if wanted in _KINDS:
        return _KINDS[wanted]
    for name in _MAKERS:
        if find_spec(name) is not None:
            return name
    raise ValueError("it is a frame, and there is no library for it: pip install pandas")


def _column(decoder: Reader, node: Any) -> Any:
    """A column as an array, or as a list where there is no Arrow."""
    tag = node["$"] if type(node) is dict else ""
    if tag == "categories":
        return _categories(decoder, node)
    if tag == "durations":
        return _durations(decoder, node["v"])
    read = bulk_columns.READERS[tag]
    made = read(decoder, node)
    return decoder.value(node) if made is None else made


def _categories(decoder: Reader, node: dict[str, Any]) -> Any:
    levels, codes = node["v"], bulk_columns.numbers(decoder, node["codes"])
    if type(levels) is not list or not all(type(level) is str for level in levels):
        raise TypeError("the levels of a factor are text")
    if codes is None:
        listed = decoder.value(node["codes"])
        return [None if code is None else levels[code] for code in listed]
    import pyarrow

    codes = pyarrow.array(codes) if not isinstance(codes, pyarrow.Array) else codes
    ordered = node["ordered"] is True
    made = pyarrow.DictionaryArray.from_arrays(
        codes.cast(pyarrow.int32()), pyarrow.array(levels, pyarrow.string()), ordered=ordered
    )
    made.validate(full=True)
    return made


def _durations(decoder: Reader, node: Any) -> Any:
    import numpy

    values = bulk_columns.numbers(decoder, node)
    if values is None:
        from datetime import timedelta

        listed = decoder.value(node)
        return [None if value is None else timedelta(seconds=value) for value in listed]
    import pyarrow

    array = values if isinstance(values, pyarrow.Array) else pyarrow.array(values)
    missing = array.is_null().to_numpy(zero_copy_only=False)
    micros = numpy.rint(array.fill_null(0.0).to_numpy() * 1e6)
    if not numpy.isfinite(micros).all() or (abs(micros) >= 2**63).any():
        raise ValueError("a duration is no number")
    return pyarrow.array(micros.astype("i8"), pyarrow.duration("us"), mask=missing)


def _pandas(columns: Columns, index: Any) -> Any:
    import pandas

    for at, column in enumerate(columns.columns):
        if columns.like[at] is None:
            columns.columns[at] = _natural(column)
        else:
            columns.columns[at] = _as_before(column, columns.like[at])
    frame = pandas_frames.frame(columns, "result")
    if index is not None:
        labels = index.to_pylist() if hasattr(index, "to_pylist") else index
        frame.index = pandas.Index(labels)
    return frame


def _natural(column: Any) -> Any:
    """Whole numbers and booleans of which some are missing, in pandas' dtypes that can say so."""
    if not hasattr(column, "type") or not column.null_count:
        return column
    import pandas

    integers: Any = pandas.Int64Dtype()
    booleans: Any = pandas.BooleanDtype()
    import pyarrow

    if pyarrow.types.is_integer(column.type):
        return pandas.Series(integers.__from_arrow__(column.cast(pyarrow.int64())))
    if pyarrow.types.is_boolean(column.type):
        return pandas.Series(booleans.__from_arrow__(column))
    return column


def _as_before(column: Any, like: Any) -> Any:
    """A factor whose levels are those of the column that it was."""
    import pandas

    dtype = getattr(like, "dtype", None)
    if not isinstance(dtype, pandas.CategoricalDtype) or not hasattr(column, "dictionary"):
        return column
    if column.dictionary.to_pylist() != list(map(str, dtype.categories)):
        return column
    codes = column.indices.fill_null(-1).to_numpy()
    return pandas.Series(pandas.Categorical.from_codes(codes, dtype=dtype))


def _polars(columns: Columns, index: Any) -> Any:
    return polars_frames.frame(_with_labels(columns, index), "result")


def _arrow(columns: Columns, index: Any) -> Any:
    return arrow_tables.table(_with_labels(columns, index), "result")


def _with_labels(columns: Columns, index: Any) -> Columns:
    """The columns with the labels of rows before them, where a library has no such thing."""
    if index is None:
        return columns
    name = "index" if "index" not in columns.names else "level_0"
    return columns._replace(
        names=[name, *columns.names],
        columns=[index, *columns.columns],
        like=[None, *columns.like],
    )


_MAKERS = {"pandas": _pandas, "polars": _polars, "pyarrow": _arrow}
