"""What a checkout has: its root, its configuration, and what a wheel made of it installs."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import codeexec_magics

ROOT = Path(codeexec_magics.__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SHARED = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]


def installed(below: Path, prefix: str) -> Path:
    """What a wheel installs below a prefix of the environment, as its configuration says."""
    for source, target in SHARED.items():
        if target.startswith(prefix):
            copy = below / target.removeprefix(prefix)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copying = shutil.copytree if (ROOT / source).is_dir() else shutil.copy
            copying(ROOT / source, copy)
    return below
