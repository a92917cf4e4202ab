"""An owner of executions in a process of its own, for tests that signal or kill it.

``python owner.py PLAN TIER``: it executes in its current directory, by which every process of it
can be found, and prints one line of JSON for each step.
"""

from __future__ import annotations

import collections
import copyreg
import json
import os
import random
import signal
import sys
import threading
from typing import Any

from codeexec_magics import CodeExecutor, ExecutionResult
from codeexec_magics.supervision.processes import descendants

# A program with a daemon, a process that ignores what can be ignored, and a deep child; it says
# that all of them are there by the file `ready`.
TREES = {
    "python": """
import os, signal, time
for depth in range(3):
    if os.fork() == 0:
        os.setsid()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        if os.fork() == 0:
            open(f"born-{depth}", "w").close()
            os.closerange(0, 3)
        time.sleep(600)
        os._exit(0)
while not all(os.path.exists(f"born-{depth}") for depth in range(3)):
    time.sleep(0.01)
open("ready", "w").close()
while True:
    time.sleep(600)
""",
    "javascript": """
const { spawn } = require('child_process');
const quiet = { detached: true, stdio: 'ignore' };
const stubborn = ['-c', 'trap "" INT TERM HUP; sleep 600 & sleep 600'];
for (let i = 0; i < 3; i++) spawn('sh', stubborn, quiet);
require('fs').writeFileSync('ready', '');
while (true);
""",
}
STUBBORN = """
import signal, time
signal.signal(signal.SIGINT, lambda *_: open("interrupted", "w").close())
open("ready", "w").close()
while True:
    time.sleep(600)
"""


def below() -> list[int]:
    """All processes below this one but reapers, which may still be on their own way out."""
    found = []
    for pid, _ in descendants(os.getpid()):
        try:
            with open(f"/proc/{pid}/comm") as file:
                if file.read().strip() != "codeexec-reaper":
                    found.append(pid)
        except OSError:
            continue
    return found


def say(**what: Any) -> None:
    print(json.dumps(what), flush=True)


def tell(result: ExecutionResult) -> None:
    say(
        outcome=result.outcome.value,
        error=result.error,
        left=result.receipt.left,
        below=below(),
        frames=[frame.line for frame in result.trace.frames] if result.trace else [],
    )


def plan_once(executor: CodeExecutor, language: str, grace: float) -> None:
    """One execution of a tree; then wait for the end of stdin."""
    tell(executor.execute(TREES[language], language, timeout=60, grace=grace, standbys=0))
    sys.stdin.read()


def plan_stubborn(executor: CodeExecutor, grace: float) -> None:
    tell(executor.execute_python(STUBBORN, timeout=60, grace=grace, standbys=0))
    sys.stdin.read()


SLOW = "open('ready', 'w').close() or __import__('time').sleep(600)"


def plan_slow_input(executor: CodeExecutor) -> None:
    """The owner itself is stuck in the user's code, before the program starts."""
    copyreg.pickle(collections.Counter, lambda value: eval(SLOW))
    tell(executor.execute_python("42", {"value": collections.Counter()}, timeout=60, standbys=0))
    sys.stdin.read()


def plan_slow_value(executor: CodeExecutor) -> None:
    """The owner itself is stuck in the user's code, after the program has ended."""
    program = (
        "import collections, copyreg\n"
        "copyreg.pickle(collections.Counter, lambda value: (eval, (slow,)))\n"
        "collections.Counter()"
    )
    tell(executor.execute_python(program, {"slow": SLOW}, timeout=60, standbys=0))
    sys.stdin.read()


def plan_hard_exit(executor: CodeExecutor) -> None:
    """End without a word while a thread executes."""
    thread = threading.Thread(target=executor.execute_python, args=(TREES["python"], None, 60))
    thread.start()
    sys.stdin.readline()
    os._exit(3)


def plan_copy(executor: CodeExecutor) -> None:
    """A plain fork of the owner lives on, elsewhere, with all that the owner had open."""
    executor.execute_python("42", standbys=0)
    if os.fork() == 0:
        os.chdir("/")
        signal.pause()
    say(copied=True)
    executor.execute_python(TREES["python"], timeout=60, standbys=0)


def plan_random_interrupts(executor: CodeExecutor, count: int, longest: float) -> None:
    """Interrupts at random instants of a start, in and around the execution."""
    choose = random.Random(count)
    outcomes: dict[str, int] = {}
    for number in range(count):
        delay = choose.uniform(0, longest)
        timer = threading.Timer(delay, os.kill, (os.getpid(), signal.SIGINT))
        name = "KeyboardInterrupt"
        try:
            try:
                timer.start()
                result = executor.execute_python(
                    "import time; time.sleep(600)", timeout=60, grace=0.2, standbys=number % 2
                )
                name = result.outcome.value
                assert result.receipt.left == 0
            finally:
                timer.join()
        except KeyboardInterrupt:
            name = "KeyboardInterrupt"
        outcomes[name] = outcomes.get(name, 0) + 1
    healthy = executor.execute_python("6 * 7", standbys=0).output
    executor.close()
    say(
        outcomes=outcomes,
        healthy=healthy,
        below=below(),
        descriptors=len(os.listdir("/proc/self/fd")),
    )


def main() -> None:
    plan, *arguments = json.loads(sys.argv[1])
    os.environ["CODEEXEC_MAGICS_CONTAINMENT"] = sys.argv[2]
    globals()[f"plan_{plan}"](CodeExecutor(), *arguments)


if __name__ == "__main__":
    main()
