"""The engine alone, without a kernel: one run, bursts, and what it costs to have it idle."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

from notebook import Notebook, proportional
from rows import Row, medians

from codeexec_magics import CodeExecutor
from codeexec_magics.supervision import processes

ROUNDS = 25
PAUSE = 0.1
BURST = 20
SETTLED = 40
"""Seconds until V8 has collected what starting up has left; it wakes up for that."""
IDLE = 20
"""Seconds that a session is watched while nothing happens."""


def rows() -> Iterator[Row]:
    """All of them."""
    yield from single_runs()
    yield from bursts()
    yield from idle_session()
    yield loading()


def single_runs() -> Iterator[Row]:
    """From the call to the result, when a worker stands by: the tree is proven to be empty."""
    with CodeExecutor() as executor:
        took = medians(
            {
                "JavaScript": lambda: _run(executor, "javascript"),
                "Python": lambda: _run(executor, "python"),
                "true": lambda: subprocess.run(["/bin/true"], check=True) and None,
            },
            ROUNDS,
            warm=3,
            pause=PAUSE,
        )
    for language, goal in (("Python", 3.5), ("JavaScript", 6)):
        beside = "fork, exec, and wait of `/bin/true`"
        yield Row(f"engine alone, {language}", took[language], beside, took["true"], goal)


def bursts() -> Iterator[Row]:
    """Many runs without a pause, each in a process of its own."""
    with CodeExecutor() as executor:
        _run(executor, "python")
        time.sleep(2)
        actions: dict[str, Callable[[], float | None]] = {
            "ours": lambda: _burst(lambda: _run(executor, "python")),
            "forkserver": _forkserver,
        }
        pebble = _pebble()
        if pebble is not None:
            actions["pebble"] = pebble
        took = medians(actions, 5, warm=1, pause=1)
    name = f"Python, {BURST} back to back, each"
    yield Row(name, took["ours"], "forkserver pool, one task a process", took["forkserver"], 0.4)
    if "pebble" in took:
        yield Row("the same", took["ours"], "pebble, one task a process", took["pebble"], 0.16)


def idle_session() -> Iterator[Row]:
    """What waits costs: the memory of each process, and how often it wakes up."""
    with CodeExecutor(standbys=1) as executor:
        for language in ("python", "javascript"):
            _run(executor, language)
        time.sleep(SETTLED)
        supervisor = executor.client.pid
        assert supervisor is not None
        tree = processes.descendants(os.getpid())
        before = {pid: _switches(pid) for pid, _ in tree}
        time.sleep(IDLE)
        woken = sum(_switches(pid) - before[pid] for pid, _ in tree) / IDLE
        reapers = {pid for pid, parent in tree if parent == supervisor}
        workers = {
            _kind(pid): proportional(pid) + proportional(parent)
            for pid, parent in tree
            if parent in reapers
        }
        zygote = [pid for pid in reapers if not processes.children(pid)]
        fork_server = sum(map(proportional, zygote))
        runtime = next(os.readlink(f"/proc/{pid}/exe") for pid, _ in tree if _kind(pid) == "node")
        supervision = proportional(supervisor)
    node, bare = workers["node"], _bare([runtime, "-e", "setInterval(() => {}, 1e6)"])
    beside = "the same Node, idle, with nothing loaded"
    yield Row("idle Node standby, its reaper included", node, beside, bare, 1.25, "MB", bare)
    python, beside = workers["python"], "`python -c pass`, idle"
    bare = _bare([sys.executable, "-c", "import time; time.sleep(600)"])
    yield Row("idle Python standby, its reaper included", python, beside, bare, None, "MB")
    yield Row("fork server of the Python standbys", fork_server, beside, bare, None, "MB")
    yield Row("supervisor", supervision, beside, bare, None, "MB")
    yield Row("wake-ups of all of them when idle", woken, "one in a second", 1, 1, "/s")


def loading() -> Row:
    """``%load_ext`` in a kernel that has done nothing yet."""
    took = []
    for _ in range(7):
        notebook = Notebook("import time\nbegan = time.perf_counter()")
        try:
            notebook.run(
                "began = time.perf_counter()\n%load_ext codeexec_magics\n"
                "took = (time.perf_counter() - began) * 1000"
            )
            took.append(notebook.value("took"))
        finally:
            notebook.close()
    return Row("`%load_ext codeexec_magics`", sorted(took)[3], "30 ms", 30, 1)


def _run(executor: CodeExecutor, language: str) -> None:
    assert executor.execute("1 + 1", language).output == 2


def _burst(action: Callable[[], None]) -> float:
    began = time.perf_counter()
    for _ in range(BURST):
        action()
    return (time.perf_counter() - began) * 1000 / BURST


def _forkserver() -> float:
    context = multiprocessing.get_context("forkserver")
    with context.Pool(2, maxtasksperchild=1) as pool:
        pool.apply(abs, (-1,))
        return _burst(lambda: pool.apply(abs, (-1,)))


def _pebble() -> Callable[[], float] | None:
    try:
        from pebble import ProcessPool
    except ImportError:
        return None

    def run() -> float:
        with ProcessPool(2, max_tasks=1) as pool:
            pool.schedule(abs, (-1,)).result()
            return _burst(lambda: pool.schedule(abs, (-1,)).result())

    return run


def _bare(argv: list[str]) -> float:
    """What a runtime takes by itself: mostly its program, which one process alone pays for."""
    process = subprocess.Popen(argv)
    try:
        time.sleep(1)
        return proportional(process.pid)
    finally:
        process.kill()
        process.wait()


def _kind(pid: int) -> str:
    return "node" if "node" in os.readlink(f"/proc/{pid}/exe") else "python"


def _switches(pid: int) -> int:
    """How often a process, with all of its threads, has gone to sleep."""
    count = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/status") as file:
            for line in file:
                if line.startswith("voluntary_ctxt_switches"):
                    count += int(line.split()[1])
    return count


if __name__ == "__main__":
    for row in rows():
        sys.stdout.write(row.verdict() + "\n")
