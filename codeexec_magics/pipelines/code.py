"""A step's code: where its lines stand, what it calls, and what it wants to be given.

Runs in the process that loads a pipeline; pure functions of text. Nothing of the code is run.
"""

from __future__ import annotations

import ast
import re
import warnings

from codeexec_magics import languages
from codeexec_magics.pipelines.nodes import Node, Problems
from codeexec_magics.pipelines.step import Origin
from codeexec_magics.values.options import Program

_OF_NODE = ("javascript", "typescript")
_ENTRIES = ("transform", "execute")
_EXPORTS = re.compile(r"^\s*module\.exports\s*=(?!=)", re.MULTILINE)
_DEFINES = r"^[ \t]*(?:export\s+)?(?:async\s+)?(?:function\b\s*\*?|const\b|let\b|var\b)\s*{}\b"
_TABLES = re.compile(r"\b(?:from|join)\s+([A-Za-z_]\w*)\b(?!\s*[.(])", re.IGNORECASE)
_DESTRUCTURED = r"(?:function\b\s*\*?\s*{0}\s*|\b{0}\s*=\s*(?:async\s*)?)\(\s*\{{([^{{}}()]*)\}}"


def origin_of(node: Node, lines: list[str], file: str, name: str, place: int) -> Origin:
    """Where the code of a step stands that is written in the pipeline's file.

    Args:
        node: The scalar.
        lines: The file's text.
        file: The file's name.
        name: What to call code whose lines are none of the file, as in a JSON string.
        place: The step's line.
    """
    if node.style == "|":
        # It begins in the line below the sign, and is indented there.
        written = node.value.splitlines()
        first = next((index for index, line in enumerate(written) if line.strip()), 0)
        raw = lines[node.line + first] if node.line + first < len(lines) else ""
        indent = len(raw) - len(written[first]) if written else 0
        return Origin(file, node.line + 1, max(indent, 0), place)
    if "\n" in node.value:
        return Origin(name, 1, 0, place)
    return Origin(file, node.line, node.column - 1 + bool(node.style), place)


def check(source: str, language: str, origin: Origin, problems: Problems) -> None:
    """Take note of it if the code is none of its language, where that is known without running."""
    found = languages.find(language).check if language else None
    trace = None if found is None else found(Program(source, language, origin.line))
    if trace is None:
        return
    place = trace.place
    line = place.line if place and place.line else origin.line
    column = (place.column if place and place.column else 1) + origin.column
    problems.at(line, column, trace.headline, origin.file)


def entry_of(source: str, language: str) -> str:
    """The name of the function that is called: ``transform``, else ``execute``."""
    for name in _ENTRIES:
        if _defines(source, language, name):
            return name
    return _ENTRIES[0]


def callable_source(source: str, language: str) -> str:
    """The code, so that a function that JavaScript exports is called; its lines stay."""
    has_entry = any(_defines(source, language, name) for name in _ENTRIES)
    if language not in _OF_NODE or has_entry or not _EXPORTS.search(source):
        return source
    body = source.rstrip()
    return f"{body}\n;var transform = module.exports;{source[len(body) :]}"


def wanted(source: str, language: str, entry: str) -> dict[str, bool]:
    """What the code is to be given, where nobody says: by name, whether it cannot do without.

    A language's own description tells by the parameters of its function; JavaScript by the names
    that its function takes out of its one object, SQL by its tables, and Python without a function
    by the names that it reads and does not bind.
    """
    if language in _OF_NODE:
        return dict.fromkeys(_destructured(source, entry), False)
    if language == "sql":
        return dict.fromkeys(_TABLES.findall(source), False)
    if not language:
        return {}
    program = Program(source, language, entry=entry)
    signature = languages.find(language).description(program, ()).signature
    found = {
        name: parameter.default is parameter.empty
        for name, parameter in signature.parameters.items()
        if parameter.kind is not parameter.VAR_KEYWORD and name != "inputs"
    }
    if found or language != "python" or _defines(source, "python", entry):
        return found
    return dict.fromkeys(_free_names(source), False)


def _defines(source: str, language: str, name: str) -> bool:
    if language == "python":
        pattern = rf"^(?:async\s+)?def\s+{name}\b|^{name}\s*="
    elif language in _OF_NODE:
        pattern = _DEFINES.format(name)
    else:
        return False
    return re.search(pattern, source, re.MULTILINE) is not None


def _destructured(source: str, entry: str) -> list[str]:
    """The names in ``function transform({a, b: c, d = 1})``."""
    found = re.search(_DESTRUCTURED.format(re.escape(entry)), source)
    if found is None:
        return []
    parts = (re.match(r"\s*([A-Za-z_$][\w$]*)", part) for part in found[1].split(","))
    return [part[1] for part in parts if part]


def _free_names(source: str) -> list[str]:
    try:
        with warnings.catch_warnings():  # the step's own process tells of them
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    bound = {node.id for node in names if not isinstance(node.ctx, ast.Load)}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
    loaded = (node.id for node in names if isinstance(node.ctx, ast.Load))
    return [name for name in dict.fromkeys(loaded) if name not in bound]
