"""Choose how a value is shown.

Lives wherever a result is shown and owns nothing. The order of the questions is the design:
a table first, since frames draw themselves too, but less well; a picture; bytes; nested data that
is too large for a line; and at last the value's own text.
"""

from __future__ import annotations

from codeexec_magics.display.blocks import (
    Block,
    Clip,
    Picture,
    Plain,
    Remark,
)
from codeexec_magics.display.one_line import (
    brief,
    free_form,
    is_whole,
    type_name,
)
from codeexec_magics.display.pictures import checked_picture, picture_of
from codeexec_magics.display.safe_access import attempt, origin
from codeexec_magics.display.table_preview import grid_of
from codeexec_magics.display.tables import table_of
from codeexec_magics.display.trees import tree_of
from codeexec_magics.display.wording import (
    LONGEST_LINE,
    LONGEST_VALUE,
    clip,
    counted,
    cut,
    on_one_line,
)
from codeexec_magics.values.shown import Shown

_ROOM = 100_000
_LONGEST_ONLY_LINE = 1_000
_DUMPED = 64
_ROW = 16
_SHOWN_NUMBERS = 60
_SHOWN_ITEMS = 10
_NUMBER_KINDS = "biufcmM"


def value_blocks(value: object, *, trusted: bool = True) -> tuple[Block, ...]:
    """The blocks that show a value; none for None, which the header tells.

    Args:
        value: What is shown.
        trusted: Whether it may draw itself; else it is text, or a picture by its bytes.
    """
    if value is None or (type(value) is Shown and not value.text):
        return ()
    return attempt(lambda: _blocks(value, trusted), ()) or (Plain(Clip((brief(value),))),)


def value_type(value: object, *, trusted: bool = True) -> str:
    """A value's type, and what it holds where the type does not tell.

    For example ``ndarray float64 (3, 4)`` and ``str, SVG picture``.
    """
    if type(value) is Shown:
        return cut(on_one_line(value.type), 80)
    name = type_name(value)
    if origin(value) == ("numpy", "ndarray"):
        words = attempt(lambda: f"{name} {value.dtype} {value.shape}", name)  # type: ignore[attr-defined]
        return cut(on_one_line(words), 80)
    if type(value) in {str, bytes, bytearray, dict}:
        look = picture_of if trusted else checked_picture
        picture = attempt(lambda: look(value), None)
        return f"{name}, {picture.alternative}" if isinstance(picture, Picture) else name
    return name


def _blocks(value: object, trusted: bool) -> tuple[Block, ...]:
    if type(value) is Shown:
        return (Plain(clip(value.text, longest=_LONGEST_ONLY_LINE)),) if value.text else ()
    grid = grid_of(value)
    if grid is not None:
        return (table_of(grid),)
    picture = picture_of(value) if trusted else checked_picture(value)
    if picture is not None:
        return (picture,)
    if isinstance(value, bytes | bytearray):
        return _dump(bytes(value))
    if type(value) in {dict, list, tuple} and not is_whole(brief(value)):
        return _numbers(value) or (tree_of(value),)
    if origin(value) == ("numpy", "ndarray"):
        return attempt(lambda: _array(value), ()) or _text(value)
    if type(value) in {dict, list, tuple, set, frozenset}:
        return (Plain(Clip((brief(value, longest=10 * LONGEST_VALUE),))),)
    return _text(value)


def _text(value: object) -> tuple[Block, ...]:
    text = free_form(value, room=_ROOM + 1)
    if not text.strip():
        return (Plain(Clip((brief(text),))),)
    longest = LONGEST_LINE if "\n" in text.rstrip("\n") else _LONGEST_ONLY_LINE
    blocks: tuple[Block, ...] = (Plain(clip(text[:_ROOM], longest=longest)),)
    size = attempt(lambda: str.__len__(value), 0) if isinstance(value, str) else len(text)
    if size > _ROOM:
        blocks += (Remark(f"{counted(size, 'character')}, first {_ROOM:,} read"),)
    elif len(text) > longest and longest == _LONGEST_ONLY_LINE:
        blocks += (Remark(f"{counted(size, 'character')}, first {longest - 1:,} shown"),)
    return blocks


def _numbers(value: object) -> tuple[Block, ...]:
    """The first of many numbers, side by side; nothing if there is anything else among them."""
    if not isinstance(value, list | tuple):
        return ()
    first = value[:_SHOWN_NUMBERS]
    if not all(type(item) in {int, float, bool} for item in first):
        return ()
    more = len(value) > len(first)
    texts = ", ".join(brief(item, longest=40) for item in first)
    begin, end = "[]" if isinstance(value, list) else "()"
    caption = counted(len(value), "item") + (f", first {len(first)} shown" if more else "")
    return Plain(Clip((f"{begin}{texts}{', …' if more else ''}{end}",))), Remark(caption)


def _dump(content: bytes) -> tuple[Block, ...]:
    """Bytes as a hexadecimal dump, with the text that stands in them beside it."""
    if not content:
        return (Plain(Clip(("b''",))),)
    rows = []
    for start in range(0, min(len(content), _DUMPED), _ROW):
        row = content[start : min(start + _ROW, _DUMPED)]
        text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "·" for byte in row)
        rows.append(f"{start:04x}  {row.hex(' '):<{3 * _ROW}} {text}")
    size = counted(len(content), "byte")
    caption = f"{size}, first {_DUMPED} shown" if len(content) > _DUMPED else size
    return Plain(Clip(tuple(rows))), Remark(caption)


def _array(array: object) -> tuple[Block, ...]:
    """An array as its library writes it, which leaves out the middle of long ones."""
    size, shape = int(array.size), tuple(array.shape)  # type: ignore[attr-defined]
    if not shape:
        return (Plain(Clip((brief(array.item()),))),)  # type: ignore[attr-defined]
    dimensions = " × ".join(f"{length:,}" for length in shape)
    caption = f"{dimensions} array" if len(shape) > 1 else counted(size, "value")
    if array.dtype.kind in _NUMBER_KINDS:  # type: ignore[attr-defined]
        return Plain(clip(free_form(str(array), room=_ROOM))), Remark(caption)
    flat = array.flat[:_SHOWN_ITEMS].tolist()  # type: ignore[attr-defined]
    more = ", …" if size > len(flat) else ""
    texts = ", ".join(brief(item, longest=40) for item in flat)
    if more:
        caption += f", first {len(flat)} shown"
    return Plain(Clip((f"[{texts}{more}]",))), Remark(caption)
