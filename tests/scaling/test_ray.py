"""Ray as an engine of maps, and as a host; by hand, since it takes a minute to start.

``pip install ray``, then ``pytest -m ray tests/scaling/test_ray.py``.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from census import wait_until
from marked_cells import alive, double, hostile, sleeper, transform

from codeexec_magics import ItemFailure

pytestmark = [pytest.mark.ray, pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module")
def ray() -> Iterator[Any]:
    engine = pytest.importorskip("ray")
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    try:
        engine.init(
            num_cpus=2,
            include_dashboard=False,
            log_to_driver=False,
            runtime_env={"env_vars": {"PYTHONPATH": path}},
        )
    except Exception as error:  # on a busy machine it does not start in its 30 s
        pytest.skip(f"Ray has not started: {error}")
    yield engine
    engine.shutdown()


def test_values_come_in_the_order_of_the_items(ray: Any) -> None:
    assert double.map(range(5000), on=ray) == [2 * x for x in range(5000)]
    assert double.map(range(10), on="ray") == [2 * x for x in range(10)]


def test_one_bad_item_is_lost_alone(ray: Any) -> None:
    bad = transform("bad", "def transform(x): return 1 // (x - 701)")
    out = bad.map(range(2000), on=ray, on_error="collect")

    assert [value.index for value in out if isinstance(value, ItemFailure)] == [701]


def test_an_endless_stream_ends_with_its_reader(ray: Any) -> None:
    values = double.stream(itertools.count(), on=ray)
    assert list(itertools.islice(values, 300)) == [2 * x for x in range(300)]
    values.close()  # type: ignore[attr-defined]


def test_an_interrupt_leaves_nothing(ray: Any) -> None:
    mark = "62001"
    killer = threading.Thread(
        target=lambda: (
            wait_until(lambda: len(alive(mark)) >= 4, seconds=60),
            os.kill(os.getpid(), signal.SIGINT),
        )
    )
    killer.start()
    with pytest.raises(KeyboardInterrupt):
        hostile(mark).map(range(100), on=ray)
    killer.join()

    assert wait_until(lambda: not alive(mark), seconds=0.5)


def test_a_cancelled_task_ends_its_cell(ray: Any) -> None:
    mark = "62002"
    call = ray.remote(max_retries=0)(lambda cell, x: cell(x))
    reference = call.remote(sleeper(mark), 1)
    assert wait_until(lambda: len(alive(mark)) == 2, seconds=60)

    ray.cancel(reference)

    assert wait_until(lambda: not alive(mark), seconds=1.5)
    with pytest.raises(ray.exceptions.TaskCancelledError):
        ray.get(reference, timeout=10)


def test_a_cancelled_task_of_an_actor_ends_its_cell_and_the_actor_lives_on(ray: Any) -> None:
    mark = "62003"

    class Caller:
        def call(self, cell: Any, x: int) -> Any:
            return cell(x)

    actor = ray.remote(Caller).remote()
    reference = actor.call.remote(sleeper(mark), 1)
    assert wait_until(lambda: len(alive(mark)) == 2, seconds=60)

    ray.cancel(reference)

    assert wait_until(lambda: not alive(mark), seconds=1.5)
    assert ray.get(actor.call.remote(double, 21), timeout=60) == 42
