"""The codec as the child loads it: by path, under another name, and cheaply."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import codeexec_magics

PACKAGE = Path(codeexec_magics.__file__).parent
HEAVY = {
    "codeexec_magics", "contextlib", "ctypes", "datetime", "decimal", "fractions", "inspect",
    "numpy", "pandas", "pathlib", "pickle", "polars", "pyarrow", "tempfile", "uuid",
}  # fmt: skip

LOAD = """
import importlib.util, json, sys
spec = importlib.util.spec_from_loader("_loaded", loader=None, is_package=True)
package = importlib.util.module_from_spec(spec)
package.__path__ = [sys.argv[1]]
sys.modules["_loaded"] = package
before = set(sys.modules)
from _loaded.data import PYTHON, Arena, decode, encode
added = sorted(set(sys.modules) - before)
arena = Arena.create("test")
value = {"a": [(1, {2}), float("inf"), b"x" * 5000], "t": ("e" * 70000,)}
descriptor = encode(value, arena, reader=PYTHON, root="result")
same = value == decode(descriptor, arena, allow_pickle=True, root="result")
print(json.dumps([added, same, "codeexec_magics" in sys.modules]))
"""


def test_loading_it_under_another_name_imports_nothing_heavy() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", LOAD, str(PACKAGE)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    added, same, ours = json.loads(done.stdout)
    assert same
    assert not ours
    assert not [name for name in added if name.split(".")[0] in HEAVY]
