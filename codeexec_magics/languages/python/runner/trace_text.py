"""A trace as text, in the form that Python itself prints.

Runs in the child. Pure.
"""

from __future__ import annotations

import linecache
from typing import Any


def text_of(trace: dict[str, Any], depth: int = 0) -> list[str]:
    """The lines of a trace in Python's own form, causes first."""
    lines: list[str] = []
    cause = trace.get("cause")
    if cause:
        lines += text_of(cause, depth)
        lines += ["", _LINK[bool(trace.get("explicit"))], ""]
    if trace["frames"]:
        lines.append("Traceback (most recent call last):")
    for frame in trace["frames"]:
        lines += _frame(frame)
    headline = f"{trace['type']}: {trace['message']}" if trace["message"] else trace["type"]
    lines += headline.splitlines() or [headline]
    for note in trace.get("notes", []):
        lines += note.splitlines()
    for number, member in enumerate(trace.get("exceptions", []), 1):
        lines.append(f"  +---------------- {number} ----------------")
        lines += [f"  | {line}" for line in text_of(member, depth + 1)]
    return lines


_LINK = {
    True: "The above exception was the direct cause of the following exception:",
    False: "During handling of the above exception, another exception occurred:",
}


def _frame(frame: dict[str, Any]) -> list[str]:
    where = f'  File "{frame["file"]}", line {frame["line"]}'
    lines = [where + (f", in {frame['function']}" if frame["function"] else ", in <module>")]
    text = _line_of(frame)
    if text.strip():
        indent = len(text) - len(text.lstrip())
        lines.append("    " + text.strip())
        column, end = frame.get("column"), frame.get("end_column")
        if column and end and frame.get("end_line") == frame["line"] and end > column:
            whole = column - 1 <= indent and end - 1 >= len(text.rstrip())
            if not whole:
                lines.append("    " + " " * (column - 1 - indent) + "^" * (end - column))
    return lines


def _line_of(frame: dict[str, Any]) -> str:
    if frame["line"] is None:
        return ""
    if frame.get("excerpt"):
        place = frame["line"] - frame["excerpt_start"]
        return frame["excerpt"][place] if 0 <= place < len(frame["excerpt"]) else ""
    return linecache.getline(frame["file"], frame["line"]).rstrip("\r\n")
