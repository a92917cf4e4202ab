"""Pipelines made of transforms and of notebooks, joined by |, written, and read again."""

from __future__ import annotations

import inspect
import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from programs import GOOD, ROWS

from codeexec_magics import CodeExecutor, Pipeline, PipelineRunner, Transform
from codeexec_magics.errors import InvalidOptions, PipelineError
from codeexec_magics.pipelines import Absent, Reference
from codeexec_magics.values.options import ExecutionOptions, Program

OPTIONS = ExecutionOptions(standbys=0)


def transform(name: str, source: str, language: str = "python", *inputs: str) -> Transform:
    return Transform(name, Program(source, language, 2), OPTIONS, inputs)


CLEAN = transform(
    "clean", "function transform({ rows }) { return rows.filter((r) => r.price > 0) }", "javascript"
)
TOTAL = transform(
    "total",
    "def transform(clean, rate=1): return sum(row['price'] for row in clean) * rate",
)
HALF = transform("half", "total / 2", "python", "total")


def test_edges_are_the_names_of_parameters(executor: CodeExecutor) -> None:
    pipeline = Pipeline.of(HALF, TOTAL, CLEAN, name="orders")

    assert pipeline.inputs == {"rate": Absent.OPTIONAL, "rows": Absent.REQUIRED}
    assert [step.needs for step in pipeline.steps] == [("total",), ("clean", "rate"), ("rows",)]
    assert pipeline.outputs == {"half": Reference("half")}
    assert pipeline(rows=ROWS) == {"half": 2.0}
    assert pipeline(rows=ROWS, rate=3) == {"half": 6.0}


def test_a_failure_names_the_cell(executor: CodeExecutor) -> None:
    bad = transform("bad", "\n1 / clean", "python", "clean")
    result = PipelineRunner(executor).run(Pipeline.of(CLEAN, bad), {"rows": []})

    assert str(result.error).startswith("step bad (cell bad, line 3): TypeError: ")


@pytest.mark.parametrize(
    ("transforms", "told"),
    [
        ((), "a pipeline needs at least one step"),
        ((CLEAN, CLEAN), "two steps are called `clean`"),
        ((CLEAN, len), "made of transforms (%%transform -n), not of builtin_function_or_method"),
        ((transform("a", "b", "python", "b"), transform("b", "a", "python", "a")), "in a circle"),
    ],
)
def test_what_is_no_pipeline_is_refused(transforms: tuple[Transform, ...], told: str) -> None:
    with pytest.raises(InvalidOptions) as caught:
        Pipeline.of(*transforms)
    assert told in str(caught.value)


def test_a_chain_is_what_its_parts_are(executor: CodeExecutor) -> None:
    chain = CLEAN | TOTAL

    assert chain(ROWS) == TOTAL(CLEAN(rows=ROWS)) == 4
    assert (CLEAN | TOTAL | HALF)(ROWS, rate=3) == 6.0
    assert (CLEAN | (TOTAL | HALF))(rows=ROWS) == 2.0
    assert chain.name == "clean_total"
    assert str(inspect.signature(chain.function)).startswith("(rows, rate=")
    assert chain.function(ROWS) == 4
    twice = transform("twice", "def transform(x): return x * 2")
    assert (twice | twice | twice)(3) == 24
    with pytest.raises(TypeError, match="joins transforms and pipelines, not a int"):
        CLEAN | 3
    with pytest.raises(InvalidOptions, match="gives 2 values: `total`, `names`"):
        Pipeline.parse(GOOD) | TOTAL


WRITTEN = """
name: "no"
description: "a: b # c"
inputs: [rows, {name: rate, default: 1.5}, {name: more, required: false}, {name: gone, default: ~}]
max_workers: 3
steps:
  - id: a
    description: first
    code: |
      # a comment

      def transform(rows, rate, more=1):  # kept
          text = "x:\\ty"

          return rows

    output: first
    env: {KEY: "${HOME}", MODE: "on"}
    timeout: inf
    memory: 1G
    cache: true
  - id: b-c
    language: js
    code: "\\tindented\\u0007"
    inputs: {x: 'a[0].name', why: a.$failure}
    map: a
    workers: 2
    on_item_error: collect
    when: rows
    retries: {times: 2, wait: 0.5, on: [crashed]}
    required: false
    default: {a: [1, 2.5, ~, "yes", true]}
    depends_on: a
    sandbox: true
  - {id: d, language: js, code: "  1", inputs: []}
  - {id: e, code: "a\\n\\n"}
outputs: {out put: 'b-c[0]', d: d}
"""


@pytest.mark.parametrize("text", [GOOD, WRITTEN], ids=["good", "everything"])
def test_a_pipeline_is_written_and_read_again(text: str, tmp_path: Path) -> None:
    pipeline = Pipeline.parse(text)
    pipeline.save(tmp_path / "p.yaml")
    again = Pipeline.load(tmp_path / "p.yaml")

    assert again == pipeline
    again.save(tmp_path / "q.yaml")
    assert (tmp_path / "q.yaml").read_text() == (tmp_path / "p.yaml").read_text()
    if text is GOOD:
        assert "\n          # the rate is that of the day\n" in (tmp_path / "p.yaml").read_text()


def test_mermaid_draws_the_same_graph() -> None:
    assert Pipeline.parse(GOOD).mermaid().splitlines()[:5] == [
        "flowchart LR",
        '  i0(["rows"])',
        '  i1(["rate"])',
        '  s0["clean<br/>javascript"]',
        "  i0 --> s0",
    ]


def notebook(path: Path, *cells: str) -> Path:
    found = [{"cell_type": "code", "source": cell.splitlines(keepends=True)} for cell in cells]
    path.write_text(json.dumps({"cells": [{"cell_type": "markdown", "source": "#"}, *found]}))
    return path


CELLS = (
    "%load_ext codeexec_magics",
    "\n%%transform js -n clean --timeout 5 -o out\nfunction transform({ rows }) { return rows }",
    "%%transform -n half -i total --memory 1G --no-network\ntotal / 0",
    "%%transform --name=total\ndef transform(clean): return len(clean)",
    "%%transform js\nnot named",
)


def test_a_notebook_is_read_without_being_run(executor: CodeExecutor, tmp_path: Path) -> None:
    pipeline = Pipeline.from_notebook(notebook(tmp_path / "orders.ipynb", *CELLS))
    clean, half, total = pipeline.steps

    assert (pipeline.name, pipeline.inputs) == ("orders", {"rows": Absent.REQUIRED})
    assert (clean.options.timeout, total.options.timeout) == (5, math.inf)
    assert (half.options.memory, half.options.network) == (1 << 30, False)
    assert [step.needs for step in pipeline.steps] == [("rows",), ("total",), ("clean",)]
    cold = [replace(step, options=replace(step.options, standbys=0)) for step in pipeline.steps]
    result = PipelineRunner(executor).run(replace(pipeline, steps=tuple(cold)), {"rows": [1]})
    assert result.error == (
        "step half (orders.ipynb cell 4, line 2): ZeroDivisionError: division by zero"
    )
    pipeline.save(tmp_path / "orders.yaml")
    assert Pipeline.load(tmp_path / "orders.yaml") == pipeline


def test_a_notebook_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.ipynb").write_text("[]")
    with pytest.raises(PipelineError, match=r"x\.ipynb:1:1: this is no notebook"):
        Pipeline.from_notebook(tmp_path / "x.ipynb")
    with pytest.raises(PipelineError, match="a pipeline needs at least one step"):
        Pipeline.from_notebook(notebook(tmp_path / "y.ipynb", "1"))
    with pytest.raises(PipelineError, match=r"z.ipynb cell 2:1:1: no language is called 'jss'"):
        Pipeline.from_notebook(notebook(tmp_path / "z.ipynb", "%%transform jss -n a\n1"))
