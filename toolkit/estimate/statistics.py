"""Statistics of a linear fit, each under its own name.

==================  =================================================================================================
r2                  1 - RSS/TSS, everything in the model counted (absorbed effects included)
r2_inclusive        the same number, under the name linearmodels gives it (fixest and pyfixest: r2)
r2_within           1 - RSS/TSS of the outcome with all absorbed effects removed
r2_between          squared correlation of the entity means of y and of x'b (Stata: xtreg)
r2_overall          squared correlation of y and x'b, absorbed effects not in x'b (Stata: xtreg)
r2_uncentred        r2 once more, where TSS is counted from zero because the model has neither a constant nor effects
adj_r2              1 - (1 - r2) (N - c) / (N - K), K all parameters, c = 1; c = 0 where r2 is uncentred (R: lm; Stata: regress, noconstant)
rmse                sqrt(RSS / N)
sigma_e             sqrt(RSS / (N - K))
sigma_u             standard deviation over entities of the estimated entity effects (Stata: xtreg, fe)
rho                 sigma_u^2 / (sigma_u^2 + sigma_e^2)
f, f_df1, f_df2     Wald F of all slopes with the covariance of the estimate
f_effects           F test that all absorbed effects are equal, from residual sums of squares
log_likelihood      Gaussian, at RSS / N;  aic, bic count all parameters
==================  =================================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from toolkit.language import Note, Text, note

Floats = NDArray[np.float64]


UNCENTRED = Text(
    "R² is uncentred: no constant is estimated, so that the total sum of squares is counted from zero. Do not compare it with the R² of "
    "a model with a constant.",
    "R²为非中心化R²：未估计常数项，总平方和以零为基准计算，不能与含常数项模型的R²直接比较。",
)


def fit_statistics(n: int, parameters: int, rss: float, tss: float, weights: Floats | None, means: int = 1) -> dict[str, float]:
    """r2, adj_r2, rmse, sigma_e, and the likelihood when the residuals are not zero.

    Parameters
    ----------
    n : rows.
    parameters : all estimated parameters, absorbed effects included.
    rss, tss : weighted residual and total sum of squares.
    means : 1 if the total sum of squares is around the mean, 0 if it is around zero.

    Examples
    --------
    >>> fit_statistics(10, 2, 1.0, 5.0, None)["adj_r2"], fit_statistics(10, 2, 1.0, 5.0, None, means=0)["adj_r2"]
    (0.775, 0.75)
    """
    found: dict[str, float] = {}
    if tss > 0:
        found["r2"] = 1 - rss / tss
        found |= {} if means else {"r2_uncentred": found["r2"]}
        found["adj_r2"] = 1 - (rss / tss) * (n - means) / (n - parameters)
    found["rmse"] = float(np.sqrt(rss / n))
    found["sigma_e"] = float(np.sqrt(rss / (n - parameters)))
    if rss > 0:
        shift = 0.0 if weights is None else float(np.log(weights).sum()) / 2
        found["log_likelihood"] = -n / 2 * (np.log(2 * np.pi * rss / n) + 1) + shift
        found["aic"] = -2 * found["log_likelihood"] + 2 * parameters
        found["bic"] = -2 * found["log_likelihood"] + np.log(n) * parameters
    return {name: float(value) for name, value in found.items()}


def uncentred_note(statistics: Mapping[str, float]) -> list[Note]:
    """The note of an estimate whose r2 is uncentred."""
    return [note("r2_uncentred", UNCENTRED)] if "r2_uncentred" in statistics else []


def f_test(statistic: float, df1: float, df2: float, name: str) -> dict[str, float]:
    """An F statistic with its degrees of freedom and p value under keys that start with ``name``; infinite df2: df1 F is chi-squared."""
    from scipy.special import chdtrc, fdtrc

    p_value = chdtrc(df1, df1 * statistic) if np.isinf(df2) else fdtrc(df1, df2, statistic)
    return {name: statistic, f"{name}_df1": df1, f"{name}_df2": df2, f"{name}_p": float(p_value)}


def slopes_f(beta: Floats, vcov: Floats, df2: float) -> dict[str, float]:
    """The Wald F of all slopes; nothing when the covariance is singular (fewer clusters than slopes)."""
    if not len(beta):
        return {}
    scale = np.sqrt(np.maximum(np.diag(vcov), 0.0))
    if not (scale > 0).all():
        return {}
    correlation = vcov / np.outer(scale, scale)
    if np.linalg.eigvalsh(correlation)[0] < 1e-12:
        return {}
    standardised = beta / scale
    return f_test(float(standardised @ np.linalg.solve(correlation, standardised)) / len(beta), len(beta), df2, "f")


def squared_correlation(cross: float, left: float, right: float) -> float:
    """cross^2 / (left right), 0 when one side does not vary."""
    return float(cross**2 / (left * right)) if left > 0 and right > 0 else 0.0


def between_r2(outcome_means: Floats, index_means: Floats) -> float:
    """Squared correlation over entities of the means (N,) of the outcome and of x'b."""
    y, x = outcome_means - outcome_means.mean(), index_means - index_means.mean()
    return squared_correlation(float(x @ y), float(x @ x), float(y @ y))


def effects_f(rss_restricted: float, rss: float, df1: int, df2: int) -> dict[str, float]:
    """F test that the absorbed effects are all equal: ((RSS without them - RSS) / df1) / (RSS / df2)."""
    if df1 <= 0 or df2 <= 0 or rss <= 0:
        return {}
    return f_test(max(rss_restricted - rss, 0.0) / df1 / (rss / df2), float(df1), float(df2), "f_effects")
