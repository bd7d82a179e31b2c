"""The linear index of an estimate on any data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.estimate.columns import evaluate
from toolkit.estimate.design import DesignColumn, Level, indicator, inside_band
from toolkit.estimate.source import Source

INTERCEPT = "Intercept"


def linear_index(source: Source, terms: Sequence[str], beta: NDArray[np.float64], columns: Sequence[DesignColumn]) -> pd.Series:
    """x'b on each row, aligned with the rows of the data; missing where a regressor is.

    Parameters
    ----------
    terms, beta : (k,) names and coefficients; an ``Intercept`` has no column.
    columns : how the other regressors are built.
    """
    total = np.zeros(len(source))
    by_name = {column.text: column for column in columns}
    for term, b in zip(terms, beta, strict=True):
        total += b if term == INTERCEPT else b * _column(by_name[term], source)
    return pd.Series(total, index=source.frame.index, name="predicted")


def _column(column: DesignColumn, source: Source) -> NDArray[np.float64]:
    values = np.ones(len(source)) if column.band is None else inside_band(column.band, source)
    for part in column.parts:
        if isinstance(part, Level):
            known = source.column(part.category.name).isin(part.among).to_numpy()
            values = values * np.where(known, indicator(part, source), np.nan)
        else:
            found = evaluate(part, source)
            values = values * (found.numbers if found.why is None else np.where(found.why == 0, found.numbers, np.nan))
    return values
