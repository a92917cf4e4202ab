"""The cards in JupyterLab and Notebook 7, as a person with a browser sees and uses them."""

from __future__ import annotations

import re

import nbformat
import pytest
from census import dwellers, wait_until
from checkout import ROOT
from contrast import CONTRASTS, LEAST
from jupyter_lab import FRONT_ENDS, PATIENCE, Lab, OpenNotebook
from playwright.sync_api import expect

# The server is started first, so that no test is blamed for its processes.
pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("running_lab")]

LOAD = "%load_ext codeexec_magics"
HOSTILE = """
%%transform -o out --result ended
import os, signal, subprocess, time

for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)
os.makedirs("nest", exist_ok=True)
os.chdir("nest")
subprocess.run(["setsid", "--fork", "sleep", "86400"])  # an orphan from the start, and as deaf
subprocess.Popen(["setsid", "sleep", "86400"])
print("settled", flush=True)
while True:
    time.sleep(1)
""".strip()
CARDS = (
    "%%transform -o rows\n[{'n': n, 'name': 'x' * n} for n in range(12)]",
    "%%transform js -i rows --no-raise-error\nrows.map(row => row.missing.length)",
    "%%transform --timeout 0.5 --no-raise-error\nwhile True: pass",
)
THEMES = ["JupyterLab Dark", "JupyterLab Dark High Contrast", "JupyterLab Light"]


def brood(lab: Lab) -> set[int]:
    """The processes of the hostile cell, wherever they have gone: they dwell in its nest."""
    return dwellers(lab.folder / "nest")


def run_until_settled(lab: Lab, notebook: OpenNotebook, number: int) -> None:
    """Run all cells, and wait until the hostile one (its number) is deaf and has its orphans."""
    notebook.run_all()
    expect(notebook.output(number)).to_contain_text("settled")
    assert len(brood(lab)) == 3


def drawn(notebook: OpenNotebook) -> list[str]:
    """The cards as they stand in the page."""
    cards: list[str] = notebook.cards.evaluate_all("cards => cards.map(card => card.outerHTML)")
    return cards


@pytest.mark.parametrize("front_end", FRONT_ENDS.values(), ids=FRONT_ENDS)
def test_a_notebook_is_run_stopped_looked_at_and_opened_again(lab: Lab, front_end: str) -> None:
    lab.write("cards.ipynb", LOAD, *CARDS, HOSTILE, "reached = True")
    notebook = lab.open("cards.ipynb", front_end=front_end)

    run_until_settled(lab, notebook, 4)
    notebook.stop()
    expect(notebook.card(4)).to_contain_text("interrupted")
    assert brood(lab) == set()
    expect(notebook.cells.nth(4)).to_contain_text("KeyboardInterrupt")
    expect(notebook.prompts.last).to_have_text("[ ]:")
    states = notebook.cards.locator(".cx1-h b").all_inner_texts()
    assert states == ["done", "failed", "timed out", "interrupted"]

    shown = drawn(notebook)

    for theme in THEMES:
        notebook.wear(theme)
        # On a busy machine cells may be out of the page while the theme's styles are loaded.
        notebook.page.wait_for_function(f"({CONTRASTS})().length > 40")
        found = notebook.page.evaluate(CONTRASTS)
        assert [pair for pair in found if pair[0] < LEAST] == []

    notebook.save()
    path = lab.folder / "cards.ipynb"
    assert wait_until(lambda: path.read_text(encoding="utf-8").count("cx1-h>") == 4, PATIENCE)
    again = lab.open("cards.ipynb", front_end=front_end)
    expect(again.cards).to_have_count(4)
    assert drawn(again) == shown


@pytest.mark.parametrize("front_end", FRONT_ENDS.values(), ids=FRONT_ENDS)
def test_a_restart_ends_what_runs_and_the_next_run_is_as_the_first(
    lab: Lab, front_end: str
) -> None:
    lab.write("restarted.ipynb", LOAD, HOSTILE)
    notebook = lab.open("restarted.ipynb", front_end=front_end)
    run_until_settled(lab, notebook, 1)

    notebook.restart()
    assert wait_until(lambda: not brood(lab), PATIENCE)

    notebook.clear()
    run_until_settled(lab, notebook, 1)
    notebook.stop()
    expect(notebook.card(1)).to_contain_text("interrupted")
    assert brood(lab) == set()


def test_cards_of_a_notebook_that_is_not_trusted_read_well(lab: Lab) -> None:
    saved = nbformat.read(ROOT / "notebooks" / "quickstart.ipynb", as_version=4)
    nbformat.write(saved, lab.folder / "foreign.ipynb")
    cards = nbformat.writes(saved).count('class=\\"cx1 ')

    notebook = lab.open("foreign.ipynb")
    expect(notebook.cards).to_have_count(cards)

    assert notebook.page.locator(".jp-OutputArea .cx1 style").count() == 0
    first = notebook.cards.first
    assert re.match(r"done\s*·\s*\w+\s*·\s*→", first.inner_text())
    failed = notebook.cards.filter(has_text="failed").first
    words = failed.inner_text()
    places = [words.index(word) for word in ("failed", "Error", "at this cell", "→", "call stack")]
    assert places == sorted(places)
    assert failed.locator("mark").count() == 1
