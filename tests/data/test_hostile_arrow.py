"""Arrow streams, forms and columns of a hostile sender: the right frame or DecodingFailed."""

from __future__ import annotations

import base64
import contextlib
import io
import resource
import struct
from collections.abc import Iterator
from typing import Any

import numpy
import pandas
import polars
import pyarrow
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codeexec_magics.data import (
    SEALED,
    Arena,
    decode,
    encode,
)
from codeexec_magics.data.conversion import convert, receive
from codeexec_magics.errors import DataError, DecodingFailed

MEMORY = 1 << 29
"""Bytes that reading any of this may take at the most."""


@pytest.fixture(autouse=True)
def little_memory() -> Iterator[None]:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    assert (after - before) * 1024 < MEMORY


def stream(table: Any, **options: Any) -> bytes:
    sink = io.BytesIO()
    write = pyarrow.ipc.IpcWriteOptions(**options)
    with pyarrow.ipc.new_stream(sink, table.schema, options=write) as writer:
        writer.write_table(table)
    return sink.getvalue()


def decoded(raw: bytes, node: dict[str, Any], **options: Any) -> Any:
    arena = Arena.create("test")
    try:
        place = list(arena.append(raw))
        inline = {"$": "arrow", "b": 0, **node}
        descriptor = {"codec": "tree", "inline": inline, "buffers": [place]}
        return decode(descriptor, arena, allow_pickle=False, root="result", **options)
    finally:
        arena.close()


def arrow_node(table: Any, **others: Any) -> dict[str, Any]:
    schema = base64.b64encode(table.schema.serialize()).decode()
    return {"rows": table.num_rows, "kind": "arrow", "form": {"schema": schema}, **others}


TABLE = pyarrow.table(
    {
        "n": pyarrow.array([1, None, 3]),
        "s": ["a", "é", None],
        "k": pyarrow.array(["u", "v", "u"]).dictionary_encode(),
        "l": [[1], [], None],
        "t": pyarrow.array([1, 2, 3], pyarrow.timestamp("us", "UTC")),
        "b": [True, False, None],
        "r": [{"x": 1}, None, {"x": 2}],
    }
)


def test_what_is_sound_is_read() -> None:
    assert decoded(stream(TABLE), arrow_node(TABLE)).equals(TABLE)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1))
def test_any_change_of_a_stream_is_told_or_harmless(changes: list[tuple[float, int]]) -> None:
    raw = bytearray(stream(TABLE))
    for place, byte in changes:
        raw[int(place * len(raw))] = byte

    try:
        table = decoded(bytes(raw), arrow_node(TABLE))
    except DecodingFailed:
        return
    table.validate(full=True)
    with contextlib.suppress(OverflowError):  # a date may be one that Python has not
        assert table.to_pylist() is not None


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2000), st.integers(0, 400), st.binary(max_size=64))
def test_any_cut_of_a_stream_is_told(start: int, length: int, filling: bytes) -> None:
    raw = stream(TABLE)
    changed = raw[:start] + filling + raw[start + length :]

    try:
        table = decoded(changed, arrow_node(TABLE))
    except DecodingFailed:
        return
    table.validate(full=True)


WORDS = st.integers(0, 2**32 - 1) | st.sampled_from([0, 1, 8, 2**31 - 1, 2**31, 2**32 - 1])


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), WORDS), min_size=1, max_size=3))
def test_any_word_of_a_stream_is_told_or_harmless(changes: list[tuple[float, int]]) -> None:
    raw = bytearray(stream(TABLE))
    for place, word in changes:
        struct.pack_into("<I", raw, int(place * len(raw) / 4) * 4, word)

    try:
        table = decoded(bytes(raw), arrow_node(TABLE))
    except DecodingFailed:
        return
    table.validate(full=True)


def array_of(kind: Any, length: int, *buffers: Any, children: Any = None) -> Any:
    """An array that Arrow has not checked."""
    made = [None if buffer is None else pyarrow.py_buffer(buffer) for buffer in buffers]
    return pyarrow.Array.from_buffers(kind, length, made, children=children)


class Extension(pyarrow.ExtensionType):
    """A type whose reader runs code."""

    read = False

    def __init__(self) -> None:
        super().__init__(pyarrow.int64(), "tests.hostile")

    def __arrow_ext_serialize__(self) -> bytes:
        return b""

    @classmethod
    def __arrow_ext_deserialize__(cls, storage: Any, serialized: bytes) -> Any:
        cls.read = True
        return cls()


@pytest.fixture
def extension() -> Iterator[type[Extension]]:
    pyarrow.register_extension_type(Extension())
    Extension.read = False
    yield Extension
    pyarrow.unregister_extension_type("tests.hostile")


def test_an_extension_type_is_refused_before_its_code_runs(extension: type[Extension]) -> None:
    values = pyarrow.ExtensionArray.from_storage(extension(), pyarrow.array([1, 2]))
    plain = pyarrow.table({"x": values})
    inner = pyarrow.table({"x": pyarrow.StructArray.from_arrays([values], ["y"])})

    for table in (plain, inner):
        with pytest.raises(DecodingFailed, match="extension"):
            decoded(stream(table), arrow_node(table))
    sound = pyarrow.table({"x": [1, 2]})
    with pytest.raises(DecodingFailed, match="extension"):
        decoded(stream(sound), arrow_node(plain, rows=2))
    assert not extension.read


def nulls(length: int) -> Any:
    return pyarrow.Array.from_buffers(pyarrow.null(), length, [None])


OFFSETS = numpy.array([0, 100, 2], "i4").tobytes()
MALFORMED = {
    "offsets that run back": array_of(pyarrow.string(), 2, None, OFFSETS, b"abc"),
    "text that is no UTF-8": array_of(
        pyarrow.string(), 1, None, numpy.array([0, 2], "i4").tobytes(), b"\xff\xfe"
    ),
    "lists beyond their items": array_of(
        pyarrow.list_(pyarrow.int8()),
        2,
        None,
        OFFSETS,
        children=[pyarrow.array([1, 2], pyarrow.int8())],
    ),
    "a place beyond the dictionary": pyarrow.DictionaryArray.from_arrays(
        pyarrow.array([0, 9], pyarrow.int8()), pyarrow.array(["a"]), safe=False
    ),
    "a view": pyarrow.array(["a"], pyarrow.string_view()),
    "a union": pyarrow.UnionArray.from_sparse(
        pyarrow.array([0], pyarrow.int8()), [pyarrow.array([1])]
    ),
    "runs": pyarrow.RunEndEncodedArray.from_arrays([1000], [1]),
    "nothing, a million times and more": nulls(1 << 40),
    "items of nothing": array_of(
        pyarrow.list_(pyarrow.null()),
        1,
        None,
        numpy.array([0, 2**31 - 1], "i4").tobytes(),
        children=[nulls(2**31 - 1)],
    ),
    "items of no size": array_of(
        pyarrow.list_(pyarrow.null(), 1 << 30), 4, None, children=[nulls(1 << 32)]
    ),
    "bytes of no size": pyarrow.array([b""], pyarrow.binary(0)),
}  # fmt: skip


@pytest.mark.parametrize("kind", MALFORMED)
def test_what_is_malformed_is_told(kind: str) -> None:
    table = pyarrow.table({"x": MALFORMED[kind]})

    with pytest.raises(DecodingFailed):
        decoded(stream(table, allow_64bit=True), arrow_node(table))


def test_what_is_compressed_is_told() -> None:
    table = pyarrow.table({"x": numpy.zeros(1_000_000), "k": ["a"] * 1_000_000})
    coded = table.set_column(1, "k", table["k"].dictionary_encode())

    for each in (table, coded):
        for codec in ("lz4", "zstd"):
            with pytest.raises(DecodingFailed, match="compressed"):
                decoded(stream(each, compression=codec), arrow_node(each))


@pytest.mark.parametrize(
    "raw",
    [b"", b"\0" * 64, b"ARROW1\0\0", b"\xff" * 64, struct.pack("<Ii", 0xFFFFFFFF, 2**31 - 1),
     stream(TABLE)[:-8] + b"\0" * 16, stream(TABLE) + b"\0" * 8, stream(TABLE) + stream(TABLE)],
    ids=range(8),
)  # fmt: skip
def test_what_is_no_stream_is_told(raw: bytes) -> None:
    with pytest.raises(DecodingFailed):
        decoded(raw, arrow_node(TABLE))


def test_text_that_unpacks_without_end_is_told() -> None:
    words = pyarrow.DictionaryArray.from_arrays(
        pyarrow.array(numpy.zeros(1_000_000, "i1")), pyarrow.array(["x" * 1_000_000])
    )
    table = pyarrow.table({"0": words})
    plain = pyarrow.table({"0": pyarrow.array([], pyarrow.string())})
    node = arrow_node(plain, rows=1_000_000, packed=[0])

    with pytest.raises(DecodingFailed, match="larger than"):
        decoded(stream(table), node)


FRAME = pandas.DataFrame({"n": [1, 2], "s": pandas.Series(["a", None], dtype=object)})


def pandas_node(**changes: Any) -> tuple[bytes, dict[str, Any]]:
    arena = Arena.create("test")
    descriptor = encode(FRAME, arena, reader=SEALED, root="result")
    node = descriptor["inline"]
    raw = bytes(arena.read(*descriptor["buffers"][node["b"]]))
    arena.close()
    return raw, {**node, "b": 0, **changes}


FIELD = {"field": 0, "dtype": {"numpy": "<i8"}}
INDEX = {"range": [0, 2, 1], "names": [None]}
LABELS = {"labels": ["a"], "names": [None], "dtype": {"object": "items"}}


def form(**changes: Any) -> dict[str, Any]:
    return {"columns": [FIELD], "index": INDEX, "labels": LABELS, **changes}


def column(**spec: Any) -> dict[str, Any]:
    return form(columns=[{**FIELD, **spec}])


WRONG_FORMS: list[Any] = [
    None, [], {}, form(columns=None), form(columns=[None]), form(columns=[]), form(index={}),
    form(index={"range": [0, 10**12, 1], "names": [None]}),
    form(index={"range": [0, 2.5, 1], "names": [None]}),
    form(index={"range": [0, 2, 0], "names": [None]}),
    form(index={"range": [0, 2, 1], "names": None}),
    form(index={"levels": [], "names": [], "multi": True}),
    form(index={"levels": [{**FIELD, "freq": "D"}], "names": [None], "multi": False}),
    form(labels={"labels": [[]], "names": [None], "dtype": {"numpy": "<i8"}}),
    form(labels={**LABELS, "labels": "a"}),
    form(labels={**LABELS, "dtype": {"numpy": "O"}}),
    form(labels={**LABELS, "dtype": {"string": "pickle"}}),
    form(labels={**LABELS, "labels": [{"$": "pickle", "b": 0, "buffers": []}]}),
    form(attrs=[1]), form(attrs={"$": "pickle", "b": 0, "buffers": []}),
    column(field=9), column(field=-1), column(field=True), column(field="0"),
    column(dtype=None), column(dtype={}), column(dtype={"numpy": "O"}),
    column(dtype={"numpy": "<f8"}), column(dtype={"numpy": "<M8[ns]"}),
    column(dtype={"numpy": "V8"}), column(dtype={"object": "text"}),
    column(dtype={"object": "__class__"}), column(dtype={"string": "python"}),
    column(dtype={"masked": "Float64"}), column(dtype={"masked": "category"}),
    column(dtype={"masked": "object"}),
    column(dtype={"categories": {"numpy": "<i8"}, "ordered": False}),
    column(dtype={"zone": {"zoneinfo": "../../etc/passwd"}, "unit": "us"}),
    column(dtype={"zone": {"zoneinfo": "No/Where"}, "unit": "us"}),
    column(dtype={"zone": {"pytz": "../x"}, "unit": "us"}),
    column(dtype={"zone": {"offset": 10**9}, "unit": "us"}),
    column(dtype={"zone": {"offset": 0}, "unit": "D"}),
    form(columns=[{"items": [1]}]), form(columns=[{"items": 5}]),
    form(columns=[{"items": [1, {"$": "pickle", "b": 0, "buffers": []}]}]),
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG_FORMS, ids=range(len(WRONG_FORMS)))
def test_a_form_that_does_not_fit_is_told(wrong: Any) -> None:
    raw, node = pandas_node(form=wrong)

    with pytest.raises(DecodingFailed):
        decoded(raw, node)


@pytest.mark.parametrize(
    "changes",
    [
        {"rows": 3}, {"rows": -1}, {"rows": "2"}, {"rows": True}, {"kind": "pickle"},
        {"kind": ["pandas"]}, {"kind": "series"}, {"packed": [0]}, {"packed": [7]},
        {"packed": {}}, {"kind": "polars"}, {"kind": "arrow"}, {"b": 1},
        {"kind": "arrow", "form": {"schema": "AAAA"}},
        {"kind": "polars", "form": {"names": ["a", "a"]}},
        {"kind": "polars", "form": {"names": ["a"]}},
        {"kind": "polars", "form": {"names": ["a", "b"], "enums": [0]}},
        {"kind": "polars", "form": {"names": ["a", "b"], "enums": [5]}},
    ],
    ids=str,
)  # fmt: skip
def test_a_node_that_does_not_fit_is_told(changes: dict[str, Any]) -> None:
    raw, node = pandas_node(**changes)

    with pytest.raises(DecodingFailed):
        decoded(raw, node)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 2**65) | st.text(max_size=4)
    | st.sampled_from(["<i8", "text", "pandas", "series", "polars", "arrow", "UTC", "us", "D"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["field", "dtype", "numpy", "object", "string", "masked", "arrow", "categories",
             "ordered", "zone", "unit", "zoneinfo", "items", "range", "levels", "labels", "names",
             "multi", "freq", "columns", "index", "attrs", "distinct", "$", "v", "schema", "enums"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(["columns", "index", "labels", "attrs", "dtype", "form", "packed", "kind"]),
    JSON,
    st.sampled_from(["pandas", "series", "polars", "arrow", "batch"]),
)
def test_any_form_gives_a_frame_or_the_one_error(part: str, value: Any, kind: str) -> None:
    raw, node = pandas_node(kind=kind)
    if part == "dtype":
        node["form"] = column(dtype=value)
    elif part in ("form", "packed", "kind"):
        node[part] = value
    else:
        node["form"] = form(**{part: value})

    try:
        frame = decoded(raw, node)
    except DecodingFailed:
        return
    assert len(frame) in (0, 2)


def test_a_panic_of_polars_is_told() -> None:
    table = pyarrow.table(
        [pyarrow.array([0], pyarrow.int8())],
        schema=pyarrow.schema(
            [pyarrow.field("l", pyarrow.int8(), metadata={"_PL_ENUM_VALUES2": "99999999999;a"})]
        ),
    )

    frame = decoded(stream(table), {"rows": 1, "kind": "polars", "form": {"names": ["l"]}})

    assert frame.equals(polars.DataFrame({"l": [0]}, schema={"l": polars.Int8}))


def by_columns(inline: Any, raw: bytes = b"", converter: str = "auto") -> Any:
    arena = Arena.create("test")
    try:
        places = [list(arena.append(raw))]
        descriptor = {"codec": "tree", "inline": inline, "buffers": places}
        return receive(descriptor, arena, allow_pickle=False, root="result", converter=converter)
    finally:
        arena.close()


def numbers(dtype: Any = "<f8", **others: Any) -> dict[str, Any]:
    return {"$": "numbers", "dtype": dtype, "b": 0, **others}


def rows(names: Any, columns: Any, count: Any = 2) -> dict[str, Any]:
    return {"$": "rows", "names": names, "columns": columns, "rows": count}


TWO = struct.pack("<2d", 1.0, 2.5)


def test_lists_by_columns_are_lists() -> None:
    texts = {"$": "texts", "b": 0, "n": 2}

    assert repr(by_columns(numbers(), TWO)) == "[1.0, 2.5]"
    assert by_columns(texts, b"a\0\xc3\xa9\0") == ["a", "é"]
    assert by_columns({"$": "booleans", "b": 0}, b"\1\0") == [True, False]
    assert by_columns(rows(["a", "b"], [numbers(), ["x", None]]), TWO) == [
        {"a": 1.0, "b": "x"},
        {"a": 2.5, "b": None},
    ]


@pytest.mark.parametrize(
    ("inline", "raw"),
    [
        (numbers("O"), TWO), (numbers(["<f8"]), TWO), (numbers("<f8"), b"1234567"),
        (numbers("<f8", b=3), TWO), (numbers("<i8", whole=0), TWO),
        (numbers("<f8", whole=0), TWO), (numbers("<f8", whole="0"), TWO),
        ({"$": "texts", "b": 0, "n": 3}, b"a\0b\0"), ({"$": "texts", "b": 0, "n": 2}, b"a\0b"),
        ({"$": "texts", "b": 0, "n": 1}, b"\xff\0"), ({"$": "texts", "b": 0}, b"a\0"),
        ({"$": "booleans", "b": 0}, b"\0\2\1"), ({"$": "booleans", "b": 1}, b""),
        (rows(["a"], [{"$": "booleans", "b": 0}]), b"\1\xff"),
        (rows(["a"], [{"$": "booleans", "b": 0}]), b"\1\0\0"),
        (rows(["a"], [{"$": "texts", "b": 0, "n": 2}]), b"a\0b"),
        (rows(["a"], [{"$": "texts", "b": 0, "n": 2}]), b"a\0\xff\0"),
        (rows(["a"], [{"$": "texts", "b": 0, "n": 3}], 3), b"a\0b\0"),
        (rows(["a"], [{"$": "texts", "b": 0, "n": 1}]), b"a\0"),
        ({"$": "instants", "b": 0}, struct.pack("<d", float("nan"))),
        ({"$": "instants", "b": 0}, struct.pack("<d", 1e300)),
        (rows(["a"], [[1, 2]], 3), b""), (rows(["a"], [[1, 2]], 10**9), b""),
        (rows(["a", "a"], [[1, 2], [1, 2]]), b""), (rows(["a"], [[1, 2], [1, 2]]), b""),
        (rows("a", [[1, 2]]), b""), (rows(["a"], "12"), b""), (rows(["a"], ["12"]), b""),
        (rows(["a"], [{"x": 1, "y": 2}]), b""), (rows([1], [[1, 2]]), b""),
        (rows([], [], 2), b""), (rows(["a"], [numbers()]), b"123"),
        (rows(["a"], [numbers(["<f8"])]), TWO),
        (rows(["a"], [{"$": "pickle", "b": 0, "buffers": []}]), TWO),
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("converter", ["auto", "pandas"])
def test_malformed_columns_are_told(inline: Any, raw: bytes, converter: str) -> None:
    with pytest.raises(DataError):
        by_columns(inline, raw, converter)


@pytest.mark.parametrize("converter", ["pandas", "polars", "arrow"])
def test_text_by_columns_becomes_a_frame_as_rows_would(converter: str) -> None:
    texts = ["a", "", "é😀", ""]
    node = rows(["text", "at"], [{"$": "texts", "b": 0, "n": 4}, [0, 1, 2, 3]], 4)

    made = by_columns(node, "".join(f"{text}\0" for text in texts).encode(), converter)

    wanted = convert([{"text": text, "at": at} for at, text in enumerate(texts)], converter, "")
    assert made.equals(wanted)
    if converter == "pandas":
        assert made.dtypes.equals(wanted.dtypes)
