"""The regressions around an instrumental-variables estimate: first stages, reduced form, second stage, each as an Estimate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from toolkit.estimate.instruments.system import System
from toolkit.estimate.kept import keep_rows
from toolkit.estimate.kernels import LeastSquares, least_squares
from toolkit.estimate.linear import counts_of, inference, perfect_fit, require_rows
from toolkit.estimate.pooled import restore_intercept
from toolkit.estimate.predict import INTERCEPT
from toolkit.estimate.records import CovarianceInfo
from toolkit.estimate.result import Estimate
from toolkit.estimate.spec import Spec, with_effects
from toolkit.estimate.statistics import f_test, fit_statistics, slopes_f, uncentred_note
from toolkit.estimate.terms import Category, Column, Value

Floats = NDArray[np.float64]
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
    equation = Equation(_stage_spec(system, outcome), "within" if system.sample.effects else "pooled", outcome, positions)
    columns = system.regressors(positions)
    require_rows(system.sample, len(columns), system.rank)
    y, w = system.sample.matrix[outcome], system.sample.weights
    fit = least_squares(y, columns.T, w)
    without = least_squares(y, system.regressors(system.exogenous).T, w)
    estimate = as_estimate(system, equation, columns, fit, {"partial_r2": 1 - fit.rss / without.rss if without.rss > 0 else 0.0})
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
    vcov, info, warnings = inference(sample, system.options, scores, fit, terms, sample.named_effects, system.rank, system.entity)
    beta = fit.beta
    at = [j + 1 for j in equation.positions]
    if system.intercept:
        beta, vcov = restore_intercept(beta, vcov, moments.means[at], float(moments.means[equation.outcome]))
    slopes = slice(1, None) if system.intercept else slice(None)
    length = float(np.sqrt(_square(sample.matrix[equation.outcome], sample.weights)))
    tss, means = float(moments.gram[equation.outcome, equation.outcome]), int(system.intercept or bool(sample.effects))
    statistics = fit_statistics(sample.rows, len(terms) + system.rank, fit.rss, tss, sample.weights, means)
    if sample.effects:
        statistics["r2_within"] = 1 - fit.rss / length**2
    if equation.method in ("2sls", "liml", "fuller"):
        statistics = {name: value for name, value in statistics.items() if name not in LIKELIHOOD}
    return Estimate(
        method="instruments" if equation.method == "2sls" else equation.method,
        spec=equation.spec,
        origin=sample.origin,
        terms=terms,
        beta=beta,
        vcov=vcov,
        counts=counts_of(sample, system.options),
        omitted=system.omitted,
        covariance=info,
        statistics=statistics | dict(extra) | slopes_f(beta[slopes], vcov[slopes, slopes], info.df_t),
        effects=sample.spec.absorb,
        weights=system.options.weights,
        warnings=(*warnings, *perfect_fit(fit.rss, length, float(moments.size[equation.outcome])), *uncentred_note(statistics)),
        means={equation.spec.outcome: float(moments.means[equation.outcome])} | dict(zip(names, moments.means[at].tolist(), strict=True)),
        columns=tuple(sample.columns[j] for j in equation.positions),
        _rows=keep_rows(sample, sample.raw(equation.outcome - 1) if equation.outcome else system.outcome, fit.residuals),
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
    return f_test(*found, "f_instruments") if found else {}


def _stage_spec(system: System, outcome: int) -> Spec:
    """What a stage asks: the outcome, or an endogenous regressor, on instruments and exogenous regressors."""
    spec = replace(system.spec, terms=(*system.spec.instruments, *system.spec.terms), endogenous=(), instruments=())
    if outcome:
        name = system.sample.names[outcome - 1]
        plain: dict[str, Value] = {
            f.text: f for t in system.spec.endogenous for f in t.factors if len(t.factors) == 1 and not isinstance(f, Category)
        }
        spec = replace(spec, left=plain.get(name, Column(name)))
    return with_effects(spec, spec.effects)


def _square(values: Floats, weights: Floats | None) -> float:
    return float(values @ values if weights is None else (values * weights) @ values)
