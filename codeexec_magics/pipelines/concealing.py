"""Find a secret in text, however a program, a traceback or a shell has written it, and hide it.

Runs in the process that runs a pipeline; pure. Knows the ways in which special characters are
written (by a backslash, a number, in percent or as an entity), the lines of a long secret one by
one, and what is left of it where a preview was cut.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

HIDDEN = "•••"
_CUT = re.compile(r"…|\.\.\.")
_MOST_CUTS = 1_000
_SHORTEST_PART = 6
_SHORTEST_LINE = 8
"""Characters; shorter lines of a secret tell nothing, and stand elsewhere, too."""
_MARGIN = r"(?:\s|\\+[nrt]|%0[aAdD9]|%20|\+|\|)+"
"""White space in all ways, with what a traceback puts before each line of a message."""


class Concealer:
    """Hides secrets.

    Args:
        values: The secrets.
    """

    def __init__(self, values: tuple[str, ...]) -> None:
        lines = (line.strip() for value in values for line in value.splitlines())
        parts = {*values, *(line for line in lines if len(line) >= _SHORTEST_LINE)}
        self._secrets = [_Secret(part) for part in sorted(parts, key=len, reverse=True)]

    def hidden(self, text: str) -> str:
        """The text without the secrets."""
        for secret in self._secrets:
            text = secret.whole.sub(HIDDEN, text)
        if _CUT.search(text):
            for secret in self._secrets:
                text = secret.without_rests(text)
        return text

    def clean(self, data: Any) -> Any:
        """Plain data without the secrets, in its keys, too."""
        if isinstance(data, str):
            return self.hidden(data)
        if isinstance(data, dict):
            return {self.clean(name): self.clean(value) for name, value in data.items()}
        if isinstance(data, list | tuple):
            return [self.clean(value) for value in data]
        return data

    def begun(self, text: str) -> int:
        """Where a secret begins that the text may be cut off in; its length if none does."""
        return min((secret.begun(text) for secret in self._secrets), default=len(text))


class Stream:
    """Hides secrets in text that comes piece by piece: an end that may be half of one waits.

    Args:
        concealer: Knows the secrets.
    """

    def __init__(self, concealer: Concealer) -> None:
        self._concealer = concealer
        self._held = ""

    def feed(self, text: str) -> str:
        """What can be shown now."""
        text = self._concealer.hidden(self._held + text)
        end = self._concealer.begun(text)
        self._held = text[end:]
        return text[:end]

    def finish(self) -> str:
        """The rest, when nothing more comes."""
        rest, self._held = self._held, ""
        return rest


class _Secret:
    def __init__(self, value: str) -> None:
        self._value = value
        written = [_written(part) for part in re.findall(r"\s+|\\+|[^\s\\]", value)]
        self._parts = [re.compile(part) for part in written]
        self._first = re.compile("".join(written[:_SHORTEST_PART]))
        self._places: dict[str, list[int]] = {}
        for place, part in enumerate(re.findall(r"\s+|\\+|[^\s\\]", value)):
            self._places.setdefault(part[0], []).append(place)
        self.whole = re.compile("".join(written))

    def without_rests(self, text: str) -> str:
        """The text without the beginning of a secret before a cut, and the end of one behind it."""
        kept, at = [], 0
        for start, end in self._rests(text):
            if start >= at:
                kept += [text[at:start], HIDDEN]
                at = end
        return "".join([*kept, text[at:]])

    def begun(self, text: str) -> int:
        """Where the secret begins that goes on behind the text's end; the length if none does."""
        ends = text[-len(self._value) :]
        lengths = range(min(len(self._value) - 1, len(ends)), 0, -1)
        return len(text) - next((n for n in lengths if ends.endswith(self._value[:n])), 0)

    def _rests(self, text: str) -> Iterator[tuple[int, int]]:
        begins = self._first.search(text) is not None
        for count, cut in enumerate(_CUT.finditer(text)):
            if count == _MOST_CUTS:
                return
            before, behind = cut.span()
            start = max(0, before - 6 * len(self._parts)) if begins else before
            for found in self._first.finditer(text, start, before):
                if self._follow(text, found.start(), 0)[0] == before:
                    yield found.start(), before
                    break
            for place in self._places.get(text[behind : behind + 1], ()):
                end, matched = self._follow(text, behind, place)
                is_end = place + matched == len(self._parts)
                if is_end and matched >= _SHORTEST_PART and place > 0:
                    yield behind, end
                    break

    def _follow(self, text: str, at: int, place: int) -> tuple[int, int]:
        """How far the secret from a place on stands in a text: to where, and how much of it."""
        count = 0
        for part in self._parts[place:]:
            found = part.match(text, at)
            if found is None or found.end() == at:
                break
            at, count = found.end(), count + 1
        return at, count


def _written(part: str) -> str:
    """Matches a character, a run of backslashes or one of white space in all ways to write it."""
    if part.isspace():
        return _MARGIN
    if part[0] == "\\":
        return r"(?:\\+|(?:%5[cC])+)"
    if part.isascii() and (part.isalnum() or part in "-_."):
        return re.escape(part)
    code, raw = ord(part), part.encode("utf-8", "surrogatepass")
    ways = [
        r"\\*" + re.escape(part),
        "(?i:" + "".join(f"%{byte:02x}" for byte in raw) + ")",
        "".join(rf"\\+{byte:03o}" for byte in raw),
        "(?i:" + "".join(rf"\\+x{byte:02x}" for byte in raw) + ")",
        rf"(?i:\\+(?:x0*{code:x}|u\{{?0*{code:x}\}}?)|&#(?:x0*{code:x}|0*{code});)",
    ]
    if html.escape(part) != part:
        ways.append(re.escape(html.escape(part)))
    if code > 0xFFFF:
        high, low = divmod(code - 0x10000, 0x400)
        ways.append(rf"(?i:\\+u{0xD800 + high:x}\\+u{0xDC00 + low:x})")
    if part == "'":
        ways += [r"'\\''", "'\"'\"'"]
    return f"(?:{'|'.join(reversed(ways))})"
