"""What names take that want a value: the value, else the program's own variables, else nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from codeexec_magics import CodeExecutor, Outcome
from codeexec_magics.engine.mapping import MapPlan
from codeexec_magics.errors import InvalidOptions
from codeexec_magics.values.options import ExecutionOptions, Program

INPUTS = {"df": {"a": 1}}

TAKEN: list[tuple[str, str, str, Any]] = [
    ("python", "total = 5", "total", 5),
    ("python", "total = 5\ntotal + 1", "total", 6),
    ("python", "total = 5\nNone", "total", None),
    ("python", "for i in range(3): total = i", "total", 2),
    ("python", "df['b'] = 2", "df", {"a": 1, "b": 2}),
    ("python", "a = 1\nb = 2", "a b", {"a": 1, "b": 2}),
    ("python", "import asyncio\nawait asyncio.sleep(0)\ntotal = 5", "total", 5),
    ("python", "df.update(b=2)", "df", {"a": 1, "b": 2}),
    ("python", "total = [2, 1]\ntotal.sort()", "total", [1, 2]),
    ("python", "a = [2]\nb = [1]\nprint(a)", "a b", {"a": [2], "b": [1]}),
    ("python", "async def f(): df['b'] = 2\nawait f()", "df", {"a": 1, "b": 2}),
    ("python", "print(df)", "total", None),
    ("python", "df.get('b')", "total", None),
    ("python", "total = 5\nother = None\nother", "total", None),
    ("python", "def transform(df):\n  df['b'] = 2", "df", {"a": 1, "b": 2}),
    ("python", "async def transform(df):\n  df['b'] = 2\n  return", "df", {"a": 1, "b": 2}),
    ("python", "def transform(df):\n  return None", "df", None),
    ("python", "def transform(df):\n  if not df: return 1", "df", None),
    ("python", "df['a'] if df else 0", "total", 1),
    ("javascript", "let total = 5", "total", 5),
    ("javascript", "total = 5", "total", 5),
    ("javascript", "const total = 5; total + 1", "total", 6),
    ("javascript", "let total = 5; undefined", "total", None),
    ("javascript", "let total = 5; console.error(total)", "total", 5),
    ("javascript", "console.error(df)", "total", None),
    ("javascript", "[1, 2].forEach((x) => { df.b = x })", "df", {"a": 1, "b": 2}),
    ("javascript", "await (async () => { df.b = 2 })()", "df", {"a": 1, "b": 2}),
    ("javascript", "let total = 5; [null].pop()", "total", None),
    ("typescript", "const total: number[] = [1]; total.forEach(() => {})", "total", [1]),
    ("javascript", "5; let total = 6", "total", 6),
    ("javascript", "5; let other = 6", "total", 5),
    ("javascript", "let total = 1\ntotal++", "total", 2),
    ("javascript", "let total = 0\nfor (const x of [1, 2]) total += x", "total", 3),
    ("javascript", "for (const x of [1, 2]) df.b = x", "df", {"a": 1, "b": 2}),
    ("javascript", "if (df) { df.b = 2 }", "df", {"a": 1, "b": 2}),
    ("javascript", "df.b = 2", "df", {"a": 1, "b": 2}),
    ("javascript", "df.b = 2; delete df.a", "df", {"b": 2}),
    ("javascript", "f(df)\nfunction f(df) { return df.a }", "df", 1),
    ("javascript", "const a = 1\nvar b = 2", "a b", {"a": 1, "b": 2}),
    ("javascript", "await 0\nlet total = 5", "total", 5),
    ("javascript", "await 0\nlet total = 5\nundefined", "total", None),
    ("javascript", "import os from 'node:os'\nconst total = typeof os", "total", "object"),
    ("javascript", "const total = Promise.resolve(5)", "total", 5),
    ("javascript", "function transform({df}) { df.b = 2 }", "df", {"a": 1, "b": 2}),
    ("javascript", "const transform = async ({df}) => { df.b = 2 }", "df", {"a": 1, "b": 2}),
    ("javascript", "function transform({df}) { return undefined }", "df", None),
    ("javascript", "const transform = ({df}) => df.b", "df", None),
]

REFUSED = [
    ("python", "x = 1", "total", "end it with `total`, or assign `total`"),
    ("python", "a = 1", "a b", "end it with `[a, b]`, or assign `b`"),
    ("python", "", "total", "gave no value"),
    ("python", "del df", "df", "gave no value"),
    ("python", "def transform(df):\n  def inner(): return 1\n  inner()", "out", "gave no value"),
    ("javascript", "let x = 1", "total", "end it with `total`, or assign `total`"),
    ("javascript", "let a = 1", "a b", "end it with `[a, b]`, or assign `b`"),
    ("javascript", "", "total", "gave no value"),
    ("javascript", "let x = 1", "process", "gave no value"),
    ("javascript", "const x = await 0", "total", "gave no value"),
    ("javascript", "function transform() { [1].map(x => { return x }) }", "out", "gave no value"),
]


@pytest.mark.parametrize("sandbox", [False, True], ids=["trusted", "sandboxed"])
def test_a_value_else_the_variables_of_these_names_else_a_failure(
    executor: CodeExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: bool
) -> None:
    monkeypatch.chdir(tmp_path)  # a sandboxed program may not write where programs come from
    cases = TAKEN if not sandbox else TAKEN[::9]
    for language, source, names, expected in cases:
        result = executor.execute(
            source, language, inputs=INPUTS, outputs=names.split(), sandbox=sandbox
        )
        assert (result.error, result.output) == (None, expected), source
    for language, source, names, told in REFUSED if not sandbox else REFUSED[::5]:
        result = executor.execute(
            source, language, inputs=INPUTS, outputs=names.split(), sandbox=sandbox
        )
        assert result.outcome is Outcome.FAILED, source
        assert result.error is not None
        assert result.error.startswith("NoValue: ")
        assert told in result.error
        assert result.output is None


def test_without_names_a_program_need_give_nothing(executor: CodeExecutor) -> None:
    assert executor.execute("total = 5").output is None
    assert executor.execute("let total = 5", "js").output is None
    with pytest.raises(InvalidOptions, match="outputs must be a list of names"):
        executor.execute("1", outputs=["not a name"])


@pytest.mark.parametrize(
    ("language", "void", "giving"),
    [
        ("python", "def transform(row):\n  row['b'] = 1", "lambda row: row.update(b=1)"),
        ("python", "def f(row): row['b'] = 1\nf", "def f(row): return row.get('b')\nf"),
        ("javascript", "row => { row.b = 1 }", "row => row.b"),
        ("javascript", "function transform(row) { row.b = 1 }", "row => { return row.b }"),
    ],
)
def test_a_function_that_is_mapped_must_return_what_names_want(
    executor: CodeExecutor, language: str, void: str, giving: str
) -> None:
    options = ExecutionOptions(standbys=0, outputs=("rows",))
    plan = MapPlan(workers=1)

    failed = executor.map(Program(void, language), options, [{}], plan=plan)
    assert failed.error is not None
    assert failed.error.startswith("NoValue: the function gives no value: end it with `return …`")
    assert executor.map(Program(giving, language), options, [{}], plan=plan).output == [None]
