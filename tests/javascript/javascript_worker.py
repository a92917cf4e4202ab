"""A worker of its own around the runner: the kernel's side of the protocol, as short as can be."""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from codeexec_magics.languages.javascript import LANGUAGE
from codeexec_magics.protocol import frames

TOKEN = "a token"
DEADLINE = 60


def runtimes() -> list[str]:
    """The wheel's Node and the one on PATH, where they are."""
    found = [LANGUAGE.command(None, {"PATH": ""})[0]] if _has_wheel() else []
    on_path = shutil.which("node")
    return found + ([on_path] if on_path and on_path not in found else [])


def _has_wheel() -> bool:
    try:
        LANGUAGE.command(None, {"PATH": ""})
    except Exception:
        return False
    return True


@dataclass
class Answer:
    """What came back of a run."""

    last: dict[str, Any] | None
    others: list[dict[str, Any]]
    status: int
    stdout: bytes
    stderr: str
    outputs: bytes = b""
    pid: int = 0
    ready: dict[str, Any] = field(default_factory=dict)

    @property
    def node(self) -> Any:
        """The node of the result."""
        assert self.last is not None, (self.status, self.stderr)
        assert self.last["type"] == "result", self.last
        value = self.last["value"]
        assert value["codec"] == "tree"
        if "inline" in value:
            return value["inline"]
        text = self.outputs[value["offset"] : value["offset"] + value["length"]]
        return json.loads(text)

    def buffer(self, index: int) -> bytes:
        """A buffer of the result."""
        offset, length = self.last["value"]["buffers"][index]
        assert offset % 64 == 0
        return self.outputs[offset : offset + length]

    @property
    def trace(self) -> dict[str, Any]:
        """The trace of the failure."""
        assert self.last is not None, (self.status, self.stderr)
        assert self.last["type"] == "error", self.last
        return self.last["trace"]

    @property
    def place(self) -> tuple[str, int, int]:
        """File, line and column of the innermost frame."""
        frame = self.trace["frames"][-1]
        return frame["file"], frame["line"], frame["column"]

    @property
    def spot(self) -> str:
        """The text of the innermost frame's span."""
        frame = self.trace["frames"][-1]
        line = frame["excerpt"][frame["line"] - frame["excerpt_start"]]
        return line[frame["column"] - 1 : frame["end_column"] - 1]


class Worker:
    """One runner's process, with its descriptors as PROTOCOL.md has them."""

    def __init__(
        self,
        node: str,
        directory: Path,
        *,
        environment: dict[str, str] | None = None,
        stop: bool = True,
        flags: Sequence[str] = (),
    ) -> None:
        self.control, theirs = socket.socketpair()
        self.control.settimeout(DEADLINE)
        self.inputs, self.outputs = os.memfd_create("inputs"), os.memfd_create("outputs")
        stop_end, self.stop = os.pipe()
        argv = LANGUAGE.command(node, {"PATH": ""})
        given = {
            3: theirs.fileno(),
            4: self.inputs,
            5: self.outputs,
            **({6: stop_end} if stop else {}),
        }
        self.process = subprocess.Popen(
            _with_descriptors([argv[0], *flags, *argv[1:]], given),
            pass_fds=tuple(given.values()),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=directory,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
        theirs.close()
        os.close(stop_end)
        self.ready: dict[str, Any] = {}
        # A program that prints waits for its reader.
        self.begun = threading.Event()
        self._streams = ThreadPoolExecutor(2)
        self._printed = [
            self._streams.submit(self._drain, stream)
            for stream in (self.process.stdout, self.process.stderr)
        ]

    def _drain(self, stream: Any) -> bytes:
        """Read a stream to its end; `begun` says that something has come."""
        printed = b""
        while part := stream.read1(1 << 20):
            self.begun.set()
            printed += part
        return printed

    def run(
        self,
        source: str,
        inputs: Any = None,
        *,
        buffers: Sequence[bytes] = (),
        descriptor: dict[str, Any] | None = None,
        **fields: Any,
    ) -> None:
        """Wait until it is ready and send the program; inputs are a node, buffers its bytes."""
        self.ready = frames.receive(self.control) or {}
        self.send_run(source, inputs, buffers=buffers, descriptor=descriptor, **fields)

    def send_run(
        self,
        source: str,
        inputs: Any = None,
        *,
        buffers: Sequence[bytes] = (),
        descriptor: dict[str, Any] | None = None,
        **fields: Any,
    ) -> None:
        """Send the program to a runner that is ready."""
        ranges = []
        for buffer in buffers:
            offset = -(-os.fstat(self.inputs).st_size // 64) * 64
            os.pwrite(self.inputs, buffer, offset)
            ranges.append([offset, len(buffer)])
        message = {
            "type": "run",
            "token": TOKEN,
            "source": source,
            "filename": "<cell>",
            "first_line": 1,
            "entry": "transform",
            "inputs": descriptor or {"codec": "tree", "inline": inputs or {}, "buffers": ranges},
            "values": [],
            **fields,
        }
        frames.send(self.control, message)

    def receive(self) -> dict[str, Any] | None:
        """The next message; None at the channel's end."""
        try:
            message = frames.receive(self.control)
        except ConnectionResetError:
            return None
        if message is not None and message["type"] != "ready":
            assert message["token"] == TOKEN
        return message

    def finish(self) -> Answer:
        """Read everything up to the end of the process."""
        others = []
        last = None
        while (message := self.receive()) is not None:
            if message["type"] in ("result", "error"):
                last = message
                break
            others.append(message)
        self.process.wait(DEADLINE)
        stdout, stderr = (printed.result(DEADLINE) for printed in self._printed)
        size = os.fstat(self.outputs).st_size
        return Answer(
            last,
            others,
            self.process.returncode,
            stdout,
            stderr.decode(errors="replace"),
            os.pread(self.outputs, size, 0),
            self.process.pid,
            self.ready,
        )

    def close(self) -> None:
        """End everything."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._streams.shutdown()
        self.process.stdout.close()
        self.process.stderr.close()
        self.control.close()
        self.close_stop()
        os.close(self.inputs)
        os.close(self.outputs)

    def close_stop(self) -> None:
        """End the channel on which a stop is announced."""
        if self.stop >= 0:
            os.close(self.stop)
            self.stop = -1


def _with_descriptors(argv: list[str], given: dict[int, int]) -> list[str]:
    """A command that puts descriptors to their numbers, and then becomes ``argv``."""
    # First out of the way, then to their places: a source may be another's place.
    program = (
        "import os,sys;"
        f"high=[os.dup2(s,100+t) for t,s in {given!r}.items()];"
        "[os.dup2(h,h-100) for h in high];"
        f"os.closerange(max({list(given)!r})+1,200);"
        "os.execv(sys.argv[1],sys.argv[1:])"
    )
    return [sys.executable, "-I", "-S", "-c", program, *argv]


def packed(layout: str, *items: Any) -> bytes:
    """Items as bytes, by ``struct``."""
    return struct.pack(layout, *items)


def base64_text(raw: bytes) -> str:
    """Bytes as base64."""
    return base64.b64encode(raw).decode()
