"""A saved notebook keeps its cards on the way to HTML, Markdown, LaTeX and paper."""

from __future__ import annotations

import re
from typing import Any

import nbconvert
import nbformat
import pytest
from display_samples import EVERY_OUTCOME, done, pieces, seen
from sanitizers import JUPYTERLAB, sanitized

from codeexec_magics.display import metadata, mime_bundle

SAMPLES = {
    **EVERY_OUTCOME,
    "table": done([{"name": "Ada", "share": 0.5, "note": "50 % & $a$ #1_{x}"}, {"name": None}]),
    "text": done("first\n\n\nlast ^ ~ \\ { } % $5 and $6 <b> 你好 → … ×"),
    "picture": done("<svg width='9' height='9'></svg>"),
}


@pytest.fixture(scope="module")
def notebook() -> nbformat.NotebookNode:
    """A notebook with one card below each cell."""
    cells = []
    for name, result in SAMPLES.items():
        cell = nbformat.v4.new_code_cell(f"# {name}")
        cell.outputs = [
            nbformat.v4.new_output(
                "display_data", mime_bundle(result, chip=True), metadata=metadata(result)
            )
        ]
        cells.append(cell)
    written = nbformat.v4.new_notebook(cells=cells)
    nbformat.validate(written)
    return written


def exported(notebook: nbformat.NotebookNode, kind: str, **options: Any) -> str:
    text, _ = nbconvert.get_exporter(kind)(**options).from_notebook_node(notebook)
    return str(text)


def test_html_has_every_word_of_every_card(notebook: nbformat.NotebookNode) -> None:
    text = seen(sanitized(exported(notebook, "html", template_name="basic"), JUPYTERLAB))

    for cell in notebook.cells:
        assert seen(cell.outputs[0].data["text/html"]).strip() in text


def test_markdown_keeps_every_card_in_one_piece(notebook: nbformat.NotebookNode) -> None:
    text = exported(notebook, "markdown")

    for cell in notebook.cells:
        page = cell.outputs[0].data["text/html"]
        # A blank line would end the HTML, and what follows would be taken for Markdown.
        assert not re.search(r"\n[ \t]*\n", page)
        assert page in text


def test_latex_prints_every_card_as_text(notebook: nbformat.NotebookNode) -> None:
    text = exported(notebook, "latex")

    begun = re.findall(r"\\begin\{(\w+\*?)\}", text)
    assert sorted(begun) == sorted(re.findall(r"\\end\{(\w+\*?)\}", text))
    shown = re.findall(r"\\begin\{Verbatim\}\[.*?\]\n(.*?)\\end\{Verbatim\}", text, re.DOTALL)
    printed = [block for block in shown if "\\PY" not in block]
    assert len(printed) == len(SAMPLES)
    for block, cell in zip(printed, notebook.cells, strict=True):
        # Everything that TeX would act upon is written as a command or in braces.
        assert not re.search(r"(?<!\\)[$%&#_]", block)
        assert _plain(block) == pieces(cell.outputs[0].data["text/plain"])


def _plain(block: str) -> list[str]:
    return pieces(re.sub(r"\\(?:[a-z]+\b|(?=.))", "", block))


def test_a_script_has_none_of_it(notebook: nbformat.NotebookNode) -> None:
    assert "cx1" not in exported(notebook, "script")
