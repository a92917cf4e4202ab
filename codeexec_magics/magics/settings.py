"""The defaults of the magics, as traits: ``%transform_config`` and ``%config`` set the same ones.

Runs in the kernel; plain values.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from IPython.core.error import UsageError
from traitlets import Bool, Dict, Float, Integer, TraitError, Unicode
from traitlets.config import Configurable

from codeexec_magics.errors import CodeExecError, InvalidOptions

LIMITS = ("memory", "cpu_time", "processes", "cpus")
"""The settings that are limits of `ExecutionOptions`; 0 for none."""
ISOLATIONS = ("network", "sandbox", "seal")
"""The settings that are switches of `ExecutionOptions`."""

_NAMES = (
    *("timeout", "grace", "kept_output", "shown_output", "live_after", "standbys"),
    *LIMITS,
    *ISOLATIONS,
    *("hide_secrets", "figures"),
)
_SWITCHES = frozenset({*ISOLATIONS, "hide_secrets", "figures"})
_SECONDS = frozenset({"grace", "live_after", "cpu_time"})
_WORDS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


class TransformSettings(Configurable):  # type: ignore[misc]
    """What holds where a cell's line does not say otherwise."""

    timeout = Float(
        None,
        allow_none=True,
        min=1e-9,
        help="Seconds that a program may take; None for no limit.",
    ).tag(config=True)
    grace = Float(
        0.5,
        min=0,
        max=60,
        help="Seconds that a program has after an interrupt or its deadline before it is killed.",
    ).tag(config=True)
    kept_output = Integer(
        10_000_000, min=0, help="Characters of stdout and of stderr that a result keeps."
    ).tag(config=True)
    shown_output = Integer(
        500_000, min=0, help="Characters of stdout and of stderr that a cell shows while it runs."
    ).tag(config=True)
    memory = Integer(
        0, min=0, help="Bytes that a program's processes may have resident; 0 for no limit."
    ).tag(config=True)
    cpu_time = Float(
        0, min=0, help="Seconds of processor time that a program may use; 0 for no limit."
    ).tag(config=True)
    processes = Integer(
        0, min=0, help="Processes that a program may have at once; 0 for no limit."
    ).tag(config=True)
    cpus = Integer(0, min=0, help="Cores that a program may use; 0 for all.").tag(config=True)
    network = Bool(True, help="Whether a program may use the network.").tag(config=True)
    sandbox = Bool(False, help="Whether a program may change its own folder only.").tag(config=True)
    seal = Bool(False, help="Whether the strongest containment must hold a program.").tag(
        config=True
    )
    hide_secrets = Bool(
        True, help="Whether values beside a failing line are hidden if they look secret."
    ).tag(config=True)
    figures = Bool(
        True, help="Whether cards tell times and memory, which differ from run to run."
    ).tag(config=True)
    live_after = Float(
        0.5, min=0, help="Seconds after which a running cell shows a line of figures."
    ).tag(config=True)
    standbys = Integer(
        2, min=0, max=16, help="Workers of a language that are kept ready for the next cell."
    ).tag(config=True)
    interpreters = Dict(
        value_trait=Unicode(),
        key_trait=Unicode(),
        help="The runtime's executable by language name, for example {'javascript': '/opt/node'}.",
    ).tag(config=True)


def describe(settings: TransformSettings, names: Sequence[str] = ()) -> str:
    """Each setting on a line, in the form that sets it.

    Args:
        settings: The settings.
        names: The ones that are wanted; none for all.

    Raises:
        UsageError: There is no such setting; names the nearest.
    """
    known = settings.interpreters
    if not names:
        names = [*_NAMES, *(f"{language}.executable" for language in sorted(known))]
    for name in names:
        if name not in setting_names():
            raise UsageError(f"there is no setting {name!r}{_hint(name)}")
    values = {name: getattr(settings, name) for name in _NAMES}
    values |= {f"{language}.executable": path for language, path in known.items()}
    return "\n".join(f"{name} = {_written(values.get(name))}" for name in names)


def assignments(words: Sequence[str]) -> list[str]:
    """The words with each assignment as one: of ``a = 1``, ``a 1``, ``--a 1``, ``--a=1``."""
    bare = [word.removeprefix("--") for word in words if word != "="]
    joined: list[str] = []
    for word in bare:
        last = joined[-1] if joined else ""
        takes = last.endswith("=") or (last and "=" not in last and not _is_setting(word))
        if word.startswith("=") or (takes and "=" not in word and _is_setting(last.rstrip("="))):
            joined[-1] = f"{last.rstrip('=')}={word.removeprefix('=')}"
        else:
            joined.append(word)
    return joined


def reset(settings: TransformSettings) -> None:
    """Set everything to what it was when the extension was loaded without a configuration."""
    for name, trait in TransformSettings.class_own_traits(config=True).items():
        setattr(settings, name, trait.default())


def change(settings: TransformSettings, words: Sequence[str]) -> None:
    """Set what ``name=value`` words say: all of it, or nothing if one of them is wrong.

    Raises:
        UsageError: A name is unknown (names the nearest), or a value cannot be meant.
    """
    wanted: dict[str, Any] = {}
    for word in words:
        name, equals, value = (part.strip() for part in word.partition("="))
        if not equals:
            raise UsageError(f"a setting is changed by name=value, without blanks, not {word!r}")
        if name in _SWITCHES:
            wanted[name] = _switch(name, value)
        elif name in _NAMES:
            wanted[name] = _number(name, value)
        else:
            chosen = wanted.setdefault("interpreters", dict(settings.interpreters))
            _choose_interpreter(chosen, name, value)
    try:
        TransformSettings(**wanted)  # a trial, so that a wrong value changes nothing
    except TraitError as error:
        raise UsageError(str(error)) from None
    for name, value in wanted.items():
        setattr(settings, name, value)


def _is_setting(word: str) -> bool:
    return word in _NAMES or word.endswith(".executable")


def setting_names() -> list[str]:
    """Everything that `change` takes."""
    from codeexec_magics import languages

    return [*_NAMES, *(f"{language}.executable" for language in languages.names())]


def _written(value: object) -> str:
    if value is None:
        return "none"
    return f"{value:,}" if type(value) is int else str(value)


def _switch(name: str, text: str) -> bool:
    if text.lower() not in _WORDS:
        raise UsageError(f"{name} must be True or False, not {text!r}")
    return _WORDS[text.lower()]


def _number(name: str, text: str) -> float | int | None:
    from codeexec_magics.values.options import parse_seconds, parse_size

    try:
        if name == "timeout":
            seconds = parse_seconds(text)
            return None if seconds == math.inf else seconds
        if name in LIMITS and text.lower() in {"0", "none"}:
            return 0
        plain = text.replace(",", "").replace("_", "")
        if name == "memory":
            return parse_size(plain)
        return float(plain) if name in _SECONDS else int(plain)
    except (InvalidOptions, ValueError) as error:
        reason = error if isinstance(error, InvalidOptions) else f"{text!r} is no number"
        raise UsageError(f"{name}: {reason}") from None


def _choose_interpreter(chosen: dict[str, str], name: str, path: str) -> None:
    from codeexec_magics import languages

    language, dot, what = name.partition(".")
    if not dot or what != "executable":
        raise UsageError(f"there is no setting {name!r}{_hint(name)}")
    try:
        known = languages.find(language).name
    except CodeExecError as error:
        raise UsageError(str(error)) from None
    if path.lower() in {"", "none"}:
        chosen.pop(known, None)
    else:
        chosen[known] = path


def _hint(name: str) -> str:
    from codeexec_magics.magics.suggestions import nearest

    return nearest(name, setting_names()) or f"; choose from {', '.join(_NAMES)}, LANG.executable"
