"""The languages that can be executed: built-ins and entry points, looked up at first use.

Lives in the kernel; owns the registry. Listing languages imports none of them.
"""

from __future__ import annotations

import difflib
import itertools
import logging
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import PurePath

from codeexec_magics.errors import LanguageUnavailable, SourceUnavailable
from codeexec_magics.languages.language import Language, resource

__all__ = ["Language", "everything", "find", "find_for_file", "names", "resource"]

GROUP = "codeexec_magics.languages"
_BUILT_IN = ("python", "javascript", "typescript", "bash", "sql", "r")
_log = logging.getLogger("codeexec_magics.languages")


def find(name: str) -> Language:
    """The language with this name or alias.

    Raises:
        LanguageUnavailable: There is none; names the nearest right spelling.
    """
    wanted = name.strip().lower()
    # Ours first, one after the other: to ask what others have installed takes its time.
    for language in itertools.chain(map(_built_in, _BUILT_IN), _others()):
        if wanted == language.name or wanted in language.aliases:
            return language
    near = difflib.get_close_matches(wanted, names(), n=1, cutoff=0.75)
    hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(names())}"
    raise LanguageUnavailable(f"no language is called {name!r}; {hint}")


def find_for_file(path: str) -> Language:
    """The language that a file's name ends for.

    Raises:
        SourceUnavailable: No language has this suffix.
    """
    suffix = PurePath(path).suffix.lower()
    for language in _all():
        if suffix in language.suffixes:
            return language
    known = ", ".join(ending for language in _all() for ending in language.suffixes)
    raise SourceUnavailable(
        f"cannot tell the language of {path!r} by its suffix {suffix!r}; "
        f"known are {known}: rename the file, or name the language"
    )


def names() -> list[str]:
    """Every name and alias, the languages' own names first."""
    languages = _all()
    return [language.name for language in languages] + [
        alias for language in languages for alias in language.aliases
    ]


def _built_in(name: str) -> Language:
    found: Language = import_module(f"{__name__}.{name}").LANGUAGE
    return found


def _others() -> Iterator[Language]:
    """Those of other packages, asked for when somebody wants one."""
    yield from _all()[len(_BUILT_IN) :]


@cache
def _all() -> tuple[Language, ...]:
    found = [_built_in(name) for name in _BUILT_IN]
    for entry in entry_points(group=GROUP):
        # Ours are in the group, too, for those who list it.
        if entry.value.partition(":")[0] not in {f"{__name__}.{name}" for name in _BUILT_IN}:
            language = _of_entry(entry)
            if language is not None and _is_free(language, found):
                found.append(language)
    return tuple(found)


def _of_entry(entry: EntryPoint) -> Language | None:
    """The language of another package; None, and a record in the log, if there is none."""
    try:
        language = entry.load()
    except Exception:  # noqa: BLE001 - another's package; the other languages live on
        _log.exception("the language %r cannot be loaded from %r", entry.name, entry.value)
        return None
    if not isinstance(language, Language):
        kind = type(language).__name__
        _log.error("%r, named as the language %r, is a %s", entry.value, entry.name, kind)
        return None
    return language


def _is_free(language: Language, found: list[Language]) -> bool:
    """Whether no language before has one of its names; who comes first keeps a name."""
    taken = {name: one.name for one in found for name in (one.name, *one.aliases)}
    for name in (language.name, *language.aliases):
        if name in taken:
            _log.error(
                "the language %r is left out: %r is a name of %r", language.name, name, taken[name]
            )
            return False
    return True


def everything() -> tuple[Language, ...]:
    """All languages, the built-in ones first."""
    return _all()
