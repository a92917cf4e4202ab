"""Let notebooks that a person has run and saved pass ``pytest --nbval``, without markers.

Runs in pytest, which loads it by its entry point; does nothing where nbval is not used. nbval runs
a notebook as a program does, so that what only a person sees is missing in its run: the figures in
the header of a card, and the live slots of programs that go on behind the notebook. Both are left
out of the comparison. All else is compared as ever, and so is all that other packages show.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest


def pytest_itemcollected(item: pytest.Item) -> None:
    """Prepare a cell's comparison when nbval has collected the cell."""
    nbval = sys.modules.get("nbval.plugin")
    if nbval is None or not isinstance(item, nbval.IPyNbCell):
        return
    vars(item)["compare_outputs"] = partial(_compare, item.compare_outputs)


def steady_outputs(outputs: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """A cell's outputs without what may differ from run to run.

    Args:
        outputs: Outputs as a notebook's file has them; they stay as they are.

    Returns:
        The outputs in their order: a card without the figures in its header, no live slots, and
        the others as they came.
    """
    return [_steady(output) for output in outputs if not _figures(output).get("volatile")]


def _compare(
    compare: Any, test: Iterable[Any], reference: Iterable[Any], *more: Any, **named: Any
) -> bool:
    return bool(compare(steady_outputs(test), steady_outputs(reference), *more, **named))


def _steady(output: Mapping[str, Any]) -> Mapping[str, Any]:
    from codeexec_magics.display import without_chip  # late: pytest starts without nbval, too

    if not _figures(output):
        return output
    data = dict(output["data"])
    if isinstance(data.get("text/html"), str):
        data["text/html"] = without_chip(data["text/html"])
    if isinstance(data.get("text/plain"), str):
        header, line_end, body = data["text/plain"].partition("\n")
        data["text/plain"] = without_chip(header) + line_end + body
    return type(output)({**output, "data": data})  # type: ignore[call-arg]


def _figures(output: Mapping[str, Any]) -> Mapping[str, Any]:
    """What this package has written into an output's metadata; nothing for others' outputs."""
    from codeexec_magics.display.bundle import METADATA_KEY

    metadata = output.get("metadata")
    figures = metadata.get(METADATA_KEY) if isinstance(metadata, Mapping) else None
    return figures if isinstance(figures, Mapping) and "data" in output else {}
