"""Values as types of TypeScript, as they are in a JavaScript process.

Used in the kernel, before a program runs. What is large is looked at in its beginning only: a type
may say less than there is, never more. Imports no library of data; frames bring their own.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Callable

from ..protocol.scalars import full_type_name
from .rows import is_frame, rows_of

_ROWS, _ITEMS = 200, 1000
"""How many are looked at."""
_MAPPINGS = 20_000
"""Of how many items the keys are looked at."""
_MOST_KINDS = 8
_DEEPEST = 8
_MOST_FIELDS = 400
_MORE = "  [name: string]: any;\n"
_LONGEST = 65_536
_SAFE = (1 << 53) - 1
_NAME = re.compile(
    r"(?!(?:await|break|case|catch|class|const|continue|debugger|default|delete|do|else|enum|export"
    r"|extends|false|finally|for|function|if|implements|import|in|instanceof|interface|let|new|null"
    r"|package|private|protected|public|return|static|super|switch|this|throw|true|try|typeof|var"
    r"|void|while|with|yield)$)(?:[^\W\d]|\$)[\w$]*"
)
"""What a variable may be called."""
_ANYTHING = "any"
_TAGGED_NUMBERS = ("decimal.Decimal", "fractions.Fraction", "datetime.timedelta")
_TAGGED = (*_TAGGED_NUMBERS, "datetime.time", "builtins.complex", "uuid.UUID", "builtins.range")
_DATES = ("datetime.datetime", "datetime.date", "pandas.Timestamp")
_NUMBERS = {"number": "Float64Array", "bigint": "BigInt64Array", "number | null": "Float64Array"}
"""What holds a column of them: a hole of pandas is NaN there."""
_ARRAYS = {
    "f2": "Float32Array",
    "f4": "Float32Array",
    "f8": "Float64Array",
    "i1": "Int8Array",
    "i2": "Int16Array",
    "i4": "Int32Array",
    "u1": "Uint8Array",
    "u2": "Uint16Array",
    "u4": "Uint32Array",
}


def declarations_of(inputs: Mapping[str, Any]) -> str:
    """The interface ``Inputs`` of values by name, and the names that are variables.

    Args:
        inputs: Values by name.
    """
    parts: list[str] = []
    fields: list[str] = []
    for name, value in inputs.items():
        own, type_ = _declared(name, value)
        if sum(map(len, parts)) + len(own) + len(type_) > _LONGEST:
            own, type_ = "", _ANYTHING
        parts.append(own)
        fields.append(f"  {_key(name)}: {type_};\n")
        if _NAME.fullmatch(name):
            parts.append(f"declare var {name}: Inputs[{json.dumps(name)}];\n")
    return (
        f"interface Inputs {{\n{''.join(fields)}}}\ndeclare var inputs: Inputs;\n{''.join(parts)}"
    )


def _declared(name: str, value: Any) -> tuple[str, str]:
    """What has to be declared for an input, and its type."""
    try:
        if is_frame(value) and _NAME.fullmatch(name):
            return _frame(name, value)
        return "", _union([value], 0)
    except Exception:  # noqa: BLE001 - another's code; what is wrong is told when it is sent
        return "", _ANYTHING


def _frame(name: str, frame: Any) -> tuple[str, str]:
    rows, columns = _columns(frame)
    fields = "".join(f"  {_key(column)}: {type_};\n" for column, type_ in rows.items())
    whole = "".join(_column(column, rows[column], columns.get(column, "")) for column in rows)
    if len(rows) == _MOST_FIELDS:  # there may be more
        fields, whole = fields + _MORE, whole + _MORE
    own = f"interface Row_{name} {{\n{fields}}}\ninterface Columns_{name} {{\n{whole}}}\n"
    return own, f"Row_{name}[] & {{ columns: Columns_{name} }}"


def _column(name: str, of_rows: str, array: str) -> str:
    """A column as it is read, and what may be put in its place."""
    key = _key(name)
    return f"  get {key}(): {array or f'({of_rows})[]'};\n  set {key}(values: ArrayLike<any>);\n"


def _columns(frame: Any) -> tuple[dict[str, str], dict[str, str]]:
    """The types of a frame's columns in a row, and of those that are typed arrays as a whole."""
    head = frame.iloc[:_ROWS] if hasattr(frame, "iloc") else frame.slice(0, _ROWS)
    sample = list(rows_of(head, missing_as_none=True))
    names = list(sample[0]) if sample else _names(frame)
    rows: dict[str, str] = {}
    arrays: dict[str, str] = {}
    for name in names[:_MOST_FIELDS]:
        values = [row[name] for row in sample]
        type_ = _union(values, 1) if sample else _ANYTHING
        big, holed = _facts(frame, name)
        if big:
            type_ = "bigint"
        if type_ in _NUMBERS:
            arrays[name] = _NUMBERS[type_]
        if holed or any(value is None for value in values):
            type_ = _with_null(type_)
        rows[name] = type_
    return rows, arrays


def _with_null(type_: str) -> str:
    return type_ if "null" in type_ or type_ == _ANYTHING else f"{type_} | null"


def _names(frame: Any) -> list[str]:
    schema = getattr(frame, "schema", None)
    return [str(name) for name in (getattr(schema, "names", None) or frame.columns)]


def _facts(frame: Any, name: str) -> tuple[bool, bool]:
    """Whether a column has whole numbers that JavaScript has as BigInts, and whether it has holes.

    False where that cannot be asked without looking at all of it for long.
    """
    try:
        column = frame[name]
        dtype = str(getattr(column, "dtype", getattr(column, "type", ""))).lower()
        big = "int64" in dtype and _is_big(column)
        if hasattr(column, "null_count"):
            count = column.null_count
            return big, bool(count() if callable(count) else count)
        return big, len(column) <= _SAFE and bool(column.iloc[:100_000].isna().any())
    except Exception:  # noqa: BLE001 - the index of a frame is no column; another's code
        return False, False


def _is_big(column: Any) -> bool:
    if not len(column):
        return False
    if not hasattr(column, "max"):  # Arrow
        column = column.to_pandas()
    return any(edge is not None and abs(int(edge)) > _SAFE for edge in (column.min(), column.max()))


def _union(values: Sequence[Any], depth: int) -> str:
    """The type of values that stand in each other's place."""
    if depth > _DEEPEST:
        return _ANYTHING
    groups: dict[str, list[Any]] = {}
    for value in values:
        groups.setdefault(_kind(value), []).append(value)
    types = [
        _KINDS[kind](of_kind, depth) if kind in _KINDS else kind for kind, of_kind in groups.items()
    ]
    types = list(dict.fromkeys(types))
    if _ANYTHING in types or len(types) > _MOST_KINDS:
        return _ANYTHING
    return " | ".join(sorted(types, key=lambda type_: type_ == "null")) or _ANYTHING


def _kind(value: Any) -> str:
    """A type's name, or that of a group of values whose types are made together."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "bigint" if abs(value) > _SAFE else "number"
    for kinds, name in _PLAIN:
        if isinstance(value, kinds):
            return name
    name = full_type_name(value)
    if name.startswith("numpy."):
        return _numpy_kind(value)
    if name in _DATES or name.endswith("._libs.tslibs.timestamps.Timestamp"):
        return "Date"
    if name in _TAGGED:
        return "TaggedNumber" if name in _TAGGED_NUMBERS else "Tagged"
    return "frame" if is_frame(value) else _ANYTHING


_PLAIN: tuple[tuple[Any, str], ...] = (
    (str, "string"),
    (float, "number"),
    ((bytes, bytearray), "Buffer"),
    (Mapping, "mapping"),
    ((list, tuple), "list"),
    ((set, frozenset), "set"),
)


def _numpy_kind(value: Any) -> str:
    dtype, shape = value.dtype, value.shape
    if shape == ():
        kinds = {"b": "boolean", "f": "number", "U": "string", "M": "Date"}
        if dtype.kind in "iu":
            return "bigint" if abs(int(value)) > _SAFE else "number"
        return kinds.get(dtype.kind, _ANYTHING)
    return _ARRAYS.get(f"{dtype.kind}{dtype.itemsize}", _ANYTHING) if len(shape) == 1 else _ANYTHING


def _items(groups: Iterable[Iterable[Any]]) -> list[Any]:
    return list(itertools.islice(itertools.chain.from_iterable(groups), _ITEMS))


def _list(values: Sequence[Any], depth: int) -> str:
    items = _items(values) + _other_mappings(values)
    return f"({_union(items, depth + 1)})[]" if items else "any[]"


def _other_mappings(values: Sequence[Iterable[Any]]) -> list[Any]:
    """Mappings behind those that are looked at, one for each set of keys."""
    others = itertools.islice(itertools.chain.from_iterable(values), _ITEMS, _MAPPINGS)
    by_keys = {frozenset(other): other for other in others if isinstance(other, dict)}
    return list(itertools.islice(by_keys.values(), _ITEMS))


def _set(values: Sequence[Any], depth: int) -> str:
    items = _items(values)
    return f"Set<{_union(items, depth + 1)}>" if items else "Set<any>"


def _mapping(values: Sequence[Any], depth: int) -> str:
    maps = [value for value in values if not all(isinstance(key, str) for key in value)]
    if maps:
        keys, items = _items(maps), _items(value.values() for value in maps)
        return f"Map<{_union(keys, depth + 1)}, {_union(items, depth + 1)}>"
    values = values[: 2 * _ITEMS]
    fields: dict[str, list[Any]] = {}
    for value in values:
        for key, item in itertools.islice(value.items(), _MOST_FIELDS + 1):
            fields.setdefault(key, []).append(item)
    if not fields or len(fields) > _MOST_FIELDS:
        return f"{{ [name: string]: {_ANYTHING} }}"
    return (
        "{ "
        + "; ".join(
            f"{_key(key)}{'?' if len(items) < len(values) else ''}: {_union(items, depth + 1)}"
            for key, items in fields.items()
        )
        + " }"
    )


def _whole_frame(values: Sequence[Any], depth: int) -> str:
    if len(values) > 1:
        return _ANYTHING
    rows, _ = _columns(values[0])
    fields = "; ".join(f"{_key(name)}: {type_}" for name, type_ in rows.items())
    return f"({{ {fields} }}[] & {{ columns: any }})"


_KINDS: dict[str, Callable[[Sequence[Any], int], str]] = {
    "list": _list,
    "set": _set,
    "mapping": _mapping,
    "frame": _whole_frame,
}


def _key(name: str) -> str:
    return name if _NAME.fullmatch(name) else json.dumps(name)
