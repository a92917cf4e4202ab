"""The codec as the child loads it: by path, under another name, on an old Python, and cheaply."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import codeexec_magics

PACKAGE = Path(codeexec_magics.__file__).parent
VALUES = [PACKAGE / f"{name}.py" for name in ("errors", "kinds", "times", "tagged", "tree")]
MODULES = [*VALUES, *(PACKAGE / "protocol").glob("*.py"), *sorted((PACKAGE / "data").glob("*.py"))]
IN_CHILD = [path for path in MODULES if path.name != "conversion.py"]
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


@pytest.mark.parametrize("path", IN_CHILD, ids=lambda path: path.name)
def test_what_the_child_loads_is_python_3_9(path: Path) -> None:
    ast.parse(path.read_text(), feature_version=(3, 9))


@pytest.mark.parametrize("path", IN_CHILD, ids=lambda path: path.name)
def test_what_the_child_loads_calls_nothing_newer(path: Path) -> None:
    """The few things that parse on 3.9 and fail there when they run."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.keyword):
            assert node.arg not in {"strict", "slots", "kw_only"}
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {
            "isinstance",
            "issubclass",
        }:
            assert not isinstance(node.args[1], ast.BinOp)


@pytest.mark.parametrize("path", IN_CHILD, ids=lambda path: path.name)
def test_what_the_child_loads_never_imports_the_package_by_name(path: Path) -> None:
    tree = ast.parse(path.read_text())
    # What stands under TYPE_CHECKING is never run.
    tree.body = [node for node in tree.body if getattr(getattr(node, "test", None), "id", "") == ""]
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        assert not [name for name in names if name.split(".")[0] == "codeexec_magics"]


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
