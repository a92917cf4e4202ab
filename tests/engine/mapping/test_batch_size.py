"""How many items are handed over at once."""

from __future__ import annotations

import pytest

from codeexec_magics.engine.mapping.batch_size import BatchSize

MANY = 10**9


def learned(seconds: float, rounds: int = 30, fixed: int | None = None) -> BatchSize:
    batch_size = BatchSize(fixed)
    for _ in range(rounds):
        size = batch_size.size(MANY, 2)
        batch_size.learn(size, size * seconds)
    return batch_size


def test_the_first_batch_is_one_item() -> None:
    batch_size = BatchSize(None)

    assert (batch_size.size(None, 2), batch_size.batches) == (1, 1)


@pytest.mark.parametrize(("seconds", "size"), [(1e-3, 20), (1e-5, 2000), (0.5, 1), (1e-9, 65_536)])
def test_a_batch_is_some_20_ms_of_work(seconds: float, size: int) -> None:
    assert learned(seconds).size(MANY, 2) == pytest.approx(size, rel=0.1)


def test_a_batch_grows_by_steps() -> None:
    batch_size = BatchSize(None)
    found = []
    for _ in range(4):
        found.append(batch_size.size(MANY, 2))
        batch_size.learn(found[-1], found[-1] * 1e-6)

    assert found == [1, 4, 16, 64]


def test_one_slow_item_among_thousands_changes_little() -> None:
    batch_size = learned(1e-5)
    before = batch_size.size(MANY, 2)
    batch_size.learn(before, before * 1e-5 + 0.01)

    assert batch_size.size(MANY, 2) > before / 2


def test_what_is_slow_now_counts_more_than_what_was_fast() -> None:
    batch_size = learned(1e-4)
    for _ in range(12):
        batch_size.learn(batch_size.size(MANY, 2), batch_size.size(MANY, 2) * 0.02)

    assert batch_size.size(MANY, 2) == 1


def test_the_last_items_are_shared_out() -> None:
    batch_size = learned(1e-3)

    assert [batch_size.size(left, 2) for left in (1000, 40, 20, 8, 1, 0)] == [20, 10, 5, 2, 1, 1]


def test_tiny_items_are_not_cut_into_ever_smaller_shares() -> None:
    """A thousandth of a second of work is one share."""
    assert learned(1e-6).size(100, 4) == pytest.approx(1000, rel=0.1)


def test_a_size_that_is_wanted_is_kept() -> None:
    assert {learned(seconds, fixed=7).size(3, 2) for seconds in (1e-6, 1.0)} == {7}


def test_each_item_by_itself_is_handed_over_ahead_while_they_are_quick() -> None:
    quick, slow = learned(1e-4, fixed=1), learned(0.1, fixed=1)

    assert (quick.each, slow.each, learned(1.0).each) == (True, True, False)
    assert quick.size(MANY, 2) == pytest.approx(100, rel=0.1)
    assert slow.size(MANY, 2) == 1
    assert (quick.batches, slow.batches) == (2, 1)


@pytest.mark.parametrize(("seconds", "batches"), [(1e-4, 2), (0.1, 1)])
def test_another_batch_waits_at_the_worker_if_it_is_short(seconds: float, batches: int) -> None:
    assert learned(seconds).batches == batches
