"""The checks that need no process of ours: lint, format, types, docstrings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(
    "command",
    [
        ("-m", "ruff", "check", "."),
        ("-m", "ruff", "format", "--check", "."),
        ("-m", "mypy", "-p", "codeexec_magics"),
        ("-m", "interrogate", "-q", "codeexec_magics"),
        (".ci/javascript/biome.py", "check", "--error-on-warnings"),
    ],
    ids=" ".join,
)
def test_check(command: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
