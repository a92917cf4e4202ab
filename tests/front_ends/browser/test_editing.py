"""A cell that is written has the colours of its language, and Tab offers what may stand there."""

from __future__ import annotations

import pytest
from jupyter_lab import FRONT_ENDS, Lab
from playwright.sync_api import expect

# The server is started first, so that no test is blamed for its processes.
pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("running_lab")]

CELLS = (
    (
        "%load_ext codeexec_magics\nimport pandas\nrows, rounds = [1], 2\n"
        "sales = pandas.DataFrame({'item': ['tea'], 'price': [2.5]})"
    ),
    "%%transform js -i rows\nconst total = rows.length // 'no string'",
    "%%transform -i rows\ndef total(rows):\n    return len(rows)",
    "const = None\ndef plain(): ...",
)


@pytest.mark.parametrize("front_end", FRONT_ENDS.values(), ids=FRONT_ENDS)
def test_a_cell_is_coloured_and_completed(lab: Lab, front_end: str) -> None:
    lab.write("written.ipynb", *CELLS)
    notebook = lab.open("written.ipynb", front_end=front_end)
    page, editors = notebook.page, notebook.cells.locator(".cm-content")
    language = "data-language"

    expect(editors.nth(1)).to_have_attribute(language, "javascript")
    expect(editors.nth(2)).to_have_attribute(language, "python")
    expect(editors.nth(3)).to_have_attribute(language, "python")
    colour = "element => getComputedStyle(element).color"
    word = editors.nth(1).locator("span", has_text="const").first
    keyword = page.locator(".cm-content span", has_text="def").first
    assert word.evaluate(colour) == keyword.evaluate(colour)

    # The language follows what is typed, there and back.
    editors.nth(1).click()
    page.keyboard.press("Control+Home")
    page.keyboard.press("Control+Delete")
    expect(editors.nth(1)).to_have_attribute(language, "python")
    page.keyboard.press("Control+z")
    expect(editors.nth(1)).to_have_attribute(language, "javascript")

    notebook.run_first()
    assert notebook.complete(3, "%%transform js --std") == {"--stdout", "--stderr"}
    assert notebook.complete(3, "%%transform j") == {"javascript", "js"}
    assert notebook.complete(3, "%%transform js -i ro") == {"rows", "rounds"}
    body = "%%transform sql -i sales\nfrom sales where sales."
    assert notebook.complete(3, body) == {"item", "price"}
