"""What a run is kept from: the network, the file system outside of its folder, our trust."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from census import wait_until

import codeexec_magics
from codeexec_magics import CodeExecutor, Outcome
from codeexec_magics.leases.client import SupervisorClient
from codeexec_magics.supervision.choice import Choice
from codeexec_magics.supervision.containment import strongest
from codeexec_magics.supervision.processes import children
from codeexec_magics.supervision.recipe import Isolation
from codeexec_magics.values.bundles import harmless

LANGUAGES = ("python", "javascript")
ROOT = Path(codeexec_magics.__file__).parents[1]
WITHOUT_NAMESPACES = Path(__file__).parent / "without_namespaces.py"

# Each program tries a number of things, and its value says for each what came of it.
TRIES = {
    "python": """
import json, os, socket, subprocess, sys, threading
found = {{}}
def attempt(name, action):
    try:
        found[name] = str(action())
    except OSError as error:
        found[name] = f"refused: {{error.strerror}}"
{body}
found
""",
    "javascript": """
const found = {{}};
const attempt = (name, action) => {{
  try {{ found[name] = String(action()); }}
  catch (error) {{ found[name] = `refused: ${{error.code}}`; }}
}};
const fs = require('fs'), {{ execFileSync }} = require('child_process');
{body}
found
""",
}
CHANGES = {
    "python": """
open("own", "w").close()
attempt("own folder", lambda: open("own", "w").write("x"))
attempt("rename", lambda: os.rename("own", "renamed"))
attempt("scratch", lambda: open(os.path.join(os.environ["TMPDIR"], "x"), "w").write("x"))
attempt("write", lambda: open(f"{outside}/new", "w"))
attempt("append", lambda: open(f"{outside}/kept", "a"))
attempt("truncate", lambda: os.truncate(f"{outside}/kept", 0))
attempt("remove", lambda: os.remove(f"{outside}/kept"))
attempt("make", lambda: os.mkdir(f"{outside}/folder"))
attempt("mode", lambda: os.chmod(f"{outside}/kept", 0o777))
attempt("times", lambda: os.utime(f"{outside}/kept", (1, 1)))
attempt("link", lambda: os.symlink("kept", f"{outside}/link"))
attempt("move out", lambda: os.rename("renamed", f"{outside}/renamed"))
attempt("child", lambda: subprocess.run(["sh", "-c", f"echo x > {outside}/kept"]).returncode)
attempt("dev null", lambda: open("/dev/null", "w").write("x"))
attempt("read", lambda: open(f"{outside}/kept").read())
""",
    "javascript": """
attempt('own folder', () => fs.writeFileSync('own', 'x'));
attempt('rename', () => fs.renameSync('own', 'renamed'));
attempt('scratch', () => fs.writeFileSync(process.env.TMPDIR + '/x', 'x'));
attempt('write', () => fs.writeFileSync(`${outside}/new`, 'x'));
attempt('append', () => fs.appendFileSync(`${outside}/kept`, 'x'));
attempt('truncate', () => fs.truncateSync(`${outside}/kept`, 0));
attempt('remove', () => fs.rmSync(`${outside}/kept`));
attempt('make', () => fs.mkdirSync(`${outside}/folder`));
attempt('mode', () => fs.chmodSync(`${outside}/kept`, 0o777));
attempt('times', () => fs.utimesSync(`${outside}/kept`, 1, 1));
attempt('link', () => fs.symlinkSync('kept', `${outside}/link`));
attempt('move out', () => fs.renameSync('renamed', `${outside}/renamed`));
attempt('child', () => execFileSync('sh', ['-c', `echo x > ${outside}/kept; echo $?`]));
attempt('dev null', () => fs.writeFileSync('/dev/null', 'x'));
attempt('read', () => fs.readFileSync(`${outside}/kept`));
""",
}
ALLOWED = {"own folder", "rename", "scratch", "dev null", "read"}


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Path]:
    """A folder that a sandboxed program must not change."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "kept").write_text("precious")
    (folder / "kept").chmod(0o644)
    before = (folder / "kept").stat()
    yield folder
    after = (folder / "kept").stat()
    assert [path.name for path in folder.iterdir()] == ["kept"]
    assert (folder / "kept").read_text() == "precious"
    assert (after.st_mode, after.st_mtime) == (before.st_mode, before.st_mtime)


@pytest.fixture
def inside(tmp_path: Path) -> Path:
    """The folder of the program."""
    folder = tmp_path / "inside"
    folder.mkdir()
    return folder


@pytest.fixture
def listener() -> Iterator[int]:
    """A service on this machine, for whoever may use the network; its port."""
    server = socket.create_server(("127.0.0.1", 0))
    yield server.getsockname()[1]
    server.close()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[str]:
    """A service behind a file, as docker's is; its path."""
    path = str(tmp_path / "service")
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen()
    yield path
    server.close()


def changes(language: str) -> str:
    return TRIES[language].format(body=CHANGES[language])


def assert_changes_only_its_own(found: dict[str, str]) -> None:
    refused = {name for name, said in found.items() if said.startswith("refused")}
    assert {"child"} | ALLOWED == set(found) - refused, found
    assert found["child"].strip() in ("1", "2"), found
    assert found["read"] == "precious"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sandboxed_program_changes_its_own_folders_only(
    executor: CodeExecutor, language: str, outside: Path, inside: Path
) -> None:
    result = executor.execute(
        changes(language),
        language,
        inputs={"outside": str(outside)},
        directory=str(inside),
        sandbox=True,
    )

    assert_changes_only_its_own(result.output)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sandboxed_program_in_a_worker_that_stood_by(
    language: str, outside: Path, inside: Path, unshared: None
) -> None:
    with CodeExecutor(sandbox=True, directory=str(inside), standbys=1) as own:
        for _ in range(4):
            result = own.execute(changes(language), language, inputs={"outside": str(outside)})
            assert_changes_only_its_own(result.output)
            assert wait_until(lambda: stands_by(own.client))


def stands_by(client: SupervisorClient) -> bool:
    """Whether a reaper with its worker waits below the supervisor."""
    assert client.pid is not None
    return any(len(children(pid)) == 1 for pid in children(client.pid))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sandboxed_program_changes_its_own_folders_only_without_namespaces(
    language: str, outside: Path, inside: Path
) -> None:
    plan = [
        [language, changes(language), {"inputs": {"outside": str(outside)}, "sandbox": True}],
        [language, "1", {"seal": True}],
        [language, "1", {}],
    ]
    done = subprocess.run(
        [sys.executable, str(WITHOUT_NAMESPACES), str(inside)],
        input=json.dumps(plan),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )

    sandboxed, sealed, plain = json.loads(done.stdout)
    assert_changes_only_its_own(sandboxed["output"])
    assert sealed["error"].startswith("IsolationUnavailable: this machine cannot seal a run:")
    assert plain["output"] == 1


CONNECT = {
    "python": """
def connect(family, address):
    with socket.socket(family) as one:
        one.settimeout(5)
        one.connect(address)
    return "connected"
attempt("tcp", lambda: connect(socket.AF_INET, ("127.0.0.1", port)))
attempt("udp", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close() or "made")
attempt("unix", lambda: connect(socket.AF_UNIX, path))
attempt("pair", lambda: [one.close() for one in socket.socketpair()] and "made")
attempt("child", lambda: subprocess.run(
    [sys.executable, "-c", f"import socket; socket.create_connection(('127.0.0.1', {port}), 5)"],
    stderr=subprocess.DEVNULL).returncode)
""",
    "javascript": """
const net = require('net'), dgram = require('dgram');
const connect = (options) => new Promise((resolve) => {
  const one = net.connect(options, () => { one.destroy(); resolve('connected'); });
  one.on('error', (error) => resolve(`refused: ${error.code}`));
});
found.tcp = await connect({ port, host: '127.0.0.1' });
found.udp = await new Promise((resolve) => {
  const one = dgram.createSocket('udp4');
  one.on('error', (error) => resolve(`refused: ${error.code}`));
  one.bind(0, () => { one.close(); resolve('made'); });
});
found.unix = await connect({ path });
attempt('pair', () => execFileSync('sh', ['-c', 'echo made']).toString().trim());
const script = `require('net').connect(${port}, '127.0.0.1').on('error', () => process.exit(1))`
  + `.on('connect', () => process.exit(0))`;
attempt('child', () => require('child_process').spawnSync(process.execPath, ['-e', script]).status);
""",
}


def connecting(
    executor: CodeExecutor, language: str, port: int, path: str, **isolation: Any
) -> dict[str, str]:
    result = executor.execute(
        TRIES[language].format(body=CONNECT[language]),
        language,
        inputs={"port": port, "path": path},
        **isolation,
    )
    assert result.success, result.error
    found: dict[str, str] = result.output
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_network_is_there_unless_it_is_refused(
    executor: CodeExecutor, language: str, listener: int, service: str
) -> None:
    found = connecting(executor, language, listener, service)

    expected = {"tcp": "connected", "udp": "made", "unix": "connected", "pair": "made"}
    assert found == {**expected, "child": "0"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_the_network_services_behind_files_are_left(
    executor: CodeExecutor, language: str, listener: int, service: str
) -> None:
    found = connecting(executor, language, listener, service, network=False)

    assert found["tcp"].startswith("refused"), found
    assert found["udp"].startswith("refused"), found
    assert (found["unix"], found["pair"], found["child"]) == ("connected", "made", "1")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sandboxed_program_reaches_no_service(
    executor: CodeExecutor, language: str, listener: int, service: str, inside: Path
) -> None:
    found = connecting(executor, language, listener, service, sandbox=True, directory=str(inside))

    assert all(found[name].startswith("refused") for name in ("tcp", "udp", "unix")), found
    assert (found["pair"], found["child"]) == ("made", "1")


def test_a_sandboxed_program_is_given_what_it_needs_of_the_environment(
    executor: CodeExecutor, monkeypatch: pytest.MonkeyPatch, inside: Path
) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "hidden")
    monkeypatch.setenv("LC_TIME", "C")

    seen = executor.execute_python(
        "import os; dict(os.environ)",
        sandbox=True,
        directory=str(inside),
        environment={"GIVEN": "yes"},
    ).output

    assert (seen["GIVEN"], seen["LC_TIME"], seen["PATH"]) == ("yes", "C", os.environ["PATH"])
    assert "SECRET_TOKEN" not in seen


def test_a_sandboxed_program_sees_and_signals_nobody_outside(
    executor: CodeExecutor, inside: Path
) -> None:
    body = """
attempt("signal", lambda: os.kill(kernel, 0))
attempt("environment", lambda: open(f"/proc/{kernel}/environ", "rb").read())
attempt("memory", lambda: open(f"/proc/{kernel}/mem", "rb"))
attempt("limit", lambda: __import__("resource").prlimit(kernel, 7, (5, 5)))
attempt("namespace", lambda: os.open(f"/proc/{kernel}/ns/mnt", os.O_RDONLY))
"""
    found = executor.execute_python(
        TRIES["python"].format(body=body),
        {"kernel": os.getpid()},
        sandbox=True,
        directory=str(inside),
    ).output

    assert len(found) == 5
    assert all(said.startswith("refused") for said in found.values()), found


def test_from_a_sandbox_nothing_is_unpickled(executor: CodeExecutor, inside: Path) -> None:
    """What needs a pickle is refused by name, and a forged pickle is not read."""
    plain = {"rows": [1, 2.5, None, "x"], "more": {"a": (1, 2)}}
    where = {"sandbox": True, "directory": str(inside)}

    assert executor.execute_python("value", {"value": plain}, **where).output == plain
    refused = executor.execute_python("import ast; ast.Constant(1)", **where)
    forged = executor.execute_python(FORGERY, **where)

    assert (refused.outcome, refused.error is not None and "result" in refused.error) == (
        Outcome.FAILED,
        True,
    )
    assert forged.outcome is not Outcome.SUCCEEDED
    assert not hasattr(sys, "unpickled_in_the_kernel")


# The program takes the runner's place and sends a pickle that sets a flag in its reader.
FORGERY = """
import gc, json, os, pickle, struct, sys
class Trap:
    def __reduce__(self):
        return exec, ("import sys; sys.unpickled_in_the_kernel = True",)
run = next(one for one in gc.get_objects() if isinstance(one, dict) and "token" in one)
data = pickle.dumps(Trap())
os.ftruncate(5, 4096)
os.pwrite(5, data, 0)
node = {"$": "pickle", "b": 0, "buffers": []}
value = {"codec": "tree", "inline": node, "buffers": [[0, len(data)]]}
text = json.dumps({"type": "result", "token": run["token"], "value": value}).encode()
os.write(3, struct.pack(">I", len(text)) + text)
"""


PICTURE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def test_what_a_sandbox_displays_is_text_and_pictures(executor: CodeExecutor, inside: Path) -> None:
    program = """
class Page:
    def _repr_html_(self):
        return "<script>steal()</script>"
    def __repr__(self):
        return "a page"
class Picture:
    def _repr_mimebundle_(self, **_):
        return {"image/png": PICTURE, "application/javascript": "steal()", "text/html": "<b>"}
display(Page())
display(Picture())
""".replace("PICTURE", repr(PICTURE))
    sandboxed = executor.execute_python(program, sandbox=True, directory=str(inside)).displays
    free = executor.execute_python(program).displays

    assert sandboxed[0] == {"text/plain": "<script>steal()</script>"}
    assert set(sandboxed[1]) == {"image/png", "text/plain"}
    assert "text/html" in free[0]


@pytest.mark.parametrize(
    ("bundle", "kept"),
    [
        ({}, {"text/plain": "a display"}),
        ({"text/plain": 5, "image/png": 7}, {"text/plain": "a display"}),
        ({"image/svg+xml": "<svg/>"}, {"text/plain": "<svg/>"}),
        ({"text/markdown": "<b>", "text/plain": "b"}, {"text/plain": "<b>"}),
        ({"application/vnd.plotly.v1+json": {}, "text/plain": "b"}, {"text/plain": "b"}),
    ],
)
def test_a_harmless_bundle(bundle: dict[str, Any], kept: dict[str, Any]) -> None:
    assert harmless(bundle) == kept


def test_a_sandbox_needs_a_folder_of_its_own(executor: CodeExecutor) -> None:
    refused = executor.execute_python("1", sandbox=True, directory="/")

    assert refused.outcome is Outcome.FAILED
    assert refused.error is not None
    assert refused.error.startswith("IsolationUnavailable: a sandboxed program may write")
    assert refused.receipt.reaped == 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sealed_run_is_held_by_the_strongest_tier_and_leaves_no_shared_memory(
    executor: CodeExecutor, language: str
) -> None:
    program = {
        "python": "open('/dev/shm/codeexec-test-left', 'w').write('x')",
        "javascript": "require('fs').writeFileSync('/dev/shm/codeexec-test-left', 'x') ?? 1",
    }[language]

    result = executor.execute(program, language, seal=True)

    assert (result.output, result.receipt.containment) == (1, "sealed")
    assert not Path("/dev/shm/codeexec-test-left").exists()


MADE_AND_WROTE = """
import os, socket

def done(action):
    try:
        action()
    except OSError:
        return False
    return True

def write():
    open(place, "w").close()
    os.remove(place)

place = f"/var/tmp/codeexec-test-{os.getpid()}"
done(lambda: socket.socket().close()), done(write)
"""


def test_several_isolations_at_once_do_not_mix(executor: CodeExecutor, inside: Path) -> None:
    """Threads that ask for different things share a supervisor; each gets what it asked for."""
    wanted: list[tuple[dict[str, Any], tuple[bool, bool]]] = [
        ({}, (True, True)),
        ({"network": False}, (False, True)),
        ({"sandbox": True}, (False, False)),
        ({"seal": True}, (True, True)),
        ({"sandbox": True, "seal": True}, (False, False)),
    ]
    found: dict[int, Any] = {}

    def run(index: int, isolation: dict[str, Any]) -> None:
        found[index] = executor.execute_python(MADE_AND_WROTE, directory=str(inside), **isolation)

    threads = [
        threading.Thread(target=run, args=(index, isolation))
        for index, (isolation, _) in enumerate(wanted * 2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {index: result.output for index, result in found.items()} == dict(
        enumerate([expected for _, expected in wanted * 2])
    )


def test_what_a_machine_cannot_do_is_refused_with_the_reason() -> None:
    tier = strongest()[0]
    choice = Choice(tier)
    choice._reasons = {(False, True): "it is too old"}

    with pytest.raises(OSError, match="cannot sandbox a program: it is too old"):
        choice.tier(Isolation(network=False, sandbox=True))


def test_what_is_protected_in_the_own_folder_cannot_be_put_aside(
    executor: CodeExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither it nor a folder on the way to it; beside it anything may be written."""
    libraries = tmp_path / "project" / "deep" / "libraries"
    libraries.mkdir(parents=True)
    monkeypatch.setenv("PYTHONPATH", str(libraries))
    program = """
import os
found = []
for name in ("project", "project/deep", "project/deep/libraries"):
    try:
        os.rename(name, "aside")
        found.append(name)
    except OSError:
        pass
try:
    open("project/deep/libraries/planted", "w").close()
    found.append("planted")
except OSError:
    pass
open("project/deep/beside", "w").close()
found
"""
    result = executor.execute_python(program, directory=str(tmp_path), sandbox=True)

    if "without namespaces that cannot be excepted" in (result.error or ""):
        return  # it is refused as a whole
    assert result.output == [], result.error
    assert {path.name for path in libraries.parent.iterdir()} == {"libraries", "beside"}


def test_what_would_be_fetched_into_the_own_folder_cannot_be_planted_first(
    executor: CodeExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A notebook in the home folder: what is fetched later stands below it, and runs outside."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / ".cache"))
    program = """
import os
try:
    os.makedirs(".cache/codeexec_magics/planted")
except OSError:
    pass
os.path.isdir(".cache/codeexec_magics/planted")
"""
    result = executor.execute_python(program, directory=str(tmp_path), sandbox=True)

    if "without namespaces that cannot be excepted" in (result.error or ""):
        return  # it is refused as a whole
    assert result.output is False, result.error
