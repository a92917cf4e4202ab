"""The descriptors of one run: the owner's ends and the worker's, made before either needs them.

Runs in a reaper, which owns them until it hands them over.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket

from ..protocol import numbers
from . import memory

_PIPE_SIZE = 1 << 20


class Channels:
    """Both ends of every channel of a run.

    Attributes:
        ours: The owner's ends: control, inputs, outputs, stdout, stderr.
        theirs: The worker's ends, each with its number in the worker.
        stop: The reaper's end of the pipe that tells a runner to stop.
        count: The reaper's descriptor of the outputs arena, for an `ItemClock`.
    """

    def __init__(self) -> None:
        control, control_end = socket.socketpair()
        out, out_end = os.pipe()
        err, err_end = os.pipe()
        stop_end, self.stop = os.pipe()
        for pipe in (out, err):
            with contextlib.suppress(OSError, AttributeError):
                fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_SIZE)  # novm: not there before 3.10
        inputs, outputs = memory.create("inputs"), memory.create("outputs")
        self.count = os.dup(outputs)
        self.ours = [control.detach(), os.dup(inputs), os.dup(outputs), out, err]
        self.theirs = {
            out_end: numbers.STDOUT,
            err_end: numbers.STDERR,
            control_end.detach(): numbers.CONTROL,
            inputs: numbers.INPUTS,
            outputs: numbers.OUTPUTS,
            stop_end: numbers.STOP,
        }

    def close_theirs(self) -> None:
        """After the fork: the worker alone holds its ends."""
        for fd in self.theirs:
            os.close(fd)
        self.theirs = {}

    def close_ours(self) -> None:
        """After the hand-over: the owner alone holds its ends."""
        for fd in self.ours:
            os.close(fd)
        self.ours = []
