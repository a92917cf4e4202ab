"""What a wrong word was probably meant to be; nothing where nothing is near.

Runs in the kernel; pure functions of text.
"""

from __future__ import annotations

from collections.abc import Iterable

_SHORT = 3
_NEAR, _NEAR_OF_SHORT = 0.75, 0.6
_SYNONYMS = {
    **dict.fromkeys(("-j", "--jobs", "--n-jobs"), "--workers"),
    **dict.fromkeys(("--chunksize", "--chunk", "--batch-size"), "--batch"),
    **dict.fromkeys(("--background", "--proc", "--async", "--detach"), "--bg"),
    **dict.fromkeys(("--format", "--as", "--to", "--convert"), "--converter"),
    **dict.fromkeys(("--silent", "--no-display"), "--quiet"),
    **dict.fromkeys(("--raises", "--raises-exception", "--expect-error"), "--expect"),
    **dict.fromkeys(("--allow-errors", "--ignore-errors", "--no-raise"), "--no-raise-error"),
    **dict.fromkeys(("--max-memory", "--mem"), "--memory"),
    **dict.fromkeys(("--vars", "--variables", "--args"), "--input"),
    **dict.fromkeys(("--script", "--path"), "--file"),
    "-t": "--timeout",
    "-e": "--env",
    "-m": "--map",
    "--return": "--output",
    "--save": "--output",
    "--executable": "--interpreter",
    "--offline": "--no-network",
    "--isolate": "--sandbox",
}
"""What other magics and tools call a flag, and its name here."""


def nearest(word: str, known: Iterable[str]) -> str:
    """``; did you mean 'x'?`` for a word that nearly is one of the known, else nothing."""
    near = _near(word, {name.lower(): name for name in known})
    return f"; did you mean {near!r}?" if near else ""


def nearest_flag(word: str, known: Iterable[str]) -> str:
    """The same for a flag, which other tools may call otherwise."""
    synonym = _SYNONYMS.get(word.lower())
    if synonym is not None:
        return f"; did you mean {synonym!r}?"
    return nearest(word, known) if word.strip("-") else ""


def _near(word: str, known: dict[str, str]) -> str | None:
    import difflib  # late: for wrong spellings only

    wanted = word.lower()
    bare = {name.lstrip("-"): name for name in known}
    plain = wanted.lstrip("-")
    cutoff = _NEAR_OF_SHORT if len(plain) <= _SHORT else _NEAR
    found = difflib.get_close_matches(plain, bare, n=1, cutoff=cutoff)
    if found:
        return known[bare[found[0]]]
    if len(plain) < _SHORT:
        return None
    begun = [name for name in bare if len(name) >= _SHORT and _begins(plain, name)]
    return known[bare[begun[0]]] if len(begun) == 1 else None


def _begins(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)
