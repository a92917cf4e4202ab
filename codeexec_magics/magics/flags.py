"""The flags of ``%%transform``: one table, from which parser, help, and completion are made.

Runs in the kernel; plain data.
"""

from __future__ import annotations

from typing import NamedTuple

from codeexec_magics.values import CONVERTERS


class Flag(NamedTuple):
    """One option of the line.

    Attributes:
        names: The spellings, short one first.
        metavar: What its value is called in the help; empty for a switch.
        meaning: One line for the help.
        repeatable: Whether it may be given more than once.
        completes: What its value is completed from: ``language``, ``variable``, ``path``,
            ``converter``, ``on_error``, ``error``; empty for nothing.
    """

    names: tuple[str, ...]
    metavar: str
    meaning: str
    repeatable: bool = False
    completes: str = ""

    @property
    def key(self) -> str:
        """The long spelling without its dashes."""
        return max(self.names, key=len).lstrip("-").replace("-", "_")


FLAGS = (
    Flag(
        ("-l", "--lang"), "LANG", "the language, if it is not the first word", completes="language"
    ),
    Flag(
        ("-i", "--input"), "a,b | new=EXPR", "variables in", repeatable=True, completes="variable"
    ),
    Flag(
        ("-o", "--output"),
        "out | a,b",
        "the value out; with a comma its keys, columns, or attributes",
        repeatable=True,
    ),
    Flag(
        ("--map",),
        "ROWS",
        "call the program's function for each item, in several processes",
        completes="variable",
    ),
    Flag(("--workers",), "N", "--map: the number of processes; by default one for each core"),
    Flag(("--batch",), "N", "--map: items sent at a time; with 1 no item is ever run twice"),
    Flag(
        ("--on-error",),
        "stop | go-on | collect",
        "--map: what happens when an item fails",
        completes="on_error",
    ),
    Flag(
        ("--on",),
        "EXPR",
        "--map: where: a client of Dask or ipyparallel, ray, an executor",
        completes="variable",
    ),
    Flag(("--result",), "NAME", "keep the ExecutionResult, whatever happens"),
    Flag(("--stdout", "--out"), "NAME", "keep what is printed instead of showing it"),
    Flag(("--stderr", "--err"), "NAME", "the same for the error stream"),
    Flag(
        ("-n", "--name"),
        "NAME",
        "make the cell a Python function; with inputs or outputs it runs, too",
    ),
    Flag(("--timeout",), "SEC | none", "end the program after this many seconds"),
    Flag(("--memory",), "512M", "end it when its processes together use more memory"),
    Flag(("--cpu-time",), "SEC", "end it after this much processor time, of all its processes"),
    Flag(("--processes",), "N", "end it when it has more than N processes at once"),
    Flag(("--cpus",), "N", "use at most N cores"),
    Flag(("--no-network",), "", "no network"),
    Flag(("--sandbox",), "", "may change only its own folder, no network, output not trusted"),
    Flag(
        ("--seal",), "", "isolate its processes as strongly as this machine can, or refuse to run"
    ),
    Flag(("--bg",), "", "run it in the background: the cell's value is its Job"),
    Flag(("--job",), "NAME", "with --bg: keep the Job"),
    Flag(("--no-raise-error",), "", "show a failure, but let the notebook go on"),
    Flag(
        ("--expect",),
        "ErrorType",
        "it must fail with this error; then the notebook goes on",
        completes="error",
    ),
    Flag(("-f", "--file"), "PATH", "run a file (%transform only)", completes="path"),
    Flag(("-q", "--quiet"), "", "show nothing on success; failures are shown as always"),
    Flag(
        ("-d", "--display"),
        "FUNC",
        "show what this function of the notebook returns for the value",
        completes="variable",
    ),
    Flag(("--env",), "K=V", "an environment variable", repeatable=True),
    Flag(("--cwd",), "DIR", "the program's current directory", completes="path"),
    Flag(
        ("--interpreter",), "PATH", "the runtime's executable, exactly this one", completes="path"
    ),
    Flag(("--db",), "FILE", "sql: a DuckDB file, whose tables last", completes="path"),
    Flag(("--milliseconds",), "", "js, ts: cut off what is finer than that of datetimes"),
    Flag(("--no-check",), "", "ts: run it though its types may be wrong"),
    Flag(("--python",), "3.12 | PATH", "a Python by version or path, 3.9 or newer"),
    Flag(
        ("-c", "--converter"),
        "NAME",
        f"the result as {', '.join(CONVERTERS)}",
        completes="converter",
    ),
)
"""Every flag there is, in the order of the help."""

PIPELINE_SUFFIXES = (".yaml", ".yml", ".json", ".ipynb")
"""The files that ``%transform_pipeline`` reads."""
PIPELINE_FLAGS = (
    Flag(("-i", "--input"), "a,b | new=EXPR", "its inputs", True, "variable"),
    Flag(("-o", "--output"), "out | a,b", "its output; with a comma: some of them", True),
    Flag(("--result",), "NAME", "keep the PipelineResult, whatever happens"),
    Flag(("--workers",), "N", "run so many steps at once"),
    Flag(("--resume",), "", "do not run again what nothing has changed for"),
    Flag(("--no-raise-error",), "", "show a failure, but let the notebook go on"),
    Flag(("-q", "--quiet"), "", "show nothing on success"),
)
"""The flags of ``%transform_pipeline``, in the order of its help."""

ON_ERROR = {"stop": "stop", "go-on": "go on", "collect": "collect"}
"""The words of ``--on-error``, and what each is in `MapPlan`."""

PLANNED = ("--with",)
"""Flags that a later version will have: refused by name."""


def spellings() -> list[str]:
    """Every spelling of every flag."""
    return [name for flag in FLAGS for name in flag.names]


SETTINGS = ("db", "milliseconds", "no-check")
"""Flags that a language has, or has not: `Language.settings` says which."""
