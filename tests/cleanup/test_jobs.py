"""Programs in the background: their results, their ends, and whose they are."""

from __future__ import annotations

import asyncio
import concurrent.futures
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from census import dwellers, wait_until

import codeexec_magics
from codeexec_magics import CodeExecutor, Job, Outcome
from codeexec_magics.engine.observer import Observer
from codeexec_magics.engine.runs import runs
from codeexec_magics.errors import (
    ExecutionInterrupted,
    ExecutionTimedOut,
    InvalidOptions,
    ProgramFailed,
)
from codeexec_magics.leases import figures
from codeexec_magics.leases.figures import RunFigures, figures_below
from codeexec_magics.values.options import ExecutionOptions, Program
from codeexec_magics.values.results import ExecutionResult

ROOT = Path(codeexec_magics.__file__).parents[1]
ENDLESS = {
    "python": "import time\nprint('on', flush=True)\nwhile True: time.sleep(600)",
    "javascript": "console.log('on'); await new Promise(() => setInterval(() => {}, 1e6))",
}
STUBBORN = (
    "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    "print('on', flush=True)\nwhile True: time.sleep(600)"
)
TREE = "import subprocess\nsubprocess.Popen(['setsid', 'sleep', '600'])\n" + ENDLESS["python"]


@pytest.fixture(autouse=True)
def all_jobs_end() -> Iterator[None]:
    yield
    assert wait_until(lambda: not runs())


def running(executor: CodeExecutor, code: str, language: str = "python", **more: object) -> Job:
    """A job whose program has said that it is under way."""
    job = executor.submit(code, language, timeout=60, **more)
    assert wait_until(lambda: "on\n" in job.stdout, 30), job
    return job


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_a_job_gives_the_result_that_waiting_would(executor: CodeExecutor, language: str) -> None:
    code = {"python": "print('o')\nx * 2", "javascript": "console.log('o'); x * 2"}[language]
    job = executor.submit(code, language, inputs={"x": 21})

    result = job.result(timeout=60)
    assert (result.output, result.stdout, result.outcome) == (42, "o\n", Outcome.SUCCEEDED)
    assert (job.done(), job.running(), job.cancelled()) == (True, False, False)
    assert job.exception() is None
    assert (job.language, job.stdout, job.stderr) == (language, "o\n", "")
    assert (job.state, job.label) == ("succeeded", code.split("\n")[0])
    assert job.cancel() is False
    assert job.result() is result


@pytest.mark.parametrize(
    ("code", "kind"), [("1/0", ProgramFailed), ("while True: pass", ExecutionTimedOut)]
)
def test_a_failure_is_in_the_result_and_is_the_exception(
    executor: CodeExecutor, code: str, kind: type[Exception]
) -> None:
    job = executor.submit(code, timeout=0.5)

    assert type(job.exception(timeout=60)) is kind
    assert job.result().success is False
    assert not job.cancelled()


def test_wrong_options_are_told_at_once_and_an_unknown_language_in_the_result(
    executor: CodeExecutor,
) -> None:
    with pytest.raises(InvalidOptions):
        executor.submit("1", timeout=-1)
    with pytest.raises(InvalidOptions):
        executor.submit("1", inputs=[1])  # type: ignore[arg-type]
    with pytest.raises(InvalidOptions):
        executor.submit("1", directory="/no/such/folder")

    result = executor.submit("1", "klingon").result(timeout=10)
    assert (result.outcome, result.language) == (Outcome.FAILED, "klingon")


def test_who_does_not_wait_long_enough_is_told(executor: CodeExecutor) -> None:
    job = running(executor, ENDLESS["python"])

    with pytest.raises(TimeoutError):
        job.result(timeout=0)
    with pytest.raises(TimeoutError):
        job.exception(timeout=0)
    assert (job.done(), job.running(), job.state) == (False, True, "running")
    job.end()


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_cancelling_interrupts_and_leaves_nothing(executor: CodeExecutor, language: str) -> None:
    job = running(executor, ENDLESS[language], language)

    assert job.cancel()
    result = job.result(timeout=30)
    assert (result.outcome, result.stdout) == (Outcome.INTERRUPTED, "on\n")
    assert result.receipt.left == 0
    assert isinstance(job.exception(), ExecutionInterrupted)
    assert job.cancelled()
    assert job.cancel() is False


def test_cancelling_twice_gives_no_grace(executor: CodeExecutor) -> None:
    job = running(executor, STUBBORN, grace=60)

    assert job.cancel()
    assert job.state == "stopping"
    assert job.cancel()
    result = job.result(timeout=30)
    assert (result.outcome, result.exit_code) == (Outcome.INTERRUPTED, -signal.SIGKILL)


def test_a_job_may_be_cancelled_at_every_instant_of_its_start(executor: CodeExecutor) -> None:
    for _ in range(20):
        with concurrent.futures.ThreadPoolExecutor() as pool:
            submitted = pool.submit(executor.submit, ENDLESS["python"], timeout=60)
            assert wait_until(runs)
            assert all(run.interrupt() for run in runs())
            job = submitted.result(timeout=30)
        assert job.result(timeout=30).outcome is Outcome.INTERRUPTED


def test_many_threads_cancel_one_job(executor: CodeExecutor) -> None:
    job = running(executor, TREE)
    threads = [threading.Thread(target=job.cancel) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert job.result(timeout=30).receipt.left == 0


def test_the_program_gets_what_was_there_when_it_was_submitted(
    executor: CodeExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"n": n} for n in range(1000)]
    monkeypatch.setenv("COLOUR", "red")
    monkeypatch.chdir(tmp_path)
    code = "import os\nlen(rows), rows[0], os.environ['COLOUR'], os.getcwd()"
    job = executor.submit(code, inputs={"rows": rows})
    rows.clear()
    monkeypatch.setenv("COLOUR", "blue")
    monkeypatch.chdir("/")

    assert job.result(timeout=60).output == (1000, {"n": 0}, "red", str(tmp_path))


def test_frames_are_taken_as_they_were(executor: CodeExecutor) -> None:
    numpy = pytest.importorskip("numpy")
    values = numpy.arange(1_000_000)
    job = executor.submit("int(values.sum())", inputs={"values": values})
    expected = int(values.sum())
    values[:] = 0

    assert job.result(timeout=60).output == expected


def test_what_is_printed_is_there_at_once_and_bounded(executor: CodeExecutor) -> None:
    code = "print('x' * 1_000_000, flush=True)\nprint('on', flush=True)\n" + ENDLESS["python"]
    job = running(executor, code, kept_output=1000)

    assert len(job.stdout) < 1100
    assert "characters left out" in job.stdout
    assert job.stdout.endswith("on\n")
    job.end()
    assert job.stdout == job.result().stdout


def test_jobs_are_futures(executor: CodeExecutor) -> None:
    jobs = [executor.submit(f"{n} * 2") for n in range(4)]
    seen: list[int] = []
    jobs[0].add_done_callback(lambda job: seen.append(job.result().output))

    done, left = concurrent.futures.wait(jobs, timeout=60)
    assert (done, left) == (set(jobs), set())
    ended = {job.result().output for job in concurrent.futures.as_completed(jobs)}
    assert ended == {0, 2, 4, 6}
    assert wait_until(lambda: seen == [0])


def test_an_event_loop_goes_on_while_it_awaits_a_job(
    executor: CodeExecutor, tmp_path: Path
) -> None:
    waits = "import os, time\nwhile not os.path.exists('go'): time.sleep(0.01)\n1"

    async def both() -> list[int]:
        async def output(job: Job) -> int:
            return int((await job).output)

        first = asyncio.create_task(output(executor.submit(waits, directory=str(tmp_path))))
        second = await output(executor.submit("2"))
        (tmp_path / "go").touch()
        return [await first, second]

    assert asyncio.run(both()) == [1, 2]


def test_who_is_cancelled_while_awaiting_takes_the_job_along(executor: CodeExecutor) -> None:
    job = running(executor, TREE)

    async def wait_and_cancel() -> None:
        async def waiting() -> ExecutionResult:
            return await job

        task = asyncio.create_task(waiting())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert job.cancelled()

    asyncio.run(wait_and_cancel())
    assert job.result().receipt.left == 0


def test_closing_an_executor_ends_its_jobs_and_no_other(executor: CodeExecutor) -> None:
    others = running(executor, ENDLESS["python"])
    with CodeExecutor(standbys=0) as own:
        jobs = [running(own, STUBBORN, grace=60) for _ in range(3)]

    assert all(job.cancelled() for job in jobs)
    assert not others.done()
    others.end()


def test_every_run_is_known_while_it_is_under_way(executor: CodeExecutor) -> None:
    seen: list[tuple[str, str, bool, str]] = []

    def look(stream: str, text: str) -> None:
        seen.extend((run.language, run.label, run.background, run.state) for run in runs())

    program = Program("\n\nprint('x' * 10)", "py")
    executor.run(program, ExecutionOptions(standbys=0), observer=Observer(output=look))

    assert set(seen) == {("python", "print('x' * 10)", False, "running")}
    assert runs() == []


def test_a_run_has_a_number_of_its_own_from_the_first_look_on(executor: CodeExecutor) -> None:
    jobs = [running(executor, ENDLESS["python"]) for _ in range(3)]

    ids = [run.id for run in runs()]
    assert ids == [job.id for job in jobs]
    assert len(set(ids)) == 3
    for job in jobs:
        job.end()


def test_figures_tell_of_every_process(executor: CodeExecutor) -> None:
    code = (
        "import os, threading, time\nblock = bytearray(80 << 20)\n"
        "threading.Thread(target=lambda: os.fork() or time.sleep(600), daemon=True).start()\n"
        "if os.fork() == 0 and os.fork() == 0: os.setsid()\n"
        "until = time.process_time() + 0.2\nwhile time.process_time() < until: pass\n"
        + ENDLESS["python"]
    )
    job = running(executor, code)
    (run,) = runs()
    assert wait_until(lambda: run.figures().count == 4)

    now = run.figures()
    assert now.cpu_time >= 0.2
    assert now.memory > 80 << 20
    assert {process.name for process in now.processes} == {now.processes[0].name}
    assert all(process.age >= 0 and process.memory > 0 for process in now.processes)
    job.end()
    assert run.figures() == RunFigures()


def test_figures_are_those_of_the_program_in_a_namespace_too() -> None:
    code = (
        "import sys\nfrom codeexec_magics import CodeExecutor\n"
        "from codeexec_magics.engine.runs import runs\n"
        f"with CodeExecutor(standbys=0) as executor:\n    job = executor.submit({TREE!r})\n"
        "    while 'on' not in job.stdout: pass\n"
        "    print(*sorted(process.name for process in runs()[0].figures().processes))"
    )
    for tier in ("pid-namespace", "subreaper"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONPATH": str(ROOT), "CODEEXEC_MAGICS_CONTAINMENT": tier},
            stdout=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode == 0:  # else the machine has no such tier
            assert re.fullmatch(r"python\S* s(leep|etsid)\n", done.stdout), tier
    assert done.returncode == 0


@pytest.mark.parametrize("missing", ["lists of children", "all of /proc"])
def test_figures_have_other_sources(
    executor: CodeExecutor, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    job = running(executor, TREE)
    (run,) = runs()
    assert wait_until(lambda: "sleep" in {process.name for process in run.figures().processes})
    usual = {process.pid: process.name for process in run.figures().processes}

    if missing == "all of /proc":
        monkeypatch.setattr(figures, "_PROC", "/nowhere")
    else:
        monkeypatch.setattr(figures, "_below", None)
        exists = os.path.exists
        monkeypatch.setattr(
            os.path, "exists", lambda path: not str(path).endswith("children") and exists(path)
        )
    found = run.figures()
    assert {process.pid: process.name for process in found.processes} == usual
    assert found.count == 2
    assert found.memory > 0
    monkeypatch.undo()
    job.end()


def test_figures_of_what_has_gone_are_none() -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()

    assert figures_below(gone.pid) == RunFigures()


def test_figures_never_fail_while_processes_come_and_go(executor: CodeExecutor) -> None:
    code = (
        "import os\nprint('on', flush=True)\n"
        "while True:\n  if os.fork() == 0: os._exit(0)\n  os.wait()"
    )
    job = running(executor, code)
    (run,) = runs()

    counts = [run.figures().count for _ in range(300)]
    assert max(counts) <= 3
    job.end()


OWNER = """
import json, os, sys
from codeexec_magics import CodeExecutor
executor = CodeExecutor(standbys=0)
job = executor.submit({tree!r}, timeout=600)
while 'on' not in job.stdout: pass
print('ready', flush=True)
{then}
"""


def owner(folder: Path, then: str) -> subprocess.Popen[str]:
    """A process that has a job with a tree, in a folder by which all of it is found."""
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER.format(tree=TREE, then=then)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_job_ends_with_a_process_that_is_killed(tmp_path: Path) -> None:
    process = owner(tmp_path, "sys.stdin.read()")
    assert len(dwellers(tmp_path)) >= 3

    process.kill()
    process.communicate()
    assert wait_until(lambda: not dwellers(tmp_path), 2)


@pytest.mark.parametrize("end", ["", "sys.exit(3)", "raise ValueError", "os._exit(3)"])
def test_a_job_ends_with_a_process_that_ends(tmp_path: Path, end: str) -> None:
    process = owner(tmp_path, end)

    process.communicate(timeout=30)
    assert wait_until(lambda: not dwellers(tmp_path), 2)


def test_a_fork_does_not_own_the_jobs_of_its_parent(tmp_path: Path) -> None:
    then = """
from codeexec_magics.engine.runs import runs
reading, writing = os.pipe()
if os.fork() == 0:
    told = dict(cancelled=job.cancel(), done=job.done(), known=len(runs()),
                error=job.result(timeout=5).error)
    os.write(writing, json.dumps(told).encode())
    os._exit(0)
os.wait()
print(os.read(reading, 65536).decode(), flush=True)
print(json.dumps(dict(done=job.done(), known=len(runs()))), flush=True)
job.end()
print(json.dumps(job.result().outcome.value), flush=True)
"""
    output, _ = owner(tmp_path, then).communicate(timeout=60)
    child, parent, outcome = map(json.loads, output.splitlines())

    assert child.pop("error").startswith("SupervisorLost: the job belongs to")
    assert child == {"cancelled": False, "done": True, "known": 0}
    assert parent == {"done": False, "known": 1}
    assert outcome == "interrupted"
    assert wait_until(lambda: not dwellers(tmp_path), 2)


def test_a_fault_of_ours_is_not_waited_for_for_ever(executor: CodeExecutor) -> None:
    def fail(result: ExecutionResult) -> None:
        raise RuntimeError("Test")

    job = executor.start(Program("1"), ExecutionOptions(standbys=0), ended=fail)

    with pytest.raises(RuntimeError, match="Test"):
        job.result(timeout=30)
    assert isinstance(job.exception(), RuntimeError)
    assert job.state == "crashed"


def test_a_job_without_a_thread_is_told_and_not_waited_for(
    executor: CodeExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with CodeExecutor(standbys=0) as own, pytest.raises(RuntimeError, match="new thread"):
        own.submit("1")
    assert runs() == []


def test_a_job_s_card_tells_its_state_and_nothing_that_changes(executor: CodeExecutor) -> None:
    job = running(executor, ENDLESS["python"])
    card = job._repr_mimebundle_()
    assert card["text/plain"] == "in the background · python"
    assert "<small" not in card["text/html"]

    job.end()
    assert job._repr_mimebundle_()["text/plain"].startswith("interrupted · python")
