"""IPython in a terminal: each card once, as text, in colour if the terminal has any."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

import codeexec_magics

PROMPT = r"In \[\d+\]: "


class Terminal:
    """An IPython in a pseudo-terminal."""

    def __init__(self, folder: Path, *options: str) -> None:
        environment = {
            **os.environ,
            "PYTHONPATH": str(Path(codeexec_magics.__file__).parents[1]),
            "IPYTHONDIR": str(folder),
            "TERM": "xterm-256color",
        }
        # Without prompt_toolkit, whose redrawing would have to be emulated.
        self._child = pexpect.spawn(
            sys.executable,
            ["-m", "IPython", "--simple-prompt", "--no-banner", *options],
            env=environment,
            dimensions=(50, 200),
            encoding="utf-8",
            timeout=60,
        )
        self._child.expect(PROMPT)
        self.run("%load_ext codeexec_magics")

    def run(self, source: str) -> str:
        """Type a cell; returns what is shown before the next prompt."""
        call = f"get_ipython().run_cell({source!r}); None" if "\n" in source else source
        self._child.sendline(call)
        self._child.expect(PROMPT)
        return str(self._child.before).replace("\r\n", "\n").partition("\n")[2].strip("\n")

    def close(self) -> None:
        """Leave IPython and wait for its end."""
        self._child.sendline("exit")
        self._child.expect(pexpect.EOF)
        self._child.close()


@pytest.fixture(params=["coloured", "plain"])
def terminal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Terminal]:
    """IPython, once in colour and once without."""
    options = [] if request.param == "coloured" else ["--colors=NoColor"]
    running = Terminal(tmp_path, *options)
    running.coloured = request.param == "coloured"  # type: ignore[attr-defined]
    yield running
    running.close()


def without_codes(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_a_value_and_a_failure_are_told_once(terminal: Terminal) -> None:
    done = terminal.run("%%transform -o out\n[{'n': 1, 's': 'x'}, {'n': 20, 's': None}]")
    failed = terminal.run("%%transform\nrow = {'n': 1}\nrow['price']")

    assert ("\x1b[" in done) is terminal.coloured  # type: ignore[attr-defined]
    lines = without_codes(done).split("\n")
    assert re.fullmatch(r"done · python · → out list  \(.+ · cpu .+ · peak .+\)", lines[0])
    assert lines[1:] == [
        "  n  s",
        "int  str",
        "  1  x",
        " 20  None",
        "2 rows × 2 columns",
    ]

    told = without_codes(failed)
    assert told.count("KeyError") == 1
    assert "KeyError: 'price'\nat this cell, line 3\n" in told
    assert " → 3  row['price']\n      ^^^^^^^^^^^^\n      row = {'n': 1}" in told


def test_progress_is_drawn_in_place_and_gone_at_the_end(terminal: Terminal) -> None:
    shown = terminal.run("%%transform\nprogress(1, 4, 'step')\nprint('text')\n5")

    # What is printed may overtake it, and both are whole then.
    assert re.search(r"\r\x1b\[K1 of 4 step · 25%[^\r\n]*\r\x1b\[K", shown)
    assert "text\n" in shown
    assert shown.count("of 4") == 1
