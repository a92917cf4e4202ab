"""The arena: what is written is read, by explicit offsets, and cannot change under a reader."""

from __future__ import annotations

import errno
import gc
import mmap
import os
import tempfile
from typing import Any

import numpy
import pytest

from codeexec_magics.data import Arena

LARGE = 3 << 20


def test_ranges_are_aligned_and_hold_what_was_appended(arena: Arena) -> None:
    parts: list[Any] = [b"a", bytearray(b"b" * 65), b"", numpy.arange(10), memoryview(b"cd")[1:]]
    places = [arena.append(part) for part in parts]

    assert [offset % 64 for offset, _ in places] == [0] * 5
    for part, (offset, length) in zip(parts, places, strict=True):
        assert bytes(arena.read(offset, length)) == bytes(part)


def test_the_shared_file_offset_is_neither_used_nor_moved(arena: Arena) -> None:
    os.lseek(arena.fd, 1000, os.SEEK_SET)

    offset, length = arena.append(b"abc")

    assert (offset, bytes(arena.read(offset, length))) == (0, b"abc")
    assert os.lseek(arena.fd, 0, os.SEEK_CUR) == 1000


def test_short_writes_and_reads_are_continued(arena: Arena, monkeypatch: Any) -> None:
    write, read = os.pwrite, os.pread
    monkeypatch.setattr(os, "pwrite", lambda fd, data, at: write(fd, bytes(data[:7]), at))
    monkeypatch.setattr(os, "pread", lambda fd, size, at: read(fd, min(size, 5), at))
    raw = bytes(range(100))

    assert bytes(arena.read(*arena.append(raw))) == raw


def test_what_is_not_contiguous_is_refused(arena: Arena) -> None:
    with pytest.raises(TypeError):
        arena.append(memoryview(b"abcdef")[::2])


def test_rewind_gives_memory_back(arena: Arena) -> None:
    arena.append(b"kept")
    end = arena.end
    arena.append(b"x" * 1000)

    arena.rewind(end)

    assert arena.size == end == 4
    assert arena.append(b"y") == (64, 1)


def test_a_sealed_arena_cannot_be_changed_by_anybody(arena: Arena) -> None:
    arena.append(b"x" * LARGE)
    other = os.dup(arena.fd)

    assert not arena.sealed
    arena.seal()
    arena.seal()

    assert arena.sealed
    for change in (
        lambda: os.ftruncate(other, 0),
        lambda: os.ftruncate(other, 2 * LARGE),
        lambda: os.pwrite(other, b"y", 0),
    ):
        with pytest.raises(PermissionError):
            change()
    os.close(other)


def test_sealing_tells_that_somebody_still_writes(arena: Arena) -> None:
    arena.append(b"x" * LARGE)
    writer = mmap.mmap(arena.fd, LARGE)

    with pytest.raises(OSError, match="still maps the arena writable") as caught:
        arena.seal()
    seen = arena.map()
    writer[0:1] = b"y"
    writer.close()

    assert caught.value.errno == errno.EBUSY
    assert bytes(seen[:1]) == b"x"


@pytest.mark.parametrize("size", [100, LARGE], ids=["copied", "mapped"])
def test_what_is_mapped_is_private_and_outlives_the_arena(size: int) -> None:
    arena = Arena.create("test")
    arena.append(b"x" * size)
    arena.seal()
    first, second = (numpy.frombuffer(arena.map(), "u1") for _ in range(2))
    arena.close()

    first[0] = ord("y")

    assert (first[:2].tobytes(), second[:2].tobytes()) == (b"yx", b"xx")


def test_a_mapping_holds_no_descriptor_and_ends_with_its_last_view(arena: Arena) -> None:
    def mappings() -> int:
        with open("/proc/self/maps") as lines:
            return sum("memfd:lasting" in line for line in lines)

    before = set(os.listdir("/proc/self/fd"))
    lasting = Arena.create("lasting")
    lasting.append(b"x" * LARGE)
    lasting.seal()
    whole = lasting.map()
    part = numpy.frombuffer(whole[64:128], "u1")
    del whole
    lasting.close()
    gc.collect()

    assert set(os.listdir("/proc/self/fd")) == before
    assert mappings() == 1
    assert part.tobytes() == b"x" * 64
    del part
    gc.collect()
    assert mappings() == 0


def test_an_arena_without_anonymous_memory_is_a_file_without_a_name(
    monkeypatch: Any, tmp_path: Any
) -> None:
    monkeypatch.delattr(os, "memfd_create")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    arena = Arena.create("test")
    arena.append(b"x" * LARGE)

    assert list(tmp_path.iterdir()) == []
    assert not os.get_inheritable(arena.fd)
    with pytest.raises(OSError, match="cannot be sealed"):
        arena.seal()
    seen = arena.map()
    os.ftruncate(arena.fd, 0)
    assert bytes(seen[-1:]) == b"x"
    arena.close()


def test_reading_beyond_the_end_is_told(arena: Arena) -> None:
    arena.append(b"abc")

    with pytest.raises(ValueError, match="ends within"):
        arena.read(0, 4)


def test_close_may_be_called_again() -> None:
    arena = Arena.create("test")
    arena.close()
    arena.close()

    with pytest.raises(OSError, match="descriptor"):
        _ = arena.size


def test_a_program_that_is_started_does_not_inherit_it(arena: Arena) -> None:
    assert not os.get_inheritable(arena.fd)
