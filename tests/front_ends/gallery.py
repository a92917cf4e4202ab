"""Pages of cards in the colours of front ends, and the pictures of the documentation.

``PYTHONPATH=.:tests/display python tests/front_ends/gallery.py notebooks/images`` draws those. The
cards come from results that are made up here, so that a page is the same on all machines; what real
runs look like is seen by the tests that have a JupyterLab.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from display_samples import (
    JAVASCRIPT_CELL,
    JAVASCRIPT_ERROR,
    PYTHON_CELL,
    PYTHON_ERROR,
    done,
    failed,
    frame,
)
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from codeexec_magics.display import mime_bundle, running_card
from codeexec_magics.display.blocks import Graph, GraphStep
from codeexec_magics.display.card import View
from codeexec_magics.display.graph import MARKS
from codeexec_magics.display.job_card import background_card
from codeexec_magics.display.pipelines import PipelineView, bundle_of
from codeexec_magics.values.results import ExecutionResult, Outcome
from codeexec_magics.values.traces import Trace

LAB_THEMES = {
    "light": "theme-light-extension",
    "dark": "theme-dark-extension",
    "contrast": "theme-dark-high-contrast-extension",
}
"""JupyterLab's own themes: a name, and the folder that its variables stand in."""

OTHER_THEMES = {
    "vscode light": "background:#fff;color:#3b3b3b",
    "vscode dark": "background:#1f1f1f;color:#ccc",
    "vscode contrast": "background:#000;color:#fff",
    "sphinx dark": "background:#14181e;color:#ced6dd",
}
"""Front ends without JupyterLab's variables: the colours of their background and text."""

RECORDS = [
    {"name": "Ada", "country": "Norway", "population": 1204, "growth": 0.031},
    {"name": "Bo", "country": None, "population": 98301, "growth": -0.002},
    {"name": "Céline <b>", "country": "France", "population": 67120, "growth": None},
]

_COLOURS = 44
_FIGURES = {"execution_time": 0.084, "cpu_time": 0.061, "peak_memory": 47 << 20}
_SLEEPER = """\
import time

def transform(inputs):
    total = 0
    for i in range(inputs["n"]):
        time.sleep(0.5)
        total += i
    return total"""


def outcomes() -> dict[str, str]:
    """One card of each outcome as HTML, by the outcome's name."""
    place = frame(_SLEEPER, 7, "time.sleep(0.5)", function="transform", values=(("total", "6"),))
    stopped = Trace("KeyboardInterrupt", frames=(place,))
    line = JAVASCRIPT_CELL.split("\n")[0]
    start = line.index("r.tags") + 1
    script = replace(
        JAVASCRIPT_ERROR.frames[1], column=start, end_line=2, end_column=line.index("}`;") + 1
    )
    javascript = replace(JAVASCRIPT_ERROR, frames=(JAVASCRIPT_ERROR.frames[0], script))
    thrown = frame(PYTHON_CELL, 12, PYTHON_CELL.split("\n")[-1].strip(), function="transform")
    python = replace(PYTHON_ERROR, frames=(thrown,))
    results = {
        "done, table": (done(RECORDS, language="javascript", stdout="loaded\n"), "out"),
        "done, scalar": (done(1048576.25), "total"),
        "failed, javascript": (failed(javascript, language="javascript", stderr="careful\n"), None),
        "failed": (failed(python, stdout="row\n" * 3000), None),
        "timed out": (_ended(Outcome.TIMED_OUT, trace=stopped, timeout=5.0), None),
        "interrupted": (_ended(Outcome.INTERRUPTED, trace=stopped), None),
        "memory": (
            _ended(
                Outcome.MEMORY,
                error="MemoryLimitExceeded: the program needed more than 512 MiB",
            ),
            None,
        ),
        "crashed": (
            _ended(
                Outcome.CRASHED,
                exit_code=-11,
                stderr="Fatal Python error: Segmentation fault\n\n"
                'Current thread (most recent call first):\n  File "<cell>", line 3 in transform\n',
            ),
            None,
        ),
    }
    cards = {
        name: mime_bundle(replace(result, **_FIGURES), target=target, chip=True)["text/html"]
        for name, (result, target) in results.items()
    }
    running = running_card(
        "javascript",
        seconds=12.4,
        cpu_time=12.1,
        memory=213 << 20,
        processes=3,
        progress=(30, 120, "pages read"),
        last_output="epoch 3",
    )
    cards["running"] = running["text/html"]
    cards["background"] = background_card("python", "model")["text/html"]
    return cards


def values() -> dict[str, str]:
    """Cards of values that are drawn in each way there is, by the way's name."""
    nested = {"pages": [{"n": n, "words": ["word"] * 60} for n in range(3)], "ok": True}
    samples = {
        "text": "two lines\nשלום, $a$ and $b$ <script>",
        "long": "word " * 1000,
        "wide": [{f"measurement_{n}": n / 7 for n in range(30)}] * 12,
        "missing": [{"a": None, "b": float("nan")}, {"c": "only here"}],
        "tree": nested,
        "bytes": bytes(range(100)),
        "picture": "<svg width='60' height='20'><rect width='60' height='20'/></svg>",
        "nothing": None,
    }
    return {
        name: mime_bundle(replace(done(value), **_FIGURES), target="out", chip=True)["text/html"]
        for name, value in samples.items()
    }


def graphs() -> dict[str, str]:
    """Cards of pipelines as HTML, by how they ended: every state of a step, few steps and many."""
    states = list(MARKS)
    needs = {name: tuple(states[max(n - 2, 0) : n]) for n, name in enumerate(states)}
    steps = tuple(
        GraphStep(f"a_{name}_step", "python", name, tuple(f"a_{n}_step" for n in needs[name]))
        for name in states
    )
    many = tuple(GraphStep(f"step{n}", "sql", states[n % 10], ("rows",)) for n in range(200))
    failure = failed(JAVASCRIPT_ERROR, language="javascript")
    views = {
        "drawn": PipelineView(name="orders", graph=Graph(steps[:2])),
        "ended": PipelineView(
            name="orders", graph=Graph(steps[:2], ("rows",)), outcome=Outcome.SUCCEEDED, value=6.5
        ),
        "failed pipeline": PipelineView(
            name="orders",
            graph=Graph(steps, ("rows", "rate")),
            outcome=Outcome.FAILED,
            failed="a_failed_step",
            error="step a_failed_step (orders.yaml:8): TypeError",
            failure=failure,
            streams=(("a_failed_step", "stdout", "so far"),),
        ),
        "many steps": PipelineView(
            name="orders", graph=Graph(many, ("rows",)), outcome=Outcome.INTERRUPTED
        ),
    }
    return {name: bundle_of(view, View(chip=True))["text/html"] for name, view in views.items()}


def page(cards: Mapping[str, str], theme: str, *, width: int = 1000) -> str:
    """A document that shows cards under their names, as an output area of JupyterLab has them."""
    shown = "".join(
        f'<h4>{name}</h4><div class="jp-RenderedHTMLCommon jp-RenderedHTML">{card}</div>'
        for name, card in cards.items()
    )
    colours = (
        "background:var(--jp-layout-color0);color:var(--jp-content-font-color1)"
        if theme in LAB_THEMES
        else OTHER_THEMES[theme]
    )
    rules = _variables(theme) if theme in LAB_THEMES else ""
    return (
        f"<!doctype html><meta charset=utf-8><title>cards</title><style>{rules}"
        f"body{{margin:8px 20px;max-width:{width}px;{colours}}}"
        "h4{font:13px var(--jp-ui-font-family, sans-serif);margin:14px 0 3px}"
        f"</style><body>{shown}</body>"
    )


@contextmanager
def chromium(executable: str) -> Iterator[Browser]:
    """A browser without a window."""
    # A renderer kept in reserve would come and go between the tests.
    arguments = ["--no-sandbox", "--disable-features=SpareRendererForSitePerProcess"]
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=executable, args=arguments) as browser,
    ):
        yield browser


def draw(folder: Path, executable: str = "/usr/bin/chromium") -> None:
    """Write the pictures of the documentation: all outcomes, light and dark, with few colours."""
    with chromium(executable) as browser:
        for theme in ("light", "dark"):
            target = folder / f"outcomes-{theme}.png"
            view = browser.new_page(viewport={"width": 800, "height": 600})
            view.set_content(page(outcomes(), theme, width=760))
            view.screenshot(path=target, full_page=True)
            view.close()
            _fewer_colours(Image.open(target).convert("RGB")).save(target, optimize=True)


def _fewer_colours(picture: Image.Image) -> Image.Image:
    """The picture in its commonest colours, which are those of areas; edges take the nearest."""
    counted = sorted(picture.getcolors(1 << 20), reverse=True)
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for _, colour in counted[:_COLOURS] for part in colour])
    return picture.quantize(palette=palette, dither=Image.Dither.NONE)


def _variables(name: str) -> str:
    themes = Path(sys.prefix, "share", "jupyter", "lab", "themes", "@jupyterlab")
    text = (themes / LAB_THEMES[name] / "index.css").read_text(encoding="utf-8")
    return "".join(re.findall(r":root\s*\{[^}]*\}", text))


def _ended(outcome: Outcome, **more: Any) -> ExecutionResult:
    return ExecutionResult(outcome, **more)


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
