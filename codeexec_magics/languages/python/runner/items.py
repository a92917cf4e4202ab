"""Serve the items of one map: call the program's function for each, and send what comes of them.

Runs in the child. Owns the count of items at the beginning of the outputs arena, by which others
tell the item that is being worked on, and the results' place behind it.
"""

from __future__ import annotations

import contextlib
import mmap
import os
from collections import deque
from collections.abc import Callable
from time import perf_counter
from typing import Any

from ....data import Arena, decode, encode
from ....data.plain import plain_items, plain_text
from ....errors import DataError
from ....protocol.numbers import INPUTS, NOTES, OUTPUTS, RESULTS
from .channel import Channel
from .evaluate import Loop

_STRIDE = 64
_LONG = 0.1
"""Seconds after which what is done of a batch is told, and the rest is handed back."""
_PLAIN = frozenset({int, float, str, bool, type(None), list, dict, tuple, bytes})

Describe = Callable[[BaseException, str], "dict[str, Any]"]


class Items:
    """The items of the one map of this process.

    Args:
        channel: Where they come from.
        reader: What the kernel reads.
        describe: Turns what an item threw, and the kind of that, into the fields of a message.
    """

    def __init__(self, channel: Channel, reader: frozenset[str], describe: Describe) -> None:
        self._channel = channel
        self._reader = reader
        self._describe = describe
        self._waiting: deque[dict[str, Any]] = deque()
        self._lent = False
        self._process = os.getpid()
        self._part: list[Any] = []
        outputs = channel.check(OUTPUTS)
        os.ftruncate(outputs, RESULTS)
        os.lseek(outputs, NOTES, os.SEEK_SET)
        self._memory = mmap.mmap(outputs, mmap.PAGESIZE)
        self._count = memoryview(self._memory).cast("Q")
        self._arena = Arena(outputs)
        os.register_at_fork(after_in_child=self._forget)
        _read_only(channel.check(INPUTS))

    def begin(self) -> None:
        """The program's own start is being worked on."""
        self._count[0] = 1

    def serve(self, function: Callable[[Any], Any], loop: Loop) -> None:
        """Serve batches until the kernel has no more.

        Args:
            function: What is called with each item.
            loop: Where what it returns is awaited, if it has to be.

        Raises:
            SystemExit: An item wants this process to end.
            KeyboardInterrupt: This process is to end.
        """
        self._count[0] = 0
        while (message := self._next()) is not None:
            self._serve(message, function, loop)
            self._count[0] = 0

    def _next(self) -> dict[str, Any] | None:
        """The next batch; None if there is none any more."""
        while not self._waiting:
            self._listen()
        message = self._waiting.popleft()
        return message if message["type"] == "items" else None

    def _listen(self) -> None:
        for message in self._channel.receive_some():
            if message["type"] == "taken":
                self._lent = False
            else:
                self._waiting.append(message)

    def _serve(self, message: dict[str, Any], function: Callable[[Any], Any], loop: Loop) -> None:
        began, first = perf_counter(), message["first"]
        self._count[0] = 2 * first + 1
        try:
            batch = plain_items(message["value"])
            if batch is None:
                arena = Arena(self._channel.check(INPUTS))
                batch = decode(message["value"], arena, allow_pickle=True, root="item")
        except DataError as error:
            # Which of them it is does not matter to a batch of one; larger ones are cut by the
            # kernel.
            self._send(first, None, began, self._describe(error, "decoding"), False)
            return
        stride = 1 if message.get("each") else _STRIDE
        place = 0
        while place < len(batch):
            values: list[Any] = []
            failure = None
            while failure is None and place + len(values) < len(batch):
                self._part = batch[place + len(values) : place + len(values) + stride]
                failure = self._work(first + len(values), values, function, loop)
                if stride == 1 or perf_counter() - began > _LONG:
                    break
            place += len(values) + (failure is not None)
            self._count[0] = 2 * first + 1
            late = perf_counter() - began > _LONG and place < len(batch)
            self._report(first, values, began, failure, late)
            if late:
                return  # others may have the rest: it is more than was thought
            first, began = message["first"] + place, perf_counter()

    def _work(
        self, first: int, values: list[Any], function: Callable[[Any], Any], loop: Loop
    ) -> dict[str, Any] | None:
        """Call the function for each item, up to the first that throws; what that threw."""
        count, plain, append, settle = self._count, _PLAIN, values.append, loop.settle
        number = 2 * first
        try:
            for item in self._part:
                count[0] = number
                value = function(item)
                if type(value) not in plain:
                    value = settle(value)
                append(value)
                number += 2
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:  # noqa: BLE001 - whatever an item throws is its result
            return self._describe(error, "program")
        finally:
            if os.getpid() != self._process:
                self._channel.leave(0)  # a program may fork: the copy has its item only
        return None

    def _report(
        self,
        first: int,
        values: list[Any],
        began: float,
        failure: dict[str, Any] | None,
        late: bool,
    ) -> None:
        """Send values and the failure behind them; in parts where one of them cannot travel."""
        if failure is None and not late and self._send_plain(first, values, began):
            return
        encoded = None
        try:
            if values:
                encoded = self._encode(values)
        except DataError as error:
            middle = len(values) // 2
            if middle:
                self._report(first, values[:middle], began, None, False)
                self._report(first + middle, values[middle:], began, failure, late)
                return
            refused = self._describe(self._refusal(values[0], error), "encoding")
            self._send(first, None, began, refused, late and failure is None)
            if failure is None:
                return
            first += 1
        self._send(first, encoded, began, failure, late)

    def _send_plain(self, first: int, values: list[Any], began: float) -> bool:
        """Send values that are their own text, without detours; False if these are not."""
        text = plain_text(values)
        if text is not None:
            self._channel.send_text(
                f'{{"type":"done","token":"{self._channel.token}","first":{first},'
                f'"value":{text},"seconds":{perf_counter() - began!r}}}'
            )
        return text is not None

    def _encode(self, values: Any) -> dict[str, Any]:
        while self._lent:
            self._listen()
        self._channel.check(OUTPUTS)
        self._arena.rewind(RESULTS)
        return encode(values, self._arena, reader=self._reader, root="result")

    def _refusal(self, value: Any, error: DataError) -> DataError:
        """Why a value cannot travel, told of the value by itself."""
        try:
            self._encode(value)
        except DataError as alone:
            return alone
        return error

    def _send(
        self,
        first: int,
        value: dict[str, Any] | None,
        began: float,
        failure: dict[str, Any] | None,
        late: bool,
    ) -> None:
        message: dict[str, Any] = {"type": "done", "first": first}
        if value is not None:
            message["value"] = value
            self._lent = "inline" not in value or "buffers" in value
        if failure is not None:
            message["failure"] = failure
        if late:
            message["back"] = True
        message["seconds"] = perf_counter() - began
        self._channel.send(message)

    def _forget(self) -> None:
        """In a fork of this process: it has the item that forked it, and no other."""
        self._part.clear()


def _read_only(fd: int) -> None:
    """Let no stray write of the program change inputs that are still to come."""
    with contextlib.suppress(OSError):  # a system without /proc, or a program that may not see it
        readable = os.open(f"/proc/self/fd/{fd}", os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.dup2(readable, fd, inheritable=False)
        finally:
            os.close(readable)
