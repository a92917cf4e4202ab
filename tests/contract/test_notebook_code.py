"""Functions and classes that a notebook defines, in a Python program: sent as their code."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest

from codeexec_magics import CodeExecutor

DEFINITIONS = """
import dataclasses, math
RATE = 3
def rate(x): return x * RATE + math.floor(0.5)
def outer():
    def inner(x): return rate(x) + 1
    return inner
inner = outer()
@dataclasses.dataclass
class Point:
    x: int
    def moved(self, by): return Point(self.x + by)
class Child(Point):
    '''One more.'''
points = [Point(1), Child(2)]
"""


@pytest.fixture(scope="module")
def notebook() -> dict[str, Any]:
    """What a notebook's cells have defined."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(textwrap.dedent(DEFINITIONS), namespace)
    return namespace


@pytest.mark.parametrize(
    ("name", "code", "value"),
    [
        ("rate", "rate(2)", 6),
        ("inner", "list(map(inner, [1, 2]))", [4, 7]),
        ("Point", "Point(1).moved(2).x", 3),
        ("points", "[type(points[1]).__name__, points[1].moved(1).x]", ["Child", 3]),
    ],
)
def test_they_work_in_the_program(
    executor: CodeExecutor, notebook: dict[str, Any], name: str, code: str, value: Any
) -> None:
    result = executor.execute_python(code, {name: notebook[name]})
    assert (result.output, result.error) == (value, None)


def test_what_is_made_of_them_comes_back_as_theirs(
    executor: CodeExecutor, notebook: dict[str, Any]
) -> None:
    result = executor.execute_python(
        "[p.moved(10) for p in points]", {"points": notebook["points"]}
    )
    assert result.output == [notebook["Point"](11), notebook["Point"](12)]
    assert {type(point) for point in result.output} == {notebook["Point"]}


def test_functions_of_modules_go_by_their_name(executor: CodeExecutor) -> None:
    import math

    assert executor.execute_python("f(2.5)", {"f": math.floor}).output == 2


def test_what_a_program_defines_stays_with_it(executor: CodeExecutor) -> None:
    for code in ("def f(): pass\nf", "class C: pass\nC()"):
        assert "EncodingFailed" in str(executor.execute_python(code).error)


def test_a_sandbox_is_sent_no_code(
    executor: CodeExecutor, notebook: dict[str, Any], tmp_path: Path
) -> None:
    given = {"points": notebook["points"]}
    refused = executor.execute_python("1", given, sandbox=True, directory=str(tmp_path))
    assert "needs the class Point" in str(refused.error)


def test_another_version_of_python_says_so(
    executor: CodeExecutor, notebook: dict[str, Any]
) -> None:
    found = sorted(Path.home().glob(".pyenv/versions/3.9*/bin/python"))
    if not found:
        pytest.skip("there is no Python 3.9")
    result = executor.execute_python("1", {"f": notebook["rate"]}, interpreter=str(found[0]))
    assert "this is Python 3.9" in str(result.error)
