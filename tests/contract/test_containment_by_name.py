"""The tier can be chosen; a name that is none is told before anything starts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from codeexec_magics import CodeExecutor
from codeexec_magics.errors import InvalidOptions

PROGRAM = """
from codeexec_magics import CodeExecutor
with CodeExecutor(standbys=0) as executor:
    try:
        print(executor.execute_python("1").receipt.containment)
    except ValueError as error:
        print(type(error).__name__, error)
"""


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("subreaper", "subreaper"),
        (
            "subreapr",
            "InvalidOptions no containment is called 'subreapr'; choose from auto, guarded",
        ),
    ],
)
def test_the_tier_that_the_environment_names(name: str, told: str) -> None:
    environment = {**os.environ, "CODEEXEC_MAGICS_CONTAINMENT": name}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.startswith(told)


def test_each_executor_may_have_a_tier_of_its_own(executor: CodeExecutor) -> None:
    """Executors of one tier share a supervisor, which ends with the last of them."""
    with (
        CodeExecutor(containment="subreaper", standbys=0) as one,
        CodeExecutor(containment="subreaper", standbys=0) as another,
    ):
        assert one.execute("1").receipt.containment == "subreaper"
        assert one.client is another.client
        assert one.client is not executor.client
        one.close()
        assert another.execute("6 * 7").output == 42
    assert executor.execute("6 * 7").output == 42


def test_no_executor_has_a_tier_that_does_not_exist() -> None:
    with pytest.raises(InvalidOptions, match="choose from auto, guarded-subreaper"):
        CodeExecutor(containment="subreapr")


def test_a_tier_that_was_asked_for_is_not_replaced_by_a_weaker_one(tmp_path: Path) -> None:
    """Where there are no namespaces, the program does not run without one."""
    done = subprocess.run(
        [
            sys.executable,
            Path(__file__).parents[1] / "isolation" / "without_namespaces.py",
            tmp_path,
        ],
        env={**os.environ, "CODEEXEC_MAGICS_CONTAINMENT": "pid-namespace"},
        input='[["python", "1", {}]]',
        capture_output=True,
        text=True,
        check=True,
    )

    (result,) = json.loads(done.stdout)
    assert result["outcome"] == "failed"
    assert (
        "IsolationUnavailable: this machine cannot hold programs by pid-namespace"
        in (result["error"])
    )
