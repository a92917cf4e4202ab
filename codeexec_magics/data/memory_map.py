"""Memory of one's own: a descriptor's content without keeping the descriptor, or fresh.

Used in the kernel and in the child. The memory is owned by whatever looks at it: it is unmapped
when the last view is gone. The standard library's ``mmap`` duplicates the descriptor for as long
as the mapping lives (before Python 3.13 always), so that a notebook that keeps a thousand results
would run out of descriptors.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import weakref
from typing import Any

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mmap.restype = ctypes.c_void_p
_libc.mmap.argtypes = [
    ctypes.c_void_p,
    ctypes.c_size_t,
    ctypes.c_int,
    ctypes.c_int,
    ctypes.c_int,
    ctypes.c_int64 if ctypes.sizeof(ctypes.c_void_p) == 8 else ctypes.c_long,
]
_libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
_libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
_FAILED = ctypes.c_void_p(-1).value
_LARGE_PAGE = 2 << 20


def private_mapping(fd: int, size: int) -> Any:
    """Writable memory that begins as the descriptor's content; writes stay in this process.

    Args:
        fd: What to map; it may be closed at once.
        size: Bytes, more than 0.

    Raises:
        OSError: The system refuses.
    """
    address = _libc.mmap(None, size, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_PRIVATE, fd, 0)
    if address == _FAILED:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    memory = (ctypes.c_ubyte * size).from_address(address)
    release = weakref.finalize(memory, _libc.munmap, address, size)
    # At exit other objects may still look at it; the system takes it back anyway.
    release.atexit = False
    return memory


def fresh_memory(size: int) -> Any:
    """Private, writable memory of zeros, in large pages where the system has them.

    Filling large pages takes a fraction of the time that small ones take.

    Args:
        size: Bytes, more than 0.

    Raises:
        MemoryError: There is not so much.
    """
    whole = size + _LARGE_PAGE
    kind = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    begin = _libc.mmap(None, whole, mmap.PROT_READ | mmap.PROT_WRITE, kind, -1, 0)
    if begin == _FAILED:
        raise MemoryError(f"there is no memory for {size} bytes")
    address = -(-begin // _LARGE_PAGE) * _LARGE_PAGE
    _libc.madvise(address, size, getattr(mmap, "MADV_HUGEPAGE", 14))  # else in small ones
    memory = (ctypes.c_ubyte * size).from_address(address)
    release = weakref.finalize(memory, _libc.munmap, begin, whole)
    release.atexit = False
    return memory
