"""Serve one run: greet, take the program and its inputs, evaluate, send what came of it.

Runs in the child, around the user's program; ends the process. All that is ours is imported here,
so that a program that redefines builtins or modules later changes nothing of it.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import signal
import sys
import types
from collections.abc import Sequence
from types import FrameType
from typing import Any

from ....data import (
    KNOWN,
    PYTHON,
    RETURNED,
    STANDS_FOR,
    Arena,
    decode,
    encode,
)
from ....data.remote_memory import (
    Fetching,
    Leaving,
    address_of,
    room_for,
)
from ....errors import DataError
from ....protocol.numbers import INPUTS, OUTPUTS, VERSION
from . import evaluate, late_hooks, search_path, shared_memory, spawning, standing_in, traces
from .calling import Inputs
from .channel import Channel
from .libraries import LIBRARIES
from .pending import pending
from .screen import Screen

STANDS_FOR[Inputs] = dict

_STANDBY = 0.005
"""Seconds; a runner that nobody has spoken to for so long is a standby, and has time."""


def serve(kind: type[Run] | None = None) -> None:
    """Serve the run that this process was started for; does not return.

    Args:
        kind: How it is served; None for Python.
    """
    kind = kind or Run
    channel = Channel()
    for stream in (sys.stdout, sys.stderr):
        if stream.encoding.lower() != "utf-8":  # of a locale that has fewer characters
            stream.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.argv[:] = [""]
    faulthandler.enable(channel.crash_notes(), all_threads=False)
    main = evaluate.fresh_main()
    channel.send(
        {
            "type": "ready",
            "protocol": VERSION,
            "language": kind.language,
            "version": ".".join(map(str, sys.version_info[:3])),
        }
    )
    if channel.is_quiet(_STANDBY):
        kind.rehearse()
    run = channel.receive()
    if run is None:
        channel.leave(0)
        return
    channel.token, channel.shared_before = run["token"], shared_memory.names()
    file = run.get("file")
    if file is not None:
        run["filename"] = sys.argv[0] = file
    if "pickle" not in run["values"] and "TMPDIR" in os.environ:
        late_hooks.keep_caches_in(os.environ["TMPDIR"])
    folder = "" if file is None else os.path.dirname(file)
    search_path.enter(folder, *run.get("path", ()))
    kind(channel, run, main).perform()


class Run:
    """The one run of this process; another language's derives from it."""

    language = "python"

    def __init__(self, channel: Channel, run: dict[str, Any], main: Any) -> None:
        self._channel = channel
        self._request = run
        self._main = main
        self._process = os.getpid()
        self._extractor = traces.Extractor(run["filename"])
        self._stopped = False
        self._loop = evaluate.Loop()
        self._screen = Screen(self._show, channel.send)
        self._keeps = run.get("keep", True)

    @classmethod
    def rehearse(cls) -> None:
        """Go once through what every run does, while this worker stands by.

        The first touch of each page of a fork copies it: so that is done before it is waited for.
        """
        traces.bare("", "")
        arena = Arena(OUTPUTS)
        rehearsal = {
            "filename": "<rehearsal>",
            "first_line": 1,
            "entry": "",
            "source": "x = 1\nx + 1",
        }
        screen = Screen(print, print)
        value, _ = evaluate.evaluate(
            rehearsal, {}, types.ModuleType("rehearsal"), evaluate.Loop(), screen
        )
        decode(
            encode(value, arena, reader=PYTHON, root="result"), arena, allow_pickle=False, root=""
        )
        standing_in.show_open(value, kept=True)
        pending(None)
        spawning.tidy()

    def perform(self) -> None:
        """Run the program and send what came of it; does not return."""
        signal.signal(signal.SIGINT, self._on_interrupt)
        try:
            value: Any = None
            missing: Sequence[str] = ()
            if self._request.get("map"):
                self._map()
            else:
                value, missing = self._evaluate()
        except SystemExit as error:
            self._exit(error)
        except BaseException as error:  # noqa: BLE001 - whatever the program threw is its result
            standing_in.show_open(None, kept=False)
            self._fail(error, "program")
        else:
            self._succeed(value, missing)

    def _evaluate(self) -> tuple[Any, Sequence[str]]:
        return evaluate.evaluate(
            self._request, self._inputs(), self._main, self._loop, self._screen
        )

    def _map(self) -> None:
        """Serve items until there are no more; the run's own value is nothing."""
        from .items import Items  # late: few programs are mapped

        items = Items(self._channel, frozenset(self._request["values"]), self._describe)
        items.begin()
        function = evaluate.prepare(
            self._request, self._inputs(), self._main, self._loop, self._screen
        )
        items.serve(function, self._loop)

    def _inputs(self) -> dict[str, Any]:
        try:
            fd = self._channel.check(INPUTS)
            arena = Fetching(fd, self._fetched()) if self._request.get("room") else Arena(fd)
            values = decode(self._request["inputs"], arena, allow_pickle=True, root="inputs")
            return dict(values)
        except DataError as error:
            self._fail(error, "decoding")
            raise AssertionError("unreachable") from error

    def _fetched(self) -> dict[int, memoryview]:
        """Make room for the inputs that are not in the arena, and wait until they are there."""
        rooms = room_for(self._request["inputs"])
        places = [[index, address_of(room)] for index, room in rooms.items()]
        self._channel.send({"type": "room", "rooms": places})
        if (self._channel.receive() or {}).get("type") != "filled":
            self._channel.leave(0)
        return rooms

    def _succeed(self, value: Any, missing: Sequence[str]) -> None:
        try:
            standing_in.show_open(value, kept=self._keeps)
            node = None if self._keeps else standing_in.drawn(value, self._screen)
            encoded, stays = self._encode(value) if node is None else (node, False)
        except DataError as error:
            if self._keeps:
                self._fail(error, "encoding")
            encoded, stays = standing_in.text(value), False
        except BaseException as error:  # noqa: BLE001 - memory may run out, or an interrupt come
            self._fail(error, "program")
        message = {"type": "result", "value": encoded}
        if missing:
            message["missing"] = list(missing)
        said = evaluate.remark(self._request, self._main) if value is None else ""
        if said:
            message["remark"] = said
        still = pending(self._loop.running)
        if still:
            message["pending"] = still
        self._last(message, 0, stays=stays)

    def _encode(self, value: Any) -> tuple[dict[str, Any], bool]:
        """The value as it travels, and whether some of it stays in this process's memory."""
        reads = frozenset(self._request["values"])
        arena = (Leaving if "memory" in reads else Arena)(self._channel.check(OUTPUTS))
        reader = reads | (RETURNED if self._keeps else KNOWN)
        encoded = encode(value, arena, reader=reader, root="result")
        with contextlib.suppress(OSError):  # a descendant must not change it before it is read
            arena.seal()
        return encoded, isinstance(arena, Leaving) and bool(arena.kept)

    def _fail(self, error: BaseException, kind: str) -> None:
        self._last({"type": "error", **self._describe(error, kind)}, 1)

    def _describe(self, error: BaseException, kind: str) -> dict[str, Any]:
        """What a message tells of a failure."""
        try:
            trace = self._extractor.extract(error)
        except BaseException as fault:  # noqa: BLE001 - a hostile exception; its type is still told
            trace = traces.bare(
                type(error).__name__, f"its trace cannot be read ({type(fault).__name__})"
            )
        described = {"kind": kind, "trace": trace}
        if kind != "program":
            described["path"] = getattr(error, "path", "")
            trace["frames"] = []
        return described

    def _last(self, message: dict[str, Any], code: int, *, stays: bool = False) -> None:
        # A program may fork without exec: the copy comes here too, and must not answer twice.
        if os.getpid() != self._process:
            if code and "trace" in message:
                sys.stderr.write(message["trace"].get("text", "") + "\n")
            self._channel.leave(code)
        spawning.tidy()
        message["loaded"] = [name for name in LIBRARIES if name in sys.modules]
        if stays:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # there is nothing left to interrupt
        self._channel.finish(message, code, stays=stays)

    def _exit(self, error: SystemExit) -> None:
        code = error.code
        if code is None:
            code = 0
        elif not isinstance(code, int):
            with contextlib.suppress(BaseException):  # the object's __str__ is the user's
                sys.stderr.write(f"{code}\n")
            code = 1
        self._channel.leave(code & 0xFF)

    def _show(self, message: dict[str, Any]) -> None:
        self._channel.send(message)
        self._channel.wait_until_taken()

    def _where(self, frame: FrameType | None) -> dict[str, Any]:
        """A trace of where the program is."""
        return self._extractor.where(frame)

    def _on_interrupt(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() == self._process and not self._stopped:
            self._stopped = True
            self._channel.send({"type": "stopped", "trace": self._where(frame)})
        raise KeyboardInterrupt
