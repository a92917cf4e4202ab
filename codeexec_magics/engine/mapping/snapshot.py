"""Copies of what a map in the background works on: the notebook goes on, and may change it.

Lives in the kernel.
"""

from __future__ import annotations

import contextlib
import copy
import os
from collections.abc import Iterable, Mapping, Sized
from dataclasses import replace
from typing import Any

from codeexec_magics.data import PYTHON, Arena, decode, encode
from codeexec_magics.errors import DataError
from codeexec_magics.values.options import ExecutionOptions


def copied_items(items: Iterable[Any]) -> Iterable[Any]:
    """The items, so that none comes or goes; they themselves are those that were given.

    An iterator cannot be copied, and is drawn from when its items are needed.
    """
    if not isinstance(items, Sized):
        return items
    try:
        return copy.copy(items)
    except Exception:  # noqa: BLE001 - what copies it may be the user's code
        return items


def copied_inputs(inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Values that nobody else has, equal to those that were given.

    Those that cannot travel stay as they are: the workers' start tells why they cannot.
    """
    arena = Arena.create("codeexec-inputs")
    try:
        sent = encode(dict(inputs), arena, reader=PYTHON, root="inputs")
        copies: dict[str, Any] = decode(sent, arena, allow_pickle=True, root="inputs")
    except DataError:
        return inputs
    finally:
        arena.close()
    return copies


def fixed(options: ExecutionOptions) -> ExecutionOptions:
    """Options that hold the environment and the current directory as they are now."""
    with contextlib.suppress(OSError):  # there is no such directory any more: a worker tells
        directory = os.path.abspath(options.directory or os.getcwd())
        options = replace(options, directory=directory)
    return replace(options, environment=options.full_environment())
