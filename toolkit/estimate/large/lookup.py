"""Numbers for the values of a few columns, looked up in a list: a join would not leave the rows in their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

LONGEST = 16_384  # numbers in the list, which is written out in the SQL and looked at for each vector of rows


def looked_up(columns: Sequence[str], values: Sequence[NDArray[Any]], numbers: NDArray[np.int64]) -> str:
    """The number that belongs to the values of some columns, as SQL of DuckDB; NULL for others, "" if the list would be too long.

    Parameters
    ----------
    columns : SQL of c columns. values : (n,) each, whole numbers or texts; the rows are distinct. numbers : (n,) what belongs to them.

    Examples
    --------
    >>> import duckdb
    >>> both = np.array(["coal", "coal", "tea"], object), np.array([2001, 2003, 2001])
    >>> sql = looked_up(["a", "b"], both, np.arange(3))
    >>> duckdb.sql(f"select {sql} from (values ('tea', 2001), ('coal', 2003), ('coal', 2002), ('silk', 2001)) v(a, b)").fetchall()
    [(2,), (1,), (None,), (None,)]
    """
    index, at, size = "1", np.zeros(len(numbers), np.int64), 1
    for column, own in zip(columns, values, strict=True):
        code, codes, levels = _position(column, own, alone=len(columns) == 1)
        index, at, size = f"{index} + {size} * {code}", at + size * codes, size * levels
        if size > LONGEST:
            return ""
    listed = ["NULL"] * size
    for position, number in zip(at.tolist(), numbers.tolist(), strict=True):
        listed[position] = str(number)
    return f"(CAST([{', '.join(listed)}] AS BIGINT[]))[{index}]"


def _position(column: str, values: NDArray[Any], alone: bool) -> tuple[str, NDArray[np.int64], int]:
    """SQL of the position of a value from 0, the positions (n,) of the given ones, and how many there can be; none unused beside others."""
    if values.dtype.kind in "iu" and len(values):
        low, high = int(values.min()), int(values.max())
        distinct, codes = np.unique(values.astype(np.int64), return_inverse=True)
        if not alone and len(distinct) <= high - low < LONGEST:
            return looked_up([column], [distinct], np.arange(len(distinct))), codes, len(distinct)
        if high - low < LONGEST:
            whole = f"CAST({column} AS BIGINT)"
            return f"CASE WHEN {whole} BETWEEN {low} AND {high} THEN {whole} - ({low}) END", values.astype(np.int64) - low, high - low + 1
    texts, codes = np.unique(np.array([str(value) for value in values.tolist()], dtype=object), return_inverse=True)
    listed = ", ".join("'" + text.replace("'", "''") + "'" for text in texts.tolist())
    return f"CAST(enum_code(TRY_CAST(CAST({column} AS VARCHAR) AS ENUM ({listed}))) AS BIGINT)", codes.astype(np.int64), len(texts)
