"""A pipeline's graph is drawn the same each time, readable without colour, and never too large."""

from __future__ import annotations

import re

from codeexec_magics.display.blocks import Graph, GraphStep
from codeexec_magics.display.graph import layout_of
from codeexec_magics.display.pipelines import PipelineView, bundle_of
from codeexec_magics.values.results import Outcome

DIAMOND = Graph(
    (
        GraphStep("a", "python", "succeeded", ("rows",)),
        GraphStep("b", "sql", "failed", ("a",)),
        GraphStep("c", "javascript", "interrupted", ("a", "rate")),
        GraphStep("d", "python", "skipped", ("b", "c"), "`b` has no value"),
    ),
    ("rows", "rate"),
)


def chain(count: int) -> Graph:
    return Graph(tuple(GraphStep(f"s{n}", "python", "kept", (f"s{n - 1}",)) for n in range(count)))


def test_a_step_stands_behind_all_that_it_needs() -> None:
    layout = layout_of(DIAMOND)

    assert layout.cells == {
        "a": (2, 1),
        "b": (3, 1),
        "c": (3, 2),
        "d": (4, 1),
        "rows": (1, 1),
        "rate": (2, 2),
    }
    assert layout.path.count("M") == 6
    assert (layout.width, layout.height) == (4 * 208 - 40, 2 * 58 - 12)


def test_every_word_of_the_graph_is_in_the_text_and_the_html() -> None:
    view = PipelineView(name="orders", graph=DIAMOND, outcome=Outcome.FAILED)
    first, second = bundle_of(view), bundle_of(view)

    assert first == second
    assert first["text/plain"] == (
        "failed · orders · 1 of 4 steps\n"
        "  ✓ a  python                    ← rows\n"
        "  ✗ b  sql · failed              ← a\n"
        "  ■ c  javascript · interrupted  ← a, rate\n"
        "  – d  python · skipped          ← b, c  (`b` has no value)"
    )
    words = re.sub(r"<style>.*?</style>|<[^>]+>", " ", first["text/html"])
    for word in ("✓ a", "✗ b", "■ c", "– d", "← b, c", "rows", "`b` has no value"):
        assert word in words


def test_hostile_names_stay_text() -> None:
    step = GraphStep("<b>", "<i>", "failed", ("<u>",), '"><script>')
    shown = bundle_of(PipelineView(name="<a>", graph=Graph((step,), ("<u>",))))["text/html"]

    assert not re.search(r"<(script|u|a)\b", shown)


def test_large_graphs_are_listed_and_bounded() -> None:
    small, large = (
        bundle_of(PipelineView(name="p", graph=chain(count)))["text/html"] for count in (6, 200)
    )

    assert "<svg" in small
    assert "<svg" not in large
    assert len(small.encode()) < 6_000
    assert len(large.encode()) < 64_000
    assert len(bundle_of(PipelineView(name="p", graph=chain(3_000)))["text/html"]) < 64_000
