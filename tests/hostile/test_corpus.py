"""Whatever a program does, its result says so and nothing of it survives, in every tier."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from census import dwellers, wait_until
from corpus import Hostile, programs, summary

from codeexec_magics import CodeExecutor, ExecutionResult
from codeexec_magics.engine.execution import Execution
from codeexec_magics.engine.observer import Observer
from codeexec_magics.languages import find
from codeexec_magics.leases.client import SupervisorClient
from codeexec_magics.supervision.containment import strongest
from codeexec_magics.supervision.processes import children
from codeexec_magics.values.options import ExecutionOptions, Program

GRACE = 0.1
STANDBYS = ExecutionOptions().standbys
CORPUS = programs()

# The weaker and the optional tiers see the programs that are about them: trees and attacks.
ABOUT_TREES = {
    "aborts",
    "chain",
    "changes_its_user",
    "clears_its_environment",
    "daemon",
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
    "nohup_and_disown",
    "orphans",
    "own_namespaces",
    "sends_sigio",
    "signals_its_ancestors",
    "starts_again_later",
    "stopped_child",
    "stops_itself",
    "stops_its_parent",
    "storm_behind_a_good_end",
    "subreaper_of_its_own",
    "traced_child",
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

    result = executor.execute(
        program.source,
        program.language,
        timeout=program.timeout,
        grace=GRACE,
        directory=str(folder),
        environment=program.environment,
    )

    assert_as_announced(program, result, TIER)
    assert executor.execute_python("41 + 1").output == 42
    assert executor.client.pid == supervisor


@pytest.fixture(scope="module")
def clients() -> Iterator[dict[str, SupervisorClient]]:
    """A supervisor for each of the other tiers, started before the first look at what there is."""
    started = {tier: SupervisorClient(tier) for tier in OTHER_TIERS}
    for client in started.values():
        client.welcome()
    yield started
    for client in started.values():
        client.close()


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
    clients: dict[str, SupervisorClient], tier: str, program: Hostile, folder: Path
) -> None:
    options = ExecutionOptions(
        timeout=program.timeout, grace=GRACE, directory=str(folder), standbys=0
    )
    execution = Execution(
        Program(program.source, program.language), find(program.language), options, Observer()
    )

    result = execution.run(clients[tier], {})

    assert_as_announced(program, result, tier)
    assert result.receipt.containment == tier


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_hostile_programs_in_workers_that_stood_by(language: str, folder: Path) -> None:
    """A worker that waited for its program, or was forked from a zygote, is held as well."""
    chosen = [
        program
        for program in CORPUS
        if program.path.stem in ABOUT_TREES
        and program.language == language
        and program.may_run_in(TIER)
    ]
    client = SupervisorClient(WANTED)
    try:
        for program in [chosen[0], *chosen]:
            options = ExecutionOptions(timeout=program.timeout, grace=GRACE, directory=str(folder))
            execution = Execution(
                Program(program.source, language), find(language), options, Observer()
            )
            assert_as_announced(program, execution.run(client, {}), TIER)
            assert wait_until(lambda: standing_by(client))
    finally:
        client.close()


def standing_by(client: SupervisorClient) -> bool:
    """Whether reapers with their workers wait below the supervisor."""
    assert client.pid is not None
    return sum(len(children(pid)) == 1 for pid in children(client.pid)) >= STANDBYS
