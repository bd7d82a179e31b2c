"""Whether the instruments agree with each other, and whether they were needed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from toolkit.estimate.diagnostics.outcome import TestResult, chi2, f
from toolkit.estimate.instruments.projection import Projection
from toolkit.estimate.instruments.stages import joint_f_of
from toolkit.estimate.instruments.system import System
from toolkit.estimate.kernels import least_squares, norms
from toolkit.estimate.linear import inference

Floats = NDArray[np.float64]

SINGULAR = 1e-12  # smallest eigenvalue of the covariance of the moments, relative to the largest
ROUNDING = 1e-9  # first-stage residuals below this share of the regressor are rounding


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
    if (norms(first_stage_residuals, sample.weights) <= ROUNDING * norms(system.rows(system.endogenous), sample.weights)).any():
        return None
    columns = np.vstack([system.regressors((*system.endogenous, *system.exogenous)), first_stage_residuals])
    if sample.rows <= len(columns) + system.rank:
        return None
    fit = least_squares(sample.matrix[0], columns.T, sample.weights)
    names = (*system.names(system.endogenous), *system.names(system.exogenous))
    vcov, info, _ = inference(sample, system.options, columns, fit, names, sample.named_effects, system.rank, system.entity)
    found = joint_f_of(fit.beta[-m:], vcov[-m:, -m:], info)
    null = f"{', '.join(system.names(system.endogenous))} exogenous"
    return f("Durbin-Wu-Hausman", null, found[0], (found[1], found[2])) if found else None
