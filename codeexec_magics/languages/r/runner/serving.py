"""Serve one run by R: hand the inputs over in R's own form, and pass on what the driver says.

Runs in the child, in front of R; ends as R has ended.
"""

from __future__ import annotations

import os
import re
import signal
import sys
from typing import Any, NoReturn

from ....errors import DataError
from ....protocol.numbers import OUTPUTS, UNUSABLE
from ....protocol.scalars import base64_text
from ...bridge.runner.channel import Channel
from ...bridge.runner.interpreter import DriverError, Interpreter
from ...bridge.runner.messages import error_message, result_message, stopped_message
from .reading import Reading
from .vectors import serialized

_OLDEST = (4, 0)
_AGAIN, _TIMES = 0.1, 20
"""Seconds between interrupts, and their number: what R waits for may take one for itself."""


def serve(language: str, argv: list[str]) -> NoReturn:
    """Serve the run that this process was started for.

    Args:
        language: The language's name.
        argv: R.
    """
    channel = Channel()
    arena = os.memfd_create("request")
    driver = os.path.join(os.path.dirname(os.path.abspath(__file__)), "driver.R")
    # The shell script that starts R takes a blank for the end of a word.
    command = [argv[0], "--no-echo", "--vanilla", "--file=" + driver.replace(" ", "~+~")]
    try:
        interpreter = Interpreter(command, arena=arena)
        greeting = interpreter.hear()
    except (OSError, DriverError) as error:
        _give_up(f"cannot run {language}: {argv[0]}: {error}")
    if greeting is None or "version" not in greeting:
        _give_up(f"cannot run {language}: {argv[0]} did not start its driver; is it R?")
    version = str(greeting["version"])
    if tuple(map(int, re.findall(r"\d+", version)[:2])) < _OLDEST:
        _give_up(f"cannot run {language}: {argv[0]} is R {version}; R 4.0 or newer is needed")
    channel.greet(language, version)
    _Run(channel, interpreter, channel.receive_run()).perform(arena)


class _Run:
    """The one run of this process."""

    def __init__(self, channel: Channel, interpreter: Interpreter, run: dict[str, Any]) -> None:
        self._channel = channel
        self._interpreter = interpreter
        self._run = run
        self._left = _TIMES

    def perform(self, arena: int) -> NoReturn:
        signal.signal(signal.SIGINT, self._interrupt)
        signal.signal(signal.SIGALRM, self._interrupt)
        self._interpreter.send(b"%d\n" % self._hand_over(arena))
        try:
            self._pass_on()
        except DriverError as error:
            _give_up(str(error))
        except (AttributeError, LookupError, TypeError, ValueError):
            _give_up("the driver sent a line that is malformed")
        self._interpreter.end_alike()

    def _hand_over(self, arena: int) -> int:
        """Write the request; returns its size."""
        run, reading = self._run, Reading()
        text = run["source"]
        nul = text.find("\0")
        if nul >= 0:
            line = run["first_line"] + text.count("\n", 0, nul)
            said = {"class": "SyntaxError", "message": "nul character: R's programs are text"}
            self._fail({**said, "frames": [{"line": line}]})
        # The first line of the program has the number that the reader sees.
        lines = [""] * (run["first_line"] - 1) + re.split(r"\r\n|\n|\r", text.lstrip("\ufeff"))
        try:
            inputs = reading.inputs(run["inputs"])
            request = {
                "lines": [line.encode("utf-8", "replace").decode() for line in lines],
                "filename": run["filename"],
                "entry": run["entry"],
                "outputs": list(run.get("outputs", [])),
                "keep": run.get("keep", True),
                "frames": _kind(reading.kinds),
                "zone": _zone(),
            }
            parts = serialized(request, inputs)
        except DataError as error:
            said = {"class": type(error).__name__, "message": str(error), "kind": "decoding"}
            self._fail({**said, "path": getattr(error, "path", "")})
        with open(arena, "wb", closefd=False) as file:
            return sum(map(file.write, parts))

    def _pass_on(self) -> None:
        """Pass on what the driver says, until its last word; that ends this process."""
        while True:
            said = self._interpreter.hear()
            if said is None:
                return
            kind = said.get("type")
            if kind == "picture":
                self._show(str(said.get("data")))
            elif kind == "stopped":
                self._left = 0
                self._channel.send(stopped_message(self._within(said), self._run))
            elif kind == "result":
                self._channel.send(_result(said))
                os._exit(0)
            elif kind == "error":
                self._fail(self._within(said))
            else:
                raise DriverError(f"the driver sent a line of the unknown type {kind!r}")

    def _show(self, digits: str) -> None:
        try:
            data = base64_text(bytes.fromhex(digits))
        except ValueError:
            raise DriverError("the driver sent a picture that is none") from None
        self._channel.send({"type": "display", "bundle": {"image/png": data}, "metadata": {}})

    def _within(self, said: dict[str, Any]) -> dict[str, Any]:
        """What was said, with no line behind the program's last: R names that one at an end."""
        last = self._run["first_line"] + max(len(self._run["source"].splitlines()) - 1, 0)
        for frame in said.get("frames", []):
            if frame.get("file", self._run["filename"]) == self._run["filename"]:
                frame["line"] = min(frame["line"], last)
        return said

    def _fail(self, said: dict[str, Any]) -> NoReturn:
        self._channel.send(error_message(said, self._run))
        os._exit(1)

    def _interrupt(self, *_: object) -> None:
        if self._left > 0:
            self._left -= 1
            self._interpreter.interrupt()
            # While R waits for a command it hears nothing: once more when that has ended.
            signal.setitimer(signal.ITIMER_REAL, _AGAIN)


def _result(said: dict[str, Any]) -> dict[str, Any]:
    """The message ``result``; a large value's text is in the arena already."""
    place = said.pop("text", None)
    if place is None:
        return result_message(said, OUTPUTS)
    offset, length = said["buffers"][place]
    message = result_message({**said, "value": None}, OUTPUTS)
    del message["value"]["inline"]
    message["value"].update(offset=offset, length=length)
    return message


def _kind(kinds: set[str]) -> str:
    """The library of frames that come back: that of the inputs, if they have one in common."""
    return kinds.pop() if len(kinds) == 1 else ""


def _zone() -> str:
    """The name of this machine's time zone; R itself would ask programs for it."""
    try:
        target = os.path.realpath("/etc/localtime")
    except OSError:
        target = ""
    return target.partition("/zoneinfo/")[2] or "UTC"


def _give_up(reason: str) -> NoReturn:
    sys.stderr.write(f"{reason}\n")
    os._exit(UNUSABLE)
