"""Whoever draws a traceback, our own frames are not in it."""

from __future__ import annotations

import traceback
from collections.abc import Callable

import pytest
from IPython.core.interactiveshell import InteractiveShell

from codeexec_magics import Transform
from codeexec_magics.errors import ExecutionTimedOut, ProgramFailed
from codeexec_magics.values.options import ExecutionOptions, Program

Run = Callable[[str], BaseException | None]
CELLS = [
    "%%transform\n1/0",
    "%%transform js\nnull.x",
    "%%transform -o out\nx = 1",
    "%%transform -o a,b\n5",
    "%%transform --expect KeyError\n5",
    "%%transform --tmeout 5\n5",
    "%%transform -i missing\n5",
    "%transform_config tmeout=5",
]


@pytest.mark.parametrize("extension", ["", "rich"])
def test_a_failing_cell_shows_none_of_our_frames(
    shell: InteractiveShell, run: Run, capsys: pytest.CaptureFixture[str], extension: str
) -> None:
    if extension:
        pytest.importorskip(extension)
        run(f"%load_ext {extension}")
    try:
        for cell in CELLS:
            capsys.readouterr()
            assert run(cell) is not None
            shown = "".join(capsys.readouterr())
            assert "codeexec_magics" not in shown
            assert "help.py" not in shown
    finally:
        for name in ("showtraceback", "_showtraceback", "showsyntaxerror"):
            vars(shell).pop(name, None)


@pytest.mark.parametrize(
    ("language", "source", "line"),
    [
        ("python", "a = 1\nif a:\n  raise ValueError('Test')", "raise ValueError('Test')"),
        ("js", "let a = {...{}}\nnull.x", "null.x"),
        ("python", "def f(:\n  1", "def f(:"),
    ],
)
def test_a_transform_that_fails_ends_its_traceback_in_its_own_line(
    shell: InteractiveShell,
    run: Run,
    capsys: pytest.CaptureFixture[str],
    language: str,
    source: str,
    line: str,
) -> None:
    options = ExecutionOptions(standbys=0)
    shell.user_ns["clean"] = Transform("clean", Program(source, language), options)
    failure = run("def outer():\n  return clean()\nouter()")

    assert isinstance(failure, ProgramFailed)
    shown = capsys.readouterr().out
    assert "return clean()" in shown
    assert "<clean>:" in shown
    assert line in shown
    assert "/codeexec_magics/" not in shown
    last = traceback.extract_tb(failure.__traceback__)[-1]
    assert (last.filename, last.line) == ("<clean>", line)


def test_a_transform_that_is_stopped_raises_as_ever() -> None:
    options = ExecutionOptions(standbys=0, timeout=0.2)
    endless = Transform("endless", Program("while True: pass"), options)
    with pytest.raises(ExecutionTimedOut) as caught:
        endless()
    assert caught.value.result.timeout == 0.2
