"""What a Python program's source tells of it: parameters, documentation, errors of syntax.

Lives in the kernel; pure functions of text. Nothing of the program is run.
"""

from __future__ import annotations

import ast
import inspect
import io
import tokenize
import traceback
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from codeexec_magics.languages.description import Description, signature_of
from codeexec_magics.values.options import Program
from codeexec_magics.values.traces import CELL_FILE, StackFrame, Trace

_BOM = "\ufeff"
_EXCERPT_BEFORE = 3
_EXCERPT_AFTER = 1


def describe(program: Program, inputs: tuple[str, ...]) -> Description:
    """Read a program's signature and documentation; never fails.

    Args:
        program: The program.
        inputs: The names it is called with, where its source does not tell them.
    """
    try:
        tree = parse_python(program)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        # Another Python may read it, and a run says what is wrong.
        return Description(signature_of(inputs), None)
    return Description(
        _signature(tree, program.entry, inputs), _python_docstring(tree, program.entry)
    )


def check(program: Program) -> Trace | None:
    """What is wrong with a program's syntax, for this process's Python; None if nothing is."""
    try:
        parse_python(program)
    except SyntaxError as error:
        return _trace_of(error, program)
    except (ValueError, RecursionError, MemoryError) as error:
        # A null byte, or nesting that the parser refuses: no place is known.
        return Trace(type="SyntaxError", message=str(error), text=f"SyntaxError: {error}")
    return None


def parse_python(program: Program) -> ast.Module:
    """The syntax tree of a Python program, with the line numbers that its reader sees.

    Raises:
        SyntaxError: It is none to this process's Python.
        ValueError: It holds a null byte.
    """
    padded = "\n" * (program.first_line - 1) + program.source
    flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    with warnings.catch_warnings():  # the program's own process tells of them
        warnings.simplefilter("ignore")
        tree = compile(padded, CELL_FILE, "exec", flags, dont_inherit=True)
    assert isinstance(tree, ast.Module)
    return tree


def _entry(tree: ast.Module, name: str) -> tuple[ast.arguments, str | None] | None:
    """The parameters and the docstring of the function that is called, if it is in plain sight."""
    found: tuple[ast.arguments, str | None] | None = None
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            found = node.args, ast.get_docstring(node)
        else:
            function = _lambda_named(node, name)
            found = (function.args, None) if function else found
    return found


def _lambda_named(node: ast.stmt, name: str) -> ast.Lambda | None:
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Lambda):
        return None
    named = any(isinstance(to, ast.Name) and to.id == name for to in node.targets)
    return node.value if named else None


def _python_docstring(tree: ast.Module, entry: str) -> str | None:
    found = _entry(tree, entry)
    return (found and found[1]) or ast.get_docstring(tree)


def _signature(tree: ast.Module, entry: str, names: tuple[str, ...]) -> inspect.Signature:
    found = _entry(tree, entry)
    own = list(_parameters(found[0])) if found else []
    if own and not _takes_all(own, names):
        return inspect.Signature(own)
    return inspect.Signature() if found and not own and not names else signature_of(names)


def _takes_all(own: list[inspect.Parameter], names: tuple[str, ...]) -> bool:
    """Whether a function's only parameter stands for all inputs together, as the runner sees it."""
    if len(own) != 1:
        return False
    return own[0].name == "inputs" or bool(names and own[0].name not in names)


def _parameters(arguments: ast.arguments) -> Iterator[inspect.Parameter]:
    """A function's parameters; ``*args`` is none of them, since inputs have names."""
    positional = [*arguments.posonlyargs, *arguments.args]
    missing = len(positional) - len(arguments.defaults)
    defaults = [None] * missing + list(arguments.defaults)
    for position, (argument, default) in enumerate(zip(positional, defaults, strict=True)):
        only = position < len(arguments.posonlyargs)
        kind = (
            inspect.Parameter.POSITIONAL_ONLY if only else inspect.Parameter.POSITIONAL_OR_KEYWORD
        )
        yield _parameter(argument, default, kind)
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        yield _parameter(argument, default, inspect.Parameter.KEYWORD_ONLY)
    if arguments.kwarg:
        yield _parameter(arguments.kwarg, None, inspect.Parameter.VAR_KEYWORD)


def _parameter(argument: ast.arg, default: ast.expr | None, kind: Any) -> inspect.Parameter:
    return inspect.Parameter(
        argument.arg,
        kind,
        default=inspect.Parameter.empty if default is None else _Source(ast.unparse(default)),
        annotation=(
            inspect.Parameter.empty
            if argument.annotation is None
            else _Source(ast.unparse(argument.annotation))
        ),
    )


@dataclass(frozen=True, slots=True)
class _Source:
    """An expression of the program: shown in a signature, evaluated in the program only."""

    text: str

    def __repr__(self) -> str:
        return self.text


def _trace_of(error: SyntaxError, program: Program) -> Trace:
    lines = program.source.splitlines()
    line = error.lineno or program.first_line
    index = min(max(line - program.first_line, 0), max(len(lines) - 1, 0))
    start = max(index - _EXCERPT_BEFORE, 0)
    frame = StackFrame(
        file=CELL_FILE,
        line=line,
        column=error.offset or None,
        end_line=error.end_lineno or None,
        end_column=error.end_offset or None,
        excerpt_start=program.first_line + start,
        excerpt=tuple(lines[start : index + 1 + _EXCERPT_AFTER]),
    )
    return Trace(
        type=type(error).__name__,
        message=error.msg or "invalid syntax",
        frames=(frame,),
        text="".join(traceback.format_exception_only(error)).rstrip("\n"),
    )


def decode(raw: bytes) -> str:
    """The text of a file, by the encoding that its first lines name.

    Raises:
        SyntaxError: They name one that there is not.
        UnicodeDecodeError: It is not in that encoding.
    """
    encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
    text = raw.decode(encoding).removeprefix(_BOM)
    return text.replace("\r\n", "\n").replace("\r", "\n")
