"""What moves in JupyterLab: the line of a running cell, and a job's below a cell that has ended."""

from __future__ import annotations

import re

import nbformat
import pytest
from census import wait_until
from jupyter_lab import PATIENCE, Lab
from playwright.sync_api import expect

# The server is started first, so that no test is blamed for its processes.
pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("running_lab")]

LOAD = "%load_ext codeexec_magics"
WAITS = "import os, time\nwhile not os.path.exists('go'): time.sleep(0.05)\n"


def test_a_job_tells_how_it_is_getting_on_and_how_it_ended(lab: Lab) -> None:
    lab.write(
        "job.ipynb", LOAD, f"%%transform --bg\nprint('text', flush=True)\n{WAITS}1/0", "6 * 7"
    )

    notebook = lab.open("job.ipynb")
    notebook.run_all()
    # The job's cell and the one behind it have ended, and the line goes on.
    expect(notebook.cells.nth(2)).to_contain_text("42")
    line = notebook.card(1).first
    expect(line).to_contain_text(re.compile(r"running.*MiB"))
    expect(line).to_contain_text("text")
    (lab.folder / "go").touch()

    expect(line).to_contain_text("ZeroDivisionError")
    expect(line).to_contain_text("failed")
    expect(notebook.card(1)).to_have_count(1)


def test_a_running_cell_s_line_is_gone_from_the_notebook_that_is_saved(lab: Lab) -> None:
    lab.write("live.ipynb", LOAD, f"%%transform\nprogress(1, 4, 'step')\n{WAITS}6 * 7")

    notebook = lab.open("live.ipynb")
    notebook.run_all()
    expect(notebook.card(1)).to_contain_text("1 of 4 step")
    expect(notebook.card(1)).to_contain_text(re.compile(r"running.*MiB"))
    (lab.folder / "go").touch()

    expect(notebook.card(1)).to_contain_text("done")
    expect(notebook.card(1)).to_have_count(1)
    notebook.save()
    path = lab.folder / "live.ipynb"
    assert wait_until(lambda: "cx1" in path.read_text(encoding="utf-8"), PATIENCE)
    outputs = nbformat.read(path, as_version=4).cells[1].outputs
    assert [bool(output.data) for output in outputs] == [False, True]
    assert "running" not in str(outputs)
