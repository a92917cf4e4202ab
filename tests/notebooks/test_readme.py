"""The README: its examples run, and its tables say what the code says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import codeexec_magics
from codeexec_magics import Outcome, errors
from codeexec_magics.languages import names
from codeexec_magics.magics.flags import FLAGS, PLANNED
from codeexec_magics.magics.settings import TransformSettings
from codeexec_magics.supervision.containment import BY_NAME, TIERS

ROOT = Path(codeexec_magics.__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```", README, re.DOTALL | re.MULTILINE)

CELL = """
from types import SimpleNamespace

import pandas as pd
from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell.instance()
shell.run_cell({load!r}).raise_error()
shell.user_ns["orders"] = pd.DataFrame({{"item": ["tea"], "price": [2.5], "count": [3]}})
shell.user_ns["settings"] = SimpleNamespace(rate=2)
shell.run_cell({cell!r}).raise_error()
assert shell.user_ns["totals"] == [{{"item": "tea", "price": 5}}], shell.user_ns["totals"]
"""


def run(program: str, folder: Path) -> None:
    """Run a program in a Python of its own, as a reader would."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "IPYTHONDIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def rows(heading: str) -> list[list[str]]:
    """The cells of the table whose first column has this heading."""
    table = README[README.index(f"\n| {heading} |") :].lstrip().split("\n\n")[0]
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.split("\n")[2:]]


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 5


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_an_example_runs(example: str, tmp_path: Path) -> None:
    run(example, tmp_path)


def test_the_cell_runs(tmp_path: Path) -> None:
    section = README[README.index("## A cell") : README.index("The body defines")]
    cells = textwrap.dedent(section.split("\n", 1)[1]).strip().split("\n\n")

    assert cells[1].startswith("%%transform js ")
    run(CELL.format(load=cells[0], cell=cells[1]), tmp_path)


def test_every_flag_is_listed_and_no_other() -> None:
    listed = [set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", row[0])) for row in rows("flag")]

    assert listed == [set(flag.names) for flag in FLAGS]
    assert all(row[1] for row in rows("flag"))


def test_flags_that_are_not_there_yet_are_said_to_be_so() -> None:
    said = README[README.index("Not in this version") : README.index("A process of its own")]

    assert set(re.findall(r"--?[a-z-]+\b", said)) == set(PLANNED)


def test_every_language_is_named() -> None:
    assert set(names()) <= set(re.findall(r"`(\w+)`", rows("flag")[0][1]))


def test_the_settings_have_the_defaults_that_are_said() -> None:
    said = {row[0].strip("`"): row[1].strip("`").replace(",", "") for row in rows("setting")}
    settings = TransformSettings()

    assert said.pop("LANG.executable") == "–"
    assert (said.pop("timeout"), settings.timeout) == ("none", None)
    assert {*said, "timeout", "interpreters"} == set(settings.trait_names(config=True))
    assert {
        name: float({"True": 1, "False": 0}.get(text, text)) for name, text in said.items()
    } == {name: getattr(settings, name) for name in said}


def test_every_outcome_is_explained_with_its_exception() -> None:
    said = {row[0].strip("`"): row[3] for row in rows("outcome")}

    assert list(said) == [outcome.value for outcome in Outcome]
    for name in said.values():
        assert name == "–" or hasattr(errors, name.split(";")[0].strip("`"))


def test_the_exceptions_are_drawn_as_in_the_code() -> None:
    drawn = textwrap.dedent((errors.__doc__ or "").partition("::\n\n")[2]).strip()

    assert drawn.startswith("CodeExecError")
    assert drawn in README


def test_every_containment_is_in_the_table_of_guarantees() -> None:
    assert [row[0].strip("`") for row in rows("mechanism")] == [tier.name for tier in TIERS]
    assert all(f"`{name}`" in README or f"={name}`" in README for name in BY_NAME)


def test_links_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)

    assert "notebooks/images/cards.png" in links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_a_newcomer_needs_two_commands() -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    marked = README.partition("<!-- test command -->\n```sh\n")[2].partition("```")[0]

    assert [block.count("\n") for block in blocks] == [1, 1, 1]
    assert marked == blocks[2]
    assert "pytest tests notebooks --nbval" in marked
