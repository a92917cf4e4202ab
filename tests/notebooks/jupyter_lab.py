"""A private JupyterLab, and a browser that a test drives like a person."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import nbformat
from census import wait_until
from playwright.sync_api import Browser, Locator, Page, sync_playwright

import codeexec_magics

ROOT = Path(codeexec_magics.__file__).parent.parent


class OpenNotebook:
    """A notebook that stands open in a tab."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.cells = page.locator(".jp-Notebook .jp-CodeCell")
        self.prompts = page.locator(".jp-Notebook .jp-CodeCell .jp-InputPrompt")
        self.cards = page.locator(".jp-OutputArea .cx1")

    def run_all(self) -> None:
        """Choose Run All in the menu; does not wait for the end."""
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.locator('.lm-Menu [data-command="runmenu:run-all"]').click()

    def stop(self) -> None:
        """Press the button in the toolbar that interrupts the kernel."""
        self.page.locator('.jp-NotebookPanel-toolbar [data-command$="interrupt-kernel"]').click()

    def card(self, number: int) -> Locator:
        """The card below the code cell with this number."""
        return self.cells.nth(number).locator(".jp-OutputArea .cx1")


class Lab:
    """A running JupyterLab with an empty configuration, and a browser before it."""

    def __init__(self, browser: Browser, address: str, token: str, folder: Path) -> None:
        self._browser = browser
        self._address = address
        self._token = token
        self.folder = folder

    def open(self, name: str) -> OpenNotebook:
        """Open a notebook of the folder and wait until its kernel is ready."""
        # So tall that Lab draws every cell: what is out of sight it leaves out of the page.
        page = self._browser.new_page(viewport={"width": 1200, "height": 4500})
        page.goto(f"{self._address}/lab/tree/{name}?reset&token={self._token}")
        # Lab asks for a kernel if the notebook opens before it knows which ones there are.
        choice = page.locator(".jp-Dialog-button.jp-mod-accept")

        def is_ready() -> bool:
            if choice.is_visible():
                choice.click()
            return self._has_kernel(name)

        assert wait_until(is_ready, seconds=60)
        return OpenNotebook(page)

    def _has_kernel(self, name: str) -> bool:
        """Whether the notebook's kernel waits for its first cell, and the page listens to it."""
        with urllib.request.urlopen(f"{self._address}/api/sessions?token={self._token}") as reply:
            kernels = [session["kernel"] for session in json.load(reply) if session["name"] == name]
        return any(
            kernel["execution_state"] == "idle" and kernel["connections"] for kernel in kernels
        )

    def write(self, name: str, *sources: str) -> None:
        """Put a notebook with these code cells into the folder."""
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(source) for source in sources]
        )
        nbformat.write(notebook, self.folder / name)


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
    with (
        _server(home, folder, token) as address,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"]) as browser,
    ):
        yield Lab(browser, address, token, folder)


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
