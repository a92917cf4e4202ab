"""Arrays of numpy, of numbers, lists, series and frames.

Used in the kernel. Numpy turns items of several kinds into text or into floats without a word;
what would change is refused by its path.
"""

from __future__ import annotations

from typing import Any

from ...errors import DataError
from ...protocol.scalars import full_type_name
from . import one_kind
from .tabular import columns_of, kind_of, refuse

_EXPECTED = "a number, a list (of lists) of equal kind, a series or a frame"
_LARGEST_EXACT = 2**53


def array(value: Any, root: str) -> Any:
    """The array of a value; an array is itself.

    Raises:
        DataError: It has no array, or none that is exact; its path says where.
    """
    import numpy

    if isinstance(value, numpy.ndarray):
        return value
    if kind_of(value) in ("pandas", "polars", "arrow"):
        return _of_frame(value, root)
    library = full_type_name(value).split(".")[0]
    if library in ("pandas", "polars", "pyarrow") and hasattr(value, "to_numpy"):
        return _of_series(value, library)
    if not isinstance(value, (list, tuple, int, float, complex, bool)):
        refuse(value, "numpy", _EXPECTED, root)
    made = numpy.asarray(value)
    if made.dtype == object:
        refuse(value, "numpy", "items of one kind", root)
    _require_same(made, value, root)
    return made


def _of_series(value: Any, library: str) -> Any:
    if library == "pyarrow":
        return (
            value.to_numpy() if hasattr(value, "chunks") else value.to_numpy(zero_copy_only=False)
        )
    return value.to_numpy()


def _of_frame(value: Any, root: str) -> Any:
    """A matrix of a frame's columns, exact: of one dtype if they agree, else of objects."""
    import numpy

    columns = columns_of(value, "numpy", root)
    library = full_type_name(value).split(".")[0]
    arrays = [_of_series(column, library) for column in columns.columns]
    if not arrays:
        return numpy.empty((columns.rows, 0))
    wanted = numpy.result_type(*arrays)
    if wanted.kind == "f":
        for at, each in enumerate(arrays):
            if each.dtype.kind in "iu" and len(each) and numpy.abs(each).max() > _LARGEST_EXACT:
                place = int(numpy.argmax(numpy.abs(each)))
                path = columns.where(root, at)(place)
                why = "is not exact beside a column of fractions; take its columns one by one"
                raise DataError(f"{path} ({each.dtype}) {why}", path=path)
    if (
        len({each.dtype.kind for each in arrays} - set("iuf"))
        and len({each.dtype for each in arrays}) > 1
    ):
        wanted = numpy.dtype(object)
    return numpy.stack([each.astype(wanted) for each in arrays], axis=1)


def _require_same(made: Any, value: Any, root: str) -> None:
    items, paths = _flat(value, root)
    kind = one_kind.require(items, lambda index: paths(index), "numpy")
    if made.dtype.kind in "iu" and kind == "int":
        return
    for index, (before, after) in enumerate(zip(items, made.reshape(-1).tolist())):
        same = before == after or (before != before and after != after)
        if not same:
            path = paths(index)
            raise DataError(
                f"{path} ({full_type_name(before)}) would be {after!r} in an array of "
                f"{made.dtype}; make it text or a number that the array holds",
                path=path,
            )


def _flat(value: Any, root: str) -> tuple[list[Any], Any]:
    """The items of nested lists, and a function from an item's number to its path."""
    if not isinstance(value, (list, tuple)):
        return [value], lambda _: root
    shape: list[int] = []
    level: Any = value
    while isinstance(level, (list, tuple)) and level:
        shape.append(len(level))
        level = level[0]
    items = list(value)
    for _ in shape[1:]:
        items = [item for inner in items for item in inner]

    def path(index: int) -> str:
        parts = []
        for size in reversed(shape):
            parts.append(f"[{index % size}]")
            index //= size
        return root + "".join(reversed(parts))

    return items, path
