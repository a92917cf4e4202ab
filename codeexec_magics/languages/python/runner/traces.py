"""Extract a failure into data: what was thrown, where, and what caused it.

Runs in the child, on the user's exceptions: their texts, their attributes and the values on the
stack are the user's objects, and every call into one may throw.
"""

from __future__ import annotations

import linecache
import os
from collections.abc import Iterator
from types import CodeType, FrameType, TracebackType
from typing import Any

from .frame_values import values_on
from .trace_text import text_of

_OURS = os.path.abspath(os.path.join(os.path.dirname(__file__), *[os.pardir] * 3)) + os.sep
_ALIAS = "_codeexec_magics"
_CONTEXT = 2
_MOST_FRAMES = 100
_MOST_CAUSES = 10
_MOST_MEMBERS = 10
_LONGEST_LINE = 500
_LIBRARIES = os.path.dirname(os.path.abspath(os.__file__)) + os.sep

# (frame, line, line end, column, column end), the columns counted from 0 in characters
_Position = tuple[Any, ...]


def bare(kind: str, message: str) -> dict[str, Any]:
    """A trace of which only type and message are known."""
    return {"type": kind, "message": message, "frames": [], "text": f"{kind}: {message}"}


class Extractor:
    """Turns exceptions and frames of one program into the JSON form of a trace.

    Args:
        filename: The program's file name.
    """

    def __init__(self, filename: str) -> None:
        self._filename = filename
        self._seen: set[int] = set()

    def extract(self, error: BaseException) -> dict[str, Any]:
        """The trace of an exception, its causes and members."""
        self._seen = set()
        trace = self._one(error, depth=0)
        trace["text"] = "\n".join(text_of(trace))
        return trace

    def where(self, frame: FrameType | None) -> dict[str, Any]:
        """A trace of where the code is now."""
        positions: list[_Position] = []
        while frame is not None:
            positions.append((frame, *_span(frame.f_code, frame.f_lasti, frame.f_lineno)))
            frame = frame.f_back
        frames = self._frames(positions[::-1])
        trace: dict[str, Any] = {"type": "KeyboardInterrupt", "message": "", "frames": frames}
        trace["text"] = "\n".join(text_of(trace))
        return trace

    def _one(self, error: BaseException, depth: int) -> dict[str, Any]:
        self._seen.add(id(error))
        frames = self._frames(_positions(error.__traceback__))
        if isinstance(error, SyntaxError):
            frames = self._with_syntax(error, frames)
        trace: dict[str, Any] = {
            "type": _type_name(error),
            "message": _message(error),
            "frames": frames,
            "notes": _notes(error),
            "bases": [base.__name__ for base in type(error).__mro__[1:-1]],
            "exceptions": [],
            "cause": None,
        }
        members = getattr(error, "exceptions", None)
        if depth < _MOST_CAUSES:
            if type(members) is tuple:
                trace["exceptions"] = [
                    self._one(member, depth + 1)
                    for member in members[:_MOST_MEMBERS]
                    if isinstance(member, BaseException) and id(member) not in self._seen
                ]
            self._add_cause(trace, error, depth)
        return trace

    def _add_cause(self, trace: dict[str, Any], error: BaseException, depth: int) -> None:
        explicit = error.__cause__ is not None
        cause = error.__cause__
        if cause is None and not error.__suppress_context__:
            cause = error.__context__
        if cause is not None and id(cause) not in self._seen:
            trace["cause"] = self._one(cause, depth + 1)
            trace["explicit"] = explicit

    def _frames(self, positions: list[_Position]) -> list[dict[str, Any]]:
        """The frames from the program's first on: before it there are only the runner's."""
        start = next(
            (n for n, position in enumerate(positions) if self._is_program(position[0])), None
        )
        if start is None:
            start = len(positions)
        kept = [position for position in positions[start:] if not _is_ours(position[0])]
        if len(kept) > _MOST_FRAMES:
            half = _MOST_FRAMES // 2
            kept = kept[:half] + kept[-half:]
        last_user = max(
            (n for n, position in enumerate(kept) if self._is_user(position[0])), default=-1
        )
        return [self._frame(position, n == last_user) for n, position in enumerate(kept)]

    def _frame(self, position: _Position, with_values: bool) -> dict[str, Any]:
        frame, line, end_line, column, end_column = position
        code = frame.f_code
        user = self._is_user(frame)
        found: dict[str, Any] = {
            "file": code.co_filename,
            "line": line,
            "end_line": end_line,
            "column": None if column is None else column + 1,
            "end_column": None if end_column is None else end_column + 1,
            "function": ""
            if code.co_name == "<module>"
            else getattr(code, "co_qualname", code.co_name),
            "user": user,
        }
        if user and line is not None:
            self._add_excerpt(found, code.co_filename, line, end_line)
            if with_values:
                found["values"] = values_on(
                    frame, found["excerpt"], line, end_line, found["excerpt_start"]
                )
        return found

    def _add_excerpt(
        self, found: dict[str, Any], filename: str, line: int, end_line: int | None
    ) -> None:
        lines = linecache.getlines(filename)
        first = max(1, line - _CONTEXT)
        last = min(len(lines), min(end_line or line, line + 4) + _CONTEXT)
        found["excerpt_start"] = first
        found["excerpt"] = [text.rstrip("\r\n")[:_LONGEST_LINE] for text in lines[first - 1 : last]]

    def _with_syntax(
        self, error: SyntaxError, frames: list[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """Add the place that a SyntaxError names; the compiler has no frame there."""
        if not isinstance(error.lineno, int) or not isinstance(error.filename, str):
            return frames
        user = error.filename == self._filename or _is_user_file(error.filename)
        end_line = getattr(error, "end_lineno", None) or error.lineno
        column = error.offset if error.offset and error.offset > 0 else None
        end_column = getattr(error, "end_offset", None)
        found: dict[str, Any] = {
            "file": error.filename,
            "line": error.lineno,
            "end_line": end_line,
            "column": column,
            "end_column": end_column if end_column and end_column > 0 else None,
            "function": "",
            "user": user,
        }
        if user:
            self._add_excerpt(found, error.filename, error.lineno, end_line)
        return [*frames, found]

    def _is_program(self, frame: Any) -> bool:
        return bool(frame.f_code.co_filename == self._filename)

    def _is_user(self, frame: Any) -> bool:
        return self._is_program(frame) or _is_user_file(frame.f_code.co_filename)


def _is_ours(frame: Any) -> bool:
    return bool(
        frame.f_code.co_filename.startswith(_OURS)
        and frame.f_globals.get("__package__", "").startswith(_ALIAS)
    )


def _is_user_file(filename: str) -> bool:
    if filename.startswith("<"):
        return False
    path = os.path.abspath(filename)
    library = (
        path.startswith((_LIBRARIES, _OURS)) or "site-packages" in path or "dist-packages" in path
    )
    return not library


def _positions(traceback_: TracebackType | None) -> list[_Position]:
    found: list[_Position] = []
    while traceback_ is not None:
        frame = traceback_.tb_frame
        found.append((frame, *_span(frame.f_code, traceback_.tb_lasti, traceback_.tb_lineno)))
        traceback_ = traceback_.tb_next
    return found


def _span(
    code: CodeType, instruction: int, line: int | None
) -> tuple[int | None, int | None, int | None, int | None]:
    """The span of source that an instruction was compiled from, columns in characters."""
    positions = getattr(code, "co_positions", None)  # Python 3.11
    if positions is None or instruction < 0:
        return line, None, None, None
    start, end, column, end_column = _nth(positions(), instruction // 2)
    if start is None or start != line:
        return line, None, None, None
    return (
        line,
        end,
        _characters(code.co_filename, start, column),
        _characters(code.co_filename, end, end_column),
    )


def _nth(positions: Iterator[Any], number: int) -> Any:
    for n, position in enumerate(positions):
        if n == number:
            return position
    return None, None, None, None


def _characters(filename: str, line: int | None, column: int | None) -> int | None:
    """Python counts columns in bytes of UTF-8; the reader counts characters."""
    if line is None or column is None:
        return None
    text = linecache.getline(filename, line).encode("utf-8", "replace")
    return len(text[:column].decode("utf-8", "replace"))


def _type_name(error: BaseException) -> str:
    kind = type(error)
    module = kind.__module__
    name = kind.__qualname__
    if not isinstance(module, str) or module in ("builtins", "__main__"):
        return name
    # Ours are known here under another name, which would tell the reader nothing.
    return name if module.startswith(_ALIAS) else f"{module}.{name}"


def _message(error: BaseException) -> str:
    try:
        if isinstance(error, SyntaxError) and error.msg:
            return str(error.msg)
        if isinstance(error, KeyError) and len(error.args) == 1 and isinstance(error.args[0], str):
            # str() of a KeyError is the repr of its text, which hides what a sentence says.
            return error.args[0] if " " in error.args[0] else repr(error.args[0])
        return str(error)
    except Exception as fault:  # noqa: BLE001 - the user's __str__
        return f"<its text cannot be shown: __str__ throws {type(fault).__name__}>"


def _notes(error: BaseException) -> list[str]:
    notes = getattr(error, "__notes__", None)
    if not isinstance(notes, (list, tuple)):
        return []
    return [note for note in notes if isinstance(note, str)]
