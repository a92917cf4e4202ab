"""The receipt counts every process of a run, in whatever tier."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from codeexec_magics import CodeExecutor, ExecutionResult, Outcome
from codeexec_magics.engine.surroundings import recipe_of, take_lease
from codeexec_magics.languages import find
from codeexec_magics.supervision.containment import strongest
from codeexec_magics.values.options import ExecutionOptions

TIERS = [
    name
    for name in ("guarded-subreaper", "sealed", "pid-namespace", "filtered-subreaper", "subreaper")
    if strongest(name)[0].name == name
]


@pytest.fixture(params=TIERS)
def own(request: pytest.FixtureRequest, unshared: None) -> Iterator[CodeExecutor]:
    """An executor of one tier."""
    with CodeExecutor(containment=request.param, standbys=0) as executor:
        yield executor


def run(own: CodeExecutor, source: str) -> ExecutionResult:
    return own.execute(source, timeout=0.5, grace=0)


def test_a_program_alone(own: CodeExecutor) -> None:
    receipt = run(own, "1").receipt

    assert (receipt.reaped, receipt.forced, receipt.left) == (1, 0, 0)


def test_children_that_had_ended_and_children_that_had_not(own: CodeExecutor) -> None:
    receipt = run(
        own,
        "import subprocess\nsubprocess.run(['true'])\n"
        "for _ in range(3):\n    subprocess.Popen(['sleep', '600'])\n1",
    ).receipt

    # The one that ended was awaited by the program itself.
    assert (receipt.reaped, receipt.forced, receipt.left) == (4, 3, 0)


def test_orphans(own: CodeExecutor) -> None:
    receipt = run(own, "import os\nos.system('(sleep 600 & sleep 600 &)')\n1").receipt

    assert (receipt.reaped, receipt.forced, receipt.left) == (3, 2, 0)


def test_a_program_that_had_to_be_killed(own: CodeExecutor) -> None:
    result = run(own, "import os\nos.fork()\nos.fork()\nwhile True: pass")

    assert result.outcome is Outcome.TIMED_OUT
    receipt = result.receipt
    assert (receipt.reaped, receipt.forced, receipt.left) == (4, 4, 0)


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("import os; os._exit(3)", 3),
        ("import os; os.abort()", -6),
        ("import os; os.kill(os.getpid(), 9)", -9),
    ],
)
def test_a_program_that_ended_by_itself(own: CodeExecutor, source: str, code: int) -> None:
    result = run(own, source)

    assert (result.exit_code, result.receipt.reaped, result.receipt.forced) == (code, 1, 0)


def test_the_end_of_a_run_s_socket_after_its_last_word_is_no_loss(
    own: CodeExecutor,
) -> None:
    """Who attends to several runs may be woken once more by one that is over."""
    options = ExecutionOptions(standbys=0)
    lease = take_lease(own.client, recipe_of(find("python"), options), options)
    try:
        lease.release()
        lease.wait()
        ended = lease.exit
        lease.receive()

        assert (ended is not None, lease.exit) == (True, ended)
    finally:
        lease.close()
