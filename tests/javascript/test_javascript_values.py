"""Values between the wire's nodes and JavaScript: exact, or refused with a path."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import Any

import pytest
from javascript_worker import Answer, base64_text

Run = Callable[..., Answer]

SENT = [
    ("undefined", None),
    ("null", None),
    ("true", True),
    ("0", 0),
    ("-0", {"$": "float", "v": "-0"}),
    ("NaN", {"$": "float", "v": "nan"}),
    ("-Infinity", {"$": "float", "v": "-inf"}),
    ("2 ** 53 - 1", 2**53 - 1),
    ("2 ** 53", float(2**53)),
    ("-(2 ** 70)", -float(2**70)),
    ("1e300", 1e300),
    ("5e-324", 5e-324),
    ("0.1 + 0.2", 0.1 + 0.2),
    ("5n", {"$": "int", "v": "0x5"}),
    ("-(2n ** 64n)", {"$": "int", "v": "-0x10000000000000000"}),
    (r"'a\u0000\"\\ é \u{1f600} \u2028 \x7f'", 'a\0"\\ é \U0001f600 \u2028 \x7f'),
    (r"'x\ud800'", {"$": "str", "v": [0x78, 0xD800]}),
    (r"'\ud800\u{1f600}'", {"$": "str", "v": [0xD800, 0x1F600]}),
    ("[1, , 3]", [1, None, 3]),
    ("({a: undefined, 'b c': 1})", {"a": None, "b c": 1}),
    ("({$: 1, a: 2})", {"$": "dict", "v": [["$", 1], ["a", 2]]}),
    (r"({'\ud800': 1})", {"$": "dict", "v": [[{"$": "str", "v": [0xD800]}, 1]]}),
    ("JSON.parse('{\"__proto__\": 1}')", {"__proto__": 1}),
    ("Object.assign(Object.create(null), {a: 1})", {"a": 1}),
    ("new Map([[1, 'a'], ['$', 2]])", {"$": "dict", "v": [[1, "a"], ["$", 2]]}),
    ("new Set(['a', null])", {"$": "set", "v": ["a", None]}),
    (
        "new Date(Date.UTC(2026, 10, 24, 1, 2, 3, 4))",
        {"$": "datetime", "v": "2026-11-24T01:02:03.004+00:00"},
    ),
    ("Buffer.from('abc')", {"$": "bytes", "v": "YWJj"}),
    ("Buffer.from([1, 2, 3, 4]).subarray(1, 3)", {"$": "bytes", "v": base64_text(b"\2\3")}),
    (
        "new DataView(new Uint8Array([1, 2, 3]).buffer, 1)",
        {"$": "bytes", "v": base64_text(b"\2\3")},
    ),
    ("new Uint8Array([9]).buffer", {"$": "bytes", "v": base64_text(b"\x09")}),
    ("new SharedArrayBuffer(2)", {"$": "bytes", "v": base64_text(b"\0\0")}),
    ("new URL('http://h/x')", "http://h/x"),
    ("({toJSON() { return [1] }})", [1]),
    ("new (class P { toJSON() { return {x: 1} } })", {"x": 1}),
    ("require('node:vm').runInNewContext('({a: [1]})')", {"a": [1]}),
    ("new Proxy([1, 2], {})", [1, 2]),
    ("(() => { const shared = {}; return [shared, shared] })()", [{}, {}]),
]


def test_values_become_their_nodes(run: Run) -> None:
    answer = run(f"[{', '.join(f'({source})' for source, _ in SENT)}]")

    assert [(source, node) for (source, _), node in zip(SENT, answer.node, strict=True)] == SENT
    assert json.dumps(answer.node) == json.dumps([node for _, node in SENT])


TYPED = [
    ("Int8Array", "|i1", "b", [-128, 127]),
    ("Uint8ClampedArray", "|u1", "B", [0, 255]),
    ("Int16Array", "<i2", "<h", [-32768, 32767]),
    ("Uint16Array", "<u2", "<H", [0, 65535]),
    ("Int32Array", "<i4", "<i", [-(2**31), 2**31 - 1]),
    ("Uint32Array", "<u4", "<I", [0, 2**32 - 1]),
    ("Float32Array", "<f4", "<f", [0.5, -1.5]),
    ("Float64Array", "<f8", "<d", [0.1, 1e300]),
    ("BigInt64Array", "<i8", "<q", [-(2**63), 2**63 - 1]),
    ("BigUint64Array", "<u8", "<Q", [0, 2**64 - 1]),
]


def test_typed_arrays_travel_by_the_arena(run: Run) -> None:
    made = []
    for name, _, _, items in TYPED:
        suffix = "n" if name.startswith("Big") else ""
        made.append(f"new {name}([{', '.join(f'{item}{suffix}' for item in items)}])")

    answer = run(f"[{', '.join(made)}]")

    for (name, dtype, layout, items), node in zip(TYPED, answer.node, strict=True):
        assert (node["$"], node["dtype"], node["shape"]) == ("array", dtype, [2]), name
        assert [value for (value,) in struct.iter_unpack(layout, answer.buffer(node["b"]))] == items


def test_bulk_stands_in_the_arena(run: Run) -> None:
    answer = run(
        "({text: 'é'.repeat(70000), bytes: Buffer.alloc(5000, 7), more: new Float64Array(3)})"
    )

    assert "offset" in answer.last["value"]
    assert answer.last["value"]["offset"] % 64 == 0
    assert answer.node["text"] == "é" * 70000
    assert answer.buffer(answer.node["bytes"]["b"]) == b"\7" * 5000
    assert answer.buffer(answer.node["more"]["b"]) == bytes(24)


REFUSED = [
    ("({rows: [1, {when: () => 1}]})", "result.rows[1].when", "Function"),
    ("[Symbol('s')]", "result[0]", "symbol"),
    ("({[Symbol('s')]: 1})", "result", "symbol"),
    ("({'a b': Promise.resolve(1)})", 'result["a b"]', "Promise"),
    ("new Map([['k', new WeakMap()]])", 'result.get("k")', "WeakMap"),
    ("new Map([[[1], 2]])", "result.get(1)", "Array"),
    ("new Map([[1, 'a'], [1n, 'b']])", "result.get(1)", "equals"),
    ("new Set([true, 1])", "result[…][1]", "equals"),
    ("new Set([{}])", "result[…][0]", "Object"),
    ("(() => { const a = {}; a.me = [a]; return a })()", "result.me[0]", "contains itself"),
    ("new (class Point { x = 1 })", "result", "Point"),
    ("[new (class Points extends Array {})]", "result[0]", "Points"),
    ("[new Error('x')]", "result[0]", "Error"),
    ("[/x/]", "result[0]", "RegExp"),
    ("[new Number(5)]", "result[0]", "Number"),
    ("[new Date(NaN)]", "result[0]", "invalid"),
    ("[new Date(8.64e15)]", "result[0]", "9999"),
    ("[new Date(-62167219200000)]", "result[0]", "9999"),
    ("({a: {get b() { throw new TypeError('no') }}})", "result.a.b", "TypeError: no"),
    ("({get b() { throw null }})", "result.b", "null"),
    ("[new Proxy({}, {ownKeys() { throw new Error('trap') }})]", "result[0]", "trap"),
    (
        "[(() => { const r = Proxy.revocable({}, {}); r.revoke(); return r.proxy })()]",
        "result[0]",
        "revoked",
    ),
    ("[{toJSON() { throw new Error('json') }}]", "result[0]", "json"),
    ("(() => { const o = {toJSON() { return o }}; return [o] })()", "result[0]", "contains itself"),
    ("[globalThis]", "result[0]", ""),
    (
        "(() => { let v = 1; for (let i = 0; i < 10000; i++) v = [v]; return v })()",
        "result[0][0]",
        "200 levels",
    ),
    ("[function* () {}()]", "result[0]", ""),
]


@pytest.mark.parametrize(("source", "path", "text"), REFUSED, ids=[path for _, path, _ in REFUSED])
def test_what_cannot_travel_is_refused_by_path_and_name(
    run: Run, source: str, path: str, text: str
) -> None:
    answer = run(source)

    assert (answer.last["type"], answer.last["kind"]) == ("error", "encoding")
    assert answer.last["path"].startswith(path)
    assert text in answer.trace["message"]
    assert answer.trace["message"].startswith(answer.last["path"])
    assert answer.status == 1


RETURNED = [
    {"$": "int", "v": "0x8000000000000000"},
    {"$": "float", "v": "-inf"},
    {"$": "float", "v": "-0"},
    {"$": "str", "v": [0xD800, 0x41]},
    {"$": "dict", "v": [["$", 1], [2, {"$": "float", "v": "nan"}]]},
    {"$": "tuple", "v": [1, {"$": "tuple", "v": []}]},
    {"$": "frozenset", "v": [1, "a", {"$": "tuple", "v": [1, 2]}]},
    {"$": "dict", "v": [[{"$": "tuple", "v": ["a", 1]}, 1]]},
    {"$": "bytes", "v": "AAE="},
    {"$": "bytearray", "v": "AAE="},
    {"$": "datetime", "v": "2026-11-24T01:02:03.123000"},
    {"$": "datetime", "v": "0001-01-01T00:00:00"},
    {"$": "datetime", "v": "2026-10-25T02:30:00+01:00", "zone": "Europe/Berlin", "fold": 1},
    {"$": "date", "v": "2026-11-24"},
    {"$": "time", "v": "01:02:03.000004", "fold": 1},
    {"$": "timedelta", "v": [-1, 3600, 5]},
    {"$": "decimal", "v": "1.10"},
    {"$": "fraction", "v": "1/3"},
    {"$": "complex", "v": [1.5, {"$": "float", "v": "-0"}]},
    {"$": "uuid", "v": "12345678-1234-5678-1234-567812345678"},
    {"$": "path", "v": "/a b", "type": "PurePosixPath"},
    {"$": "range", "v": [0, 10, 2]},
]


def test_what_python_has_more_of_comes_back_as_it_was(run: Run) -> None:
    answer = run("function transform({values}) { return values }", {"values": RETURNED})

    assert answer.node == RETURNED


def test_inputs_are_what_a_program_expects(run: Run) -> None:
    program = """
    const sorted = [...set].sort().join()
    ;[big + 1n, lone.length, map.get(1), Array.isArray(pair), pair.concat(3), sorted,
      when.toISOString(), day.getTime(), Number(price) * 2, `${price}`, Number(span), String(span),
      Number(third), String(number), String(steps), price.type, Buffer.isBuffer(raw), plain.a[0]]
    """
    inputs = {
        "big": {"$": "int", "v": "0x8000000000000000"},
        "lone": {"$": "str", "v": [0xD800]},
        "map": {"$": "dict", "v": [[1, "one"]]},
        "pair": {"$": "tuple", "v": [1, 2]},
        "set": {"$": "set", "v": ["b", "a"]},
        "when": {"$": "datetime", "v": "2026-11-24T01:02:03.5-02:30"},
        "day": {"$": "date", "v": "1970-01-02"},
        "price": {"$": "decimal", "v": "1.10"},
        "span": {"$": "timedelta", "v": [1, 3661, 500000]},
        "third": {"$": "fraction", "v": "1/4"},
        "number": {"$": "complex", "v": [1, -2]},
        "steps": {"$": "range", "v": [0, 3, 1]},
        "raw": {"$": "bytes", "v": "AAE="},
        "plain": {"a": [7]},
    }

    assert run(program, inputs).node == [
        {"$": "int", "v": "0x8000000000000001"},
        1,
        "one",
        True,
        [1, 2, 3],
        "a,b",
        "2026-11-24T03:32:03.500Z",
        86400000,
        2.2,
        "1.10",
        90061500,
        "1 day, 1:01:01.500000",
        0.25,
        "(1-2j)",
        "range(0, 3, 1)",
        "decimal",
        True,
        7,
    ]


ARRAYS = [
    ("<f8", [3], struct.pack("<3d", 1.5, -0.0, float("inf"))),
    (">f8", [2], struct.pack(">2d", 1.5, 2.5)),
    ("<f4", [2, 2], struct.pack("<4f", 1, 2, 3, 4)),
    ("|i1", [2], struct.pack("2b", -1, 1)),
    ("|u1", [2], b"\0\xff"),
    (">i2", [2], struct.pack(">2h", -2, 2)),
    ("<u4", [1], struct.pack("<I", 2**32 - 1)),
    ("<i8", [2], struct.pack("<2q", -(2**53) + 1, 2**53 - 1)),
    ("<i8", [2], struct.pack("<2q", 2**53, -(2**63))),
    ("<u8", [1], struct.pack("<Q", 2**64 - 1)),
    ("|b1", [3], b"\1\0\1"),
    ("<M8[ms]", [2], struct.pack("<2q", 5, -(2**63))),
    ("<M8[ns]", [1], struct.pack("<q", 1_000_000)),
    ("<M8[D]", [2, 1], struct.pack("<2q", 0, 20000)),
    ("<M8[M]", [2], struct.pack("<2q", -1, 671)),
    ("<M8[Y]", [1], struct.pack("<q", -30)),
    ("<M8[25s]", [1], struct.pack("<q", 3)),
    ("<i4", [0, 2], b""),
    ("<i4", [2, 1, 2], struct.pack("<4i", 1, 2, 3, 4)),
]


def test_arrays_come_back_as_they_were(run: Run) -> None:
    nodes = [{"$": "array", "dtype": d, "shape": s, "b": at} for at, (d, s, _) in enumerate(ARRAYS)]

    answer = run("arrays", {"arrays": nodes}, buffers=[raw for _, _, raw in ARRAYS])

    returned = [(node["dtype"], node["shape"], answer.buffer(node["b"])) for node in answer.node]
    assert returned == ARRAYS


def test_arrays_are_typed_arrays(run: Run) -> None:
    buffers = [
        struct.pack("<2q", 1, 2),
        struct.pack("<q", 2**60),
        b"\1\0",
        struct.pack("<2q", 0, -(2**63)),
        struct.pack("<4i", 1, 2, 3, 4),
        struct.pack("<d", 2.5),
    ]
    inputs = {
        "ints": {"$": "array", "dtype": "<i8", "shape": [2], "b": 0},
        "wide": {"$": "array", "dtype": "<i8", "shape": [1], "b": 1},
        "flags": {"$": "array", "dtype": "|b1", "shape": [2], "b": 2},
        "times": {"$": "array", "dtype": "<M8[s]", "shape": [2], "b": 3},
        "grid": {"$": "array", "dtype": "<i4", "shape": [2, 2], "b": 4},
        "zero": {"$": "array", "dtype": "<f8", "shape": [], "b": 5},
        "small": {"$": "scalar", "dtype": "<i8", "v": base64_text(struct.pack("<q", 7))},
        "large": {"$": "scalar", "dtype": "<i8", "v": base64_text(struct.pack("<q", 2**60))},
        "yes": {"$": "scalar", "dtype": "|b1", "v": base64_text(b"\1")},
    }
    program = """
    [ints.constructor.name, wide[0] === 2n ** 60n, flags, times[0].getTime(), times[1],
     Array.isArray(grid), grid[1].constructor.name, grid[1][0], zero, small, large, yes]
    """

    answer = run(program, inputs, buffers=buffers)

    assert answer.node[0:2] == ["Float64Array", True]
    assert answer.node[2]["dtype"] == "|b1"
    assert answer.node[3:] == [
        0, None, True, "Int32Array", 3, 2.5, 7, {"$": "int", "v": hex(2**60)}, True,
    ]  # fmt: skip


def test_a_changed_array_keeps_its_dtype_only_while_it_fits(run: Run) -> None:
    buffers = [
        struct.pack("<2q", 1, 2),
        struct.pack("<2q", 1, 2),
        b"\1\0",
        struct.pack("<4i", 1, 2, 3, 4),
    ]
    inputs = {
        "ints": {"$": "array", "dtype": "<i8", "shape": [2], "b": 0},
        "halves": {"$": "array", "dtype": "<i8", "shape": [2], "b": 1},
        "flags": {"$": "array", "dtype": "|b1", "shape": [2], "b": 2},
        "grid": {"$": "array", "dtype": "<i4", "shape": [2, 2], "b": 3},
        "moment": {"$": "datetime", "v": "2026-01-01T00:00:00"},
    }
    program = """
    ints[0] = 9; halves[0] = 0.5; flags.push('x'); grid.push([5]); moment.setUTCFullYear(2027);
    [ints, halves, flags, grid, moment]
    """

    answer = run(program, inputs, buffers=buffers)
    ints, halves, flags, grid, moment = answer.node

    assert (ints["dtype"], answer.buffer(ints["b"])) == ("<i8", struct.pack("<2q", 9, 2))
    assert (halves["dtype"], answer.buffer(halves["b"])) == ("<f8", struct.pack("<2d", 0.5, 2))
    assert flags == [True, False, "x"]
    assert [row["dtype"] if isinstance(row, dict) else row for row in grid] == ["<i4", "<i4", [5]]
    assert moment == {"$": "datetime", "v": "2027-01-01T00:00:00.000+00:00"}


@pytest.mark.parametrize(
    ("program", "kinds"),
    [
        ("Array.from({length: 2000}, (_, i) => ({n: i / 2, t: `${i}`}))", ["numbers", "texts"]),
        ("Array.from({length: 2000}, (_, i) => ({n: i, t: i % 2 === 0}))", ["numbers", "booleans"]),
    ],
)
def test_many_rows_of_one_shape_go_column_by_column(
    run: Run, program: str, kinds: list[str]
) -> None:
    node = run(program).node

    assert node["$"] == "rows"
    assert [column["$"] for column in node["columns"]] == kinds


def table(names: list[str], columns: list[Any], rows: int) -> dict[str, Any]:
    return {"$": "table", "names": names, "columns": columns, "rows": rows, "kind": "pandas"}


def test_a_table_becomes_plain_rows(run: Run) -> None:
    columns = [
        {"$": "array", "dtype": "<i8", "shape": [2], "b": 0},
        ["x", None],
        {"$": "column", "v": {"$": "array", "dtype": "<f8", "shape": [2], "b": 1}, "valid": 2},
        {"$": "array", "dtype": "<M8[ms]", "shape": [2], "b": 3},
        [True, False],
    ]
    buffers = [
        struct.pack("<2q", 1, 2),
        struct.pack("<2d", 0.5, 9),
        b"\1\0",
        struct.pack("<2q", 0, -(2**63)),
    ]
    names = ["id", "a b", "maybe", "when", "__proto__"]
    program = "df.map(row => [Object.keys(row), {...row}, row.constructor === Object])"

    answer = run(program, {"df": table(names, columns, 2)}, buffers=buffers)

    assert answer.node == [
        [
            names,
            {"id": 1, "a b": "x", "maybe": 0.5, "when": _moment("1970-01-01"), "__proto__": True},
            True,
        ],
        [names, {"id": 2, "a b": None, "maybe": None, "when": None, "__proto__": False}, True],
    ]


def _moment(day: str) -> dict[str, str]:
    return {"$": "datetime", "v": f"{day}T00:00:00.000+00:00"}


def test_a_table_where_code_may_not_be_generated(run: Run) -> None:
    inputs = {"df": table(["a", "__proto__"], [[1, 2], [3, 4]], 2)}

    answer = run(
        "df.map(row => Object.entries(row))",
        inputs,
        flags=["--disallow-code-generation-from-strings"],
    )

    assert answer.node == [[["a", 1], ["__proto__", 3]], [["a", 2], ["__proto__", 4]]]


UNREADABLE = [
    ({"a": [{"$": "pickle", "b": 0, "buffers": []}]}, "inputs.a[0]", "pickle"),
    ({"a": {"$": "array", "dtype": "|O", "shape": [1], "b": 0}}, "inputs.a", "|O"),
    ({"a": {"$": "array", "dtype": "<f8", "shape": [2], "b": 0}}, "inputs.a", "shape"),
    ({"a": {"$": "array", "dtype": "<f8", "shape": [1], "b": 9}}, "inputs.a", "buffer"),
    ({"x y": {"$": "datetime", "v": "2026-01-01T00:00:00.000001"}}, 'inputs["x y"]', "millisecond"),
    ({"a": {"$": "array", "dtype": "<M8[ns]", "shape": [1], "b": 0}}, "inputs.a", "milliseconds"),
    ({"a": {"$": "no such kind"}}, "inputs.a", "no such kind"),
    (
        {"df": table(["n"], [{"$": "array", "dtype": "|V3", "shape": [1], "b": 0}], 1)},
        "inputs.df[0].n",
        "|V3",
    ),
]


@pytest.mark.parametrize(
    ("inputs", "path", "text"), UNREADABLE, ids=[text for _, _, text in UNREADABLE]
)
def test_inputs_that_javascript_cannot_hold_are_refused(
    run: Run, inputs: Any, path: str, text: str
) -> None:
    answer = run("1", inputs, buffers=[struct.pack("<q", 1)])

    assert (answer.last["kind"], answer.last["path"]) == ("decoding", path)
    assert text in answer.trace["message"]


def test_a_large_input_is_read_from_the_arena(run: Run) -> None:
    text = json.dumps({"words": ["é" * 50000, {"$": "tuple", "v": [1]}]}).encode()
    descriptor = {"codec": "tree", "offset": 0, "length": len(text)}

    answer = run("[words[0].length, words[1]]", buffers=[text], descriptor=descriptor)

    assert answer.node == [50000, {"$": "tuple", "v": [1]}]


def test_a_range_beyond_the_arena_is_refused(run: Run) -> None:
    answer = run("1", buffers=[b"{}"], descriptor={"codec": "tree", "offset": 0, "length": 3})

    assert answer.last["kind"] == "decoding"
    assert "outside" in answer.trace["message"]
