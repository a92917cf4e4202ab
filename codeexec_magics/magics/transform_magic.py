"""The magics: parse, call, show, store.

Runs in the kernel. What a call needs is imported with the first call, so that loading the
extension costs nothing.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import (
    Magics,
    line_cell_magic,
    line_magic,
    magics_class,
    needs_local_scope,
    no_var_expand,
)

from codeexec_magics.magics.help import help_text, with_help
from codeexec_magics.magics.origin import Origin
from codeexec_magics.magics.settings import TransformSettings, assignments, change, describe, reset

if TYPE_CHECKING:
    from codeexec_magics.engine.jobs import Job
    from codeexec_magics.magics.background import Background
    from codeexec_magics.magics.plan import Plan
    from codeexec_magics.magics.supervisor_watch import SupervisorWatch
    from codeexec_magics.pipelines import PipelineResult
    from codeexec_magics.values.results import ExecutionResult


@magics_class
class TransformMagics(TransformSettings, Magics):  # type: ignore[misc]
    """The magics of the package, and their settings.

    Args:
        shell: IPython's shell.
    """

    def __init__(self, shell: Any) -> None:
        super().__init__(shell=shell, parent=shell)
        self.origin = Origin()
        self._background: Background | None = None
        self._watch: SupervisorWatch | None = None
        self._pipelines: dict[str, PipelineResult] = {}

    @no_var_expand  # type: ignore[untyped-decorator]
    @line_cell_magic  # type: ignore[untyped-decorator]
    @needs_local_scope  # type: ignore[untyped-decorator]
    @with_help
    def transform(
        self, line: str = "", cell: str | None = None, local_ns: dict[str, Any] | None = None
    ) -> Any:
        """Run a cell, a file, or a named transform; `help_text` is what ``?`` shows instead."""
        from codeexec_magics.magics.namespace import Scope
        from codeexec_magics.magics.parsing import parse

        scope = Scope(self.shell.user_ns, local_ns or {})
        arguments, started = parse(line, scope), None
        if arguments.runs:
            from codeexec_magics.leases.sharing import Share

            started = Share.start_early()  # what follows takes as long, the first time

        from codeexec_magics.magics.plan import make_plan

        first_line = 1 if cell is None else self.origin.first_line(cell)
        plan = make_plan(arguments, cell, first_line, self, scope)
        if started is not None and plan.refusal is None:
            from codeexec_magics.engine.surroundings import ask_early

            ask_early(started, plan.language, plan.options)  # it starts while the rest is loaded

        from codeexec_magics.magics.running import run
        from codeexec_magics.magics.showing import Showing
        from codeexec_magics.magics.storing import store

        plan = replace(plan, assigned=cell is None and self.origin.assigns(line))
        if arguments.background and plan.refusal is None:
            return self._start(plan)
        showing = Showing(self.shell, plan, self, is_cell=self.origin.is_of(cell))
        result = self._explained(plan, run(plan, self.shown_output, showing.observer()))
        stored = store(self.shell, plan, result)
        if result is not None:
            showing.end(result, stored)
        return result.output if plan.assigned and result is not None else None

    transform.__doc__ = help_text()

    @no_var_expand  # type: ignore[untyped-decorator]
    @line_magic  # type: ignore[untyped-decorator]
    @with_help
    @needs_local_scope  # type: ignore[untyped-decorator]
    def transform_pipeline(self, line: str = "", local_ns: dict[str, Any] | None = None) -> Any:
        """Run a pipeline: steps of code in a file, or cells with a name.

        %transform_pipeline orders.yaml -i rows -o total       a file
        %transform_pipeline clean total -i rows -o total       cells: parameters name the others
        %transform_pipeline orders.yaml -i rows -o total --resume   only what has changed

        -i a,b | new=EXPR     its inputs               --workers N         steps at once
        -o out | a,b          bind an output, or some  --resume            keep what holds
        --result NAME         keep the PipelineResult  --no-raise-error    go on after a failure
        -q                    show nothing on success
        """
        from codeexec_magics.leases.sharing import Share

        Share.start_early()  # what follows takes as long, the first time

        from codeexec_magics.magics.namespace import Scope
        from codeexec_magics.magics.pipeline_magic import run_pipeline

        scope = Scope(self.shell.user_ns, local_ns or {})
        is_cell = self.origin.is_of(None)
        value = run_pipeline(self.shell, line, scope, self, self._pipelines, is_cell=is_cell)
        return value if self.origin.assigns(line) else None

    @no_var_expand  # type: ignore[untyped-decorator]
    @line_magic  # type: ignore[untyped-decorator]
    @with_help
    def transform_config(self, line: str = "") -> None:
        """Show or set the defaults of %%transform.

            %transform_config                               show them all
            %transform_config timeout                       show one
            %transform_config timeout=5 grace=1             seconds; timeout=none for no limit
            %transform_config reset                         set all to what they were at first
            %transform_config javascript.executable=/path   the runtime of a language; none resets

        The same settings, by IPython's own ways: %config TransformMagics.timeout = 5, or
        c.TransformMagics.timeout = 5 in a profile.
        """
        from codeexec_magics.magics.parsing import words_of

        words = assignments(words_of(line))
        if words == ["reset"]:
            reset(self)
        elif any("=" in word for word in words):
            change(self, words)
        else:
            print(describe(self, words))  # noqa: T201 - a line magic that answers

    @no_var_expand  # type: ignore[untyped-decorator]
    @line_magic  # type: ignore[untyped-decorator]
    @with_help
    def transform_doctor(self, line: str = "") -> None:
        """Tell what this machine guarantees, and prove it now.

        It names what holds a program's processes together, finds the runtimes, tries what
        --seal, --no-network and --sandbox need, interrupts a hostile tree of processes,
        kills a process that executes as a kernel may be killed, and counts what is left.
        """
        from codeexec_magics.magics.examining import show_examination

        if line.strip():
            raise UsageError(f"%transform_doctor takes no arguments, not {line.strip()!r}")
        show_examination(self.shell)

    @no_var_expand  # type: ignore[untyped-decorator]
    @line_magic  # type: ignore[untyped-decorator]
    @with_help
    def transform_ps(self, line: str = "") -> None:
        """List the programs that run: cells of all subshells and threads, and background jobs.

            %transform_ps        each with its number, age, processor time, memory, processes
            %transform_ps -v     with its processes, too

        %transform_kill ends one.
        """
        from codeexec_magics.magics.run_list import listing

        processes, rest = _words(line, "%transform_ps", ("-v", "--verbose"))
        if rest:
            raise UsageError(f"%transform_ps takes -v or nothing, not {rest[0]!r}")
        print(listing(processes=processes))  # noqa: T201 - a line magic that answers

    @no_var_expand  # type: ignore[untyped-decorator]
    @line_magic  # type: ignore[untyped-decorator]
    @with_help
    def transform_kill(self, line: str = "") -> None:
        """End programs that run, with every process of theirs, and wait for it.

            %transform_kill 3          interrupt it; after its grace it is killed
            %transform_kill 3 5        both
            %transform_kill all        every one
            %transform_kill --now 3    without grace

        The numbers are those of %transform_ps. It works from a subshell, too, for a cell that
        the interrupt of the notebook does not reach.
        """
        from codeexec_magics.magics.run_list import end_runs

        now, rest = _words(line, "%transform_kill", ("--now",))
        print(end_runs(rest, now=now))  # noqa: T201 - a line magic that answers

    def job_card(self, job: Job) -> tuple[dict[str, Any], dict[str, Any]]:
        """The card of a job that a cell evaluates; IPython's formatter asks."""
        if self._background is None:
            return job._repr_mimebundle_(), {}
        return self._background.card(job)

    def show_job(self, job: Job) -> None:
        """Show a job that a cell evaluates; IPython asks before it formats.

        Raises:
            NotImplementedError: It is to be formatted: the cell has no card of it.
        """
        if self._background is None or not self._background.is_drawn(job):
            raise NotImplementedError

    def begin_cell(self, info: Any) -> None:
        """A cell is about to run; called by IPython's ``pre_run_cell``."""
        self.origin.remember(info)
        if self._background is not None:
            self._background.begin_cell()

    def end_cell(self, result: Any) -> None:
        """A cell has run, and may have started a supervisor; called by ``post_run_cell``."""
        if "codeexec_magics.leases.sharing" not in sys.modules or not hasattr(self.shell, "kernel"):
            return  # none has; or there is no loop that goes on between cells
        if self._watch is None:
            from codeexec_magics.magics.supervisor_watch import SupervisorWatch

            self._watch = SupervisorWatch()
        self._watch.look()

    def _explained(self, plan: Plan, result: ExecutionResult | None) -> ExecutionResult | None:
        """The result, with what the notebook knows of its failure."""
        if result is None or result.success:
            return result
        from codeexec_magics.magics.hints import explained  # late: for failures only

        return explained(result, plan, self.shell.user_ns, self.shell.user_ns_hidden)

    def _start(self, plan: Plan) -> Job | None:
        """Run a cell in the background; its value is the job, unless nothing is to be shown."""
        from codeexec_magics.magics.background import Background

        if self._background is None:
            self._background = Background()
        job = self._background.start(self.shell, plan, self)
        return None if plan.arguments.quiet else job


def _words(line: str, magic: str, switch: tuple[str, ...]) -> tuple[bool, list[str]]:
    """The words of a line magic: whether its one switch is given, and the others."""
    from codeexec_magics.magics.parsing import words_of
    from codeexec_magics.magics.suggestions import nearest

    words = words_of(line)
    rest = [word for word in words if word not in switch]
    for word in rest:
        if word.startswith("-"):
            hint = nearest(word, switch) or f"; {magic} knows {' '.join(switch)}"
            raise UsageError(f"unknown flag {word}{hint}")
    return len(rest) < len(words), rest
