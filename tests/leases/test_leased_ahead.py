"""A worker that is in the owner's hands before a run wants it: used, given up, and never missed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from census import below, wait_until

from codeexec_magics import CodeExecutor
from codeexec_magics.leases.client import SupervisorClient
from codeexec_magics.leases.request import Kept, Request
from codeexec_magics.leases.sharing import Share

WHOAMI = "import os\nos.getpid()"


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> Iterator[CodeExecutor]:
    """An engine with a supervisor of its own, whose next worker is leased."""
    monkeypatch.setattr(Share, "_shared", {})
    # This variable changes between the set-up of a test and its call, and with it the recipe.
    with CodeExecutor(environment={"PYTEST_CURRENT_TEST": None}) as executor:
        lease_ahead(executor)
        yield executor


def kept(executor: CodeExecutor) -> list[Request]:
    """What has been asked for ahead."""
    return executor.client._kept._requests


def lease_ahead(executor: CodeExecutor) -> Request:
    """Have the next worker leased."""
    executor.execute(WHOAMI)
    (request,) = kept(executor)
    assert wait_until(lambda: request.is_answered, 30)
    return request


@contextmanager
def seen(owner: Any, name: str) -> Iterator[mock.MagicMock]:
    with mock.patch.object(owner, name, autospec=True, side_effect=getattr(owner, name)) as spy:
        yield spy


def test_a_run_takes_it_without_asking(own: CodeExecutor) -> None:
    with seen(Request, "send") as asked:
        first = own.execute(WHOAMI)
        lease_ahead(own)
        second = own.execute(WHOAMI)

    assert asked.call_count == 0
    assert first.output != second.output


def test_one_is_kept_for_each_of_a_few_recipes(own: CodeExecutor, tmp_path: Path) -> None:
    for number in range(6):
        folder = tmp_path / str(number)
        folder.mkdir()
        own.execute("1", directory=str(folder))

    folders = [Path(request.recipe.directory).name for request in kept(own)]

    assert folders == ["2", "3", "4", "5"]
    assert own.execute("6 * 7", directory=str(tmp_path / "3")).output == 42


def test_none_is_kept_where_none_stands_by(own: CodeExecutor) -> None:
    own.execute("1", standbys=0)

    assert len(kept(own)) == 1


def kill(executor: CodeExecutor, name: str) -> None:
    """Kill all processes below the supervisor that are called so."""
    supervisor = executor.client.pid or 0
    hit = {pid for pid in below(supervisor) if _comm(pid) == name}
    assert hit
    for pid in hit:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: below(supervisor).isdisjoint(hit))


def _comm(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


@pytest.mark.parametrize("name", ["codeexec-reaper", "python"])
def test_it_has_ended_before_it_is_used(own: CodeExecutor, name: str) -> None:
    kill(own, name)

    assert [own.execute("6 * 7").output for _ in range(3)] == [42] * 3


def test_the_supervisor_has_ended(own: CodeExecutor) -> None:
    supervisor = own.client.pid or 0
    under_it = below(supervisor)
    os.kill(supervisor, signal.SIGKILL)
    assert wait_until(lambda: not any(map(_comm, under_it)))

    assert own.execute("6 * 7").output == 42


def test_its_scratch_folder_is_there_again(own: CodeExecutor) -> None:
    (request,) = kept(own)
    program = "import os\nos.path.isdir(os.environ['TMPDIR'])"
    with mock.patch.object(Request, "is_good", autospec=True) as judged:

        def without_folder(request: Request, lease: Any) -> bool:
            os.rmdir(lease.scratch)
            return good(request, lease)

        judged.side_effect = without_folder
        result = own.execute(program)

    assert (result.output, judged.call_count) == (True, 1)
    assert request not in kept(own)


def test_a_fork_of_the_owner_gives_up_its_copies_alone(own: CodeExecutor) -> None:
    child = os.fork()
    if child == 0:
        os._exit(len(kept(own)))
    assert os.waitpid(child, 0)[1] == 0

    with seen(Request, "send") as asked:
        assert own.execute("6 * 7").output == 42
    assert asked.call_count == 0


def test_one_that_nobody_has_asked_for_is_waited_for(own: CodeExecutor) -> None:
    """The next run comes before the supervisor has handed a worker over."""
    outputs = [own.execute(WHOAMI).output for _ in range(12)]

    assert len(set(outputs)) == 12


def _interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0)


def before(owner: Any, name: str) -> Callable[[], Any]:
    step = getattr(owner, name)

    def interrupted(*arguments: Any, **named: Any) -> Any:
        _interrupt()
        return step(*arguments, **named)

    return lambda: mock.patch.object(owner, name, interrupted)


def after(owner: Any, name: str) -> Callable[[], Any]:
    step = getattr(owner, name)

    def interrupted(*arguments: Any, **named: Any) -> Any:
        done = step(*arguments, **named)
        _interrupt()
        return done

    return lambda: mock.patch.object(owner, name, interrupted)


STAGES = {
    "found": after(Kept, "take"),
    "before it is claimed": before(Request, "claim"),
    "claimed": after(Request, "claim"),
    "leased": after(Request, "lease"),
    "judged": after(Request, "is_good"),
    "before the next is asked for": before(SupervisorClient, "ask_ahead"),
    "the next is kept": after(Kept, "add"),
    "the next is asked for": after(Request, "send_ahead"),
}
good = Request.is_good


@pytest.mark.parametrize("stage", STAGES)
def test_an_interrupt_at_any_stage_leaves_nothing(own: CodeExecutor, stage: str) -> None:
    with STAGES[stage]():
        result = own.execute("import time\ntime.sleep(0.05)")

    assert result.outcome.value == "interrupted"
    assert result.receipt.left == 0
    assert own.execute("6 * 7").output == 42
    supervisor = own.client.pid or 0
    own.close()
    assert not Path(f"/proc/{supervisor}").exists()
