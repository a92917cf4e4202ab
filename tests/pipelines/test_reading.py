"""A pipeline's file is read without loss, and everything that is wrong with it is told at once."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from programs import GOOD

from codeexec_magics import Pipeline
from codeexec_magics.errors import InvalidOptions, PipelineError, SourceUnavailable
from codeexec_magics.pipelines import Absent, Reference, Retries
from codeexec_magics.values.options import ExecutionOptions

BAD = """\
name: orders
imputs: { rows: }
inputs: { rows: }
steps:
  - id: clean
    langage: javascript
    code: |
      def transform(rows)
          return rows
    timeout: -5
  - id: priced
    code: "def transform(x): ..."
    inputs: [claen]
    required: maybe
  - id: priced
    file: missing.py
  - id: total
    code: "def transform(priced, rowz): ..."
  - id: last
    code: a
    code_file: b.py
"""
BAD_LINES = """\
2:1: a pipeline has no `imputs`; did you mean `inputs`?
6:5: a step has no `langage`; did you mean `language`?
8:26: SyntaxError: expected ':'
10:14: timeout must be a positive number of seconds, or inf for no limit, not -5
13:14: there is neither an input nor a step `claen`; did you mean `clean`?
14:15: required must be true or false, not 'maybe'
15:9: `priced` is a step already, in line 11
16:11: cannot read 'missing.py': No such file or directory
18:11: its parameter `rowz` is neither an input nor a step; did you mean `rows`?
19:5: a step has both `code` and `file`: leave one out
21:16: cannot read 'b.py': No such file or directory"""


def problems(text: str) -> list[str]:
    with pytest.raises(PipelineError) as caught:
        Pipeline.parse(text, "p")
    return [str(problem).removeprefix("p:") for problem in caught.value.problems]


def only(text: str) -> str:
    found = problems(text)
    assert len(found) == 1
    return found[0]


def test_a_file_becomes_steps_with_their_places(tmp_path: Path) -> None:
    path = tmp_path / "orders.yaml"
    path.write_text(GOOD)
    pipeline = Pipeline.load(path)
    clean, priced, total, names = pipeline.steps

    assert pipeline.name == "orders"
    assert pipeline.inputs == {"rows": Absent.REQUIRED, "rate": 1.5}
    assert (clean.language, names.language) == ("javascript", "javascript")
    assert priced.inputs == {"clean": Reference("clean"), "rate": Reference("rate")}
    assert total.inputs == {"priced": Reference("priced")}
    assert (priced.program.first_line, priced.origin.column) == (13, 6)
    assert priced.options.timeout == 30
    assert pipeline.outputs == {"total": Reference("total"), "names": Reference("names")}


def test_all_that_is_wrong_is_told_at_once_with_its_place() -> None:
    assert problems(BAD) == BAD_LINES.splitlines()


def test_an_error_says_all_of_it_and_can_be_sent_elsewhere() -> None:
    import pickle

    with pytest.raises(InvalidOptions) as caught:
        Pipeline.parse(BAD, "orders.yaml")
    error = caught.value

    assert str(error).splitlines()[0].startswith("orders.yaml:2:1: a pipeline has no `imputs`")
    assert pickle.loads(pickle.dumps(error)).problems == error.problems  # type: ignore[attr-defined]
    assert error.problems[0][:3] == ("orders.yaml", 2, 1)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "1:1: a pipeline is a mapping with `steps`, not an empty file"),
        ("# nothing\n", "1:1: a pipeline is a mapping"),
        ("steps: [", "this is no YAML: while parsing a flow node"),
        ("steps:\n\t- a", "2:1: this is no YAML"),
        ("steps:\n\t- a", "indent with blanks, not with tabs"),
        ("a: 1\na: 2", "2:1: `a` is given twice, first in line 1"),
        ("- 1", "1:1: a pipeline is a mapping with `steps`, not a list"),
        ("!!python/object/apply:os.system [true]", "1:1: the tag `!!python/object/apply:"),
        ("a: !mine 1", "1:4: the tag `!mine` is refused"),
        ("a: [" + "[" * 100 + "]" * 101, "1:53: a pipeline is nested 50 levels deep at most"),
        ("{" * 5000, "nest"),
        ('{"a": ' + "[" * 100_000, "nest"),
        ("a: &a [*a]", "1:8: the alias `*a` has no anchor above it"),
        ("a: 1\n---\na: 2", "2:1: a file holds one pipeline"),
        ("steps: []", "1:8: a pipeline needs at least one step"),
        ("name: x", "1:1: a pipeline needs `steps`"),
        ("steps: 3", "1:8: steps must be a list, not 3"),
        ("steps: [{id: a, code: 1}]", "1:23: code must be a program, not 1"),
        ("steps: [{code: '1'}]", "1:9: a step needs `id`"),
        ("steps: [{id: 1a, code: '1'}]", "1:14: id must be a name of letters"),
        ("steps: [{id: a}]", "1:9: a step needs `code` or `file`"),
        ("steps: [{id: a, code: x, env: {A: ${B}}}]", 'within { } write "${NAME}" in quotes'),
        ("a: " + "9" * 5000, "this number has more digits"),
        ("x: 1" + " " * 1_000_001, "1:1: a pipeline has 1,000,000 bytes at most"),
        ("steps: [{id: a, code: x, type: node}]", "type must be one of code, code_node"),
        ("steps: [{id: a, language: pyton, code: x}]", "1:27: no language is called `pyton`"),
        ("steps: [{id: a, code: x, code: y}]", "1:26: `code` is given twice"),
        ("steps: [{id: a, file: x.py, code_file: y.py}]", "`file` and `code_file` mean the same"),
        ("steps: [{id: a, code: x, workers: 2}]", "workers is about items: it needs `map`"),
        ("steps: [{id: a, code: x, depends_on: [b]}]", "1:39: there is no step `b`"),
        ("inputs: {a: }\nsteps: [{id: a, code: x}]", "2:14: `a` is an input already"),
        ("steps: [{id: a, code: x, memory: big}]", "1:34: a size is a number with a unit"),
        ("steps: [{id: a, code: >\n x\n }]", "this is no YAML"),
        ("steps:\n- id: a\n  code: >\n    x\n    y", "3:9: code needs `|`"),
        ("inputs: {r: }\nsteps: [{id: a, code: x, inputs: [r.$failure]}]", "`r` is an input, and"),
        ("name: x\nsteps: [\ud800]", "2:9: this is no YAML: '\\ud800' is half of a character"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_has_a_place_and_a_reason(text: str, told: str) -> None:
    began = time.monotonic()
    found = "\n".join(problems(text))

    assert told in found
    assert found[0].isdigit()
    assert time.monotonic() - began < 5


def test_repeated_aliases_are_counted_as_what_they_stand_for() -> None:
    lines = ["a: &a [x,x,x,x,x,x,x,x,x,x]"]
    for old, new in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{new}: &{new} [{','.join([f'*{old}'] * 10)}]")

    assert "a pipeline has 100,000 values at most" in only("\n".join(lines))


@pytest.mark.parametrize("also", [[], ["b"], ["b", "c"]])
def test_a_circle_is_told_with_its_path(also: list[str]) -> None:
    needs = {"a": "c", "b": "a", "c": "b", **dict.fromkeys(("x", "y"), "a")}
    found = "".join(f"  - {{id: {name}, code: '{to}'}}\n" for name, to in needs.items())

    assert only(f"steps:\n{found}") == (
        "2:10: the steps need each other in a circle: a → c → b → a"
    )


def test_a_step_cannot_need_itself() -> None:
    told = only("steps: [{id: a, code: x, inputs: [a]}]")

    assert told.endswith("the steps need each other in a circle: a → a")


def test_scalars_are_those_of_yaml_1_2() -> None:
    text = """
inputs: {a: no, b: 1:30, c: 1e3, d: 0123, e: ~, f: yes, g: 0x1F, h: .5, on: 1_0, j: , k: !!str 1}
steps: [{id: s, code: x}]
"""
    found = Pipeline.parse(text).inputs

    assert found == {
        "a": "no",
        "b": "1:30",
        "c": 1000.0,
        "d": 123,
        "e": None,
        "f": "yes",
        "g": 31,
        "h": 0.5,
        "on": "1_0",
        "j": Absent.REQUIRED,
        "k": "1",
    }
    assert [type(value) for value in found.values()][2:4] == [float, int]


def test_the_spellings_of_the_format_before_are_read() -> None:
    text = """
id: p
inputs: [{name: rows, desc: all of them, required: true}, {name: limit, required: false}]
steps:
  - id: first
    type: code_node
    language: python
    code: "def execute(data): return data"
    input_mapping: {data: rows}
    output_key: cleaned
    env_vars: {MODE: fast, LEVEL: 3}
    required: true
    concurrent_group: one
  - id: second
    type: code_node
    language: javascript
    code: "const f = (all) => all.cleaned; module.exports = f"
    input_mapping: {cleaned: cleaned}
    depends_on: [first]
outputs: [{key: second, label: result}]
"""
    pipeline = Pipeline.parse(text, "p.yaml")
    first, second = pipeline.steps

    assert first.entry == "execute"
    assert first.environment == {"MODE": "fast", "LEVEL": "3"}
    assert second.inputs == {"cleaned": Reference("first")}
    assert second.after == ("first",)
    assert pipeline.inputs == {"rows": Absent.REQUIRED, "limit": Absent.OPTIONAL}
    assert pipeline.outputs == {"result": Reference("second")}


def test_options_have_their_own_words() -> None:
    text = """
defaults: {timeout: inf, memory: 1G, retries: 1}
steps:
  - {id: a, code: x, timeout: 0.5, cpu_time: 2, processes: 3, cpus: 1, network: false}
  - {id: b, code: x, retries: {times: 2, wait: 1, on: timed_out}, sandbox: true, converter: records}
"""
    a, b = Pipeline.parse(text).steps

    assert a.options == ExecutionOptions(
        timeout=0.5, memory=1 << 30, cpu_time=2, processes=3, cpus=1, network=False
    )
    assert a.retries == Retries(1)
    assert b.options.timeout == float("inf")
    assert (b.options.sandbox, b.options.converter) == (True, "records")
    assert b.retries == Retries(2, 1, on=("timed_out",))


def test_references_reach_into_values() -> None:
    text = """
inputs: [data]
steps:
  - {id: a-1, code: x, inputs: {x: 'data.rows[0].name'}}
  - {id: b, code: x, inputs: {x: a-1.$failure}}
"""
    a, b = Pipeline.parse(text).steps

    assert a.inputs["x"] == Reference("data", ("rows", 0, "name"))
    assert str(a.inputs["x"]) == "data.rows[0].name"
    assert b.inputs["x"] == Reference("a-1", failure=True)


def test_what_is_not_asked_for_by_name_is_found_by_the_parameters() -> None:
    text = """
inputs: [rows, rate]
steps:
  - {id: a, code: "def transform(rows, rate=1, other=2): ..."}
  - {id: b, language: js, code: "function transform({ rows, a: renamed, unknown }) {}"}
  - {id: c, code: "rate = 3\\nlen(a) + rate"}
  - {id: d, code: "def transform(item, rate): ...", map: rows}
"""
    a, b, c, d = Pipeline.parse(text).steps

    assert list(a.inputs) == ["rows", "rate"]
    assert list(b.inputs) == ["rows", "a"]
    assert list(c.inputs) == ["a"]
    assert list(d.inputs) == ["rate"]


def test_a_step_may_stand_in_a_file_beside_the_pipeline(tmp_path: Path) -> None:
    (tmp_path / "steps").mkdir()
    (tmp_path / "steps" / "price.js").write_text("function transform() {}")
    (tmp_path / "p.yaml").write_text("steps: [{id: a, file: steps/price.js}]")
    step = Pipeline.load(tmp_path / "p.yaml").step("a")

    assert (step.language, step.origin.file) == ("javascript", "steps/price.js")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("none.py", "1:23: cannot read 'none.py': No such file"),
        ("folder.py", "it is a directory"),
        ("x.txt", "1:23: cannot tell the language of `x.txt` by its suffix"),
        ("broken.py", "SyntaxError: "),
    ],
)
def test_what_is_wrong_with_a_file_is_told(tmp_path: Path, name: str, told: str) -> None:
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "x.txt").write_text("1")
    (tmp_path / "broken.py").write_text("1\n(")
    path = tmp_path / "p.yaml"
    path.write_text(f"steps: [{{id: a, file: {name}}}]")
    with pytest.raises(PipelineError, match=r".") as caught:
        Pipeline.load(path)

    assert told in str(caught.value)
    if name == "broken.py":
        assert "broken.py:2:1" in str(caught.value)


def test_a_missing_pipeline_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="No such file"):
        Pipeline.load(tmp_path / "none.yaml")


def test_json_says_the_same_with_the_same_places() -> None:
    step = {"id": "a", "code": "x\ny = 1", "timeout": 2}
    data = {"name": "p", "inputs": {"x": None}, "steps": [step]}
    text = json.dumps(data, indent=2)
    tabbed = json.dumps(data, indent="\t")

    assert Pipeline.parse(text) == Pipeline.parse(tabbed)
    assert Pipeline.parse(text).inputs == {"x": None}
    assert problems(text.replace("timeout", "timeuot"))[0].startswith(
        "10:7: a step has no `timeuot`"
    )


def test_json_needs_no_yaml_and_yaml_says_what_to_install() -> None:
    program = """
import sys
sys.modules["yaml"] = None
from codeexec_magics import Pipeline
assert Pipeline.parse('{"steps": [{"id": "a", "code": "1"}]}').step("a").code == "1"
for text in ("steps: []", '{"steps": 1,}'):
    try:
        Pipeline.parse(text)
    except ValueError as error:
        assert 'pip install "codeexec_magics[pipelines]"' in str(error), error
    else:
        raise SystemExit("read")
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_nothing_of_pipelines_is_imported_with_the_package() -> None:
    program = """
import sys, codeexec_magics
codeexec_magics.CodeExecutor
from codeexec_magics.values.options import Program
codeexec_magics.Transform("one", Program("1"))
assert not [name for name in sys.modules if name == "yaml" or "pipelines" in name]
"""
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("kind", ["chain", "fan"])
def test_large_pipelines_are_read_without_recursion(kind: str) -> None:
    def source(place: int) -> Any:
        return f"s{place - 1}" if kind == "chain" and place else "'s0'" if not place else "s0"

    lines = [f"  - id: s{n}\n    code: |\n      {source(n)}\n    timeout: 5\n" for n in range(2000)]
    pipeline = Pipeline.parse("steps:\n" + "".join(lines))

    assert len(pipeline.steps) == 2000
    assert pipeline.steps[1999].needs == (("s1998",) if kind == "chain" else ("s0",))
