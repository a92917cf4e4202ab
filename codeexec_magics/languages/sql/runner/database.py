"""The database of one run: a connection that is made ahead, its tables, and its watcher.

Runs in the child. Owns the connection and the thread that stops a query, and tells how far it is.
"""

from __future__ import annotations

import contextlib
import os
import select
import threading
from collections.abc import Callable, Mapping
from typing import Any

from ....errors import EncodingFailed
from ....protocol.numbers import STOP
from ....protocol.scalars import full_type_name, type_module

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

FRAMES = {
    "pandas": ("DataFrame",),
    "polars": ("DataFrame", "LazyFrame"),
    "pyarrow": ("Table", "RecordBatch"),
}


class Database:
    """A connection, to memory or to a file.

    Args:
        path: The file; empty for memory.

    Attributes:
        connection: DuckDB's.
    """

    def __init__(self, path: str = "") -> None:
        import duckdb

        self.connection = duckdb.connect(path or ":memory:", config=dict(_SETTINGS))
        for statement in _SET:
            self.connection.execute(statement)

    def limit(self, memory: int | None, folder: str) -> None:
        """Take no more cores and memory than the run may; write what is too much to a folder."""
        quoted = folder.replace("'", "''")
        self.connection.execute(f"set threads = {len(os.sched_getaffinity(0))}")
        self.connection.execute(f"set temp_directory = '{quoted}'")
        if memory:
            self.connection.execute(f"set memory_limit = '{int(memory * _OF_MEMORY)} bytes'")

    def add_tables(self, inputs: Mapping[str, Any]) -> tuple[dict[str, Any], set[str]]:
        """Make views of the frames among the inputs.

        Returns:
            The other inputs, and the kinds of the frames.
        """
        others, kinds = {}, set()
        for name, value in inputs.items():
            kind = frame_kind(value)
            if kind:
                kinds.add(kind)
                self.connection.register(name, _plain_frame(value, kind))
            else:
                others[name] = value
        return others, kinds

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


def frame_kind(value: Any) -> str:
    """Of which library a frame is; empty if it is none."""
    root = type_module(type(value)).partition(".")[0]
    return root if type(value).__name__ in FRAMES.get(root, ()) else ""


def _plain_frame(frame: Any, kind: str) -> Any:
    """A frame as DuckDB scans it; named levels of an index are columns."""
    if kind == "pandas":
        named = [name for name in frame.index.names if name is not None]
        return frame.reset_index(level=named) if named else frame
    if kind == "polars" and type(frame).__name__ == "LazyFrame":
        return frame.collect()
    return frame


def parameter(name: str, value: Any) -> Any:
    """An input as a statement's parameter.

    Raises:
        EncodingFailed: DuckDB has no type for it.
    """
    root = type_module(type(value)).partition(".")[0]
    if root == "numpy" and hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "to_pydatetime"):
        return value.to_pydatetime()
    kind = full_type_name(value)
    if isinstance(value, (set, frozenset)):
        _refuse(name, kind, f"send a list: -i {name}=list({name})")
    if isinstance(value, int) and not -(2**127) <= value < 2**127:
        _refuse(name, kind, "no integer type of SQL holds it; send it as text")
    if root == "pandas" and hasattr(value, "to_list"):
        _refuse(name, kind, f"send a frame: -i {name}={name}.to_frame()")
    return value


def _refuse(name: str, kind: str, way_out: str) -> None:
    path = f"inputs.{name}"
    raise EncodingFailed(f"{path} ({kind}) cannot be a parameter; {way_out}", path=path)
