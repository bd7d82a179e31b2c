"""Location quotients and shift-share decomposition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast, overload

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from toolkit.errors import MeasureError
from toolkit.measure.inputs.values import checked, labelled, named, same_rows
from toolkit.numerics import Floats
from toolkit.report import Fields


@overload
def location_quotient(part: pd.Series, whole: ArrayLike) -> pd.Series: ...
@overload
def location_quotient(part: ArrayLike, whole: ArrayLike) -> Floats: ...
def location_quotient(part: ArrayLike, whole: ArrayLike) -> Floats | pd.Series:
    r"""Location quotient of one activity, :math:`LQ_r = \frac{x_r / \sum_r x_r}{y_r / \sum_r y_r}`.

    Above one: the region has more of the activity than its size suggests.

    Parameters
    ----------
    part : (n,) non-negative, the activity by region (R&D personnel, for example).
    whole : (n,) positive, the size of the region (all employed persons).

    Returns
    -------
    (n,) in the order of ``part``, a Series with its index where it is one; the mean weighted by ``whole`` is one.

    Raises
    ------
    MeasureError
        On missing, negative or (in ``whole``) zero values, or when lengths or indexes differ.

    Examples
    --------
    >>> location_quotient([30, 10], [100, 100]).tolist()
    [1.5, 0.5]
    """
    what = "the location quotient"
    x, y = checked(part, what, "non-negative"), checked(whole, f"the denominator of {what}", "positive")
    if x.size != y.size:
        raise MeasureError(f"{what} got {x.size} parts and {y.size} wholes", remedy="give one whole per part")
    same_rows(part, whole, "wholes", what)
    x, y = x / x.max(), y / y.max()  # sums of very large values would overflow
    quotient = np.asarray((x / y) * (y.sum() / x.sum()), dtype=np.float64)
    return cast("Floats | pd.Series", labelled(quotient, part, "location_quotient"))


def location_quotients(table: pd.DataFrame) -> pd.DataFrame:
    r"""Location quotients of every activity, :math:`LQ_{ri} = \frac{x_{ri} / x_{r\cdot}}{x_{\cdot i} / x_{\cdot\cdot}}`.

    Parameters
    ----------
    table : regions in rows, activities in columns, non-negative.

    Returns
    -------
    A frame with the same rows and columns.

    Raises
    ------
    MeasureError
        Naming the activity with a missing or negative cell, or without any value above zero, or the region whose row is all zeros.

    Examples
    --------
    >>> table = pd.DataFrame({"patents": [3, 1], "other": [1, 3]}, index=["Beijing", "Hubei"])
    >>> location_quotients(table).loc["Beijing"].tolist()
    [1.5, 0.5]
    """
    if table.empty:
        raise MeasureError("location quotients need at least one region and one activity", remedy="check the rows that are left")
    columns = [(table.iloc[:, k], f"the location quotient of {name!r}") for k, name in enumerate(table.columns)]
    cells = np.column_stack([checked(column, what, "non-negative") for column, what in columns])
    cells /= cells.max()
    regions, activities = cells.sum(axis=1), cells.sum(axis=0)
    if not regions.all():
        raise MeasureError(
            f"the location quotients of {named(table.index[int(np.argmin(regions))])} are not defined: its row is all zeros",
            remedy="leave the region out and report it",
        )
    quotients = (cells / regions[:, None]) / (activities / activities.sum())
    return pd.DataFrame(quotients, index=table.index, columns=table.columns)


@dataclass(frozen=True, repr=False)
class ShiftShare(Fields):
    """Change of R regions in I industries, ``change = national + structural + competitive`` cell by cell.

    Attributes
    ----------
    regions, industries : names.
    start : (R, I) values in the first period.
    change : (R, I) last less first period, in the unit of the values, as the other parts.
    national : (R, I) what the cell would have gained at the growth of all regions and industries together.
    structural : (R, I) what it gained beyond that because its industry grew faster than the whole (industry mix).
    competitive : (R, I) what it gained beyond its industry's growth; sums to zero over the regions in each industry.
    national_growth : growth rate of the whole.
    industry_growth : (I,) growth rate of each industry over all regions.
    """

    regions: tuple[str, ...]
    industries: tuple[str, ...]
    start: Floats
    change: Floats
    national: Floats
    structural: Floats
    competitive: Floats
    national_growth: float
    industry_growth: Floats

    def by_region(self) -> pd.DataFrame:
        """One row per region: region, start, change, national, structural, competitive, each summed over industries."""
        return self._summed(1, "region", self.regions)

    def by_industry(self) -> pd.DataFrame:
        """One row per industry: industry, start, change, national, structural, competitive, each summed over regions."""
        return self._summed(0, "industry", self.industries)

    def _summed(self, axis: int, key: str, names: tuple[str, ...]) -> pd.DataFrame:
        parts = {"start": self.start, "change": self.change, "national": self.national}
        parts |= {"structural": self.structural, "competitive": self.competitive}
        return pd.DataFrame({key: names, **{name: part.sum(axis=axis) for name, part in parts.items()}})


def decompose_shift_share(start: pd.DataFrame, end: pd.DataFrame) -> ShiftShare:
    r"""Classical shift-share decomposition of the change between two periods.

    With value :math:`x_{ri}` of region r in industry i in the first period, growth :math:`g_{ri}` of the cell, :math:`g_i` of the industry
    over all regions and :math:`g` of the whole,

    .. math:: \Delta x_{ri} = \underbrace{x_{ri}\, g}_{\text{national}} + \underbrace{x_{ri} (g_i - g)}_{\text{structural}}
        + \underbrace{x_{ri} (g_{ri} - g_i)}_{\text{competitive}} .

    The whole is the sum of the rows and columns given. A cell that starts at zero is allowed: its change is competitive.

    Parameters
    ----------
    start, end : regions in rows, industries in columns, non-negative, the same names in both (in any order). Keep money in constant prices.

    Raises
    ------
    MeasureError
        On anything but two frames, missing or negative cells, names that differ between the two, or an industry that is zero everywhere
        in the first period (its growth is not defined).

    References
    ----------
    Dunn (1960), Papers and Proceedings of the Regional Science Association 6.

    Examples
    --------
    >>> start = pd.DataFrame({"machinery": [10.0, 30.0], "textiles": [10.0, 10.0]}, index=["East", "West"])
    >>> end = pd.DataFrame({"machinery": [30.0, 50.0], "textiles": [10.0, 0.0]}, index=["East", "West"])
    >>> decompose_shift_share(start, end).by_region()[["change", "national", "structural", "competitive"]].to_numpy().tolist()
    [[20.0, 10.0, -5.0, 15.0], [10.0, 20.0, 5.0, -15.0]]
    """
    for table in (start, end):
        if not isinstance(table, pd.DataFrame):
            raise MeasureError(
                f"shift-share needs frames of regions by industries, not {type(table).__name__}", remedy="name the rows and columns"
            )
    for names, others, word in ((start.index, end.index, "region"), (start.columns, end.columns, "industry")):
        _same_names(names, others, word)
    end = end.loc[start.index, start.columns]
    first, last = _cells(start, "the first period"), _cells(end, "the last period")
    change = last - first
    base = first.sum(axis=0)
    if not base.all():
        raise MeasureError(
            f"the growth of industry {start.columns[int(np.argmin(base))]!r} is not defined: it is zero everywhere in the first period",
            remedy="merge it with a related industry, or leave it out and report it",
        )
    growth, industry_growth = float(change.sum() / base.sum()), change.sum(axis=0) / base
    return ShiftShare(
        regions=tuple(map(str, start.index)),
        industries=tuple(map(str, start.columns)),
        start=first,
        change=change,
        national=first * growth,
        structural=first * (industry_growth - growth),
        competitive=change - first * industry_growth,
        national_growth=growth,
        industry_growth=industry_growth,
    )


def _same_names(names: pd.Index, others: pd.Index, word: str) -> None:
    for period, index in (("first", names), ("last", others)):
        if not index.is_unique:
            twice = index[index.duplicated()][0]
            raise MeasureError(f"{word} {named(twice)} stands twice in the {period} period", remedy="sum its rows or columns")
    for period, lone in (("first", names.difference(others)), ("last", others.difference(names))):
        if len(lone):
            raise MeasureError(
                f"{word} {named(lone[0])} is in the {period} period only",
                remedy="give both periods the same regions and industries; 0 for none",
            )


def _cells(table: pd.DataFrame, period: str) -> Floats:
    if table.empty:
        raise MeasureError("shift-share needs at least one region and one industry", remedy="check the rows that are left")
    columns = [table.iloc[:, k] for k in range(table.shape[1])]
    named = [(column, f"shift-share, {period}, industry {column.name!r}") for column in columns]
    # A column of zeros is allowed in the last period, so that the check of "every value is zero" is not asked for.
    return np.column_stack([_non_negative(column, what) for column, what in named])


def _non_negative(column: pd.Series, what: str) -> Floats:
    numbers = checked(column, what, "any")
    if (numbers < 0).any():
        raise MeasureError(
            f"{what} got {int((numbers < 0).sum())} negative values",
            where=f"first at {named(column.index[int(np.argmax(numbers < 0))])}",
            remedy="shift-share is for amounts that are not negative: employment, output, expenditure",
        )
    return numbers
