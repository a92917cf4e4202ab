"""The cards in JupyterLab, as a person with a browser sees and uses them."""

from __future__ import annotations

import nbformat
import psutil
import pytest
from census import wait_until
from jupyter_lab import ROOT, Lab
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

HOSTILE = """
%%transform -o out --result ended
import os, signal, subprocess, time

signal.signal(signal.SIGINT, signal.SIG_IGN)
subprocess.Popen(["setsid", "sleep", "86399.5"])
print("ready", flush=True)
while True:
    time.sleep(1)
""".strip()


def sleepers() -> list[int]:
    """The processes that the hostile cell starts, wherever they have gone."""
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if process.info["cmdline"] == ["sleep", "86399.5"]
    ]


def test_run_all_shows_a_card_below_every_transform(lab: Lab) -> None:
    saved = nbformat.read(ROOT / "notebooks" / "quickstart.ipynb", as_version=4)
    lab.write("quickstart.ipynb", *(c.source for c in saved.cells if c.cell_type == "code"))

    notebook = lab.open("quickstart.ipynb")
    notebook.run_all()

    expect(notebook.prompts.last).to_have_text("[12]:", timeout=60_000)
    states = notebook.cards.locator(".cx1-h b").all_inner_texts()
    assert states == ["done", "done", "failed", "timed out", "done", "done"]
    expect(notebook.card(4)).to_contain_text("Thursday")
    expect(notebook.card(5)).to_contain_text("TypeError: Cannot read properties of undefined")
    expect(notebook.card(5)).to_contain_text("line 2")
    expect(notebook.card(6)).to_contain_text("limit 1 s")


def test_stop_ends_a_hostile_cell_and_its_daemon(lab: Lab) -> None:
    lab.write("hostile.ipynb", "%load_ext codeexec_magics\nout = 1", HOSTILE, "reached = True")

    notebook = lab.open("hostile.ipynb")
    notebook.run_all()
    expect(notebook.cells.nth(1)).to_contain_text("ready", timeout=60_000)
    assert wait_until(sleepers)
    notebook.stop()

    expect(notebook.card(1)).to_contain_text("interrupted", timeout=30_000)
    assert sleepers() == []
    expect(notebook.cells.nth(1)).to_contain_text("KeyboardInterrupt")
    expect(notebook.prompts.nth(2)).to_have_text("[ ]:")
