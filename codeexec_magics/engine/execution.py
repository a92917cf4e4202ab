"""One run of one program, from the lease to the result.

Lives in the kernel, in the thread that executes; there is no other. Owns the lease and the shield
for the time of the run. On return nothing of the run is left, whatever happened.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from codeexec_magics.data import Arena
from codeexec_magics.data.conversion import receive
from codeexec_magics.data.remote_memory import Fetching
from codeexec_magics.engine.bundles import harmless
from codeexec_magics.engine.conversation import Conversation, Listener
from codeexec_magics.engine.loop import Attention, Pulse
from codeexec_magics.engine.outcome import Facts, compose
from codeexec_magics.engine.streams import Stream
from codeexec_magics.engine.surroundings import (
    encode_for,
    is_trusted,
    run_message,
    take_lease,
)
from codeexec_magics.errors import CodeExecError, NoValue, SupervisorLost
from codeexec_magics.languages import Language
from codeexec_magics.leases.client import SupervisorClient
from codeexec_magics.leases.figures import RunFigures, figures_below
from codeexec_magics.leases.lease import Lease
from codeexec_magics.leases.shield import Shield
from codeexec_magics.leases.worker_memory import Peer
from codeexec_magics.protocol.numbers import RESULTS
from codeexec_magics.values.journal import log_end, log_start
from codeexec_magics.values.options import ExecutionOptions, Program
from codeexec_magics.values.results import ExecutionResult


class Running(Protocol):
    """What is under way, one run or the runs of a map; any thread may ask it."""

    @property
    def under_way(self) -> bool:
        """Whether it has processes."""

    def figures(self) -> RunFigures:
        """What its processes use now; all zeros where there are none."""

    def printed(self, stream: str) -> str:
        """What is kept of ``stdout`` or ``stderr`` so far."""

    def interrupt(self) -> None:
        """Interrupt it; the second time, kill it."""


@dataclass(frozen=True, slots=True)
class Observer:
    """Who wants to hear of a run while it goes on; called in the thread that executes.

    Attributes:
        output: ``("stdout" | "stderr", text)``, decoded, in batches.
        display: A MIME bundle and its metadata.
        progress: Done, total (or None), text.
        started: What is under way; any thread may then interrupt it.
        read: The inputs have been read: what changes in them from now on is not the program's.
        tick: Called a few times a second while nothing else happens (`attention.Pulse`).
    """

    output: Callable[[str, str], None] | None = None
    display: Callable[[dict[str, Any], dict[str, Any]], None] | None = None
    progress: Callable[[float, float | None, str], None] | None = None
    started: Callable[[Running], None] | None = None
    read: Callable[[], None] | None = None
    tick: Pulse | None = None


class Execution:
    """One run; made and used once.

    Args:
        program: What to run.
        language: The program's language.
        options: The limits and surroundings.
        observer: Who hears of it.
    """

    def __init__(
        self, program: Program, language: Language, options: ExecutionOptions, observer: Observer
    ) -> None:
        self._program = program
        self._language = language
        self._options = options
        self._observer = observer
        self._shield = Shield()
        self._facts = Facts(language.name, options.timeout, limits=options.limits())
        self._streams: dict[str, Stream] = {}
        self._reaper: int | None = None
        self._fetched: dict[int, memoryview] = {}

    @property
    def under_way(self) -> bool:
        """Whether it has processes."""
        return self._reaper is not None

    def printed(self, stream: str) -> str:
        """What is kept of ``stdout`` or ``stderr`` so far. May be called from any thread."""
        return self._streams[stream].text() if stream in self._streams else ""

    def figures(self) -> RunFigures:
        """What the run uses now; all zeros where there is none. May be called from any thread."""
        reaper = self._reaper
        return RunFigures() if reaper is None else figures_below(reaper)

    def interrupt(self) -> None:
        """Interrupt the run; the second time, kill it. May be called from any thread."""
        self._shield.interrupt()

    def run(self, client: SupervisorClient, inputs: Mapping[str, Any]) -> ExecutionResult:
        """Run the program and return its result.

        Args:
            client: Where the worker comes from.
            inputs: Values by name.
        """
        facts = self._facts
        log_start(facts.language, facts.timeout)
        try:
            with self._shield:
                if self._observer.started is not None:
                    self._observer.started(self)
                self._perform(client, inputs)
        except (CodeExecError, OSError, MemoryError) as error:
            facts.refusal = error
        except KeyboardInterrupt:
            if not self._shield.count:
                raise  # none of those that the shield lets through
        facts.interrupted = self._shield.count > 0
        result = compose(facts)
        log_end(result)
        return result

    def _perform(self, client: SupervisorClient, inputs: Mapping[str, Any]) -> None:
        lease = self._lease(client)
        peer = Peer(lease, trusted=is_trusted(self._language, self._options))
        try:
            # The worker starts while the inputs are encoded.
            conversation = self._converse(lease, peer, inputs)
            self._attend(lease, conversation, peer)
            self._read_value(lease)
        except SupervisorLost:
            self._facts.left = client.sweep(lease.session)
            raise
        finally:
            lease.release()
            lease.wait()
            self._facts.exit = lease.exit
            self._reaper = None
            peer.close()
            lease.close()
            if lease.exit is None or lease.exit.cause == "supervisor_lost":
                client.notice_loss()

    def _lease(self, client: SupervisorClient) -> Lease:
        lease = take_lease(client, self._language, self._options)
        self._facts.containment = lease.containment
        self._reaper = lease.reaper
        return lease

    def _converse(self, lease: Lease, peer: Peer, inputs: Mapping[str, Any]) -> Conversation:
        arena = peer.arena(lease.inputs)
        with self._shield.lowered():  # an object is packed by code of its own
            encoded = encode_for(self._language, dict(inputs), arena, "inputs")
        with contextlib.suppress(OSError):  # what cannot be sealed is copied by its reader
            arena.seal()
        run = peer.described(run_message(self._program, self._options, encoded), arena)
        observer = self._observer

        def start_the_clock() -> None:
            options = self._options
            seconds = None if options.timeout == float("inf") else options.timeout
            if seconds is not None or options.limits():
                lease.arm(seconds, options.grace, options.limits())

        def sent() -> None:
            """All inputs are out of our hands: the program begins, and they may change here."""
            if observer.read is not None:
                observer.read()

        def room(rooms: Any) -> None:
            peer.give(arena, rooms)
            sent()
            start_the_clock()

        if not run.get("room"):
            sent()
        listener = Listener(
            _nothing if run.get("room") else start_the_clock,
            observer.display or _ignore_display,
            observer.progress or _ignore_progress,
            harmless if self._options.sandbox else dict,
            room=room if run.get("room") else None,
        )
        return Conversation(lease.control, run, listener)

    def _attend(self, lease: Lease, conversation: Conversation, peer: Peer) -> None:
        """Serve the run until nothing of it is left."""
        facts, kept, output = self._facts, self._options.kept_output, self._observer.output
        self._streams = {
            "stdout": Stream("stdout", lease.stdout, kept, output),
            "stderr": Stream("stderr", lease.stderr, kept, output),
        }
        streams = tuple(self._streams.values())
        try:
            with Attention(lease, conversation, streams, self._shield, self._options) as attention:
                attention.hold(self._observer.tick, lambda: self._fetch(conversation, peer))
        finally:
            facts.stdout, facts.stderr = (stream.text() for stream in streams)
            facts.last, facts.stopped = conversation.last, conversation.stopped
            facts.displays = conversation.displays
            self._learn(conversation.last or {})
            facts.started = conversation.began is not None
            if conversation.began is not None:
                facts.seconds = (conversation.ended or time.monotonic()) - conversation.began

    def _fetch(self, conversation: Conversation, peer: Peer) -> None:
        """Copy what the value has in the worker's memory, while the worker waits for that."""
        last = conversation.last or {}
        if last.get("type") == "result":
            self._fetched = peer.take(last.get("value"))

    def _learn(self, last: Mapping[str, Any]) -> None:
        """Have the libraries that the program has used loaded ahead for the next one."""
        loaded, learn = last.get("loaded"), self._language.learn
        if learn is not None and isinstance(loaded, list) and not self._options.sandbox:
            learn(name for name in loaded if isinstance(name, str))

    def _read_value(self, lease: Lease) -> None:
        """Decode the value, now that nothing of the run is alive to change it."""
        last, arena = self._facts.last, Fetching(lease.outputs, self._fetched)
        if last is None:
            self._read_crash(lease, arena)
        if last is None or last["type"] != "result":
            return
        with contextlib.suppress(OSError):
            arena.seal()
        with self._shield.lowered():
            self._facts.value = receive(
                last.get("value"),
                arena,
                allow_pickle=is_trusted(self._language, self._options),
                root="result",
                converter=self._options.converter,
            )
        missing = self._options.lacking(last.get("missing"))
        if missing:
            raise NoValue.of(self._options.outputs, missing)
        self._facts.has_value = True

    def _read_crash(self, lease: Lease, arena: Arena) -> None:
        """Where the program was when a signal ended it, if its runtime noted that."""
        extract, ended = self._language.extract, lease.exit
        if extract is None or ended is None or ended.status is None or ended.status >= 0:
            return
        notes = arena.read(0, min(arena.size, RESULTS))
        self._facts.crash = extract(notes.decode("utf-8", "replace"), self._program)


def _nothing() -> None:
    """The clock starts later."""


def _ignore_display(bundle: dict[str, Any], metadata: dict[str, Any]) -> None:
    """Nobody looks."""


def _ignore_progress(done: float, total: float | None, text: str) -> None:
    """Nobody looks."""
