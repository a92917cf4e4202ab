"""What a driver says, as messages of the protocol, and the request that it is given.

Runs in the bridge's process; pure but for the arenas. Everything that a driver says is checked by
the kernel, as whatever comes from a worker.
"""

from __future__ import annotations

import json
import os
import re
from typing import Any

from ....errors import DecodingFailed
from ....protocol.numbers import ALIGNMENT, LARGEST_INLINE
from ....protocol.tree import TreeReader

_BEFORE, _AFTER = 3, 1
"""Lines of the program that are shown before and after a failing one."""


def request_of(run: dict[str, Any], inputs: int, arena: str, outputs: str) -> dict[str, Any]:
    """The one line that a driver is given.

    Args:
        run: The message ``run``.
        inputs: The descriptor of the inputs arena.
        arena: The path by which the driver opens it.
        outputs: The same of the outputs arena.
    """
    value = run["inputs"]
    node = value.get("inline")
    if node is None:
        node = json.loads(os.pread(inputs, value["length"], value["offset"]))
    return {
        "source": run["source"],
        "filename": run["filename"],
        "first_line": run["first_line"],
        "entry": run["entry"],
        "outputs_wanted": run.get("outputs", []),
        "inputs": node,
        "buffers": value.get("buffers", []),
        "arena": arena,
        "outputs": outputs,
    }


class PlainReader(TreeReader):
    """Reads inputs for a driver that knows JSON only: what is no plain data is refused by name.

    Args:
        language: The name of the language that has no form for the rest.
    """

    def __init__(self, language: str) -> None:
        super().__init__("inputs")
        self._language = language.capitalize()

    def tagged(self, node: dict[str, Any]) -> Any:
        """A dict that JSON can hold, too, though JavaScript would have its keys in another order.

        Raises:
            DecodingFailed: The node is of anything else.
        """
        value = super().tagged(node) if node["$"] == "dict" else None
        if type(value) is dict and all(type(key) is str for key in value):
            return value
        path, why = str(self.path), f"has no form in {self._language}; send plain data"
        raise DecodingFailed(f"{path} ({node['$']}) {why}", path=path)


def result_message(said: dict[str, Any], outputs: int) -> dict[str, Any]:
    """The message ``result``; a large value stands in the outputs arena, behind the bulk."""
    message = {"type": "result", **{k: v for k, v in said.items() if k not in ("type", "value")}}
    buffers = message.pop("buffers", [])
    value: dict[str, Any] = {"codec": "tree"}
    if buffers:
        value["buffers"] = buffers
    text = json.dumps(said.get("value"), ensure_ascii=False, separators=(",", ":"))
    if len(text) <= LARGEST_INLINE:
        value["inline"] = said.get("value")
    else:
        data = text.encode("utf-8", "surrogatepass")
        at = -(-os.fstat(outputs).st_size // ALIGNMENT) * ALIGNMENT
        written = 0
        while written < len(data):
            written += os.pwrite(outputs, data[written:], at + written)
        value["offset"], value["length"] = at, len(data)
    return {**message, "value": value}


def error_message(said: dict[str, Any], run: dict[str, Any]) -> dict[str, Any]:
    """The message ``error``."""
    message = {"type": "error", "kind": said.get("kind", "program"), "trace": _trace(said, run)}
    for name in ("exit_code", "path"):
        if name in said:
            message[name] = said[name]
    return message


def stopped_message(said: dict[str, Any], run: dict[str, Any]) -> dict[str, Any]:
    """The message ``stopped``."""
    return {"type": "stopped", "trace": _trace({"class": "KeyboardInterrupt", **said}, run)}


def _trace(said: dict[str, Any], run: dict[str, Any]) -> dict[str, Any]:
    kind, message = str(said.get("class", "Error")), str(said.get("message", ""))
    said_frames = said.get("frames", [])
    # What does not parse has no frames: most interpreters begin the message with the place.
    place = re.match(re.escape(run["filename"]) + r":(\d+):\s*", message)
    if place and not said_frames:
        message, said_frames = message[place.end() :], [{"line": int(place[1])}]
    frames = [_frame(frame, run) for frame in said_frames if type(frame) is dict]
    headline = f"{kind}: {message}" if message else kind
    notes = [str(note) for note in said.get("notes", [])]
    places = [f"  at {_place(frame)}" for frame in reversed(frames)]
    return {
        "type": kind,
        "message": message,
        "frames": frames,
        "notes": notes,
        "text": said.get("text") or "\n".join([headline, *notes, *places]),
    }


def _place(frame: dict[str, Any]) -> str:
    place = f"{frame['file']}:{frame.get('line', '?')}"
    return f"{frame['function']} ({place})" if frame.get("function") else place


def _frame(frame: dict[str, Any], run: dict[str, Any]) -> dict[str, Any]:
    """A frame with what the driver leaves to the bridge: the file, and lines around its line."""
    file = frame.get("file", run["filename"])
    around = _excerpt(frame.get("line"), run) if file == run["filename"] else {}
    return {"user": True, **around, **frame, "file": file}


def _excerpt(line: Any | None, run: dict[str, Any]) -> dict[str, Any]:
    lines = run["source"].splitlines()
    index = line - run["first_line"] if type(line) is int else -1
    if not 0 <= index < len(lines):
        return {}
    start = max(index - _BEFORE, 0)
    return {
        "excerpt_start": run["first_line"] + start,
        "excerpt": lines[start : index + 1 + _AFTER],
    }
