"""Koenker and Bassett's quantile regression with the covariance of the linear estimators."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.estimate.covariance import Design, estimate_covariance, few_clusters, few_periods
from toolkit.estimate.engines import check_function_slopes
from toolkit.estimate.kept import keep_rows
from toolkit.estimate.kernels import inverse_root
from toolkit.estimate.linear import centre, choose, column_means, counts_of, require_rows
from toolkit.estimate.omission import ROUNDING, TOLERANCE
from toolkit.estimate.options import Options
from toolkit.estimate.pooled import restore_intercept, uncentred
from toolkit.estimate.predict import INTERCEPT
from toolkit.estimate.quantile.result import QuantileFit
from toolkit.estimate.quantile.sparsity import hall_sheather
from toolkit.estimate.result import Estimate
from toolkit.estimate.sample import Sample
from toolkit.language import Text, note

Floats = NDArray[np.float64]

NOT_UNIQUE = Text(
    "More than one line minimises the check function at the quantile {quantile:g}: the one with the smallest mean of fitted values is "
    "given, and among those the one with the smallest coefficients in the order written.",
    "分位点{quantile:g}处的检验函数有多个最小解：此处取拟合值均值最小者，若仍不唯一，则按书写顺序取系数最小者。",
)


def pooled_fit(sample: Sample, options: Options, quantiles: tuple[float, ...]) -> QuantileFit:
    """The estimates on chosen rows; works in place on ``sample.matrix``."""
    intercept = sample.spec.intercept
    outcome = sample.matrix[0].copy()
    moments = centre(sample.matrix, None) if intercept else uncentred(sample.matrix, None)
    kept, omitted = choose(sample, moments, (), intercept)
    terms = tuple(sample.names[j] for j in kept)
    columns = sample.matrix[1:][kept]
    if intercept:
        columns, terms = np.vstack([np.ones(sample.rows), columns]), (INTERCEPT, *terms)
    require_rows(sample, len(terms), 0)
    spread, size = (float(of[0]) / np.sqrt(sample.rows) for of in (moments.varying, moments.size))
    zero = max(TOLERANCE * spread, ROUNDING * size)
    estimates = []
    for q in quantiles:
        found = minimise(sample.matrix[0], columns, q, zero)
        beta, residuals = found.beta, found.residuals
        root = inverse_root(columns, _density(residuals, q))
        design = Design(
            columns=columns,
            residuals=found.scores,
            bread=root @ root.T,
            rss=0.0,
            weights=None,
            effects=(),
            effects_rank=0,
            entity="",
            clusters=sample.clusters,
            calendar=sample.calendar,
            root=root,
        )
        vcov, info = estimate_covariance(design, options)
        if intercept:
            beta, vcov = restore_intercept(beta, vcov, moments.means[[j + 1 for j in kept]], float(moments.means[0]))
        estimates.append(
            Estimate(
                method="quantile",
                spec=sample.spec,
                origin=sample.origin,
                terms=terms,
                beta=beta,
                vcov=(vcov + vcov.T) / 2,
                counts=counts_of(sample, options),
                omitted=omitted,
                covariance=info,
                statistics={"quantile": q, "r2_pseudo": 1 - _loss(residuals, q) / _loss(_from_quantile(sample.matrix[0], q), q)},
                warnings=(
                    *few_clusters(options.clusters, sample.clusters),
                    *few_periods(sample.calendar, options),
                    *([] if found.unique else [note("quantile_not_unique", NOT_UNIQUE, quantile=q)]),
                ),
                means=column_means(sample, moments, kept),
                columns=tuple(sample.columns[j] for j in kept),
                _rows=keep_rows(sample, outcome, residuals),
            )
        )
    return QuantileFit(quantiles, tuple(estimates))


@dataclass(frozen=True)
class Minimum:
    """A minimum of the check function.

    Attributes
    ----------
    beta : (k,).
    residuals : (n,), zero where they are rounding.
    scores : (n,) derivative of the check function in each residual, with X'scores = 0.
    unique : whether there is no other minimiser.
    """

    beta: Floats
    residuals: Floats
    scores: Floats
    unique: bool


def minimise(outcome: Floats, columns: Floats, q: float, zero: float) -> Minimum:
    """The minimum of the check function for ``columns`` (k, n), with scores that rounding does not decide.

    A vertex goes through k rows or more, whose residuals are zero but for rounding: the sign of rounding is no score. A row with a residual
    beyond ``zero`` in absolute value has the score q or q - 1. The others together have what solves the first-order condition
    X'scores = 0: with k of them these are the dual variables of the linear programme less 1 - q; with more of them (ties) the solution
    with the smallest sum of squares, which no order of rows changes.
    """
    beta, unique = check_function_slopes(outcome, columns, q)
    residuals = outcome - beta @ columns
    through = np.abs(residuals) <= zero
    scale = np.sqrt((columns**2).mean(axis=1))
    scaled = columns / scale[:, None]
    if through.any():  # the exact solution on these rows, of which the programme knows ten digits
        beta = beta + np.linalg.lstsq(scaled[:, through].T, residuals[through], rcond=None)[0] / scale
        residuals = np.where(through, 0.0, outcome - beta @ columns)
    scores = np.where(through, 0.0, q - (residuals < 0))
    scores[through] = np.linalg.lstsq(scaled[:, through], -(scaled @ scores), rcond=None)[0]
    return Minimum(beta, residuals, scores, unique)


def _density(residuals: Floats, q: float) -> Floats:
    """(n,) density of each error at the quantile with a Gaussian kernel (Powell 1991); X' diag(density) X is the inverse of the bread."""
    from scipy.special import ndtri

    width = hall_sheather(len(residuals), q)
    deviation = float(residuals.std())
    spread = min(deviation, float(np.subtract(*np.quantile(residuals, [0.75, 0.25]))) / 1.34) or deviation
    bandwidth = spread * float(ndtri(q + width) - ndtri(q - width))
    return np.asarray(np.exp(-((residuals / bandwidth) ** 2) / 2) / (np.sqrt(2 * np.pi) * bandwidth))


def _loss(residuals: Floats, q: float) -> float:
    return float((residuals * (q - (residuals < 0))).sum())


def _from_quantile(outcome: Floats, q: float) -> Floats:
    return np.asarray(outcome - np.quantile(outcome, q, method="inverted_cdf"))
