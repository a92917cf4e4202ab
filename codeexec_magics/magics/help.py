"""The text of ``%%transform?``, and of ``--help`` after any magic.

Runs in the kernel; made from the table of flags, so that it cannot miss one.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from IPython.core.error import UsageError

from codeexec_magics.magics.flags import FLAGS, Flag

_HELP = frozenset({"-h", "--help"})
_USAGE = """Run a cell in another process, in the language of your choice.

    %%transform [LANG] [-i a,b] [-o out] …     the cell's body is the program
    %transform [LANG] -f PATH [-i …] [-o …]    a file is the program
    %transform NAME [-i a,b] [-o out] …        a cell that -n has named is the program

LANG is python (the default), js, ts, sql, or bash. The program defines transform(inputs), sync or
async; if it defines none, the value of its last expression is the result. Each input is also a
variable of its own name. The program has a process to itself: it sees only the variables that its
line names, and nothing that it starts outlives the cell. -o and -n are bound on success only;
--result, --stdout, and --stderr always.

Examples

    %%transform js -i df -o out
    function transform({df}) { return df.filter(row => row.x > 1) }

    %%transform -i rows=df[df.x > 1] -i cfg=settings.main -o out --timeout 5
    [row * cfg["factor"] for row in rows.x]

    %%transform js -n clean -i df        a function; with inputs it runs, too
    df.map(({x, ...rest}) => rest)

    %transform clean -i df=other -o cleaned
    cleaned = clean(df=other)            the same, as a function that can be pickled

    %%transform --bg -i df -o model --job training     returns at once
    training.stdout; %transform_ps; %transform_kill 1; training.result()

Options

"""

_NOTES = """
An expression may contain spaces and commas inside brackets or quotes: -i new=df["a b"].
With one name after -o it is the whole value; with more, its keys, columns, or attributes.
Line numbers in a failure are those of the cell, with the magic's own line as line 1.
%transform_config shows the defaults.
"""


def help_text() -> str:
    """The documentation of the magic."""
    rows = [(_spelling(flag), flag.meaning) for flag in FLAGS]
    width = max(len(spelling) for spelling, _ in rows)
    table = "".join(f"    {spelling:<{width}}  {meaning}\n" for spelling, meaning in rows)
    return _USAGE + table + _NOTES


def _spelling(flag: Flag) -> str:
    return ", ".join(flag.names) + (f" {flag.metavar}" if flag.metavar else "")


def with_help(magic: Callable[..., Any]) -> Callable[..., Any]:
    """The magic, which shows its help where its line asks for it, and does nothing else then."""

    @functools.wraps(magic)
    def helped(self: Any, line: str = "", *rest: Any, **keywords: Any) -> Any:
        _rich_traceback_guard = True  # where rich draws tracebacks, it leaves out all up to here
        if "-h" in line and _asks_for_help(line):
            print(inspect.getdoc(getattr(type(self), magic.__name__)))  # noqa: T201 - a magic that answers
            return None
        return _called(magic, self, line, *rest, **keywords)

    return helped


def line_for_help(lines: list[str]) -> list[str]:
    """The lines of a cell; ``%%transform --help`` alone, which IPython refuses, as a line magic.

    One of IPython's ``input_transformers_cleanup``.
    """
    if len(lines) == 1 and lines[0].startswith("%%transform ") and _asks_for_help(lines[0]):
        return [lines[0][1:]]
    return lines


def _called(magic: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
    """What the magic returns; an exception that tells all that is to be told loses our frames."""
    _rich_traceback_omit = True
    try:
        return magic(*arguments, **keywords)
    except BaseException as error:
        if isinstance(error, UsageError) or "_render_traceback_" in vars(error):
            raise error.with_traceback(None) from None
        raise


def _asks_for_help(line: str) -> bool:
    return not _HELP.isdisjoint(line.split())
