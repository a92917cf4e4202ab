"""Take the names of shared memory that the program has made out of the system when it ends.

Runs in the child. Owns nothing. Python leaves that to a process of its own, which is ended with the
run before it can; a program that is killed has this done by the supervisor, if that has seen it.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

_FOLDER = os.path.join(os.sep, "dev", "shm", "")


def names() -> frozenset[str]:
    """What there is in shared memory."""
    try:
        return frozenset(os.listdir(_FOLDER))
    except OSError:
        return frozenset()


def remove_but(before: frozenset[str]) -> None:
    """Remove what this process has mapped there, but what was there before the program."""
    if "_posixshmem" not in sys.modules:
        return
    for path, inode in _mapped():
        with contextlib.suppress(OSError):
            is_new = os.path.basename(path) not in before
            if is_new and os.stat(path, follow_symlinks=False).st_ino == inode:
                os.unlink(path)


def _mapped() -> Iterator[tuple[str, int]]:
    with contextlib.suppress(OSError), open("/proc/self/maps", encoding="utf-8") as maps:
        for line in maps:
            words = line.split(maxsplit=5)
            if len(words) > 5 and words[5].startswith(_FOLDER):
                yield words[5].rstrip("\n"), int(words[4])
