"""What the workers of a map have in common: what they do, and who hears of it.

Plain frozen values; lives in the kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from codeexec_magics.engine.mapping.items import Batch
from codeexec_magics.languages import Language
from codeexec_magics.leases.shield import Shield
from codeexec_magics.values.options import ExecutionOptions, Program
from codeexec_magics.values.results import ExecutionResult


@dataclass(frozen=True, slots=True)
class Task:
    """What every worker of a map does.

    Attributes:
        program: What is run once in each worker, and whose function is mapped.
        language: The program's language.
        options: How it is run; ``timeout`` is for each item.
        inputs: What all items share.
        shield: What is lowered around the user's own code.
        display: Called with each MIME bundle and its metadata.
    """

    program: Program
    language: Language
    options: ExecutionOptions
    inputs: Mapping[str, Any]
    shield: Shield
    display: Callable[[dict[str, Any], dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Answers:
    """Who hears of what became of items.

    Attributes:
        values: The index of the first, and the values from there on.
        failure: Index, item, and how it ended.
        again: Batches that must be given out again.
        took: How many items took how many seconds.
    """

    values: Callable[[int, list[Any]], None]
    failure: Callable[[int, Any, ExecutionResult], None]
    again: Callable[[list[Batch]], None]
    took: Callable[[int, float], None]
