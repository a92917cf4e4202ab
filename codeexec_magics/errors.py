"""The exceptions of the package.

Plain classes of the standard library; any process may import this module.

::

    CodeExecError
    ├── InvalidOptions            (ValueError) told before anything starts
    │   └── PipelineError         a pipeline's file is wrong; .problems has each with its place
    ├── LanguageUnavailable       what is missing, and how to install it
    ├── IsolationUnavailable      this machine cannot seal, sandbox, or cut off a program
    ├── SourceUnavailable         (OSError) the file cannot be read, or has no known language
    ├── DataError                 a value cannot be sent; .path names it
    │   ├── EncodingFailed        on the way out
    │   └── DecodingFailed        on the way in
    ├── NoValue                   names want a value, and the program gave none
    ├── ExecutionFailed           has .result; raised by result.raise_for_outcome() and by the magic
    │   ├── ProgramFailed         the program threw; .result.trace
    │   ├── ExecutionTimedOut     (TimeoutError)
    │   ├── ExecutionInterrupted
    │   ├── MemoryLimitExceeded   (MemoryError)
    │   ├── PipelineFailed        a step that a pipeline requires has failed; .result has all steps
    │   └── WorkerCrashed         it ended without a last word
    ├── ProtocolError             a message that is not of the protocol
    ├── SupervisorLost            the supervising process vanished; everything was cleaned
    └── ExpectationNotMet         a cell with --expect has not failed in that way
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class CodeExecError(Exception):
    """The root of every exception that this package raises on purpose."""


class InvalidOptions(CodeExecError, ValueError):
    """An option has a value that cannot be meant; told before anything starts."""


class PipelineError(InvalidOptions):
    """A pipeline is wrong; told before anything starts.

    Attributes:
        problems: All that is wrong, each as file, line, column and text.
    """

    def __init__(self, problems: Sequence[tuple[str, int, int, str]]) -> None:
        lines = (f"{file}:{line}:{column}: {text}" for file, line, column, text in problems)
        super().__init__("\n".join(lines))
        self.problems = tuple(problems)

    def __reduce__(self) -> tuple[type[PipelineError], tuple[Any]]:
        return type(self), (self.problems,)


class LanguageUnavailable(CodeExecError):
    """The language is unknown, or its runtime is missing or too old; the text says what to do."""


class IsolationUnavailable(CodeExecError):
    """This machine cannot give what an execution asks for; the text says what is missing."""


class SourceUnavailable(CodeExecError, OSError):
    """The file to execute cannot be read as a program; the text names the file and the reason."""


class DataError(CodeExecError):
    """A value cannot be sent between processes without being changed.

    Attributes:
        path: Where the value stands, for example ``inputs.rows[3].when``.
    """

    def __init__(self, message: str, *, path: str = "") -> None:
        super().__init__(message)
        self.path = path


class EncodingFailed(DataError):
    """A value could not be put on the wire; names its path, its type and a way out."""


class DecodingFailed(DataError):
    """A value on the wire could not be rebuilt here; names its path and the reason."""


class NoValue(CodeExecError):
    """A program gave no value for the names that want one, and has no variables of these names."""

    @classmethod
    def of(cls, names: tuple[str, ...], missing: tuple[str, ...], hint: str = "") -> NoValue:
        """The error for a program that lacks some of the names, with what to type."""
        written = names[0] if len(names) == 1 else f"[{', '.join(names)}]"
        each = " and ".join(f"`{name}`" for name in missing)
        told = f"the cell gave no value: end it with `{written}`, or assign {each}"
        return cls(f"{told}; {hint}" if hint else told)


class ProtocolError(CodeExecError):
    """A message breaks the protocol: a fault of ours, or a program that writes to our channel."""


class SupervisorLost(CodeExecError):
    """The supervising process vanished during a run; the run's processes were ended first."""


class ExpectationNotMet(CodeExecError):
    """A cell that must fail in one way succeeded, or failed in another; the text names both."""


class ExecutionFailed(CodeExecError):
    """An execution did not succeed.

    Attributes:
        result: The `ExecutionResult`, with everything that is known.
    """

    def __init__(self, result: Any) -> None:
        super().__init__(result.error or result.outcome.value)
        self.result = result

    def __reduce__(self) -> tuple[type[ExecutionFailed], tuple[Any]]:
        return type(self), (self.result,)


class ProgramFailed(ExecutionFailed):
    """The program threw; ``result.trace`` has its stack."""


class ExecutionTimedOut(ExecutionFailed, TimeoutError):
    """The program reached its time limit and was ended."""


class ExecutionInterrupted(ExecutionFailed):
    """The user interrupted the program."""


class MemoryLimitExceeded(ExecutionFailed, MemoryError):
    """The program needed more memory than it may have."""


class PipelineFailed(ExecutionFailed):
    """A step that a pipeline requires has failed; ``result`` is the `PipelineResult`."""

    def __init__(self, result: Any) -> None:
        super().__init__(result)


class WorkerCrashed(ExecutionFailed):
    """The program's process ended without a last word: exit, signal, or a broken channel."""
