"""Folders held by descriptor, reached without a link on the way.

Runs in the supervisor, in reapers, and in a worker before its program. Owns nothing: the descriptor
is the caller's. A program that may write to a folder may put a link in the place of whatever is in
it; who then goes by the name arrives where the link leads.
"""

from __future__ import annotations

import os

_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_ON_THE_WAY = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def open_folder(path: str) -> int:
    """Open the folder at an absolute path.

    Raises:
        OSError: There is none, or one of the names in the path is a link.
    """
    *way, last = [part for part in path.split(os.sep) if part] or ["."]
    fd = os.open(os.sep, _ON_THE_WAY)
    try:
        for name in way:
            following = os.open(name, _ON_THE_WAY, dir_fd=fd)
            os.close(fd)
            fd = following
        return os.open(last, _FLAGS, dir_fd=fd)
    finally:
        os.close(fd)
