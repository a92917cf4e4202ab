"""The JSON Schema for editors says what the checker says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from codeexec_magics.pipelines.fields import PIPELINE, STEP, read_table
from codeexec_magics.pipelines.nodes import Problems
from codeexec_magics.pipelines.reading import read
from codeexec_magics.pipelines.schema import PATH, schema, text

VALIDATOR = Draft202012Validator(schema())
VALUES: list[Any] = [
    *(None, True, False, 0, 1, 2, -1, 65, 1.0, 1.5, 3e6, "", " ", "a", "b-1", "1a", "a.b[0]", "a."),
    *("a.$failure", "inf", "none", "fast", "512M", "1.5 GiB", "0", "pandas", "collect", "go-on"),
    *("stop", "code", "code_node", "failed", "timed_out", "python", "x = 1", "a/b.py", "ä"),
    *([], ["a"], ["a", 1], ["failed"], {}, {"a": "b"}, {"a": 1}, {"a": None}, {"a": ["b"]}),
    *({"times": 1}, {"times": 1, "on": ["crashed"], "wait": 0.5}, {"wait": 1}, {"a=b": "c"}),
    *([{"name": "a"}], [{"name": "a", "default": 1}], [{"key": "a"}], [{"key": "a", "x": 1}]),
    *({"timeout": 3}, {"timeout": 0}, {"env": {"A": "b"}}, {"id": "a"}),
]
KEYS = [spelling for field in STEP for spelling in (field.name, *field.aliases)]
TOP = [spelling for field in PIPELINE for spelling in (field.name, *field.aliases)]


def mappings(keys: list[str], most: int) -> st.SearchStrategy[dict[str, Any]]:
    names = st.sampled_from([*keys, *keys, "unknown"])
    return st.dictionaries(names, st.sampled_from(VALUES), max_size=most)


good = st.fixed_dictionaries({"id": st.just("a"), "code": st.just("1")})
step = st.one_of(
    good,
    st.builds(dict.__or__, good, mappings(KEYS, 3)),
    mappings(KEYS, 3),
    st.sampled_from(VALUES),
)
pipelines = st.builds(
    dict.__or__, st.fixed_dictionaries({"steps": st.lists(step, max_size=2)}), mappings(TOP, 2)
)


def agree(data: dict[str, Any]) -> None:
    problems = Problems("p")
    read_table(read(json.dumps(data), "p"), PIPELINE, "a pipeline", problems)
    errors = [error.message for error in VALIDATOR.iter_errors(data)]

    assert bool(problems.found) == bool(errors), (problems.found, errors)


@settings(
    max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
@given(pipelines)
def test_schema_and_checker_agree(data: dict[str, Any]) -> None:
    agree(data)


@pytest.mark.parametrize("key", KEYS)
def test_they_agree_on_every_value_of_every_key(key: str) -> None:
    for value in VALUES:
        agree({"steps": [{"id": "a", "code": "1"} | {key: value}]})


def test_the_file_is_what_the_table_gives() -> None:
    assert PATH.read_text(encoding="utf-8") == text()
    Draft202012Validator.check_schema(schema())
