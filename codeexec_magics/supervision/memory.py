"""Anonymous memory for a worker's arenas, and what the machine counts of memory.

Runs in reapers, the supervisor and the kernel. The caller owns the descriptors that `create`
returns.
"""

from __future__ import annotations

import contextlib
import os
import sys

MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes in one unit of ``ru_maxrss`` (getrusage(2): kilobytes on Linux, bytes on macOS)."""


def create(name: str) -> int:
    """A descriptor of empty memory that has no name in any file system."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create(f"codeexec-{name}", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    # macOS: a file that is unlinked before anything is written to it.
    import tempfile

    fd, path = tempfile.mkstemp()
    os.unlink(path)
    return fd


def total_and_available() -> tuple[int, int]:
    """Bytes that this machine has, and that it could still give; zeros where it does not tell."""
    figures = {}
    with contextlib.suppress(OSError), open("/proc/meminfo", "rb") as file:
        for line in file:
            name, _, rest = line.partition(b":")
            figures[name] = int(rest.split()[0]) * 1024
    return figures.get(b"MemTotal", 0), figures.get(b"MemAvailable", 0)


def oom_kills() -> int:
    """How many processes the kernel has killed for want of memory since it started."""
    try:
        with open("/proc/vmstat", "rb") as file:
            for line in file:
                if line.startswith(b"oom_kill "):
                    return int(line.split()[1])
    except OSError:
        return 0
    return 0
