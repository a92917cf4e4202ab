"""Nothing that a sandboxed cell shows or returns is run by JupyterLab, live or opened again."""

from __future__ import annotations

import nbformat
import pytest
from census import wait_until
from jupyter_lab import PATIENCE, Lab
from nbconvert import HTMLExporter
from playwright.sync_api import Page, expect

# The browser is started first, so that no test is blamed for its processes.
pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("browser")]

LOAD = "%load_ext codeexec_magics\nimport os; os.makedirs('own', exist_ok=True)"
SANDBOX = "%%transform js --sandbox --cwd own"
MARK = "window.escaped = (window.escaped || 0) + 1"
PAGE = f"<img src=x onerror='{MARK}'><script>{MARK}</script>"
SVG = f"<svg xmlns='http://www.w3.org/2000/svg' onload='{MARK}'><script>{MARK}</script></svg>"
PICTURE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
)
CELLS = (
    f'({{"text/html": `{PAGE}`}})',
    f"`{SVG}`",
    f'({{"image/svg+xml": `{SVG}`}})',
    f'({{"text/markdown": `{PAGE}`, "text/latex": `{PAGE}`}})',
    f'({{"application/javascript": `{MARK}`, "text/plain": "x"}})',
    f'({{"image/png": "\\" onerror=\\"{MARK}"}})',
    f'display({{"text/html": `{PAGE}`}})\nundefined',
    f'display({{"application/javascript": `{MARK}`}})\nundefined',
    f'display({{"image/png": "{PICTURE}"}}, {{"image/png": {{width: "1 onload={MARK}"}}}}); null',
    f"throw new Error(`{PAGE}`)",
)


def test_scripts_of_a_sandboxed_cell_do_not_run(lab: Lab) -> None:
    lab.write("untrusted.ipynb", LOAD, *(f"{SANDBOX}\n{cell}" for cell in CELLS[:-1]))
    notebook = lab.open("untrusted.ipynb")
    notebook.run_all()
    expect(notebook.cards).to_have_count(len(CELLS) - 1)

    assert notebook.page.evaluate("window.escaped") is None
    expect(notebook.cards.first).to_contain_text("<script>")

    notebook.save()
    path = lab.folder / "untrusted.ipynb"
    count = len(CELLS) - 1
    assert wait_until(lambda: path.read_text(encoding="utf-8").count("cx1-h>") == count, PATIENCE)
    again = lab.open("untrusted.ipynb")
    expect(again.cards).to_have_count(count)
    assert again.page.evaluate("window.escaped") is None


def test_nothing_runs_in_the_page_that_is_made_of_the_notebook(lab: Lab, view: Page) -> None:
    lab.write("converted.ipynb", LOAD, *(f"{SANDBOX}\n{cell}" for cell in CELLS))
    notebook = lab.open("converted.ipynb")
    notebook.run_all()
    expect(notebook.cards).to_have_count(len(CELLS))
    notebook.save()
    path = lab.folder / "converted.ipynb"
    count = len(CELLS)
    assert wait_until(lambda: path.read_text(encoding="utf-8").count("cx1-h>") == count, PATIENCE)

    page, _ = HTMLExporter().from_notebook_node(nbformat.read(path, as_version=4))
    view.set_content(page)

    assert view.locator(".cx1").count() == count
    assert view.evaluate("window.escaped") is None
