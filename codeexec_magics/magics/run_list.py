"""``%transform_ps`` and ``%transform_kill``: the programs that run, in all threads and subshells.

Runs in the kernel, in whatever thread the magic is called.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from IPython.core.error import UsageError

from codeexec_magics.display.figures import bytes_in_words, seconds_in_words
from codeexec_magics.display.wording import counted, on_one_line
from codeexec_magics.engine.runs import Run, RunFigures, runs
from codeexec_magics.magics.suggestions import nearest

_HEADINGS = ("id", "state", "language", "age", "cpu", "memory", "processes", "program")
_NUMERIC = frozenset({"id", "age", "cpu", "memory", "processes"})
_PROCESS_HEADINGS = ("pid", "age", "cpu", "memory", "name")
_LONGEST_END = 20.0
"""Seconds to wait for a program beyond its grace; a supervisor needs far less."""
_LONGEST_GRACE = 60.0


def listing(*, processes: bool = False) -> str:
    """The runs that are under way as a table of text.

    Args:
        processes: Whether to list the processes of each, too.
    """
    known = runs()
    if not known:
        return "nothing is running"
    figures = [run.figures() for run in known]
    rows = [_row(run, now) for run, now in zip(known, figures, strict=True)]
    lines = _table(_HEADINGS, rows)
    if not processes:
        return "\n".join(lines)
    told = [lines[0]]
    for line, now in zip(lines[1:], figures, strict=True):
        told += [line, *(f"    {inner}" for inner in _processes(now))]
    return "\n".join(told)


def end_runs(words: Sequence[str], *, now: bool = False) -> str:
    """Interrupt runs, wait until nothing of them is left, and tell what came of it.

    Args:
        words: Their numbers, or ``all``.
        now: Whether to kill them without grace.

    Raises:
        UsageError: There is no such run; names those that there are.
    """
    chosen = _chosen(words)
    if not chosen:
        return "nothing is running"
    for run in chosen:
        if now:
            run.kill()
        else:
            run.interrupt()
    return "\n".join(_end_of(run) for run in chosen)


def numbers() -> list[str]:
    """What `end_runs` takes at this moment."""
    return [*(str(run.id) for run in runs()), "all"]


def _chosen(words: Sequence[str]) -> list[Run]:
    known = {str(run.id): run for run in runs()}
    if not words:
        raise UsageError(f"%transform_kill needs a number, or all; {_there_are(known)}")
    if "all" in words:
        if len(words) > 1:
            raise UsageError("%transform_kill: all is all; leave the others out")
        return list(known.values())
    for word in words:
        if word not in known:
            hint = "" if word.isdecimal() else nearest(word, ["all"])
            raise UsageError(f"no program has the number {word!r}{hint}; {_there_are(known)}")
    return [known[word] for word in dict.fromkeys(words)]


def _there_are(known: Iterable[str]) -> str:
    names = ", ".join(known)
    return f"there are {names} (%transform_ps)" if names else "nothing is running"


def _end_of(run: Run) -> str:
    name = f"{run.id}  {run.language}  {on_one_line(run.label)}"
    if run.ended.wait(_LONGEST_GRACE + _LONGEST_END):
        return f"{name}: ended after {seconds_in_words(run.seconds)}, no process left"
    return f"{name}: has not ended yet; %transform_kill --now {run.id} gives it no more time"


def _row(run: Run, now: RunFigures) -> tuple[str, ...]:
    kind = "background, " if run.background else ""
    return (
        str(run.id),
        f"{kind}{run.state}",
        run.language,
        seconds_in_words(run.seconds),
        seconds_in_words(now.cpu_time),
        bytes_in_words(now.memory),
        f"{now.count:,}",
        on_one_line(run.label),
    )


def _processes(now: RunFigures) -> list[str]:
    rows = [
        (
            str(process.pid),
            seconds_in_words(process.age),
            seconds_in_words(process.cpu_time),
            bytes_in_words(process.memory),
            on_one_line(process.name),
        )
        for process in now.processes
    ]
    more = now.count - len(now.processes)
    ending = [f"… {counted(more, 'process', 'processes')} more"] if more > 0 else []
    return [*_table(_PROCESS_HEADINGS, rows), *ending] if rows else []


def _table(headings: Sequence[str], rows: Sequence[tuple[str, ...]]) -> list[str]:
    columns = list(zip(headings, *rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    numeric = [heading in _NUMERIC or heading == "pid" for heading in headings]
    lines = []
    for row in (headings, *rows):
        cells = [
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        ]
        lines.append("  ".join(cells).rstrip())
    return lines
