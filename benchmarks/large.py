"""Large frames to a Python program and back, beside what moves them between processes otherwise."""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy
import pandas
from notebook import Notebook
from rows import Row, medians

from codeexec_magics import CodeExecutor

GIGABYTE = 1_000_000_000
CELL_BYTES = 90_000_000
HALF = 512_000_000
ROUNDS = 5

CELLS = """
%load_ext codeexec_magics
import multiprocessing, os, subprocess, sys, tempfile
import numpy, pandas
df = pandas.DataFrame(numpy.random.default_rng(0).random(({rows}, 6)), columns=list("abcdef"))
sys.path.insert(0, {here!r})
import large
server = multiprocessing.get_context("forkserver")
server.set_forkserver_preload(["numpy", "pandas"])
"""
OURS = "%%transform -i df -o out\ndf * 2"
FORKSERVER = "out = large.by_forkserver(server, df)"
PARQUET = "out = large.by_parquet(df)"


def rows() -> Iterator[Row]:
    """All of them."""
    yield from engine()
    yield from cell()
    yield half_a_gigabyte()


def engine() -> Iterator[Row]:
    """One gigabyte of floats out and back, the value unchanged."""
    frame = pandas.DataFrame(numpy.random.default_rng(0).random((GIGABYTE // 48, 6)))
    target = numpy.empty(frame.shape)
    source = frame.to_numpy()

    def copy() -> None:
        target[...] = source

    with CodeExecutor(default_timeout=600) as executor:

        def ours() -> None:
            output = executor.execute_python("df", {"df": frame}).output
            assert output.shape == frame.shape
            assert output.iat[-1, -1] == frame.iat[-1, -1]

        def pipe() -> None:
            assert by_pipe(frame).shape == frame.shape

        # A virtual machine may have given long-freed memory back to its host, and getting it
        # again takes seconds: what is measured is memory that the machine has.
        medians({"ours": ours}, 0, warm=6)
        took = medians({"ours": ours, "copy": copy}, ROUNDS)
        took |= medians({"pipe": pipe}, 2, warm=0)
    name = "1 GB of floats to Python and back"
    copied = took["copy"]
    yield Row(name, took["ours"], "one warm memcpy of it", copied, 3, limit=copied)
    yield Row("the same", took["ours"], "`multiprocessing.Pipe`", took["pipe"], 0.04)


def cell() -> Iterator[Row]:
    """A whole cell with a frame of 90 MB in and out."""
    here = str(Path(__file__).parent)
    notebook = Notebook(CELLS.format(rows=CELL_BYTES // 48, here=here))
    try:
        cells = {"ours": OURS, "forkserver": FORKSERVER, "parquet": PARQUET}
        actions = {name: lambda code=code: notebook.run(code) for name, code in cells.items()}
        took = medians(actions, ROUNDS, pause=0.2)
    finally:
        notebook.close()
    name = "whole cell, 90 MB frame in and out"
    yield Row(name, took["ours"], "forkserver process and Pipe", took["forkserver"], 0.1)
    yield Row("the same", took["ours"], "parquet files and a process", took["parquet"], 0.04)


def half_a_gigabyte() -> Row:
    """A whole cell that hands a large frame back, beside one copy of it in the kernel."""
    here = str(Path(__file__).parent)
    notebook = Notebook(CELLS.format(rows=HALF // 48, here=here))
    try:
        notebook.run("source = df.to_numpy()\ntarget = numpy.empty_like(source)")
        cells = {"ours": "%%transform -i df -o out\ndf", "copy": "target[...] = source"}
        actions = {name: lambda code=code: notebook.run(code) for name, code in cells.items()}
        took = medians(actions, ROUNDS, warm=3, pause=0.2)
    finally:
        notebook.close()
    name = "whole cell, 512 MB frame to Python and back"
    return Row(name, took["ours"], "one copy of it", took["copy"], 3, limit=took["copy"])


def _double(connection: Connection) -> None:
    connection.send(connection.recv() * 2)


def _echo(connection: Connection) -> None:
    connection.send(connection.recv())


def by_pipe(frame: Any) -> Any:
    """There and back through a pipe, as ``multiprocessing`` does it."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_echo, args=(theirs,))
    process.start()
    ours.send(frame)
    result = ours.recv()
    process.join()
    return result


def by_forkserver(context: Any, frame: Any) -> Any:
    """A fresh process from a fork server that has pandas loaded."""
    ours, theirs = context.Pipe()
    process = context.Process(target=_double, args=(theirs,))
    process.start()
    ours.send(frame)
    result = ours.recv()
    process.join()
    return result


def by_parquet(frame: Any) -> Any:
    """Files in the temp folder and a Python of one's own."""
    import subprocess

    with tempfile.TemporaryDirectory() as folder:
        there, back = os.path.join(folder, "in"), os.path.join(folder, "out")
        frame.to_parquet(there)
        program = f"import pandas\n(pandas.read_parquet({there!r}) * 2).to_parquet({back!r})"
        subprocess.run([sys.executable, "-c", program], check=True)
        return pandas.read_parquet(back)


if __name__ == "__main__":
    began = time.perf_counter()
    for row in rows():
        print(row.verdict(), flush=True)
    print(f"{time.perf_counter() - began:.0f} s")
