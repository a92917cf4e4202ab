from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

import codeexec_magics
from codeexec_magics.engine.transform import Transform
from codeexec_magics.magics.completion import complete
from codeexec_magics.values.options import Program

NAMESPACE: dict[str, Any] = {
    "df": 1,
    "dates": 2,
    "_hidden": 3,
    "clean": Transform("clean", Program("1")),
}


def texts(line: str) -> list[str]:
    return [text for text, _ in complete(line, NAMESPACE)[1]]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("%%transform --ti", ["--timeout"]),
        ("%%transform js -i df --std", ["--stdout", "--stderr"]),
        ("%%transform j", ["javascript", "js"]),
        ("%%transform js j", []),
        ("%%transform cl", []),
        ("%%transform --map df --on-error ", ["stop", "go-on", "collect"]),
        ("%%transform --expect Zero", ["ZeroDivisionError"]),
        ("%%transform --expect Program", ["ProgramFailed"]),
        ("%transform cl", ["clean"]),
        ("    %transform cl", ["clean"]),
        ("%%transform -i d", ["df", "dates"]),
        ("%%transform -i df,da", ["dates"]),
        ("%%transform -i df -o d", []),
        ("%%transform --input _", []),
        ("%%transform -i x=d", []),
        ("%%transform -l py", ["python", "py", "python3"]),
        ("%%transform -c pol", ["polars"]),
        ("%%transform -q j", []),
        ("%transform_config time", ["timeout="]),
        ("%transform_config timeout=5 js.", ["js.executable="]),
        ("%%transformer --ti", []),
        ("x = 5 %transform --ti", []),
    ],
)
def test_what_may_stand_there_is_offered(line: str, expected: list[str]) -> None:
    assert texts(line) == expected


def test_only_what_the_cursor_is_in_is_replaced() -> None:
    assert complete("%%transform -i df,da", NAMESPACE)[0] == "da"
    assert complete("%%transform -i ", NAMESPACE)[0] == ""


def test_paths_are_offered_and_folders_end_in_a_slash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.js").touch()
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)

    assert texts("%transform -f s") == ["src/"]
    assert texts("%transform -f src/") == ["src/a.js"]
    assert texts("%transform -f .") == [".git/"]
    assert texts(f"%transform js --file {tmp_path}/s") == [f"{tmp_path}/src/"]
    assert texts("%transform -f missing/") == []


def asked(shell: InteractiveShell, text: str) -> list[str]:
    with provisionalcompleter():
        return [found.text for found in shell.Completer.completions(text, len(text))]


def test_ipython_offers_ours_alone(shell: InteractiveShell) -> None:
    shell.user_ns["dates"] = 1

    assert asked(shell, "%%transform js --ti") == ["--timeout"]
    assert asked(shell, "\n%%transform -i dat") == ["dates"]
    assert asked(shell, "x = 1\n%transform -i dat") == ["dates"]
    assert "--timeout" not in asked(shell, "x = 1\n%%transform --ti")


def test_loading_again_does_not_double_it_and_unloading_takes_it_away(
    shell: InteractiveShell,
) -> None:
    count = len(shell.Completer.custom_matchers)
    codeexec_magics.load_ipython_extension(shell)
    codeexec_magics.load_ipython_extension(shell)
    assert len(shell.Completer.custom_matchers) == count

    codeexec_magics.unload_ipython_extension(shell)
    assert len(shell.Completer.custom_matchers) == count - 1
    assert asked(shell, "%%transform --ti") != ["--timeout"]


def test_unloading_leaves_no_magic_and_no_settings(shell: InteractiveShell) -> None:
    codeexec_magics.unload_ipython_extension(shell)

    assert shell.find_magic("transform") is None
    assert shell.find_magic("transform_config") is None
    assert not [one for one in shell.configurables if type(one).__name__ == "TransformMagics"]
