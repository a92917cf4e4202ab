"""Hints for failures of which the notebook knows more than the program does.

Runs in the kernel, after a run that has failed. A program cannot know that a name it lacks is a
variable of the notebook, or that the line has taken its network away: that is added to its trace
as a note, in every language.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import ModuleType
from typing import Any

from codeexec_magics import languages
from codeexec_magics.magics import syntax_hints
from codeexec_magics.magics.missing_modules import missing_module
from codeexec_magics.magics.plan import Plan
from codeexec_magics.values.missing_names import missing_name
from codeexec_magics.values.results import ExecutionResult
from codeexec_magics.values.traces import Trace

_REFUSED = re.compile(
    r"Read-only file system|Permission denied|Operation not permitted|EROFS|EACCES|EPERM"
)
_CUT_OFF = re.compile(
    r"name resolution|Name or service not known|nodename nor servname|getaddrinfo|NameResolution"
    r"|Network is unreachable|ENOTFOUND|EAI_AGAIN|ENETUNREACH|fetch failed"
    r"|Could(?: not|n't) resolve host"
)
_SOCKET = re.compile(r"socket|(?<!cannot open the )connect|listen|bind|dns", re.IGNORECASE)


def explained(
    result: ExecutionResult, plan: Plan, variables: Mapping[str, Any], hidden: Mapping[str, Any]
) -> ExecutionResult:
    """A result whose trace says what the notebook knows of the failure.

    Args:
        result: The result.
        plan: What was run.
        variables: The notebook's.
        hidden: Those among them that are IPython's own.
    """
    if result.success:
        return result
    failure = result.trace or _last_words(result)

    def hint(trace: Trace) -> str:
        known = (name for name in variables if name not in hidden)
        told = (
            _missing_variable(trace, plan, variables, frozenset(known)),
            missing_module(trace, plan.language, plan.options.interpreter),
            syntax_hints.hint(trace, plan.program.source, plan.language),
            _isolated(trace, plan),
        )
        return next((text for text in told if text), "")

    trace = _noted(failure, hint)
    return result if trace is failure else replace(result, trace=trace)


def _last_words(result: ExecutionResult) -> Trace:
    """A trace for a program that ended without one, as a shell does: what it wrote at its end."""
    kind, _, message = (result.error or "").partition(": ")
    written = result.stderr.strip().rpartition("\n")[2]
    told = "\n".join(filter(None, [message, written]))
    return Trace(type=kind or "Error", message=told, text=f"{kind}: {told}")


def _noted(trace: Trace, hint: Callable[[Trace], str]) -> Trace:
    """The trace with a hint at each failure that has one; the same one if none has."""
    parts = list(_parts(trace))
    if not any(map(hint, parts)):
        return trace
    cause = None if trace.cause is None else _noted(trace.cause, hint)
    members = tuple(_noted(member, hint) for member in trace.exceptions)
    note = hint(trace)
    notes = (*trace.notes, note) if note and note not in trace.notes else trace.notes
    told = dict.fromkeys(filter(None, map(hint, parts)))
    text = "\n".join([trace.text, *(line for line in told if line not in trace.text)])
    return replace(trace, cause=cause, exceptions=members, notes=notes, text=text)


def _parts(trace: Trace) -> Iterator[Trace]:
    yield trace
    if trace.cause is not None:
        yield from _parts(trace.cause)
    for member in trace.exceptions:
        yield from _parts(member)


def _missing_variable(
    trace: Trace, plan: Plan, variables: Mapping[str, Any], known: frozenset[str]
) -> str:
    name = missing_name(trace.message)
    if not name and plan.language == "r":
        name = _masked(trace, known)
    if not name or name in plan.inputs:
        return ""
    if name in known:
        return _pass_in(name, variables[name], plan.language)
    if plan.arguments.mapping is not None and not any(frame.function for frame in trace.frames):
        return _needs_function(name, plan.language)
    return ""


def _masked(trace: Trace, known: frozenset[str]) -> str:
    """A variable of the notebook where R has found a function of its own by that name: `df`."""
    if "'closure' is not subsettable" not in trace.message or not trace.frames:
        return ""
    frame = trace.frames[-1]
    at = (frame.line or 0) - (frame.excerpt_start or 0)
    line = frame.excerpt[at] if 0 <= at < len(frame.excerpt) else ""
    found = re.findall(r"([\w.]+)\s*(?:\$|\[)", line)
    return next((name for name in found if name in known), "")


def _pass_in(name: str, value: Any, language: str) -> str:
    if isinstance(value, ModuleType):
        if language != "python":
            return f"`{name}` is a Python module of the notebook: a {language} cell cannot use it"
        renamed = "" if value.__name__ == name else f" as {name}"
        return f"`{name}` is a module of the notebook: add `import {value.__name__}{renamed}` here"
    if not callable(value):
        return f"`{name}` is a variable of the notebook: add `-i {name}`"
    what = "class" if isinstance(value, type) else "function"
    if languages.find(language).reads_pickle:
        return f"`{name}` is a {what} of the notebook: add `-i {name}`, or define it in the cell"
    return (
        f"`{name}` is a Python {what} of the notebook, which a {language} cell cannot call: "
        f"call it there, and pass in what it gives: `-i value={name}(…)`"
    )


def _needs_function(name: str, language: str) -> str:
    written = f"{name} => …" if language == "javascript" else f"lambda {name}: …"
    return f"--map calls a function with each item: let the cell end with `{written}`"


def _isolated(trace: Trace, plan: Plan) -> str:
    """Whether it was the line, or a setting, that kept the program from something."""
    options = plan.options
    told = f"{trace.type} {trace.message} {trace.text}"
    if not options.network or options.sandbox:
        refused = _REFUSED.search(told) and _SOCKET.search(told)
        if refused or _CUT_OFF.search(told):
            flag = "--sandbox" if options.sandbox else "--no-network"
            return f"{flag}: the program has no network"
    if options.sandbox and _REFUSED.search(told):
        return "--sandbox: the program may change files in its own folder only (--cwd DIR)"
    return ""
