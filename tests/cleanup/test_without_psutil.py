"""On Linux the guarantees do not depend on psutil."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from census import dwellers, wait_until

import codeexec_magics

ROOT = Path(codeexec_magics.__file__).parents[1]
OWNER = Path(__file__).parent / "owner.py"


@pytest.mark.parametrize("language", ["python", "javascript"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_tree_ends_with_its_run_and_with_its_owner(
    tmp_path: Path, language: str, number: signal.Signals
) -> None:
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "psutil.py").write_text("raise ImportError('there is no psutil')")
    folder = tmp_path / "here"
    folder.mkdir()
    paths = os.pathsep.join([str(tmp_path / "without"), str(ROOT)])
    owner = subprocess.Popen(
        [sys.executable, str(OWNER), json.dumps(["once", language, 0.5]), "auto"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": paths},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert wait_until((folder / "ready").exists, 30)
        assert len(dwellers(folder)) > 3
        owner.send_signal(number)
        if number == signal.SIGINT:
            assert owner.stdout is not None
            told = json.loads(owner.stdout.readline())
            assert (told["outcome"], told["left"]) == ("interrupted", 0)
            assert dwellers(folder) == {owner.pid}
        else:
            owner.wait()
            assert wait_until(lambda: not dwellers(folder), 2)
    finally:
        owner.kill()
        owner.communicate()
    assert wait_until(lambda: not dwellers(folder))
