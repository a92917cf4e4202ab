"""Where a Python program's imports come from: its folders, and never by mistake."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from codeexec_magics import CodeExecutor

NAMES = (
    *("token", "signal", "json", "select", "enum", "types", "io", "os", "re", "ast", "inspect"),
    *("linecache", "tokenize", "socket", "struct", "traceback", "random", "queue", "typing"),
    *("collections", "functools", "operator", "keyword", "heapq", "pickle", "base64", "opcode"),
    *("selectors", "contextlib", "logging", "string", "datetime", "decimal", "numbers", "code"),
    *("warnings", "threading", "uuid", "secrets", "hashlib", "runpy", "shutil", "stat", "dis"),
    *("bisect", "weakref", "platform", "textwrap", "locale", "copy"),
)
PROGRAMS = {
    "x + 1": 42,
    "def transform(x, y=1): return x + y": 42,
    "import asyncio\nawait asyncio.sleep(0)\nasync def f(): return 42\nawait f()": 42,
    "import tempfile, concurrent.futures\ntempfile.gettempdir() != ''": True,
    "import dataclasses\n@dataclasses.dataclass\nclass P:\n    x: int\nP(42).x": 42,
}


def old_python() -> str | None:
    found = sorted(Path.home().glob(".pyenv/versions/3.9*/bin/python"))
    return str(found[0]) if found else shutil.which("python3.9")


def versions() -> list[str | None]:
    newest = sorted(Path.home().glob(".pyenv/versions/3.1[2-9]*/bin/python"))[-1:]
    return [None, *map(str, newest)]


@pytest.fixture
def crowded(tmp_path: Path) -> Path:
    """A folder with files that are called like half of the standard library."""
    for name in NAMES:
        (tmp_path / f"{name}.py").write_text(f"raise RuntimeError('{name} of the user')")
    (tmp_path / "own.py").write_text("value = 42")
    return tmp_path


@pytest.mark.parametrize("interpreter", [None, "3.9"])
def test_names_of_files_beside_the_program_harm_nothing(
    executor: CodeExecutor, crowded: Path, interpreter: str | None
) -> None:
    if interpreter is not None:
        interpreter = old_python()
        if interpreter is None:
            pytest.skip("there is no Python 3.9")
    surroundings = {"directory": str(crowded), "interpreter": interpreter}

    for program, value in PROGRAMS.items():
        result = executor.execute_python(program, {"x": 41}, **surroundings)
        assert (result.output, result.error, result.stderr) == (value, None, "")
    failed = executor.execute_python("def f(x):\n    return 1 / x\nf(0)", **surroundings)
    assert failed.error == "ZeroDivisionError: division by zero"
    assert executor.execute_python("import own\nown.value", **surroundings).output == 42


def test_a_library_beside_them_is_whole(executor: CodeExecutor, crowded: Path) -> None:
    program = "import pandas\nfloat(pandas.DataFrame({'a': [1.0, 2.0]}).a.sum())"
    assert executor.execute_python(program, directory=str(crowded)).output == 3.0


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
@pytest.mark.parametrize("interpreter", versions())
def test_a_process_that_the_program_starts_is_whole(
    executor: CodeExecutor, crowded: Path, method: str, interpreter: str | None
) -> None:
    program = (
        "import multiprocessing as mp\nimport own\n"
        "def f(x): return x - own.value, sorted(set(globals()) & {'begin', 'path', 'sys'})\n"
        f"with mp.get_context({method!r}).Pool(1) as pool: found = pool.map(f, [84])\nfound"
    )
    surroundings = {"directory": str(crowded), "interpreter": interpreter}
    result = executor.execute_python(program, timeout=20, **surroundings)
    assert (result.error, result.output, result.stderr) == (None, [(42, [])], "")


def test_a_worker_of_joblib_is_whole(executor: CodeExecutor, crowded: Path) -> None:
    program = (
        "from joblib import Parallel, delayed\nimport own\n"
        "def f(x): return x - own.value\nParallel(n_jobs=2)(delayed(f)(84) for _ in range(2))"
    )
    result = executor.execute_python(program, directory=str(crowded), timeout=30)
    assert (result.error, result.output, result.stderr) == (None, [42, 42], "")


def test_who_imports_such_a_file_by_name_gets_it(executor: CodeExecutor, tmp_path: Path) -> None:
    (tmp_path / "colorsys.py").write_text("mine = True")
    (tmp_path / "helper.py").write_text("import colorsys\nmine = colorsys.mine")
    for program in ("import colorsys\ncolorsys.mine", "import helper\nhelper.mine"):
        assert executor.execute_python(program, directory=str(tmp_path)).output is True


def test_what_is_ready_ahead_has_not_read_the_folder(tmp_path: Path) -> None:
    """A fork server imports nothing from there, and its workers have their folder all the same."""
    (tmp_path / "fractions.py").write_text("open('ran', 'w')")
    (tmp_path / "own.py").write_text("value = 42")
    script = """if True:
        from codeexec_magics import CodeExecutor
        with CodeExecutor(standbys=1) as executor:
            print(*(executor.execute_python("import own; own.value").output for _ in range(3)))
    """
    done = subprocess.run(
        [sys.executable, "-P", "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "42 42 42\n"
    assert not (tmp_path / "ran").exists()


def test_a_file_is_run_as_a_file(executor: CodeExecutor, tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("def half(x): return x / 2\ndef fail(): 1 / 0")
    file = tmp_path / "program.py"
    file.write_text(
        "# -*- coding: latin-1 -*-\nimport sys, helper\n"
        "[helper.half(x), 'é', __file__, sys.argv, __name__]",
        encoding="latin-1",
    )
    result = executor.execute_file(file, {"x": 8})
    assert result.output == [4, "é", str(file), [str(file)], "__main__"]

    file.write_text("import helper\ndef f():\n    helper.fail()\nf()")
    failed = executor.execute_file(file)
    assert failed.trace is not None
    places = [(Path(frame.file).name, frame.line) for frame in failed.trace.frames]
    assert places == [("program.py", 4), ("program.py", 3), ("helper.py", 2)]
    assert f'File "{file}", line 3, in f' in str(failed.stack_trace)

    file.write_text("# coding: no-such\n1")
    assert "no-such" in str(executor.execute_file(file).error)


def test_a_file_finds_its_folder_from_anywhere(executor: CodeExecutor, tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "src", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    (folder / "token.py").write_text("raise RuntimeError")
    (folder / "own.py").write_text("value = 42")
    (folder / "main.py").write_text("import own, os\n[own.value, os.getcwd()]")
    result = executor.execute_file(folder / "main.py", directory=str(elsewhere))
    assert result.output == [42, str(elsewhere)]


def test_the_search_path_of_the_caller_is_followed(
    executor: CodeExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("first", "last"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "followed.py").write_text(
            f"import dataclasses\nwhere = {name!r}\n@dataclasses.dataclass\nclass C:\n    x: int\n"
        )
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr(sys, "path", [*sys.path, "../last"])
    assert executor.execute_python("import followed\nfollowed.where").output == "last"
    monkeypatch.setattr(sys, "path", [str(tmp_path / "first"), *sys.path])
    assert executor.execute_python("import followed\nfollowed.where").output == "first"

    import followed  # type: ignore[import-not-found]

    result = executor.execute_python("c.x += 1\nc", {"c": followed.C(1)})
    assert result.output == followed.C(2)
    del sys.modules["followed"]


def test_another_interpreter_has_its_own_packages(executor: CodeExecutor) -> None:
    interpreter = old_python()
    if interpreter is None:
        pytest.skip("there is no Python 3.9")
    result = executor.execute_python("import sys\nsys.path", interpreter=interpreter)
    assert not [entry for entry in result.output if entry.startswith(sys.prefix)]
