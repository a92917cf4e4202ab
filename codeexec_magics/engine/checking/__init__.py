"""Check programs of TypeScript against what their inputs are, before anything of them runs.

Lives in the kernel, in the thread that executes. Owns one checker for each supervisor: its process
is the supervisor's, and ends with it. A check is never in the way: where there is no compiler, or
no answer in time, the program runs, and its result says that it was not checked.
"""

from __future__ import annotations

import json
import os
import threading
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from codeexec_magics.data.declarations import declarations_of
from codeexec_magics.engine.checking import store
from codeexec_magics.engine.checking.annotations import annotate
from codeexec_magics.engine.checking.checker import Question
from codeexec_magics.engine.checking.guard import Guard
from codeexec_magics.engine.checking.server import Gone, Late
from codeexec_magics.engine.checking.store import NoCompiler
from codeexec_magics.engine.loop import Loop
from codeexec_magics.engine.outcome import Verdict
from codeexec_magics.engine.task import Task
from codeexec_magics.errors import CodeExecError
from codeexec_magics.leases.client import SupervisorClient
from codeexec_magics.values.options import Program

SWITCH = "no-check"
"""The setting of a program that is not to be checked."""

_KINDS = {2: "function", 3: "function", 5: "property", 6: "instance", 7: "class", 10: "property"}
"""What the kernel's front ends call the kinds of completions."""
_TAKEN = {
    *("inputs", "display", "progress", "console", "process", "Buffer", "global"),
    *("globalThis", "require", "module", "exports", "Object", "Function", "Array"),
    *("Number", "Boolean", "String", "Symbol", "Date", "Promise", "RegExp", "Error"),
    *("JSON", "Math", "Intl", "Map", "Set", "Proxy", "WeakMap", "WeakSet", "Reflect"),
    *("BigInt", "Iterator", "Infinity", "NaN", "undefined", "eval", "parseFloat"),
    *("parseInt", "isFinite", "isNaN", "escape", "unescape", "URL", "fetch", "crypto"),
    *("performance", "navigator", "structuredClone", "Tagged", "TaggedNumber", "Inputs"),
}
"""Names whose types are there before those of the inputs."""


def check(loop: Loop, client: SupervisorClient, task: Task, *, mapped: bool = False) -> Verdict:
    """Check a program; an interrupt ends that, too.

    Args:
        loop: What hears of interrupts, and has other things to do meanwhile.
        client: Who starts the compiler.
        task: The program and its inputs.
        mapped: Whether its function is called for each item.
    """
    if SWITCH in task.options.settings:
        return Verdict()
    guard = _guard_of(client)
    try:
        taken = sorted(_TAKEN.intersection(task.inputs))
        if taken:
            return _unchecked(f"an input is called {taken[0]!r}")
        return guard.check(loop, client, task, mapped)
    except NoCompiler as reason:
        return _unchecked(str(reason))
    except Late:
        return Verdict() if loop.interrupted else _unchecked("that took too long")
    except (Gone, CodeExecError) as error:
        return _unchecked(f"the compiler has ended: {error}")
    finally:
        if not task.options.standbys:
            guard.close()  # nobody wants a process that waits for what comes


def complete(
    client: SupervisorClient,
    program: Program,
    inputs: Mapping[str, Any],
    place: int,
    until: float,
    *,
    may_start: bool,
) -> list[tuple[str, str]]:
    """What may stand at a place of a program: texts and kinds; nothing where nobody knows in time.

    Args:
        client: Who starts the compiler.
        program: What has been typed, in JavaScript or TypeScript.
        inputs: Values by name.
        place: In the program, in characters.
        until: When it is too late (monotonic seconds).
        may_start: Whether a compiler may get ready for the next time, if there is none yet.
    """
    annotated = annotate(program.source, program.entry, inputs.keys(), mapped=False)
    question = Question(annotated.text, declarations_of(inputs), os.getcwd())
    guard = _guard_of(client)
    if guard.pid is None:
        if may_start:
            guard.start_early(client, question)
        return []
    checked = annotated.text[: annotated.checked(place)]
    units = len(checked.encode("utf-16-le", "surrogatepass")) // 2
    found = guard.complete(question, units, until)
    return [(str(one["name"]), _KINDS.get(one.get("kind"), "")) for one in found]


def version() -> str:
    """The version of the compiler."""
    wanted = json.loads(Path(store.COMPILER, "package.json").read_text("utf-8"))
    return str(wanted["dependencies"]["typescript"])


def ask_anew(client: SupervisorClient) -> None:
    """Have npm asked again with the next program, though that has failed before."""
    _guard_of(client).ask_anew()


_guards: weakref.WeakKeyDictionary[SupervisorClient, Guard] = weakref.WeakKeyDictionary()
_lock = threading.Lock()


def _guard_of(client: SupervisorClient) -> Guard:
    with _lock:
        guard = _guards.get(client)
        if guard is None:
            guard = _guards[client] = Guard()
            weakref.finalize(client, guard.close).atexit = False
        return guard


def _unchecked(reason: str) -> Verdict:
    return Verdict(remark=f"types are not checked: {reason}")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_guards.clear)
