"""The entry of a Python worker: ``python -u <this file>``; PROTOCOL.md says what it speaks.

With ``--zygote`` it forks workers on request instead of being one.

Runs in the child, before and around the user's program. Puts the package in place by its path and
under a name of its own: nothing of ours is on ``sys.path``, and the user's ``import
codeexec_magics`` finds what the user installed, or nothing.
"""

import os
import sys
import types

_ALIAS = "_codeexec_magics"
_OLDEST = (3, 9)
_WRONG_RUNTIME = 120
_SERVED = sys.argv[2:3] if sys.argv[1:2] == ["--serve"] else []
"""The folder of the language that is served in Python's place."""


def _put_in_place() -> None:
    here = os.path.dirname(os.path.abspath(__file__))
    languages = os.path.dirname(os.path.dirname(here))
    places = [("", os.path.dirname(languages)), (".languages", languages)]
    for folder in ("python", "bridge", *_SERVED):
        places.append((".languages." + folder, os.path.join(languages, folder)))
        places.append((places[-1][0] + ".runner", os.path.join(languages, folder, "runner")))
    for name, path in places:
        module = types.ModuleType(_ALIAS + name)
        module.__path__ = [path]
        sys.modules[_ALIAS + name] = module
    sys.path[:] = [path for path in sys.path if os.path.abspath(path or ".") != here]


if sys.version_info < _OLDEST:
    sys.stderr.write(
        "cannot run python: %s is Python %s, and it takes 3.9 or newer\n"
        % (sys.executable, sys.version.split()[0])
    )
    os._exit(_WRONG_RUNTIME)


def _serve() -> None:
    """Import all that is ours, while nothing but the standard library can be found, and serve.

    A file of the user's may be called like a module of it; its folder comes with the program.
    """
    library = os.path.dirname(os.__file__)
    kept = sys.path[:]
    sys.path[:] = [path for path in kept if path.startswith(library) or path.endswith(".zip")]
    try:
        from _codeexec_magics.languages.python.runner import late_hooks, serving

        if _SERVED:
            name = "_codeexec_magics.languages.%s.runner.serving" % _SERVED[0]
            serving = __import__(name, fromlist=["serve"])
        late_hooks.install()
        if "--zygote" in sys.argv[1:]:
            from _codeexec_magics.supervision import zygote
    finally:
        sys.path[:] = kept
    if "--zygote" in sys.argv[1:]:
        zygote.serve(serving.serve)
    else:
        serving.serve()


_put_in_place()
_serve()
