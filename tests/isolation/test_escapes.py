"""The corpus of escapes: each attempt is refused, as any user, with and without namespaces.

The first line of a program says what comes of it: ``refused`` for every attempt, or a value.
"""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

import codeexec_magics

ROOT = Path(codeexec_magics.__file__).parents[1]
GROUND = Path(__file__).parent / "ground.py"
NOBODY = 65534
RECENT = "import sys; assert sys.version_info >= (3, 11)"
EXPECTED = {
    path.stem: path.read_text().partition("\n")[0].removeprefix("# expect: ")
    for path in sorted((Path(__file__).parent / "escapes").glob("*.py"))
} | {"links": "refused"}
USERS = {"this user": None, "an ordinary user": NOBODY}
GROUNDS = {
    "as it is": {},
    "without namespaces": {"CODEEXEC_WITHOUT_NAMESPACES": "1"},
    "filtered": {"CODEEXEC_MAGICS_CONTAINMENT": "filtered-subreaper"},
    "filtered, without namespaces": {
        "CODEEXEC_MAGICS_CONTAINMENT": "filtered-subreaper",
        "CODEEXEC_WITHOUT_NAMESPACES": "1",
    },
}


def interpreter(user: int | None) -> str | None:
    """A Python that a user may run: this one may stand in a home that is closed to others."""
    for path in (sys.executable, "/usr/bin/python3"):
        try:
            subprocess.run([path, "-c", RECENT], user=user, cwd="/", check=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return path
    return None


@pytest.fixture(scope="module", params=GROUNDS)
def variables(request: pytest.FixtureRequest) -> dict[str, str]:
    return GROUNDS[request.param]


@pytest.fixture(scope="module", params=USERS)
def results(request: pytest.FixtureRequest, variables: dict[str, str]) -> Any:
    """What came of the corpus."""
    user = USERS[request.param]
    if user is not None and os.geteuid() != 0:
        pytest.skip("only root can become another user")
    python = interpreter(user)
    if python is None:
        pytest.skip("there is no Python that an ordinary user may run")
    folder = tempfile.mkdtemp(prefix="codeexec-escapes-", dir="/tmp")
    scratch = Path(folder, "tmp")
    scratch.mkdir()
    if user is not None:
        for path in (folder, scratch):
            os.chown(path, user, user)
    home = {
        "HOME": folder,
        "TMPDIR": str(scratch),
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [python, str(GROUND), folder],
        env={**os.environ, **home, **variables},
        user=user,
        group=user,
        extra_groups=None if user is None else (),
        capture_output=True,
        text=True,
        check=False,
    )
    shutil.rmtree(folder, ignore_errors=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", EXPECTED)
def test_what_is_tried_comes_to_what_its_program_says(results: dict[str, Any], name: str) -> None:
    found = results[name]

    if EXPECTED[name] == "refused":
        assert isinstance(found, dict), found
        assert {what: said for what, said in found.items() if "refused" not in said} == {}
    else:
        assert found == ast.literal_eval(EXPECTED[name])


def test_the_victims_are_as_before(results: dict[str, Any]) -> None:
    assert results[""]["after"] == results[""]["before"]
