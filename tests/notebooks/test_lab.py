"""The cards in JupyterLab and Notebook 7, as a person with a browser sees and uses them."""

from __future__ import annotations

import re

import nbformat
import psutil
import pytest
from census import wait_until
from contrast import CONTRASTS, LEAST
from jupyter_lab import ROOT, Lab, OpenNotebook
from playwright.sync_api import expect

# The server is started first, so that no test is blamed for its processes.
pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("running_lab")]

LOAD = "%load_ext codeexec_magics"
HOSTILE = """
%%transform -o out --result ended
import os, signal, subprocess, time

signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen(["setsid", "sleep", "86399.5"])
while True:
    time.sleep(1)
""".strip()
CARDS = (
    "%%transform -o rows\n[{'n': n, 'name': 'x' * n} for n in range(12)]",
    "%%transform js -i rows --no-raise-error\nrows.map(row => row.missing.length)",
    "%%transform --timeout 0.5 --no-raise-error\nwhile True: pass",
)
THEMES = ["JupyterLab Dark", "JupyterLab Dark High Contrast", "JupyterLab Light"]
FRONT_ENDS = {"JupyterLab": "lab/tree", "Notebook": "notebooks"}


def sleepers() -> list[int]:
    """The processes that the hostile cell starts, wherever they have gone."""
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if process.info["cmdline"] == ["sleep", "86399.5"]
    ]


def run_until_ready(notebook: OpenNotebook) -> None:
    """Run all cells, and wait until the hostile one ignores signals and has its daemon."""
    notebook.run_all()
    assert wait_until(sleepers, seconds=90)


def drawn(notebook: OpenNotebook) -> list[str]:
    """The cards as they stand in the page."""
    cards: list[str] = notebook.cards.evaluate_all("cards => cards.map(card => card.outerHTML)")
    return cards


@pytest.mark.parametrize("front_end", FRONT_ENDS.values(), ids=FRONT_ENDS)
def test_a_notebook_is_run_stopped_looked_at_and_opened_again(lab: Lab, front_end: str) -> None:
    lab.write("cards.ipynb", LOAD, *CARDS, HOSTILE)
    notebook = lab.open("cards.ipynb", front_end=front_end)

    run_until_ready(notebook)
    notebook.stop()
    expect(notebook.cards.last).to_contain_text("interrupted", timeout=30_000)
    assert sleepers() == []
    expect(notebook.cells.last).to_contain_text("KeyboardInterrupt")
    states = notebook.cards.locator(".cx1-h b").all_inner_texts()
    assert states == ["done", "failed", "timed out", "interrupted"]

    shown = drawn(notebook)

    for theme in THEMES:
        notebook.wear(theme)
        found = notebook.page.evaluate(CONTRASTS)
        assert len(found) > 40
        assert [pair for pair in found if pair[0] < LEAST] == []

    notebook.save()
    path = lab.folder / "cards.ipynb"
    assert wait_until(lambda: path.read_text(encoding="utf-8").count("cx1-h>") == 4, seconds=30)
    again = lab.open("cards.ipynb", front_end=front_end, cards=4)
    assert drawn(again) == shown


def test_a_restart_ends_what_runs_and_the_next_run_is_as_the_first(lab: Lab) -> None:
    lab.write("restarted.ipynb", LOAD, HOSTILE, "reached = True")
    notebook = lab.open("restarted.ipynb")
    run_until_ready(notebook)
    before = sleepers()

    notebook.restart()
    assert wait_until(lambda: not sleepers(), seconds=30)

    notebook.run_all()
    assert wait_until(lambda: sleepers() and sleepers() != before, seconds=60)
    notebook.stop()
    expect(notebook.card(1)).to_contain_text("interrupted", timeout=30_000)
    assert sleepers() == []
    expect(notebook.prompts.last).to_have_text("[ ]:")


def test_cards_of_a_notebook_that_is_not_trusted_read_well(lab: Lab) -> None:
    saved = nbformat.read(ROOT / "notebooks" / "quickstart.ipynb", as_version=4)
    nbformat.write(saved, lab.folder / "foreign.ipynb")
    cards = nbformat.writes(saved).count('class=\\"cx1 ')

    notebook = lab.open("foreign.ipynb", cards=cards)

    assert notebook.page.locator(".jp-OutputArea .cx1 style").count() == 0
    first = notebook.cards.first
    assert re.match(r"done\s*·\s*\w+\s*·\s*→", first.inner_text())
    failed = notebook.cards.filter(has_text="failed").first
    words = failed.inner_text()
    places = [words.index(word) for word in ("failed", "Error", "at this cell", "→", "call stack")]
    assert places == sorted(places)
    assert failed.locator("mark").count() == 1
