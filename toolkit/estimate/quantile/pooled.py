"""Koenker and Bassett's quantile regression with the covariance of the linear estimators."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from toolkit.estimate.covariance import Design, estimate_covariance, few_clusters
from toolkit.estimate.engines import check_function_slopes
from toolkit.estimate.linear import centre, choose, column_means, counts_of, require_rows
from toolkit.estimate.options import Options
from toolkit.estimate.pooled import restore_intercept, uncentred
from toolkit.estimate.predict import INTERCEPT
from toolkit.estimate.quantile.result import QuantileFit
from toolkit.estimate.quantile.sparsity import hall_sheather
from toolkit.estimate.result import Estimate
from toolkit.estimate.sample import Sample

Floats = NDArray[np.float64]


def pooled_fit(sample: Sample, options: Options, quantiles: tuple[float, ...]) -> QuantileFit:
    """The estimates on chosen rows; works in place on ``sample.matrix``."""
    intercept = sample.spec.intercept
    moments = centre(sample.matrix, None) if intercept else uncentred(sample.matrix, None)
    kept, omitted = choose(sample, moments, (), intercept)
    terms = tuple(sample.names[j] for j in kept)
    columns = sample.matrix[1:][kept]
    if intercept:
        columns, terms = np.vstack([np.ones(sample.rows), columns]), (INTERCEPT, *terms)
    require_rows(sample, len(terms), 0)
    estimates = []
    for q in quantiles:
        beta = check_function_slopes(sample.matrix[0], columns, q)
        residuals = sample.matrix[0] - beta @ columns
        bread = np.linalg.inv(_hessian(residuals, columns, q))
        side = q - (residuals < 0)  # the derivative of the check function
        design = Design(columns, side, (bread + bread.T) / 2, 0.0, None, (), 0, "", sample.clusters, sample.calendar)
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
                warnings=tuple(few_clusters(options.clusters, sample.clusters)),
                means=column_means(sample, moments, kept),
                columns=tuple(sample.columns[j] for j in kept),
            )
        )
    return QuantileFit(quantiles, tuple(estimates))


def _hessian(residuals: Floats, columns: Floats, q: float) -> Floats:
    """(k, k) sum of f_i x_i x_i' with a Gaussian kernel (Powell 1991); columns are scaled, so that it can be inverted."""
    from scipy.special import ndtri

    n = len(residuals)
    width = hall_sheather(n, q)
    spread = min(float(residuals.std()), float(np.subtract(*np.quantile(residuals, [0.75, 0.25]))) / 1.34) or float(residuals.std())
    bandwidth = spread * float(ndtri(q + width) - ndtri(q - width))
    weights = np.exp(-((residuals / bandwidth) ** 2) / 2) / (np.sqrt(2 * np.pi) * bandwidth)
    return np.asarray((columns * weights) @ columns.T)


def _loss(residuals: Floats, q: float) -> float:
    return float((residuals * (q - (residuals < 0))).sum())


def _from_quantile(outcome: Floats, q: float) -> Floats:
    return np.asarray(outcome - np.quantile(outcome, q, method="inverted_cdf"))
