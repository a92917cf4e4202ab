from __future__ import annotations


def test_smoke(run):
    a = run("1 + 1")
    assert a.node == 2
    assert a.status == 0 and a.stderr == ""
