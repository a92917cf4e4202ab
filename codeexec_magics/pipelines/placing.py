"""Put a step's failure where its code is written: in the pipeline's file, its own, or its cell.

Runs in the process that runs a pipeline; pure. A runner calls the program ``<cell>``; the lines are
those of the file already, and columns are counted from where the code begins there.
"""

from __future__ import annotations

import re
from dataclasses import replace

from codeexec_magics.pipelines.step import Origin, Step
from codeexec_magics.values.results import ExecutionResult
from codeexec_magics.values.traces import CELL_FILE, StackFrame, Trace

_PLACE = re.compile(rf"{re.escape(CELL_FILE)}(?::(\d+):(\d+))?")
_INPUTS = re.compile(r"\binputs(?=[.\[])")


def placed(result: ExecutionResult, step: Step) -> ExecutionResult:
    """The result of a step's program, with places that the pipeline's reader knows."""
    error, trace = result.error, result.trace
    if error is not None and error.startswith("EncodingFailed: "):
        error = _named(error, step)
        trace = None if trace is None else replace(
            trace, message=_named(trace.message, step), text=_named(trace.text, step)
        )  # fmt: skip
    if trace is not None and step.origin.file:
        trace = _relocated(trace, step.origin)
    if error is result.error and trace is result.trace:
        return result
    return replace(result, error=error, trace=trace)


def told(step: Step, result: ExecutionResult) -> str:
    """One line that names the step, the place and the error."""
    origin = step.origin
    file, line = origin.file, origin.place
    for frame in reversed(result.trace.frames if result.trace else ()):
        if frame.file in (file, CELL_FILE) and frame.line is not None:
            line = frame.line
            break
    else:
        file = file if origin.path is None else ""
    sign = ", line " if " " in file else ":"
    where = f" ({file}{sign}{line})" if file and line else f" (line {line})" if line else ""
    return f"step {step.id}{where}: {result.error or result.outcome.value}"


def _named(text: str, step: Step) -> str:
    return _INPUTS.sub(f"steps.{step.id}.inputs", text, count=1)


def _relocated(trace: Trace, origin: Origin) -> Trace:
    return replace(
        trace,
        frames=tuple(_frame(frame, origin) for frame in trace.frames),
        cause=None if trace.cause is None else _relocated(trace.cause, origin),
        exceptions=tuple(_relocated(inner, origin) for inner in trace.exceptions),
        text=_PLACE.sub(lambda found: _place(found, origin), trace.text),
    )


def _place(found: re.Match[str], origin: Origin) -> str:
    if found[1] is None:
        return origin.file
    return f"{origin.file}:{found[1]}:{int(found[2]) + origin.column}"


def _frame(frame: StackFrame, origin: Origin) -> StackFrame:
    if frame.file != CELL_FILE:
        return frame
    indent = " " * origin.column
    return replace(
        frame,
        file=origin.file,
        column=None if frame.column is None else frame.column + origin.column,
        end_column=None if frame.end_column is None else frame.end_column + origin.column,
        excerpt=tuple(indent + line if line.strip() else line for line in frame.excerpt),
    )
