"""Notebooks that a person has run and saved pass nbval, and differ where they differ."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
from checkout import ROOT

from codeexec_magics.display import CHIP_PATTERN
from codeexec_magics.integrations import pytest_plugin

PLUGIN = pytest_plugin.__name__
FIGURES = {"codeexec_magics": {"execution_time": 0.25}}
LIVE = {"codeexec_magics": {"volatile": True}}

CELLS = {
    "load": "%load_ext codeexec_magics",
    "value": "%%transform -o squares\n[n * n for n in range(5)]",
    "failure": "%%transform js --no-raise-error\nlet name\nname.length",
    "progress": "%%transform\nfor n in range(3):\n    progress(n, 3)\n    print(n)",
    "other value": "%%transform\n'the same'",
    "other text": "print('the same')",
}
DIFFERENT = ["other value", "other text"]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A notebook that a person has run; in two cells the file says something else afterwards."""
    path = tmp_path_factory.mktemp("saved") / "saved.ipynb"
    notebook = nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_code_cell, CELLS.values())))
    nbformat.write(notebook, path)
    python(str(Path(__file__).with_name("person.py")), str(path))

    notebook = nbformat.read(path, as_version=4)
    text = nbformat.writes(notebook)
    assert len(re.findall(CHIP_PATTERN, text_of(notebook))) == 8
    for cell in notebook.cells[-len(DIFFERENT) :]:
        changed = json.dumps(cell.outputs).replace("the same", "another")
        cell.outputs = list(map(nbformat.from_dict, json.loads(changed)))
    assert nbformat.writes(notebook) != text
    nbformat.write(notebook, path)
    return path


def text_of(notebook: nbformat.NotebookNode) -> str:
    outputs = (output for cell in notebook.cells for output in cell.outputs)
    return "\n".join(text for output in outputs for text in output.get("data", {}).values())


def python(*arguments: str, expected: tuple[int, ...] = (0,)) -> str:
    """Run a Python of its own, from a folder without a configuration; returns what it said."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=Path(arguments[-1]).parent,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode in expected, done.stdout + done.stderr
    return done.stdout


def failing(saved: Path, *options: str) -> list[str]:
    """The names of the cells that nbval finds different."""
    nbval = ("-m", "pytest", "--nbval", "-q", "-rf", "--color=no")
    said = python(*nbval, *options, str(saved), expected=(1,))
    numbers = re.findall(r"^FAILED .*::Cell (\d+)", said, re.MULTILINE)
    assert f"{len(CELLS) - len(numbers)} passed" in said, said
    return [list(CELLS)[int(number)] for number in numbers]


def test_only_real_differences_fail(saved: Path) -> None:
    assert failing(saved, "-p", PLUGIN) == DIFFERENT


def test_without_the_plugin_figures_are_differences(saved: Path) -> None:
    assert failing(saved, "-p", f"no:{PLUGIN}") == [
        "value",
        "failure",
        "progress",
        *DIFFERENT,
    ]


def test_the_plugin_is_an_entry_point() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert project["entry-points"]["pytest11"] == {PLUGIN: PLUGIN}


def card(html: str, plain: str, metadata: object = FIGURES) -> nbformat.NotebookNode:
    return nbformat.from_dict(
        {
            "output_type": "display_data",
            "data": {"text/html": html, "text/plain": plain},
            "metadata": metadata,
        }
    )


def test_live_slots_and_figures_are_left_out_and_nothing_else() -> None:
    chip = "<small class=cx1-v><i> · </i>84 ms · cpu 71 ms · peak 40 MiB</small>"
    live = card("<div>running</div>", "running", LIVE)
    done = card(f"<div>done{chip}</div>", "done  (84 ms · cpu 71 ms)\ntook  (84 ms · cpu 71 ms)")
    stream = nbformat.v4.new_output("stream", text="done  (84 ms · cpu 71 ms)\n")
    foreign = card(chip, "done  (84 ms)", {})
    odd = card(chip, "done  (84 ms)", {"codeexec_magics": "text"})

    steady = pytest_plugin.steady_outputs([live, done, stream, foreign, odd])

    assert steady == [
        card("<div>done</div>", "done\ntook  (84 ms · cpu 71 ms)"),
        stream,
        foreign,
        odd,
    ]
    assert chip in done.data["text/html"]


def test_an_emptied_slot_is_no_difference() -> None:
    empty = nbformat.from_dict({"output_type": "display_data", "data": {}, "metadata": FIGURES})

    assert pytest_plugin.steady_outputs([empty]) == [empty]
