"""Python's values as SQL takes them: exactly, or refused by name.

Runs in the child; pure functions. DuckDB itself makes text of what it does not know, and of what
stands beside text.
"""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Iterable
from typing import Any, NoReturn

from ....errors import EncodingFailed
from ....protocol.scalars import full_type_name, type_module

_EXACT_IN_A_FLOAT = 2**53
_MOST_DIGITS = 38
Kind = Any
"""A name, or a tuple that begins with ``list``, ``struct`` or ``map``."""

_PLAIN = {
    bool: "a boolean",
    float: "a float",
    bytes: "bytes",
    bytearray: "bytes",
    datetime.date: "a date",
    datetime.time: "a time",
}


def exact(value: Any, path: str) -> tuple[Any, Kind]:
    """A value as DuckDB binds it, and its kind: values of one column have one.

    Raises:
        EncodingFailed: SQL has no exact form of it.
    """
    value = _plain(value, path)
    if value is None:
        return None, None
    if type(value) in _PLAIN:
        return value, _PLAIN[type(value)]
    for types, convert in _CONVERTED:
        if isinstance(value, types):
            made: tuple[Any, Kind] = convert(value, path)
            return made
    if full_type_name(value) == "uuid.UUID":
        return value, "a UUID"
    if type_module(type(value)).startswith("pathlib"):
        return str(value), "text"
    return refuse(value, path, "send text, numbers, instants, lists, dicts, or a frame")


def _plain(value: Any, path: str) -> Any:
    """A value of numpy or pandas as one of Python."""
    root = type_module(type(value)).partition(".")[0]
    name = type(value).__name__
    if root == "numpy" and hasattr(value, "dtype"):
        return _numpy(value, path)
    if name in ("NaTType", "NAType"):
        return None
    if name in ("Timestamp", "Timedelta") and root in ("pandas", "pyarrow"):
        if value.nanosecond if name == "Timestamp" else value.nanoseconds:
            refuse(value, path, "it is finer than a microsecond: .floor('us')")
        return value.to_pydatetime() if name == "Timestamp" else value.to_pytimedelta()
    if name in ("Series", "Index", "Array", "ChunkedArray") or root == "pandas":
        frame, items = ("to_frame()", "to_list()")
        if root == "pyarrow":
            refuse(value, path, f"send a list: -i {_name(path)}={_name(path)}.to_pylist()")
        refuse(value, path, f"send a frame: -i {_name(path)}={_name(path)}.{frame}, or .{items}")
    return value


def _numpy(value: Any, path: str) -> Any:
    if value.dtype.kind in "mM":
        whole = value.astype(f"{value.dtype.kind}8[us]")
        if ((whole != value) & (whole == whole)).any():
            refuse(value, path, "it is finer than a microsecond: .astype('M8[us]')")
        return whole.tolist()
    return value.tolist()


def _name(path: str) -> str:
    return path.partition(".")[2]


def _integer(value: int, path: str) -> tuple[Any, Kind]:
    if not -(2**127) <= value < 2**127:
        refuse(value, path, "no integer type of SQL holds it; send it as text")
    return value, "a whole number" if abs(value) <= _EXACT_IN_A_FLOAT else "a large whole number"


def _decimal(value: decimal.Decimal, path: str) -> tuple[Any, Kind]:
    if not value.is_finite():
        refuse(value, path, "a decimal of SQL is finite; send a float")
    _, digits, exponent = value.as_tuple()
    before, after = max(len(digits) + int(exponent), 0), max(-int(exponent), 0)
    if before + after > _MOST_DIGITS:
        refuse(value, path, f"a decimal of SQL has {_MOST_DIGITS} digits at most; send it as text")
    return value, "a decimal"


def _text(value: str, path: str) -> tuple[Any, Kind]:
    try:
        value.encode()
    except UnicodeEncodeError:
        refuse(value, path, "half a character (a surrogate) is no text in SQL")
    return value, "text"


def _instant(value: datetime.datetime, path: str) -> tuple[Any, Kind]:
    return value, "an instant" if value.tzinfo is None else "an instant with a zone"


def _duration(value: datetime.timedelta, path: str) -> tuple[Any, Kind]:
    return value, "a duration"


def _list(value: Iterable[Any], path: str) -> tuple[Any, Kind]:
    items, kind = [], None
    for at, item in enumerate(value):
        made, own = exact(item, f"{path}[{at}]")
        items.append(made)
        kind = merged(kind, own, f"{path}[{at}]")
    return items, ("list", kind)


def _dict(value: dict[Any, Any], path: str) -> tuple[Any, Kind]:
    if not all(isinstance(key, str) for key in value):
        refuse(value, path, "its keys must be text")
    if set(value) == {"key", "value"}:  # DuckDB would make one mapping of the two
        refuse(value, path, "call its keys otherwise than 'key' and 'value'")
    made = {key: exact(item, f"{path}.{key}") for key, item in value.items()}
    kinds = tuple((key, kind) for key, (_, kind) in made.items())
    return {key: item for key, (item, _) in made.items()}, ("struct", kinds)


def _set(value: Any, path: str) -> NoReturn:
    name = _name(path)
    refuse(
        value, path, f"send a list: -i {name}=list({name})" if name.isidentifier() else "send lists"
    )


_CONVERTED: tuple[tuple[Any, Any], ...] = (
    (bool, lambda value, _: (bool(value), "a boolean")),
    (int, _integer),
    (float, lambda value, _: (float(value), "a float")),
    (str, _text),
    (decimal.Decimal, _decimal),
    (datetime.datetime, _instant),
    (datetime.timedelta, _duration),
    (dict, _dict),
    ((set, frozenset), _set),
    ((list, tuple, range), _list),
)


def merged(one: Kind, other: Kind, path: str) -> Kind:
    """The kind of a column that has values of both.

    Raises:
        EncodingFailed: There is none that holds both exactly.
    """
    if one is None or one == other:
        return other
    if other is None:
        return one
    both = {str(one), str(other)}
    for wider, narrower in _WIDER:
        if both == {wider, narrower}:
            return wider
    if isinstance(one, tuple) and isinstance(other, tuple):
        if one[0] == other[0] == "list":
            return ("list", merged(one[1], other[1], path))
        if "list" not in (one[0], other[0]):
            return _merged_dicts(one, other, path)
    raise EncodingFailed(
        f"{path} ({_word(other)}) cannot stand beside {_word(one)}: a column of SQL has one type; "
        "make them alike",
        path=path,
    )


_WIDER = (
    ("a float", "a whole number"),
    ("a large whole number", "a whole number"),
    ("a decimal", "a whole number"),
)


def _merged_dicts(one: Kind, other: Kind, path: str) -> Kind:
    """Dicts of the same keys have a type for each; others one for all."""
    if one[0] == other[0] == "struct" and dict(one[1]).keys() == dict(other[1]).keys():
        second = dict(other[1])
        return ("struct", tuple((k, merged(kind, second[k], f"{path}.{k}")) for k, kind in one[1]))
    kind = None
    for part in (one, other):
        for each in [part[1]] if part[0] == "map" else [kind for _, kind in part[1]]:
            kind = merged(kind, each, path)
    return ("map", kind)


def _word(kind: Kind) -> str:
    return (
        {"list": "a list", "struct": "a dict", "map": "a dict"}[kind[0]]
        if isinstance(kind, tuple)
        else str(kind)
    )


def refuse(value: Any, path: str, way_out: str) -> NoReturn:
    """Fail for an input.

    Raises:
        EncodingFailed: Always.
    """
    kind = full_type_name(value)
    raise EncodingFailed(f"{path} ({kind}) has no exact form in SQL; {way_out}", path=path)
