"""Cells in the background: what they show, and what they bind when they have ended.

Runs in the kernel, partly in the cell's thread and partly in the job's. A front end with a person
before it gets a slot that tells of the program while it runs and then holds its card; one that
records gets what is the same each time, and nothing later.
"""

from __future__ import annotations

import sys
import weakref
from collections import deque
from typing import Any

from codeexec_magics.display.bundle import METADATA_KEY, metadata, mime_bundle
from codeexec_magics.display.job_card import background_card
from codeexec_magics.engine.jobs import Job
from codeexec_magics.engine.observer import Observer
from codeexec_magics.magics import running
from codeexec_magics.magics.front_end import FrontEnd, front_end
from codeexec_magics.magics.live import LiveLine, volatile
from codeexec_magics.magics.plan import Plan
from codeexec_magics.magics.settings import TransformSettings
from codeexec_magics.magics.storing import store
from codeexec_magics.values.results import ExecutionResult

_BOTH = frozenset({"stdout", "stderr"})


class Background:
    """The jobs of a shell's cells, and how those are shown."""

    def __init__(self) -> None:
        self._new: weakref.WeakKeyDictionary[Job, str] = weakref.WeakKeyDictionary()
        self._drawn: weakref.WeakSet[Job] = weakref.WeakSet()
        self._untold: deque[str] = deque()

    def start(self, shell: Any, plan: Plan, settings: TransformSettings) -> Job:
        """Start a cell's program, and bind what the line names now.

        Args:
            shell: IPython's shell.
            plan: What is run.
            settings: What holds where the line does not say otherwise.

        Raises:
            InvalidOptions: An option has a value that cannot be meant.
        """
        arguments = plan.arguments
        seen_by = front_end(shell)
        person = seen_by is FrontEnd.NOTEBOOK
        language = plan.language
        line = LiveLine(language, settings.live_after, _BOTH) if person else None
        if line is not None and not arguments.quiet:
            # The cell's one card, which is replaced while the program runs, and at its end.
            line.open(background_card(language, ", ".join(arguments.outputs)))

        def ended(result: ExecutionResult) -> ExecutionResult:
            if not result.success:
                result = _explained(result, plan, shell)
            stored = store(shell, plan, result)
            shown = stored.shown(result)
            if line is not None and not (arguments.quiet and shown.success):
                _show_end(line, shown, stored.target, settings)
            elif seen_by is FrontEnd.TERMINAL and not shown.success:
                self._untold.append(f"in the background · {language} · {shown.error}")
            return result

        observer = _observer(line, quiet=arguments.quiet)
        job = running.start(plan, observer, ended)
        self._new[job] = ", ".join(arguments.outputs)
        if line is not None:
            self._drawn.add(job)
        if arguments.job is not None:
            shell.push({arguments.job: job})
        return job

    def card(self, job: Job) -> tuple[dict[str, Any], dict[str, Any]]:
        """The card of a job that a cell evaluates, and its metadata.

        In the cell that has started it, it is the same whether the program has ended by now or not.
        Where a person looks the job's own end takes its place: so no comparison counts it.
        """
        if job in self._new:
            return background_card(job.language, self._new[job]), volatile(None)
        return job._repr_mimebundle_(), {}

    def is_drawn(self, job: Job) -> bool:
        """Whether the cell that is being executed has a card of the job already."""
        return job in self._drawn

    def begin_cell(self) -> None:
        """Another cell begins: a terminal is told now which jobs have failed meanwhile."""
        self._new.clear()
        self._drawn.clear()
        while self._untold:
            sys.stderr.write(self._untold.popleft() + "\n")


def _explained(result: ExecutionResult, plan: Plan, shell: Any) -> ExecutionResult:
    from codeexec_magics.magics.hints import explained  # late: for failures only

    return explained(result, plan, shell.user_ns, shell.user_ns_hidden)


def _observer(line: LiveLine | None, *, quiet: bool) -> Observer:
    if line is None or quiet:
        return Observer()
    return Observer(
        output=line.hear, progress=line.progress, started=line.follow, timers=(line.pulse,)
    )


def _show_end(
    line: LiveLine, result: ExecutionResult, target: str | None, settings: TransformSettings
) -> None:
    line.open()
    hides, figures = settings.hide_secrets, settings.figures
    bundle = mime_bundle(result, target=target, chip=figures, hide_secrets=hides)
    line.replace(bundle, volatile(metadata(result)[METADATA_KEY] if figures else None))
