"""What the names of ``-o`` take: the program's value, else its own variables of these names.

Runs in the child, after the program.
"""

from __future__ import annotations

import _ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any

NOTHING: Any = object()
"""The value of a program whose last statement is no expression."""


class NoValue(Exception):
    """A function whose values are wanted gives none."""


NoValue.__module__ = "builtins"  # so that a trace calls it by its bare name


_FUNCTIONS = (_ast.FunctionDef, _ast.AsyncFunctionDef)
_SCOPES = (*_FUNCTIONS, _ast.ClassDef, _ast.Lambda)


def settle(
    value: Any, names: Sequence[str], namespace: Mapping[str, Any]
) -> tuple[Any, Sequence[str]]:
    """The value that is sent, and the names for which there is none.

    Args:
        value: The program's value, or `NOTHING`.
        names: What is to be bound to it.
        namespace: The program's variables.
    """
    if value is not NOTHING:
        return value, ()
    missing = [name for name in names if name not in namespace]
    if missing or not names:
        return None, missing
    found = {name: namespace[name] for name in names}
    return (found if len(names) > 1 else found[names[0]]), ()


def returns_nothing(function: Callable[..., Any], tree: _ast.Module, filename: str) -> bool:
    """Whether a function of the program has no ``return`` with a value, and is no generator.

    Args:
        function: The function.
        tree: The program.
        filename: What the program's own code calls its file.
    """
    code = getattr(function, "__code__", None)
    if code is None or code.co_filename != filename:
        return False
    for node in _nodes(tree, into=True):
        if isinstance(node, _FUNCTIONS) and node.name == code.co_name:
            lines = [node.lineno, *(decorator.lineno for decorator in node.decorator_list)]
            if min(lines) == code.co_firstlineno:
                return not any(map(_gives, _nodes(node.body, into=False)))
    return False


def ends_in_call(tree: _ast.Module) -> bool:
    """Whether the last statement of a program is a call, awaited or not."""
    last = tree.body[-1] if tree.body else None
    value = last.value if isinstance(last, _ast.Expr) else None
    return isinstance(value.value if isinstance(value, _ast.Await) else value, _ast.Call)


def _gives(node: Any) -> bool:
    if isinstance(node, _ast.Return):
        return node.value is not None
    return isinstance(node, (_ast.Yield, _ast.YieldFrom))


def _nodes(node: Any, *, into: bool) -> Any:
    """The nodes of a tree or of a list of trees; ``into`` whether to look into inner scopes."""
    if isinstance(node, list):
        for item in node:
            yield from _nodes(item, into=into)
    elif isinstance(node, _ast.AST):
        yield node
        if into or not isinstance(node, _SCOPES):
            for name in node._fields:
                yield from _nodes(getattr(node, name, None), into=into)
