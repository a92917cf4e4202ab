"""The steps of a pipeline find workers ready, of every language."""

from __future__ import annotations

import pytest
from programs import steps

from codeexec_magics import CodeExecutor, Pipeline, PipelineRunner
from codeexec_magics.leases.client import SupervisorClient
from codeexec_magics.supervision.recipe import Recipe


@pytest.mark.parametrize(("standbys", "most"), [(0, 0), (2, 8), (12, 12)])
def test_steps_that_follow_each_other_find_workers_ready(
    executor: CodeExecutor, monkeypatch: pytest.MonkeyPatch, standbys: int, most: int
) -> None:
    seen: set[int] = set()
    run = executor.run

    def watched(program: object, options: object, *more: object, **others: object) -> object:
        seen.add(options.standbys)  # type: ignore[attr-defined]
        options = type(options)(standbys=0)
        return run(program, options, *more, **others)  # type: ignore[arg-type]

    monkeypatch.setattr(executor, "run", watched)
    found = steps(
        *({"id": f"s{n}", "code": "1"} for n in range(9)), defaults={"standbys": standbys}
    )
    assert PipelineRunner(executor).run(Pipeline.parse(found)).success
    assert seen == {most}


def test_a_language_that_comes_later_gets_ready_while_others_run(
    executor: CodeExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, bool]] = []
    ask = SupervisorClient.ask_ahead

    def told(self: SupervisorClient, recipe: Recipe, *, idle: bool) -> None:
        asked.append((recipe.argv[0].rpartition("/")[2], idle))
        ask(self, recipe, idle=idle)

    monkeypatch.setattr(SupervisorClient, "ask_ahead", told)
    first = {"id": "a", "language": "bash", "code": "echo $RATE >&3", "env": {"RATE": "2"}}
    second = {"id": "b", "language": "js", "code": "a + 1", "inputs": ["a"]}
    third = {"id": "c", "language": "js", "code": "b + 1", "inputs": ["b"]}
    found = steps(first, second, third, defaults={"standbys": 0})
    result = PipelineRunner(executor).run(Pipeline.parse(found))

    assert result.outputs == {"c": 4}
    assert asked[0] == ("node", True)


def test_what_is_missing_is_told_by_its_step_and_not_before(executor: CodeExecutor) -> None:
    second = {"id": "b", "code": "a", "interpreter": "no-such-python"}
    first = {"id": "a", "language": "bash", "code": "echo 1 >&3"}
    found = steps(first, second, defaults={"standbys": 0})
    result = PipelineRunner(executor).run(Pipeline.parse(found))

    assert result.failed_step == "b"
    assert result.steps["a"].value == 1
    assert "no-such-python" in str(result.error)
