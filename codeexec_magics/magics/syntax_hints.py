"""Hints for a cell that is written in another language than the one that runs it.

Runs in the kernel; pure functions of a trace and its program.
"""

from __future__ import annotations

import re

from codeexec_magics.values.traces import Trace

_JAVASCRIPT = re.compile(
    r"=>|===|!==|\b(?:const|let|var)\s+[\w$\[{]|\bfunction\b\s*[\w$]*\s*\(|\bconsole\.\w+\("
    r"|\brequire\(|\bnew\s+[A-Z]\w*\(|\bMath\.\w|\bJSON\.|^\s*//",
    re.MULTILINE,
)
_PYTHON = re.compile(
    r"^\s*(?:async\s+)?def\s+\w+\(|^\s*(?:for|if|elif|else|while|with|try|except|class)\b.*:\s*$"
    r"|^\s*from\s+[\w.]+\s+import\s|^\s*import\s+[\w.]+(?:\s+as\s+\w+)?\s*$|\blambda\b.*:"
    r"|\bprint\s*\(|\b(?:None|True|False)\b|\[.+\bfor\b.+\bin\b.+\]|^\s*#",
    re.MULTILINE,
)
_TYPESCRIPT = re.compile(
    r"\w\s*\??:\s*(?:string|number|boolean|any|void|unknown|never|bigint|Array|Record|Promise)\b"
    r"|^\s*(?:export\s+)?(?:interface|enum|namespace|declare)\s+\w+|^\s*type\s+\w+\s*="
    r"|\bas\s+(?:const|string|number|any|unknown)\b|<(?:string|number|any)>",
    re.MULTILINE,
)
_NAME = re.compile(r"^(?:name ')?([\w$]+)'? is not defined")
_OF_JAVASCRIPT = frozenset(
    {"console", "require", "Math", "JSON", "null", "undefined", "true", "false", "document"}
)
_OF_PYTHON = frozenset(
    {"None", "True", "False", "len", "range", "str", "int", "dict", "list", "pd", "np", "plt"}
)
_BROWSER = frozenset({"document", "window", "alert", "localStorage", "sessionStorage", "$"})
_ASKING = frozenset({"prompt", "confirm"})
_RETURN = (
    "`return` is allowed only in a function: the result is the last expression, or what "
    "transform returns"
)


def hint(trace: Trace, source: str, language: str) -> str:
    """What to type instead; empty where nothing is known.

    Args:
        trace: The failure.
        source: The program.
        language: The language that has run it.
    """
    name = _NAME.search(trace.message)
    missing = name[1] if name else ""
    if language == "r":
        return _of_r(trace, source)
    if language == "python":
        return _of_python(trace, source, missing)
    return _of_javascript(trace, source, missing) if language == "javascript" else ""


def _of_r(trace: Trace, source: str) -> str:
    if trace.type == "SyntaxError" and _PYTHON.search(source) and "<-" not in source:
        return "this looks like Python: begin the cell with `%%transform`"
    return ""


def _of_python(trace: Trace, source: str, missing: str) -> str:
    if "'return' outside function" in trace.message:
        return _RETURN
    wrong = trace.type in ("SyntaxError", "IndentationError", "TabError")
    if missing in _OF_JAVASCRIPT or (wrong and _JAVASCRIPT.search(source)):
        return "this looks like JavaScript: begin the cell with `%%transform js`"
    return ""


def _of_javascript(trace: Trace, source: str, missing: str) -> str:
    if trace.type == "SyntaxError":
        if _TYPESCRIPT.search(source):
            return "this looks like TypeScript: begin the cell with `%%transform ts`"
        if _PYTHON.search(source) and not _JAVASCRIPT.search(source):
            return "this looks like Python: begin the cell with `%%transform`"
        return ""
    if missing == "print":
        return "JavaScript prints by `console.log`; a Python cell begins with `%%transform`"
    if missing in _OF_PYTHON:
        return f"`{missing}` is Python: begin the cell with `%%transform`"
    if missing in _BROWSER:
        return f"`{missing}` is a browser's: a cell runs in Node.js; show HTML by `display`"
    if missing in _ASKING:
        return f"`{missing}` would ask somebody, and nobody is there: pass values in with `-i`"
    return ""
