"""Whether two values, or two frames, are the same in type and in every part."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa


def same(left: Any, right: Any) -> bool:
    """Equality that tells types, the sign of zero and zones apart, and takes NaN for itself."""
    if isinstance(left, (pd.DataFrame, pl.DataFrame, pa.Table)):
        return type(left) is type(right) and same_frame(left, right)
    if type(left) is not type(right):
        return False
    if isinstance(left, float):
        both = math.isnan(left) and math.isnan(right)
        return both or (left == right and math.copysign(1, left) == math.copysign(1, right))
    if isinstance(left, complex):
        return same(left.real, right.real) and same(left.imag, right.imag)
    if isinstance(left, Decimal):
        return repr(left) == repr(right)
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, np.ndarray):
        return (left.dtype, left.shape) == (right.dtype, right.shape) and same(
            left.reshape(-1).tolist(), right.reshape(-1).tolist()
        )
    return bool(left == right) and getattr(left, "tzinfo", 0) == getattr(right, "tzinfo", 0)


def same_frame(left: Any, right: Any) -> bool:
    """The same schema, and the same rows; what is missing may be marked otherwise in objects."""
    if isinstance(left, pl.DataFrame):
        return left.schema == right.schema and repr(left.to_dicts()) == repr(right.to_dicts())
    if isinstance(left, pa.Table):
        alike = [(one.name, one.type) for one in left.schema] == [
            (one.name, one.type) for one in right.schema
        ]
        return alike and repr(left.to_pylist()) == repr(right.to_pylist())
    if list(left.columns) != list(right.columns) or len(left) != len(right):
        return False
    return all(
        left.dtypes.iloc[at] == right.dtypes.iloc[at]
        and same(_items(left.iloc[:, at]), _items(right.iloc[:, at]))
        for at in range(left.shape[1])
    )


def _items(series: Any) -> list[Any]:
    """The items of a column, of which those that pandas counts as missing are None."""
    if not len(series):
        return []  # pandas 2 cannot list no instants of some zones
    return [
        None if gone is True or gone is np.True_ else item
        for item, gone in zip(series.tolist(), series.isna().tolist(), strict=True)
    ]
