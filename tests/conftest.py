"""Fixtures of all tests; above all: after each test, nothing is left."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from census import (
    TEMP,
    below,
    descriptors,
    marked_processes,
    scratch_directories,
    shared_memory,
    wait_until,
)

from codeexec_magics import CodeExecutor


def pytest_unconfigure() -> None:
    """Remove the temp folder of this test session."""
    shutil.rmtree(TEMP, ignore_errors=True)


@pytest.fixture(scope="session")
def executor() -> Iterator[CodeExecutor]:
    """One engine for the whole session, started before the first look at what there is.

    It keeps no standbys, so that every process that a test leaves is one too many.
    """
    with CodeExecutor(default_timeout=30, standbys=0) as shared:
        shared.client.welcome()
        yield shared


@pytest.fixture(autouse=True)
def nothing_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each test: no process of a run, scratch directory, descriptor, shared memory."""
    if "executor" in request.fixturenames:
        request.getfixturevalue("executor")
    me = os.getpid()
    before_processes, before_marked = below(me), marked_processes()
    before_scratch, before_memory = scratch_directories(), shared_memory()
    before_descriptors = descriptors()

    yield

    wait_until(lambda: not below(me) - before_processes and not marked_processes() - before_marked)
    wait_until(lambda: not scratch_directories() - before_scratch)
    assert below(me) - before_processes == set()
    assert marked_processes() - before_marked == set()
    assert scratch_directories() - before_scratch == set()
    assert shared_memory() - before_memory == set()
    assert descriptors() == before_descriptors
