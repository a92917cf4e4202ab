"""The magics in real kernels, as front ends and Run All see them."""

from __future__ import annotations

import re

import pytest

from .conftest import Kernel


def test_a_person_sees_the_card_with_figures_and_a_failure_once(kernel: Kernel) -> None:
    done = kernel.run("%%transform -o out\nprint('live')\n[1, 2]")
    assert done.status == "ok"
    assert done.stream() == "live\n"
    assert len(done.cards) == 1
    assert "→ out list" in done.cards[0]
    assert "live" not in done.cards[0]
    assert " ms" in done.cards[0] or " s" in done.cards[0]

    failed = kernel.run("\n%%transform js\n\nthrow new TypeError('Test')")
    assert (failed.status, failed.ename) == ("error", "ProgramFailed")
    assert failed.evalue == "TypeError: Test"
    assert len(failed.cards) == 1
    assert "line 4" in failed.cards[0]
    assert [error["traceback"] for error in failed.of("error")] == [[]]


def test_a_person_s_notebook_stays_the_same_where_figures_are_off(kernel: Kernel) -> None:
    kernel.run("%transform_config figures=off")
    cell = "%%transform\n[1, 2]"
    first, second = kernel.run(cell), kernel.run(cell)

    (card,) = first.of("display_data")
    assert card["data"]["text/plain"] == "done · python · list\n[1, 2]"
    assert card["metadata"] == {}
    assert first.shown == second.shown


def test_a_recorder_gets_the_same_every_time_and_the_whole_text_of_a_failure(
    kernel: Kernel,
) -> None:
    cells = ["%%transform -o out\nprint('live')\n[1, 2]", "%%transform\nraise ValueError(object())"]
    first = [kernel.run(cell, person=False) for cell in cells]
    second = [kernel.run(cell, person=False) for cell in cells]

    assert [reply.shown for reply in first] == [reply.shown for reply in second]
    assert [len(reply.shown) for reply in first] == [2, 2]
    error = first[1].of("error")[0]
    assert (error["ename"], error["evalue"]) == (
        "ProgramFailed",
        "ValueError: <object object at 0x…>",
    )
    assert any("line 2" in line for line in error["traceback"])
    assert "codeexec_magics" not in "".join(error["traceback"])


def test_run_all_stops_at_a_failure_and_at_wrong_usage(kernel: Kernel) -> None:
    for cell in ("%%transform\n1/0", "%%transform -i missing\n1", "%%transform --tmeout 5\n1"):
        # What comes after a failure is not aborted: both must be there when the first one begins.
        held = kernel.start("import time\ntime.sleep(0.5)")
        failing, next_one = kernel.start(cell), kernel.start("reached = True")
        assert kernel.finish(held).status == "ok"
        assert kernel.finish(failing).status == "error"
        assert kernel.finish(next_one).status == "aborted"

    going_on, next_one = kernel.start("%%transform --no-raise-error\n1/0"), kernel.start("5")
    assert kernel.finish(going_on).status == "ok"
    assert kernel.finish(next_one).status == "ok"


def test_an_interrupt_stops_run_all_and_keeps_what_was_printed(kernel: Kernel) -> None:
    kernel.run("out = 1")
    running = kernel.start(
        "%%transform -o out --result r --no-raise-error\n"
        "print('part', flush=True)\nimport time\nwhile True: time.sleep(1)"
    )
    next_one = kernel.start("reached = True")
    assert kernel.wait_for("stream")["text"] == "part\n"
    kernel.manager.interrupt_kernel()

    stopped = kernel.finish(running)
    assert (stopped.status, stopped.ename) == ("error", "KeyboardInterrupt")
    assert len(stopped.cards) == 1
    assert kernel.finish(next_one).status == "aborted"
    after = kernel.run("(out, 'reached' in globals(), r.outcome.value, r.stdout)")
    assert after.of("execute_result")[0]["data"]["text/plain"] == (
        "(1, False, 'interrupted', 'part\\n')"
    )


def interrupt_in_the_last_lines(kernel: Kernel) -> None:
    """Have the next cell but this one interrupted when ipykernel has all but done with it."""
    kernel.run("""
        import os, signal
        hook = get_ipython().kernel.post_handler_hook
        passed = []

        def interrupted_late():
            passed.append(1)
            if len(passed) == 2:
                os.kill(os.getpid(), signal.SIGINT)
            hook()

        get_ipython().kernel.post_handler_hook = interrupted_late
    """)


def test_a_second_interrupt_at_the_end_of_the_cell_ends_no_kernel(kernel: Kernel) -> None:
    interrupt_in_the_last_lines(kernel)
    running = kernel.start("%%transform\nprint('part', flush=True)\nimport time\ntime.sleep(60)")
    kernel.wait_for("stream")
    kernel.manager.interrupt_kernel()

    assert kernel.finish(running).ename == "KeyboardInterrupt"
    assert kernel.run("len(passed)").status == "ok"


@pytest.mark.parametrize("cell", ["\n%%transform\n\n6 * 7\n", "%transform times -i n"])
def test_an_interrupt_after_the_end_of_the_program_ends_no_kernel(
    kernel: Kernel, cell: str
) -> None:
    kernel.run("n = 6\nget_ipython().run_cell_magic('transform', '-n times -i n', 'n * 7')")
    interrupt_in_the_last_lines(kernel)

    assert kernel.run(cell).status == "ok"
    assert kernel.run("len(passed)").of("execute_result")[0]["data"]["text/plain"] == "2"


@pytest.mark.parametrize("flags", ["-o out", "-q -o out"])
def test_an_interrupt_after_the_end_of_the_program_takes_no_value_away(
    kernel: Kernel, flags: str
) -> None:
    """It comes when the run has ended, before its value is stored, shown and replied."""
    kernel.run("""
        import os, signal
        from codeexec_magics import execution

        compose = execution.compose

        def interrupted(facts):
            os.kill(os.getpid(), signal.SIGINT)
            return compose(facts)

        execution.compose = interrupted
    """)
    assert kernel.run(f"%%transform {flags}\n6 * 7").status == "ok"
    assert kernel.run("out").of("execute_result")[0]["data"]["text/plain"] == "42"


def test_an_interrupt_between_the_programs_of_a_loop_stops_the_loop(kernel: Kernel) -> None:
    running = kernel.start("""
        import os, signal, time
        fuse = time.monotonic() + 60
        while time.monotonic() < fuse:
            get_ipython().run_cell_magic("transform", "-q", "6 * 7")
            os.kill(os.getpid(), signal.SIGINT)
    """)

    assert kernel.finish(running).ename == "KeyboardInterrupt"


def test_a_loop_that_goes_on_after_an_interrupt_can_be_interrupted_again(kernel: Kernel) -> None:
    running = kernel.start("""
        import os, signal, time
        stop = lambda: os.kill(os.getpid(), signal.SIGINT)
        program = "print('part', flush=True)\\nimport time\\ntime.sleep(60)"
        try:
            get_ipython().run_cell_magic("transform", "", program)
        except KeyboardInterrupt:
            stop()
        print("an echo", flush=True)
        fuse = time.monotonic() + 60
        while time.monotonic() < fuse:
            stop()
    """)
    kernel.wait_for("stream")
    kernel.manager.interrupt_kernel()

    reply = kernel.finish(running)

    assert "an echo" in reply.stream()
    assert reply.ename == "KeyboardInterrupt"


def test_an_interrupted_named_transform_stops_the_loop_that_calls_it(kernel: Kernel) -> None:
    kernel.run("%%transform -n slow\nprint('in', flush=True)\nimport time; time.sleep(600)")
    running = kernel.start("for _ in range(5):\n  try: slow()\n  except Exception: pass")
    kernel.wait_for("stream")
    kernel.manager.interrupt_kernel()

    assert kernel.finish(running).ename == "KeyboardInterrupt"


def test_output_without_end_neither_floods_the_front_end_nor_outlives_an_interrupt(
    kernel: Kernel,
) -> None:
    kernel.run("%transform_config shown_output=5000")
    running = kernel.start("%%transform\nwhile True: print('x' * 1000)")
    kernel.wait_for("stream")
    kernel.manager.interrupt_kernel()

    stopped = kernel.finish(running)
    assert stopped.ename == "KeyboardInterrupt"
    assert len(stopped.stream()) < 10_000
    assert len(stopped.messages) < 50


def test_displays_come_between_what_is_printed(kernel: Kernel) -> None:
    done = kernel.run("%%transform\nprint('a', flush=True)\ndisplay('B')\nprint('c')")

    plain = [
        content.get("text") or content.get("data", {}).get("text/plain", "")
        for kind, content in done.messages
        if kind in ("stream", "display_data")
    ]
    assert plain[:3] == ["a\n", "'B'", "c\n"]


@pytest.mark.parametrize("person", [True, False])
def test_progress_leaves_an_empty_slot(kernel: Kernel, person: bool) -> None:
    done = kernel.run("%%transform\nprogress(1, 3, 'step')\n5", person=person)

    assert done.of("display_data")[0]["data"] == {}
    updates = [content["data"] for content in done.of("update_display_data")]
    assert "1 of 3 step" in updates[0]["text/plain"]
    assert updates[-1] == {}


def test_a_person_sees_figures_while_a_cell_runs_and_keeps_nothing_of_them(kernel: Kernel) -> None:
    kernel.run("%transform_config live_after=0")
    running = kernel.start(
        "%%transform --stdout text\nprint('hidden')\nimport time; time.sleep(600)"
    )
    kernel.wait_for("display_data")
    shown = ""
    while "hidden" not in shown:
        shown = kernel.wait_for("update_display_data")["data"]["text/plain"]
    assert re.match(r"running · python  \(.* · cpu .* · \d+ MiB\)\n", shown)

    kernel.manager.interrupt_kernel()
    updates = kernel.finish(running).of("update_display_data")
    assert updates[-1]["data"] == {}
    assert updates[-1]["metadata"]["codeexec_magics"] == {"volatile": True}


def test_nobody_else_sees_figures_nor_does_a_short_cell(kernel: Kernel) -> None:
    short = kernel.run("%%transform\n5")
    kernel.run("%transform_config live_after=0")
    recorded = kernel.run("%%transform\nimport time; time.sleep(0.3)", person=False)
    quiet = kernel.run("%%transform -q\nimport time; time.sleep(0.3)")

    for reply in (short, recorded, quiet):
        assert reply.of("update_display_data") == []
    assert [len(reply.of("display_data")) for reply in (short, recorded, quiet)] == [1, 1, 0]


def test_the_kernel_s_own_completion_and_help(kernel: Kernel) -> None:
    kernel.client.complete("%%transform js --ti", 19)
    content = kernel.client.get_shell_msg(timeout=60)["content"]
    assert content["matches"] == ["--timeout"]
    assert content["cursor_start"] == 15

    shown = kernel.run("%%transform?")
    assert shown.status == "ok"


def test_the_extension_can_be_reloaded_and_unloaded(kernel: Kernel) -> None:
    assert kernel.run("%reload_ext codeexec_magics").status == "ok"
    assert kernel.run("%%transform\n1").status == "ok"
    assert kernel.run("%unload_ext codeexec_magics").status == "ok"
    assert kernel.run("%%transform\n1").status == "error"
    children = kernel.run("import os; open(f'/proc/self/task/{os.getpid()}/children').read()")
    assert children.of("execute_result")[0]["data"]["text/plain"] == "''"
