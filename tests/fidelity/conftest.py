"""What the generated tests need before the first look at what there is."""

from __future__ import annotations

import polars
import pytest


@pytest.fixture(scope="session", autouse=True)
def polars_has_started() -> None:
    """The threads of polars open descriptors at its first use, which are no leak of ours."""
    polars.Series([1, None]).fill_null(0)
