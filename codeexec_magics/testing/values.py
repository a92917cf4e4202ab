"""What goes in, what comes out, and what cannot travel.

Lives where tests run, in pytest.
"""

from __future__ import annotations

import json
import threading

import pytest

from codeexec_magics.engine.executor import CodeExecutor
from codeexec_magics.errors import (
    ProgramFailed,
)
from codeexec_magics.testing.suite import LanguageSuite, output_of
from codeexec_magics.values.results import ExecutionResult, Outcome


class ValueContract(LanguageSuite):
    """What goes in and what comes out."""

    def test_a_program_has_the_value_of_its_last_expression(self, executor: CodeExecutor) -> None:
        result = executor.execute(self.program("forty_two"), self.language)

        assert (result.outcome, result.output) == (Outcome.SUCCEEDED, 42)
        assert (result.error, result.stack_trace, result.trace) == (None, None, None)
        assert (result.exit_code, result.language) == (0, self.language)
        assert result.receipt.left == 0
        assert 0 < result.execution_time < 30
        assert result.peak_memory is not None
        assert result.peak_memory > 1_000_000

    def test_without_a_last_expression_there_is_no_value(self, executor: CodeExecutor) -> None:
        assert output_of(executor.execute(self.program("no_value"), self.language)) is None
        assert output_of(executor.execute("", self.language)) is None

    @pytest.mark.parametrize(
        "program", ["transform", "async_transform", "add_names", "add_inputs"], ids=str
    )
    def test_inputs_come_by_name_and_in_inputs(self, executor: CodeExecutor, program: str) -> None:
        source = self.program(program)

        assert output_of(executor.execute(source, self.language, inputs={"a": 40, "b": 2})) == 42

    def test_the_function_transform_comes_before_the_last_expression(
        self, executor: CodeExecutor
    ) -> None:
        assert output_of(executor.execute(self.program("entry_beats_value"), self.language)) == 42

    def test_inputs_whose_names_are_no_identifiers_are_in_inputs_only(
        self, executor: CodeExecutor
    ) -> None:
        inputs = {"not a name": 42, "class": 1, "if": 2, "": 3, "😀": 4}

        assert (
            output_of(executor.execute(self.program("odd_input"), self.language, inputs=inputs))
            == 42
        )

    def test_an_input_may_be_declared_anew(self, executor: CodeExecutor) -> None:
        assert (
            output_of(executor.execute(self.program("redeclare"), self.language, inputs={"a": 1}))
            == 7
        )

    def test_every_program_starts_with_fresh_globals(self, executor: CodeExecutor) -> None:
        output_of(executor.execute(self.program("set_global"), self.language))

        assert output_of(executor.execute(self.program("get_global"), self.language)) is False

    def test_top_level_await(self, executor: CodeExecutor) -> None:
        assert output_of(executor.execute(self.program("await_top_level"), self.language)) == 42

    def test_a_value_that_cannot_travel_is_a_failure_that_names_its_path(
        self, executor: CodeExecutor
    ) -> None:
        result = executor.execute(self.program("function_value"), self.language)

        assert result.outcome is Outcome.FAILED
        assert result.error is not None
        assert "result.f[1]" in result.error

    def test_an_input_that_cannot_travel_is_a_failure_that_names_its_path(
        self, executor: CodeExecutor
    ) -> None:
        inputs = {"rows": [{"when": 1}, {"when": threading.Lock()}]}

        result = executor.execute(self.program("forty_two"), self.language, inputs=inputs)

        assert result.outcome is Outcome.FAILED
        assert result.error is not None
        assert "inputs.rows[1].when" in result.error
        assert "lock" in result.error

    def test_a_result_survives_json(self, executor: CodeExecutor) -> None:
        good = executor.execute(
            self.program("identity"), self.language, inputs={"value": [1, 2.5, "ä", None]}
        )
        bad = executor.execute(self.program("throw_in_function"), self.language)

        for result in (good, bad):
            again = ExecutionResult.from_dict(json.loads(json.dumps(result.to_dict())))
            assert again == result
            assert again.stack_trace == result.stack_trace
        with pytest.raises(ProgramFailed, match="Test"):
            ExecutionResult.from_dict(bad.to_dict()).raise_for_outcome()
        assert good.raise_for_outcome() is good
