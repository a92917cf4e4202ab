"""Pipeline: steps of code and how their values flow, checked, and independent of any file format.

Runs in any process that imports the package; plain frozen values, which own nothing. What runs
them, reads them and writes them is imported by name when it is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

from codeexec_magics.errors import InvalidOptions
from codeexec_magics.pipelines.nodes import nearest
from codeexec_magics.pipelines.step import Absent, Reference, Step

if TYPE_CHECKING:
    from codeexec_magics.engine.jobs import Job
    from codeexec_magics.engine.transform import Transform


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """Steps, what they need, and what comes out; called like a function of its inputs.

    Attributes:
        name: What it is called.
        steps: In the order of the file.
        inputs: The default of each, or `Absent.REQUIRED` or `Absent.OPTIONAL`.
        outputs: Where each comes from.
        max_workers: How many steps run at once; None for one for each core, four at least.
        description: For people.
        file: The pipeline's file, as it is called in messages; None if it has none.
        single: Whether a call returns its one output itself: so it is with `clean | total`.
    """

    name: str
    steps: tuple[Step, ...]
    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Reference] = field(default_factory=dict)
    max_workers: int | None = None
    description: str = ""
    file: str | None = field(default=None, compare=False)
    single: bool = field(default=False, compare=False)

    @staticmethod
    def load(path: str | os.PathLike[str]) -> Pipeline:
        """Read a pipeline's file, YAML or JSON; nothing is started.

        Raises:
            PipelineError: All that is wrong with it, each with its place.
            SourceUnavailable: The file cannot be read.
        """
        pipeline: Pipeline = _door("parsing").load(path)
        return pipeline

    @staticmethod
    def parse(text: str, file: str = "<pipeline>", folder: str | None = None) -> Pipeline:
        """Read a pipeline's text.

        Args:
            text: YAML or JSON.
            file: What it is called in messages.
            folder: What the files of its steps are relative to; None for the current directory.

        Raises:
            PipelineError: All that is wrong with it, each with its place.
        """
        pipeline: Pipeline = _door("parsing").parse(text, file, folder or os.curdir)
        return pipeline

    @staticmethod
    def of(*transforms: Transform, name: str = "pipeline") -> Pipeline:
        """A pipeline of transforms: each takes the values of those that its parameters name.

        A parameter that is named after none of them is an input of the pipeline.

        Raises:
            InvalidOptions: They are no transforms, two have one name, or they need each other.
        """
        pipeline: Pipeline = _door("joining").joined(transforms, name)
        return pipeline

    @staticmethod
    def from_notebook(path: str | os.PathLike[str]) -> Pipeline:
        """The pipeline of a notebook's cells that have a name (``%%transform -n``); none is run.

        Raises:
            PipelineError: All that is wrong with it, each with its place.
            SourceUnavailable: The file cannot be read.
        """
        pipeline: Pipeline = _door("notebooks").read_notebook(path)
        return pipeline

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it as a YAML file that `load` reads; the code of its steps stands in it."""
        text = _door("writing").text_of(self)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def mermaid(self) -> str:
        """Its graph in the language of Mermaid."""
        return str(_door("writing").mermaid_of(self))

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Run it with these inputs, and return its outputs by name; of `a | b`, the value of `b`.

        Raises:
            TypeError: The arguments do not fit its inputs.
            PipelineFailed: A step that is required has failed.
            KeyboardInterrupt: The user interrupted it.
        """
        result = self.run(*arguments, **keywords)
        outputs = dict(result.raise_for_outcome().outputs)
        return next(iter(outputs.values())) if self.single else outputs

    def run(self, *arguments: Any, on: Any = None, **keywords: Any) -> Any:
        """Run it with these inputs, and return all that is known, a `PipelineResult`.

        Args:
            *arguments: Inputs, in their order.
            on: Where the items of its maps are worked on; None for this machine.
            **keywords: Inputs by name.
        """
        runner = _door("runner").PipelineRunner()
        return runner.run(self, self.bind(*arguments, **keywords), on=on)

    def submit(self, *arguments: Any, **keywords: Any) -> Job:
        """Run it in the background; the job's result has the outputs as its value."""
        job: Job = _door("background").start(self, self.bind(*arguments, **keywords))
        return job

    @property
    def function(self) -> Callable[..., Any]:
        """It as a plain function with a signature, for schedulers and libraries that want one."""
        function: Callable[..., Any] = _door("joining").function_of(self)
        return function

    def bind(self, *arguments: Any, **keywords: Any) -> dict[str, Any]:
        """The inputs by name.

        Raises:
            TypeError: They do not fit.
        """
        if len(arguments) > len(self.inputs):
            raise TypeError(
                f"{self.name} takes {len(self.inputs)} inputs, {len(arguments)} were given"
            )
        given = dict(zip(self.inputs, arguments, strict=False))
        for name in keywords:
            if name in given:
                raise TypeError(f"{self.name} got two values for the input {name!r}")
        return {**given, **keywords}

    def complete(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The inputs with their defaults.

        Raises:
            InvalidOptions: One is missing, or there is no such input.
        """
        for name in given:
            if name not in self.inputs:
                hint = nearest(str(name), self.inputs) or _listed(self.inputs)
                raise InvalidOptions(f"{self.name} has no input `{name}`{hint}")
        values = {**self.inputs, **given}
        missing = [name for name, value in values.items() if value is Absent.REQUIRED]
        if missing:
            names = ", ".join(f"`{name}`" for name in missing)
            raise InvalidOptions(f"{self.name} needs the input{'s' * (len(missing) > 1)} {names}")
        return {name: value for name, value in values.items() if value is not Absent.OPTIONAL}

    def step(self, name: str) -> Step:
        """The step with this id.

        Raises:
            KeyError: There is none.
        """
        for step in self.steps:
            if step.id == name:
                return step
        raise KeyError(name)

    def __or__(self, other: object) -> Pipeline:
        pipeline: Pipeline = _door("joining").chain(self, other)
        return pipeline

    def __ror__(self, other: object) -> Pipeline:
        pipeline: Pipeline = _door("joining").chain(other, self)
        return pipeline

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        bundle: dict[str, Any] = _door("showing").graph_bundle(self)
        return bundle


def _listed(names: Mapping[str, Any]) -> str:
    return f"; it has {', '.join(f'`{name}`' for name in names)}" if names else "; it has none"


def _door(module: str) -> Any:
    """What stands above the model is loaded by its name when it is asked for."""
    return import_module(f"codeexec_magics.pipelines.{module}")
