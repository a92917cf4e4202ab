"""Evaluate a program: parse it, run it in a fresh module, and find its value.

Runs in the child. Owns the module ``__main__`` that the program sees. The cell alone is parsed, and
only its last expression statement is treated differently; no text is ever wrapped around it.
"""

from __future__ import annotations
import __future__

import _ast  # the compiler's own; the module `ast` around it costs milliseconds at each start
import builtins
import keyword
import linecache
import sys
import types
from collections.abc import Callable, Sequence
from typing import Any

from . import spawning
from .calling import Inputs, call, function_of_item
from .outputs import NOTHING, NoValue, ends_in_call, returns_nothing, settle
from .screen import Screen, equip

_FUTURES = 0
for _feature in __future__.all_feature_names:
    _FUTURES |= getattr(__future__, _feature).compiler_flag


def fresh_main() -> types.ModuleType:
    """A new, empty ``__main__``; the runner's own is no longer reachable by that name."""
    main = types.ModuleType("__main__")
    main.__dict__["__builtins__"] = builtins
    sys.modules["__main__"] = main
    if "__mp_main__" in sys.modules:
        sys.modules["__mp_main__"] = main  # what multiprocessing calls it in processes of its own
    return main


def evaluate(
    run: dict[str, Any],
    values: dict[str, Any],
    main: types.ModuleType,
    loop: Loop,
    screen: Screen,
) -> tuple[Any, Sequence[str]]:
    """Run the program; returns its value, and the names in ``outputs`` for which there is none.

    Args:
        run: The message ``run``.
        values: The inputs.
        main: The module that the program becomes.
        loop: Where it awaits.
        screen: Where it shows things.

    Raises:
        BaseException: Whatever the program throws.
    """
    equip(screen)
    inputs = Inputs(values)
    value = _execute(run, inputs, main, loop)
    function = _entry(run, inputs, main)
    if function is not None:
        value = call(function, inputs)
    value = loop.settle(value)
    names = run.get("outputs", ())
    if names and value is None and _gives_nothing(function, run, names, main):
        value = NOTHING
    value, missing = settle(value, names, main.__dict__)
    return loop.settle(value), missing


def prepare(
    run: dict[str, Any],
    values: dict[str, Any],
    main: types.ModuleType,
    loop: Loop,
    screen: Screen,
) -> Callable[[Any], Any]:
    """Run the program once, and return its function of one item.

    The function is the entry, or else what the last expression gives. Arguments as for `evaluate`.

    Raises:
        TypeError: There is no such function, or it has no place for an item.
        BaseException: Whatever the program throws.
    """
    equip(screen)
    inputs = Inputs(values)
    value = _execute(run, inputs, main, loop)
    function = _entry(run, inputs, main)
    if function is None:
        function = loop.settle(value)
    if not callable(function) or any(function is given for given in values.values()):
        raise TypeError(
            f"there is no function to map: define {run['entry']}(item), "
            "or let the last expression be one"
        )
    if run.get("outputs") and _is_void(function, run):
        raise NoValue("the function gives no value: end it with `return …`")
    return function_of_item(function, inputs)


def _execute(run: dict[str, Any], inputs: Inputs, main: types.ModuleType, loop: Loop) -> Any:
    """Run the program in its module; returns its last expression's value, `NOTHING` for none."""
    filename = run["filename"]
    source = _source(run)
    namespace = main.__dict__
    namespace.update({name: value for name, value in inputs.items() if _bindable(name)})
    namespace["inputs"] = inputs
    namespace["__file__"] = filename
    spawning.remember(run, inputs)
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)

    tree = _parse(source, filename)
    last = _last_expression(tree)
    code = _compile(tree, filename, "exec", 0)
    loop.settle(eval(code, namespace))  # noqa: S307 - running the user's code is what this is for
    if last is None:
        return NOTHING
    expression = _compile(_ast.Expression(last), filename, "eval", code.co_flags & _FUTURES)
    return loop.settle(eval(expression, namespace))  # noqa: S307


def _source(run: dict[str, Any]) -> str:
    source: str = run["source"]
    return "\n" * (int(run["first_line"]) - 1) + source


def _gives_nothing(
    function: Any, run: dict[str, Any], names: Sequence[str], main: types.ModuleType
) -> bool:
    """Whether a None is no value: of a function without one, or of a last call that acts in place.

    A call that gives None stands for what it was made for, where the program has such variables.
    """
    if function is not None:
        return _is_void(function, run)
    has_all = all(name in main.__dict__ for name in names)
    return has_all and ends_in_call(_parse(_source(run), run["filename"]))


def _is_void(function: Callable[..., Any], run: dict[str, Any]) -> bool:
    """Whether a function of the program's has no ``return`` with a value."""
    return returns_nothing(function, _parse(_source(run), run["filename"]), run["filename"])


def _entry(run: dict[str, Any], inputs: Inputs, main: types.ModuleType) -> Any:
    """The function that the program defines to be called; None if it defines none."""
    name = run["entry"]
    function = main.__dict__.get(name)
    is_input = name in inputs and function is inputs[name]
    return function if callable(function) and not is_input else None


def remark(run: dict[str, Any], main: types.ModuleType) -> str:
    """What is to be said of a program without a value: its ``main`` may be meant as the entry."""
    code = getattr(main.__dict__.get("main"), "__code__", None)
    if code is None or code.co_filename != run["filename"]:
        return ""
    import re

    if len(re.findall(r"\bmain\b", run["source"])) != 1:
        return ""
    return f"main is defined and not called: end with main(), or call it {run['entry']}"


def _last_expression(tree: _ast.Module) -> Any:
    """Take the last statement out of the tree if it is an expression."""
    if not tree.body or not isinstance(tree.body[-1], _ast.Expr):
        return None
    return tree.body.pop().value  # type: ignore[attr-defined]


def _bindable(name: Any) -> bool:
    return isinstance(name, str) and name.isidentifier() and not keyword.iskeyword(name)


def _parse(source: str, filename: str) -> _ast.Module:
    before, null, _ = source.partition("\0")
    if null:  # the compiler says it without a place
        line, text = before.count("\n") + 1, before.rpartition("\n")[2]
        place = (filename, line, len(text) + 1, text)
        raise SyntaxError("source code cannot contain null bytes", place)
    try:
        return compile(  # type: ignore[no-any-return]
            source,
            filename,
            "exec",
            _ast.PyCF_ONLY_AST | _ast.PyCF_ALLOW_TOP_LEVEL_AWAIT,
            dont_inherit=True,
        )
    except SyntaxError as error:
        _hint(error, source)
        raise


def _hint(error: SyntaxError, source: str) -> None:
    """Tell those who type IPython's own syntax that this is plain Python."""
    lines = source.splitlines()
    text = lines[error.lineno - 1].strip() if error.lineno and error.lineno <= len(lines) else ""
    if text.startswith(("!", "%")) and hasattr(error, "add_note"):
        what = "a shell command" if text.startswith("!") else "a magic"
        error.add_note(f"{what} is IPython's; this cell is plain Python in another process")


def _compile(tree: Any, filename: str, mode: str, flags: int) -> types.CodeType:
    return compile(  # type: ignore[no-any-return]
        tree, filename, mode, flags=flags | _ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True
    )


class Loop:
    """An event loop that exists once the program needs one.

    Attributes:
        running: The loop; None if the program has awaited nothing.
    """

    def __init__(self) -> None:
        self.running: Any = None

    def settle(self, value: Any) -> Any:
        """The value; if it is a coroutine or another awaitable, what comes of it."""
        if not hasattr(type(value), "__await__"):
            return value
        import asyncio

        if self.running is None:
            self.running = asyncio.new_event_loop()
            asyncio.set_event_loop(self.running)
        return self.running.run_until_complete(_awaited(value))


async def _awaited(value: Any) -> Any:
    return await value
