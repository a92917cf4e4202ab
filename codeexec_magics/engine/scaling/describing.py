"""What is there on each worker: host, versions, containment, the runtime of a language.

Asked by the process that calls, answered in each worker; nothing of it stays there but the worker's
own supervisor.
"""

from __future__ import annotations

import os
import platform
import socket
from importlib import import_module
from typing import Any

from codeexec_magics.engine.scaling.crew import crew_of
from codeexec_magics.engine.scaling.order import version
from codeexec_magics.languages import find


def describe(language: str, on: Any = None) -> list[dict[str, Any]]:
    """One row for each worker that answers; for this process where there is no engine.

    Args:
        language: The language whose runtime is told.
        on: As for a map.

    Raises:
        InvalidOptions: It stands for no engine.
    """
    if on is None:
        return [here(language)]
    crew = crew_of(on)
    try:
        rows = distinct(crew.everywhere(here, language))
    finally:
        crew.close("", 0.0, stop=False)
    return sorted(rows, key=lambda row: (row["host"], row["pid"]))


def here(language: str) -> dict[str, Any]:
    """The row of this process."""
    known = find(language)
    # The executor of this process stands above all that it uses.
    executor = import_module("codeexec_magics.engine.transform").shared_executor()
    probed = executor.execute(known.probe or "None", known.name, timeout=30.0, standbys=0)
    return {
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "python": platform.python_version(),
        "codeexec_magics": version(),
        "containment": executor.client.welcome()["containment"],
        "runtime": str(probed.output) if probed.success else probed.error,
    }


def distinct(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of different processes, where several may have come from one."""
    return list({(row["host"], row["pid"]): row for row in rows}.values())
