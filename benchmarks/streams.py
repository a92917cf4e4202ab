"""Endless output in a kernel, beside ``%%bash``: ``python benchmarks/streams.py``."""

from __future__ import annotations

import queue
import statistics
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from notebook import Notebook
from rows import Row, table

MEGABYTES = 1000
BASH_MEGABYTES = 1
RATE, MESSAGES, GROWTH = 180, 20, 10
ROUNDS = 3
BUSY = 1.0
"""Seconds that an endless program prints before it is interrupted."""

FLOOD = "%%transform\nimport subprocess\nsubprocess.run('yes | head -c {}000000', shell=True)\n1"
ENDLESS = "%%transform\nimport subprocess\nsubprocess.run('yes')"


def rows() -> Iterator[Row]:
    """All of them."""
    notebook = Notebook()
    try:
        notebook.run(FLOOD.format(50))
        floods = [_flood(notebook, FLOOD.format(MEGABYTES), MEGABYTES) for _ in range(ROUNDS)]
        each, messages, growth = map(statistics.median, zip(*floods, strict=True))
        bash = _flood(notebook, f"%%bash\nyes | head -c {BASH_MEGABYTES}000000", BASH_MEGABYTES)
        yield Row("1 MB of `yes`, drained", each, f"{RATE} MB/s", 1000 / RATE, 1)
        yield Row("1 MB of `yes`, drained", each, "`%%bash`", bash[0])
        yield Row(
            "messages of it in a second", messages, f"{MESSAGES} messages", MESSAGES, 1, unit=""
        )
        yield Row("growth of the kernel", growth, f"{GROWTH} MB", GROWTH, 1, unit="MB")
        took = [
            (_interrupt(notebook, ENDLESS), _interrupt(notebook, "%%bash\nyes"))
            for _ in range(ROUNDS)
        ]
        ours, other = map(statistics.median, zip(*took, strict=True))
        yield Row("interrupt to idle, while it prints", ours, "`%%bash yes`", other, 0.2)
    finally:
        notebook.close()


def _flood(notebook: Notebook, code: str, megabytes: float) -> tuple[float, float, float]:
    """Milliseconds for a megabyte, messages a second, and how many megabytes the kernel grew."""
    messages = 0

    def hear(message: dict) -> None:
        nonlocal messages
        messages += message["header"]["msg_type"] in ("stream", "display_data")

    before, ended, most = _resident(notebook.pid), threading.Event(), [0.0]

    def watch() -> None:
        while not ended.wait(0.01):
            most[0] = max(most[0], _resident(notebook.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    began = time.perf_counter()
    notebook.client.execute_interactive(code, timeout=600, output_hook=hear)
    seconds = time.perf_counter() - began
    ended.set()
    watcher.join()
    return seconds * 1000 / megabytes, messages / seconds, max(0.0, most[0] - before)


def _interrupt(notebook: Notebook, code: str) -> float:
    """Milliseconds from the interrupt of an endless cell to the word that the kernel is idle."""
    client, began, interrupted = notebook.client, time.perf_counter(), None
    request = client.execute(code)
    while True:
        try:
            message = client.get_iopub_msg(timeout=0.02)
        except queue.Empty:
            message = None
        if interrupted is None and time.perf_counter() - began > BUSY:
            notebook.manager.interrupt_kernel()
            interrupted = time.perf_counter()
        if message is None or message["parent_header"].get("msg_id") != request:
            continue
        if message["content"].get("execution_state") == "idle" and interrupted is not None:
            client.get_shell_msg(timeout=60)
            return (time.perf_counter() - interrupted) * 1000


def _resident(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 1e6


if __name__ == "__main__":
    print(table(rows()))
