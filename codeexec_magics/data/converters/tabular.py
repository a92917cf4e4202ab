"""Any tabular value as named columns of equal length.

Used in the kernel. A frame of pandas keeps its index as leading columns here, as rows of it have
them: levels with names, and labels that do more than count; other tables have no index.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, NoReturn

from ...errors import DataError
from ...protocol.scalars import full_type_name
from ...protocol.tree import Path
from ..foreign.columns_of_pandas import levels_of
from ..foreign.names import text_name

EXPECTED = "a list of row dicts, a dict of columns, a frame, or an array with fields"


class Columns(NamedTuple):
    """A table by columns.

    Attributes:
        names: The columns' names, distinct.
        columns: Each a list (None is missing), an array of numpy, or one of a frame's library.
        rows: The number of rows.
        like: For each column that of the frame which it came from, or None.
        by_rows: Whether it is a list of rows, for the paths of errors.
    """

    names: list[Any]
    columns: list[Any]
    rows: int
    like: list[Any]
    by_rows: bool = False

    def where(self, root: str, at: int) -> Any:
        """A function from the index of a row to the path of its item in a column."""
        name = self.names[at]

        def path(index: int) -> str:
            found = Path(root)
            row, column = ("[{}]", index), ("key", name)
            found.parts.extend((row, column) if self.by_rows else (column, row))
            return str(found)

        return path


def kind_of(value: Any) -> str:
    """What kind of table a value is: its library, or its shape; ``""`` if it is none."""
    if isinstance(value, Columns):
        return "by columns"
    name = full_type_name(value).split(".")
    root, leaf = name[0], name[-1]
    if root in ("pandas", "polars") and leaf == "DataFrame":
        return root
    if root == "pyarrow" and leaf in ("Table", "RecordBatch"):
        return "arrow"
    if root == "numpy" and leaf == "ndarray" and value.dtype.names and value.ndim == 1:
        return "fields"
    if isinstance(value, (list, tuple)) and all(isinstance(row, dict) for row in value):
        return "rows"
    if isinstance(value, dict) and all(map(_is_column, value.values())):
        return "columns"
    return ""


def columns_of(value: Any, wanted: str, root: str) -> Columns:
    """The columns of any tabular value.

    Raises:
        DataError: It is none, or two columns share a name, or they are not equally long.
    """
    kind = kind_of(value)
    if kind == "by columns":
        return value  # type: ignore[no-any-return]
    if kind == "rows":
        names = list(dict.fromkeys(name for row in value for name in row))
        columns: list[Any] = [[row.get(name) for row in value] for name in names]
        return Columns(names, columns, len(value), [None] * len(names), by_rows=True)
    pairs = pairs_of(value)
    if pairs is None:
        refuse(value, wanted, EXPECTED, root)
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise DataError(f"{root} cannot become {wanted}: two columns share a name", path=root)
    counts = {len(column) for _, column in pairs}
    if len(counts) > 1:
        refuse(value, wanted, "columns of equal length", root)
    count = counts.pop() if counts else getattr(value, "shape", (0,))[0]
    return Columns(names, [column for _, column in pairs], count, [None] * len(names))


def pairs_of(value: Any) -> list[tuple[Any, Any]] | None:
    """Labels and columns of a frame, of named series, or of a dict of columns; None of others.

    The levels of an index of pandas that says something come first.
    """
    name = full_type_name(value).split(".")
    if name[0] == "pandas" and name[-1] in ("DataFrame", "Series"):
        levels = levels_of(value)
        if name[-1] == "Series":
            return [*levels, (0 if value.name is None else value.name, value)]
        return levels + [(label, value.iloc[:, at]) for at, label in enumerate(value.columns)]
    kind = kind_of(value)
    if kind == "polars":
        return [(series.name, series) for series in value.get_columns()]
    if kind == "arrow":
        return list(zip(value.schema.names, value.columns))
    if kind == "fields":
        return [(name, value[name]) for name in value.dtype.names]
    return list(value.items()) if kind == "columns" else None


def with_models(columns: Columns, frames: Sequence[Any]) -> Columns:
    """The columns, each with that column of the frames that has its name, where one has.

    Of several frames the one that shares most names comes first.
    """
    known = [dict(pairs) for pairs in map(_named, frames) if pairs is not None]
    wanted = set(columns.names)
    known.sort(key=lambda pairs: -len(wanted & pairs.keys()))
    like = [next((pairs[name] for pairs in known if name in pairs), None) for name in columns.names]
    return columns._replace(like=like)


def _named(frame: Any) -> list[tuple[Any, Any]] | None:
    root = full_type_name(frame).split(".")[0]
    pairs = pairs_of(frame) if root in ("pandas", "polars", "pyarrow") else None
    return None if pairs is None else [(text_name(label), column) for label, column in pairs]


def refuse(value: object, wanted: str, expected: str, root: str) -> NoReturn:
    """Fail with what a value is, and what it should be.

    Raises:
        DataError: Always.
    """
    raise DataError(
        f"{root} ({full_type_name(value)}) cannot become {wanted}; expected {expected}", path=root
    )


def _is_column(value: Any) -> bool:
    return (
        isinstance(value, (list, tuple))
        or getattr(value, "ndim", None) == 1
        or (
            full_type_name(value).split(".")[0] in ("polars", "pyarrow")
            and hasattr(value, "to_numpy")
        )
    )
