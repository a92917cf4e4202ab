"""Measure everything that ``docs/measurements.md`` claims: ``python benchmarks/table.py``.

Each row stands beside what a user would take instead, measured in turn with it on the same machine.
``python benchmarks/table.py NAME…`` measures the modules of these names only, and ``--write`` puts
the whole table into the page, with the stages of a cell (``stages.py``).
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import os
import platform
import sys
from pathlib import Path

import stages
from rows import HEAD, Row

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests"))

import pages

MODULES = (
    "cells",
    "processor",
    "engine",
    "frames",
    "large",
    "items",
    "streams",
    "typescript",
    "languages",
)


def machine() -> str:
    """What the figures were measured on."""
    versions = [f"Python {platform.python_version()}"]
    for name in ("IPython", "ipykernel", "numpy", "pandas", "pyarrow"):
        # Not imported: workers have loaded ahead what the process that executes has loaded.
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions.append(f"{name} {importlib.metadata.version(name)}")
    system = f"{platform.system()} {platform.release().partition('-')[0]} {platform.machine()}"
    return f"{system}, {os.cpu_count()} cores; {', '.join(versions)}; medians."


def measure(names: list[str]) -> list[Row]:
    """The rows of some modules, printed as they come."""
    found: list[Row] = []
    for name in names:
        for row in importlib.import_module(name).rows():
            print(row.verdict(), flush=True)
            found.append(row)
    return found


def write(rows: list[Row], profile: list[str]) -> None:
    """Put the tables into their page."""
    table = "\n".join([HEAD, *(row.line() for row in rows)])
    where = "Where the milliseconds of a trivial cell go (`python benchmarks/stages.py`):"
    parts = [machine(), table, where, "\n".join(profile)]
    pages.write("measurements.md", "measurements", "\n\n".join(parts))


def main(arguments: list[str]) -> None:
    names = [name for name in arguments if not name.startswith("-")]
    print(machine(), HEAD, sep="\n\n")
    rows = measure(names or list(MODULES))
    if "--write" in arguments and not names:
        write(rows, list(stages.lines()))


if __name__ == "__main__":
    main(sys.argv[1:])
