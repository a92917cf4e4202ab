"""A private JupyterLab, with the notebooks that a test opens in it and uses like a person."""

from __future__ import annotations

import http.client
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import nbformat
from census import wait_until
from checkout import ROOT, installed
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

FRONT_ENDS = {"JupyterLab": "lab/tree", "Notebook": "notebooks"}
"""What opens notebooks: its name, and what its addresses begin with."""

PATIENCE = 100
"""How many seconds anything may take on a machine that is busy with something else."""

_KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}


class OpenNotebook:
    """A notebook that stands open in a tab of JupyterLab, or in Notebook."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.cells = page.locator(".jp-Notebook .jp-CodeCell")
        self.prompts = page.locator(".jp-Notebook .jp-CodeCell .jp-InputPrompt")
        self.cards = page.locator(".jp-OutputArea .cx1")

    def run_all(self) -> None:
        """Choose Run All in the menu; does not wait for the end."""
        self._choose("Run", "Run All Cells")

    def run_first(self) -> None:
        """Run the first cell, and wait for its end."""
        self.cells.first.locator(".cm-content").click()
        self.page.keyboard.press("Shift+Enter")
        expect(self.prompts.first).to_have_text("[1]:")

    def complete(self, number: int, words: str) -> set[str]:
        """Write a first line into a code cell, press Tab, and see what is offered."""
        self.cells.nth(number).locator(".cm-content").click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(words)
        self.page.keyboard.press("Tab")
        offers = self.page.locator(".jp-Completer:visible .jp-Completer-match")
        expect(offers).not_to_have_count(0)
        offered = set(offers.all_inner_texts())
        self.page.keyboard.press("Escape")
        return offered

    def stop(self) -> None:
        """Press the button in the toolbar that interrupts the kernel."""
        self.page.locator('.jp-NotebookPanel-toolbar [data-command$="interrupt-kernel"]').click()

    def restart(self) -> None:
        """Press the button in the toolbar that restarts the kernel, and say yes."""
        self.page.locator('.jp-NotebookPanel-toolbar [data-command$="restart-kernel"]').click()
        self.page.locator(".jp-Dialog-button.jp-mod-accept").click()

    def clear(self) -> None:
        """Choose in the menu to take all outputs away."""
        self._choose("Edit", "Clear Outputs of All Cells")
        expect(self.page.locator(".jp-OutputArea-child")).to_have_count(0)

    def wear(self, theme: str) -> None:
        """Choose a theme in the menu and wait until its colours are there."""
        self._choose("Settings", "Theme", theme)
        self.page.locator(f'body[data-jp-theme-name="{theme}"]').wait_for(state="attached")

    def save(self) -> None:
        """Choose Save in the menu."""
        self._choose("File", "Save Notebook")

    def output(self, number: int) -> Locator:
        """All that the code cell with this number has shown."""
        return self.cells.nth(number).locator(".jp-OutputArea")

    def card(self, number: int) -> Locator:
        """The card below the code cell with this number."""
        return self.output(number).locator(".cx1")

    def _choose(self, menu: str, *items: str) -> None:
        self.page.locator(".lm-MenuBar-item", has_text=re.compile(f"^{menu}$")).click()
        for item in items:
            label = self.page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{item}$"))
            label.last.click()


class Lab:
    """A running JupyterLab with an empty configuration, and a browser before it."""

    def __init__(self, context: BrowserContext, address: str, token: str, home: Path) -> None:
        self._context = context
        self._address = address
        self._token = token
        self._home = home
        self.folder = home / "notebooks"

    def open(self, name: str, *, front_end: str = FRONT_ENDS["JupyterLab"]) -> OpenNotebook:
        """Open a notebook of the folder, and wait until its kernel is there and does nothing.

        Args:
            name: Its file.
            front_end: One of ``FRONT_ENDS``.
        """
        page = self._context.new_page()
        page.set_default_timeout(PATIENCE * 1000)
        # Lab asks for a kernel if the notebook opens before it knows which ones there are.
        choice = page.locator(".jp-Dialog-button.jp-mod-accept")
        page.add_locator_handler(choice, lambda: choice.click())
        page.goto(f"{self._address}/{front_end}/{name}?reset&token={self._token}")
        expect(page.locator(".jp-KernelName")).to_have_text(_KERNEL["display_name"])
        status = page.locator(".jp-Notebook-ExecutionIndicator")
        expect(status).to_have_attribute("data-status", "idle")
        page.remove_locator_handler(choice)
        return OpenNotebook(page)

    def close(self) -> None:
        """Close all tabs, end all kernels, and leave no notebook and no setting."""
        for page in self._context.pages:
            page.close()
        for session in self._sessions():
            self._ask(f"api/sessions/{session['id']}", "DELETE").close()
        for path in (self.folder, self._home / "settings"):
            shutil.rmtree(path)
        _furnish(self._home)

    def write(self, name: str, *sources: str) -> None:
        """Put a notebook with these code cells into the folder."""
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(source) for source in sources],
            metadata={"kernelspec": _KERNEL},
        )
        nbformat.write(notebook, self.folder / name)

    def _sessions(self) -> list[dict[str, Any]]:
        with self._ask("api/sessions") as reply:
            sessions: list[dict[str, Any]] = json.load(reply)
        return sessions

    def _ask(self, path: str, method: str = "GET") -> http.client.HTTPResponse:
        headers = {"Authorization": f"token {self._token}"}
        request = urllib.request.Request(f"{self._address}/{path}", method=method, headers=headers)
        reply: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=PATIENCE)
        return reply


@contextmanager
def private_lab(home: Path, browser: Browser) -> Iterator[Lab]:
    """JupyterLab on a port of its own, with our extension as a wheel installs it; ends after it.

    Args:
        home: An empty folder for the configuration; the notebooks stand in a folder of it.
        browser: What its pages are opened in.
    """
    _furnish(home)
    installed(home / "data", "share/jupyter/")
    token = secrets.token_hex()
    # So tall that Lab draws every cell: what is out of sight it leaves out of the page. All tabs
    # are of one profile, so that only the first one has to fetch all of Lab.
    size = {"width": 1200, "height": 4500}
    with _server(home, token) as address, browser.new_context(viewport=size) as context:
        yield Lab(context, address, token, home)


def find_browser() -> str | None:
    """The path of a Chromium, if there is one."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


def _furnish(home: Path) -> None:
    """Make an empty folder of notebooks, and settings that ask no other host for news."""
    (home / "notebooks").mkdir()
    settings = home / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    quiet = {"fetchNews": "false", "checkForUpdates": False}
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(quiet))


@contextmanager
def _server(home: Path, token: str) -> Iterator[str]:
    """JupyterLab's address while it runs; its kernels end with it."""
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    with (home / "server.log").open("w") as log:
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
                *(f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
                *(
                    f"--IdentityProvider.token={token}",
                    f"--ServerApp.root_dir={home / 'notebooks'}",
                ),
            ],
            env={**os.environ, **_private(home)},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        assert wait_until(lambda: _answers(address), seconds=PATIENCE), (
            home / "server.log"
        ).read_text()
        yield address
    finally:
        server.terminate()
        server.wait(PATIENCE)


def _private(home: Path) -> dict[str, str]:
    """Variables that keep JupyterLab away from the user's own configuration."""
    return {
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "IPYTHONDIR": str(home / "ipython"),
    }


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/api", timeout=5):
            return True
    except OSError:
        return False
