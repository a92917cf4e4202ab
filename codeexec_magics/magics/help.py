"""The text of ``%%transform?``.

Runs in the kernel; made from the table of flags, so that it cannot miss one.
"""

from __future__ import annotations

from codeexec_magics.magics.flags import FLAGS, Flag

_USAGE = """Run a cell in another process, in the language that fits.

::

    %%transform [LANG] [-i a,b] [-o out] …     the cell's body is the program
    %transform [LANG] -f PATH [-i …] [-o …]    a file is
    %transform NAME [-i a,b] [-o out] …        a transform made by -n is

LANG is ``python`` (the default) or ``js``. The program defines ``transform(inputs)``, sync or
async; if it defines none, the value of its last expression is the result. Each input is also a
variable of its own name. The program has a process to itself: nothing that it starts outlives
the cell, and of the notebook's variables only those that the line names are bound. ``-o`` and
``-n`` are bound on success only; ``--result``, ``--stdout`` and ``--stderr`` always.

Examples::

    %%transform js -i df -o out
    function transform({df}) { return df.filter(row => row.x > 1) }

    %%transform -i rows=df[df.x > 1] -i cfg=settings.main -o out --timeout 5
    [row * cfg["factor"] for row in rows.x]

    %%transform js -n clean -i df        with inputs it runs, too; with -n alone it is only defined
    df.map(({x, ...rest}) => rest)

    %transform clean -i df=other -o cleaned
    cleaned = clean(df=other)            the same, as a function that can be pickled

    %%transform --bg -i df -o model --job training     returns at once
    training.stdout; %transform_ps; %transform_kill 1; training.result()

Options
-------
"""

_NOTES = """
An expression may hold blanks and commas inside brackets or quotes: -i new=df["a b"].
One name after -o takes the whole value; more take its keys, columns, or attributes.
Line numbers in a failure are those of the cell, with the magic's own line as line 1.
Defaults: %transform_config.
"""


def help_text() -> str:
    """The documentation of the magic."""
    rows = [(_spelling(flag), flag.meaning) for flag in FLAGS]
    width = max(len(spelling) for spelling, _ in rows)
    table = "".join(f"{spelling:<{width}}  {meaning}\n" for spelling, meaning in rows)
    return _USAGE + table + _NOTES


def _spelling(flag: Flag) -> str:
    return ", ".join(flag.names) + (f" {flag.metavar}" if flag.metavar else "")
