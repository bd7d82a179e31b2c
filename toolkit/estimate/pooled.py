"""Pooled least squares."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.estimate.kept import keep_rows
from toolkit.estimate.kernels import norms
from toolkit.estimate.linear import Moments, centre, choose, column_means, counts_of, perfect_fit, solve
from toolkit.estimate.options import Options, read_options
from toolkit.estimate.predict import INTERCEPT
from toolkit.estimate.records import Covariance, SmallSample
from toolkit.estimate.result import Estimate
from toolkit.estimate.sample import Sample, select
from toolkit.estimate.source import source_of
from toolkit.estimate.spec import parse, refuse_effects, refuse_instruments
from toolkit.estimate.statistics import fit_statistics, slopes_f, uncentred_note
from toolkit.panel import Panel

Floats = NDArray[np.float64]


def fit_pooled(
    formula: str,
    data: Panel | pd.DataFrame,
    *,
    covariance: Covariance = "cluster",
    cluster: str | Sequence[str] | None = None,
    weights: str | None = None,
    small_sample: SmallSample = "reghdfe",
    bandwidth: int | None = None,
) -> Estimate:
    """Least squares on all rows together: y_it = a + x_it'b + e_it.

    Parameters
    ----------
    formula : ``"log(rd) ~ log(subsidy) + L(gdp, 1)"``; no absorbed effects.
    data : a panel, or a plain frame as a cross-section.
    covariance : "cluster" (default; by entity; on a cross-section HC1 unless ``cluster`` is named), "iid", "HC0" to "HC3",
        "driscoll_kraay".
    cluster, weights, small_sample, bandwidth : as in :func:`toolkit.estimate.within.fit_within`.

    Raises
    ------
    FormulaError, MissingColumn, NotNumeric, EmptySample, NothingToEstimate, TooFewClusters

    Examples
    --------
    >>> fit_pooled("y ~ x", pd.DataFrame({"y": [1.0, 3, 4, 8], "x": [0.0, 1, 2, 3]})).tidy()["estimate"].round(2).tolist()
    [0.7, 2.2]
    """
    source = source_of(data)
    spec = refuse_effects(refuse_instruments(parse(formula), "fit_pooled"), "fit_pooled")
    options = read_options(source, covariance, cluster, weights, small_sample, bandwidth)
    return pooled_estimate(select(spec, source, options), options, "pooled", {})


def uncentred(matrix: Floats, weights: Floats | None) -> Moments:
    """Moments of a fit without intercept: nothing is taken out, and lengths are counted from zero."""
    size = norms(matrix, weights)
    gram = (matrix if weights is None else matrix * weights) @ matrix.T
    means = matrix.mean(axis=1) if weights is None else (matrix @ weights) / weights.sum()
    return Moments(means, size, size, gram)


def pooled_estimate(sample: Sample, options: Options, method: str, extra: dict[str, float]) -> Estimate:
    """Least squares on chosen rows, with the intercept of the formula; works in place on ``sample.matrix``.

    With an intercept the columns are centred first and the constant is put back afterwards, so that large means cost no digits.
    """
    intercept, w = sample.spec.intercept, sample.weights
    outcome = sample.matrix[0].copy()
    moments = centre(sample.matrix, w) if intercept else uncentred(sample.matrix, w)
    kept, omitted = choose(sample, moments, (), intercept)
    columns = sample.matrix[1:] if len(kept) == len(sample.matrix) - 1 else sample.matrix[1:][kept]
    terms = tuple(sample.names[j] for j in kept)
    if intercept:
        columns, terms = np.vstack([np.ones(sample.rows), columns]), (INTERCEPT, *terms)
    fit, vcov, info, warnings = solve(sample, options, columns, terms, (), 0, "")
    beta = fit.beta
    if intercept:
        beta, vcov = restore_intercept(beta, vcov, moments.means[[j + 1 for j in kept]], float(moments.means[0]))
    tss = float(moments.gram[0, 0])
    slopes = slice(1, None) if intercept else slice(None)
    statistics = fit_statistics(sample.rows, len(terms), fit.rss, tss, w, int(intercept))
    statistics |= slopes_f(beta[slopes], vcov[slopes, slopes], info.df_t)
    about = (*perfect_fit(fit.rss, float(np.sqrt(tss)), float(moments.size[0])), *uncentred_note(statistics))
    return Estimate(
        method=method,
        spec=sample.spec,
        origin=sample.origin,
        terms=terms,
        beta=beta,
        vcov=vcov,
        counts=counts_of(sample, options),
        omitted=omitted,
        covariance=info,
        statistics=statistics | extra,
        weights=options.weights,
        warnings=(*warnings, *about),
        means=column_means(sample, moments, kept),
        columns=tuple(sample.columns[j] for j in kept),
        _rows=keep_rows(sample, outcome, fit.residuals),
    )


def restore_intercept(beta: Floats, vcov: Floats, means: Floats, outcome_mean: float) -> tuple[Floats, Floats]:
    """Coefficients and covariance of the raw columns from those of centred ones: a = a_c + mean(y) - mean(x)'b."""
    back = np.eye(len(beta))
    back[0, 1:] = -means
    shifted = back @ beta
    shifted[0] += outcome_mean
    return shifted, back @ vcov @ back.T
