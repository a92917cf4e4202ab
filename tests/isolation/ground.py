"""Run the corpus of escapes on one machine, and tell what came of each attempt.

``python ground.py FOLDER``: in a folder of its own, with victims that belong to this process: a
file, a service, System V's objects, its own priorities. ``CODEEXEC_WITHOUT_NAMESPACES`` refuses
namespaces to it. Prints the results as JSON, and under ``""`` what has become of the victims.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import socket
import sys
from pathlib import Path
from typing import Any

from without_namespaces import refuse_namespaces

from codeexec_magics import CodeExecutor

ESCAPES = Path(__file__).parent / "escapes"
CREATE, SET_VALUE, GET_VALUE, REMOVE = 0o1600, 16, 12, 0
PRELUDE = """
found = {}
def attempt(name, action):
    try:
        found[name] = str(action())
    except (OSError, ValueError) as error:
        found[name] = f"refused: {error}"
def call(*words):
    import ctypes, os
    library = ctypes.CDLL(None, use_errno=True)
    said = library.syscall(*map(ctypes.c_long, words))
    if said < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return said
import os
x86 = os.uname().machine == "x86_64"
"""
libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    root = Path(sys.argv[1]).resolve()
    os.chdir(root)
    if os.environ.get("CODEEXEC_WITHOUT_NAMESPACES"):
        refuse_namespaces()
    outside, inside = root / "outside", root / "inside"
    for folder in (outside, inside):
        folder.mkdir()
    (outside / "kept").write_text("precious")
    service = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    service.bind(str(root / "service"))
    objects = [libc.shmget(0, 1000, CREATE), libc.semget(0, 1, CREATE), libc.msgget(0, CREATE)]
    libc.semctl(objects[1], 0, SET_VALUE, 5)
    victims = {"outside": str(outside), "service": str(root / "service"), "objects": objects}
    victims |= {"kernel": os.getpid(), "group": os.getpgrp()}
    before = state(outside, service, objects)
    results: dict[str, Any] = {}
    try:
        with CodeExecutor(default_timeout=30, standbys=0) as executor:
            for path in sorted(ESCAPES.glob("*.py")):
                results[path.stem] = attempts(executor, path.read_text(), inside, victims)
            results["links"] = links(executor, inside, outside)
        results[""] = {"before": before, "after": state(outside, service, objects)}
    finally:
        libc.shmctl(objects[0], REMOVE, None)
        libc.semctl(objects[1], 0, REMOVE)
        libc.msgctl(objects[2], REMOVE, None)
    print(json.dumps(results))


def attempts(executor: CodeExecutor, source: str, inside: Path, victims: dict[str, Any]) -> Any:
    result = executor.execute_python(
        PRELUDE + source + ("\nfound" if "# expect: refused" in source else ""),
        victims,
        sandbox=True,
        directory=str(inside),
    )
    return result.output if result.success else f"{result.error} {result.stderr}"


def links(executor: CodeExecutor, inside: Path, outside: Path) -> Any:
    """A folder that a sandboxed program has replaced by a link is no folder for the next one."""
    found = {}
    for name, target in {"root": "/", "outside": str(outside)}.items():
        (inside / "own").mkdir()
        swap = f"import os; os.rmdir('own'); os.symlink({target!r}, 'own')"
        executor.execute_python(swap, sandbox=True, directory=str(inside)).raise_for_outcome()
        write = f"open({str(outside)!r} + '/new', 'w').close()"
        for folder in ("own", "own/."):
            made = executor.execute_python(write, sandbox=True, directory=str(inside / folder))
            found[f"{name} {folder}"] = f"refused: {made.error}" if made.error else "written"
        (inside / "own").unlink()
    return found


def state(outside: Path, service: socket.socket, objects: list[int]) -> dict[str, Any]:
    """What has not changed where nothing has escaped."""
    kept = (outside / "kept").stat()
    return {
        "names": sorted(os.listdir(outside)),
        "text": (outside / "kept").read_text(),
        "file": [kept.st_mode, kept.st_mtime, kept.st_uid],
        "reached": bool(select.select([service], [], [], 0)[0]),
        "semaphore": libc.semctl(objects[1], 0, GET_VALUE),
        "priority": os.getpriority(os.PRIO_PROCESS, 0),
        "policy": os.sched_getscheduler(0),
        "affinity": sorted(os.sched_getaffinity(0)),
    }


if __name__ == "__main__":
    main()
