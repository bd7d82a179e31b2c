"""``fit``: the usual case in one call."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from toolkit.estimate.instruments import fit_instruments
from toolkit.estimate.pooled import fit_pooled
from toolkit.estimate.records import Covariance, SmallSample
from toolkit.estimate.result import Estimate
from toolkit.estimate.spec import parse
from toolkit.estimate.within import fit_within
from toolkit.panel import Panel


def fit(
    formula: str,
    data: Panel | pd.DataFrame,
    *,
    covariance: Covariance = "cluster",
    cluster: str | Sequence[str] | None = None,
    weights: str | None = None,
    small_sample: SmallSample = "reghdfe",
    bandwidth: int | None = None,
) -> Estimate:
    """Least squares: within if the formula absorbs effects, pooled otherwise; two-stage least squares if it names instruments.

    Parameters
    ----------
    formula : ``"log(rd) ~ log(subsidy) + L(x, 1) | province + year"``; see :mod:`toolkit.estimate.spec` for the grammar.
    data : a panel, or a plain frame as a cross-section.
    covariance : "cluster" (default), "iid", "HC0" to "HC3" or "driscoll_kraay"; see :mod:`toolkit.estimate.covariance`.
    cluster : ``"province"`` or ``"province + year"``; default the entity of the panel.
    weights : column of analytic weights.
    small_sample : "reghdfe" (default), "xtreg", "plm" or "none".
    bandwidth : lags of Driscoll-Kraay; default floor(4 (T/100)^(2/9)).

    Raises
    ------
    FormulaError, MissingColumn, NotNumeric, EmptySample, NothingToEstimate, TooFewClusters, NotConverged

    Examples
    --------
    >>> frame = pd.DataFrame({"id": list("aaabbbccc"), "t": [1, 2, 3] * 3, "x": [1.0, 2, 4, 2, 3, 5, 1, 4, 6]})
    >>> frame["y"] = 2 * frame["x"] + frame["id"].map({"a": 0.0, "b": 5.0, "c": 9.0}) + [0.1, -0.1, 0, 0, 0.1, -0.1, -0.1, 0, 0.1]
    >>> estimate = fit("y ~ x | id", Panel(frame, "id", "t"))
    >>> round(estimate.coefficient("x").estimate, 2), estimate.covariance.factor
    (2.01, 'G/(G-1)*(N-1)/(N-K)')
    """
    spec = parse(formula)
    estimator = fit_instruments if spec.endogenous else fit_within if spec.effects else fit_pooled
    return estimator(formula, data, covariance=covariance, cluster=cluster, weights=weights, small_sample=small_sample, bandwidth=bandwidth)
