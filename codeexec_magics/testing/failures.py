"""How a failure tells its place.

Lives where tests run, in pytest.
"""

from __future__ import annotations

import pytest

from codeexec_magics.engine.executor import CodeExecutor
from codeexec_magics.testing.suite import LanguageSuite, user_lines
from codeexec_magics.values.options import ExecutionOptions, Program
from codeexec_magics.values.results import Outcome


class FailureContract(LanguageSuite):
    """How a failure tells its place."""

    def test_a_failure_names_the_line_the_function_and_the_type(
        self, executor: CodeExecutor
    ) -> None:
        result = executor.execute(self.program("throw_in_function"), self.language)

        assert (result.outcome, result.exit_code, result.output) == (Outcome.FAILED, 1, None)
        assert result.error is not None
        assert result.error.endswith(self.dialect.error)
        assert "\n" not in result.error
        assert user_lines(result) == [("<cell>", 2, "transform")]
        assert result.stack_trace is not None
        assert "transform" in result.stack_trace
        assert "Test" in result.stack_trace
        assert "codeexec" not in result.stack_trace

    @pytest.mark.parametrize("first_line", [1, 2, 17])
    def test_lines_are_counted_from_the_line_that_the_reader_sees(
        self, executor: CodeExecutor, first_line: int
    ) -> None:
        program = Program(self.program("throw_on_line_3"), self.language, first_line)

        result = executor.run(program, ExecutionOptions(standbys=0))

        assert [line for _, line, _ in user_lines(result)] == [first_line + 2]

    def test_a_syntax_error_names_its_line(self, executor: CodeExecutor) -> None:
        program = Program(self.program("syntax_error"), self.language, first_line=2)

        result = executor.run(program, ExecutionOptions(standbys=0))

        assert result.outcome is Outcome.FAILED
        assert result.error is not None
        assert result.error.startswith("SyntaxError: ")
        assert user_lines(result)[-1][:2] == ("<cell>", 3)

    def test_a_failure_keeps_its_cause(self, executor: CodeExecutor) -> None:
        result = executor.execute(self.program("nested_cause"), self.language)

        assert result.trace is not None
        assert "outer" in result.trace.message
        assert result.trace.cause is not None
        assert result.trace.cause.message == "inner"
        assert result.trace.cause.frames[-1].line == 2
        assert result.stack_trace is not None
        assert "inner" in result.stack_trace
