"""Inputs as shell variables, arrays, and files.

Runs in the bridge's process, before bash starts. Writes files into the run's own temporary folder,
which goes with the run.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Mapping
from typing import Any

from ....errors import EncodingFailed
from ....protocol.scalars import full_type_name

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED = re.compile(
    r"PATH|IFS|HOME|ENV|SHELLOPTS|INPUTS|UID|EUID|PPID|__cell\w*|(BASH|LD|DYLD)_?\w*"
)
_LONGEST_EXPORTED = 100_000
_MOST_EXPORTED = 1_000_000
"""Characters: the kernel limits one string of an environment, and all of them (execve(2))."""


class File(str):
    """An input that is the path of a file."""

    __slots__ = ()


class Declarations:
    """The text that declares the inputs.

    Args:
        folder: Where files may be written.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._exported = 0
        self._json: dict[str, Any] = {}
        self.lines: list[str] = []

    def add(self, name: str, value: Any) -> None:
        """Declare one input.

        Raises:
            EncodingFailed: It has no form in a shell, or its name means something there.
        """
        path = f"inputs.{name}"
        if _RESERVED.fullmatch(name):
            refuse(
                path, value, "has a name that means something to bash", f"rename it: -i new={name}"
            )
        if isinstance(value, (bytes, bytearray)):
            value = File(self._file(name, bytes(value)))
        self._json[name] = _plain(value, path)
        if not _NAME.fullmatch(name):
            return
        if value is None:
            self.lines.append(f"unset {name}")
        elif _is_flat(value) and type(value) is dict:
            pairs = " ".join(f"[{_quoted(k, path)}]={_text(v, path)}" for k, v in value.items())
            self.lines.append(f"declare -A {name}=({pairs})")
        elif _is_flat(value):
            self.lines.append(f"{name}=({' '.join(_text(item, path) for item in value)})")
        else:
            self._variable(name, _text(value, path))

    def finish(self) -> str:
        """All declarations, with the file that holds the inputs together as JSON."""
        if self._json:
            data = json.dumps(self._json, ensure_ascii=False).encode("utf-8", "surrogatepass")
            self._variable("INPUTS", _quoted(self._file("inputs.json", data, ""), "inputs"))
        return "\n".join(self.lines)

    def _variable(self, name: str, text: str) -> None:
        self._exported += len(text)
        may = len(text) < _LONGEST_EXPORTED and self._exported < _MOST_EXPORTED
        self.lines.append(f"{'export ' if may else ''}{name}={text}")

    def _file(self, name: str, data: bytes, suffix: str = "") -> str:
        return write_file(self._folder, file_name(name) + suffix, data)


def file_name(name: str) -> str:
    """A name as a file may have it."""
    return re.sub(r"[^\w.-]", "_", name)[:100] or "_"


def write_file(folder: str, name: str, data: bytes) -> str:
    """Write a file that is not there yet, and return its path."""
    path, count = os.path.join(folder, name), 0
    while os.path.lexists(path):
        count += 1
        path = os.path.join(folder, f"{count}-{name}")
    with open(path, "xb") as file:
        file.write(data)
    return path


def refuse(path: str, value: object, why: str, way_out: str) -> None:
    """Fail for an input.

    Raises:
        EncodingFailed: Always.
    """
    raise EncodingFailed(f"{path} ({full_type_name(value)}) {why}; {way_out}", path=path)


def _is_scalar(value: Any) -> bool:
    return isinstance(value, (str, int, float)) or full_type_name(value) in _AS_TEXT


def _is_flat(value: Any) -> bool:
    """Whether a value is an array of a shell: a list, or a dict, of scalars."""
    if type(value) in (list, tuple):
        return all(map(_is_scalar, value))
    if type(value) is dict:
        return all(type(k) is str and k and _is_scalar(v) for k, v in value.items())
    return False


def _text(value: Any, path: str) -> str:
    """A value as one quoted word."""
    return _quoted(_plain_text(value, path), path)


def _plain_text(value: Any, path: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else str(value)
    if full_type_name(value) in _AS_TEXT:
        return str(_AS_TEXT[full_type_name(value)](value))
    return json.dumps(_plain(value, path), ensure_ascii=False)


_AS_TEXT: Mapping[str, Any] = {
    "datetime.datetime": lambda value: value.isoformat(),
    "datetime.date": lambda value: value.isoformat(),
    "datetime.time": lambda value: value.isoformat(),
    "decimal.Decimal": str,
    "fractions.Fraction": str,
    "uuid.UUID": str,
    "pathlib.PosixPath": str,
    "pathlib.PurePosixPath": str,
}


def _plain(value: Any, path: str) -> Any:
    """A value as JSON has it.

    Raises:
        EncodingFailed: It has none of its own.
    """
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if full_type_name(value) in _AS_TEXT:
        return _plain_text(value, path)
    if type(value) in (list, tuple):
        return [_plain(item, f"{path}[{at}]") for at, item in enumerate(value)]
    if type(value) is dict and all(type(key) is str for key in value):
        return {key: _plain(item, f"{path}.{key}") for key, item in value.items()}
    refuse(path, value, "has no form in a shell", "send text, numbers, lists, dicts, or a frame")
    return None


def _quoted(text: str, path: str) -> str:
    if "\0" in text:
        refuse(path, text, "holds a NUL character, which no shell variable can", "send it as bytes")
    return "'" + text.replace("'", "'\\''") + "'"
