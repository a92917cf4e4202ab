"""One suite over all languages: what a program of any language may rely on.

Lives where tests run, in pytest. A package that brings a language has, in a test module of its own,

::

    class TestRuby(LanguageContract):
        dialect = Dialect(language="ruby", suffix=".rb", forty_two="6 * 7", …)
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from codeexec_magics.engine.executor import CodeExecutor
from codeexec_magics.errors import (
    ExecutionTimedOut,
    InvalidOptions,
    ProgramFailed,
    WorkerCrashed,
)
from codeexec_magics.testing.dialect import Dialect
from codeexec_magics.values.options import ExecutionOptions, Program
from codeexec_magics.values.results import ExecutionResult, Outcome


def _output_of(result: ExecutionResult) -> object:
    assert result.success, result.error
    return result.output


def _user_lines(result: ExecutionResult) -> list[tuple[str, int | None, str]]:
    assert result.trace is not None
    return [
        (os.path.basename(frame.file), frame.line, frame.function)
        for frame in result.trace.frames
        if frame.user
    ]


class LanguageContract:
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
        assert _output_of(executor.execute(self.program("no_value"), self.language)) is None
        assert _output_of(executor.execute("", self.language)) is None

    @pytest.mark.parametrize(
        "program", ["transform", "async_transform", "add_names", "add_inputs"], ids=str
    )
    def test_inputs_come_by_name_and_in_inputs(self, executor: CodeExecutor, program: str) -> None:
        source = self.program(program)

        assert _output_of(executor.execute(source, self.language, inputs={"a": 40, "b": 2})) == 42

    def test_the_function_transform_comes_before_the_last_expression(
        self, executor: CodeExecutor
    ) -> None:
        assert _output_of(executor.execute(self.program("entry_beats_value"), self.language)) == 42

    def test_inputs_whose_names_are_no_identifiers_are_in_inputs_only(
        self, executor: CodeExecutor
    ) -> None:
        inputs = {"not a name": 42, "class": 1, "if": 2, "": 3, "😀": 4}

        assert (
            _output_of(executor.execute(self.program("odd_input"), self.language, inputs=inputs))
            == 42
        )

    def test_an_input_may_be_declared_anew(self, executor: CodeExecutor) -> None:
        assert (
            _output_of(executor.execute(self.program("redeclare"), self.language, inputs={"a": 1}))
            == 7
        )

    def test_every_program_starts_with_fresh_globals(self, executor: CodeExecutor) -> None:
        _output_of(executor.execute(self.program("set_global"), self.language))

        assert _output_of(executor.execute(self.program("get_global"), self.language)) is False

    def test_a_failure_names_the_line_the_function_and_the_type(
        self, executor: CodeExecutor
    ) -> None:
        result = executor.execute(self.program("throw_in_function"), self.language)

        assert (result.outcome, result.exit_code, result.output) == (Outcome.FAILED, 1, None)
        assert result.error is not None
        assert result.error.endswith(self.dialect.error)
        assert "\n" not in result.error
        assert _user_lines(result) == [("<cell>", 2, "transform")]
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

        assert [line for _, line, _ in _user_lines(result)] == [first_line + 2]

    def test_a_syntax_error_names_its_line(self, executor: CodeExecutor) -> None:
        program = Program(self.program("syntax_error"), self.language, first_line=2)

        result = executor.run(program, ExecutionOptions(standbys=0))

        assert result.outcome is Outcome.FAILED
        assert result.error is not None
        assert result.error.startswith("SyntaxError: ")
        assert _user_lines(result)[-1][:2] == ("<cell>", 3)

    def test_a_failure_keeps_its_cause(self, executor: CodeExecutor) -> None:
        result = executor.execute(self.program("nested_cause"), self.language)

        assert result.trace is not None
        assert "outer" in result.trace.message
        assert result.trace.cause is not None
        assert result.trace.cause.message == "inner"
        assert result.trace.cause.frames[-1].line == 2
        assert result.stack_trace is not None
        assert "inner" in result.stack_trace

    def test_files_beside_the_notebook_are_imported(
        self, executor: CodeExecutor, tmp_path: Path
    ) -> None:
        (tmp_path / f"beside{self.dialect.suffix}").write_text(self.program("beside"))

        result = executor.execute(
            self.program("import_beside"), self.language, directory=str(tmp_path)
        )

        assert _output_of(result) == 42

    def test_a_failure_in_an_imported_file_names_both_files(
        self, executor: CodeExecutor, tmp_path: Path
    ) -> None:
        (tmp_path / f"beside{self.dialect.suffix}").write_text(self.program("beside"))

        result = executor.execute(
            self.program("fail_beside"), self.language, directory=str(tmp_path)
        )

        assert _user_lines(result)[0][:2] == ("<cell>", 2)
        name, line, function = _user_lines(result)[-1]
        assert (name, line) == (f"beside{self.dialect.suffix}", 3)
        assert "fail" in function

    def test_top_level_await(self, executor: CodeExecutor) -> None:
        assert _output_of(executor.execute(self.program("await_top_level"), self.language)) == 42

    def test_streams_are_kept_apart(self, executor: CodeExecutor) -> None:
        result = executor.execute(self.program("both_streams"), self.language)

        assert (result.stdout, result.stderr, result.output) == ("out\n", "err\n", 42)

    def test_text_is_decoded_across_the_borders_of_chunks(self, executor: CodeExecutor) -> None:
        result = executor.execute(self.program("many_umlauts"), self.language)

        assert result.success, result.error
        assert result.stdout == "x" + "ä" * 100_000

    def test_ten_megabytes_of_output_are_kept_bounded(self, executor: CodeExecutor) -> None:
        result = executor.execute(self.program("ten_megabytes"), self.language, kept_output=100_000)

        assert _output_of(result) == 42
        assert 99_000 < len(result.stdout) < 101_000
        assert "characters left out" in result.stdout
        assert result.stdout.startswith("xxx")
        assert result.stdout.endswith("xxx\nend\n")

    def test_an_endless_loop_is_stopped_at_its_limit(self, executor: CodeExecutor) -> None:
        result = executor.execute(self.program("endless"), self.language, timeout=0.3)

        assert result.outcome is Outcome.TIMED_OUT
        assert result.timeout == 0.3
        assert _user_lines(result)[0][0] == "<cell>"
        with pytest.raises(ExecutionTimedOut) as caught:
            result.raise_for_outcome()
        assert caught.value.result is result

    def test_a_background_child_neither_delays_nor_outlives_its_program(
        self, executor: CodeExecutor
    ) -> None:
        result = executor.execute(self.program("sleeping_child"), self.language, timeout=20)

        assert _output_of(result) == 42
        assert result.receipt.forced >= 1
        assert result.receipt.left == 0

    def test_the_programs_own_exit_code_is_told(self, executor: CodeExecutor) -> None:
        result = executor.execute(self.program("exit_3"), self.language)

        assert (result.outcome, result.exit_code) == (Outcome.CRASHED, 3)
        with pytest.raises(WorkerCrashed, match="code 3"):
            result.raise_for_outcome()

    def test_environment_and_directory_follow_those_of_this_process(
        self, executor: CodeExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CONTRACT_VARIABLE", "ä from outside")
        monkeypatch.chdir(tmp_path)

        assert (
            _output_of(executor.execute(self.program("environment"), self.language))
            == "ä from outside"
        )
        assert _output_of(executor.execute(self.program("directory"), self.language)) == str(
            tmp_path
        )
        changed = executor.execute(
            self.program("environment"), self.language, environment={"CONTRACT_VARIABLE": ""}
        )
        assert _output_of(changed) == ""
        removed = executor.execute(
            self.program("environment"), self.language, environment={"CONTRACT_VARIABLE": None}
        )
        assert _output_of(removed) is None

    def test_a_missing_interpreter_is_a_failed_result_with_advice(
        self, executor: CodeExecutor
    ) -> None:
        result = executor.execute(
            self.program("forty_two"), self.language, interpreter="/nowhere/runtime"
        )

        assert (result.outcome, result.exit_code) == (Outcome.FAILED, None)
        assert result.error is not None
        assert result.error.startswith("LanguageUnavailable: ")
        assert "/nowhere/runtime" in result.error

    def test_an_interpreter_that_is_none_is_a_result_that_says_so(
        self, executor: CodeExecutor
    ) -> None:
        result = executor.execute(self.program("forty_two"), self.language, interpreter="/bin/true")

        assert not result.success
        assert result.error

    def test_a_file_is_executed_by_its_suffix(self, executor: CodeExecutor, tmp_path: Path) -> None:
        file = tmp_path / f"program{self.dialect.suffix}"
        file.write_text("﻿" + self.program("transform"), encoding="utf-8")

        result = executor.execute_file(file, {"a": 40, "b": 2})

        assert _output_of(result) == 42
        assert result.language == self.language

    def test_a_file_that_cannot_be_a_program_is_a_failed_result_that_names_it(
        self, executor: CodeExecutor, tmp_path: Path
    ) -> None:
        (tmp_path / f"latin{self.dialect.suffix}").write_bytes(b"x = '\xe4'")
        (tmp_path / f"folder{self.dialect.suffix}").mkdir()
        (tmp_path / "program.unknown").write_text(self.program("forty_two"))
        expected = {
            f"missing{self.dialect.suffix}": "No such file",
            f"folder{self.dialect.suffix}": "directory",
            f"latin{self.dialect.suffix}": "UTF-8",
            "program.unknown": "suffix",
        }
        for name, reason in expected.items():
            result = executor.execute_file(tmp_path / name)

            assert (result.outcome, result.exit_code) == (Outcome.FAILED, None)
            assert result.error is not None
            assert name in result.error
            assert reason in result.error

    def test_a_file_with_another_suffix_is_executed_in_the_language_that_is_named(
        self, executor: CodeExecutor, tmp_path: Path
    ) -> None:
        file = tmp_path / "program.unknown"
        file.write_text(self.program("forty_two"))

        assert _output_of(executor.execute_file(file, language=self.language)) == 42

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

    def test_eight_executions_at_once_do_not_mix(self, executor: CodeExecutor) -> None:
        found: dict[int, object] = {}
        source = self.program("identity")

        def execute(number: int) -> None:
            inputs = {"value": [number] * 1000}
            found[number] = executor.execute(source, self.language, inputs=inputs).output

        threads = [threading.Thread(target=execute, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert found == {number: [number] * 1000 for number in range(8)}

    def test_wrong_usage_is_told_before_anything_starts(self, executor: CodeExecutor) -> None:
        wrong: list[dict[str, object]] = [
            {"timeout": 0},
            {"timeout": -1},
            {"timeout": float("nan")},
            {"timeout": "5"},
            {"timeout": True},
            {"inputs": [1]},
            {"inputs": {1: 2}},
            {"directory": "/nowhere"},
            {"environment": {"a=b": "c"}},
            {"environment": {"a": 1}},
            {"converter": "spark"},
            {"standbys": -1},
            {"tiemout": 5},
        ]
        for options in wrong:
            with pytest.raises(InvalidOptions):
                executor.execute(self.program("forty_two"), self.language, **options)  # type: ignore[arg-type]
        with pytest.raises(InvalidOptions):
            executor.execute(42, self.language)  # type: ignore[arg-type]
