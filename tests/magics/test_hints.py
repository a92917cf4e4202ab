"""What the notebook adds to a failure of which it knows more than the program."""

from __future__ import annotations

import math
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from census import wait_until
from IPython.core.interactiveshell import InteractiveShell

from codeexec_magics.errors import ExecutionFailed

Run = Callable[[str], BaseException | None]
INTERPRETER = sys.executable


def helper(value: Any) -> Any:
    return value


def hints_of(shell: InteractiveShell, cell: str) -> tuple[str, ...]:
    """All notes of a cell's failure, its causes and members."""
    head, _, body = cell.partition("\n")
    error = shell.run_cell(f"{head} --result r\n{body}").error_in_exec
    assert isinstance(error, ExecutionFailed), cell
    found: list[str] = []
    waiting = [shell.user_ns["r"].trace]
    while waiting:
        trace = waiting.pop(0)
        found += trace.notes
        waiting += [*trace.exceptions, *([trace.cause] if trace.cause else [])]
    for hint in found:
        if "`" in hint:
            assert hint in shell.user_ns["r"].stack_trace
    return tuple(found)


GIVEN = [
    ("%%transform js\ndf.length", "`df` is a variable of the notebook: add `-i df`"),
    ("%%transform\ndf.a.sum()", "`df` is a variable of the notebook: add `-i df`"),
    ("%%transform\ndef f():\n  return df\nf()", "add `-i df`"),
    ("%%transform\ntry: df\nexcept NameError as e: raise ValueError('x') from e", "add `-i df`"),
    ("%%transform js\ntry { df } catch (e) { throw Error('x', {cause: e}) }", "add `-i df`"),
    ("%%transform js\nawait Promise.all([1].map(async x => df))", "add `-i df`"),
    ("%%transform bash\nset -u\necho $df", "add `-i df`"),
    ("%%transform js\nawait Promise.any([1].map(async x => df))", "add `-i df`"),
    ("%%transform\nraise ExceptionGroup('g', [NameError(\"name 'df' is not defined\")])", "-i df"),
    ("%%transform\ninputs.df", "add `-i df`"),
    ("%%transform\ninputs['df']", "add `-i df`"),
    ("%%transform --map [1]\nlambda row: row + df", "add `-i df`"),
    ("%%transform\nhelper(2)", "`helper` is a function of the notebook: add `-i helper`"),
    ("%%transform js\nhelper(2)", "`helper` is a Python function of the notebook"),
    ("%%transform\nm.pi", "add `import math as m` here"),
    ("%%transform js\nm.pi", "`m` is a Python module of the notebook"),
    ("%%transform --map [1]\nrow * 2", "end with `lambda row: …`"),
    ("%%transform js --map [1]\nrow * 2", "end with `row => …`"),
    ("%%transform\nrows.map(r => r.a)", "begin the cell with `%%transform js`"),
    ("%%transform\nlet x = 5;", "begin the cell with `%%transform js`"),
    ("%%transform\nconsole.log(5)", "begin the cell with `%%transform js`"),
    ("%%transform js\ndef f(x):\n  return x", "this looks like Python"),
    ("%%transform js\nimport numpy as np", "this looks like Python"),
    ("%%transform js\nlet y = None", "`None` is Python"),
    ("%%transform js\nprint(5)", "console.log"),
    ("%%transform js\ndocument.title", "`document` is a browser's"),
    ("%%transform js\nprompt('?')", "pass values in with `-i`"),
    ("%%transform js\nconst x: number = 5", "this looks like TypeScript"),
    ("%%transform\nreturn 5", "`return` is allowed only in a function"),
    ("%%transform js\nrequire('lodash-x/fp')", "`npm install lodash-x`"),
    ("%%transform js\nimport x from '@no/such/part'\nx", "`npm install @no/such`"),
    ("%%transform ts\nimport x from 'lodash-x'\nx", "`npm install lodash-x`"),
    ("%%transform\nimport yaml_x.y", "`%pip install yaml_x`"),
    (f"%%transform --interpreter {INTERPRETER}\nimport no_x", f"`!{INTERPRETER} -m pip install"),
    ("%%transform --sandbox\nopen('/etc/x', 'w')", "--sandbox: the program may change files"),
    ("%%transform js --sandbox\nrequire('fs').writeFileSync('/etc/x', '')", "--sandbox: the"),
    (
        "%%transform --no-network\nimport socket\nsocket.create_connection(('localhost', 9))",
        "--no-network: the program has no network",
    ),
    ("%%transform js --no-network\nawait fetch('http://example.com')", "--no-network: the program"),
]

IN_R = [
    ("%%transform r\ndf$a", "`df` is a variable of the notebook: add `-i df`"),
    ("%%transform r\nf <- function() m2 + 1\nf()", "add `-i m2`"),
    ("%%transform r\nhelper(2)", "`helper` is a Python function of the notebook"),
    ("%%transform r\nlibrary(no.such)", '`install.packages("no.such")`'),
    ("%%transform r\nimport numpy as np", "this looks like Python"),
    ("%%transform r --sandbox\ncat('x', file = '/etc/x')", "--sandbox: the program may change"),
    ("%%transform r --no-network\nreadLines(url('http://a.example'))", "--no-network: the program"),
]

NOT_GIVEN = [
    "%%transform\nnowhere",
    "%%transform js\nnowhere",
    "%%transform\nget_ipython",
    "%%transform -i df\ndel df\ndf",
    "%%transform js\nlet let",
    "%%transform\nraise OSError(30, 'Read-only file system')",
    "%%transform\nf(:",
]


def test_what_the_notebook_knows_is_added_to_the_failure(
    shell: InteractiveShell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a sandboxed program may not write where programs come from
    shell.user_ns.update(df={"a": 1}, helper=helper, m=math)
    for cell, told in GIVEN:
        assert any(told in hint for hint in hints_of(shell, cell)), cell
    shell.user_ns["m2"] = 5
    for cell, told in IN_R if shutil.which("R") else []:
        assert any(told in hint for hint in hints_of(shell, cell)), cell
    for cell in NOT_GIVEN:
        assert hints_of(shell, cell) == (), cell


def test_a_hint_is_on_the_card_once_and_in_a_job(
    shell: InteractiveShell, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.user_ns["df"] = 1
    run("%%transform js\ndf")
    assert capsys.readouterr().out.count("add `-i df`") == 1

    run("%%transform --bg --job job --result r\ndf")
    job = shell.user_ns["job"]
    assert wait_until(job.done, 30)
    assert "add `-i df`" in str(job.result().trace.notes)
    assert shell.user_ns["r"] is job.result()


def test_a_limit_that_acted_is_named(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    failure = run("%%transform --memory 2000\nx = 1")
    assert "the limit of 2,000 bytes (2000M would be that many MiB)" in str(failure)

    start = "import subprocess\n[subprocess.Popen(['sleep', '9']) for _ in range(9)]\n"
    run(f"%%transform --processes 3\n{start}import time; time.sleep(9)")
    assert "ended · python · more than 3 processes; no process left" in capsys.readouterr().out


def test_a_module_without_a_name_of_its_own_is_still_told(shell: InteractiveShell) -> None:
    shell.user_ns["made"] = ModuleType("made")
    assert "add `import made` here" in hints_of(shell, "%%transform\nmade.x")[0]
