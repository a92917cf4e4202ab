"""What a Python program shows: pictures, rich values, changes of them; each of them once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import codeexec_magics
from codeexec_magics import CodeExecutor
from codeexec_magics.display import mime_bundle
from codeexec_magics.engine.displays import Change
from codeexec_magics.engine.observer import Observer
from codeexec_magics.values.options import ExecutionOptions, Program
from codeexec_magics.values.results import ExecutionResult
from codeexec_magics.values.shown import Shown

UNWANTED = ExecutionOptions(standbys=0, keep=False)
PNG, HTML, PLOTLY = "image/png", "text/html", "application/vnd.plotly.v1+json"
PLOT = "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1, 2])\n"


def show(executor: CodeExecutor, code: str, **changes: Any) -> ExecutionResult:
    result = executor.run(Program(code), UNWANTED, **changes)
    assert (result.error, result.stderr) == (None, "")
    return result


def kinds(result: ExecutionResult) -> list[set[str]]:
    return [set(bundle) - {"text/plain"} for bundle in result.displays]


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("plt.show()", None),
        ("5", 5),
        ("fig", Shown("Figure")),
        ("ax", Shown("Axes", "<Axes: >")),
        ("fig.show()\nplt.show()", None),
        ("plt.show()\nfig", Shown("Figure")),
        ("display(fig)", None),
        ("fig, ax", Shown("tuple", "(<Figure size 640x480 with 1 Axes>, <Axes: >)")),
        ("[fig]", Shown("list", "[<Figure size 640x480 with 1 Axes>]")),
    ],
)
def test_a_figure_is_shown_once(executor: CodeExecutor, code: str, value: Any) -> None:
    shown = show(executor, PLOT + code)

    assert shown.output == value
    again = 2 if code == "plt.show()\nfig" else 1  # who asks twice gets it twice, as in a notebook
    assert kinds(shown) == [{PNG}] * again


def test_figures_of_a_failing_program_are_shown(executor: CodeExecutor) -> None:
    failed = executor.run(Program(PLOT + "1 / 0"), UNWANTED)
    assert (failed.error, kinds(failed)) == ("ZeroDivisionError: division by zero", [{PNG}])


@pytest.mark.parametrize(("code", "count"), [("plt.show()", 1), ("fig", 1), ("5", 0)])
def test_with_a_backend_of_its_own(executor: CodeExecutor, code: str, count: int) -> None:
    chosen = "import matplotlib\nmatplotlib.use('agg')\n" + PLOT + code
    assert kinds(show(executor, chosen)) == [{PNG}] * count


def test_pictures_are_the_same_bytes_each_time(executor: CodeExecutor) -> None:
    code = f"{PLOT}ax.set_title('Ωß 5 %')\nplt.show()\nimport pandas as pd\n"
    code += "display(pd.DataFrame({'a': [1, 2]}).style.highlight_max())\n"
    code += "import plotly.graph_objects as go\ngo.Figure(go.Bar(y=[1, 2])).show()\n"
    code += (
        "import altair as alt\nalt.Chart(alt.Data(values=[{'a': 1}])).mark_bar().encode(x='a:Q')"
    )
    first, second = show(executor, code), show(executor, code)

    assert kinds(first) == [{PNG}, {HTML}, {HTML, PLOTLY}, {HTML}]
    assert first.displays == second.displays
    style = first.displays[1][HTML]
    name = style[style.index("T_") :][:7]
    assert f'id="{name}"' in style
    assert f"#{name}_row1_col0" in style


@pytest.mark.parametrize("chosen", ["", "from bokeh.io import output_notebook as o\no()\n"])
def test_what_bokeh_shows(executor: CodeExecutor, chosen: str) -> None:
    """In the cell's output, and in no file."""
    code = "from bokeh.plotting import figure, show\np = figure()\np.line([1, 2], [3, 4])\nshow(p)"
    files = set(Path(codeexec_magics.__file__).parent.rglob("*.html"))

    shown = show(executor, chosen + code)

    assert "application/vnd.bokehjs_exec.v0+json" in kinds(shown)[-1]
    assert set(Path(codeexec_magics.__file__).parent.rglob("*.html")) == files


def test_what_a_kept_figure_leaves_to_its_card(executor: CodeExecutor) -> None:
    """The figure travels, is not registered where it arrives, and nothing else shows it."""
    kept = executor.execute_python(PLOT + "fig")
    assert type(kept.output).__name__ == "Figure"
    assert kept.displays == ()
    from matplotlib._pylab_helpers import Gcf

    assert Gcf.get_all_fig_managers() == []


IPYTHON = """
from IPython.display import HTML, Image, Markdown, clear_output, display, update_display
display(HTML('<b>x</b>'), metadata={'a': 1})
handle = display('one', display_id=True)
handle.update('two')
update_display({'text/plain': 'three'}, display_id=handle.display_id, raw=True)
display(Markdown('*x*'), Image(b'\\x89PNG\\r\\n\\x1a\\n' + bytes(20), width=30))
"""


def test_the_display_of_ipython(executor: CodeExecutor) -> None:
    seen: list[Any] = []
    observer = Observer(display=lambda *shown: seen.append(shown), change=seen.append)
    result = show(executor, IPYTHON, observer=observer)

    assert seen[0][0][HTML] == "<b>x</b>"
    assert seen[0][1] == {"a": 1}
    new, changed, last = seen[1:4]
    assert [type(change) for change in seen[1:4]] == [Change] * 3
    assert new.name == changed.name == last.name
    assert [change.update for change in seen[1:4]] == [False, True, True]
    assert seen[5][1]["image/png"] == {"width": 30}
    assert kinds(result) == [{HTML}, set(), {"text/markdown"}, {PNG}]
    assert result.displays[1] == {"text/plain": "three"}


def test_the_builtin_display_is_no_less(executor: CodeExecutor) -> None:
    code = "h = display(1, display_id='mine')\nh.update(2)\ndisplay({'text/html': 'x'}, raw=True)\n"
    code += "h.display_id"
    result = show(executor, code)
    assert result.output == "mine"
    assert result.displays == ({"text/plain": "2"}, {HTML: "x"})


def test_output_is_cleared(executor: CodeExecutor) -> None:
    code = "from IPython.display import clear_output\nfor i in range(3):\n"
    seen: list[Any] = []
    observer = Observer(change=seen.append)
    result = show(executor, code + "    clear_output(wait=True)\n    display(i)", observer=observer)
    assert result.displays == ({"text/plain": "2"},)
    assert seen == [Change(wait=True)] * 3


@pytest.mark.parametrize(
    ("code", "type_", "text"),
    [
        ("lambda: 1", "function", "<function <lambda>>"),
        ("class C: pass\nC", "type", "<class '__main__.C'>"),
        ("class C: pass\nC()", "C", "<__main__.C object>"),
        (
            "import sqlite3\nsqlite3.connect(':memory:').cursor()",
            "Cursor",
            "<sqlite3.Cursor object>",
        ),
        ("(x for x in [1])", "generator", "<generator object <genexpr>>"),
        ("a = [1]\na.append(a)\na", "list", "[1, [...]]"),
        ("import threading\nthreading.Lock()", "lock", "<unlocked _thread.lock object>"),
        ("import math\nmath", "module", None),
        (
            "class C:\n    def __repr__(self): 1/0\nC()",
            "C",
            "<C: its repr throws ZeroDivisionError>",
        ),
    ],
)
def test_what_no_name_wants_need_not_travel(
    executor: CodeExecutor, code: str, type_: str, text: str | None
) -> None:
    shown = show(executor, code)
    assert isinstance(shown.output, Shown)
    assert shown.output.type == type_
    assert shown.output.text == text or (text is None and shown.output.text)
    assert shown.displays == ()


@pytest.mark.parametrize(
    "code",
    [
        "class C:\n    def _repr_html_(self): return '<i>x</i>'\nC()",
        "import pandas as pd\npd.DataFrame({'a': [1]}).style",
    ],
)
def test_what_draws_itself_is_displayed(executor: CodeExecutor, code: str) -> None:
    shown = show(executor, code)
    assert shown.output == Shown("C") or shown.output == Shown("Styler")
    assert kinds(shown) == [{HTML}]


@pytest.mark.parametrize(
    "code",
    [
        "{'a': [1, (2, 3)], 'b': {4}}",
        "import numpy as np\nnp.arange(3)",
        "import pandas as pd\npd.DataFrame({'a': [1, 2], 'b': ['x', None]})",
        "import polars as pl\npl.DataFrame({'a': [1, 2]})",
        "from collections import Counter\nCounter('abb')",
        "from datetime import date\ndate(2026, 1, 1)",
    ],
)
def test_data_travels_as_ever(executor: CodeExecutor, code: str) -> None:
    shown, kept = show(executor, code), executor.execute_python(code)
    assert type(shown.output) is type(kept.output)
    assert str(shown.output) == str(kept.output)
    assert shown.displays == ()


def test_it_fails_where_a_name_wants_it(executor: CodeExecutor) -> None:
    failed = executor.execute_python("lambda: 1")
    assert failed.error is not None
    assert "cannot" in failed.error


@pytest.mark.parametrize(
    "code",
    [
        "display('a' * 10 + '\\ud83d' + '…')",
        (
            "class C:\n    def _repr_json_(self): return [float('nan'), numpy.int64(3)]\n"
            "import numpy\ndisplay(C())"
        ),
        "display({'application/json': {'x': float('inf')}, 'text/plain': '\\udc00'}, raw=True)",
        (
            "class C:\n    def _repr_mimebundle_(self, **_): return {'text/html': 5, 7: object()}\n"
            "display(C())"
        ),
        "class C:\n    def _repr_html_(self): raise SystemError\ndisplay(C())",
        "a = []\na.append(a)\nclass C:\n    def _repr_json_(self): return a\ndisplay(C())",
        "class C:\n    def _repr_html_(self): return 'x' * 20_000_000\ndisplay(C())",
        "import numpy as np\nprogress(np.int64(3), np.float32(4.5), '\\ud800')",
    ],
)
def test_showing_never_fails_a_program(executor: CodeExecutor, code: str) -> None:
    result = executor.execute_python(code + "\n5")
    assert (result.output, result.error, result.stderr) == (5, None, "")
    str(result.displays).encode()


def test_odd_texts_of_errors(executor: CodeExecutor) -> None:
    failed = executor.execute_python("raise ValueError('half \\ud83d of it')")
    assert failed.error == "ValueError: half \\ud83d of it"
    str(failed.to_dict()).encode()


def test_progress_of_what_is_gone_through(executor: CodeExecutor) -> None:
    seen: list[tuple[float, float | None, str]] = []
    observer = Observer(progress=lambda *told: seen.append(told))
    code = "sum(progress(range(3))) + sum(progress(iter([4]), text='more'))"
    assert show(executor, code, observer=observer).output == 7
    assert seen[:4] == [(0, 3, ""), (1, 3, ""), (2, 3, ""), (3, 3, "")]
    assert seen[4:] == [(0, None, "more"), (1, None, "more")]
    failed = executor.execute_python("progress('half')")
    assert "progress(3, 10)" in str(failed.error)


def test_bars_of_tqdm(executor: CodeExecutor) -> None:
    plain = executor.execute_python("from tqdm.auto import tqdm\nfor _ in tqdm(range(3)): pass")
    assert "3/3" in plain.stderr
    assert plain.displays == ()
    code = "from tqdm.notebook import tqdm, trange\nfor _ in tqdm(range(3), desc='pages'): pass\n"
    drawn = show(executor, code + "list(trange(2))")
    assert drawn.output == [0, 1]
    texts = [bundle["text/plain"].split("[")[0].split() for bundle in drawn.displays]
    assert texts == [["pages:", "100%", "3/3"], ["100%", "2/2"]]
    assert 'value="3" max="3"' in drawn.displays[0][HTML]


@pytest.mark.parametrize(
    ("code", "pending"),
    [
        (
            "import asyncio\nt = asyncio.create_task(asyncio.sleep(60))\nawait asyncio.sleep(0)\n1",
            {"task": 1},
        ),
        (
            (
                "import threading, time\nfor _ in range(2):\n"
                "    threading.Thread(target=time.sleep, args=(60,)).start()\n1"
            ),
            {"thread": 2},
        ),
        (
            (
                "from concurrent.futures import ThreadPoolExecutor\np = ThreadPoolExecutor(2)\n"
                "p.submit(len, 'a').result()\nimport threading, time\n"
                "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n1"
            ),
            {},
        ),
    ],
)
def test_what_was_under_way_is_named(
    executor: CodeExecutor, code: str, pending: dict[str, int]
) -> None:
    result = executor.execute_python(code)
    assert result.output == 1
    assert result.pending == pending


def test_an_error_that_nobody_asked_a_task_for_is_told(executor: CodeExecutor) -> None:
    code = "import asyncio\nasync def f(): raise ValueError('boom')\nt = asyncio.create_task(f())\n"
    result = executor.execute_python(code + "await asyncio.sleep(0.01)\n1")
    assert result.output == 1
    assert "ValueError: boom" in result.stderr


def test_stacks_are_the_programs_own(executor: CodeExecutor) -> None:
    code = "import inspect, traceback\ndef f():\n    traceback.print_stack()\n"
    code += "    return [frame.filename for frame in inspect.stack()]\nf()"
    result = executor.execute_python(code)
    assert result.output == ["<cell>", "<cell>"]
    assert result.stderr.count("File ") == 2
    shown = executor.execute_python(
        "display(object())\nimport PIL.Image\ndisplay(PIL.Image.new('L', (1, 1)))"
    )
    assert "0x" not in str([bundle["text/plain"] for bundle in shown.displays])


def test_the_inputs_travel_as_a_dict(executor: CodeExecutor, tmp_path: Path) -> None:
    code = "{'inputs': inputs, 'all': [inputs, (inputs,)]}"
    given = {"x": 1}
    for sandbox in (False, True):
        result = executor.execute_python(code, given, sandbox=sandbox, directory=str(tmp_path))
        assert result.output == {"inputs": given, "all": [given, (given,)]}
        assert type(result.output["inputs"]) is dict


def test_a_sandbox_shows_pictures_and_texts(executor: CodeExecutor, tmp_path: Path) -> None:
    """matplotlib finds its fonts there, and a folder for its caches, without a word."""
    options = replace(UNWANTED, sandbox=True, directory=str(tmp_path))
    code = "import pandas as pd, PIL.Image\ndisplay(pd.DataFrame({'a': [1]}))\n"
    code += "display(PIL.Image.new('L', (2, 2)))\n"
    result = executor.run(Program(code + PLOT + "fig"), options)
    assert (result.error, result.stderr, result.output) == (None, "", Shown("Figure"))
    assert result.displays[0] == {"text/plain": "   a\n0  1"}
    assert [PNG in forms for forms in kinds(result)[1:]] == [True, True]


@pytest.mark.parametrize(
    ("code", "is_told"),
    [
        ("function main(x) { return x }", True),
        ("const main = async () => 5", True),
        ("function main() {}\nmain()", False),
        ("function main() {}\nfunction transform() {}", False),
        ("main = 5; undefined", False),
        ("def main(x=1):\n    return x", True),
        ("def main(): return 1\nmain()", False),
        ("def main(): pass\nif __name__ == '__main__':\n    main()", False),
        ("def main(): return 1\ndef transform(): return 2", False),
    ],
)
def test_a_main_that_nobody_calls_is_told(executor: CodeExecutor, code: str, is_told: bool) -> None:
    language = "python" if "def " in code else "javascript"
    result = executor.execute(code, language)
    told = "main is defined and not called: end with main(), or call it transform"
    assert result.remark == (told if is_told else "")
    assert (told in mime_bundle(result)["text/plain"]) is is_told
    if "transform" not in code:
        lacking = executor.execute(code, language, outputs=["x"])
        assert (told in str(lacking.error)) is is_told
