"""However a Jupyter kernel ends, nothing that its cells started outlives it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import jupyter_client
import pytest
from census import TEMP, dwellers, wait_until
from jupyter_core.utils import ensure_event_loop
from owner import TREES

import codeexec_magics
from codeexec_magics.supervision.processes import children

ROOT = Path(codeexec_magics.__file__).parents[1]


class Kernel:
    """A kernel in a folder of its own, by which all of it is found."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manager = jupyter_client.KernelManager()
        self.manager.start_kernel(
            cwd=str(folder), env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=-3
        )
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)
        reply = self.client.execute_interactive(
            "%load_ext codeexec_magics", timeout=60, output_hook=lambda _: None
        )
        assert reply["content"]["status"] == "ok"

    @property
    def pid(self) -> int:
        pid: int = self.manager.provisioner.process.pid
        return pid

    def start(self, cell: str) -> None:
        """Execute a cell whose program makes the file `ready`."""
        self.client.execute(cell)
        assert wait_until((self.folder / "ready").exists, 30)
        assert len(dwellers(self.folder)) >= 4

    def end(self) -> None:
        self.client.stop_channels()
        if self.manager.is_alive():
            self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()
        self.manager.context.destroy(linger=0)


@pytest.fixture(scope="module", autouse=True)
def loop_of_the_client() -> None:
    """The client's event loop stays for good; its descriptors are no execution's."""
    ensure_event_loop()


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[Kernel]:
    own = Kernel(tmp_path)
    yield own
    own.end()
    assert wait_until(lambda: not dwellers(tmp_path))


def kill(kernel: Kernel) -> None:
    os.kill(kernel.pid, signal.SIGKILL)


def kill_the_group(kernel: Kernel) -> None:
    """As Jupyter does it."""
    os.killpg(os.getpgid(kernel.pid), signal.SIGKILL)


def restart_now(kernel: Kernel) -> None:
    kernel.manager.restart_kernel(now=True)


def shut_down_now(kernel: Kernel) -> None:
    kernel.manager.shutdown_kernel(now=True)


@pytest.mark.parametrize("end", [kill, kill_the_group, restart_now, shut_down_now])
@pytest.mark.parametrize("language", ["python", "javascript"])
def test_a_kernel_ends_while_a_cell_runs(
    kernel: Kernel, language: str, end: Callable[[Kernel], None]
) -> None:
    before = kernel.pid
    kernel.start(f"%%transform {language}\n{TREES[language]}")

    end(kernel)

    others = {before, kernel.pid} if kernel.manager.is_alive() else {before}
    assert wait_until(lambda: not dwellers(kernel.folder) - others, 2)
    assert wait_until(lambda: not list(TEMP.glob("codeexec_magics-*/*")), 2)


def test_a_kernel_is_shut_down_in_peace_with_workers_that_stand_by(kernel: Kernel) -> None:
    for language in ("python", "javascript"):
        reply = kernel.client.execute_interactive(
            f"%%transform {language}\n6 * 7", timeout=60, output_hook=lambda _: None
        )
        assert reply["content"]["status"] == "ok"
    assert wait_until(lambda: len(dwellers(kernel.folder)) >= 3)

    kernel.manager.shutdown_kernel()

    assert wait_until(lambda: not dwellers(kernel.folder), 2)


def test_a_cell_ends_the_kernel_without_a_word(kernel: Kernel) -> None:
    """A thread of the kernel executes; another cell calls ``os._exit``."""
    kernel.client.execute(
        "import os, threading\n"
        "from codeexec_magics import CodeExecutor\n"
        f"tree = {TREES['python']!r}\n"
        "threading.Thread(target=CodeExecutor().execute_python, args=(tree,)).start()"
    )
    assert wait_until((kernel.folder / "ready").exists, 30)

    kernel.client.execute("os._exit(3)")

    assert wait_until(lambda: not kernel.manager.is_alive(), 10)
    assert wait_until(lambda: not dwellers(kernel.folder), 2)


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_a_kernel_is_interrupted_and_goes_on(kernel: Kernel, language: str) -> None:
    kernel.client.execute("%transform_config standbys=0")
    kernel.start(f"%%transform {language}\n{TREES[language]}")

    kernel.manager.interrupt_kernel()

    def answer() -> str:
        reply = kernel.client.execute_interactive("6 * 7", timeout=60, output_hook=print)
        status: str = reply["content"]["status"]
        return status

    # What was queued behind the interrupted cell is aborted; what comes then is executed.
    assert wait_until(lambda: answer() == "ok")
    assert wait_until(lambda: dwellers(kernel.folder) == {kernel.pid})


def test_a_supervisor_that_was_started_for_a_cell_that_never_ran(kernel: Kernel) -> None:
    """It starts while the first cell is still looked at; nobody holds it then."""

    def run(cell: str) -> str:
        reply = kernel.client.execute_interactive(
            cell, timeout=60, output_hook=lambda _: None, stop_on_error=False
        )
        return str(reply["content"].get("ename"))

    assert run("%%transform --nonsense\n6 * 7") == "UsageError"
    assert children(kernel.pid) == []

    assert run("%%transform -i nowhere\n6 * 7") != "None"
    assert len(children(kernel.pid)) == 1

    assert run("%unload_ext codeexec_magics") == "None"
    assert wait_until(lambda: children(kernel.pid) == [])
