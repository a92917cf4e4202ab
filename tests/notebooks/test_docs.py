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
        assert 'class="cx1 cx1-ok' in page


def test_the_sections_of_the_readme_lead_to_each_other(site: Path) -> None:
    cell = (site / "cell.html").read_text(encoding="utf-8")

    assert 'href="protocol.html"' in cell
    assert 'href="guarantees.html' in cell
    assert "README:" not in cell


def test_every_public_name_is_explained(site: Path) -> None:
    page = (site / "api.html").read_text(encoding="utf-8")
    names = set(codeexec_magics.__all__) - {"__version__", "errors"}

    assert [name for name in names if f'id="codeexec_magics.{name}"' not in page] == []
    assert 'id="codeexec_magics.errors.ProgramFailed"' in page
