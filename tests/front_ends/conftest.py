"""A browser for the tests that look at cards."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS / "display"), str(TESTS / "notebooks")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests of a module."""
    from gallery import chromium
    from jupyter_lab import find_browser

    executable = find_browser()
    if executable is None:
        pytest.skip("there is no Chromium on the PATH")
    with chromium(executable) as running:
        # Its first page starts helpers that stay as long as it does; no test is blamed for them.
        with running.new_page() as page:
            page.set_content("<canvas></canvas>")
            page.evaluate("document.querySelector('canvas').getContext('2d').fillRect(0, 0, 9, 9)")
            page.screenshot()
        yield running


@pytest.fixture
def view(browser: Browser) -> Iterator[Page]:
    """An empty page of a usual size."""
    with browser.new_page(viewport={"width": 1100, "height": 800}) as page:
        yield page
