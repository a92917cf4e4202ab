"""What a program displays is bounded: neither memory nor the front end is filled."""

from __future__ import annotations

from typing import Any

import pytest

from codeexec_magics import CodeExecutor, MapPlan
from codeexec_magics.engine.displays import Displays
from codeexec_magics.engine.observer import Observer
from codeexec_magics.values.options import ExecutionOptions, Program

PROGRAMS = {
    "python": "for number in range(1200):\n    display(number)\n1",
    "javascript": "for (let i = 0; i < 1200; i++) display(i);\n1",
}


@pytest.mark.parametrize("language", PROGRAMS)
def test_more_displays_than_anybody_can_look_at(executor: CodeExecutor, language: str) -> None:
    result = executor.execute(PROGRAMS[language], language)

    assert result.output == 1
    assert len(result.displays) == 1001
    assert result.displays[999]["text/plain"] == "999"
    assert result.displays[1000]["text/plain"].startswith("… further displays are left out")


def test_displays_that_are_too_large_together(executor: CodeExecutor) -> None:
    program = "class Page:\n    def _repr_html_(self): return 'x' * 9_000_000\n"
    program += "for _ in range(20):\n    display(Page())\n1"
    result = executor.execute_python(program)

    assert result.output == 1
    assert len(result.displays) == 8
    assert "text/html" not in result.displays[7]


def test_what_is_shown_is_what_is_kept() -> None:
    shown: list[tuple[dict[str, Any], dict[str, Any]]] = []
    displays = Displays(lambda bundle, metadata: shown.append((bundle, metadata)))
    for number in range(1003):
        displays.take({"application/json": [number]}, {"number": number})

    assert [bundle for bundle, _ in shown] == displays.kept
    assert shown[0] == ({"application/json": [0]}, {"number": 0})
    assert len(shown) == 1001


def test_the_displays_of_all_workers_of_a_map_are_bounded_together(executor: CodeExecutor) -> None:
    program = Program("def transform(x):\n    display(x)\n    return x")
    shown: list[dict[str, Any]] = []
    observer = Observer(display=lambda bundle, metadata: shown.append(bundle))

    result = executor.map(
        program,
        ExecutionOptions(standbys=0),
        range(1400),
        observer=observer,
        plan=MapPlan(workers=2),
    )

    assert result.output == list(range(1400))
    assert list(result.displays) == shown
    assert len(shown) == 1001
    assert shown[1000]["text/plain"].startswith("… further displays are left out")


@pytest.mark.parametrize("metadata", ["[1]", "'abc'", "5", "[['a', 1], ['b']]"])
def test_metadata_of_a_wrong_type_is_none(executor: CodeExecutor, metadata: str) -> None:
    result = executor.execute_python(f"display(1, metadata={metadata})\n2")

    assert result.output == 2, result.error
    assert len(result.displays) == 1


def test_threads_of_a_program_may_display_at_once(executor: CodeExecutor) -> None:
    result = executor.execute_python("""
import threading

class Large:
    def _repr_html_(self):
        return "x" * 300_000

def work():
    for _ in range(10):
        display(Large())

threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
6
""")

    assert result.output == 6, result.error
    assert [len(bundle["text/html"]) for bundle in result.displays] == [300_000] * 40
