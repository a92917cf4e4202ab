"""``--map`` in a shell of this process, with the real engine behind it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

from codeexec_magics import ExecutionResult, ItemFailure, Transform
from codeexec_magics.errors import ProgramFailed

Run = Callable[[str], BaseException | None]

HALF = "\ndef transform(row, limit=8):\n    return limit / row"


def test_each_item_is_the_functions_and_inputs_are_shared(
    shell: InteractiveShell, run: Run
) -> None:
    shell.user_ns.update(rows=[1, 2, 4], limit=16)

    assert run(f"%%transform --map rows -i limit -o out{HALF}") is None

    assert shell.user_ns["out"] == [16, 8, 4]


def test_an_expression_is_mapped(shell: InteractiveShell, run: Run) -> None:
    assert run("%%transform js --map 'range(3)' --workers 1 --batch 1 -o out\nx => x * x") is None

    assert shell.user_ns["out"] == [0, 1, 4]


def test_a_failure_names_its_item_and_binds_nothing(
    shell: InteractiveShell, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.user_ns["rows"] = [1, 0]

    error = run(f"%%transform --map rows -o out --result kept{HALF}")

    assert isinstance(error, ProgramFailed)
    assert "(item 1: 0)" in str(error)
    assert "out" not in shell.user_ns
    assert isinstance(shell.user_ns["kept"], ExecutionResult)
    assert "item 1: 0" in capsys.readouterr().out


@pytest.mark.parametrize("word", ["collect", "go-on"])
def test_the_others_are_finished(
    shell: InteractiveShell, run: Run, capsys: pytest.CaptureFixture[str], word: str
) -> None:
    shell.user_ns["rows"] = [0, 1, 0]

    error = run(f"%%transform --map rows -o out --on-error {word}{HALF}")

    if word == "collect":
        assert error is None
        failures = shell.user_ns["out"]
        assert [type(value) for value in failures] == [ItemFailure, float, ItemFailure]
        assert [failures[place].value for place in (0, 2)] == [0, 0]
        assert "→ out list · 2 of 3 items failed" in capsys.readouterr().out
    else:
        assert "2 of 3 items failed" in str(error)


def test_a_named_transform_is_mapped(shell: InteractiveShell, run: Run) -> None:
    assert run(f"%%transform -n half{HALF}") is None
    shell.user_ns["rows"] = [1, 2]

    assert run("%transform half --map rows -o out") is None

    assert shell.user_ns["out"] == [8, 4]
    half = shell.user_ns["half"]
    assert isinstance(half, Transform)
    assert half.map([4], inputs={"limit": 4}) == [1]


def test_what_the_iterable_throws_is_the_cells_error(shell: InteractiveShell, run: Run) -> None:
    shell.user_ns["rows"] = (1 / (2 - number) for number in range(5))

    assert isinstance(run(f"%%transform --map rows -o out{HALF}"), ZeroDivisionError)


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("--map missing", "no variable is called 'missing'"),
        ("--map 5", "must be iterable, not int"),
        ("--map '1 +'", "no Python expression"),
        ("--workers 2", "needs --map"),
        ("--map [1] --workers 0", "--workers"),
        ("--map [1] --workers 1000", "1 to 64"),
        ("--map [1] --on-error colect", "did you mean 'collect'"),
        ("--on pool", "needs --map"),
        ("--map [1] --on '1 +'", "--on 1 +: this is no Python expression"),
        ("--map [1] --on 'list(3)'", "--on list(3)"),
        ("--map [1] --on \"'dusk'\"", "it takes a distributed.Client"),
    ],
)
def test_wrong_usage(run: Run, capsys: pytest.CaptureFixture[str], line: str, word: str) -> None:
    error = run(f"%%transform {line}\nlambda x: x")

    assert isinstance(error, UsageError)
    assert word in str(error)


def test_items_are_mapped_elsewhere(
    shell: InteractiveShell, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    with ThreadPoolExecutor(2) as pool:
        shell.user_ns.update(rows=[1, 2, 4], client=pool, limit=16)
        assert run(f"%%transform --map rows -i limit --on client -o out{HALF}") is None
        assert run(f"%%transform --bg --map rows -i limit --on client --job job{HALF}") is None
        assert shell.user_ns["job"].result(30).output == [16, 8, 4]

    assert shell.user_ns["out"] == [16, 8, 4]
    error = run(f"%%transform --map rows -i limit --on clinet -o out{HALF}")
    assert isinstance(error, UsageError)
    assert str(error).startswith("--on clinet")
    assert "client" in str(error)


def test_a_map_in_the_background(shell: InteractiveShell, run: Run) -> None:
    shell.user_ns["rows"] = rows = list(range(20))
    assert run("%%transform --bg --map rows -o out --job job\nlambda x: x + 1") is None
    rows.clear()

    job = shell.user_ns["job"]
    assert job.result(30).output == list(range(1, 21))
    assert (job.progress.done, job.progress.total) == (20, 20)
    assert shell.user_ns["out"] == list(range(1, 21))


def test_a_map_in_the_background_that_cannot_be_is_refused(run: Run) -> None:
    error = run("%%transform --bg --map 5\nlambda x: x")

    assert isinstance(error, UsageError)
    assert str(error) == "--map 5: what is mapped must be iterable, not int"
