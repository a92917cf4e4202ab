"""Values look as people who know their libraries expect."""

from __future__ import annotations

import base64
import datetime
import decimal
import math
import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from display_samples import done, read, seen

from codeexec_magics.display import mime_bundle

# Made at import: polars opens descriptors of its own at its first dates and keeps them.
TIMES = pl.DataFrame({"t": [datetime.datetime(2026, 1, 1)]})


def body(value: object) -> str:
    """What is shown of a value as text, without the header."""
    return str(mime_bundle(done(value))["text/plain"]).partition("\n")[2]


def header(value: object) -> str:
    return str(mime_bundle(done(value))["text/plain"]).partition("\n")[0]


def png(across: int, down: int) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        check = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

    size = struct.pack(">IIBBBBB", across, down, 8, 0, 0, 0, 0)
    pixels = zlib.compress((b"\0" + b"\x80" * across) * down)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (True, "True"),
        (1048576.25, "1048576.25"),
        (math.nan, "nan"),
        (2**53 + 1, "9007199254740993"),
        (10**5000, "<int of 16,610 bits>"),
        (1 + 2j, "(1+2j)"),
        (decimal.Decimal("1.10"), "1.10"),
        (datetime.date(2026, 11, 24), "2026-11-24"),
        (datetime.timedelta(hours=1), "1:00:00"),
        (np.float64(1.5), "1.5"),
        (pd.Timestamp("2026-11-24 10:00"), "2026-11-24 10:00:00"),
        ("two\nlines", "two\nlines"),
        ("", "''"),
        (" \n", "' \\n'"),
        ([], "[]"),
        ({}, "{}"),
        (set(), "set()"),
        ((1,), "(1,)"),
        ([1, 2.5, "x", None], "[1, 2.5, 'x', None]"),
        ({"mean": 2.5, "n": 10}, "{'mean': 2.5, 'n': 10}"),
        ({3, 20, 1}, "{1, 3, 20}"),
        (frozenset({"b", "a"}), "frozenset({'a', 'b'})"),
        (b"", "b''"),
        (range(3), "range(0, 3)"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_small_values_are_written_on_one_line(value: object, text: str) -> None:
    assert body(value) == text


def test_an_emoji_of_several_is_one() -> None:
    family, heart = "\U0001f469\u200d\U0001f469\u200d\U0001f467", "\u2764\ufe0f\u200d\U0001f525"
    assert body({"a": family, "b": [heart]}) == f"{{'a': '{family}', 'b': ['{heart}']}}"
    assert body({"a": "x\u200dy", "b": r"\u200d"}) == r"{'a': 'x\u200dy', 'b': '\\u200d'}"


def test_the_header_has_the_type_and_what_an_array_holds() -> None:
    assert header({1}) == "done · python · set"
    assert header(np.zeros((3, 4), dtype="<i2")) == "done · python · ndarray int16 (3, 4)"


def test_records_are_a_table_with_the_types_of_their_values() -> None:
    rows = [{"n": 1, "x": 1, "who": "Ada"}, {"n": 22, "x": 0.25, "who": None}, {"n": 3, "more": []}]

    assert body(rows) == (
        "  n      x  who   more\n"
        "int  float  str   list\n"
        "  1   1.00  Ada\n"
        " 22   0.25  None\n"
        "  3               []\n"
        "3 rows × 4 columns"
    )


def test_a_list_with_something_else_in_it_is_no_table() -> None:
    assert body([{"a": 1}, 2]) == "[{'a': 1}, 2]"


def test_a_frame_of_pandas_keeps_its_number_formats_and_its_own_nothing() -> None:
    frame = pd.DataFrame(
        {
            "year": [2026, 1999],
            "share": [0.031, math.nan],
            "big": [1234567.5, 2.0],
            "day": pd.to_datetime(["2026-01-01", None]),
            "at": pd.to_datetime(["2026-01-01T12:30", "2026-01-02T00:00"]),
            "maybe": pd.array([1, None], dtype="Int64"),
            "who": pd.Series(["Ada", None], dtype=object),
        }
    )

    lines = body(frame).split("\n")
    first = "2026  0.031  1234567.5  2026-01-01  2026-01-01 12:30:00  1  Ada"
    second = "1999  NaN  2.0  NaT  2026-01-02 00:00:00  <NA>  None"
    assert lines[2].split() == first.split()
    assert lines[3].split() == second.split()
    assert lines[1].split()[:3] == ["int64", "float64", "float64"]
    assert lines[1].split()[-2:] == ["Int64", "object"]
    assert lines[4] == "2 rows × 7 columns"


def test_an_index_is_shown_if_it_says_something() -> None:
    plain = pd.DataFrame({"a": range(30)})
    named = pd.DataFrame({"a": [1, 2]}, index=pd.Index(["x", "y"], name="key"))
    deep = pd.DataFrame({"a": [1]}, index=pd.MultiIndex.from_tuples([("p", 3)], names=["l", None]))

    assert body(plain).split("\n")[0].strip() == "a"
    assert body(named).split("\n")[0].split() == ["key", "a"]
    assert body(named).endswith("2 rows × 1 column")
    assert body(deep).split("\n")[2].split() == ["p", "3", "1"]
    assert "<th scope=row>x</th>" in mime_bundle(done(named))["text/html"]
    # A part of the usual index is no usual index.
    assert body(plain.iloc[3:5]).split("\n")[2].split() == ["3", "3"]


def test_columns_of_one_name_and_with_names_of_many_types_are_all_shown() -> None:
    frame = pd.DataFrame([[1, 2, 3]], columns=["a", "a", ("x", 1)])

    assert body(frame).split("\n")[0] == "    a      a  ('x', 1)"
    assert body(frame).split("\n")[2].split() == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([0.5, 100.0], ["0.5", "100.0"]),
        ([1.0, 2.0], ["1.0", "2.0"]),
        ([1 / 3, 1.0], ["0.333333", "1.000000"]),
        ([1e-9, 1.0], ["1.000000e-09", "1.000000e+00"]),
        ([1e20, 1.0], ["1.000000e+20", "1.000000e+00"]),
        ([math.inf, 1.5], ["inf", "1.5"]),
        ([-math.inf], ["-inf"]),
        ([-0.0, 1.25], ["-0.00", "1.25"]),
    ],
)
def test_floats_of_a_column_share_their_decimals(values: list[float], texts: list[str]) -> None:
    lines = body(pd.Series(values, name="x")).split("\n")

    assert [line.strip() for line in lines[2:-1]] == texts


def test_a_number_too_large_for_a_float_stands_in_a_column_of_floats() -> None:
    assert "inf" in body([{"x": 10**400}, {"x": 1.5}])


def test_frames_of_polars_and_tables_of_arrow_say_null() -> None:
    columns: dict[str, Any] = {"n": [1, None], "s": [None, "x"], "l": [[1], None]}

    assert body(pl.DataFrame(columns)).split("\n")[1].split() == ["Int64", "String", "List(Int64)"]
    assert body(pl.DataFrame(columns)).split("\n")[3].split() == ["null", "x", "null"]
    assert body(pa.table(columns)).split("\n")[1].split()[:2] == ["int64", "string"]
    assert body(pa.table(columns)).split("\n")[3].split() == ["null", "x", "null"]
    assert body(TIMES).split("\n")[1:3] == ["Datetime(us)", "2026-01-01"]


def test_columns_of_arrow_and_polars_are_values_with_a_type() -> None:
    assert body(pl.Series("p", [1, 2])).split("\n")[-1] == "2 values"
    assert "int64" in body(pa.chunked_array([[1, 2], [3]]))


def test_long_and_wide_tables_say_how_much_is_left_out() -> None:
    wide = pd.DataFrame(np.zeros((40, 200)))

    told = "40 rows × 200 columns, first 7 and last 3 rows, first 8 and last 4 columns shown"
    assert body(wide).endswith(told)
    lines = [line.split() for line in body(wide).split("\n")]
    assert lines[0] == [*map(str, range(8)), "…", *map(str, range(196, 200))]
    assert lines[1] == ["float64"] * 12
    assert lines[9] == ["…"] * 13
    assert len(lines) == 2 + 11 + 1


def test_columns_that_do_not_stand_beside_each_other_are_left_out_and_marked() -> None:
    names = [f"measurement_{number}" for number in range(9)]
    text = body(pd.DataFrame(np.ones((2, 9)), columns=names))

    assert text.split("\n")[0].split() == [*names[:4], "…", *names[7:]]
    assert text.endswith("2 rows × 9 columns, first 4 and last 2 columns shown")


@pytest.mark.parametrize(
    "make",
    [
        pd.DataFrame,
        pl.DataFrame,
        pa.table,
        lambda columns: [
            dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)
        ],
        lambda columns: np.array(list(columns.values())).T,
    ],
    ids=["pandas", "polars", "arrow", "records", "numpy"],
)
def test_the_ends_of_every_table_are_shown(make: Callable[[dict[str, Any]], Any]) -> None:
    text = body(make({f"c{number}": list(range(number, 100 + number)) for number in range(30)}))
    lines = [line.split() for line in text.split("\n")]

    values = lines[-12:-1]
    assert [values[0][0], values[0][-1], values[-1][0], values[-1][-1]] == ["0", "29", "99", "128"]
    assert set(values[7]) == {"…"}
    assert text.endswith("first 7 and last 3 rows, first 8 and last 4 columns shown")


def test_names_that_differ_at_their_end_are_cut_in_the_middle() -> None:
    names = [f"a rather long column name {number}" for number in range(12)]
    head = body(pd.DataFrame(np.ones((2, 12)), columns=names)).split("\n")[0]

    assert "a rathe… name 0" in head
    assert head.endswith("name 11")


def test_nan_is_a_float_in_records_too() -> None:
    text = body([{"a": math.nan, "b": 1, "c": None}, {"a": None, "b": math.nan, "c": None}])

    assert text.split("\n")[1].split() == ["float", "float", "None"]


def test_long_cells_make_room_for_other_columns() -> None:
    text = body([{f"c{number}": "word " * 50 for number in range(6)}])

    assert text.split("\n")[0].split() == ["c0", "c1", "c2", "…", "c5"]
    assert len(text.split("\n")[2].split("  ")[0]) == 24
    assert body([{"c": "x" * 100}]).split("\n")[2] == "x" * 31 + "…"


def test_an_index_alone_does_not_fill_a_table() -> None:
    frame = pd.DataFrame({"v": [1]}, index=pd.MultiIndex.from_tuples([("i" * 60,) * 9]))

    assert body(frame).split("\n")[0].split() == ["v"]


def test_columns_of_many_levels_have_one_heading() -> None:
    columns = pd.MultiIndex.from_tuples([("price", "min"), ("price", 5)])

    assert body(pd.DataFrame([[1, 2]], columns=columns)).split("\n")[0] == "price / min  price / 5"


def test_a_table_without_rows_or_columns_says_so() -> None:
    assert body(pd.DataFrame({"a": []})).endswith("0 rows × 1 column")
    assert body(pd.DataFrame()) == "0 rows × 0 columns"
    assert body(pl.DataFrame()) == "0 rows × 0 columns"


def test_arrays_show_their_first_items_and_their_shape() -> None:
    assert (
        body(np.arange(10**6))
        == "[     0      1      2 ... 999997 999998 999999]\n1,000,000 values"
    )
    assert body(np.arange(3) / 7) == "[0.         0.14285714 0.28571429]\n3 values"
    assert body(np.array(["a", None] * 9)).startswith("['a', None, ")
    assert body(np.array(["a", None] * 9)).endswith(", …]\n18 values, first 10 shown")
    assert "[[0. 0.]\n  [0. 0.]]\n\n" in body(np.zeros((2, 2, 2)))
    assert body(np.zeros((2, 2, 2))).endswith("2 × 2 × 2 array")
    assert body(np.array(5)) == "5"
    assert body(np.array([])) == "[]\n0 values"
    assert body(np.array([[1, 2], [3, 4]])) == "0  1\n1  2\n3  4\n2 × 2 array"
    structured = np.array([(1, 2.5)], dtype=[("a", "<i4"), ("b", "<f8")])
    assert body(structured).split("\n")[:2] == ["    a        b", "int32  float64"]


def test_many_numbers_stand_side_by_side() -> None:
    assert body(list(range(10_000))).startswith("[0, 1, 2, 3,")
    assert body(list(range(10_000))).endswith("58, 59, …]\n10,000 items, first 60 shown")
    assert body(tuple([0.1 + 0.2] * 20)).endswith(")\n20 items")
    assert body([*range(50), "x" * 100]).startswith("list, 51 items\n  0: 0\n")


def test_a_long_line_says_how_much_there_is() -> None:
    assert body("x" * 2_000) == "x" * 999 + "…\n2,000 characters, first 999 shown"
    assert body("x" * 1_000) == "x" * 1_000
    assert body("x" * 400 + "\ny") == "x" * 299 + "…\ny"


def test_nested_data_is_a_tree_folded_below_its_first_level() -> None:
    value = {"meta": {"pages": [{"n": n, "words": ["w"] * 50} for n in range(30)]}, "ok": True}
    bundle = mime_bundle(done(value))

    assert "<details><summary><b>meta:</b> dict, 1 key</summary>" in bundle["text/html"]
    assert "… 18 more" in bundle["text/plain"] or "… 2" in bundle["text/plain"]
    assert "  ok: True" in bundle["text/plain"]


def test_dates_in_a_tree_are_written_as_people_do() -> None:
    noon = datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.UTC)

    assert "  when: 2026-11-24 12:00:00+00:00\n" in body({"when": noon, "text": "x" * 120})


def test_what_is_alone_in_its_level_of_a_tree_is_open() -> None:
    page = mime_bundle(done({"data": {str(n): "x" * 60 for n in range(5)}}))["text/html"]

    assert "<details open><summary><b>data:</b>" in page


def test_every_key_of_the_first_level_is_shown_however_much_is_below() -> None:
    deep: object = "end"
    for _ in range(20):
        deep = dict.fromkeys("abcdefghijkl", deep)
    text = body({f"k{n}": deep for n in range(12)})

    assert all(f"  k{n}:" in text for n in range(12))
    assert len(text.split("\n")) < 150


def test_a_structure_that_contains_itself_ends() -> None:
    loop: list[object] = ["x" * 100]
    loop.append(loop)

    assert len(body(loop)) < 5_000
    assert body({"self": loop}).startswith("dict, 1 key")


def test_bytes_are_dumped() -> None:
    assert body(bytes(range(0x30, 0x52))).split("\n") == [
        "0000  30 31 32 33 34 35 36 37 38 39 3a 3b 3c 3d 3e 3f  0123456789:;<=>?",
        "0010  40 41 42 43 44 45 46 47 48 49 4a 4b 4c 4d 4e 4f  @ABCDEFGHIJKLMNO",
        "0020  50 51                                            PQ",
        "34 bytes",
    ]
    assert body(bytearray(1000)).endswith("1,000 bytes, first 64 shown")


def test_long_text_keeps_both_its_ends() -> None:
    text = body("\n".join(f"line {n}" for n in range(1000)))

    assert text.split("\n")[11:14] == ["line 11", "… 980 lines left out here …", "line 992"]
    assert body("x" * 1_000_000).endswith("1,000,000 characters, first 100,000 read")


class Drawing:
    """Draws itself in whatever forms it is given."""

    def __init__(self, **forms: object) -> None:
        self.forms = forms

    def __repr__(self) -> str:
        return "a drawing"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> object:
        return self.forms.get("bundle")

    def _repr_png_(self) -> object:
        return self.forms.get("png")

    def _repr_html_(self) -> object:
        return self.forms.get("html")


PNG = png(32, 16)
ENCODED = base64.b64encode(PNG).decode()


@pytest.mark.parametrize(
    "value",
    [
        PNG,
        bytearray(PNG),
        {"image/png": ENCODED, "text/plain": "<Figure>"},
        {"image/png": PNG},
        Drawing(png=PNG),
        Drawing(png=(PNG, {"width": 3})),
        Drawing(bundle={"image/png": ENCODED}),
        Drawing(bundle=({"image/png": ENCODED, "text/html": "<b>x</b>"}, {})),
        type("Figure", (), {
            "__module__": "matplotlib.figure",
            "savefig": lambda self, target, **options: target.write(PNG),
        })(),
    ],
    ids=["bytes", "bytearray", "bundle", "raw", "png", "metadata", "mime", "both", "matplotlib"],
)  # fmt: skip
def test_pictures_are_shown_as_pictures(value: object) -> None:
    bundle = mime_bundle(done(value))

    assert (
        f'<img src="data:image/png;base64,{ENCODED}" alt="PNG picture, 32 × 16">'
        in (bundle["text/html"])
    )
    assert bundle["image/png"] == ENCODED
    assert bundle["text/plain"].endswith("[PNG picture, 32 × 16]")


@pytest.mark.parametrize(
    ("content", "mime"),
    [
        (b"\xff\xd8\xff\xe0rest", "image/jpeg"),
        (b"GIF89arest", "image/gif"),
        (b"RIFF\0\0\0\0WEBPrest", "image/webp"),
    ],
)
def test_picture_files_are_known_by_their_first_bytes(content: bytes, mime: str) -> None:
    assert f"data:{mime};base64," in mime_bundle(done(content))["text/html"]


def test_an_svg_is_shown_as_an_image_file_so_that_its_scripts_do_not_run() -> None:
    page = mime_bundle(done("<svg width='9'><script>alert(1)</script></svg>"))["text/html"]

    data = page.partition("base64,")[2].partition('"')[0]
    assert "script" not in read(page).tags
    assert base64.b64decode(data).startswith(b'<svg xmlns="http://www.w3.org/2000/svg" width')


def test_the_header_says_what_text_and_bytes_are_pictures_of() -> None:
    assert header("<svg></svg>") == "done · python · str, SVG picture"
    assert header(png(3, 2)) == "done · python · bytes, PNG picture, 3 × 2"
    assert header({"text/plain": "words"}) == "done · python · dict"
    assert header("words") == "done · python · str"


def test_text_about_an_svg_is_text() -> None:
    assert body("<svg is an element") == "<svg is an element"


def test_html_of_an_object_is_kept_and_its_repr_is_the_text() -> None:
    bundle = mime_bundle(done(Drawing(html="<b id=x>bold</b>")))

    assert "<div><b id=x>bold</b></div>" in bundle["text/html"]
    assert bundle["text/plain"].endswith("\na drawing")


def test_an_object_whose_forms_are_all_empty_is_its_repr() -> None:
    assert body(Drawing()) == "a drawing"
    assert body(Drawing(bundle={"application/json": {}})) == "a drawing"


def test_a_picture_too_large_for_a_notebook_is_told() -> None:
    bundle = mime_bundle(done(PNG + bytes(4_000_000)))

    assert "too large to be shown here" in seen(bundle["text/html"])
    assert len(bundle["text/html"]) < 5_000


def test_a_dictionary_is_a_bundle_only_if_all_keys_are_mime_types() -> None:
    assert body({"text/plain": "shown"}) == "shown"
    assert body({"text/plain": "x", "n": 1}) == "{'text/plain': 'x', 'n': 1}"


def test_addresses_are_masked_also_inside_containers() -> None:
    assert body([object()]) == "[<object object at 0x…>]"
    assert body(lambda: 0).endswith("at 0x…>")
    assert body("a text at 0x7f00 is the user's own") == "a text at 0x7f00 is the user's own"


class Plot:
    """Like what pandas returns for a plot: it stands in a figure, and cannot draw itself."""

    __module__ = "matplotlib.axes"

    class figure:
        """Draws itself; has the name that matplotlib gives it."""

        def savefig(self, target: Any, **options: Any) -> None:
            """Write a picture."""
            target.write(png(4, 3))

    figure = figure()


def test_the_axes_of_a_plot_show_their_figure() -> None:
    assert body(Plot()) == "[PNG picture, 4 × 3]"


def chart(**more: Any) -> dict[str, Any]:
    return {"application/vnd.vegalite.v5+json": {"mark": "bar"}, "text/plain": "a bar", **more}


def test_a_chart_is_left_to_front_ends_that_draw_it_and_told_to_others() -> None:
    value = type("Chart", (), {"_repr_mimebundle_": lambda self, **options: chart()})()
    bundle = mime_bundle(done(value))

    assert bundle["application/vnd.vegalite.v5+json"] == {"mark": "bar"}
    assert bundle["text/plain"] == "done · python · Chart\na bar"
    assert "a bar" in seen(bundle["text/html"])


def test_a_picture_of_a_chart_is_better_than_its_data_and_that_than_its_html() -> None:
    mime = "application/vnd.vegalite.v5+json"
    drawn = base64.b64encode(png(2, 2)).decode()

    assert mime not in mime_bundle(done(chart(**{"image/png": drawn})))
    assert mime in mime_bundle(done(chart(**{"text/html": "<script src='far'></script>"})))


def test_a_chart_that_is_no_data_or_too_large_is_told_only() -> None:
    mime = "application/vnd.vegalite.v5+json"
    for content in ("text", {"x": {1, 2}}, {"x": "y" * 4_000_000}):
        assert mime not in mime_bundle(done(chart(**{mime: content})))


def test_a_figure_of_plotly_is_a_chart() -> None:
    written = '{"data": [{"type": "bar"}]}'
    value = type(
        "Figure",
        (),
        {
            "__module__": "plotly.graph_objs",
            "__repr__": lambda self: "Figure()",
            "to_json": lambda self: written,
        },
    )()

    bundle = mime_bundle(done(value))
    assert bundle["application/vnd.plotly.v1+json"] == {"data": [{"type": "bar"}]}
    assert bundle["text/plain"].endswith("Figure()")
