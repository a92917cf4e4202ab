"""Python objects as pickles of protocol 5, their large buffers beside them in the arena.

Used in the kernel and in a Python child, and only between these two.
"""

from __future__ import annotations

import io
import pickle
import sys
import types
from typing import TYPE_CHECKING, Any, NoReturn

from ..errors import EncodingFailed
from ..protocol.imports import imports_from_outside
from ..protocol.scalars import full_type_name, type_module, type_name
from ..protocol.tree import safe_error
from . import as_code

if TYPE_CHECKING:
    from .writer import Writer

_WORTH_A_BUFFER = 1024
_WAYS_OUT: tuple[tuple[tuple[type, ...], str], ...] = (
    (
        (types.FunctionType, types.BuiltinFunctionType, types.MethodType),
        "define it in the cell that runs, or send what it returns",
    ),
    ((types.ModuleType,), "import it in the cell that runs"),
    (
        (
            types.GeneratorType,
            type({}.keys()),
            type({}.values()),
            type({}.items()),
            map,
            filter,
            zip,
        ),
        "send list(…) of it",
    ),
    ((types.CoroutineType, types.AsyncGeneratorType), "await it, and send what it gives"),
    ((io.IOBase,), "send its content or its path"),
    ((memoryview,), "send bytes(…) of it"),
)
_KNOWN = frozenset(
    (
        *getattr(sys, "stdlib_module_names", ("builtins", "collections", "datetime", "decimal")),
        *("dateutil", "numpy", "pandas", "polars", "pyarrow", "pytz", "tzdata"),
    )
)
"""Families of types that every reader has who reads a value of theirs at all."""
_FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, types.MethodType)
_CODE = (_FUNCTIONS, types.ModuleType)


def node(encoder: Writer, value: object) -> dict[str, Any]:
    """The node of an object that only a pickle holds.

    Raises:
        EncodingFailed: It cannot be pickled, or the other process could not read the pickle.
    """
    if issubclass(type(value), _CODE[encoder.takes_code :]):
        encoder.refuse(value, "is code, which cannot be sent", way_out(value))
    stream, more = io.BytesIO(), {}
    pickler = _Pickler(stream, encoder, value)
    try:
        with imports_from_outside(alone=False):
            try:
                pickler.dump(value)
            except as_code.NeedsCode as need:
                stream = io.BytesIO()
                more = as_code.dump(value, stream, pickler, need)
    except (EncodingFailed, KeyboardInterrupt):
        raise
    except RecursionError:
        encoder.refuse(value, "is nested too deeply to be pickled", "flatten it")
    except BaseException as error:  # noqa: BLE001 (a user's __reduce__ may raise anything)
        reason = f"cannot be pickled ({type(error).__name__}: {safe_error(error)})"
        encoder.refuse(value, reason, way_out(value))
    place = encoder.buffer(stream.getbuffer())
    return {"$": "pickle", "b": place, "buffers": pickler.buffers, **more}


def way_out(value: object) -> str:
    """What a user can do about a value that cannot be pickled."""
    for kinds, advice in _WAYS_OUT:
        if issubclass(type(value), kinds):
            return advice
    return "send its data as a dict, a list, an array or a frame"


class _Pickler(pickle.Pickler):
    """Refuses what the other process cannot have, and keeps bulk out of the stream.

    Args:
        stream: Takes the pickle.
        encoder: Takes the buffers, and knows the path.
        whole: The object that is pickled, for errors.
    """

    def __init__(self, stream: io.BytesIO, encoder: Writer, whole: object) -> None:
        super().__init__(stream, protocol=5, buffer_callback=self.keep_out)
        self.buffers: list[int] = []
        self._encoder = encoder
        self._whole = whole

    def reducer_override(self, value: Any) -> Any:
        """How to take an object apart, where pickle's own way will not do."""
        cls = type(value)
        if issubclass(cls, type) and type_module(value) == "__main__":
            self._miss("class", type_name(value), value)
        if cls is types.FunctionType and value.__module__ == "__main__":
            self._miss("function", value.__qualname__, value)
        if type_module(cls) == "__main__":
            self._miss("class", type_name(cls), cls)
        if self._encoder.known_only and not _is_known(value):
            self._encoder.refuse(self._whole, "need not travel", "give it a name")
        if type_module(cls) == "numpy" and type_name(cls) == "ndarray" and value.dtype.kind in "mM":
            # Numpy copies dates and times into the stream; as integers they stay outside of it.
            return value.view("i8").view, (value.dtype,)
        return NotImplemented

    def _miss(self, what: str, name: str, thing: Any) -> NoReturn:
        """Something is needed that no module holds: as its code, or not at all."""
        sends = self._encoder.takes_code or (
            self._encoder.takes_back and as_code.came_from_the_reader(thing)
        )
        if sends and not self._encoder.known_only:
            raise as_code.NeedsCode(f"{what} {name}")
        self.refuse(f"{what} {name}", "")

    def refuse(self, what: str, another_way: str) -> NoReturn:
        """Refuse the whole object for what it needs."""
        self._encoder.refuse(
            self._whole,
            f"needs the {what}, which only this process has",
            f"move {what.partition(' ')[2]} to a module that both sides can import, {another_way}"
            "or send plain data (for a dataclass, dataclasses.asdict)",
        )

    def keep_out(self, buffer: pickle.PickleBuffer) -> bool:
        raw = buffer.raw()
        if raw.nbytes < _WORTH_A_BUFFER:
            return True
        self.buffers.append(self._encoder.buffer(raw))
        return False


def _is_known(value: Any) -> bool:
    cls = type(value)
    module = type_module(value) if issubclass(cls, type) else getattr(value, "__module__", None)
    if not isinstance(module, str):
        module = type_module(cls)
    return module.partition(".")[0] in _KNOWN


def value(raw: memoryview, buffers: list[memoryview], python: object = None) -> Any:
    """The object of a pickle; runs code that the pickle names, so never for a foreign sender.

    Args:
        raw: The pickle.
        buffers: What stands beside it.
        python: The version of Python whose code it holds; None if it holds none.

    Raises:
        ValueError: It cannot be read here; the text says why.
    """
    as_code.check(python)
    try:
        with imports_from_outside(alone=False):
            return pickle.loads(raw, buffers=buffers)  # noqa: S301 (the caller has allowed it)
    except KeyboardInterrupt:
        raise
    except ModuleNotFoundError as error:
        raise ValueError(
            f"it needs the module {error.name!r}, which cannot be imported here; install it for "
            "this interpreter, or send plain data"
        ) from error
    except BaseException as error:
        kind = full_type_name(error)
        raise ValueError(f"its pickle raises {kind}: {safe_error(error)}") from error
