"""Frames of pandas, made again from a table of Arrow and a form (`arrow_of_pandas`).

Used in the kernel and in a Python child. The form is untrusted; numbers are views of the stream's
own memory, which is private and may be written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...protocol.jsonable import read_dtype
from ...protocol.times import text_of
from . import stream, zones
from .tables import field

if TYPE_CHECKING:
    from ..reader import Reader

_MASKED = frozenset(
    [f"{kind}Int{bits}" for kind in ("", "U") for bits in (8, 16, 32, 64)]
    + ["Float32", "Float64", "boolean"]
)
_UNITS = ("s", "ms", "us", "ns")
_LONGEST_FREQUENCY = 40


def value(decoder: Reader, table: Any, raw: memoryview, node: dict[str, Any]) -> Any:
    """The DataFrame or Series of an ``arrow`` node.

    Raises:
        Exception: Table and form do not fit together.
    """
    pandas = _pandas()

    maker, form = _Maker(decoder, table, raw), node["form"]
    index = maker.axis(form["index"], node["rows"])
    columns = form["columns"]
    if type(columns) is not list:
        raise TypeError("the columns of a frame are a list")
    series = {at: maker.column(spec, index) for at, spec in enumerate(columns)}
    frame = pandas.DataFrame(series, index=index, copy=False)
    frame.columns = maker.axis(form["labels"], len(columns))
    made = frame
    if node["kind"] == "series":
        if len(columns) != 1:
            raise ValueError("a series has one column")
        label = frame.columns.tolist()[0]
        made = series[0].rename(label)
    attrs = decoder.value(form.get("attrs", {}))
    if type(attrs) is not dict:
        raise TypeError("the attributes of a frame are a dict")
    made.attrs.update(attrs)
    return made.set_flags(allows_duplicate_labels=False) if form.get("distinct") else made


class _Maker:
    """Makes the parts of one frame."""

    def __init__(self, decoder: Reader, table: Any, raw: memoryview) -> None:
        self._decoder = decoder
        self._table = table
        self._raw = raw

    def column(self, spec: Any, index: Any) -> Any:
        """A column of a frame, as a series."""
        import numpy

        pandas = _pandas()

        if "items" in spec:
            items = self._decoder.value(spec["items"])
            if type(items) is not list or len(items) != len(index):
                raise ValueError("the items of a column are as many as its rows")
            values: Any = numpy.empty(len(items), dtype=object)
            values[:] = items
            return pandas.Series(values, index=index, dtype=object, copy=False)
        array = self._array(spec)
        return pandas.Series(array, index=index, dtype=array.dtype, copy=False)

    def axis(self, spec: Any, length: int) -> Any:
        """An index, or the labels of the columns."""
        pandas = _pandas()

        names = self._decoder.value(spec["names"])
        if type(names) is not list:
            raise TypeError("the names of an index are a list")
        made: Any
        if "range" in spec:
            made = pandas.RangeIndex(*_integers(spec["range"]), name=names[0])
        elif "levels" in spec:
            levels = [self._level(level) for level in spec["levels"]]
            if spec["multi"]:
                made = pandas.MultiIndex.from_arrays(levels, names=names)
            else:
                made = levels[0].rename(names[0])
        else:
            made = self._labels(spec, names)
        if len(made) != length:
            raise ValueError(f"an index of {len(made)} labels does not fit {length}")
        return made

    def _level(self, spec: Any) -> Any:
        pandas = _pandas()

        values = self._array(spec)
        index = pandas.Index(values, dtype=values.dtype, copy=False)
        if spec.get("freq") is None:
            return index
        frequency = text_of(spec, "freq")
        if len(frequency) > _LONGEST_FREQUENCY or not hasattr(index, "freq"):
            raise ValueError("an index has no such frequency")
        return type(index)(index, freq=frequency)

    def _labels(self, spec: Any, names: list[Any]) -> Any:
        pandas = _pandas()

        labels = self._decoder.value(spec["labels"])
        if type(labels) is not list or not all(map(_is_label, labels)):
            raise TypeError("labels are a list of scalars and tuples")
        if spec.get("multi"):
            return pandas.MultiIndex.from_tuples(labels, names=names)
        dtype = spec["dtype"]
        if "string" in dtype:
            kind: Any = _string_dtype(dtype)
        else:
            kind = object if "object" in dtype else read_dtype(dtype["numpy"])
        return pandas.Index(labels, dtype=kind, name=names[0], tupleize_cols=False)

    def _array(self, spec: Any) -> Any:
        """The values of a field in the dtype that its spec names."""
        pandas = _pandas()

        column, dtype = field(self._table, spec["field"]), spec["dtype"]
        if type(dtype) is not dict:
            raise TypeError("a dtype is an object")
        if "numpy" in dtype:
            return self._numpy(column, read_dtype(dtype["numpy"]))
        if "zone" in dtype:
            return self._zoned(column, dtype)
        if "object" in dtype:
            return _objects(column, dtype)
        if "string" in dtype:
            return _string_dtype(dtype).__from_arrow__(_of_text(column))
        if "masked" in dtype:
            return self._masked(column, text_of(dtype, "masked"))
        if "arrow" in dtype:
            return pandas.ArrowDtype(column.type).__from_arrow__(column)
        return self._categories(column, dtype)

    def _numpy(self, column: Any, dtype: Any) -> Any:
        import numpy

        pyarrow = stream.library()
        if column.type != pyarrow.from_numpy_dtype(dtype):
            raise ValueError(f"a column of {column.type} is not one of {dtype}")
        if dtype.kind not in "mM" and column.null_count:
            raise ValueError(f"a column of {dtype} lacks items")
        whole = column.num_chunks == 1 and len(column) > 0
        if not whole or dtype.kind == "b" or column.null_count:
            return numpy.array(column.to_numpy(), dtype=dtype)
        memory = stream.memory_of(self._raw, column.chunk(0), dtype.itemsize)
        return numpy.frombuffer(memory, dtype)

    def _zoned(self, column: Any, dtype: Any) -> Any:
        import numpy

        pandas = _pandas()

        unit = text_of(dtype, "unit")
        if unit not in _UNITS:
            raise ValueError("an instant has no such unit")
        kind = pandas.DatetimeTZDtype(unit, zones.value(dtype["zone"]))
        pyarrow = stream.library()
        instants = self._numpy(column.cast(pyarrow.timestamp(unit)), numpy.dtype(f"M8[{unit}]"))
        return pandas.Series(instants).dt.tz_localize("UTC").astype(kind).array

    def _masked(self, column: Any, name: str) -> Any:
        pandas = _pandas()

        pyarrow = stream.library()
        if name not in _MASKED:
            raise ValueError(f"no dtype is called {name!r}")
        dtype = pandas.api.types.pandas_dtype(name)
        wanted = pyarrow.from_numpy_dtype(dtype.numpy_dtype)
        if column.type != wanted:
            raise ValueError(f"a column of {column.type} is not one of {name}")
        return dtype.__from_arrow__(column)

    def _categories(self, column: Any, dtype: Any) -> Any:
        pandas = _pandas()

        pyarrow = stream.library()
        if not pyarrow.types.is_dictionary(column.type):
            raise ValueError("categories are a dictionary")
        whole = column.unify_dictionaries().combine_chunks()
        if isinstance(whole, pyarrow.ChunkedArray):
            whole = whole.chunk(0) if whole.num_chunks else pyarrow.array([], type=column.type)
        inner = pyarrow.table([whole.dictionary], names=["0"])
        maker = _Maker(self._decoder, inner, self._raw)
        values = maker.column({"field": 0, "dtype": dtype["categories"]}, None)
        categories = pandas.Index(values, dtype=values.dtype)
        kind = pandas.CategoricalDtype(categories, ordered=bool(dtype["ordered"]))
        codes = whole.indices.cast(pyarrow.int64()).fill_null(-1).to_numpy()
        return pandas.Categorical.from_codes(codes, dtype=kind)


def _is_label(label: Any) -> bool:
    if type(label) is tuple:
        return all(map(_is_label, label))
    return label is None or type(label) in (str, int, float, bool)


def _integers(values: Any) -> list[int]:
    if type(values) is not list or len(values) != 3 or {type(each) for each in values} != {int}:
        raise TypeError("a range is three integers")
    return values


def _objects(column: Any, dtype: Any) -> Any:
    import numpy

    pyarrow = stream.library()
    kinds, kind = pyarrow.types, column.type
    fits = {
        "text": kinds.is_string(kind) or kinds.is_large_string(kind),
        "bytes": kinds.is_binary(kind) or kinds.is_large_binary(kind),
        "date": kinds.is_date32(kind),
    }
    if not fits.get(dtype["object"]):
        raise ValueError(f"a column of {kind} has no {dtype['object']!r}")
    values: Any = numpy.empty(len(column), dtype=object)
    values[:] = column.to_pylist()
    if dtype.get("missing") == "nan" and column.null_count:
        values[column.is_null().to_numpy()] = float("nan")
    return values


def _of_text(column: Any) -> Any:
    kinds = stream.library().types
    if not (kinds.is_string(column.type) or kinds.is_large_string(column.type)):
        raise ValueError(f"a column of {column.type} is no text")
    return column


def _string_dtype(dtype: Any) -> Any:
    pandas = _pandas()

    storage = dtype["string"]
    if storage not in ("python", "pyarrow"):
        raise ValueError(f"no text is stored as {storage!r}")
    if dtype.get("missing") == "nan":
        return pandas.StringDtype(storage, na_value=float("nan"))
    return pandas.StringDtype(storage)


def _pandas() -> Any:
    """The library, typed loosely: its stubs lack what extension types need."""
    import pandas

    return pandas
