"""Tables of Arrow, of any tabular value.

Used in the kernel. A column that came from a frame has that column's type again, where the type
holds its values; else its type is that of the values, which must be of one kind.
"""

from __future__ import annotations

import decimal
from typing import Any

from ...errors import DataError
from ...protocol.tree import safe_error
from ..foreign.names import text_name
from . import one_kind
from .one_kind import Where
from .tabular import Columns, columns_of, kind_of

_LARGEST_SIGNED = 2**63 - 1


def table(value: Any, root: str, form: str = "arrow") -> Any:
    """The table of a value; one of Arrow is itself.

    Raises:
        DataError: It is not tabular, or a column has no exact type; its path says which.
    """
    import pyarrow

    if kind_of(value) == "arrow":
        return value
    if kind_of(value) == "polars":
        return value.to_arrow()
    made = columns_of(value, form, root)
    arrays = [array(made, at, root, form) for at in range(len(made.names))]
    names = names_of(made, root)
    schema = pyarrow.schema(list(zip(names, (each.type for each in arrays))))
    if not arrays and made.rows:
        why = f"has {made.rows} rows without a column, which no table of {form} holds"
        raise DataError(f"{root} {why}", path=root)
    return pyarrow.table(arrays, schema=schema)


def names_of(columns: Columns, root: str) -> list[str]:
    """The names of a table's columns as text.

    Raises:
        DataError: One has no text that says the same, or two have the same.
    """
    names = [text_name(name) for name in columns.names]
    if None in names:
        wrong = columns.names[names.index(None)]
        raise DataError(f"{root} has a column called {wrong!r}, which is no text", path=root)
    if len(set(names)) != len(names):
        raise DataError(f"{root} has two columns whose names are the same text", path=root)
    return [str(name) for name in names]


def array(columns: Columns, at: int, root: str, form: str) -> Any:
    """One column as an array of Arrow, as what it came from where that is known.

    Raises:
        DataError: It has no exact type.
    """
    values, where, like = columns.columns[at], columns.where(root, at), columns.like[at]
    try:
        if like is not None:
            made = as_like(values, like)
            if made is not None:
                return made
        return natural(values, where, form)
    except DataError:
        raise
    except Exception as error:
        path = where(0).replace("[0]", "", 1)
        reason = f"{type(error).__name__}: {safe_error(error)}"
        raise DataError(f"{path} cannot be a column of {form}: {reason}", path=path) from error


def natural(values: Any, where: Where, form: str) -> Any:
    """The array whose type is that of the values.

    Raises:
        Exception: There is none that is exact.
    """
    import pyarrow

    root = type(values).__module__.partition(".")[0]
    if root == "pyarrow":
        return values
    if root == "polars":
        return values.to_arrow()
    if root == "pandas":
        return _of_pandas(values, where, form)
    if root == "numpy" and values.dtype.kind in "biufmM":
        return pyarrow.array(values, from_pandas=False)
    return of_items(values.tolist() if root == "numpy" else list(values), where, form)


def of_items(items: list[Any], where: Where, form: str) -> Any:
    """The array of a list, None missing.

    Raises:
        Exception: Its items are not of one kind, or Arrow has no type for it.
    """
    import pyarrow

    kind = one_kind.require(items, where, form)
    if kind == "float":
        items = [None if one_kind.is_missing(item) else float(item) for item in items]
    wanted = _wanted(kind, items)
    if kind == "float":
        return pyarrow.array(items, type=wanted, from_pandas=False)
    items = [None if one_kind.is_missing(item) else item for item in items]
    return pyarrow.array(items, type=wanted)


def _wanted(kind: str, items: list[Any]) -> Any:
    """The type where Arrow's own choice would not hold all items; None where it does."""
    import pyarrow

    if kind == "float":
        return pyarrow.float64()
    if kind == "int" and any(not one_kind.is_missing(i) and i > _LARGEST_SIGNED for i in items):
        return pyarrow.uint64()
    if kind in ("instant", "naive") and any(getattr(i, "nanosecond", 0) for i in items):
        zone = next((i.tz for i in items if getattr(i, "tz", None) is not None), None)
        return pyarrow.timestamp("ns", tz=None if zone is None else str(zone))
    if kind == "decimal":
        return _decimal_type([i for i in items if isinstance(i, decimal.Decimal)])
    return None


def _decimal_type(numbers: list[decimal.Decimal]) -> Any:
    """A decimal type with room for all digits on both sides of the point."""
    import pyarrow

    scale = max(max(0, -int(number.as_tuple().exponent)) for number in numbers)
    whole = max(max(0, number.adjusted() + 1) for number in numbers)
    digits = max(1, whole + scale)
    return pyarrow.decimal128(digits, scale) if digits <= 38 else pyarrow.decimal256(digits, scale)


def _of_pandas(series: Any, where: Where, form: str) -> Any:
    import pyarrow

    if series.dtype == object:
        items = [None if _is_missing(item) else item for item in series.tolist()]
        return of_items(items, where, form)
    made = pyarrow.array(series, from_pandas=True)
    if isinstance(made, pyarrow.ChunkedArray):
        return made.combine_chunks()
    return made


def _is_missing(item: Any) -> bool:
    return one_kind.is_missing(item) or one_kind.has_nan(item)


def as_like(values: Any, like: Any) -> Any:
    """The array with the type of a column of a frame; None if that does not hold the values."""
    import pyarrow

    try:
        model = natural_of(like)
        if isinstance(values, list) and pyarrow.types.is_nested(model.type):
            nested = pyarrow.array(values, type=model.type)
            if nested.to_pylist() == values:
                return nested
        made = _natural_or_none(values)
        if made is None:
            made = pyarrow.array(list(values), type=model.type)
        return fitted(made, model)
    except (pyarrow.ArrowException, ValueError, TypeError, OverflowError, DataError):
        return None


def _natural_or_none(values: Any) -> Any:
    try:
        return natural(values, lambda index: f"[{index}]", "arrow")
    except Exception:  # noqa: BLE001 (the type that is wanted may hold what its own does not)
        return None


def natural_of(like: Any) -> Any:
    """A column of any frame as an array of Arrow: of its type, and for a dictionary its words."""
    root = type(like).__module__.partition(".")[0]
    if root == "pyarrow":
        return like
    if root == "polars":
        return like.head(0).to_arrow()
    if like.dtype == object:
        return _of_pandas(like, lambda index: f"[{index}]", "arrow")
    return _of_pandas(like.iloc[:0], lambda index: f"[{index}]", "arrow")


def fitted(made: Any, model: Any) -> Any:
    """An array in the type of another one; None if it does not hold it exactly."""
    import pyarrow
    import pyarrow.compute as compute

    kinds, kind = pyarrow.types, model.type
    if made.type == kind:
        return made
    if kinds.is_null(made.type) and not kinds.is_dictionary(kind):
        return pyarrow.nulls(len(made), kind)
    if kinds.is_dictionary(kind):
        return _coded(made, model)
    if kinds.is_timestamp(kind) and kinds.is_timestamp(made.type):
        own = made.cast(pyarrow.timestamp(made.type.unit))  # the same instants, without a zone
        return own.cast(pyarrow.timestamp(kind.unit)).cast(kind)
    if kinds.is_date(kind) and kinds.is_timestamp(made.type):
        made = made.cast(pyarrow.timestamp(made.type.unit))
    cast = made.cast(kind)
    back = cast.cast(made.type)
    if (
        not kinds.is_nested(kind)
        and not compute.all(
            compute.equal(_comparable(back), _comparable(made)), min_count=0
        ).as_py()
    ):
        return None
    return cast


def _comparable(array: Any) -> Any:
    """An array in which NaN equals itself."""
    import pyarrow
    import pyarrow.compute as compute

    if not pyarrow.types.is_floating(array.type):
        return array
    array = array.cast(pyarrow.float64())
    return compute.if_else(compute.is_nan(array), pyarrow.scalar(0.0), array)


def _coded(made: Any, model: Any) -> Any:
    import pyarrow
    import pyarrow.compute as compute

    if isinstance(made, pyarrow.ChunkedArray):
        made = made.combine_chunks()
    if pyarrow.types.is_dictionary(made.type):
        made = made.dictionary_decode()
    made = made.cast(model.type.value_type)
    whole = model.unify_dictionaries() if isinstance(model, pyarrow.ChunkedArray) else model
    if isinstance(whole, pyarrow.ChunkedArray):
        whole = whole.chunk(0) if whole.num_chunks else pyarrow.array([], type=model.type)
    words = whole.dictionary
    places = compute.index_in(made, value_set=words)
    if places.null_count != made.null_count:  # the type does not tell the words: there are more
        return made.dictionary_encode().cast(model.type)
    places = places.cast(model.type.index_type)
    return pyarrow.DictionaryArray.from_arrays(places, words, ordered=model.type.ordered)
