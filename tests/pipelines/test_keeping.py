"""Values are kept in a folder for other runs, and nothing there is believed that is not ours."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from codeexec_magics import CodeExecutor, Pipeline, PipelineRunner
from codeexec_magics.pipelines import State, StepResult
from codeexec_magics.pipelines.keys import digest
from codeexec_magics.pipelines.store import Store
from codeexec_magics.pipelines.values import size_of

TEXT = """
inputs: [x]
defaults: {standbys: 0}
steps:
  - {id: a, cache: true, code: "print('ran'); {'x': x, 'ids': {1, 2}}", inputs: [x]}
  - {id: b, cache: true, sandbox: true, directory: ., code: "[1, 2.5]"}
"""


def test_a_value_is_kept_for_other_processes(executor: CodeExecutor, tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(TEXT)
    program = """
import sys
from codeexec_magics import Pipeline
result = Pipeline.load(sys.argv[1]).run(x=1)
print({name: step.state.value for name, step in result.steps.items()}, result.outputs)
"""

    def run() -> str:
        command = [sys.executable, "-c", program, str(tmp_path / "p.yaml")]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert run() == (
        "{'a': 'succeeded', 'b': 'succeeded'} {'a': {'x': 1, 'ids': {1, 2}}, 'b': [1, 2.5]}\n"
    )
    assert run() == "{'a': 'kept', 'b': 'kept'} {'a': {'x': 1, 'ids': {1, 2}}, 'b': [1, 2.5]}\n"
    result = PipelineRunner(executor).run(Pipeline.load(tmp_path / "p.yaml"), {"x": 2})
    assert [step.state for step in result.steps.values()] == [State.SUCCEEDED, State.KEPT]
    folder = tmp_path / ".codeexec" / "cache"
    assert len(list(folder.iterdir())) == 3
    assert folder.stat().st_mode & 0o777 == 0o700


def found(key: str, value: object) -> StepResult:
    return StepResult(State.SUCCEEDED, value=value, key=key)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    own = Store(str(tmp_path / "cache"))
    own.put(found("key", {"a": 1}), trusted=True)
    kept = own.get("key")
    assert kept is not None
    assert kept.value == {"a": 1}
    return own


@pytest.mark.parametrize("harm", ["cut", "changed", "empty", "link", "shared", "folder", "foreign"])
def test_what_is_not_ours_is_as_if_it_were_not_there(
    store: Store, tmp_path: Path, harm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "cache" / "key"
    raw = path.read_bytes()
    if harm == "cut":
        path.write_bytes(raw[:-1])
    elif harm == "changed":
        path.write_bytes(raw[:-1] + b"?")
    elif harm == "empty":
        path.write_bytes(b"")
    elif harm == "link":
        path.rename(tmp_path / "elsewhere")
        path.symlink_to(tmp_path / "elsewhere")
    elif harm == "shared":
        path.chmod(0o666)
    elif harm == "folder":
        path.parent.rename(tmp_path / "other")
        path.parent.symlink_to(tmp_path / "other")
    else:
        monkeypatch.setattr(os, "getuid", lambda: 12_345)

    assert store.get("key") is None
    store.put(found("key", {"a": 2}), trusted=True)


def test_what_came_of_a_sandbox_is_kept_as_plain_data_only(store: Store) -> None:
    store.put(found("plain", [1]), trusted=False)
    store.put(found("object", [threading.Lock]), trusted=False)
    kept = store.get("plain")

    assert kept is not None
    assert kept.value == [1]
    assert store.get("object") is None


def test_many_writers_leave_whole_values(tmp_path: Path) -> None:
    own = Store(str(tmp_path / "cache"))
    value = [bytes(100_000)]
    torn = []

    def work() -> None:
        for _ in range(20):
            own.put(found("key", value), trusted=True)
            kept = own.get("key")
            torn.append(kept is None or kept.value != value)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert torn == [False] * 80
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["key"]


def test_what_was_not_used_for_longest_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("codeexec_magics.pipelines.store._MOST", 25_000)
    own = Store(str(tmp_path / "cache"))
    for place, name in enumerate(("one", "two", "three")):
        own.put(found(name, bytes(10_000)), trusted=True)
        os.utime(tmp_path / "cache" / name, (place, place))
        own.get("one")
    own.put(found("four", b""), trusted=True)

    assert {path.name for path in (tmp_path / "cache").iterdir()} == {"one", "three", "four"}


def test_digests_are_equal_for_equal_values_only() -> None:
    word = "".join(["a", "b"])
    values = [1, 1.0, True, "1", b"1", [1], (1,), {"a": 1}, {"a": 2}, None, [[1]], word]
    digests = [digest(value) for value in values]

    assert len({*digests}) == len(values)
    assert digest([word, word]) == digest(["ab", "".join(["a", "b"])])
    assert digest(lambda: 1) is None
    loop: list[object] = []
    loop.append(loop)
    assert digest(loop) is None


def test_the_size_of_a_value_is_known_where_it_tells() -> None:
    import pandas as pd

    small = size_of({"a": [1, "x", None], "b": (2.0, {3}), "c": pd.DataFrame({"x": [1.5, 2.5]})})

    assert small is not None
    assert 500 < small < 2_000
    assert size_of([0] * 1_000_000) is None
    assert size_of("x" * 10_000_000) is None
    assert size_of(object()) is None
