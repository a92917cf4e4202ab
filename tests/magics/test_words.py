from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeexec_magics.magics.words import split_assignment, split_commas, split_words


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", []),
        ("  \t ", []),
        ("js -i df", ["js", "-i", "df"]),
        ('-i "rows=df[df.x > 1]" -o out', ["-i", "rows=df[df.x > 1]", "-o", "out"]),
        ("-i rows=df[df.x > 1] -o out", ["-i", "rows=df[df.x > 1]", "-o", "out"]),
        ('-i new=df["a b"]', ["-i", 'new=df["a b"]']),
        ("-i 'new=f(\"a, b\")'", ["-i", 'new=f("a, b")']),
        (r'-i "new=df[\"a b\"]"', ["-i", 'new=df["a b"]']),
        ("-i new='a b'", ["-i", "new='a b'"]),
        ('-i "a"+"b"', ["-i", '"a"+"b"']),
        ("-i \"'a'\"", ["-i", "'a'"]),
        ('--input="rows=df[a > 1]"', ["--input=rows=df[a > 1]"]),
        ('--env K="V W"', ["--env", "K=V W"]),
        ('--env="K=V W"', ["--env=K=V W"]),
        ("--env 'K=\"x\"'", ["--env", 'K="x"']),
        ("-i f(1", ["-i", "f(1"]),
        ("-i a) b", ["-i", "a)", "b"]),
        ("-i f(a[1) b]", ["-i", "f(a[1)", "b]"]),
        ("-i f(1 -o [x y]", ["-i", "f(1", "-o", "[x y]"]),
        ('-i "" x', ["-i", "", "x"]),
        ("$x {y} `z` \\", ["$x", "{y}", "`z`", "\\"]),
    ],
)
def test_a_line_is_cut_at_blanks_outside_of_quotes_and_brackets(
    line: str, words: list[str]
) -> None:
    assert split_words(line) == words


@pytest.mark.parametrize("line", ['-i "a', "it's", "-i df['a] -o out", '"a\\"'])
def test_an_open_quote_is_told(line: str) -> None:
    with pytest.raises(ValueError, match="is not closed"):
        split_words(line)


def test_commas_in_quotes_and_brackets_belong_to_the_expression() -> None:
    assert split_commas("a,b=f(1, [2, 3]), c='x,y',d={1: (2, 3)}") == [
        "a",
        "b=f(1, [2, 3])",
        "c='x,y'",
        "d={1: (2, 3)}",
    ]
    assert split_commas("a,,b,") == ["a", "", "b", ""]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("new=expression", ("new", "expression")),
        ("new = f(a=1)", ("new", "f(a=1)")),
        ("new=a==b", ("new", "a==b")),
        ("new=", ("new", "")),
        ("a==b", None),
        ("a<=b", None),
        ("a!=b", None),
        ("(a:=b)", None),
        ("f(a=1)", None),
        ("df['a=b']", None),
        ("df", None),
    ],
)
def test_only_an_equals_sign_that_names_a_value_counts(
    text: str, parts: tuple[str, str] | None
) -> None:
    assert split_assignment(text) == parts


@given(st.text(alphabet=" ()[]{}\"'\\,=ab\u00e9\n"))
def test_no_text_breaks_the_cutting(line: str) -> None:
    try:
        words = split_words(line)
    except ValueError:
        return

    # Apart from quotes, backslashes before them, and blanks, every character is in some word.
    def bare(text: str) -> str:
        return "".join(text.split()).translate(str.maketrans("", "", "\"'\\"))

    assert bare("".join(words)) == bare(line)
