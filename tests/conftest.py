"""Fixtures of all tests; above all: after each test, nothing is left."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from census import TEMP, Census, Starts, descriptors, wait_until

from codeexec_magics import CodeExecutor
from codeexec_magics.leases.sharing import Share

STARTS = Starts()


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
        STARTS.resting.add(shared.client.pid or 0)
        yield shared


@pytest.fixture
def unshared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Executors of this test have supervisors of their own, whatever others there are."""
    monkeypatch.setattr(Share, "_shared", {})


@pytest.fixture(scope="session")
def last_census() -> list[Census]:
    """What there was when somebody looked last, as the one item of a list."""
    return [Census()]


@pytest.fixture(autouse=True)
def nothing_left(request: pytest.FixtureRequest, last_census: list[Census]) -> Iterator[None]:
    """After each test that may have started something: nothing of it is left, by our own names.

    Tests that start nothing, most of them, are not made to wait for a look at the machine.
    """
    if "executor" in request.fixturenames:
        request.getfixturevalue("executor")
    if STARTS.any():
        last_census[0] = Census.now()
        STARTS.looked()
    before, before_descriptors = last_census[0], descriptors()

    yield

    if STARTS.any():
        wait_until(lambda: not Census.now().new_since(before))
        last_census[0] = Census.now()
        STARTS.looked()
        assert last_census[0].new_since(before) == {}
    # One that is closed meanwhile, as by a collection of what another test has dropped, is no leak.
    assert dict(descriptors().items() - before_descriptors.items()) == {}
