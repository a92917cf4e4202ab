"""Which values in the caches of pipelines are ours: noted where no sandboxed program may write.

Runs in the process that runs a pipeline. Owns a folder in the user's cache, of empty files that are
named after what they vouch for. A cache stands beside a pipeline's file, where a sandboxed program
may have its own folder: it could leave a pickle there, which runs code, or a page, which is drawn.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat

from codeexec_magics.engine.own_folder import cache_folder

_MOST = 10_000
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


def note(key: str, raw: bytes) -> None:
    """Note that what is kept under a key is ours.

    Raises:
        OSError: The folder cannot be written to, or belongs to somebody else.
    """
    folder = _folder()
    os.makedirs(folder, mode=0o700, exist_ok=True)
    _check(folder)
    _shrink(folder)
    path = os.path.join(folder, _name(key, raw))
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    os.utime(path)


def vouches_for(key: str, raw: bytes) -> bool:
    """Whether it has been noted; what another wrote, or moved from another key, has not.

    Raises:
        OSError: The folder belongs to somebody else.
    """
    folder = _folder()
    path = os.path.join(folder, _name(key, raw))
    if not os.path.lexists(path):
        return False
    _check(folder)
    os.utime(path)  # it is used: others go first
    return True


def _folder() -> str:
    return os.path.join(cache_folder(), "values")


def _check(folder: str) -> None:
    found = os.lstat(folder)
    is_own = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
    if not is_own or found.st_mode & _OTHERS_MAY_WRITE:
        raise PermissionError(folder)


def _name(key: str, raw: bytes) -> str:
    hasher = hashlib.blake2b(key.encode() + b"\0", digest_size=32)
    hasher.update(raw)
    return hasher.hexdigest()


def _shrink(folder: str) -> None:
    names = os.listdir(folder)
    if len(names) < _MOST:
        return

    def used(name: str) -> float:
        with contextlib.suppress(OSError):
            return os.lstat(os.path.join(folder, name)).st_mtime
        return 0.0

    for name in sorted(names, key=used)[: _MOST // 2]:
        with contextlib.suppress(OSError):
            os.unlink(os.path.join(folder, name))
