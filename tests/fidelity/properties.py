"""What must hold of every frame and value, through JavaScript and back, and through a sandbox.

`Trips` holds the executor, and says of each example whether it is refused: then by its path, before
anything ran. A failing property raises AssertionError with the example.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from comparing import same, same_frame

from codeexec_magics import CodeExecutor
from codeexec_magics.data import SEALED, Arena, decode, encode
from codeexec_magics.data.conversion import convert
from codeexec_magics.data.converters.tabular import pairs_of
from codeexec_magics.data.foreign.names import text_name
from codeexec_magics.errors import DataError, EncodingFailed

PROGRAM = """
({
  untouched: df,
  seen: (df[0], df.map((row) => Object.keys(row).length), df),
  spread: df.map((row) => ({ ...row })),
  chosen: df.filter((row) => true),
  none: df.filter((row) => false),
  columns: df.columns,
})
"""


class Trips:
    """Sends examples to and fro."""

    def __init__(self, executor: CodeExecutor) -> None:
        self._executor = executor
        self.refused = 0
        self.done = 0

    def frame_through_javascript(self, frame: Any) -> None:
        """Untouched it is itself; rebuilt of its rows or columns it has its types and values."""
        result = self._executor.execute_javascript(PROGRAM, {"df": frame})
        if not result.success:
            assert str(result.error).startswith("EncodingFailed: inputs.df"), result.error
            self.refused += 1
            return
        self.done += 1
        made = result.output
        assert made["untouched"] is frame
        assert made["seen"] is frame
        form = _library(frame)
        wanted = flat(frame)
        for way in ("spread", "chosen", "columns"):
            if way != "columns" and not len(wanted):
                continue
            back = convert(made[way], form, "result", [frame])
            back = back[list(wanted.columns)] if form == "pandas" else back.select(names_of(wanted))
            assert same_frame(back, wanted), f"{way}: {told(back, wanted)}"

    def empty_through_javascript(self, frame: Any) -> None:
        """Rows of which none is chosen have the frame's schema."""
        program = "df.filter((row) => false)"
        form = _library(frame)
        result = self._executor.execute_javascript(program, {"df": frame}, converter=form)
        if result.success:
            wanted = flat(frame)[:0] if form != "arrow" else flat(frame).slice(0, 0)
            assert same_frame(result.output, wanted), told(result.output, wanted)

    def value_through_javascript(self, values: list[Any]) -> None:
        """Values come back equal, those that are kept in a container, too."""
        result = self._executor.execute_javascript("inputs.values", {"values": values})
        if not result.success:
            assert str(result.error).startswith("EncodingFailed: inputs.values"), result.error
            self.refused += 1
            return
        self.done += 1
        wanted = _with_one_kind_of_number(values)
        assert same(_with_one_kind_of_number(result.output), wanted), (result.output, values)

    def through_a_sandbox(self, value: Any) -> None:
        """Without pickles it arrives equal, or is refused by path."""
        arena = Arena.create("fidelity")
        try:
            text = json.dumps(encode(value, arena, reader=SEALED, root="result"))
            arena.seal()
            back = decode(json.loads(text), arena, allow_pickle=False, root="result")
        except EncodingFailed as error:
            assert error.path.startswith("result")  # noqa: PT017
            self.refused += 1
            return
        finally:
            arena.close()
        self.done += 1
        assert same(back, value), (back, value)
        if isinstance(value, pd.DataFrame):
            pd.testing.assert_index_equal(back.index, value.index)

    def converted(self, rows: list[dict[str, Any]], form: str) -> None:
        """Rows become a table that says the same, or are refused by path."""
        try:
            made = convert(rows, form, "result")
        except DataError as error:
            assert error.path.startswith("result")  # noqa: PT017
            self.refused += 1
            return
        self.done += 1
        assert len(made) == len(rows)
        back = _rows(made)
        for row, other in zip(rows, back, strict=True):
            for name, item in row.items():
                assert _loosely(other[name]) == _loosely(item), (name, other[name], item)


def _library(frame: Any) -> str:
    if isinstance(frame, pd.DataFrame):
        return "pandas"
    return "polars" if isinstance(frame, pl.DataFrame) else "arrow"


def flat(frame: Any) -> Any:
    """A frame as its rows have it: labels are columns, names are text."""
    if not isinstance(frame, pd.DataFrame):
        return frame
    pairs = pairs_of(frame) or []
    columns = {text_name(name): column.reset_index(drop=True) for name, column in pairs}
    made = pd.DataFrame(dict(enumerate(columns.values())), index=pd.RangeIndex(len(frame)))
    made.columns = pd.Index(list(columns), dtype=object)
    return made


def told(*frames: Any) -> str:
    """Schemas and rows, for a failure."""
    schemas = [getattr(frame, "schema", None) or frame.dtypes.to_dict() for frame in frames]
    return " | ".join(f"{schema} {_rows(f)}" for schema, f in zip(schemas, frames, strict=True))


def names_of(frame: Any) -> list[str]:
    """The names of a table's columns."""
    return list(frame.columns) if isinstance(frame, pl.DataFrame) else frame.schema.names


def _rows(made: Any) -> list[dict[str, Any]]:
    if isinstance(made, pd.DataFrame):
        if not made.shape[1]:
            return [{} for _ in range(len(made))]
        return made.astype(object).to_dict("records")
    return made.to_dicts() if isinstance(made, pl.DataFrame) else made.to_pylist()


def _with_one_kind_of_number(value: Any) -> Any:
    """A value whose whole floats are integers, as JavaScript has no others."""
    if type(value) is float and value.is_integer() and abs(value) < 1 << 53:
        return value if value == 0 and str(value) == "-0.0" else int(value)
    if type(value) in (list, tuple):
        return type(value)(map(_with_one_kind_of_number, value))
    if type(value) is dict:
        return {key: _with_one_kind_of_number(item) for key, item in value.items()}
    if type(value) is np.ndarray and value.dtype == object:
        made = np.empty(value.shape, dtype=object)
        made.reshape(-1)[:] = _with_one_kind_of_number(value.reshape(-1).tolist())
        return made
    return value


def _loosely(value: Any) -> Any:
    """A value as a table may have it: NaN, None and a key that is not there are one."""
    if isinstance(value, dict):
        return {key: _loosely(item) for key, item in value.items() if _loosely(item) is not None}
    if isinstance(value, (list, tuple)) or (hasattr(value, "tolist") and getattr(value, "ndim", 0)):
        return [_loosely(item) for item in value]
    if isinstance(value, Decimal):
        return None if value.is_nan() else value  # a signalling one cannot be compared
    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return None
    if isinstance(value, pa.Scalar):
        return value.as_py()
    return value
