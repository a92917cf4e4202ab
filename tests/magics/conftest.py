"""An IPython shell in this process, and real kernels."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import zmq
from IPython.core.interactiveshell import InteractiveShell
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager
from jupyter_core.utils import ensure_event_loop
from traitlets.config import Config

import codeexec_magics

ROOT = Path(codeexec_magics.__file__).parent.parent


@pytest.fixture(scope="session")
def session_shell(executor: object) -> Iterator[InteractiveShell]:
    settings = Config()
    settings.HistoryManager.enabled = False
    settings.InteractiveShell.colors = "nocolor"
    shell = InteractiveShell.instance(config=settings)
    codeexec_magics.load_ipython_extension(shell)
    yield shell
    codeexec_magics.unload_ipython_extension(shell)
    InteractiveShell.clear_instance()


@pytest.fixture
def shell(session_shell: InteractiveShell) -> Iterator[InteractiveShell]:
    """The shell, with an empty namespace, the default settings, and no processes in waiting."""
    before = dict(session_shell.user_ns)
    session_shell.run_line_magic("transform_config", "standbys=0")
    yield session_shell
    session_shell.user_ns.clear()
    session_shell.user_ns.update(before)
    codeexec_magics.load_ipython_extension(session_shell)


@pytest.fixture
def run(shell: InteractiveShell) -> Callable[[str], BaseException | None]:
    """Run a cell; returns what it raised."""

    def run_cell(code: str) -> BaseException | None:
        return shell.run_cell(code).error_in_exec

    return run_cell


@dataclass
class Reply:
    """What one cell came to, as a front end sees it."""

    status: str
    ename: str = ""
    evalue: str = ""
    messages: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [content for name, content in self.messages if name == kind]

    def stream(self, name: str = "stdout") -> str:
        return "".join(content["text"] for content in self.of("stream") if content["name"] == name)

    @property
    def shown(self) -> list[tuple[str, dict[str, Any]]]:
        """What a saved notebook would hold, without the metadata."""
        return [
            (kind, content.get("data", content))
            for kind, content in self.messages
            if kind in ("stream", "display_data", "error")
        ]

    @property
    def cards(self) -> list[str]:
        return [
            content["data"]["text/plain"]
            for content in self.of("display_data")
            if "volatile" not in content["metadata"].get("codeexec_magics", {"volatile": True})
        ]


class Kernel:
    """A real kernel with the extension loaded."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self.manager = manager
        self.client = client

    def run(self, code: str, *, person: bool = True) -> Reply:
        """Run a cell to its end; ``person`` is whether somebody could answer ``input()``."""
        return self.finish(self.start(code, person=person))

    def start(self, code: str, *, person: bool = True) -> str:
        return str(self.client.execute(code, allow_stdin=person))

    def wait_for(self, kind: str) -> dict[str, Any]:
        while True:
            message = self.client.get_iopub_msg(timeout=60)
            if message["msg_type"] == kind:
                return dict(message["content"])

    def finish(self, request: str) -> Reply:
        messages = []
        while True:
            message = self.client.get_iopub_msg(timeout=60)
            if message["parent_header"].get("msg_id") != request:
                continue
            content = message["content"]
            if message["msg_type"] == "status" and content["execution_state"] == "idle":
                break
            messages.append((message["msg_type"], content))
        answer = self.client.get_shell_msg(timeout=60)
        while answer["parent_header"].get("msg_id") != request:
            answer = self.client.get_shell_msg(timeout=60)  # one that came late for another request
        reply = answer["content"]
        return Reply(reply["status"], reply.get("ename", ""), reply.get("evalue", ""), messages)


@pytest.fixture(scope="session")
def sockets() -> None:
    """The descriptors that zmq and the client keep for the whole process."""
    zmq.Context.instance().socket(zmq.DEALER).close(0)
    ensure_event_loop()


@pytest.fixture
def kernel(sockets: None, tmp_path: Path) -> Iterator[Kernel]:
    manager = KernelManager(kernel_name="python3")
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    manager.start_kernel(
        cwd=str(tmp_path),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        extra_arguments=["--HistoryManager.enabled=False"],
    )
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        running = Kernel(manager, client)
        assert running.run("%load_ext codeexec_magics").status == "ok"
        # On a busy machine any cell may take longer than a person would wait for a sign of life.
        assert running.run("%transform_config live_after=600").status == "ok"
        yield running
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()
