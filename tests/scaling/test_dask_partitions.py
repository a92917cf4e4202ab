"""Transforms over the partitions of a cluster, and as plain functions there."""

from __future__ import annotations

from collections.abc import Iterator

import dask.dataframe as dd
import pandas as pd
import pytest
from distributed import Client, LocalCluster

from codeexec_magics import Program, Transform

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
