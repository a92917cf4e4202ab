"""Processes that a cell starts by ``multiprocessing``: they know the cell's functions.

Runs in the child, when the program imports ``multiprocessing``. A spawned process (and a fork
server's) begins as an empty interpreter, which makes the functions of a script by running its file.
A cell has no file: one is written into the run's temporary directory with the first such process,
and `spawned` says what it does. The program's own folders come onto its path with that file, behind
the finder of `search_path`; loky's workers, which have no such file, begin with the finder.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any

from . import search_path

_PROCESS = "multiprocessing.process"
_NO_REPORTS = "ignore::UserWarning:multiprocessing.resource_tracker"
"""The watcher of semaphores would call those leaked that end with the run."""
_state: dict[str, Any] = {"run": None, "inputs": {}, "files": {}}
_WORKER_OF_LOKY = "backend.popen_loky_posix"


def remember(run: dict[str, Any], inputs: dict[str, Any]) -> None:
    """Take note of the program, until there is a process that needs it.

    Args:
        run: The message ``run``.
        inputs: The inputs.
    """
    _state.update(run=run, inputs=inputs, files={})


def tidy() -> None:
    """End what processes are left, and give back their semaphores, as Python does at its end."""
    util, process = sys.modules.get("multiprocessing.util"), sys.modules.get(_PROCESS)
    if util is None or process is None:
        return
    for child in process.active_children():
        with contextlib.suppress(Exception):
            child.kill()
    for finalizer in list(util._finalizer_registry.values()):
        # multiprocessing's and loky's
        callback = getattr(finalizer, "_callback", None)
        if getattr(callback, "__qualname__", "") == "SemLock._cleanup":
            with contextlib.suppress(Exception):
                finalizer()


def adapt(module: Any) -> None:
    """Change how ``multiprocessing`` prepares a process."""
    if module.__name__ == "joblib":
        # Its own choice is /dev/shm, where what it leaves would stay.
        os.environ.setdefault("JOBLIB_TEMP_FOLDER", os.environ.get("TMPDIR", "/tmp"))  # noqa: S108
    elif module.__name__.endswith("loky.backend.fork_exec"):
        _adapt_workers(module)
    elif module.__name__ == "multiprocessing.util":
        _adapt_flags(module)
    else:
        _adapt_preparation(module)


def _adapt_flags(module: Any) -> None:
    original = module._args_from_interpreter_flags

    def flags() -> list[str]:
        # What a worker prints must be out when its pool ends it; and its imports begin as ours do,
        # in the standard library.
        own = ["-u", "-P"] if sys.version_info >= (3, 11) else ["-u"]
        return [*original(), *own, "-W", _NO_REPORTS]

    module._args_from_interpreter_flags = flags


def _adapt_workers(module: Any) -> None:
    original = module.fork_exec

    def fork_exec(cmd: list[str], *arguments: Any, **keywords: Any) -> Any:
        if cmd[1] == "-m" and cmd[2].endswith(_WORKER_OF_LOKY):
            run = f"__import__('runpy').run_module({cmd[2]!r}, None, '__main__', True)"
            cmd = [cmd[0], "-c", search_path.beginning() + run, *cmd[3:]]
        return original(cmd, *arguments, **keywords)

    module.fork_exec = fork_exec


def _adapt_preparation(module: Any) -> None:
    original = module.get_preparation_data

    def get_preparation_data(name: str) -> dict[str, Any]:
        data: dict[str, Any] = original(name)
        main = sys.modules.get("__main__")
        if getattr(main, "__spec__", None) is None:
            own, others = search_path.parted(data["sys_path"])
            file = _file(own)
            data.pop("init_main_from_path", None)
            if file is not None:
                data.update(init_main_from_path=file, sys_path=others)
        return data

    module.get_preparation_data = get_preparation_data


def _file(own: list[str]) -> str | None:
    """The file that stands for the cell; None where none can be written.

    Args:
        own: The folders that it puts on the path.
    """
    files = _state["files"]
    if tuple(own) not in files and _state["run"] is not None:
        import pickle
        import tempfile

        run = _state["run"]
        program = {
            "source": "\n" * (run["first_line"] - 1) + run["source"],
            "filename": run["filename"],
            "inputs": _packed(_state["inputs"], run["source"]),
        }
        try:
            folder = tempfile.mkdtemp(prefix="cell-")
            data = os.path.join(folder, "cell.pickle")
            with open(data, "wb") as packed:
                pickle.dump(program, packed)
            code = os.path.join(os.path.dirname(os.path.abspath(__file__)), "spawned.py")
            main = os.path.join(folder, "cell.py")
            with open(main, "w", encoding="utf-8") as stub:
                stub.write(
                    search_path.beginning()
                    + f"__import__('sys').path[:0] = {own!r}\n"
                    + f"__import__('runpy').run_path({code!r})['become'](globals(), {data!r})\n"
                )
        except OSError:
            return None
        files[tuple(own)] = main
    file = files.get(tuple(own))
    return file if isinstance(file, str) else None


def _packed(inputs: dict[str, Any], source: str) -> dict[str, bytes]:
    """Those inputs that the program names, and that can be packed."""
    import pickle

    packed = {}
    for name, value in inputs.items():
        if name in source or "inputs" in source:
            try:
                packed[name] = pickle.dumps(value)
            except Exception:  # noqa: BLE001, S112 - the user's object: its name is then unknown
                continue
    return packed
