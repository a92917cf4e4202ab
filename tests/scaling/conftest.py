"""Processes of ours stay in a cluster's workers for its time: they are counted at its end."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from census import below, marked_processes, wait_until


@pytest.fixture(autouse=True)
def nothing_left() -> None:
    """Each test looks for what bears its mark; the rest is looked for when the cluster is gone."""


@pytest.fixture(scope="module", autouse=True)
def nothing_left_of_a_cluster() -> Iterator[None]:
    before = below(os.getpid()), marked_processes()
    yield
    wait_until(lambda: not below(os.getpid()) - before[0] and not marked_processes() - before[1])
    assert marked_processes() - before[1] == set()
