"""Whether the items of a column are of one kind, so that a typed column holds them exactly.

Used in the kernel. Libraries that type their columns take what does not fit as something else: a
fraction among integers is cut, a boolean becomes 1, a key that the first item lacks is dropped.
Here it is found before, and refused by its path.
"""

from __future__ import annotations

import datetime
import decimal
import math
from collections.abc import Callable
from typing import Any, NoReturn

from ...errors import DataError
from ...protocol.scalars import full_type_name

Where = Callable[[int], str]
"""Index of an item → the path that errors name."""

_MOST_SIGNED, _MOST_UNSIGNED = 2**63 - 1, 2**64 - 1
_ADVICE = "turn them into one kind first, or take another form"


def require(items: list[Any], where: Where, form: str) -> str:
    """The kind of the items that are there: one of the names below, or ``""`` where none is.

    Kinds are ``bool``, ``int``, ``float`` (integers among them are exact), ``text``, ``bytes``,
    ``instant``, ``naive``, ``date``, ``list``, ``dict``, and ``type`` for any other single type.

    Args:
        items: None is missing.
        where: The path of an item.
        form: What is made, for the error.

    Raises:
        DataError: They are of several kinds, or one cannot stand in a typed column.
    """
    types = set(map(type, items))
    families = {_family(cls, items) for cls in types} - {""}
    if families == {"instant?"}:
        families = {"naive" if _is_naive(item) else "instant" for item in items if not _gone(item)}
    if families == {"int", "float"}:
        _require_exact(items, where, form)
        return "float"
    if len(families) > 1:
        _refuse_mixture(items, where, form)
    kind = families.pop() if families else ""
    _CHECKS.get(kind, _nothing)(items, where, form)
    return "type" if kind.startswith("type ") else kind


def is_missing(item: Any) -> bool:
    """Whether an item stands for no value: None, or pandas' NA or NaT."""
    return item is None or _gone(item)


def _nothing(items: list[Any], where: Where, form: str) -> None:
    """Nothing more to ask for."""


def _family(cls: type, items: list[Any]) -> str:
    name = f"{cls.__module__}.{cls.__qualname__}"
    if cls in _EXACT:
        return _EXACT[cls]
    if name.startswith("pandas.") and cls.__name__ in ("NaTType", "NAType"):
        return ""
    for base, family in _BASES:
        if issubclass(cls, base):
            return family
    if cls.__module__ == "numpy":
        return _numpy_family(cls, name)
    return f"type {name}"


def _numpy_family(cls: type, name: str) -> str:
    for base in cls.__mro__:
        if base.__name__ in _NUMPY:
            return _NUMPY[base.__name__]
    return f"type {name}"


_EXACT = {
    type(None): "",
    bool: "bool",
    int: "int",
    float: "float",
    str: "text",
    bytes: "bytes",
    datetime.date: "date",
    datetime.datetime: "instant?",
    list: "list",
    tuple: "list",
    dict: "dict",
    set: "set",
    frozenset: "set",
}
_BASES: tuple[tuple[type, str], ...] = (
    (bool, "bool"),
    (int, "int"),
    (float, "float"),
    (str, "text"),
    (bytes, "bytes"),
    (datetime.datetime, "instant?"),
    (dict, "dict"),
    (decimal.Decimal, "decimal"),
)
_NUMPY = {
    "bool": "bool",
    "bool_": "bool",
    "integer": "int",
    "floating": "float",
    "ndarray": "list",
    "datetime64": "naive",
}


def _gone(item: Any) -> bool:
    return item is None or type(item).__name__ in ("NaTType", "NAType")


def _is_naive(item: datetime.datetime) -> bool:
    return item.tzinfo is None


def _require_exact(items: list[Any], where: Where, form: str) -> None:
    for index, item in enumerate(items):
        if _gone(item) or isinstance(item, float):
            continue
        if not _is_exact(int(item)):
            _refuse(where(index), item, f"is not exact beside a fraction in {form}")


def _is_exact(number: int) -> bool:
    try:
        return int(float(number)) == number
    except OverflowError:
        return False


def _require_range(items: list[Any], where: Where, form: str) -> None:
    numbers = [int(item) for item in items if not _gone(item)]
    if not numbers:
        return
    low, high = min(numbers), max(numbers)
    if low >= -_MOST_SIGNED - 1 and high <= (_MOST_SIGNED if low < 0 else _MOST_UNSIGNED):
        return
    for index, item in enumerate(items):
        if not _gone(item) and not -_MOST_SIGNED - 1 <= int(item) <= _MOST_SIGNED:
            _refuse(where(index), item, f"does not fit the 64-bit integers of {form}")


def _require_finite(items: list[Any], where: Where, form: str) -> None:
    for index, item in enumerate(items):
        if isinstance(item, decimal.Decimal) and not item.is_finite():
            _refuse(where(index), item, f"is no number that {form} has among decimals")


def _require_fields(items: list[Any], where: Where, form: str) -> None:
    names: dict[Any, None] = {}
    for item in items:
        if not _gone(item):
            names.update(dict.fromkeys(item))
    for name in names:
        places = [at for at, item in enumerate(items) if not _gone(item) and name in item]
        if type(name) is not str:
            _refuse(where(places[0]), items[places[0]], f"has a key that is no text for {form}")
        require([items[at][name] for at in places], _within(where, places, name), form)


def _within(where: Where, places: list[int], name: str) -> Where:
    return lambda at: f"{where(places[at])}.{name}"


def _require_items(items: list[Any], where: Where, form: str) -> None:
    places: list[tuple[int, int]] = []
    inner: list[Any] = []
    for index, item in enumerate(items):
        if _gone(item):
            continue
        listed = item.tolist() if hasattr(item, "tolist") else item
        inner.extend(listed)
        places.extend((index, at) for at in range(len(listed)))

    def path(at: int) -> str:
        index, place = places[at]
        return f"{where(index)}[{place}]"

    require(inner, path, form)


def _refuse_sets(items: list[Any], where: Where, form: str) -> None:
    index = next(at for at, item in enumerate(items) if not _gone(item))
    _refuse(where(index), items[index], f"has no counterpart in {form}")


_CHECKS: dict[str, Callable[[list[Any], Where, str], None]] = {
    "int": _require_range,
    "decimal": _require_finite,
    "dict": _require_fields,
    "list": _require_items,
    "set": _refuse_sets,
}


def _refuse_mixture(items: list[Any], where: Where, form: str) -> NoReturn:
    first = next(item for item in items if not _gone(item))
    for index, item in enumerate(items):
        if not _gone(item) and _told(item) != _told(first):
            _refuse(where(index), item, f"cannot stand beside {_told(first)} in {form}")
    raise AssertionError  # there are several kinds, and each has a name of its own


def _told(item: Any) -> str:
    """The type as an error tells it, so that different kinds differ."""
    if isinstance(item, datetime.datetime):
        return f"{full_type_name(item)} {'without' if item.tzinfo is None else 'with'} a zone"
    return full_type_name(item)


def _refuse(path: str, item: Any, why: str) -> NoReturn:
    raise DataError(f"{path} ({_told(item)}) {why}; {_ADVICE}", path=path)


def has_nan(item: Any) -> bool:
    """Whether an item is a float that is no number."""
    return isinstance(item, float) and math.isnan(item)
