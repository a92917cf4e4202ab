"""An owner of maps in a process of its own, for tests that interrupt or kill it.

``python map_owner.py PLAN``: it maps in its current directory, by which every process of it can be
found, and prints one line of JSON for each step.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import threading
from collections.abc import Iterator

from owner import below, say

from codeexec_magics import CodeExecutor, ExecutionResult, MapPlan
from codeexec_magics.values.options import ExecutionOptions, Program

# Every item starts a process that nothing but a kill ends; item 5 says so, and stays.
TREES = {
    "python": """
import os, signal, time
def transform(x):
    if os.fork() == 0:
        os.setsid()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        while True:
            time.sleep(600)
    if x == 5:
        open("ready", "w").close()
        while True:
            time.sleep(600)
    return x
""",
    "javascript": """
const { spawn } = require('child_process');
function transform(x) {
    const stubborn = ['-c', 'trap "" INT TERM HUP; sleep 600 & sleep 600'];
    spawn('sh', stubborn, { detached: true, stdio: 'ignore' });
    if (x === 5) {
        require('fs').writeFileSync('ready', '');
        while (true);
    }
    return x;
}
""",
}
OPTIONS = ExecutionOptions(timeout=60, standbys=0)


def tell(result: ExecutionResult) -> None:
    say(
        outcome=result.outcome.value,
        error=result.error,
        left=result.receipt.left,
        below=below(),
        descriptors=len(os.listdir("/proc/self/fd")),
    )


def plan_trees(executor: CodeExecutor, language: str) -> None:
    """Items with trees, one of which does not end; then wait for the end of stdin."""
    plan = MapPlan(workers=2, batch=1)
    tell(executor.map(Program(TREES[language], language), OPTIONS, range(10), plan=plan))
    sys.stdin.read()


def plan_slow_items(executor: CodeExecutor) -> None:
    """The owner itself is stuck in the user's iterable."""

    def slow() -> Iterator[int]:
        yield from range(5)
        open("ready", "w").close()
        signal.pause()
        yield 6

    tell(executor.map(Program("lambda x: x"), OPTIONS, slow(), plan=MapPlan(workers=2)))
    sys.stdin.read()


def plan_random_interrupts(executor: CodeExecutor, count: int, longest: float) -> None:
    """Interrupts at random instants of a start, in and around the map."""
    choose = random.Random(count)
    outcomes: dict[str, int] = {}
    program = Program("import time\ndef transform(x):\n    time.sleep(x and 600)\n    return x")
    for _ in range(count):
        delay = choose.uniform(0, longest)
        timer = threading.Timer(delay, os.kill, (os.getpid(), signal.SIGINT))
        name = "KeyboardInterrupt"
        try:
            try:
                timer.start()
                items = [0] * 1000 + [1, 1]
                result = executor.map(program, OPTIONS, items, plan=MapPlan(workers=2))
                name = result.outcome.value
                assert result.receipt.left == 0
            finally:
                timer.join()
        except KeyboardInterrupt:
            name = "KeyboardInterrupt"
        outcomes[name] = outcomes.get(name, 0) + 1
    healthy = executor.map(program, OPTIONS, [0, 0, 0]).output
    executor.close()
    say(
        outcomes=outcomes,
        healthy=healthy,
        below=below(),
        descriptors=len(os.listdir("/proc/self/fd")),
    )


def main() -> None:
    plan, *arguments = json.loads(sys.argv[1])
    globals()[f"plan_{plan}"](CodeExecutor(), *arguments)


if __name__ == "__main__":
    main()
