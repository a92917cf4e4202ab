"""What a cell shows, and when: streams and displays while it runs, then its card.

Runs in the kernel, in the thread that executes. Text that a front end has seen live is not shown
again in the card. Where a person looks, a line of figures tells how the program is getting on.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from IPython.display import clear_output, display, publish_display_data

from codeexec_magics.display.bundle import metadata, mime_bundle, terminal_text, traceback_lines
from codeexec_magics.engine.displays import Change
from codeexec_magics.engine.observer import Observer, Running
from codeexec_magics.magics.failures import drawn, exception_for, unexpected
from codeexec_magics.magics.front_end import FrontEnd, front_end, wants_colour
from codeexec_magics.magics.late_interrupts import LateInterrupts
from codeexec_magics.magics.live import LiveLine
from codeexec_magics.magics.plan import Plan
from codeexec_magics.magics.progress import ProgressLine
from codeexec_magics.magics.settings import TransformSettings
from codeexec_magics.magics.storing import Stored
from codeexec_magics.magics.streams import LiveStreams
from codeexec_magics.values.results import ExecutionResult, Outcome


class Showing:
    """Shows one cell.

    Args:
        shell: IPython's shell.
        plan: What is run.
        settings: How much is shown, and when.
        is_cell: Whether the program is the whole cell that IPython runs.
    """

    def __init__(
        self, shell: Any, plan: Plan, settings: TransformSettings, *, is_cell: bool
    ) -> None:
        arguments = plan.arguments
        self._shell = shell
        self._front_end = front_end(shell)
        self._quiet = arguments.quiet
        self._raises = arguments.raise_error
        self._expected = arguments.expect
        self._viewer = plan.viewer
        self._hides = settings.hide_secrets
        self._figures = settings.figures
        # What goes to a variable is not shown.
        kept = {"stdout": arguments.stdout, "stderr": arguments.stderr}
        hidden = frozenset(name for name, variable in kept.items() if variable is not None)
        self._streams = streams = LiveStreams(settings.shown_output, hidden)
        # Not by way of this object: what refers to itself waits for a collection, values and all.
        self._live = LiveLine(plan.language, settings.live_after, hidden, lambda: streams.in_line)
        self._latest: dict[str, Change] = {}
        self._late = LateInterrupts(shell, is_cell=is_cell)
        self._progress = ProgressLine(self._front_end)

    def observer(self) -> Observer:
        """Who hears of the run while it goes on."""
        if self._quiet:
            return Observer(started=self._started)
        if self._front_end is not FrontEnd.NOTEBOOK:
            return Observer(
                output=self._write,
                display=self._display,
                change=self._change,
                progress=self._progress.show,
                started=self._started,
            )
        return Observer(
            output=self._output,
            display=self._display,
            change=self._change,
            progress=self._live.progress,
            started=self._started,
            timers=(self._live.pulse,),
        )

    def end(self, result: ExecutionResult, stored: Stored) -> None:
        """Show how a run has ended, and raise if it is no success.

        Raises:
            ExecutionFailed: The subclass that matches the outcome.
            KeyboardInterrupt: The user interrupted the program.
            DecodingFailed: The value lacks a key that was to be bound.
            ExpectationNotMet: The cell has not failed in the way that it must.
        """
        self._late.end(interrupted=result.outcome is Outcome.INTERRUPTED)
        shown = stored.shown(result)
        if self._expected is not None:
            error = self._end_of_expected(self._expected, shown, stored)
        elif shown.success:
            error = None
            self._success(result, stored)
        else:
            error = self._end_of_failure(shown, stored)
        if error is not None:
            raise error from None

    def _end_of_failure(self, shown: ExecutionResult, stored: Stored) -> BaseException | None:
        lines = self._failure(shown)
        if not self._raises and shown.outcome is not Outcome.INTERRUPTED:
            return None
        if stored.problem is not None:
            return drawn(stored.problem.with_traceback(None), lines)
        return exception_for(shown, lines)

    def _end_of_expected(
        self, expected: str, shown: ExecutionResult, stored: Stored
    ) -> BaseException | None:
        """A failure that must be is shown, and is none."""
        error = unexpected(expected, shown, stored.problem)
        if error is not None and shown.outcome is Outcome.INTERRUPTED:
            return exception_for(shown, self._failure(shown))
        if error is None and self._quiet:
            return None
        if self._quiet:
            self._replay(shown)
        self._finish()
        self._card(shown, None, expected=error is None)
        return None if error is None else drawn(error, [f"{type(error).__name__}: {error}"])

    def _success(self, result: ExecutionResult, stored: Stored) -> None:
        if self._quiet:
            return
        self._finish()
        if self._viewer is None:
            self._card(result, stored.target)
        else:
            self._view(self._viewer, result.output)

    def _view(self, viewer: Callable[[Any], Any], value: Any) -> None:
        shown = viewer(value)  # which may show it by itself, or fail like any code of the user's
        if shown is not None:
            display(shown)

    def _failure(self, result: ExecutionResult) -> list[str]:
        """Show a failure; returns the lines for its exception's traceback."""
        if self._quiet:
            self._replay(result)
        self._finish()
        raises = self._raises or result.outcome is Outcome.INTERRUPTED
        if self._front_end is FrontEnd.TERMINAL and raises:
            # Text is shown once: IPython prints the exception's lines.
            colour = wants_colour(self._shell)
            return traceback_lines(result, colour, hide_secrets=self._hides)
        self._card(result, None)
        if self._front_end is not FrontEnd.RECORDER:
            return []
        return traceback_lines(result, hide_secrets=self._hides)

    def _replay(self, result: ExecutionResult) -> None:
        """Show what a quiet run has printed and displayed, since it has failed."""
        self._streams.write("stdout", result.stdout)
        self._streams.write("stderr", result.stderr)
        for bundle in result.displays:
            self._display(dict(bundle), {})

    def _finish(self) -> None:
        for change in self._latest.values():
            publish_display_data(change.bundle, change.metadata)
        self._latest.clear()
        self._progress.clear()
        self._live.clear()
        self._streams.finish()
        if self._front_end is FrontEnd.TERMINAL and self._streams.in_line:
            sys.stdout.write("\n")

    def _started(self, running: Running) -> None:
        self._late.begin()
        if self._front_end is FrontEnd.NOTEBOOK and not self._quiet:
            self._live.follow(running)

    def _write(self, stream: str, text: str) -> None:
        self._progress.make_way()
        self._streams.write(stream, text)

    def _output(self, stream: str, text: str) -> None:
        self._live.hear(stream, text)
        self._streams.write(stream, text)

    def _display(self, bundle: dict[str, Any], bundle_metadata: dict[str, Any]) -> None:
        self._streams.flush()
        publish_display_data(bundle, bundle_metadata)

    def _change(self, change: Change) -> None:
        if change.update and self._front_end is FrontEnd.TERMINAL:
            self._latest[change.name] = change  # what stands on a terminal cannot be changed
            return
        self._streams.flush()
        if not change.name:
            self._live.close()
            clear_output(wait=change.wait)
            return
        publish_display_data(
            change.bundle,
            change.metadata,
            transient={"display_id": change.name},
            update=change.update,
        )

    def _card(self, result: ExecutionResult, target: str | None, *, expected: bool = False) -> None:
        how: dict[str, Any] = {
            "target": target,
            "streams": False,
            "hide_secrets": self._hides,
            "expected": expected,
            "remarks": tuple(
                f"{number:,} characters of {stream} are not shown: --{stream} NAME keeps them"
                for stream, number in self._streams.left_out.items()
            ),
        }
        if self._front_end is FrontEnd.TERMINAL:
            text = terminal_text(result, colour=wants_colour(self._shell), **how)
            sys.stdout.write(text + "\n")
            return
        bundle = mime_bundle(
            result, chip=self._figures and self._front_end is FrontEnd.NOTEBOOK, **how
        )
        publish_display_data(bundle, metadata(result) if self._figures else {})
