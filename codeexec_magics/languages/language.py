"""The description of one language: cheap to import, starts nothing.

Lives in the kernel. A language is one folder with a ``LANGUAGE`` of this type and a runner; it is
registered by an entry point of the group ``codeexec_magics.languages``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from codeexec_magics.values.options import Program
from codeexec_magics.values.traces import Trace


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
        modules: Returns what a zygote of the runner loads ahead, for the worker's directory; None
            for a runtime that cannot fork.
        learn: Told which of its libraries a program has loaded, for `modules`; None if nobody
            cares.
        extract: Turns what the runtime wrote to the outputs arena when it crashed, and the
            program, into a trace; None for a runtime that writes nothing there.
        reads_pickle: Whether the runner reads and writes Python pickles.
        environment: Variables for the worker, where the user has not set them.
        syntax: The name under which highlighters know the language.
    """

    name: str
    aliases: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    command: Callable[[str | None, Mapping[str, str]], Sequence[str]]
    learn: Callable[[Iterable[str]], None] | None = None
    extract: Callable[[str, Program], Trace | None] | None = None
    modules: Callable[[str], Sequence[str]] | None = None
    reads_pickle: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    syntax: str = ""


def resource(folder: str, *names: str) -> str:
    """The path of a file that stands in a language's folder.

    Args:
        folder: ``__file__`` of a module in that folder.
        names: The file's name, after those of the folders that lead to it.
    """
    return str(Path(folder).parent.joinpath(*names))
