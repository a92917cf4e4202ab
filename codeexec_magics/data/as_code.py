"""Functions and classes that no module holds, sent as their code: cloudpickle's pickles.

Used in the kernel, for what a notebook has defined, and in a Python child, for what came from
there; only between these two. cloudpickle is imported with the first of them.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import io


class NeedsCode(Exception):
    """A pickle needs something that only its code can be sent of; the text names it."""


def dump(value: object, stream: io.BytesIO, pickler: Any, need: NeedsCode) -> dict[str, Any]:
    """Pickle an object with the code that it needs; returns more keys of its node.

    Args:
        value: The object.
        stream: Takes the pickle.
        pickler: The one that could not; it takes the buffers.
        need: What it lacked.

    Raises:
        EncodingFailed: There is no cloudpickle.
    """
    try:
        cloudpickle = import_module("cloudpickle")
    except ImportError:
        pickler.refuse(str(need), "install cloudpickle, ")
    pickler.buffers.clear()
    cloudpickle.CloudPickler(stream, protocol=5, buffer_callback=pickler.keep_out).dump(value)
    return {"python": list(sys.version_info[:2])}


def came_from_the_reader(thing: object) -> bool:
    """Whether a class was sent here as its code; the sender knows it again."""
    module = sys.modules.get("cloudpickle.cloudpickle")
    try:
        return thing in getattr(module, "_DYNAMIC_CLASS_TRACKER_BY_CLASS", ())
    except Exception:  # noqa: BLE001 (a user's metaclass)
        return False


def check(python: object) -> None:
    """Refuse code that another version of Python has compiled.

    Raises:
        ValueError: It is such code.
    """
    if python is not None and python != list(sys.version_info[:2]):
        theirs = ".".join(map(str, python)) if isinstance(python, list) else "another version"
        ours = ".".join(map(str, sys.version_info[:2]))
        raise ValueError(
            f"it holds code of Python {theirs}, and this is Python {ours}; "
            "move what it needs to a module that both can import"
        )
