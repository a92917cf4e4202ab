"""CodeExecutor: the public door of the engine.

Lives in the process that calls it. Owns what an `Engine` owns, and the defaults.
"""

from __future__ import annotations

import os
from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from codeexec_magics.engine.engine import Engine, Inputs
from codeexec_magics.engine.outcome import Facts, compose
from codeexec_magics.engine.sources import program_of_file
from codeexec_magics.errors import CodeExecError, InvalidOptions
from codeexec_magics.languages import find, find_for_file
from codeexec_magics.values.options import DEFAULT_TIMEOUT, ExecutionOptions, Program
from codeexec_magics.values.results import ExecutionResult

if TYPE_CHECKING:
    from codeexec_magics.engine.jobs import Job


class CodeExecutor(Engine):
    """Runs programs in processes of their own, and leaves nothing of them behind.

    May be used from several threads at once, as a context manager, and after a fork. Executions
    return an `ExecutionResult` for whatever the program does, and raise `InvalidOptions` only.

    Args:
        default_timeout: Seconds that a program may take where an execution gives no ``timeout``;
            ``float("inf")`` for no limit.
        containment: What holds the programs: ``guarded-subreaper``, ``pid-namespace``, ``sealed``
            (both), ``subreaper``; None for the strongest of them that works on this machine.
        **defaults: Other fields of `ExecutionOptions`, for example ``standbys=0``, for executions
            that do not give them.

    Raises:
        InvalidOptions: An option has a value that cannot be meant.
    """

    def __init__(
        self,
        default_timeout: float = DEFAULT_TIMEOUT,
        *,
        containment: str | None = None,
        **defaults: Any,
    ) -> None:
        super().__init__(containment)
        self._options = ExecutionOptions()
        self._options = self._with(default_timeout, defaults)

    @property
    def default_timeout(self) -> float:
        """Seconds, where an execution gives no ``timeout``."""
        return self._options.timeout

    def execute_python(
        self, code: str, inputs: Inputs = None, timeout: float | None = None, **surroundings: Any
    ) -> ExecutionResult:
        """Run Python code; see `execute`."""
        return self.execute(code, "python", inputs=inputs, timeout=timeout, **surroundings)

    def execute_javascript(
        self, code: str, inputs: Inputs = None, timeout: float | None = None, **surroundings: Any
    ) -> ExecutionResult:
        """Run JavaScript code; see `execute`."""
        return self.execute(code, "javascript", inputs=inputs, timeout=timeout, **surroundings)

    def execute(
        self,
        code: str,
        language: str = "python",
        *,
        inputs: Inputs = None,
        timeout: float | None = None,
        key: Hashable = None,
        **surroundings: Any,
    ) -> ExecutionResult:
        """Run code and wait for its result.

        Args:
            code: The program. Its value is what its ``transform(inputs)`` returns if it defines
                one, else the value of its last expression.
            language: A language's name or alias.
            inputs: Values by name, for the program.
            timeout: Seconds; None for `default_timeout`, ``float("inf")`` for no limit.
            key: By what `runs.interrupt` knows it.
            **surroundings: Other fields of `ExecutionOptions`: ``directory``, ``environment``,
                ``interpreter``, ``converter``, ``grace``, ``startup_timeout``, ``kept_output``.

        Returns:
            The result, whatever the program did.

        Raises:
            InvalidOptions: An option has a value that cannot be meant.
        """
        program = Program(code, language)
        return self.run(program, self._with(timeout, surroundings), inputs, key=key)

    def execute_file(
        self,
        path: str | os.PathLike[str],
        inputs: Inputs = None,
        timeout: float | None = None,
        *,
        language: str | None = None,
        key: Hashable = None,
        **surroundings: Any,
    ) -> ExecutionResult:
        """Run a file as a program; see `execute`.

        Args:
            path: The file, in UTF-8 or in the encoding that its language has it name.
            inputs: Values by name, for the program.
            timeout: Seconds; None for `default_timeout`.
            language: A language's name; None goes by the file's suffix.
            key: By what `runs.interrupt` knows it.
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
            program = program_of_file(os.fspath(path), chosen)
        except CodeExecError as error:
            return compose(Facts(language or "", options.timeout, refusal=error))
        return self.run(program, options, inputs, key=key)

    def submit(
        self,
        code: str,
        language: str = "python",
        *,
        inputs: Inputs = None,
        timeout: float | None = None,
        key: Hashable = None,
        **surroundings: Any,
    ) -> Job:
        """Run code in the background.

        The program gets what is there now: its inputs, the environment and the current directory
        have been read when this returns, which takes as long as a worker takes to be granted.

        Args:
            code: The program; see `execute`.
            language: A language's name or alias.
            inputs: Values by name.
            timeout: Seconds; None for `default_timeout`.
            key: By what `runs.interrupt` knows it.
            **surroundings: Other fields of `ExecutionOptions`.

        Returns:
            The job. It ends with this process, with `close`, or when it is cancelled.

        Raises:
            InvalidOptions: An option has a value that cannot be meant.
        """
        program = Program(code, language)
        return self.start(program, self._with(timeout, surroundings), inputs, key=key)

    def _with(self, timeout: float | None, surroundings: Mapping[str, Any]) -> ExecutionOptions:
        unknown = [name for name in surroundings if name not in ExecutionOptions.__slots__]
        if unknown:
            known = ", ".join(sorted(ExecutionOptions.__slots__))
            raise InvalidOptions(f"there is no option {unknown[0]!r}; there are: {known}")
        changes = dict(surroundings)
        if timeout is not None:
            changes["timeout"] = timeout
        return replace(self._options, **changes)
