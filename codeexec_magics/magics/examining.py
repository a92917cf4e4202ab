"""What ``%transform_doctor`` does.

Runs in the kernel, in the thread that executes.
"""

from __future__ import annotations

import sys
from typing import Any

from IPython.display import publish_display_data

from codeexec_magics.display.doctor_table import findings_bundle
from codeexec_magics.engine.doctor import Finding, examine
from codeexec_magics.engine.transform import shared_executor
from codeexec_magics.magics.front_end import FrontEnd, front_end


def show_examination(shell: Any) -> None:
    """Examine this machine and show what was found.

    Raises:
        KeyboardInterrupt: The user stopped it; nothing of the trials is left.
    """
    who_looks = front_end(shell)
    # A program that records what is shown compares it the next time.
    with_figures = who_looks is not FrontEnd.RECORDER
    rows = [_row(finding, with_figures) for finding in examine(shared_executor())]
    bundle = findings_bundle(rows)
    if who_looks is FrontEnd.TERMINAL:
        sys.stdout.write(bundle["text/plain"] + "\n")
    else:
        publish_display_data(bundle)


def _row(finding: Finding, with_figures: bool) -> tuple[str, str, bool]:
    figures = finding.figures if with_figures else ""
    return finding.what, f"{finding.found} {figures}".strip(), finding.sound
