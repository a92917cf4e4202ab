"""Values of Python as vectors and lists of R.

Runs in the bridge's process. What has no exact form in R is refused by its path.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NoReturn

from ....errors import EncodingFailed
from ....protocol.scalars import full_type_name
from ....protocol.tree import Path
from . import moments
from .reading import Column, Table
from .serialization import (
    COMPLEX,
    INTEGER,
    LIST,
    LOGICAL,
    NA_INTEGER,
    RAW,
    REAL,
    TEXT,
    Attributes,
    Parts,
    Write,
    header,
    null,
    texts,
    vector,
    with_missing,
)

_LARGEST_INTEGER, _LARGEST_EXACT = 2**31 - 1, 2**53
_WAYS_OUT = {
    "decimal.Decimal": "send float(…) or str(…) of it",
    "fractions.Fraction": "send float(…) or str(…) of it",
    "set": "send sorted(…) of it",
    "frozenset": "send sorted(…) of it",
    "range": "send list(…) of it",
}


def serialized(request: dict[str, Any], inputs: dict[str, Any]) -> Parts:
    """A run in R's own form: a named list of what the driver is told, with the inputs.

    Args:
        request: Plain scalars and lists of text.
        inputs: The inputs, read.

    Raises:
        EncodingFailed: An input has no form in R.
    """
    parts: Parts = [header()]
    writer = _Writer("inputs")
    named = {name: writer.plain(value) for name, value in request.items()}
    named["inputs"] = writer.named(inputs)
    vector(parts, LIST, len(named), list(named.values()), [("names", texts(list(named)))])
    return parts


class _Writer:
    def __init__(self, root: str) -> None:
        self._path = Path(root)

    def plain(self, value: Any) -> Write:
        """What the driver itself is told: a scalar, or a vector of text."""
        return texts(value) if type(value) is list else self.value(value)

    def value(self, value: Any) -> Write:
        """A function that appends a value; everything is checked before it is called."""
        if value is None:
            return null
        cls = type(value)
        if cls is dict:
            return self.named(value)
        if cls in (list, tuple):
            return self._sequence(value)
        if cls is Table:
            return self._table(value)
        if cls is Column:
            return self.column(value, alone=True)
        if cls in (bytes, bytearray):
            return lambda parts: vector(parts, RAW, len(value), bytes(value))
        made = self._of_one_kind(cls, [value], ())
        if made is None:
            self.refuse(value)
        return made

    def named(self, value: dict[Any, Any]) -> Write:
        """A named list."""
        names, items = [], []
        for key, item in value.items():
            self._path.parts.append(("key", key))
            if type(key) is not str:
                self.refuse(key, "is a key that is no text, as names in R are", "send str(…) of it")
            self._check_text(key)
            names.append(key)
            items.append(self.value(item))
            self._path.parts.pop()
        named = [("names", texts(names))]
        return lambda parts: vector(parts, LIST, len(items), items, named)

    def _sequence(self, items: Sequence[Any], attributes: Attributes = ()) -> Write:
        types = set(map(type, items)) - {type(None)}
        if not attributes and len(items) == 1:
            # A vector of one item is what a scalar is, too: this one says that it was a list.
            attributes = [("class", texts(["AsIs"]))]
        if not types and items:
            missing = array("i", [NA_INTEGER]) * len(items)
            return lambda parts: vector(parts, LOGICAL, len(items), missing.tobytes(), attributes)
        if types == {int, float}:
            types = {float}
        made = self._of_one_kind(types.pop(), items, attributes) if len(types) == 1 else None
        return self._list(items, attributes) if made is None else made

    def _list(self, items: Sequence[Any], attributes: Attributes) -> Write:
        made = []
        for at, item in enumerate(items):
            self._path.parts.append(("[{}]", at))
            made.append(self.value(item))
            self._path.parts.pop()
        return lambda parts: vector(parts, LIST, len(made), made, attributes)

    def _of_one_kind(self, cls: type, items: Sequence[Any], attributes: Attributes) -> Write | None:
        """A vector of items of one type and None; None if R has no vector for it."""
        make = self._KINDS.get(cls.__name__ if cls.__module__ in ("builtins", "datetime") else "")
        return None if make is None else make(self, items, attributes)

    def _booleans(self, items: Sequence[Any], attributes: Attributes) -> Write:
        data = array("i", [NA_INTEGER if item is None else item for item in items]).tobytes()
        return lambda parts: vector(parts, LOGICAL, len(items), data, attributes)

    def _integers(self, items: Sequence[Any], attributes: Attributes) -> Write:
        known = [item for item in items if item is not None] if None in items else items
        if max(known) <= _LARGEST_INTEGER and min(known) >= -_LARGEST_INTEGER:
            data = array("i", [NA_INTEGER if item is None else item for item in items]).tobytes()
            return lambda parts: vector(parts, INTEGER, len(items), data, attributes)
        return self._reals(items, attributes)

    def _reals(self, items: Sequence[Any], attributes: Attributes) -> Write:
        self._check_integers(items)
        missing = [at for at, item in enumerate(items) if item is None]
        filled = [0.0 if item is None else item for item in items] if missing else items
        data = with_missing("d", array("d", filled).tobytes(), missing)
        return lambda parts: vector(parts, REAL, len(items), data, attributes)

    def _check_integers(self, items: Sequence[Any]) -> None:
        for at, item in enumerate(items):
            if type(item) is int and abs(item) > _LARGEST_EXACT:
                if len(items) > 1:
                    self._path.parts.append(("[{}]", at))
                why = "is beyond 2**53, which no number of R holds exactly"
                self.refuse(item, why, "send str(…) or float(…) of it")

    def _complex(self, items: Sequence[Any], attributes: Attributes) -> Write:
        pairs = [
            part
            for item in items
            for part in ((item.real, item.imag) if item is not None else (0, 0))
        ]
        missing = [
            place for at, item in enumerate(items) if item is None for place in (2 * at, 2 * at + 1)
        ]
        data = with_missing("d", array("d", pairs).tobytes(), missing)
        return lambda parts: vector(parts, COMPLEX, len(items), data, attributes)

    def _texts(self, items: Sequence[Any], attributes: Attributes) -> Write:
        if "\0" in "".join(item for item in items if item is not None):
            for at, item in enumerate(items):
                if item is not None and "\0" in item:
                    if len(items) > 1:
                        self._path.parts.append(("[{}]", at))
                    self._check_text(item)
        try:
            coded = [None if item is None else item.encode("utf-8") for item in items]
        except UnicodeEncodeError:
            self.refuse(items[0], "holds half a character", "send it as bytes")
        return lambda parts: vector(parts, TEXT, len(coded), coded, attributes)

    def _check_text(self, text: str) -> None:
        if "\0" in text:
            self.refuse(text, "holds a NUL character, which no text of R can", "send it as bytes")

    def _moments(self, items: Sequence[Any], attributes: Attributes) -> Write | None:
        zones = {moments.zone_name(item) for item in items if item is not None}
        if len(zones) > 1:
            return None
        return self._times(items, moments.seconds, moments.posixct(zones.pop()), attributes)

    def _days(self, items: Sequence[Any], attributes: Attributes) -> Write:
        return self._times(items, moments.days, moments.DATE, attributes)

    def _durations(self, items: Sequence[Any], attributes: Attributes) -> Write:
        return self._times(items, moments.duration, moments.DIFFTIME, attributes)

    def _times(
        self,
        items: Sequence[Any],
        number: Callable[[Any], float | None],
        marks: moments.Marks,
        attributes: Attributes,
    ) -> Write:
        numbers: list[float] = []
        for at, item in enumerate(items):
            found = 0.0 if item is None else number(item)
            if found is None:
                if len(items) > 1:
                    self._path.parts.append(("[{}]", at))
                why = "is too far from 1970 for R, which counts seconds in a float"
                self.refuse(item, why, "send value.isoformat() or str(…) of it")
            numbers.append(found)
        missing = [at for at, item in enumerate(items) if item is None]
        data = with_missing("d", array("d", numbers).tobytes(), missing)
        listed = any(name == "class" for name, _ in attributes)
        rest = [pair for pair in attributes if pair[0] != "class"]
        marked = moments.attributes(marks, as_is=listed)
        return lambda parts: vector(parts, REAL, len(items), data, [*marked, *rest])

    def _table(self, table: Table) -> Write:
        columns = []
        for name, column in zip(table.names, table.columns):
            self._path.parts.append(("key", name))
            self._check_text(name)
            columns.append(self.column(column) if type(column) is Column else self._items(column))
            self._path.parts.pop()
        rows = array("i", [NA_INTEGER, -table.rows]).tobytes()
        marks: Attributes = [
            ("names", texts(table.names)),
            ("class", texts(["data.frame"])),
            ("row.names", lambda parts: vector(parts, INTEGER, 2, rows)),
        ]
        return lambda parts: vector(parts, LIST, len(columns), columns, marks)

    def _items(self, items: list[Any]) -> Write:
        """A column that came item by item."""
        types = set(map(type, items)) - {type(None)}
        if not types:
            return lambda parts: vector(
                parts, LOGICAL, len(items), (array("i", [NA_INTEGER]) * len(items)).tobytes()
            )
        types = {float} if types == {int, float} else types
        made = self._of_one_kind(types.pop(), items, ()) if len(types) == 1 else None
        if made is None:
            at = next(at for at, item in enumerate(items) if item is not None)
            self._path.parts.append(("[{}]", at))
            self.refuse(items[at], "has no form in a column of R", _way_out(items[at]))
        return made

    def column(self, column: Column, alone: bool = False) -> Write:
        """A vector whose bytes are there already.

        Args:
            column: The vector.
            alone: Whether it is no column of a frame: then one item is marked to be a list.
        """
        if column.problem:
            at, why, way = column.problem
            self._path.parts.append(("[{}]", at))
            self.refuse(column.value_at(at), why, way)
        marks = list(column.marks)
        if alone and column.count == 1 and not column.shape:
            marks = [("class", ["AsIs", *dict(marks).get("class", [])])] + [
                pair for pair in marks if pair[0] != "class"
            ]
        written = moments.written(marks)
        if len(column.shape) > 1:
            size = array("i", column.shape).tobytes()
            shape = len(column.shape)
            written.append(("dim", lambda parts: vector(parts, INTEGER, shape, size)))
        return lambda parts: vector(parts, column.kind, column.count, column.data, written)

    def refuse(
        self, value: Any, why: str = "has no form in R", way_out: str | None = None
    ) -> NoReturn:
        """Fail with the present path.

        Raises:
            EncodingFailed: Always.
        """
        path = str(self._path)
        way = _way_out(value) if way_out is None else way_out
        raise EncodingFailed(f"{path} ({full_type_name(value)}) {why}; {way}", path=path)

    _KINDS: ClassVar[dict[str, Callable[..., Write | None]]] = {
        "bool": _booleans,
        "int": _integers,
        "float": _reals,
        "complex": _complex,
        "str": _texts,
        "datetime": _moments,
        "date": _days,
        "timedelta": _durations,
    }


def _way_out(value: Any) -> str:
    return _WAYS_OUT.get(full_type_name(value), "send str(…) of it")
