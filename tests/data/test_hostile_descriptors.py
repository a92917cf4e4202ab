"""Whatever arrives: a value, or DecodingFailed; nothing else."""

from __future__ import annotations

import os
import pickle
from typing import Any

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codeexec_magics.data import Arena, decode
from codeexec_magics.errors import DecodingFailed

TAGS = [
    *("int", "float", "str", "dict", "tuple", "set", "frozenset", "bytes", "bytearray", "range"),
    *("datetime", "date", "time", "timedelta", "decimal", "fraction", "complex", "uuid", "path"),
    *("scalar", "array", "table", "column", "pickle", "lossy", "nonsense"),
]
TEXTS = st.sampled_from(
    ["<f8", "|b1", "O", "<M8[ns]", "V8", "<U2", "0x1", "nan", "1/0", "2020-01-01", "+05:00", "AA==",
     "Europe/Berlin", "../../etc/passwd", "PosixPath", "WindowsPath", "x", ""]
)  # fmt: skip
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**65), 2**65),
    st.integers(-2, 3),
    st.floats(),
    TEXTS,
    st.text(max_size=3),
)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["a", "$", "v", "b"]), inner, max_size=3),
        st.fixed_dictionaries(
            {"$": st.sampled_from(TAGS)},
            optional={
                "v": inner,
                "b": st.integers(-1, 3) | inner,
                "buffers": st.lists(st.integers(-1, 3), max_size=2) | inner,
                "dtype": TEXTS | inner,
                "shape": st.lists(st.integers(-1, 2**62), max_size=3) | inner,
                "zone": TEXTS | inner,
                "fold": inner,
                "type": TEXTS | inner,
                "text": inner,
            },
        ),
    ),
    max_leaves=8,
)
PLACES = st.lists(
    st.one_of(
        st.tuples(st.sampled_from([0, 64, 128, 192, -64, 2**64]), st.integers(-1, 200)).map(list),
        JSON,
    ),
    max_size=3,
)
DESCRIPTORS = st.one_of(
    JSON,
    st.fixed_dictionaries(
        {"codec": st.just("tree")},
        optional={"inline": JSON, "offset": LEAVES, "length": LEAVES, "buffers": PLACES | JSON},
    ),
)


@pytest.fixture(scope="module")
def memory() -> Any:
    arena = Arena.create("test")
    arena.append(pickle.dumps({"a": 1}, protocol=5).ljust(64, b"\0"))
    arena.append(b'{"a": [1, NaN, {"$": "set", "v": [[]]}]}'.ljust(64))
    arena.append(bytes(range(128)))
    yield arena
    arena.close()


@settings(max_examples=600, deadline=None)
@given(DESCRIPTORS, st.booleans())
def test_any_descriptor_gives_a_value_or_the_one_error(
    memory: Arena, descriptor: Any, allow_pickle: bool
) -> None:
    try:
        decode(descriptor, memory, allow_pickle=allow_pickle, root="result")
    except DecodingFailed as error:
        assert error.path.startswith("result")  # noqa: PT017 (both ends are allowed)


def tree(node: Any, *places: Any) -> dict[str, Any]:
    return {"codec": "tree", "inline": node, "buffers": list(places)}


def array(dtype: Any, shape: Any, index: Any = 0) -> dict[str, Any]:
    return {"$": "array", "dtype": dtype, "shape": shape, "b": index}


@pytest.mark.parametrize(
    ("descriptor", "words"),
    [
        (None, "no value"),
        ({"codec": "yaml", "inline": 1}, "no value"),
        ({"codec": "tree"}, "offset"),
        ({"codec": "tree", "offset": 0, "length": 10**9}, "not within"),
        ({"codec": "tree", "offset": -64, "length": 64}, "not within"),
        ({"codec": "tree", "offset": 2**64, "length": 2**64}, "not within"),
        ({"codec": "tree", "offset": 0.0, "length": 1}, "integers"),
        ({"codec": "tree", "offset": True, "length": 1}, "integers"),
        ({"codec": "tree", "offset": 128, "length": 128}, "codec|decode|JSON|Expecting|utf"),
        (tree(array("<f8", [1]), [1, 8]), "multiple of 64"),
        (tree(array("<f8", [1]), [0, 8, 8]), "was not fetched"),
        (tree(array("<f8", [1]), [0, 8, 8, 8]), "unpack"),
        (tree(array("<f8", [1]), [0, 4]), "has 8 bytes"),
        (tree(array("<f8", [2**62, 4]), [0, 8]), "bytes"),
        (tree(array("<f8", [-1]), [0, 8]), "sizes"),
        (tree(array("<f8", [True]), [0, 8]), "sizes"),
        (tree(array("<f8", [1] * 100), [0, 8]), "cannot be read"),
        (tree(array("O", [1]), [0, 8]), "no dtype"),
        (tree(array("V8", [1]), [0, 8]), "no dtype"),
        (tree(array("i4,O", [1]), [0, 8]), "no dtype"),
        (tree(array("<M8[zz]", [1]), [0, 8]), "cannot be read"),
        (tree(array("|b1", [8]), [128, 8]), "neither 0 nor 1"),
        (tree(array("<f8", [1], 1), [0, 8]), "no buffer"),
        (tree(array("<f8", [1], -1), [0, 8]), "no buffer"),
        (tree(array("<f8", [1], False), [0, 8]), "no buffer"),
        (tree({"$": "bytes", "b": 0}, [0, 10**9]), "not within"),
        (tree({"$": "int", "v": "1" * 5000}), "hexadecimal"),
        (tree({"$": "fraction", "v": "1e999999999/1"}), "n/d"),
        (tree({"$": "fraction", "v": "1/0"}), "ZeroDivision"),
        (tree({"$": "set", "v": [[]]}), "unhashable"),
        (tree({"$": "dict", "v": ["ab"]}), "cannot be read"),
        (tree({"$": "dict", "v": [[[], 1]]}), "unhashable"),
        (tree({"$": "str", "v": [0x110000]}), "cannot be read"),
        (tree({"$": ["int"]}), "a tag is text"),
        (tree({"$": "table"}), "KeyError: 'names'"),
        (tree({"$": "table", "names": [1], "columns": [0], "rows": 0}), "are text"),
        (tree({"$": "table", "names": ["a", "a"], "columns": [0, 0], "rows": 0}), "are distinct"),
        (tree({"$": "table", "names": [], "columns": [], "rows": 2**40}), "no frame has"),
        (tree({"$": "table", "names": ["a"], "columns": [[1]], "rows": 1}), "cannot be read"),
        (tree({"$": "lossy", "text": "x"}), "no value is tagged"),
        (tree({"$": "scalar", "dtype": "<f8", "v": "AAAA"}), "no item"),
        (tree({"$": "scalar", "dtype": "O", "v": "AAAAAAAAAAA="}), "no dtype"),
        (tree({"$": "path", "v": "x", "type": "Path"}), "no class of paths"),
        (tree({"$": "datetime", "v": "2020-01-01", "zone": "../x"}), "ZoneInfo key|norm"),
        (tree({"$": "datetime", "v": "2020-01-01T00:00+09:00", "zone": "Asia/Aden"}), "agree"),
    ],
)  # fmt: skip
def test_what_is_malformed_is_told(memory: Arena, descriptor: Any, words: str) -> None:
    with pytest.raises(DecodingFailed, match=words):
        decode(descriptor, memory, allow_pickle=True, root="result")


def test_the_path_of_what_is_malformed_is_told(memory: Arena) -> None:
    with pytest.raises(DecodingFailed) as caught:
        decode(tree({"a": [1, {"b c": {"$": "x"}}]}), memory, allow_pickle=True, root="result")

    assert caught.value.path == 'result.a[1]["b c"]'


def test_nesting_without_end_is_told(memory: Arena, arena: Arena) -> None:
    inline: Any = {}
    for _ in range(5000):
        inline = [inline, {}]
    offset, length = arena.append(b"[" * 1_000_000)

    for descriptor in (tree(inline), {"codec": "tree", "offset": offset, "length": length}):
        with pytest.raises(DecodingFailed, match="too deeply"):
            decode(descriptor, arena, allow_pickle=True, root="result")


def test_ranges_may_overlap(memory: Arena) -> None:
    nodes = [array("|u1", [4], 0), array("<u2", [2], 1), {"$": "bytes", "b": 0}]
    first, second, raw = decode(
        tree(nodes, [128, 4], [128, 4]), memory, allow_pickle=False, root="result"
    )

    assert first.tolist() == [0, 1, 2, 3]
    assert second.tolist() == [0x0100, 0x0302]
    assert raw == bytes(range(4))


def test_numbers_of_javascript_keep_their_kind(memory: Arena) -> None:
    node = [1, 1.0, -0.0, {"$": "float", "v": "-0"}, {"$": "int", "v": "0x5"}]

    assert repr(decode(tree(node), memory, allow_pickle=False, root="result")) == (
        "[1, 1.0, -0.0, -0.0, 5]"
    )


class Bomb:
    """Raises, on the reader's side, what it was made of."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __reduce__(self) -> Any:
        return _explode, (self.error,)


def _explode(error: BaseException) -> None:
    raise error


class Untold(Exception):
    def __str__(self) -> str:
        raise ZeroDivisionError


def pickled(arena: Arena, value: Any) -> dict[str, Any]:
    offset, length = arena.append(pickle.dumps(value, protocol=5))
    return tree({"x": {"$": "pickle", "b": 0, "buffers": []}}, [offset, length])


@pytest.mark.parametrize(
    "error",
    [ValueError("boom"), SystemExit(2), GeneratorExit(), Untold(), RecursionError(), MemoryError()],
    ids=lambda error: type(error).__name__,
)
def test_a_pickle_that_raises_is_told(arena: Arena, error: BaseException) -> None:
    with pytest.raises(DecodingFailed, match=type(error).__name__) as caught:
        decode(pickled(arena, Bomb(error)), arena, allow_pickle=True, root="result")

    assert caught.value.path == "result.x"


def test_a_pickle_is_not_even_opened_where_it_is_not_allowed(arena: Arena) -> None:
    descriptor = pickled(arena, Bomb(SystemExit(2)))

    with pytest.raises(DecodingFailed, match="not accepted from this sender"):
        decode(descriptor, arena, allow_pickle=False, root="result")


def test_a_pickle_of_a_missing_module_names_it(arena: Arena) -> None:
    offset, length = arena.append(b"cno_such_module_here\nThing\n.")
    descriptor = tree({"$": "pickle", "b": 0, "buffers": []}, [offset, length])

    with pytest.raises(DecodingFailed, match="needs the module 'no_such_module_here'"):
        decode(descriptor, arena, allow_pickle=True, root="result")


@pytest.mark.parametrize("buffers", [[], [5], ["x"], {}, None], ids=repr)
def test_a_pickle_with_wrong_buffers_is_told(arena: Arena, buffers: Any) -> None:
    stream = pickle.dumps(numpy.arange(9), protocol=5, buffer_callback=lambda _: False)
    offset, length = arena.append(stream)
    descriptor = tree({"$": "pickle", "b": 0, "buffers": buffers}, [offset, length])

    with pytest.raises(DecodingFailed):
        decode(descriptor, arena, allow_pickle=True, root="result")


def test_a_hash_that_raises_within_a_key_is_told(arena: Arena) -> None:
    descriptor = pickled(arena, Key())
    descriptor["inline"] = {"$": "dict", "v": [[descriptor["inline"]["x"], 1]]}

    with pytest.raises(DecodingFailed, match="ZeroDivisionError"):
        decode(descriptor, arena, allow_pickle=True, root="result")


class Key:
    def __hash__(self) -> int:
        raise ZeroDivisionError


def test_a_closed_arena_is_told() -> None:
    arena = Arena.create("test")
    arena.append(b"12345678")
    arena.close()

    with pytest.raises(DecodingFailed):
        decode(tree(array("<f8", [1]), [0, 8]), arena, allow_pickle=True, root="result")


def test_claims_of_memory_that_was_never_written_are_refused(arena: Arena) -> None:
    os.ftruncate(arena.fd, 1 << 40)

    with pytest.raises(DecodingFailed, match="never written"):
        decode(tree({"$": "bytes", "b": 0}, [0, 1 << 39]), arena, allow_pickle=True, root="result")
