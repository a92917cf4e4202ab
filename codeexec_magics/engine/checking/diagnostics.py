"""What the compiler of TypeScript finds wrong, as the trace of a failure.

Pure; used in the kernel. The compiler counts in units of UTF-16, in the text that was checked; a
trace counts characters, in what was written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from codeexec_magics.engine.checking.annotations import Annotated
from codeexec_magics.values.options import Program
from codeexec_magics.values.traces import CELL_FILE, StackFrame, Trace

_MOST = 10
_NEAR = 40
_AROUND = 2
_LONGEST_MESSAGE = 2_000
_BEYOND = 0xFFFF
_PLACED = re.compile(r"\s*(?:=(?![=>])|[-+*/%&|^?]{1,3}=(?!=))")
_ASKED = re.compile(r"\btypeof\s+$")
_SHARED = re.compile(r"(?:\.prototype|\bglobalThis)\s*\.\s*$")
_OF_FRAME = re.compile(r"Property '([^']*)' does not exist on type '(?:Row|Columns)_")


def trace_of(
    program: Program, annotated: Annotated, found: Sequence[Mapping[str, Any]], path: str
) -> Trace | None:
    """What is wrong, the first of it in front; None if nothing is left.

    Args:
        program: What was written.
        annotated: What was checked.
        found: What the compiler says of it.
        path: Under which path it knows the program.
    """
    text = _Text(program, annotated)
    added = {match[1] for match in map(_added(text), found) if match}
    wrong = [one for one in found if not _is_of(one, added) and not _is_meant(one, text)]
    if not wrong:
        return None
    wrong.sort(key=lambda one: one["pos"])
    traces = [_trace(one, text, path) for one in wrong[:_MOST]]
    first, rest = traces[0], traces[1:]
    notes = list(first.notes)
    notes += [f"also, in line {trace.frames[0].line}: {trace.message}" for trace in rest]
    if len(wrong) > _MOST:
        notes.append(f"and {len(wrong) - _MOST} more")
    return Trace(
        type=first.type,
        message=first.message,
        frames=first.frames,
        notes=tuple(notes),
        text="\n".join(trace.text for trace in traces),
        bases=first.bases,
    )


class _Text:
    """A program's text, as places of the compiler are found in it."""

    def __init__(self, program: Program, annotated: Annotated) -> None:
        self.program = program
        self.annotated = annotated
        self.lines = program.source.split("\n")
        self._is_plain = all(ord(character) <= _BEYOND for character in set(annotated.text))

    def place(self, units: int) -> int:
        """The place in what was written, in characters."""
        checked = self.annotated.text
        if not self._is_plain:
            before = checked.encode("utf-16-le", "surrogatepass")[: units * 2]
            units = len(before.decode("utf-16-le", "replace"))
        return self.annotated.written(units)

    def line_and_column(self, place: int) -> tuple[int, int]:
        """Both counted from 1, the line within the cell."""
        source = self.program.source
        line = source.count("\n", 0, place)
        column = place - (source.rfind("\n", 0, place) + 1)
        return line + self.program.first_line, column + 1

    def frame(self, start: int, end: int) -> StackFrame:
        """The frame of a span."""
        line, column = self.line_and_column(start)
        end_line, end_column = self.line_and_column(max(start, end))
        at = line - self.program.first_line
        first = max(0, at - _AROUND)
        excerpt = [text.rstrip("\r") for text in self.lines[first : at + _AROUND + 1]]
        return StackFrame(
            file=CELL_FILE,
            line=line,
            column=column,
            end_line=end_line,
            end_column=end_column,
            excerpt_start=first + self.program.first_line,
            excerpt=tuple(excerpt),
        )


def _trace(one: Mapping[str, Any], text: _Text, path: str) -> Trace:
    frame = text.frame(text.place(one["pos"]), text.place(one["end"]))
    kind, message = f"TypeError TS{one['code']}", _message(one)
    notes = []
    for related in one.get("relatedInformation") or ():
        if related.get("fileName") == path:
            line, _ = text.line_and_column(text.place(related["pos"]))
            notes.append(f"in line {line}: {_message(related)}")
    place = f"{CELL_FILE}:{frame.line}:{frame.column}"
    return Trace(
        type=kind,
        message=message,
        frames=(frame,),
        notes=tuple(notes),
        text=f"{place} {kind}: {message}",
        bases=("TypeError", "Error"),
    )


def _message(one: Mapping[str, Any]) -> str:
    """The text, and below it why."""
    lines = [str(one.get("text", ""))]

    def add(chain: Any, depth: int) -> None:
        for link in chain or ():
            lines.append("  " * depth + str(link.get("text", "")))
            add(link.get("messageChain"), depth + 1)

    add(one.get("messageChain"), 1)
    return "\n".join(lines)[:_LONGEST_MESSAGE]


def _added(text: _Text) -> Any:
    """Find what a program adds to the rows or columns of a frame: it may, and may use it then."""

    def match(one: Mapping[str, Any]) -> re.Match[str] | None:
        about = _OF_FRAME.match(str(one.get("text", "")))
        if about is None:
            return None
        return about if _PLACED.match(text.program.source, text.place(one["end"])) else None

    return match


def _is_of(one: Mapping[str, Any], names: set[str]) -> bool:
    about = _OF_FRAME.match(str(one.get("text", "")))
    return about is not None and about[1] in names


def _is_meant(one: Mapping[str, Any], text: _Text) -> bool:
    """Whether programs do that on purpose.

    They ask for a name, for a type that the data had not where it was looked at, or add to what all
    objects have.
    """
    source = text.program.source
    start, end = text.place(one["pos"]), text.place(one["end"])
    before = source[max(0, start - _NEAR) : start]
    if _ASKED.search(before) or "on type 'never'" in str(one.get("text", "")):
        return True
    return bool(_SHARED.search(before) and _PLACED.match(source, end))
