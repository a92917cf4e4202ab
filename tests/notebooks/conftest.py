"""JupyterLab for the tests that need a person before it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from census import below, wait_until
from jupyter_lab import Lab, find_browser, private_lab

sys.path.insert(0, str(Path(__file__).parents[1] / "front_ends"))


@pytest.fixture(scope="module")
def running_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab and a browser for all tests of a module."""
    executable = find_browser()
    if executable is None:
        pytest.skip("there is no Chromium on the PATH")
    with private_lab(tmp_path_factory.mktemp("lab"), executable) as lab:
        yield lab


@pytest.fixture
def lab(running_lab: Lab) -> Iterator[Lab]:
    """The same; what a test has opened is closed after it."""
    me = os.getpid()
    before = below(me)
    yield running_lab
    running_lab.close()
    # A tab's process may take its time on a busy machine.
    wait_until(lambda: not below(me) - before, seconds=30)
