"""Cells that must fail, in a shell of this process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from codeexec_magics.errors import ExpectationNotMet
from codeexec_magics.magics.failures import names_of
from codeexec_magics.values.results import ExecutionResult, Outcome
from codeexec_magics.values.traces import Trace

Run = Callable[[str], BaseException | None]


@pytest.mark.parametrize(
    ("line", "body"),
    [
        ("--expect ValueError", "raise ValueError('Test')"),
        ("--expect JSONDecodeError", "import json\njson.loads('{')"),
        ("--expect ProgramFailed", "1/0"),
        ("--expect SyntaxError", "def f(:"),
        ("js --expect TypeError", "null.x"),
        ("js --expect SyntaxError", "let let"),
        ("--expect ExecutionTimedOut --timeout 0.3", "while True: pass"),
        ("--expect TimeoutError --timeout 0.3", "while True: pass"),
        ("--expect WorkerCrashed", "import os; os._exit(3)"),
        ("--expect MemoryLimitExceeded --memory 64M", "x = bytearray(1 << 30)\nwhile True: pass"),
        ("--expect Exception", "1/0"),
        ("--expect ArithmeticError", "1/0"),
        ("--expect LookupError", "class A(KeyError): pass\nraise A"),
        ("--expect Exception --timeout 0.3", "while True: pass"),
        ("--expect SystemExit", "import sys; sys.exit(3)"),
        ("--expect BaseException", "raise GeneratorExit"),
        ("js --expect Error", "null.x"),
        ("js --expect Error", "let let"),
        (
            "js --expect RangeError",
            "class A extends RangeError {}; throw new (class B extends A {})",
        ),
        ("--expect NoValue -o a", "b = 1"),
        ("--expect DecodingFailed -o a,b", "{'a': 1}"),
        ("js --expect EncodingFailed -i module=__import__('os')", "1"),
    ],
)
def test_a_failure_that_must_be_is_shown_and_stops_nothing(
    run: Run, capsys: pytest.CaptureFixture[str], line: str, body: str
) -> None:
    assert run(f"%%transform {line}\n{body}") is None
    assert ", as expected · " in capsys.readouterr().out.splitlines()[0]


@pytest.mark.parametrize(
    ("line", "body", "told"),
    [
        ("", "5", "expected KeyError, but the cell succeeded"),
        ("", "1/0", "but the cell failed with ZeroDivisionError: division by zero"),
        ("", "raise ValueError(object())", "failed with ValueError: <object object at 0x…>"),
        ("--timeout 0.3", "while True: pass", "failed with ExecutionTimedOut: the limit of 0.3 s"),
        ("-o a,b", "{'a': 1}", "failed with DecodingFailed: the result has no key 'b'"),
    ],
)
def test_anything_else_fails_and_names_both(run: Run, line: str, body: str, told: str) -> None:
    failure = run(f"%%transform --expect KeyError {line}\n{body}")

    assert isinstance(failure, ExpectationNotMet)
    assert told in str(failure)


def test_nothing_is_bound_but_what_is_whatever_happens(shell: InteractiveShell, run: Run) -> None:
    shell.user_ns["out"] = before = object()
    code = "print('text')\n5"

    assert isinstance(
        run(f"%%transform --expect KeyError -o out -n f -i x=1 --result r --stdout s\n{code}"),
        ExpectationNotMet,
    )
    assert shell.user_ns["out"] is before
    assert "f" not in shell.user_ns
    assert (shell.user_ns["r"].output, shell.user_ns["s"]) == (5, "text\n")


def test_quiet_shows_nothing_of_a_failure_that_must_be(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("%%transform -q --expect KeyError\n{}['a']") is None
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("outcome", "kind", "names"),
    [
        (Outcome.FAILED, "module.Wrong", {"module.Wrong", "Wrong", "ProgramFailed"}),
        (Outcome.TIMED_OUT, "KeyboardInterrupt", {"ExecutionTimedOut", "TimeoutError"}),
        (Outcome.INTERRUPTED, "KeyboardInterrupt", {"ExecutionInterrupted"}),
        (Outcome.MEMORY, None, {"MemoryLimitExceeded", "MemoryError"}),
        (Outcome.CRASHED, None, {"WorkerCrashed"}),
    ],
)
def test_an_outcome_has_the_names_of_its_exception(
    outcome: Outcome, kind: str | None, names: set[str]
) -> None:
    trace = Trace(type=kind, message="", text="") if kind else None
    known: Any = names_of(ExecutionResult(outcome, trace=trace))

    assert names <= set(known)
    assert ("KeyboardInterrupt" in known) is False
    assert not {"Exception", "BaseException", "object"} & set(known)
