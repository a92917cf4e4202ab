"""Any value on one line.

Lives wherever a result is shown and owns nothing. Like `reprlib`, but it never reads more of a
container than it shows, writes sets in an order that does not depend on hashing, and survives
every ``__repr__``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from codeexec_magics.display.safe_access import (
    attempt,
    method,
    origin,
    plain,
)
from codeexec_magics.display.wording import (
    LONGEST_VALUE,
    cut,
    on_one_line,
    without_addresses,
)

_TAKEN_APART = re.compile(r"(?<=[\u2190-\U0001faff])\\u200d(?=[\u2190-\U0001faff])")
_DEEPEST = 4
_LARGEST_SET = 1_000
_MOST_BITS = 4_000
# What str() says of these is what people write: 2026-11-24, not datetime.date(2026, 11, 24).
_WRITTEN_AS_TEXT = frozenset(
    {"datetime", "decimal", "fractions", "uuid", "ipaddress", "pathlib", "numpy", "zoneinfo"}
)


def brief(value: object, *, longest: int = LONGEST_VALUE) -> str:
    """A value as Python would write it, on one line, cut to ``longest`` characters."""
    return cut(on_one_line(_form(value, _DEEPEST, longest)), longest)


def is_whole(text: str) -> bool:
    """Whether a brief form says all there is: nothing in it was left out."""
    return "…" not in text.replace("0x…", "")


def spoken(value: object, *, longest: int = LONGEST_VALUE) -> str:
    """A value as a person would write it: text and dates without quotes and type."""
    return cut(on_one_line(free_form(value, room=longest + 1)), longest)


def free_form(value: object, *, room: int) -> str:
    """The same, neither cut nor cleaned, and with its line ends; text is read up to ``room``."""
    if isinstance(value, str):
        return plain(attempt(lambda: str.__getitem__(value, slice(room)), ""))
    if type(value) in _BUILT_IN:
        return _form(value, _DEEPEST, room)
    if is_scalar(value):
        return _asked(value, str)
    return _asked(value, repr)


def is_scalar(value: object) -> bool:
    """Whether it is one date, time, number or the like of the standard library, numpy, pandas."""
    module, name = origin(value)
    if module == "pandas":
        return name in {"Timestamp", "Timedelta", "NaTType", "NAType", "Period", "Interval"}
    if module == "numpy":
        return method(value, "item") is not None and name != "ndarray"
    return module in _WRITTEN_AS_TEXT


def type_name(value: object) -> str:
    """The name of a value's type, fit to be shown."""
    return "None" if value is None else cut(on_one_line(origin(value)[1]), 60)


def _form(value: object, depth: int, room: int) -> str:
    write = _BUILT_IN.get(type(value))
    if write is not None:
        return write(value, depth, room)
    return _asked(value, str if is_scalar(value) and origin(value)[0] == "numpy" else repr)


def _asked(value: object, question: Callable[[object], str]) -> str:
    answer = attempt(lambda: plain(question(value)), "")
    return without_addresses(answer) if answer else f"<{type_name(value)}, which cannot be shown>"


def _text(value: str, _depth: int, room: int) -> str:
    return _unbroken(repr(value)) if len(value) <= room else _unbroken(repr(value[:room])) + "…"


def _unbroken(text: str) -> str:
    """What ``repr`` takes apart put together again: emoji that stand for one."""
    return _TAKEN_APART.sub("\u200d", text) if "\\u200d" in text else text


def _bytes(value: bytes, _depth: int, room: int) -> str:
    return repr(value) if len(value) <= room else repr(value[:room]) + "…"


def _integer(value: int, _depth: int, _room: int) -> str:
    # Python refuses to write very long integers, and takes its time for long ones.
    bits = value.bit_length()
    return repr(value) if bits <= _MOST_BITS else f"<int of {bits:,} bits>"


def _listing(value: list[object], depth: int, room: int) -> str:
    return f"[{_items(value, depth, room)}]"


def _tuple(value: tuple[object, ...], depth: int, room: int) -> str:
    comma = "," if len(value) == 1 else ""
    return f"({_items(value, depth, room)}{comma})"


def _dict(value: dict[object, object], depth: int, room: int) -> str:
    if depth == 0 and value:
        return "{…}"
    pairs = (
        f"{_form(key, depth - 1, room)}: {_form(item, depth - 1, room)}"
        for key, item in value.items()
    )
    return f"{{{_joined(pairs, len(value), room)}}}"


def _set(value: set[object], depth: int, room: int) -> str:
    return f"{{{_members(value, depth, room)}}}" if value else "set()"


def _frozenset(value: frozenset[object], depth: int, room: int) -> str:
    return f"frozenset({{{_members(value, depth, room)}}})" if value else "frozenset()"


def _members(value: Iterable[object], depth: int, room: int) -> str:
    members = list(islice(value, _LARGEST_SET + 1))
    if depth == 0 or len(members) > _LARGEST_SET:
        return "…"
    ordered = sorted(_order(member, _form(member, depth - 1, room)) for member in members)
    return _joined((form for _, _, form in ordered), len(ordered), room)


def _order(member: object, form: str) -> tuple[bool, float, str]:
    number = float(member) if type(member) is int and abs(member) < 1 << 53 else None
    number = member if type(member) is float and member == member else number
    return (number is None, 0.0 if number is None else number, form)


def _items(value: Iterable[object], depth: int, room: int) -> str:
    if depth == 0:
        return "…" if any(True for _ in value) else ""
    size = len(value)  # type: ignore[arg-type]
    return _joined((_form(item, depth - 1, room) for item in value), size, room)


def _joined(forms: Iterator[str], size: int, room: int) -> str:
    parts: list[str] = []
    length = 0
    for form in forms:
        if length > room:
            return ", ".join([*parts, f"… {size - len(parts):,} more"])
        parts.append(form)
        length += len(form) + 2
    return ", ".join(parts)


_BUILT_IN: dict[type, Callable[..., str]] = {
    str: _text,
    bytes: _bytes,
    bytearray: _bytes,
    int: _integer,
    bool: lambda value, _depth, _room: repr(value),
    float: lambda value, _depth, _room: repr(value),
    complex: lambda value, _depth, _room: repr(value),
    type(None): lambda value, _depth, _room: repr(value),
    list: _listing,
    tuple: _tuple,
    dict: _dict,
    set: _set,
    frozenset: _frozenset,
}
