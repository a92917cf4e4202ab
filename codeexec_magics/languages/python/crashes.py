"""Where a Python program was when a fatal signal ended it.

Lives in the kernel. The text is what CPython's `faulthandler` writes from within the signal
handler; the runner directs it to the outputs arena, since it names addresses and our own frames.
"""

from __future__ import annotations

import re

from codeexec_magics.values.options import Program
from codeexec_magics.values.traces import CELL_FILE, StackFrame, Trace

_HEADLINE = re.compile(r"^Fatal Python error: (.*)$", re.MULTILINE)
_FRAME = re.compile(r'^  File "(.*)", line ([0-9]{1,9}) in (.*)$', re.MULTILINE)
_CONTEXT = 2


def crash_trace(text: str, program: Program) -> Trace | None:
    """The trace of a crash, its frames from the program's first to the deepest.

    Args:
        text: What the arena holds.
        program: What was run; its lines are shown.
    """
    headline = _HEADLINE.search(text)
    found = reversed(_FRAME.findall(text))
    frames = [_frame(file, int(line), function, program) for file, line, function in found]
    starts = [n for n, frame in enumerate(frames) if frame.file == (program.file or CELL_FILE)]
    if headline is None or not starts:
        return None
    kept = tuple(frames[starts[0] :])
    lines = [
        f'  File "{frame.file}", line {frame.line}, in {frame.function or "<module>"}'
        for frame in kept
    ]
    message = headline.group(1)
    shown = "\n".join(
        ["Traceback (most recent call last):", *lines, f"Fatal Python error: {message}"]
    )
    return Trace("Fatal Python error", message, kept, text=shown)


def _frame(file: str, line: int, function: str, program: Program) -> StackFrame:
    function = "" if function == "<module>" else function
    if file != (program.file or CELL_FILE):
        return StackFrame(file, line, function=function, user=False)
    lines = program.source.splitlines()
    start = max(program.first_line, line - _CONTEXT)
    excerpt = lines[start - program.first_line : line - program.first_line + 1 + _CONTEXT]
    return StackFrame(file, line, function=function, excerpt_start=start, excerpt=tuple(excerpt))
