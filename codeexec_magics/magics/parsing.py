"""The option grammar of ``%%transform`` and ``%transform``.

Runs in the kernel; pure functions of text. `parse` knows the grammar alone, not which variables or
languages there are.
"""

from __future__ import annotations

import argparse
import functools
import keyword
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from IPython.core.error import UsageError

from codeexec_magics.magics.contradictions import refuse_contradictions
from codeexec_magics.magics.flag_values import (
    converter_of,
    environment_of,
    isolation_of,
    limits_of,
    settings_of,
    timeout_of,
)
from codeexec_magics.magics.flags import FLAGS, PLANNED, spellings
from codeexec_magics.magics.map_flags import mapping_of
from codeexec_magics.magics.namespace import Scope
from codeexec_magics.magics.request import Arguments, Input
from codeexec_magics.magics.suggestions import nearest_flag
from codeexec_magics.magics.words import split_assignment, split_commas, split_words


def parse(line: str, scope: Scope | None = None) -> Arguments:
    """Read the line behind ``%%transform`` or ``%transform``.

    Args:
        line: The line.
        scope: What ``{name}`` in a flag's value is read from; None leaves it as it stands.

    Raises:
        UsageError: It is not of the grammar; one line that names the nearest right spelling.
    """
    words = words_of(line)
    if words and words[-1] == "\\":
        raise UsageError("the options stand on one line: it cannot be continued with a backslash")
    _refuse_single_dash(words)

    given, rest = _parser().parse_known_args(words)
    word = _only_word(rest)
    if scope is not None and "{" in line:
        from codeexec_magics.magics.expansion import expand  # late: few lines have braces

        expand(given, scope)
    arguments = Arguments(
        word=word,
        language=given.lang,
        inputs=inputs_of(given.input or ()),
        outputs=outputs_of(given.output or ()),
        mapping=mapping_of(given),
        **{
            key: _bindable(f"--{key}", getattr(given, key))
            for key in ("result", "stdout", "stderr", "job")
        },
        name=_bindable("--name", given.name),
        timeout=timeout_of(given.timeout),
        limits=limits_of(given),
        isolation=isolation_of(given),
        settings=settings_of(given),
        raise_error=not given.no_raise_error,
        expect=_dotted("--expect", "an error, such as ValueError", given.expect),
        background=given.bg,
        file=given.file,
        quiet=given.quiet,
        display=_function(given.display),
        environment=environment_of(given.env or ()),
        directory=given.cwd,
        interpreter=given.interpreter,
        python=given.python,
        converter=converter_of(given.converter),
    )
    refuse_contradictions(arguments)
    return arguments


def words_of(line: str) -> list[str]:
    """The words of a magic's line.

    Raises:
        UsageError: A quote is not closed.
    """
    try:
        return split_words(line)
    except ValueError as error:
        raise UsageError(str(error)) from None


class Parser(argparse.ArgumentParser):
    """Tells wrong usage the way IPython's own magics do."""

    def error(self, message: str) -> NoReturn:
        """Called with what is wrong."""
        raise UsageError(message)


class _Once(argparse.Action):
    """Stores a value, and refuses a second one."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        if getattr(namespace, self.dest) is not None:
            parser.error(f"{option_string} is given twice")
        setattr(namespace, self.dest, values)


@functools.cache
def _parser() -> Parser:
    """The one parser: a new one for each cell would cost more than the parsing."""
    parser = Parser(add_help=False, allow_abbrev=False, usage=argparse.SUPPRESS)
    for flag in FLAGS:
        if not flag.metavar:
            parser.add_argument(*flag.names, dest=flag.key, action="store_true")
        else:
            action: Any = "append" if flag.repeatable else _Once
            parser.add_argument(*flag.names, dest=flag.key, action=action)
    return parser


def _refuse_single_dash(words: Sequence[str]) -> None:
    """``-input df`` would be ``-i nput``: refuse it before it means something."""
    for word in words:
        name = word.partition("=")[0]
        if name.startswith("-") and len(name) > 2 and f"-{name}" in (*spellings(), *PLANNED):
            raise UsageError(f"unknown flag {name}; did you mean '-{name}'?")


def _only_word(rest: Sequence[str]) -> str | None:
    for word in rest:
        if not word.startswith("-"):
            continue
        name = word.partition("=")[0]
        if name in PLANNED:
            raise UsageError(f"{name} is not in this version")
        hint = nearest_flag(name, spellings()) or "; %%transform? shows them all"
        raise UsageError(f"unknown flag {name}{hint}")
    if len(rest) > 1:
        raise UsageError(
            f"unexpected {' '.join(map(repr, rest[1:]))}. For two inputs write -i a,b without a "
            "space; put an expression with spaces into quotes or brackets"
        )
    return rest[0] if rest else None


def inputs_of(texts: Iterable[str]) -> tuple[Input, ...]:
    """The inputs that the values of ``-i`` name.

    Raises:
        UsageError: One is no input, or is given twice.
    """
    inputs: list[Input] = []
    for text in texts:
        try:
            inputs.extend(_input(part) for part in split_commas(text))
        except ValueError as error:
            raise UsageError(f"-i {text}: {error}") from None
    for name, count in Counter(entry.name for entry in inputs).items():
        if count > 1:
            raise UsageError(f"-i gives {name!r} {count} times")
    return tuple(inputs)


def _input(part: str) -> Input:
    if not part:
        raise UsageError(
            "-i needs names: a,b or new=expression, without a space behind the comma; "
            "one of them is empty"
        )
    name, expression = split_assignment(part) or (part, part)
    if not _is_name(name):
        if name == expression:
            new, colon, old = part.partition(":")
            meant = f"{new}={old}" if colon and _is_name(new) and _is_name(old) else f"name={part}"
            raise UsageError(f"-i {part}: an expression needs a name: -i {meant}")
        raise UsageError(f"-i {part}: {name!r} is no Python name")
    if name == "inputs":
        raise UsageError(
            f"-i {part}: the program calls all of them together inputs; -i name=inputs"
        )
    if not expression:
        raise UsageError(f"-i {part}: there is no expression behind the =")
    _check_expression(expression, f"-i {part}")
    return Input(name, expression)


def outputs_of(texts: Iterable[str]) -> tuple[str, ...]:
    """The names that the values of ``-o`` list.

    Raises:
        UsageError: One is no name.
    """
    names = [name for text in texts for name in (part.strip() for part in text.split(","))]
    return tuple(_name("-o", name) for name in names)


def _is_name(text: str) -> bool:
    return text.isidentifier() and not keyword.iskeyword(text)


def _name(flag: str, text: str) -> str:
    if not _is_name(text):
        raise UsageError(f"{flag} needs a Python name, not {text!r}")
    return text


def _bindable(flag: str, text: str | None) -> str | None:
    return None if text is None else _name(flag, text)


def _function(text: str | None) -> str | None:
    """The value of ``-d``: a name, or a lambda."""
    if text is None or not text.startswith("lambda"):
        return _dotted("-d", "a function", text)
    _check_expression(text, f"-d {text}")
    return text


def _check_expression(text: str, written: str) -> None:
    try:
        compile(text, f"<{written.partition(' ')[0]}>", "eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = getattr(error, "msg", None) or str(error)
        raise UsageError(f"{written}: this is no Python expression: {reason}") from None


def _dotted(flag: str, what: str, text: str | None) -> str | None:
    parts = [] if text is None else text.split(".")
    if not all(map(_is_name, parts)):
        raise UsageError(f"{flag} needs the name of {what}, not {text!r}")
    return text
