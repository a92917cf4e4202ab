"""A cell of ``%%transform`` has the colours of its language, wherever it is drawn."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from checkout import PROJECT, ROOT, SHARED, installed
from pygments.token import Keyword, Name, Number, String

from codeexec_magics.integrations.pygments_lexer import TransformLexer, language_of

EXTENSION = ROOT / "codeexec_magics" / "labextension"
CELLS = (
    "%%transform js -i rows\nconst total = rows.length // 'no string'",
    "%%transform -i rows\ndef total(rows):\n    return len(rows)",
    "const = None\ndef plain(): ...",
)


def test_nbconvert_colours_cells(tmp_path: Path) -> None:
    nbformat.write(
        nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_code_cell, CELLS))),
        tmp_path / "colours.ipynb",
    )
    entries = "".join(
        f"[{group}]\n" + "".join(f"{name} = {place}\n" for name, place in names.items())
        for group, names in PROJECT["project"]["entry-points"].items()
    )
    metadata = tmp_path / "site" / "colours-0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: colours\nVersion: 0\n")
    (metadata / "entry_points.txt").write_text(entries)
    done = subprocess.run(
        [sys.executable, "-m", "nbconvert", "--to", "html", "colours.ipynb"],
        cwd=tmp_path,
        env={
            **os.environ,
            "JUPYTER_CONFIG_DIR": str(installed(tmp_path / "config", "etc/jupyter/")),
            "IPYTHONDIR": str(tmp_path / "ipython"),
            "PYTHONPATH": os.pathsep.join((str(ROOT), str(metadata.parent))),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "colours.html").read_text(encoding="utf-8")

    assert '<span class="kd">const</span>' in page
    assert '<span class="c1">// ' in page
    assert page.count('<span class="k">def</span>') == 2
    assert page.count('<span class="k">transform</span>') == 2


@pytest.mark.parametrize(
    ("line", "language"),
    [
        ("", "python"),
        (" -o out", "python"),
        (" js", "javascript"),
        (" node -i js", "javascript"),
        (" PY -o out", "python"),
        (" --lang js", "javascript"),
        (" -i a -l=node", "javascript"),
        (" -i lang", "python"),
        (" ruby", "ruby"),
    ],
)
def test_the_line_names_the_language(line: str, language: str) -> None:
    assert language_of(line) == language


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "%%transform",
        "%%transform js",
        "\n %%transform js\n\n\n",
        *CELLS,
        "%%transform klingon\n1",
    ],
)
def test_no_character_is_lost(text: str) -> None:
    parts = list(TransformLexer().get_tokens_unprocessed(text))

    assert "".join(part for _, _, part in parts) == text
    assert all(text[place : place + len(part)] == part for place, _, part in parts)


def test_flags_and_body_have_kinds() -> None:
    tokens = TransformLexer().get_tokens("%%transform js -i rows\nlet text = `${rows}` + 5\n")
    kinds = {part: kind for kind, part in tokens}

    assert kinds["transform"] in Keyword
    assert kinds["-i"] in Name.Attribute
    assert kinds["let"] in Keyword
    assert kinds["5"] in Number
    assert kinds["`"] in String


def test_what_is_installed_is_there_and_of_this_version() -> None:
    package = json.loads((EXTENSION / "package.json").read_text(encoding="utf-8"))

    assert [source for source in SHARED if not (ROOT / source).exists()] == []
    assert package["version"] == PROJECT["project"]["version"]
    assert (EXTENSION / package["jupyterlab"]["_build"]["load"]).is_file()
