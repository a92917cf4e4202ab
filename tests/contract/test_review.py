"""Faults that a review found, each as the program or the circumstances that showed it."""

from __future__ import annotations

import gc
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from census import wait_until

from codeexec_magics import CodeExecutor
from codeexec_magics.engine.execution import Execution
from codeexec_magics.engine.observer import Observer
from codeexec_magics.errors import InvalidOptions
from codeexec_magics.languages import find
from codeexec_magics.leases import sharing
from codeexec_magics.leases.client import SupervisorClient
from codeexec_magics.protocol import frames
from codeexec_magics.supervision import processes
from codeexec_magics.values.options import ExecutionOptions, Program
from codeexec_magics.values.results import ExecutionResult, Outcome


class Engine:
    """An engine with a supervisor of its own, which keeps workers ready."""

    def __init__(self) -> None:
        self.client = SupervisorClient()

    def execute(
        self, source: str, language: str = "python", directory: str | None = None
    ) -> ExecutionResult:
        """Run a program."""
        options = ExecutionOptions(standbys=1, directory=directory)
        program = Program(source, language)
        return Execution(program, find(language), options, Observer()).run(self.client, {})


@pytest.fixture
def ready() -> Iterator[Engine]:
    engine = Engine()
    yield engine
    engine.client.close()


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


@pytest.mark.parametrize("metadata", ["[1]", "'abc'", "5", "[['a', 1], ['b']]"])
def test_metadata_of_a_wrong_type_is_none(executor: CodeExecutor, metadata: str) -> None:
    result = executor.execute_python(f"display(1, metadata={metadata})\n2")

    assert result.output == 2, result.error
    assert len(result.displays) == 1


@pytest.mark.parametrize("number", ["10 ** 400", "-10 ** 400"])
def test_progress_without_end_is_not_passed_on(executor: CodeExecutor, number: str) -> None:
    heard: list[Any] = []
    observer = Observer(progress=lambda *values: heard.append(values))
    program = Program(f"progress({number})\nprogress(3, {number})\nprogress(4)\n5")

    result = executor.run(program, ExecutionOptions(standbys=0), observer=observer)

    assert result.output == 5, result.error
    assert heard == [(3, None, ""), (4, None, "")]


def test_forged_notes_of_a_crash_are_no_fault(executor: CodeExecutor) -> None:
    result = executor.execute_python("""
import os
notes = b'Fatal Python error: x\\n  File "<cell>", line ' + b"9" * 5000 + b" in f\\n"
os.pwrite(5, notes, 0)
os.kill(os.getpid(), 9)
""")

    assert (result.outcome, result.exit_code) == (Outcome.CRASHED, -9)


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("import sys\nprint('hello', file=sys.stderr)\nsys.exit(120)", 120),
        ("import sys\nprint('JavaScript heap out of memory', file=sys.stderr)\nsys.exit(3)", 3),
        ("class Silent:\n  def __str__(self): raise ValueError\nraise SystemExit(Silent())", 1),
    ],
)
def test_a_program_that_exits_has_crashed(executor: CodeExecutor, program: str, code: int) -> None:
    result = executor.execute_python(program)

    assert (result.outcome, result.exit_code) == (Outcome.CRASHED, code)
    assert "exited with code" in (result.error or "")
    assert "languages/python" not in result.stderr


@pytest.mark.parametrize(
    ("surroundings", "outcome"),
    [
        ({"environment": {f"V{n}": "x" * 100_000 for n in range(170)}}, Outcome.FAILED),
        ({"environment": {"V": "x" * 1_000_000}}, Outcome.FAILED),
        ({"interpreter": "~nobody-is-called-so/bin/python"}, Outcome.FAILED),
        ({"timeout": 1e10}, Outcome.SUCCEEDED),
        ({"timeout": 10**400}, Outcome.SUCCEEDED),
    ],
)
def test_odd_surroundings_give_a_result(
    executor: CodeExecutor, surroundings: dict[str, Any], outcome: Outcome
) -> None:
    assert executor.execute_python("1", **surroundings).outcome is outcome


@pytest.mark.parametrize(
    "surroundings",
    [
        {"environment": None},
        {"environment": ["A"]},
        {"startup_timeout": 1e7},
        {"startup_timeout": 10**400},
    ],
)
def test_wrong_surroundings_are_refused(surroundings: dict[str, Any]) -> None:
    with pytest.raises(InvalidOptions):
        CodeExecutor().execute_python("1", **surroundings)


def test_a_program_that_is_too_long_says_so(executor: CodeExecutor) -> None:
    result = executor.execute_python("x = '" + "a" * 17_000_000 + "'")

    assert result.outcome is Outcome.FAILED
    assert "too long to be sent" in (result.error or "")


def test_files_that_cannot_be_read_as_such(executor: CodeExecutor, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")

    for path in (str(tmp_path / "pipe.py"), "a" * 300 + ".py"):
        result = executor.execute_file(path)
        assert result.outcome is Outcome.FAILED
        assert "SourceUnavailable" in (result.error or "")

    for wrong in (None, 5, b"a.py"):
        with pytest.raises(InvalidOptions):
            executor.execute_file(wrong)  # type: ignore[arg-type]


def test_threads_of_a_program_may_display_at_once(executor: CodeExecutor) -> None:
    result = executor.execute_python("""
import threading

class Large:
    def _repr_html_(self):
        return "x" * 300_000

def work():
    for _ in range(10):
        display(Large())

threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
6
""")

    assert result.output == 6, result.error
    assert [len(bundle["text/html"]) for bundle in result.displays] == [300_000] * 40


def test_threads_of_a_program_may_speak_to_the_end(executor: CodeExecutor) -> None:
    program = """
import threading

def work():
    while True:
        progress(1, 2)

for _ in range(4):
    threading.Thread(target=work, daemon=True).start()
7
"""
    results = [executor.execute_python(program) for _ in range(10)]

    assert [(result.output, result.error) for result in results] == [(7, None)] * 10


def test_without_descriptors_there_is_a_result(executor: CodeExecutor) -> None:
    supervisor = executor.client.pid
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    outcomes = []
    try:
        for spare in range(16):
            held = []
            try:
                while True:
                    held.append(os.open(os.devnull, os.O_RDONLY))
            except OSError:
                for fd in held[:spare]:
                    os.close(fd)
            try:
                outcomes.append(executor.execute_python("1").outcome)
            finally:
                for fd in held[spare:]:
                    os.close(fd)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert outcomes[0] is Outcome.CRASHED
    assert outcomes[-1] is Outcome.SUCCEEDED
    assert set(outcomes) == {Outcome.CRASHED, Outcome.SUCCEEDED}
    assert executor.client.pid == supervisor


def test_impatience_does_not_end_what_others_run(executor: CodeExecutor) -> None:
    supervisor = executor.client.pid
    started = threading.Event()
    observer = Observer(output=lambda *_: started.set())
    program = Program("import time\nprint('here')\ntime.sleep(1)\n5")

    def impatient() -> ExecutionResult:
        started.wait()
        return executor.execute_python("1", startup_timeout=1e-6)

    long, short = together(
        lambda: executor.run(program, ExecutionOptions(standbys=0), observer=observer), impatient
    )

    assert long.output == 5, long.error
    assert "SupervisorLost" in (short.error or "")
    assert executor.client.pid == supervisor


@pytest.mark.parametrize(
    ("language", "program"),
    [("python", "open('f').read()"), ("javascript", "require('fs').readFileSync('f', 'utf8')")],
)
def test_a_folder_that_was_replaced_is_the_new_one(
    ready: Engine, tmp_path: Path, language: str, program: str
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


def _zygote(supervisor: int) -> int | None:
    for child in processes.children(supervisor):
        try:
            if b"--zygote" in Path(f"/proc/{child}/cmdline").read_bytes():
                return child
        except OSError:
            continue
    return None


def test_a_zygote_that_is_killed_with_requests_unread(
    ready: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready.execute("1")
    supervisor = ready.client.pid or 0
    # The zygote, and what it has forked: from then on it is needed.
    assert wait_until(lambda: _zygote(supervisor) and len(processes.children(supervisor)) > 1)
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


def test_a_collection_while_a_share_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """An executor in a cycle that nobody holds ends whenever Python collects: here, in between."""

    class Node:
        pass

    monkeypatch.setattr(sharing.Share, "_shared", {})
    node: Any = Node()
    node.me, node.executor = node, CodeExecutor()
    node.executor.client  # noqa: B018 - it takes a share
    sharing.Share._shared.clear()
    del node

    class Collecting(SupervisorClient):
        def __init__(self, *arguments: Any) -> None:
            gc.collect()
            super().__init__(*arguments)

    monkeypatch.setattr(sharing, "SupervisorClient", Collecting)
    done = threading.Event()
    another = CodeExecutor()

    def take() -> None:
        another.client  # noqa: B018
        done.set()

    threading.Thread(target=take, daemon=True).start()

    assert done.wait(10)
    another.close()


def test_an_interrupt_reaches_inputs_that_take_for_ever(
    executor: CodeExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "endless_input.py").write_text("""
import os, signal

class Endless:
    def __reduce__(self):
        os.kill(os.getpid(), signal.SIGINT)
        while True:
            pass
""")
    monkeypatch.syspath_prepend(str(tmp_path))
    from endless_input import Endless  # type: ignore[import-not-found]

    result = executor.execute_python("1", {"a": Endless()})

    assert result.outcome is Outcome.INTERRUPTED
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    sys.modules.pop("endless_input")


def test_an_interrupt_after_the_end_hits_no_descriptor(executor: CodeExecutor) -> None:
    runs: list[Execution] = []
    observer = Observer(started=runs.append)
    executor.run(Program("1"), ExecutionOptions(standbys=0), observer=observer)
    pipes = [os.pipe() for _ in range(8)]  # they take the numbers that the run has given back

    runs[0].interrupt()

    try:
        for reader, _ in pipes:
            os.set_blocking(reader, False)
            with pytest.raises(BlockingIOError):
                os.read(reader, 1)
    finally:
        for pipe in pipes:
            for fd in pipe:
                os.close(fd)


def test_runs_at_once_do_not_take_each_others_folder(executor: CodeExecutor) -> None:
    for _ in range(10):
        results = together(*[lambda: executor.execute_python("1")] * 4)
        assert [result.error for result in results] == [None] * 4


def test_a_text_that_was_never_written_is_not_copied(executor: CodeExecutor) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    result = executor.execute_python("""
import gc, os
from _codeexec_magics.languages.python.runner.channel import Channel
os.ftruncate(5, 2 << 30)
channel = next(one for one in gc.get_objects() if isinstance(one, Channel))
value = {"codec": "tree", "offset": 0, "length": 2 << 30}
channel.finish({"type": "result", "value": value}, 0)
""")

    assert result.outcome is Outcome.FAILED
    assert "never written" in (result.error or "")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1 << 20


def test_few_descriptors_are_enough(executor: CodeExecutor) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    client = SupervisorClient()
    resource.setrlimit(resource.RLIMIT_NOFILE, (128, hard))
    try:
        options = ExecutionOptions(standbys=0)
        result = Execution(Program("6 * 7"), find("python"), options, Observer()).run(client, {})
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        client.close()

    assert result.output == 42, result.error


def test_a_language_whose_package_is_broken_harms_no_other(tmp_path: Path) -> None:
    package = tmp_path / "broken-1.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Name: broken\nVersion: 1\n")
    (package / "entry_points.txt").write_text(
        "[codeexec_magics.languages]\nbroken = no_such_module_at_all:LANGUAGE\n"
    )
    script = """
import logging
from codeexec_magics import CodeExecutor
logging.basicConfig()
executor = CodeExecutor(standbys=0)
print(executor.execute_python("6 * 7").output, executor.execute("1", "broken").error)
"""
    paths = os.pathsep.join([str(tmp_path), str(Path(sharing.__file__).parents[1])])
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.startswith("42 LanguageUnavailable: no language is called 'broken'")
    assert "no_such_module_at_all" in done.stderr
