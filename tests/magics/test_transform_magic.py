"""The magics in a shell of this process, with the real engine behind them."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

from codeexec_magics import ExecutionResult, Outcome, Transform
from codeexec_magics.errors import (
    DecodingFailed,
    ExecutionTimedOut,
    ProgramFailed,
    WorkerCrashed,
)

Run = Callable[[str], BaseException | None]


def user_variables(shell: InteractiveShell) -> dict[str, Any]:
    """The namespace without IPython's own, which counts cells."""
    own = re.compile(r"_|_i+|_\d+|_i\d+|__|___|_oh|_ih|_dh|In|Out")
    return {name: value for name, value in shell.user_ns.items() if not own.fullmatch(name)}


def test_values_go_in_and_come_out(shell: InteractiveShell, run: Run) -> None:
    shell.user_ns["xs"] = [1, 2]
    assert (
        run("%%transform -i xs,n=len(xs) -o out\ndef transform(inputs):\n  return xs * n") is None
    )

    assert shell.user_ns["out"] == [1, 2, 1, 2]


def test_python_is_the_language_unless_told(shell: InteractiveShell, run: Run) -> None:
    assert run("%%transform -o a\n7 // 2") is None
    assert run("%%transform js -o b\n7 / 2") is None
    assert run("%%transform --lang node -o c\nMath.floor(7 / 2)") is None

    assert [shell.user_ns[name] for name in "abc"] == [3, 3.5, 3]


def test_dollars_and_braces_on_the_line_are_left_alone(shell: InteractiveShell, run: Run) -> None:
    shell.user_ns["xs"] = "wrong"
    assert (
        run("%%transform -i d={'xs':1} --env A=$xs{xs} -o out\nimport os; d, os.environ['A']")
        is None
    )

    assert shell.user_ns["out"] == ({"xs": 1}, "$xs{xs}")


def test_keys_of_the_value_are_bound_together_or_not_at_all(
    shell: InteractiveShell, run: Run
) -> None:
    assert run("%%transform -o a,b\ndict(a=1, b=2, c=3)") is None
    assert (shell.user_ns["a"], shell.user_ns["b"]) == (1, 2)

    failure = run("%%transform -o a,bb --result r\ndict(a=5, b=6)")
    assert isinstance(failure, DecodingFailed)
    assert "did you mean 'b'?" in str(failure)
    assert shell.user_ns["a"] == 1
    assert "bb" not in shell.user_ns
    assert shell.user_ns["r"].output == {"a": 5, "b": 6}


def test_a_cell_without_a_value_never_takes_a_variable_away(
    shell: InteractiveShell, run: Run
) -> None:
    shell.user_ns.update(rows=[{"a": 1}], df={"a": 1}, x="kept")

    assert run("%%transform -i df -o df\ndf['b'] = 2") is None
    assert shell.user_ns["df"] == {"a": 1, "b": 2}
    assert run("%%transform -n f -i df -o n\nn = len(df)") is None
    assert shell.user_ns["f"](df="abc") == 3
    assert run("%transform f -i df='ab' -o other") is None
    assert (shell.user_ns["n"], shell.user_ns["other"]) == (2, 2)

    for cell in (
        "%%transform -o x\ny = 1",
        "%%transform js -o x\nlet y = 1",
        "%%transform -o x,y\ny = 1",
        "%%transform -n g -o x\ny = 1",
        "%%transform --map rows -o x\ndef transform(row): row['b'] = 1",
    ):
        failure = run(cell)
        assert isinstance(failure, ProgramFailed), cell
        assert "gave no value" in str(failure) or "gives no value" in str(failure)
    assert shell.user_ns["x"] == "kept"
    assert "y" not in shell.user_ns
    assert "g" not in shell.user_ns


@pytest.mark.parametrize(
    ("body", "kind", "outcome"),
    [
        ("out = 1\nraise ValueError('Test')", ProgramFailed, Outcome.FAILED),
        ("while True: pass", ExecutionTimedOut, Outcome.TIMED_OUT),
        ("import os; print('p', flush=True); os._exit(3)", WorkerCrashed, Outcome.CRASHED),
    ],
)
def test_a_failure_changes_only_what_is_kept_whatever_happens(
    shell: InteractiveShell, run: Run, body: str, kind: type[Exception], outcome: Outcome
) -> None:
    shell.user_ns["out"] = rows = [1]
    before = user_variables(shell)
    failure = run(
        "%%transform -i out -o out,b -n f --timeout 1 --result r --stdout o --stderr e\n"
        f"out.append(2)\n{body}"
    )

    assert type(failure) is kind
    after = user_variables(shell)
    assert isinstance(after["r"], ExecutionResult)
    assert after.pop("r").outcome is outcome
    assert {after.pop("o"), after.pop("e")} <= {"", "p\n"}
    assert after == before
    assert after["out"] is rows
    assert rows == [1]


def test_a_program_s_variables_do_not_reach_the_notebook(shell: InteractiveShell, run: Run) -> None:
    before = user_variables(shell)
    assert run("%%transform\nleaked = 1\nimport sys\nsys.modules['leaked'] = sys\nNone") is None

    assert user_variables(shell) == before
    assert "leaked" not in sys.modules


def test_text_goes_to_a_variable_instead_of_the_screen(
    shell: InteractiveShell, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    code = "import sys; print('seen'); print('hidden', file=sys.stderr)"
    assert run(f"%%transform --err text\n{code}") is None

    assert shell.user_ns["text"] == "hidden\n"
    shown = capsys.readouterr()
    assert "seen\n" in shown.out
    assert "hidden" not in shown.out + shown.err


def test_text_in_a_variable_has_no_colours(
    shell: InteractiveShell, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    run("%%transform js --stdout a --stderr b\nconsole.log('a', 5); console.error('b', 5)")
    assert (shell.user_ns["a"], shell.user_ns["b"]) == ("a 5\n", "b 5\n")

    monkeypatch.setenv("NO_COLOR", "1")
    run("%%transform js --result r\nconsole.log(5); console.error(5)")
    assert (shell.user_ns["r"].stdout, shell.user_ns["r"].stderr) == ("5\n", "5\n")


@pytest.mark.parametrize("language", ["python", "js"])
def test_a_directory_that_is_gone_is_told_with_what_to_do(
    shell: InteractiveShell,
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    language: str,
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    failure = run(f"%%transform {language}\n1")
    assert isinstance(failure, UsageError)
    assert "the current directory no longer exists" in str(failure)
    assert run(f"%%transform {language} --cwd {tmp_path} -o out\n1") is None


def test_a_runtime_that_does_not_start_is_told_by_its_error(run: Run, tmp_path: Path) -> None:
    runtime = tmp_path / "node"
    lines = [
        "node:internal/modules:1",
        "Error: Cannot find module 'x'",
        "  at y",
        "",
        "Node.js v24.1",
    ]
    runtime.write_text("#!/bin/sh\n" + "".join(f'echo "{line}" >&2\n' for line in lines) + "exit 1")
    runtime.chmod(0o755)

    failure = run(f"%%transform js --interpreter {runtime}\n1")
    assert "could not start: Error: Cannot find module 'x'" in str(failure)


def test_text_is_whole_whatever_the_locale(
    shell: InteractiveShell, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "de_DE.ISO-8859-1")
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    for language, printed in (("python", "print('é😀')"), ("js", "console.log('é😀')")):
        assert run(f"%%transform {language} --stdout text -o out\n{printed}\n'é😀'") is None
        assert (shell.user_ns["text"], shell.user_ns["out"]) == ("é😀\n", "é😀")


def test_node_in_a_javascript_cell_is_the_one_that_runs_it(
    shell: InteractiveShell, run: Run
) -> None:
    started = "require('child_process').execSync('node -p process.execPath').toString().trim()"
    assert run(f"%%transform js -o out\n[{started}, process.execPath]") is None
    one, other = shell.user_ns["out"]
    assert one == other


def test_streams_are_shown_once(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run("%%transform\nimport sys; print('a-line'); print('b-line', file=sys.stderr); 1/0")

    shown = capsys.readouterr()
    assert shown.out.count("a-line\n") == 1
    assert shown.err == "b-line\n"


def test_a_quiet_cell_shows_nothing_on_success_and_all_on_failure(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("%%transform -q\nprint('a'); display(1); 5") is None
    assert capsys.readouterr() == ("", "")

    assert isinstance(run("%%transform -q\nprint('a')\n1/0"), ProgramFailed)
    shown = capsys.readouterr().out
    assert shown.startswith("a\n")
    assert shown.count("ZeroDivisionError: division by zero") == 1


def test_a_terminal_sees_a_failure_once_and_nothing_of_ours(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    failure = run("%%transform\ndef transform(inputs):\n    raise ValueError('Test')")

    assert isinstance(failure, ProgramFailed)
    assert str(failure) == "ValueError: Test"
    shown = capsys.readouterr().out
    assert shown.count("ValueError: Test") == 1
    assert "line 3" in shown
    assert "codeexec_magics" not in shown


def test_an_open_line_is_ended_before_the_card(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    run("%%transform\nprint('half', end='')\n1")

    assert capsys.readouterr().out.startswith("half\n")


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        ("%%transform\n1/0", 2),
        ("\n \n%%transform\n\n1/0", 5),
        ("\n%%transform js\n\n\nthrow new Error('x')", 5),
        ("%%transform\ndef f(:\n  1", 2),
        ("\n%%transform -n f\n\ndef f(:\n  1", 4),
    ],
)
def test_a_line_number_is_that_of_the_cell(
    shell: InteractiveShell, run: Run, cell: str, line: int
) -> None:
    failure = run(cell.replace("-n f", "-n f --result r"))

    assert isinstance(failure, ProgramFailed)
    assert failure.result.trace is not None
    assert failure.result.trace.place is not None
    assert failure.result.trace.place.line == line


def test_an_address_in_a_message_is_not_in_the_exception(run: Run) -> None:
    failure = run("%%transform\nraise ValueError(object())")

    assert str(failure) == "ValueError: <object object at 0x…>"


def test_no_raise_error_keeps_the_result_and_goes_on(
    shell: InteractiveShell, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.user_ns["out"] = 1
    assert run("%%transform --no-raise-error --result r -o out\n1/0") is None
    assert shell.user_ns["r"].outcome is Outcome.FAILED
    assert shell.user_ns["out"] == 1
    assert "ZeroDivisionError" in capsys.readouterr().out

    assert run("%%transform --no-raise-error -o a,b\n{}") is None
    shown = capsys.readouterr()
    assert shown.out.startswith("failed · ")
    assert "no key 'a'" in shown.out
    assert shown.err == ""


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("%%transform pythn\n1", "did you mean 'python'?"),
        ("%%transform js --lang python\n1", "two languages: js and --lang python"),
        ("%%transform --with x\n1", "--with is not in this version"),
        ("%%transform -f a.py\n1", "%transform LANG -f PATH"),
        ("%%transform --cwd /no/such\n1", "there is no folder '/no/such'"),
        ("%%transform --interpreter /no/such\n1", "'/no/such' is not an executable file"),
        ("%%transform --interpreter /tmp\n1", "'/tmp' is not an executable file"),
        ("%%transform --python 3.4\n1", "--python: cannot run python"),
        ("%%transform js --python 3.12\n1", "for javascript use --interpreter"),
        ("%%transform --python 3.12 --interpreter /bin/sh\n1", "give one of them"),
        ("%%transform -n python\n1", "may not be named like a language"),
        ("%%transform -n JS\n1", "may not be named like a language"),
        ("%%transform -i missing\n1", "no variable is called 'missing'"),
        ("%transform", "%%transform LANG"),
        ("%transform js", "%transform js -f PATH"),
        ("%transform js -i x", "%transform js -f PATH"),
        ("%transform clen", "no transform is called 'clen'; %%transform -n makes one"),
        ("%transform number", "'number': it is a int"),
        ("%transform -f /no/such.py", "cannot execute '/no/such.py'"),
        ("%transform -f /tmp", "suffix"),
        ("%transform py -f /tmp", "it is a directory"),
        ("%transform -f notes.txt", "cannot tell the language"),
        ("%transform_config tmeout=5", "did you mean 'timeout'?"),
    ],
)
def test_wrong_usage_stops_the_cell_before_anything_starts(
    shell: InteractiveShell,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    line: str,
    told: str,
) -> None:
    monkeypatch.setattr("codeexec_magics.engine.executor.CodeExecutor.run", None)
    shell.user_ns["number"] = 5
    failure = run(line)

    assert isinstance(failure, UsageError)
    assert told in str(failure)
    assert "\n" not in str(failure)


def test_a_file_is_run_with_its_own_line_numbers(
    shell: InteractiveShell, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ä b.js").write_text("// first\ntransform = ({x}) => x.length\n", encoding="utf-8")
    (tmp_path / "bad.py").write_text("\n\n1/0\n")
    shell.user_ns["x"] = "four"
    assert run("%transform -f 'ä b.js' -i x -o out") is None
    assert shell.user_ns["out"] == 4

    failure = run("%transform python -f bad.py")
    assert isinstance(failure, ProgramFailed)
    assert failure.result.trace is not None
    assert failure.result.trace.place is not None
    assert failure.result.trace.place.line == 3


def test_the_program_s_surroundings_are_those_of_the_line(
    shell: InteractiveShell, run: Run, tmp_path: Path
) -> None:
    code = "import os; [os.getcwd(), os.environ['A'], os.environ.get('HOME')]"
    assert run(f"%%transform --cwd '{tmp_path}' --env A='x y' -o out\n{code}") is None

    assert shell.user_ns["out"] == [str(tmp_path), "x y", os.environ.get("HOME")]
    assert "A" not in os.environ


def test_an_interpreter_is_chosen_by_path(shell: InteractiveShell, run: Run) -> None:
    assert (
        run(f"%%transform --interpreter {sys.executable} -o a\nimport sys; sys.executable") is None
    )
    assert run(f"%%transform --python {sys.prefix} -o b\nimport sys; sys.prefix") is None

    assert shell.user_ns["a"] == sys.executable
    assert shell.user_ns["b"] == sys.prefix


def test_a_named_cell_is_only_defined_unless_it_is_asked_for_more(
    shell: InteractiveShell, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    code = "print('it ran')\ndef transform(a, b=2):\n    return a + b"
    assert run(f"%%transform -n add\n{code}") is None
    assert "it ran" not in capsys.readouterr().out

    assert run("%transform add -i a=1 -o out") is None
    assert shell.user_ns["out"] == 3
    assert run("print(add(a=2, b=3))") is None
    assert "it ran\n5\n" in capsys.readouterr().out

    assert run(f"%%transform -n add2 -i a=1 -o out\n{code}") is None
    assert "it ran" in capsys.readouterr().out
    assert isinstance(shell.user_ns["add2"], Transform)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("%transform add -i b=1", "add(a, b=2): missing a required argument: 'a'"),
        ("%transform add -i a=1,c=1", "unexpected keyword argument 'c'"),
        ("%transform add -i a=1 --lang js", "has its language already"),
        ("%transform add -i a=1 -n other", "has its name already"),
        ("%transform ad -i a=1", "did you mean 'add'?"),
    ],
)
def test_wrong_use_of_a_named_transform_is_told(run: Run, line: str, told: str) -> None:
    run("%%transform -n add\ndef transform(a, b=2):\n    return a + b")
    failure = run(line)

    assert isinstance(failure, UsageError)
    assert told in str(failure)


def test_a_named_transform_s_options_can_be_changed_for_one_run(
    shell: InteractiveShell, run: Run
) -> None:
    run("%%transform -n get --env A=1 --env B=1\nimport os; os.environ['A'] + os.environ['B']")
    assert run("%transform get --env B=2 -o out") is None
    assert shell.user_ns["out"] == "12"

    run("%%transform -n spin\nwhile True: pass")
    assert isinstance(run("%transform spin --timeout 0.5"), ExecutionTimedOut)


def test_a_syntax_error_is_told_when_a_python_cell_is_named(
    shell: InteractiveShell, run: Run
) -> None:
    failure = run("%%transform -n bad\ndef f(:\n    pass")

    assert isinstance(failure, ProgramFailed)
    assert "SyntaxError" in str(failure)
    assert "bad" not in shell.user_ns


def test_a_function_s_own_variables_are_inputs_of_a_line_magic(
    shell: InteractiveShell, run: Run
) -> None:
    run("%%transform -n double\ndef transform(x): return x * 2")
    assert run("def f(x):\n    %transform double -i x -o out\nf(21)") is None

    assert shell.user_ns["out"] == 42


def test_the_defaults_hold_where_the_line_is_silent(
    shell: InteractiveShell, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("%transform_config timeout=0.5 kept_output=40") is None
    assert isinstance(run("%%transform\nwhile True: pass"), ExecutionTimedOut)
    assert run("%%transform --timeout 20 --stdout text\nprint('x' * 1000)") is None
    assert len(shell.user_ns["text"]) < 200

    assert run("%config TransformMagics.timeout = 7") is None
    capsys.readouterr()
    assert run("%transform_config timeout") is None
    assert capsys.readouterr().out == "timeout = 7.0\n"


def test_a_default_interpreter_is_used_and_the_line_comes_first(
    shell: InteractiveShell, run: Run
) -> None:
    assert run("%transform_config python.executable=/no/such/python") is None
    assert run("%%transform\n1") is not None
    assert run(f"%%transform --interpreter {sys.executable} -o out\n1") is None
    assert shell.user_ns["out"] == 1


def test_the_help_is_the_documentation(shell: InteractiveShell) -> None:
    assert "--no-raise-error" in str(
        shell.inspector.info(shell.find_cell_magic("transform"))["docstring"]
    )


def test_a_function_of_the_notebook_shows_the_value(
    shell: InteractiveShell, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[Any] = []
    shell.user_ns["module"] = SimpleNamespace(look=seen.append, tell=lambda x: f"it is {x}")

    assert run("%%transform -d module.look -o out\n[1, 2]") is None
    assert seen == [[1, 2]]
    assert seen[0] is shell.user_ns["out"]
    assert capsys.readouterr().out == ""
    assert run("%%transform js -d module.tell\n5") is None
    assert "it is 5" in capsys.readouterr().out
    assert isinstance(run("%%transform -d module.look\n1/0"), ProgramFailed)
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("loook", "did you mean 'look'?"),
        ("look.at", "has no 'at'"),
        ("number", "takes a function, and this is an int"),
    ],
)
def test_a_function_that_is_not_there_is_told_before_anything_starts(
    shell: InteractiveShell, run: Run, name: str, told: str
) -> None:
    shell.user_ns.update(look=print, number=5)
    failure = run(f"%%transform -d {name} --result r\n5")

    assert isinstance(failure, UsageError)
    assert told in str(failure)
    assert "r" not in shell.user_ns


def test_the_value_is_shown_by_what_every_notebook_has(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("%%transform -d display\n6 * 7") is None
    assert run("%%transform -d 'lambda value: value + 1'\n6 * 8") is None
    assert capsys.readouterr().out.split() == ["42", "49"]


def test_the_value_of_a_line_magic_can_be_assigned(
    shell: InteractiveShell, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "add.js"
    file.write_text("x + 1")
    assert run(f"a = %transform -f {file} -i x=1") is None
    assert run(f"if True:\n    b = %transform -q -f {file} -i x=2 -o c") is None
    capsys.readouterr()
    assert run(f"%transform -f {file} -i x=3") is None

    assert [shell.user_ns[name] for name in "abc"] == [2, 3, 3]
    assert "Out[" not in capsys.readouterr().out


def test_flags_take_variables_in_braces(shell: InteractiveShell, run: Run, tmp_path: Path) -> None:
    shell.user_ns.update(seconds=5, size="64M", key="a b", folder=str(tmp_path), t={"x": 2.5})
    line = "--timeout {seconds} --memory {size} --cwd {folder} --env A={key} --env B={seconds}s"
    cell = f"%%transform {line} -o out --result r\nimport os; os.getcwd(), dict(os.environ)"
    assert run(cell) is None
    folder, environment = shell.user_ns["out"]
    assert (folder, environment["A"]) == (os.path.realpath(tmp_path), "a b")
    assert environment["B"] == "{seconds}s"
    assert shell.user_ns["r"].timeout == 5
    assert run("%%transform --timeout {t['x'] * 2} --result r\n1") is None
    assert shell.user_ns["r"].timeout == 5
    assert run("%%transform --timeout {None} --result r\n1") is None
    assert shell.user_ns["r"].timeout == float("inf")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("--timeout {secnds}", "--timeout {secnds}: no variable is called 'secnds'; did you mean"),
        ("--timeout {1/0}", "--timeout {1/0}: ZeroDivisionError"),
        ("--timeout {a b}", "no Python expression between the braces"),
        ("--timeout {key}", "not 'a b'"),
        ("--env A={secnds}", "no variable is called 'secnds'"),
    ],
)
def test_a_variable_of_a_flag_that_is_not_there_is_told(
    shell: InteractiveShell, run: Run, line: str, told: str
) -> None:
    shell.user_ns.update(seconds=5, key="a b")
    failure = run(f"%%transform {line} --result r\n1")

    assert isinstance(failure, UsageError)
    assert told in str(failure)
    assert "r" not in shell.user_ns


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_every_magic_shows_its_help(
    run: Run, capsys: pytest.CaptureFixture[str], flag: str
) -> None:
    for alone in (f"%%transform {flag}", f"%%transform js {flag}\nnot run"):
        assert run(alone) is None
        assert "--no-raise-error" in capsys.readouterr().out
    for magic in ("transform", "transform_config", "transform_ps", "transform_kill"):
        assert run(f"%{magic} {flag}") is None
        assert f"%{magic} " in capsys.readouterr().out
    assert run(f"%transform_doctor {flag}") is None
    assert "prove it" in capsys.readouterr().out


def test_a_name_of_pythons_own_is_told(
    run: Run, shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("%%transform -n sum\n1") is None
    assert (
        "sum is now this transform, in place of Python's own; `del sum`" in capsys.readouterr().err
    )
    assert run("%%transform -n sum\n2") is None
    assert run("%%transform -n total\n2") is None
    assert capsys.readouterr().err == ""
    assert run("del sum") is None
    assert run("assert sum([1, 2]) == 3") is None


def test_an_error_of_the_user_s_function_is_the_cell_s(shell: InteractiveShell, run: Run) -> None:
    def fail(value: object) -> None:
        raise LookupError("Test")

    shell.user_ns["fail"] = fail
    assert isinstance(run("%%transform -d fail -o out\n5"), LookupError)
    assert shell.user_ns["out"] == 5


CONNECTS = "import socket\nsocket.create_server(('127.0.0.1', 0)).close()\n'connected'"


def test_a_cell_is_cut_off_from_the_network_by_its_line_or_by_the_settings(
    shell: InteractiveShell, run: Run
) -> None:
    assert run(f"%%transform -o out\n{CONNECTS}") is None
    assert shell.user_ns["out"] == "connected"
    assert isinstance(run(f"%%transform --no-network\n{CONNECTS}"), ProgramFailed)

    assert run("%transform_config network=no") is None
    assert isinstance(run(f"%%transform\n{CONNECTS}"), ProgramFailed)


@pytest.mark.parametrize("how", ["--sandbox", "--seal"])
def test_a_cell_is_held_more_closely_or_refused_by_name(
    shell: InteractiveShell, run: Run, tmp_path: Path, how: str
) -> None:
    outside = tmp_path / "outside"
    inside = tmp_path / "inside"
    inside.mkdir()
    code = f"open('mine', 'w').close()\ntry: open({str(outside)!r}, 'w')\nexcept OSError: pass"
    failure = run(f"%%transform {how} --cwd {inside} --result r\n{code}")

    if failure is None:
        assert (inside / "mine").exists()
        assert outside.exists() is (how == "--seal")
    else:
        assert "IsolationUnavailable" in str(failure)


def test_limits_of_the_settings_hold_and_the_line_comes_first(
    shell: InteractiveShell, run: Run
) -> None:
    assert run("%transform_config processes=1 cpu_time=0.2") is None
    spin = "import time\nwhile time.process_time() < 1: pass\n'spun'"
    assert isinstance(run(f"%%transform\n{spin}"), ExecutionTimedOut)
    assert run(f"%%transform --cpu-time none -o out\n{spin}") is None
    assert shell.user_ns["out"] == "spun"

    forks = "import os, time\nif os.fork() == 0: time.sleep(600)\nos.wait()"
    assert isinstance(run(f"%%transform\n{forks}"), WorkerCrashed)
