"""Workers that stand by: used once, replaced, refreshed, and ended with their owner."""

from __future__ import annotations

import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from census import below, wait_until

from codeexec_magics import CodeExecutor
from codeexec_magics.leases import client as client_module
from codeexec_magics.leases.sharing import Share
from codeexec_magics.protocol import frames
from codeexec_magics.supervision import processes
from codeexec_magics.values.results import ExecutionResult

WHOAMI = {"python": "import os\nos.getpid()", "javascript": "process.pid"}


@pytest.fixture
def ready(monkeypatch: pytest.MonkeyPatch) -> Iterator[CodeExecutor]:
    """An engine with a supervisor of its own; what it keeps ready is gone when it is closed."""
    monkeypatch.setattr(Share, "_shared", {})
    with CodeExecutor(standbys=2) as own:
        yield own


def is_reaper(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip() == "codeexec-reaper"
    except OSError:
        return False


def standing(executor: CodeExecutor) -> set[int]:
    """The workers that wait: each is the child of a reaper."""
    supervisor = executor.client.pid
    assert supervisor is not None
    return {pid for pid, parent in processes.descendants(supervisor) if is_reaper(parent)}


def zygotes(supervisor: int) -> set[int]:
    """The supervisor's children that are no reapers."""
    return {pid for pid in processes.children(supervisor) if not is_reaper(pid)}


def settled(executor: CodeExecutor, language: str) -> set[int]:
    executor.execute(WHOAMI[language], language)
    assert wait_until(lambda: len(standing(executor)) == 2, 10)
    return standing(executor)


@pytest.mark.parametrize("language", WHOAMI)
def test_a_worker_that_stands_by_is_used_once_and_replaced(
    ready: CodeExecutor, language: str
) -> None:
    waiting = settled(ready, language)

    used = [ready.execute(WHOAMI[language], language).output for _ in range(6)]

    assert used[0] in waiting
    assert len(set(used)) == 6
    assert wait_until(lambda: len(standing(ready)) == 2, 10)
    assert standing(ready).isdisjoint(used)


@pytest.mark.parametrize("language", WHOAMI)
def test_another_environment_or_folder_gets_another_worker(
    ready: CodeExecutor, language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = settled(ready, language)
    program = {
        "python": "import os\n(os.environ['SEEN'], os.getcwd(), os.getpid())",
        "javascript": "[process.env.SEEN, process.cwd(), process.pid]",
    }[language]

    monkeypatch.setenv("SEEN", "late")
    monkeypatch.chdir(tmp_path)
    seen, folder, pid = ready.execute(program, language).output

    assert (seen, folder) == ("late", str(tmp_path))
    assert pid not in waiting


@pytest.mark.parametrize("language", WHOAMI)
def test_a_worker_that_was_killed_while_it_stood_by_is_not_missed(
    ready: CodeExecutor, language: str
) -> None:
    waiting = settled(ready, language)
    for pid in waiting:
        os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: standing(ready).isdisjoint(waiting))

    assert ready.execute("1 + 1", language).output == 2
    assert ready.execute("1 + 1", language).output == 2


def test_the_reaper_of_a_worker_that_stands_by_is_killed(ready: CodeExecutor) -> None:
    settled(ready, "python")
    supervisor = ready.client.pid
    assert supervisor is not None
    parents = {parent for _, parent in processes.descendants(supervisor)} - {supervisor}
    for pid in parents:
        os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: below(supervisor).isdisjoint(parents))

    assert ready.execute_python("1 + 1").output == 2


def test_the_zygote_is_killed_and_its_workers_live_on(ready: CodeExecutor) -> None:
    waiting = settled(ready, "python")
    supervisor = ready.client.pid
    assert supervisor is not None
    assert wait_until(lambda: len(zygotes(supervisor)) == 1)
    (zygote,) = zygotes(supervisor)

    os.kill(zygote, signal.SIGKILL)
    assert wait_until(lambda: zygote not in below(supervisor))

    assert ready.execute_python(WHOAMI["python"]).output in waiting
    assert wait_until(lambda: len(standing(ready)) == 2, 10)
    assert ready.execute_python("1 + 1").output == 2


def test_libraries_that_programs_use_are_loaded_ahead(ready: CodeExecutor) -> None:
    pytest.importorskip("numpy")
    loaded = "import sys\n'numpy' in sys.modules"
    ready.execute_python("import numpy")

    assert wait_until(lambda: ready.execute_python(loaded).output, 20)
    assert ready.execute_python("import numpy\nnumpy.random.rand()").output != (
        ready.execute_python("import numpy\nnumpy.random.rand()").output
    )


def test_a_file_beside_the_program_comes_before_what_is_loaded_ahead(
    ready: CodeExecutor, tmp_path: Path
) -> None:
    (tmp_path / "statistics.py").write_text("mine = True")
    program = "import statistics\nstatistics.mine"

    for _ in range(4):
        assert ready.execute_python(program, directory=str(tmp_path)).output is True


@pytest.mark.parametrize("language", WHOAMI)
def test_every_run_of_a_burst_has_a_process_of_its_own(ready: CodeExecutor, language: str) -> None:
    pids = [ready.execute(WHOAMI[language], language).output for _ in range(20)]

    assert len(set(pids)) == 20


def test_a_random_number_is_another_in_every_process(ready: CodeExecutor) -> None:
    settled(ready, "python")
    program = "import random, uuid\n(random.random(), uuid.uuid4().hex)"

    drawn = [ready.execute_python(program).output for _ in range(5)]

    assert len({number for number, _ in drawn}) == 5
    assert len({name for _, name in drawn}) == 5


def test_none_stands_by_where_none_is_wanted(ready: CodeExecutor) -> None:
    ready.execute_python("1", standbys=0)
    ready.execute_python("1", standbys=0)

    assert standing(ready) == set()


def test_workers_are_given_up_when_memory_becomes_scarce(
    ready: CodeExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine cannot be made short of memory here, so its supervisor is told that it is."""
    scarce, entry = tmp_path / "scarce", tmp_path / "entry.py"
    ours = Path(client_module._ENTRY)
    before, main, rest = ours.read_text().partition("main(sys.argv")
    told = (
        "from codeexec_magics.supervision import reapers, standby\n"
        f"scarce = lambda: os.path.exists({str(scarce)!r})\n"
        "standby.memory_is_scarce = reapers.memory_is_scarce = scarce\n"
        "standby._LOOK_AT_MEMORY = 0.1\n"
    )
    entry.write_text(before.replace("__file__", repr(str(ours))) + told + main + rest)
    monkeypatch.setattr(client_module, "_ENTRY", str(entry))
    settled(ready, "python")

    scarce.touch()

    assert wait_until(lambda: not standing(ready) and not zygotes(ready.client.pid or 0), 10)
    assert ready.execute("6 * 7", "python").output == 42
    assert not standing(ready)

    scarce.unlink()

    settled(ready, "python")


@pytest.mark.parametrize(
    ("language", "program"),
    [("python", "open('f').read()"), ("javascript", "require('fs').readFileSync('f', 'utf8')")],
)
def test_a_folder_that_was_replaced_is_the_new_one(
    ready: CodeExecutor, tmp_path: Path, language: str, program: str
) -> None:
    folder = tmp_path / "folder"
    for content in ("old", "new", "newest"):
        folder.mkdir()
        (folder / "f").write_text(content)

        result = ready.execute(program, language, directory=str(folder))

        assert result.output == content, result.error
        assert wait_until(lambda: _stands_by_in(folder))
        shutil.rmtree(folder)


def _stands_by_in(folder: Path) -> bool:
    found = []
    for link in Path("/proc").glob("[0-9]*/cwd"):
        try:
            found.append(str(link.readlink()))
        except OSError:
            continue
    return str(folder) in found


def together(*calls: Callable[[], ExecutionResult]) -> list[ExecutionResult]:
    """The results of calls that are made at the same time."""
    results: dict[int, ExecutionResult] = {}

    def call(number: int) -> None:
        results[number] = calls[number]()

    threads = [threading.Thread(target=call, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [results[number] for number in range(len(calls))]


def _zygote(supervisor: int) -> int | None:
    for child in processes.children(supervisor):
        try:
            if b"--zygote" in Path(f"/proc/{child}/cmdline").read_bytes():
                return child
        except OSError:
            continue
    return None


def test_a_zygote_that_is_killed_with_requests_unread(
    ready: CodeExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready.execute("1")
    supervisor = ready.client.pid or 0
    # The zygote, and what it has forked: from then on it is needed.
    assert wait_until(lambda: _zygote(supervisor) and len(processes.children(supervisor)) > 1)
    ready.client._kept.clear()  # each of the runs is to ask for its worker
    asked = threading.Semaphore(0)
    send = frames.send

    def send_and_tell(channel: Any, message: dict[str, Any], *descriptors: Any) -> None:
        send(channel, message, *descriptors)
        if message["type"] == "lease":
            asked.release()

    def kill() -> ExecutionResult:
        for _ in range(3):
            asked.acquire()
        # The supervisor, which ends a zygote that is stopped, finds the requests first.
        os.kill(supervisor, signal.SIGCONT)
        return ready.execute("0")

    monkeypatch.setattr(frames, "send", send_and_tell)
    os.kill(supervisor, signal.SIGSTOP)
    os.kill(_zygote(supervisor) or 0, signal.SIGSTOP)
    results = together(kill, *[lambda: ready.execute("6 * 7")] * 3)

    assert [(result.output, result.error) for result in results[1:]] == [(42, None)] * 3
    assert ready.client.pid == supervisor
