"""Step: one program of a pipeline, and where what it is given comes from.

Runs in any process that imports the package; plain frozen values, which own nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from codeexec_magics.values.options import ExecutionOptions, Program


class Absent(Enum):
    """What stands where there is no value; no value of a user's is one of these."""

    REQUIRED = "required"
    """An input that must be given."""
    OPTIONAL = "optional"
    """An input that is not handed on where it is not given."""
    NOTHING = "nothing"
    """No default."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a value comes from: an input or a step, and a part of it.

    Attributes:
        name: The input's name, or the step's id.
        path: Keys and positions within its value, outermost first.
        failure: Whether what is meant is how the step failed, and not its value.
        line: Where it is written; 0 where it is not.
        column: The same.
    """

    name: str
    path: tuple[str | int, ...] = ()
    failure: bool = False
    line: int = field(default=0, compare=False)
    column: int = field(default=0, compare=False)

    def __str__(self) -> str:
        parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.path)
        return f"{self.name}{''.join(parts)}{'.$failure' if self.failure else ''}"


@dataclass(frozen=True, slots=True)
class Retries:
    """What is tried again, and when.

    Attributes:
        times: How often, beyond the first time.
        wait: Seconds before the next try.
        factor: What the wait is multiplied by for each further try.
        on: The outcomes that are worth another try.
    """

    times: int = 0
    wait: float = 0.0
    factor: float = 2.0
    on: tuple[str, ...] = ("failed", "timed_out", "crashed", "memory")


@dataclass(frozen=True, slots=True)
class ItemPlan:
    """A step that is called once for each item.

    Attributes:
        items: Where the items come from.
        workers: How many processes at once; None for one for each core.
        batch: How many items are handed over at once; None for as many as take some 20 ms.
        on_error: What an item that fails leads to: ``stop``, ``go on`` or ``collect``.
    """

    items: Reference
    workers: int | None = None
    batch: int | None = None
    on_error: str = "stop"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a step's code is written.

    Attributes:
        file: The file's name for people, or ``cell clean``; empty for text without a file.
        line: The line of the code's first line.
        column: How far the code is indented there.
        place: The line of the step in the pipeline's file.
        path: The code's own file, where it stands in one, as the pipeline names it.
        variables: Line and column of each environment variable's value.
    """

    file: str = ""
    line: int = 1
    column: int = 0
    place: int = 0
    path: str | None = None
    variables: Mapping[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One program of a pipeline.

    Attributes:
        id: Its name, by which others refer to its value.
        code: Its source.
        language: The language's name.
        entry: The function that is called, if the code defines it.
        inputs: Where each of its inputs comes from, by the program's own names.
        options: How it is run.
        environment: Variables for it; ``${NAME}`` in them is filled in when the pipeline runs.
        mapping: How it is mapped over items; None if it is called once.
        when: The value whose truth decides whether it runs; None for always.
        after: Steps that must have ended well before, though it takes no value of them.
        retries: What is tried again.
        required: Whether its failure fails the pipeline.
        default: The value that it has if it fails or does not run.
        cache: Whether its value is kept in a folder for other runs.
        output: Another name by which its value is known; empty for none.
        description: For people.
        origin: Where its code is written.
    """

    id: str
    code: str
    language: str = "python"
    entry: str = "transform"
    inputs: Mapping[str, Reference] = field(default_factory=dict)
    options: ExecutionOptions = field(default_factory=ExecutionOptions)
    environment: Mapping[str, str] = field(default_factory=dict)
    mapping: ItemPlan | None = None
    when: Reference | None = None
    after: tuple[str, ...] = ()
    retries: Retries = field(default_factory=Retries)
    required: bool = True
    default: Any = Absent.NOTHING
    cache: bool = False
    output: str = ""
    description: str = ""
    origin: Origin = field(default_factory=Origin, compare=False)

    @property
    def program(self) -> Program:
        """What is run, with the lines that its reader sees."""
        return Program(self.code, self.language, self.origin.line, self.entry)

    @property
    def references(self) -> tuple[Reference, ...]:
        """Every value that it needs, in the order in which they are written."""
        items = () if self.mapping is None else (self.mapping.items,)
        when = () if self.when is None else (self.when,)
        return (*self.inputs.values(), *items, *when)

    @property
    def needs(self) -> tuple[str, ...]:
        """The inputs and steps that it needs, each once."""
        return tuple(dict.fromkeys([*(to.name for to in self.references), *self.after]))
