"""Serve one run by an interpreter: start it, hand the program over, pass on what it says.

Runs in the child, in front of the user's interpreter; ends with it.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any, NoReturn

from ....errors import DataError, DecodingFailed
from ....protocol.numbers import INPUTS, OUTPUTS, UNUSABLE
from ....protocol.tree import TreeWriter
from .channel import Channel
from .interpreter import ARENA, RESULTS, DriverError, Interpreter
from .messages import PlainReader, error_message, request_of, result_message, stopped_message


def serve(language: str, argv: list[str]) -> NoReturn:
    """Serve the run that this process was started for.

    Args:
        language: The language's name.
        argv: The interpreter's command, its driver included.
    """
    channel = Channel()
    try:
        interpreter = Interpreter(argv)
        greeting = interpreter.hear()
    except (OSError, DriverError) as error:
        _give_up(f"cannot run {language}: {argv[0]}: {error}")
    if greeting is None or "version" not in greeting:
        _give_up(f"cannot run {language}: {argv[0]} did not start its driver")
    channel.greet(language, str(greeting["version"]))

    run = channel.receive_run()
    signal.signal(signal.SIGINT, lambda *_: interpreter.interrupt())
    request = request_of(run, INPUTS, f"/dev/fd/{ARENA}", f"/dev/fd/{RESULTS}")
    plain = greeting.get("data") == "json"
    try:
        if plain:
            request["inputs"] = PlainReader(language).value(request["inputs"])
        interpreter.ask(request)
        _pass_on(channel, interpreter, run, plain)
    except DataError as error:
        kind = "decoding" if isinstance(error, DecodingFailed) else "encoding"
        said = {"kind": kind, "class": "TypeError", "message": str(error), "path": error.path}
        channel.send(error_message(said, run))
        os._exit(1)
    except DriverError as error:
        sys.stderr.write(f"{error}\n")
        os._exit(UNUSABLE)
    interpreter.end_alike()


def _pass_on(channel: Channel, interpreter: Interpreter, run: dict[str, Any], plain: bool) -> None:
    """Pass on what the driver says, until its last word; that ends this process.

    Raises:
        EncodingFailed: The value of a driver that knows JSON only cannot travel.
    """
    while True:
        said = interpreter.hear()
        if said is None:
            return
        kind = said.get("type")
        if kind in ("display", "progress"):
            channel.send(said)
        elif kind == "stopped":
            channel.send(stopped_message(said, run))
        elif kind == "result":
            if plain:
                said["value"] = TreeWriter("result").node(said.get("value"))
            channel.send(result_message(said, OUTPUTS))
            os._exit(0)
        elif kind == "error":
            channel.send(error_message(said, run))
            os._exit(1)
        else:
            raise DriverError(f"the driver sent a line of the unknown type {kind!r}")


def _give_up(reason: str) -> NoReturn:
    sys.stderr.write(f"{reason}\n")
    os._exit(UNUSABLE)
