"""Turn a result into the form that the user asks for: a frame, an array, or records.

Used in the kernel, after the value has been decoded. Imports the library that is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from ..errors import DataError
from ..protocol.scalars import full_type_name
from ..protocol.tree import safe_error
from .arena import Arena
from .decode import decode

_PACKAGES = {
    "pandas": ("pandas", "pip install pandas"),
    "polars": ("polars", "pip install polars"),
    "arrow": ("pyarrow", 'pip install "codeexec_magics[arrow]"'),
    "numpy": ("numpy", "pip install numpy"),
}


def receive(
    descriptor: object, arena: Arena, *, allow_pickle: bool, root: str, converter: str
) -> Any:
    """Decode a value and convert it; rows that arrived by columns become a frame at once.

    Args:
        descriptor: As for `decode`.
        arena: As for `decode`.
        allow_pickle: As for `decode`.
        root: As for `decode`.
        converter: As for `convert`.

    Raises:
        DecodingFailed: The descriptor is malformed, or the value cannot be rebuilt here.
        DataError: The value has no such form, or the library is missing.
    """
    by_columns = converter in ("pandas", "polars", "arrow")
    value = decode(descriptor, arena, allow_pickle=allow_pickle, root=root, by_columns=by_columns)
    return convert(value, converter, root)


def convert(value: object, converter: str, root: str) -> Any:
    """The value in another form.

    Args:
        value: What arrived.
        converter: ``auto`` (as it is), ``pandas``, ``polars``, ``arrow`` (a table), ``numpy`` (an
            array), or ``records`` (a list of row dicts).
        root: The word that the path in an error is, for example ``result``.

    Raises:
        DataError: The value has no such form, or the library is missing.
    """
    if converter == "auto":
        return value
    if converter not in _MAKERS:
        raise DataError(f"no converter is called {converter!r}", path=root)
    if converter in _PACKAGES:
        _library(converter, root)
    try:
        return _maker(converter)(value, root)
    except (DataError, KeyboardInterrupt):
        raise
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        reason = f"{type(error).__name__}: {safe_error(error)}"
        raise DataError(
            f"{root} ({full_type_name(value)}) cannot become {converter}: {reason}", path=root
        ) from error


def _library(converter: str, root: str) -> Any:
    module, command = _PACKAGES[converter]
    try:
        return import_module(module)
    except ImportError as error:
        raise DataError(
            f"{root} cannot become {converter}, since {module} is not installed: {command}",
            path=root,
        ) from error


_MAKERS = {
    "pandas": ("pandas_frames", "frame"),
    "polars": ("polars_frames", "frame"),
    "arrow": ("arrow_tables", "table"),
    "numpy": ("arrays", "array"),
    "records": ("records", "records"),
}


def _maker(converter: str) -> Callable[[Any, str], Any]:
    module, function = _MAKERS[converter]
    made: Callable[[Any, str], Any] = getattr(
        import_module(f".converters.{module}", __package__), function
    )
    return made
