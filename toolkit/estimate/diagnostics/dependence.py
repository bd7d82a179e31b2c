"""Dependence of residuals over entities and over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import NotEstimable, TooFewPeriods, UnknownOption
from toolkit.estimate.linear.refit import less_projection, orthonormal_basis, refit_panel, require_panel_effects
from toolkit.estimate.results.outcome import TestResult, f, normal
from toolkit.language import Text, note

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from toolkit.estimate.results.estimate import Estimate
    from toolkit.panel import Panel

FEW_COMMON_PERIODS = 10


@dataclass(frozen=True)
class PairwiseCorrelation:
    """Correlations of residuals over all pairs of entities.

    Attributes
    ----------
    cd : sum of sqrt(T_ij) rho_ij over the pairs used, over the root of their number.
    mean, mean_absolute : average rho_ij and |rho_ij| over the pairs used.
    pairs, left_out : pairs used, and pairs with too few common periods.
    periods : average number of common periods of the pairs used.
    """

    cd: float
    mean: float
    mean_absolute: float
    pairs: int
    left_out: int
    periods: float


AVERAGE = Text(
    "average correlation {mean:.3f}, average absolute correlation {absolute:.3f}", "平均相关系数{mean:.3f}，平均绝对相关系数{absolute:.3f}"
)
PAIRS = Text("{pairs} pairs with {periods:.1f} common periods on average", "{pairs}对个体，平均共同时期{periods:.1f}期")
LEFT_OUT = Text("{pairs} pairs with fewer than {least} common periods left out", "共同时期少于{least}期的{pairs}对未计入")
FEW_COMMON = note("few_common_periods", Text("few common periods: the normal approximation is rough", "共同时期较少：正态近似较为粗略"))
TIME_EFFECTS = note(
    "cd_time_effects",
    Text(
        "time effects are absorbed, which pushes the correlations below zero: CD is unreliable here (Juodis and Reese 2022)",
        "已吸收时间固定效应，相关系数因而偏负：CD检验在此不可靠（Juodis和Reese，2022）",
    ),
)


def pesaran_cd(estimate: Estimate, panel: Panel | None = None, *, least_common: int = 3) -> TestResult:
    r"""Test that residuals of different entities are uncorrelated (Pesaran's CD).

    .. math:: CD = \sqrt{1/P} \sum_{i<j} \sqrt{T_{ij}}\, \hat\rho_{ij} \sim N(0, 1)

    with the correlation taken over the T_ij periods that both entities have and over the P pairs that have at least ``least_common``
    of them; for a balanced panel P = N(N-1)/2. The residuals are those of the estimate itself.

    Parameters
    ----------
    estimate : a pooled, within or random-effects estimate.
    panel : the panel it was fitted on, where the estimate has dropped its rows.
    least_common : pairs with fewer common periods are left out and counted (two periods give a correlation of +1 or -1).

    Returns
    -------
    TestResult
        Two-sided p-value; the note gives the average correlation, the pairs left out, and warnings.

    Raises
    ------
    NotEstimable
        Fewer than two entities, no pair with enough common periods, or an estimate in differences or entity means.
    UnknownOption
        ``least_common`` is below two.

    References
    ----------
    Pesaran (2004), General diagnostic tests for cross section dependence in panels; Pesaran (2021), Empirical Economics 60; Juodis and
    Reese (2022), Journal of Business & Economic Statistics 40, on residuals after time effects.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from toolkit.estimate import fit
    >>> from toolkit.panel import Panel
    >>> rng = np.random.default_rng(1)
    >>> frame = pd.DataFrame({"firm": np.repeat(list("abcdef"), 12), "year": np.tile(np.arange(2010, 2022), 6), "x": rng.normal(size=72)})
    >>> frame["y"] = frame["x"] + np.tile(rng.normal(size=12), 6) + 0.1 * rng.normal(size=72)  # a shock that all firms share
    >>> panel = Panel(frame, "firm", "year")
    >>> pesaran_cd(fit("y ~ x | firm", panel)).p_value < 0.001
    True
    """
    rows = refit_panel(estimate, panel, "pesaran_cd", ("pooled", "within", "random"))
    if least_common < 2:
        raise UnknownOption(f"least_common={least_common} periods give no correlation", remedy="2 or more; 3 is the default")
    found = pairwise_correlation(rows.own_residuals, rows.entity, rows.time, least_common)
    notes = [
        note("average_correlation", AVERAGE, mean=found.mean, absolute=found.mean_absolute),
        note("pairs_of_entities", PAIRS, pairs=found.pairs, periods=found.periods),
    ]
    if found.left_out:
        notes.append(note("pairs_left_out", LEFT_OUT, pairs=found.left_out, least=least_common))
    if found.periods < FEW_COMMON_PERIODS:
        notes.append(FEW_COMMON)
    if rows.source.time in estimate.effects:
        notes.append(TIME_EFFECTS)
    return normal(
        name="Pesaran CD", null="residuals of different entities are uncorrelated", statistic=found.cd, tail="two-sided", notes=notes
    )


def pairwise_correlation(
    residuals: NDArray[np.float64], entity: NDArray[np.integer], time: NDArray[np.int64], least_common: int
) -> PairwiseCorrelation:
    """Correlations over common periods for all pairs of entities, by products of entity-by-period matrices.

    Parameters
    ----------
    residuals, entity, time : (n,) residuals, entity codes 0..N-1, whole-number periods.
    least_common : pairs with fewer common periods are left out.
    """
    periods, column = np.unique(time, return_inverse=True)
    shape = (int(entity.max()) + 1, len(periods))
    e, seen = np.zeros(shape), np.zeros(shape)
    e[entity, column] = residuals / np.sqrt(np.mean(residuals**2))
    seen[entity, column] = 1.0
    upper = np.triu_indices(shape[0], 1)
    common = (seen @ seen.T)[upper]
    use = common >= least_common
    if not use.any():
        raise NotEstimable(
            f"no pair of entities has {least_common} common periods",
            where=f"{shape[0]} entities, {shape[1]} periods",
            remedy="the CD test needs entities that are observed together; use a longer panel",
        )
    t = common[use]
    i, j = upper[0][use], upper[1][use]
    sums, squares = e @ seen.T, (e**2) @ seen.T
    covariance = (e @ e.T)[i, j] - sums[i, j] * sums[j, i] / t
    variances = (squares[i, j] - sums[i, j] ** 2 / t) * (squares[j, i] - sums[j, i] ** 2 / t)
    if (variances <= 0).any():
        raise NotEstimable(
            "an entity's residuals do not vary over the periods it shares with another",
            where=f"{int((variances <= 0).sum())} pairs",
            remedy="drop entities that are fitted exactly, or raise least_common",
        )
    rho = covariance / np.sqrt(variances)
    return PairwiseCorrelation(
        cd=float((np.sqrt(t) * rho).sum() / np.sqrt(len(t))),
        mean=float(rho.mean()),
        mean_absolute=float(np.abs(rho).mean()),
        pairs=len(t),
        left_out=int((~use).sum()),
        periods=float(t.mean()),
    )


UNCORRELATED = -0.5  # correlation of successive differences of an uncorrelated error
FEW_ENTITIES = 20

SLOPE = Text("slope {slope:.3f} on {pairs} pairs of differences, {entities} entities", "斜率{slope:.3f}，共{pairs}对差分、{entities}个个体")
ROUGH = note("few_entities_wooldridge", Text("few entities: the clustered standard error is rough", "个体较少：聚类稳健标准误较为粗略"))


def wooldridge_serial_correlation(estimate: Estimate, panel: Panel | None = None) -> TestResult:
    r"""Test that the idiosyncratic errors are serially uncorrelated (Wooldridge 2002, as in Drukker 2003).

    The model is estimated in first differences without a constant, its residuals are regressed on their own lag, again without a
    constant, and the coefficient is compared with -1/2, the value it has when the errors in levels are uncorrelated:

    .. math:: \hat r_{it} = \rho\, \hat r_{i,t-1} + v_{it}, \qquad F = \left(\frac{\hat\rho + 1/2}{se(\hat\rho)}\right)^2 \sim F(1, G-1)

    with the standard error clustered by entity, factor G/(G-1). Differences and lags follow the calendar: nothing reaches over a gap.
    Time effects of the estimate enter the differenced model as period dummies; entity effects difference out.

    Parameters
    ----------
    estimate : a pooled, within or random-effects estimate; only its rows and regressors are used.
    panel : the panel it was fitted on, where the estimate has dropped its rows.

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
    >>> wooldridge_serial_correlation(fit("y ~ x | firm", panel)).p_value < 0.001
    True
    """
    rows = refit_panel(estimate, panel, "wooldridge_serial_correlation", ("pooled", "within", "random"))
    require_panel_effects(rows, "wooldridge_serial_correlation")
    columns = [rows.regressors]
    if rows.source.time in estimate.effects:
        columns.append((rows.time[:, None] == np.unique(rows.time)[None, :]).astype(float))
    later, earlier = successive(rows.entity, rows.time)
    y, x = rows.outcome[later] - rows.outcome[earlier], (block := np.hstack(columns))[later] - block[earlier]
    entity, time = rows.entity[later], rows.time[later]
    residuals = less_projection(y, orthonormal_basis(x))
    now, before = successive(entity, time)
    if len(now) == 0:
        raise TooFewPeriods(
            "no entity is seen in three successive periods",
            where=f"{rows.n} rows of {rows.source.label}, {len(later)} first differences",
            remedy="the test needs two successive differences; use a longer panel or fill the gaps",
        )
    slope, variance, groups = _clustered_slope(residuals[now], residuals[before], entity[now])
    notes = [note("slope_of_differences", SLOPE, slope=slope, pairs=len(now), entities=groups)]
    if groups < FEW_ENTITIES:
        notes.append(ROUGH)
    null = "no first-order serial correlation (slope of the differenced residuals on their lag is -0.5)"
    return f(
        name="Wooldridge serial correlation", null=null, statistic=(slope - UNCORRELATED) ** 2 / variance, df=(1, groups - 1), notes=notes
    )


def successive(entity: NDArray[np.integer], time: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Positions (later, earlier) of rows of the same entity one period apart; rows must be sorted by entity and time."""
    follows = (entity[1:] == entity[:-1]) & (time[1:] - time[:-1] == 1)
    earlier = np.flatnonzero(follows)
    return earlier + 1, earlier


def _clustered_slope(y: NDArray[np.float64], x: NDArray[np.float64], groups: NDArray[np.integer]) -> tuple[float, float, int]:
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
