"""A frame that was kept here, with the columns that another language has changed.

Used in the kernel. What arrives is untrusted: names, lengths and places are checked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...protocol.scalars import type_module
from ..converters import arrow_tables, pandas_frames, polars_frames
from ..converters.tabular import Columns, pairs_of
from .columns_of_pandas import only_counts
from .names import level_names, text_name

if TYPE_CHECKING:
    from ..reader import Reader


def value(decoder: Reader, node: dict[str, Any]) -> Any:
    """The frame of a ``frame`` node: columns that have no node are the frame's own.

    Raises:
        Exception: It is malformed, or the columns do not fit.
    """
    frame = decoder.kept(node["v"])
    pairs = pairs_of(frame)
    names, nodes = node["names"], node["columns"]
    if pairs is None:
        raise ValueError("what was kept is no frame")
    if type(names) is not list or type(nodes) is not list or len(names) != len(nodes):
        raise ValueError("the columns of a frame have names")
    if not all(type(name) is str for name in names) or len(set(names)) != len(names):
        raise ValueError("the names of columns are distinct text")
    own = {str(text_name(label)): column for label, column in pairs}
    changed: dict[str, Any] = {}
    for name, inner in zip(names, nodes):
        if inner is not None:
            changed[name] = decoder.value(inner)
            if not hasattr(changed[name], "__len__") or len(changed[name]) != len(frame):
                raise ValueError(f"the column {name!r} has not {len(frame)} rows")
        elif name not in own:
            raise ValueError(f"the frame has no column {name!r}")
    like = [own.get(name) for name in changed]
    columns = Columns(list(changed), list(changed.values()), len(frame), like)
    return _MAKERS[type_module(type(frame)).partition(".")[0]](frame, names, columns)


def _of_pandas(frame: Any, names: list[str], changed: Columns) -> Any:
    import pandas

    if isinstance(frame, pandas.Series):
        frame = frame.to_frame(0 if frame.name is None else frame.name)
    levels = [] if only_counts(frame.index) else level_names(frame.index, frame.columns)
    if all(text_name(level) in names and text_name(level) not in changed.names for level in levels):
        names = [name for name in names if name not in map(text_name, levels)]
        base = frame.copy(deep=False)
    else:
        base = frame.reset_index(names=levels)
    new = pandas_frames.frame(changed, "result")
    new.index = base.index
    places = {text_name(label): at for at, label in enumerate(base.columns)}
    base = base.iloc[:, [places[name] for name in names if name in places]].copy(deep=False)
    places = {text_name(label): at for at, label in enumerate(base.columns)}
    for at, name in enumerate(changed.names):
        if name in places:
            base.isetitem(places[name], new.iloc[:, at])
        else:
            base[name] = new.iloc[:, at]
    return base


def _of_polars(frame: Any, names: list[str], changed: Columns) -> Any:
    new = polars_frames.frame(changed, "result")
    return frame.with_columns(new.get_columns()).select(names)


def _of_arrow(frame: Any, names: list[str], changed: Columns) -> Any:
    import pyarrow

    new = arrow_tables.table(changed, "result")
    is_batch = isinstance(frame, pyarrow.RecordBatch)
    table = pyarrow.Table.from_batches([frame]) if is_batch else frame
    for name in changed.names:
        at = table.schema.get_field_index(name)
        if at < 0:
            table = table.append_column(name, new.column(name))
        else:
            table = table.set_column(at, name, new.column(name))
    table = table.select(names)
    return table.combine_chunks().to_batches()[0] if is_batch and len(table) else table


_MAKERS = {"pandas": _of_pandas, "polars": _of_polars, "pyarrow": _of_arrow}
