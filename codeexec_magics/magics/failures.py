"""The exceptions that a cell raises: those of the package, drawn by us instead of by IPython.

Runs in the kernel. An exception that knows ``_render_traceback_`` shows our lines only, keeps its
name and message, and stops Run All.
"""

from __future__ import annotations

import builtins

from codeexec_magics.display.wording import on_one_line, without_addresses
from codeexec_magics.errors import CodeExecError, DecodingFailed, ExpectationNotMet
from codeexec_magics.values.results import ExecutionResult, Outcome

_ANY_FAILURE = ("Exception", "BaseException")


def exception_for(result: ExecutionResult, lines: list[str]) -> BaseException:
    """The exception for a result that is no success.

    Args:
        result: The result.
        lines: What is shown as its traceback; none where the card has said it all.
    """
    if result.outcome is Outcome.INTERRUPTED:
        # By this name a front end knows that the user has stopped the notebook.
        return drawn(KeyboardInterrupt("the program was interrupted"), lines)
    try:
        result.raise_for_outcome()
    except CodeExecError as error:
        # What is compared when a notebook runs again must not hold an address; and a front end
        # puts the exception's name before its text.
        message = str(error).removeprefix(f"{type(error).__name__}: ")
        error.args = (without_addresses(message),)
        return drawn(error.with_traceback(None), lines)
    raise AssertionError("a success raises nothing")


def names_of(result: ExecutionResult, problem: DecodingFailed | None = None) -> tuple[str, ...]:
    """The names of the error that a result is: the program's own type first, then the package's.

    Args:
        result: The result.
        problem: Why a success could not be bound.

    Returns:
        None of them for a success.
    """
    if result.success:
        return () if problem is None else _classes(type(problem))
    try:
        result.raise_for_outcome()
    except CodeExecError as error:
        classes = _classes(type(error))
    if result.outcome is Outcome.CRASHED and (result.exit_code or -1) >= 0:
        classes = (*classes, "SystemExit")  # how a program of Python's ends itself
    # The trace of what was stopped from outside says where, not why.
    if result.outcome is not Outcome.FAILED or result.trace is None:
        return classes
    own = result.trace.type
    short = own.rpartition(".")[2]
    return (own, short, *result.trace.bases, *_builtin_bases(short), *classes)


def unexpected(
    expected: str, result: ExecutionResult, problem: DecodingFailed | None
) -> ExpectationNotMet | None:
    """The exception for a cell that has not failed as it must; None if it has."""
    names = names_of(result, problem)
    if expected in names or (names and expected in _ANY_FAILURE):
        return None
    if not names:
        return ExpectationNotMet(f"expected {expected}, but the cell succeeded")
    line = str(problem) if problem is not None else result.error or result.outcome.value
    told = without_addresses(on_one_line(line))
    return ExpectationNotMet(
        f"expected {expected}, but the cell failed with {names[0]}: "
        f"{told.removeprefix(f'{names[0]}: ')}"
    )


def _classes(kind: type[BaseException]) -> tuple[str, ...]:
    """The names of an exception and of its bases, as far as they tell something."""
    return tuple(base.__name__ for base in kind.__mro__ if base not in Exception.__mro__)


def _builtin_bases(name: str) -> tuple[str, ...]:
    """The bases of an exception that a language has built in, where the runner tells none."""
    kind = getattr(builtins, name, None)
    if isinstance(kind, type) and issubclass(kind, BaseException):
        return _classes(kind)
    return ("Error",) if name.endswith("Error") else ()


def drawn(error: BaseException, lines: list[str]) -> BaseException:
    """The exception, with what IPython shows as its traceback."""
    vars(error)["_render_traceback_"] = lambda: lines
    return error
