"""Whether what is to be read has room here: a little text may stand for a lot of objects.

Used in the kernel for results and in a Python child for inputs. Owns nothing.
"""

from __future__ import annotations

_WORTH_COUNTING = 1 << 24
_OBJECT, _PLACE = 64, 40
"""Bytes of an empty container; of a place in one, with a small object there."""


def check_room(text: bytearray) -> None:
    """Refuse a JSON text whose objects would take more memory than is left.

    Raises:
        MemoryError: They would.
    """
    if len(text) < _WORTH_COUNTING:
        return
    containers = text.count(b"[") + text.count(b"{")
    needed = len(text) + _OBJECT * containers + _PLACE * text.count(b",")
    left = _available()
    if left and needed > left:
        raise MemoryError(f"it takes some {needed >> 20:,} MiB here, and {left >> 20:,} are left")


def _available() -> int:
    """Bytes of memory that can be had; 0 if that is not known."""
    try:
        with open("/proc/meminfo", "rb") as file:
            figures = file.read()
    except OSError:
        return 0
    rest = figures.partition(b"MemAvailable:")[2].split()
    return int(rest[0]) << 10 if rest else 0
