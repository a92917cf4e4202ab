"""The structured log events of the package: one constant each, with its fields beside it.

Every record goes to a logger below ``codeexec_magics``, has one of these names as its message,
and carries the fields as ``extra``. The user's data is in none of them.
"""

from __future__ import annotations

import logging
from typing import Any

EXECUTION_STARTED = "execution.started"
"""INFO: ``language``, ``timeout``."""
EXECUTION_FINISHED = "execution.finished"
"""INFO: ``language``, ``outcome``, ``exit_code``, ``seconds``."""
EXECUTION_TIMED_OUT = "execution.timed_out"
"""WARNING: ``language``, ``timeout``."""
PROCESSES_FORCED = "processes.forced"
"""WARNING: ``forced``, ``reaped``, ``left``: processes of the run had to be killed."""
MESSAGE = "message"
"""DEBUG: ``kind``, ``direction``, ``pid``: a message of the protocol passed."""
WORKER_LEASED = "worker.leased"
"""DEBUG: ``pid``, ``reaper``, ``containment``."""
SUPERVISOR_STARTED = "supervisor.started"
"""DEBUG: ``pid``, ``containment``."""
CONTAINMENT_WEAK = "containment.weak"
"""WARNING: ``containment``, ``reason``: this machine holds less than the full guarantee."""
SUPERVISOR_LOST = "supervisor.lost"
"""WARNING: ``pid``: the supervising process vanished; a new one is started at the next use."""
HOST_UNKNOWN = "host.unknown"
"""WARNING: ``host``, ``reason``: an engine cannot be asked whether it still wants its work."""

FAULT = "fault"
"""ERROR, with the traceback: a fault of this package."""


# Nobody who has not asked for them sees them: without a handler Python prints warnings to stderr.
logging.getLogger("codeexec_magics").addHandler(logging.NullHandler())


def emit(logger: logging.Logger, level: int, event: str, **fields: Any) -> None:
    """Log an event with its fields, at no cost when nobody listens."""
    if logger.isEnabledFor(level):
        shown = " ".join(f"{name}={value}" for name, value in fields.items())
        # The fields stand in the text too: most people read logs with the default formatter.
        logger.log(level, "%s %s", event, shown, extra={"event": event, **fields})
