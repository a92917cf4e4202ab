"""Pictures and changing displays of Python cells in a real kernel: each once, and in its place."""

from __future__ import annotations

from .conftest import Kernel, Reply

PLOT = "import matplotlib.pyplot as plt\nfig, ax = plt.subplots(figsize=(2, 1))\nax.plot([1, 2])\n"


def pictures(reply: Reply) -> int:
    data = [content["data"] for content in reply.of("display_data")]
    drawn = sum("image/png" in bundle and len(bundle) == 2 for bundle in data)
    return drawn + sum("data:image/png" in bundle.get("text/html", "") for bundle in data)


def test_each_figure_is_shown_once(kernel: Kernel) -> None:
    assert kernel.run("%matplotlib inline\nimport matplotlib.pyplot").status == "ok"
    for ending, card in (
        ("plt.show()", "done · python · no value"),
        ("fig", "done · python · Figure · stays in its process"),
        ("5", "done · python · int\n5"),
    ):
        reply = kernel.run(f"%%transform\n{PLOT}{ending}", person=False)
        assert (pictures(reply), reply.cards) == (1, [card])
    kept = kernel.run(f"%%transform -o fig\n{PLOT}fig")
    assert pictures(kept) == 1
    assert (
        kernel.run("type(fig).__name__, matplotlib.pyplot.get_fignums()").of("execute_result")[0][
            "data"
        ]["text/plain"]
        == "('Figure', [])"
    )


def test_displays_change_and_the_output_is_cleared(kernel: Kernel) -> None:
    reply = kernel.run(
        "%%transform\nfrom IPython.display import clear_output\n"
        "h = display('one', display_id=True)\nh.update('two')\nclear_output(wait=True)\ndisplay(3)"
    )
    kinds = [kind for kind, _ in reply.messages if "display" in kind or "clear" in kind]
    assert kinds == [
        *("display_data", "update_display_data", "clear_output", "display_data", "display_data")
    ]
    shown, changed = (reply.of(kind)[0] for kind in ("display_data", "update_display_data"))
    assert shown["transient"]["display_id"] == changed["transient"]["display_id"]
    assert changed["data"]["text/plain"] == "'two'"


def test_a_bar_in_its_line_is_not_torn_apart(kernel: Kernel) -> None:
    """The live line waits until the line is ended."""
    assert kernel.run("%transform_config live_after=0.5").status == "ok"
    reply = kernel.run(
        "%%transform\nimport sys, time\n"
        "for n in range(4):\n    sys.stderr.write(f'\\r{n}')\n    time.sleep(0.4)\n"
        "sys.stderr.write('\\n')"
    )
    kinds = [kind for kind, _ in reply.messages if kind in ("stream", "display_data")]
    assert kinds.index("display_data") > max(n for n, kind in enumerate(kinds) if kind == "stream")
    assert reply.stream("stderr") == "\r0\r1\r2\r3\n"


def test_a_line_that_is_assigned_gets_what_it_asks_for(kernel: Kernel) -> None:
    made = kernel.run("from pathlib import Path\nPath('f.py').write_text('lambda: 1')")
    assert made.status == "ok"
    assert "stays in its process" in kernel.run("%transform -f f.py").cards[0]
    assert kernel.run("x = %transform -f f.py").status == "error"


def test_functions_of_the_notebook_go_in(kernel: Kernel) -> None:
    define = (
        "import dataclasses\n@dataclasses.dataclass\nclass P:\n    x: int\ndef f(p): return p.x"
    )
    assert kernel.run(f"{define}\np = P(20)").status == "ok"
    assert kernel.run("%%transform -i f,p,P -o q\nP(f(p) + 1)").status == "ok"
    assert kernel.run("q == P(21)").of("execute_result")[0]["data"]["text/plain"] == "True"
