"""A frame is an Array to the program: what it changes in passing is changed, as in any Array."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from codeexec_magics import CodeExecutor

ROWS = [
    {"t": pd.Timestamp("2020-01-01 10:00"), "x": 1, "l": [1], "s": "a"},
    {"t": pd.Timestamp("2020-01-02 11:00"), "x": 2, "l": [2], "s": "b"},
    {"t": pd.Timestamp("2020-01-03 12:00"), "x": 3, "l": [3], "s": "a"},
]
KINDS: dict[str, Callable[[], Any]] = {
    "pandas": lambda: pd.DataFrame(ROWS),
    "polars": lambda: pl.DataFrame(ROWS),
    "arrow": lambda: pa.Table.from_pylist(ROWS),
}
CHANGES = [
    "df.forEach(r => { r.t.setUTCHours(0, 0, 0, 0) })",
    "df.map(({t}) => t.setTime(0))",
    "df.reduce((s, r) => s + r.l.push(9), 0)",
    "df.filter(r => r.l.reverse() && r.l.push(r.x))",
    "df.map(({l}, i) => { l[0] = i })",
    "df.slice(1)[0].t.setTime(5)",
    "df.map((r, i) => { df[i].x = 100; return r.x })",
    "df.reduce((s, r, i) => { df[i].x = 100; return s + r.x }, 0)",
    "df.filter((r, i) => { df[i].x *= 50; return r.x > 60 })",
    "df.map((r, i) => { df.sort(() => 0); df[i].x = 50; return r.x })",
    "df.map(r => { df[2].x = 50; return df.map((q, j) => { df[j].x += 1; return [q.x, r.x] }) })",
    "df.forEach((r, i) => { if (i === 1) df[1].l.push(r.s) })",
]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_changed_in_passing_is_changed(executor: CodeExecutor, kind: str) -> None:
    # Each change is made to a frame and to plain objects, which JavaScript compares as text.
    frames = {f"df{at}": KINDS[kind]() for at, _ in enumerate(CHANGES)}
    both = "const both = [], same = (df, change) => JSON.stringify([change(df) ?? null, df]);"
    plain = (
        "const plain = df => JSON.parse(JSON.stringify(df), (k, v) => k === 't' ? new Date(v) : v);"
    )
    tests = "\n".join(
        f"both.push([same(plain(df{at}), df => {change}), same(df{at}, df => {change})])"
        for at, change in enumerate(CHANGES)
    )
    changed = executor.execute(
        f"{both} {plain}\n{tests}\nboth", inputs=frames, language="javascript"
    )

    assert changed.success, changed.error
    for change, (wanted, found) in zip(CHANGES, changed.output, strict=True):
        assert found == wanted, change


@pytest.mark.parametrize("kind", KINDS)
def test_a_frame_whose_cells_were_changed_is_not_the_old_one(
    executor: CodeExecutor, kind: str
) -> None:
    for change in CHANGES[:6]:
        result = executor.execute(
            f"{change}; df", inputs={"df": KINDS[kind]()}, language="javascript"
        )

        assert result.success, result.error
        rows = result.output if isinstance(result.output, list) else None
        assert rows is not None, change
        assert [(row["t"], row["l"]) for row in rows] != [(row["t"], row["l"]) for row in ROWS]
