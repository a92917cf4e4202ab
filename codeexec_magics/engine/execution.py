"""One run of one program, from the lease to the result.

Lives in the kernel, in the thread that executes; there is no other. Owns the loop for the time of
the run. On return nothing of the run is left, whatever happened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from codeexec_magics.engine.displays import Displays
from codeexec_magics.engine.loop import Loop
from codeexec_magics.engine.observer import Observer
from codeexec_magics.engine.outcome import Facts, Verdict, compose
from codeexec_magics.engine.task import Task
from codeexec_magics.engine.worker import Worker
from codeexec_magics.errors import CodeExecError
from codeexec_magics.languages import Language
from codeexec_magics.leases.client import SupervisorClient
from codeexec_magics.values.journal import log_end, log_start
from codeexec_magics.values.options import ExecutionOptions, Program
from codeexec_magics.values.results import ExecutionResult


class Execution:
    """One run; made and used once.

    Args:
        program: What to run.
        language: The program's language.
        options: The limits and surroundings.
        observer: Who hears of it.
    """

    def __init__(
        self, program: Program, language: Language, options: ExecutionOptions, observer: Observer
    ) -> None:
        self._program = program
        self._language = language
        self._options = options
        self._observer = observer
        self._displays = Displays(
            observer.display, trusted=not options.sandbox, change=observer.change
        )
        self._worker: Worker | None = None
        self._verdict = Verdict()

    def run(self, client: SupervisorClient, inputs: Mapping[str, Any]) -> ExecutionResult:
        """Run the program and return its result.

        Args:
            client: Where the worker comes from.
            inputs: Values by name.
        """
        log_start(self._language.name, self._options.timeout)
        loop = Loop(client, self._printed, self._observer.timers)
        refusal: Exception | None = None
        try:
            with loop:
                if self._observer.started is not None:
                    self._observer.started(loop)
                self._perform(loop, client, inputs)
        except (CodeExecError, OSError, MemoryError) as error:
            refusal = error
        except KeyboardInterrupt:
            if not loop.shield.count:
                raise  # none of those that the shield lets through
        result = compose(self._facts(loop, refusal))
        log_end(result)
        return result

    def _perform(self, loop: Loop, client: SupervisorClient, inputs: Mapping[str, Any]) -> None:
        observer, options = self._observer, self._options
        task = Task(
            self._program, self._language, options, inputs, observer, loop.shield, self._displays
        )
        self._verdict = judge(loop, client, task)
        if self._verdict.trace is not None or loop.interrupted:
            return
        outputs = {"stdout": observer.output, "stderr": observer.output}
        self._worker = Worker(client, task, outputs, options.kept_output)
        loop.add(self._worker)
        while loop.workers:
            loop.turn()
        self._worker.ask_for_next()

    def _printed(self, stream: str) -> str:
        return "" if self._worker is None else self._worker.printed(stream)

    def _facts(self, loop: Loop, refusal: Exception | None) -> Facts:
        """What is known of the run."""
        facts = Facts(
            self._language.name,
            self._options.timeout,
            limits=self._options.limits(),
            trusted=not self._options.sandbox,
        )
        if self._worker is not None:
            facts = self._worker.facts()
        return replace(
            facts,
            refusal=facts.refusal if refusal is None else refusal,
            interrupted=loop.shield.count > 0,
            displays=self._displays.kept,
            left=loop.left,
            known=self._language,
            verdict=self._verdict,
        )


def judge(loop: Loop, client: SupervisorClient, task: Task, *, mapped: bool = False) -> Verdict:
    """What can be said of a program before anything of it runs.

    Args:
        loop: What hears of interrupts meanwhile.
        client: Who starts what it takes.
        task: The program and its inputs.
        mapped: Whether its function is called for each item of a map.
    """
    if not task.language.typed:
        return Verdict()
    from codeexec_magics.engine.checking import check  # late: for such languages alone

    return check(loop, client, task, mapped=mapped)
