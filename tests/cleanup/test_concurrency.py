"""Many programs at once: threads, jobs and subshells share one supervisor and cross nothing."""

from __future__ import annotations

import concurrent.futures
import os
import re
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jupyter_client
import pytest
from census import dwellers, wait_until
from jupyter_core.utils import ensure_event_loop

import codeexec_magics
from codeexec_magics import CodeExecutor, Outcome
from codeexec_magics.engine.observer import Observer
from codeexec_magics.engine.runs import runs
from codeexec_magics.values.options import ExecutionOptions, Program

ROOT = Path(codeexec_magics.__file__).parents[1]
ENDLESS = "print('on', flush=True)\nimport time\nwhile True: time.sleep(600)"
TREE = "import subprocess\nsubprocess.Popen(['setsid', 'sleep', '600'])\n" + ENDLESS


@pytest.fixture(scope="module", autouse=True)
def loop_of_the_client() -> None:
    """The client's event loop stays for good; its descriptors are no execution's."""
    ensure_event_loop()


def test_streams_values_deadlines_and_deaths_do_not_cross(executor: CodeExecutor) -> None:
    """Half from threads, half as jobs, in both languages: each gets what is its own."""
    codes = {
        "done": ("python", "print(f'out {n}')\nimport sys\nprint(f'err {n}', file=sys.stderr)\nn"),
        "thrown": ("javascript", "console.log(`out ${n}`); throw new Error(`failure ${n}`)"),
        "late": ("python", "print(f'out {n}', flush=True)\nwhile True: pass"),
        "dead": ("python", "print(f'out {n}', flush=True)\nimport os; os._exit(n)"),
        "big": ("javascript", "console.log(`out ${n}`); new Array(100000).fill(n)"),
    }
    wanted = [(kind, number) for number in range(1, 5) for kind in codes]
    pool = concurrent.futures.ThreadPoolExecutor(10)

    def ask(kind: str, number: int) -> concurrent.futures.Future[Any]:
        language, code = codes[kind]
        options: dict[str, Any] = {
            "inputs": {"n": number},
            "timeout": 1 if kind == "late" else 60,
            "grace": 0,
        }
        if number % 2:
            return executor.submit(code, language, **options)
        return pool.submit(executor.execute, code, language, **options)

    with pool:
        asked = [(kind, number, ask(kind, number)) for kind, number in wanted]
        results = [(kind, number, future.result(timeout=120)) for kind, number, future in asked]

    for kind, number, result in results:
        assert result.stdout == f"out {number}\n", kind
        assert result.receipt.left == 0
        if kind == "done":
            assert (result.output, result.stderr) == (number, f"err {number}\n")
        elif kind == "thrown":
            assert result.error == f"Error: failure {number}"
        elif kind == "late":
            assert result.outcome is Outcome.TIMED_OUT
        elif kind == "dead":
            assert (result.outcome, result.exit_code) == (Outcome.CRASHED, number)
        else:
            assert result.output == [number] * 100_000
    assert runs() == []


def test_a_client_that_is_stuck_delays_no_other_s_kill(
    executor: CodeExecutor, tmp_path: Path
) -> None:
    """Nobody reads what one program prints: its own deadline holds, and so do the others'."""
    stuck, free = threading.Event(), threading.Event()

    def hang(stream: str, text: str) -> None:
        stuck.set()
        free.wait(60)

    flood = "while True: print('x' * 10_000)"
    options = ExecutionOptions(
        timeout=1, grace=0, standbys=0, environment={"STUCK": "1"}, directory=str(tmp_path)
    )
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        hanging = pool.submit(executor.run, Program(flood), options, None, Observer(output=hang))
        try:
            assert stuck.wait(30)
            others = [executor.submit("while True: pass", timeout=0.3, grace=0) for _ in range(3)]
            outcomes = {job.result(timeout=30).outcome for job in others}
            assert outcomes == {Outcome.TIMED_OUT}
            # Its owner has not heard of it yet, but it is gone.
            assert wait_until(lambda: not dwellers(tmp_path), 10)
            assert not hanging.done()
        finally:
            free.set()
        assert hanging.result(timeout=30).outcome is Outcome.TIMED_OUT


class Kernel:
    """A kernel in a folder of its own, by which all of it is found; cells may run in subshells."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manager = jupyter_client.KernelManager()
        self.manager.start_kernel(
            cwd=str(folder),
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            extra_arguments=["--HistoryManager.enabled=False"],
        )
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)
        self.streams: dict[str, str] = {}
        self.replies: dict[str, dict[str, Any]] = {}
        self.run("%load_ext codeexec_magics\n%transform_config standbys=0")

    @property
    def pid(self) -> int:
        pid: int = self.manager.provisioner.process.pid
        return pid

    def subshell(self) -> str:
        """A new subshell."""
        request = self.client.session.msg("create_subshell_request")
        self.client.control_channel.send(request)
        reply = self.client.get_control_msg(timeout=30)["content"]
        assert reply["status"] == "ok", reply
        return str(reply["subshell_id"])

    def start(self, code: str, subshell: str | None = None) -> str:
        """Send a cell; returns its request's number."""
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": False,
        }
        message = self.client.session.msg("execute_request", content)
        message["header"]["subshell_id"] = subshell
        self.client.shell_channel.send(message)
        request = str(message["header"]["msg_id"])
        self.streams[request] = ""
        return request

    def finish(self, request: str) -> dict[str, Any]:
        """Wait for a cell's reply, whatever comes before it."""
        while request not in self.replies:
            message = self.client.get_shell_msg(timeout=60)
            self.replies[message["parent_header"]["msg_id"]] = message["content"]
        return self.replies[request]

    def printed(self, request: str, text: str) -> str:
        """Wait until a cell has printed a text; returns all that it has printed by then."""
        while text not in self.streams[request]:
            message = self.client.get_iopub_msg(timeout=60)
            parent = message["parent_header"].get("msg_id")
            if message["msg_type"] == "stream" and parent in self.streams:
                self.streams[parent] += message["content"]["text"]
        return self.streams[request]

    def run(self, code: str, subshell: str | None = None) -> str:
        """Run a cell that must end well; returns what it has printed."""
        request = self.start(f"{code}\nprint('the end', flush=True)", subshell)
        reply = self.finish(request)
        assert reply["status"] == "ok", reply
        return self.printed(request, "the end\n").removesuffix("the end\n")

    def empty(self) -> bool:
        """Whether no program of it is left: beside the kernel its supervisor alone may be."""
        return wait_until(lambda: dwellers(self.folder) == {self.pid})

    def end(self) -> None:
        self.client.stop_channels()
        if self.manager.is_alive():
            self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()
        self.manager.context.destroy(linger=0)


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[Kernel]:
    own = Kernel(tmp_path)
    yield own
    own.end()
    assert wait_until(lambda: not dwellers(tmp_path))


def test_a_cell_in_a_subshell_is_ended_from_the_main_shell(kernel: Kernel) -> None:
    request = kernel.start(f"%%transform --result r -o out\n{TREE}", kernel.subshell())
    kernel.printed(request, "on\n")

    kernel.manager.interrupt_kernel()  # which does not reach it
    listed = kernel.run("%transform_ps -v")
    assert re.search(r"^ *1  running +python .* 2  import subprocess$", listed, re.MULTILINE)
    assert re.search(r"^ +\d+ .*sleep$", listed, re.MULTILINE)
    ended = kernel.run("%transform_kill 1")

    assert re.fullmatch(r"1  python  import subprocess: ended after .*, no process left\n", ended)
    assert kernel.empty()
    assert kernel.finish(request)["ename"] == "KeyboardInterrupt"
    assert kernel.run("print(r.outcome.value, 'out' in globals())") == "interrupted False\n"


def test_cells_of_several_subshells_and_the_main_shell_run_at_once(kernel: Kernel) -> None:
    shells = [None, kernel.subshell(), kernel.subshell()]
    # Each waits until all are under way: none could end if they ran one after the other.
    code = (
        "import os, time\nopen(f'begun-{{}}', 'w').close()\nprint('text {}', flush=True)\n"
        "while not all(os.path.exists(f'begun-{n}') for n in range(3)): time.sleep(0.01)\n"
    )
    requests = [
        kernel.start(
            f"%%transform -o out{number}\n"
            + code.replace("{{}}", str(number)).replace("{}", str(number))
            + str(number),
            shell,
        )
        for number, shell in enumerate(shells)
    ]

    for number, request in enumerate(requests):
        assert kernel.finish(request)["status"] == "ok"
        assert kernel.printed(request, "\n") == f"text {number}\n"
    assert kernel.run("print(out0, out1, out2)") == "0 1 2\n"


def test_the_main_shell_s_cell_is_ended_from_a_subshell(kernel: Kernel) -> None:
    shell = kernel.subshell()
    request = kernel.start("%%transform js\nconsole.log('on'); while (true);")
    kernel.printed(request, "on\n")

    ended = kernel.run("%transform_kill --now all", shell)

    assert "1  javascript  console.log('on'); while (true);: ended" in ended
    assert kernel.finish(request)["ename"] == "KeyboardInterrupt"


def test_an_interrupt_ends_the_job_that_a_cell_awaits(kernel: Kernel) -> None:
    kernel.run(f"job = get_ipython().run_cell_magic('transform', '--bg', {TREE!r})")
    request = kernel.start("print('waits', flush=True)\nawait job")
    kernel.printed(request, "waits\n")
    kernel.run("import time\nwhile 'on' not in job.stdout: time.sleep(0.01)", kernel.subshell())

    kernel.manager.interrupt_kernel()

    assert kernel.finish(request)["ename"] == "CancelledError"
    assert kernel.run("print(job.done(), job.cancelled(), job.result().receipt.left)") == (
        "True True 0\n"
    )
    assert kernel.empty()


def test_an_interrupt_ends_a_call_within_a_cell_that_awaits(kernel: Kernel) -> None:
    kernel.run(f"get_ipython().run_cell_magic('transform', '-n clean', {TREE!r})")
    request = kernel.start("import asyncio\nawait asyncio.sleep(0)\nclean()\nreached = True")
    kernel.printed(request, "on\n")

    kernel.manager.interrupt_kernel()

    assert kernel.finish(request)["ename"] == "KeyboardInterrupt"
    assert kernel.empty()
    assert kernel.run("print('reached' in globals())") == "False\n"
    # The kernel's loop has survived it.
    request = kernel.start("await asyncio.sleep(0)\nprint('awaited', flush=True)")
    assert kernel.printed(request, "awaited\n") == "awaited\n"


BACKGROUND = f"job = get_ipython().run_cell_magic('transform', '--bg -o out', {TREE!r})"
UNTIL_ON = "import time\nwhile 'on' not in job.stdout: time.sleep(0.01)"


@pytest.mark.parametrize(
    "cell", ["%reload_ext codeexec_magics", "%unload_ext codeexec_magics", "job.end()"]
)
def test_a_job_ends_with_the_extension(kernel: Kernel, cell: str) -> None:
    kernel.run(f"{BACKGROUND}\n{UNTIL_ON}")
    assert len(dwellers(kernel.folder)) >= 3

    kernel.run(cell)

    assert dwellers(kernel.folder) == {kernel.pid}
    assert kernel.run("print(job.cancelled(), 'out' in globals())") == "True False\n"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_job_ends_with_the_kernel(kernel: Kernel, number: int) -> None:
    kernel.run(f"{BACKGROUND}\n{UNTIL_ON}")

    os.kill(kernel.pid, number)

    assert wait_until(lambda: not dwellers(kernel.folder), 5)


def test_jobs_end_when_the_kernel_restarts(kernel: Kernel) -> None:
    kernel.run(f"{BACKGROUND}\n{UNTIL_ON}")
    before = dwellers(kernel.folder)

    kernel.manager.restart_kernel(now=True)

    assert wait_until(lambda: not dwellers(kernel.folder) & before, 5)


def test_an_interrupt_leaves_jobs_alone(kernel: Kernel) -> None:
    kernel.run(f"{BACKGROUND}\n{UNTIL_ON}")
    request = kernel.start("%%transform\nprint('on', flush=True)\nimport time; time.sleep(600)")
    kernel.printed(request, "on\n")

    kernel.manager.interrupt_kernel()

    assert kernel.finish(request)["ename"] == "KeyboardInterrupt"
    assert kernel.run("print(job.state)") == "running\n"
    kernel.run("job.end()")
