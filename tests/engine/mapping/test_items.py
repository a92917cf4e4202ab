"""Items: drawn as far as they are needed, in order, and given out again."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator

import pytest

from codeexec_magics.engine.mapping.items import Batch, HeldBatch, Items


def taken(items: Items, count: int) -> tuple[int, list[object]] | None:
    batch = items.take(count)
    return None if batch is None else (batch.first, batch.items)


@pytest.mark.parametrize("kind", [list, tuple, iter, lambda items: (item for item in items)])
def test_items_come_in_order_and_end(kind: type) -> None:
    items = Items(kind(range(7)))

    assert [taken(items, 3) for _ in range(4)] == [
        (0, [0, 1, 2]),
        (3, [3, 4, 5]),
        (6, [6]),
        None,
    ]
    assert (items.drawn, items.exhausted) == (7, True)


def test_no_more_is_drawn_than_is_asked_for() -> None:
    drawn: list[int] = []

    def source() -> Iterator[int]:
        for number in itertools.count():
            drawn.append(number)
            yield number

    items = Items(source())
    items.take(3)
    items.take(1)

    assert drawn == [0, 1, 2, 3]
    assert (items.total, items.left, items.waiting) == (None, None, float("inf"))


def test_from_what_is_slow_fewer_are_drawn() -> None:
    def slow() -> Iterator[int]:
        for number in range(1000):
            time.sleep(0.002)
            yield number

    batch = Items(slow()).take(1000)

    assert batch is not None
    assert 1 <= len(batch.items) < 1000


def test_what_is_given_back_comes_first() -> None:
    items = Items(range(10))
    first, second = items.take(3), items.take(3)
    assert first is not None
    assert second is not None

    items.give_back([first, *second.parts(1)])

    assert [taken(items, 100) for _ in range(5)] == [
        (0, [0, 1, 2]),
        (3, [3]),
        (4, [4, 5]),
        (6, [6, 7, 8, 9]),
        None,
    ]


def test_from_an_index_on_nothing_is_wanted() -> None:
    items = Items(range(10))
    lost = items.take(4)
    assert lost is not None
    items.stop_at(6)
    items.stop_at(8)  # the first that stops counts

    items.give_back([Batch(7, [7]), lost])

    assert taken(items, 1) == (0, [0, 1, 2, 3])
    assert taken(items, 2) == (4, [4, 5])
    assert taken(items, 2) is None
    assert items.exhausted


def test_how_many_may_still_be_given_out() -> None:
    items = Items([1, 2, 3])
    assert (items.total, items.waiting) == (3, 3)

    batch = items.take(2)
    assert batch is not None
    items.give_back([batch])

    assert (items.left, items.waiting, items.exhausted) == (1, 2, False)


def test_what_runs_none_of_the_user_s_code_is_quiet() -> None:
    class Own(list[int]):
        pass

    assert Items([1]).is_quiet
    assert Items(range(3)).is_quiet
    assert not Items(Own([1])).is_quiet
    assert not Items(iter([1])).is_quiet


def test_what_the_iterable_throws_is_thrown() -> None:
    items = Items(1 // (2 - number) for number in range(5))

    with pytest.raises(ZeroDivisionError):
        items.take(5)


def test_a_batch_is_cut_without_empty_parts() -> None:
    batch = Batch(10, list("abcd"))

    assert [(part.first, part.items) for part in batch.parts(0, 1, 1, 3)] == [
        (10, ["a"]),
        (11, ["b", "c"]),
        (13, ["d"]),
    ]


def test_what_is_left_of_a_batch() -> None:
    given = HeldBatch(5, Batch(20, list("abc")), in_arena=False)
    assert given.rest is given.batch
    given.done = 1

    assert (given.left, given.index, given.rest.first, given.rest.items) == (2, 21, 21, ["b", "c"])
    assert [given.holds(number) for number in (4, 5, 6, 7, 8)] == [False, False, True, True, False]
