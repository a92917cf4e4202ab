"""What the log says of the beginning and the end of a run, or of a map.

Lives in the thread that executes. Owns nothing.
"""

from __future__ import annotations

import logging

from codeexec_magics.values import events
from codeexec_magics.values.results import ExecutionResult, Outcome

_log = logging.getLogger("codeexec_magics.execution")


def log_start(language: str, timeout: float) -> None:
    """Say that a program is about to be run."""
    events.emit(_log, logging.INFO, events.EXECUTION_STARTED, language=language, timeout=timeout)


def log_end(result: ExecutionResult) -> None:
    """Say how it has ended, and what is out of the ordinary in that."""
    receipt = result.receipt
    if result.outcome is Outcome.TIMED_OUT:
        events.emit(
            _log,
            logging.WARNING,
            events.EXECUTION_TIMED_OUT,
            language=result.language,
            timeout=result.timeout,
        )
    if receipt.forced or receipt.left:
        events.emit(
            _log,
            logging.WARNING,
            events.PROCESSES_FORCED,
            forced=receipt.forced,
            reaped=receipt.reaped,
            left=receipt.left,
        )
    events.emit(
        _log,
        logging.INFO,
        events.EXECUTION_FINISHED,
        language=result.language,
        outcome=result.outcome.value,
        exit_code=result.exit_code,
        seconds=round(result.execution_time, 6),
    )
