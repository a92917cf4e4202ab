"""The short form of the soak: cells and interrupts at random instants, and nothing grows."""

from __future__ import annotations

import pytest
from jupyter_core.utils import ensure_event_loop
from soak import growth, soak, table


@pytest.fixture(scope="module", autouse=True)
def loop_of_the_client() -> None:
    """The client's event loop stays for good; its descriptors are no execution's."""
    ensure_event_loop()


def test_nothing_grows_over_many_cells_and_interrupts() -> None:
    done = soak(executions=150, interrupts=40)

    assert growth(done) == {}
    assert (done.executions >= 150, len(done.answers) >= 40) == (True, True)
    assert table(done).count("\n|") == 1 + len(done.first)
