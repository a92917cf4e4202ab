"""Every language of the package is held to the contract."""

from __future__ import annotations

import shutil

import pytest
from dialects import DIALECTS

from codeexec_magics import languages
from codeexec_magics.testing import LanguageContract


def test_every_language_of_the_registry_is_under_contract() -> None:
    assert {language.name for language in languages.everything()} == set(DIALECTS)


class TestPython(LanguageContract):
    dialect = DIALECTS["python"]


class TestJavaScript(LanguageContract):
    dialect = DIALECTS["javascript"]


class TestTypeScript(LanguageContract):
    dialect = DIALECTS["typescript"]


class TestBash(LanguageContract):
    dialect = DIALECTS["bash"]


@pytest.mark.skipif(shutil.which("R") is None, reason="R is not installed")
class TestR(LanguageContract):
    dialect = DIALECTS["r"]


class TestSql(LanguageContract):
    dialect = DIALECTS["sql"]
