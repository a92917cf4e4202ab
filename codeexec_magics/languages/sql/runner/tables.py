"""The frames among the inputs as tables: registered without a copy, or refused by name.

Runs in the child. Owns nothing: the connection is the database's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ....data.arrow.query_values import are_alike
from ....errors import EncodingFailed
from ....protocol.scalars import type_module
from .exact import exact, merged

FRAMES = {
    "pandas": ("DataFrame",),
    "polars": ("DataFrame", "LazyFrame"),
    "pyarrow": ("Table", "RecordBatch"),
}


def frame_kind(value: Any) -> str:
    """Of which library a frame is; empty if it is none."""
    root = type_module(type(value)).partition(".")[0]
    return root if type(value).__name__ in FRAMES.get(root, ()) else ""


class Tables:
    """The frames of one run.

    Args:
        connection: DuckDB's.

    Attributes:
        kinds: The libraries that they are of.
        zones: The time zones of their columns, by name: DuckDB keeps none.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.kinds: set[str] = set()
        self.zones: dict[str, str] = {}
        self._unclear: set[str] = set()

    def add(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Make views of the frames among the inputs; the other inputs are returned.

        Raises:
            EncodingFailed: A frame has no exact form as a table.
        """
        others = {}
        for name, value in inputs.items():
            kind = frame_kind(value)
            if not kind:
                others[name] = value
                continue
            self.kinds.add(kind)
            frame = _with_index(value, kind, f"inputs.{name}")
            _check_names(frame, kind, f"inputs.{name}")
            self._check_columns(frame, kind, f"inputs.{name}")
            self._register(name, frame, kind)
        return others

    def _register(self, name: str, frame: Any, kind: str) -> None:
        path = f"inputs.{name}"
        try:
            self._connection.register(name, frame)
        except Exception as error:  # noqa: BLE001 - of DuckDB, whatever it is
            said = _said(error)
            for at, column in enumerate(_names(frame, kind)):
                try:
                    self._connection.register("a column", _column(frame, kind, at, whole=True))
                except Exception as own:  # noqa: BLE001
                    path, said = f"{path}.{column}", _said(own)
                    break
            raise EncodingFailed(
                f"{path} has no form in SQL ({said}); leave it out, or send it as text", path=path
            ) from None

    def _check_columns(self, frame: Any, kind: str, path: str) -> None:
        for at, name in enumerate(_names(frame, kind)):
            column = _column(frame, kind, at)
            dtype = str(getattr(column, "dtype", None) or column.type)
            self._note_zone(name, column)
            if dtype in ("timedelta64[ns]", "duration[ns]", "Duration(time_unit='ns')"):
                _refuse_nanoseconds(column.to_numpy(), f"{path}.{name}")
            elif kind == "pandas" and dtype == "object":
                _check_objects(column, f"{path}.{name}")

    def _note_zone(self, name: str, column: Any) -> None:
        kind = getattr(column, "dtype", None)
        kind = column.type if kind is None else kind
        zone = getattr(kind, "tz", None) or getattr(kind, "time_zone", None)
        if zone is None or name in self._unclear:
            return
        if self.zones.setdefault(name, str(zone)) != str(zone):
            self._unclear.add(name)
            del self.zones[name]


def _with_index(frame: Any, kind: str, path: str) -> Any:
    """A frame as DuckDB scans it; named levels of an index are columns."""
    if kind == "polars" and type(frame).__name__ == "LazyFrame":
        return frame.collect()
    if kind != "pandas":
        return frame
    named = [name for name in frame.index.names if name is not None]
    twice = [name for name in named if name in frame.columns]
    if twice:
        raise EncodingFailed(
            f"{path}: a level of its index is called like a column: {twice[0]!r}; "
            "send it without: .reset_index(drop=True)",
            path=path,
        )
    return frame.reset_index(level=named) if named else frame


def _check_names(frame: Any, kind: str, path: str) -> None:
    """Refuse what DuckDB would call otherwise, without a word."""
    seen: dict[str, str] = {}
    for name in _names(frame, kind):
        before = seen.get(name.lower())
        seen[name.lower()] = name
        if not name:
            raise EncodingFailed(f"{path} has a column without a name; name it", path=path)
        if before is not None:
            raise EncodingFailed(
                f"{path} has the columns {before!r} and {name!r}, which are one name in SQL; "
                "rename one",
                path=path,
            )
    if not seen:
        raise EncodingFailed(f"{path} has no columns; a table of SQL has at least one", path=path)


def _names(frame: Any, kind: str) -> Iterable[str]:
    if kind == "pyarrow":
        return list(frame.schema.names)
    return [str(name) for name in frame.columns]


def _column(frame: Any, kind: str, at: int, whole: bool = False) -> Any:
    """A column, or the frame of it alone."""
    if kind == "pandas":
        return frame.iloc[:, [at] if whole else at]
    if kind == "polars":
        return frame[:, [at]] if whole else frame.to_series(at)
    return frame.select([at]) if whole else frame.column(at)


def _check_objects(column: Any, path: str) -> None:
    """Refuse objects of several kinds: DuckDB would make text of all."""
    if are_alike(column):
        return
    kind = None
    for at, value in enumerate(column):
        if isinstance(value, float) and value != value:
            continue  # what is missing, to pandas
        own = exact(value, f"{path}[{at}]")[1]
        kind = merged(kind, own, f"{path}[{at}]")


def _refuse_nanoseconds(values: Any, path: str) -> None:
    whole = values.astype("m8[us]")
    if ((whole != values) & (whole == whole)).any():
        raise EncodingFailed(
            f"{path} has durations finer than a microsecond, which SQL has not; "
            "round them: .dt.floor('us')",
            path=path,
        )


def _said(error: Exception) -> str:
    """What DuckDB says, without the form that it says it in."""
    text = str(error)
    found = re.search(r'"exception_message":"((?:[^"\\]|\\.)*)"', text)
    return (found[1] if found else text.partition("\n")[0]).strip()
