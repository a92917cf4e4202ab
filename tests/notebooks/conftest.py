"""JupyterLab for the tests that need a person before it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_lab import Lab, find_browser, private_lab


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """A JupyterLab and a browser of this test's own."""
    executable = find_browser()
    if executable is None:
        pytest.skip("there is no Chromium on the PATH")
    with private_lab(tmp_path, executable) as running:
        yield running
