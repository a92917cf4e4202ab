"""Languages that a package may bring, as if it were installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from pages import install, texts

from codeexec_magics import languages


@pytest.fixture(scope="module", autouse=True)
def brought(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The package of the docs with Ruby and Perl."""
    folder = tmp_path_factory.mktemp("brought")
    install(texts()["languages.md"], folder)
    sys.path.insert(0, str(folder))
    languages._all.cache_clear()
    yield
    sys.path.remove(str(folder))
    languages._all.cache_clear()
