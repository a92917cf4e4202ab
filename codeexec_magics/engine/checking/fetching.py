"""Have npm fetch the compiler of TypeScript: exact versions, by their hashes, without scripts.

Lives in the kernel. Owns npm's process, the folder that it fills, and the store's lock, until it
has ended; where it is given up or this kernel ends, npm ends, and nothing is found in the store.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import shutil
import time
from pathlib import Path

from codeexec_magics.engine.checking import store
from codeexec_magics.engine.checking.server import Wait
from codeexec_magics.engine.checking.store import NoCompiler
from codeexec_magics.errors import CodeExecError
from codeexec_magics.languages import javascript
from codeexec_magics.leases.client import SupervisorClient
from codeexec_magics.supervision.recipe import Recipe

_LONGEST = 600.0
_STARTUP = 10.0
_FLAGS = (
    *("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--no-global"),
    *("--no-progress", "--loglevel=error", "--prefer-offline", "--fetch-retries=1"),
    *(
        "--fetch-retry-mintimeout=500",
        "--fetch-timeout=20000",
        "--include=prod",
        "--include=optional",
    ),
)
_CODE = re.compile(r"\bcode (E[A-Z0-9_]+)|\b(E[A-Z]{4,})\b")
_WORDS = re.compile(r"npm (?:error|ERR!) (?!code|errno|syscall|network This|A complete log)(.+)")
_KEPT = 20_000
_REASONS = {
    "npm cannot reach its registry": (
        *("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH"),
        *("EHOSTUNREACH", "ERR_SOCKET_TIMEOUT", "EIDLETIMEOUT", "ECONNABORTED", "ENOTCACHED"),
    ),
    "npm's registry does not have it": ("E404", "ETARGET", "ENOVERSIONS"),
    "npm's registry refuses": ("E401", "E403", "ENEEDAUTH"),
    "what npm's registry gave has another hash": ("EINTEGRITY",),
    "there is no room on the disk": ("ENOSPC", "EDQUOT"),
}


class Fetching:
    """npm at work.

    Args:
        client: Who starts it.

    Raises:
        NoCompiler: It cannot be started.
    """

    def __init__(self, client: SupervisorClient) -> None:
        argv = [*_npm(), *_FLAGS]
        with contextlib.ExitStack() as stack:
            self.is_ours = stack.enter_context(store.alone())
            if not self.is_ours:
                return  # another kernel is at it
            self._made = made = store.begin()
            stack.callback(store.drop, made)
            try:
                recipe = Recipe(argv, dict(os.environ), str(made))
                self._lease = client.lease(recipe, _STARTUP)
            except CodeExecError as error:
                raise NoCompiler(f"npm cannot be started: {error}") from None
            stack.callback(self._end)
            self._lease.arm(_LONGEST, 0, {})
            self._said = b""
            self._held = stack.pop_all()

    def wait(self, wait: Wait, until: float) -> bool:
        """Wait until it has ended; False if that takes longer.

        Raises:
            NoCompiler: It did not work.
        """
        if not self.is_ours:
            raise NoCompiler("another kernel is fetching the compiler at present")
        while self._lease.exit is None:
            if not wait(self._lease.fileno(), until):
                return False
            self._lease.receive()
        self._conclude(self._lease.exit.status)
        return True

    def close(self) -> None:
        """End it; what it has not finished goes. Safe to call twice."""
        if self.is_ours:
            self._held.close()

    def _conclude(self, status: int | None) -> None:
        self._hear()
        try:
            if status != 0:
                raise NoCompiler(_reason(self._said.decode("utf-8", "replace"), status))
            store.finish(self._made)
        finally:
            self.close()

    def _hear(self) -> None:
        """What it has written; it writes little, and waits if nobody reads more."""
        deadline = time.monotonic() + 1
        while len(self._said) < _KEPT and time.monotonic() < deadline:
            if not select.select([self._lease.stderr], [], [], 0)[0]:
                return
            received = os.read(self._lease.stderr, _KEPT)
            if not received:
                return
            self._said += received

    def _end(self) -> None:
        self._lease.release()
        self._lease.wait()
        self._lease.close()


def _npm() -> list[str]:
    """The command: a runtime, and npm's own program; there is no shell in between.

    Raises:
        NoCompiler: There is no npm.
    """
    try:
        node = javascript.LANGUAGE.argv(None, os.environ)[0]
    except CodeExecError as error:
        raise NoCompiler(str(error)) from None
    real = Path(os.path.realpath(node))
    beside = real.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    named = shutil.which("npm")
    for program in (beside, Path(os.path.realpath(named)) if named else None):
        if program is not None and program.name == "npm-cli.js" and program.is_file():
            return [node, str(program)]
    raise NoCompiler('npm is not installed: pip install "codeexec_magics[js]" brings it')


def _reason(said: str, status: int | None) -> str:
    """Why npm failed, in a few words."""
    found = _CODE.search(said)
    code = next((group for group in found.groups() if group), "") if found else ""
    for reason, codes in _REASONS.items():
        if code in codes:
            return f"{reason} ({code})"
    words = _WORDS.search(said)
    told = " ".join(words[1].split())[:200] if words else f"exit code {status}"
    return f"npm failed: {told}" + (f" ({code})" if code and code not in told else "")
