"""Processes that a Python cell starts by ``multiprocessing`` know the functions of the cell."""

from __future__ import annotations

from pathlib import Path

import pytest

from codeexec_magics import CodeExecutor

POOL = """
import multiprocessing as mp
OFFSET = 10
print('once')
def f(x): return x * x + OFFSET + given
with mp.get_context('METHOD').Pool(2) as pool:
    result = pool.map(f, range(3))
result
"""
FUTURES = """
import multiprocessing as mp
from concurrent.futures import ProcessPoolExecutor
class R:
    def __init__(self, v): self.v = v
def f(x): return R(x * x)
print('once')
with ProcessPoolExecutor(2, mp_context=mp.get_context('METHOD')) as pool:
    result = [r.v if type(r) is R else r for r in pool.map(f, range(3))]
result
"""
GUARDED = """
import multiprocessing as mp
def f(q, x): q.put(inputs.given + x)
if __name__ == '__main__':
    print('once')
    ctx = mp.get_context('METHOD')
    q = ctx.Queue()
    p = ctx.Process(target=f, args=(q, 4))
    p.start()
    v = q.get()
    p.join()
v
"""
DEFAULT = """
import multiprocessing as mp
mp.set_start_method('METHOD', force=True)
print('once')
def f(x): return x + given
pool = mp.Pool(2)
def g(x): return x * 10
pool.map(f, [1]) + pool.map(g, [1])
"""
CLASSES = """
import dataclasses, multiprocessing as mp
@dataclasses.dataclass
class P:
    x: int
    def next(self): return P(self.x + 1)
print('once')
with mp.get_context('METHOD').Pool(1) as pool:
    r = pool.map(P.next, [P(1)])
r[0].x
"""
PROGRAMS = {POOL: [11, 12, 15], FUTURES: [0, 1, 4], GUARDED: 5, DEFAULT: [2, 10], CLASSES: 2}


def versions() -> list[str | None]:
    found = sorted(Path.home().glob(".pyenv/versions/3.*/bin/python"))
    return [None, *(str(path) for path in found if path.parts[-3].startswith(("3.9", "3.13")))]


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
@pytest.mark.parametrize("interpreter", versions())
def test_they_know_what_the_cell_has_defined(
    executor: CodeExecutor, interpreter: str | None, method: str
) -> None:
    for program, value in PROGRAMS.items():
        code = program.replace("METHOD", method)
        result = executor.execute_python(code, {"given": 1}, interpreter=interpreter)
        assert (result.output, result.error) == (value, None)
        assert (result.stdout, result.stderr) == ("once\n", "")


def test_what_they_print_and_throw_arrives(executor: CodeExecutor) -> None:
    code = "import multiprocessing as mp\ndef f(x):\n    print('in', x)\n    return 1 / x\n"
    code += "with mp.get_context('spawn').Pool(1) as pool:\n    pool.map(f, [1, 0])"
    failed = executor.execute_python(code)
    assert failed.error == "ZeroDivisionError: division by zero"
    assert failed.stdout == "in 1\nin 0\n"


def test_joblib_takes_functions_of_the_cell(executor: CodeExecutor) -> None:
    code = "from joblib import Parallel, delayed\ndef f(x): return x * 2\n"
    code += "Parallel(n_jobs=2)(delayed(f)(i) for i in range(3))"
    assert executor.execute_python(code).output == [0, 2, 4]


def test_source_and_file_of_a_cell(executor: CodeExecutor) -> None:
    code = "import inspect\nclass C:\n    def m(self): pass\ndef f(): pass\n"
    code += "[inspect.getsource(C), inspect.getsource(f), __file__]"
    result = executor.execute_python(code)
    assert result.output == ["class C:\n    def m(self): pass\n", "def f(): pass\n", "<cell>"]


NUMBA = """
import os

class IPythonCacheLocator:
    def __init__(self, function, file):
        self.file = file

    def ensure_cache_path(self):
        os.makedirs(self.get_cache_path(), exist_ok=True)

class CacheImpl:
    _locator_classes = []
"""


def test_numba_finds_a_place_for_what_it_makes_of_a_cell(
    executor: CodeExecutor, tmp_path: Path
) -> None:
    (tmp_path / "numba" / "core").mkdir(parents=True)
    (tmp_path / "numba" / "core" / "caching.py").write_text(NUMBA)
    code = (
        "from numba.core.caching import CacheImpl\ndef f(): pass\nfile = f.__code__.co_filename\n"
    )
    code += "places = CacheImpl._locator_classes\n"
    code += (
        "[places[0].from_function(f, file).get_cache_path(), places[0].from_function(f, 'f.py')]"
    )
    environment = {"XDG_CACHE_HOME": str(tmp_path)}
    result = executor.execute_python(code, directory=str(tmp_path), environment=environment)
    assert (result.error, result.output) == (None, [str(tmp_path / "numba" / "cells"), None])
