"""Fixed or random effects: Hausman's contrast of the two estimates, and its robust form after Mundlak."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from toolkit.errors import NotEstimable
from toolkit.estimate.linear.refit import less_projection, orthonormal_basis, refit_panel, require_panel_effects
from toolkit.estimate.results.outcome import TestResult, chi2, f
from toolkit.estimate.rows.options import SINGLETON, one_of
from toolkit.estimate.solve.omission import is_flat
from toolkit.language import Note, Text, note

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from toolkit.estimate.linear.refit import Refit
    from toolkit.estimate.results.estimate import Estimate
    from toolkit.panel import Panel

ZERO_EIGENVALUE = 1e-9  # against the largest: below it a direction of the covariance of the difference is null, not small
FEW_ENTITIES = 40

COMPARED = Text("{coefficients} coefficients, iid covariances, {which}", "比较{coefficients}个系数，同方差协方差，{which}")
COMMON = Text("the within error variance in both", "两者均采用组内误差方差")
OWN = Text("each with its own error variance", "各自采用自身的误差方差")
COINCIDE = Text(
    "generalised inverse: {directions} direction(s) in which both estimates coincide", "采用广义逆：两种估计在{directions}个方向上完全重合"
)
ENTITY_MEANS = Text(
    "entity means of {regressors} regressor(s), clustered by entity, G/(G-1)*(N-1)/(N-K) = {factor:.4f}",
    "{regressors}个解释变量的个体均值，按个体聚类，G/(G-1)*(N-1)/(N-K) = {factor:.4f}",
)
FEW_FOR_CLUSTERS = Text("{entities} entities are few for a clustered test", "个体仅{entities}个，不足以支撑聚类检验")


def hausman(fixed: Estimate, random: Estimate, *, error_variance: Literal["common", "own"] = "common") -> TestResult:
    r"""Test that random effects are uncorrelated with the regressors (Hausman 1978).

    .. math:: H = (b_{FE} - b_{RE})' (V_{FE} - V_{RE})^{-1} (b_{FE} - b_{RE}) \sim \chi^2_q

    over the q coefficients that both estimates have. The covariance of the difference has this form only when random effects are
    efficient, that is with independent errors of equal variance: both estimates must be made with ``covariance="iid"``. With one error
    variance in both, the within one, the difference is positive semi-definite by construction. A direction in which the two covariances
    are equal (period dummies in a balanced panel) has no contrast and does not count in q.

    Parameters
    ----------
    fixed : a within estimate.
    random : a random-effects estimate of the same outcome on the same rows.
    error_variance : "common" takes the within error variance in both covariances (Stata's ``hausman, sigmaless``); "own" takes each
        estimate's own (Stata's default and R's ``phtest``), which often gives a difference that is not positive semi-definite. The
        statistic is then the same quadratic form with the inverse of that difference, as Stata and R print it, and ``warnings`` report it.
        It can be negative, which Stata prints as it is (with p = 1 here) and ``phtest`` without its sign.

    Returns
    -------
    TestResult
        A direction in which V_FE - V_RE is zero, relative to 1e-9 of its largest eigenvalue in units of the within variances, is left
        out, with one degree of freedom (generalised inverse, as in Stata).

    Raises
    ------
    NotEstimable
        Robust or clustered covariances (use :func:`mundlak`); different outcomes or rows; no common coefficient; or the estimates differ in
        a direction in which V_FE - V_RE is zero.
    UnknownOption
        ``error_variance`` is neither of the two.

    References
    ----------
    Hausman (1978), Econometrica 46.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from toolkit.estimate import fit_random, fit_within
    >>> from toolkit.panel import Panel
    >>> rng = np.random.default_rng(1)
    >>> quality = np.repeat(rng.normal(size=40), 6)  # of the firm, and correlated with x
    >>> frame = pd.DataFrame({"firm": np.repeat(np.arange(40), 6), "year": np.tile(np.arange(6), 40), "x": quality + rng.normal(size=240)})
    >>> frame["y"] = frame["x"] + 2 * quality + rng.normal(size=240)
    >>> panel = Panel(frame, "firm", "year")
    >>> within = fit_within("y ~ x | firm", panel, covariance="iid")
    >>> random = fit_random("y ~ x", panel, covariance="iid")
    >>> hausman(within, random).p_value < 0.001
    True
    """
    one_of("error_variance", error_variance, ("common", "own"))
    terms = _comparable(fixed, random)
    at_fixed, at_random = [fixed.terms.index(t) for t in terms], [random.terms.index(t) for t in terms]
    difference = fixed.beta[at_fixed] - random.beta[at_random]
    v_fixed = fixed.vcov[np.ix_(at_fixed, at_fixed)]
    same = fixed.covariance.factor_value / random.covariance.factor_value if error_variance == "common" else 1.0
    covariance = v_fixed - same * random.vcov[np.ix_(at_random, at_random)]
    scale = np.sqrt(np.diag(v_fixed))
    values, vectors = np.linalg.eigh(covariance / np.outer(scale, scale))
    null = np.abs(values) <= ZERO_EIGENVALUE * np.abs(values).max()
    contrast = vectors.T @ (difference / scale)
    if null.all() or (np.abs(contrast[null]) > np.sqrt(ZERO_EIGENVALUE)).any():
        raise NotEstimable(
            "fixed and random effects differ where the covariance of their difference is zero",
            where=f"terms {', '.join(terms)}; smallest eigenvalue {np.abs(values).min():.2g} (in units of the within variances)",
            remedy="use mundlak(random, panel), which is robust as well",
        )
    statistic = float((contrast[~null] ** 2 / values[~null]).sum())
    notes = [note("hausman_variances", COMPARED, coefficients=len(terms), which=COMMON if error_variance == "common" else OWN)]
    if null.any():
        notes.append(note("hausman_generalised_inverse", COINCIDE, directions=int(null.sum())))
    warnings = () if (values[~null] > 0).all() else (_indefinite(statistic, float(values.min())),)
    return chi2(
        name="Hausman",
        null="random effects are uncorrelated with the regressors",
        statistic=statistic,
        df=int((~null).sum()),
        notes=notes,
        warnings=warnings,
    )


# Stata prints the statistic with its sign and "(V_b-V_B is not positive definite)": read in outputs at
# stata.com/statalist/archive/2011-05/msg00722.html and imathworks.com/cv/solved-hausman-test-after-xtregar-negative-chi2 (2026-11-29).
INDEFINITE = Text(
    "V_FE - V_RE is not positive definite (smallest eigenvalue {smallest:.2g} in units of the within variances), so that the "
    "statistic is not chi-squared: read error_variance='common' or the Mundlak test instead.",
    "V_FE − V_RE非正定（以组内估计方差为单位，最小特征值为{smallest:.2g}），统计量不服从卡方分布："
    "应改用error_variance='common'或Mundlak检验。",
)
INDEFINITE_AND_NEGATIVE = Text(
    INDEFINITE.en + " It is negative: Stata prints it so, R's phtest without the sign.",
    INDEFINITE.zh + "统计量为负：Stata照原值报告，R的phtest取其绝对值。",
)


def _indefinite(statistic: float, smallest: float) -> Note:
    """The warning of a contrast whose covariance is no covariance."""
    return note("indefinite_contrast", INDEFINITE_AND_NEGATIVE if statistic < 0 else INDEFINITE, smallest=smallest)


def mundlak(estimate: Estimate, panel: Panel | None = None) -> TestResult:
    r"""Robust Hausman test: entity means of the regressors added to the model, Wald test that they are not needed (Mundlak 1978).

    .. math:: y_{it} = x_{it}'\beta + \bar x_i'\gamma + z_i'\delta + c + u_{it}, \qquad H_0: \gamma = 0

    by least squares, with standard errors clustered by entity, factor G/(G-1)·(n-1)/(n-K), and F(q, G-1). The estimate of
    :math:`\beta` is the within estimate, balanced or not, and in a balanced panel the statistic is the one that random effects with
    the same means give. Regressors that are the same for all entities in a period, and absorbed time effects (as dummies), are accompanied
    by their entity means too, but these are not tested: they only say in which periods an entity is seen.

    Parameters
    ----------
    estimate : a random-effects, pooled or within estimate; only its rows and regressors are used.
    panel : the panel it was fitted on, where the estimate has dropped its rows.

    Returns
    -------
    TestResult
        q counts the means that are linearly independent of the other columns (means of regressors that are fixed in time cannot).

    Raises
    ------
    NotEstimable
        No regressor varies both over time and between entities, there are no more entities than means, or effects other than those
        of entity and time are absorbed.

    References
    ----------
    Mundlak (1978), Econometrica 46; Wooldridge (2019), Journal of Econometrics 211, for unbalanced panels.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from toolkit.estimate import fit_random
    >>> from toolkit.panel import Panel
    >>> rng = np.random.default_rng(1)
    >>> quality = np.repeat(rng.normal(size=40), 6)
    >>> frame = pd.DataFrame({"firm": np.repeat(np.arange(40), 6), "year": np.tile(np.arange(6), 40), "x": quality + rng.normal(size=240)})
    >>> frame["y"] = frame["x"] + 2 * quality + rng.normal(size=240)
    >>> panel = Panel(frame, "firm", "year")
    >>> test = mundlak(fit_random("y ~ x", panel))
    >>> test.df, test.p_value < 0.001
    ((1.0, 39.0), True)
    """
    rows = refit_panel(estimate, panel, "mundlak", ("random", "pooled", "within"))
    require_panel_effects(rows, "mundlak")
    regressors, common = rows.with_constant[:, 1:], _same_for_all(rows)
    of_periods = [regressors[:, common]]
    if rows.source.time in estimate.effects:
        of_periods.append((rows.time[:, None] == np.unique(rows.time)[None, 1:]).astype(float))
    of_periods += [_group_means(columns, rows.entity) for columns in of_periods]
    other = orthonormal_basis(np.hstack([rows.with_constant, *of_periods]))
    means = _group_means(regressors[:, ~common], rows.entity)
    left = less_projection(means, other)
    flat = is_flat(lengths(left), lengths(means - means.mean(axis=0)), lengths(rows.regressors[:, ~common]))
    free = orthonormal_basis(left[:, ~flat])
    groups = len(rows.entities)
    q = free.shape[1]
    if q == 0 or groups <= q + 1:
        raise NotEstimable(
            "every entity mean is a linear combination of the regressors"
            if q == 0
            else f"{groups} entities are too few to test {q} entity mean(s)",
            where=f"{rows.source.label}: {groups} entities, regressors {', '.join(rows.terms)}",
            remedy="the test needs regressors that vary both over time and between entities, and more entities than regressors",
        )
    return _wald_of_means(rows, other, free)


def _group_means(columns: NDArray[np.float64], groups: NDArray[np.integer]) -> NDArray[np.float64]:
    """Mean of every column (n, k) over the rows of each group, on every row of it; ``groups`` (n,) are whole numbers of any kind."""
    _, codes, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    means = np.empty((len(sizes), columns.shape[1]))
    for j, column in enumerate(columns.T):
        means[:, j] = np.bincount(codes, weights=column) / sizes
    return np.asarray(means[codes], dtype=np.float64)


def _same_for_all(rows: Refit) -> NDArray[np.bool_]:
    """(k,) which regressors have one value in each period, as period dummies and national series have."""
    columns = rows.with_constant[:, 1:]
    return is_flat(lengths(columns - _group_means(columns, rows.time)), lengths(columns), lengths(rows.regressors))


def lengths(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """(k,) lengths of the columns (n, k)."""
    return np.asarray(np.linalg.norm(columns, axis=0), dtype=np.float64)


def _wald_of_means(rows: Refit, other: NDArray[np.float64], free: NDArray[np.float64]) -> TestResult:
    """Wald test on the coefficients of ``free`` (n, q): entity means with the other columns (basis, (n, r)) taken out."""
    q, groups, n = free.shape[1], len(rows.entities), rows.n
    y = less_projection(rows.outcome, other)
    gamma = free.T @ y
    scores = np.column_stack([np.bincount(rows.entity, weights=c) for c in (free * (y - free @ gamma)[:, None]).T])
    factor = groups / (groups - 1) * (n - 1) / (n - q - other.shape[1])
    statistic = float(gamma @ np.linalg.solve(scores.T @ scores, gamma)) / factor / q
    notes = [note("mundlak_means", ENTITY_MEANS, regressors=q, factor=factor)]
    if groups < FEW_ENTITIES:
        notes.append(note("few_entities_mundlak", FEW_FOR_CLUSTERS, entities=groups))
    return f(
        name="Mundlak",
        null="entity means of the regressors have no effect of their own (random effects are consistent)",
        statistic=statistic,
        df=(q, groups - 1),
        notes=notes,
    )


def _comparable(fixed: Estimate, random: Estimate) -> list[str]:
    """Terms that both estimates have, after checking that a contrast of the two means something."""
    if fixed.method != "within" or random.method != "random":
        raise NotEstimable(
            f"hausman compares a within with a random-effects estimate, not a {fixed.method} with a {random.method} one",
            remedy="hausman(fit_within(..., covariance='iid'), fit_random(..., covariance='iid'))",
        )
    kinds = {fixed.covariance.kind, random.covariance.kind}
    if kinds != {"iid"}:
        raise NotEstimable(
            "Hausman's covariance of the difference holds for iid errors only",
            where=f"covariances: {fixed.covariance.kind} (fixed), {random.covariance.kind} (random)",
            remedy="use mundlak(random, panel), which is robust, or make both estimates with covariance='iid'",
        )
    alone = sum(d.rows for d in fixed.counts.dropped if d.reason.key == SINGLETON)  # these add nothing to the within estimate
    if random.counts.rows not in (fixed.counts.rows, fixed.counts.rows + alone):
        raise NotEstimable(
            f"the rows differ: {fixed.counts.rows} (fixed) and {random.counts.rows} (random)", remedy="estimate both on the same panel"
        )
    if fixed.spec.outcome != random.spec.outcome:
        raise NotEstimable(
            f"the outcomes differ: {fixed.spec.outcome} and {random.spec.outcome}", remedy="estimate the same outcome with both"
        )
    terms = [t for t in fixed.terms if t in random.terms]
    if not terms:
        raise NotEstimable(
            "the two estimates have no coefficient in common",
            where=f"fixed: {', '.join(fixed.terms)}; random: {', '.join(random.terms)}",
            remedy="estimate the same regressors with both",
        )
    return terms
