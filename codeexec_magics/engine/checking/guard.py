"""The compiler of one supervisor: fetched, started, asked, and started again.

Lives in the kernel. Owns npm's process while it is at work, and the compiler's until `close`; one
thread asks at a time.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Mapping
from typing import Any

from codeexec_magics.data.declarations import declarations_of
from codeexec_magics.engine.checking import store
from codeexec_magics.engine.checking.annotations import annotate
from codeexec_magics.engine.checking.checker import Checker, Question
from codeexec_magics.engine.checking.diagnostics import trace_of
from codeexec_magics.engine.checking.fetching import Fetching
from codeexec_magics.engine.checking.server import Gone, Late
from codeexec_magics.engine.checking.store import NoCompiler
from codeexec_magics.engine.loop import Loop
from codeexec_magics.engine.outcome import Verdict
from codeexec_magics.engine.own_folder import cache_folder
from codeexec_magics.engine.task import Task
from codeexec_magics.errors import CodeExecError
from codeexec_magics.leases.client import SupervisorClient

_CHECK, _FIRST_CHECK = 2.0, 5.0
_FETCH, _LATER_FETCH = 30.0, 0.5
"""Seconds that a cell waits for npm: the one that has it started, and those that come later."""
_ANEW = 300.0
"""Seconds after which npm is asked again."""
_ROUND = 0.05
_FETCHING = "compiler of TypeScript is fetched from npm"


class Guard:
    """The checker of one supervisor, and how it comes to be."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._checker: Checker | None = None
        self._fetching: Fetching | None = None
        self._refused: NoCompiler | None = None
        self._asked = float("-inf")

    @property
    def pid(self) -> int | None:
        """The compiler's process; None while there is none."""
        checker = self._checker
        return checker.pid if checker is not None else None

    def check(self, loop: Loop, client: SupervisorClient, task: Task, mapped: bool) -> Verdict:
        """As the function does.

        Raises:
            NoCompiler: There is none.
            Late: There is no answer in time.
            Gone: The compiler has ended, and another one, too.
        """
        program = task.program
        annotated = annotate(program.source, program.entry, task.inputs.keys(), mapped=mapped)
        directory = os.path.abspath(task.options.directory or os.getcwd())
        question = Question(annotated.text, declarations_of(task.inputs), directory)
        self._enter(loop)
        try:
            found, path = self._errors(loop, client, task, question)
        except BaseException:
            self._end()
            raise
        finally:
            self._lock.release()
        found = [one for one in found if not (mapped and _says_implicitly(one))]
        return Verdict(trace_of(program, annotated, found, path))

    def complete(self, question: Question, place: int, until: float) -> list[Any]:
        """What may stand at a place of a program; nothing where that takes longer."""
        if not self._lock.acquire(timeout=max(0.0, until - time.monotonic())):
            return []
        try:
            if self._checker is None:
                return []
            return list(self._checker.completions(question, place, wait, until))
        except (Late, Gone):
            self._end()
            return []
        finally:
            self._lock.release()

    def start_early(self, client: SupervisorClient, question: Question) -> None:
        """Have a compiler ready for what is typed next, if npm has fetched one; nobody waits."""
        if self._checker is None and not self._lock.locked():
            arguments = (client, question)
            threading.Thread(target=self._start_early, args=arguments, daemon=True).start()

    def _start_early(self, client: SupervisorClient, question: Question) -> None:
        with self._lock:
            try:
                program = store.find(question.directory)
                if program is not None and self._checker is None:
                    self._checker = Checker(client, program)
                    until = time.monotonic() + _FIRST_CHECK
                    self._checker.completions(question, 0, wait, until)
            except (NoCompiler, Late, Gone, CodeExecError, OSError):
                self._end()  # it is tried again with the next cell, which says what is wrong

    def ask_anew(self) -> None:
        """Forget that npm has failed."""
        self._refused = None

    def close(self) -> None:
        """End the compiler, and npm."""
        with self._lock:
            self._end()
            self._give_up()

    def _give_up(self) -> None:
        """End npm."""
        fetching, self._fetching = self._fetching, None
        if fetching is not None:
            fetching.close()

    def _end(self) -> None:
        checker, self._checker = self._checker, None
        if checker is not None:
            checker.close()

    def _enter(self, loop: Loop) -> None:
        until = time.monotonic() + _CHECK
        while not self._lock.acquire(blocking=False):
            if loop.interrupted or time.monotonic() > until:
                raise Late
            loop.wait_for(None, time.monotonic() + _ROUND)

    def _errors(
        self, loop: Loop, client: SupervisorClient, task: Task, question: Question
    ) -> tuple[list[Mapping[str, Any]], str]:
        for attempt in (1, 2):
            checker = self._checker or self._started(loop, client, task, question.directory)
            self._checker = checker
            until = time.monotonic() + (_FIRST_CHECK if checker.is_new else _CHECK)
            try:
                return checker.errors(question, loop.wait_for, until), checker.path
            except Gone:
                self._end()  # it was killed: another one is started once
                if attempt == 2:
                    raise
        raise AssertionError("unreachable")

    def _started(self, loop: Loop, client: SupervisorClient, task: Task, directory: str) -> Checker:
        program = store.find(directory)
        if program is None:
            self._fetch(loop, client, task)
            program = store.find(directory)
        if program is None:
            raise NoCompiler("npm is fetching the compiler at present")
        return Checker(client, program)

    def _fetch(self, loop: Loop, client: SupervisorClient, task: Task) -> None:
        """Have npm fetch the compiler, and wait for it, but not for too long.

        Raises:
            NoCompiler: It cannot be fetched.
            Late: The user has interrupted that.
        """
        now = time.monotonic()
        if self._refused is not None and now < self._asked + _ANEW:
            raise self._refused
        until = now + (_FETCH if self._fetching is None else _LATER_FETCH)
        if task.observer.progress is not None:
            task.observer.progress(1, None, _FETCHING)
        self._asked, self._refused = now, None
        try:
            while self._fetching is None and time.monotonic() < until and not loop.interrupted:
                fetching = Fetching(client)
                if fetching.is_ours:
                    self._fetching = fetching
                elif loop.wait_for(None, time.monotonic() + _ROUND) or self._is_there():
                    return
            if self._fetching is not None and self._fetching.wait(loop.wait_for, until):
                self._fetching = None
        except NoCompiler as reason:
            self._fetching, self._refused = None, reason
            raise
        if loop.interrupted:
            self._give_up()
            raise Late

    def _is_there(self) -> bool:
        return os.path.isdir(os.path.join(cache_folder(), store.folder_name()))


def wait(fd: int, until: float) -> bool:
    """Wait for a descriptor, where no loop is."""
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(max(0.0, until - time.monotonic()) * 1000))


def _says_implicitly(one: Mapping[str, Any]) -> bool:
    """Whether it says that a type is not given: nobody does so for the item of a map."""
    return "implicitly" in str(one.get("text", ""))
