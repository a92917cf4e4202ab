"""``%%transform``, ``%transform`` and ``%transform_config``: parse, call, show, store.

Runs in the kernel. What a call needs is imported with the first call, so that loading the
extension costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.magic import (
    Magics,
    line_cell_magic,
    line_magic,
    magics_class,
    needs_local_scope,
    no_var_expand,
)

from codeexec_magics.magics.help import help_text
from codeexec_magics.magics.origin import Origin
from codeexec_magics.magics.settings import TransformSettings, change, describe

if TYPE_CHECKING:
    from codeexec_magics.magics.arguments import Arguments
    from codeexec_magics.magics.plan import Plan
    from codeexec_magics.magics.showing import Showing
    from codeexec_magics.results import ExecutionResult


@magics_class
class TransformMagics(TransformSettings, Magics):  # type: ignore[misc]
    """The magics of the package, and their settings.

    Args:
        shell: IPython's shell.
    """

    def __init__(self, shell: Any) -> None:
        super().__init__(shell=shell, parent=shell)
        self.origin = Origin()

    @no_var_expand  # type: ignore[untyped-decorator]
    @line_cell_magic  # type: ignore[untyped-decorator]
    @needs_local_scope  # type: ignore[untyped-decorator]
    def transform(
        self, line: str = "", cell: str | None = None, local_ns: dict[str, Any] | None = None
    ) -> None:
        """Run a cell, a file, or a named transform; `help_text` is what ``?`` shows instead."""
        from codeexec_magics.magics.arguments import parse
        from codeexec_magics.magics.plan import plan_cell, plan_line
        from codeexec_magics.magics.showing import Showing
        from codeexec_magics.magics.storing import store

        arguments = parse(line)
        if cell is None:
            plan = plan_line(arguments, self, self.shell.user_ns)
        else:
            plan = plan_cell(arguments, cell, self.origin.first_line(cell), self)
        showing = Showing(self.shell, arguments, self.shown_output)

        result = self._call(arguments, plan, showing, local_ns or {})
        stored = store(self.shell, arguments, plan, result)
        if result is not None:
            showing.end(result, stored)

    transform.__doc__ = help_text()

    @no_var_expand  # type: ignore[untyped-decorator]
    @line_magic  # type: ignore[untyped-decorator]
    def transform_config(self, line: str = "") -> None:
        """Show or set the defaults of ``%%transform``.

        ::

            %transform_config                               show them all
            %transform_config timeout                       show one
            %transform_config timeout=5 grace=1             seconds; timeout=none for no limit
            %transform_config javascript.executable=/path   the runtime of a language; none resets

        The same settings, by IPython's own ways: ``%config TransformMagics.timeout = 5``, or
        ``c.TransformMagics.timeout = 5`` in a profile.
        """
        from codeexec_magics.magics.arguments import words_of

        words = words_of(line)
        if any("=" in word for word in words):
            change(self, words)
        else:
            print(describe(self, words))  # noqa: T201 - a line magic that answers

    def _call(
        self, arguments: Arguments, plan: Plan, showing: Showing, local_namespace: dict[str, Any]
    ) -> ExecutionResult | None:
        """Run the program; None if the line only gives it a name."""
        from codeexec_magics.magics.namespace import read_inputs
        from codeexec_magics.transform import shared_executor

        refused = plan.refusal() if arguments.name is not None else None
        if refused is not None or not arguments.runs:
            return refused
        inputs = read_inputs(arguments.inputs, self.shell.user_ns, local_namespace)
        plan.check_inputs(inputs)
        return shared_executor().run(plan.program, plan.options, inputs, showing.observer())
