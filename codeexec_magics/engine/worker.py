"""One leased worker, as its owner sees it: what is said with it, what it prints, how it ends.

Lives in the kernel, in the thread that executes. Owns the lease and what goes over it; the loop
calls, and closes it. Everything that arrives is untrusted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from codeexec_magics.data import MILLISECONDS
from codeexec_magics.engine.conversation import Conversation, Listener
from codeexec_magics.engine.outcome import Facts, remark_of
from codeexec_magics.engine.streams import Stream
from codeexec_magics.engine.surroundings import (
    ask_ahead,
    recipe_of,
    run_message,
    take_lease,
)
from codeexec_magics.engine.task import Task
from codeexec_magics.engine.timers import NEVER
from codeexec_magics.errors import (
    CodeExecError,
    DecodingFailed,
    NoValue,
    ProtocolError,
    SupervisorLost,
)
from codeexec_magics.leases.client import SupervisorClient
from codeexec_magics.leases.exchange import Exchange
from codeexec_magics.protocol.numbers import RESULTS
from codeexec_magics.values.shown import Shown
from codeexec_magics.values.traces import Trace

_ANSWER = 60.0
"""Seconds after its time was over in which a reaper tells of the end; then it is taken for lost.
Long, because it also removes what the program left in its folder."""
_ANSWER_TO_INTERRUPT = 8.0
"""The same, where a user waits."""
_BEYOND_A_LIFE = 1e10
"""Seconds; a limit from here on, which may be too large for a float, is none."""

Output = Callable[[str, str], None]
"""Told the name of a stream and a batch of its text."""


class Worker:
    """A worker that runs one program and ends; made and used once.

    Args:
        client: Where it comes from.
        task: What it does.
        outputs: Who is told what it prints, by the stream's name.
        kept: How many characters of each stream are kept.

    Attributes:
        lease: The right to talk to it.
        conversation: What is said with it.
        streams: Its stdout and stderr.
        due: When something must have happened (monotonic seconds).
        refusal: Why it was broken off, if it was.
    """

    notes = (0, RESULTS)
    """Where its runtime writes in a crash, in the outputs arena: offset and length."""

    def __init__(
        self,
        client: SupervisorClient,
        task: Task,
        outputs: Mapping[str, Output | None],
        kept: int,
    ) -> None:
        self._client = client
        self._task = task
        self.refusal: Exception | None = None
        self._value: tuple[Any] | None = None
        self._problem: Exception | None = None
        self._read_early = self._asked = False
        self._crash: Trace | None = None
        self._seconds = 0.0
        self._concluded = False
        self._recipe = recipe_of(task.language, task.options)
        self.lease = lease = take_lease(client, self._recipe, task.options)
        self._ends_by = NEVER
        self.due = self._ready_by = time.monotonic() + task.options.startup_timeout
        reader = task.language.reads
        if MILLISECONDS in task.options.settings:
            reader |= {MILLISECONDS}
        self._exchange = Exchange(lease, reader=reader, sandboxed=task.options.sandbox)
        self.conversation = Conversation(lease.control, self._listener())
        ends = {"stdout": lease.stdout, "stderr": lease.stderr}
        self.streams = tuple(Stream(name, fd, kept, outputs[name]) for name, fd in ends.items())

    def begin(self) -> None:
        """Encode what it is to be told when it is ready; it starts meanwhile.

        Raises:
            EncodingFailed: An input cannot travel.
        """
        with self._task.shield.lowered():  # an object is packed by code of its own
            inputs = self._encoded_inputs()
        request = run_message(self._task.program, self._task.options, self._task.language)
        self.conversation.prepare({**request, **inputs})
        if not self._exchange.leaves:
            self._tell_of_inputs()

    def interrupt(self) -> None:
        """Send it SIGINT, and have it killed after its grace; the second time, at once."""
        grace = self._task.options.grace
        self._expect_end(grace + _ANSWER_TO_INTERRUPT)
        self.lease.interrupt(grace)

    def release(self) -> None:
        """Have it ended; safe in any state."""
        self._expect_end(_ANSWER)
        self.lease.release()

    def break_off(self, error: CodeExecError) -> None:
        """End it, since it cannot go on, or what it says is not of the protocol."""
        if self.conversation.stopped is None:  # else it was cut off in the middle of a word
            self.refusal = self.refusal or error
        self.release()

    def hear(self) -> bool:
        """Take what it has said; whether it may say more."""
        conversation = self.conversation
        try:
            if not conversation.read():
                return False
            if conversation.last is not None and not self._concluded:
                self._concluded = True
                self._conclude(conversation.last)
        except CodeExecError as error:
            self.break_off(error)
            return False
        return True

    def look_at_the_clock(self, now: float) -> None:
        """It is `due`: see what has not happened.

        Raises:
            SupervisorLost: It should have ended, and nobody says that it has.
        """
        if now >= self._ends_by:
            self.lease.give_up()
            raise SupervisorLost("the supervising processes of this run do not answer")
        if now >= self._ready_by:
            self._ready_by = NEVER
            seconds = self._task.options.startup_timeout
            self.break_off(ProtocolError(f"the worker was not ready within {seconds:g} s"))

    def finish(self) -> None:
        """Take what it has said and printed last, now that it is gone."""
        conversation = self.conversation
        if self.refusal is None:
            try:
                conversation.drain()
            except CodeExecError as error:
                self.break_off(error)
        for stream in self.streams:
            stream.drain()
        if conversation.began is not None:
            self._seconds = (conversation.ended or time.monotonic()) - conversation.began
        self._crash = self._read_crash()
        if not self._concluded:
            self._learn(conversation.last or {})

    def ask_for_next(self) -> None:
        """Have a worker like this one ready for whoever comes next; done once."""
        if not self._asked:
            self._asked = True
            ask_ahead(self._client, self._task.language, self._recipe)

    def settle(self) -> None:
        """It has ended by itself: its value counts, now that nothing of the run is alive.

        Raises:
            DataError: It cannot be rebuilt here, or has no such form as the options want.
            NoValue: The program gave none, and some name wants one.
        """
        last = self.conversation.last
        if last is None or last["type"] != "result" or self.refusal is not None:
            self._value = None
        elif not self._read_early:
            self._take_value(last)
        elif self._problem is not None:
            raise self._problem

    def _take_value(self, last: Mapping[str, Any]) -> None:
        options = self._task.options
        value = None if options.keep else Shown.of(last.get("value"))
        if value is None:
            value = self._read_value(last)
        missing = options.lacking(last.get("missing"))
        if missing:
            raise NoValue.of(options.outputs, missing, remark_of(last))
        self._value = (value,)

    def _read_value(self, last: Mapping[str, Any]) -> Any:
        options = self._task.options
        try:
            with self._task.shield.lowered():  # unpickling runs code of the user's classes
                return self._exchange.result(last.get("value"), options.converter)
        except DecodingFailed as error:
            if options.keep:
                raise
            return Shown("value", f"it cannot be shown: {error}")

    def printed(self, stream: str) -> str:
        """What is kept of ``stdout`` or ``stderr`` so far; may be asked by any thread."""
        return next(one.text() for one in self.streams if one.name == stream)

    def facts(self) -> Facts:
        """What is known of it."""
        task, conversation = self._task, self.conversation
        return Facts(
            task.language.name,
            task.options.timeout,
            limits=task.options.limits(),
            exit=self.lease.exit,
            last=conversation.last,
            stopped=conversation.stopped,
            crash=self._crash,
            value=None if self._value is None else self._value[0],
            has_value=self._value is not None,
            refusal=self.refusal,
            seconds=self._seconds,
            stdout=self.printed("stdout"),
            stderr=self.printed("stderr"),
            started=conversation.began is not None,
            containment=self.lease.containment,
            trusted=not task.options.sandbox,
            known=task.language,
            interpreter=task.options.interpreter or "",
            notes=tuple(self._exchange.notes_of_inputs),
        )

    def close(self) -> None:
        """Give everything back; ends it if it has not ended."""
        self._exchange.close()
        self.lease.close()
        self.conversation.close()
        ended = self.lease.exit
        if ended is None or ended.cause == "supervisor_lost":
            self._client.notice_loss()

    def _encoded_inputs(self) -> dict[str, Any]:
        return self._exchange.inputs(self._task.inputs, seal=True)

    def _listener(self) -> Listener:
        return Listener(self._begun, self._display, self._progress, self._fill)

    def _start_clock(self) -> None:
        """The program begins: from here on its limits hold."""
        options = self._task.options
        seconds = None if options.timeout == float("inf") else options.timeout
        if seconds is not None or options.limits():
            self.lease.arm(seconds, options.grace, options.limits())
        if options.timeout < _BEYOND_A_LIFE:
            self._expect_end(options.timeout + options.grace + _ANSWER)

    def _begun(self) -> None:
        self._ready_by = NEVER
        self.due = self._ends_by
        if not self._exchange.leaves:
            self._start_clock()

    def _fill(self, rooms: Any) -> None:
        self._exchange.fill(rooms)
        self._tell_of_inputs()
        self._start_clock()

    def _tell_of_inputs(self) -> None:
        """All inputs are out of our hands: they may change here."""
        if self._task.observer.read is not None:
            self._task.observer.read()

    def _display(self, message: Mapping[str, Any]) -> None:
        self._catch_up()
        self._task.displays.hear(message)

    def _progress(self, done: float, total: float | None, text: str) -> None:
        if self._task.observer.progress is not None:
            self._catch_up()
            self._task.observer.progress(done, total, text)

    def _catch_up(self) -> None:
        """What was printed before is in the pipes by now, and is shown before what comes now."""
        for stream in self.streams:
            stream.read()
            stream.flush()

    def _conclude(self, last: Mapping[str, Any]) -> None:
        """It has said its last word, and waits if its value is still in its memory."""
        if last["type"] == "result":
            self._exchange.fetch(last.get("value"))
        self.release()  # it has nothing more to do but to end, and a runtime takes its time for it
        self._use_the_time(last)

    def _use_the_time(self, last: Mapping[str, Any]) -> None:
        """While its processes end: read its value, if none of them can change that any more."""
        self._learn(last)
        if last["type"] == "result" and self._exchange.is_sealed:
            self._read_early = True
            try:
                self._take_value(last)
            except Exception as error:  # noqa: BLE001 - raised when it has ended
                self._problem = error
        self.ask_for_next()

    def _expect_end(self, seconds: float) -> None:
        self._ends_by = min(self._ends_by, time.monotonic() + seconds)
        self.due = min(self.due, self._ends_by)

    def _learn(self, last: Mapping[str, Any]) -> None:
        """Have the libraries that the program has used loaded ahead for the next one."""
        loaded = last.get("loaded")
        if isinstance(loaded, list) and not self._task.options.sandbox:
            self._task.language.learned(name for name in loaded if isinstance(name, str))

    def _read_crash(self) -> Trace | None:
        """Where the program was when a signal ended it, if its runtime noted that."""
        task, ended = self._task, self.lease.exit
        if ended is None or (ended.status or 0) >= 0 or self.conversation.last is not None:
            return None
        notes = self._exchange.notes(*self.notes).rstrip(b"\0")
        return task.language.crash(notes.decode("utf-8", "replace"), task.program)
