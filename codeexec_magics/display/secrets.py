"""Keep passwords and keys out of what is shown beside a failing line.

Lives wherever a result is shown and owns nothing. A card ends up in a saved notebook, and that in
a repository. A value is hidden if its name says that it is secret, if an entry inside it is named
so, or if it looks like a well-known kind of key. The bare name ``key`` is what loops over a
dictionary use; its value is hidden only if it looks like a key to something.
"""

from __future__ import annotations

import re

from codeexec_magics.display.wording import cut, on_one_line, without_addresses

HIDDEN = "‹hidden›"
"""What stands in place of a secret."""

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# fmt: off
_SECRET_WORDS = frozenset({
    "passwd", "password", "passphrase", "passwort", "pwd", "pin", "secret", "secrets", "token",
    "tokens", "auth", "authorization", "bearer", "credential", "credentials", "cookie",
    "cookies", "apikey", "apikeys", "accesskey", "privatekey", "secretkey", "jwt", "sessionid",
    "otp",
})
# fmt: on
_LAST_WORDS = frozenset({"key", "keys", "pass"})
_COUNTED_WORDS = frozenset({"token", "tokens", "key", "keys"})
_NOTHING = frozenset({"None", "True", "False", "null", "undefined", "true", "false", "''", '""'})
# An entry of a dict, an attribute or an argument inside a longer value.
_ENTRY = re.compile(
    r"(?P<name>[\w-]+)(?P<sign>['\"]?\s*[:=]\s*)"
    r"(?P<value>b?'(?:[^'\\]|\\.)*(?:'|$)|b?\"(?:[^\"\\]|\\.)*(?:\"|$)|[^\s,;)\]}'\"]+)"
)
_KNOWN_KEYS = re.compile(
    r"\b(?:sk-[\w-]{16,}|gh[pousr]_\w{20,}|github_pat_\w{20,}|xox[abprs]-[\w-]{10,}|AKIA[0-9A-Z]{16}"
    r"|AIza[\w-]{30,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|glpat-[\w-]{16,})"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*|(?<=://)[^\s/@:]+:[^\s/@]+(?=@)",
    re.DOTALL,
)
_OPAQUE = re.compile(r"b?(?P<quote>['\"])[\w+/=.:-]{16,}(?P=quote)?…?\Z")


def is_secret(name: str) -> bool:
    """Whether a name says that its value is nobody's business."""
    words = _words(name)
    if not _SECRET_WORDS.isdisjoint(words):
        return True
    return len(words) > 1 and words[-1] in _LAST_WORDS


def shown_value(name: str, value: str, *, hide_secrets: bool = True) -> str:
    """The text of a value beside a failing line: short, on one line, without secrets."""
    value = without_addresses(value)
    if hide_secrets:
        value = _without_secrets(name, value)
    return cut(on_one_line(value))


def _without_secrets(name: str, value: str) -> str:
    opaque = name.lower() in _LAST_WORDS and _OPAQUE.match(value)
    if opaque or (is_secret(name) and not _is_harmless(name, value)):
        return HIDDEN
    return _KNOWN_KEYS.sub(HIDDEN, _ENTRY.sub(_entry, value))


def _entry(match: re.Match[str]) -> str:
    name, value = match["name"], match["value"]
    if not is_secret(name) or _is_harmless(name, value):
        return match.group()
    return f"{name}{match['sign']}{HIDDEN}"


def _is_harmless(name: str, value: str) -> bool:
    # That a token is missing is often the very reason of the failure; max_tokens is a count.
    if value in _NOTHING:
        return True
    return value.isdecimal() and len(value) <= 7 and not _COUNTED_WORDS.isdisjoint(_words(name))


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORDS.findall(name)]
