"""`python -m codeexec_magics`: for a shell or a scheduler."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from census import dwellers, wait_until
from programs import GOOD, HOSTILE, ROWS, steps

import codeexec_magics

ROOT = str(Path(codeexec_magics.__file__).parents[1])


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", ROOT)
    (tmp_path / "orders.yaml").write_text(GOOD)
    (tmp_path / "rows.json").write_text(json.dumps(ROWS))
    return tmp_path


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "codeexec_magics", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_outputs_are_json_and_everything_else_is_told_apart(folder: Path) -> None:
    printing = GOOD.replace("code: sum(priced)", "code: \"print(1, end=''); sum(priced)\"")
    (folder / "orders.yaml").write_text(printing)
    done = command("run", "orders.yaml", "--input", "rows.json", "--value", "rate=2")

    assert (done.returncode, json.loads(done.stdout)) == (0, {"total": 8, "names": ["a", "c"]})
    assert "✓ clean  0." in done.stderr
    assert "total | 1\n" in done.stderr
    quiet = command("run", "orders.yaml", "--input=rows=rows.json", "--quiet", "--output=o.json")
    assert (quiet.stdout, quiet.stderr) == ("", "total | 1")
    assert json.loads((folder / "o.json").read_text())["total"] == 6.0


def test_a_frame_is_written_as_its_rows(folder: Path) -> None:
    frame = "import pandas as pd; pd.DataFrame({'a': [1, 2]})"
    (folder / "frame.json").write_text(steps({"id": "frame", "code": frame}))

    assert json.loads(command("run", "frame.json").stdout) == {"frame": [{"a": 1}, {"a": 2}]}


def test_a_failure_is_told_and_resumed_once_mended(folder: Path) -> None:
    broken = GOOD.replace('row["price"] * rate', 'row["prize"] * rate')
    (folder / "orders.yaml").write_text(broken)
    again = ("run", "orders.yaml", "--input", "rows.json", "--result=r.json", "--resume=r.json")
    failed = command(*again)

    assert (failed.returncode, failed.stdout) == (1, "")
    assert "\nstep priced (orders.yaml:15): KeyError: 'prize'\nTraceback" in failed.stderr
    (folder / "orders.yaml").write_text(GOOD)
    done = command(*again)
    assert done.returncode == 0
    assert "✓ clean  kept" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("run", "none.yaml"), "cannot execute 'none.yaml': No such file"),
        (("run", "orders.yaml"), "orders needs the input `rows`"),
        (("run", "orders.yaml", "--input", "orders.yaml"), "--input orders.yaml: this is no JSON"),
        (("run", "orders.yaml", "--value", "rate"), "write --value rate=VALUE"),
        (("check", "bad.yaml"), "bad.yaml:1:1: a pipeline has no `step`; did you mean `steps`?"),
        (("walk",), "invalid choice: 'walk'"),
    ],
)
def test_what_cannot_be_meant_ends_with_two(
    folder: Path, arguments: tuple[str, ...], told: str
) -> None:
    (folder / "bad.yaml").write_text("step: []")
    done = command(*arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr


def test_a_good_file_is_checked() -> None:
    assert command("check", "orders.yaml").stderr == "orders: 4 steps, nothing is wrong\n"


@pytest.mark.parametrize(
    ("number", "times", "code"),
    [
        (signal.SIGINT, 1, 130),
        (signal.SIGINT, 2, 130),
        (signal.SIGTERM, 1, -signal.SIGTERM),
        (signal.SIGKILL, 1, -signal.SIGKILL),
    ],
)
def test_however_it_ends_nothing_of_its_steps_is_left(
    folder: Path, number: signal.Signals, times: int, code: int
) -> None:
    found = [{"id": name, "language": name, "code": text} for name, text in HOSTILE.items()]
    (folder / "hostile.json").write_text(steps(*found, {"id": "never", "code": "python"}))
    process = subprocess.Popen(
        [sys.executable, "-m", "codeexec_magics", "run", "hostile.json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert wait_until(lambda: all((folder / f"ready-{name}").exists() for name in HOSTILE), 60)
    assert len(dwellers(folder) - {process.pid, os.getpid()}) >= 6
    for _ in range(times):
        process.send_signal(number)
    _, told = process.communicate(timeout=60)

    assert process.returncode == code
    assert wait_until(lambda: dwellers(folder) <= {os.getpid()})
    if number is signal.SIGINT:
        assert told.endswith("KeyboardInterrupt: the pipeline was interrupted\n")
