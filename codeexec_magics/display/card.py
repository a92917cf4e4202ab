"""Compose the card of a result: its header and the blocks below.

Lives wherever a result is shown and owns nothing. Nothing that differs from run to run is put into
a block: times, memory, pids and counts of processes go to the chip, which only an interactive
front end asks for, and to the output's metadata.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from codeexec_magics.display.blocks import (
    Block,
    Card,
    Header,
    Remark,
)
from codeexec_magics.display.failure import FailureTeller, headline
from codeexec_magics.display.figures import chip_of, seconds_in_words
from codeexec_magics.display.pictures import bundle_block
from codeexec_magics.display.safe_access import attempt
from codeexec_magics.display.streams import stream_of
from codeexec_magics.display.values import value_blocks, value_type
from codeexec_magics.display.wording import counted, cut, on_one_line
from codeexec_magics.values.bundles import harmless
from codeexec_magics.values.results import ExecutionResult, Outcome
from codeexec_magics.values.shown import Shown

_STATES = {
    Outcome.SUCCEEDED: ("ok", "done"),
    Outcome.FAILED: ("bad", "failed"),
    Outcome.TIMED_OUT: ("warn", "timed out"),
    Outcome.INTERRUPTED: ("stop", "interrupted"),
    Outcome.CRASHED: ("bad", "crashed"),
    Outcome.MEMORY: ("bad", "out of memory"),
}
_PROCESSES = re.compile(r"the limit of (\d+) process(?:es)? was reached$")
_FAILURES = "codeexec_magics.engine.mapping.failures"
_ENDED_FROM_OUTSIDE = frozenset({Outcome.TIMED_OUT, Outcome.INTERRUPTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How much of a result is shown.

    Attributes:
        target: The variable that took the value; None if none did.
        streams: Whether to show what the program printed and displayed. A front end that has shown
            it live already does not repeat it.
        chip: Whether to show times and memory, which differ from run to run.
        hide_secrets: Whether values beside a failing line that look secret are hidden.
        expected: Whether the program was meant to fail as it has.
        remarks: What else is to be said, each on a line.
    """

    target: str | None = None
    streams: bool = True
    chip: bool = False
    hide_secrets: bool = True
    expected: bool = False
    remarks: tuple[str, ...] = ()


def card_of(result: ExecutionResult, view: View) -> Card:
    """The card of a result."""
    blocks: list[Block] = []
    if view.streams:
        bundles = result.displays if result.trusted else map(harmless, result.displays)
        shown = (attempt(partial(bundle_block, bundle), None) for bundle in bundles)
        blocks += (block for block in shown if block is not None)
    if result.success:
        blocks += value_blocks(result.output, trusted=result.trusted)
    else:
        blocks += failure_blocks(result, view)
    if result.remark:
        blocks.append(Remark(cut(on_one_line(result.remark), 300)))
    if result.pending:
        blocks.append(Remark(_ended(result.pending)))
    blocks += map(Remark, view.remarks)
    if view.streams:
        blocks += _streams(result)

    return Card(header_of(result, view), tuple(blocks))


def header_of(result: ExecutionResult, view: View) -> Header:
    """The header of a result's card."""
    state, word = _STATES[result.outcome]
    if result.success and _failed_items(result.output):
        state = "warn"
    if result.outcome is Outcome.CRASHED:
        word = "ended" if _too_many(result) else _end_of_process(result) or word
    if view.expected:
        state, word = "ok", f"{word}, as expected"
    shows_type = result.success and (result.output is not None or bool(view.target))
    return Header(
        state,
        word,
        cut(on_one_line(result.language), 40),
        target=cut(on_one_line(view.target or ""), 60) if result.success else "",
        type=value_type(result.output, trusted=result.trusted) if shows_type else "",
        detail=_detail(result),
        chip=chip_of(result) if view.chip else "",
    )


def failure_blocks(result: ExecutionResult, view: View) -> tuple[Block, ...]:
    """The blocks that tell why a result is no success, without its streams."""
    syntax = (result.trace.syntax if result.trace else "") or result.language
    teller = FailureTeller(language=syntax, hide_secrets=view.hide_secrets)
    if result.outcome in _ENDED_FROM_OUTSIDE:
        if result.trace is not None and result.trace.frames:
            return teller.stopped(result.trace)
        return (Remark("where the program was then is not known"),)
    if result.trace is not None:
        return teller.thrown(result.trace)

    kind, sign, message = (result.error or "").partition(": ")
    if not _tells_more(result, message if sign else kind):
        return ()
    return (headline(kind, message) if sign else headline("Error", kind),)


def _ended(pending: Mapping[str, int]) -> str:
    """What was still under way when the program gave its value, and ended with it."""
    told = [counted(number, noun, _plural(noun)) for noun, number in pending.items()]
    words = " and ".join(filter(None, [", ".join(told[:-1]), told[-1]]))
    were, them = ("was", "it") if sum(pending.values()) == 1 else ("were", "them")
    verb = "join" if pending.keys() <= {"thread", "process"} else "await"
    return f"ended {words} that {were} pending: {verb} {them}"


def _plural(noun: str) -> str:
    return f"{noun}es" if noun.endswith("s") else f"{noun}s"


def _tells_more(result: ExecutionResult, message: str) -> bool:
    """Whether an error's message says what the header does not."""
    if result.outcome is Outcome.FAILED:
        return True
    if _too_many(result):
        return False
    known = _end_of_process(result)
    return bool(message) and not (known and known in message)


def _too_many(result: ExecutionResult) -> str:
    """``more than 3 processes``, where that has ended the program."""
    found = _PROCESSES.search(result.error or "") if result.outcome is Outcome.CRASHED else None
    return f"more than {counted(int(found[1]), 'process', 'processes')}" if found else ""


def _end_of_process(result: ExecutionResult) -> str:
    if result.signal_name is not None:
        return f"killed by {result.signal_name}"
    return "" if result.exit_code is None else f"exited with code {result.exit_code}"


def _detail(result: ExecutionResult) -> str:
    if result.receipt.left:
        # The one count that is told at once: it is the promise of the package, broken.
        return f"{counted(result.receipt.left, 'process', 'processes')} could not be ended"
    match result.outcome:
        case Outcome.SUCCEEDED if type(result.output) is Shown:
            return "stays in its process"
        case Outcome.SUCCEEDED if failed := _failed_items(result.output):
            return f"{failed:,} of {counted(len(result.output), 'item')} failed"
        case Outcome.SUCCEEDED:
            return "" if result.output is not None else "no value"
        case Outcome.TIMED_OUT if math.isfinite(result.timeout):
            return f"limit {seconds_in_words(result.timeout)}; no process left"
        case Outcome.TIMED_OUT | Outcome.INTERRUPTED | Outcome.MEMORY:
            return "no process left"
        case Outcome.CRASHED if _too_many(result):
            return f"{_too_many(result)}; no process left"
        case Outcome.CRASHED:
            return "the program ended without a result"
    return ""


def _failed_items(output: object) -> int:
    """How many failures stand among the values of a map."""
    # Where nobody has imported the module no map has failed.
    kind = getattr(sys.modules.get(_FAILURES), "ItemFailure", None)
    if type(output) is not list or kind is None:
        return 0
    return sum(type(value) is kind for value in output)


def _streams(result: ExecutionResult) -> list[Block]:
    # The last words of a crashed process are all there is to read.
    silent = result.trace is None and not result.success
    unfolded = silent and result.outcome in {Outcome.CRASHED, Outcome.MEMORY}
    streams = (
        stream_of("stdout", result.stdout),
        stream_of("stderr", result.stderr, unfolded=unfolded),
    )
    return [stream for stream in streams if stream is not None]
