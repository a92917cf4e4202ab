"""Large buffers that stay where they are: the other process copies them from, or to, there.

Used in the kernel and in a Python child. Writing a gigabyte into fresh shared memory takes several
times as long as copying it; so a large buffer is named by its address in the process that has it.
The kernel alone copies, in both directions (process_vm_readv(2), process_vm_writev(2)): a program
can read no memory but its own.
"""

from __future__ import annotations

import ctypes
import errno
import os
from typing import Any

from .arena import ELSEWHERE, Arena
from .memory_map import fresh_memory

WORTH_A_COPY = 1 << 20
"""Bytes; smaller buffers go through the arena."""

_END = 1 << 63
_LARGEST_STEP = 1 << 30  # the system calls copy at most 2 GiB at once
_libc = ctypes.CDLL(None, use_errno=True)


class _Range(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Buffer(ctypes.Structure):
    """``Py_buffer``, the same since Python 3.3."""

    _fields_ = (
        ("buf", ctypes.c_void_p),
        ("obj", ctypes.py_object),
        ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t),
        ("readonly", ctypes.c_int),
        ("ndim", ctypes.c_int),
        ("format", ctypes.c_char_p),
        ("shape", ctypes.c_void_p),
        ("strides", ctypes.c_void_p),
        ("suboffsets", ctypes.c_void_p),
        ("internal", ctypes.c_void_p),
    )


class Leaving(Arena):
    """An arena that leaves large buffers where they are, for the kernel to copy.

    Attributes:
        kept: By index among the buffers: those, held so that they stay.
    """

    __slots__ = ("_count", "kept")

    def __init__(self, fd: int) -> None:
        super().__init__(fd)
        self._count = 0
        self.kept: dict[int, memoryview] = {}

    def keep(self, buffer: Any) -> tuple[int, ...]:
        """As in the base class; the address of a large one."""
        view, index = memoryview(buffer), self._count
        self._count += 1
        if view.nbytes < WORTH_A_COPY:
            return super().keep(view)
        self.kept[index] = view
        return address_of(view), view.nbytes, 1

    def rewind(self, end: int) -> None:
        """As in the base class; nothing is held any more."""
        super().rewind(end)
        self.kept.clear()


class Fetching(Arena):
    """An arena beside which large buffers have been fetched.

    Args:
        fd: The arena's descriptor.
        buffers: By index among the buffers: those.
    """

    __slots__ = ("_fetched",)

    def __init__(self, fd: int, buffers: dict[int, memoryview]) -> None:
        super().__init__(fd)
        self._fetched = buffers

    def fetched(self, index: int) -> memoryview:
        """As in the base class."""
        if index not in self._fetched:
            return super().fetched(index)
        return self._fetched[index]


def elsewhere(descriptor: Any) -> dict[int, tuple[int, int]]:
    """The buffers of a descriptor that are not in its arena: index → address and length.

    Raises:
        ValueError: What it says of them is not of the protocol.
    """
    buffers = descriptor.get("buffers", ()) if type(descriptor) is dict else ()
    found = {}
    for index, place in enumerate(buffers if type(buffers) is list else ()):
        if type(place) is list and len(place) == ELSEWHERE:
            address, length, _ = place
            if type(address) is not int or type(length) is not int or not 0 < length < _END:
                raise ValueError("an address and a length are integers")
            if not 0 < address < _END:
                raise ValueError(f"there is no memory at {address}")
            found[index] = (address, length)
    return found


def room_for(descriptor: Any) -> dict[int, memoryview]:
    """Fresh memory for each buffer of a descriptor that is not in its arena.

    Raises:
        MemoryError: There is not so much.
    """
    wanted = elsewhere(descriptor).items()
    return {index: memoryview(fresh_memory(length)).cast("B") for index, (_, length) in wanted}


def is_allowed(pid: int) -> bool:
    """Whether this process may copy from and to the memory of another."""
    if not hasattr(_libc, "process_vm_readv") or not hasattr(os, "pidfd_open"):
        return False
    nothing = ctypes.create_string_buffer(1)
    try:
        _move(_libc.process_vm_readv, pid, ctypes.addressof(nothing), 1, 1)
    except OSError as error:
        return error.errno == errno.EFAULT  # allowed, but nothing is there
    return True


def address_of(data: Any) -> int:
    """Where a contiguous buffer begins; it stays there as long as somebody holds it."""
    found = _Buffer()
    api = ctypes.pythonapi
    api.PyObject_GetBuffer(ctypes.py_object(data), ctypes.byref(found), 0)
    try:
        return found.buf or 0
    finally:
        api.PyBuffer_Release(ctypes.byref(found))


def read(pid: int, address: int, length: int) -> memoryview:
    """A copy of another process's memory, private and writable.

    Raises:
        MemoryError: There is not so much here.
        OSError: There is none at this address, or reading it is not allowed.
    """
    memory = fresh_memory(length)
    _move(_libc.process_vm_readv, pid, ctypes.addressof(memory), address, length)
    return memoryview(memory).cast("B")


def write(pid: int, address: int, data: Any) -> None:
    """Copy a contiguous buffer into another process's memory.

    Raises:
        OSError: There is none at this address, or writing it is not allowed.
    """
    view = memoryview(data)
    _move(_libc.process_vm_writev, pid, address_of(view), address, view.nbytes)


def _move(call: Any, pid: int, here: int, there: int, length: int) -> None:
    call.restype = ctypes.c_ssize_t
    done = 0
    while done < length:
        step = min(length - done, _LARGEST_STEP)
        ours, theirs = _Range(here + done, step), _Range(there + done, step)
        count = ctypes.c_ulong(1)
        moved = call(pid, ctypes.byref(ours), count, ctypes.byref(theirs), count, ctypes.c_ulong(0))
        if moved <= 0:
            number = ctypes.get_errno() if moved < 0 else 0
            raise OSError(number, os.strerror(number) if number else "the memory ends")
        done += moved
