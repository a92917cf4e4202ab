"""Perl, brought by the package that ``docs/languages.md`` shows, is held to the contract."""

from __future__ import annotations

import shutil
from typing import Any

import pytest
from pages import files, texts

from codeexec_magics import CodeExecutor

pytestmark = pytest.mark.skipif(shutil.which("perl") is None, reason="Perl is not installed")

_shown: dict[str, Any] = {"__name__": __name__}
exec(files(texts()["languages.md"])["test_perl.py"], _shown)
TestPerl = _shown["TestPerl"]

VALUES = [
    None,
    True,
    2**53 - 1,
    0.1 + 0.2,
    1e300,
    "5",
    "ä😀\n",
    [1, [2, {"a": None}]],
    {"é": 1, "": 2},
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_plain_values_come_back_equal(executor: CodeExecutor, value: object) -> None:
    again = executor.execute("$value", "perl", inputs={"value": value}).raise_for_outcome().output

    assert (again, type(again)) == (value, type(value))


@pytest.mark.parametrize(
    ("source", "value"),
    [("9**9**9", float("inf")), ("1 << 62", 2**62), ("-(1 << 62)", -(2**62)), ("2**60", 2.0**60)],
)
def test_numbers_are_not_rounded(executor: CodeExecutor, source: str, value: object) -> None:
    made = executor.execute(source, "perl").raise_for_outcome().output

    assert (made, type(made)) == (value, type(value))
