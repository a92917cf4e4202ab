"""The JSON Schema of a pipeline's file, for editors; made of the table that the checker uses.

Runs in any process; pure. ``python -m codeexec_magics.pipelines.schema`` writes it anew.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from codeexec_magics.pipelines.fields import PIPELINE, schema_of

PATH = Path(__file__).with_name("pipeline.schema.json")


def schema() -> dict[str, Any]:
    """The schema."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A pipeline of codeexec_magics",
        **schema_of(PIPELINE),
    }


def text() -> str:
    """The schema as the file's text."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
