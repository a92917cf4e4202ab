"""What a worker is to do, and who hears of it; what the workers of a map have in common.

Plain frozen values; lives in the kernel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from codeexec_magics.engine.displays import Displays
from codeexec_magics.engine.observer import Observer
from codeexec_magics.languages import Language
from codeexec_magics.leases.shield import Shield
from codeexec_magics.values.options import ExecutionOptions, Program


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker does.

    Attributes:
        program: What is run.
        language: The program's language.
        options: How it is run.
        inputs: Values by name.
        observer: Who hears of it while it goes on.
        shield: What is lowered around the user's own code in this process.
        displays: Where what the program displays goes.
    """

    program: Program
    language: Language
    options: ExecutionOptions
    inputs: Mapping[str, Any]
    observer: Observer
    shield: Shield
    displays: Displays
