"""A transform over the rows of a frame that stays where it is: in a worker of an engine.

Lives in the process that holds the partition: Dask's ``map_partitions``, Ray's ``map_batches``,
Spark's ``mapInArrow``, or polars call it there. Owns nothing; only the program's own process gets
the rows, and what it gives becomes a frame of the same library.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from typing import Any, Protocol

from codeexec_magics import languages
from codeexec_magics.data.conversion import convert
from codeexec_magics.data.rows import library_of
from codeexec_magics.engine import hosting
from codeexec_magics.errors import InvalidOptions
from codeexec_magics.protocol.scalars import full_type_name
from codeexec_magics.values.options import Program

_SERIES = {"pandas.Series": "pandas", "polars.series.series.Series": "polars"}
_WAYS = {
    "dask": "hand it to the partitions: frame.map_partitions({name}.over_rows)",
    "ray": 'hand it to the batches: dataset.map_batches({name}.over_rows, batch_format="pandas")',
    "pyspark": "hand it to the batches: frame.mapInArrow({name}.over_batches, schema)",
    "dict": 'have the batches as frames: batch_format="pandas" or "pyarrow"',
}


class Mapper(Protocol):
    """What a `Transform` offers here; that stands above this module."""

    @property
    def name(self) -> str:
        """The program's name."""

    @property
    def program(self) -> Program:
        """What is run."""

    def map(
        self, items: Any, *, inputs: Mapping[str, Any] | None, workers: int | None
    ) -> list[Any]:
        """The values of the items, in order."""


def over_rows(transform: Mapper, frame: Any, inputs: Mapping[str, Any]) -> Any:
    """Do what `Transform.over_rows` says.

    Raises:
        InvalidOptions: It is neither a frame nor a series.
        ExecutionFailed: The subclass that matches how the first row that failed did.
    """
    kind = full_type_name(frame)
    library = library_of(frame) or _SERIES.get(kind, "")
    if not library:
        way = _WAYS.get(kind.partition(".")[0], "give it one").format(name=transform.name)
        raise InvalidOptions(
            f"{transform.name}.over_rows takes a frame of pandas, polars or Arrow, "
            f"not {kind}; {way}"
        )
    # An engine has a worker for each of its cores already.
    workers = None if hosting.current() is None else 1
    values = transform.map(frame, inputs=inputs, workers=workers)
    if not values:
        return frame[:0]
    foreign = not languages.find(transform.program.language).reads_pickle
    if not all(isinstance(value, dict) for value in values):
        return _series(values, frame, library, transform.name)
    converter = "arrow" if library == "pyarrow" else library
    made = convert(values, converter, "result", (frame,) if foreign else ())
    if library == "pandas":
        made.index = frame.index
    is_batch = kind.endswith(".RecordBatch")
    return made.combine_chunks().to_batches()[0] if is_batch else made


def over_batches(
    over_rows: Callable[[Any], Any], name: str, batches: Iterable[Any]
) -> Iterator[Any]:
    """Do what `Transform.over_batches` says.

    Raises:
        InvalidOptions: What the iterator gives are no batches of Arrow.
        ExecutionFailed: The subclass that matches how the first row that failed did.
    """
    for batch in batches:
        if library_of(batch) != "pyarrow":
            kind = full_type_name(batch)
            raise InvalidOptions(
                f"{name}.over_batches takes batches of Arrow, not {kind}: "
                f"frame.mapInArrow({name}.over_batches, schema)"
            )
        if batch.num_rows:
            yield over_rows(batch)


def _series(values: list[Any], frame: Any, library: str, name: str) -> Any:
    """Values that are no rows: a series of pandas or polars, or a table of one column."""
    module = import_module(library)
    if library == "pandas":
        return module.Series(values, index=frame.index, name=name)
    if library == "polars":
        return module.Series(name, values)
    maker = getattr(module, type(frame).__name__)
    return maker.from_arrays([module.array(values)], names=[name])
