"""Ruby, brought by the package that ``docs/languages.md`` shows, is held to the contract."""

from __future__ import annotations

import shutil
from typing import Any

import pytest
from pages import files, texts

from codeexec_magics import CodeExecutor
from codeexec_magics.values.options import ExecutionOptions, Program
from codeexec_magics.values.results import Outcome

pytestmark = pytest.mark.skipif(shutil.which("ruby") is None, reason="Ruby is not installed")


_shown: dict[str, Any] = {"__name__": __name__}
exec(files(texts()["languages.md"])["test_ruby.py"], _shown)
TestRuby = _shown["TestRuby"]

VALUES = [None, True, 2**53, -(2**70), 1.5, float("inf"), "ä😀\n", [1, [2, {"a": None}]], {"é": 1}]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_plain_values_come_back_equal(executor: CodeExecutor, value: object) -> None:
    inputs = {"value": value if not isinstance(value, int) or abs(value) < 2**53 else str(value)}
    source = "value.is_a?(String) && value =~ /\\A-?\\d+\\z/ ? value.to_i : value"
    if value == float("inf"):
        inputs, source = {}, "Float::INFINITY"

    assert executor.execute(source, "ruby", inputs=inputs).raise_for_outcome().output == value


def test_a_value_of_megabytes_goes_and_comes(executor: CodeExecutor) -> None:
    value = [{"n": n, "text": "ä" * 50} for n in range(20_000)]

    assert executor.execute("value", "ruby", inputs={"value": value}).output == value


def test_what_has_no_form_is_refused_by_its_path(executor: CodeExecutor) -> None:
    result = executor.execute("1", "ruby", inputs={"rows": [{"when": {1, 2}}]})

    assert result.outcome is Outcome.FAILED
    assert "inputs.rows[0].when (set) has no form in Ruby" in (result.error or "")


def test_an_interrupt_reaches_the_interpreter_and_what_it_has_started(
    executor: CodeExecutor,
) -> None:
    result = executor.execute("a = 1\nsystem('sleep', '600')", "ruby", timeout=0.5)

    assert result.outcome is Outcome.TIMED_OUT
    assert result.receipt.left == 0
    assert result.trace is not None
    assert {frame.line for frame in result.trace.frames} == {2}


@pytest.mark.parametrize(
    "program",
    [
        "Process.kill(:KILL, Process.ppid)",  # the bridge
        "Process.kill(:KILL, Process.pid)",
        "IO.for_fd(4, 'w', autoclose: false).syswrite(%(nonsense\n)); sleep 600",
        "IO.for_fd(4, 'w', autoclose: false).syswrite(%({\"type\": 1}\n)); sleep 600",
        "Process.daemon(true, true); sleep 600",
    ],
)
def test_a_program_that_attacks_its_bridge_ends_and_leaves_nothing(
    executor: CodeExecutor, program: str
) -> None:
    result = executor.execute(program, "ruby", timeout=2)

    assert not result.success
    assert result.receipt.left == 0


def test_an_interpreter_that_is_not_there(executor: CodeExecutor) -> None:
    result = executor.run(Program("1", "ruby"), ExecutionOptions(environment={"PATH": "/nowhere"}))

    assert "there is no 'ruby'; install it (apt install ruby)" in (result.error or "")


def test_the_excerpt_of_a_failure_is_coloured_as_ruby(executor: CodeExecutor) -> None:
    result = executor.execute("def double(x) = x * nil\ndouble(2)", "ruby")

    assert not result.success
    assert "class=k>def<" in result._repr_mimebundle_()["text/html"]
