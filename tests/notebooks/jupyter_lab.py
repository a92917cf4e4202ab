"""A private JupyterLab, and a browser that a test drives like a person."""

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
from playwright.sync_api import Browser, Locator, Page, sync_playwright

import codeexec_magics

ROOT = Path(codeexec_magics.__file__).parent.parent


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

    def stop(self) -> None:
        """Press the button in the toolbar that interrupts the kernel."""
        self.page.locator('.jp-NotebookPanel-toolbar [data-command$="interrupt-kernel"]').click()

    def restart(self) -> None:
        """Press the button in the toolbar that restarts the kernel, and say yes."""
        self.page.locator('.jp-NotebookPanel-toolbar [data-command$="restart-kernel"]').click()
        self.page.locator(".jp-Dialog-button.jp-mod-accept").click()

    def wear(self, theme: str) -> None:
        """Choose a theme in the menu and wait until its colours are there."""
        self._choose("Settings", "Theme", theme)
        self.page.locator(f'body[data-jp-theme-name="{theme}"]').wait_for(state="attached")

    def save(self) -> None:
        """Choose Save in the menu."""
        self._choose("File", "Save Notebook")

    def card(self, number: int) -> Locator:
        """The card below the code cell with this number."""
        return self.cells.nth(number).locator(".jp-OutputArea .cx1")

    def _choose(self, menu: str, *items: str) -> None:
        self.page.locator(".lm-MenuBar-item", has_text=re.compile(f"^{menu}$")).click()
        for item in items:
            label = self.page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{item}$"))
            label.last.click()


class Lab:
    """A running JupyterLab with an empty configuration, and a browser before it."""

    def __init__(self, browser: Browser, address: str, token: str, folder: Path) -> None:
        self._browser = browser
        self._address = address
        self._token = token
        self._pages: list[Page] = []
        self.folder = folder

    def open(self, name: str, *, front_end: str = "lab/tree", cards: int = 0) -> OpenNotebook:
        """Open a notebook of the folder, and wait until its kernel and its cards are there.

        Args:
            name: Its file.
            front_end: ``notebooks`` for Notebook 7.
            cards: How many are in its file.
        """
        # So tall that Lab draws every cell: what is out of sight it leaves out of the page.
        page = self._browser.new_page(viewport={"width": 1200, "height": 4500})
        self._pages.append(page)
        page.goto(f"{self._address}/{front_end}/{name}?reset&token={self._token}")
        notebook = OpenNotebook(page)
        # Lab asks for a kernel if the notebook opens before it knows which ones there are.
        choice = page.locator(".jp-Dialog-button.jp-mod-accept")

        def is_ready() -> bool:
            if choice.is_visible():
                choice.click()
            return self._has_kernel(name) and notebook.cards.count() >= cards

        assert wait_until(is_ready, seconds=60)
        return notebook

    def close(self) -> None:
        """Close all tabs and end all kernels."""
        for page in self._pages:
            page.close()
        self._pages.clear()
        for session in self._sessions():
            self._ask(f"api/sessions/{session['id']}", "DELETE").close()

    def write(self, name: str, *sources: str) -> None:
        """Put a notebook with these code cells into the folder."""
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(source) for source in sources]
        )
        nbformat.write(notebook, self.folder / name)

    def _has_kernel(self, name: str) -> bool:
        """Whether the notebook's kernel waits for its first cell, and the page listens to it."""
        kernels = [
            session["kernel"] for session in self._sessions() if session["path"].endswith(name)
        ]
        return any(
            kernel["execution_state"] == "idle" and kernel["connections"] for kernel in kernels
        )

    def _sessions(self) -> list[dict[str, Any]]:
        with self._ask("api/sessions") as reply:
            sessions: list[dict[str, Any]] = json.load(reply)
        return sessions

    def _ask(self, path: str, method: str = "GET") -> http.client.HTTPResponse:
        headers = {"Authorization": f"token {self._token}"}
        request = urllib.request.Request(f"{self._address}/{path}", method=method, headers=headers)
        reply: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=60)
        return reply


@contextmanager
def private_lab(home: Path, executable: str) -> Iterator[Lab]:
    """JupyterLab on a port of its own, and a Chromium; both are gone afterwards.

    Args:
        home: An empty folder for the configuration; the notebooks stand in a folder of it.
        executable: The browser's.
    """
    folder = home / "notebooks"
    folder.mkdir()
    token = secrets.token_hex()
    # A renderer kept in reserve would come and go between the tests.
    arguments = ["--no-sandbox", "--disable-features=SpareRendererForSitePerProcess"]
    with (
        _server(home, folder, token) as address,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=executable, args=arguments) as browser,
    ):
        lab = Lab(browser, address, token, folder)
        # The first page starts helpers that stay as long as the browser does.
        with browser.new_page() as page:
            page.goto(f"{address}/lab?token={token}")
            page.locator(".jp-Launcher").wait_for()
            page.screenshot()
        yield lab


def find_browser() -> str | None:
    """The path of a Chromium, if there is one."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


@contextmanager
def _server(home: Path, folder: Path, token: str) -> Iterator[str]:
    """JupyterLab's address while it runs; its kernels end with it."""
    settings = home / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    quiet = {"fetchNews": "false", "checkForUpdates": False}
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(quiet))
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    with (home / "server.log").open("w") as log:
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
                *(f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
                *(f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={folder}"),
            ],
            env={**os.environ, **_private(home)},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        assert wait_until(lambda: _answers(address), seconds=60), (home / "server.log").read_text()
        yield address
    finally:
        server.terminate()
        server.wait(60)


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
