"""The text of a program's file.

Runs in the process that executes; starts nothing.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from codeexec_magics.errors import SourceUnavailable

_LARGEST_SOURCE = 10_000_000
"""Bytes."""


def read_source(path: str | os.PathLike[str]) -> str:
    """The text of a program's file.

    Raises:
        SourceUnavailable: It is missing, a directory, unreadable, too large, or not UTF-8.
    """
    name = os.fspath(path)
    file = Path(name)
    try:
        _check_source(name, file.stat())
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceUnavailable(
            f"cannot execute {name!r}: byte {error.start} is not UTF-8; save the file as UTF-8"
        ) from None
    except SourceUnavailable:
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SourceUnavailable(f"cannot execute {name!r}: {reason}") from None


def _check_source(name: str, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        what = "a directory" if stat.S_ISDIR(found.st_mode) else "no regular file"
        raise SourceUnavailable(f"cannot execute {name!r}: it is {what}")
    if found.st_size > _LARGEST_SOURCE:
        raise SourceUnavailable(
            f"cannot execute {name!r}: above {_LARGEST_SOURCE:,} bytes it is no program"
        )
