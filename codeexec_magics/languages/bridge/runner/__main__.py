"""The entry of a bridge: ``python -I -S -u <this file> LANGUAGE INTERPRETER [ARGUMENT…] DRIVER``.

Runs in the child. Puts the package in place by its path and under a name of its own, as the runner
of Python does; nothing of ours is on ``sys.path``.
"""

import os
import sys
import types

_ALIAS = "_codeexec_magics"


def _put_in_place() -> None:
    path = os.path.dirname(os.path.abspath(__file__))
    for name in (".languages.bridge.runner", ".languages.bridge", ".languages", ""):
        module = types.ModuleType(_ALIAS + name)
        module.__path__ = [path]
        sys.modules[_ALIAS + name] = module
        path = os.path.dirname(path)


_put_in_place()

from _codeexec_magics.languages.bridge.runner.serving import serve  # noqa: E402 - it is there now

serve(sys.argv[1], sys.argv[2:])
