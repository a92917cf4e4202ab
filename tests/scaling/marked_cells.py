"""Programs whose processes bear a mark, and transforms that are easily told right from wrong."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from codeexec_magics import ExecutionOptions, Program, Transform

HOSTILE = """
import signal, subprocess
signal.signal(signal.SIGINT, signal.SIG_IGN)
subprocess.Popen(["sleep", "{mark}"], start_new_session=True)
def transform(x): return subprocess.run(["sleep", "{mark}"]).returncode
"""


def transform(name: str, source: str, language: str = "python", **options: Any) -> Transform:
    """A transform without a time limit, unless one is given."""
    options = {"timeout": float("inf"), "standbys": 1, **options}
    return Transform(name, Program(source, language), ExecutionOptions(**options))


def sleeper(mark: str) -> Transform:
    """Starts two processes that bear a mark in their arguments, and waits for one."""
    program = (
        "import subprocess\n"
        f"subprocess.Popen(['sleep', '{mark}'], start_new_session=True)\n"
        f"def transform(x): return subprocess.run(['sleep', '{mark}']).returncode"
    )
    return transform("sleeper", program)


def hostile(mark: str) -> Transform:
    """The same, and it does not mind being interrupted."""
    return transform("hostile", HOSTILE.format(mark=mark))


def alive(mark: str) -> list[int]:
    """The processes whose argument is a mark."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                words = Path(f"/proc/{name}/cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if words[:2] == [b"sleep", mark.encode()]:
                found.append(int(name))
    return found


double = transform("double", "def transform(x): return x * 2")
