"""The card of a pipeline: its graph, what came out, and the failure that counts.

Lives wherever a result is shown and owns nothing. Pure: the same run gives the same bytes, in
whatever process; times stand in the chip, which only a person who watches is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from codeexec_magics.display.blocks import Block, Card, Graph, Header, Remark
from codeexec_magics.display.card import View, failure_blocks
from codeexec_magics.display.figures import seconds_in_words
from codeexec_magics.display.html import html_of
from codeexec_magics.display.streams import stream_of
from codeexec_magics.display.text import Painter, text_of
from codeexec_magics.display.values import value_blocks, value_type
from codeexec_magics.display.wording import counted, cut, on_one_line, without_addresses
from codeexec_magics.values.results import ExecutionResult, Outcome

_STATES = {
    Outcome.SUCCEEDED: ("ok", "done"),
    Outcome.INTERRUPTED: ("stop", "interrupted"),
}
_GOOD = ("succeeded", "kept")


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineView:
    """What is to be shown of a pipeline.

    Attributes:
        name: What it is called.
        graph: Its steps, with their states.
        outcome: How it ended; None while it runs, or if it has not been run.
        value: What came out; None for nothing.
        trusted: Whether it may draw itself; not if a step was sandboxed.
        failed: The step whose failure counts; empty if there is none.
        error: That failure in one line.
        failure: That step's execution.
        streams: What the steps printed: step, stream, text.
        seconds: How long it took, or has taken so far.
        left: Processes that could not be ended.
    """

    name: str
    graph: Graph
    outcome: Outcome | None = None
    value: Any = None
    trusted: bool = True
    failed: str = ""
    error: str = ""
    failure: ExecutionResult | None = None
    streams: tuple[tuple[str, str, str], ...] = ()
    seconds: float = 0.0
    left: int = 0


def bundle_of(view: PipelineView, options: View | None = None) -> dict[str, Any]:
    """The card in all forms that a front end may choose from.

    Args:
        view: What is shown.
        options: How much of it.
    """
    card = card_of(view, options or View())
    return {"text/html": html_of(card), "text/plain": text_of(card)}


def terminal_of(view: PipelineView, options: View, *, colour: bool) -> str:
    """The card for a person at a terminal."""
    return text_of(card_of(view, options), colour=colour)


def traceback_of(view: PipelineView, options: View, *, colour: bool = False) -> list[str]:
    """A failure as compact text, for ``_render_traceback_``."""
    painter = Painter(_header(view, options).state, colour=colour)
    return [view.error, *painter.body(_failure(view, options)[1:])]


def card_of(view: PipelineView, options: View) -> Card:
    """The card of a pipeline."""
    blocks: list[Block] = [view.graph]
    if view.outcome is Outcome.SUCCEEDED:
        blocks += value_blocks(view.value, trusted=view.trusted)
    elif view.failure is not None:
        blocks += _failure(view, options)
    if options.streams:
        shown = (stream_of(f"{step} {name}", text) for step, name, text in view.streams)
        blocks += (stream for stream in shown if stream is not None)
    return Card(_header(view, options), tuple(blocks))


def _failure(view: PipelineView, options: View) -> list[Block]:
    if view.failure is None:
        return []
    if view.failure.outcome is Outcome.FAILED and view.failure.trace is not None:
        told = Remark("step", cut(on_one_line(view.failed), 60))  # the rest says it all
    else:
        told = Remark(without_addresses(cut(on_one_line(view.error), 300)))
    return [told, *failure_blocks(view.failure, options)]


def _header(view: PipelineView, options: View) -> Header:
    if view.outcome is None:
        begun = any(step.state != "waiting" and step.state for step in view.graph.steps)
        state, word = ("run", "running" if begun else "pipeline")
    else:
        state, word = _STATES.get(view.outcome, ("bad", "failed"))
    succeeded = view.outcome is Outcome.SUCCEEDED
    shows_type = succeeded and (view.value is not None or bool(options.target))
    return Header(
        state,
        word,
        cut(on_one_line(view.name), 40),
        target=cut(on_one_line(options.target or ""), 60) if succeeded else "",
        type=value_type(view.value, trusted=view.trusted) if shows_type else "",
        detail=_detail(view),
        chip=seconds_in_words(view.seconds) if options.chip else "",
    )


def _detail(view: PipelineView) -> str:
    if view.left:
        return f"{counted(view.left, 'process', 'processes')} could not be ended"
    steps = view.graph.steps
    good = sum(step.state in _GOOD for step in steps)
    kept = sum(step.state == "kept" for step in steps)
    total = counted(len(steps), "step")
    if good == len(steps) or (view.outcome is None and not good):
        return f"{total}, {kept} kept" if kept else total
    return f"{good} of {total}"
