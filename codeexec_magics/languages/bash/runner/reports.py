"""What a program has reported: its value, or the command that failed, where, and who called it.

Pure functions; runs in the bridge's process.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ....errors import DecodingFailed

_ORDINALS = ("first", "second", "third", "fourth", "fifth")


@dataclass(frozen=True)
class Report:
    """One failing command.

    Attributes:
        status: Its exit status.
        line: Its line.
        command: Its text, as bash has it.
        pipe: The status of each command of the pipeline.
        subshell: How many subshells deep it was.
        stack: Function and the line from which it was called, innermost first.
    """

    status: int
    line: int
    command: str
    pipe: tuple[int, ...]
    subshell: int
    stack: tuple[tuple[str, int], ...]

    def frames(self, source: list[str], first_line: int) -> list[dict[str, Any]]:
        """The stack, outermost call first.

        Args:
            source: The program's lines, which tell a line that bash does not: that of an interrupt.
            first_line: The number of the first of them.
        """
        line, found = self.line or self._line_in(source, first_line), []
        for function, called_from in self.stack:
            if function == "main" and not called_from:  # bash's name for a file's own code
                break
            found.append({"line": line, "function": function})
            line = called_from
        found.append({"line": line, "function": ""})
        return found[::-1]

    def _line_in(self, source: list[str], first_line: int) -> int:
        """The line that holds the command, if it is the only one; else 0."""
        lines = [at for at, text in enumerate(source) if self.command and self.command in text]
        return first_line + lines[0] if len(lines) == 1 else 0

    def message(self, source: list[str], first_line: int) -> str:
        """What failed, in one sentence."""
        failed = [at for at, status in enumerate(self.pipe) if status]
        if len(self.pipe) < 2 or not failed:
            return f"{self.command} exited with {self.status}"
        at, index = failed[0], self.line - first_line
        text = source[index] if 0 <= index < len(source) else ""
        parts = [part.strip() for part in re.split(r"(?<!\|)\|&?(?!\|)", text)]
        ordinal = _ORDINALS[at] if at < len(_ORDINALS) else f"{at + 1}th"
        which = f"the {ordinal} command of the pipeline"
        if len(parts) == len(self.pipe):
            return f"{parts[at]} exited with {self.pipe[at]} ({which})"
        return f"{which} exited with {self.pipe[at]}: {text.strip() or self.command}"


def read_reports(data: bytes) -> tuple[list[Report], dict[str, Any]]:
    """The failures, in order, and the values of variables that were asked for."""
    fields = iter(data.decode("utf-8", "surrogateescape").split("\0"))
    reports: list[Report] = []
    values: dict[str, Any] = {}
    for kind in fields:
        if kind == "fail":
            reports.append(_report(fields))
        elif kind == "text":
            name = next(fields)
            values[name] = next(fields)
        elif kind == "array":
            name = next(fields)
            values[name] = [next(fields) for _ in range(int(next(fields)))]
    return reports, values


def _report(fields: Iterator[str]) -> Report:
    status, line, command, pipe, subshell, count = (next(fields) for _ in range(6))
    stack = [next(fields) for _ in range(int(count))]
    return Report(
        int(status),
        int(line),
        command,
        tuple(map(int, pipe.split())),
        int(subshell),
        tuple((stack[at], int(stack[at + 1])) for at in range(0, len(stack), 2)),
    )


def syntax_error(text: str) -> tuple[int | None, str]:
    """Line and message of what ``bash -n`` has written."""
    first = text.strip().splitlines()[0] if text.strip() else "invalid syntax"
    unended = re.search(r"here-document at line (\d+) delimited by end-of-file \((.*)\)", first)
    if unended:
        return int(unended[1]), f"the here-document does not end ({unended[2]})"
    found = re.match(r".*?: line (\d+): (.*)", first)
    return (int(found[1]), found[2]) if found else (None, first)


def values_of(written: bytes) -> list[Any]:
    """The JSON values that stand behind descriptor 3.

    Raises:
        DecodingFailed: What stands there is no JSON.
    """
    text = written.decode("utf-8", "replace")
    decoder, at, found = json.JSONDecoder(), 0, []
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        try:
            value, at = decoder.raw_decode(text, at)
        except ValueError as error:
            line = text.count("\n", 0, at) + 1
            raise DecodingFailed(
                f"line {line} of what was written to descriptor 3 is no JSON: {error}; "
                'quote text ("…"), or write it to stdout',
                path="result",
            ) from None
        found.append(value)
    return found
