"""Serial correlation of the idiosyncratic errors: Wooldridge's test on first differences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import NotEstimable, TooFewPeriods
from toolkit.estimate.diagnostics.outcome import TestResult, f
from toolkit.estimate.diagnostics.rows import less_projection, orthonormal_basis, refit_rows, require_panel_effects
from toolkit.language import Text, note

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from toolkit.estimate.result import Estimate
    from toolkit.panel import Panel

UNCORRELATED = -0.5  # correlation of successive differences of an uncorrelated error
FEW_ENTITIES = 20

SLOPE = Text("slope {slope:.3f} on {pairs} pairs of differences, {entities} entities", "斜率{slope:.3f}，共{pairs}对差分、{entities}个个体")
ROUGH = note("few_entities_wooldridge", Text("few entities: the clustered standard error is rough", "个体较少：聚类稳健标准误较为粗略"))


def wooldridge_serial_correlation(estimate: Estimate, panel: Panel) -> TestResult:
    r"""Test that the idiosyncratic errors are serially uncorrelated (Wooldridge 2002, as in Drukker 2003).

    The model is estimated in first differences without a constant, its residuals are regressed on their own lag, again without a
    constant, and the coefficient is compared with -1/2, the value it has when the errors in levels are uncorrelated:

    .. math:: \hat r_{it} = \rho\, \hat r_{i,t-1} + v_{it}, \qquad F = \left(\frac{\hat\rho + 1/2}{se(\hat\rho)}\right)^2 \sim F(1, G-1)

    with the standard error clustered by entity, factor G/(G-1). Differences and lags follow the calendar: nothing reaches over a gap.
    Time effects of the estimate enter the differenced model as period dummies; entity effects difference out.

    Parameters
    ----------
    estimate : a pooled, within or random-effects estimate; only its rows and regressors are used.
    panel : the panel it was fitted on.

    Raises
    ------
    TooFewPeriods
        No entity is seen in three successive periods.
    NotEstimable
        Fewer than two entities contribute, or effects other than those of entity and time are absorbed.

    Notes
    -----
    This is what Stata's ``xtserial`` computes. R's ``pwfdtest(h0 = "fe")`` adds constants to both regressions, lags by row instead of
    by calendar, and uses no factor and other degrees of freedom, so its value differs.

    References
    ----------
    Wooldridge (2002), Econometric Analysis of Cross Section and Panel Data, section 10.6.3; Drukker (2003), Stata Journal 3(2).

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from toolkit.estimate import fit
    >>> from toolkit.panel import Panel
    >>> rng = np.random.default_rng(1)
    >>> walk = rng.normal(size=(30, 8)).cumsum(axis=1)  # errors that remember everything
    >>> frame = pd.DataFrame({"firm": np.repeat(np.arange(30), 8), "year": np.tile(np.arange(2015, 2023), 30), "x": rng.normal(size=240)})
    >>> frame["y"] = frame["x"] + walk.ravel()
    >>> panel = Panel(frame, "firm", "year")
    >>> wooldridge_serial_correlation(fit("y ~ x | firm", panel), panel).p_value < 0.001
    True
    """
    require_panel_effects(estimate, panel, "wooldridge_serial_correlation")
    rows = refit_rows(estimate, panel, "wooldridge_serial_correlation", ("pooled", "within", "random"))
    columns = [rows.regressors]
    if rows.time_name in estimate.effects:
        columns.append((rows.time[:, None] == np.unique(rows.time)[None, :]).astype(float))
    later, earlier = successive(rows.entity, rows.time)
    y, x = rows.y[later] - rows.y[earlier], (block := np.hstack(columns))[later] - block[earlier]
    entity, time = rows.entity[later], rows.time[later]
    residuals = less_projection(y, orthonormal_basis(x))
    now, before = successive(entity, time)
    if len(now) == 0:
        raise TooFewPeriods(
            "no entity is seen in three successive periods",
            where=f"{len(rows.y)} rows of {rows.name}, {len(later)} first differences",
            remedy="the test needs two successive differences; use a longer panel or fill the gaps",
        )
    slope, variance, groups = clustered_slope(residuals[now], residuals[before], entity[now])
    notes = [note("slope_of_differences", SLOPE, slope=slope, pairs=len(now), entities=groups)]
    if groups < FEW_ENTITIES:
        notes.append(ROUGH)
    null = "no first-order serial correlation (slope of the differenced residuals on their lag is -0.5)"
    return f("Wooldridge serial correlation", null, (slope - UNCORRELATED) ** 2 / variance, (1, groups - 1), notes)


def successive(entity: NDArray[np.integer], time: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Positions (later, earlier) of rows of the same entity one period apart; rows must be sorted by entity and time."""
    follows = (entity[1:] == entity[:-1]) & (time[1:] - time[:-1] == 1)
    earlier = np.flatnonzero(follows)
    return earlier + 1, earlier


def clustered_slope(y: NDArray[np.float64], x: NDArray[np.float64], groups: NDArray[np.integer]) -> tuple[float, float, int]:
    """Slope through the origin of y on x, its clustered variance with factor G/(G-1), and G."""
    _, codes = np.unique(groups, return_inverse=True)
    count = int(codes.max()) + 1
    if count < 2:
        raise NotEstimable(
            "one entity alone has successive differences", where=f"{len(y)} rows", remedy="a clustered test needs at least two entities"
        )
    xx = float(x @ x)
    slope = float(x @ y) / xx
    scores = np.bincount(codes, weights=x * (y - slope * x))
    return slope, float(scores @ scores) / xx**2 * count / (count - 1), count
