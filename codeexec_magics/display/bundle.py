"""From an execution's result to what a front end takes.

Lives wherever a result is shown and owns nothing. These are the doors of the display; all of them
are pure: the same result gives the same bytes, in whatever process.
"""

from __future__ import annotations

from typing import Any

from codeexec_magics.display.blocks import (
    Block,
    Card,
    Foreign,
    Header,
    Picture,
    Progress,
)
from codeexec_magics.display.card import (
    View,
    card_of,
    failure_blocks,
    header_of,
)
from codeexec_magics.display.figures import (
    bytes_in_words,
    figures_of,
    progress_in_words,
    seconds_in_words,
)
from codeexec_magics.display.html import html_of
from codeexec_magics.display.streams import stream_of
from codeexec_magics.display.text import Painter, text_of
from codeexec_magics.display.wording import counted, on_one_line
from codeexec_magics.protocol.imports import imports_from_outside
from codeexec_magics.values.results import ExecutionResult, Outcome

METADATA_KEY = "codeexec_magics"
"""The key in an output's metadata under which the volatile figures stand."""


@imports_from_outside()
def mime_bundle(
    result: ExecutionResult,
    *,
    target: str | None = None,
    streams: bool = True,
    chip: bool = False,
    hide_secrets: bool = True,
    expected: bool = False,
    remarks: tuple[str, ...] = (),
) -> dict[str, Any]:
    """The card of a result in all forms that a front end may choose from.

    Args:
        result: What to show.
        target: The variable that took the value; None if none did.
        streams: Whether to show what the program printed and displayed; False where it has been
            shown while the program ran.
        chip: Whether to show times and memory in the header. They differ from run to run: only
            for a person who is watching.
        hide_secrets: Whether values beside a failing line that look secret are hidden.
        expected: Whether it was meant to fail in this way.
        remarks: What else is to be said, each on a line.

    Returns:
        ``text/html`` and ``text/plain``; the picture alone as ``image/png`` or ``image/jpeg`` where
        the value is one, for front ends that draw no HTML; and a chart's own MIME type, for those
        that draw it better.
    """
    view = View(
        target=target,
        streams=streams,
        chip=chip,
        hide_secrets=hide_secrets,
        expected=expected,
        remarks=remarks,
    )
    card = card_of(result, view)
    return {"text/html": html_of(card), "text/plain": text_of(card), **_alone(card.blocks)}


@imports_from_outside()
def terminal_text(
    result: ExecutionResult,
    *,
    target: str | None = None,
    streams: bool = True,
    colour: bool = True,
    hide_secrets: bool = True,
    expected: bool = False,
    remarks: tuple[str, ...] = (),
) -> str:
    """The card for a person at a terminal: text with its figures, by default in colour."""
    view = View(
        target=target,
        streams=streams,
        chip=True,
        hide_secrets=hide_secrets,
        expected=expected,
        remarks=remarks,
    )
    return text_of(card_of(result, view), colour=colour)


def metadata(result: ExecutionResult) -> dict[str, Any]:
    """The volatile facts of a run for an output's metadata, under `METADATA_KEY`."""
    return {METADATA_KEY: figures_of(result)}


@imports_from_outside()
def traceback_lines(
    result: ExecutionResult, colour: bool = False, *, hide_secrets: bool = True
) -> list[str]:
    """A failure as compact text, for ``_render_traceback_``.

    Headline, place, excerpt with the failing span underlined, values, stack and causes. Streams
    are not part of it. An ending from outside begins with the state; a success has no lines.
    """
    if result.success:
        return []
    view = View(hide_secrets=hide_secrets)
    header = header_of(result, view)
    painter = Painter(header.state, colour=colour)
    lines = list(painter.body(failure_blocks(result, view)))
    return lines if result.outcome is Outcome.FAILED else [painter.header(header), *lines]


@imports_from_outside()
def running_card(
    language: str,
    *,
    seconds: float | None = None,
    cpu_time: float | None = None,
    memory: int | None = None,
    processes: int | None = None,
    progress: tuple[float, float | None, str] | None = None,
    last_output: str = "",
) -> dict[str, Any]:
    """The card of a program that still runs; a front end replaces it as figures come in.

    Args:
        language: The language's name.
        seconds: Since the start.
        cpu_time: Seconds of processor time so far.
        memory: Bytes that the program's processes have resident.
        processes: How many there are.
        progress: What the program reported last: done, total (None: unknown), its own words.
        last_output: The end of what it printed.
    """
    figures = []
    if seconds is not None:
        figures.append(seconds_in_words(seconds))
    if cpu_time is not None:
        figures.append(f"cpu {seconds_in_words(cpu_time)}")
    if memory is not None:
        figures.append(bytes_in_words(memory))
    if processes is not None and processes > 1:
        figures.append(counted(processes, "process", "processes"))
    blocks: list[Block] = []
    if progress is not None:
        done, total, text = progress
        words = progress_in_words(done, total, on_one_line(text)[:120], seconds)
        blocks.append(Progress(done, total, words))
    stream = stream_of("stdout", last_output, unfolded=True)
    if stream is not None:
        blocks.append(stream)

    header = Header("run", "running", on_one_line(language)[:40], chip=" · ".join(figures))
    card = Card(header, tuple(blocks))
    return {"text/html": html_of(card), "text/plain": text_of(card)}


def _alone(blocks: tuple[Block, ...]) -> dict[str, Any]:
    drawn = [block for block in blocks if isinstance(block, Picture | Foreign)]
    match drawn:
        case [Picture(mime="image/png" | "image/jpeg" as mime, data=data)]:
            return {mime: data}
        case [Foreign(mime=mime, content=content)]:
            return {mime: content}
    return {}
