"""From a pipeline's file to a `Pipeline`; everything that is wrong with it is told at once.

Runs in the process that loads a pipeline; starts nothing. Reads the files that it names.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from codeexec_magics import languages
from codeexec_magics.engine.sources import read_source
from codeexec_magics.errors import CodeExecError, PipelineError
from codeexec_magics.pipelines import code
from codeexec_magics.pipelines.draft import Draft
from codeexec_magics.pipelines.fields import PIPELINE, node_of, read_table
from codeexec_magics.pipelines.kinds import OPTIONS
from codeexec_magics.pipelines.model import Pipeline
from codeexec_magics.pipelines.nodes import Node, Problems
from codeexec_magics.pipelines.reading import read
from codeexec_magics.pipelines.step import Absent, ItemPlan, Origin, Reference, Retries, Step
from codeexec_magics.pipelines.wiring import Names, connect, reference
from codeexec_magics.values.options import ExecutionOptions


def load(path: str | os.PathLike[str]) -> Pipeline:
    """The pipeline of a file; see `Pipeline.load`."""
    name = os.fspath(path)
    return parse(read_source(name), name, os.path.dirname(name) or os.curdir)


def parse(text: str, file: str, folder: str) -> Pipeline:
    """The pipeline of a text; see `Pipeline.parse`.

    Args:
        text: YAML or JSON.
        file: What it is called in messages.
        folder: What the files of its steps are relative to.
    """
    root = read(text, file)
    problems = Problems(file)
    values = read_table(root, PIPELINE, "a pipeline", problems)
    defaults, shared = values.get("defaults") or {}, _variables(node_of(root, "defaults"))
    reader = _Reader(problems, folder, text.splitlines(), defaults, shared)
    inputs = _inputs(values.get("inputs"), root)
    steps = reader.steps(node_of(root, "steps"), values.get("steps") or [])
    if "steps" in values and not values["steps"]:
        problems(node_of(root, "steps"), "a pipeline needs at least one step")
    names = Names(inputs, steps, problems)
    names.check_places(root)
    wired = [connect(draft, names, problems) for draft in steps]
    names.check_circles(wired)
    outputs = _outputs(values.get("outputs"), root, names, wired)
    if problems.found:
        raise PipelineError(problems.sorted())
    stem = os.path.basename(file).partition(".")[0].strip("<>")
    return Pipeline(
        name=values.get("name") or stem or "pipeline",
        steps=tuple(draft.step for draft in wired),
        inputs=inputs,
        outputs=outputs,
        max_workers=values.get("max_workers"),
        description=values.get("description") or "",
        file=file,
    )


class _Reader:
    """Makes steps of what the table has read.

    Args:
        problems: Takes what is wrong.
        folder: What files are relative to.
        lines: The pipeline's text.
        defaults: What holds for all steps.
        variables: Where the environment variables of that stand.
    """

    def __init__(
        self,
        problems: Problems,
        folder: str,
        lines: list[str],
        defaults: Mapping[str, Any],
        variables: Mapping[str, tuple[int, int]],
    ) -> None:
        self._problems = problems
        self._folder = folder
        self._lines = lines
        self._defaults = defaults
        self._variables = variables

    def steps(self, node: Node, values: list[Any]) -> list[Draft]:
        """All of them, as far as they can be read."""
        nodes = node.value if isinstance(node.value, list) else []
        pairs = zip(nodes, values, strict=False)
        return [self._step(inner, found) for inner, found in pairs if isinstance(found, dict)]

    def _step(self, node: Node, values: Mapping[str, Any]) -> Draft:
        language = self._language(node, values)
        source, origin = self._source(node, values)
        options = self._options(node, values)
        if source and options.interpreter is None:
            code.check(source, language, origin, self._problems)
        merged = {**self._defaults, **values}
        environment = {**(self._defaults.get("env") or {}), **(values.get("env") or {})}
        step = Step(
            id=values.get("id") or "",
            code=code.callable_source(source, language),
            language=language,
            entry=code.entry_of(source, language),
            inputs=self._references(node_of(node, "inputs"), values.get("inputs")),
            options=options,
            environment={name: text for name, text in environment.items() if text is not None},
            mapping=self._mapping(node, values),
            when=self._reference(node, values, "when"),
            after=tuple(name for name in values.get("depends_on") or () if name),
            retries=_retries(merged.get("retries")),
            required=values.get("required") is not False,
            default=values.get("default", Absent.NOTHING),
            cache=bool(values.get("cache")),
            output=values.get("output") or "",
            description=values.get("description") or "",
            origin=replace(origin, variables={**self._variables, **_variables(node)}),
        )
        return Draft(node, step, given="inputs" in values)

    def _language(self, node: Node, values: Mapping[str, Any]) -> str:
        name, path = values.get("language"), values.get("file")
        try:
            if name is not None:
                return languages.find(name).name
            if path is not None:
                return languages.find_for_file(path).name
        except CodeExecError as error:
            place = node_of(node, "language" if name is not None else "file")
            self._problems(place, str(error).replace("'", "`"))
            return ""
        return "python"

    def _source(self, node: Node, values: Mapping[str, Any]) -> tuple[str, Origin]:
        written, path = values.get("code"), values.get("file")
        has = [key for key in ("code", "file") if node_of(node, key) is not node]
        if len(has) != 1:
            told = "has both `code` and `file`: leave one out" if has else "needs `code` or `file`"
            self._problems(node, f"a step {told}")
        if isinstance(path, str):
            return self._file(node_of(node, "file"), path, node.line)
        place = node_of(node, "code")
        if not isinstance(written, str):
            return "", Origin(self._problems.file, node.line, 0, node.line)
        if place.style == ">":
            self._problems(place, "code needs `|`: `>` joins its lines to one")
        name = f"{self._problems.file}:{values.get('id')}"
        return written, code.origin_of(place, self._lines, self._problems.file, name, node.line)

    def _file(self, node: Node, path: str, line: int) -> tuple[str, Origin]:
        origin = Origin(path, 1, 0, line, path)
        try:
            return read_source(os.path.join(self._folder, os.path.expanduser(path))), origin
        except CodeExecError as error:
            reason = str(error).partition(": ")[2]
            self._problems(node, f"cannot read {path!r}: {reason}")
            return "", origin

    def _options(self, node: Node, values: Mapping[str, Any]) -> ExecutionOptions:
        given = {**self._defaults, **values}
        chosen = {name: given[name] for name in OPTIONS if given.get(name) is not None}
        if "directory" in chosen:
            chosen["directory"] = os.path.abspath(
                os.path.join(self._folder, os.path.expanduser(chosen["directory"]))
            )
            if not os.path.isdir(chosen["directory"]):
                self._problems(node_of(node, "directory"), "there is no such folder")
        return ExecutionOptions(**chosen)

    def _mapping(self, node: Node, values: Mapping[str, Any]) -> ItemPlan | None:
        items = self._reference(node, values, "map")
        if "map" not in values:
            for name in ("workers", "batch", "on_item_error"):
                if name in values:
                    self._problems(node_of(node, name), f"{name} is about items: it needs `map`")
        if items is None:
            return None
        language = self._language(node, values)
        if language and not languages.find(language).maps:
            self._problems(node_of(node, "map"), f"{language} cannot be called for each item")
        on_error = (values.get("on_item_error") or "stop").replace("-", " ")
        return ItemPlan(items, values.get("workers"), values.get("batch"), on_error)

    def _reference(self, node: Node, values: Mapping[str, Any], key: str) -> Reference | None:
        text = values.get(key)
        return None if not isinstance(text, str) else reference(text, node_of(node, key))

    def _references(self, node: Node, values: Any) -> dict[str, Reference]:
        if isinstance(values, dict):
            return {
                name: reference(text, node.value[name])
                for name, text in values.items()
                if isinstance(text, str)
            }
        pairs = zip(values or (), node.value if isinstance(values, list) else (), strict=False)
        found = [reference(text, inner) for text, inner in pairs if isinstance(text, str)]
        return {str(to.path[-1] if to.path else to.name): to for to in found}


def _variables(node: Node) -> dict[str, tuple[int, int]]:
    """Where the environment variables of a step, or of all, stand."""
    found = node_of(node, "env")
    if found is node or not isinstance(found.value, dict):
        return {}
    return {name: (inner.line, inner.column) for name, inner in found.value.items()}


def _retries(value: Any) -> Retries:
    if isinstance(value, int):
        return Retries(value)
    if not isinstance(value, dict):
        return Retries()
    given = {name: found for name, found in value.items() if found is not None}
    if "on" in given:
        given["on"] = tuple(name for name in given["on"] if name)
    return Retries(**given)


def _inputs(values: Any, root: Node) -> dict[str, Any]:
    if isinstance(values, dict):
        nodes = node_of(root, "inputs").value
        return {
            name: Absent.REQUIRED if nodes[name].is_empty else value
            for name, value in values.items()
        }
    found: dict[str, Any] = {}
    for entry in values or ():
        if isinstance(entry, str):
            found[entry] = Absent.REQUIRED
        elif isinstance(entry, dict) and entry.get("name"):
            missing = Absent.OPTIONAL if entry.get("required") is False else Absent.REQUIRED
            found[entry["name"]] = entry.get("default", missing)
    return found


def _outputs(values: Any, root: Node, names: Names, wired: list[Draft]) -> dict[str, Reference]:
    if values is None or (not isinstance(values, list | dict)):
        needed = {name for draft in wired for name in draft.step.needs}
        free = [draft.step for draft in wired if draft.step.id not in needed]
        return {step.output or step.id: Reference(step.id) for step in free if step.id}
    node = node_of(root, "outputs")
    found: dict[str, Reference] = {}
    entries = list(values.items()) if isinstance(values, dict) else [("", one) for one in values]
    inner = list(node.value.values()) if isinstance(values, dict) else node.value
    for (name, value), place in zip(entries, inner, strict=False):
        if isinstance(value, dict):
            name, value = value.get("label") or "", value.get("key")
        if not isinstance(value, str):
            continue
        written = reference(value, place)
        found[name or str(written)] = names.resolved(written)
    return found
