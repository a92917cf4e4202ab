"""The doctor proves the clean-up by counting for itself, and sees when it fails."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from census import wait_until

from codeexec_magics import CodeExecutor
from codeexec_magics.display.doctor_table import findings_bundle
from codeexec_magics.engine.doctor import examine
from codeexec_magics.leases.trial import dwellers, kill_an_owner
from codeexec_magics.supervision.containment import strongest


def test_a_sound_machine(executor: CodeExecutor) -> None:
    findings = {finding.what: finding for finding in examine(executor)}

    assert [finding for finding in findings.values() if not finding.sound] == []
    assert findings["containment"].found.startswith(strongest()[0].name)
    assert "3." in findings["python"].found
    assert "Node.js" in findings["javascript"].found
    assert findings["types"].found == "typescript is checked by version 7.0.2"
    assert findings["attacks"].found.endswith("are refused")
    for trial in ("interrupt", "killed kernel"):
        assert findings[trial].found.startswith("no process left of")
        before = int(findings[trial].figures.split()[0].lstrip("("))
        assert before > 10
    assert findings["left behind"].found == "no file and no descriptor"


def test_a_runtime_that_is_missing_is_told(executor: CodeExecutor) -> None:
    """It harms nothing, and everything else is examined as ever."""
    with CodeExecutor(interpreter="/no/such/runtime", standbys=0) as broken:
        findings = {finding.what: finding for finding in examine(broken)}

    assert "LanguageUnavailable" in findings["python"].found
    assert [finding.what for finding in findings.values() if not finding.sound] == []
    assert findings["interrupt"].found.startswith("no process left")


def test_an_owner_that_leaves_a_process_is_seen(tmp_path: Path) -> None:
    """What nobody supervises outlives a kill, and the trial says so."""
    program = (
        "import subprocess\n"
        "child = subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
        "open('ready', 'w').close()\n"
        "child.wait()"
    )
    argv = [sys.executable, "-c", program]
    try:
        trial = kill_an_owner(argv, str(tmp_path), os.environ, "ready", patience=0.2)
        assert (trial.seen, trial.left) == (1, 1)
    finally:
        for pid in dwellers(str(tmp_path)):
            os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: not dwellers(str(tmp_path)))


def test_an_owner_that_ends_by_itself_is_no_proof(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="ended by itself: 3"):
        kill_an_owner(
            [sys.executable, "-c", "import os; os._exit(3)"], str(tmp_path), os.environ, "ready"
        )


def test_a_fault_is_shown_as_one() -> None:
    rows = [("python", "3.11", True), ("interrupt", "2 processes left of <a tree>", False)]
    bundle = findings_bundle(rows)

    assert bundle["text/plain"].startswith("1 fault")
    assert "✗ 2 processes left" in bundle["text/plain"]
    assert "&lt;a tree&gt;" in bundle["text/html"]
    assert findings_bundle(rows[:1])["text/plain"].startswith("all checks passed")


def test_the_magic_in_a_terminal(tmp_path: Path) -> None:
    script = (
        "from IPython.testing.globalipapp import start_ipython\n"
        "shell = start_ipython()\n"
        "shell.run_line_magic('load_ext', 'codeexec_magics')\n"
        "shell.run_line_magic('transform_doctor', '')\n"
        "try:\n"
        "    shell.run_line_magic('transform_doctor', 'all')\n"
        "except Exception as error:\n"
        "    print(type(error).__name__, error)\n"
    )
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": root, "HOME": str(tmp_path), "IPYTHONDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.startswith("all checks passed · this machine")
    assert "no process left of a kernel that was killed" in done.stdout
    assert "UsageError %transform_doctor takes no arguments, not 'all'" in done.stdout
