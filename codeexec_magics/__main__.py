"""``python -m codeexec_magics run orders.yaml``: a pipeline for a shell, or for a scheduler.

The process that runs it executes the pipeline; when it ends, whatever it ends by, so do the steps.
"""

from __future__ import annotations

import sys

from codeexec_magics.pipelines.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
