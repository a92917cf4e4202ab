"""The scalar kinds of the standard library: tag, type and JSON form, each written down once.

Plain functions of the standard library that run on Python 3.9, in the kernel and in the child.
The forms are those of PROTOCOL.md, section "Values". A kind's module is imported when a value of
that kind turns up, so that importing this module costs nothing.
"""

from __future__ import annotations

import binascii
import math
import re
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from . import times
from .numbers import LARGEST_INTEGER
from .times import text_of

_MOST_DIGITS = 20_000
"""Of a fraction: to reduce one takes time that grows with their square, and hears no Stop."""
_FRACTION = re.compile(r"(-?\d+)/(\d+)", re.ASCII)
_HEXADECIMAL = re.compile(r"-?0x[0-9a-f]+")
_SPECIAL_FLOATS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf, "-0": -0.0}


class Kind:
    """One kind of scalar.

    Attributes:
        tag: What stands under ``$``.
        module: The module that holds the types.
        types: The names of the types; only exact instances are of the kind.
        write: Value → the other keys of its node, or None if this very value cannot be told
            exactly (a time with a time zone of an unknown class).
        read: Node → value. May raise any Exception if the node is malformed.
    """

    __slots__ = ("module", "read", "tag", "types", "write")

    def __init__(
        self,
        tag: str,
        module: str,
        types: tuple[str, ...],
        write: Callable[[Any], dict[str, Any] | None],
        read: Callable[[dict[str, Any]], Any],
    ) -> None:
        self.tag = tag
        self.module = module
        self.types = types
        self.write = write
        self.read = read


def kind_of(value: object) -> Kind | None:
    """The kind whose types the value is an exact instance of, or None."""
    cls = type(value)
    known = _KNOWN.get(cls)
    if known is None:
        module, name = type_module(cls), type_name(cls)
        known = _BY_NAME.get((module.partition(".")[0], name))
        # A class may claim any module and name; only the class that stands there is the kind's.
        if known is None or getattr(sys.modules.get(known.module), name, None) is not cls:
            return None
        _KNOWN[cls] = known
    return known


def type_module(cls: type) -> str:
    """The name of a class's module, whatever its metaclass does."""
    module = type.__dict__["__module__"].__get__(cls)
    return module if isinstance(module, str) else ""


def type_name(cls: type) -> str:
    """The qualified name of a class, whatever its metaclass does."""
    return str(type.__dict__["__qualname__"].__get__(cls))


def full_type_name(value: object) -> str:
    """The name of a value's type as a reader knows it: ``list``, ``pandas.DataFrame``."""
    module, name = type_module(type(value)), type_name(type(value))
    return name if module in {"", "builtins", "__main__"} else f"{module}.{name}"


def integer_node(value: int) -> Any:
    """The node of an exact int."""
    if -LARGEST_INTEGER <= value <= LARGEST_INTEGER:
        return value
    return {"$": "int", "v": hex(value)}


def float_node(value: float) -> Any:
    """The node of an exact float."""
    return value if math.isfinite(value) else {"$": "float", "v": repr(value)}


def text_node(value: str) -> Any:
    """The node of an exact str."""
    if is_unicode(value):
        return value
    return {"$": "str", "v": [ord(character) for character in value]}


def is_unicode(text: str) -> bool:
    """Whether a text can be written as UTF-8; one with lone surrogates cannot."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def number_node(value: Any) -> Any:
    """The node of a component that is an int or a float."""
    return float_node(value) if isinstance(value, float) else integer_node(int(value))


def read_number(node: Any) -> Any:
    """The number of a node; the reverse of `number_node`."""
    if type(node) in (int, float):
        return node
    if type(node) is dict and node.get("$") in ("int", "float"):
        return READERS[node["$"]].read(node)
    raise ValueError("a number is expected")


def base64_text(raw: Any) -> str:
    """Bytes as base64, without line ends."""
    return binascii.b2a_base64(raw, newline=False).decode("ascii")


def _read_integer(node: dict[str, Any]) -> int:
    text = text_of(node)
    if not _HEXADECIMAL.fullmatch(text):
        raise ValueError("an integer is written in hexadecimal")
    return int(text, 16)


def _read_text(node: dict[str, Any]) -> str:
    return "".join(map(chr, node["v"]))


def _write_bytes(value: bytes) -> dict[str, Any]:
    return {"v": base64_text(value)}


def _read_bytes(node: dict[str, Any]) -> bytes:
    return binascii.a2b_base64(text_of(node))


def _read_decimal(node: dict[str, Any]) -> Any:
    return import_module("decimal").Decimal(text_of(node))


def _write_fraction(value: Any) -> dict[str, Any] | None:
    largest = max(abs(value.numerator), value.denominator)
    if largest.bit_length() > 3 * _MOST_DIGITS:
        return None
    return {"v": f"{_digits(value.numerator)}/{_digits(value.denominator)}"}


def _read_fraction(node: dict[str, Any]) -> Any:
    matched = _FRACTION.fullmatch(text_of(node))
    if matched is None:
        raise ValueError("a fraction is written n/d")
    if any(len(digits) > _MOST_DIGITS for digits in matched.groups()):
        raise ValueError(f"a fraction has {_MOST_DIGITS:,} digits at most")
    decimal = import_module("decimal").Decimal
    numerator, denominator = (int(decimal(digits)) for digits in matched.groups())
    return import_module("fractions").Fraction(numerator, denominator)


def _digits(value: int) -> str:
    # Through Decimal, since Python limits the digits of str(int) and not those of Decimal.
    return str(import_module("decimal").Decimal(value))


def _write_complex(value: complex) -> dict[str, Any]:
    return {"v": [_part_node(value.real), _part_node(value.imag)]}


def _part_node(value: float) -> Any:
    # JavaScript keeps the node as JSON, and its JSON has no negative zero.
    if value == 0 and math.copysign(1, value) < 0:
        return {"$": "float", "v": "-0"}
    return float_node(value)


def _read_complex(node: dict[str, Any]) -> complex:
    real, imaginary = map(read_number, node["v"])
    return complex(real, imaginary)


def _read_uuid(node: dict[str, Any]) -> Any:
    return import_module("uuid").UUID(text_of(node))


def _write_path(value: Any) -> dict[str, Any]:
    return {"v": text_node(str(value)), "type": type(value).__name__}


def _read_path(node: dict[str, Any]) -> Any:
    name, text = text_of(node, "type"), node["v"]
    if name not in _PATHS:
        raise ValueError(f"{name} is no class of paths")
    if type(text) is dict and text.get("$") == "str":
        text = _read_text(text)
    return getattr(import_module("pathlib"), name)(text)


def _write_range(value: range) -> dict[str, Any]:
    return {"v": [number_node(part) for part in (value.start, value.stop, value.step)]}


def _read_range(node: dict[str, Any]) -> range:
    return range(*map(read_number, node["v"]))


_PATHS = ("PurePosixPath", "PosixPath", "PureWindowsPath", "WindowsPath")

_TABLE = (
    Kind("int", "builtins", ("int",), lambda value: {"v": hex(value)}, _read_integer),
    Kind(
        "float",
        "builtins",
        ("float",),
        lambda value: {"v": repr(value)},
        lambda node: _SPECIAL_FLOATS[node["v"]],
    ),
    Kind("str", "builtins", ("str",), lambda value: {"v": list(map(ord, value))}, _read_text),
    Kind("bytes", "builtins", ("bytes",), _write_bytes, _read_bytes),
    Kind(
        "bytearray",
        "builtins",
        ("bytearray",),
        _write_bytes,
        lambda node: bytearray(_read_bytes(node)),
    ),
    Kind("datetime", "datetime", ("datetime",), times.write_datetime, times.read_datetime),
    Kind("date", "datetime", ("date",), lambda value: {"v": value.isoformat()}, times.read_date),
    Kind("time", "datetime", ("time",), times.write_time, times.read_time),
    Kind("timedelta", "datetime", ("timedelta",), times.write_timedelta, times.read_timedelta),
    Kind("decimal", "decimal", ("Decimal",), lambda value: {"v": str(value)}, _read_decimal),
    Kind("fraction", "fractions", ("Fraction",), _write_fraction, _read_fraction),
    Kind("complex", "builtins", ("complex",), _write_complex, _read_complex),
    Kind("uuid", "uuid", ("UUID",), lambda value: {"v": str(value)}, _read_uuid),
    Kind("path", "pathlib", _PATHS, _write_path, _read_path),
    Kind("range", "builtins", ("range",), _write_range, _read_range),
)

READERS = {kind.tag: kind for kind in _TABLE}
"""Tag → kind."""

_BY_NAME = {(kind.module, name): kind for kind in _TABLE for name in kind.types}
_KNOWN: dict[type, Kind] = {}
