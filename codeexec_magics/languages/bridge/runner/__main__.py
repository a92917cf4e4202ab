"""The entry of a bridge: ``python -I -S -u <this file> FOLDER LANGUAGE COMMAND…``.

Runs in the child. Puts the package in place by its path and under a name of its own, as the runner
of Python does; nothing of ours is on ``sys.path``. ``FOLDER`` is the language's folder whose runner
serves: ``bridge`` itself where a driver in the language does the rest.
"""

import os
import sys
import types

_ALIAS = "_codeexec_magics"


def _put_in_place(folder: str) -> None:
    bridge = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    languages = os.path.dirname(bridge)
    places = {"": os.path.dirname(languages), ".languages": languages}
    for name in {"bridge", folder}:
        places[".languages." + name] = os.path.join(languages, name)
        places[".languages." + name + ".runner"] = os.path.join(languages, name, "runner")
    for name, path in places.items():
        module = types.ModuleType(_ALIAS + name)
        module.__path__ = [path]
        sys.modules[_ALIAS + name] = module


_put_in_place(sys.argv[1])
# Plain data has no module of its own: what is imported is the folder's, by its name.
serving = __import__(f"{_ALIAS}.languages.{sys.argv[1]}.runner.serving", fromlist=["serve"])
serving.serve(sys.argv[2], sys.argv[3:])
