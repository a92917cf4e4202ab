"""The kernel holds a run to its memory by a control group, where one can be had."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from census import wait_until

from codeexec_magics import CodeExecutor, ExecutionResult, Outcome
from codeexec_magics.engine.observer import Observer
from codeexec_magics.supervision import cgroup, limits
from codeexec_magics.supervision.limits import Limits, Watch
from codeexec_magics.supervision.processes import children
from codeexec_magics.values.options import ExecutionOptions, Program

MEBIBYTE = 1 << 20
MISSING = cgroup.why_not()

with_groups = pytest.mark.skipif(
    MISSING is not None, reason=f"no control group can be had here: {MISSING}"
)


def groups() -> set[str]:
    """The groups of runs that there are."""
    return {
        os.path.join(level, name)
        for level in cgroup._levels_here()
        for name in os.listdir(level)
        if name.startswith("codeexec-")
    }


@pytest.fixture(autouse=True)
def no_group_left() -> Iterator[None]:
    before = groups()
    yield
    wait_until(lambda: not groups() - before)
    assert groups() - before == set()


# Finding the group.

SYSTEMD = """\
24 1 259:2 / / rw,relatime - ext4 /dev/nvme0n1p2 rw
31 24 0:27 / /sys/fs/cgroup rw,nosuid,nodev,noexec shared:9 - cgroup2 cgroup2 rw,nsdelegate
"""
HYBRID = """\
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
"""
PART_OF_IT = "41 31 0:38 /docker/8f1c /sys/fs/cgroup ro,relatime - cgroup2 cgroup rw\n"
ABOVE_US = "41 31 0:38 /../.. /host/cgroup rw,relatime - cgroup2 cgroup2 rw\n"
ODD = r"41 31 0:38 / /mnt/control\040groups\134 rw - cgroup2 cgroup2 rw" + "\n"


@pytest.mark.parametrize(
    ("group", "mounts", "found"),
    [
        (
            "0::/user.slice/session-3.scope\n",
            SYSTEMD,
            [
                "/sys/fs/cgroup/user.slice/session-3.scope",
                "/sys/fs/cgroup/user.slice",
                "/sys/fs/cgroup",
            ],
        ),
        ("0::/\n", SYSTEMD, ["/sys/fs/cgroup"]),
        ("4:memory:/deep/down\n1:name=systemd:/\n0::/\n", HYBRID, ["/sys/fs/cgroup/unified"]),
        ("0::/docker/8f1c/job\n", PART_OF_IT, ["/sys/fs/cgroup/job", "/sys/fs/cgroup"]),
        ("0::/docker/8f1c\n", PART_OF_IT, ["/sys/fs/cgroup"]),
        ("0::/docker/8f1c99\n", PART_OF_IT, []),
        ("0::/a\n", ABOVE_US + SYSTEMD, ["/sys/fs/cgroup/a", "/sys/fs/cgroup"]),
        ("0::/a b\n", ODD, ["/mnt/control groups\\/a b", "/mnt/control groups\\"]),
        ("0::/../neighbour\n", SYSTEMD, []),
        ("4:memory:/deep/down\n", HYBRID, []),
        ("0::/a\n", "24 1 259:2 / / rw - ext4 /dev/sda1 rw\n", []),
        ("", "", []),
        ("0::", "a line - cgroup2\n - \n", []),
    ],
)
def test_where_a_group_may_be_made(group: str, mounts: str, found: list[str]) -> None:
    assert cgroup.levels(group, mounts) == found


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A group with one below it, in which we seem to be; both are folders with plain files."""
    above, own = tmp_path, tmp_path / "own"
    own.mkdir()
    for level in (above, own):
        (level / "cgroup.controllers").write_text("cpu memory pids\n")
        (level / "cgroup.procs").touch()
    (above / "cgroup.subtree_control").write_text("memory\n")
    (own / "cgroup.subtree_control").write_text("memory\n")
    monkeypatch.setattr(cgroup, "_levels_here", lambda: [str(own), str(above)])
    return above


def test_what_cannot_be_finished_is_undone(fake: Path) -> None:
    with pytest.raises(OSError, match=r"memory\.max"):  # a plain folder has no such file
        cgroup.hold("session", "1", MEBIBYTE, list)

    assert [path for path in fake.rglob("*") if "session" in path.name] == []


@pytest.mark.parametrize(
    ("file", "text"),
    [("memory.max", "800\n"), ("memory.high", "1\n"), ("cpu.max", "5 10\n"), ("io.max", "8:0 r=1")],
)
def test_no_limit_of_others_is_left_behind(fake: Path, file: str, text: str) -> None:
    (fake / "own" / file).write_text(text)

    with pytest.raises(OSError, match=rf"{file} of .*own would be lost"):
        cgroup._must_keep([str(fake / "own")])


def test_the_smallest_number_of_processes_is_kept(fake: Path) -> None:
    (fake / "pids.max").write_text("500\n")
    (fake / "own" / "pids.max").write_text("max\n")
    (fake / "own" / "memory.max").write_text("max\n")
    (fake / "own" / "cpuset.cpus").write_text("\n")

    assert cgroup._must_keep([str(fake / "own")]) is None
    assert cgroup._must_keep([str(fake / "own"), str(fake)]) == 500


def test_a_group_without_the_controller_is_refused_by_name(fake: Path) -> None:
    for level in (fake, fake / "own"):
        (level / "cgroup.subtree_control").write_text("")
        (level / "cgroup.controllers").write_text("cpu\n")

    with pytest.raises(OSError, match="own has no memory controller"):
        cgroup.hold("session", "1", MEBIBYTE, list)


# Groups themselves; for these any hierarchy of version 2 does.


def a_place() -> str | None:
    """Our own group, if others can be made below it."""
    ways = cgroup._levels_here()
    writable = bool(ways) and os.access(ways[0], os.W_OK)
    return ways[0] if writable and os.access(f"{ways[0]}/cgroup.procs", os.W_OK) else None


with_a_place = pytest.mark.skipif(
    a_place() is None, reason="there is no cgroup v2 here, or no group may be made in it"
)


@pytest.fixture
def made() -> str:
    """A new group of this test's session, below our own."""
    folder = f"{a_place()}/codeexec-{os.getpid()}-1"
    os.mkdir(folder)
    return folder


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """A process that is none of the run."""
    child = subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE)
    yield child
    child.communicate()


def group_of(pid: int) -> str:
    """The name of the group that a process is in, without those above it."""
    lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    return next(line for line in lines if line.startswith("0::")).rpartition("/")[2]


@with_a_place
def test_a_group_takes_in_and_sends_home(made: str, stranger: subprocess.Popen[bytes]) -> None:
    before = group_of(stranger.pid)
    found = [[stranger.pid], [stranger.pid, 1 << 22], [stranger.pid, 1 << 22]]
    group = cgroup.MemoryGroup(made, str(a_place()))

    group.take_in(lambda: found.pop(0))  # the second is a process that has just ended

    assert found == []
    assert group_of(stranger.pid) == os.path.basename(made)
    assert group.remove()
    assert group_of(stranger.pid) == before
    assert stranger.poll() is None


@with_a_place
def test_groups_within_a_group_go_with_it(made: str, stranger: subprocess.Popen[bytes]) -> None:
    inner = os.path.join(made, "a", "b", "c")
    os.makedirs(inner)
    os.mkdir(os.path.join(made, "d"))
    Path(inner, "cgroup.procs").write_text(str(stranger.pid))

    assert cgroup.MemoryGroup(made, str(a_place())).remove()

    assert not os.path.exists(made)
    assert stranger.poll() is None


@with_a_place
def test_what_is_left_of_a_session_goes_and_nothing_else(made: str) -> None:
    session = str(os.getpid())
    others = [f"{made}0", f"{made[:-2]}0-1", f"{made[:-1]}2"]
    for folder in others:
        os.mkdir(folder)

    cgroup.remove_left(session, "1")
    after_one = [os.path.exists(folder) for folder in (made, *others)]
    cgroup.remove_left(session)
    after_all = [os.path.exists(folder) for folder in (made, *others)]
    cgroup.remove_left(f"{session}0")

    assert after_one == [False, True, True, True]
    assert after_all == [False, False, True, False]


@with_a_place
def test_a_group_without_limits_tells_nothing(made: str) -> None:
    group = cgroup.MemoryGroup(made, str(a_place()))

    assert (group.limit_reached(), group.peak()) == (False, 0)
    assert group.remove()
    assert (group.limit_reached(), group.peak()) == (False, 0)


# Without a group.


@pytest.fixture
def large() -> Iterator[subprocess.Popen[str]]:
    """A process that has 64 MiB and waits."""
    program = f"held = bytearray(range(256)) * {64 * MEBIBYTE >> 8}\nprint(len(held))\ninput()"
    child = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    child.stdout.readline()
    yield child
    child.communicate("\n")


def no_group(*_: object) -> cgroup.MemoryGroup:
    raise PermissionError


@pytest.mark.parametrize(("limit", "exceeded"), [(48, "memory"), (1000, None)])
def test_without_a_group_memory_is_looked_at(
    large: subprocess.Popen[str],
    monkeypatch: pytest.MonkeyPatch,
    limit: int,
    exceeded: str | None,
) -> None:
    monkeypatch.setattr(cgroup, "hold", no_group)
    monkeypatch.setattr(limits, "_below", lambda: [large.pid])
    watch = Watch(Limits(memory=limit * MEBIBYTE), "session", "1", 0)

    found = watch.look()
    watch.end()

    assert found == exceeded
    assert watch.peak_memory >= 64 * MEBIBYTE
    assert not watch.is_out_of_memory()


# With a group.

LIMIT = 160 * MEBIBYTE

MANY_CHILDREN = """
import os, time
ready, arrived = os.pipe()
go, end = os.pipe()
for _ in range(number):
    if os.fork() == 0:
        held = bytearray(range(256)) * (40 << 12)
        os.write(arrived, b"!")
        os.close(end)
        os.read(go, 1)
        os._exit(0)
told = b""
while len(told) < number:
    told += os.read(ready, number)
os.close(end)
for _ in range(number):
    os.wait()
len(told)
"""
SHARED_BY_CHILDREN = MANY_CHILDREN.replace("        held =", "        sum(held[:1000])  #").replace(
    "ready,", "held = bytearray(range(256)) * (60 << 12)\nready,", 1
)
FILE_IN_MEMORY = """
import os
fd = os.open("/dev/shm", os.O_TMPFILE | os.O_RDWR)
for _ in range(400):
    os.write(fd, bytes(1 << 20))
"""
LEAVES_ITS_GROUP = """
import os
with open(os.path.join(home, "cgroup.procs"), "w") as file:
    file.write(str(os.getpid()))
held = []
while True:
    held.append(bytearray(range(256)) * (1 << 10))
"""
FIND_ITS_GROUP = """
import os
name = open("/proc/self/cgroup").read().split("0::")[1].split()[0].rpartition("/")[2]
place = os.path.join(home, name)
"""
MOVES_ITS_PARENT = (
    FIND_ITS_GROUP
    + """
with open(os.path.join(place, "cgroup.procs"), "w") as file:
    file.write(str(os.getppid()))
"done"
"""
)
MAKES_GROUPS = (
    FIND_ITS_GROUP
    + """
with open(os.path.join(place, "cgroup.max.descendants"), "w") as file:
    file.write("max")
for _ in range(12):
    place = os.path.join(place, "inner")
    os.mkdir(place)
"done"
"""
)
HEAP = "const held = []; while (true) held.push([Math.random(), {}])"
BUFFERS = "const held = []; while (true) held.push(Buffer.alloc(8_000_000, 1))"
WAITS = "import time; print('ready', flush=True); time.sleep(600)"


def assert_ended_at(result: ExecutionResult, limit: int) -> None:
    text = f"OutOfMemory: the limit of {limit // MEBIBYTE} MiB was reached"
    assert (result.outcome, result.error, result.receipt.left) == (Outcome.MEMORY, text, 0)
    assert result.peak_memory is not None
    assert result.peak_memory >= limit * 0.98


def place_of_groups() -> str:
    """The group below which those of runs are made; asked by making one."""
    group = cgroup.hold("where", "0", MEBIBYTE, list)
    assert group.remove()
    return os.path.dirname(group.folder)


def test_a_group_can_be_had_or_it_is_told_why() -> None:
    assert MISSING is None or len(MISSING) > 10


@with_groups
@pytest.mark.parametrize(
    ("number", "status", "peak"), [(8, -signal.SIGKILL, 1.0), (1, 0, 0.25)], ids=["more", "less"]
)
def test_a_watch_has_the_kernel_hold_what_is_below(
    monkeypatch: pytest.MonkeyPatch, number: int, status: int, peak: float
) -> None:
    program = f"import os\nos.read(0, 1)\nnumber = {number}\n{MANY_CHILDREN}"
    child = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE)
    monkeypatch.setattr(limits, "_below", lambda: [child.pid])

    watch = Watch(Limits(memory=LIMIT), str(os.getpid()), "1", 0)
    child.communicate(b"!")
    ended_at_limit = watch.is_out_of_memory()
    watch.end()

    assert (child.returncode, ended_at_limit) == (status, status != 0)
    assert peak * LIMIT * 0.98 <= watch.peak_memory <= LIMIT


@with_groups
@pytest.mark.parametrize(
    "program",
    ["held = bytearray(range(256)) * (1 << 22)", MANY_CHILDREN, FILE_IN_MEMORY],
    ids=["at-once", "children", "file-in-memory"],
)
def test_the_kernel_ends_what_needs_more(executor: CodeExecutor, program: str) -> None:
    result = executor.execute_python(program, inputs={"number": 8}, memory=LIMIT)

    assert_ended_at(result, LIMIT)
    assert result.peak_memory is not None
    assert result.peak_memory <= LIMIT * 1.02


@with_groups
@pytest.mark.parametrize("program", [HEAP, BUFFERS], ids=["heap", "buffers"])
def test_the_kernel_ends_node(executor: CodeExecutor, program: str) -> None:
    assert_ended_at(executor.execute(program, "javascript", memory=LIMIT), LIMIT)


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_a_limit_that_is_smaller_than_the_runtime(executor: CodeExecutor, language: str) -> None:
    limit = 4 * MEBIBYTE

    assert_ended_at(executor.execute("1", language, memory=limit), limit)


def test_what_children_share_counts_once(executor: CodeExecutor) -> None:
    result = executor.execute_python(SHARED_BY_CHILDREN, inputs={"number": 8}, memory=LIMIT)

    assert (result.error, result.output) == (None, 8)


@with_groups
def test_the_peak_is_of_all_processes_together(executor: CodeExecutor) -> None:
    result = executor.execute_python(MANY_CHILDREN, inputs={"number": 4}, memory=4 * LIMIT)

    assert (result.error, result.output) == (None, 4)
    assert result.peak_memory is not None
    assert 160 * MEBIBYTE < result.peak_memory < 4 * LIMIT


@with_groups
def test_a_program_that_leaves_its_group_is_seen(executor: CodeExecutor) -> None:
    inputs = {"home": place_of_groups()}

    assert_ended_at(executor.execute_python(LEAVES_ITS_GROUP, inputs=inputs, memory=LIMIT), LIMIT)


@with_groups
@pytest.mark.parametrize("program", [MOVES_ITS_PARENT, MAKES_GROUPS], ids=["parent", "groups"])
def test_what_a_program_puts_into_its_group_goes(executor: CodeExecutor, program: str) -> None:
    result = executor.execute_python(program, inputs={"home": place_of_groups()}, memory=LIMIT)

    assert (result.error, result.output) == (None, "done")


@pytest.fixture
def own(unshared: None) -> Iterator[CodeExecutor]:
    """An executor with a supervisor of this test's own."""
    with CodeExecutor(standbys=0) as executor:
        executor.client.welcome()
        yield executor


def the_supervisor(own: CodeExecutor) -> list[int]:
    assert own.client.pid is not None
    return [own.client.pid]


def the_reaper(own: CodeExecutor) -> list[int]:
    return children(*the_supervisor(own))


def both(own: CodeExecutor) -> list[int]:
    return the_supervisor(own) + the_reaper(own)


@with_groups
@pytest.mark.parametrize("victims", [the_supervisor, the_reaper, both])
def test_no_group_outlives_those_who_supervise(
    own: CodeExecutor, victims: Callable[[CodeExecutor], list[int]]
) -> None:
    seen: list[set[str]] = []

    def kill(stream: str, text: str) -> None:
        seen.append(groups())
        pids = victims(own)
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in pids:
                os.kill(pid, number)

    options = ExecutionOptions(standbys=0, memory=LIMIT)
    result = own.run(Program(WAITS), options, {}, Observer(output=kill))

    assert len(seen[0]) == 1
    assert result.outcome is Outcome.CRASHED
    assert not groups() & seen[0]
