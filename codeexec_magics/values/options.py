"""How a program is to be run: validated once, then trusted.

Plain frozen values of the standard library; any process may import this module.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from codeexec_magics.errors import InvalidOptions
from codeexec_magics.values import CONVERTERS

DEFAULT_TIMEOUT = 30.0
"""Seconds that the engine allows a program unless told otherwise (the magic: no limit)."""

_HARMLESS = frozenset(
    {
        *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TERM"),
        *("VIRTUAL_ENV", "CONDA_PREFIX", "LD_LIBRARY_PATH"),
        *("PYTHONPATH", "PYTHONHOME", "NODE_PATH"),
    }
)
_FORCING_COLOUR = frozenset({"FORCE_COLOR", "CLICOLOR_FORCE", "PY_COLORS"})
_MOST_STANDBYS = 16
_MOST_SECONDS = 2_000_000
"""What a system call takes as a time to wait."""


@dataclass(frozen=True, slots=True)
class Program:
    """A piece of source code that can be run.

    Attributes:
        source: The code, its first line being line ``first_line``.
        language: The language's name or alias, for example ``python`` or ``js``.
        first_line: The number that the source's first line has for the reader. In a cell the magic
            line is line 1, so the body starts at 2.
        entry: The function that is called with the inputs, if the program defines it.
        file: The absolute path of the file that the source is the text of; None for a cell. Such a
            program finds the modules beside it, and its own name, as where it is run by itself.
    """

    source: str
    language: str = "python"
    first_line: int = 1
    entry: str = "transform"
    file: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.source, str):
            raise InvalidOptions(f"the code must be a string, not {type(self.source).__name__}")
        if not isinstance(self.language, str):
            raise InvalidOptions(
                f"the language must be a name such as 'python', not {type(self.language).__name__}"
            )
        # An editor's mark, which is no code in most languages.
        object.__setattr__(self, "source", self.source.removeprefix("\ufeff"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionOptions:
    """The limits and surroundings of one execution.

    Attributes:
        timeout: Seconds from the start of the program to its value; ``inf`` means no limit.
        startup_timeout: Seconds that the worker may take until it is ready.
        grace: Seconds that a program has after an interrupt or its deadline before it is killed.
        environment: Variables set on top of this process's; None as a value removes one.
        directory: The program's current directory; None means this process's own.
        interpreter: The runtime's executable; None lets the language choose.
        converter: One of `CONVERTERS`.
        kept_output: Characters that the result keeps of stdout and of stderr, each.
        memory: Bytes that the program's whole process tree may have resident; None for no limit.
        cpu_time: Seconds of processor time for the whole tree; None for no limit.
        processes: How many processes the tree may have at once; None for no limit.
        cpus: How many cores the program may use; None for all.
        seal: Whether the strongest containment must hold the run, or else it is refused.
        network: Whether the program may use the network; False refuses it every such socket.
        sandbox: Whether the program may change its own folder only, has no network and a reduced
            environment, and is trusted in nothing that it answers.
        keep: Whether the program's value is wanted. If not, one that is no plain data, array or
            frame is shown by the program's own process, and need not travel.
        standbys: How many workers like this one to keep ready for the next; 0 for none.
        outputs: Names that want the value. A program that gives none is asked for its variables of
            these names (one: its value; several: a dict of them), and fails if it lacks one.
        settings: What the language itself is told, by the names of its settings, such as ``db``.
    """

    timeout: float = DEFAULT_TIMEOUT
    startup_timeout: float = 30.0
    grace: float = 0.5
    environment: Mapping[str, str | None] = field(default_factory=dict)
    directory: str | None = None
    interpreter: str | None = None
    converter: str = "auto"
    kept_output: int = 10_000_000
    memory: int | None = None
    cpu_time: float | None = None
    processes: int | None = None
    cpus: int | None = None
    seal: bool = False
    network: bool = True
    sandbox: bool = False
    keep: bool = True
    standbys: int = 2
    outputs: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_seconds("timeout", self.timeout, unlimited=True)
        _check_seconds("startup_timeout", self.startup_timeout, unlimited=False)
        if not _is_number(self.grace) or not 0 <= self.grace <= 60:
            raise InvalidOptions(f"grace must be 0 to 60 seconds, not {self.grace!r}")
        if self.converter not in CONVERTERS:
            known = ", ".join(CONVERTERS)
            raise InvalidOptions(f"converter must be one of {known}, not {self.converter!r}")
        if not isinstance(self.kept_output, int) or self.kept_output < 0:
            raise InvalidOptions(
                f"kept_output must be a number of characters, not {self.kept_output!r}"
            )
        if not isinstance(self.standbys, int) or not 0 <= self.standbys <= _MOST_STANDBYS:
            raise InvalidOptions(f"standbys must be 0 to {_MOST_STANDBYS}, not {self.standbys!r}")
        if self.cpu_time is not None:
            _check_seconds("cpu_time", self.cpu_time, unlimited=False)
        for what in ("memory", "processes", "cpus"):
            _check_count(what, getattr(self, what))
        for what in ("seal", "network", "sandbox", "keep"):
            _check_switch(what, getattr(self, what))
        object.__setattr__(self, "outputs", _names("outputs", self.outputs))
        _check_settings(self.settings)
        _check_environment(self.environment)
        for what in ("directory", "interpreter"):
            path = getattr(self, what)
            if path is not None and (not isinstance(path, str) or not path or "\0" in path):
                raise InvalidOptions(f"{what} must be a path, not {path!r}")

    def limits(self) -> dict[str, float | int]:
        """The limits beside the timeout that are set."""
        every = {
            "memory": self.memory,
            "cpu_time": self.cpu_time,
            "processes": self.processes,
            "cpus": self.cpus,
        }
        return {name: limit for name, limit in every.items() if limit is not None}

    def lacking(self, names: object) -> tuple[str, ...]:
        """Those of the `outputs` that a runner says it has nothing for."""
        told = names if isinstance(names, list) else []
        return tuple(name for name in self.outputs if name in told)

    def full_environment(self) -> dict[str, str]:
        """This process's variables as they are now, with the overrides applied.

        A sandboxed program is given of them what it needs to run, and the overrides.
        """
        merged = dict(os.environ)
        if self.sandbox:
            merged = {name: value for name, value in merged.items() if _is_harmless(name)}
        for name, value in self.environment.items():
            if value is None:
                merged.pop(name, None)
            else:
                merged[name] = value
        if merged.get("NO_COLOR"):  # which a notebook's kernel overrules without being asked
            for name in _FORCING_COLOUR - self.environment.keys():
                merged.pop(name, None)
        return merged


_TIME = re.compile(r"([-+.\deE_]+)\s*(ms|s|sec|min|m|h)?")
_SECONDS_IN = {"ms": 0.001, "s": 1, "sec": 1, "min": 60, "m": 60, "h": 3600}


def parse_seconds(text: str) -> float:
    """Read a time limit as a user types it: ``5``, ``0.5``, ``500ms``, ``2m``; ``none`` for none.

    Raises:
        InvalidOptions: It is none of these.
    """
    wanted = text.strip().lower()
    if wanted in {"none", "inf"}:
        return math.inf
    found = _TIME.fullmatch(wanted)
    try:
        seconds = float(found[1] if found else wanted)
    except ValueError:
        raise InvalidOptions(f"it takes seconds (5, 0.5, 2m) or none, not {text!r}") from None
    seconds *= _SECONDS_IN[(found and found[2]) or "s"]
    _check_seconds("it", seconds, unlimited=True)
    return seconds


_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", re.IGNORECASE)


def parse_size(text: str) -> int:
    """Read a size as a user types it: ``512M``, ``1.5G``, ``2GiB``; units are powers of 1024.

    Raises:
        InvalidOptions: It is no size.
    """
    found = _SIZE.fullmatch(text.strip())
    size = int(float(found.group(1)) * _UNITS[found.group(2).upper()]) if found else 0
    if size <= 0:
        raise InvalidOptions(f"a size is a number with a unit, such as 512M or 2G, not {text!r}")
    return size


def parse_count(text: str) -> int:
    """Read a number of things as a user types it.

    Raises:
        InvalidOptions: It is no whole number above 0.
    """
    number = int(text) if text.strip().isdecimal() else 0
    if number < 1:
        raise InvalidOptions(f"it takes a whole number above 0, not {text!r}")
    return number


def _is_harmless(name: str) -> bool:
    """Whether a sandboxed program may see a variable: none that may hold a key or a password."""
    return name in _HARMLESS or name.startswith("LC_")


def _check_count(what: str, value: object) -> None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise InvalidOptions(f"{what} must be a whole number above 0, not {value!r}")


def _check_switch(what: str, value: object) -> None:
    if not isinstance(value, bool):
        raise InvalidOptions(f"{what} must be True or False, not {value!r}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _check_seconds(what: str, value: object, *, unlimited: bool) -> None:
    longest = math.inf if unlimited else _MOST_SECONDS
    if not _is_number(value) or not 0 < value <= longest:  # type: ignore[operator]
        allowed = "a positive number of seconds"
        allowed += ", or inf for no limit" if unlimited else f" up to {_MOST_SECONDS:,}"
        raise InvalidOptions(f"{what} must be {allowed}, not {value!r}")


def _names(what: str, names: object) -> tuple[str, ...]:
    listed = isinstance(names, list | tuple)
    if not listed or not all(isinstance(name, str) and name.isidentifier() for name in names):  # type: ignore[attr-defined]
        raise InvalidOptions(f"{what} must be a list of names, not {names!r}")
    return tuple(names)  # type: ignore[arg-type]


def _check_environment(environment: object) -> None:
    if not isinstance(environment, Mapping):
        raise InvalidOptions(
            f"environment must be a mapping of names to values, not {environment!r}"
        )
    for name, value in environment.items():
        _check_variable(name, value)


def _check_variable(name: object, value: object) -> None:
    if not isinstance(name, str) or not name or "=" in name or "\0" in name:
        raise InvalidOptions(f"an environment variable needs a name without '=', not {name!r}")
    if value is not None and (not isinstance(value, str) or "\0" in value):
        raise InvalidOptions(f"the environment variable {name} must be text, not {value!r}")


def _check_settings(settings: object) -> None:
    if not isinstance(settings, Mapping) or not all(
        isinstance(part, str) for pair in settings.items() for part in pair
    ):
        raise InvalidOptions(f"settings must be text by name, not {settings!r}")
