"""What all tests of a language share: an engine, and the programs of a dialect.

Lives where tests run, in pytest.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import ClassVar

import pytest

from codeexec_magics.engine.executor import CodeExecutor
from codeexec_magics.testing.dialect import Dialect
from codeexec_magics.values.results import ExecutionResult


def output_of(result: ExecutionResult) -> object:
    """The output of a run that must have succeeded."""
    assert result.success, result.error
    return result.output


def user_lines(result: ExecutionResult) -> list[tuple[str, int | None, str]]:
    """File, line and function of the failing frames that are the user's own."""
    assert result.trace is not None
    return [
        (os.path.basename(frame.file), frame.line, frame.function)
        for frame in result.trace.frames
        if frame.user
    ]


class LanguageSuite:
    """The tests; a subclass gives the programs.

    Attributes:
        dialect: The programs of the language under test.
    """

    dialect: ClassVar[Dialect]

    @pytest.fixture(scope="class")
    @classmethod
    def executor(cls) -> Iterator[CodeExecutor]:
        """An engine of the class's own; no standbys, so that whatever stays is one too many."""
        with CodeExecutor(default_timeout=30, standbys=0) as own:
            own.client.welcome()
            yield own

    @property
    def language(self) -> str:
        """The name of the language under test."""
        return self.dialect.language

    def program(self, name: str) -> str:
        """A program of the dialect; skips the test if the language cannot have it."""
        source: str = getattr(self.dialect, name)
        if not source:
            pytest.skip(f"{self.language} has no program {name!r}")
        return source
