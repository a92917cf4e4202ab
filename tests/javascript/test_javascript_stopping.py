"""What happens at SIGINT: the place is told at once, and the process ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from census import wait_until
from javascript_worker import Answer, Worker

import codeexec_magics

Start = Callable[..., Worker]
RUNNERS = Path(codeexec_magics.__file__).parent / "languages" / "javascript" / "runner" / "running"
BEGUN = "console.log('begun');"


def interrupted(start: Start, source: str, **options: Any) -> Answer:
    """Run a program until it says that it has begun, then stop it as a reaper does."""
    worker = start(**options)
    worker.run(source)
    assert worker.begun.wait(60)
    if options.get("stop", True):
        os.write(worker.stop, b"!")
    worker.process.send_signal(signal.SIGINT)
    return worker.finish()


BUSY = [
    ("a loop", f"function spin() {{\n  while (true);\n}}\n{BEGUN} spin()", 2, "spin"),
    (
        "microtasks",
        f"async function tick() {{\n  for (;;) await null\n}}\n{BEGUN} tick()",
        2,
        "tick",
    ),
    ("rewritten", f"await 1; for (let i = 0; i < 1; i++) {BEGUN}\nfor (;;);", 2, ""),
    (
        "a regular expression",
        f"for (const x of [1]) {BEGUN}\n/^(a+)+$/.test('a'.repeat(60) + 'b')",
        2,
        "",
    ),
]


@pytest.mark.parametrize(
    ("source", "line", "function"), [case[1:] for case in BUSY], ids=[c[0] for c in BUSY]
)
def test_a_busy_program_tells_where_it_is(
    start: Start, source: str, line: int, function: str
) -> None:
    answer = interrupted(start, source)

    assert [message["type"] for message in answer.others] == ["stopped"]
    frame = answer.others[0]["trace"]["frames"][-1]
    assert (frame["file"], frame["line"], frame["function"]) == ("<cell>", line, function)
    assert frame["excerpt"] == source.split("\n")[: frame["line"] + 2]
    assert answer.others[0]["trace"]["text"].startswith("Interrupted: ")
    assert (answer.last, answer.status, answer.stderr) == (None, -signal.SIGKILL, "")


def test_a_standby_is_watched_from_when_it_may_be_busy(start: Start) -> None:
    worker = start()
    worker.receive()
    assert not wait_until(lambda: _listens_for_a_stop(worker), 0.2)

    worker.send_run(f"{BEGUN} Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)")
    assert worker.begun.wait(60)
    assert wait_until(lambda: _listens_for_a_stop(worker), 60)
    os.write(worker.stop, b"!")
    worker.process.send_signal(signal.SIGINT)

    assert [message["type"] for message in worker.finish().others] == ["stopped"]


@pytest.mark.parametrize(
    "source",
    [
        "function transform({x}) {\n  return x > 0 ? transform({x: x + 1e-9}) : 0\n}",
        "const f = (x) => f(x - 1) + f(x - 2)\nf(1e9)",
        "function f(x) {\n  return f(x - 1) + f(x - 2)\n}\nf(1e9)",
        "'x'.repeat(5).replace(/x/, y)",
        "require('child_process').execFileSync('sleep', ['600'])",
        "rows.sort()",
    ],
)
def test_what_may_be_busy(source: str) -> None:
    assert _may_stay_busy(source)


@pytest.mark.parametrize(
    "source", ["1 + 1", "function transform({x}) {\n  return {y: x.a * 2}\n}", "JSON.stringify(df)"]
)
def test_what_ends_soon(source: str) -> None:
    assert not _may_stay_busy(source)


def _may_stay_busy(source: str) -> bool:
    """What the runner's own expression says."""
    text = (RUNNERS / "stop.js").read_text()
    expression = text[text.index("new RegExp(") : text.index(");", text.index("new RegExp("))] + ")"
    script = f"process.stdout.write(String({expression}.test({json.dumps(source)})))"
    done = subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True)
    return done.stdout == "true"


def _listens_for_a_stop(worker: Worker) -> bool:
    """Whether the thread is there: its event loop reads without blocking, the pipe as made does."""
    state = Path(f"/proc/{worker.process.pid}/fdinfo/6").read_text()
    flags = next(line.split()[1] for line in state.splitlines() if line.startswith("flags:"))
    return bool(int(flags, 8) & os.O_NONBLOCK)


WAITING = [
    ("a timer", "new Promise(settle => setTimeout(settle, 1e6))"),
    (
        "a child process",
        "new Promise(end => require('child_process').spawn('sleep', ['60']).on('exit', end))",
    ),
]


@pytest.mark.parametrize(("what", "source"), WAITING, ids=[what for what, _ in WAITING])
def test_a_waiting_program_tells_what_it_waits_for(start: Start, what: str, source: str) -> None:
    # It says so while it waits: a program that prints is busy until it has come to its `await`.
    begun = "setImmediate(console.log, 'begun');"
    answer = interrupted(start, f"const waiting = {source}; {begun} await waiting")

    assert [message["type"] for message in answer.others] == ["stopped"]
    assert what in answer.others[0]["trace"]["message"]
    assert (answer.last, answer.status, answer.stderr) == (None, 130, "")


def test_a_program_that_handles_the_signal_goes_on(start: Start) -> None:
    answer = interrupted(
        start,
        "setTimeout(() => {}, 1e6);"
        "const cleaned = new Promise(settle => process.on('SIGINT', () => settle('cleaned')));"
        f"{BEGUN} cleaned",
    )

    assert [message["type"] for message in answer.others] == ["stopped"]
    assert answer.node == "cleaned"


def test_without_an_announcement_a_waiting_program_still_stops(start: Start) -> None:
    answer = interrupted(
        start, f"{BEGUN} new Promise(() => setTimeout(() => {{}}, 1e6))", stop=False
    )

    assert [message["type"] for message in answer.others] == ["stopped"]
    assert answer.status == 130


def test_the_watching_thread_does_not_keep_a_program_alive(start: Start) -> None:
    worker = start()
    worker.run("for (const x of [1]) {}; new Promise(() => {})")

    assert worker.finish().trace["type"] == "UnsettledPromise"


def test_the_end_of_the_announcing_process_is_no_announcement(start: Start) -> None:
    worker = start()
    worker.close_stop()
    worker.run("for (let i = 0; i < 1e7; i++); 5")

    assert worker.finish().node == 5


def test_the_channels_are_not_in_a_grandchild_while_watched(start: Start) -> None:
    worker = start()
    worker.run(
        "for (const x of [1]) {}; require('child_process').execSync('ls /proc/self/fd').toString()"
    )

    assert {int(fd) for fd in worker.finish().node.split()} <= {0, 1, 2, 3}


def test_the_runner_is_one_process(start: Start) -> None:
    worker = start()
    worker.receive()

    children = subprocess.run(
        ["ps", "--ppid", str(worker.process.pid), "-o", "pid="],
        capture_output=True,
        text=True,
        check=False,
    )

    assert children.stdout.split() == []
