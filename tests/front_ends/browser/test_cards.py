"""Every card is readable in every theme and width, by mouse, keyboard and screen reader."""

from __future__ import annotations

import pytest
from contrast import CONTRASTS, LEAST
from gallery import LAB_THEMES, OTHER_THEMES, graphs, outcomes, page, values
from playwright.sync_api import Page

# The browser is started first, so that no test is blamed for its processes.
pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("browser")]


@pytest.mark.parametrize("theme", [*LAB_THEMES, *OTHER_THEMES])
def test_all_words_stand_out_from_what_is_behind_them(view: Page, theme: str) -> None:
    view.set_content(page({**outcomes(), **values(), **graphs()}, theme))

    found = view.evaluate(CONTRASTS)
    assert len(found) > 250
    assert [pair for pair in found if pair[0] < LEAST] == []


@pytest.mark.parametrize("width", [320, 600])
def test_a_narrow_window_cuts_nothing_off(view: Page, width: int) -> None:
    view.set_viewport_size({"width": width, "height": 600})
    view.set_content(page({**outcomes(), **values()}, "light"))

    assert view.evaluate("document.documentElement.scrollWidth") <= width
    # What does not fit inside a card can be scrolled to, and casts a shadow until one has.
    hidden = view.evaluate("""() => [...document.querySelectorAll('.cx1 *')].filter((element) =>
        element.scrollWidth > element.clientWidth + 1 && element.clientWidth
        && getComputedStyle(element).overflowX === 'visible'
        && !element.parentElement.closest('.cx1-w, pre')).map((element) => element.outerHTML)""")
    assert hidden == []
    shadows = view.evaluate("""() => [...document.querySelectorAll('.cx1 .cx1-w, .cx1 .cx1-c')].map(
        (element) => getComputedStyle(element).backgroundAttachment)""")
    assert len(shadows) >= 8
    assert set(shadows) == {"local, scroll, scroll"}


# What each card of a page looks like: a list of its elements' styles.
LOOKS = """() => [...document.querySelectorAll('.cx1')].map((card) =>
  [...card.querySelectorAll('*')].map((element) => {
    const style = getComputedStyle(element)
    return [element.tagName, element.className, ...['color', 'background', 'margin', 'padding',
      'border', 'font', 'display', 'overflow', 'whiteSpace', 'textAlign', 'maxWidth', 'maxHeight',
      'textDecoration', 'listStyle', 'outline', 'width'].map((name) => style[name])]
  }))"""


def test_cards_of_one_page_do_not_change_each_others_looks(view: Page) -> None:
    cards = {**outcomes(), **values(), **graphs()}
    view.set_content(page({**cards, **{f"{name} again": cards[name] for name in cards}}, "light"))
    together = view.evaluate(LOOKS)

    assert len(together) == 2 * len(cards)
    for position, name in enumerate(cards):
        view.set_content(page({name: cards[name]}, "light"))
        alone = view.evaluate(LOOKS)
        assert [together[position]] == alone
        assert [together[position + len(cards)]] == alone


def test_a_table_that_is_shown_in_part_fits_into_its_card(view: Page) -> None:
    view.set_content(page(values(), "light"))

    assert view.locator(".cx1-w").count() == 2
    for table in view.locator(".cx1-w").all():
        assert table.evaluate("it => it.scrollWidth <= it.clientWidth")


def test_everything_that_opens_or_scrolls_is_reached_by_the_keyboard(view: Page) -> None:
    view.set_viewport_size({"width": 400, "height": 600})
    view.set_content(page({"failed": outcomes()["failed"], "wide": values()["wide"]}, "light"))

    reached = []
    for _ in range(10):
        view.keyboard.press("Tab")
        reached.append(
            view.evaluate("""() => {
                const it = document.activeElement
                const {outlineStyle, outlineWidth} = getComputedStyle(it)
                return [it.className || it.tagName, outlineStyle, outlineWidth]
            }""")
        )
    stops = [stop for stop in reached if stop[0] != "BODY"]
    assert [stop[0] for stop in stops][:5] == ["cx1-c", "cx1-c", "SUMMARY", "SUMMARY", "cx1-w"]
    assert {tuple(stop[1:]) for stop in stops} == {("solid", "2px")}


def test_a_fold_opens_by_the_enter_key(view: Page) -> None:
    view.set_content(page({"done": outcomes()["done, table"]}, "light"))

    view.keyboard.press("Tab")
    view.keyboard.press("Enter")
    assert view.get_by_text("loaded").is_visible()


def test_a_screen_reader_hears_the_card_in_order(view: Page) -> None:
    view.set_content(page({"done": outcomes()["done, table"]}, "light"))

    heard = view.locator(".cx1").aria_snapshot()
    places = [
        heard.index(words)
        for words in (
            '- group "javascript cell done":',
            "text: done",
            "code: javascript",
            "code: out",
            '- table "3 rows × 4 columns":',
            'columnheader "name str"',
            'cell "Ada"',
            "paragraph: 3 rows × 4 columns",
            "stdout",
        )
    ]
    assert places == sorted(places)


@pytest.mark.parametrize("name", ["failed", "failed, javascript", "timed out", "running"])
def test_each_card_has_a_name_that_says_language_and_state(view: Page, name: str) -> None:
    view.set_content(page({name: outcomes()[name]}, "light"))

    language = "javascript" if "javascript" in name or name == "running" else "python"
    label = f"{language} cell {name.partition(',')[0]}"
    assert view.get_by_role("group", name=label, exact=True).count() == 1
