"""Two stages and k-class: 2SLS, LIML and Fuller on a prepared system.

Both are k-class: (W'(I - k M)W) b = W'(I - k M)y with W all regressors and M the residual maker of all exogenous variables. k = 1 is
two-stage least squares. LIML takes the smallest k for which I - k M is singular on the span of the outcome and the endogenous regressors,
which is 1 / (1 - s^2) with s the smallest canonical correlation of that span with the instruments (Anderson and Rubin 1949).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from toolkit.errors import NotEstimable
from toolkit.estimate.formula.spec import Spec, with_effects
from toolkit.estimate.formula.terms import Category, Column, Value
from toolkit.estimate.instruments.system import Projection, System
from toolkit.estimate.linear.least_squares import (
    assemble,
    fit_statistics,
    inference,
    perfect_fit,
    require_rows,
    slopes_f,
    uncentred_note,
)
from toolkit.estimate.linear.within import restore_intercept
from toolkit.estimate.results.derived import INTERCEPT
from toolkit.estimate.results.estimate import Estimate
from toolkit.estimate.results.statistics import f_statistic
from toolkit.estimate.rows.options import CovarianceInfo
from toolkit.estimate.solve.equations import LeastSquares, inverse_root, least_squares
from toolkit.estimate.solve.kernels import norms
from toolkit.numerics import Floats

Method = Literal["2sls", "liml", "fuller"]
_EXPLAINED = 1 - 1e-12  # a canonical correlation above this is one
METHODS: tuple[Method, ...] = ("2sls", "liml", "fuller")


def kappa_of(projection: Projection, method: Method) -> float:
    """The k of the estimator: 1, that of LIML, or that of Fuller (1977) with constant 1, which has moments."""
    if method == "2sls":
        return 1.0
    kappa = _liml_kappa(projection)
    return kappa if method == "liml" else kappa - 1.0 / projection.df


def _liml_kappa(projection: Projection) -> float:
    """1 / (1 - s^2); 1 when the model is exactly identified."""
    L, m = projection.on_endogenous.shape
    if m == L:
        return 1.0
    span = np.vstack([projection.outcome, projection.endogenous])
    directions = np.linalg.qr((span / np.linalg.norm(span, axis=1)[:, None]).T)[0]
    correlations = np.linalg.svd(projection.basis @ directions, compute_uv=False)
    if correlations[-1] > _EXPLAINED:
        raise NotEstimable(
            "LIML does not exist: the instruments explain the outcome and the endogenous regressors exactly",
            where=f"{projection.rows} rows, {L} instruments",
            remedy="use fewer instruments or more rows, or method='2sls'",
        )
    return float(1.0 / (1.0 - correlations[-1] ** 2))


def k_class(y: Floats, regressors: Floats, fitted: Floats, kappa: float, weights: Floats | None) -> LeastSquares:
    """The k-class estimate.

    Parameters
    ----------
    y : (n,) outcome.
    regressors : (k, n) all regressors.
    fitted : (k, n) their projection on all exogenous variables.
    kappa : 1 for two-stage least squares.
    weights : (n,) or None.

    Returns
    -------
    LeastSquares
        ``bread`` is the inverse of W'(I - k M)W; residuals are those of the regressors themselves, not of the fitted values.

    Examples
    --------
    >>> z = np.array([[-1.0, 0.0, 1.0]])
    >>> d = 2 * z + np.array([[0.5, -1.0, 0.5]])
    >>> k_class(3 * d[0], d, 2 * z, 1.0, None).beta.round(12)
    array([3.])
    """
    if kappa == 1.0:
        second = least_squares(y, fitted.T, weights)
        beta, bread, root, condition = second.beta, second.bread, second.root, second.condition
    else:
        transformed = fitted + (1.0 - kappa) * (regressors - fitted)
        weighted = transformed if weights is None else transformed * weights
        first = inverse_root(fitted, weights)  # in its units W'(I - k M)W is near the identity, however collinear W is
        system = (first.T @ weighted) @ (first.T @ regressors).T
        root = first @ _inverse_factor((system + system.T) / 2)
        bread, condition = root @ root.T, float(np.linalg.cond(norms(fitted, weights)[:, None] * first))
        beta = root @ (root.T @ (weighted @ y))
        beta = beta + root @ (root.T @ (weighted @ (y - beta @ regressors)))
    residuals = y - beta @ regressors
    rss = float(residuals @ residuals) if weights is None else float((residuals * weights) @ residuals)
    return LeastSquares(beta=beta, residuals=residuals, bread=bread, rss=rss, root=root, condition=condition)


def _inverse_factor(system: Floats) -> Floats:
    """(k, k) T with T T' the inverse of a positive definite matrix near the identity.

    Raises
    ------
    NotEstimable
        If it is not positive definite: k takes all that the instruments explain from some combination of the regressors.
    """
    try:
        return np.asarray(np.linalg.inv(np.linalg.cholesky(system)).T)
    except np.linalg.LinAlgError:
        raise NotEstimable(
            "LIML does not exist: the instruments explain some combination of the endogenous regressors no better than the outcome's",
            remedy="use method='2sls', or stronger instruments",
        ) from None


LIKELIHOOD = ("log_likelihood", "aic", "bic")


@dataclass(frozen=True)
class Equation:
    """One regression on the rows of a system.

    Attributes
    ----------
    spec : its own question.
    method : name of the estimator.
    outcome : row of the matrix, 0 for the outcome of the system.
    positions : design columns on the right, without the intercept.
    """

    spec: Spec
    method: str
    outcome: int
    positions: tuple[int, ...]


def stage(system: System, outcome: int) -> tuple[Estimate, Floats]:
    """Least squares of matrix row ``outcome`` on instruments and exogenous regressors.

    Returns the estimate and the residuals (n,). Row 0 gives the reduced form, the row of an endogenous regressor its first stage; the
    statistics hold ``f_instruments``, the Wald F of the excluded instruments with the covariance asked for, and ``partial_r2``.
    """
    positions = (*system.instruments, *system.exogenous)
    equation = Equation(
        stage_spec(system.spec, system.sample.names[outcome - 1] if outcome else ""),
        "within" if system.sample.effects else "pooled",
        outcome,
        positions,
    )
    columns = system.regressors(positions)
    require_rows(system.sample, len(columns), system.rank)
    y, w = system.sample.matrix[outcome], system.sample.weights
    fit = least_squares(y, columns.T, w)
    without = least_squares(y, system.regressors(system.exogenous).T, w)
    estimate = as_estimate(
        system=system,
        equation=equation,
        scores=columns,
        fit=fit,
        extra={"partial_r2": 1 - fit.rss / without.rss if without.rss > 0 else 0.0},
    )
    return replace(estimate, statistics={**estimate.statistics, **_f_instruments(system, estimate)}), fit.residuals


def as_estimate(system: System, equation: Equation, scores: Floats, fit: LeastSquares, extra: Mapping[str, float]) -> Estimate:
    """An Estimate from a solved equation.

    Parameters
    ----------
    scores : (k, n) columns that, times the residuals, are the scores: the regressors, or their projection.
    fit : coefficients with the intercept first if there is one.
    extra : statistics to add.
    """
    sample, moments = system.sample, system.moments
    names = system.names(equation.positions)
    terms = (INTERCEPT, *names) if system.intercept else names
    vcov, info, warnings = inference(sample=sample, columns=scores, fit=fit, terms=terms, rank=system.rank)
    beta = fit.beta
    at = [j + 1 for j in equation.positions]
    if system.intercept:
        beta, vcov = restore_intercept(beta, vcov, moments.means[at], float(moments.means[equation.outcome]))
    slopes = slice(1, None) if system.intercept else slice(None)
    length = float(np.sqrt(_square(sample.matrix[equation.outcome], sample.weights)))
    tss, means = float(moments.gram[equation.outcome, equation.outcome]), int(system.intercept or bool(sample.effects))
    statistics = fit_statistics(
        n=sample.rows, parameters=len(terms) + system.rank, rss=fit.rss, tss=tss, weights=sample.weights, means=means
    )
    if sample.effects:
        statistics["r2_within"] = 1 - fit.rss / length**2
    if equation.method in ("2sls", "liml", "fuller"):
        statistics = {name: value for name, value in statistics.items() if name not in LIKELIHOOD}
    return assemble(
        Estimate,
        replace(sample, spec=equation.spec),
        moments,
        equation.positions,
        method="instruments" if equation.method == "2sls" else equation.method,
        terms=terms,
        beta=beta,
        vcov=vcov,
        covariance=info,
        statistics=statistics | dict(extra) | slopes_f(beta[slopes], vcov[slopes, slopes], info.df_t),
        omitted=system.omitted,
        warnings=(*warnings, *perfect_fit(fit.rss, length, float(moments.size[equation.outcome])), *uncentred_note(statistics)),
        outcome=sample.raw(equation.outcome - 1) if equation.outcome else system.outcome,
        residuals=fit.residuals,
        left=equation.outcome,
    )


def joint_f(terms: tuple[str, ...], estimate: Estimate) -> tuple[float, float, float] | None:
    """F, df1, df2 that the coefficients of ``terms`` are zero; None when their covariance is singular (fewer clusters than terms)."""
    at = [estimate.terms.index(t) for t in terms]
    return joint_f_of(estimate.beta[at], estimate.vcov[np.ix_(at, at)], estimate.covariance)


def joint_f_of(beta: Floats, vcov: Floats, info: CovarianceInfo) -> tuple[float, float, float] | None:
    """F, df1, df2 of coefficients (q,) with covariance (q, q); None when it is singular."""
    found = slopes_f(beta, vcov, info.df_t)
    return (found["f"], found["f_df1"], found["f_df2"]) if found else None


def _f_instruments(system: System, estimate: Estimate) -> dict[str, float]:
    found = joint_f(system.names(system.instruments), estimate)
    return f_statistic("f_instruments", *found) if found else {}


def stage_spec(asked: Spec, name: str) -> Spec:
    """What a stage asks: the outcome, or the endogenous regressor ``name``, on instruments and exogenous regressors."""
    spec = replace(asked, terms=(*asked.instruments, *asked.terms), endogenous=(), instruments=())
    if name:
        plain: dict[str, Value] = {
            f.text: f for t in asked.endogenous for f in t.factors if len(t.factors) == 1 and not isinstance(f, Category)
        }
        spec = replace(spec, left=plain.get(name, Column(name)))
    return with_effects(spec, spec.effects)


def _square(values: Floats, weights: Floats | None) -> float:
    return float(values @ values if weights is None else (values * weights) @ values)
