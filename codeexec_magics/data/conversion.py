"""Turn a result into the form that the user asks for: a frame, an array, or records.

Used in the kernel, after the value has been decoded. Imports the library that is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from ..errors import DataError
from ..protocol.imports import imports_from_outside
from ..protocol.scalars import full_type_name
from ..protocol.tree import is_panic, safe_error
from .arena import Arena
from .decode import decode

_PACKAGES = {
    "pandas": ("pandas", "pip install pandas"),
    "polars": ("polars", "pip install polars"),
    "arrow": ("pyarrow", 'pip install "codeexec_magics[arrow]"'),
    "numpy": ("numpy", "pip install numpy"),
}


def receive(
    descriptor: object,
    arena: Arena,
    *,
    allow_pickle: bool,
    root: str,
    converter: str,
    kept: Sequence[object] = (),
) -> Any:
    """Decode a value and convert it; rows that arrived by columns become a frame at once.

    Args:
        descriptor: As for `decode`.
        arena: As for `decode`.
        allow_pickle: As for `decode`.
        root: As for `decode`.
        converter: As for `convert`.
        kept: As for `decode`; frames among them say what columns were that have their names.

    Raises:
        DecodingFailed: The descriptor is malformed, or the value cannot be rebuilt here.
        DataError: The value has no such form, or the library is missing.
    """
    by_columns = converter in ("pandas", "polars", "arrow")
    value = decode(
        descriptor,
        arena,
        allow_pickle=allow_pickle,
        root=root,
        by_columns=by_columns,
        kept=kept,
    )
    return convert(value, converter, root, kept)


def convert(value: object, converter: str, root: str, kept: Sequence[object] = ()) -> Any:
    """The value in another form.

    Args:
        value: What arrived.
        converter: ``auto`` (as it is), ``pandas``, ``polars``, ``arrow`` (a table), ``numpy`` (an
            array), or ``records`` (a list of row dicts).
        root: The word that the path in an error is, for example ``result``.
        kept: Frames that went in: a column with the name of one of theirs has its type again,
            where that holds the values.

    Raises:
        DataError: The value has no such form, or the library is missing.
    """
    if converter == "auto":
        return value
    if converter not in _MAKERS:
        raise DataError(f"no converter is called {converter!r}", path=root)
    with imports_from_outside():
        return _converted(value, converter, root, kept)


def _converted(value: object, converter: str, root: str, kept: Sequence[object]) -> Any:
    if converter in _PACKAGES:
        _library(converter, root)
    try:
        if kept and converter in ("pandas", "polars", "arrow"):
            value = _with_models(value, converter, root, kept)
        return _maker(converter)(value, root)
    except (DataError, KeyboardInterrupt):
        raise
    except BaseException as error:
        if not isinstance(error, Exception) and not is_panic(error):
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


def _with_models(value: Any, converter: str, root: str, kept: Sequence[object]) -> Any:
    from .converters import tabular

    if tabular.kind_of(value) not in ("rows", "columns", "by columns"):
        return value
    return tabular.with_models(tabular.columns_of(value, converter, root), kept)
