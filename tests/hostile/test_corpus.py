"""Whatever a program does, its result says so and nothing of it survives, in every tier."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from census import dwellers, wait_until
from corpus import LEFT_BEHIND, Hostile, programs, summary

from codeexec_magics import CodeExecutor, ExecutionResult
from codeexec_magics.leases.client import SupervisorClient
from codeexec_magics.leases.sharing import Share
from codeexec_magics.supervision.containment import strongest
from codeexec_magics.supervision.processes import children
from codeexec_magics.values.options import ExecutionOptions

GRACE = 0.1
STANDBYS = ExecutionOptions().standbys
CORPUS = programs()

# The weaker and the optional tiers see the programs that are about them: trees and attacks.
ABOUT_TREES = {
    *LEFT_BEHIND,
    "aborts",
    "clears_its_environment",
    "exhausts_processes",
    "fork_storm",
    "forks_on_signals",
    "forks_when_orphaned",
    "hard_exit",
    "ignores_all_signals",
    "kills_everything",
    "kills_itself_with_sigkill",
    "kills_its_parent",
    "limits_its_ancestors",
    "orphans",
    "sends_sigio",
    "signals_its_ancestors",
    "starts_again_later",
    "stops_itself",
    "stops_its_parent",
    "storm_behind_a_good_end",
    "traces_its_ancestors",
}
WANTED = os.environ.get("CODEEXEC_MAGICS_CONTAINMENT", "auto")
TIER = strongest(WANTED)[0].name
OTHER_TIERS = [
    name
    for name in (
        "guarded-subreaper",
        "sealed",
        "pid-namespace",
        "filtered-subreaper",
        "subreaper",
    )
    if name != TIER and strongest(name)[0].name == name
]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A current directory for one program; by it any process of the program can be found."""
    place = tmp_path / "here"
    place.mkdir()
    (place / "precious").mkdir()
    (place / "precious").rmdir()
    yield place
    wait_until(lambda: not dwellers(place), 2)
    assert dwellers(place) == set()


def assert_as_announced(program: Hostile, result: ExecutionResult, tier: str) -> None:
    expected = program.expected(tier)
    assert (result.outcome.value, result.receipt.left) == (expected.outcome, 0), result.error
    if result.success:
        assert summary(result.output) == expected.detail
    else:
        assert expected.detail in (result.error or "")


def execute(executor: CodeExecutor, program: Hostile, folder: Path) -> ExecutionResult:
    return executor.execute(
        program.source,
        program.language,
        inputs=program.inputs,
        timeout=program.timeout,
        grace=GRACE,
        directory=str(folder),
        environment=program.environment,
    )


def test_every_program_says_how_it_ends() -> None:
    assert len(CORPUS) > 80
    assert [str(program) for program in CORPUS if "" not in program.expectations] == []


@pytest.mark.parametrize(
    "program", [program for program in CORPUS if program.may_run_in(TIER)], ids=str
)
def test_a_hostile_program_ends_as_announced(
    executor: CodeExecutor, program: Hostile, folder: Path
) -> None:
    supervisor = executor.client.pid

    result = execute(executor, program, folder)

    assert_as_announced(program, result, TIER)
    assert executor.execute_python("41 + 1").output == 42
    assert executor.client.pid == supervisor


@pytest.fixture(scope="module")
def executors() -> Iterator[dict[str, CodeExecutor]]:
    """One for each of the other tiers, started before the first look at what there is."""
    with contextlib.ExitStack() as stack:
        started = {
            tier: stack.enter_context(CodeExecutor(containment=tier, standbys=0))
            for tier in OTHER_TIERS
        }
        for executor in started.values():
            executor.client.welcome()
        yield started


@pytest.mark.parametrize(
    ("tier", "program"),
    [
        pytest.param(tier, program, id=f"{tier}-{program}")
        for tier in OTHER_TIERS
        for program in CORPUS
        if program.path.stem in ABOUT_TREES and program.may_run_in(tier)
    ],
)
def test_a_hostile_program_ends_as_announced_in_every_tier(
    executors: dict[str, CodeExecutor], tier: str, program: Hostile, folder: Path
) -> None:
    result = execute(executors[tier], program, folder)

    assert_as_announced(program, result, tier)
    assert result.receipt.containment == tier


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_hostile_programs_in_workers_that_stood_by(
    language: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that waited for its program, or was forked from a zygote, is held as well."""
    chosen = [
        program
        for program in CORPUS
        if program.path.stem in ABOUT_TREES
        and program.language == language
        and program.may_run_in(TIER)
    ]
    monkeypatch.setattr(Share, "_shared", {})
    with CodeExecutor(containment=WANTED) as ready:
        for program in [chosen[0], *chosen]:
            assert_as_announced(program, execute(ready, program, folder), TIER)
            assert wait_until(lambda: standing_by(ready.client))


def standing_by(client: SupervisorClient) -> bool:
    """Whether reapers with their workers wait below the supervisor."""
    assert client.pid is not None
    return sum(len(children(pid)) == 1 for pid in children(client.pid)) >= STANDBYS
