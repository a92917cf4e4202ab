"""What failed in a child process, as data.

Plain frozen values of the standard library; any process may import this module. A runner sends
the JSON form, `Trace.from_dict` checks it (everything that arrives from a child is untrusted),
and `codeexec_magics.display` draws it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

CELL_FILE = "<cell>"
"""The file name of the program itself, whatever cell or string it came from."""

_MOST_FRAMES = 200
_MOST_CAUSES = 20
_MOST_EXCERPT_LINES = 15
_LONGEST_TEXT = 200_000
_LONGEST_LINE = 2_000


@dataclass(frozen=True, slots=True)
class StackFrame:
    """One call on the stack.

    Attributes:
        file: `CELL_FILE` for the program itself, else a path as the runtime gave it.
        line: Counted from 1, or None where the runtime does not tell.
        column: First column of the failing span, counted from 1, in characters.
        end_line: Last line of the span.
        end_column: The column after the span's last character.
        function: The function's name; empty at the top level.
        user: Whether the frame belongs to the user: the cell, or a file that is no library.
        excerpt_start: The number of the first line in ``excerpt``.
        excerpt: Source lines around ``line``, without line ends; may be empty.
        values: Names used on the failing line, each with its text form.
    """

    file: str
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None
    function: str = ""
    user: bool = True
    excerpt_start: int = 1
    excerpt: tuple[str, ...] = ()
    values: tuple[tuple[str, str], ...] = ()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> StackFrame:
        """Build a frame from its JSON form; fields of a wrong type count as absent."""
        excerpt = data.get("excerpt")
        values = data.get("values")
        return cls(
            file=_text(data.get("file"), _LONGEST_LINE),
            line=_number(data.get("line")),
            column=_number(data.get("column")),
            end_line=_number(data.get("end_line")),
            end_column=_number(data.get("end_column")),
            function=_text(data.get("function"), _LONGEST_LINE),
            user=data.get("user") is not False,
            excerpt_start=_number(data.get("excerpt_start")) or 1,
            excerpt=tuple(
                _text(line, _LONGEST_LINE)
                for line in (excerpt if isinstance(excerpt, list | tuple) else ())[
                    :_MOST_EXCERPT_LINES
                ]
            ),
            values=tuple(
                (_text(pair[0], _LONGEST_LINE), _text(pair[1], _LONGEST_LINE))
                for pair in (values if isinstance(values, list | tuple) else ())[
                    :_MOST_EXCERPT_LINES
                ]
                if isinstance(pair, list | tuple) and len(pair) == 2
            ),
        )


@dataclass(frozen=True, slots=True)
class Trace:
    """A failure: what was thrown, where, and what caused it.

    Attributes:
        type: The exception's class name, for example ``ValueError``.
        message: Its text; may have several lines.
        frames: The stack, outermost call first, the failing one last; our own frames are gone.
        notes: Text that was added to the exception (PEP 678).
        cause: The failure behind this one.
        explicit: Whether the cause was given on purpose (``raise … from``, ``{cause}``) or is only
            the failure that was being handled.
        exceptions: The members of an exception group or ``AggregateError``.
        text: The runtime's own text of the whole failure, causes included, our frames removed.
        bases: The names of the classes that its class is derived from, the nearest first.
        syntax: The name under which highlighters know the program's language; empty for the
            language's own name.
    """

    type: str
    message: str = ""
    frames: tuple[StackFrame, ...] = ()
    notes: tuple[str, ...] = ()
    cause: Trace | None = None
    explicit: bool = True
    exceptions: tuple[Trace, ...] = ()
    text: str = ""
    bases: tuple[str, ...] = ()
    syntax: str = ""

    @property
    def headline(self) -> str:
        """``Type: message`` on one line."""
        first = " ".join(self.message.split())
        return f"{self.type}: {first}" if first else self.type

    @property
    def place(self) -> StackFrame | None:
        """The deepest frame in the program itself, else the deepest of the user's files."""
        mine = [frame for frame in self.frames if frame.file == CELL_FILE]
        mine = mine or [frame for frame in self.frames if frame.user]
        return mine[-1] if mine else None

    def to_dict(self) -> dict[str, Any]:
        """The JSON form; `from_dict` reads it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Trace:
        """Build a trace from its JSON form, bounded in depth and size."""
        return _trace(data, depth=0)


def _trace(data: Mapping[str, Any], depth: int) -> Trace:
    cause = data.get("cause")
    frames = data.get("frames")
    notes = data.get("notes")
    bases = data.get("bases")
    members = data.get("exceptions")
    deeper = depth < _MOST_CAUSES
    return Trace(
        type=_text(data.get("type"), _LONGEST_LINE) or "Error",
        message=_text(data.get("message"), _LONGEST_TEXT),
        frames=tuple(
            StackFrame.from_dict(frame)
            for frame in (frames if isinstance(frames, list | tuple) else ())[-_MOST_FRAMES:]
            if isinstance(frame, Mapping)
        ),
        notes=tuple(
            _text(note, _LONGEST_TEXT)
            for note in (notes if isinstance(notes, list | tuple) else ())[:20]
        ),
        cause=_trace(cause, depth + 1) if deeper and isinstance(cause, Mapping) else None,
        explicit=data.get("explicit") is not False,
        exceptions=tuple(
            _trace(member, depth + 1)
            for member in (members if isinstance(members, list | tuple) else ())[:20]
            if deeper and isinstance(member, Mapping)
        ),
        text=_text(data.get("text"), _LONGEST_TEXT),
        bases=tuple(
            _text(base, _LONGEST_LINE)
            for base in (bases if isinstance(bases, list | tuple) else ())[:20]
        ),
        syntax=_text(data.get("syntax"), _LONGEST_LINE),
    )


def _text(value: object, longest: int) -> str:
    if not isinstance(value, str):
        return ""
    return value if len(value) <= longest else value[: longest - 1] + "…"


def _number(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 < value < 2**31 else None
