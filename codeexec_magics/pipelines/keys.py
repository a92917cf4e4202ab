"""What a step's value depends on, as one short text: equal keys, equal values.

Runs in the process that runs a pipeline. What cannot be told has no key, and is never equal.
"""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import sys
from collections.abc import Mapping
from typing import Any

from codeexec_magics import languages
from codeexec_magics.errors import CodeExecError
from codeexec_magics.pipelines.model import Pipeline
from codeexec_magics.pipelines.step import Reference, Step

_CHANGING = ("converter", "directory", "interpreter", "network", "sandbox")
"""The options that may change what a program returns, and not only whether it does."""


def keys_of(
    pipeline: Pipeline, order: list[Step], values: Mapping[str, Any]
) -> dict[str, str | None]:
    """The key of each step, before anything has run.

    Args:
        pipeline: The pipeline.
        order: Its steps, each behind those that it needs.
        values: The pipeline's inputs.
    """
    digests: dict[str, str | None] = {}
    runtimes: dict[tuple[str, str | None], str | None] = {}
    keys: dict[str, str | None] = {}

    def source(to: Reference) -> str | None:
        if to.name in keys:
            return keys[to.name]
        if to.name not in digests:
            digests[to.name] = digest(values[to.name]) if to.name in values else "absent"
        return digests[to.name]

    for step in order:
        kind = step.language, step.options.interpreter
        if kind not in runtimes:
            runtimes[kind] = runtime_of(*kind)
        sources = [source(to) for to in step.references]
        known = runtimes[kind] is not None and None not in sources
        keys[step.id] = _key(step, runtimes[kind], sources) if known else None
    return keys


def digest(value: Any) -> str | None:
    """A short text that differs where values do; None if it cannot be told."""
    hasher = hashlib.blake2b(digest_size=16)
    buffers: list[pickle.PickleBuffer] = []
    written = io.BytesIO()
    pickler = pickle.Pickler(written, 5, buffer_callback=buffers.append)
    # Without its memory, by which two equal texts would be written otherwise than one twice.
    pickler.fast = True
    try:
        pickler.dump(value)
        for part in (written.getbuffer(), *(buffer.raw() for buffer in buffers)):
            hasher.update(len(part).to_bytes(8, "little"))
            hasher.update(part)
    except Exception:  # noqa: BLE001 - whatever a value's own methods raise
        return None
    return hasher.hexdigest()


def runtime_of(language: str, interpreter: str | None) -> str | None:
    """What tells a runtime from another version of it; None if there is none."""
    try:
        program = languages.find(language).argv(interpreter, os.environ)[0]
        found = os.stat(program)
    except (CodeExecError, OSError):
        return None
    own = sys.version if program == sys.executable else ""
    return f"{os.path.realpath(program)} {found.st_size} {found.st_mtime_ns} {own}"


def _key(step: Step, runtime: str | None, sources: list[str | None]) -> str:
    mapping = step.mapping
    parts = [
        *("codeexec_magics 1", step.code, step.language, step.entry, str(runtime)),
        *(f"{name} {getattr(step.options, name)!r}" for name in _CHANGING),
        # Of the environment the names only: a key is written down.
        *(f"{name}={text}" for name, text in sorted(step.environment.items())),
        *("map", str(mapping and mapping.on_error)),
        *(f"{name} {to}" for name, to in step.inputs.items()),
        *(str(to) for to in step.references),
        *map(str, sources),
    ]
    hasher = hashlib.blake2b(digest_size=20)
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        hasher.update(len(raw).to_bytes(8, "little") + raw)
    return hasher.hexdigest()
