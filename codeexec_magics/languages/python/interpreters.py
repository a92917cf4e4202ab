"""Which Python runs a program: the kernel's own, a path, or a version that is looked for.

Lives in the kernel. Starts nothing: what an interpreter cannot do, its runner says.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from codeexec_magics.errors import LanguageUnavailable
from codeexec_magics.languages.language import resource

_RUNNER = resource(__file__, "runner", "__main__.py")
_VERSION = re.compile(r"3(\.\d+){0,2}")
_HOMES = (
    "~/.pyenv/versions/{version}*/bin/python",
    "~/.local/share/uv/python/cpython-{version}*/bin/python3",
    "/opt/homebrew/opt/python@{version}/bin/python{version}",
    "/usr/local/bin/python{version}",
    "/usr/bin/python{version}",
)


def command(interpreter: str | None, environment: Mapping[str, str]) -> list[str]:
    """The worker's argv.

    Args:
        interpreter: A path, a virtual environment's folder, a version such as ``3.12``, or None
            for the kernel's own interpreter.
        environment: The worker's environment; its PATH is searched.

    Raises:
        LanguageUnavailable: There is no such interpreter.
    """
    # Unbuffered: what the program has printed must be out when it is killed.
    return [_executable(interpreter, environment), "-u", _RUNNER]


def _executable(interpreter: str | None, environment: Mapping[str, str]) -> str:
    if interpreter is None:
        return sys.executable
    if _VERSION.fullmatch(interpreter):
        return _find(interpreter, environment.get("PATH", os.defpath))
    path = Path(os.path.expanduser(interpreter))
    if path.is_dir():
        path = path / "bin" / "python"
    found = shutil.which(str(path), path=environment.get("PATH", os.defpath))
    if found is None:
        raise LanguageUnavailable(
            f"cannot run python: {str(path)!r} is not an executable file; "
            "give an interpreter's path, a virtual environment's folder, or a version such as 3.12"
        )
    return os.path.abspath(found)


def _find(version: str, search_path: str) -> str:
    if sys.version.startswith(f"{version}.") or sys.version.split()[0] == version:
        return sys.executable
    for path in _candidates(version, search_path):
        if os.access(path, os.X_OK):
            return path
    raise LanguageUnavailable(
        f"cannot run python: no Python {version} on PATH or in the usual places; "
        "install it, or give its path: --interpreter /path/to/python"
    )


def _candidates(version: str, search_path: str) -> Iterator[str]:
    # A shim is a script that may have no such version behind it; the real one is looked for below.
    folders = [folder for folder in search_path.split(os.pathsep) if Path(folder).name != "shims"]
    named = shutil.which(f"python{version}", path=os.pathsep.join(folders))
    if named:
        yield named
    for pattern in _HOMES:
        path = Path(pattern.format(version=version)).expanduser()
        # 3.1 must not find 3.12: after the version comes a dot, a dash, or nothing.
        exact = re.compile(rf"(python@?|cpython-|^){re.escape(version)}([.\-+]|$)")
        anchor = Path(path.anchor)
        for found in sorted(anchor.glob(str(path.relative_to(anchor))), reverse=True):
            if any(exact.search(part) for part in found.parts):
                yield str(found)
