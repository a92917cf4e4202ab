"""The arrows between the package's layers point one way."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import codeexec_magics

PACKAGE = Path(codeexec_magics.__file__).parent

VALUES = {
    "errors",
    "options",
    "results",
    "traces",
    "events",
    "tagged",
    "tree",
    "kinds",
    "times",
}
WORK = {
    "attention",
    "bundles",
    "execution",
    "leasing",
    "mapping",
    "engine",
    "executor",
    "composition",
    "conversation",
    "displays",
    "journal",
    "peers",
    "doctor",
    "streams",
    "transform",
    "signatures",
    "jobs",
    "registry",
    "share",
    "sources",
}
FACES = {"display", "magics"}

ALLOWED: dict[str, set[str]] = {
    "values": {"values"},
    "protocol": {"values", "protocol"},
    "data": {"protocol", "values", "data"},
    "languages": {"values", "languages"},
    "supervision": {"protocol", "values", "supervision"},
    "work": {"data", "languages", "protocol", "supervision", "values", "work"},
    "display": {"values", "display"},
    "magics": {"work", "display", "languages", "values", "magics"},
    "highlighting": {"languages", "values"},
    "pytest_plugin": {"display"},
    "": {"values", "work", "magics"},
}

# The runner is loaded in the child, where it may use the wire and the codec; and a result that a
# cell evaluates shows its card wherever it was made (DESIGN, decision 21).
EXCEPTIONS = {
    ("languages/python/channel.py", "protocol"),
    ("languages/python/serving.py", "data"),
    ("languages/python/items.py", "data"),
    ("results.py", "display"),
    ("jobs.py", "display"),  # for the same reason
    # Where the fork server and what it forks meet.
    ("languages/python/runner.py", "supervision"),
}

ONLY_IN = {
    "IPython": ("magics/",),
    "traitlets": ("magics/",),
    "subprocess": ("supervision/",),
    "signal": (
        "supervision/",
        "languages/python/serving.py",
        "results.py",
        "magics/late_interrupts.py",
    ),
    "psutil": ("supervision/", "magics/"),
    "numpy": ("data/",),
    "pandas": ("data/",),
    "pyarrow": ("data/",),
    "polars": ("data/",),
}


def modules() -> list[Path]:
    return [path for path in sorted(PACKAGE.rglob("*.py")) if "node_modules" not in path.parts]


def layer(parts: tuple[str, ...]) -> str:
    first = parts[0].removesuffix(".py") if parts else ""
    if first in VALUES:
        return "values"
    if first in WORK:
        return "work"
    return "" if first == "__init__" else first


def imports(path: Path) -> Iterator[tuple[str, ...]]:
    """The absolute dotted names that a module imports, wherever in it."""
    here = path.relative_to(PACKAGE).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (tuple(alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            stem = tuple((node.module or "").split(".")) if node.module else ()
            if node.level:
                stem = ("codeexec_magics", *here[: len(here) - node.level + 1], *stem)
            if stem == ("codeexec_magics",):
                yield from ((*stem, alias.name) for alias in node.names)
            else:
                yield stem


def test_arrows_point_one_way() -> None:
    wrong = []
    for path in modules():
        name = str(path.relative_to(PACKAGE))
        own = layer(path.relative_to(PACKAGE).parts)
        for target in imports(path):
            if target[0] not in ("codeexec_magics", "_codeexec_magics") or len(target) < 2:
                continue
            other = layer(target[1:])
            if (
                other not in ALLOWED[own]
                and (name, other) not in EXCEPTIONS
                and target[1] in known()
            ):
                wrong.append(f"{name} imports {'.'.join(target)}")

    assert wrong == []


def known() -> set[str]:
    return {path.stem if path.suffix == ".py" else path.name for path in PACKAGE.iterdir()}


def test_what_is_special_is_imported_in_its_place_only() -> None:
    wrong = []
    for path in modules():
        name = str(path.relative_to(PACKAGE))
        for target in imports(path):
            places = ONLY_IN.get(target[0])
            if places is not None and not name.startswith(places):
                wrong.append(f"{name} imports {target[0]}")

    assert wrong == []


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
