"""Tell what this machine guarantees, and prove it now.

Lives in the process that asks; starts programs and one process of its own, which it kills. Owns a
temporary folder for the time of the examination.
"""

from __future__ import annotations

import os
import platform
import select
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codeexec_magics import languages
from codeexec_magics.engine.executor import CodeExecutor
from codeexec_magics.engine.observer import Observer, Running
from codeexec_magics.languages import Language
from codeexec_magics.leases.trial import dwellers, kill_an_owner
from codeexec_magics.supervision.scratch import session_directory
from codeexec_magics.values.options import ExecutionOptions, Program
from codeexec_magics.values.results import ExecutionResult, Outcome

_ISOLATIONS = {
    "--seal": {"seal": True},
    "--no-network": {"network": False},
    "--sandbox": {"sandbox": True},
}
_LONGEST_CLEANING, _ROUND = 5.0, 0.01
_OPEN = ("subreaper", "process-group")
"""Tiers that do not claim to refuse attacks."""
# A namespace's first process may be named by the others, and is protected by the kernel.
_ATTACKS = """
import os, resource
through = []
def attempt(name, action):
    try:
        action()
        through.append(name)
    except OSError:
        pass
for who, pid in {"the kernel": kernel, "the reaper": os.getppid()}.items():
    if pid > 1:
        attempt(f"a signal to {who}", lambda: os.kill(pid, 0))
        attempt(f"a limit of {who}", lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE))
        attempt(f"scheduling of {who}", lambda: os.sched_setaffinity(pid, os.sched_getaffinity(0)))
through
"""
# A daemon, a process that ignores what can be ignored, one that is stopped, one that has another
# name and no environment, a chain, and a storm of processes that take each other's place.
_TREE = """
import os, signal, time
def deaf():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
there, arrived = os.pipe()
def stay():
    os.write(arrived, b"!")
    while True:
        time.sleep(600)
def daemon():
    os.setsid()
    if os.fork():
        os._exit(0)
    os.write(arrived, b"!")
    os.closerange(0, 64)
    time.sleep(600)
def stopped():
    os.write(arrived, b"!")
    os.kill(os.getpid(), signal.SIGSTOP)
def renamed():
    os.write(arrived, b"!")
    os.execve("/bin/sleep", ["kworker/0:1", "600"], {})
def chain(depth=8):
    if depth and not os.fork():
        chain(depth - 1)
    stay()
def storm():
    os.write(arrived, b"!")
    while True:
        time.sleep(0.001)
        if os.fork():
            os._exit(0)
deaf()
actions = (daemon, stopped, renamed, chain, *[storm] * 8)
for action in actions:
    if os.fork() == 0:
        deaf()
        action()
for _ in range(len(actions) + 8):
    os.read(there, 1)
open("ready", "w").close()
print("ready", flush=True)
stay()
"""
_OWNER = (
    "import codeexec_magics.engine.doctor as doctor, codeexec_magics as package\n"
    "package.CodeExecutor(float('inf'), standbys=0).execute_python(doctor._TREE)"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found out.

    Attributes:
        what: The question, in a word or two.
        found: The answer; the same each time on the same machine.
        figures: What differs from time to time: times and counts.
        sound: Whether it is as it should be.
    """

    what: str
    found: str
    figures: str = ""
    sound: bool = True


def examine(executor: CodeExecutor) -> Iterator[Finding]:
    """Find out one thing after another; all of it takes some seconds.

    Args:
        executor: Whose supervisor is asked and tried.
    """
    system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    yield Finding("system", system)
    yield from _containment(executor)
    for language in languages.everything():
        if language.probe:
            yield _runtime(executor, language)
        if language.typed:
            yield _types(executor, language)
    yield from _attacks(executor)
    with tempfile.TemporaryDirectory(prefix="codeexec-doctor-") as made:
        folder = os.path.realpath(made)
        for flag, isolation in _ISOLATIONS.items():
            yield _isolation(executor, flag, isolation, folder)
        os.mkdir(os.path.join(folder, "killed"))
        before = _leavings(executor, folder)
        yield _interrupted_tree(executor, folder)
        yield _killed_owner(folder)
        left = _left_behind(executor, folder, before)
        names = ", ".join(sorted(left)) or "no file and no descriptor"
        yield Finding("left behind", names, sound=not left)


def _containment(executor: CodeExecutor) -> Iterator[Finding]:
    welcome = executor.client.welcome()
    best_effort = welcome["containment"] == "process-group"
    covers = f"{welcome['containment']}: {welcome['covers']}"
    yield Finding("containment", covers, sound=not best_effort)
    for reason in welcome["reasons"]:
        yield Finding("not in use", str(reason))


def _attacks(executor: CodeExecutor) -> Iterator[Finding]:
    """Have a program reach for this process and for its reaper, without harm if it gets there."""
    if executor.client.welcome()["containment"] in _OPEN:
        return
    result = _tried(executor.execute_python(_ATTACKS, {"kernel": os.getpid()}, standbys=0))
    if result.trace is not None and result.trace.type == "LanguageUnavailable":
        return
    if not result.success:
        yield Finding("attacks", f"the trial failed: {result.error}", sound=False)
    elif result.output:
        yield Finding("attacks", f"let through: {', '.join(result.output)}", sound=False)
    else:
        yield Finding("attacks", "signals, limits and scheduling of processes outside are refused")


def _runtime(executor: CodeExecutor, language: Language) -> Finding:
    result = _tried(executor.execute(language.probe, language.name, standbys=0))
    if result.success:
        return Finding(language.name, str(result.output))
    # A runtime that is not installed harms nothing.
    missing = result.trace is not None and result.trace.type == "LanguageUnavailable"
    return Finding(language.name, result.error or "", sound=missing)


def _types(executor: CodeExecutor, language: Language) -> Finding:
    """Whether the types of programs are checked: one of a wrong type tells."""
    from codeexec_magics.engine import checking  # late: it is for such languages alone

    checking.ask_anew(executor.client)
    result = _tried(executor.execute("const one: string = 1", language.name, standbys=0))
    if result.trace is not None and "TS2322" in result.trace.type:
        return Finding("types", f"{language.name} is checked by version {checking.version()}")
    # Without it programs run as ever.
    return Finding("types", result.remark or result.error or f"{language.name} is not checked")


def _isolation(
    executor: CodeExecutor, flag: str, isolation: Mapping[str, Any], folder: str
) -> Finding:
    result = _tried(executor.execute_python("1", directory=folder, standbys=0, **isolation))
    # A machine that cannot is no fault: such cells are refused.
    return Finding(flag, "available" if result.success else (result.error or "").split(": ", 1)[1])


def _tried(result: ExecutionResult) -> ExecutionResult:
    if result.outcome is Outcome.INTERRUPTED:
        raise KeyboardInterrupt
    return result


def _interrupted_tree(executor: CodeExecutor, folder: str) -> Finding:
    """Interrupt a hostile tree, and count by other means than those that ended it."""
    place = Path(folder, "interrupted")
    place.mkdir()
    executions: list[Running] = []
    seen: list[int] = []
    asked: list[float] = []

    def on_output(stream: str, text: str) -> None:
        if "ready" in text and not asked:
            seen.append(len(dwellers(str(place))))
            asked.append(time.monotonic())
            executions[0].interrupt()

    options = ExecutionOptions(timeout=30, grace=0, directory=str(place), standbys=0)
    observer = Observer(output=on_output, started=executions.append)
    result = executor.run(Program(_TREE), options, None, observer)
    took = time.monotonic() - asked[0] if asked else 0.0
    left = len(dwellers(str(place)))
    if result.outcome is not Outcome.INTERRUPTED:
        return Finding("interrupt", f"the trial failed: {result.error}", sound=False)
    return _proof("interrupt", "a hostile tree that was interrupted", left, seen[0], took)


def _killed_owner(folder: str) -> Finding:
    """Kill a process that executes, as a kernel may be, and count what outlives it."""
    place = Path(folder, "killed")
    root = str(Path(__file__).parents[2])
    paths = [root, *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "TMPDIR": str(place),
    }
    try:
        trial = kill_an_owner([sys.executable, "-c", _OWNER], str(place), environment, "ready")
    except OSError as error:
        return Finding("killed kernel", f"the trial failed: {error}", sound=False)
    of_what = "a kernel that was killed by SIGKILL"
    return _proof("killed kernel", of_what, trial.left, trial.seen, trial.seconds)


def _proof(what: str, of_what: str, left: int, seen: int, seconds: float) -> Finding:
    figures = f"({seen} before, {left} after {seconds * 1000:.0f} ms)"
    number = "no process" if left == 0 else f"{left} processes"
    return Finding(what, f"{number} left of {of_what}", figures, sound=left == 0)


def _left_behind(executor: CodeExecutor, folder: str, before: set[str]) -> set[str]:
    """What is there that was not; a folder goes a moment after the last process that was in it."""
    deadline = time.monotonic() + _LONGEST_CLEANING
    left = _leavings(executor, folder) - before
    while left and time.monotonic() < deadline:
        select.select([], [], [], _ROUND)
        left = _leavings(executor, folder) - before
    return left


def _leavings(executor: CodeExecutor, folder: str) -> set[str]:
    """What could be left: files of the two sessions, and descriptors of this process."""
    sessions = [
        Path(session_directory(executor.client.session)),
        *Path(folder, "killed").glob("codeexec_magics-*"),
    ]
    files = {str(path) for session in sessions for path in session.glob("*")}
    descriptors = os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else []
    return files | {f"descriptor {name}" for name in descriptors}
