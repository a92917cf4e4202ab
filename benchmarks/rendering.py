"""How large a card is and what it costs, beside what other libraries make of the same data.

``python benchmarks/rendering.py`` prints a table, and with ``--write`` puts it into
``docs/output.md``. The others are measured where they are installed:
``pip install xarray scikit-learn great_tables rich``.
"""

from __future__ import annotations

import io
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from codeexec_magics.display import mime_bundle
from codeexec_magics.values.results import ExecutionResult, Outcome
from codeexec_magics.values.traces import CELL_FILE, StackFrame, Trace

SCALAR = 1048576.25
RECORDS = [
    {"name": "Ada", "country": "Norway", "population": 1204, "growth": 0.031},
    {"name": "Bo", "country": None, "population": 98301, "growth": -0.002},
    {"name": "Céline <b>", "country": "France", "population": 67120, "growth": None},
] * 401
SHOWN = RECORDS[:10]
PRINTED = "".join(f"row {row} checked\n" for row in range(3000))
CELL = """\
def price(row):
    # a template with $ signs must not become LaTeX: $5 and $6
    return row["price"] * (1 + row["vat"])

def transform(inputs):
    rows = inputs["rows"]
    try:
        return [price(r) for r in rows]
    except KeyError as e:
        raise ValueError(f"row without a price, {len(rows)} rows in") from e
"""
ROUNDS = 200


def place(line: int, column: int, end: int, function: str, **more: Any) -> StackFrame:
    lines = CELL.splitlines()
    first = max(1, line - 3)
    excerpt = tuple(lines[first - 1 : line + 3])
    return StackFrame(
        CELL_FILE, line, column, line, end, function, excerpt_start=first, excerpt=excerpt, **more
    )


def failure() -> ExecutionResult:
    """The result of the cell above."""
    price = place(3, 12, 24, "price", values=(("row", "{'name': 'Bo', 'vat': 0.25}"),))
    cause = Trace("KeyError", "'price'", (place(8, 17, 25, "transform"), price))
    trace = Trace(
        "ValueError",
        "row without a price, 3 rows in",
        (place(10, 9, 77, "transform"),),
        cause=cause,
    )
    return ExecutionResult(
        Outcome.FAILED, error=trace.headline, trace=trace, exit_code=1, stdout=PRINTED
    )


def done(value: object) -> ExecutionResult:
    return ExecutionResult(
        Outcome.SUCCEEDED, output=value, exit_code=0, execution_time=0.084, cpu_time=0.061,
        peak_memory=47 << 20,
    )  # fmt: skip


def card(result: ExecutionResult) -> str:
    return str(mime_bundle(result, target="out", chip=True)["text/html"])


def xarray_html(value: object) -> str:
    import xarray

    return xarray.DataArray(value)._repr_html_()  # type: ignore[no-any-return]


def xarray_table() -> str:
    import pandas
    import xarray

    return xarray.Dataset(pandas.DataFrame(RECORDS))._repr_html_()  # type: ignore[no-any-return]


def pandas_table() -> str:
    import pandas

    return pandas.DataFrame(RECORDS).head(10)._repr_html_()  # type: ignore[no-any-return]


def great_table() -> str:
    import pandas
    from great_tables import GT

    return GT(pandas.DataFrame(SHOWN)).as_raw_html()  # type: ignore[no-any-return]


def pipeline() -> str:
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    columns = make_column_transformer((StandardScaler(), ["n"]), (OneHotEncoder(), ["s"]))
    return make_pipeline(columns, LogisticRegression())._repr_html_()  # type: ignore[no-any-return]


def rich_html(draw: Callable[[Any], None]) -> str:
    from rich.console import Console

    console = Console(record=True, file=io.StringIO(), width=120)
    draw(console)
    return console.export_html(inline_styles=True)  # type: ignore[no-any-return]


def rich_table() -> str:
    from rich.table import Table

    table = Table(*RECORDS[0])
    for record in SHOWN:
        table.add_row(*map(str, record.values()))
    return rich_html(lambda console: console.print(table))


def rich_traceback() -> str:
    """What its cell hook shows, with the values of all variables."""
    space: dict[str, Any] = {}
    exec(compile(CELL, __file__, "exec"), space)
    try:
        space["transform"]({"rows": RECORDS})
    except ValueError:
        return rich_html(lambda console: console.print_exception(show_locals=True))
    raise AssertionError


def ultratb() -> str:
    """IPython's own traceback, as nbconvert writes it into HTML."""
    from IPython.core.ultratb import VerboseTB
    from nbconvert.filters import ansi2html

    space: dict[str, Any] = {}
    exec(compile(CELL, __file__, "exec"), space)
    try:
        space["transform"]({"rows": RECORDS})
    except ValueError as error:
        lines = VerboseTB().structured_traceback(type(error), error, error.__traceback__)
        return f"<pre>{ansi2html(chr(10).join(lines))}</pre>"
    raise AssertionError


MEASURED: dict[str, tuple[str, Callable[[], str], str]] = {
    "a scalar: card": ("", lambda: card(done(SCALAR)), "3 kB"),
    "a scalar: xarray": ("xarray", lambda: xarray_html(SCALAR), ""),
    "a table of 1,203 rows: card": ("", lambda: card(done(RECORDS)), "6 kB"),
    "a table of 1,203 rows: pandas": ("pandas", pandas_table, ""),
    "a table of 1,203 rows: xarray": ("xarray", xarray_table, ""),
    "its first ten rows: great_tables": ("great_tables", great_table, ""),
    "its first ten rows: rich": ("rich", rich_table, ""),
    "an error with its cause: card": ("", lambda: card(failure()), "9 kB"),
    "an error with its cause: IPython, verbose": ("nbconvert", ultratb, ""),
    "an error with its cause: rich, with locals": ("rich", rich_traceback, ""),
    "a pipeline of three steps: scikit-learn": ("sklearn", pipeline, ""),
}
"""What is drawn: by which library, how, and the size that a card of ours keeps below."""


def milliseconds(draw: Callable[[], str]) -> float:
    """The median of the processor time that a drawing takes."""
    draw()
    taken = []
    for _ in range(ROUNDS):
        began = time.process_time()
        draw()
        taken.append(time.process_time() - began)
        if sum(taken) > 1:
            break
    return statistics.median(taken) * 1000


def rows() -> Iterator[str]:
    """The lines of a table in Markdown."""
    yield "| what | kB of HTML | ms of processor time | kept below |"
    yield "|---|---:|---:|---|"
    for name, (library, draw, limit) in MEASURED.items():
        if library and find_spec(library) is None:
            yield f"| {name} | not installed | | |"
            continue
        size = len(draw().encode()) / 1000
        yield f"| {name} | {size:.1f} | {milliseconds(draw):.1f} | {limit or '–'} |"


if __name__ == "__main__":
    table = "\n".join(rows())
    print(table)
    if "--write" in sys.argv:
        sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))
        from pages import write

        write("output.md", "rendering", table)
