"""Serve one run by bash: check, declare, run, and tell what came of it.

Runs in the child, in front of bash; ends as bash has ended.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from typing import Any, NoReturn

from ....data.arena import Arena
from ....data.decode import Decoder
from ....errors import DataError, DecodingFailed
from ....protocol.numbers import INPUTS, OUTPUTS, UNUSABLE
from ....protocol.tree import TreeWriter
from ...bridge.runner.channel import Channel
from ...bridge.runner.messages import error_message, result_message, stopped_message
from .declarations import Declarations, File, file_name, write_file
from .reports import Report, read_reports, syntax_error, values_of

_REPORT, _VALUE = 200, 201
"""Descriptors of bash, out of the way of those that scripts use."""

_LONGEST_ARGUMENT = 128_000
"""Bytes of one argument (MAX_ARG_STRLEN of Linux, less what else is in it)."""

_INTERRUPTED = 130
_BROKEN_PIPE = 141
_SIGPIPE = "141 is SIGPIPE: the command behind it had read enough; `set +o pipefail` lets that pass"


def serve(language: str, argv: list[str]) -> NoReturn:
    """Serve the run that this process was started for.

    Args:
        language: The language's name.
        argv: bash.
    """
    channel = Channel()
    version = "".join(_output([argv[0], "--version"]).splitlines()[:1])
    if "bash" not in version:
        sys.stderr.write(f"cannot run {language}: {argv[0]} is no bash\n")
        os._exit(UNUSABLE)
    channel.greet(language, version)
    _Run(channel, argv[0], channel.receive_run()).perform()


class _Run:
    """The one run of this process."""

    def __init__(self, channel: Channel, bash: str, run: dict[str, Any]) -> None:
        self._channel = channel
        self._bash = bash
        self._request = run
        self._folder = tempfile.gettempdir()
        # To bash a carriage return is a part of the last word.
        self._source = run["source"].replace("\r\n", "\n")
        self._lines = self._source.rstrip("\n").split("\n")
        self._wanted: list[str] = run.get("outputs", [])
        self._process: subprocess.Popen[bytes] | None = None
        self._interrupted = False

    def perform(self) -> NoReturn:
        signal.signal(signal.SIGINT, self._on_interrupt)
        self._check_syntax()
        declarations = self._declarations()
        value, report = os.memfd_create("value"), os.memfd_create("report")
        printed = self._execute(declarations, value, report)
        assert self._process is not None
        status = int(self._process.returncode)
        reports, variables = read_reports(_content(report))
        failed = [one for one in reports if not one.subshell]
        if self._interrupted and failed:
            self._channel.send(stopped_message({"frames": self._frames(failed[-1])}, self._request))
        if status:
            self._fail(status, failed)
        self._succeed(_content(value), printed, variables)

    def _check_syntax(self) -> None:
        before, null, _ = self._source.partition("\0")
        if null:  # bash would end the program there
            line = self._request["first_line"] + before.count("\n")
            said = {"class": "SyntaxError", "message": "bash cannot read a NUL character"}
            self._error({**said, "frames": [{"line": line}]})
        self._arguments = self._script()
        done = subprocess.run(  # noqa: S603
            [self._bash, "--noprofile", "--norc", "-n", *self._arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={**os.environ, "LC_MESSAGES": "C"},
            check=False,
        )
        told = done.stderr.decode("utf-8", "replace")
        # What bash warns of only: such a program would go on into what we run behind it.
        if done.returncode or "delimited by end-of-file" in told:
            line, message = syntax_error(told)
            frames = [] if line is None else [{"line": self._within(line)}]
            self._error({"class": "SyntaxError", "message": message, "frames": frames})

    def _declarations(self) -> str:
        made = Declarations(self._folder)
        try:
            for name, value in _Reading(self._folder).value_of(self._request["inputs"]).items():
                made.add(name, value)
        except DataError as error:
            said = {"class": type(error).__name__, "message": str(error), "kind": "decoding"}
            self._error({**said, "path": getattr(error, "path", "")})
        return made.finish()

    def _execute(self, declarations: str, value: int, report: int) -> bytes:
        """Run the program; what it has printed, where that may be its value."""
        prelude = os.memfd_create("prelude")
        os.write(prelude, f"{_prelude()}\n{declarations}\n".encode("utf-8", "surrogateescape"))
        os.dup2(report, _REPORT, inheritable=True)
        os.dup2(value, _VALUE, inheritable=True)
        self._process = subprocess.Popen(  # noqa: S603 - it is what this is for
            [self._bash, "--noprofile", "--norc", *self._arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if self._wanted else None,
            env={**os.environ, "BASH_ENV": f"/proc/{os.getpid()}/fd/{prelude}"},
            preexec_fn=_lead_a_group,  # an interrupt reaches what runs in bash, too
            close_fds=False,
        )
        return self._printed()

    def _printed(self) -> bytes:
        assert self._process is not None
        if self._process.stdout is None:
            self._process.wait()
            return b""
        # Until bash ends, not until the pipe does: a child in the background may hold that.
        parts, fd = [], self._process.stdout.fileno()
        os.set_blocking(fd, False)
        ended = os.pidfd_open(self._process.pid) if hasattr(os, "pidfd_open") else None
        import select

        while True:
            ready, _, _ = select.select([fd, *([ended] if ended is not None else [])], [], [])
            try:
                part = os.read(fd, 1 << 16) if fd in ready else b""
            except BlockingIOError:
                part = b""
            parts.append(part)
            if not part and (fd in ready or ended in ready):
                break
        self._process.wait()
        return b"".join(parts)

    def _script(self) -> list[str]:
        """The arguments that hand the program over, so that its lines are those of the cell."""
        text = "\n" * (self._request["first_line"] - 1) + self._source + "\n" + self._tail()
        data = text.encode("utf-8", "surrogateescape")
        if len(data) < _LONGEST_ARGUMENT:
            return ["-c", text, self._request["filename"]]
        return [write_file(self._folder, self._request["filename"], data)]

    def _tail(self) -> str:
        """What is run behind the program: its function, and the variables that are wanted."""
        entry = self._request["entry"]
        lines = [""]  # the last line of the program may go on
        if entry in self._source:
            lines.append(f"if declare -F {entry} >/dev/null; then {entry}; fi")
        names = [name for name in self._wanted if name.isidentifier() and name.isascii()]
        return "\n".join([*lines, *([f"__cell_value {' '.join(names)}"] if names else [])])

    def _frames(self, report: Report) -> list[dict[str, Any]]:
        """The frames of a report; the call of `_tail` is none of the program's."""
        found = report.frames(self._lines, self._request["first_line"])
        return [frame for frame in found if frame["line"] == self._within(frame["line"])]

    def _within(self, line: int) -> int:
        """A line of the program: bash names the one behind it where something is missing."""
        last = self._request["first_line"] + max(len(self._lines) - 1, 0)
        return line if line < last else int(last)

    def _fail(self, status: int, failed: list[Report]) -> NoReturn:
        if failed and failed[-1].status == status and not self._interrupted:
            report = failed[-1]
            message = report.message(self._lines, self._request["first_line"])
            self._error(
                {
                    "class": "CommandFailed",
                    "message": message,
                    "frames": self._frames(report),
                    "notes": [_SIGPIPE] if status == _BROKEN_PIPE else [],
                },
                exit_code=status,
            )
        if status < 0:
            signal.signal(-status, signal.SIG_DFL) if -status != signal.SIGKILL else None
            os.kill(os.getpid(), -status)
        os._exit(status & 0xFF)

    def _succeed(self, written: bytes, printed: bytes, variables: dict[str, Any]) -> NoReturn:
        said: dict[str, Any] = {"value": None}
        try:
            values = values_of(written)
        except DecodingFailed as error:
            kind = {"class": "DataError", "message": str(error), "kind": "encoding"}
            self._error({**kind, "path": "result"})
        if values:
            writer = TreeWriter("result")
            said["value"] = writer.node(values[0] if len(values) == 1 else values)
            self._print(printed)
        elif printed:
            text = printed.decode("utf-8", "replace")
            said["value"] = text.removesuffix("\n")
        elif self._wanted:
            missing = [name for name in self._wanted if name not in variables]
            if missing:
                said["missing"] = missing
            elif len(self._wanted) == 1:
                said["value"] = variables[self._wanted[0]]
            else:
                said["value"] = variables
        sys.stdout.flush()
        self._channel.send(result_message(said, OUTPUTS))
        os._exit(0)

    def _print(self, printed: bytes) -> None:
        while printed:
            printed = printed[os.write(1, printed) :]

    def _error(self, said: dict[str, Any], exit_code: int | None = None) -> NoReturn:
        message = error_message(said, self._request)
        if exit_code is not None:
            message["exit_code"] = exit_code
        self._channel.send(message)
        os._exit(1)

    def _on_interrupt(self, *_: object) -> None:
        self._interrupted = True
        if self._process is not None:
            try:
                os.killpg(self._process.pid, signal.SIGINT)
            except OSError:
                return
        else:
            os._exit(_INTERRUPTED)


class _Reading(Decoder):
    """Reads the inputs; what is a file is written, and is its path."""

    def __init__(self, folder: str) -> None:
        super().__init__(
            Arena(INPUTS), allow_pickle=False, root="inputs", by_columns=False, kept=()
        )
        self._folder = folder

    def value_of(self, descriptor: dict[str, Any]) -> dict[str, Any]:
        """The inputs by name.

        Raises:
            DataError: Something cannot be read.
        """
        return dict(self.read(self.open(descriptor)))

    def other(self, tag: str, node: dict[str, Any]) -> Any:
        """As in the base class; a file is written."""
        if tag != "file":
            return super().other(tag, node)
        name = file_name(str(self.path).partition(".")[2]) + node["suffix"]
        return File(write_file(self._folder, name, bytes(self.buffer(node["b"]))))


def _prelude() -> str:
    with open(os.path.join(os.path.dirname(__file__), "prelude.sh"), encoding="utf-8") as file:
        return file.read().replace("REPORT", str(_REPORT)).replace("VALUE", str(_VALUE))


def _lead_a_group() -> None:
    os.setpgid(0, 0)


def _content(fd: int) -> bytes:
    return os.pread(fd, os.fstat(fd).st_size, 0)


def _output(argv: list[str]) -> str:
    done = subprocess.run(  # noqa: S603
        argv, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    return done.stdout.decode("utf-8", "replace")
