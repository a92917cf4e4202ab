"""A Jupyter kernel that cells are run in, as a front end does it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

LIMIT = 600


class Notebook:
    """A kernel with what the rows compare with.

    Args:
        setup: The first cell.
    """

    def __init__(self, setup: str = "%load_ext codeexec_magics") -> None:
        self.manager, client = start_new_kernel(kernel_name="python3")
        assert isinstance(client, BlockingKernelClient)
        self.client = client
        self.run(setup)

    def run(self, code: str, *, failing: bool = False) -> float:
        """Run a cell; milliseconds from its request to the idle message."""
        began = time.perf_counter()
        reply = self.client.execute_interactive(code, timeout=LIMIT, output_hook=lambda _: None)
        took = (time.perf_counter() - began) * 1000
        assert failing or reply["content"]["status"] == "ok", reply["content"]
        return took

    def value(self, expression: str) -> Any:
        """What an expression evaluates to; it must be plain."""
        reply = self.client.execute_interactive(
            "None",
            timeout=LIMIT,
            output_hook=lambda _: None,
            user_expressions={"value": f"__import__('json').dumps({expression})"},
        )
        import json

        text = reply["content"]["user_expressions"]["value"]["data"]["text/plain"]
        return json.loads(text[1:-1].encode().decode("unicode_escape"))

    @property
    def pid(self) -> int:
        pid: int = self.manager.provisioner.process.pid
        return pid

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


def proportional(pid: int) -> float:
    """The memory of a process in MB, shared pages by their share (PSS)."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise ValueError("the kernel counts no PSS")
