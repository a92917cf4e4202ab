"""Values that fight back are shown as well as they can be, and harm nothing."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from display_samples import done, read, seen
from hypothesis import given, settings
from hypothesis import strategies as st

from codeexec_magics.display import mime_bundle, running_card, terminal_text

BAD_TEXTS = [
    "<script>alert(1)</script>",
    "</pre></div></details><img src=x onerror=alert(1)>",
    '"><b onmouseover="x">',
    "&lt; &amp; &#10;",
    "$a$ and \\(b\\) and $$c$$",
    "\x1b[31mred\x1b[0m \x1b]0;title\x07",
    "\0\x01\x7f\x9b31m",
    "abc\u202edef\u2066",
    "\ud800 half",
    "שלום 你好 👩‍👧 é",
    "a\rb\r\nc\td\u2028e\x85f",
    "\n\n\n   \n\nend\n\n",
    "x" * 500_000,
    "\n" * 500_000,
    "-->]]><!--",
]


class Hostile:
    """Everything that may be asked of it throws, of a kind of its choice."""

    def __init__(self, error: BaseException) -> None:
        object.__setattr__(self, "error", error)

    def __getattribute__(self, name: str) -> Any:
        raise object.__getattribute__(self, "error")

    def __repr__(self) -> str:
        raise object.__getattribute__(self, "error")

    def __len__(self) -> int:
        raise object.__getattribute__(self, "error")

    __str__ = __bool__ = __eq__ = __iter__ = __hash__ = __format__ = __repr__  # type: ignore[assignment]


class Nested:
    """Its repr never ends."""

    def __repr__(self) -> str:
        return repr([self])


class LyingText(str):
    """A string whose methods all lie."""

    __slots__ = ()

    def _lie(self, *arguments: Any, **options: Any) -> Any:
        return "<script>lie</script>"

    __getitem__ = __str__ = __repr__ = replace = split = __format__ = encode = _lie  # type: ignore[assignment]

    def __len__(self) -> int:
        return 10**9


class LyingRepr:
    def __repr__(self) -> str:
        return LyingText("<b>true</b>")


class AnswersEverything:
    def __getattr__(self, name: str) -> Any:
        return lambda *arguments, **options: "<script>wrong</script>"

    def __repr__(self) -> str:
        return "calm"


class BadMeta(type):
    @property
    def __name__(cls) -> str:  # type: ignore[override]
        raise ValueError("no name")

    @property
    def __module__(cls) -> str:  # type: ignore[override]
        raise ValueError("no module")


class Nameless(metaclass=BadMeta):
    pass


def fake(module: str, name: str, **members: Any) -> object:
    return type(name, (), {"__module__": module, "__repr__": lambda self: "a fake", **members})()


HOSTILE_OBJECTS = {
    "throws": Hostile(ValueError("no")),
    "exits": Hostile(SystemExit(3)),
    "generator exit": Hostile(GeneratorExit()),
    "recursion": Nested(),
    "lying text": LyingText("true"),
    "lying repr": LyingRepr(),
    "answers everything": AnswersEverything(),
    "a class": Hostile,
    "bad metaclass": Nameless(),
    "fake frame": fake("pandas.core.frame", "DataFrame"),
    "fake frame of lies": fake("polars.frame", "DataFrame", shape=(10**9, "x")),
    "fake array": fake("numpy", "ndarray", shape=(1,), dtype=None),
    "fake figure": fake("matplotlib.figure", "Figure", savefig=lambda self, *a, **k: 1 / 0),
    "repr of nothing": type("R", (), {"__repr__": lambda self: None})(),
    "html of nothing": type("H", (), {"_repr_html_": lambda self: 5})(),
    "bundle of lies": type("B", (), {"_repr_mimebundle_": lambda self, **k: {5: 6}})(),
    "bad base64": {"image/png": "not base64 at all!"},
}


def check(result: Any) -> dict[str, Any]:
    """The bundle of a result, after all that must hold for every value."""
    bundle = mime_bundle(result, target="out")
    page, text = bundle["text/html"], bundle["text/plain"]

    reader = read(page)
    assert reader.tags.isdisjoint({"script", "iframe"})
    assert len(page.encode()) <= 64_000
    assert "\n\n" not in page
    assert not any(ord(sign) < 32 and sign not in "\n\t" for sign in page + text)
    assert "\x7f" not in page + text
    assert "\u202e" not in page + text
    json.dumps(bundle).encode()
    assert mime_bundle(result, target="out") == bundle
    return bundle


@pytest.mark.parametrize("name", HOSTILE_OBJECTS)
@pytest.mark.parametrize("shape", ["alone", "in a list", "in records", "as a key", "in a tree"])
def test_an_object_that_fights_back_is_shown(name: str, shape: str) -> None:
    value = HOSTILE_OBJECTS[name]
    shapes: dict[str, Any] = {
        "alone": lambda: value,
        "in a list": lambda: [value, 1],
        "in records": lambda: [{"a": value}, {"a": 1}],
        "as a key": lambda: {id: value},
        "in a tree": lambda: {"a": {"b": [value, "x" * 200]}, "c": "y" * 200},
    }

    check(done(shapes[shape]()))


def test_an_object_that_cannot_be_asked_is_named() -> None:
    bundle = check(done(HOSTILE_OBJECTS["throws"]))

    assert bundle["text/plain"].endswith("<Hostile, which cannot be shown>")


def test_a_text_that_lies_about_itself_is_read_as_it_is() -> None:
    assert check(done(LyingText("true")))["text/plain"].endswith("\ntrue")
    assert check(done(LyingRepr()))["text/plain"].endswith("\n<b>true</b>")


def test_only_the_type_of_an_object_is_asked_for_its_forms() -> None:
    assert check(done(AnswersEverything()))["text/plain"].endswith("\ncalm")


def test_an_interrupt_is_the_one_thing_that_passes() -> None:
    with pytest.raises(KeyboardInterrupt):
        mime_bundle(done(Hostile(KeyboardInterrupt())))


@pytest.mark.parametrize("text", BAD_TEXTS, ids=lambda text: ascii(text[:20]))
def test_bad_texts_are_shown_in_every_place(text: str) -> None:
    for value in (
        text,
        [text, 1],
        {text: text, "k": ["z" * 200]},
        [{text: text, "b": {text}}],
        pd.DataFrame([[text, 1]], columns=pd.Index([text, "n"], dtype=object), dtype=object),
        text.encode("utf-8", "replace"),
    ):
        check(done(value))
    check(done(1, stdout=text, stderr=text))
    check(replace(done(1), language=text, displays=({"text/plain": text},)))
    mime_bundle(done(1), target=text)
    read(running_card(text, last_output=text, progress=(1, 2, text))["text/html"])


def test_text_is_seen_as_it_was_written() -> None:
    text = "<script>alert(1)</script> & $a$"

    assert text in seen(check(done(text))["text/html"])
    assert text in check(done(text))["text/plain"]


def test_what_is_invisible_is_written_as_an_escape() -> None:
    assert check(done("a\x1b[31mb\u202ec\ud800"))["text/plain"].endswith(
        "\na\\x1b[31mb\\u202ec\\ud800"
    )


def test_a_terminal_gets_no_codes_but_ours() -> None:
    result = done("\x1b[2J", stdout="\x1b[31mred\x1b[0m\x1b]0;title\x07!\n")

    assert terminal_text(result, colour=False).count("\x1b") == 0
    assert "  red!" in terminal_text(result)


def test_a_million_columns_cost_no_more_than_twelve() -> None:
    records = [dict.fromkeys(map(str, range(1_000_000)), 0)]

    text = check(done(records))["text/plain"]
    assert text.endswith("1 row × 1,000,000 columns, first 8 and last 4 columns shown")


def test_a_million_items_are_counted_and_not_read() -> None:
    class Item:
        def __repr__(self) -> str:
            asked.append(self)
            return "item"

    asked: list[Item] = []
    check(done([Item()] * 1_000_000))
    check(done(dict.fromkeys(range(1_000_000), Item())))

    assert len(asked) < 1_000


def test_deep_nesting_is_cut() -> None:
    deep: Any = []
    for _ in range(sys.getrecursionlimit() * 3):
        deep = [deep]

    check(done(deep))
    check(done({"a": deep, "b": "x" * 200}))


def test_a_card_that_would_be_too_large_says_so() -> None:
    line = "&" * 300 + "\n"
    bundle = check(done(line * 20, stdout=line * 20, stderr=line * 20))

    assert "the card would be too large" in seen(bundle["text/html"])


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(max_size=100),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=30,
)


@settings(max_examples=150, deadline=None)
@given(json_like, st.text(), st.text())
def test_any_data_and_any_output_make_a_sound_card(value: object, printed: str, name: str) -> None:
    bundle = mime_bundle(done(value, stdout=printed), target=name)

    read(bundle["text/html"])
    json.dumps(bundle, ensure_ascii=False).encode()
    assert "\n\n" not in bundle["text/html"]
    assert len(bundle["text/html"].encode()) <= 64_000
