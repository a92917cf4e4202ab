"""How languages say that a name is not there.

Plain functions of text; any process may import this module.
"""

from __future__ import annotations

import re

_NAME = r"[\w$]*[^\W\d][\w$]*"
_MISSING = (
    re.compile(rf"\bname ['\"`](?P<name>{_NAME})['\"`] is not defined"),
    re.compile(rf"\bvariable ['\"`](?P<name>{_NAME})['\"`] is not defined"),
    re.compile(rf"^(?:Uncaught )?(?:ReferenceError: )?(?P<name>{_NAME}) is not defined$"),
    re.compile(rf"^Cannot find name '(?P<name>{_NAME})'"),
    re.compile(rf"^['\"]{{0,2}}(?P<name>{_NAME})['\"] is not among the inputs"),
    re.compile(rf"\bundefined (?:local )?(?:variable|method)[^'`‘]*['`‘](?P<name>{_NAME})['’]"),
    re.compile(rf"\bobject ['\"‘](?P<name>{_NAME})['\"’] not found"),
    re.compile(rf"\bcould not find function ['\"“](?P<name>{_NAME})['\"”]"),
    re.compile(rf"\bGlobal symbol \"[$@%](?P<name>{_NAME})\""),
    re.compile(rf"\b(?P<name>{_NAME}): (?:unbound variable|command not found|parameter not set)"),
    re.compile(rf"`(?P<name>{_NAME})` not defined"),
    re.compile(rf"\b(?:Table|View) with name (?P<name>{_NAME}) does not exist"),
    re.compile(rf"\bthere is no input for \$(?P<name>{_NAME});"),
)


def missing_name(message: str) -> str:
    """The name that a program lacks, by what it failed with; empty if that is not what it says."""
    lines = (message, message.rpartition("\n")[2])
    found = (pattern.search(line) for pattern in _MISSING for line in lines)
    return next((match["name"].lstrip("$") for match in found if match), "")
