"""Anonymous shared memory that values travel in.

Used in the kernel and in the child, on Python 3.9 and later. An `Arena` owns one descriptor, from
its construction to `Arena.close`. Whatever another process wrote into it is untrusted.
"""

from __future__ import annotations

import errno
import os
from typing import Any

from ..protocol.numbers import ALIGNMENT

ELSEWHERE = 3
"""How many numbers say where a buffer is that is not in the arena: address, length, and 1."""

_LARGEST_WRITE = 1 << 30
_LARGEST_READ = 1 << 24
_WORTH_MAPPING = 1 << 20
_WORTH_COUNTING = 1 << 26
_MAY_SEAL = 2  # MFD_ALLOW_SEALING, which older Pythons do not name


class Arena:
    """A growing piece of memory behind a descriptor; no name in any file system.

    Args:
        fd: The descriptor; the arena owns it from now on.
    """

    __slots__ = ("_end", "fd")

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self._end = self.size

    @classmethod
    def create(cls, name: str) -> Arena:
        """Make an empty arena; it is not inherited by programs that are started meanwhile.

        Where the system has no anonymous memory (macOS) it is a temporary file whose name is
        removed at once. Such a file cannot be sealed, so that reading it always copies, and it may
        reach the disk.

        Args:
            name: What debuggers show for it.
        """
        if hasattr(os, "memfd_create"):
            return cls(os.memfd_create(name, os.MFD_CLOEXEC | _MAY_SEAL))
        import tempfile

        fd, path = tempfile.mkstemp(prefix=f"{name}-")
        os.unlink(path)
        return cls(fd)

    @property
    def size(self) -> int:
        """Bytes that the arena has at present, the other side's included."""
        return os.fstat(self.fd).st_size

    @property
    def end(self) -> int:
        """The offset behind what was appended here; `rewind` goes back to it."""
        return self._end

    @property
    def sealed(self) -> bool:
        """Whether nobody, in any process, can change the arena any more."""
        import fcntl

        try:
            seals = fcntl.fcntl(self.fd, fcntl.F_GET_SEALS)
        except (AttributeError, OSError):
            return False
        wanted = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
        return seals & wanted == wanted

    def append(self, buffer: Any) -> tuple[int, int]:
        """Write a contiguous buffer behind the last one.

        Only explicit offsets are used: the file offset is shared with other processes.

        Returns:
            Offset and length, in bytes.

        Raises:
            OSError: There is no memory left, or the arena is sealed.
            TypeError: The buffer is not contiguous.
        """
        view = memoryview(buffer)
        offset = -(-self._end // ALIGNMENT) * ALIGNMENT
        if view.nbytes == 0:
            return offset, 0
        view = view.cast("B")
        self._write(view, offset)
        return offset, view.nbytes

    def keep(self, buffer: Any) -> tuple[int, ...]:
        """Have a contiguous buffer reach the reader; how a descriptor says where it is."""
        return self.append(buffer)

    def fetched(self, index: int) -> memoryview:
        """A buffer that was not in the arena, and was fetched from where it is.

        Raises:
            ValueError: It was not.
        """
        raise ValueError(f"buffer {index} is not in the arena, and was not fetched")

    def stream(self) -> ArenaStream:
        """A file to write to, whose content becomes one range behind what was appended before."""
        return ArenaStream(self)

    def rewind(self, end: int) -> None:
        """Give back what was appended since `end` was this number."""
        if end < self._end:
            os.ftruncate(self.fd, end)
            self._end = end

    def seal(self) -> None:
        """Make sure that the arena never changes again, in this process or any other.

        Raises:
            OSError: Another process still maps it writable (``EBUSY``), or this kind of memory
                cannot be sealed. Reading is safe all the same: `map` then copies.
        """
        if self.sealed:
            return
        import fcntl

        try:
            fcntl.fcntl(self.fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW)
            fcntl.fcntl(self.fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE)
        except AttributeError:
            raise OSError(errno.ENOTSUP, "this system has no memory that can be sealed") from None
        except OSError as error:
            reasons = {
                errno.EBUSY: "another process still maps the arena writable",
                errno.EPERM: "the arena was made, or was sealed, so that no seal can be added",
                errno.EINVAL: "the arena is a file, which cannot be sealed",
            }
            raise OSError(error.errno, reasons.get(error.errno or 0, str(error))) from None

    def map(self) -> memoryview:
        """The whole content as private, writable memory that outlives the arena.

        A large sealed arena is mapped: nothing is copied, and writing to it changes no other
        process's view. Anything else is copied, since memory that another process may still
        write or shrink would change under the reader, or kill it with SIGBUS.

        Raises:
            OSError: It cannot be read.
            ValueError: It is larger than the memory that was ever written, or was cut meanwhile.
        """
        size = self.size
        self._refuse_holes(size)
        if size >= _WORTH_MAPPING and self.sealed:
            try:
                from .memory_map import private_mapping
            except ImportError:  # this interpreter was built without ctypes
                return memoryview(self.read(0, size))
            return memoryview(private_mapping(self.fd, size))
        return memoryview(self.read(0, size))

    def read(self, offset: int, length: int) -> bytearray:
        """A copy of one range.

        Raises:
            OSError: It cannot be read.
            ValueError: The range is not within the arena, or most of it was never written.
        """
        if length > _WORTH_COUNTING:
            self._refuse_holes(self.size)
        copy, done = bytearray(length), 0
        while done < length:
            part = os.pread(self.fd, min(length - done, _LARGEST_READ), offset + done)
            if not part:
                raise ValueError(f"the arena ends within {length} bytes at {offset}")
            copy[done : done + len(part)] = part
            done += len(part)
        return copy

    def close(self) -> None:
        """Close the descriptor; what `map` returned stays valid. May be called again."""
        fd, self.fd = self.fd, -1
        if fd >= 0:
            os.close(fd)

    def _write(self, view: memoryview, offset: int) -> None:
        done = 0
        while done < view.nbytes:
            done += os.pwrite(self.fd, view[done : done + _LARGEST_WRITE], offset + done)
        self._end = offset + done

    def _refuse_holes(self, size: int) -> None:
        # A program can announce a terabyte for nothing; copying it would take real memory here.
        if size > _WORTH_COUNTING and os.fstat(self.fd).st_blocks * 512 < size // 2:
            raise ValueError(f"the arena claims {size} bytes, most of which were never written")


class ArenaStream:
    """What is written to it piece by piece becomes one range of an arena.

    As much of a file as those who write to one ask for. Nothing else may be appended meanwhile.

    Attributes:
        closed: Whether it takes no more.
    """

    __slots__ = ("_arena", "_start", "closed")

    def __init__(self, arena: Arena) -> None:
        self._arena = arena
        self._start = -(-arena.end // ALIGNMENT) * ALIGNMENT
        self.closed = False

    @property
    def place(self) -> tuple[int, int]:
        """Offset and length of what has been written, in bytes."""
        return self._start, max(self._arena.end - self._start, 0)

    def write(self, piece: Any) -> int:
        """Write contiguous bytes behind the last ones; returns how many there are.

        Raises:
            OSError: There is no memory left, or the arena is sealed.
        """
        view = memoryview(piece).cast("B")
        if view.nbytes:
            self._arena._write(view, max(self._start, self._arena.end))
        return view.nbytes

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Take no more."""
        self.closed = True
