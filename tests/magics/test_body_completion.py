"""Tab in the body of a cell: columns, inputs and tables, in the language of the cell."""

from __future__ import annotations

import time
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from census import wait_until
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

from codeexec_magics.engine import checking
from codeexec_magics.magics.body_completion import complete_body

from .conftest import Kernel

FRAME = pd.DataFrame({"item": ["a"], "price": [1.5], "a b": [1]})
NAMESPACE: dict[str, Any] = {"df": FRAME, "limit": 3}


def offered(cell: str, namespace: dict[str, Any] = NAMESPACE) -> list[str]:
    """What is offered at the bar."""
    cursor = cell.index("|")
    _, found = complete_body(cell.replace("|", "", 1), cursor, namespace, may_start=False)
    return [text for text, _ in found]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("select pr| from df", ["price"]),
        ("select df.| from df", ["item", "price", '"a b"']),
        ("select d.p|\nfrom df as d", ["price"]),
        ("select d.p| from df d", ["price"]),
        ("from |", ["df"]),
        ("select * from df join d|", ["df"]),
        ("select 1 where 2 > $|", ["$limit"]),
        ("create temp table made (first int, second text);\nselect made.|", ["first", "second"]),
        ("with part as (from df) from par|", ["part"]),
        ("SELE|", ["SELECT"]),
        ("select '|", []),
        ("select 'df.|'", []),
        ("-- df.|", []),
        ("/* df.|", []),
        ("select |", []),
        ("select nowhere.|", []),
    ],
)
def test_tables_columns_and_parameters_of_sql(body: str, expected: list[str]) -> None:
    assert offered(f"%%transform sql -i df,limit\n{body}") == expected


@pytest.mark.parametrize(
    "frame",
    [FRAME, pl.from_pandas(FRAME), pa.table(FRAME), FRAME.set_index("item")],
    ids=["pandas", "polars", "pyarrow", "index"],
)
def test_the_columns_of_any_frame(frame: object) -> None:
    cell = "%%transform sql -i df\nselect df.| from df"

    assert offered(cell, {"df": frame}) == ["item", "price", '"a b"']


@pytest.mark.parametrize(
    "cell",
    [
        "%%transform sql -i df,|\nfrom df",
        "%%transform nothing -i df\ndf.|",
        "%%transform -i df\ndf.|",
        "%%transform js --no-such-flag\ninputs.|",
        "%%transform js -i df\n|",
        "%%transform js -i df\n1.|",
        "%%time\ndf.|",
    ],
)
def test_nothing_is_offered_where_nothing_is_known(cell: str) -> None:
    assert offered(cell) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("inputs.|", ["df", "limit"]),
        ("inputs.li|", ["limit"]),
        ("df.columns.|", ["item", "price"]),
        ("inputs.df.columns.p|", ["price"]),
        ("inputs.df[0].p|", ["price"]),
        ("df[df.length - 1].i|", ["item"]),
        ("df.map((r) => r.p|)", ["price"]),
        ("df.filter(async r => r.p|)", ["price"]),
        ("function transform({ df }) {\n  return inputs.df.map((row) => row.p|)", ["price"]),
        ("for (const r of df) {\n  r.p|", ["price"]),
        ("for (const r of inputs.df) {\n  r?.p|", ["price"]),
        ("other.map((r) => r.p|)", []),
        ("limit.|", []),
        ("nowhere.|", []),
        ("df.|", []),
        ("lim|", ["limit"]),
    ],
)
@pytest.mark.parametrize("language", ["js", "ts"])
def test_columns_and_inputs_are_known_without_a_compiler(
    language: str, body: str, expected: list[str]
) -> None:
    assert offered(f"%%transform {language} -i df,limit\n{body}") == expected


def test_nothing_is_started_where_nothing_is_to_stay(shell: InteractiveShell) -> None:
    shell.user_ns["df"] = FRAME
    text = "%%transform js -i df\ndf.map((r) => r."
    with provisionalcompleter():
        list(shell.Completer.completions(text, len(text)))

    from codeexec_magics.engine.transform import shared_executor

    assert checking._guard_of(shared_executor().client).pid is None


def matches(kernel: Kernel, cell: str) -> list[str]:
    """What the kernel offers a front end at the bar."""
    cursor = cell.index("|")
    request = kernel.client.complete(cell.replace("|", "", 1), cursor)
    while True:
        reply = kernel.client.get_shell_msg(timeout=60)
        if reply["parent_header"].get("msg_id") == request:
            found = reply["content"]["matches"]
            assert isinstance(found, list)
            return found


def test_a_kernel_offers_columns_in_scripts(kernel: Kernel) -> None:
    kernel.run("import pandas as pd; df = pd.DataFrame({'item': ['a'], 'price': [1.5]}); limit = 3")
    # Only a cell of TypeScript has the compiler fetched; it is there for JavaScript, too.
    assert kernel.run("%%transform ts\nconst a: number = 1").status == "ok"
    for language in ("js", "ts"):
        line = f"%%transform {language} -i df,limit\n"
        assert wait_until(lambda: matches(kernel, f"{line}df.map((r) => r.|)") != [], 20)  # noqa: B023
        cells = {
            "df.map((r) => r.|)": ["item", "price"],
            "df.map((r) => r.pr|)": ["price"],
            "function transform({ df }) {\n  return df.filter((r) => r.|)\n}": ["item", "price"],
            "for (const r of df) {\n  console.log(r.|)\n}": ["item", "price"],
            "df.columns.|": ["item", "price"],
            "inputs.|\n": ["df", "limit"],
            "'é😀'.length + df[0].|": ["item", "price"],
            "lim|": ["limit"],
        }
        for body, expected in cells.items():
            assert matches(kernel, line + body) == expected, body
    assert "price" in matches(kernel, "%%transform sql -i df\nselect p| from df")


def test_a_compiler_that_hangs_holds_nobody_up(kernel: Kernel) -> None:
    kernel.run("%%transform ts\nconst a: number = 1")
    kernel.run(
        "import os, signal\n"
        "from codeexec_magics.engine import checking, transform\n"
        "guard = checking._guard_of(transform.shared_executor().client)\n"
        "os.kill(guard.pid, signal.SIGSTOP)"
    )
    began = time.monotonic()

    assert matches(kernel, "%%transform js\ninputs.|") == []
    assert time.monotonic() - began < 5
