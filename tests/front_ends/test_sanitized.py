"""Cards that a front end does not trust lose their style, and not a word nor their order."""

from __future__ import annotations

import re

import pytest
from display_samples import read, seen
from gallery import graphs, outcomes, values
from sanitizers import DOMPURIFY, GITHUB, JUPYTERLAB, Rules, sanitized

CARDS = {**outcomes(), **values(), **graphs()}
SANITIZERS = {"JupyterLab": JUPYTERLAB, "GitHub": GITHUB, "DOMPurify": DOMPURIFY}


@pytest.mark.parametrize("name", CARDS)
@pytest.mark.parametrize("rules", SANITIZERS.values(), ids=SANITIZERS)
def test_no_word_is_lost_and_none_is_added(rules: Rules, name: str) -> None:
    left = sanitized(CARDS[name], rules)

    assert seen(left) == seen(CARDS[name])
    assert "var(--" not in seen(left)


@pytest.mark.parametrize("rules", SANITIZERS.values(), ids=SANITIZERS)
def test_tables_folds_and_marks_stay(rules: Rules) -> None:
    table = read(sanitized(CARDS["done, table"], rules)).tags
    failure = read(sanitized(CARDS["failed"], rules)).tags

    assert {"table", "th", "td", "details", "summary", "pre"} <= table
    assert {"details", "summary", "ol", "li", "pre", "mark", "code", "em"} <= failure


@pytest.mark.parametrize("rules", [JUPYTERLAB, GITHUB], ids=["JupyterLab", "GitHub"])
def test_without_style_the_parts_of_the_header_are_kept_apart(rules: Rules) -> None:
    left = sanitized(CARDS["done, table"], rules)

    assert "<style" not in left
    first = seen(left).strip().split("\n")[0]
    assert first == "done · javascript · → out list · 84 ms · cpu 61 ms · peak 47 MiB"


def test_what_is_folded_stays_folded_and_last_words_stay_open() -> None:
    for rules in SANITIZERS.values():
        assert re.search(r"<details>\s*<summary><b>stdout", sanitized(CARDS["done, table"], rules))
        assert re.search(
            r"<details open[^>]*><summary><b>stderr", sanitized(CARDS["crashed"], rules)
        )


def test_a_picture_that_cannot_be_seen_is_told() -> None:
    assert '<img src="data:' in sanitized(CARDS["picture"], JUPYTERLAB)
    left = sanitized(CARDS["picture"], GITHUB)

    assert '<img alt="SVG picture">' in left
    assert "str, SVG picture" in seen(left)


def test_mathjax_is_told_to_keep_away_as_far_as_classes_stay() -> None:
    assert 'class="cx1 cx1-bad mathjax_ignore' in sanitized(CARDS["failed"], JUPYTERLAB)
