"""Judges programs and completes in them, by what the compiler of TypeScript says.

Lives in the kernel. Owns the compiler's process, from the first question until `close`, and the
files that exist for it alone. Several threads may ask; one after the other is answered.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codeexec_magics.engine.checking.server import Refused, Server, Wait
from codeexec_magics.engine.checking.store import COMPILER
from codeexec_magics.leases.client import SupervisorClient

_NOWHERE = "/.codeexec_magics"
"""A folder that is nowhere: what does not use modules is read there."""
_USES_NODE = re.compile(
    r"\b(?:import|export|require|module|exports|process|Buffer|global|__dirname|__filename)\b"
)
_UNKNOWN_NAME = frozenset({2304, 2503, 2552, 2580, 2584, 2591, 2686, 2708})
_UNKNOWN_MODULE = frozenset({2307, 2792, 7016})
_DELETED, _OF_GLOBAL = 2790, 7017
_LEFT_OUT = frozenset({*_UNKNOWN_MODULE, _DELETED, _OF_GLOBAL})
"""A module that lacks is told by what runs it, with the way to get it; columns may be deleted, and
what is global may be added to."""
_LAST_OF_SYNTAX = 2000
_ERROR = 1
_OPTIONS = {
    "strict": True,
    "noEmit": True,
    "target": "esnext",
    "module": "esnext",
    "moduleResolution": "bundler",
    "moduleDetection": "force",
    "lib": ["esnext"],
    "skipLibCheck": True,
    "allowUnreachableCode": True,
    "allowUnusedLabels": True,
    "allowImportingTsExtensions": True,
}
_RELATIVE = re.compile(r"""["']\.{0,2}/""")


@dataclass(frozen=True, slots=True)
class Question:
    """A program, as the compiler is to read it.

    Attributes:
        text: Its text.
        inputs: What its inputs are, as `declarations_of` says it.
        directory: The folder that it runs in, whose modules it finds.
    """

    text: str
    inputs: str
    directory: str

    @property
    def uses_node(self) -> bool:
        """Whether it uses modules, or what Node.js brings."""
        return bool(_USES_NODE.search(self.text)) or "Buffer" in self.inputs


class _Project:
    """A folder with one program and what is declared for it; its files are in memory only.

    Args:
        folder: The folder.
        types: Where the types of Node.js are; None for a project without them.
    """

    def __init__(self, folder: str, types: str | None) -> None:
        def named(name: str) -> str:
            return os.path.join(folder, f".codeexec-{name}")

        self.config = named("tsconfig.json")
        self.inputs = named("inputs.d.ts")
        self.program = named("cell.ts")
        own = {named(name): Path(COMPILER, name).read_text("utf-8") for name in _own(types)}
        roots = [self.inputs, self.program, *own]
        options: dict[str, Any] = {**_OPTIONS, "types": []}
        if types is not None:
            options |= {"types": ["node"], "typeRoots": [types]}
        config = json.dumps({"compilerOptions": options, "files": roots})
        self.files = {self.config: config, self.inputs: "", self.program: "", **own}


def _own(types: str | None) -> tuple[str, ...]:
    return ("cell.d.ts",) if types is not None else ("cell.d.ts", "globals.d.ts")


class Checker:
    """One compiler.

    Args:
        client: Who starts it.
        program: Its path, in the store.
    """

    def __init__(self, client: SupervisorClient, program: Path) -> None:
        self._server = Server(client, program)
        self._types = str(program.parents[3] / "@types")
        self._projects: dict[str, _Project] = {}
        self._snapshot: int | None = None
        self._unresolved = False
        self._sound: Question | None = None
        self._path = ""

    @property
    def is_new(self) -> bool:
        """Whether it has not read all that programs may use, so that an answer takes longer."""
        return len(self._projects) <= 1

    @property
    def path(self) -> str:
        """Under which path it knows the program that it was asked of last."""
        return self._path

    @property
    def pid(self) -> int:
        """The compiler's process."""
        return self._server.pid

    def close(self) -> None:
        """End it. Safe to call twice."""
        self._server.close()

    def errors(self, question: Question, wait: Wait, until: float) -> list[Mapping[str, Any]]:
        """What is wrong with the types of a program; nothing where its syntax is wrong.

        Raises:
            Late: There is no answer in time.
            Gone: The compiler has ended.
        """
        if question == self._sound:
            return []
        uses_node = question.uses_node
        found = self._errors(question, uses_node, wait, until)
        if not uses_node and any(error["code"] in _UNKNOWN_NAME for error in found):
            uses_node = True
            found = self._errors(question, uses_node, wait, until)
        self._sound = question if not found and not uses_node else None
        return found

    def completions(
        self, question: Question, place: int, wait: Wait, until: float
    ) -> list[Mapping[str, Any]]:
        """What may stand at a place of a program, in units of UTF-16.

        Raises:
            Late: There is no answer in time.
            Gone: The compiler has ended.
        """
        project = self._open(question, question.uses_node, wait, until)
        about = {**self._about(project), "position": place}
        try:
            found = self._server.ask("getCompletionsAtPosition", about, wait, until)
        except Refused:  # it wants to know of imports that could be made
            return []
        return (found or {}).get("entries") or []

    def _errors(
        self, question: Question, uses_node: bool, wait: Wait, until: float
    ) -> list[Mapping[str, Any]]:
        project = self._open(question, uses_node, wait, until)
        self._path = project.program
        about = self._about(project)
        if self._server.ask("getSyntacticDiagnostics", about, wait, until):
            return []  # what runs it says so, before anything of it has run
        found = self._server.ask("getSemanticDiagnostics", about, wait, until) or []
        self._unresolved = any(one["code"] in _UNKNOWN_MODULE for one in found)
        return [
            one
            for one in found
            if one["category"] == _ERROR
            and one["code"] >= _LAST_OF_SYNTAX
            and one["code"] not in _LEFT_OUT
        ]

    def _about(self, project: _Project) -> dict[str, Any]:
        return {"snapshot": self._snapshot, "project": project.config, "file": project.program}

    def _open(self, question: Question, uses_node: bool, wait: Wait, until: float) -> _Project:
        """Have the compiler know a program; its project."""
        folder = question.directory if uses_node else _NOWHERE
        change: dict[str, Any] = {}
        project = self._projects.get(folder)
        files = self._server.files
        if project is None:
            project = _Project(folder, self._types if uses_node else None)
            files.update(project.files)
            change["openProjects"] = [project.config]
            left = [known for known in self._projects if known != _NOWHERE and folder != _NOWHERE]
            change["closeProjects"] = [self._projects.pop(known).config for known in left]
        texts = {project.inputs: question.inputs, project.program: question.text}
        changed = [path for path, text in texts.items() if files.get(path) != text]
        files.update(texts)
        if uses_node and (self._unresolved or _RELATIVE.search(question.text)):
            change["fileChanges"] = {"invalidateAll": True}  # files of the disk may have changed
        elif changed:
            change["fileChanges"] = {"changed": changed}
        if change:
            before = self._snapshot
            self._snapshot = self._server.ask("updateSnapshot", change, wait, until)["snapshot"]
            self._projects[folder] = project
            if before is not None:
                self._server.ask("release", {"snapshot": before}, wait, until)
        return project
