"""The short form of the soak: cells and interrupts at random instants, and nothing grows."""

from __future__ import annotations

from pathlib import Path

import pytest
from jupyter_core.utils import ensure_event_loop
from soak import CELLS, SETUP, Notebook, growth, soak, table


@pytest.fixture(scope="module", autouse=True)
def loop_of_the_client() -> None:
    """The client's event loop stays for good; its descriptors are no execution's."""
    ensure_event_loop()


def test_nothing_grows_over_many_cells_and_interrupts() -> None:
    done = soak(executions=100, interrupts=30)

    assert growth(done) == {}
    assert (done.executions >= 100, len(done.answers) >= 30) == (True, True)
    assert table(done).count("\n|") == 1 + len(done.first)


OURS = ("Execution", "Facts", "Loop", "Worker", "Run", "Observer", "LiveLine", "Painter", "Stream")


def test_no_cell_leaves_its_result_to_a_collection(tmp_path: Path) -> None:
    """A kernel collects seldom: what waits for it would be as much as the values of many cells."""
    notebook = Notebook(tmp_path)
    try:
        assert notebook.run(f"import gc\n{SETUP}") == "ok"
        for cell in CELLS:
            assert notebook.run(cell) == "ok"
            assert notebook.run("_ = gc.collect(), gc.disable()") == "ok"
            assert notebook.run(cell) == "ok"
            left = f"[one for one in gc.get_objects() if type(one).__name__ in {OURS}]"
            assert notebook.run(f"left = {left}\nassert not left, left") == "ok", cell
    finally:
        notebook.close()
