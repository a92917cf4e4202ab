"""What a line of ``%%transform`` asks for, as data.

Runs in the kernel; plain frozen values, which parsing makes and every later step reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Input:
    """One variable in: its name in the program, and the Python expression that gives its value."""

    name: str
    expression: str

    @property
    def plain(self) -> bool:
        """Whether the expression is just the name."""
        return self.name == self.expression


@dataclass(frozen=True, slots=True)
class MapArguments:
    """What the line says of items.

    Attributes:
        expression: The Python expression whose value is iterated.
        plan: The fields of `MapPlan` that are given.
        on: The Python expression whose value says where; None for this machine.
    """

    expression: str
    plan: Mapping[str, Any]
    on: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """What the line says, checked as far as the grammar goes.

    Attributes:
        word: The word without a flag: a language or a transform's name.
        language: The value of ``--lang``.
        inputs: The variables in, in order, no name twice.
        outputs: The names to bind; one takes the whole value, more take its keys.
        mapping: What is mapped, and how; None for an ordinary run.
        result: The name for the `ExecutionResult`.
        stdout: The name for the printed text.
        stderr: The name for the error stream's text.
        name: The name for the transform.
        timeout: Seconds, ``inf`` for no limit, None if the line does not say.
        limits: ``memory`` (bytes), ``cpu_time`` (seconds), ``processes``, ``cpus``, where given;
            None for no limit.
        isolation: ``network``, ``sandbox``, ``seal``, where given.
        settings: What the language itself is told, by the flag's name without its dashes.
        raise_error: Whether a failure stops the notebook.
        expect: The name of the error that the program must end with.
        background: Whether nobody waits for the program.
        job: The name for the `Job`.
        file: The file to run.
        quiet: Whether to show nothing on success.
        display: The name of the function that shows the value.
        environment: Variables for the program.
        directory: The program's current directory.
        interpreter: The runtime's executable.
        python: A Python version or path.
        converter: What the result is turned into; None if the line does not say.
    """

    word: str | None = None
    language: str | None = None
    inputs: tuple[Input, ...] = ()
    outputs: tuple[str, ...] = ()
    mapping: MapArguments | None = None
    result: str | None = None
    stdout: str | None = None
    stderr: str | None = None
    name: str | None = None
    timeout: float | None = None
    limits: Mapping[str, float | None] = field(default_factory=dict)
    isolation: Mapping[str, bool] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    raise_error: bool = True
    expect: str | None = None
    background: bool = False
    job: str | None = None
    file: str | None = None
    quiet: bool = False
    display: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: str | None = None
    interpreter: str | None = None
    python: str | None = None
    converter: str | None = None

    @property
    def runs(self) -> bool:
        """Whether anything is asked of the program besides being named."""
        asked = self.inputs or self.outputs or self.result or self.stdout or self.stderr
        return bool(asked or self.mapping) or self.name is None
