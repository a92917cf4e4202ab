"""Complete what stands on a ``%%transform`` line; what stands below is for `body_completion`.

Runs in the kernel, while the user types: it imports nothing heavy and starts nothing. `complete` is
a pure function; the rest hangs it into IPython, by matchers where there are such (8.6 and later)
and by a hook before.
"""

from __future__ import annotations

import builtins
import os
import re
import sys
from collections.abc import Mapping
from typing import Any

from codeexec_magics import errors
from codeexec_magics.magics.flags import FLAGS, ON_ERROR, PIPELINE_FLAGS, PIPELINE_SUFFIXES, Flag
from codeexec_magics.values import CONVERTERS

_IDENTIFIER = "codeexec_magics.transform"
_MAGICS = (
    *("%%transform", "%transform", "%transform_pipeline"),
    *("%transform_config", "%transform_ps", "%transform_kill"),
)
_TAKE_FLAGS = {
    "%%transform": FLAGS,
    "%transform": FLAGS,
    "%transform_pipeline": PIPELINE_FLAGS,
}
_LINE = re.compile(rf"\s*({'|'.join(_MAGICS)})[ \t](.*)", re.DOTALL)


def complete(line: str, namespace: Mapping[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    """What may stand at the end of a line.

    Args:
        line: The line up to the cursor, from its magic's name on.
        namespace: The notebook's variables.

    Returns:
        The fragment that the cursor is in, and what may take its place, each with its kind.
    """
    magic = _LINE.fullmatch(line)
    if not magic:
        return "", []
    before, fragment = _split(magic[2])
    flags = _TAKE_FLAGS.get(magic[1])
    if flags is None:
        found = _OF_OTHERS[magic[1]]()
    else:
        flag = _flag_before(before, flags)
        if fragment.startswith("-"):
            found = [(name, "flag") for flag in flags for name in flag.names]
        elif flag is not None:
            fragment, found = _values(flag, fragment, namespace)
        elif magic[1] == "%transform_pipeline":
            found = _steps(fragment, namespace)
        else:
            found = _words(magic[1], before, namespace)
    return fragment, [(text, kind) for text, kind in found if text.startswith(fragment)]


def attach(shell: Any) -> None:
    """Let IPython ask us; a second call changes nothing."""
    detach(shell)
    matcher = _matcher(shell)
    if matcher is not None:
        shell.Completer.custom_matchers.append(matcher)
        return
    for name in _MAGICS:
        shell.set_hook("complete_command", _hook(shell), str_key=name)


def detach(shell: Any) -> None:
    """Take the completion away again."""
    matchers = getattr(shell.Completer, "custom_matchers", [])
    matchers[:] = [
        matcher for matcher in matchers if getattr(matcher, "matcher_identifier", "") != _IDENTIFIER
    ]
    hooks = getattr(shell, "strdispatchers", {}).get("complete_command")
    for name in _MAGICS:
        getattr(hooks, "strs", {}).pop(name, None)


def _split(rest: str) -> tuple[list[str], str]:
    """The complete words, and the one that the cursor is in."""
    words = rest.split()
    if not words or rest[-1].isspace():
        return words, ""
    return words[:-1], words[-1]


def _flag_before(words: list[str], flags: tuple[Flag, ...]) -> Flag | None:
    if not words:
        return None
    return next((flag for flag in flags if flag.metavar and words[-1] in flag.names), None)


def _words(magic: str, before: list[str], namespace: Mapping[str, Any]) -> list[tuple[str, str]]:
    if before:
        return []
    found = _languages()
    if magic == "%transform":
        from codeexec_magics.magics.namespace import transforms_in

        found += [(name, "transform") for name in transforms_in(namespace)]
    return found


def _steps(fragment: str, namespace: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Cells with a name, pipelines, their files, and folders on the way to one."""
    from codeexec_magics.magics.namespace import steps_in

    paths = (path for path in _paths(fragment) if path.endswith(("/", *PIPELINE_SUFFIXES)))
    return [*((name, "transform") for name in steps_in(namespace)), *((p, "path") for p in paths)]


def _values(
    flag: Flag, fragment: str, namespace: Mapping[str, Any]
) -> tuple[str, list[tuple[str, str]]]:
    if flag.completes == "variable":
        # Behind `new=` stands an expression: IPython completes those by itself.
        last = fragment.rpartition(",")[2]
        if "=" in last:
            return last, []
        names = [name for name in namespace if isinstance(name, str) and not name.startswith("_")]
        return last, [(name, "variable") for name in names]
    if flag.completes == "language":
        return fragment, _languages()
    if flag.completes == "converter":
        return fragment, [(name, "converter") for name in CONVERTERS]
    if flag.completes == "on_error":
        return fragment, [(name, "word") for name in ON_ERROR]
    if flag.completes == "error":
        return fragment, [(name, "class") for name in _errors()]
    if flag.completes == "path":
        return fragment, [(path, "path") for path in _paths(fragment)]
    return fragment, []


def _errors() -> list[str]:
    """The exceptions of the package and of Python that say something, those of ours first."""
    ours = [
        name
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.ExecutionFailed)
    ]
    own = [
        name
        for name, kind in vars(builtins).items()
        if isinstance(kind, type) and issubclass(kind, Exception) and not issubclass(kind, Warning)
    ]
    return list(dict.fromkeys([*ours, *own]))


def _settings() -> list[tuple[str, str]]:
    from codeexec_magics.magics.settings import setting_names

    return [(f"{name}=", "setting") for name in setting_names()]


def _listed() -> list[tuple[str, str]]:
    return [("-v", "flag")]


def _running() -> list[tuple[str, str]]:
    # Where nobody has imported the registry nothing runs, and completion need not import it.
    if "codeexec_magics.engine.runs" not in sys.modules:
        return []
    from codeexec_magics.magics.run_list import numbers

    return [(number, "program") for number in numbers()] + [("--now", "flag")]


_OF_OTHERS = {
    "%transform_config": _settings,
    "%transform_ps": _listed,
    "%transform_kill": _running,
}


def _languages() -> list[tuple[str, str]]:
    from codeexec_magics import languages  # late: it reads what is installed

    return [(name, "language") for name in languages.names()]


def _paths(fragment: str) -> list[str]:
    folder, name = os.path.split(fragment)
    try:
        with os.scandir(os.path.expanduser(folder) or ".") as entries:
            found = [entry.name + "/" * entry.is_dir() for entry in entries]
    except OSError:
        return []
    visible = [entry for entry in found if name.startswith(".") or not entry.startswith(".")]
    return sorted(os.path.join(folder, entry) for entry in visible)


def _visible(shell: Any) -> dict[str, Any]:
    """The user's variables, without those that IPython itself has put among them."""
    hidden = shell.user_ns_hidden
    return {name: value for name, value in shell.user_ns.items() if name not in hidden}


def _keeps_standbys(shell: Any) -> bool:
    """Whether the user wants processes that wait for what comes."""
    magics = shell.magics_manager.registry.get("TransformMagics")
    return magics is not None and magics.standbys > 0


def _matcher(shell: Any) -> Any:
    """A matcher for IPython 8.6 and later; None before."""
    try:
        from IPython.core.completer import SimpleCompletion, context_matcher
    except ImportError:
        return None

    @context_matcher(identifier=_IDENTIFIER)  # type: ignore[untyped-decorator]
    def match(context: Any) -> dict[str, Any]:
        lines = context.full_text.split("\n")[: context.cursor_line + 1]
        line = lines[-1][: context.cursor_position]
        is_body = any(above.strip() for above in lines[:-1])
        if is_body and context.full_text.lstrip().startswith("%%transform"):
            from codeexec_magics.magics.body_completion import complete_body  # late: for few

            cursor = sum(len(above) + 1 for above in lines[:-1]) + len(line)
            may_start = _keeps_standbys(shell)
            fragment, found = complete_body(
                context.full_text, cursor, _visible(shell), may_start=may_start
            )
        else:
            # A cell magic is one in the first line only.
            is_magic = is_body and line.lstrip().startswith("%%")
            fragment, found = complete("" if is_magic else line, _visible(shell))
        completions = [SimpleCompletion(text=text, type=kind) for text, kind in found]
        return {
            "completions": completions,
            "matched_fragment": fragment,
            "suppress": bool(completions),
        }

    return match


def _hook(shell: Any) -> Any:
    """A completer for IPython 7: it wants texts that begin with the symbol at the cursor."""

    def ask(_shell: Any, event: Any) -> list[str]:
        fragment, found = complete(event.text_until_cursor, _visible(shell))
        cut = len(fragment) - len(event.symbol)
        return [text[cut:] for text, _ in found] if cut >= 0 else []

    return ask
