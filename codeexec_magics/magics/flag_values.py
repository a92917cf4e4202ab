"""What single flags mean: time limits, sizes, variables of the environment, converters.

Runs in the kernel; pure functions of text.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterable

from IPython.core.error import UsageError

from codeexec_magics.errors import InvalidOptions
from codeexec_magics.magics.flags import SETTINGS
from codeexec_magics.magics.suggestions import nearest
from codeexec_magics.values import CONVERTERS
from codeexec_magics.values.options import (
    parse_count,
    parse_seconds,
    parse_size,
)

_LIMITS: dict[str, Callable[[str], float]] = {
    "memory": parse_size,
    "cpu_time": parse_seconds,
    "processes": parse_count,
    "cpus": parse_count,
}


def timeout_of(text: str | None) -> float | None:
    """The value of ``--timeout`` in seconds, ``inf`` for no limit; None if it is not given.

    Raises:
        UsageError: It is no time.
    """
    try:
        return None if text is None else parse_seconds(text)
    except InvalidOptions as error:
        raise UsageError(f"--timeout: {error}") from None


def limits_of(given: argparse.Namespace) -> dict[str, float | None]:
    """The other limits that are given, by their names in `ExecutionOptions`; None for no limit.

    Raises:
        UsageError: One of them is no limit.
    """
    limits: dict[str, float | None] = {}
    for name, read in _LIMITS.items():
        text = getattr(given, name)
        try:
            if text is not None:
                limit = read(text)
                limits[name] = None if limit == math.inf else limit
        except InvalidOptions as error:
            raise UsageError(f"--{name.replace('_', '-')}: {error}") from None
    return limits


def isolation_of(given: argparse.Namespace) -> dict[str, bool]:
    """The isolations that are given, by their names in `ExecutionOptions`."""
    asked = {"network": given.no_network, "sandbox": given.sandbox, "seal": given.seal}
    return {name: name != "network" for name, wanted in asked.items() if wanted}


def environment_of(texts: Iterable[str]) -> dict[str, str]:
    """The variables of all ``--env``.

    Raises:
        UsageError: One has no name or no value.
    """
    variables: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UsageError(f"--env needs NAME=VALUE, not {text!r}")
        variables[name] = value
    return variables


def converter_of(text: str | None) -> str | None:
    """The value of ``--converter``.

    Raises:
        UsageError: There is no such converter; names the nearest.
    """
    if text is not None and text not in CONVERTERS:
        hint = nearest(text, CONVERTERS) or f"; choose from {', '.join(CONVERTERS)}"
        raise UsageError(f"--converter: unknown converter {text!r}{hint}")
    return text


def settings_of(given: argparse.Namespace) -> dict[str, str]:
    """What the language itself is told, by the flags' names."""
    found = {name: getattr(given, name.replace("-", "_")) for name in SETTINGS}
    return {name: "" if value is True else str(value) for name, value in found.items() if value}
