"""Steps run as soon as they can, in their languages, and what comes of them is told exactly."""

from __future__ import annotations

import logging
import os
import pickle
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from programs import GOOD, ROWS, steps

from codeexec_magics import CodeExecutor, Outcome, Pipeline, PipelineResult, PipelineRunner
from codeexec_magics.engine.mapping import ItemFailure
from codeexec_magics.errors import InvalidOptions, PipelineError, PipelineFailed
from codeexec_magics.pipelines import Absent, State

Run = Callable[..., PipelineResult]


@pytest.fixture
def run(executor: CodeExecutor) -> Run:
    """Run a pipeline's text with inputs; keeps no workers ready."""

    def run_text(
        text: str, *, workers: int | None = None, file: str = "p.yaml", **inputs: Any
    ) -> Any:
        runner = PipelineRunner(executor, max_workers=workers)
        return runner.run(Pipeline.parse(cold(text), file), inputs)

    return run_text


def cold(text: str) -> str:
    """The same without workers that wait for more: each would count as one that was left."""
    if text.startswith("{"):
        return text.replace("{", '{"defaults": {"standbys": 0}, ', 1)
    return text if "defaults" in text else "defaults: {standbys: 0}\n" + text


def states(result: PipelineResult) -> dict[str, str]:
    return {name: step.state.value for name, step in result.steps.items()}


def test_a_pipeline_in_two_languages_gives_its_outputs(run: Run) -> None:
    result = run(GOOD, rows=ROWS)

    assert result.outputs == {"total": 6.0, "names": ["a", "c"]}
    assert result.outcome is Outcome.SUCCEEDED
    assert states(result) == dict.fromkeys(("clean", "priced", "total", "names"), "succeeded")
    assert result.receipt.reaped >= 4
    assert result.receipt.left == 0
    assert result.raise_for_outcome() is result


def test_a_pipeline_is_called_like_a_function(executor: CodeExecutor) -> None:
    pipeline = Pipeline.parse(cold(GOOD))

    assert pipeline(ROWS, rate=2) == {"total": 8, "names": ["a", "c"]}
    assert pipeline.run(ROWS).outputs["total"] == 6.0
    assert pickle.loads(pickle.dumps(pipeline.function))(rows=ROWS) == pipeline(ROWS)
    with pytest.raises(InvalidOptions, match="needs the input `rows`"):
        pipeline()
    with pytest.raises(InvalidOptions, match=r"no input `rowz`; did you mean `rows`\?"):
        pipeline(rows=ROWS, rowz=1)
    with pytest.raises(TypeError, match="takes 2 inputs, 3 were given"):
        pipeline(1, 2, 3)


def test_a_pipeline_runs_in_the_background(executor: CodeExecutor) -> None:
    job = Pipeline.parse(cold(GOOD)).submit(ROWS)

    assert job.result(60).output == {"total": 6.0, "names": ["a", "c"]}
    with pytest.raises(InvalidOptions, match="needs the input"):
        Pipeline.parse(cold(GOOD)).submit()


def test_a_job_that_is_cancelled_ends_its_steps(executor: CodeExecutor) -> None:
    job = Pipeline.parse(cold("steps: [{id: a, code: import time; time.sleep(600)}]")).submit()
    job.cancel()

    assert job.result(60).outcome is Outcome.INTERRUPTED


def test_the_spellings_of_the_format_before_run(run: Run, tmp_path: Path) -> None:
    (tmp_path / "last.py").write_text("def execute(**inputs): return sorted(inputs.items())")
    text = f"""
inputs: [{{name: rows, required: true}}, {{name: limit, required: false}}]
steps:
  - id: first
    type: code_node
    code: |
      import os
      def execute(data):
          return len(data) * int(os.environ["LEVEL"])
    input_mapping: {{data: rows}}
    output_key: cleaned
    env_vars: {{LEVEL: 3}}
    concurrent_group: one
  - id: second
    type: code_node
    language: javascript
    code: |
      const f = ({{ cleaned }}) => cleaned + 1
      module.exports = f  // what is called
    input_mapping: {{cleaned: cleaned}}
  - id: third
    code_file: {tmp_path}/last.py
    input_mapping: {{a: first, b: second, c: limit}}
    depends_on: [second]
"""
    assert run(text, rows=[1, 2]).outputs == {"third": [("a", 6), ("b", 7)]}


def test_values_keep_their_types_between_steps(run: Run) -> None:
    text = """
steps:
  - {id: a, code: "{'day': __import__('datetime').date(2024, 2, 29), 'ids': {3, 4}, 'big': 2**80}"}
  - {id: b, code: "(type(day).__name__, ids, big)", inputs: [a.day, a.ids, a.big]}
"""
    assert run(text).outputs == {"b": ("date", {3, 4}, 2**80)}


def test_a_failure_names_the_line_of_the_file(run: Run) -> None:
    text = """\
name: orders
steps:
  - id: fine
    code: "1"
  - id: clean
    language: javascript
    code: |
      const rows = null; rows.filter(1)
"""
    result = run("defaults: {standbys: 0}\n" + text.partition("\n")[2], file="orders.yaml")
    assert result.failure is not None
    assert result.failure.trace is not None
    place = result.failure.trace.place

    assert result.error == (
        "step clean (orders.yaml:8): TypeError: Cannot read properties of null (reading 'filter')"
    )
    assert result.failed_step == "clean"
    assert place is not None
    assert (place.file, place.line) == ("orders.yaml", 8)
    assert place.excerpt[8 - place.excerpt_start] == text.splitlines()[7]
    assert place.column is not None
    assert text.splitlines()[7][place.column - 1 :].startswith("rows.filter(1)")
    assert "orders.yaml:8:31" in str(result.failure.stack_trace)


def test_a_failure_in_a_file_names_that_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "price.py").write_text("x = 1\n\nx / 0\n")
    result = run(f"steps: [{{id: a, file: {tmp_path}/price.py}}]")

    assert result.error == f"step a ({tmp_path}/price.py:3): ZeroDivisionError: division by zero"


FAILING = """
steps:
  - {id: quick, code: "'quick'"}
  - {id: bad, code: "1 / 0", inputs: [quick]}
  - {id: slow, code: "import time; time.sleep(600)"}
  - {id: needs, code: "bad", inputs: [bad]}
  - {id: more, code: "needs", inputs: [needs]}
  - {id: later, code: "1", inputs: [slow, quick]}
outputs: {quick: quick, last: more}
"""


def test_a_required_failure_ends_the_rest_and_is_named_as_the_cause(run: Run) -> None:
    began = time.monotonic()
    result = run(FAILING)

    assert result.outcome is Outcome.FAILED
    assert result.error == "step bad (p.yaml:5): ZeroDivisionError: division by zero"
    assert states(result) == {
        "quick": "succeeded",
        "bad": "failed",
        "slow": "interrupted",
        "needs": "skipped",
        "more": "skipped",
        "later": "skipped",
    }
    assert result.steps["needs"].reason == "`bad` has no value"
    assert result.steps["more"].reason == "`needs` has no value"
    assert result.steps["later"].reason == "`slow` has no value"
    assert result.outputs == {"quick": "quick"}
    assert time.monotonic() - began < 60
    with pytest.raises(PipelineFailed, match="step bad") as caught:
        result.raise_for_outcome()
    assert pickle.loads(pickle.dumps(caught.value)).result == result


OPTIONAL = """
steps:
  - {id: bad, code: "1 / 0", required: false}
  - {id: lost, code: bad, inputs: [bad]}
  - {id: given, code: "1 / 0", required: false, default: []}
  - {id: takes, code: "given + [1]"}
  - {id: why, code: "why", inputs: {why: bad.$failure}}
  - {id: fine, code: "fine", inputs: {fine: takes.$failure}}
"""


def test_a_failure_that_is_not_required_fails_nothing_else(run: Run) -> None:
    result = run(OPTIONAL)

    assert result.outcome is Outcome.SUCCEEDED
    assert states(result) == {
        "bad": "failed",
        "lost": "skipped",
        "given": "failed",
        "takes": "succeeded",
        "why": "succeeded",
        "fine": "succeeded",
    }
    assert result.steps["given"].value == []
    assert result.steps["takes"].value == [1]
    assert result.outputs["fine"] is None
    assert result.outputs["why"] | {"stack_trace": ""} == {
        "step": "bad",
        "outcome": "failed",
        "error": "ZeroDivisionError: division by zero",
        "line": 4,
        "stack_trace": "",
    }


@pytest.mark.parametrize("default", ["", ", default: [7]"])
def test_a_step_that_need_not_run_is_skipped(run: Run, default: str) -> None:
    text = f"""
inputs: [go]
steps:
  - {{id: a, code: "[1]", when: go{default}}}
  - {{id: b, code: "a + [2]"}}
"""
    assert run(text, go=[0]).outputs == {"b": [1, 2]}
    result = run(text, go=[])

    assert result.steps["a"].state is State.SKIPPED
    assert result.steps["a"].reason == "`go` is not true"
    assert result.outputs == ({"b": [7, 2]} if default else {})
    assert result.success


def test_a_step_is_tried_again(run: Run, tmp_path: Path) -> None:
    counter = tmp_path / "tries"
    text = f"""
steps:
  - id: a
    code: |
      with open({str(counter)!r}, "a") as file:
          file.write("x")
      import os
      if os.path.getsize({str(counter)!r}) < 3:
          raise OSError("not yet")
      "done"
    retries: {{times: 5, wait: 0.01}}
"""
    result = run(text)

    assert result.outputs == {"a": "done"}
    assert result.steps["a"].tries == 3


def test_a_step_that_hangs_is_tried_again_and_an_interrupt_is_not(run: Run) -> None:
    text = "steps: [{id: a, code: import time; time.sleep(600), timeout: 0.2, retries: 2}]"
    result = run(text)

    assert (result.steps["a"].tries, result.steps["a"].state) == (3, State.TIMED_OUT)
    assert run(text.replace("retries: 2", "retries: {times: 2, on: failed}")).steps["a"].tries == 1


@pytest.mark.parametrize("workers", [1, 2])
def test_no_more_steps_run_at_once_than_may(run: Run, tmp_path: Path, workers: int) -> None:
    code = f"""
import os, time
mine = {str(tmp_path)!r} + "/" + str(os.getpid())
open(mine, "w").close()
count = len(os.listdir({str(tmp_path)!r}))
time.sleep(0.05)
os.unlink(mine)
count
"""
    found = run(steps(*({"id": f"s{n}", "code": code} for n in range(5))), workers=workers)

    assert max(found.outputs.values()) <= workers


def test_what_does_not_wait_runs_at_once(run: Run, tmp_path: Path) -> None:
    # Each waits for the other three: they end only if all four run at the same time.
    code = f"""
import os, time
open({str(tmp_path)!r} + "/" + str(os.getpid()), "w").close()
while len(os.listdir({str(tmp_path)!r})) < 4:
    time.sleep(0.005)
"""
    assert run(steps(*({"id": f"s{n}", "code": code} for n in range(4))), workers=4).success


MAPPED = """
inputs: [rows, rate]
steps:
  - {id: all, code: "def transform(item, rate): return 60 / item * rate", map: rows, MORE}
"""


def test_a_step_is_mapped_over_items(run: Run) -> None:
    rows = list(range(1, 1001))
    found = run(MAPPED.replace("MORE", "workers: 2"), rows=rows, rate=2)

    assert found.outputs == {"all": [60 / row * 2 for row in rows]}
    assert run(MAPPED.replace(", MORE", ""), rows=[3, 0], rate=1).error == (
        "step all (p.yaml:5): ZeroDivisionError: division by zero (item 1: 0)"
    )


def test_an_iterator_is_read_by_one_step_once(run: Run) -> None:
    text = "inputs: [rows]\nsteps:\n" + "".join(
        f"  - {{id: {name}, code: 'def transform(item): return item', map: rows}}\n"
        for name in "ab"
    )
    with pytest.raises(InvalidOptions, match="read once, and 2 steps take it: give list"):
        run(text, rows=iter([1, 2]))
    assert run(text, rows=[1, 2]).outputs == {"a": [1, 2], "b": [1, 2]}
    one = text.partition("  - {id: b")[0]
    assert run(one, rows=iter([1, 2])).outputs == {"a": [1, 2]}
    with pytest.raises(InvalidOptions, match="`a` may be tried again"):
        run(one.replace("map: rows", "map: rows, retries: 1"), rows=iter([1, 2]))


def test_items_that_fail_are_collected(run: Run) -> None:
    found = run(MAPPED.replace("MORE", "on_item_error: collect"), rows=[3, 0, 6], rate=1)
    values = found.outputs["all"]

    assert [values[0], values[2]] == [20, 10]
    assert isinstance(values[1], ItemFailure)
    assert values[1].index == 1


def test_a_step_is_mapped_elsewhere(executor: CodeExecutor) -> None:
    pipeline = Pipeline.parse(MAPPED.replace("MORE", "batch: 1"))
    with ThreadPoolExecutor(2) as on:
        found = PipelineRunner(executor).run(pipeline, {"rows": [1, 2, 3], "rate": 1}, on=on)

    assert found.outputs == {"all": [60, 30, 20]}
    with pytest.raises(InvalidOptions, match="on= takes"):
        PipelineRunner(executor).run(pipeline, {"rows": [1], "rate": 1}, on="dusk")


@pytest.mark.parametrize(
    ("step", "state", "told"),
    [
        ({"language": "js", "code": "process.exit(0)"}, "crashed", "exited with code 0"),
        ({"code": "import os; os.abort()"}, "crashed", "SIGABRT"),
        ({"code": "b = bytearray(1 << 30)", "memory": "100M"}, "memory", "limit of 100 MiB"),
        ({"code": "while True: pass", "timeout": 0.2}, "timed_out", "limit of 0.2 s"),
    ],
)
def test_however_a_step_ends_its_state_tells(
    run: Run, step: dict[str, Any], state: str, told: str
) -> None:
    sibling = {"id": "other", "code": "import time; time.sleep(600)"}
    result = run(steps({"id": "it"} | step, sibling))

    assert states(result) == {"it": state, "other": "interrupted"}
    assert told in str(result.error)


def test_a_value_that_cannot_travel_is_named_with_its_step(run: Run) -> None:
    maker = "[1, 2, 3, {'when': __import__('re').compile('x')}]"
    taker = {"id": "b", "language": "js", "code": "x", "inputs": {"x": "a"}}
    error = run(steps({"id": "a", "code": maker}, taker)).error

    assert "EncodingFailed: " in str(error)
    assert "steps.b.inputs.x[3].when" in str(error)


def test_a_part_that_is_not_there_is_named(run: Run) -> None:
    result = run("steps: [{id: a, code: \"{'rows': 1}\"}, {id: b, code: x, inputs: {x: a.rowz}}]")

    assert result.error == "step b (p.yaml:2): DataError: `a` has no `rowz`; did you mean `rows`?"


def test_a_value_of_the_environment_is_told_to_nobody(
    run: Run, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("API_KEYS", raising=False)
    monkeypatch.setenv("API_KEY", "hunter-secret-2")
    caplog.set_level(logging.DEBUG)
    text = """
steps:
  - {id: a, cache: true, code: "import os; print(os.environ['TOKEN']); len(os.environ['TOKEN'])",
     env: {TOKEN: "Bearer ${API_KEY}"}}
  - {id: b, required: false, env: {TOKEN: "${API_KEY}"},
     code: "import os; token = os.environ['TOKEN']; print(1 / 0, token)"}
"""
    result = run(text)

    assert result.steps["a"].value == len("Bearer hunter-secret-2")
    assert result.steps["b"].result is not None
    seen = [str(result.to_dict()), repr(result), caplog.text, str(result.steps["b"].key)]
    kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert len(kept) == 1
    assert "hunter" not in "".join(seen)
    assert b"hunter" not in kept[0]
    monkeypatch.delenv("API_KEY")
    with pytest.raises(PipelineError, match=r"p.yaml:5:19: the environment variable `API_KEY`"):
        run(text)


def test_what_a_sandbox_returns_is_not_believed(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = """
steps:
  - {id: a, sandbox: true, required: false, code: "import re; re.compile('ab')"}
  - {id: b, network: false, required: false, code: "import socket; socket.socket()"}
"""
    result = run(text)

    assert "re.Pattern" in str(result.steps["a"].result and result.steps["a"].result.error)
    assert result.steps["b"].state is State.FAILED


def test_values_that_nobody_needs_are_let_go(run: Run) -> None:
    links = [{"id": f"s{n}", "code": f"s{n - 1}[:-1]"} for n in range(1, 4)]
    result = run(steps({"id": "s0", "code": "bytes(10_000_000)"}, *links, outputs=["s3"]))

    assert list(result.values) == ["s3"]
    assert result.steps["s1"].value is Absent.NOTHING
    assert result.steps["s1"].result is not None
    assert result.steps["s1"].result.output is None


def test_a_result_is_written_and_read(run: Run) -> None:
    for result in (run(GOOD, rows=ROWS), run(FAILING)):
        again = PipelineResult.from_dict(result.to_dict())

        assert again == result


RESUMED = """
inputs: [rows, rate]
steps:
  - {id: clean, code: "COUNT\\nrows + [1]", inputs: [rows]}
  - {id: rated, code: "COUNT\\nrate * 2", inputs: [rate]}
  - {id: total, code: "COUNT\\nsum(clean) * rated / DIVISOR", inputs: [clean, rated]}
  - {id: shown, code: "COUNT\\nstr(total)", inputs: [total]}
"""


def test_what_has_not_changed_is_kept(
    executor: CodeExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = PipelineRunner(executor)
    log = tmp_path / "runs"

    def pipeline(divisor: str) -> Pipeline:
        text = RESUMED.replace("DIVISOR", divisor)
        for name in ("clean", "rated", "total", "shown"):
            count = f"print('{name}', file=open({str(log)!r}, 'a'))"
            text = text.replace("COUNT", count, 1)
        return Pipeline.parse(cold(text), "p.yaml")

    def ran() -> list[str]:
        found = sorted(log.read_text().split()) if log.exists() else []
        log.unlink(missing_ok=True)
        return found

    failed = runner.run(pipeline("0"), {"rows": [1], "rate": 3})
    assert failed.failed_step == "total"
    assert ran() == ["clean", "rated", "total"]

    mended = runner.run(pipeline("1"), {"rows": [1], "rate": 3}, resume=failed)
    assert mended.outputs == {"shown": "12.0"}
    assert ran() == ["shown", "total"]
    assert states(mended) == {
        "clean": "kept",
        "rated": "kept",
        "total": "succeeded",
        "shown": "succeeded",
    }

    changed = runner.run(pipeline("1"), {"rows": [1], "rate": 4}, resume=mended)
    assert changed.outputs == {"shown": "16.0"}
    assert ran() == ["rated", "shown", "total"]

    same = runner.run(pipeline("1"), {"rows": [1], "rate": 4}, resume=changed)
    assert same.outputs == {"shown": "16.0"}
    assert ran() == []
    assert same.receipt.reaped == 0

    read = PipelineResult.from_dict(same.to_dict())
    assert runner.run(pipeline("1"), {"rows": [1], "rate": 4}, resume=read).outputs == same.outputs
    assert ran() == []

    unknown = {"rows": [threading.Lock], "rate": 4}
    assert not runner.run(pipeline("1"), unknown, resume=changed).success
    monkeypatch.setattr("codeexec_magics.pipelines.keys.runtime_of", lambda *_: "another")
    assert runner.run(pipeline("1"), {"rows": [1], "rate": 4}, resume=changed).success
    assert set(ran()) == {"clean", "rated", "shown", "total"}


def test_a_step_that_ran_on_a_default_is_not_taken_for_the_same(run: Run, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    text = f"""
steps:
  - {{id: a, required: false, default: 0, code: "open({str(flag)!r}); 5"}}
  - {{id: b, code: "a + 1"}}
"""
    first = run(text)
    flag.touch()
    runner = PipelineRunner()
    second = runner.run(Pipeline.parse(cold(text), "p.yaml"), resume=first)

    assert (first.outputs, second.outputs) == ({"b": 1}, {"b": 6})


def test_progress_is_told_step_by_step(executor: CodeExecutor) -> None:
    told: list[tuple[float, float | None, str]] = []
    runner = PipelineRunner(executor, max_workers=1)
    pipeline = Pipeline.parse(cold(GOOD))
    runner.run(pipeline, {"rows": ROWS}, progress=lambda *what: told.append(what))

    assert told == [
        (1, 4, "clean succeeded"),
        (2, 4, "priced succeeded"),
        (3, 4, "total succeeded"),
        (4, 4, "names succeeded"),
    ]


@pytest.mark.parametrize("workers", [0, 65, "4", True])
def test_a_number_of_workers_that_cannot_be_meant_is_refused(workers: Any) -> None:
    with pytest.raises(InvalidOptions, match="max_workers must be 1 to 64"):
        PipelineRunner(max_workers=workers)


def test_pipelines_run_in_threads(executor: CodeExecutor) -> None:
    chain = [{"id": f"s{n}", "code": f"s{n - 1} + 1" if n else "0"} for n in range(5)]
    pipeline = Pipeline.parse(cold(steps(*chain)))
    outputs: list[Any] = []

    def work() -> None:
        for _ in range(2):
            outputs.append(PipelineRunner(executor).run(pipeline).outputs)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)

    assert outputs == [{"s4": 4}] * 8


def test_a_pipeline_runs_in_a_fork(executor: CodeExecutor) -> None:
    pipeline = Pipeline.parse(cold(GOOD))
    PipelineRunner(executor).run(pipeline, {"rows": ROWS})
    child = os.fork()
    if child == 0:
        code = 1
        try:
            with CodeExecutor(standbys=0) as own:
                code = 0 if PipelineRunner(own).run(pipeline, {"rows": ROWS}).success else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
