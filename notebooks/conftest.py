"""Which notebooks pytest runs here: those whose language is installed."""

from __future__ import annotations

import shutil

collect_ignore = [] if shutil.which("R") else ["languages.ipynb", "r.ipynb"]
