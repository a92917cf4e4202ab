"""Pipelines of transforms: by the names of their parameters, or one behind the other.

Runs in the process that makes a pipeline; pure.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from codeexec_magics import languages
from codeexec_magics.engine.transform import Transform
from codeexec_magics.errors import InvalidOptions
from codeexec_magics.pipelines.code import wanted
from codeexec_magics.pipelines.model import Pipeline
from codeexec_magics.pipelines.step import Absent, Origin, Reference, Step
from codeexec_magics.pipelines.wiring import circle_of


def joined(transforms: Iterable[object], name: str) -> Pipeline:
    """A pipeline whose edges are the names of parameters; see `Pipeline.of`."""
    steps = []
    for transform in transforms:
        if not isinstance(transform, Transform):
            kind = type(transform).__name__
            raise InvalidOptions(
                f"a pipeline is made of transforms (%%transform -n), not of {kind}"
            )
        steps.append((step_of(transform), parameters_of(transform)))
    return assembled(steps, name)


def assembled(
    steps: Sequence[tuple[Step, Mapping[str, bool]]], name: str, file: str | None = None
) -> Pipeline:
    """A pipeline of steps and what each wants to be given.

    Args:
        steps: Each with its parameters, and whether it cannot do without.
        name: What the pipeline is called.
        file: Where it comes from.

    Raises:
        InvalidOptions: There are none, two have one name, or they need each other.
    """
    if not steps:
        raise InvalidOptions("a pipeline needs at least one step")
    ids = [step.id for step, _ in steps]
    for twice in (one for one in ids if ids.count(one) > 1):
        raise InvalidOptions(f"two steps are called `{twice}`")
    inputs: dict[str, Any] = {}
    wired = []
    for step, parameters in steps:
        # A step that wants something of its own name wants an input.
        for wish, needed in parameters.items():
            if wish not in ids or wish == step.id:
                missing = Absent.REQUIRED if needed else Absent.OPTIONAL
                if inputs.get(wish) is not Absent.REQUIRED:
                    inputs[wish] = missing
        wired.append(replace(step, inputs={wish: Reference(wish) for wish in parameters}))
    clash = next((wish for wish in inputs if wish in ids), None)
    if clash is not None:
        raise InvalidOptions(f"`{clash}` is a step, and it needs an input of that name: rename it")
    circle = circle_of(wired)
    if circle:
        raise InvalidOptions(f"the steps need each other in a circle: {' → '.join(circle)}")
    needed_ids = {name for step in wired for name in step.needs}
    return Pipeline(
        name=name,
        steps=tuple(wired),
        inputs=inputs,
        outputs={step.id: Reference(step.id) for step in wired if step.id not in needed_ids},
        file=file,
    )


def step_of(transform: Transform) -> Step:
    """A transform as a step without inputs."""
    program, options = transform.program, transform.options
    environment = {name: text for name, text in options.environment.items() if text is not None}
    plain = len(environment) == len(options.environment) and "${" not in str(environment)
    return Step(
        id=transform.name,
        code=program.source,
        language=languages.find(program.language).name,
        entry=program.entry,
        options=replace(options, environment={}) if plain else options,
        environment=environment if plain else {},
        origin=Origin(f"cell {transform.name}", program.first_line),
    )


def parameters_of(transform: Transform) -> dict[str, bool]:
    """What a transform takes by name, and whether it cannot do without."""
    parameters = inspect.signature(transform).parameters.values()
    named = [one for one in parameters if one.kind is not one.VAR_KEYWORD]
    if named:
        return {one.name: one.default is one.empty for one in named}
    program = transform.program
    language = languages.find(program.language).name
    found = wanted(program.source, language, program.entry)
    # What JavaScript takes by name it may do without; nobody can tell.
    return dict.fromkeys(found, language != "python")


def chain(left: object, right: object) -> Pipeline:
    """The value of one goes to the first parameter of the other: ``clean | total``.

    Raises:
        InvalidOptions: There is not one value, or nobody who takes it.
        TypeError: One of them is neither a transform nor a pipeline.
    """
    first, second = _pipeline(left), _pipeline(right)
    if len(first.outputs) != 1:
        names = ", ".join(f"`{name}`" for name in first.outputs)
        raise InvalidOptions(f"what stands before | gives {len(first.outputs)} values: {names}")
    if not second.inputs:
        raise InvalidOptions(f"`{second.name}` takes no inputs: nothing can be handed to it")
    value, target = next(iter(first.outputs.values())), next(iter(second.inputs))
    second = _renamed(second, {step.id for step in first.steps} | set(first.inputs))

    def handed(to: Reference) -> Reference:
        return replace(value, path=(*value.path, *to.path)) if to.name == target else to

    steps = [*first.steps, *(_with(step, handed) for step in second.steps)]
    rest = {name: default for name, default in second.inputs.items() if name != target}
    shared = {
        name: Absent.REQUIRED if Absent.REQUIRED in (default, first.inputs.get(name)) else default
        for name, default in rest.items()
    }
    return Pipeline(
        name=f"{first.name}_{second.name}",
        steps=tuple(steps),
        inputs={**first.inputs, **shared},
        outputs={name: handed(to) for name, to in second.outputs.items()},
        single=len(second.outputs) == 1,
    )


def function_of(pipeline: Pipeline) -> Callable[..., Any]:
    """A pipeline as a plain function; it can be pickled if the pipeline can."""
    return PipelineFunction(pipeline)


class PipelineFunction:
    """Calls a pipeline; looks like a function to those who ask for its signature."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.__name__ = self.__qualname__ = pipeline.name
        self.__doc__ = pipeline.description or f"Run the pipeline {pipeline.name}."
        self.__signature__ = inspect.Signature(
            [
                inspect.Parameter(
                    name,
                    inspect.Parameter.KEYWORD_ONLY if "-" in name else _ORDINARY,
                    default=inspect.Parameter.empty if default is Absent.REQUIRED else default,
                )
                for name, default in sorted(
                    pipeline.inputs.items(), key=lambda one: one[1] is not Absent.REQUIRED
                )
                if name.isidentifier()
            ]
        )

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Run it; see `Pipeline.__call__`."""
        bound = self.__signature__.bind(*arguments, **keywords)
        given = {
            name: value for name, value in bound.arguments.items() if value is not Absent.OPTIONAL
        }
        return self.pipeline(**given)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.pipeline,)


_ORDINARY = inspect.Parameter.POSITIONAL_OR_KEYWORD


def _pipeline(one: object) -> Pipeline:
    if isinstance(one, Pipeline):
        return one
    if isinstance(one, Transform):
        return joined([one], one.name)
    kind = type(one).__name__
    raise TypeError(f"| joins transforms and pipelines, not a {kind}")


def _renamed(pipeline: Pipeline, taken: set[str]) -> Pipeline:
    """The pipeline, where no step has a name that is taken."""
    new = {}
    for step in pipeline.steps:
        name, number = step.id, 2
        while name in taken:
            name, number = f"{step.id}_{number}", number + 1
        new[step.id] = name

    def called(to: Reference) -> Reference:
        return replace(to, name=new.get(to.name, to.name))

    steps = (replace(_with(step, called), id=new[step.id]) for step in pipeline.steps)
    outputs = {new.get(name, name): called(to) for name, to in pipeline.outputs.items()}
    return replace(pipeline, steps=tuple(steps), outputs=outputs)


def _with(step: Step, change: Callable[[Reference], Reference]) -> Step:
    """A step whose references are others."""
    mapping = step.mapping
    return replace(
        step,
        inputs={name: change(to) for name, to in step.inputs.items()},
        mapping=None if mapping is None else replace(mapping, items=change(mapping.items)),
        when=None if step.when is None else change(step.when),
        after=tuple(change(Reference(name)).name for name in step.after),
    )
