"""The text of a program's file.

Runs in the process that executes; starts nothing.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from codeexec_magics.errors import SourceUnavailable
from codeexec_magics.languages import Language
from codeexec_magics.values.options import Program

_LARGEST_SOURCE = 10_000_000
"""Bytes."""


def read_source(path: str | os.PathLike[str], decode: Callable[[bytes], str] | None = None) -> str:
    """The text of a program's file.

    Args:
        path: The file.
        decode: Its language's way to read it; None for UTF-8.

    Raises:
        SourceUnavailable: It is missing, a directory, unreadable, too large, or not UTF-8.
    """
    name = os.fspath(path)
    file = Path(name)
    try:
        _check_source(name, file.stat())
        return file.read_text(encoding="utf-8-sig") if decode is None else decode(file.read_bytes())
    except UnicodeDecodeError as error:
        raise SourceUnavailable(
            f"cannot execute {name!r}: byte {error.start} is not UTF-8; save the file as UTF-8"
        ) from None
    except (SyntaxError, LookupError) as error:
        raise SourceUnavailable(f"cannot execute {name!r}: {error}; save it as UTF-8") from None
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


def program_of_file(path: str, language: Language) -> Program:
    """A file as a program that knows its place.

    Raises:
        SourceUnavailable: It cannot be read.
    """
    return Program(read_source(path, language.decode), language.name, file=os.path.abspath(path))
