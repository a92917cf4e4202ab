"""Read inputs from the notebook's variables, and pick what is to be bound.

Runs in the kernel. Nothing here writes to the namespace: the magic binds everything at once, so
that a cell changes all of its variables or none.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from IPython.core.error import UsageError
from IPython.display import display

from codeexec_magics.errors import DecodingFailed, InvalidOptions
from codeexec_magics.magics.suggestions import nearest

if TYPE_CHECKING:
    from codeexec_magics.magics.request import Input, MapArguments


class Scope(NamedTuple):
    """The variables that a line may name.

    Attributes:
        notebook: The notebook's variables.
        local: Those of the function that calls a line magic; they come first.
    """

    notebook: Mapping[str, Any]
    local: Mapping[str, Any] = MappingProxyType({})

    def variables(self) -> dict[str, Any]:
        """All of them; a copy, since an assignment expression must not bind one of them."""
        return {**self.notebook, **self.local}


def read_inputs(inputs: Iterable[Input], scope: Scope) -> dict[str, Any]:
    """The values of the inputs, by their names in the program.

    Args:
        inputs: What the line asks for.
        scope: Where they are evaluated.

    Raises:
        UsageError: A variable is missing (names the nearest), or an expression throws.
    """
    variables = scope.variables() if inputs else {}
    return {entry.name: _value(entry, variables) for entry in inputs}


def read_items(arguments: MapArguments, scope: Scope) -> Any:
    """What is to be iterated.

    Args:
        arguments: What the line says of items.
        scope: Where that is evaluated.

    Raises:
        UsageError: A variable is missing, or the expression throws.
    """
    return _read("items", "--map", arguments.expression, scope)


def read_place(arguments: MapArguments, scope: Scope) -> Any:
    """Where items are worked on; None for this machine.

    Args:
        arguments: What the line says of items.
        scope: Where that is evaluated.

    Raises:
        UsageError: A variable is missing, the expression throws, or it is no such place.
    """
    if arguments.on is None:
        return None
    from codeexec_magics.engine.scaling import check  # late: few maps leave this machine

    place = _read("on", "--on", arguments.on, scope)
    try:
        check(place)
    except InvalidOptions as error:
        written = f"--on {arguments.on}: it takes"
        raise UsageError(str(error).replace("on= takes", written)) from None
    return place


def _read(name: str, flag: str, expression: str, scope: Scope) -> Any:
    from codeexec_magics.magics import request  # late: few lines map

    entry = request.Input(name, expression)
    try:
        return read_inputs([entry], scope)[name]
    except UsageError as error:
        raise UsageError(str(error).replace(f"-i {name}=", f"{flag} ", 1)) from None


def find_function(name: str | None, scope: Scope) -> Callable[[Any], Any] | None:
    """The function that ``-d`` names, by its variable or by attributes of one; None for none.

    Raises:
        UsageError: There is none of this name; names the nearest.
    """
    if name is None:
        return None
    if name.startswith("lambda"):
        shown: Callable[[Any], Any] = evaluate(name, scope.variables(), f"-d {name}")
        return shown
    variables = {"display": display, **vars(builtins), **scope.variables()}
    first, *attributes = name.split(".")
    if first not in variables:
        raise UsageError(f"-d {name}: {_no_variable(first, scope.variables())}")
    found = variables[first]
    for attribute in attributes:
        if not hasattr(found, attribute):
            raise UsageError(f"-d {name}: {type(found).__name__} has no {attribute!r}")
        found = getattr(found, attribute)
    if not callable(found):
        raise UsageError(
            f"-d {name}: it takes a function, and this is {_article(type(found).__name__)}"
        )
    function: Callable[[Any], Any] = found
    return function


def pick_outputs(value: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """What to bind: one name takes the whole value, more take its keys or items.

    Keys are those of a dict, columns, or attributes; a list, a tuple or an array gives its items.

    Raises:
        DecodingFailed: The value lacks one of them; names those it has.
    """
    if len(names) <= 1:
        return dict.fromkeys(names, value)
    if _is_sequence(value):
        if len(value) != len(names):
            raise DecodingFailed(
                f"-o takes {len(names)} items, and the result is {_article(type(value).__name__)} "
                f"of {len(value)}; nothing was bound",
                path="result",
            )
        return dict(zip(names, value, strict=True))
    return {name: _part(value, name) for name in names}


def evaluate(expression: str, variables: dict[str, Any], written: str) -> Any:
    """The value of an expression of the line.

    Args:
        expression: Python.
        variables: What it sees; it may change this dictionary.
        written: How it stands on the line.

    Raises:
        UsageError: A variable is missing (names the nearest), or the expression throws.
    """
    try:
        return eval(expression, variables)  # noqa: S307 - evaluating it is what the line asks for
    except NameError as error:
        missing = error.name or ""
        reason = _no_variable(missing, variables) if missing else str(error)
        raise UsageError(f"{written}: {reason}") from None
    except Exception as error:  # noqa: BLE001 - the user's expression may raise anything
        raise UsageError(f"{written}: {type(error).__name__}: {error}") from None


def transforms_in(namespace: Mapping[str, Any]) -> list[str]:
    """The names under which a namespace holds transforms."""
    # Where nobody has imported the module there is no transform, and completion need not import it.
    module = sys.modules.get("codeexec_magics.engine.transform")
    kind = getattr(module, "Transform", None)
    return [name for name, value in namespace.items() if kind is not None and type(value) is kind]


def steps_in(namespace: Mapping[str, Any]) -> list[str]:
    """The names under which a namespace holds transforms or pipelines."""
    module = sys.modules.get("codeexec_magics.pipelines.model")  # for the same reason
    kind = getattr(module, "Pipeline", None)
    found = [name for name, value in namespace.items() if kind is not None and type(value) is kind]
    return transforms_in(namespace) + found


def _value(entry: Input, scope: dict[str, Any]) -> Any:
    if entry.plain:
        if entry.name not in scope:
            raise UsageError(f"-i {entry.name}: {_no_variable(entry.name, scope)}")
        return scope[entry.name]
    return evaluate(entry.expression, scope, f"-i {entry.name}={entry.expression}")


def _no_variable(name: str, scope: Mapping[str, Any]) -> str:
    visible = [other for other in scope if isinstance(other, str) and not other.startswith("_")]
    return f"no variable is called {name!r}{nearest(name, visible)}"


def _is_sequence(value: Any) -> bool:
    """Whether a value is taken apart by position."""
    if isinstance(value, list | tuple):
        return not hasattr(value, "_fields")
    return type(value).__name__ == "ndarray" and value.ndim > 0 and value.dtype.names is None


def _part(value: Any, name: str) -> Any:
    if isinstance(value, Mapping):
        if name in value:
            return value[name]
        raise _missing(name, "key", [key for key in value if isinstance(key, str)])
    columns = _columns(value)
    if columns is not None:
        if name in columns:
            return value[name]
        raise _missing(name, "column", columns)
    fields = _fields(value)
    if name in fields:
        return getattr(value, name)
    if fields:
        raise _missing(name, "attribute", fields)
    raise DecodingFailed(
        "-o a,b takes keys or items of the result, and the result is "
        f"{_article(type(value).__name__)}: return a dict with these keys, a list of as many "
        "items, or give one name for the whole",
        path="result",
    )


def _article(name: str) -> str:
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def _columns(value: Any) -> list[str] | None:
    """A frame's column names; Arrow calls them otherwise than pandas and polars do."""
    for attribute in ("column_names", "columns"):
        columns = getattr(value, attribute, None)
        if columns is not None and hasattr(value, "shape"):
            return [column for column in columns if isinstance(column, str)]
    return None


def _fields(value: Any) -> list[str]:
    """The attributes that are data: of a named tuple, a dataclass, or a plain object."""
    for where in ("_fields", "__dataclass_fields__", "__dict__"):
        names = getattr(value, where, None)
        if names:
            visible = (name for name in names if isinstance(name, str) and name[:1] != "_")
            return [name for name in visible if hasattr(value, name)]
    return []


def _missing(name: str, kind: str, known: list[str]) -> DecodingFailed:
    some = ", ".join(known[:10]) + (", …" if len(known) > 10 else "")
    has = f"it has {some}" if known else "it has none"
    return DecodingFailed(
        f"the result has no {kind} {name!r}{nearest(name, known)} ({has}); nothing was bound",
        path="result",
    )
