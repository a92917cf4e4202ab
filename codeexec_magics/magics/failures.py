"""The exceptions that a cell raises: those of the package, drawn by us instead of by IPython.

Runs in the kernel. An exception that knows ``_render_traceback_`` shows our lines only, keeps its
name and message, and stops Run All.
"""

from __future__ import annotations

from codeexec_magics.display.wording import without_addresses
from codeexec_magics.errors import CodeExecError
from codeexec_magics.results import ExecutionResult, Outcome


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


def drawn(error: BaseException, lines: list[str]) -> BaseException:
    """The exception, with what IPython shows as its traceback."""
    vars(error)["_render_traceback_"] = lambda: lines
    return error
