"""Run very many cells in one Jupyter kernel, interrupt many of them, and see that nothing grows.

``python tests/cleanup/soak.py [EXECUTIONS [INTERRUPTS [SEED]]]`` (10,000 and 2,000; it takes about
a quarter of an hour) prints a Markdown table of a census at the start, after a warm-up, and at the
end, and fails if anything has grown or an interrupt was answered late; ``--write`` puts the table
into ``docs/guarantees.md``. ``test_soak.py`` is the short form. Lives in a process of its own that
drives the kernel; owns the kernel and a temp folder, by which what the kernel and its cells leave
is told from others'.

A kernel itself keeps something of every cell. How much, is measured with another kernel that runs
as many cells of the same length, which show as much, but execute nothing of ours.
"""

from __future__ import annotations

import contextlib
import os
import queue
import random
import re
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jupyter_client

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import pages  # noqa: E402

from codeexec_magics.supervision.processes import children, descendants  # noqa: E402

PATIENCE = 60.0
LATE = 1.0
"""Seconds from an interrupt within which the kernel must answer."""
MEGABYTE = 1_000_000
TOLERANCE = {
    # What it has of a worker that is leased ahead, or not yet: its token, and its run socket.
    "supervisor's descriptors": 2,
    "kernel's own memory, MB": 15.0,
    "supervisor's own memory, MB": 3.0,
}
"""What an allocator's fragments may take; one leaked byte an execution times the longest run is far
below, one leaked object of 2 kB an execution is above."""

CELLS = (
    "%%transform\n6 * 7",
    "%%transform js\n6 * 7",
    "%%transform -i rows -o doubled\n[row * 2 for row in rows]",
    "%%transform js -i rows -o doubled\nrows.map((row) => row * 2)",
    "%%transform\nprint('line\\n' * 500)",
    "%%transform js\nconsole.log('line\\n'.repeat(500))",
    "%%transform --no-raise-error\nraise ValueError('expected')",
    "%%transform js --no-raise-error\nthrow new Error('expected')",
    "%%transform\nimport os\nos.system('sleep 60 & setsid sleep 60 &')\n42",
    "%%transform js\nrequire('child_process').spawn('sleep', ['60'], { detached: true }); 42",
    "%%transform\nb'x' * 3_000_000",
    "%%transform js\nBuffer.alloc(3e6)",
)
# They end by themselves after a while, in case that the interrupt came before the kernel had begun.
ENDLESS = (
    "%%transform\nimport time\ntime.sleep(4)",
    "%%transform\nimport time\nfuse = time.monotonic() + 4\nwhile time.monotonic() < fuse: pass",
    "%%transform js\nconst fuse = Date.now() + 4000; while (Date.now() < fuse);",
    "%%transform js\nawait new Promise((resolve) => setTimeout(resolve, 4000))",
    "%%transform\nimport os, time\nos.system('setsid sleep 60 & sleep 60 &')\ntime.sleep(4)",
    "%%transform js\nprocess.on('SIGINT', () => {}); await new Promise((r) => setTimeout(r, 4000))",
)
CONTROL = "from IPython.display import HTML, display\ndisplay(HTML('x' * 3000))\n" + "# " + "x" * 40
# What is counted is what is kept, not what waits for a collection or what malloc holds in reserve.
TIDY = "import ctypes, gc\ngc.collect()\nctypes.CDLL(None).malloc_trim(0)"
# In short, since IPython keeps the syntax tree of each source file of which it has shown a full
# traceback, and an interrupt that misses our run is shown wherever it has hit.
SETUP = "%load_ext codeexec_magics\n%xmode Minimal\nrows = list(range(100))"


class Notebook:
    """A kernel in a temp folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.temp = folder
        self.manager = jupyter_client.KernelManager()
        self.manager.start_kernel(
            extra_arguments=["--HistoryManager.enabled=False"],
            cwd=str(folder),
            env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder)},
            stderr=-3,
        )
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=PATIENCE)

    @property
    def pid(self) -> int:
        pid: int = self.manager.provisioner.process.pid
        return pid

    def begin(self, cell: str) -> str:
        """Send a cell, and wait until the kernel has begun it."""
        name: str = self.client.execute(cell, store_history=False, stop_on_error=False)
        while True:
            message = self._message()
            if self._answers(message, name) and message["msg_type"] == "execute_input":
                return name

    def end(self, name: str) -> str:
        """Wait until the kernel has done with a cell; what it replies.

        An interrupt that comes when the cell's own code has ended, before ipykernel has replied,
        takes the reply away: ipykernel logs it and goes on. Front ends go by ``idle``, and so does
        this; the reply is then called ``lost``.
        """
        while True:
            message = self._message()
            idle = message["content"].get("execution_state") == "idle"
            if self._answers(message, name) and idle:
                break
        self.answered = time.monotonic()
        while True:
            try:
                reply = self.client.get_shell_msg(timeout=0.2)
            except queue.Empty:
                return "lost"
            if self._answers(reply, name):
                content = reply["content"]
                return str(content.get("ename", content["status"]))

    def run(self, cell: str) -> str:
        return self.end(self.begin(cell))

    def _message(self) -> dict[str, Any]:
        try:
            return dict(self.client.get_iopub_msg(timeout=PATIENCE))
        except queue.Empty:
            how = "lives" if self.manager.is_alive() else "has ended"
            raise AssertionError(f"no message for {PATIENCE:.0f} s; the kernel {how}") from None

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()
        self.manager.context.destroy(linger=0)

    @staticmethod
    def _answers(message: dict[str, Any], name: str) -> bool:
        return bool(message["parent_header"].get("msg_id") == name)


@dataclass
class Soak:
    """One soak.

    Attributes:
        answers: Seconds from an interrupt to the kernel's answer, one for each interrupt that met
            a cell.
        lost: How many of these cells had no reply, see `Notebook.end`.
        executions: How many cells have ended.
        first: The census after the warm-up.
        last: The census at the end.
        control: Megabytes by which a kernel without us has grown by as many cells.
    """

    notebook: Notebook
    choose: random.Random
    answers: list[float] = field(default_factory=list)
    lost: int = 0
    executions: int = 0
    first: dict[str, float] = field(default_factory=dict)
    last: dict[str, float] = field(default_factory=dict)
    control: float = 0.0

    def execute(self) -> None:
        """One cell that ends by itself."""
        reply = self.notebook.run(self.choose.choice(CELLS))
        assert reply == "ok", reply
        self.executions += 1

    def interrupt(self) -> None:
        """One cell that is interrupted at a random instant, at times twice."""
        name = self.notebook.begin(self.choose.choice(ENDLESS))
        time.sleep(self.choose.uniform(0, self.choose.choice((0.01, 0.06, 0.3))))
        sent = time.monotonic()
        self.notebook.manager.interrupt_kernel()
        if self.choose.random() < 0.2:
            time.sleep(self.choose.uniform(0, 0.05))
            self.notebook.manager.interrupt_kernel()
        reply = self.notebook.end(name)
        self.executions += 1
        if reply != "ok":
            assert reply in ("KeyboardInterrupt", "lost"), reply
            self.answers.append(self.notebook.answered - sent)
            self.lost += reply == "lost"

    def go(self, executions: int, interrupts: int) -> None:
        """Run so many cells, of which so many are interrupted, in random order."""
        goal, wanted = self.executions + executions, len(self.answers) + interrupts
        while self.executions < goal or len(self.answers) < wanted:
            missing = wanted - len(self.answers)
            others = max(0, goal - self.executions - missing)
            if self.choose.uniform(0, missing + others) < missing:
                self.interrupt()
            else:
                self.execute()


def census(notebook: Notebook) -> dict[str, float]:
    """What there is of a kernel, when its workers that stand by have been filled up."""
    assert notebook.run(TIDY) == "ok"
    supervisor = settle(notebook)
    below = [pid for pid, _ in descendants(notebook.pid)]
    entries = [path for path in notebook.temp.rglob("*") if "ipython" not in str(path)]
    found: dict[str, float] = {
        "processes below the kernel": len(below),
        "zombies": sum(state(pid) == "Z" for pid in below),
        "kernel's descriptors": len(os.listdir(f"/proc/{notebook.pid}/fd")),
        "names in /dev/shm": len(os.listdir("/dev/shm")),
        "names in the temp folder": len(entries),
        "kernel's own memory, MB": own_memory(notebook.pid),
    }
    with contextlib.suppress(PermissionError):  # it lets nobody but root look into it
        found["supervisor's descriptors"] = len(os.listdir(f"/proc/{supervisor}/fd"))
        found["supervisor's own memory, MB"] = own_memory(supervisor)
    return found


def settle(notebook: Notebook) -> int:
    """Wait until the same processes have been there for a while; the supervisor among them."""
    before: set[int] = set()
    steady = 0
    while steady < 20:
        time.sleep(0.05)
        now = {pid for pid, _ in descendants(notebook.pid)}
        steady = steady + 1 if now == before else 0
        before = now
    (supervisor,) = (pid for pid in children(notebook.pid) if comm(pid) == "codeexec-super")
    return supervisor


def comm(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().strip()


def state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def own_memory(pid: int) -> float:
    """Megabytes that a process shares with no other."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    kilobytes = re.findall(r"^Private_(?:Clean|Dirty):\s+(\d+) kB$", rollup, re.MULTILINE)
    return sum(map(int, kilobytes)) * 1024 / MEGABYTE


def control_growth(cells: int, folder: Path) -> float:
    """Megabytes by which a kernel grows that runs as many cells without us."""
    notebook = Notebook(folder)
    try:
        for _ in range(max(50, cells // 50)):
            notebook.run(CONTROL)
        assert notebook.run(TIDY) == "ok"
        before = own_memory(notebook.pid)
        for _ in range(cells):
            notebook.run(CONTROL)
        assert notebook.run(TIDY) == "ok"
        return own_memory(notebook.pid) - before
    finally:
        notebook.close()


def soak(executions: int, interrupts: int, seed: int = 0) -> Soak:
    """Run cells and count, at the start and at the end."""
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        folder, other = Path(name) / "one", Path(name) / "other"
        folder.mkdir()
        other.mkdir()
        notebook = Notebook(folder)
        try:
            done = Soak(notebook, random.Random(seed))
            assert notebook.run(SETUP) == "ok"
            done.go(max(60, executions // 30), max(20, interrupts // 50))
            done.first = census(notebook)
            done.executions, done.answers, done.lost = 0, [], 0
            done.go(executions, interrupts)
            done.last = census(notebook)
        finally:
            notebook.close()
        done.control = control_growth(done.executions, other)
    return done


def growth(done: Soak) -> dict[str, tuple[float, float]]:
    """What has grown beyond its tolerance: at the start, at the end."""
    allowed = {**TOLERANCE}
    allowed["kernel's own memory, MB"] += max(0.0, done.control)
    return {
        name: (before, done.last[name])
        for name, before in done.first.items()
        if done.last[name] > before + allowed.get(name, 0)
    }


def table(done: Soak) -> str:
    """The census as Markdown."""
    lines = ["| | at the start | at the end |", "|---|---|---|"]
    for name, before in done.first.items():
        digits = 1 if name.endswith("MB") else 0
        lines.append(f"| {name} | {before:.{digits}f} | {done.last[name]:.{digits}f} |")
    milliseconds = [1000 * answer for answer in done.answers]
    return (
        "\n".join(lines) + f"\n\n{done.executions:,} executions, {len(done.answers):,} of them"
        " interrupted at a random instant; the kernel answered after"
        f" {statistics.median(milliseconds):.0f} ms (median), {max(milliseconds):.0f} ms at the"
        f" longest. A kernel that ran as many cells without us grew by {done.control:.1f} MB."
    )


def main(
    executions: int = 10_000, interrupts: int = 2_000, seed: int = 0, *, write: bool = False
) -> None:
    done = soak(executions, interrupts, seed)
    print(table(done))
    if write:
        pages.write("guarantees.md", "soak", f"{table(done)} ({time.strftime('%Y-%m-%d')})")
    grown, latest = growth(done), max(done.answers)
    if grown or latest > LATE:
        raise SystemExit(f"grown: {grown}; longest answer: {latest:.3f} s")


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word != "--write"]
    main(*numbers, write="--write" in sys.argv)
