"""`%transform_pipeline`: files and cells, what is bound, what is shown, what is completed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

from codeexec_magics import PipelineResult
from codeexec_magics.errors import DecodingFailed, PipelineFailed
from codeexec_magics.magics.completion import complete
from codeexec_magics.magics.flags import PIPELINE_FLAGS

from .conftest import Kernel

Run = Callable[[str], BaseException | None]

ORDERS = """\
inputs: [rows, rate]
defaults: {standbys: 0}
steps:
  - id: clean
    language: javascript
    code: |
      console.log('seen')
      rows.filter(row => row.price > 0)
    inputs: [rows]
  - id: total
    code: sum(row["price"] for row in clean) * rate
    inputs: [clean, rate]
"""
ROWS = [{"price": 1}, {"price": 0}, {"price": 3}]
CELLS = """%%transform js -n clean
function transform({ rows }) { return rows.filter(row => row.price > 0) }"""
TOTAL = """%%transform -n total
def transform(clean): return sum(row["price"] for row in clean)"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shell: InteractiveShell) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "orders.yaml").write_text(ORDERS)
    shell.user_ns["rows"] = ROWS
    return tmp_path


def test_a_file_runs_and_its_output_is_bound(
    folder: Path, run: Run, shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("%transform_pipeline orders.yaml -i rows,rate=2 -o sum --result r") is None
    shown = capsys.readouterr().out

    assert shell.user_ns["sum"] == 8
    assert isinstance(shell.user_ns["r"], PipelineResult)
    assert re.sub(r"  \([^()\n]+\)\n", "\n", shown) == (
        "done · orders · → sum int · 2 steps\n"
        "  ✓ clean  javascript  ← rows\n"
        "  ✓ total  python      ← clean, rate\n"
        "8\n"
        "clean stdout 1 line\n"
        "  seen\n"
    )


def test_named_cells_are_joined_by_their_parameters(
    folder: Path, run: Run, shell: InteractiveShell
) -> None:
    run(CELLS)
    run(TOTAL)
    assert run("%transform_pipeline clean total -i rows -o total_of -q") is None

    assert shell.user_ns["total_of"] == 4
    assert (shell.user_ns["clean"] | shell.user_ns["total"])(ROWS) == 4
    assert shell.user_ns["total"](shell.user_ns["clean"](rows=ROWS)) == 4
    assert run("found = %transform_pipeline clean total -i rows -q") is None
    assert shell.user_ns["found"] == 4


def test_a_variable_with_a_pipeline_runs(folder: Path, run: Run, shell: InteractiveShell) -> None:
    run("from codeexec_magics import Pipeline\nmine = Pipeline.load('orders.yaml')")
    assert run("%transform_pipeline mine -i rows,rate=1 -o total,clean") is not None
    assert run("%transform_pipeline mine -i rows,rate=1 -o total -q") is None

    assert shell.user_ns["total"] == 4
    assert "clean" not in shell.user_ns


def test_several_outputs_are_bound_by_name_all_or_none(
    folder: Path, run: Run, shell: InteractiveShell
) -> None:
    (folder / "two.yaml").write_text(ORDERS + "outputs: [total, clean]\n")
    assert run("%transform_pipeline two.yaml -i rows,rate=1 -o total,clean -q") is None
    assert (shell.user_ns["total"], len(shell.user_ns["clean"])) == (4, 2)
    assert run("%transform_pipeline two.yaml -i rows,rate=1 -o everything -q") is None
    assert list(shell.user_ns["everything"]) == ["total", "clean"]
    error = run("%transform_pipeline two.yaml -i rows,rate=1 -o clean,totle -q")

    assert isinstance(error, DecodingFailed)
    assert "did you mean 'total'?" in str(error)
    assert "totle" not in shell.user_ns


def test_a_failure_binds_nothing_and_is_resumed_once_mended(
    folder: Path, run: Run, shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "orders.yaml").write_text(ORDERS.replace('row["price"]', 'row["prize"]'))
    line = "%transform_pipeline orders.yaml -i rows,rate=2 -o total --result r --resume"
    error = run(line)
    shown = capsys.readouterr().out

    assert isinstance(error, PipelineFailed)
    assert str(error) == "step total (orders.yaml:11): KeyError: 'prize'"
    assert "total" not in shell.user_ns
    assert shell.user_ns["r"].failed_step == "total"
    assert shown.startswith("failed · orders · 1 of 2 steps")
    assert "  ✗ total  python · failed  ← clean, rate" in shown
    assert 'sum(row["prize"] for row in clean) * rate' in shown

    assert run(line.replace("rate=2", "rate=2 --no-raise-error")) is None
    (folder / "orders.yaml").write_text(ORDERS)
    assert run(line) is None
    assert shell.user_ns["total"] == 8
    assert shell.user_ns["r"].steps["clean"].state.value == "kept"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("", "needs a file, such as orders.yaml, or the names of cells"),
        ("none.yaml", "cannot execute 'none.yaml': No such file or directory"),
        ("claen total", "no cell is called 'claen'; did you mean 'clean'?"),
        ("rows", "'rows' is no cell with a name (%%transform -n): it is a list"),
        ("orders.yaml -i rowz", "no variable is called 'rowz'; did you mean 'rows'?"),
        ("orders.yaml -i rows", "orders needs the input `rate`"),
        ("orders.yaml -i rows,rate=1,rat=2", "orders has no input `rat`; did you mean `rate`?"),
        ("orders.yaml --resum", "unknown flag --resum; did you mean '--resume'?"),
        ("orders.yaml --workers 0", "--workers: it takes a whole number above 0"),
        ("bad.yaml", "bad.yaml:1:1: a pipeline has no `step`; did you mean `steps`?"),
        ("clean clean", "two steps are called `clean`"),
    ],
)
def test_what_cannot_be_meant_starts_nothing(
    folder: Path, shell: InteractiveShell, run: Run, line: str, told: str
) -> None:
    run(CELLS)
    run(TOTAL)
    (folder / "bad.yaml").write_text("step: []")
    with pytest.raises(UsageError, match=re.escape(told)):
        shell.run_line_magic("transform_pipeline", line)


def test_files_cells_and_flags_are_completed(
    folder: Path, run: Run, shell: InteractiveShell
) -> None:
    (folder / "steps").mkdir()
    (folder / "notes.txt").touch()
    run(CELLS)

    def found(line: str) -> list[str]:
        return [text for text, _ in complete(f"%transform_pipeline {line}", shell.user_ns)[1]]

    assert found("") == ["clean", "orders.yaml", "steps/"]
    assert found("clean ord") == ["orders.yaml"]
    assert found("--re") == ["--result", "--resume"]
    assert "rows" in found("orders.yaml -i ro")


def test_the_help_names_every_flag(shell: InteractiveShell) -> None:
    text = shell.magics_manager.magics["line"]["transform_pipeline"].__doc__

    assert [flag.names[0] for flag in PIPELINE_FLAGS if flag.names[0] not in text] == []


def test_a_kernel_shows_the_same_bytes_each_time(kernel: Kernel, tmp_path: Path) -> None:
    (tmp_path / "orders.yaml").write_text(ORDERS)
    kernel.run("rows = [{'price': 1}]")
    line = "%transform_pipeline orders.yaml -i rows,rate=2 -o total"
    first, second = (kernel.run(line, person=False) for _ in range(2))

    assert first.status == "ok"
    assert first.shown == second.shown
    (card,) = first.cards
    assert card == (
        "done · orders · → total int · 2 steps\n"
        "  ✓ clean  javascript  ← rows\n"
        "  ✓ total  python      ← clean, rate\n"
        "2\n"
        "clean stdout 1 line\n"
        "  seen"
    )
    (tmp_path / "orders.yaml").write_text(ORDERS.replace("* rate", "* rats"))
    failed = kernel.run(line, person=False)
    assert (failed.ename, failed.evalue) == (
        "PipelineFailed",
        "step total (orders.yaml:11): NameError: name 'rats' is not defined",
    )

    kernel.run("%transform_config live_after=0")
    slow = ORDERS.replace("sum(row", "__import__('time').sleep(1) or sum(row")
    (tmp_path / "orders.yaml").write_text(slow)
    watched = kernel.run(line)
    live = [content for name, content in watched.messages if name == "update_display_data"]
    shown = "\n".join(content["data"].get("text/plain", "") for content in live)
    assert "running · orders · 1 of 2 steps" in shown
    assert "▸ total" in shown
    assert live[-1]["data"] == {}
