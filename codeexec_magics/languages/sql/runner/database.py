"""The database of one run: a connection that is made ahead, and its watcher.

Runs in the child. Owns the connection and the thread that stops a query, and tells how far it is.
"""

from __future__ import annotations

import contextlib
import os
import select
import threading
from collections.abc import Callable
from typing import Any

from ....protocol.numbers import STOP

_SETTINGS = {
    # Not found at once, instead of after a download, or ten seconds without a network.
    "autoinstall_known_extensions": "false",
    # Inputs are what the line names: no variable of ours is a table by chance.
    "python_enable_replacements": "false",
    "errors_as_json": "true",
}
_SET = (
    "set enable_progress_bar = true",
    "set enable_progress_bar_print = false",
    "set TimeZone = 'UTC'",
)
_TURN = 0.25
_AGAIN = 0.02
"""Seconds between two interrupts: one may come between two statements, and be forgotten."""
_OF_MEMORY = 0.7
"""The share of a limit that DuckDB takes before it writes to files: it needs some itself."""


class Database:
    """A connection, to memory or to a file.

    Args:
        path: The file; empty for memory.

    Attributes:
        connection: DuckDB's.
    """

    def __init__(self, path: str = "") -> None:
        import duckdb

        self._is_file = bool(path) and path != ":memory:"
        self.connection = _connect(path or ":memory:", duckdb)
        for statement in _SET:
            self.connection.execute(statement)

    def limit(self, memory: int | None, folder: str) -> None:
        """Take no more cores and memory than the run may; write what is too much to a folder."""
        quoted = folder.replace("'", "''")
        self.connection.execute(f"set threads = {len(os.sched_getaffinity(0))}")
        self.connection.execute(f"set temp_directory = '{quoted}'")
        if memory:
            self.connection.execute(f"set memory_limit = '{int(memory * _OF_MEMORY)} bytes'")

    def settle(self) -> None:
        """Have a file hold all that was written: this process does not end as DuckDB expects."""
        if self._is_file:
            with contextlib.suppress(Exception):  # one that is read only, or within a transaction
                self.connection.execute("checkpoint")

    def watch(self, report: Callable[[float, int, str], None]) -> None:
        """Stop the query when the run is to stop, and report how far it is."""
        threading.Thread(target=self._watch, args=(report,), daemon=True).start()

    def _watch(self, report: Callable[[float, int, str], None]) -> None:
        told = -1
        while not select.select([STOP], [], [], _TURN)[0]:
            with contextlib.suppress(Exception):
                percent = int(self.connection.query_progress())
                if percent > max(told, 0) and percent < 100:
                    told = percent
                    report(percent, 100, "%")
        while True:
            with contextlib.suppress(Exception):
                self.connection.interrupt()
            select.select([], [], [], _AGAIN)


def _connect(path: str, duckdb: Any) -> Any:
    """A connection; to a file that may not be written, one to read."""
    try:
        return duckdb.connect(path, config=dict(_SETTINGS))
    except duckdb.Error:
        if not os.path.isfile(path):
            raise
        with contextlib.suppress(duckdb.Error):
            return duckdb.connect(path, read_only=True, config=dict(_SETTINGS))
        raise
