"""Languages that a package may bring, as if it were installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pages import install, texts

from codeexec_magics import languages

BROUGHT = """
from codeexec_magics.languages.bridge import bridged

RUBY = bridged(
    "ruby", "ruby", {driver!r},
    aliases=["rb"], suffixes=[".rb"], syntax="ruby", advice="apt install ruby",
)
"""
DRIVER = Path(__file__).parent / "drivers" / "driver.rb"


@pytest.fixture(scope="module", autouse=True)
def brought(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Packages with languages, as if installed: Ruby's, and Perl's of the docs."""
    folder = tmp_path_factory.mktemp("brought")
    install(texts()["languages.md"], folder)
    (folder / "brought_ruby.py").write_text(BROUGHT.format(driver=str(DRIVER)))
    metadata = folder / "brought_ruby-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Name: brought_ruby\nVersion: 1\n")
    entry = "[codeexec_magics.languages]\nruby = brought_ruby:RUBY\n"
    (metadata / "entry_points.txt").write_text(entry)
    sys.path.insert(0, str(folder))
    languages._all.cache_clear()
    yield
    sys.path.remove(str(folder))
    languages._all.cache_clear()
