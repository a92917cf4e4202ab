"""TypeScript: types are taken out, places stay, what needs code of its own runs."""

from __future__ import annotations

import pandas as pd
import pytest

from codeexec_magics import CodeExecutor, ExecutionResult
from codeexec_magics.values.options import ExecutionOptions, Program
from codeexec_magics.values.results import Outcome

FRAME = pd.DataFrame({"item": ["a", "b", "c"], "price": [1.5, 2.5, 3.5], "n": [1, 2, 3]})


def run(executor: CodeExecutor, source: str, **inputs: object) -> ExecutionResult:
    """Run a cell whose magic's line is line 1."""
    program = Program(source, "ts", first_line=2)
    return executor.run(program, ExecutionOptions(standbys=0, timeout=30), inputs)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("const n: number = 3; n + 1", 4),
        ("enum A { X = 4, Y }\nA.Y", 5),
        ("namespace N { export const a = 1 }\nN.a", 1),
        ("class P { constructor(private x: number) {} get y() { return this.x } }\nnew P(3).y", 3),
        ("const a: number = await Promise.resolve(5); a as number", 5),
        ("import { join } from 'node:path'; join('a', 'b') as string", "a/b"),
        ("interface R { a: number }\nconst r: R = { a: 1 };\nr.a satisfies number", 1),
        ("let x = <number>5; x", 5),
        ("type T = string", None),
        ("// only a comment", None),
        ("const x: number = 1\r\nx", 1),
        ("async function transform({ df }: any) { return df.map((r: any) => r.n) }", [1, 2, 3]),
        ("const df = inputs.df; df[0].price", 1.5),
        ("process.argv.length", 2),
    ],
)  # fmt: skip
def test_the_value_of_a_program(executor: CodeExecutor, source: str, value: object) -> None:
    assert run(executor, source, df=FRAME).raise_for_outcome().output == value


@pytest.mark.parametrize(
    ("source", "places"),
    [
        ("function f(r: any): number {\n  return r.missing.deep\n}\nf({})", [(5, 1), (3, 10)]),
        ("enum K {A}\n\nfunction f(r: any) {\n  return r.a.deep\n}\nf({})", [(7, 1), (5, 14)]),
        ("const a: number = 1;\n\n   throw new Error(`${a}` as string)", [(4, 10)]),
    ],
)  # fmt: skip
def test_places_are_those_of_what_was_written(
    executor: CodeExecutor, source: str, places: list[tuple[int, int]]
) -> None:
    result = run(executor, source)

    assert result.trace is not None
    assert [(frame.line, frame.column) for frame in result.trace.frames] == places
    shown = result.trace.frames[-1]
    assert (
        shown.excerpt[(shown.line or 0) - shown.excerpt_start]
        == source.splitlines()[(shown.line or 0) - 2]
    )


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("const x: = 1", (2, 10)),
        ("let a = 1\nlet b: string[ = 2", (3, 16)),
        ("const a: number = 1\nreturn a", (3, 1)),
    ],
)
def test_errors_of_syntax_have_their_place(
    executor: CodeExecutor, source: str, place: tuple[int, int]
) -> None:
    result = run(executor, source)

    assert result.outcome is Outcome.FAILED
    assert (result.error or "").startswith("SyntaxError: ")
    assert result.trace is not None
    frame = result.trace.frames[-1]
    assert (frame.line, frame.column) == place


def test_a_span_beyond_the_basic_plane_is_not_shifted(executor: CodeExecutor) -> None:
    source = 'const é: string = "😀"; throw new Error(é)'

    result = run(executor, source)

    assert result.trace is not None
    frame = result.trace.frames[-1]
    assert frame.column is not None
    assert frame.end_column is not None
    assert source[frame.column - 1 : frame.end_column - 1] == "new Error(é)"


def test_javascript_stays_javascript(executor: CodeExecutor) -> None:
    result = executor.execute("const n: number = 3", "js")

    assert (result.error or "").startswith("SyntaxError: ")


def test_a_stopped_program_tells_its_place_in_what_was_written(executor: CodeExecutor) -> None:
    program = Program("enum A { X }\n\nwhile (A.X === 0) {\n}", "ts", first_line=2)

    result = executor.run(program, ExecutionOptions(standbys=0, timeout=1, grace=5))

    assert result.outcome is Outcome.TIMED_OUT
    assert result.trace is not None
    assert result.trace.frames[-1].line in (4, 5)
