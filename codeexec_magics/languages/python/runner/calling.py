"""Call a program's function in the way that its signature asks for.

Runs in the child, on the user's function; nothing here survives the call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

ITEM = "item"
"""What an item is called among the inputs, and the parameter that is always meant for it."""


class Inputs(dict[str, Any]):
    """The inputs by name: ``inputs["df"]`` or ``inputs.df``."""

    def __missing__(self, name: str) -> Any:
        known = ", ".join(map(str, self)) or "none"
        raise KeyError(f"{name!r} is not among the inputs: {known}")

    def __reduce__(self) -> tuple[type, tuple[dict[str, Any]]]:
        return dict, (dict(self),)  # in another process this class has another name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError as error:
            raise AttributeError(error.args[0]) from None


def call(function: Callable[..., Any], inputs: Inputs) -> Any:
    """Call a function with all inputs.

    One parameter takes all inputs, unless it bears the name of one of several; more take the inputs
    that they are named after.
    """
    parameters = _parameters(function)
    if parameters is None:
        return function(inputs)
    if not parameters:
        return function()
    first = parameters[0]
    if first.name == "inputs" or (len(parameters) == 1 and first.name not in inputs):
        if first.kind is first.VAR_KEYWORD:
            return function(**inputs)
        return function(inputs)
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return function(**inputs)
    named = {
        parameter.name: inputs[parameter.name]
        for parameter in parameters
        if parameter.name in inputs
    }
    return function(**named)


def function_of_item(function: Callable[..., Any], inputs: Inputs) -> Callable[[Any], Any]:
    """A function of one item, with the inputs in their places.

    A parameter that bears the name of an input gets that input, ``inputs`` gets all of them, and
    the item goes to the parameter ``item``, or else to the first one that is left.

    Raises:
        TypeError: A parameter would stay empty, or there is none for the item.
    """
    parameters = _parameters(function)
    if parameters is None:
        return function
    place = _place_of_item(parameters, inputs)
    if place is None:
        return _with_all(function, parameters, inputs)
    fixed = {
        parameter.name: inputs if parameter.name == "inputs" else inputs[parameter.name]
        for parameter in parameters
        if parameter is not place and (parameter.name in inputs or parameter.name == "inputs")
    }
    _refuse_empty(parameters, {place.name, *fixed})
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        fixed = {**inputs, **fixed}
    if place is parameters[0] and place.kind is not place.KEYWORD_ONLY:
        return _partial(function, fixed)
    return lambda item: function(**{place.name: item}, **fixed)


def _parameters(function: Callable[..., Any]) -> Any:
    """The function's parameters; None if it does not tell."""
    import inspect  # late: it is slow to import, and few programs need it

    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return None


def _place_of_item(parameters: list[Any], inputs: Inputs) -> Any:
    """The parameter that the item goes to; None if only ``inputs`` can hold it."""
    by_name = [parameter for parameter in parameters if parameter.name == ITEM]
    free = by_name or [
        parameter
        for parameter in parameters
        if parameter.name not in inputs
        and parameter.name != "inputs"
        and parameter.kind is not parameter.VAR_KEYWORD
    ]
    return free[0] if free else None


def _with_all(
    function: Callable[..., Any], parameters: list[Any], inputs: Inputs
) -> Callable[[Any], Any]:
    """The function called with all inputs, the item being one of them."""
    holds_all = ("inputs", *(p.name for p in parameters if p.kind is p.VAR_KEYWORD))
    if not any(parameter.name in holds_all for parameter in parameters):
        raise TypeError(f"the function has no parameter for the item; name one {ITEM!r}")
    return lambda item: call(function, Inputs({**inputs, ITEM: item}))


def _refuse_empty(parameters: list[Any], filled: set[str]) -> None:
    for parameter in parameters:
        needs = parameter.default is parameter.empty and parameter.kind not in (
            parameter.VAR_POSITIONAL,
            parameter.VAR_KEYWORD,
        )
        if needs and parameter.name not in filled:
            raise TypeError(
                f"nothing fills the parameter {parameter.name!r}: the item is one value, and "
                "what all items share is given as inputs by name"
            )


def _partial(function: Callable[..., Any], fixed: dict[str, Any]) -> Callable[[Any], Any]:
    if not fixed:
        return function
    import functools

    return functools.partial(function, **fixed)
