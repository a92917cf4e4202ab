"""Which program a line means: the cell's body, a file, or a named transform.

Runs in the kernel; starts nothing. What is wrong here is wrong usage.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError

from codeexec_magics import languages
from codeexec_magics.engine.sources import program_of_file
from codeexec_magics.errors import CodeExecError, InvalidOptions
from codeexec_magics.languages import Language
from codeexec_magics.magics.namespace import transforms_in
from codeexec_magics.magics.request import Arguments
from codeexec_magics.magics.suggestions import nearest
from codeexec_magics.values.options import Program

if TYPE_CHECKING:
    from codeexec_magics.engine.transform import Transform


def program_of_cell(arguments: Arguments, body: str, first_line: int) -> Program:
    """The cell's body as a program.

    Args:
        arguments: The line.
        body: The cell without it.
        first_line: The number of the body's first line in the cell.

    Raises:
        UsageError: The line asks for what there is not.
    """
    if arguments.file is not None:
        raise UsageError("-f takes the place of the cell's body: write %transform LANG -f PATH")
    _check_name(arguments.name)
    return Program(body, _language(arguments).name, first_line)


def program_of_line(
    arguments: Arguments, namespace: Mapping[str, Any]
) -> tuple[Program, Transform | None]:
    """The file that ``%transform`` names, or the program of a transform of the namespace, with it.

    Raises:
        UsageError: The line asks for what there is not.
    """
    _check_name(arguments.name)
    if arguments.file is not None:
        language = _language_of_file(arguments)
        return _program(arguments.file, language), None
    transform = _named(arguments, namespace)
    return transform.program, transform


def _language(arguments: Arguments) -> Language:
    word, flag = arguments.word, arguments.language
    try:
        chosen = languages.find(word if word is not None else flag or "python")
        if word is not None and flag is not None and languages.find(flag) is not chosen:
            raise UsageError(f"the line names two languages: {word} and --lang {flag}")
    except CodeExecError as error:
        named = word if word is not None else flag or ""
        meant = _meant(named)
        told = f"no language is called {named!r}{meant}" if meant else str(error)
        raise UsageError(told) from None
    return chosen


def _meant(word: str) -> str:
    """What somebody wanted who took this word for a language."""
    lower = word.lower()
    if re.fullmatch(r"python3?[.\d]+", lower):
        version = lower.removeprefix("python")
        return f"; a version is chosen by %%transform --python {version}"
    if os.path.splitext(word)[1] or os.path.sep in word:
        return f"; a file is run by %transform -f {word}"
    return ""


def _language_of_file(arguments: Arguments) -> Language:
    if arguments.word is not None or arguments.language is not None:
        return _language(arguments)
    try:
        return languages.find_for_file(arguments.file or "")
    except CodeExecError as error:
        raise UsageError(str(error)) from None


def _program(path: str, language: Language) -> Program:
    try:
        return program_of_file(os.path.expanduser(path), language)
    except CodeExecError as error:
        raise UsageError(f"-f: {error}") from None


def _named(arguments: Arguments, namespace: Mapping[str, Any]) -> Transform:
    word = arguments.word
    if word is None or word.lower() in languages.names():
        language = word or arguments.language or "LANG"
        raise UsageError(
            f"there is no code to run: begin a cell with %%transform {language}, "
            f"or name a file: %transform {language} -f PATH"
        )
    known = transforms_in(namespace)
    if word not in known:
        is_else = f": it is a {type(namespace[word]).__name__}" if word in namespace else ""
        hint = is_else or nearest(word, [*known, *languages.names()]) or _meant(word)
        raise UsageError(f"no transform is called {word!r}{hint or '; %%transform -n makes one'}")
    if arguments.language is not None:
        raise UsageError(f"{word} has its language already: leave --lang out")
    if arguments.name is not None:
        raise UsageError(f"{word} has its name already: leave --name out ({word} is a variable)")
    transform: Transform = namespace[word]
    return transform


def _check_name(name: str | None) -> None:
    if name is None:
        return
    from codeexec_magics.engine.transform import check_name  # late: few programs get a name

    try:
        check_name(name)
    except InvalidOptions as error:
        raise UsageError(f"--name: {error}") from None
