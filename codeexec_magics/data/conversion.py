"""Turn a result into the form that the user asks for: a frame, an array, or records.

Used in the kernel, after the value has been decoded. Imports the library that is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, NoReturn

from ..errors import DataError
from ..protocol.scalars import full_type_name
from ..protocol.tree import safe_error
from .arena import Arena
from .as_rows import Columns
from .decode import decode

_PACKAGES = {
    "pandas": ("pandas", "pip install pandas"),
    "polars": ("polars", "pip install polars"),
    "arrow": ("pyarrow", 'pip install "codeexec_magics[arrow]"'),
    "numpy": ("numpy", "pip install numpy"),
}
_TABULAR = "a list of row dicts, a dict of columns, a frame, or an array with fields"


def receive(
    descriptor: object, arena: Arena, *, allow_pickle: bool, root: str, converter: str
) -> Any:
    """Decode a value and convert it; rows that arrived by columns become a frame at once.

    Args:
        descriptor: As for `decode`.
        arena: As for `decode`.
        allow_pickle: As for `decode`.
        root: As for `decode`.
        converter: As for `convert`.

    Raises:
        DecodingFailed: The descriptor is malformed, or the value cannot be rebuilt here.
        DataError: The value has no such form, or the library is missing.
    """
    by_columns = converter in ("pandas", "polars", "arrow")
    value = decode(descriptor, arena, allow_pickle=allow_pickle, root=root, by_columns=by_columns)
    return convert(value, converter, root)


def convert(value: object, converter: str, root: str) -> Any:
    """The value in another form.

    Args:
        value: What arrived.
        converter: ``auto`` (as it is), ``pandas``, ``polars``, ``arrow`` (a table), ``numpy`` (an
            array), or ``records`` (a list of row dicts).
        root: The word that the path in an error is, for example ``result``.

    Raises:
        DataError: The value has no such form, or the library is missing.
    """
    if converter == "auto":
        return value
    if converter not in _CONVERTERS:
        raise DataError(f"no converter is called {converter!r}", path=root)
    if converter in _PACKAGES:
        _library(converter, root)
    try:
        return _CONVERTERS[converter](value, root)
    except DataError:
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {safe_error(error)}"
        raise DataError(
            f"{root} ({full_type_name(value)}) cannot become {converter}: {reason}", path=root
        ) from error


def _library(converter: str, root: str) -> Any:
    module, command = _PACKAGES[converter]
    try:
        return import_module(module)
    except ImportError as error:
        raise DataError(
            f"{root} cannot become {converter}, since {module} is not installed: {command}",
            path=root,
        ) from error


def _refuse(value: object, wanted: str, expected: str, root: str) -> NoReturn:
    raise DataError(
        f"{root} ({full_type_name(value)}) cannot become {wanted}; expected {expected}", path=root
    )


def _columns(value: Any, wanted: str, root: str) -> dict[Any, Any]:
    """Any tabular value as a dict of columns of equal length."""
    kind = _kind(value)
    if kind == "pandas":
        found = {name: value[name] for name in _distinct(value.columns, wanted, root)}
    elif kind == "polars":
        found = {series.name: series for series in value.get_columns()}
    elif kind == "arrow":
        names = _distinct(value.schema.names, wanted, root)
        found = dict(zip(names, value.columns))
    elif kind == "by columns":
        found = dict(zip(value.names, value.columns))
    elif kind == "fields":
        found = {name: value[name] for name in value.dtype.names}
    elif kind == "rows":
        names = list(dict.fromkeys(name for row in value for name in row))
        found = {name: [row.get(name) for row in value] for name in names}
    elif kind == "columns":
        found = dict(value)
    else:
        _refuse(value, wanted, _TABULAR, root)
    return found


def _distinct(names: Any, wanted: str, root: str) -> list[Any]:
    listed = list(names)
    if len(set(listed)) != len(listed):
        raise DataError(f"{root} cannot become {wanted}: two columns share a name", path=root)
    return listed


def _kind(value: Any) -> str:
    if type(value) is Columns:
        return "by columns"
    name = full_type_name(value).split(".")
    root, leaf = name[0], name[-1]
    if root in ("pandas", "polars") and leaf == "DataFrame":
        return root
    if root == "pyarrow" and leaf in ("Table", "RecordBatch"):
        return "arrow"
    if root == "numpy" and leaf == "ndarray" and value.dtype.names and value.ndim == 1:
        return "fields"
    if isinstance(value, (list, tuple)) and all(isinstance(row, dict) for row in value):
        return "rows"
    if isinstance(value, dict) and all(map(_is_column, value.values())):
        return "columns"
    return ""


def _is_column(value: Any) -> bool:
    return (
        isinstance(value, (list, tuple))
        or getattr(value, "ndim", None) == 1
        or (
            full_type_name(value).split(".")[0] in ("polars", "pyarrow")
            and hasattr(value, "to_numpy")
        )
    )


def _to_pandas(value: Any, root: str) -> Any:
    import pandas

    kind = _kind(value)
    if kind == "pandas":
        return value
    if kind in ("polars", "arrow"):
        return value.to_pandas()
    if kind == "rows":
        return pandas.DataFrame.from_records(list(value))
    if kind == "fields":
        return pandas.DataFrame.from_records(value)
    columns = _columns(value, "pandas", root)
    if kind == "by columns":
        columns = {name: _pandas_column(column) for name, column in columns.items()}
    return pandas.DataFrame(columns)


def _pandas_column(column: Any) -> Any:
    """Text of Arrow as pandas would hold it if it were given a list."""
    if not hasattr(column, "buffers"):
        return column
    import pandas

    dtype: Any = pandas.Series([""]).dtype  # Any, since pandas' stubs lack the protocol of Arrow
    if getattr(dtype, "storage", None) == "pyarrow":
        return dtype.__from_arrow__(column)
    return column.to_pylist()


def _to_polars(value: Any, root: str) -> Any:
    import polars

    kind = _kind(value)
    if kind == "polars":
        return value
    if kind == "pandas":
        return polars.from_pandas(value)
    if kind == "arrow":
        return polars.from_arrow(value)
    return polars.DataFrame(_columns(value, "polars", root), infer_schema_length=None)


def _to_arrow(value: Any, root: str) -> Any:
    import pyarrow

    kind = _kind(value)
    if kind == "arrow":
        return value
    if kind == "pandas":
        return pyarrow.Table.from_pandas(value)
    if kind == "polars":
        return value.to_arrow()
    return pyarrow.table(_columns(value, "arrow", root))


def _to_numpy(value: Any, root: str) -> Any:
    import numpy

    if isinstance(value, numpy.ndarray):
        return value
    name = full_type_name(value)
    if name.split(".")[0] in ("pandas", "polars", "pyarrow") and hasattr(value, "to_numpy"):
        return value.to_numpy()
    if not isinstance(value, (list, tuple, int, float, complex, bool)):
        _refuse(
            value, "numpy", "a number, a list (of lists) of equal kind, a series or a frame", root
        )
    made = numpy.asarray(value)
    if made.dtype == object:
        _refuse(value, "numpy", "items of one kind", root)
    return made


def _to_records(value: Any, root: str) -> Any:
    kind = _kind(value)
    if kind == "rows":
        return list(value)
    if kind == "pandas":
        return value.to_dict("records")
    if kind == "polars":
        return value.to_dicts()
    if kind == "arrow":
        return value.to_pylist()
    columns = {
        name: column.tolist() if hasattr(column, "tolist") else list(column)
        for name, column in _columns(value, "records", root).items()
    }
    if len({len(column) for column in columns.values()}) > 1:
        _refuse(value, "records", "columns of equal length", root)
    return [dict(zip(columns, row)) for row in zip(*columns.values())]


_CONVERTERS = {
    "pandas": _to_pandas,
    "polars": _to_polars,
    "arrow": _to_arrow,
    "numpy": _to_numpy,
    "records": _to_records,
}
