"""Every outcome has a card that says what happened, and says it the same way each time."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest
from display_samples import EVERY_OUTCOME, PYTHON_ERROR, done, failed, pieces, read, seen

from codeexec_magics.display import (
    METADATA_KEY,
    metadata,
    mime_bundle,
    running_card,
    terminal_text,
    traceback_lines,
    without_chip,
)
from codeexec_magics.values.results import ExecutionResult, Outcome, Receipt

FIRST_LINES = {
    "succeeded": "done · python · float",
    "failed": "failed · python",
    "javascript": "failed · javascript",
    "timed out": "timed out · python · limit 5 s; no process left",
    "timed out, place unknown": "timed out · python · limit 500 ms; no process left",
    "interrupted": "interrupted · python · no process left",
    "killed": "killed by SIGSEGV · python · the program ended without a result",
    "exited": "exited with code 3 · python · the program ended without a result",
    "broken": "crashed · python · the program ended without a result",
    "memory": "out of memory · python · no process left",
    "unavailable": "failed · python",
}
VOLATILE = {"execution_time": 1.25, "cpu_time": 0.061, "peak_memory": 47 << 20}


@pytest.mark.parametrize("name", EVERY_OUTCOME)
def test_the_first_line_says_how_it_ended(name: str) -> None:
    bundle = mime_bundle(EVERY_OUTCOME[name])

    assert bundle["text/plain"].split("\n")[0] == FIRST_LINES[name]
    assert pieces(seen(bundle["text/html"]))[: len(pieces(FIRST_LINES[name]))] == pieces(
        FIRST_LINES[name]
    )


@pytest.mark.parametrize("name", EVERY_OUTCOME)
def test_text_has_the_same_words_in_the_same_order_as_html(name: str) -> None:
    bundle = mime_bundle(EVERY_OUTCOME[name], chip=True)

    assert pieces(seen(bundle["text/html"])) == pieces(bundle["text/plain"])


@pytest.mark.parametrize("name", EVERY_OUTCOME)
def test_nothing_that_differs_from_run_to_run_is_shown(name: str) -> None:
    result = EVERY_OUTCOME[name]
    other = replace(result, receipt=Receipt(reaped=9, forced=7, containment="x"), **VOLATILE)

    assert mime_bundle(other) == mime_bundle(result)
    assert metadata(other) != metadata(result)


@pytest.mark.parametrize("name", EVERY_OUTCOME)
def test_the_chip_comes_on_request_and_can_be_taken_out(name: str) -> None:
    result = replace(EVERY_OUTCOME[name], **VOLATILE)
    with_chip = mime_bundle(result, chip=True)

    for form, text in mime_bundle(result).items():
        assert "1.25 s · cpu 61 ms · peak 47 MiB" in with_chip[form]
        assert without_chip(with_chip[form]) == text


def test_taking_the_chip_out_leaves_the_users_words_alone() -> None:
    words = "it took  (3 apples)\nf  (2 s\n<small>1 s</small>"

    assert without_chip(words) == words


def test_processes_that_were_ended_are_counted_in_the_chip_alone() -> None:
    result = EVERY_OUTCOME["timed out"]

    assert "2 processes ended" in mime_bundle(result, chip=True)["text/plain"]
    assert "2 processes" not in mime_bundle(result)["text/plain"]


def test_a_broken_promise_is_told_at_once() -> None:
    result = ExecutionResult(Outcome.INTERRUPTED, receipt=Receipt(left=1))

    text = mime_bundle(result)["text/plain"]
    assert "1 process could not be ended" in text
    assert "no process left" not in text


def test_without_a_limit_none_is_told() -> None:
    text = mime_bundle(ExecutionResult(Outcome.TIMED_OUT))["text/plain"]

    assert "limit" not in text


def test_where_a_program_was_stopped_is_shown_or_said_to_be_unknown() -> None:
    known = mime_bundle(EVERY_OUTCOME["interrupted"])["text/plain"]
    unknown = mime_bundle(EVERY_OUTCOME["timed out, place unknown"])["text/plain"]

    assert "stopped at this cell, line 10, in transform" in known
    assert "KeyboardInterrupt" not in known
    assert "not known" in unknown


def test_a_crash_tells_its_reason_unless_the_header_has() -> None:
    assert "WorkerCrashed" not in mime_bundle(EVERY_OUTCOME["killed"])["text/plain"]
    assert "the channel was closed" in mime_bundle(EVERY_OUTCOME["broken"])["text/plain"]


def test_the_last_words_of_a_crashed_process_are_unfolded() -> None:
    page = mime_bundle(EVERY_OUTCOME["killed"])["text/html"]
    folded = mime_bundle(EVERY_OUTCOME["failed"])["text/html"]

    assert "<details open><summary><b>stderr</b> 1 line" in page
    assert "<details><summary><b>stderr</b> 1 line" in folded


def test_the_target_and_the_type_of_a_value_are_in_the_header() -> None:
    assert mime_bundle(done(1.5), target="out")["text/plain"].startswith(
        "done · python · → out float\n"
    )
    assert mime_bundle(done(None))["text/plain"] == "done · python · no value"
    assert mime_bundle(done(None), target="out")["text/plain"] == (
        "done · python · → out None · no value"
    )
    assert (
        "out" not in mime_bundle(EVERY_OUTCOME["failed"], target="out")["text/plain"].split("\n")[0]
    )


def test_streams_and_displays_are_left_out_where_they_were_shown_live() -> None:
    result = done(1, stdout="printed", displays=({"text/plain": "displayed"},))

    assert "printed" in mime_bundle(result)["text/plain"]
    assert "displayed" in mime_bundle(result)["text/plain"]
    assert mime_bundle(result, streams=False) == mime_bundle(done(1))


def test_a_display_that_is_no_bundle_is_passed_over() -> None:
    broken = replace(done(1), displays=(None, {"text/plain": object()}, {"text/html": 5}))  # type: ignore[arg-type]

    assert mime_bundle(broken) == mime_bundle(done(1))


def test_a_result_shows_its_card_by_itself() -> None:
    result = EVERY_OUTCOME["failed"]

    assert result._repr_mimebundle_() == mime_bundle(result)


def test_the_metadata_is_json_with_all_figures_under_one_key() -> None:
    figures = metadata(replace(EVERY_OUTCOME["timed out"], **VOLATILE))

    assert list(figures) == [METADATA_KEY]
    assert figures[METADATA_KEY] == {
        "outcome": "timed_out",
        "language": "python",
        "exit_code": None,
        "execution_time": 1.25,
        "cpu_time": 0.061,
        "peak_memory": 47 << 20,
        "timeout": 5.0,
        "receipt": {"reaped": 3, "forced": 2, "left": 0, "containment": ""},
    }
    assert metadata(done(1))[METADATA_KEY]["timeout"] is None


def test_a_terminal_gets_colours_and_figures_and_else_the_same() -> None:
    result = replace(EVERY_OUTCOME["failed"], **VOLATILE)
    coloured = terminal_text(result)

    assert "\x1b[1;31mfailed\x1b[0m" in coloured
    assert terminal_text(result, colour=False) == mime_bundle(result, chip=True)["text/plain"]


def test_the_traceback_of_a_failure_begins_with_its_headline() -> None:
    lines = traceback_lines(EVERY_OUTCOME["failed"])

    assert lines[0] == f"ValueError: {PYTHON_ERROR.message}"
    assert "Caused by" in lines
    assert not any("loaded" in line or "careful" in line for line in lines)
    assert any("\x1b[" in line for line in traceback_lines(EVERY_OUTCOME["failed"], True))


def test_the_traceback_of_an_ending_from_outside_begins_with_the_state() -> None:
    assert traceback_lines(EVERY_OUTCOME["interrupted"])[:2] == [
        FIRST_LINES["interrupted"],
        "stopped at this cell, line 10, in transform",
    ]
    assert traceback_lines(EVERY_OUTCOME["exited"]) == [FIRST_LINES["exited"]]
    assert traceback_lines(done(1)) == []


def test_the_running_card_shows_figures_progress_and_output() -> None:
    bundle = running_card(
        "javascript",
        seconds=12.4,
        memory=213 << 20,
        processes=3,
        progress=(30, 120, "pages <b>"),
        last_output="epoch 1\n",
    )

    assert bundle["text/plain"] == (
        "running · javascript  (12.4 s · 213 MiB · 3 processes)\n"
        "30 of 120 pages <b> · 25% · about 37 s left\nstdout 1 line\n  epoch 1"
    )
    assert "progress" in read(bundle["text/html"]).tags
    assert pieces(seen(bundle["text/html"])) == pieces(bundle["text/plain"])
    assert running_card("python")["text/plain"] == "running · python"


def test_progress_without_a_known_end_has_no_share() -> None:
    page = running_card("python", progress=(7, None, ""))["text/html"]

    assert "<progress></progress> 7" in page


@pytest.mark.parametrize("name", EVERY_OUTCOME)
def test_every_card_is_one_balanced_element_that_mathjax_ignores(name: str) -> None:
    page = mime_bundle(EVERY_OUTCOME[name], chip=True)["text/html"]

    read(page)
    assert page.startswith('<div class="cx1 cx1-')
    assert " mathjax_ignore " in page.partition(">")[0]
    assert page.endswith("</div>")
    assert page.count("<style>") == 1


def test_another_process_with_another_hash_seed_draws_the_same_bytes() -> None:
    """Sets, dictionaries of sets and token classes must not depend on hashing."""
    program = (
        "import display_samples as s, hashlib;"
        "from codeexec_magics.display import mime_bundle as m;"
        "r=[*s.EVERY_OUTCOME.values(), s.done({'b','a',3,2.5,None,(1,'x')}),"
        "s.done({'k':{frozenset({'q','p'})}}), s.done([{'t': {'x','y'}}]*30)];"
        "print(hashlib.sha256(repr([m(x) for x in r]).encode()).hexdigest())"
    )
    here = os.path.dirname(__file__)
    answers = set()
    for seed in ("1", "2"):
        environment = {
            **os.environ,
            "PYTHONHASHSEED": seed,
            "PYTHONPATH": os.pathsep.join([os.path.dirname(os.path.dirname(here)), here]),
        }
        done_process = subprocess.run(
            [sys.executable, "-c", program],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        answers.add(done_process.stdout)

    assert len(answers) == 1
    assert len(answers.pop()) > 60


def test_cards_stay_small() -> None:
    records = [
        {"name": "Ada", "country": "Norway", "population": 1204, "growth": 0.031},
        {"name": "Bo", "country": None, "population": 98301, "growth": -0.002},
        {"name": "Céline <b>", "country": "France", "population": 67120, "growth": None},
    ] * 401
    error = failed(PYTHON_ERROR, stdout="".join(f"row {row} checked\n" for row in range(3000)))

    def size(result: ExecutionResult) -> int:
        return len(mime_bundle(result, target="out", chip=True)["text/html"].encode())

    assert size(done(1048576.25)) < 3_000
    assert size(done(records, stdout="loaded\n")) < 6_000
    assert size(error) < 9_000
