"""Collect what a program prints: decoded across chunk borders, bounded, passed on in batches.

Lives in the kernel, in the thread that executes; `Kept.text` may be asked by any other. Owns the
kept text; the descriptor is the lease's.
"""

from __future__ import annotations

import codecs
import os
import threading
from collections import deque
from collections.abc import Callable

_READ_SIZE = 1 << 18
_TAIL_SHARE = 4
_LARGEST_BATCH = 1 << 18


class Kept:
    """The beginning and the end of a text that may be endless.

    Args:
        size: How many characters are kept: three quarters from the beginning, the rest from the
            end.
    """

    def __init__(self, size: int) -> None:
        self._lock = threading.Lock()
        self._tail_size = size // _TAIL_SHARE
        self._head_left = size - self._tail_size
        self._head: list[str] = []
        self._tail: deque[str] = deque()
        self._tail_length = 0
        self._dropped = 0

    def add(self, text: str) -> None:
        """Take what has come."""
        with self._lock:
            if self._head_left:
                head = text[: self._head_left]
                self._head.append(head)
                self._head_left -= len(head)
                text = text[len(head) :]
            if text:
                self._add_to_tail(text)

    def text(self) -> str:
        """What is kept; a line in its middle tells how much was left out."""
        with self._lock:
            self._head = ["".join(self._head)]
            head, tail, dropped = self._head[0], "".join(self._tail), self._dropped
        cut = max(0, len(tail) - self._tail_size)
        dropped += cut
        if not dropped:
            return head + tail if tail else head
        return f"{head}\n… {dropped:,} characters left out …\n{tail[cut:]}"

    def _add_to_tail(self, text: str) -> None:
        excess = len(text) - self._tail_size
        if excess > 0:  # a piece of a long text would keep all of it in memory
            self._dropped += excess
            text = text[excess:]
        self._tail.append(text)
        self._tail_length += len(text)
        # Whole pieces go, so that keeping costs no more than reading, however much is printed.
        while self._tail and self._tail_length - len(self._tail[0]) >= self._tail_size:
            oldest = self._tail.popleft()
            self._tail_length -= len(oldest)
            self._dropped += len(oldest)


class Stream:
    """One output stream of a run.

    Args:
        name: ``stdout`` or ``stderr``.
        fd: The pipe's reading end, non-blocking.
        kept: How many characters the result keeps, as `Kept` does.
        output: Called with the name and each batch of text; may be None.
    """

    def __init__(
        self, name: str, fd: int, kept: int, output: Callable[[str, str], None] | None
    ) -> None:
        self.name = name
        self.fd = fd
        self._output = output
        self._kept = Kept(kept)
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._batch: list[str] = []
        self._batch_length = 0

    @property
    def pending(self) -> bool:
        """Whether text waits for `flush`."""
        return bool(self._batch)

    def read(self) -> bool:
        """Take what the pipe holds now, at most one read; whether the pipe is still open."""
        try:
            received = os.read(self.fd, _READ_SIZE)
        except BlockingIOError:
            return True
        except OSError:
            received = b""
        self._take(received)
        return bool(received)

    def drain(self) -> None:
        """Take all that the pipe holds, now that nobody is left to write more."""
        try:
            while received := os.read(self.fd, _READ_SIZE):
                self._take(received)
        except OSError:
            pass  # still held open by a process outside of the run: what it writes is not the run's
        self._take(b"")
        self.flush()

    def flush(self) -> None:
        """Pass the batch on."""
        if self._batch and self._output is not None:
            text = "".join(self._batch)
            self._batch.clear()
            self._batch_length = 0
            self._output(self.name, text)

    def text(self) -> str:
        """What is kept; a line in its middle tells how much was left out."""
        return self._kept.text()

    def _take(self, received: bytes) -> None:
        text = self._decode(received, final=not received)
        if not text:
            return
        self._kept.add(text)
        if self._output is not None:
            self._batch.append(text)
            self._batch_length += len(text)
            if self._batch_length > _LARGEST_BATCH:
                self.flush()
