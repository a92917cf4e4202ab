"""The engine in other surroundings: after a fork, without optional packages, in other processes."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from census import below, wait_until

import codeexec_magics
from codeexec_magics import CodeExecutor
from codeexec_magics.errors import InvalidOptions
from codeexec_magics.values.results import Outcome

ROOT = Path(codeexec_magics.__file__).parents[1]


def run_script(script: str, *arguments: str, folder: Path | None = None) -> str:
    """What a plain Python process prints; it must end well."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder or ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("blocked", ["psutil", "IPython"])
def test_it_works_without_an_optional_package(blocked: str) -> None:
    script = """
        import sys
        sys.modules[sys.argv[1]] = None
        from codeexec_magics import CodeExecutor

        with CodeExecutor() as executor:
            for language, program in (("python", "6 * 7"), ("javascript", "6 * 7")):
                result = executor.execute(program, language)
                print(result.output, result.receipt.left, result.receipt.containment)
            late = executor.execute_python("while True: pass", timeout=0.2)
            print(late.outcome.value)
    """
    lines = run_script(script, blocked).split("\n")

    with CodeExecutor() as executor:
        tier = executor.client.welcome()["containment"]
    assert lines[:3] == [f"42 0 {tier}", f"42 0 {tier}", "timed_out"]


def test_a_script_need_not_close_its_executor() -> None:
    assert run_script("""
        from codeexec_magics import CodeExecutor

        executor = CodeExecutor()
        print(executor.execute_python("6 * 7").output, executor.client.pid)
    """).startswith("42 ")


def test_without_dev_shm_tempdir_or_home(tmp_path: Path) -> None:
    script = """
        import os
        for name in ("HOME", "TMPDIR", "TEMP", "TMP", "USER", "LANG", "PATH"):
            os.environ.pop(name, None)
        from codeexec_magics import CodeExecutor

        with CodeExecutor() as executor:
            print(executor.execute_python("6 * 7").output)
    """
    assert run_script(script, folder=tmp_path) == "42\n"


def test_a_fork_of_the_owner_has_an_engine_of_its_own(executor: CodeExecutor) -> None:
    """The copy executes with a supervisor of its own, and the owner's goes on unharmed."""
    assert executor.execute_python("6 * 7").output == 42
    before = executor.client.pid
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            result = executor.execute_python("6 * 7")
            another = executor.client.pid
            executor.close()
            os.write(writer, f"{result.output} {another != before}".encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        assert file.read() == b"42 True"
    os.waitpid(child, 0)

    assert executor.client.pid == before
    assert executor.execute_python("6 * 7").output == 42


def test_a_fork_may_forget_to_close(executor: CodeExecutor) -> None:
    """The copy ends by ``os._exit``; its supervisor goes with it."""
    child = os.fork()
    if child == 0:
        try:
            executor.execute_python("6 * 7")
        finally:
            os._exit(0)
    os.waitpid(child, 0)

    assert executor.execute_python("6 * 7").output == 42


def test_two_executors_share_one_supervisor_until_the_last_is_closed(
    executor: CodeExecutor,
) -> None:
    another = CodeExecutor(standbys=0)
    assert another.execute_python("6 * 7").output == 42
    assert another.client.pid == executor.client.pid

    another.close()
    another.close()

    assert executor.execute_python("6 * 7").output == 42
    assert another.execute_python("6 * 7").output == 42
    another.close()


def test_an_executor_that_nobody_holds_ends_its_supervisor() -> None:
    script = """
        import gc, os
        from codeexec_magics import CodeExecutor
        from codeexec_magics.supervision.processes import descendants

        executor = CodeExecutor()
        executor.execute_python("6 * 7")
        print(len(descendants(os.getpid())) > 0)
        del executor
        gc.collect()
        print(descendants(os.getpid()))
    """
    assert run_script(script) == "True\n[]\n"


def test_a_program_may_use_the_engine_itself(executor: CodeExecutor) -> None:
    """An executor within a cell: its supervisor is held by the cell's reaper."""
    program = """
import sys
sys.path.insert(0, root)
from codeexec_magics import CodeExecutor
inner = CodeExecutor()
result = inner.execute_python("__import__('subprocess').Popen(['sleep', '600']).pid and 42")
(result.output, result.receipt.left)
"""
    result = executor.execute_python(program, {"root": str(ROOT)})

    assert result.output == (42, 0), result.error
    assert result.receipt.left == 0


def test_descriptors_do_not_leak_over_many_executions(executor: CodeExecutor) -> None:
    """`nothing_left` compares them after the test; here they are many."""
    for number in range(15):
        result = executor.execute_python("n", {"n": number})
        assert result.output == number
        failed = executor.execute_python("1 / 0")
        assert failed.outcome is Outcome.FAILED
    gc.collect()
    assert wait_until(lambda: len(below(executor.client.pid or 0)) == 0)


def test_a_file_that_this_user_may_not_read_is_a_failed_result(tmp_path: Path) -> None:
    """Root may read everything, so that it becomes another user in a process of its own."""
    file = tmp_path / "locked.py"
    file.write_text("6 * 7")
    file.chmod(0)
    script = """
        import os, sys
        from codeexec_magics import CodeExecutor
        if os.geteuid() == 0:
            os.seteuid(65534)
        result = CodeExecutor().execute_file(sys.argv[1])
        print(result.outcome.value, result.error)
    """
    for parent in [tmp_path, *tmp_path.parents][:3]:
        parent.chmod(0o755)

    assert run_script(script, str(file)).startswith("failed SourceUnavailable: cannot execute")


@pytest.mark.parametrize("timeout", [float("inf"), 1e10, 1e300, 10**400])
def test_no_limit_and_limits_beyond_a_life(executor: CodeExecutor, timeout: float) -> None:
    result = executor.execute_python("print('slow'); 1 + 1", timeout=timeout)

    assert (result.output, result.stdout) == (2, "slow\n")


@pytest.mark.parametrize(
    ("surroundings", "outcome"),
    [
        ({"environment": {f"V{n}": "x" * 100_000 for n in range(170)}}, Outcome.FAILED),
        ({"environment": {"V": "x" * 1_000_000}}, Outcome.FAILED),
        ({"interpreter": "~nobody-is-called-so/bin/python"}, Outcome.FAILED),
        ({"timeout": 1e10}, Outcome.SUCCEEDED),
        ({"timeout": 10**400}, Outcome.SUCCEEDED),
    ],
)
def test_odd_surroundings_give_a_result(
    executor: CodeExecutor, surroundings: dict[str, Any], outcome: Outcome
) -> None:
    assert executor.execute_python("1", **surroundings).outcome is outcome


@pytest.mark.parametrize(
    "surroundings",
    [
        {"environment": None},
        {"environment": ["A"]},
        {"startup_timeout": 1e7},
        {"startup_timeout": 10**400},
    ],
)
def test_wrong_surroundings_are_refused(surroundings: dict[str, Any]) -> None:
    with pytest.raises(InvalidOptions):
        CodeExecutor().execute_python("1", **surroundings)
