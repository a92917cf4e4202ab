"""What a JavaScript worker needs not do again: compile the runner, prepare what nobody uses."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from javascript_worker import Worker, runtimes

import codeexec_magics
from codeexec_magics.languages import javascript, typescript

PACKAGE = Path(codeexec_magics.__file__).parent / "languages" / "javascript"
SHOWN = "modules.load('./refusal.js').attempt(() => { throw 1; }, 'as it was')"


@pytest.fixture
def runner(tmp_path: Path) -> Path:
    """A copy of the runner that nothing was kept of."""
    ignored = shutil.ignore_patterns("__pycache__")
    return Path(shutil.copytree(PACKAGE, tmp_path / "javascript", ignore=ignored), "runner")


def run(node: str, runner: Path, code: str) -> str:
    program = f"const modules = require('{runner}/modules.js'); {code}"
    done = subprocess.run([node, "-e", program], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def kept(runner: Path) -> dict[str, int]:
    return {file.name: file.stat().st_mtime_ns for file in runner.parent.glob("__pycache__/*")}


@pytest.mark.parametrize("node", runtimes())
def test_it_is_made_once_and_again_when_a_source_changes(node: str, runner: Path) -> None:
    run(node, runner, "modules.load('./running/run.js'); while (modules.prepare());")
    first = kept(runner)

    assert {name.split("-")[0] for name in first} == {"runner", "acorn", "flechette"}
    run(node, runner, "modules.load('./running/run.js'); while (modules.prepare());")
    assert kept(runner) == first

    copy = Path(shutil.copytree(runner.parent, runner.parent.parent / "copy"), "runner")
    shutil.rmtree(runner.parent)
    assert run(node, copy, f"console.log({SHOWN}); while (modules.prepare());") == "as it was"
    assert kept(copy) == first
    runner = copy

    changed = runner / "refusal.js"
    changed.write_text(changed.read_text().replace("return fallback", "return 'made new'"))
    assert run(node, runner, f"console.log({SHOWN})") == "made new"
    run(node, runner, "modules.load('./running/run.js'); while (modules.prepare());")
    assert kept(runner) != first


@pytest.mark.parametrize("node", runtimes())
def test_what_is_half_written_or_not_to_be_written_is_no_harm(node: str, runner: Path) -> None:
    store = runner.parent / "__pycache__"
    run(node, runner, "modules.load('./running/run.js'); while (modules.prepare());")
    for share in (0.9, 0.5, 0.1, 0):
        for file in store.iterdir():
            os.truncate(file, int(file.stat().st_size * share))
        assert run(node, runner, f"console.log({SHOWN})") == "as it was"

    shutil.rmtree(store)
    store.write_text("a file")
    assert run(node, runner, f"console.log({SHOWN}); while (modules.prepare());") == "as it was"


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("1 + 1", []),
        ("(() => 1)()", ["debugger"]),
        ("{a: 1, b: 2}", ["debugger", "parser"]),
        ("const a = [3]; a.b.c", None),
    ],
)
def test_a_program_tells_what_it_has_used_of_the_runner(
    start: Callable[..., Worker], source: str, parts: list[str] | None
) -> None:
    worker = start()
    worker.run(source)
    last = worker.finish().last

    assert last is not None
    assert last.get("loaded") == parts


def test_what_the_last_programs_used_is_prepared_for_the_next() -> None:
    for _ in range(4):
        javascript.learn([])  # other tests have run programs
    javascript.learn(["debugger", "--evil"])
    javascript.learn(["parser"])
    assert javascript.hints() == ["--prepare=debugger", "--prepare=parser"]
    assert typescript.LANGUAGE.hinted() == javascript.LANGUAGE.hinted() == javascript.hints()

    for _ in range(4):
        javascript.learn([])
    assert javascript.hints() == []


@pytest.mark.parametrize("node", runtimes())
def test_a_copy_of_an_installation_makes_its_own(node: str, runner: Path, tmp_path: Path) -> None:
    run(node, runner, "modules.load('./running/run.js'); while (modules.prepare());")
    copy = Path(shutil.copytree(runner.parent, tmp_path / "copy"), "runner")

    assert run(node, copy, f"console.log({SHOWN})") == "as it was"


@pytest.mark.parametrize("node", runtimes())
def test_what_was_made_with_other_flags_is_made_again_after_a_while(
    node: str, runner: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = "modules.load('./running/run.js'); while (modules.prepare());"
    monkeypatch.setenv("NODE_OPTIONS", "--jitless")
    run(node, runner, load)
    first = kept(runner)
    monkeypatch.delenv("NODE_OPTIONS")

    run(node, runner, load)
    assert kept(runner) == first
    for file in runner.parent.glob("__pycache__/*"):
        os.utime(file, (1, 1))
    run(node, runner, load)
    assert max(kept(runner).values()) > 10**18
