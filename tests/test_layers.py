"""A module's folder says what it may import and in which Python it runs; there are no circles."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import codeexec_magics

PACKAGE = Path(codeexec_magics.__file__).parent

MAY_IMPORT = {
    "errors": set(),
    "protocol": {"errors"},
    "values": {"protocol", "errors"},
    "data": {"protocol", "errors"},
    "supervision": {"protocol", "errors"},
    "languages": {"values", "protocol", "errors"},
    "languages/*/runner": {"protocol", "data", "errors"},
    "leases": {"supervision", "data", "values", "protocol", "errors"},
    "display": {"values", "protocol", "errors"},
    "engine": {"protocol", "leases", "supervision", "languages", "data", "values", "errors"},
    "pipelines": {"engine", "leases", "languages", "data", "values", "protocol", "errors"},
    "integrations": {"", "languages", "display", "values", "errors"},
    "testing": {"engine", "values", "errors"},
    "magics": {"pipelines", "engine", "leases", "languages", "display", "values", "errors"},
    "__main__": {"pipelines"},
    "": {"protocol", "magics", "pipelines", "engine", "languages", "values", "errors"},
}
"""The rule: of which other folders the modules of a folder may import. ``""`` is the package
itself, which hands its public names out."""

IN_A_CHILD = ("protocol", "data", "supervision", "languages/*/runner")
"""Folders that run where a Python may be of version 3.9, and the package has another name."""

MEETINGS = {
    # The fork server of the supervisor is the runner with its modules loaded.
    ("languages/python/runner/__main__.py", "supervision"),
}
"""Modules that go beyond the rule, each with its reason."""

ONLY_IN = {
    "IPython": ("magics",),
    "traitlets": ("magics",),
    "pygments": ("display", "integrations"),
    "subprocess": ("supervision", "leases", "languages/*/runner"),
    "psutil": ("supervision", "leases", "magics"),
    "numpy": ("data",),
    "pandas": ("data",),
    "pyarrow": ("data",),
    "polars": ("data",),
    "pytz": ("data",),
    "duckdb": ("languages/*/runner",),
    "yaml": ("pipelines",),
}
"""What only these folders import, at whatever time."""


def modules() -> list[Path]:
    return [path for path in sorted(PACKAGE.rglob("*.py")) if "node_modules" not in path.parts]


def name_of(path: Path) -> str:
    """A module's dotted name below the package; the package itself is ``""``."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {name_of(path) for path in modules()}


def folder_of(module: str) -> str:
    """The folder, as the rule names it, of a module below the package."""
    parts = module.split(".")
    if parts[0] == "languages" and parts[2:3] == ["runner"]:
        return "languages/*/runner"
    return parts[0]


def imports(path: Path) -> Iterator[str]:
    """The dotted names of all that a module imports, wherever in it, for its types, too."""
    package = path.relative_to(PACKAGE).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            stem = node.module or ""
            if node.level:
                above = ("codeexec_magics", *package)[: len(package) + 2 - node.level]
                stem = ".".join((*above, stem) if stem else above)
            yield from (f"{stem}.{alias.name}" for alias in node.names)


def own_imports(path: Path) -> set[str]:
    """The modules of the package that a module imports, below the package."""
    found = set()
    for target in imports(path):
        top, _, rest = target.partition(".")
        if top in ("codeexec_magics", "_codeexec_magics"):
            found.add(rest if rest in NAMES else rest.rpartition(".")[0])
    return found - {name_of(path)}


def test_at_the_root_stand_the_package_its_errors_and_folders() -> None:
    assert {path.name for path in PACKAGE.glob("*.py")} == {
        "__init__.py",
        "__main__.py",
        "errors.py",
    }


def test_a_folder_imports_only_what_its_rule_allows() -> None:
    wrong = []
    for path in modules():
        own = folder_of(name_of(path))
        for target in own_imports(path):
            other = folder_of(target)
            meets = (str(path.relative_to(PACKAGE)), other) in MEETINGS
            # Below the languages' folder a description may read what its own runner says.
            beside = other == own or {own, other} == {"languages", "languages/*/runner"}
            if not beside and not meets and other not in MAY_IMPORT[own]:
                wrong.append(f"{name_of(path)} imports {target}")

    assert wrong == []


def test_no_circle_binds_modules() -> None:
    """Imports for types alone count: who reads one module must not need to read the other first."""
    uses = {name_of(path): own_imports(path) for path in modules()}
    while free := [name for name, used in uses.items() if not used & uses.keys()]:
        for name in free:
            del uses[name]
    # What is left is in a circle, or needs one that is.
    while unused := uses.keys() - set().union(*uses.values()):
        for name in unused:
            del uses[name]

    assert sorted(uses) == []


def test_what_is_special_is_imported_in_its_folders_only() -> None:
    wrong = []
    for path in modules():
        for target in imports(path):
            folders = ONLY_IN.get(target.partition(".")[0])
            if folders is not None and folder_of(name_of(path)) not in folders:
                wrong.append(f"{name_of(path)} imports {target}")

    assert wrong == []


def test_what_a_child_runs_imports_relatively_or_the_standard_library() -> None:
    wrong = []
    for path in in_a_child():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            tops = {name.partition(".")[0] for name in names} - sys.stdlib_module_names
            allowed = {top for top in tops if folder_of(name_of(path)) in ONLY_IN.get(top, ())}
            wrong += [f"{name_of(path)} imports {top}" for top in tops - allowed]

    assert wrong == []


def test_what_a_child_runs_needs_no_newer_python_than_3_9() -> None:
    paths = [*map(str, in_a_child()), str(PACKAGE / "errors.py")]
    vermin = str(Path(sys.executable).with_name("vermin"))
    command = [vermin, "-q", "-t=3.9-", "--violations", "--no-tips", *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def in_a_child() -> list[Path]:
    """What is loaded under another name; the entries of processes put the package in place."""
    return [
        path
        for path in modules()
        if folder_of(name_of(path)) in IN_A_CHILD and path.name != "__main__.py"
    ]


def test_importing_the_package_imports_nothing_heavy_and_starts_nothing() -> None:
    program = """
import sys, os
import codeexec_magics
codeexec_magics.CodeExecutor
heavy = {'IPython', 'numpy', 'pandas', 'pyarrow', 'polars', 'psutil', 'asyncio'} & set(sys.modules)
children = open(f'/proc/self/task/{os.getpid()}/children').read()
assert not heavy, heavy
assert not children, children
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=PACKAGE.parent, check=False)

    assert done.returncode == 0
