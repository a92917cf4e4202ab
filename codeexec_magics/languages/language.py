"""The description of one language: cheap to import, starts nothing.

Lives in the kernel. A language is one folder with a ``LANGUAGE`` of this type and a runner; it is
registered by an entry point of the group ``codeexec_magics.languages``. The fields are what it
brings, the methods are how the engine asks for it: a hook that throws ends no more than the one
program that needed it, and is logged.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from codeexec_magics.errors import CodeExecError, LanguageUnavailable
from codeexec_magics.languages.description import Description, describe_by_comment
from codeexec_magics.values.options import Program
from codeexec_magics.values.traces import Trace

_log = logging.getLogger("codeexec_magics.languages")


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """What the engine needs to know of a language.

    Attributes:
        name: The one name, for example ``javascript``.
        aliases: Other names that users type.
        suffixes: File name endings, dot included, the usual one first.
        command: Returns the worker's argv. Called with the interpreter that the user asked for
            (a path, or None) and the worker's environment; raises `LanguageUnavailable` with
            advice if there is none.
        takes_versions: Whether ``command`` takes a version in the interpreter's place, too; then
            ``--python 3.12``, or whatever the flag of the language is, may name one.
        modules: Returns what a zygote of the runner loads ahead, for the worker's directory; None
            for a runtime that cannot fork.
        learn: Told which of its libraries a program has loaded, for `modules` or `hints`; None if
            nobody cares.
        hints: Returns words for the command of a worker that is started ahead, on what it may need;
            None where it cannot prepare for anything.
        extract: Turns what the runtime wrote to the outputs arena when it crashed, and the
            program, into a trace; None for a runtime that writes nothing there.
        describe: What a program's source tells of it, for the names of its inputs; None where
            its first comment is all that can be told.
        check: What is wrong with a program's syntax, told before anything runs; None where the
            language has no such check. Judges by the runtime that a program gets by default.
        checker: A program that does the same where only the runtime can: given ``programs``, a list
            of ``{source, first_line, entry}``, its value has for each null or ``{type, message,
            notes, line, column}``; '' for none.
        typed: Whether its programs are checked by the compiler of TypeScript before they run.
        reads: What its runner reads beyond the plain kinds of PROTOCOL.md: ``arrow`` (streams),
            ``pickle`` and ``python`` (Python's own), ``microseconds`` (instants finer than
            milliseconds).
        more: What its runner is told with each program beside what PROTOCOL.md has for all.
        decode: Turns the bytes of a program's file into its text; raises UnicodeDecodeError,
            LookupError or SyntaxError. None for UTF-8.
        maps: Whether the runner serves the items of a map.
        exit_codes: Whether the program's own exit code counts: then ``error`` carries it.
        settings: What a program can be told beside its inputs: the name of a flag without its
            dashes → what its value is called; '' for one without a value.
        standbys: The most workers that stand by, where one is large; None for the setting's.
        environment: Variables for the worker, where the user has not set them.
        syntax: The name under which highlighters know the language.
        comment: What begins a comment that ends with its line.
        out_of_memory: What the runtime writes to stderr when a limit of its own was reached.
        probe: A program whose value is one line on the runtime, for the doctor; '' for none.
    """

    name: str
    aliases: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    command: Callable[[str | None, Mapping[str, str]], Sequence[str]]
    takes_versions: bool = False
    modules: Callable[[str], Sequence[str]] | None = None
    learn: Callable[[Iterable[str]], None] | None = None
    hints: Callable[[], Sequence[str]] | None = None
    extract: Callable[[str, Program], Trace | None] | None = None
    describe: Callable[[Program, tuple[str, ...]], Description] | None = None
    check: Callable[[Program], Trace | None] | None = None
    checker: str = ""
    typed: bool = False
    reads: frozenset[str] = frozenset({"arrow"})
    more: Callable[[], Mapping[str, Any]] | None = None
    decode: Callable[[bytes], str] | None = None
    maps: bool = True
    exit_codes: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)
    standbys: int | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    syntax: str = ""
    comment: str = "#"
    out_of_memory: str = ""
    probe: str = ""

    @property
    def reads_pickle(self) -> bool:
        """Whether the runner reads and writes Python's pickles."""
        return "pickle" in self.reads

    def argv(self, interpreter: str | None, environment: Mapping[str, str]) -> list[str]:
        """The worker's command.

        Raises:
            LanguageUnavailable: There is no such runtime, or the language's own code failed.
        """
        try:
            return [str(word) for word in self.command(interpreter, environment)]
        except CodeExecError:
            raise
        except Exception as error:
            raise self._failed("command", error) from error

    def ahead(self, directory: str) -> list[str] | None:
        """What a zygote loads ahead for a worker in a directory; None if there is no zygote."""
        return None if self.modules is None else list(self._ask("modules", [], directory))

    def hinted(self) -> list[str]:
        """Words for the command of a worker that is started ahead."""
        return [] if self.hints is None else list(self._ask("hints", []))

    def request(self) -> dict[str, Any]:
        """What the runner is told with each program, beside what all runners are."""
        return {} if self.more is None else dict(self._ask("more", {}))

    def learned(self, names: Iterable[str]) -> None:
        """Tell the language which of its libraries a program has loaded."""
        if self.learn is not None:
            self._ask("learn", None, names)

    def crash(self, notes: str, program: Program) -> Trace | None:
        """The trace in what a crashed runtime has left; None if it left none."""
        if self.extract is None or not notes:
            return None
        trace = self._ask("extract", None, notes, program)
        return trace if isinstance(trace, Trace) else None

    def description(self, program: Program, inputs: tuple[str, ...]) -> Description:
        """What a program's source tells of it; never fails.

        Args:
            program: The program.
            inputs: The names it is called with, where its source does not tell them.
        """
        plain = describe_by_comment(program, self.comment, inputs)
        if self.describe is None:
            return plain
        described = self._ask("describe", plain, program, inputs)
        return described if isinstance(described, Description) else plain

    def syntax_error(self, program: Program) -> Trace | None:
        """What is wrong with a program's syntax, as far as that can be told before it runs."""
        trace = None if self.check is None else self._ask("check", None, program)
        return trace if isinstance(trace, Trace) else None

    def _ask(self, hook: str, otherwise: Any, *arguments: Any) -> Any:
        """A hook's answer, or the one that stands for it if the hook throws."""
        try:
            return getattr(self, hook)(*arguments)
        except Exception as error:  # noqa: BLE001 - another's code; programs go on without it
            self._failed(hook, error)
            return otherwise

    def _failed(self, hook: str, error: Exception) -> LanguageUnavailable:
        _log.exception("the hook %r of the language %r failed", hook, self.name)
        return LanguageUnavailable(
            f"cannot run {self.name}: its {hook!r} failed: {type(error).__name__}: {error}; "
            "report this to the package that brings the language"
        )


def resource(folder: str, *names: str) -> str:
    """The path of a file that stands in a language's folder.

    Args:
        folder: ``__file__`` of a module in that folder.
        names: The file's name, after those of the folders that lead to it.
    """
    return str(Path(folder).parent.joinpath(*names))
