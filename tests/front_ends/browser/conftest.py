"""A browser and a JupyterLab for the tests of each module, which use them as a person does.

Not for longer: while its driver is there, an event loop of its own counts as running in this
process, and its helpers would come and go between other tests.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from census import below, wait_until
from gallery import chromium
from jupyter_lab import PATIENCE, Lab, find_browser, private_lab
from playwright.sync_api import Browser, Page, expect

expect.set_options(timeout=PATIENCE * 1000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave tests of a browser time on a machine that others use, too."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.timeout(6 * PATIENCE))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser without a window."""
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


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Iterator[Page]:
    """A tab for all tests of a module, since the process of a closed one takes its time to end."""
    with browser.new_page() as page:
        yield page


@pytest.fixture
def view(tab: Page) -> Page:
    """An empty page of a usual size."""
    tab.goto("about:blank")
    tab.set_viewport_size({"width": 1100, "height": 800})
    return tab


@pytest.fixture(scope="module")
def running_lab(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab before the browser."""
    with private_lab(tmp_path_factory.mktemp("lab"), browser) as lab:
        yield lab


@pytest.fixture
def lab(running_lab: Lab) -> Iterator[Lab]:
    """The same; what a test has opened, written and set is gone after it."""
    me = os.getpid()
    before = below(me)
    yield running_lab
    running_lab.close()
    # A tab's process may take its time on a busy machine.
    wait_until(lambda: not below(me) - before, seconds=PATIENCE)
