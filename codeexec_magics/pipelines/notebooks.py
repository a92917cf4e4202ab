"""The pipeline of a notebook: its named cells, read from the file.

Runs in any process; nothing of the notebook is run, and no kernel is needed.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
from typing import Any, NoReturn

from codeexec_magics import languages
from codeexec_magics.engine.sources import read_source
from codeexec_magics.engine.transform import Transform
from codeexec_magics.errors import CodeExecError, InvalidOptions, PipelineError
from codeexec_magics.pipelines.joining import assembled, parameters_of, step_of
from codeexec_magics.pipelines.model import Pipeline
from codeexec_magics.pipelines.nodes import Problem
from codeexec_magics.pipelines.step import Origin, Step
from codeexec_magics.values.options import ExecutionOptions, Program, parse_seconds, parse_size

_MAGIC = "%%transform"
_COUNTS = ("processes", "cpus")


def read_notebook(path: str | os.PathLike[str]) -> Pipeline:
    """The pipeline of a notebook's cells; see `Pipeline.from_notebook`."""
    file = os.fspath(path)
    stem = os.path.splitext(os.path.basename(file))[0]
    try:
        cells = json.loads(read_source(file))["cells"]
        sources = ["".join(cell["source"]) if cell["cell_type"] == "code" else "" for cell in cells]
    except (ValueError, KeyError, TypeError):
        raise PipelineError([Problem(file, 1, 1, "this is no notebook")]) from None
    steps: dict[str, tuple[Step, dict[str, bool]]] = {}
    problems: list[Problem] = []
    for number, source in enumerate(sources, start=1):
        label = f"{os.path.basename(file)} cell {number}"
        try:
            found = _read_cell(source, label)
        except CodeExecError as error:
            problems.append(Problem(label, 1, 1, str(error)))
            continue
        if found is not None:
            steps[found[0].id] = found  # as in a kernel: the last of a name counts
    if problems:
        raise PipelineError(problems)
    try:
        return assembled(list(steps.values()), stem, file)
    except InvalidOptions as error:
        raise PipelineError([Problem(file, 1, 1, str(error))]) from None


def _read_cell(source: str, label: str) -> tuple[Step, dict[str, bool]] | None:
    """A cell's step and its parameters; None if it has no name."""
    lines = source.splitlines(keepends=True)
    above = next((place for place, line in enumerate(lines) if line.strip()), None)
    if above is None or lines[above].split()[0] != _MAGIC:
        return None
    body = "".join(lines[above + 1 :])
    transform = _transform(lines[above].strip().removeprefix(_MAGIC), body, above + 2)
    if transform is None:
        return None
    step = step_of(transform)
    origin = Origin(label, above + 2)
    return Step(**{**_fields_of(step), "origin": origin}), parameters_of(transform)


def _fields_of(step: Step) -> dict[str, Any]:
    return {name: getattr(step, name) for name in Step.__dataclass_fields__}


def _transform(line: str, body: str, first_line: int) -> Transform | None:
    try:
        given, rest = _PARSER.parse_known_args(shlex.split(line))
    except ValueError as error:
        raise InvalidOptions(str(error)) from None
    if given.name is None:
        return None
    word = next((word for word in rest if not word.startswith("-")), None)
    language = languages.find(word or given.lang or "python").name
    inputs = ",".join(given.input or ())
    names = [part.partition("=")[0].strip() for part in inputs.split(",") if part.strip()]
    program = Program(body, language, first_line)
    return Transform(given.name, program, ExecutionOptions(**_options(given)), tuple(names))


def _options(given: argparse.Namespace) -> dict[str, Any]:
    # A cell has no limit of time unless its line says so.
    timeout = "none" if given.timeout is None else given.timeout
    said = {
        "timeout": parse_seconds(timeout),
        "memory": given.memory and parse_size(given.memory),
        "cpu_time": given.cpu_time and parse_seconds(given.cpu_time),
        "processes": given.processes,
        "cpus": given.cpus,
        "sandbox": given.sandbox or None,
        "seal": given.seal or None,
        "network": False if given.no_network else None,
        "converter": given.converter,
        "directory": given.cwd,
        "interpreter": given.interpreter,
        "environment": dict(text.split("=", 1) for text in given.env or () if "=" in text),
    }
    return {name: value for name, value in said.items() if value is not None}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InvalidOptions(message)


def _parser() -> _Parser:
    """What of a cell's line makes its step; the rest is about showing and storing."""
    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("-n", "--name")
    parser.add_argument("-l", "--lang")
    parser.add_argument("-i", "--input", action="append")
    parser.add_argument("--env", action="append")
    parser.add_argument("-c", "--converter")
    for name in ("timeout", "memory", "cpu-time", "cwd", "interpreter"):
        parser.add_argument(f"--{name}")
    for name in _COUNTS:
        parser.add_argument(f"--{name}", type=int)
    for name in ("no-network", "sandbox", "seal"):
        parser.add_argument(f"--{name}", action="store_true")
    for names in (("-o", "--output"), ("--result",), ("--stdout",), ("--stderr",), ("-d",)):
        parser.add_argument(*names)  # their values are no language
    return parser


_PARSER = _parser()
