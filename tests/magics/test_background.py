"""Cells in the background, and the magics that list and end what runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from census import wait_until
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

from codeexec_magics import Job, Outcome
from codeexec_magics.engine.runs import runs
from codeexec_magics.magics.completion import complete
from codeexec_magics.magics.run_list import end_runs, listing

from .conftest import Kernel

Run = Callable[[str], BaseException | None]
ENDLESS = "print('on', flush=True)\nimport time\nwhile True: time.sleep(600)"


@pytest.fixture(autouse=True)
def all_jobs_end() -> Iterator[None]:
    yield
    for run in runs():
        run.kill()
    assert wait_until(lambda: not runs())


def under_way(shell: InteractiveShell, name: str = "job") -> Job:
    job: Job = shell.user_ns[name]
    assert wait_until(lambda: "on\n" in job.stdout, 30)
    return job


def test_the_cell_s_value_is_the_job_and_the_program_s_is_bound_at_its_end(
    shell: InteractiveShell, run: Run
) -> None:
    value = shell.run_cell("%%transform --bg -o out --job job -i x=21\nx * 2").result

    assert isinstance(value, Job)
    assert shell.user_ns["job"] is value
    assert value.result(timeout=30).output == 42
    assert shell.user_ns["out"] == 42


def test_inputs_are_what_they_were_when_the_cell_was_run(shell: InteractiveShell, run: Run) -> None:
    shell.user_ns["rows"] = rows = [1, 2]
    assert run("%%transform --bg --job job -i rows\nrows") is None
    rows.append(3)

    assert shell.user_ns["job"].result(timeout=30).output == [1, 2]


def test_a_failure_binds_only_what_is_bound_whatever_happens(
    shell: InteractiveShell, run: Run
) -> None:
    shell.user_ns["out"] = before = object()
    line = "%%transform --bg -o out -n f -i x=1 --job job --result r --stdout s --stderr e"
    assert run(f"{line}\nprint('text')\n1/0") is None
    result = shell.user_ns["job"].result(timeout=30)

    assert result.outcome is Outcome.FAILED
    assert shell.user_ns["r"] is result
    assert (shell.user_ns["s"], shell.user_ns["e"]) == ("text\n", "")
    assert shell.user_ns["out"] is before
    assert "f" not in shell.user_ns


def test_a_named_cell_is_a_function_when_it_has_ended_well(
    shell: InteractiveShell, run: Run
) -> None:
    assert run("%%transform --bg -n double -i x=2 --job job\nx * 2") is None
    shell.user_ns["job"].result(timeout=30)

    assert run("y = double(x=4)") is None
    assert shell.user_ns["y"] == 8


def test_a_named_transform_runs_in_the_background(shell: InteractiveShell, run: Run) -> None:
    run(f"%%transform -n endless\n{ENDLESS}")
    assert run("%transform endless --bg --job job") is None

    assert under_way(shell).label == "endless"


def test_keys_that_are_not_there_bind_nothing(shell: InteractiveShell, run: Run) -> None:
    assert run("%%transform --bg -o a,b --job job\n{'a': 1}") is None
    assert shell.user_ns["job"].result(timeout=30).output == {"a": 1}

    assert "a" not in shell.user_ns


@pytest.mark.parametrize(
    "line", ["--bg -i missing", "--bg --timeout soon", "--bg --cwd /no/such", "--bg -n f"]
)
def test_wrong_usage_starts_nothing(run: Run, line: str) -> None:
    assert isinstance(run(f"%%transform {line}\n1"), UsageError)
    assert runs() == []


def test_a_syntax_error_of_a_named_cell_is_told_at_once(run: Run) -> None:
    assert run("%%transform --bg -n f -i x=1\ndef f(:") is not None
    assert runs() == []


def test_quiet_shows_nothing_and_has_no_value(
    shell: InteractiveShell, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shell.run_cell("%%transform --bg -q --job job\nprint('text')").result is None
    assert shell.user_ns["job"].result(timeout=30).stdout == "text\n"
    assert capsys.readouterr().out == ""


def test_a_terminal_gets_one_line(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("%%transform js --bg -o out\nconsole.log('text'); 1") is None
    assert wait_until(lambda: not runs(), 30)

    assert re.fullmatch(
        r"Out\[\d+\]: +in the background · javascript · → out\s*", capsys.readouterr().out
    )


def test_a_terminal_is_told_of_a_failure_before_its_next_cell(
    shell: InteractiveShell, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("%%transform --bg -q --job job\n1/0") is None
    shell.user_ns["job"].result(timeout=30)
    assert capsys.readouterr().err == ""

    assert run("pass") is None
    told = "in the background · python · ZeroDivisionError: division by zero\n"
    assert capsys.readouterr().err == told
    assert run("pass") is None
    assert capsys.readouterr().err == ""


def test_what_runs_is_listed_and_ended(
    shell: InteractiveShell, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(f"%%transform --bg -q --job first\nimport os\nos.fork()\n{ENDLESS}") is None
    assert run(f"%%transform --bg -q --job second\n{ENDLESS}") is None
    first, second = under_way(shell, "first"), under_way(shell, "second")
    capsys.readouterr()

    assert run("%transform_ps") is None
    table = capsys.readouterr().out.splitlines()
    assert table[0].split() == (
        ["id", "state", "language", "age", "cpu", "memory", "processes", "program"]
    )
    assert re.fullmatch(rf" *{first.id}  background, running .* 2  first", table[1])
    assert re.fullmatch(rf" *{second.id}  background, running .* 1  second", table[2])
    assert run("%transform_ps -v") is None
    assert len(capsys.readouterr().out.splitlines()) == 1 + (1 + 1 + 2) + (1 + 1 + 1)

    assert run(f"%transform_kill {second.id}") is None
    assert capsys.readouterr().out.startswith(f"{second.id}  python  second: ended")
    assert second.cancelled()
    assert not first.done()
    assert run("%transform_kill --now all") is None
    assert first.cancelled()
    assert (listing(), end_runs(["all"])) == ("nothing is running", "nothing is running")


def test_what_cannot_be_ended_is_told_with_what_can(shell: InteractiveShell, run: Run) -> None:
    failure = run("%transform_kill 99999")
    assert isinstance(failure, UsageError)
    assert "no program has the number '99999'; nothing is running" in str(failure)

    run(f"%%transform --bg -q --job job\n{ENDLESS}")
    number = under_way(shell).id
    for line, told in [
        ("99999", f"there are {number} (%transform_ps)"),
        ("", f"needs a number, or all; there are {number}"),
        ("al", "did you mean 'all'?"),
        ("all 1", "leave the others out"),
        ("--nov 1", "did you mean '--now'?"),
        ("-9 1", "%transform_kill knows --now"),
    ]:
        failure = run(f"%transform_kill {line}")
        assert isinstance(failure, UsageError)
        assert told in str(failure)
    assert isinstance(run("%transform_ps 3"), UsageError)
    assert not shell.user_ns["job"].done()


def test_numbers_are_completed(shell: InteractiveShell, run: Run) -> None:
    run(f"%%transform --bg -q --job job\n{ENDLESS}")
    number = str(under_way(shell).id)

    assert ("", [(number, "program"), ("all", "program"), ("--now", "flag")]) == complete(
        "%transform_kill ", {}
    )
    assert complete("%transform_ps -", {}) == ("-", [("-v", "flag")])


def test_a_job_that_has_ended_shows_its_value(
    shell: InteractiveShell, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("%%transform --bg --job training\n[1, 2]") is None
    job = shell.user_ns["training"]
    assert job.label == "training"
    assert wait_until(job.done, 30)
    capsys.readouterr()

    assert run("training") is None
    assert "done · python · list\n[1, 2]" in capsys.readouterr().out


def volatile(message: dict[str, Any]) -> bool:
    return bool(message["metadata"].get("codeexec_magics", {}).get("volatile"))


def test_a_person_sees_how_it_is_getting_on_and_then_its_card(kernel: Kernel) -> None:
    kernel.run("%transform_config live_after=0")
    shown = kernel.run("%%transform --bg -o out\nprint('text')\nimport time\ntime.sleep(0.3)\n1/0")
    (slot,) = shown.of("display_data")
    assert (slot["data"]["text/plain"], volatile(slot)) == (
        "in the background · python · → out",
        True,
    )
    assert shown.of("execute_result") == []  # the slot is the one card

    # The cell has ended: what comes now is for its slot.
    ended = ""
    while not ended.startswith("failed"):
        update = kernel.wait_for("update_display_data")
        assert update["transient"]["display_id"] == slot["transient"]["display_id"]
        assert volatile(update)
        ended = update["data"]["text/plain"]
    assert "ZeroDivisionError" in ended
    assert "  text" in ended
    assert update["metadata"]["codeexec_magics"]["outcome"] == "failed"


def test_a_recorder_gets_the_same_every_time_and_nothing_later(kernel: Kernel) -> None:
    cells = ["%%transform --bg --job a\n1/0", "%%transform js --bg -o out\n'done'"]
    first = [kernel.run(cell, person=False) for cell in cells]
    kernel.run("a.result(); _.result()")
    second = [kernel.run(cell, person=False) for cell in cells]

    results = [
        [reply.of("execute_result")[0]["data"] for reply in turn] for turn in (first, second)
    ]
    assert results[0] == results[1]
    assert [data["text/plain"] for data in results[0]] == [
        "in the background · python",
        "in the background · javascript · → out",
    ]
    later = kernel.run("a.result(); a", person=False)
    text = later.of("execute_result")[0]["data"]["text/plain"]
    assert text.startswith("failed · python\nZeroDivisionError: division by zero")
    for reply in (*first, *second, later):
        assert reply.of("display_data") == reply.of("update_display_data") == []
