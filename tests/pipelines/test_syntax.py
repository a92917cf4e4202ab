"""Steps that are no programs are told before any step begins, all of them, with their places."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from programs import steps

from codeexec_magics import CodeExecutor, Pipeline, PipelineRunner
from codeexec_magics.errors import PipelineError
from codeexec_magics.pipelines import syntax

WRONG = """\
defaults: {standbys: 0}
steps:
  - {id: first, code: "open('ran', 'w').close()"}
  - id: lines
    language: js
    code: |
      const fine = 1

      let let = 2
  - {id: inside, language: js, code: "return 5"}
  - {id: typed, language: ts, code: "const x: number = ; x"}
  - {id: late, language: js, code: "await 1; const a = 1; const a = 2"}
  - {id: magic, language: js, code: "%time x"}
  - {id: other, file: other.js}
"""
TOLD = [
    "p.yaml:9:11: SyntaxError: let is disallowed as a lexically bound name",
    (
        "p.yaml:10:39: SyntaxError: Illegal return statement; `return` is allowed only in a "
        "function: the result is the last expression, or what transform returns"
    ),
    "p.yaml:11:56: SyntaxError: Expression expected",
    "p.yaml:12:65: SyntaxError: Identifier 'a' has already been declared",
    (
        "p.yaml:13:38: SyntaxError: Unexpected token '%'; a line that starts with % is "
        "IPython's; give it a cell of its own"
    ),
    "other.js:2:5: SyntaxError: Unexpected token ')'",
]
RIGHT = {
    "javascript": [
        "{a: 1, b: [2]}",
        "import fs from 'fs'; await fs.promises.stat('/')\nexport function transform() {}",
        "const f = () => 1\nmodule.exports = f",
        "[await 1, import.meta.url].length",
        "class A { #x = 1; static { this.y = 2 } }; A.y",
    ],
    "typescript": [
        "enum E { A }\nconst f = <T,>(x: T): T => x\nf(E.A)",
        "import type { X } from 'x'\nlet a = 1 as number; await a",
        "namespace N { export const x = 1 }; N.x",
    ],
}


def test_all_that_is_no_program_is_told_and_nothing_runs(
    executor: CodeExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other.js").write_text("f(\n1, ))")
    pipeline = Pipeline.parse(WRONG, "p.yaml")
    for _ in range(2):
        with pytest.raises(PipelineError) as caught:
            PipelineRunner(executor).run(pipeline)
        assert sorted(str(caught.value).splitlines()) == sorted(TOLD)
    assert not (tmp_path / "ran").exists()


def test_what_runs_is_not_refused_and_asked_for_once(
    executor: CodeExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    run = executor.run

    def counted(*args: object, label: str = "", **more: object) -> object:
        asked.extend([label] * (label == "syntax"))
        return run(*args, label=label, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(executor, "run", counted)
    monkeypatch.setattr(syntax, "_right", set())
    found = [
        {"id": f"{language}{number}", "language": language, "code": code}
        for language, codes in RIGHT.items()
        for number, code in enumerate(codes)
    ]
    pipeline = Pipeline.parse(steps(*found, defaults={"standbys": 0}))
    for _ in range(2):
        assert PipelineRunner(executor).run(pipeline).error is None
    assert asked == ["syntax"] * 2  # each language once


def test_a_runtime_that_a_step_names_judges_by_itself(executor: CodeExecutor) -> None:
    """Another version may know another syntax; and what is missing is told by the step."""
    step = {"id": "a", "language": "js", "code": "let let", "interpreter": "no-such-node"}
    result = PipelineRunner(executor).run(Pipeline.parse(steps(step)))

    assert "no-such-node" in str(result.error)


def test_what_cannot_be_asked_is_left_to_the_step(
    executor: CodeExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("codeexec_magics.languages.javascript._wheel", lambda: None)
    pipeline = Pipeline.parse(json.dumps({"steps": [{"id": "a", "language": "js", "code": "("}]}))

    assert "Node.js" in str(PipelineRunner(executor).run(pipeline).error)


def test_what_only_deserves_a_warning_is_told_by_the_step(
    recwarn: pytest.WarningsRecorder,
) -> None:
    Pipeline.parse(steps({"id": "a", "code": "1 is 2; '\\d'; 1or 2"}))

    assert list(recwarn) == []
