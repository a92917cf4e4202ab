"""Pipelines that several modules of tests run."""

from __future__ import annotations

from typing import Any

GOOD = """\
name: orders
inputs: { rows: , rate: 1.5 }
defaults: { timeout: 30, standbys: 0 }
steps:
  - id: clean
    language: javascript
    code: |
      function transform({ rows }) {
        return rows.filter(row => row.price > 0)
      }
  - id: priced
    code: |
      def transform(clean, rate):
          # the rate is that of the day
          return [row["price"] * rate for row in clean]
  - id: total
    code: sum(priced)
  - id: names
    language: js
    code: clean.map(row => row.name)
    inputs: [clean]
outputs: [total, names]
"""
ROWS = [{"name": "a", "price": 1}, {"name": "b", "price": 0}, {"name": "c", "price": 3}]

HOSTILE = {
    "python": """
import os, signal, time
for depth in range(2):
    if os.fork() == 0:
        os.setsid()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        if os.fork() == 0:
            os.closerange(0, 3)
        time.sleep(600)
        os._exit(0)
open("ready-python", "w").close()
while True:
    time.sleep(600)
""",
    "javascript": """
const { spawn } = require('child_process');
const stubborn = ['-c', 'trap "" INT TERM HUP; sleep 600 & sleep 600'];
spawn('sh', stubborn, { detached: true, stdio: 'ignore' });
require('fs').writeFileSync('ready-javascript', '');
while (true);
""",
}


def steps(*found: dict[str, Any], **fields: Any) -> str:
    """A pipeline of these steps, as JSON: which is YAML, too."""
    import json

    return json.dumps({"steps": list(found), **fields})
