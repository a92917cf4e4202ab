"""The process of a program: its streams, its end, its surroundings.

Lives where tests run, in pytest.
"""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from codeexec_magics.engine.executor import CodeExecutor
from codeexec_magics.errors import (
    ExecutionTimedOut,
    InvalidOptions,
    WorkerCrashed,
)
from codeexec_magics.testing.suite import LanguageSuite, output_of, user_lines
from codeexec_magics.values.results import Outcome


class ProcessContract(LanguageSuite):
    """The process of a program: its streams, its end, its surroundings."""

    def test_streams_are_kept_apart(self, executor: CodeExecutor) -> None:
        result = executor.execute(self.program("both_streams"), self.language)

        assert (result.stdout, result.stderr, result.output) == ("out\n", "err\n", 42)

    def test_text_is_decoded_across_the_borders_of_chunks(self, executor: CodeExecutor) -> None:
        result = executor.execute(self.program("many_umlauts"), self.language)

        assert result.success, result.error
        assert result.stdout == "x" + "ä" * 100_000

    def test_ten_megabytes_of_output_are_kept_bounded(self, executor: CodeExecutor) -> None:
        result = executor.execute(self.program("ten_megabytes"), self.language, kept_output=100_000)

        assert output_of(result) == 42
        assert 99_000 < len(result.stdout) < 101_000
        assert "characters left out" in result.stdout
        assert result.stdout.startswith("xxx")
        assert result.stdout.endswith("xxx\nend\n")

    def test_an_endless_loop_is_stopped_at_its_limit(self, executor: CodeExecutor) -> None:
        result = executor.execute(self.program("endless"), self.language, timeout=0.3)

        assert result.outcome is Outcome.TIMED_OUT
        assert result.timeout == 0.3
        assert user_lines(result)[0][0] == "<cell>"
        with pytest.raises(ExecutionTimedOut) as caught:
            result.raise_for_outcome()
        assert caught.value.result is result

    def test_a_background_child_neither_delays_nor_outlives_its_program(
        self, executor: CodeExecutor
    ) -> None:
        result = executor.execute(self.program("sleeping_child"), self.language, timeout=20)

        assert output_of(result) == 42
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
            output_of(executor.execute(self.program("environment"), self.language))
            == "ä from outside"
        )
        assert output_of(executor.execute(self.program("directory"), self.language)) == str(
            tmp_path
        )
        changed = executor.execute(
            self.program("environment"), self.language, environment={"CONTRACT_VARIABLE": ""}
        )
        assert output_of(changed) == ""
        removed = executor.execute(
            self.program("environment"), self.language, environment={"CONTRACT_VARIABLE": None}
        )
        assert output_of(removed) is None

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
