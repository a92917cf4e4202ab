"""What a process that a cell has spawned does to know the cell's functions.

Runs in that process, a grandchild, by its path: nothing of ours can be imported there. It runs the
cell's statements as a module ``__mp_main__``, as for scripts; but a cell has no ``if __name__ ==
"__main__":`` around the statement that starts the processes. So from the first statement that fails
on (the one that starts processes does), only definitions and imports are run.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import inspect
import linecache
import os
import pickle
from typing import Any

_DEFINITIONS = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Import,
    ast.ImportFrom,
)


class _Inputs(dict):  # type: ignore[type-arg]
    """The inputs by name: ``inputs["df"]`` or ``inputs.df``."""

    __getattr__ = dict.__getitem__


def become(namespace: dict[str, Any], file: str) -> None:
    """Make the cell's names.

    Args:
        namespace: The module's.
        file: Where the cell and its inputs are.
    """
    with open(file, "rb") as opened:
        program = pickle.load(opened)  # noqa: S301 - written by the process that started this one
    source, filename = program["source"], program["filename"]
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    _equip()
    inputs = _Inputs()
    for name, packed in program["inputs"].items():
        with contextlib.suppress(Exception):
            inputs[name] = pickle.loads(packed)  # noqa: S301 - the same
    namespace.update({name: value for name, value in inputs.items() if name.isidentifier()})
    namespace["inputs"] = inputs
    namespace["__file__"] = filename
    with contextlib.ExitStack() as stack:
        nowhere = stack.enter_context(open(os.devnull, "w", encoding="utf-8"))
        stack.enter_context(contextlib.redirect_stdout(nowhere))
        stack.enter_context(contextlib.redirect_stderr(nowhere))
        stack.enter_context(_no_processes())
        _run(ast.parse(source, filename), filename, namespace)


def _run(tree: ast.Module, filename: str, namespace: dict[str, Any]) -> None:
    flags, failed = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, False
    for statement in tree.body:
        if failed and not isinstance(statement, _DEFINITIONS):
            continue
        module = ast.Module([statement], [])
        try:
            code = compile(module, filename, "exec", flags, dont_inherit=True)
            flags |= code.co_flags & _FUTURES
            if not code.co_flags & inspect.CO_COROUTINE:
                exec(code, namespace)  # noqa: S102 - running the user's code is what this is for
        except BaseException:  # noqa: BLE001 - whatever the program throws here, it threw before
            failed = True


@contextlib.contextmanager
def _no_processes() -> Any:
    """Meanwhile nothing starts a process: each of them would do the same again."""
    import multiprocessing
    from multiprocessing.context import BaseContext
    from multiprocessing.process import BaseProcess

    def refuse(*_: Any, **__: Any) -> None:
        raise RuntimeError("a process of the cell does not start others while it begins")

    places: list[tuple[Any, str]] = [(BaseProcess, "start")]
    # With a pool come locks, which stay when this process is ended too early.
    places += [(where, n) for where in (BaseContext, multiprocessing) for n in ("Pool", "Manager")]
    originals = [(where, name, getattr(where, name)) for where, name in places]
    for where, name in places:
        setattr(where, name, refuse)
    try:
        yield
    finally:
        for where, name, original in originals:
            setattr(where, name, original)


def _equip() -> None:
    """What the cell finds among the builtins; nobody looks here."""

    def progress(done: Any, total: Any = None, text: str = "") -> Any:
        return done if hasattr(type(done), "__iter__") else None

    def display(*_: Any, **__: Any) -> None:
        """Nobody looks here."""

    builtins.display = display  # type: ignore[attr-defined]
    builtins.progress = progress  # type: ignore[attr-defined]


_FUTURES = 0
for _name in __import__("__future__").all_feature_names:
    _FUTURES |= getattr(__import__("__future__"), _name).compiler_flag
