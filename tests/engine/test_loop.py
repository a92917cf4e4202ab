"""The loop, with the other ends of its workers' sockets in the hands of the test."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from far_ends import FarEnd, Supervisor, hire

from codeexec_magics.engine import worker as worker_module
from codeexec_magics.engine.loop import Loop
from codeexec_magics.engine.observer import Observer
from codeexec_magics.engine.outcome import Facts, compose
from codeexec_magics.engine.timers import Alarm, Pulse
from codeexec_magics.engine.worker import Worker
from codeexec_magics.errors import ProtocolError, SupervisorLost
from codeexec_magics.values.results import Outcome
from codeexec_magics.values.traces import Trace

VALUE = {"codec": "tree", "inline": 42}


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    own = Supervisor()
    yield own
    own.close()


@pytest.fixture
def loop(supervisor: Supervisor) -> Loop:
    return Loop(supervisor, lambda _: "")  # type: ignore[arg-type]


def begun(
    supervisor: Supervisor, loop: Loop, observer: Observer | None = None, **options: Any
) -> tuple[Worker, FarEnd]:
    """A worker whose program has begun."""
    worker = hire(supervisor, loop, observer or Observer(), **options)
    end = supervisor.ends[-1]
    end.ready()
    loop.turn()
    end.take_request()
    return worker, end


def turn_until(loop: Loop, condition: Callable[[], object]) -> None:
    """Turn the loop until a condition holds; something must happen meanwhile."""
    deadline = time.monotonic() + 10
    wake = Pulse(lambda: None, 0, 0.01)
    loop.timers.append(wake)
    while not condition():
        assert time.monotonic() < deadline
        loop.turn()
    loop.timers.remove(wake)


def test_a_run_from_its_lease_to_its_value(supervisor: Supervisor, loop: Loop) -> None:
    with loop:
        worker, end = begun(supervisor, loop)
        assert (end.request["type"], end.request["source"]) == ("run", "6 * 7")
        assert end.asked() == "arm"

        end.says("result", value=VALUE)
        loop.turn()
        assert end.asked() == "release"
        assert loop.under_way

        end.exits(reaped=3, cpu_time=0.5)
        loop.turn()

        assert not loop.under_way
    facts = worker.facts()
    assert (facts.value, facts.has_value, facts.started) == (42, True, True)
    assert facts.exit is not None
    assert (facts.exit.reaped, facts.exit.cpu_time) == (3, 0.5)
    assert compose(facts).output == 42


def test_workers_end_in_any_order(supervisor: Supervisor, loop: Loop) -> None:
    with loop:
        pairs = [begun(supervisor, loop) for _ in range(5)]
        for place, (_, end) in enumerate(pairs):
            end.says("result", value={"codec": "tree", "inline": place})
        for place in (3, 0, 4, 1, 2):
            pairs[place][1].exits()
            turn_until(loop, lambda place=place: pairs[place][0] not in loop.workers)

    assert [worker.facts().value for worker, _ in pairs] == [0, 1, 2, 3, 4]


def test_an_interrupt_reaches_every_worker(supervisor: Supervisor, loop: Loop) -> None:
    with loop:
        ends = [begun(supervisor, loop, timeout=float("inf"))[1] for _ in range(3)]
        for count in (1, 2):
            loop.interrupt()
            loop.turn()
            assert [end.asked() for end in ends] == ["interrupt"] * 3
            assert loop.shield.count == count
        assert loop.interrupted
        for end in ends:
            end.exits(cause="killed", status=-9)


def test_a_worker_that_is_not_ready_in_time_is_ended(supervisor: Supervisor, loop: Loop) -> None:
    with loop:
        worker = hire(supervisor, loop, Observer(), startup_timeout=0.01)
        turn_until(loop, lambda: worker.refusal)
        assert supervisor.ends[0].asked() == "release"
        supervisor.ends[0].exits(cause="released", status=-9)
        loop.turn()

    result = compose(worker.facts())
    assert result.error == "ProtocolError: the worker was not ready within 0.01 s"


@pytest.mark.parametrize("why", ["interrupt", "release", "deadline"])
def test_who_does_not_answer_is_lost(
    supervisor: Supervisor, loop: Loop, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    monkeypatch.setattr(worker_module, "_ANSWER", 0.01)
    monkeypatch.setattr(worker_module, "_ANSWER_TO_INTERRUPT", 0.01)

    def wait() -> None:
        with loop:
            timeout = 0.01 if why == "deadline" else float("inf")
            worker, _ = begun(supervisor, loop, grace=0.01, timeout=timeout)
            if why == "interrupt":
                loop.interrupt()
            elif why == "release":
                worker.release()
            while loop.workers:
                loop.turn()

    with pytest.raises(SupervisorLost, match="do not answer"):
        wait()
    assert (supervisor.swept, supervisor.losses) == (["0" * 16], 1)


def test_who_vanishes_is_lost(supervisor: Supervisor, loop: Loop) -> None:
    def wait() -> None:
        with loop:
            ends = [begun(supervisor, loop)[1] for _ in range(2)]
            ends[0].vanishes()
            ends[1].exits()
            while loop.workers:
                loop.turn()

    with pytest.raises(SupervisorLost, match="were killed"):
        wait()
    assert supervisor.swept == ["0" * 16]  # one session, however many workers


@pytest.mark.parametrize(
    "text", [b"\0\0\0\5hello", b"\0\0\0\0", b"\xff\xff\xff\xff", b"\0\0\0\x0e" + b'{"type":"ab"} ']
)
def test_a_program_that_scribbles_is_ended(supervisor: Supervisor, loop: Loop, text: bytes) -> None:
    with loop:
        worker, end = begun(supervisor, loop)
        assert end.asked() == "arm"
        end.scribbles(text)
        loop.turn()
        assert end.asked() == "release"
        end.says("result", value=VALUE)  # too late to be believed
        end.exits(status=-9)
        turn_until(loop, lambda: not loop.workers)

    assert isinstance(worker.refusal, ProtocolError)
    assert compose(worker.facts()).outcome is Outcome.CRASHED


def test_what_was_printed_before_a_display_is_told_before_it(
    supervisor: Supervisor, loop: Loop
) -> None:
    told: list[str] = []
    observer = Observer(
        output=lambda _, text: told.append(text),
        display=lambda bundle, _: told.append(bundle["text/plain"]),
        progress=lambda done, *_: told.append(str(done)),
    )
    with loop:
        _, end = begun(supervisor, loop, observer)
        end.prints("one ")
        end.says("display", bundle={"text/plain": "two"}, metadata={})
        turn_until(loop, lambda: "two" in told)
        end.prints("three ")
        end.says("progress", done=4, total=None, text="")
        turn_until(loop, lambda: "4" in told)
        end.prints("five")
        end.exits()

    assert told == ["one ", "two", "three ", "4", "five"]


def test_output_is_told_soon_without_its_line_s_end(supervisor: Supervisor, loop: Loop) -> None:
    told: list[str] = []
    with loop:
        _, end = begun(supervisor, loop, Observer(output=lambda _, text: told.append(text)))
        for part in "abc":
            end.prints(part)
            loop.turn()
        while not told:
            loop.turn()
        end.exits()

    assert told == ["abc"]


def test_several_timers_beat_while_a_run_is_under_way(supervisor: Supervisor) -> None:
    """For example a line of figures, and the question whether the run is still wanted."""
    beats: list[str] = []
    wanted = Pulse(lambda: beats.append("wanted?"), 0, 0.005)
    figures = Pulse(lambda: beats.append("figures"), 0, 0.02)
    loop = Loop(supervisor, lambda _: "", [wanted, figures])  # type: ignore[arg-type]
    with loop:
        _, end = begun(supervisor, loop)
        while beats.count("figures") < 3:
            loop.turn()
        end.exits()

    assert beats.count("wanted?") > beats.count("figures")


def test_a_timer_may_end_the_run(supervisor: Supervisor) -> None:
    """What asks whether a run is still wanted interrupts it, once, when it is not."""
    loop: Loop
    alarm = Alarm(lambda: loop.interrupt(), 0.01)
    loop = Loop(supervisor, lambda _: "", [alarm])  # type: ignore[arg-type]
    with loop:
        _, end = begun(supervisor, loop)
        assert end.asked() == "arm"
        alarm.set()
        turn_until(loop, lambda: loop.interrupted)
        assert end.asked() == "interrupt"
        end.exits(cause="interrupt", status=-2)

    assert (loop.shield.count, alarm.is_set) == (1, False)


def test_who_hears_may_throw_and_all_is_given_back(supervisor: Supervisor, loop: Loop) -> None:
    def throw(*_: Any) -> None:
        raise ZeroDivisionError

    before = len(os.listdir("/proc/self/fd"))

    def run() -> None:
        with loop:
            for _ in range(3):
                begun(supervisor, loop, Observer(output=throw))
            for end in supervisor.ends:
                end.prints("x")
                end.exits()
            while loop.workers:
                loop.turn()

    with pytest.raises(ZeroDivisionError):
        run()
    assert loop.workers == []
    supervisor.close()
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_value_that_came_with_the_end_counts(supervisor: Supervisor, loop: Loop) -> None:
    with loop:
        worker, end = begun(supervisor, loop)
        end.says("result", value=VALUE)
        end.exits()
        loop.turn()

    assert worker.facts().value == 42


def test_where_the_code_was_is_kept(supervisor: Supervisor, loop: Loop) -> None:
    with loop:
        worker, end = begun(supervisor, loop, timeout=5)
        end.says("stopped", trace={"type": "KeyboardInterrupt", "message": "", "frames": []})
        end.exits(cause="deadline", status=-9)
        loop.turn()

    facts = worker.facts()
    assert isinstance(facts, Facts)
    assert isinstance(facts.stopped, Trace)
    assert compose(facts).outcome is Outcome.TIMED_OUT
