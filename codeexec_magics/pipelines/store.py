"""Values of steps in a folder, for runs in other processes and on other days.

Runs in the process that runs a pipeline. Owns the folder ``.codeexec/cache`` beside the pipeline's
file. A pickle runs code when it is read, so that only files of this very user are that we have
noted elsewhere (`ledger`), and none that came of a sandboxed step.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pickle
import stat
import tempfile
from typing import Any, Self

from codeexec_magics.pipelines import ledger
from codeexec_magics.pipelines.model import Pipeline
from codeexec_magics.pipelines.results import State, StepResult
from codeexec_magics.protocol.jsonable import from_jsonable, to_jsonable
from codeexec_magics.values.results import ExecutionResult, Outcome

_FOLDER = os.path.join(".codeexec", "cache")
_MAGIC = b"codeexec-value-1"
_DIGEST = 32
_MOST = 1 << 30
"""Bytes in the folder; beyond, what was not used for longest goes."""
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


class Store:
    """Values by key.

    Args:
        folder: Where they are; made when there is something to keep.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder

    @classmethod
    def beside(cls, pipeline: Pipeline) -> Self:
        """The store of a pipeline: beside its file, or in the current directory."""
        return cls(os.path.join(os.path.dirname(pipeline.file or "") or os.curdir, _FOLDER))

    def get(self, key: str | None, *, trusted: bool = True) -> StepResult | None:
        """The step's result that is kept under a key; None if none is, or it cannot be believed.

        Args:
            key: The step's.
            trusted: Whether its program is; the result says so, too.
        """
        if key is None:
            return None
        try:
            raw = self._read(key)
            if not ledger.vouches_for(key, raw):
                return None
            value = _decode(raw)
        except Exception:  # noqa: BLE001 - whatever is wrong with it: it is made anew
            return None
        result = ExecutionResult(Outcome.SUCCEEDED, output=value, exit_code=0, trusted=trusted)
        return StepResult(State.KEPT, result, value=value, key=key)

    def put(self, found: StepResult, *, trusted: bool) -> None:
        """Keep a step's value; where that cannot be done, nothing is kept.

        Args:
            found: The step's result.
            trusted: Whether its program was: what came from a sandbox is kept as plain data only.
        """
        if found.key is None or not found.has_value:
            return
        try:
            raw = _encode(found.value, pickled=trusted)
            if raw is None or len(raw) > _MOST:
                return
            os.makedirs(self._folder, mode=0o700, exist_ok=True)
            self._check_folder()
            ledger.note(found.key, raw)
            self._write(found.key, raw)
            self._shrink()
        except Exception:  # noqa: BLE001 - a full disk, or a value that cannot be written
            return

    def _read(self, key: str) -> bytes:
        self._check_folder()
        path = os.path.join(self._folder, key)
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(fd, "rb") as file:
            if not _is_own(os.fstat(fd), stat.S_ISREG):
                raise PermissionError(path)
            raw = file.read()
        with contextlib.suppress(OSError):
            os.utime(path)  # it is used: others go first
        return raw

    def _check_folder(self) -> None:
        if not _is_own(os.lstat(self._folder), stat.S_ISDIR):
            raise PermissionError(self._folder)

    def _write(self, key: str, raw: bytes) -> None:
        """Under another name first, so that nobody ever reads half of it."""
        fd, name = tempfile.mkstemp(dir=self._folder, prefix=".new-")
        try:
            with open(fd, "wb") as file:
                file.write(raw)
            os.replace(name, os.path.join(self._folder, key))
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise

    def _shrink(self) -> None:
        with os.scandir(self._folder) as entries:
            found = [(entry.stat(follow_symlinks=False), entry.path) for entry in entries]
        size = sum(status.st_size for status, _ in found)
        for status, path in sorted(found, key=lambda one: one[0].st_mtime):
            if size <= _MOST:
                return
            with contextlib.suppress(OSError):
                os.unlink(path)
                size -= status.st_size


def _is_own(found: os.stat_result, kind: Any) -> bool:
    return bool(
        kind(found.st_mode)
        and found.st_uid == os.getuid()
        and not found.st_mode & _OTHERS_MAY_WRITE
    )


def _encode(value: Any, *, pickled: bool) -> bytes | None:
    if pickled:
        body = b"P" + pickle.dumps(value, protocol=5)
    else:
        form, lossy = to_jsonable(value)
        if lossy:
            return None
        body = b"J" + json.dumps(form, allow_nan=False).encode()
    return _MAGIC + hashlib.blake2b(body, digest_size=_DIGEST).digest() + body


def _decode(raw: bytes) -> Any:
    body = raw[len(_MAGIC) + _DIGEST :]
    if raw[: -len(body)] != _MAGIC + hashlib.blake2b(body, digest_size=_DIGEST).digest():
        raise ValueError("this is no value of ours, or not all of it")
    if body[:1] == b"J":
        return from_jsonable(json.loads(body[1:]))
    return pickle.loads(memoryview(body)[1:])  # noqa: S301 - own files only; see above
