"""Programs that are files, and what they import.

Lives where tests run, in pytest.
"""

from __future__ import annotations

from pathlib import Path

from codeexec_magics.engine.executor import CodeExecutor
from codeexec_magics.testing.suite import LanguageSuite, output_of, user_lines
from codeexec_magics.values.results import Outcome


class FileContract(LanguageSuite):
    """Programs that are files, and what they import."""

    def test_files_beside_the_notebook_are_imported(
        self, executor: CodeExecutor, tmp_path: Path
    ) -> None:
        (tmp_path / f"beside{self.dialect.suffix}").write_text(self.program("beside"))

        result = executor.execute(
            self.program("import_beside"), self.language, directory=str(tmp_path)
        )

        assert output_of(result) == 42

    def test_a_failure_in_an_imported_file_names_both_files(
        self, executor: CodeExecutor, tmp_path: Path
    ) -> None:
        (tmp_path / f"beside{self.dialect.suffix}").write_text(self.program("beside"))

        result = executor.execute(
            self.program("fail_beside"), self.language, directory=str(tmp_path)
        )

        assert user_lines(result)[0][:2] == ("<cell>", 2)
        name, line, function = user_lines(result)[-1]
        assert (name, line) == (f"beside{self.dialect.suffix}", 3)
        assert "fail" in function

    def test_a_file_is_executed_by_its_suffix(self, executor: CodeExecutor, tmp_path: Path) -> None:
        file = tmp_path / f"program{self.dialect.suffix}"
        file.write_text("﻿" + self.program("transform"), encoding="utf-8")

        result = executor.execute_file(file, {"a": 40, "b": 2})

        assert output_of(result) == 42
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

        assert output_of(executor.execute_file(file, language=self.language)) == 42
