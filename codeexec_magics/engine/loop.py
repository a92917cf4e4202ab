"""The loop of a run in the kernel: everything that can happen is a descriptor or a time.

Lives in the kernel, in the thread that executes. Owns a selector; what it watches is the lease's,
the conversation's, the streams' and the shield's.
"""

from __future__ import annotations

import selectors
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from codeexec_magics.engine.conversation import Conversation
from codeexec_magics.engine.streams import Stream
from codeexec_magics.errors import ProtocolError, SupervisorLost
from codeexec_magics.leases.lease import Lease
from codeexec_magics.leases.shield import Shield
from codeexec_magics.values.options import ExecutionOptions

_FLUSH_AFTER = 0.05
"""Seconds that output waits for more, so that a flood becomes few batches."""
_ANSWER = 60.0
"""Seconds after its time was over in which a reaper tells of the end; then it is taken for lost.
Long, because it also removes what the program left in its folder."""
_BEYOND_A_LIFE = 1e10
"""Seconds; a limit from here on, which may be too large for a float, is none."""
_LONGEST_WAIT = 3600.0
"""Seconds; a selector takes no longer time than some weeks, and a limit may be longer."""
_ANSWER_TO_INTERRUPT = 8.0
"""The same as `_ANSWER`, where a user waits."""


@dataclass(slots=True)
class Pulse:
    """Something to be called again and again while a run is under way.

    Attributes:
        call: What is called, in the thread that executes; may return another time between calls.
        next: When it is called next (monotonic seconds).
        seconds: The time between two calls.
    """

    call: Callable[[], float | None]
    next: float
    seconds: float = 0.25

    def beat(self) -> None:
        """Call it, and take note of the next time."""
        self.seconds = self.call() or self.seconds
        self.next = time.monotonic() + self.seconds


class Attention:
    """Attends to one run until nothing of it is left.

    Args:
        lease: The run.
        conversation: What is said with its runner.
        streams: Its stdout and stderr.
        shield: What counts interrupts meanwhile.
        options: Its limits.
    """

    def __init__(
        self,
        lease: Lease,
        conversation: Conversation,
        streams: tuple[Stream, ...],
        shield: Shield,
        options: ExecutionOptions,
    ) -> None:
        self._lease = lease
        self._conversation = conversation
        self._open = list(streams)
        self._shield = shield
        self._options = options
        self._startup_ends = time.monotonic() + options.startup_timeout
        self._flush_at: float | None = None
        self._interrupted: float | None = None
        self._pulse: Pulse | None = None
        self._concluded: Callable[[], None] | None = None
        self._selector = selectors.DefaultSelector()

    def __enter__(self) -> Self:
        read = selectors.EVENT_READ
        self._selector.register(self._lease, read, self._on_lease)
        self._selector.register(self._lease.control, read, self._on_control)
        self._selector.register(self._shield, read, self._on_interrupt)
        for stream in self._open:
            self._selector.register(stream.fd, read, stream)
        return self

    def __exit__(self, *_: object) -> None:
        self._selector.close()

    def hold(self, pulse: Pulse | None = None, concluded: Callable[[], None] | None = None) -> None:
        """Serve until the reaper says that nothing is left, then take what the pipes still hold.

        Args:
            pulse: What is to be called meanwhile; without one nothing wakes this thread in vain.
            concluded: Called when the last message has come, before the run is ended.

        Raises:
            ProtocolError: What arrived is not of the protocol; the run is being ended.
            CodeExecError: The worker could not be started, or its supervision was lost.
        """
        self._pulse, self._concluded = pulse, concluded
        try:
            while self._lease.exit is None:
                for key, mask in self._selector.select(self._patience()):
                    if isinstance(key.data, Stream):
                        self._on_output(key.data)
                    else:
                        key.data(mask)
                self._look_at_the_clock()
            self._conversation.drain()
        finally:
            self._lease.release()
            self._lease.wait()
            for stream in self._open:
                stream.drain()

    def _patience(self) -> float | None:
        """Seconds until the next thing that has a time of its own."""
        times = [self._startup_ends] if self._conversation.began is None else []
        beat = self._pulse.next if self._pulse is not None else None
        times += [end for end in (self._flush_at, self._silence_ends(), beat) if end is not None]
        if not times:
            return None
        return min(max(0.0, min(times) - time.monotonic()), _LONGEST_WAIT)

    def _silence_ends(self) -> float | None:
        """When the reaper must have answered, if it can still do so; None while it need not."""
        options, conversation = self._options, self._conversation
        times = []
        if self._interrupted is not None:
            times.append(self._interrupted + options.grace + _ANSWER_TO_INTERRUPT)
        if conversation.ended is not None:
            times.append(conversation.ended + _ANSWER)
        if conversation.began is not None and options.timeout < _BEYOND_A_LIFE:
            times.append(conversation.began + options.timeout + options.grace + _ANSWER)
        return min(times, default=None)

    def _look_at_the_clock(self) -> None:
        now = time.monotonic()
        if self._flush_at is not None and now >= self._flush_at:
            self._flush()
            self._flush_at = None
        if self._pulse is not None and now >= self._pulse.next:
            self._pulse.beat()
        if self._conversation.began is None and now >= self._startup_ends and not self._lease.exit:
            raise ProtocolError(
                f"the worker was not ready within {self._options.startup_timeout:g} s"
            )

        silence_ends = self._silence_ends()
        if silence_ends is not None and now >= silence_ends and not self._lease.exit:
            self._lease.give_up()
            raise SupervisorLost("the supervising processes of this run do not answer")

    def _on_lease(self, mask: int) -> None:
        self._lease.receive()

    def _on_interrupt(self, mask: int) -> None:
        self._interrupted = self._interrupted or time.monotonic()
        for _ in range(self._shield.take()):
            self._lease.interrupt(self._options.grace)

    def _on_control(self, mask: int) -> None:
        conversation = self._conversation
        if mask & selectors.EVENT_WRITE:
            conversation.write()
        if mask & selectors.EVENT_READ:
            # What was printed before a display is in the pipes by now, and is shown before it.
            for stream in self._open:
                stream.read()
            self._flush()
            if not conversation.read():
                self._selector.unregister(self._lease.control)
                return
            if conversation.last is not None:
                concluded, self._concluded = self._concluded, None
                if concluded is not None:
                    concluded()
                # It has nothing more to do but to end, and a runtime takes its time for that.
                self._lease.release()
        write = selectors.EVENT_WRITE if conversation.wants_to_write else 0
        self._selector.modify(self._lease.control, selectors.EVENT_READ | write, self._on_control)

    def _on_output(self, stream: Stream) -> None:
        if not stream.read():
            self._selector.unregister(stream.fd)
            stream.flush()
            self._open.remove(stream)
        elif stream.pending and self._flush_at is None:
            self._flush_at = time.monotonic() + _FLUSH_AFTER

    def _flush(self) -> None:
        for stream in self._open:
            stream.flush()
