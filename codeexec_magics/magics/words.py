"""Cut an option line into words, and a list of inputs at its commas.

Runs in the kernel; pure functions of text. Quotes and balanced brackets hold together what stands
between them, so that a Python expression can be written on the line as it is.
"""

from __future__ import annotations

_CLOSERS = {"(": ")", "[": "]", "{": "}"}
_QUOTES = "\"'"


def split_words(line: str) -> list[str]:
    """The line's words: what blanks outside of quotes and balanced brackets separate.

    One pair of quotes around a whole word is removed, as a shell does, and so is one around what
    follows the ``=`` of ``--option="…"`` and of an environment variable. All others stay, since
    they belong to an expression: ``-i new=df["a b"]``. A word that begins with ``#`` begins a
    comment.

    Raises:
        ValueError: A quote is not closed.
    """
    line = _without_comment(line)
    together = _held_together(line)
    words: list[str] = []
    start: int | None = None
    for position, character in enumerate(line):
        if character.isspace() and not together[position]:
            if start is not None:
                words.append(line[start:position])
            start = None
        elif start is None:
            start = position
    if start is not None:
        words.append(line[start:])

    return [_unquoted(word, before) for word, before in zip(words, ["", *words], strict=False)]


def split_commas(text: str) -> list[str]:
    """The parts between the commas that stand outside of quotes and balanced brackets.

    Raises:
        ValueError: A quote is not closed.
    """
    return _split_at([position for position in _outside(text) if text[position] == ","], text)


def split_assignment(text: str) -> tuple[str, str] | None:
    """``new`` and ``expression`` of ``new=expression``; None if there is no such ``=``.

    The ``=`` of ``==``, ``<=``, ``>=``, ``!=`` and ``:=`` is none.

    Raises:
        ValueError: A quote is not closed.
    """
    for position in _outside(text):
        if text[position] != "=":
            continue
        if text[position + 1 : position + 2] == "=" or text[position - 1 : position] in set(
            "=<>!:"
        ):
            continue
        return text[:position].strip(), text[position + 1 :].strip()
    return None


def _split_at(positions: list[int], text: str) -> list[str]:
    starts = [0, *(position + 1 for position in positions)]
    ends = [*positions, len(text)]
    return [text[start:end].strip() for start, end in zip(starts, ends, strict=True)]


def _outside(text: str) -> list[int]:
    return [position for position, held in enumerate(_held_together(text)) if not held]


def _without_comment(line: str) -> str:
    """The line up to a ``#`` that begins a word."""
    position = 0
    while position < len(line):
        character = line[position]
        if character in _QUOTES:
            position = _closing_quote(line, position)
        elif character == "#" and (position == 0 or line[position - 1].isspace()):
            return line[:position]
        position += 1
    return line


def _held_together(text: str) -> list[bool]:
    """For each character, whether it stands in quotes or in balanced brackets."""
    held = [False] * (len(text) + 1)
    open_brackets: list[tuple[str, int]] = []
    position = 0
    while position < len(text):
        character = text[position]
        if character in _QUOTES:
            end = _closing_quote(text, position)
            held[position : end + 1] = [True] * (end + 1 - position)
            position = end
        elif character in _CLOSERS:
            open_brackets.append((_CLOSERS[character], position))
        elif any(character == closer for closer, _ in open_brackets):
            # Brackets that were opened since and never closed are ordinary characters.
            while open_brackets[-1][0] != character:
                open_brackets.pop()
            start = open_brackets.pop()[1]
            held[start : position + 1] = [True] * (position + 1 - start)
        position += 1
    return held[: len(text)]


def _closing_quote(text: str, start: int) -> int:
    quote = text[start]
    position = start + 1
    while position < len(text):
        if text[position] == "\\":
            position += 1
        elif text[position] == quote:
            return position
        position += 1
    raise ValueError(f"the quote {quote} is not closed: {text[start:]}")


def _unquoted(word: str, before: str) -> str:
    if word[0] in _QUOTES and _closing_quote(word, 0) == len(word) - 1:
        return word[1:-1].replace("\\" + word[0], word[0])
    option, equals, value = word.partition("=")
    if equals and value and (word.startswith("--") or before == "--env"):
        return option + equals + _unquoted(value, option)
    return word
