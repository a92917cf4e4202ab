"""TypeScript is checked against what its inputs are, before anything of it has run."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from census import dwellers, wait_until

from codeexec_magics import CodeExecutor, ExecutionResult
from codeexec_magics.engine import checking
from codeexec_magics.engine.checking import fetching, guard, store
from codeexec_magics.engine.engine import Engine
from codeexec_magics.engine.mapping import MapPlan
from codeexec_magics.engine.observer import Observer, Running
from codeexec_magics.engine.own_folder import cache_folder
from codeexec_magics.values.options import ExecutionOptions, Program
from codeexec_magics.values.results import Outcome

FRAME = pd.DataFrame({"item": ["a", "b", "c"], "price": [1.5, 2.5, 3.5], "n": [1, 2, 3]})
DATES = FRAME.assign(when=pd.to_datetime(["2024-01-01", None, "2024-01-03"]))
WIDE = pd.DataFrame({f"c{n}": [n] for n in range(1000)})
LATE = pd.DataFrame({"o": [1] * 300 + ["xy"]})
MISSPELT = "function transform({ df }) {\n  return df.map((r) => r.pricee)\n}"


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that is busy with other tests is given time."""
    monkeypatch.setattr(guard, "_CHECK", 60)
    monkeypatch.setattr(guard, "_FIRST_CHECK", 60)
    monkeypatch.setattr(guard, "_FETCH", 200)


@pytest.fixture
def checked(unshared: None) -> Iterator[CodeExecutor]:
    """An engine whose compiler stays from one program to the next."""
    with CodeExecutor(default_timeout=30, standbys=1) as executor:
        yield executor


def run(executor: CodeExecutor, source: str, **inputs: object) -> ExecutionResult:
    """Run a cell whose magic's line is line 1."""
    program = Program(source, "ts", first_line=2)
    return executor.run(program, ExecutionOptions(standbys=1, timeout=30), inputs)


def compiler_of(executor: CodeExecutor) -> int:
    """The compiler's process."""
    pid = checking._guard_of(executor.client).pid
    assert pid is not None
    return pid


WRONG: list[tuple[str, dict[str, Any], str, tuple[int, str]]] = [
    (MISSPELT, {"df": FRAME}, "TS2551", (3, "pricee")),
    ("df.map(r => r.when.getTime())", {"df": DATES}, "TS18047", (2, "r.when")),
    (
        'import { readFileSync } from "node:fs"; readFileSync("x").lengthh',
        {},
        "TS2551",
        (2, "lengthh"),
    ),
    ("big + 1", {"big": 2**60}, "TS2365", (2, "big + 1")),
    ('const é: string = "😀"; (1).foo(é)', {}, "TS2339", (2, "foo")),
    ("const n: string = 1\r\nn", {}, "TS2322", (2, "n")),
    ("function transform(df, z = 1) { return df[0].itm }", {"df": FRAME}, "TS2551", (2, "itm")),
    ("const transform = df => df[0].itm", {"df": FRAME}, "TS2551", (2, "itm")),
    ("cfg.rows[0].namee", {"cfg": {"rows": [{"name": "x"}]}}, "TS2551", (2, "namee")),
    ("df.columns.pric", {"df": FRAME}, "TS2551", (2, "pric")),
    ("nowhere", {}, "TS2304", (2, "nowhere")),
]

RIGHT: list[tuple[str, dict[str, Any], Any]] = [
    ("const n: number = 3; n + 1", {}, 4),
    ("enum A { X = 4, Y }\nA.Y", {}, 5),
    ("const df = inputs.df; df[0].price", {"df": FRAME}, 1.5),
    ("big + 1n", {"big": 2**60}, 1152921504606846977),
    ("function transform({ df }) { return df.map((r) => r.n) }", {"df": FRAME}, [1, 2, 3]),
    ("function transform(df, n = 2) { return df.length + n }", {"df": FRAME}, 5),
    ("export default async (inputs: Inputs) => inputs.df.length", {"df": FRAME}, 3),
    ("df.columns.twice = df.map((r) => r.n * 2); df.columns.twice[2]", {"df": FRAME}, 6),
    ("delete df.columns.n; Object.keys(df.columns)", {"df": FRAME}, ["item", "price"]),
    ("df.columns.price = df.columns.price.map((p) => p * 2); df", {"df": FRAME[["price"]]}, None),
    ("new AbortController().signal.aborted", {}, False),
    ("const { join } = require('node:path'); join('a', 'b')", {}, "a/b"),
    ("globalThis.left = 1; structuredClone([1])", {}, [1]),
    ("(data['a b'] + data.é).length", {"data": {"a b": "x", "é": "y"}}, 2),
    ("inputs['not a name'] + inputs.class", {"not a name": 1, "class": 2}, 3),
    ("Number(inputs.price) * 2", {"price": Decimal("1.5")}, 3),
    ("wide[0].c999 + wide.columns.c999[0]", {"wide": WIDE}, 1998),
    ("(rows[1500].late ?? 0) + rows.length", {"rows": [{"a": 1}] * 1500 + [{"late": 2}]}, 1503),
    ("df.filter((r) => typeof r.o === 'string' && r.o.length > 1).length", {"df": LATE}, 1),
    ("df[0]['0'] + df[0].b", {"df": pd.DataFrame({0: [1], "b": [2]})}, 3),
    ("df[0].a_x", {"df": pd.DataFrame({("a", "x"): [1]})}, 1),
    ("typeof nowhere === 'undefined'", {}, True),
    ("(Array.prototype as any).own = 1; Array.prototype.other = 2; 3", {}, 3),
    ("// only a comment", {}, None),
    ("\ufeffconst a: number = 1\r\na", {}, 1),
    (f"// {'x' * 1_000_000}\n1", {}, 1),
]  # fmt: skip


def test_what_is_wrong_is_told_at_its_place_and_nothing_has_run(
    checked: CodeExecutor, tmp_path: Path
) -> None:
    ran = tmp_path / "ran"
    for source, inputs, code, (line, span) in WRONG:
        beginning = f'process.emit; require("fs").writeFileSync({json.dumps(str(ran))}, "");'
        for text in (source, f"{beginning}\n{source}"):
            result = run(checked, text, **inputs)

            assert result.outcome is Outcome.FAILED, text
            assert (result.error or "").startswith(f"TypeError {code}: "), (text, result.error)
            assert result.exit_code is None
            assert result.trace is not None
            place = result.trace.place
            assert place is not None
            assert place.line == line + text.count("\n") - source.count("\n")
            shown = place.excerpt[place.line - place.excerpt_start]
            assert shown[(place.column or 0) - 1 : (place.end_column or 0) - 1] == span
    assert not ran.exists()


def test_the_nearest_name_is_proposed(checked: CodeExecutor) -> None:
    result = run(checked, MISSPELT, df=FRAME)

    assert "on type 'Row_df'. Did you mean 'price'?" in (result.error or "")


def test_what_is_right_runs(checked: CodeExecutor) -> None:
    for source, inputs, value in RIGHT:
        result = run(checked, source, **inputs)

        assert result.success, (source[:80], result.error)
        assert "not checked" not in result.remark, (source[:80], result.remark)
        if value is not None:
            assert result.output == value


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_types_are_those_that_values_have(checked: CodeExecutor, library: str) -> None:
    """What the types say is compared with what there is when it runs."""
    frame: Any = pd.DataFrame(
        {
            "b": [True, False],
            "big": [1, 2**60],
            "i": [1, 2],
            "f": [0.5, None],
            "t": pd.to_datetime(["2024-01-01", "2024-01-02"]),
            "s": ["x", None],
        }
    )
    if library == "polars":
        frame = pl.from_pandas(frame)
    if library == "pyarrow":
        frame = pa.Table.from_pandas(frame)
    source = """
interface Row { b: boolean; big: bigint; i: number; f: number | null; t: Date; s: string | null }
const row: Row = df[0]
const whole: { i: Float64Array; big: BigInt64Array } = df.columns
;[typeof row.b, typeof row.big, typeof row.i, typeof row.f, row.t instanceof Date, typeof row.s,
  df[1].s, df[1].f, whole.i instanceof Float64Array, whole.big instanceof BigInt64Array]
"""
    result = run(checked, source, df=frame)

    assert result.output == [
        *("boolean", "bigint", "number", "number", True, "string"),
        *(None, None, True, True),
    ], result.error
    for name, words in {"f": "possibly 'null'", "s": "possibly 'null'"}.items():
        failed = run(checked, f"df[0].{name}.toString()", df=frame)
        assert words in (failed.error or ""), (name, failed.error)


def test_a_level_of_the_index_is_a_field_and_no_rows_are_not_known(checked: CodeExecutor) -> None:
    assert run(checked, "df[0].item + df[0].n", df=FRAME.set_index("item")).output == "a1"
    assert run(checked, "df.map((r) => r.price.anything)", df=FRAME.iloc[:0]).output == []


def test_a_late_hole_and_a_late_large_number_are_seen(checked: CodeExecutor) -> None:
    late = pd.DataFrame({"s": ["x"] * 5000 + [None], "i": [1] * 5000 + [2**60]})

    assert "possibly 'null'" in (run(checked, "df[0].s.length", df=late).error or "")
    assert run(checked, "df[0].i + 1n", df=late).output == 2


def test_numpy_and_python_values_have_types(checked: CodeExecutor) -> None:
    source = """
const array: Float32Array = a
const map: Map<number, string> = m
const members: Set<string> = s
const bytes: Buffer = raw
;[array[0] + 1, map.get(1), members.has("x"), bytes.length, pair[1], day.getTime()]
"""
    inputs = {
        "a": np.array([0.5], "f4"),
        "m": {1: "x"},
        "s": {"x"},
        "raw": b"12",
        "pair": (1, "y"),
        "day": pd.Timestamp(0),
    }
    result = run(checked, source, **inputs)

    assert result.output == [1.5, "x", True, 2, "y", 0], result.error


def test_no_check_runs_it_and_javascript_is_never_checked(executor: CodeExecutor) -> None:
    result = executor.execute(MISSPELT, "ts", inputs={"df": FRAME}, settings={"no-check": ""})

    assert result.output == [None, None, None]
    assert result.remark == ""
    assert (
        executor.execute("df.map(r => r.pricee)", "js", inputs={"df": FRAME}).output == [None] * 3
    )


def test_a_map_is_checked_before_its_first_item(executor: CodeExecutor) -> None:
    options, plan = ExecutionOptions(standbys=0, timeout=30), MapPlan(workers=1)
    wrong = Program("function transform(item, { by }) { return item * by.lengthh }", "ts")
    right = Program("(item) => item * 2", "ts")

    failed = executor.map(wrong, options, [1, 2], {"by": "x"}, plan=plan)

    assert "TS2551" in (failed.error or "")
    assert failed.receipt.reaped == 0
    assert executor.map(right, options, [1, 2], plan=plan).output == [2, 4]


def test_several_mistakes_are_told_at_once(checked: CodeExecutor) -> None:
    result = run(checked, "df[0].a\ndf[0].b", df=FRAME)

    assert result.trace is not None
    assert [frame.line for frame in result.trace.frames] == [2]
    assert any("in line 3" in note for note in result.trace.notes)


def test_one_compiler_serves_all_and_is_started_again(checked: CodeExecutor) -> None:
    run(checked, "1")
    first = compiler_of(checked)
    run(checked, "2")
    assert compiler_of(checked) == first

    os.kill(first, signal.SIGKILL)
    result = run(checked, MISSPELT, df=FRAME)

    assert "TS2551" in (result.error or "")
    assert compiler_of(checked) != first


def test_a_program_without_standbys_leaves_no_compiler(executor: CodeExecutor) -> None:
    assert executor.execute("const a: number = 1; a", "ts").output == 1
    assert checking._guard_of(executor.client).pid is None


def test_a_compiler_that_hangs_is_in_nobodys_way(
    checked: CodeExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for source in ("1", "process.version"):  # then it has read all that programs may use
        run(checked, source)
    monkeypatch.setattr(guard, "_CHECK", 0.3)
    os.kill(compiler_of(checked), signal.SIGSTOP)

    result = run(checked, "const a: number = 2; a")

    assert result.output == 2
    assert result.remark == "types are not checked: that took too long"
    monkeypatch.setattr(guard, "_CHECK", 60)
    assert "TS2551" in (run(checked, MISSPELT, df=FRAME).error or "")


def test_stop_ends_a_check(checked: CodeExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    run(checked, "1")
    hanging = compiler_of(checked)
    os.kill(hanging, signal.SIGSTOP)
    runs: list[Running] = []

    def stop() -> None:
        wait_until(lambda: runs)
        runs[0].interrupt()

    thread = threading.Thread(target=stop)
    thread.start()
    observer = Observer(started=runs.append)
    options = ExecutionOptions(standbys=1)
    result = checked.run(Program("const a: number = 2; a", "ts"), options, observer=observer)
    thread.join()

    assert result.outcome is Outcome.INTERRUPTED
    assert result.remark == ""
    assert wait_until(lambda: not Path(f"/proc/{hanging}").exists())


def test_the_compiler_ends_with_a_kernel_that_is_killed(tmp_path: Path) -> None:
    program = (
        "import codeexec_magics, time\n"
        "from codeexec_magics.engine import checking\n"
        "executor = codeexec_magics.CodeExecutor(standbys=1)\n"
        "executor.execute('const a: number = 1; a', 'ts')\n"
        "print(checking._guard_of(executor.client).pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", program], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    try:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        assert "tsc" in Path(f"/proc/{pid}/cmdline").read_text()
    finally:
        owner.kill()
        owner.communicate()

    assert wait_until(lambda: not Path(f"/proc/{pid}").exists())
    assert wait_until(lambda: not dwellers(tmp_path))


class TestStore:
    """Where the compiler comes from, and where it is kept."""

    @pytest.fixture(autouse=True)
    def empty(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A cache without a compiler."""
        cache = tmp_path / "cache"
        monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
        return cache / "codeexec_magics"

    def test_npm_is_asked_once_by_many_and_nothing_is_left(
        self, empty: Path, unshared: None
    ) -> None:
        with CodeExecutor(standbys=0) as one, Engine("process-group") as other:
            program = Program("const a: number = 'x'", "ts")
            jobs = [each.start(program, ExecutionOptions(standbys=0)) for each in (one, other)]
            errors = [job.result().error for job in jobs]

        assert all("TS2322" in (error or "") for error in errors), errors
        assert sorted(path.name for path in empty.iterdir()) == [".lock", store.folder_name()]
        assert empty.stat().st_mode & 0o077 == 0

    @pytest.mark.parametrize(
        ("variables", "words"),
        [
            ({"npm_config_registry": "http://127.0.0.1:9/"}, "npm cannot reach its registry"),
            ({"npm_config_offline": "true"}, "npm cannot reach its registry (ENOTCACHED)"),
        ],
    )
    def test_without_a_registry_it_runs_unchecked(
        self,
        executor: CodeExecutor,
        empty: Path,
        monkeypatch: pytest.MonkeyPatch,
        variables: dict[str, str],
        words: str,
    ) -> None:
        monkeypatch.setattr(checking, "_guards", type(checking._guards)())
        monkeypatch.setenv("npm_config_cache", str(empty.parent / "npm"))
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

        result = executor.execute("const a: number = 1; a", "ts")

        assert result.output == 1
        assert result.remark.startswith(f"types are not checked: {words}"), result.remark
        assert [path.name for path in empty.iterdir()] == [".lock"]
        # What has failed is not tried again with each cell.
        monkeypatch.setattr(guard, "Fetching", None)
        assert executor.execute("2", "ts").remark == result.remark

    def test_without_npm_it_runs_unchecked(
        self, executor: CodeExecutor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(checking, "_guards", type(checking._guards)())
        monkeypatch.setattr(fetching.Path, "is_file", lambda self: False)

        result = executor.execute("const a: number = 1; a", "ts")

        assert result.output == 1
        assert "npm is not installed: pip install" in result.remark

    @pytest.mark.parametrize("stops", [True, False], ids=["stopped", "waited for"])
    def test_a_registry_that_hangs(
        self,
        executor: CodeExecutor,
        empty: Path,
        monkeypatch: pytest.MonkeyPatch,
        stops: bool,
    ) -> None:
        monkeypatch.setattr(checking, "_guards", type(checking._guards)())
        monkeypatch.setattr(guard, "_FETCH", 60 if stops else 0.5)
        monkeypatch.setenv("npm_config_cache", str(empty.parent / "npm"))
        runs: list[Running] = []
        with socket.create_server(("127.0.0.1", 0)) as silent:
            port = silent.getsockname()[1]
            monkeypatch.setenv("npm_config_registry", f"http://127.0.0.1:{port}/")

            def stop() -> None:
                with silent.accept()[0]:  # npm is at work
                    runs[0].interrupt()
                    wait_until(lambda: not runs[0].under_way)

            thread = threading.Thread(target=stop if stops else lambda: None)
            thread.start()
            options, observer = ExecutionOptions(standbys=0), Observer(started=runs.append)
            result = executor.run(Program("1", "ts"), options, observer=observer)
            thread.join()

        if stops:
            assert result.outcome is Outcome.INTERRUPTED
        else:
            assert result.remark == "types are not checked: npm is fetching the compiler at present"
        assert [path.name for path in empty.iterdir()] == [".lock"]

    def test_another_hash_is_refused(
        self, executor: CodeExecutor, empty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = tmp_path / "compiler"
        shutil.copytree(store.COMPILER, other)
        lock = json.loads((other / "package-lock.json").read_text())
        wrong = lock["packages"]["node_modules/undici-types"]
        wrong["integrity"] = "sha512-" + "A" * 86 + "=="
        (other / "package-lock.json").write_text(json.dumps(lock))
        monkeypatch.setattr(store, "COMPILER", str(other))
        monkeypatch.setattr(checking, "_guards", type(checking._guards)())

        result = executor.execute("const a: number = 1; a", "ts")

        assert "EINTEGRITY" in result.remark
        assert [path.name for path in empty.iterdir()] == [".lock"]

    def test_a_store_that_others_may_write_to_is_refused(
        self, executor: CodeExecutor, empty: Path
    ) -> None:
        empty.mkdir(parents=True)
        empty.chmod(0o777)

        result = executor.execute("1", "ts")

        assert result.output == 1
        assert "others may write to" in result.remark

    def test_a_store_in_the_folder_of_the_cell_is_refused(
        self, executor: CodeExecutor, empty: Path, tmp_path: Path
    ) -> None:
        result = executor.execute("1", "ts", directory=str(tmp_path))

        assert "where the cell may write: set XDG_CACHE_HOME" in result.remark
        assert not empty.exists()

    def test_a_sandboxed_cell_cannot_write_to_it(
        self, executor: CodeExecutor, empty: Path, tmp_path: Path
    ) -> None:
        empty.mkdir(parents=True)
        source = f"open({str(empty / 'planted')!r}, 'w')"

        outside = executor.execute_python(source, directory=str(tmp_path), sandbox=True)
        inside = executor.execute_python("1", directory=str(empty), sandbox=True)

        assert not outside.success
        assert "programs outside come from" in (inside.error or "")
        assert list(empty.iterdir()) == []


def test_the_usual_store_is_the_users_own() -> None:
    assert os.path.isabs(cache_folder())
