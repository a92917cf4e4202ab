"""The README: short, with two commands, five cells, and what it stands beside."""

from __future__ import annotations

import re

from pages import README, cells

TEXT = README.read_text(encoding="utf-8")


def test_it_is_short_and_names_package_and_magic_at_once() -> None:
    assert len(TEXT.splitlines()) <= 200
    first = TEXT.split("\n\n")[1]
    assert "`%load_ext codeexec_magics`" in first
    assert "`%%transform" in first


def test_a_newcomer_needs_two_commands() -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
    marked = TEXT.partition("<!-- test command -->\n```sh\n")[2].partition("```")[0]

    assert [block.count("\n") for block in blocks] == [3, 1]
    assert marked == blocks[1]
    assert "pytest tests notebooks --nbval" in marked
    assert "--reruns" not in marked


def test_there_are_five_cells_and_the_engine() -> None:
    *five, engine = cells(TEXT)

    assert len(five) == 5
    assert all(cell.startswith("%") for cell in five)
    assert "CodeExecutor" in engine
