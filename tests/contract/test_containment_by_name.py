"""The tier can be chosen by the environment; a name that is none is told before anything starts."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

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
