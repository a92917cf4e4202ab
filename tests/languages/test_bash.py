"""bash: strict mode, inputs as variables, arrays and files, the value, and what a failure tells."""

from __future__ import annotations

import math
import os
import uuid
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from codeexec_magics import CodeExecutor, ExecutionResult
from codeexec_magics.values.options import ExecutionOptions, Program
from codeexec_magics.values.results import Outcome

FRAME = pd.DataFrame({"item": ["a", "b, c", 'd"e'], "price": [1.5, None, 3.5], "n": [1, 2, 3]})
POLARS = pl.from_pandas(FRAME)
POLARS.write_csv()  # its threads are there before a test counts descriptors


def run(executor: CodeExecutor, source: str, *outputs: str, **inputs: object) -> ExecutionResult:
    """Run a cell whose magic's line is line 1."""
    options = ExecutionOptions(standbys=0, timeout=20, outputs=outputs)
    return executor.run(Program(source, "bash", first_line=2), options, inputs)


def printed(executor: CodeExecutor, source: str, **inputs: object) -> str:
    result = run(executor, source, **inputs)
    assert result.success, result.error
    return result.stdout


def frames(result: ExecutionResult) -> list[tuple[int | None, str]]:
    assert result.trace is not None
    return [(frame.line, frame.function) for frame in result.trace.frames]


TEXTS = ["O'Brien $x `id`", "", "a\nb\n", "ä😀", "*", "-n", "\\", "x" * 150_000, "  two  "]


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: repr(text[:10]))
def test_text_arrives_exactly(executor: CodeExecutor, text: str) -> None:
    assert printed(executor, 'printf %s "$name"', name=text) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        (-(2**70), str(-(2**70))),
        (1.5, "1.5"),
        (float("nan"), "nan"),
        (True, "true"),
        (False, "false"),
        (Decimal("1.10"), "1.10"),
        (datetime(2026, 1, 2, 3, 4, 5, 678_901), "2026-01-02T03:04:05.678901"),
        (uuid.UUID(int=1), str(uuid.UUID(int=1))),
        (Path("/a b"), "/a b"),
        ({"a": [1, {"b": None}]}, '{"a": [1, {"b": null}]}'),
    ],
    ids=str,
)
def test_other_values_are_text(executor: CodeExecutor, value: object, text: str) -> None:
    assert printed(executor, 'printf %s "$x"; [[ -n ${x+set} ]]', x=value) == text


def test_variables_are_exported_and_none_is_unset(executor: CodeExecutor) -> None:
    source = "bash -c 'echo [$a]'; echo ${b-default}; bash -c 'echo [$BASH_ENV]'"

    assert printed(executor, source, a=1, b=None) == "[1]\ndefault\n[]\n"


def test_lists_are_arrays_and_dicts_are_associative_arrays(executor: CodeExecutor) -> None:
    source = 'echo ${#xs[@]} "${xs[0]}"; echo "${d[k 1]} ${#e[@]}"'

    assert printed(executor, source, xs=["a b", "c"], d={"k 1": 2}, e=[]) == "2 a b\n2 0\n"


@pytest.mark.parametrize(
    "frame", [FRAME, POLARS, pa.Table.from_pandas(FRAME)], ids=["pd", "pl", "pa"]
)
def test_a_frame_is_the_path_of_a_csv_file(executor: CodeExecutor, frame: object) -> None:
    path, *lines = printed(executor, 'echo "$df"; cat "$df"', df=frame).splitlines()

    assert path.endswith("/df.csv")
    assert not os.path.exists(path)
    assert lines == [
        "item,price,n",
        "a,1.5,1",
        '"b, c",,2',
        '"d""e",3.5,3',
    ]
    assert printed(executor, 'tail -n +2 "$df" | wc -l', df=frame).strip() == "3"


def test_bytes_are_the_path_of_a_file(executor: CodeExecutor) -> None:
    assert printed(executor, 'od -An -tx1 "$raw"', raw=b"\0\xff").split() == ["00", "ff"]


def test_odd_names_are_in_the_file_of_all_inputs(executor: CodeExecutor) -> None:
    assert printed(executor, 'cat "$INPUTS"', **{"a b": 1, "c": [2]}) == '{"a b": 1, "c": [2]}'


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PATH", "/bin", "rename it: -i new=PATH"),
        ("LD_PRELOAD", "x", "rename it"),
        ("BASH_ENV", "x", "rename it"),
        ("x", "a\0b", "holds a NUL character"),
        ("x", {1, 2}, "inputs.x (set) has no form in a shell"),
        ("x", {"a": [{1}]}, "inputs.x.a[0] (set)"),
    ],
)
def test_what_a_shell_cannot_have_is_refused_by_name(
    executor: CodeExecutor, name: str, value: object, said: str
) -> None:
    result = run(executor, "touch ran", **{name: value})

    assert result.outcome is Outcome.FAILED
    assert said in (result.error or "")


def test_what_is_written_to_descriptor_3_is_the_value(executor: CodeExecutor) -> None:
    assert run(executor, "echo '{\"a\": [1, 2]}' >&3").output == {"a": [1, 2]}
    assert run(executor, "echo 1 >&3\necho '\"two\"' >&3").output == [1, "two"]
    assert math.isnan(run(executor, "echo NaN >&3").output)  # type: ignore[arg-type]
    assert run(executor, 'echo \'{"$": "date"}\' >&3').output == {"$": "date"}
    broken = run(executor, "echo hi >&3")
    assert "line 1 of what was written to descriptor 3 is no JSON" in (broken.error or "")


def test_where_a_name_wants_it_stdout_is_the_value(executor: CodeExecutor) -> None:
    text = run(executor, "echo hi", "v")
    assert (text.output, text.stdout) == ("hi", "")
    both = run(executor, "echo hi\necho 5 >&3", "v")
    assert (both.output, both.stdout) == (5, "hi\n")
    assert run(executor, "echo hi").output is None
    background = run(executor, "sleep 600 &\necho hi", "v")
    assert (background.output, background.receipt.left) == ("hi", 0)


def test_else_the_value_is_the_variable_of_that_name(executor: CodeExecutor) -> None:
    assert run(executor, "total=$((2 + 3))", "total").output == "5"
    assert run(executor, "a=1; b=(2 3)", "a", "b").output == {"a": "1", "b": ["2", "3"]}
    nothing = run(executor, "x=1", "total")
    assert nothing.outcome is Outcome.FAILED
    assert "total" in (nothing.error or "")


def test_a_failing_command_is_named_with_its_line_and_its_callers(executor: CodeExecutor) -> None:
    result = run(executor, "f() {\n  grep zzz /etc/hostname\n}\n\nf\necho after")

    assert result.error == "CommandFailed: grep zzz /etc/hostname exited with 1"
    assert (result.exit_code, frames(result), result.stdout) == (1, [(6, ""), (3, "f")], "")


def test_nothing_runs_where_the_syntax_is_wrong(executor: CodeExecutor, tmp_path: Path) -> None:
    options = ExecutionOptions(standbys=0, directory=str(tmp_path))
    program = Program("touch ran\nif true; then\necho x\n", "bash", first_line=2)

    result = executor.run(program, options)

    assert (result.error or "").startswith("SyntaxError: ")
    assert frames(result) == [(4, "")]
    assert not list(tmp_path.iterdir())


def test_a_here_document_that_does_not_end_is_an_error_at_its_line(executor: CodeExecutor) -> None:
    result = run(executor, "echo a\ncat <<E\nunended")

    assert result.error == "SyntaxError: the here-document does not end (wanted `E')"
    assert (frames(result), result.stdout) == ([(3, "")], "")


def test_nothing_of_ours_is_seen_behind_the_program(executor: CodeExecutor) -> None:
    result = run(executor, "set -x\necho a \\")

    assert (result.stdout, result.stderr) == ("a\n", "+ echo a\n")


def test_a_pipe_that_nobody_reads_to_its_end_is_explained(executor: CodeExecutor) -> None:
    result = run(executor, "yes | head -n 1")

    assert (result.exit_code, result.stdout) == (141, "y\n")
    assert result.trace is not None
    assert "pipefail" in result.trace.notes[0]


def test_the_command_of_a_pipeline_is_named(executor: CodeExecutor) -> None:
    result = run(executor, "false | cat\necho after")

    assert result.error == "CommandFailed: false exited with 1 (the first command of the pipeline)"
    assert (frames(result), result.stdout) == ([(2, "")], "")


def test_exit_codes_are_the_programs_own(executor: CodeExecutor) -> None:
    missing = run(executor, "nosuch")
    assert (missing.outcome, missing.exit_code) == (Outcome.FAILED, 127)
    assert missing.stderr == "<cell>: line 2: nosuch: command not found\n"
    left = run(executor, "exit 3")
    assert (left.outcome, left.exit_code) == (Outcome.CRASHED, 3)
    lax = run(executor, "set +e\nfalse\necho 1 >&3")
    assert lax.output == 1


def test_an_interrupt_reaches_the_running_command(executor: CodeExecutor) -> None:
    options = ExecutionOptions(standbys=0, timeout=0.5, grace=5)

    result = executor.run(Program("x=1\nsleep 600\n", "bash", first_line=2), options)

    assert result.outcome is Outcome.TIMED_OUT
    assert (frames(result), result.receipt.left) == ([(3, "")], 0)
    assert result.execution_time < 4


@pytest.mark.parametrize(
    "program",
    [
        "setsid sleep 600 & nohup sleep 600 >/dev/null & disown; echo ok",
        "kill -9 $PPID; sleep 600",
        "kill -STOP $PPID; sleep 600",
        "kill -9 $$",
        "exec 3>&-; exec sleep 600",
        "trap '' INT TERM HUP; while :; do :; done",
        ":(){ :|:& };: ; sleep 600",
    ],
)
def test_whatever_it_starts_nothing_is_left(executor: CodeExecutor, program: str) -> None:
    options = ExecutionOptions(standbys=0, timeout=1, processes=200)

    assert executor.run(Program(program, "bash"), options).receipt.left == 0


@pytest.mark.parametrize(
    "source",
    [
        "",
        "# nothing",
        "echo hi",
        "echo hi\r\n".replace("\r", ""),
        "# " + "x" * 200_000 + "\necho hi",
    ],
    ids=["empty", "comment", "no newline", "newline", "200 kB"],
)
def test_odd_bodies(executor: CodeExecutor, source: str) -> None:
    assert printed(executor, source) in ("", "hi\n")
