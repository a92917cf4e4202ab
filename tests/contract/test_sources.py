"""Programs that cannot be read, or sent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from codeexec_magics import CodeExecutor
from codeexec_magics.errors import InvalidOptions
from codeexec_magics.values.results import Outcome


def test_a_program_that_is_too_long_says_so(executor: CodeExecutor) -> None:
    result = executor.execute_python("x = '" + "a" * 17_000_000 + "'")

    assert result.outcome is Outcome.FAILED
    assert "too long to be sent" in (result.error or "")


def test_files_that_cannot_be_read_as_such(executor: CodeExecutor, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")

    for path in (str(tmp_path / "pipe.py"), "a" * 300 + ".py"):
        result = executor.execute_file(path)
        assert result.outcome is Outcome.FAILED
        assert "SourceUnavailable" in (result.error or "")

    for wrong in (None, 5, b"a.py"):
        with pytest.raises(InvalidOptions):
            executor.execute_file(wrong)  # type: ignore[arg-type]
