from __future__ import annotations

from types import SimpleNamespace

import pytest

from codeexec_magics.magics.origin import Origin


@pytest.mark.parametrize(
    ("raw", "body", "line"),
    [
        ("%%transform\n1/0", "1/0", 2),
        ("%%transform\n1/0", "1/0\n", 2),
        ("\n  \n\n%%transform js\n\n1/0\n", "\n1/0\n", 5),
        ("\n    %%transform\n    if x:\n        1\n", "if x:\n    1\n", 3),
        ("\r\n%%transform\r\n1\r\n2", "1\n2\n", 3),
        ("%%transform\n1\n\n\n", "1\n", 2),
        ("\n\n%%transform\nother", "1/0", 2),
        ("\n\nget_ipython().run_cell_magic('transform', '', '1/0')", "1/0", 2),
        ("", "1/0", 2),
        ("\n\n", "1/0", 2),
    ],
)
def test_lines_count_from_the_top_of_the_cell(raw: str, body: str, line: int) -> None:
    origin = Origin()
    origin.remember(SimpleNamespace(raw_cell=raw))

    assert origin.first_line(body) == line


def test_a_shell_that_says_nothing_of_its_cells_is_no_reason_to_fail() -> None:
    origin = Origin()
    origin.remember(None)
    origin.remember(SimpleNamespace(raw_cell=None))

    assert origin.first_line("1") == 2
