"""The line of ``%transform_pipeline``: its grammar, and which pipeline it means.

Runs in the kernel; starts nothing.
"""

from __future__ import annotations

import argparse
import functools
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from IPython.core.error import UsageError

from codeexec_magics.engine.transform import Transform
from codeexec_magics.errors import CodeExecError, InvalidOptions
from codeexec_magics.magics.flags import PIPELINE_FLAGS, PIPELINE_SUFFIXES
from codeexec_magics.magics.namespace import steps_in
from codeexec_magics.magics.parsing import Parser, inputs_of, outputs_of, words_of
from codeexec_magics.magics.request import Input
from codeexec_magics.magics.suggestions import nearest, nearest_flag
from codeexec_magics.pipelines import Pipeline
from codeexec_magics.values.options import parse_count


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineArguments:
    """What the line says.

    Attributes:
        words: A file, a variable, or the names of cells.
        inputs: The inputs, no name twice.
        outputs: The names to bind.
        result: The name for the `PipelineResult`.
        workers: How many steps run at once; None if the line does not say.
        resume: Whether what has not changed is kept from the last run.
        raise_error: Whether a failure stops the notebook.
        quiet: Whether to show nothing on success.
    """

    words: tuple[str, ...]
    inputs: tuple[Input, ...]
    outputs: tuple[str, ...]
    result: str | None
    workers: int | None
    resume: bool
    raise_error: bool
    quiet: bool


def parse(line: str) -> PipelineArguments:
    """Read the line behind ``%transform_pipeline``.

    Raises:
        UsageError: It is not of the grammar.
    """
    given, rest = _parser().parse_known_args(words_of(line))
    known = [name for flag in PIPELINE_FLAGS for name in flag.names]
    for word in rest:
        if word.startswith("-"):
            hint = nearest_flag(word, known) or f"; %transform_pipeline knows {', '.join(known)}"
            raise UsageError(f"unknown flag {word}{hint}")
    if not rest:
        raise UsageError(
            "%transform_pipeline needs a file, such as orders.yaml, or the names of cells"
        )
    result = outputs_of([given.result])[0] if given.result is not None else None
    try:
        workers = None if given.workers is None else parse_count(given.workers)
    except InvalidOptions as error:
        raise UsageError(f"--workers: {error}") from None
    return PipelineArguments(
        words=tuple(rest),
        inputs=inputs_of(given.input or ()),
        outputs=outputs_of(given.output or ()),
        result=result,
        workers=workers,
        resume=given.resume,
        raise_error=not given.no_raise_error,
        quiet=given.quiet,
    )


def find_pipeline(words: tuple[str, ...], namespace: Mapping[str, Any]) -> Pipeline:
    """The pipeline that the line means.

    Args:
        words: A file, a variable that holds a pipeline, or the names of cells.
        namespace: The notebook's variables.

    Raises:
        UsageError: There is no such thing, or it cannot be one.
    """
    try:
        if len(words) == 1:
            found = namespace.get(words[0])
            if isinstance(found, Pipeline):
                return found
            if _is_file(words[0]):
                path = os.path.expanduser(words[0])
                read = Pipeline.from_notebook if path.endswith(".ipynb") else Pipeline.load
                return read(path)
        transforms = [_transform(word, namespace) for word in words]
        return Pipeline.of(*transforms, name=words[0] if len(words) == 1 else "pipeline")
    except CodeExecError as error:
        raise UsageError(str(error)) from None


def _is_file(word: str) -> bool:
    return word.endswith(PIPELINE_SUFFIXES) or os.sep in word


def _transform(word: str, namespace: Mapping[str, Any]) -> Transform:
    found = namespace.get(word)
    if isinstance(found, Transform):
        return found
    if word in namespace:
        kind = type(found).__name__
        raise UsageError(f"{word!r} is no cell with a name (%%transform -n): it is a {kind}")
    hint = nearest(word, steps_in(namespace)) or "; %%transform -n makes one"
    raise UsageError(f"no cell is called {word!r}{hint}")


@functools.cache
def _parser() -> argparse.ArgumentParser:
    parser = Parser(add_help=False, allow_abbrev=False, usage=argparse.SUPPRESS)
    for flag in PIPELINE_FLAGS:
        if flag.metavar:
            action: Any = "append" if flag.repeatable else "store"
            parser.add_argument(*flag.names, dest=flag.key, action=action)
        else:
            parser.add_argument(*flag.names, dest=flag.key, action="store_true")
    return parser
