"""The README and the pages of ``docs/``: examples run, links resolve, tables say what code says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
import zmq
from jupyter_core.utils import ensure_event_loop
from nbclient import NotebookClient
from pages import DOCS, README, cells, install, programs, rows, texts

import codeexec_magics
from codeexec_magics import Outcome, errors
from codeexec_magics.languages import names
from codeexec_magics.magics.flags import FLAGS, PLANNED
from codeexec_magics.magics.settings import TransformSettings
from codeexec_magics.supervision.containment import BY_NAME, TIERS

ROOT = Path(codeexec_magics.__file__).parent.parent
PAGES = texts()
WITH_CELLS = [name for name, text in PAGES.items() if cells(text)]
WITH_PROGRAMS = [name for name, text in PAGES.items() if programs(text)]


@pytest.fixture(scope="module")
def sockets() -> Iterator[None]:
    """The descriptors that zmq and the client keep for the whole process."""
    with zmq.Context.instance().socket(zmq.DEALER):  # closed late, since a thread does it
        ensure_event_loop()
        yield


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))


def test_there_are_examples() -> None:
    assert {"README.md", "cells.md", "maps.md", "background.md"} <= set(WITH_CELLS)
    assert {"engine.md", "languages.md", "logging.md"} <= set(WITH_PROGRAMS)


@pytest.mark.parametrize("page", WITH_CELLS)
def test_the_cells_of_a_page_can_be_pasted_one_after_the_other(
    page: str, tmp_path: Path, sockets: None, environment: None
) -> None:
    if page == "r.md" and shutil.which("R") is None:
        pytest.skip("R is not installed")
    book = nbformat.v4.new_notebook()
    book.cells = [nbformat.v4.new_code_cell(cell.rstrip()) for cell in cells(PAGES[page])]
    NotebookClient(book, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute()


@pytest.mark.parametrize("page", WITH_PROGRAMS)
def test_the_programs_of_a_page_run(page: str, tmp_path: Path, environment: None) -> None:
    installed, here = tmp_path / "installed", tmp_path / "here"
    here.mkdir()
    install(PAGES[page], installed)
    if "ruby" in PAGES[page] and shutil.which("ruby") is None:
        pytest.skip("Ruby is not installed")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "\n".join(programs(PAGES[page]))],
        cwd=here,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(installed)])},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub and the site make them."""
    headings = re.findall(r"^#+ (.+)", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    folder = ROOT if page == README.name else DOCS
    for link in re.findall(r"\]\((?!https?:)([^)\s]+)\)", PAGES[page]):
        target, _, anchor = link.partition("#")
        path = folder / target if target else folder / page
        assert path.exists(), link
        assert not anchor or anchor in anchors(path.read_text(encoding="utf-8")), link


def test_every_flag_is_listed_and_no_other() -> None:
    table = rows(PAGES["cells.md"], "flag")
    listed = [set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", row[0])) for row in table]

    assert listed == [set(flag.names) for flag in FLAGS]
    assert all(row[1] for row in table)


def test_flags_that_are_not_there_yet_are_said_to_be_so() -> None:
    said = PAGES["cells.md"].partition("Not in this version")[2].partition("\n\n")[0]

    assert set(re.findall(r"--?[a-z-]+\b", said)) == set(PLANNED)


def test_every_language_is_named() -> None:
    said = rows(PAGES["cells.md"], "flag")[0][1]

    assert set(names()) <= set(re.findall(r"`(\w+)`", said))


def test_the_settings_have_the_defaults_that_are_said() -> None:
    table = rows(PAGES["settings.md"], "setting")
    said = {row[0].strip("`"): row[1].strip("`").replace(",", "") for row in table}
    settings = TransformSettings()

    assert said.pop("LANG.executable") == "–"
    assert (said.pop("timeout"), settings.timeout) == ("none", None)
    assert {*said, "timeout", "interpreters"} == set(settings.trait_names(config=True))
    assert {
        name: float({"True": 1, "False": 0}.get(text, text)) for name, text in said.items()
    } == {name: getattr(settings, name) for name in said}


def test_every_outcome_is_explained_with_its_exception() -> None:
    said = {row[0].strip("`"): row[3] for row in rows(PAGES["engine.md"], "outcome")}

    assert list(said) == [outcome.value for outcome in Outcome]
    for name in said.values():
        assert name == "–" or hasattr(errors, name.split(";")[0].strip("`"))


def test_the_exceptions_are_drawn_as_in_the_code() -> None:
    drawn = textwrap.dedent((errors.__doc__ or "").partition("::\n\n")[2]).strip()

    assert drawn.startswith("CodeExecError")
    assert drawn in PAGES["errors.md"]


def test_every_containment_is_in_the_table_of_guarantees() -> None:
    text = PAGES["guarantees.md"]

    assert [row[0].strip("`") for row in rows(text, "mechanism")] == [tier.name for tier in TIERS]
    assert all(f"`{name}`" in text or f"={name}`" in text for name in BY_NAME)
