"""Programs that end without a value: by an exit of their own, or by a signal."""

from __future__ import annotations

import pytest

from codeexec_magics import CodeExecutor
from codeexec_magics.values.results import Outcome


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("import sys\nprint('hello', file=sys.stderr)\nsys.exit(120)", 120),
        ("import sys\nprint('JavaScript heap out of memory', file=sys.stderr)\nsys.exit(3)", 3),
        ("class Silent:\n  def __str__(self): raise ValueError\nraise SystemExit(Silent())", 1),
    ],
)
def test_a_program_that_exits_has_crashed(executor: CodeExecutor, program: str, code: int) -> None:
    result = executor.execute_python(program)

    assert (result.outcome, result.exit_code) == (Outcome.CRASHED, code)
    assert "exited with code" in (result.error or "")
    assert "languages/python" not in result.stderr


def test_forged_notes_of_a_crash_are_no_fault(executor: CodeExecutor) -> None:
    result = executor.execute_python("""
import os
notes = b'Fatal Python error: x\\n  File "<cell>", line ' + b"9" * 5000 + b" in f\\n"
os.pwrite(5, notes, 0)
os.kill(os.getpid(), 9)
""")

    assert (result.outcome, result.exit_code) == (Outcome.CRASHED, -9)
