"""Pictures by their bytes: what kind they are, and how large they would be when they are drawn.

Lives wherever a result is admitted or shown; pure, and owns nothing. Nothing is decoded here but
the few bytes that say it.
"""

from __future__ import annotations

import struct

LARGEST_PICTURE = 3_000_000
"""Bytes of a picture that are still put into a notebook."""

_MOST_PIXELS = 64_000_000
"""Of a stranger's picture: a few bytes may stand for a picture that fills a browser's memory."""
_LONGEST_SIDE = 32_768

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
_FRAMES_OF_JPEG = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE_IN_JPEG = frozenset({0x01, 0xFF, *range(0xD0, 0xD9)})


def kind_of(content: bytes) -> str | None:
    """The MIME type that a picture's first bytes tell; None if they tell none."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((mime for signature, mime in _SIGNATURES if content.startswith(signature)), None)


def is_sound(mime: str, content: bytes) -> bool:
    """Whether bytes are a picture of that type, of a size that can be drawn without harm."""
    if len(content) > LARGEST_PICTURE or kind_of(content) != mime:
        return False
    try:
        width, height = _SIZES[mime](content)
    except (struct.error, IndexError, ValueError):
        return False
    sides = 0 < width <= _LONGEST_SIDE and 0 < height <= _LONGEST_SIDE
    return sides and width * height <= _MOST_PIXELS


def _size_of_png(content: bytes) -> tuple[int, int]:
    if content[12:16] != b"IHDR":
        raise ValueError("a PNG begins with its header")
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def _size_of_gif(content: bytes) -> tuple[int, int]:
    width, height = struct.unpack("<HH", content[6:10])
    return width, height


def _size_of_jpeg(content: bytes) -> tuple[int, int]:
    place = 2
    while True:
        if content[place] != 0xFF:
            raise ValueError("a segment of a JPEG begins with a marker")
        marker = content[place + 1]
        if marker in _ALONE_IN_JPEG:
            place += 1 if marker == 0xFF else 2
            continue
        if marker in _FRAMES_OF_JPEG:
            height, width = struct.unpack(">HH", content[place + 5 : place + 9])
            return width, height
        (length,) = struct.unpack(">H", content[place + 2 : place + 4])
        place += 2 + max(length, 2)


def _size_of_webp(content: bytes) -> tuple[int, int]:
    kind = content[12:16]
    if kind == b"VP8X":
        across, down = content[24:27], content[27:30]
        return int.from_bytes(across, "little") + 1, int.from_bytes(down, "little") + 1
    if kind == b"VP8L" and content[20] == 0x2F:
        (bits,) = struct.unpack("<I", content[21:25])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and content[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", content[26:30])
        return width & 0x3FFF, height & 0x3FFF
    raise ValueError("no such chunk begins a WebP")


_SIZES = {
    "image/png": _size_of_png,
    "image/jpeg": _size_of_jpeg,
    "image/gif": _size_of_gif,
    "image/webp": _size_of_webp,
}
