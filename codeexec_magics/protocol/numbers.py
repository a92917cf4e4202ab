"""The numbers that processes agree on: each stands here once, PROTOCOL.md says what it means.

Read in every process that speaks the protocol. The JavaScript runner has the same numbers under
the same names; a test reads them out of its files.
"""

from __future__ import annotations

import signal

VERSION = 1
"""Of the protocol; both sides must speak the same."""

STDOUT, STDERR, CONTROL, INPUTS, OUTPUTS, STOP = 1, 2, 3, 4, 5, 6
"""The descriptors of a worker."""

LARGEST_FRAME = 16 * 1024 * 1024
"""Bytes of one frame."""

LARGEST_INLINE = 64 * 1024
"""Characters of a node's text; a longer one stands in the arena."""

LARGEST_INLINE_BYTES = 1024
"""Bytes of one value that stand in its node; more go to the arena."""

ALIGNMENT = 64
"""What the offset of each buffer in an arena is a multiple of."""

LARGEST_INTEGER = 2**53 - 1
"""The largest magnitude of an integer that every language reads exactly."""

DEEPEST = 200
"""Levels of containers within containers; what is deeper cannot travel.

Stated, since the recursion limits of the processes, languages and JSON readers on the way differ,
and a value must not come through or fail by where it was sent from.
"""

WRONG_RUNTIME = 120
"""The exit code of a runner whose runtime is too old."""

LOST_DESCRIPTOR = 121
"""The exit code of a runner whose descriptors the program has closed or replaced."""

UNUSABLE = 122
"""The exit code of a runner that cannot do its work with this runtime."""

COUNT_SIZE = 8
"""Bytes of the count of items at the beginning of a mapping worker's outputs arena."""

NOTES = 64
"""Where the notes of a crash stand in the outputs arena of a worker that maps."""

RESULTS = 65_536
"""Where the values of items begin there, and so the end of the notes."""

END_OF_NAMESPACE = signal.SIGUSR1
"""What a reaper sends to the first process of a namespace to have everything ended."""
