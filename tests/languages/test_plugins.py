"""Languages that other packages bring, good and bad: a bad one takes no other down."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

BROUGHT = """
import sys
from codeexec_magics.languages import Language, find

def fail(*arguments):
    raise RuntimeError("a hook of mine")

def python(interpreter, environment):
    return find("python").command(interpreter, environment)

GOOD = Language(name="good", aliases=("gd",), suffixes=(".good",), command=python, maps=False)
COLLIDES = Language(name="other", aliases=("js",), command=python)
NO_LANGUAGE = {"name": "dict"}
NO_COMMAND = Language(name="nocommand", command=fail)
THROWS = Language(
    name="throws", command=python, modules=None, learn=fail, extract=fail, describe=fail, check=fail
)
"""
ENTRIES = """[codeexec_magics.languages]
good = brought:GOOD
collides = brought:COLLIDES
nolanguage = brought:NO_LANGUAGE
nocommand = brought:NO_COMMAND
throws = brought:THROWS
missing = no_such_module_at_all:LANGUAGE
absent = brought:ABSENT
"""
PROGRAM = """
import json, logging, os
from codeexec_magics import CodeExecutor, Transform, languages
from codeexec_magics.errors import InvalidOptions
from codeexec_magics.values.options import ExecutionOptions, Program

logging.basicConfig(filename=os.environ["PLUGIN_LOG"])
def refused_map(executor):
    try:
        executor.map(Program("x", "good"), ExecutionOptions(), [1, 2])
    except InvalidOptions as error:
        return str(error)

with CodeExecutor(standbys=0) as executor:
    def run(source, language):
        result = executor.execute(source, language)
        return [result.outcome.value, result.output, result.error]
    print(json.dumps({
        "names": [language.name for language in languages.everything()],
        "python": run("6 * 7", "python"),
        "js": run("6 * 7", "js"),
        "good": run("6 * 7", "gd"),
        "other": run("1", "other"),
        "nocommand": run("1", "nocommand"),
        "throws": run("6 * 7", "throws"),
        "doc": Transform("t", Program("# What it does.\\n6 * 7", "throws")).__doc__,
        "map": refused_map(executor),
    }))
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    folder = tmp_path_factory.mktemp("brought")
    (folder / "brought.py").write_text(BROUGHT)
    metadata = folder / "brought-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Name: brought\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text(ENTRIES)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        # Nothing of ours is imported from the current folder, where a cell might have put it.
        cwd=tmp_path_factory.mktemp("elsewhere"),
        env={**os.environ, "PYTHONPATH": str(folder), "PLUGIN_LOG": str(folder / "log")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers: dict[str, object] = json.loads(done.stdout)
    return {**answers, "log": (folder / "log").read_text()}


def test_what_is_no_language_is_left_out(found: dict[str, object]) -> None:
    names = found["names"]

    assert isinstance(names, list)
    assert {"python", "javascript", "good", "nocommand", "throws"} <= set(names)
    assert not {"other", "dict", "missing", "absent", "collides", "nolanguage"} & set(names)


@pytest.mark.parametrize("language", ["python", "js", "good", "throws"])
def test_the_others_live_on(found: dict[str, object], language: str) -> None:
    assert found[language] == ["succeeded", 42, None]


def test_each_fault_is_logged(found: dict[str, object]) -> None:
    log = str(found["log"])

    for word in ("no_such_module_at_all", "NO_LANGUAGE", "ABSENT", "'js'", "a hook of mine"):
        assert word in log


def test_a_command_that_throws_is_a_failed_result(found: dict[str, object]) -> None:
    outcome, output, error = found["nocommand"]  # type: ignore[misc]

    assert (outcome, output) == ("failed", None)
    assert error.startswith("LanguageUnavailable: cannot run nocommand: its 'command' failed")
    assert "a hook of mine" in error


def test_a_description_that_throws_leaves_the_first_comment(found: dict[str, object]) -> None:
    assert found["doc"] == "What it does."


def test_what_a_runner_cannot_do_is_refused_by_name(found: dict[str, object]) -> None:
    assert "good does not map" in str(found["map"])
