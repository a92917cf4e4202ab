"""What a line may not say at once.

Runs in the kernel; pure functions of what the line says.
"""

from __future__ import annotations

from collections import Counter

from IPython.core.error import UsageError

from codeexec_magics.magics.request import Arguments


def refuse_contradictions(arguments: Arguments) -> None:
    """Refuse a line that asks for two things that cannot both be.

    Raises:
        UsageError: It does; tells which.
    """
    _refuse_double_binding(arguments)
    if arguments.display is not None and arguments.quiet:
        raise UsageError("-d shows the value, and -q nothing; leave one of them out")
    if arguments.job is not None and not arguments.background:
        raise UsageError("--job keeps a background job: it needs --bg")
    if arguments.expect is not None and not arguments.raise_error:
        raise UsageError("--expect and --no-raise-error exclude each other")
    if arguments.expect is not None and not arguments.runs:
        raise UsageError("--expect: -n alone runs nothing; give inputs, or leave --expect out")
    if arguments.background:
        _refuse_of_background(arguments)


def _refuse_of_background(arguments: Arguments) -> None:
    if not arguments.runs:
        raise UsageError("--bg: -n alone runs nothing; give inputs or -o, or leave --bg out")
    if arguments.expect is not None:
        raise UsageError("--bg: a cell that does not wait for its end cannot --expect one")
    if not arguments.raise_error:
        raise UsageError("--bg: a job raises nothing; leave --no-raise-error out")
    if arguments.display is not None:
        raise UsageError("--bg: the value is there when the cell has ended; leave -d out")


def _refuse_double_binding(arguments: Arguments) -> None:
    single = (
        *(arguments.result, arguments.stdout, arguments.stderr),
        *(arguments.name, arguments.job),
    )
    names = Counter([*arguments.outputs, *(name for name in single if name)])
    for name, count in names.items():
        if count > 1:
            raise UsageError(f"the line would bind {name!r} {count} times; give each its own name")
