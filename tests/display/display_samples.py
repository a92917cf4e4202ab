"""Results and traces to look at, and readers of what was drawn."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from typing import Any

from codeexec_magics.values.results import ExecutionResult, Outcome, Receipt
from codeexec_magics.values.traces import CELL_FILE, StackFrame, Trace

PYTHON_CELL = """\

def price(row):
    # a template with $ signs must not become LaTeX: $5 and $6
    return row["price"] * (1 + row["vat"])

def transform(inputs):
    rows = inputs["rows"]
    try:
        return [price(r) for r in rows]
    except KeyError as e:
        raise ValueError(f"row without a price, {len(rows)} rows in") from e"""

JAVASCRIPT_CELL = """\
const fmt = (r) => `${r.name}: ${r.tags.join(", ")}`;

function transform(inputs) {
  return inputs.rows.map(fmt);
}"""


def done(output: object, **more: Any) -> ExecutionResult:
    return ExecutionResult(Outcome.SUCCEEDED, output=output, exit_code=0, **more)


def failed(trace: Trace, **more: Any) -> ExecutionResult:
    return ExecutionResult(Outcome.FAILED, error=trace.headline, trace=trace, exit_code=1, **more)


def frame(
    source: str, line: int, text: str = "", *, first_line: int = 2, **more: Any
) -> StackFrame:
    """A frame in a cell at ``line``, its span being where ``text`` stands there."""
    lines = source.split("\n")
    column = lines[line - first_line].index(text) + 1 if text else None
    first = max(first_line, line - 3)
    return StackFrame(
        file=more.pop("file", CELL_FILE),
        line=line,
        column=column,
        end_line=line if text else None,
        end_column=column + len(text) if column else None,
        excerpt_start=first,
        excerpt=tuple(lines[first - first_line : line - first_line + 4]),
        **more,
    )


LIBRARY_FRAME = StackFrame(
    file="/home/ada/.venv/lib/python3.11/site-packages/pandas/core/frame.py",
    line=4102,
    function="DataFrame.apply",
    user=False,
)

CAUSE = Trace(
    "KeyError",
    "'price'",
    frames=(
        frame(PYTHON_CELL, 10, "price(r)", function="transform"),
        LIBRARY_FRAME,
        frame(
            PYTHON_CELL,
            5,
            'row["price"]',
            function="price",
            values=(("row", "{'name': 'Bo', 'vat': 0.25}"),),
        ),
    ),
)

PYTHON_ERROR = Trace(
    "ValueError",
    "row without a price, 3 rows in, $5 and $6 stay text",
    frames=(frame(PYTHON_CELL, 12, "raise ValueError", function="transform"),),
    cause=CAUSE,
)

JAVASCRIPT_ERROR = Trace(
    "TypeError",
    "Cannot read properties of null (reading 'join')",
    frames=(
        frame(JAVASCRIPT_CELL, 5, "map", function="transform"),
        StackFrame(
            file=CELL_FILE,
            line=2,
            column=JAVASCRIPT_CELL.index("join") + 1,
            function="fmt",
            excerpt_start=2,
            excerpt=tuple(JAVASCRIPT_CELL.split("\n")[:3]),
            values=(("r", "{ name: 'Bo', tags: null }"),),
        ),
    ),
)

STOPPED = Trace(
    "KeyboardInterrupt", frames=(frame(PYTHON_CELL, 10, "price(r)", function="transform"),)
)

EVERY_OUTCOME = {
    "succeeded": done(1048576.25),
    "failed": failed(PYTHON_ERROR, stdout="loaded\n", stderr="careful\n"),
    "javascript": failed(JAVASCRIPT_ERROR, language="javascript"),
    "timed out": ExecutionResult(
        Outcome.TIMED_OUT, trace=STOPPED, timeout=5.0, receipt=Receipt(reaped=3, forced=2)
    ),
    "timed out, place unknown": ExecutionResult(Outcome.TIMED_OUT, timeout=0.5),
    "interrupted": ExecutionResult(Outcome.INTERRUPTED, trace=STOPPED),
    "killed": ExecutionResult(
        Outcome.CRASHED, error="WorkerCrashed: killed by SIGSEGV", exit_code=-11, stderr="Fatal\n"
    ),
    "exited": ExecutionResult(
        Outcome.CRASHED, error="WorkerCrashed: exited with code 3", exit_code=3
    ),
    "broken": ExecutionResult(Outcome.CRASHED, error="WorkerCrashed: the channel was closed"),
    "memory": ExecutionResult(Outcome.MEMORY, error="MemoryLimitExceeded: V8's heap is full"),
    "unavailable": ExecutionResult(Outcome.FAILED, error="LanguageUnavailable: no node found"),
}


_OWN_LINE = {"div", "p", "pre", "li", "details", "summary", "td", "th", "tr"}


class _Reader(HTMLParser):
    """Collects what a reader sees, and checks that every element is closed in order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag in _OWN_LINE:
            self.words.append("\n")
        if tag != "img":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)


def read(page: str) -> _Reader:
    """Parse HTML; fails unless it is balanced."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def seen(page: str) -> str:
    """The words of a card in reading order."""
    return "".join(read(page).words)


def pieces(text: str) -> list[str]:
    """The words of a text, punctuation and layout aside."""
    return re.findall(r"\w+", html.unescape(text))
