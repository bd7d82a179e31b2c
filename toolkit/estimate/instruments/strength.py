"""How strong and how valid the instruments are: F statistics, rank tests, over-identification, endogeneity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toolkit.errors import UnknownOption
from toolkit.estimate.instruments.stages import joint_f_of
from toolkit.estimate.instruments.system import Projection, System, quadratic_form
from toolkit.estimate.linear.least_squares import inference
from toolkit.estimate.results.outcome import TestResult, chi2, f
from toolkit.estimate.results.statistics import f_tail
from toolkit.estimate.solve.equations import least_squares
from toolkit.estimate.solve.kernels import norms
from toolkit.numerics import SINGULAR, Floats
from toolkit.report import number, p_number


@dataclass(frozen=True)
class EffectiveF:
    """The effective F statistic of Montiel Olea and Pflueger (2013), for one endogenous regressor.

    F = |P d|^2 / tr(V) with V the covariance of the first-stage coefficients on orthonormal instruments. Its critical value comes from
    Patnaik's approximation: with x = 1/tau, K = tr(V)^2 (1 + 2x) / (tr(V^2) + 2 x tr(V) max eig(V)) the value is the quantile of a
    noncentral chi-squared with K degrees of freedom and noncentrality x K, over K. This is their simplified rule, which bounds the bias for
    every direction of the true parameters.

    Attributes
    ----------
    statistic : the effective F.
    trace, trace_of_square, largest : of V.
    """

    statistic: float
    trace: float
    trace_of_square: float
    largest: float

    def degrees(self, tau: float = 0.10) -> float:
        """K, the effective degrees of freedom; 1 for one instrument."""
        if not 0 < tau < 1:
            raise UnknownOption(f"tau={tau} is no share of the worst-case bias", remedy="a number between 0 and 1, such as 0.10")
        x = 1.0 / tau
        return self.trace**2 * (1 + 2 * x) / (self.trace_of_square + 2 * x * self.trace * self.largest)

    def critical_value(self, tau: float = 0.10, alpha: float = 0.05) -> float:
        """The value above which a bias beyond ``tau`` of the worst case is rejected at level ``alpha``.

        Examples
        --------
        >>> round(EffectiveF(30.0, 1.0, 1.0, 1.0).critical_value(), 2)
        23.11
        """
        from scipy.special import chndtrix

        if not 0 < alpha < 1:
            raise UnknownOption(f"alpha={alpha} is no level of a test", remedy="a number between 0 and 1, such as 0.05")
        degrees = self.degrees(tau)
        return float(chndtrix(1 - alpha, degrees, degrees / tau) / degrees)


def effective_f(projection: Projection) -> EffectiveF | None:
    """The effective F; None with several endogenous regressors or a covariance of zero."""
    if len(projection.endogenous) != 1:
        return None
    first = projection.on_endogenous[:, 0]
    spread = projection.covariance(projection.unexplained(projection.endogenous))
    trace = float(np.trace(spread))
    if trace <= 0:
        return None
    return EffectiveF(float(first @ first) / trace, trace, float(np.sum(spread * spread)), float(np.linalg.eigvalsh(spread)[-1]))


def canonical_correlation(projection: Projection) -> float:
    """Smallest canonical correlation of the endogenous regressors with the instruments, exogenous regressors partialled out."""
    return float(_canonical(projection)[1][-1])


def cragg_donald_f(projection: Projection) -> float:
    """r^2 / (1 - r^2) times df / L, r the smallest canonical correlation (Cragg and Donald 1993)."""
    r = canonical_correlation(projection)
    return float(np.inf) if r >= 1 else r**2 / (1 - r**2) * projection.df / projection.instruments


def rk_lm(projection: Projection) -> float | None:
    """The rk LM statistic of Kleibergen and Paap (2006) that the first-stage coefficients have rank m - 1; chi-squared, L - m + 1 df.

    With t the coefficients in units that make instruments and endogenous regressors orthonormal, t = U S V', lambda = U2' t v2 for the
    smallest singular value, and rk = lambda' (U2' W U2)^-1 lambda. W is the covariance of the scores of the instruments with the errors
    of the direction v2 under no relation, which are the regressors themselves, as in the Stata command ranktest; no small-sample factor.
    None when W is singular.
    """
    smallest, free = _weakest(projection)
    return quadratic_form(free.T @ projection.basis @ smallest, free.T @ projection.meat(smallest[None, :]) @ free)


def rk_wald_f(projection: Projection) -> float | None:
    """The rk Wald statistic over L: W from the first-stage residuals, with their small-sample factor.

    With one endogenous regressor it is the F of the first stage; under homoskedasticity it is the F of Cragg and Donald.
    """
    smallest, free = _weakest(projection)
    spread = projection.covariance(projection.unexplained(smallest[None, :]))
    statistic = quadratic_form(free.T @ projection.basis @ smallest, free.T @ spread @ free)
    return None if statistic is None else statistic / projection.instruments


def conditional_f(projection: Projection, j: int) -> float | None:
    """F of the instruments for endogenous regressor ``j`` given the others (Sanderson and Windmeijer 2016), L - m + 1 df.

    The residual of a two-stage least squares regression of the regressor on the other endogenous ones is regressed on the instruments.
    """
    others = np.delete(np.arange(len(projection.endogenous)), j)
    first, rest = projection.on_endogenous[:, j], projection.on_endogenous[:, others]
    scale = np.linalg.norm(rest, axis=0)
    slopes = np.linalg.lstsq(rest / scale, first, rcond=None)[0] / scale
    error = projection.endogenous[j] - slopes @ projection.endogenous[others]
    wald = quadratic_form(first - rest @ slopes, projection.covariance(projection.unexplained(error[None, :])))
    return None if wald is None else wald / (projection.instruments - len(others))


def _weakest(projection: Projection) -> tuple[Floats, Floats]:
    """The direction (n,) of the endogenous regressors that the instruments explain least, and U2 (L, L - m + 1)."""
    directions, _, left, right = _canonical(projection)
    return right[-1] @ directions, left[:, len(right) - 1 :]


def _canonical(projection: Projection) -> tuple[Floats, Floats, Floats, Floats]:
    """Orthonormal directions (m, n) of the endogenous regressors, and the singular value decomposition of basis times directions."""
    size = np.linalg.norm(projection.endogenous, axis=1)
    directions = np.linalg.qr((projection.endogenous / size[:, None]).T)[0].T
    left, values, right = np.linalg.svd(projection.basis @ directions.T, full_matrices=True)
    return directions, values, left, right


@dataclass(frozen=True)
class FirstStageStrength:
    """How well the instruments explain one endogenous regressor.

    Attributes
    ----------
    term : the regressor.
    partial_r2 : share of its variation, exogenous regressors and effects partialled out, that the instruments explain.
    f, f_df1, f_df2, f_p : Wald F of the instruments with the covariance asked for; None when that covariance is singular.
    conditional_f, conditional_df1, conditional_p : Sanderson and Windmeijer's F given the other endogenous regressors; equal to ``f`` if
        there is no other.
    """

    term: str
    partial_r2: float
    f: float | None
    f_df1: float
    f_df2: float
    f_p: float | None
    conditional_f: float | None
    conditional_df1: float
    conditional_p: float | None


@dataclass(frozen=True)
class ReportRow:
    """One statistic of the report; what it does not have is None or empty."""

    statistic: str
    value: float
    term: str = ""
    df1: float | None = None
    df2: float | None = None
    p_value: float | None = None
    critical_value: float | None = None
    null: str = ""
    note: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """statistic, term, value, degrees of freedom, p, critical value and null as they are shown."""
        df = ", ".join(f"{d:g}" for d in (self.df1, self.df2) if d is not None)
        p = "" if self.p_value is None else p_number(self.p_value)
        critical = "" if self.critical_value is None else number(self.critical_value)
        return self.statistic, self.term, number(self.value), df, p, critical, self.null


def first_stage_strength(projection: Projection, j: int, term: str, found: tuple[float, float, float] | None) -> FirstStageStrength:
    """The record of endogenous regressor ``j``; ``found`` is F of its instruments with its degrees of freedom."""
    total = projection.endogenous[j]
    given = projection.instruments - len(projection.endogenous) + 1
    conditional = conditional_f(projection, j) if len(projection.endogenous) > 1 else (found[0] if found else None)
    return FirstStageStrength(
        term=term,
        partial_r2=float(projection.on_endogenous[:, j] @ projection.on_endogenous[:, j] / (total @ total)),
        f=found[0] if found else None,
        f_df1=float(projection.instruments),
        f_df2=projection.df_t,
        f_p=f_tail(*found) if found else None,
        conditional_f=conditional,
        conditional_df1=float(given),
        conditional_p=None if conditional is None else f_tail(conditional, given, projection.df_t),
    )


EXPLAINED_FULLY = 1e-9  # first-stage residuals below this share of the regressor are rounding


def over_identification(projection: Projection, slopes: Floats) -> TestResult | None:
    """Sargan's or Hansen's J; None when the model is exactly identified or the covariance of the moments is singular.

    iid: J = n e'P e / e'e with the residuals of the estimate (Sargan 1958). Otherwise J = min over b of g(b)' S^-1 g(b), g(b) the
    moments at b and S their covariance at the estimate: the minimum of two-step efficient GMM (Hansen 1982). Both are chi-squared with
    L - m degrees of freedom, without a small-sample factor.

    Parameters
    ----------
    slopes : (m,) coefficients of the endogenous regressors.
    """
    df = projection.instruments - len(slopes)
    if df == 0:
        return None
    errors = projection.outcome - slopes @ projection.endogenous
    moments = projection.basis @ errors
    if projection.options.covariance == "iid":
        return chi2("Sargan", "all instruments are valid", float(moments @ moments / (errors @ errors)) * projection.rows, df)
    spread = projection.meat(errors[None, :])
    if np.linalg.eigvalsh(spread)[0] < SINGULAR * np.linalg.eigvalsh(spread)[-1]:
        return None
    # in units of the moments' covariance the minimum over b is a residual sum of squares
    root = np.linalg.cholesky(spread)
    outcome = np.linalg.solve(root, projection.on_outcome)
    regressors = np.linalg.solve(root, projection.on_endogenous)
    left = outcome - regressors @ np.linalg.lstsq(regressors, outcome, rcond=None)[0]
    return chi2("Hansen J", "all instruments are valid", float(left @ left), df)


def endogeneity(system: System, first_stage_residuals: Floats) -> TestResult | None:
    """Durbin-Wu-Hausman in regression form: the first-stage residuals (m, n) added to least squares of the outcome on all regressors.

    Wald F of their coefficients with the covariance asked for; None when it is singular, when no rows are left for it, or when the
    instruments explain a regressor exactly, so that its residuals are rounding.
    """
    sample, m = system.sample, len(first_stage_residuals)
    if (norms(first_stage_residuals, sample.weights) <= EXPLAINED_FULLY * norms(system.rows(system.endogenous), sample.weights)).any():
        return None
    columns = np.vstack([system.regressors((*system.endogenous, *system.exogenous)), first_stage_residuals])
    if sample.rows <= len(columns) + system.rank:
        return None
    fit = least_squares(sample.matrix[0], columns.T, sample.weights)
    names = (*system.names(system.endogenous), *system.names(system.exogenous))
    vcov, info, _ = inference(sample=sample, columns=columns, fit=fit, terms=names, rank=system.rank)
    found = joint_f_of(fit.beta[-m:], vcov[-m:, -m:], info)
    null = f"{', '.join(system.names(system.endogenous))} exogenous"
    return f("Durbin-Wu-Hausman", null, found[0], (found[1], found[2])) if found else None
