"""Transform: a program that can be called, pickled, and sent elsewhere.

Runs in any process that imports the package; needs no IPython. A transform is text and options
only: it owns no descriptor and no process. The process that calls it owns one executor for all its
transforms, made at the first call.
"""

from __future__ import annotations

import inspect
import keyword
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from types import FrameType
from typing import TYPE_CHECKING, Any

from codeexec_magics import languages
from codeexec_magics.engine import hosting
from codeexec_magics.engine.executor import CodeExecutor
from codeexec_magics.engine.observer import Observer
from codeexec_magics.engine.raising import raise_in_program
from codeexec_magics.errors import ExecutionFailed, InvalidOptions
from codeexec_magics.values.options import ExecutionOptions, Program
from codeexec_magics.values.results import ExecutionResult, Outcome

if TYPE_CHECKING:
    from codeexec_magics.engine.jobs import Job
    from codeexec_magics.engine.mapping import MapPlan


@dataclass(frozen=True)
class Transform:
    """A program under a name, called like a function.

    Each call runs the program again in a process of its own, wherever the transform has been
    pickled to. What the program prints goes to the caller's ``sys.stdout`` and ``sys.stderr``.

    Attributes:
        name: The function's name.
        program: What is run.
        options: How it is run.
        inputs: The names of the inputs, where the program itself does not tell them.
    """

    name: str
    program: Program
    options: ExecutionOptions = field(default_factory=ExecutionOptions, hash=False)
    inputs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_name(self.name)
        language = languages.find(self.program.language)
        described = language.description(self.program, self.inputs)

        # As on a function: what help(), inspect and scheduling libraries look at.
        for attribute, value in {
            "__name__": self.name,
            "__qualname__": self.name,
            "__doc__": described.documentation or f"Run the {language.name} program {self.name!r}.",
            "__signature__": described.signature,
        }.items():
            object.__setattr__(self, attribute, value)

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Run the program with these inputs and return its value.

        Raises:
            TypeError: The arguments do not fit the signature.
            ExecutionFailed: The subclass that matches the outcome.
            KeyboardInterrupt: The user interrupted the program.
        """
        # IPython and rich leave this frame out: the failure is the program's.
        __tracebackhide__ = _rich_traceback_omit = True
        inputs = self.bind(*arguments, **keywords)
        result = self.run(inputs)
        hint = "" if result.success else self._lacks(result, inputs, sys._getframe(1))
        return self._value_of(result, hint)

    def _lacks(self, result: ExecutionResult, inputs: Mapping[str, Any], caller: FrameType) -> str:
        """What is said of a name that the program lacks, and that its caller has."""
        from codeexec_magics.values.missing_names import missing_name  # late: for failures only

        name = missing_name(result.trace.message if result.trace is not None else "")
        known = name in caller.f_locals or name in caller.f_globals
        if not name.isidentifier() or name in inputs or not known:
            return ""
        return f"`{name}` is a variable where it is called: pass it in, {self.name}({name}={name})"

    def _value_of(self, result: ExecutionResult, hint: str = "") -> Any:
        __tracebackhide__ = _rich_traceback_omit = True
        if result.outcome is Outcome.INTERRUPTED:
            host = hosting.current()
            if host is not None:
                raise host.interruption(result)
            # A plain `except Exception` around a call must not swallow the user's wish to stop.
            raise KeyboardInterrupt(result.error or "the program was interrupted")
        try:
            return result.raise_for_outcome().output
        except ExecutionFailed as failure:
            if result.stack_trace:
                failure.add_note(result.stack_trace)
            if hint:
                failure.add_note(hint)
            where = result.trace
            raise_in_program(failure.with_traceback(None), self.program, where, self.name)

    def map(
        self,
        items: Iterable[Any],
        *,
        inputs: Mapping[str, Any] | None = None,
        workers: int | None = None,
        timeout: float | None = None,
        batch: int | None = None,
        on_error: str = "stop",
        progress: Callable[[float, float | None, str], None] | None = None,
        on: Any = None,
    ) -> list[Any]:
        """Call the program's function with each of many items, in several processes.

        Each process runs the program once, then serves items of this map, and ends with it. An item
        goes to the parameter ``item``, or else to the first that bears the name of no input; if it
        hangs, crashes or throws, it is lost alone. Items that share a batch with one that ended its
        process may be worked on twice.

        Args:
            items: Any iterable, drawn from as far as items are needed; a frame stands for its rows.
            inputs: What all items share, by name.
            workers: How many processes at once; None for one for each core.
            timeout: Seconds for each item; None for the transform's own.
            batch: How many items are handed over at once; None for as many as take some 20 ms.
            on_error: ``stop``: the map fails with the first item that does. ``go on``: it fails
                when all others are done. ``collect``: an `ItemFailure` takes the value's place.
            progress: Called with how many are done, how many there are (or None), and a text.
            on: Where they are worked on: a client of Dask or ipyparallel, the module ``ray``, any
                executor of ``concurrent.futures``; None for this machine.

        Returns:
            The values, in the order of the items.

        Raises:
            ExecutionFailed: The subclass that matches how the item failed that comes first.
            EncodingFailed: Inputs cannot travel to where the items are worked on.
            KeyboardInterrupt: The user interrupted it.
            InvalidOptions: An argument cannot be meant.
        """
        __tracebackhide__ = _rich_traceback_omit = True
        options, plan = self._mapped(timeout, workers, batch, on_error, on)
        observer = Observer(output=_pass_on, progress=progress)
        executor = shared_executor()
        if on is not None:
            _check_travelling(inputs)
        result = executor.map(
            self.program, options, items, inputs, observer, plan=plan, label=self.name
        )
        values: list[Any] = self._value_of(result)
        return values

    def over_rows(self, frame: Any, **inputs: Any) -> Any:
        """Call the program's function with each row of a frame, where the frame is.

        For what hands partitions to a function: ``map_partitions`` of Dask, ``map_batches`` of Ray,
        ``pipe`` of polars and pandas. No partition passes the process that drives them.

        Args:
            frame: A frame or series of pandas or polars, or a table or batch of Arrow.
            inputs: What all rows share, by name.

        Returns:
            Of the same library: a frame of the rows that the function returns, or a series (in
            Arrow, one column) of its values. A frame of pandas keeps its index; a column with the
            name of one that went in keeps its type, where that holds the values.

        Raises:
            ExecutionFailed: The subclass that matches how the first row that failed did.
            InvalidOptions: It is no frame.
        """
        __tracebackhide__ = _rich_traceback_omit = True
        from codeexec_magics.engine import partitions  # late: few transforms need it

        # The rows become a frame there, of the library of the one that came in.
        rows = replace(self, options=replace(self.options, converter="auto"))
        return partitions.over_rows(rows, frame, inputs)

    def over_batches(self, batches: Iterable[Any]) -> Iterator[Any]:
        """Do as `over_rows` does with each batch of Arrow: for ``mapInArrow`` of Spark.

        Args:
            batches: An iterator of `pyarrow.RecordBatch`; it is drawn from as far as needed.

        Yields:
            A batch for each that has rows.

        Raises:
            ExecutionFailed: The subclass that matches how the first row that failed did.
            InvalidOptions: What comes is no batch.
        """
        from codeexec_magics.engine import partitions  # late: few transforms need it

        return partitions.over_batches(self.over_rows, self.name, batches)

    @property
    def function(self) -> Callable[..., Any]:
        """The transform as a plain function, for libraries that take nothing else.

        It has the transform's name, signature and documentation, and `typing.Any` for what is not
        annotated: ``ray.remote(clean.function)``, ``PipeFunc(clean.function, "y")``.
        """

        def function(*arguments: Any, **keywords: Any) -> Any:
            __tracebackhide__ = _rich_traceback_omit = True
            return self(*arguments, **keywords)

        signature = inspect.signature(self)
        names = (*signature.parameters, "return")
        function.__name__ = function.__qualname__ = self.name
        function.__doc__ = self.__doc__
        function.__annotations__ = dict.fromkeys(names, Any)
        vars(function)["__signature__"] = signature
        return function

    def submit_map(
        self,
        items: Iterable[Any],
        *,
        inputs: Mapping[str, Any] | None = None,
        workers: int | None = None,
        timeout: float | None = None,
        batch: int | None = None,
        on_error: str = "stop",
        on: Any = None,
    ) -> Job:
        """Do what `map` does in the background; takes the same, and raises `InvalidOptions` only.

        The job's ``progress`` tells how many items are done, the ``output`` of its result is the
        list of values. Inputs, lists and frames have been copied when this returns; an iterator
        is drawn from in the job's thread.
        """
        options, plan = self._mapped(timeout, workers, batch, on_error, on)
        executor = shared_executor()
        return executor.start_map(self.program, options, items, inputs, plan=plan, label=self.name)

    def stream(
        self,
        items: Iterable[Any],
        *,
        inputs: Mapping[str, Any] | None = None,
        workers: int | None = None,
        timeout: float | None = None,
        batch: int | None = None,
        on_error: str = "stop",
        on: Any = None,
    ) -> Iterator[Any]:
        """Do what `map` does, and give the values one by one, in order; takes the same.

        Items are drawn only so far ahead of the values that are taken: the iterable may be endless.
        When the generator is closed, or nobody has it any more, nothing is left of it. With ``go
        on`` and ``collect`` an `ItemFailure` stands in the item's place; with ``go on`` the end
        raises.

        Raises:
            InvalidOptions: An argument cannot be meant.
            EncodingFailed: Inputs cannot travel to where the items are worked on.
        """
        from codeexec_magics.engine.scaling.streaming import stream  # late, as for maps

        options, plan = self._mapped(timeout, workers, batch, on_error, on)
        observer = Observer(output=_pass_on)
        return stream(self.program, self.name, items, inputs or {}, options, plan, observer)

    def describe(self, on: Any = None) -> list[dict[str, Any]]:
        """What each worker has: ``host``, ``pid``, versions, ``containment``, the runtime.

        Args:
            on: As for `map`; of an executor the workers that take the calls are told.

        Raises:
            InvalidOptions: It stands for no engine.
        """
        from codeexec_magics.engine.scaling.describing import describe  # late, as for maps

        return describe(self.program.language, on)

    def _mapped(
        self,
        timeout: float | None,
        workers: int | None,
        batch: int | None,
        on_error: str,
        on: Any = None,
    ) -> tuple[ExecutionOptions, MapPlan]:
        from codeexec_magics.engine.mapping import MapPlan  # late: few transforms are mapped

        options = self.options if timeout is None else replace(self.options, timeout=timeout)
        return options, MapPlan(workers=workers, batch=batch, on_error=on_error, on=on)

    def submit(self, *arguments: Any, **keywords: Any) -> Job:
        """Run the program with these inputs in the background; its job has what it prints.

        Raises:
            TypeError: The arguments do not fit the signature.
        """
        __tracebackhide__ = _rich_traceback_omit = True
        inputs = self.bind(*arguments, **keywords)
        return shared_executor().start(self.program, self.options, inputs, label=self.name)

    def bind(self, *arguments: Any, **keywords: Any) -> dict[str, Any]:
        """The inputs by name, as the program gets them.

        Raises:
            TypeError: The arguments do not fit the signature.
        """
        __tracebackhide__ = _rich_traceback_omit = True
        signature = inspect.signature(self)
        try:
            bound = signature.bind(*arguments, **keywords)
        except TypeError as error:
            raise TypeError(f"{self.name}{signature}: {error}") from None
        inputs: dict[str, Any] = {}
        for name, value in bound.arguments.items():
            if signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD:
                inputs.update(value)
            else:
                inputs[name] = value
        return inputs

    def run(self, inputs: dict[str, Any]) -> ExecutionResult:
        """Run the program with these inputs and return all that is known, whatever happened."""
        observer = Observer(output=_pass_on)
        executor = shared_executor()
        return executor.run(self.program, self.options, inputs, observer, label=self.name)

    def __or__(self, other: object) -> Any:
        """``clean | total``: a pipeline that hands the one's value to the other."""
        # Pipelines stand above the engine: they are loaded by their name when one is made.
        return import_module("codeexec_magics.pipelines.joining").chain(self, other)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.name, self.program, self.options, self.inputs)

    def __repr__(self) -> str:
        return f"<Transform {self.name}{inspect.signature(self)} in {self.program.language}>"


_executor = CodeExecutor()


def shared_executor() -> CodeExecutor:
    """The executor that the magics and all transforms of this process use."""
    return _executor


def close_shared_executor() -> None:
    """End what the shared executor holds; its next use starts anew."""
    _executor.close()


def check_name(name: str) -> None:
    """Refuse a name that a transform may not have.

    Raises:
        InvalidOptions: It is no identifier, or a language is called so.
    """
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
        raise InvalidOptions(f"a transform needs a Python name, not {name!r}")
    if name.lower() in languages.names():
        raise InvalidOptions(f"a transform may not be named like a language: {name!r}")


def syntax_failure(program: Program) -> ExecutionResult | None:
    """What is wrong with a program's syntax, as the result of a run; None if nothing is known.

    Judged by the runtime that it gets by default: not for a program that another version is to run.
    """
    language = languages.find(program.language)
    trace = language.syntax_error(program)
    if trace is None:
        return None
    return ExecutionResult(
        Outcome.FAILED, language=language.name, error=trace.headline, trace=trace, exit_code=None
    )


def _check_travelling(inputs: Mapping[str, Any] | None) -> None:
    from codeexec_magics.engine.scaling import packed_inputs  # late: few maps leave this machine

    packed_inputs(inputs or {})


def _pass_on(stream: str, text: str) -> None:
    target = sys.stdout if stream == "stdout" else sys.stderr
    if target is not None:
        target.write(text)
