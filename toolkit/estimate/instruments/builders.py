"""Instruments from the other units of a group."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from toolkit.errors import FormulaError
from toolkit.estimate.groups import Grouping, crossed
from toolkit.estimate.source import Source, panel_source
from toolkit.panel import Panel


def leave_one_out_mean(panel: Panel, variable: str, *, by: str | Sequence[str]) -> pd.Series:
    """Mean of ``variable`` over the rows of the same group that belong to other entities.

    z_i = (sum over the group - sum over the own rows in it) / (rows of the group - own rows in it). The own unit is left out entirely, also
    when it is in the group more than once; what it does itself therefore never enters its instrument. Rows where the variable is
    missing count neither way.

    Parameters
    ----------
    panel : the panel.
    variable : a column of numbers.
    by : columns that make up a group, such as ``("province", "year")``.

    Returns
    -------
    Series
        Named ``<variable>_of_others``, aligned with ``panel.frame``; missing where the group has no other entity.

    Raises
    ------
    MissingColumn, NotNumeric, FormulaError

    Examples
    --------
    >>> frame = pd.DataFrame({"firm": list("abcd"), "year": 2020, "province": list("PPPQ"), "subsidy": [1.0, 2.0, 6.0, 5.0]})
    >>> leave_one_out_mean(Panel(frame, "firm", "year"), "subsidy", by=("province", "year")).tolist()
    [4.0, 3.5, 1.5, nan]
    """
    source = panel_source(panel, "leave_one_out_mean")
    groups = _groups(source, by, leave_out=True)
    own = crossed([groups, source.group(panel.entity)])
    total, rows = _totals(source, variable, groups)
    mine, times = _totals(source, variable, own)
    return _mean(total - mine, rows - times, f"{variable}_of_others", source)


def mean_including_own(panel: Panel, variable: str, *, by: str | Sequence[str]) -> pd.Series:
    """Mean of ``variable`` over the group, the own unit included: for showing the bias of doing so, not for use.

    The own value is part of the instrument, so the instrument is correlated with the error whenever the variable is endogenous. The
    estimate is pulled towards least squares, the more the smaller the group.

    Parameters
    ----------
    panel, variable, by : as in :func:`leave_one_out_mean`.

    Examples
    --------
    >>> frame = pd.DataFrame({"firm": ["a", "b"], "year": 2020, "province": "P", "subsidy": [1.0, 2.0]})
    >>> mean_including_own(Panel(frame, "firm", "year"), "subsidy", by=("province", "year")).tolist()
    [1.5, 1.5]
    """
    source = panel_source(panel, "mean_including_own")
    total, rows = _totals(source, variable, _groups(source, by, leave_out=False))
    return _mean(total, rows, f"{variable}_of_group", source)


def _groups(source: Source, by: str | Sequence[str], leave_out: bool) -> Grouping:
    names = (by,) if isinstance(by, str) else tuple(by)
    if not names:
        raise FormulaError("by names no column", remedy='name the columns of a group, as in by=("province", "year")')
    if leave_out and source.entity in names:
        raise FormulaError(
            f"a group by {' and '.join(names)} holds no other {source.entity}",
            remedy="group by something that entities share, such as industry and year",
        )
    return crossed([source.group(name) for name in names])


def _totals(source: Source, variable: str, groups: Grouping) -> tuple[np.ndarray, np.ndarray]:
    """(n,) sum of the variable over the group of each row, and how many rows have it; missing for a row in no group."""
    values = source.numbers(variable)
    known = np.isfinite(values) & (groups.codes >= 0)
    sums = np.bincount(groups.codes[known], weights=values[known], minlength=groups.levels)
    counts = np.bincount(groups.codes[known], minlength=groups.levels)
    inside = groups.codes >= 0
    return np.where(inside, sums[groups.codes], np.nan), np.where(inside, counts[groups.codes], 0)


def _mean(total: np.ndarray, rows: np.ndarray, name: str, source: Source) -> pd.Series:
    means = np.divide(total, rows, out=np.full(len(total), np.nan), where=rows > 0)
    return pd.Series(means, index=source.frame.index, name=name)
