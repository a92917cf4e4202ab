"""A pipeline as text: a file that can be read again, and a graph for Mermaid.

Runs in any process; pure. All but code is written as JSON, which is YAML, too.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from codeexec_magics.errors import InvalidOptions
from codeexec_magics.pipelines.kinds import OPTIONS
from codeexec_magics.pipelines.model import Pipeline
from codeexec_magics.pipelines.step import Absent, Retries, Step
from codeexec_magics.values.options import ExecutionOptions

_NOT_IN_A_BLOCK = re.compile(
    "[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\U0010ffff]"
)
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_WORDS = frozenset(("null", "true", "false", "yes", "no", "on", "off", "y", "n"))


def text_of(pipeline: Pipeline) -> str:
    """The pipeline as YAML; code stands in blocks, as it was written.

    Raises:
        InvalidOptions: A default is no plain data.
    """
    lines = [f"name: {_flow(pipeline.name)}"]
    if pipeline.description:
        lines.append(f"description: {_flow(pipeline.description)}")
    if pipeline.inputs:
        lines.append("inputs:")
        lines += [f"  - {_input(*one)}" for one in pipeline.inputs.items()]
    if pipeline.max_workers is not None:
        lines.append(f"max_workers: {pipeline.max_workers}")
    lines.append("steps:")
    for step in pipeline.steps:
        fields = [line for name, value in _fields(step) for line in _field(name, value)]
        lines += [f"  - {fields[0]}", *(f"    {line}" if line else "" for line in fields[1:])]
    lines.append("outputs:")
    lines += [f"  {_flow(name)}: {_flow(str(to))}" for name, to in pipeline.outputs.items()]
    return "\n".join(lines) + "\n"


def mermaid_of(pipeline: Pipeline) -> str:
    """The graph: inputs round, steps square."""
    marks = {name: f"i{place}" for place, name in enumerate(pipeline.inputs)}
    marks |= {step.id: f"s{place}" for place, step in enumerate(pipeline.steps)}
    lines = ["flowchart LR"]
    lines += [f'  {marks[name]}(["{name}"])' for name in pipeline.inputs]
    for step in pipeline.steps:
        lines.append(f'  {marks[step.id]}["{step.id}<br/>{step.language}"]')
        lines += [f"  {marks[name]} --> {marks[step.id]}" for name in step.needs]
    return "\n".join(lines) + "\n"


def _input(name: str, default: Any) -> str:
    if default is Absent.REQUIRED:
        return _flow(name)
    if default is Absent.OPTIONAL:
        return _flow({"name": name, "required": False})
    return _flow({"name": name, "default": default})


def _fields(step: Step) -> Iterator[tuple[str, Any]]:
    yield from {"id": step.id, "language": step.language, "code": step.code}.items()
    yield "inputs", {name: str(to) for name, to in step.inputs.items()}
    mapping = step.mapping
    said = {
        "description": step.description or None,
        "output": step.output or None,
        "depends_on": list(step.after) or None,
        "map": mapping and str(mapping.items),
        "workers": mapping and mapping.workers,
        "batch": mapping and mapping.batch,
        "on_item_error": mapping and mapping.on_error,
        "when": step.when and str(step.when),
        "retries": asdict(step.retries) if step.retries != Retries() else None,
        "required": None if step.required else False,
        "cache": step.cache or None,
        "env": dict(step.environment) or None,
    }
    yield from ((name, value) for name, value in said.items() if value is not None)
    if step.default is not Absent.NOTHING:
        yield "default", step.default
    yield from _options(step.options)


def _options(options: ExecutionOptions) -> Iterator[tuple[str, Any]]:
    usual = ExecutionOptions()
    for name in OPTIONS:
        value = getattr(options, name)
        if value != getattr(usual, name):
            yield name, "inf" if value == math.inf else value


def _field(name: str, value: Any) -> list[str]:
    if name != "code" or _NOT_IN_A_BLOCK.search(value) or not value.strip():
        return [f"{name}: {_flow(value)}"]
    body = value.split("\n")
    ends = len(value) - len(value.rstrip("\n"))
    sign = "-" if not ends else "" if ends == 1 else "+"
    first = next(line for line in body if line)
    # A block's indentation is that of its first line, unless it is told.
    told = "2" if first[0] in " \t" else ""
    lines = body[:-1] if ends else body
    return [f"code: |{told}{sign}", *(f"  {line}" if line else "" for line in lines)]


def _flow(value: Any) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    if isinstance(value, float) and not math.isfinite(value):
        return ".nan" if value != value else ".inf" if value > 0 else "-.inf"
    if isinstance(value, Mapping):
        inner = (f"{json.dumps(str(name))}: {_flow(item)}" for name, item in value.items())
        return f"{{{', '.join(inner)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_flow, value))}]"
    if value is None or isinstance(value, str | int | float):
        return json.dumps(value)
    kind = type(value).__name__
    raise InvalidOptions(f"a default that is written to a file must be plain data, not a {kind}")
