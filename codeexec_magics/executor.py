"""CodeExecutor: the public door of the engine.

Lives in the process that calls it. Owns nothing until the first execution; then a share in the
process's supervisor, which ends with the last executor that is open.
"""

from __future__ import annotations

import os
import stat
import threading
import weakref
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from codeexec_magics.composition import Facts, compose
from codeexec_magics.errors import CodeExecError, InvalidOptions, SourceUnavailable
from codeexec_magics.execution import Execution, Observer
from codeexec_magics.languages import find, find_for_file
from codeexec_magics.options import DEFAULT_TIMEOUT, ExecutionOptions, Program
from codeexec_magics.results import ExecutionResult
from codeexec_magics.supervision.client import SupervisorClient

_CONTAINMENT_VARIABLE = "CODEEXEC_MAGICS_CONTAINMENT"
_LARGEST_SOURCE = 10_000_000


class CodeExecutor:
    """Runs programs in processes of their own, and leaves nothing of them behind.

    May be used from several threads at once, as a context manager, and after a fork. Executions
    return an `ExecutionResult` for whatever the program does, and raise `InvalidOptions` only.

    Args:
        default_timeout: Seconds that a program may take where an execution gives no ``timeout``;
            ``float("inf")`` for no limit.
        **defaults: Other fields of `ExecutionOptions`, for example ``standbys=0``, for executions
            that do not give them.

    Raises:
        InvalidOptions: An option has a value that cannot be meant.
    """

    def __init__(self, default_timeout: float = DEFAULT_TIMEOUT, **defaults: Any) -> None:
        self._options = ExecutionOptions()
        self._options = self._with(default_timeout, defaults)
        self._share = _Share()
        self._finalizer = weakref.finalize(self, self._share.give_back)

    @property
    def default_timeout(self) -> float:
        """Seconds, where an execution gives no ``timeout``."""
        return self._options.timeout

    @property
    def client(self) -> SupervisorClient:
        """The supervisor that this executor has a share in."""
        return self._share.take()

    def execute_python(
        self,
        code: str,
        inputs: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        **surroundings: Any,
    ) -> ExecutionResult:
        """Run Python code; see `execute`."""
        return self.execute(code, "python", inputs=inputs, timeout=timeout, **surroundings)

    def execute_javascript(
        self,
        code: str,
        inputs: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        **surroundings: Any,
    ) -> ExecutionResult:
        """Run JavaScript code; see `execute`."""
        return self.execute(code, "javascript", inputs=inputs, timeout=timeout, **surroundings)

    def execute(
        self,
        code: str,
        language: str = "python",
        *,
        inputs: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        **surroundings: Any,
    ) -> ExecutionResult:
        """Run code and wait for its result.

        Args:
            code: The program. Its value is what its ``transform(inputs)`` returns if it defines
                one, else the value of its last expression.
            language: A language's name or alias.
            inputs: Values by name, for the program.
            timeout: Seconds; None for `default_timeout`, ``float("inf")`` for no limit.
            **surroundings: Other fields of `ExecutionOptions`: ``directory``, ``environment``,
                ``interpreter``, ``converter``, ``grace``, ``startup_timeout``, ``kept_output``.

        Returns:
            The result, whatever the program did.

        Raises:
            InvalidOptions: An option has a value that cannot be meant.
        """
        program = Program(code, language)
        return self.run(program, self._with(timeout, surroundings), inputs)

    def execute_file(
        self,
        path: str | os.PathLike[str],
        inputs: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        *,
        language: str | None = None,
        **surroundings: Any,
    ) -> ExecutionResult:
        """Run a file as a program; see `execute`.

        Args:
            path: The file, in UTF-8.
            inputs: Values by name, for the program.
            timeout: Seconds; None for `default_timeout`.
            language: A language's name; None goes by the file's suffix.
            **surroundings: Other fields of `ExecutionOptions`.

        Returns:
            The result; a failed one that names the file and the reason if it cannot be read.

        Raises:
            InvalidOptions: An option has a value that cannot be meant.
        """
        options = self._with(timeout, surroundings)
        if not isinstance(path, str | os.PathLike) or not isinstance(os.fspath(path), str):
            raise InvalidOptions(f"path must be a str or a Path, not {path!r}")
        try:
            chosen = find(language) if language else find_for_file(os.fspath(path))
            program = Program(read_source(path), chosen.name)
        except CodeExecError as error:
            return compose(Facts(language or "", options.timeout, refusal=error))
        return self.run(program, options, inputs)

    def run(
        self,
        program: Program,
        options: ExecutionOptions,
        inputs: Mapping[str, Any] | None = None,
        observer: Observer | None = None,
    ) -> ExecutionResult:
        """Run a program under options; `execute` for those who have them as values.

        Args:
            program: What to run.
            options: Its limits and surroundings.
            inputs: Values by name.
            observer: Who hears of output, displays and progress while it runs.

        Raises:
            InvalidOptions: The inputs are no mapping with string keys, or the directory is none.
        """
        values = _checked_inputs(inputs)
        _check_directory(options.directory)
        try:
            language = find(program.language)
        except CodeExecError as error:
            return compose(Facts(program.language, options.timeout, refusal=error))
        execution = Execution(program, language, options, observer or Observer())
        return execution.run(self.client, values)

    def close(self) -> None:
        """Give the share in the supervisor back; the last one ends it. Safe to call twice."""
        self._finalizer()
        self._share = _Share()
        self._finalizer = weakref.finalize(self, self._share.give_back)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _with(self, timeout: float | None, surroundings: Mapping[str, Any]) -> ExecutionOptions:
        unknown = [name for name in surroundings if name not in ExecutionOptions.__slots__]
        if unknown:
            known = ", ".join(sorted(ExecutionOptions.__slots__))
            raise InvalidOptions(f"there is no option {unknown[0]!r}; there are: {known}")
        changes = dict(surroundings)
        if timeout is not None:
            changes["timeout"] = timeout
        return replace(self._options, **changes)


def read_source(path: str | os.PathLike[str]) -> str:
    """The text of a program's file.

    Raises:
        SourceUnavailable: It is missing, a directory, unreadable, too large, or not UTF-8.
    """
    name = os.fspath(path)
    file = Path(name)
    try:
        _check_source(name, file.stat())
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceUnavailable(
            f"cannot execute {name!r}: byte {error.start} is not UTF-8; save the file as UTF-8"
        ) from None
    except SourceUnavailable:
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SourceUnavailable(f"cannot execute {name!r}: {reason}") from None


def _check_source(name: str, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        what = "a directory" if stat.S_ISDIR(found.st_mode) else "no regular file"
        raise SourceUnavailable(f"cannot execute {name!r}: it is {what}")
    if found.st_size > _LARGEST_SOURCE:
        raise SourceUnavailable(
            f"cannot execute {name!r}: above {_LARGEST_SOURCE:,} bytes it is no program"
        )


class _Share:
    """A share in the process's one supervisor, taken at the first use."""

    _lock = threading.RLock()  # a collection within `take` may end an executor that nobody holds
    _holders = 0
    _client: SupervisorClient | None = None

    def __init__(self) -> None:
        self._taken = False

    def take(self) -> SupervisorClient:
        with _Share._lock:
            if _Share._client is None:
                _Share._client = SupervisorClient(os.environ.get(_CONTAINMENT_VARIABLE, "auto"))
            if not self._taken:
                self._taken = True
                _Share._holders += 1
            return _Share._client

    def give_back(self) -> None:
        with _Share._lock:
            if not self._taken:
                return
            self._taken = False
            _Share._holders -= 1
            client = None
            if _Share._holders == 0:
                client, _Share._client = _Share._client, None
        if client is not None:
            client.close()

    @classmethod
    def forget_lock(cls) -> None:
        """In a fork: another thread of the parent may have held the lock."""
        cls._lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_Share.forget_lock)


def _checked_inputs(inputs: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if inputs is None:
        return {}
    if not isinstance(inputs, Mapping):
        raise InvalidOptions(
            f"inputs must be a mapping of names to values, not {type(inputs).__name__}"
        )
    for name in inputs:
        if not isinstance(name, str):
            raise InvalidOptions(f"the name of an input must be a string, not {name!r}")
    return inputs


def _check_directory(directory: str | None) -> None:
    if directory is not None and not os.path.isdir(directory):
        raise InvalidOptions(f"directory must be an existing folder, not {directory!r}")
