"""Serve one run of SQL: the statements one after the other, the value of the last.

Runs in the child, in the place of Python's evaluation; all else is the runner's of Python.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from types import FrameType
from typing import Any

from ....data.arrow.query_rows import frame_of
from ....protocol.numbers import UNUSABLE
from ...bridge.runner.messages import error_message, stopped_message
from ...python.runner.serving import Run as PythonRun
from ...python.runner.serving import serve as serve_python
from .database import Database
from .exact import exact
from .failures import SqlError, place_of, sql_error
from .tables import Tables


def serve() -> None:
    """Serve the run that this process was started for; does not return."""
    if not _is_installed("duckdb"):
        sys.stderr.write(f"cannot run sql: {sys.executable} has no DuckDB: pip install duckdb\n")
        os._exit(UNUSABLE)
    serve_python(Run)


class Run(PythonRun):
    """The one run of this process."""

    language = "sql"
    _source = ""
    _start = 0
    _ahead: Database | None = None

    @classmethod
    def rehearse(cls) -> None:
        """Connect while nobody waits."""
        cls._ahead = Database()

    def _evaluate(self) -> tuple[Any, Sequence[str]]:
        self._source = self._request["source"]
        settings = self._request.get("settings", {})
        path = settings.get("db", "")
        try:
            self._database = (None if path else self._ahead) or Database(path)
        except Exception as error:  # noqa: BLE001 - of DuckDB, whatever it is
            raise sql_error(error, self._source, 0) from None
        self._database.limit(self._request.get("memory"), tempfile.gettempdir())
        self._frames = Tables(self._database.connection)
        self._others = self._frames.add(self._inputs())
        self._database.watch(self._progress)
        return self._value()

    def _value(self) -> tuple[Any, Sequence[str]]:
        connection = self._database.connection
        try:
            statements = connection.extract_statements(self._source)
        except Exception as error:  # noqa: BLE001 - of DuckDB, whatever it is
            raise sql_error(error, self._source, 0) from None
        value: Any = None
        rows = False
        for at, statement in enumerate(statements):
            last = at == len(statements) - 1
            value, rows = self._execute(statement, last)
            self._start += len(statement.query)
        self._database.settle()
        wanted = self._request.get("outputs", [])
        return (value, ()) if rows or not wanted else self._tables(value, wanted, bool(statements))

    def _execute(self, statement: Any, last: bool) -> tuple[Any, bool]:
        """Run a statement; its value, if it is the last, and whether that has rows."""
        parameters = self._parameters(statement.named_parameters)
        try:
            return self._run_statement(statement, parameters or None, last)
        except SqlError:
            raise
        except ValueError as error:
            raise SqlError("ValueError", str(error), None, []) from None
        except Exception as error:
            if type(error).__module__.partition(".")[0] not in ("duckdb", "_duckdb"):
                raise
            raise sql_error(self._placed(error, statement), self._source, self._start) from None

    def _run_statement(
        self, statement: Any, parameters: dict[str, Any] | None, last: bool
    ) -> tuple[Any, bool]:
        connection = self._database.connection
        if last and str(statement.type) == "StatementType.SELECT":
            # A relation's rows come as Arrow without a copy.
            relation = connection.sql(statement, params=parameters)
            table = relation.to_arrow_table()
            return self._frame(table, relation.types), True
        connection.execute(statement, parameters)
        if last:
            return self._told()
        connection.complete()
        return None, False

    def _placed(self, error: Exception, statement: Any) -> Exception:
        """The error with its place: a relation's has none, so the statement is bound once more."""
        if type(error).__name__ not in ("BinderException", "CatalogException", "ParserException"):
            return error
        try:
            self._database.connection.execute(statement)
            self._database.connection.abort()
        except Exception as again:  # noqa: BLE001 - it is what is asked for
            return again
        return error

    def _told(self) -> tuple[Any, bool]:
        """What a statement that is no query gives: rows, a plan, a number of rows, or nothing."""
        connection = self._database.connection
        names = [column[0] for column in connection.description or ()]
        if names == ["explain_key", "explain_value"]:
            return "\n".join(row[1] for row in connection.fetchall()), True
        if names == ["Count"]:
            row = connection.fetchone()
            return (row[0] if row else None), False
        if names in ([], ["Success"]):
            return None, False
        types = [column[1] for column in connection.description]
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a copy, which few rows do not mind
            table = connection.to_arrow_table()
        return self._frame(table, types), True

    def _frame(self, table: Any, types: Sequence[Any]) -> Any:
        return frame_of(table, types, self._kind(), self._frames.zones)

    def _kind(self) -> str:
        """The library of the result: that of the inputs, if they have one in common."""
        if self._frames.kinds == {"polars"}:
            return "polars"
        if self._frames.kinds == {"pyarrow"}:
            return "arrow"
        for kind in ("pandas", "polars"):
            if _is_installed(kind):
                return kind
        return "arrow"

    def _tables(self, value: Any, wanted: list[str], ran: bool) -> tuple[Any, Sequence[str]]:
        """The tables of the wanted names, where the last statement has no rows."""
        found = {}
        for name in wanted:
            quoted = '"' + name.replace('"', '""') + '"'
            try:
                relation = self._database.connection.sql(f"from {quoted}")
                table = relation.to_arrow_table()
                found[name] = self._frame(table, relation.types)
            except Exception:  # noqa: BLE001 - there is no such table
                if value is not None:
                    return value, ()
        missing = [name for name in wanted if name not in found]
        if missing:
            return None, missing
        return (found[wanted[0]] if len(wanted) == 1 else found), ()

    def _parameters(self, names: Any) -> dict[str, Any]:
        missing = sorted(name for name in names if name not in self._others)
        if missing:
            at = self._source.find(f"${missing[0]}", self._start)
            way_out = f"there is no input for ${missing[0]}; pass it in: -i {missing[0]}"
            if not missing[0].isidentifier():
                at = self._source.find("?", self._start) if at < 0 else at
                way_out = "parameters have the names of inputs: write `$name`, with -i name"
            span = (at, at + len(missing[0]) + 1) if at >= 0 else None
            raise SqlError("MissingInput", way_out, span, [])
        return {name: exact(self._others[name], f"inputs.{name}")[0] for name in names}

    def _progress(self, done: float, total: int, text: str) -> None:
        self._channel.send({"type": "progress", "done": done, "total": total, "text": text})

    def _describe(self, error: BaseException, kind: str) -> dict[str, Any]:
        if not isinstance(error, SqlError):
            return super()._describe(error, kind)
        said = {
            "class": error.kind,
            "message": str(error),
            "frames": place_of(self._source, self._request["first_line"], error.span),
            "notes": error.notes,
        }
        return {"kind": kind, "trace": error_message(said, self._request)["trace"]}

    def _where(self, frame: FrameType | None) -> dict[str, Any]:
        begin = len(self._source) - len(self._source[self._start :].lstrip())
        frames = place_of(self._source, self._request["first_line"], (begin, begin))
        trace: dict[str, Any] = stopped_message({"frames": frames}, self._request)["trace"]
        return trace


def _is_installed(name: str) -> bool:
    from importlib.util import find_spec

    return find_spec(name) is not None


__all__ = ["Run", "serve"]
