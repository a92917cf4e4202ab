"""The inputs of a run, read: plain values as they are, bulk as bytes that R takes.

Runs in the bridge's process, without numpy: columns and arrays stay bytes, and are converted by the
standard library's arrays.
"""

from __future__ import annotations

import binascii
import datetime
import struct
import sys
from array import array
from typing import Any

from ....data.arena import Arena
from ....data.decode import Decoder
from ....protocol.numbers import INPUTS
from . import moments
from .serialization import INTEGER, LOGICAL, REAL, TEXT, with_missing

_CODES = {
    "i1": "b", "i2": "h", "i4": "i", "i8": "q", "u1": "B", "u2": "H", "u4": "I", "u8": "Q",
    "f4": "f", "f8": "d",
}  # fmt: skip
_MISSING = -(2**63)
_LARGEST_INTEGER, _LARGEST_EXACT = 2**31 - 1, 2**53
_PER_SECOND = {"s": 1, "ms": 1000, "us": 1_000_000, "ns": 1_000_000_000}
_SECONDS = {"W": 604_800, "D": 86_400, "h": 3600, "m": 60}


class Column:
    """A vector whose bytes are those of R.

    Attributes:
        kind: Its type.
        count: The number of its items.
        data: The bytes; of text a list.
        marks: Its attributes of text.
        shape: Of an array with more dimensions than one.
        problem: Place, reason and way out of an item that has no form.
    """

    def __init__(
        self, kind: int, count: int, data: Any, marks: moments.Marks = (), shape: Any = ()
    ) -> None:
        self.kind = kind
        self.count = count
        self.data = data
        self.marks = marks
        self.shape = shape
        self.problem: tuple[int, str, str] | None = None
        self.refused: Any = None

    def value_at(self, place: int) -> Any:
        """The item that is refused."""
        return self.refused


class Table:
    """A frame: names, and a `Column` or a list for each."""

    def __init__(self, names: list[str], columns: list[Any], rows: int, kind: str) -> None:
        self.names = names
        self.columns = columns
        self.rows = rows
        self.kind = kind


class Reading(Decoder):
    """Reads the inputs.

    Attributes:
        kinds: The libraries of the frames among them.
    """

    def __init__(self) -> None:
        super().__init__(Arena(INPUTS), "inputs", allow_pickle=False, by_columns=False, kept=())
        self.kinds: set[str] = set()

    def inputs(self, descriptor: dict[str, Any]) -> dict[str, Any]:
        """The inputs by name.

        Raises:
            DataError: Something cannot be read.
        """
        return dict(self.read(self.open(descriptor)))

    def tagged(self, node: dict[str, Any]) -> Any:
        """As in the base class; nothing is kept here, and arrays have forms of their own."""
        own = _OWN.get(str(node["$"]))
        if own is not None:
            return own(self, node)
        return super().tagged({name: part for name, part in node.items() if name != "kept"})

    def table(self, node: dict[str, Any]) -> Table:
        """A frame."""
        self.kinds.add(node["kind"])
        columns = []
        for name, inner in zip(node["names"], node["columns"]):
            self.path.parts.append(("key", name))
            columns.append(self.value(inner))
            self.path.parts.pop()
        return Table(node["names"], columns, node["rows"], node["kind"])

    def column(self, node: dict[str, Any]) -> Any:
        """A column in another form than bulk: items, or an array with some missing."""
        values = self.value(node["v"])
        if type(values) is not Column or "valid" not in node:
            return values
        gone = [at for at, flag in enumerate(bytes(self.buffer(node["valid"]))) if not flag]
        code = "d" if values.kind == REAL else "i"
        values.data = with_missing(code, values.data, gone)
        return values

    def array(self, node: dict[str, Any]) -> Any:
        """An array of numpy."""
        shape = node["shape"]
        if "v" in node:
            items = self.value(node["v"])
            return items if len(shape) == 1 else _nested(items, shape)
        made = _array(node["dtype"], self.buffer(node["b"]), node.get("as", "naive"))
        if len(shape) > 1:
            made.data = _by_columns(made, shape)
            made.shape = shape
        return made

    def scalar(self, node: dict[str, Any]) -> Any:
        """A number of numpy."""
        raw = memoryview(binascii.a2b_base64(node["v"]))
        made = _array(node["dtype"], raw, "naive")
        if made.kind == LOGICAL:
            return bool(struct.unpack("=i", made.data)[0])
        if made.kind == REAL and made.marks is moments.DATE:
            days = int(struct.unpack("=d", made.data)[0])
            return datetime.date.fromordinal(days + datetime.date(1970, 1, 1).toordinal())
        if made.kind == REAL and made.marks:
            return datetime.datetime(1970, 1, 1) + datetime.timedelta(
                seconds=struct.unpack("=d", made.data)[0]
            )
        return struct.unpack("=d" if made.kind == REAL else "=i", made.data)[0]

    def numbers(self, node: dict[str, Any]) -> Column:
        """Numbers in bulk."""
        kind, code = (REAL, "d") if node["dtype"] == "<f8" else (INTEGER, "i")
        raw = self.buffer(node["b"])
        return Column(kind, len(raw) // (8 if code == "d" else 4), self._missing(code, raw, node))

    def booleans(self, node: dict[str, Any]) -> Column:
        """Booleans in bulk."""
        raw = array("i", list(bytes(self.buffer(node["b"]))))
        return Column(LOGICAL, len(raw), self._missing("i", raw.tobytes(), node))

    def texts(self, node: dict[str, Any]) -> Column:
        """Text in bulk."""
        values: list[Any] = bytes(self.buffer(node["b"])).split(b"\0")
        values.pop()
        for place in self._gaps(node):
            values[place] = None
        return Column(TEXT, len(values), values)

    def instants(self, node: dict[str, Any]) -> Column:
        """Instants or days in bulk."""
        times = array("d", bytes(self.buffer(node["b"])))
        if node.get("as") == "date":
            marks, divisor = moments.DATE, 86_400_000.0
        else:
            marks, divisor = moments.posixct(moments.of_mark(node.get("as"))), 1000.0
        counted = array("d", [time / divisor for time in times]).tobytes()
        return Column(REAL, len(times), self._missing("d", counted, node), marks)

    def durations(self, node: dict[str, Any]) -> Column:
        """Durations in bulk."""
        made = self.numbers(node["v"])
        made.marks = moments.DIFFTIME
        return made

    def categories(self, node: dict[str, Any]) -> Column:
        """A factor."""
        codes = node["codes"]
        counted = array("i", bytes(self.buffer(codes["b"])))
        first = array("i", [code + 1 for code in counted]).tobytes()
        made = Column(INTEGER, len(counted), self._missing("i", first, codes))
        kind = ["ordered", "factor"] if node["ordered"] else ["factor"]
        made.marks = [("levels", node["v"]), ("class", kind)]
        return made

    def _missing(self, code: str, raw: Any, node: dict[str, Any]) -> Any:
        return with_missing(code, raw, self._gaps(node))

    def _gaps(self, node: dict[str, Any]) -> Any:
        return array("I", bytes(self.buffer(node["none"]))) if "none" in node else ()


_OWN = {
    "table": Reading.table,
    "column": Reading.column,
    "array": Reading.array,
    "scalar": Reading.scalar,
    "numbers": Reading.numbers,
    "booleans": Reading.booleans,
    "texts": Reading.texts,
    "instants": Reading.instants,
    "durations": Reading.durations,
    "categories": Reading.categories,
}


def _array(dtype: str, raw: memoryview, mark: Any) -> Column:
    """An array of one dimension."""
    kind = dtype[1:]
    if kind[0] == "M":
        return _instants(kind, array("q", bytes(raw)), mark)
    if kind == "b1":
        return Column(LOGICAL, len(raw), array("i", list(bytes(raw))).tobytes())
    items = array(_CODES[kind], bytes(raw))
    if dtype[0] == (">" if sys.byteorder == "little" else "<"):
        items.byteswap()
    if kind[0] == "f":
        return Column(REAL, len(items), (items if kind == "f8" else array("d", items)).tobytes())
    largest = max(max(items), -min(items)) if items else 0
    if largest <= _LARGEST_INTEGER:
        return Column(INTEGER, len(items), array("i", items).tobytes())
    made = Column(REAL, len(items), array("d", items).tobytes())
    if largest > _LARGEST_EXACT:
        at = next(at for at, item in enumerate(items) if abs(item) > _LARGEST_EXACT)
        why = "is beyond 2**53, which no number of R holds exactly"
        made.problem, made.refused = (at, why, "send .astype(str) or .astype(float)"), items[at]
    return made


def _instants(kind: str, counts: array[int], mark: Any) -> Column:
    unit = kind[kind.index("[") + 1 : -1]
    missing = [at for at, count in enumerate(counts) if count == _MISSING]
    if unit == "D":
        data = array("d", [0.0 if count == _MISSING else count for count in counts]).tobytes()
        return Column(REAL, len(counts), with_missing("d", data, missing), moments.DATE)
    scale, per = _SECONDS.get(unit, 1), _PER_SECOND.get(unit, 1)
    data = array("d", [0.0 if c == _MISSING else c * scale / per for c in counts]).tobytes()
    marks = moments.posixct(moments.of_mark(mark))
    made = Column(REAL, len(counts), with_missing("d", data, missing), marks)
    for at, count in enumerate(counts):
        micros = count * scale * 1_000_000
        if count != _MISSING and (
            micros % per or round(count * scale / per * 1e6) != micros // per
        ):
            why = "is finer than the microseconds that R keeps"
            made.problem, made.refused = (at, why, 'round it: .astype("M8[us]")'), str(count)
            break
    return made


def _by_columns(made: Column, shape: list[int]) -> bytes:
    """The items of an array in R's order, in which the first index runs fastest."""
    items = array("d" if made.kind == REAL else "i", made.data)
    return _turned(items, shape).tobytes()


def _turned(items: array[Any], shape: list[int]) -> array[Any]:
    if len(shape) < 2 or not items:
        return items
    last = shape[-1]
    turned = array(items.typecode)
    for at in range(last):
        turned.extend(_turned(items[at::last], shape[:-1]))
    return turned


def _nested(items: list[Any], shape: list[int]) -> Any:
    """Items in lists of lists, as the array shows them."""
    if len(shape) < 1:
        return items[0]
    if len(shape) == 1:
        return items
    step = len(items) // shape[0] if shape[0] else 0
    return [_nested(items[at * step : (at + 1) * step], shape[1:]) for at in range(shape[0])]
