"""The linear index of an estimate on any data."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import UnseenLevel
from toolkit.estimate.columns import evaluate
from toolkit.estimate.design import DesignColumn, Level, indicator, inside_band
from toolkit.estimate.source import Source

INTERCEPT = "Intercept"
MOST_LEVELS = 5  # named in a warning


def linear_index(source: Source, terms: Sequence[str], beta: NDArray[np.float64], columns: Sequence[DesignColumn]) -> pd.Series:
    """x'b on each row, aligned with the rows of the data; missing where a regressor is.

    Parameters
    ----------
    terms, beta : (k,) names and coefficients; the constant is the one that has no column.
    columns : how the other regressors are built.

    Warns
    -----
    UnseenLevel
    """
    total = np.zeros(len(source))
    by_name = {column.text: column for column in columns}
    for term, b in zip(terms, beta, strict=True):
        total += b * _column(by_name[term], source) if term in by_name else b
    _warn_unseen(source, columns)
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


def _warn_unseen(source: Source, columns: Sequence[DesignColumn]) -> None:
    """A warning for each category with levels in the data that were not among those of the estimate."""
    seen = {part.category.name: part.among for column in columns for part in column.parts if isinstance(part, Level)}
    for name, among in seen.items():
        values = source.column(name)
        unseen = (values.notna() & ~values.isin(among)).to_numpy()
        if unseen.any():
            levels = [str(level) for level in values[unseen].unique()]
            shown = ", ".join(levels[:MOST_LEVELS]) + (f", ... ({len(levels)} in all)" if len(levels) > MOST_LEVELS else "")
            warnings.warn(
                f"{name} has levels that the estimate has not seen: {shown}; the prediction is missing in {int(unseen.sum())} rows "
                f"(first {source.row_name(int(unseen.argmax()))})",
                UnseenLevel,
                stacklevel=4,
            )
