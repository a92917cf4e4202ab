"""From what a line says to all that its run takes: program, options, inputs, items, viewer.

Runs in the kernel; starts nothing. What is wrong here is wrong usage: it stops the cell before
anything has happened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError

from codeexec_magics import languages
from codeexec_magics.magics.namespace import (
    Scope,
    find_function,
    read_inputs,
    read_items,
    read_place,
)
from codeexec_magics.magics.program import program_of_cell, program_of_line
from codeexec_magics.magics.request import Arguments
from codeexec_magics.magics.run_options import options_of_program, options_of_transform
from codeexec_magics.magics.settings import TransformSettings
from codeexec_magics.values.options import ExecutionOptions, Program

if TYPE_CHECKING:
    from codeexec_magics.engine.transform import Transform
    from codeexec_magics.values.results import ExecutionResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that a run takes.

    Attributes:
        arguments: What the line says.
        program: The source and its language.
        options: How it is run.
        transform: The transform that is run, where the line names one.
        inputs: Values by name.
        items: What is iterated, where the line maps.
        place: Where items are worked on; None for this machine.
        viewer: The user's function that shows the value in the place of its card.
        assigned: Whether the line's value is assigned: ``x = %transform …``.
        refusal: What is wrong with the program before it runs, as a result.
    """

    arguments: Arguments
    program: Program
    options: ExecutionOptions
    transform: Transform | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)
    items: Any = None
    place: Any = None
    viewer: Callable[[Any], Any] | None = None
    assigned: bool = False
    refusal: ExecutionResult | None = None

    @property
    def language(self) -> str:
        """The language's name."""
        return self.program.language

    @property
    def label(self) -> str:
        """What the run is called: by the line, or like the transform; else by its first line."""
        own = self.transform.name if self.transform is not None else ""
        return own or self.arguments.job or self.arguments.name or ""

    def run_options(self, shown: int) -> ExecutionOptions:
        """The options, where nobody gets hold of the value, or of more output than is shown.

        Args:
            shown: Characters of each stream that the cell shows.
        """
        said = self.arguments
        options = self.options
        if said.background or said.job:
            return options
        named = said.outputs or said.result or said.display or said.mapping
        if not (named or self.assigned):
            options = replace(options, keep=False)
        if said.result or said.stdout or said.stderr or said.quiet:
            return options
        return replace(options, kept_output=min(options.kept_output, shown))

    def as_transform(self) -> Transform:
        """The program under the name that the line gives it."""
        from codeexec_magics.engine.transform import Transform

        names = tuple(entry.name for entry in self.arguments.inputs)
        return Transform(self.arguments.name or "", self.program, self.options, names)


def make_plan(
    arguments: Arguments,
    body: str | None,
    first_line: int,
    settings: TransformSettings,
    scope: Scope,
) -> Plan:
    """What ``%%transform``, or ``%transform`` where there is no body, asks for.

    Args:
        arguments: The line.
        body: The cell without it; None for a line magic.
        first_line: The number of the body's first line in the cell.
        settings: What holds where the line does not say otherwise.
        scope: The variables that the line may name.

    Raises:
        UsageError: The line asks for what there is not.
    """
    transform = None
    if body is not None:
        program = program_of_cell(arguments, body, first_line)
    else:
        program, transform = program_of_line(arguments, scope.notebook)
    language = languages.find(program.language)
    if transform is None:
        options = options_of_program(arguments, language, settings)
    else:
        options = options_of_transform(arguments, language, transform)
    viewer = find_function(arguments.display, scope)
    plan = Plan(
        arguments=arguments, program=program, options=options, transform=transform, viewer=viewer
    )
    refusal = _refusal(plan)
    if refusal is not None:
        return replace(plan, refusal=refusal)
    return _with_values(plan, scope) if arguments.runs else plan


def _with_values(plan: Plan, scope: Scope) -> Plan:
    """The plan with the values of its inputs and items."""
    inputs = read_inputs(plan.arguments.inputs, scope)
    if plan.arguments.mapping is None:
        _check_inputs(plan.transform, inputs)
        return replace(plan, inputs=inputs)
    place = read_place(plan.arguments.mapping, scope)
    items = read_items(plan.arguments.mapping, scope)
    return replace(plan, inputs=inputs, items=items, place=place)


def _refusal(plan: Plan) -> ExecutionResult | None:
    """What is wrong with a program that gets a name; None if nothing is known.

    It is judged by the runtime that the language takes by default.
    """
    if plan.arguments.name is None or plan.options.interpreter is not None:
        return None
    from codeexec_magics.engine.transform import syntax_failure  # late: few programs get a name

    return syntax_failure(plan.program)


def _check_inputs(transform: Transform | None, inputs: Mapping[str, Any]) -> None:
    """Refuse inputs that a named transform does not take."""
    if transform is None:
        return
    try:
        transform.bind(**inputs)
    except TypeError as error:
        raise UsageError(str(error)) from None
