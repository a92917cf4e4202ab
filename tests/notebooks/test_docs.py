"""The documentation site is built without a warning, from all notebooks, and says what is so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from checkout import ROOT

import codeexec_magics


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet"),
            *("-d", str(folder / "doctrees"), str(ROOT / "docs"), str(folder / "html")),
        ],
        env={**os.environ, "IPYTHONDIR": str(folder / "ipython")},
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "html"


def test_every_notebook_is_a_page_with_its_outputs(site: Path) -> None:
    notebooks = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))

    assert sorted(path.stem for path in (site / "notebooks").glob("*.html")) == notebooks
    for name in notebooks:
        page = (site / "notebooks" / f"{name}.html").read_text(encoding="utf-8")
        assert any(f'class="cx1 cx1-{colour}' in page for colour in ("ok", "warn"))


def test_every_page_is_there_and_leads_to_what_the_checkout_has(site: Path) -> None:
    pages = {path.stem for path in (ROOT / "docs").glob("*.md")}
    assert pages <= {path.stem for path in site.glob("*.html")}

    index = (site / "index.html").read_text(encoding="utf-8")
    assert 'href="protocol.html"' in index
    assert 'href="notebooks/quickstart.html"' in index
    assert "_images/cards.png" in index


def test_cells_are_coloured_by_their_language(site: Path) -> None:
    page = (site / "cells.html").read_text(encoding="utf-8")

    assert 'class="highlight-ipython3' in page
    assert '<span class="kd">function</span>' in page


def test_every_public_name_is_explained(site: Path) -> None:
    page = (site / "api.html").read_text(encoding="utf-8")
    names = set(codeexec_magics.__all__) - {"__version__", "errors", "runs"}

    assert [name for name in names if f'id="codeexec_magics.{name}"' not in page] == []
    assert 'id="codeexec_magics.errors.ProgramFailed"' in page
    assert 'id="codeexec_magics.engine.runs.interrupt"' in page
