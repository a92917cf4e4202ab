"""What a program has begun and not ended when its value is there.

Runs in the child, at the program's end; looks, and changes nothing.
"""

from __future__ import annotations

import _thread
import sys
from typing import Any

_LIBRARIES = ("concurrent", "joblib", "loky", "multiprocessing")
"""Their own threads and processes wait for work that may never come."""


def pending(loop: Any) -> dict[str, int]:
    """What is under way, by a noun for it: tasks of the loop, threads, processes.

    Args:
        loop: The program's event loop; None if there is none.
    """
    found = {
        "task": _tasks(loop) if loop is not None else 0,
        "thread": _threads() if _thread._count() and "threading" in sys.modules else 0,
        "process": _processes() if "multiprocessing.process" in sys.modules else 0,
    }
    return {noun: number for noun, number in found.items() if number}


def _tasks(loop: Any) -> int:
    asyncio = sys.modules["asyncio"]
    for task in list(getattr(asyncio.tasks, "_scheduled_tasks", None) or _all_tasks(asyncio)):
        _tell(task)
    return sum(not task.done() for task in asyncio.all_tasks(loop))


def _all_tasks(asyncio: Any) -> Any:
    return getattr(asyncio.tasks, "_all_tasks", ())  # before Python 3.12


def _tell(task: Any) -> None:
    """Have an error told that nobody has asked a task for; asyncio tells it too late for us."""
    if task.done() and not task.cancelled() and getattr(task, "_log_traceback", False):
        context = {
            "message": f"{type(task).__name__} exception was never retrieved",
            "exception": task.exception(),
            "task": task,
        }
        task.get_loop().call_exception_handler(context)


def _threads() -> int:
    threading = sys.modules["threading"]
    frames = sys._current_frames()
    return sum(
        thread.is_alive()
        and not thread.daemon
        and thread is not threading.main_thread()
        and not _is_of_library(type(thread))
        and not _waits_for_work(frames.get(thread.ident))
        for thread in threading.enumerate()
    )


def _waits_for_work(frame: Any) -> bool:
    """Whether a thread is one of a pool's, and has nothing to do."""
    code = frame.f_code if frame is not None else None
    return (
        code is not None
        and code.co_name == "_worker"
        and code.co_filename.endswith("thread.py")
        and "concurrent" in code.co_filename
    )


def _processes() -> int:
    process = sys.modules["multiprocessing.process"]
    return sum(
        child.is_alive()
        and not child.daemon
        and not _is_of_library(getattr(child, "_target", None) or type(child))
        for child in list(process.active_children())
    )


def _is_of_library(thing: Any) -> bool:
    return str(getattr(thing, "__module__", "")).partition(".")[0] in _LIBRARIES
