"""From what the line says to what is to be run: language, program, and options, all checked.

Runs in the kernel; starts nothing. What is wrong here is wrong usage: it stops the cell before
anything has happened.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from IPython.core.error import UsageError

from codeexec_magics import languages
from codeexec_magics.engine.sources import read_source
from codeexec_magics.engine.transform import Transform, check_name, syntax_failure
from codeexec_magics.errors import CodeExecError, InvalidOptions
from codeexec_magics.languages import Language
from codeexec_magics.magics.arguments import Arguments
from codeexec_magics.magics.flags import nearest
from codeexec_magics.magics.namespace import transforms_in
from codeexec_magics.magics.settings import ISOLATIONS, LIMITS, TransformSettings
from codeexec_magics.values.options import ExecutionOptions, Program
from codeexec_magics.values.results import ExecutionResult


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be run.

    Attributes:
        program: The source and its language.
        options: How it is run.
        transform: The transform that is run, where the line names one.
    """

    program: Program
    options: ExecutionOptions
    transform: Transform | None = None

    @property
    def label(self) -> str:
        """What the run is called: the transform's name; empty for the program's first line."""
        return self.transform.name if self.transform is not None else ""

    def run_options(self, arguments: Arguments, shown: int) -> ExecutionOptions:
        """The options, where nobody gets hold of more of the output than what is shown.

        Args:
            arguments: The line, which may ask to have it kept.
            shown: Characters of each stream that the cell shows.
        """
        names = (arguments.result, arguments.stdout, arguments.stderr, arguments.job)
        if any(names) or arguments.quiet or arguments.background:
            return self.options
        return replace(self.options, kept_output=min(self.options.kept_output, shown))

    def as_transform(self, arguments: Arguments) -> Transform:
        """The program under the name that the line gives it."""
        names = tuple(entry.name for entry in arguments.inputs)
        return Transform(arguments.name or "", self.program, self.options, names)

    def refusal(self) -> ExecutionResult | None:
        """What is wrong with the program before it runs, as a result; None if nothing is known.

        Only Python for this very interpreter can be judged without running it.
        """
        if self.program.language != "python" or self.options.interpreter is not None:
            return None
        return syntax_failure(self.program)

    def check_inputs(self, inputs: Mapping[str, Any]) -> None:
        """Refuse inputs that a named transform does not take.

        Raises:
            UsageError: They do not fit its signature.
        """
        if self.transform is None:
            return
        try:
            self.transform.bind(**inputs)
        except TypeError as error:
            raise UsageError(str(error)) from None


def plan_cell(
    arguments: Arguments, body: str, first_line: int, settings: TransformSettings
) -> Plan:
    """What ``%%transform`` asks for.

    Args:
        arguments: The line.
        body: The cell without it.
        first_line: The number of the body's first line in the cell.
        settings: The defaults.

    Raises:
        UsageError: The line asks for what there is not.
    """
    if arguments.file is not None:
        raise UsageError("-f takes the place of the cell's body: write %transform LANG -f PATH")
    language = _language(arguments)
    _check_name(arguments.name)
    return Plan(Program(body, language.name, first_line), _options(arguments, language, settings))


def plan_line(
    arguments: Arguments, settings: TransformSettings, namespace: Mapping[str, Any]
) -> Plan:
    """What ``%transform`` asks for: a file, or a named transform of the namespace.

    Raises:
        UsageError: The line asks for what there is not.
    """
    _check_name(arguments.name)
    if arguments.file is not None:
        language = _language_of_file(arguments)
        program = Program(_source(arguments.file), language.name)
        return Plan(program, _options(arguments, language, settings))
    transform = _named(arguments, namespace)
    language = languages.find(transform.program.language)
    changes = {**_given(arguments), **_runtime(arguments, language)}
    if arguments.environment:
        changes["environment"] = {**transform.options.environment, **arguments.environment}
    return Plan(transform.program, replace(transform.options, **changes), transform)


def _language(arguments: Arguments) -> Language:
    word, flag = arguments.word, arguments.language
    try:
        chosen = languages.find(word if word is not None else flag or "python")
        if word is not None and flag is not None and languages.find(flag) is not chosen:
            raise UsageError(f"the line names two languages: {word} and --lang {flag}")
    except CodeExecError as error:
        raise UsageError(str(error)) from None
    return chosen


def _language_of_file(arguments: Arguments) -> Language:
    if arguments.word is not None or arguments.language is not None:
        return _language(arguments)
    try:
        return languages.find_for_file(arguments.file or "")
    except CodeExecError as error:
        raise UsageError(str(error)) from None


def _source(path: str) -> str:
    try:
        return read_source(os.path.expanduser(path))
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
        hint = is_else or nearest(word, [*known, *languages.names()])
        raise UsageError(f"no transform is called {word!r}{hint or '; %%transform -n makes one'}")
    if arguments.language is not None:
        raise UsageError(f"{word} has its language already: leave --lang out")
    if arguments.name is not None:
        raise UsageError(f"{word} has its name already: leave --name out ({word} is a variable)")
    transform = namespace[word]
    assert isinstance(transform, Transform)
    return transform


def _check_name(name: str | None) -> None:
    try:
        if name is not None:
            check_name(name)
    except InvalidOptions as error:
        raise UsageError(f"--name: {error}") from None


def _options(
    arguments: Arguments, language: Language, settings: TransformSettings
) -> ExecutionOptions:
    fallback = settings.interpreters.get(language.name)
    defaults: dict[str, Any] = {
        "timeout": math.inf if settings.timeout is None else settings.timeout,
        "grace": settings.grace,
        "kept_output": settings.kept_output,
        "standbys": settings.standbys,
        **{name: getattr(settings, name) or None for name in LIMITS},
        **{name: getattr(settings, name) for name in ISOLATIONS},
        "interpreter": fallback,
        "environment": dict(arguments.environment),
    }
    return _checked({**defaults, **_given(arguments), **_runtime(arguments, language)})


def _checked(fields: dict[str, Any]) -> ExecutionOptions:
    try:
        return ExecutionOptions(**fields)
    except InvalidOptions as error:
        raise UsageError(str(error)) from None


def _given(arguments: Arguments) -> dict[str, Any]:
    """The options that the line sets, apart from the runtime and the environment."""
    changes: dict[str, Any] = {**arguments.limits, **arguments.isolation}
    if arguments.timeout is not None:
        changes["timeout"] = arguments.timeout
    if arguments.converter is not None:
        changes["converter"] = arguments.converter
    if arguments.directory is not None:
        directory = os.path.expanduser(arguments.directory)
        if not os.path.isdir(directory):
            raise UsageError(f"--cwd: there is no folder {arguments.directory!r}")
        changes["directory"] = os.path.abspath(directory)
    return changes


def _runtime(arguments: Arguments, language: Language) -> dict[str, Any]:
    """The interpreter that the line asks for, if it does; found before anything starts."""
    if arguments.interpreter is not None and arguments.python is not None:
        raise UsageError("--interpreter and --python both name a runtime; give one of them")
    if arguments.interpreter is not None:
        path = os.path.abspath(os.path.expanduser(arguments.interpreter))
        if not os.path.isfile(path) or not os.access(path, os.X_OK):
            raise UsageError(f"--interpreter: {arguments.interpreter!r} is no executable file")
        return {"interpreter": path}
    if arguments.python is None:
        return {}
    if language.name != "python":
        raise UsageError(f"--python is for Python programs; for {language.name} use --interpreter")
    try:
        # The runner's argv begins with the interpreter that was found.
        command = language.command(arguments.python, {**os.environ, **arguments.environment})
    except CodeExecError as error:
        raise UsageError(f"--python: {error}") from None
    return {"interpreter": command[0]}
