"""Values on the wire: from an object to a descriptor and bytes in an arena, and back.

Loaded in the kernel, and in a Python child by path under another package name: imports within are
relative, the code runs on Python 3.9, and numpy and its like are only imported by the functions
that handle a value of theirs. `codeexec_magics.data.conversion` is for the kernel alone.
"""

from .arena import Arena
from .decode import decode
from .encode import (
    CODE,
    FOREIGN,
    KNOWN,
    MILLISECONDS,
    PYTHON,
    RETURNED,
    SEALED,
    STANDS_FOR,
    encode,
)

__all__ = [
    "CODE",
    "FOREIGN",
    "KNOWN",
    "MILLISECONDS",
    "PYTHON",
    "RETURNED",
    "SEALED",
    "STANDS_FOR",
    "Arena",
    "decode",
    "encode",
]
