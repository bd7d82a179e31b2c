"""Spatial models of a panel or a cross-section by quasi-maximum likelihood, and the tests that choose among them."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd

from toolkit.errors import UnknownOption
from toolkit.estimate.formula.spec import Spec
from toolkit.estimate.linear.least_squares import assemble
from toolkit.estimate.results.outcome import TestResult, chi2
from toolkit.estimate.rows.options import CovarianceInfo, one_of
from toolkit.estimate.spatial.arrays import Arrays, arrange
from toolkit.estimate.spatial.likelihood import MOST_EIGENVALUES, Point, Problem, maximise
from toolkit.estimate.spatial.result import SpatialEstimate
from toolkit.language import Note, Text, note
from toolkit.numerics import Floats
from toolkit.panel import Panel
from toolkit.transform.neighbours import Weights

Model = Literal["SAR", "SEM", "SDM", "SDEM", "SLX", "SAC"]
_LAG, _ERROR, _DURBIN = ("SAR", "SDM", "SAC"), ("SEM", "SDEM", "SAC"), ("SDM", "SDEM", "SLX")
ISLANDS = Text(
    "{count} of the entities without neighbours: the eigenvalue of the time effects counts by the share of the others, {share:.3f}",
    "{count}个单元无邻居：时间效应对应的特征值按其余单元的占比{share:.3f}计入",
)
LEE_YU = note("lee_yu", Text("effects removed by the transformation of Lee and Yu (2010)", "固定效应按Lee和Yu（2010）的变换消除"))


def fit_spatial(
    formula: str | Spec,
    data: Panel | pd.DataFrame,
    weights: Weights,
    *,
    model: Model = "SDM",
    covariance: Literal["information", "cluster"] = "information",
) -> SpatialEstimate:
    r"""Quasi-maximum likelihood of

    .. math:: y_t = \rho W y_t + X_t\beta + W X_t\theta + a + g_t + u_t, \qquad u_t = \lambda W u_t + e_t.

    =====  ===  =====  ======
    model  rho  theta  lambda
    =====  ===  =====  ======
    SAR    x
    SEM                x
    SAC    x           x
    SDM    x    x
    SDEM        x      x
    SLX         x
    =====  ===  =====  ======

    Effects of entities and of time are removed by the orthonormal transformation of Lee and Yu (2010), which leaves (N - 1)(T - 1) rows
    and, of the determinant, T - 1 periods without the eigenvalue of the time effects: no bias in the variance is left to correct. Under
    a spatial lag an island keeps its place: that eigenvalue then counts by the share s of the entities that have neighbours,
    :math:`\ln|I - \rho W| - s \ln(1 - \rho)`, which gives the score the mean zero (an adjusted score in the sense of Yang 2018).

    Parameters
    ----------
    formula : ``"log(rd) ~ log(subsidy) | province + year"``; without a bar nothing is absorbed and there is a constant.
    data : a balanced panel, or a plain frame: a cross-section whose index names the entities.
    weights : links between exactly the entities of the data, in any order; row-standardise them first (``weights.row_standardised()``).
    model : which of the coefficients is estimated.
    covariance : "information" (observed, for independent normal errors) or "cluster" (by entity: any pattern over its periods).

    Raises
    ------
    UnknownOption, FormulaError, MissingColumn, NotNumeric, EmptySample, NothingToEstimate
    UnknownName, EstimationError
        If the weights miss or add an entity, cells of the panel are missing, or time effects meet weights that are not row-standardised
        or, in a model of spatial errors, islands.
    NotConverged
        If the likelihood has no maximum inside the region; the message has its path.

    References
    ----------
    Lee and Yu (2010), Journal of Econometrics 154(2); Yang (2018), Journal of Econometrics 205(2); Elhorst (2014), Spatial Econometrics;
    Anselin (1988).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> ring = Weights((np.roll(np.eye(60), 1, axis=1) + np.roll(np.eye(60), -1, axis=1)) / 2, tuple(range(60)))
    >>> frame = pd.DataFrame({"x": rng.normal(size=60)})
    >>> frame["y"] = np.linalg.solve(np.eye(60) - 0.5 * ring.matrix, 1 + frame["x"] + 0.1 * rng.normal(size=60))
    >>> fit_spatial("y ~ x", frame, ring, model="SAR").beta.round(1).tolist()
    [1.0, 1.0, 0.5]
    """
    one_of("model", model, tuple(dict.fromkeys((*_LAG, *_ERROR, *_DURBIN))))
    one_of("covariance", covariance, ("information", "cluster"))
    arrays = arrange(formula, data, weights, durbin=model in _DURBIN, error=model in _ERROR)
    problem = arrays.problem(lag=model in _LAG, error=model in _ERROR)
    point = maximise(problem)
    notes: tuple[Note, ...] = () if weights.convention is None else (weights.convention,)
    if arrays.sample.effects:
        notes = (*notes, LEE_YU)
    if 0 < arrays.share < 1:
        notes = (*notes, note("islands", ISLANDS, count=len(arrays.links.islands), share=arrays.share))
    name = arrays.sample.source.entity
    if covariance == "cluster" and name is None:
        raise UnknownOption(
            "a cross-section has one row for each entity to cluster", remedy="use covariance='information', or pass a Panel"
        )
    counts = ((name, len(weights.ids)),) if name is not None and covariance == "cluster" else ()
    if covariance == "cluster":
        vcov, info = by_entity(arrays, problem, point, notes)
    else:
        vcov, info = from_information(point, notes)
    p = problem.count
    keep = [j for j in range(len(vcov)) if j != p]
    estimate = assemble(
        SpatialEstimate,
        arrays.sample,
        arrays.moments,
        arrays.kept,
        method=model.lower(),
        terms=(*arrays.terms, *["rho"] * problem.lag, *["lambda"] * problem.error),
        beta=np.concatenate([point.beta, point.free]),
        vcov=vcov[np.ix_(keep, keep)],
        covariance=info,
        statistics={
            "log_likelihood": point.log_likelihood,
            "aic": 2 * (p + 1 + len(point.free)) - 2 * point.log_likelihood,
            "sigma2": point.sigma2,
        },
        omitted=arrays.omitted,
        warnings=(),
        outcome=arrays.outcome,
        residuals=(point.residual @ arrays.columns)[arrays.place],
    )
    return replace(estimate, counts=replace(estimate.counts, clusters=counts), links=arrays.links, determinant=problem.determinant)


def lagrange_tests(formula: str | Spec, data: Panel | pd.DataFrame, weights: Weights) -> tuple[TestResult, ...]:
    """Lagrange multiplier tests on the residuals of the model without space: lag, error, each robust to the other, and both.

    Parameters
    ----------
    formula, data, weights : as in :func:`fit_spatial`; with effects the tests are those of the transformed rows.

    References
    ----------
    Anselin, Bera, Florax and Yoon (1996), Regional Science and Urban Economics 26; Anselin, Le Gallo and Jayet (2008) for panels.
    """
    arrays = arrange(formula, data, weights, durbin=False, error=True)
    p = len(arrays.terms)
    q, r = np.linalg.qr(arrays.x[0].T)
    beta = np.linalg.solve(r, q.T @ arrays.y[0])
    e, around = arrays.y[0] - beta @ arrays.x[0], beta @ arrays.x[1]
    s2 = float(e @ e) / arrays.rows
    by_lag, by_error = float(e @ arrays.y[1]) / s2, float(e @ (arrays.y[1] - around)) / s2
    w, n = arrays.links.sparse, len(arrays.links.ids)
    trace = float((w * w.T).sum() + (w * w).sum())
    if arrays.share:  # the transformed weights have the trace -1, and with it both scores a mean that sigma squared shares
        trace -= 1 + float((w.sum(axis=0) ** 2).sum()) / n + 2 / (n - 1)
        by_lag, by_error = by_lag + arrays.periods, by_error + arrays.periods
    trace *= arrays.periods
    unexplained = around - q @ (q.T @ around) if p else around
    both = float(unexplained @ unexplained) / s2 + trace
    robust_lag = (by_lag - by_error) ** 2 / (both - trace)
    robust_error = (by_error - by_lag * trace / both) ** 2 / (trace * (1 - trace / both))
    error = by_error**2 / trace
    return (
        chi2("LM lag", "rho = 0", by_lag**2 / both, 1),
        chi2("LM error", "lambda = 0", error, 1),
        chi2("robust LM lag", "rho = 0, whatever lambda", robust_lag, 1),
        chi2("robust LM error", "lambda = 0, whatever rho", robust_error, 1),
        chi2("LM both", "rho = lambda = 0", robust_lag + error, 2),
    )


def from_information(point: Point, notes: tuple[Note, ...]) -> tuple[Floats, CovarianceInfo]:
    """The inverse of the observed information for (beta, sigma2, rho, lambda): errors alike, independent and normal."""
    info = CovarianceInfo(
        kind="information", clusters=(), small_sample="none", factor="1", factor_value=1.0, df_t=np.inf, notes=notes, parameters=0
    )
    return np.asarray(np.linalg.inv(point.information)), info


def by_entity(arrays: Arrays, problem: Problem, point: Point, notes: tuple[Note, ...]) -> tuple[Floats, CovarianceInfo]:
    r"""The sandwich for errors that are independent between entities and follow any pattern within them.

    The score of each parameter is linear and quadratic in the errors, :math:`(\eta'e + e'He)/\sigma^2` less its mean. Let e_i be the T
    errors of entity i: the linear part and the diagonal of H give one term for each entity, and the rest one for each pair,
    :math:`(h_{ij} + h_{ji}) e_i'e_j`, of which all are uncorrelated. Their squares and products add up to the middle of the sandwich,
    whatever the order of the entities (Kelejian and Prucha 2010, here with T errors for each of them).

    Raises
    ------
    UnknownOption
        If there are too many entities for N by N arrays.
    """
    n = len(arrays.links.ids)
    if n > MOST_EIGENVALUES:
        raise UnknownOption(
            f"covariance='cluster' needs arrays of {n} by {n} entities", remedy=f"use covariance='information' beyond {MOST_EIGENVALUES}"
        )
    rho, lam = problem.spread(point.free)
    p, s2 = problem.count, point.sigma2
    columns = arrays.columns
    # t: periods, i and j: entities, k and l: parameters (p slopes, sigma2, then rho and lambda if estimated); e is (t, i)
    e = (point.residual @ columns).reshape(-1, n)
    w, identity = arrays.links.matrix, np.eye(n)
    centre = (
        identity - 1 / n if arrays.share else identity
    )  # e is Ju where time effects are absorbed: u'JHJu is what the entities add up to
    error = np.linalg.inv(identity - lam * w)
    # each score is linear (t, i) plus quadratic (i, j) in the errors: slopes have no quadratic part, sigma2 no linear one
    linear = [row.reshape(-1, n) for row in columns[3 : 3 + p] - lam * columns[3 + p :]]
    moved = (columns[1] - lam * columns[2]).reshape(-1, n)  # what rho multiplies: a linear part and, through the errors, a quadratic one
    quadratic = [np.zeros((n, n))] * p
    linear.append(np.zeros_like(e))
    quadratic.append(centre / (2 * s2))
    if problem.lag:
        quadratic.append(centre @ (identity - lam * w) @ w @ np.linalg.inv(identity - rho * w) @ error @ centre)
        linear.append(moved - e @ quadratic[-1].T)
    if problem.error:
        linear.append(np.zeros_like(e))
        quadratic.append(centre @ w @ error @ centre)
    lines, squares = np.stack(linear), np.stack(quadratic)
    # terms of one entity, less their mean, and terms of a pair i < j; all uncorrelated, so squares add up
    own = np.einsum("kti,ti->ki", lines, e) + np.einsum("kii->ki", squares) * ((e**2).sum(axis=0) - problem.periods * s2)
    pairs = np.triu(squares + squares.transpose(0, 2, 1), 1) * (e.T @ e)
    middle = (own @ own.T + np.einsum("kij,lij->kl", pairs, pairs)) / s2**2 * (n / (n - 1))
    bread = np.linalg.inv(point.information)
    name = arrays.sample.source.entity
    info = CovarianceInfo(
        kind="cluster",
        clusters=(name,) if name else (),
        small_sample="none",
        factor="G/(G-1)",
        factor_value=n / (n - 1),
        df_t=float(n - 1),
        notes=notes,
    )
    return np.asarray(bread @ middle @ bread), info
