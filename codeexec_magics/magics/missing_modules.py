"""What installs a module that a program has not found.

Runs in the kernel; pure functions of a trace.
"""

from __future__ import annotations

import re
import sys

from codeexec_magics.values.traces import Trace

_NODE = re.compile(r"Cannot find (?:module|package) '([^'./\\][^']*)'")
_PYTHON = re.compile(r"No module named '([^'.]+)")
_R = re.compile(r"there is no package called [‘'\"]([\w.]+)")
_DISTRIBUTIONS = {
    "PIL": "pillow",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "dateutil": "python-dateutil",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}
"""Distributions that are called otherwise than what is imported."""


def missing_module(trace: Trace, language: str, interpreter: str | None) -> str:
    """What to type, where a module was not found; empty for any other failure.

    Args:
        trace: The failure.
        language: The program's language.
        interpreter: Its runtime, if the line names one.
    """
    if language in ("javascript", "typescript"):
        found = _NODE.search(trace.message)
        if found is None or found[1].startswith("node:"):
            return ""
        return f"install it beside the notebook: `npm install {_package(found[1])}`"
    if language == "r":
        found = _R.search(trace.message)
        return "" if found is None else _in_r(found[1])
    found = _PYTHON.search(trace.message)
    if language != "python" or found is None or found[1] in sys.stdlib_module_names:
        return ""
    distribution = _DISTRIBUTIONS.get(found[1], found[1])
    if interpreter is None:
        return f"install it: `%pip install {distribution}`"
    return f"install it for that Python: `!{interpreter} -m pip install {distribution}`"


def _in_r(package: str) -> str:
    return (
        f"install it in a terminal: `apt install r-cran-{package.lower()}`, or in R: "
        f'`install.packages("{package}")`'
    )


def _package(specifier: str) -> str:
    """The package of ``lodash/fp`` or ``@scope/name/part``."""
    parts = specifier.split("/")
    return "/".join(parts[: 2 if specifier.startswith("@") else 1])
