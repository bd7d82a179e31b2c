"""Variance components of one-way error components, each method on entity means.

With Q what the entity means leave of a column, P the means themselves on the rows, T_i the rows of entity i, n and N rows and entities, K
coefficients with the constant, K_w those of the within regression, Z the regressors with the constant, S the sum over the rows of an
entity, and r the residuals y - Z b of the regression named:

=================  ===============================================================================================================
swamy_arora        s2_e = RSS_w / (n - N - K_w); s2_u = RSS_b / (N - K) - s2_e / T, RSS_b of the unweighted regression on means and T
                   the harmonic mean of the T_i. Stata's ``xtreg, re``, linearmodels.
baltagi_chang      the same s2_e; s2_u = (r'Pr - (N - K) s2_e) / (n - tr (Z'PZ)^-1 Z'SS'Z) with r of the regression on means weighted
                   by T_i. Stata's ``xtreg, re sa``, plm's ``swar``. Equal to the former on balanced panels.
wallace_hussain    r of pooled least squares in both r'Qr and r'Pr. Balanced panels: r'Qr / (n - N), and s2_u = r'Pr / n - s2_e / T, as
                   Wallace and Hussain have it; others: both set to their expectations (Baltagi and Chang). plm's ``walhus``.
amemiya            r of the within regression in both. Balanced: the same divisors; others: expectations, which is the method of
                   Wansbeek and Kapteyn. plm's ``amemiya``.
nerlove            s2_e = RSS_w / n; s2_u the variance of the fixed effects, weighted by T_i, with divisor N - 1. plm's ``nerlove``.
=================  ===============================================================================================================

The formulas of Stata are those of its manual ([XT] xtreg, Methods and formulas), those of plm are in the source of ``ercomp`` (2.6-2).
EViews' Swamy-Arora on unbalanced panels is "baltagi_chang": so say plm's authors, who compared the two (inst/tests/test_Estimators.R). SAS
(PROC PANEL, VCOMP=WH and WK) sets the quadratic forms to their expectations on balanced panels as well, so that it differs there.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from toolkit.errors import EmptySample, NotEstimable
from toolkit.estimate.rows.grouping import Grouping
from toolkit.estimate.solve.equations import LeastSquares, inverse_root, least_squares
from toolkit.estimate.solve.kernels import norms
from toolkit.estimate.solve.omission import independent
from toolkit.numerics import UNIT_LEFT, Floats

Components = Literal["swamy_arora", "baltagi_chang", "wallace_hussain", "amemiya", "nerlove"]
COMPONENTS: tuple[Components, ...] = ("swamy_arora", "baltagi_chang", "wallace_hussain", "amemiya", "nerlove")


def variance_components(matrix: Floats, intercept: bool, entity: Grouping, components: Components) -> tuple[float, float]:
    """The variances (s2_e, s2_u) of the idiosyncratic error and of the entity effect; neither is below zero.

    Parameters
    ----------
    matrix : (1 + k, n) outcome and regressors, centred if there is an intercept, which has no row of its own.

    Raises
    ------
    EmptySample
        If a regression behind the components has no degree of freedom.
    NotEstimable
        If Amemiya's or Nerlove's effects would hold what regressors without change over time explain.
    """
    periods, n = entity.counts.astype(np.float64), matrix.shape[1]
    if entity.levels < 2 or n <= entity.levels:
        raise EmptySample(
            "the variance components cannot be estimated",
            where=f"{n} rows of {entity.levels} entities",
            remedy="they need two entities or more, and an entity with two rows",
        )
    means = entity.sums(matrix) / periods
    within = matrix - means[:, entity.codes]
    kept, fit = _regression(within, norms(matrix, None))
    spare = n - entity.levels - len(kept)
    if components in ("swamy_arora", "baltagi_chang"):
        _require(spare, "within", len(kept), n - entity.levels)
        sigma2_e = fit.rss / spare
        weights = periods if components == "baltagi_chang" else np.ones(entity.levels)
        found = _between(matrix=matrix, means=means, intercept=intercept, weights=weights, sigma2_e=sigma2_e, periods=periods)
        return sigma2_e, max(found, 0.0)
    balanced = bool((periods == periods[0]).all())
    if components == "wallace_hussain":
        parts = _wallace_hussain(matrix=matrix, means=means, within=within, intercept=intercept, entity=entity, balanced=balanced)
    else:
        if len(kept) < len(matrix) - 1:
            raise NotEstimable(
                f"the variance components of {components} need regressors that change over time, independently of one another",
                where=f"{len(matrix) - 1 - len(kept)} of {len(matrix) - 1} regressors do not",
                remedy='leave them out, or use components="swamy_arora"',
            )
        _require(spare, "within", len(kept), n - entity.levels)
        effects = means[0] - fit.beta @ means[1:]
        effects = effects - (periods @ effects / n if intercept else 0.0)
        if components == "nerlove":
            return fit.rss / n, float(periods @ effects**2) / n * entity.levels / (entity.levels - 1)
        parts = _amemiya(
            fit=fit,
            within=within[1:],
            means=means[1:],
            across=float(periods @ effects**2),
            periods=periods,
            intercept=intercept,
            balanced=balanced,
        )
    return max(parts[0], 0.0), max(parts[1], 0.0)


def _regression(columns: Floats, size: Floats) -> tuple[list[int], LeastSquares]:
    """Least squares of the first of the ``columns`` (1 + k, m) on those others that add a direction, and which those are.

    Parameters
    ----------
    size : (1 + k,) lengths against which the residual of a column counts as rounding.
    """
    standing = np.flatnonzero(norms(columns[1:], None) > UNIT_LEFT * size[1:])
    chosen, _ = independent(columns[1:][standing], size[1:][standing], None)
    kept = [int(standing[j]) for j in chosen]
    return kept, least_squares(columns[0], columns[1:][kept].T)


def _require(spare: int, regression: str, used: int, given: int) -> None:
    if spare <= 0:
        raise EmptySample(
            "the variance components cannot be estimated",
            where=f"the {regression} regression has {used} coefficients and {given} values",
            remedy="use more entities or periods, or fewer regressors",
        )


def _between(matrix: Floats, means: Floats, intercept: bool, weights: Floats, sigma2_e: float, periods: Floats) -> float:
    """s2_u of the regression on means with ``weights`` (N,): ones, or the T_i."""
    root, n = np.sqrt(weights), matrix.shape[1]
    levels, share = len(periods), np.sqrt(weights.sum() / n)
    centre = (means @ weights / weights.sum())[:, None] if intercept else 0.0
    columns = (means - centre) * root
    kept, fit = _regression(columns, norms(matrix, None) * share)
    used = len(kept) + intercept
    _require(levels - used, "between", used, levels)
    if (weights == 1).all():
        return fit.rss / (levels - used) - sigma2_e * float((1 / periods).mean())
    basis = inverse_root(columns[1:][kept]).T @ columns[1:][kept]
    leverage = (basis**2).sum(axis=0) + (weights / n if intercept else 0.0)
    return float((fit.rss - (levels - used) * sigma2_e) / (n - periods @ leverage))


def _wallace_hussain(
    matrix: Floats, means: Floats, within: Floats, intercept: bool, entity: Grouping, balanced: bool
) -> tuple[float, float]:
    periods, n, levels = entity.counts.astype(np.float64), matrix.shape[1], entity.levels
    fit = least_squares(matrix[0], matrix[1:].T)
    inside, across = _split(fit.residuals, entity)
    if balanced:
        sigma2_e = inside / (n - levels)
        return sigma2_e, across / n - sigma2_e * levels / n
    root = inverse_root(matrix[1:])  # in its units Z'Z is the identity; the constant is orthogonal to centred columns
    basis_within, basis_means = root.T @ within[1:], root.T @ means[1:]
    if intercept:
        basis_within = np.vstack([np.zeros(n), basis_within])
        basis_means = np.vstack([np.full(levels, n**-0.5), basis_means])
    left, means_part = basis_within @ basis_within.T, (basis_means * periods) @ basis_means.T
    summed = (basis_means * periods**2) @ basis_means.T
    expected = np.array(
        [
            [n - levels - np.trace(left), np.trace(left @ summed)],
            [levels - np.trace(means_part), n - 2 * np.trace(summed) + np.trace(means_part @ summed)],
        ]
    )
    sigma2_e, sigma2_u = np.linalg.solve(expected, [inside, across])
    return float(sigma2_e), float(sigma2_u)


def _amemiya(
    fit: LeastSquares, within: Floats, means: Floats, across: float, periods: Floats, intercept: bool, balanced: bool
) -> tuple[float, float]:
    n, levels = within.shape[1], len(periods)
    if balanced:
        sigma2_e = fit.rss / (n - levels)
        return sigma2_e, across / n - sigma2_e * levels / n
    sigma2_e = fit.rss / (n - levels - len(within))
    spread = float(np.sum(fit.bread * ((means * periods) @ means.T))) if len(within) else 0.0
    return sigma2_e, (across - (levels - intercept + spread) * sigma2_e) / (n - (float(periods @ periods) / n if intercept else 0.0))


def _split(residuals: Floats, entity: Grouping) -> tuple[float, float]:
    """r'Qr and r'Pr of residuals (n,)."""
    means = entity.sums(residuals) / entity.counts
    rest = residuals - entity.spread(means)
    return float(rest @ rest), float(entity.counts @ means**2)
