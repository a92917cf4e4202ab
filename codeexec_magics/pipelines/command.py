"""The command line of pipelines: run one, or only check it.

Runs in a process of its own. Outputs go to stdout as JSON, everything for people to stderr, and
the exit code tells the outcome.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from codeexec_magics.data.conversion import convert
from codeexec_magics.engine.sources import read_source
from codeexec_magics.engine.transform import shared_executor
from codeexec_magics.errors import CodeExecError, InvalidOptions
from codeexec_magics.pipelines.model import Pipeline
from codeexec_magics.pipelines.reading import scalar
from codeexec_magics.pipelines.results import PipelineResult, State, StepResult
from codeexec_magics.pipelines.runner import PipelineRunner
from codeexec_magics.pipelines.syntax import check_syntax
from codeexec_magics.pipelines.watcher import Watcher
from codeexec_magics.protocol.jsonable import from_jsonable, to_jsonable
from codeexec_magics.values.results import Outcome

FAILED, WRONG, INTERRUPTED = 1, 2, 130
"""The exit codes beside 0."""
_SIGNS = {State.SUCCEEDED: "✓", State.KEPT: "✓", State.SKIPPED: "–", State.INTERRUPTED: "■"}


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says; returns the exit code."""
    given = _parser().parse_args(arguments)
    try:
        pipeline = _load(given.file)
        if given.command == "check":
            check_syntax(pipeline, shared_executor())
            sys.stderr.write(f"{pipeline.name}: {len(pipeline.steps)} steps, nothing is wrong\n")
            return 0
        inputs = _inputs(given.input, given.value)
        resume = None if given.resume is None else _result(given.resume)
        runner = PipelineRunner(max_workers=given.workers)
        result = runner.watch(pipeline, inputs, _Reporter(quiet=given.quiet).watcher, resume=resume)
    except CodeExecError as error:
        sys.stderr.write(f"{error}\n")
        return WRONG
    if given.result is not None:
        _write(given.result, json.dumps(result.to_dict(), allow_nan=False))
    return _tell(result, given.output)


class _Reporter:
    """Tells a person, line by line, how far a run is."""

    def __init__(self, *, quiet: bool) -> None:
        self._told: set[str] = set()
        self._in_line = ""
        self.watcher = Watcher(changed=None if quiet else self._changed, output=self._output)

    def _changed(self, steps: Mapping[str, StepResult]) -> None:
        for name, step in steps.items():
            if step.state.ended and name not in self._told:
                self._told.add(name)
                self._line(f"{_SIGNS.get(step.state, '✗')} {name}{_about(step)}")

    def _output(self, name: str, stream: str, text: str) -> None:
        """What a step prints, each line with the step's name; never among the outputs."""
        if self._in_line not in ("", name):
            sys.stderr.write("\n")
            self._in_line = ""
        for line in text.splitlines(keepends=True):
            sys.stderr.write(line if self._in_line else f"{name} | {line}")
            self._in_line = "" if line.endswith("\n") else name

    def _line(self, text: str) -> None:
        sys.stderr.write("\n" * bool(self._in_line) + text + "\n")
        sys.stderr.flush()
        self._in_line = ""


def _about(step: StepResult) -> str:
    if step.state is State.SUCCEEDED and step.result is not None:
        return f"  {step.result.execution_time:.2f} s"
    told = step.state.value.replace("_", " ")
    return f"  {told}{f': {step.reason}' if step.reason else ''}"


def _tell(result: PipelineResult, path: str | None) -> int:
    form = {name: _form(value) for name, value in result.outputs.items()}
    if result.success:
        _write(path, json.dumps(form, ensure_ascii=False, allow_nan=False) + "\n")
        return 0
    sys.stderr.write(f"{result.error}\n")
    trace = result.failure.stack_trace if result.failure is not None else None
    if trace:
        sys.stderr.write(f"{trace}\n")
    return INTERRUPTED if result.outcome is Outcome.INTERRUPTED else FAILED


def _form(value: Any) -> Any:
    """A value as JSON: a frame as its rows, what JSON does not hold by its type."""
    form, lossy = to_jsonable(value)
    if not lossy:
        return form
    with contextlib.suppress(CodeExecError):
        rows, lost = to_jsonable(convert(value, "records", "outputs"))
        form = form if lost else rows
    return form


def _write(path: str | None, text: str) -> None:
    if path is None or path == "-":
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def _load(path: str) -> Pipeline:
    return Pipeline.from_notebook(path) if path.endswith(".ipynb") else Pipeline.load(path)


def _inputs(files: Sequence[str], values: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for text in files:
        name, sign, path = text.partition("=")
        if not sign:
            name, path = os.path.basename(text).partition(".")[0], text
        found[name] = from_jsonable(_json(path))
    for text in values:
        name, sign, value = text.partition("=")
        if not sign:
            raise InvalidOptions(f"--value {text}: write --value {text}=VALUE")
        found[name] = scalar(value)
    return found


def _json(path: str) -> Any:
    text = sys.stdin.read() if path == "-" else read_source(path)
    try:
        return json.loads(text)
    except ValueError as error:
        raise InvalidOptions(f"--input {path}: this is no JSON: {error}") from None


def _result(path: str) -> PipelineResult | None:
    """An earlier result; None if there is none yet, as in the first run of a schedule."""
    return PipelineResult.from_dict(_json(path)) if os.path.exists(path) else None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m codeexec_magics", description="Run pipelines of code steps."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="tell what is wrong with a pipeline")
    run = commands.add_parser("run", help="run a pipeline; its outputs are written as JSON")
    for one in (check, run):
        one.add_argument("file", help="YAML, JSON, or a notebook with named cells")
    run.add_argument(
        "--input", action="append", default=[], metavar="NAME.json | NAME=FILE",
        help="an input from a JSON file; - is stdin",
    )  # fmt: skip
    run.add_argument(
        "--value", action="append", default=[], metavar="NAME=VALUE", help="an input's value"
    )
    run.add_argument("--output", metavar="FILE", help="where the outputs go; else to stdout")
    run.add_argument("--result", metavar="FILE", help="keep what is known of all steps")
    run.add_argument("--resume", metavar="FILE", help="a kept result: run what has changed since")
    run.add_argument("--workers", type=int, metavar="N", help="how many steps run at once")
    run.add_argument("--quiet", action="store_true", help="tell nothing but failures")
    return parser
