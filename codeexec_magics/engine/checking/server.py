"""What is said with the compiler of TypeScript: questions, and the files that it asks for.

Lives in the kernel. Owns one leased process, which ends with this object, its supervisor or the
kernel, whichever comes first. It is not asked in two threads at once.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from codeexec_magics.leases.client import SupervisorClient
from codeexec_magics.supervision.recipe import Recipe

# It speaks over its stdin and stdout, and a worker has the socket to its owner elsewhere.
_START = 'exec "$0" "$@" <&3 >&3 2>/dev/null'
_STARTUP = 10.0
_PATIENCE = 2.0
"""Seconds in which it takes what it is sent."""
_READ_SIZE = 1 << 20
_LONGEST_ANSWER = 1 << 26

Wait = Callable[[int, float], bool]
"""Waits for a descriptor until a time (monotonic seconds); whether there is something to read."""


class Late(Exception):
    """There is no answer in time, or nobody waits for it any more."""


class Gone(Exception):
    """The compiler has ended, or says what nobody understands."""


class Refused(Gone):
    """It does not answer that; it may be asked something else."""


class Server:
    """One process of the compiler.

    Args:
        client: Who starts it.
        program: Its path.

    Attributes:
        files: What it is to find instead of what there is on the disk: texts by path.
    """

    def __init__(self, client: SupervisorClient, program: Path) -> None:
        self.files: dict[str, str] = {}
        self._received = bytearray()
        self._number = 0
        arguments = ["--api", "--async", "--cwd", "/", "--callbacks=readFile"]
        argv = ["/bin/sh", "-c", _START, str(program), *arguments]
        self._lease = client.lease(Recipe(argv, {}, "/"), _STARTUP)
        self._lease.control.settimeout(_PATIENCE)

    @property
    def pid(self) -> int:
        """Its process."""
        return self._lease.pid

    def ask(self, method: str, parameters: Any, wait: Wait, until: float) -> Any:
        """Ask something, and answer what it asks back meanwhile.

        Raises:
            Late: There is no answer in time; it cannot be asked again.
            Gone: It has ended.
            Refused: It does not answer that.
        """
        self._number += 1
        number = self._number
        self._send({"id": number, "method": method, "params": parameters})
        while True:
            message = self._receive(wait, until)
            if "method" in message:
                answer = self._answer(message.get("params"))
                self._send({"id": message.get("id"), "result": answer})
            elif message.get("id") == number:
                if "error" in message:
                    raise Refused(f"{method}: {message['error']}")
                return message.get("result")

    def close(self) -> None:
        """End it; it has ended when this returns. Safe to call twice."""
        self._lease.release()
        self._lease.wait()
        self._lease.close()

    def _answer(self, path: Any) -> Any:
        """A file's text; None lets it look at the disk."""
        text = self.files.get(path) if isinstance(path, str) else None
        return None if text is None else {"content": text}

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        try:
            self._lease.control.sendall(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        except TimeoutError:
            raise Late from None
        except OSError as error:
            raise Gone(str(error)) from None

    def _receive(self, wait: Wait, until: float) -> dict[str, Any]:
        """The next message."""
        while True:
            message = self._next()
            if message is not None:
                return message
            if not wait(self._lease.control.fileno(), until):
                raise Late
            received = b""
            with contextlib.suppress(OSError):
                received = self._lease.control.recv(_READ_SIZE)
            if not received:
                raise Gone("it has ended")
            self._received += received

    def _next(self) -> dict[str, Any] | None:
        """The next message of what has been received; None if it is not there whole."""
        head, found, _ = self._received.partition(b"\r\n\r\n")
        if not found:
            return None
        length = head.rpartition(b"Content-Length:")[2].split(b"\r")[0].strip()
        if not length.isdigit() or int(length) > _LONGEST_ANSWER:
            raise Gone("what it says has no length")
        start = len(head) + len(found)
        end = start + int(length)
        if len(self._received) < end:
            return None
        body = bytes(self._received[start:end])
        del self._received[:end]
        try:
            message = json.loads(body)
        except ValueError:
            raise Gone("what it says is no JSON") from None
        if not isinstance(message, dict):
            raise Gone("what it says is no message")
        return message
