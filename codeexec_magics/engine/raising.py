"""Raise a failure where the program's line is, so that a traceback ends there and not in our code.

Runs in the process that calls a transform. Whoever draws a traceback shows its last frame, whatever
that is: it is one of a code object that has the program's name and line, as template engines do it.
"""

from __future__ import annotations

import linecache
from typing import Any, NoReturn

from codeexec_magics.values.options import Program
from codeexec_magics.values.traces import CELL_FILE, Trace


def raise_in_program(
    failure: BaseException, program: Program, trace: Trace | None, label: str
) -> NoReturn:
    """Raise a failure as if the program's own line had done it.

    Args:
        failure: What is raised.
        program: The program that has failed.
        trace: Where.
        label: What a traceback calls the program.
    """
    __tracebackhide__ = _rich_traceback_omit = True
    place = trace.place if trace is not None else None
    inside = place is not None and place.file == CELL_FILE and place.line is not None
    line = (place.line if place is not None and inside else None) or program.first_line
    name = f"<{label}>"
    source = "\n" * (program.first_line - 1) + program.source
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    code = compile("\n" * (line - 1) + "raise failure from None", name, "exec")
    scope: dict[str, Any] = {"failure": failure, "__name__": program.language}
    exec(code, scope)  # noqa: S102 - one statement, ours
    raise failure  # it has been
