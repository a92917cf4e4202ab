"""Transforms over the partitions of a cluster, as plain functions there, and at rest."""

from __future__ import annotations

import os
from collections.abc import Iterator

import dask.dataframe as dd
import pandas as pd
import pytest
from census import wait_until
from distributed import Client, LocalCluster

from codeexec_magics import Program, Transform
from codeexec_magics.supervision.processes import descendants

FRAME = pd.DataFrame({"n": range(100), "text": "x"}, index=pd.Index(range(50, 150), name="id"))


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
        Client(cluster) as client,
    ):
        yield client


@pytest.mark.parametrize(
    ("language", "source"),
    [
        (
            "python",
            "def transform(row): return {'n': row['n'], 'both': f'{row[\"n\"]}{row[\"text\"]}'}",
        ),
        ("javascript", "function transform({ n, text }) { return { n, both: `${n}${text}` } }"),
    ],
)
def test_partitions_stay_where_they_are(client: Client, language: str, source: str) -> None:
    row = Transform("row", Program(source, language))
    frame = dd.from_pandas(FRAME, npartitions=4)
    expected = pd.DataFrame({"n": FRAME["n"], "both": [f"{n}x" for n in FRAME["n"]]})

    made = frame.map_partitions(row.over_rows, meta=expected[:0]).compute()

    pd.testing.assert_frame_equal(made, expected, check_dtype=False)
    assert made["n"].dtype == "int64"


def test_a_plain_function(client: Client) -> None:
    double = Transform("double", Program("def transform(x): return 2 * x", "python"))

    assert client.submit(double.function, 21).result() == 42


def test_an_idle_worker_keeps_the_supervisor_only(client: Client) -> None:
    double = Transform("double", Program("def transform(x): return 2 * x", "python"))
    triple = Transform("triple", Program("function transform(x) { return 3 * x }", "javascript"))

    def shortened() -> int:
        from codeexec_magics.engine import hosting

        hosting._IDLE_GUEST = 2.0
        return os.getpid()

    workers = client.run(shortened)
    for address in workers:
        assert client.submit(double, 1, workers=[address], pure=False).result() == 2
        assert client.submit(triple, x=1, workers=[address], pure=False).result() == 3

    assert wait_until(lambda: all(len(list(descendants(pid))) <= 1 for pid in workers.values()), 60)
    assert client.submit(triple, x=2).result() == 6
