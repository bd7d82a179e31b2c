"""Quantile regression: with absorbed effects by the method of moments, without them by Koenker and Bassett."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import numpy as np
import pandas as pd

from toolkit.errors import UnknownOption
from toolkit.estimate.formula.spec import Spec, parse, refuse_instruments, refuse_slopes
from toolkit.estimate.quantile.moments import moments_fit
from toolkit.estimate.quantile.pooled import QuantileFit, pooled_fit
from toolkit.estimate.rows.options import Options, Unweighted, documented
from toolkit.estimate.rows.sample import select
from toolkit.estimate.rows.source import source_of
from toolkit.estimate.solve.absorb import refuse_leverage
from toolkit.panel import Panel
from toolkit.threads import frugal


@frugal
@documented
def fit_quantile(
    formula: str | Spec,
    data: Panel | pd.DataFrame,
    *,
    quantiles: Sequence[float] = (0.25, 0.5, 0.75),
    rng: np.random.Generator | None = None,
    draws: int = 499,
    **errors: Unpack[Unweighted],
) -> QuantileFit:
    """Conditional quantiles, one estimate for each.

    With absorbed effects, the location-scale model of Machado and Santos Silva (2019),

        y_it = a_i + x_it'b + (d_i + x_it'c) u_it,    Q(q | x) = (a_i + d_i u_q) + x_it'(b + c u_q),

    in four steps: b from the within regression of y, c from the within regression of the absolute residuals, u_q as the q-quantile of the
    residuals divided by the fitted scale (the smallest value that reaches q), and b(q) = b + c u_q. The effects move with the quantile, and
    quantiles do not cross where the scale is positive. ``scale`` in the result holds c: c = 0 is the test that all quantiles have the same
    slopes. Any number of effects can be absorbed.

    Without absorbed effects, the check function is minimised exactly (Koenker and Bassett 1978).

    Standard errors are analytic: the sandwich of the influence of each row on b(q), through b, c and u_q (with effects) or on the
    first-order condition (without), summed over clusters with the factor of the linear estimators. The density at the quantile is the
    difference quotient of sample quantiles (with effects) or a kernel estimate (without), both with the bandwidth of Hall and Sheather
    (1988). With a generator, and absorbed effects, they are those of a cluster bootstrap instead: whole clusters are drawn, and all four
    steps repeated.

    Parameters
    ----------
    formula : ``"log(rd) ~ log(subsidy) | firm + year"``.
    data : a panel, or a plain frame.
    quantiles : numbers between 0 and 1.
    covariance : "cluster" (default; by entity), "HC1" or "driscoll_kraay".
    cluster, small_sample, bandwidth : |options|
    rng, draws : generator and number of draws of the cluster bootstrap.

    Returns
    -------
    QuantileFit
        Iterable over its estimates, ``fit[0.5]`` is that of the median. The number of entities against the periods, and rows whose
        fitted scale is not positive, are in the warnings.

    Raises
    ------
    UnknownOption
        If a quantile is not between 0 and 1, or the covariance is iid.
    NotEstimable
        If the fitted scale is not positive in many rows.
    FormulaError, MissingColumn, NotNumeric, EmptySample, NothingToEstimate, TooFewClusters, NotConverged

    References
    ----------
    Machado and Santos Silva (2019), Quantiles via moments, Journal of Econometrics 213(1); Koenker and Bassett (1978); Parente and Santos
    Silva (2016) for clusters without effects.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> frame = pd.DataFrame({"firm": np.repeat(np.arange(50), 40), "year": np.tile(np.arange(40), 50), "x": rng.random(2000)})
    >>> frame["y"] = frame["firm"] / 10 + frame["x"] + (1 + 2 * frame["x"]) * rng.normal(size=2000)
    >>> fit = fit_quantile("y ~ x | firm", Panel(frame, "firm", "year"))
    >>> [round(estimate.coefficient("x").estimate, 1) for estimate in fit]
    [-0.4, 0.8, 2.4]
    """
    source = source_of(data)
    spec = refuse_slopes(refuse_instruments(parse(formula), "fit_quantile"), "fit_quantile")
    chosen = _quantiles(quantiles)
    options = Options.read(source, **errors)
    _check(refuse_leverage(options, "fit_quantile"), bool(spec.effects), rng, draws)
    sample = select(spec, source, options)
    if spec.effects:
        return moments_fit(sample, chosen, rng, draws)
    return pooled_fit(sample, chosen)


def _quantiles(asked: Sequence[float]) -> tuple[float, ...]:
    values = tuple(sorted({float(q) for q in np.atleast_1d(np.asarray(asked, dtype=np.float64))}))
    outside = [q for q in values if not 0 < q < 1]
    if outside or not values:
        shown = f"{outside[0]:g} is no quantile" if outside else "no quantile is asked for"
        percent = [q / 100 for q in outside if 1 < q < 100]
        raise UnknownOption(shown, remedy=f"write {percent[0]:g}" if percent else "numbers between 0 and 1, such as 0.25")
    return values


def _check(options: Options, effects: bool, rng: np.random.Generator | None, draws: int) -> None:
    if options.covariance == "iid":
        raise UnknownOption("quantile regression has no iid covariance here", remedy="use covariance='HC1' or 'cluster'")
    if rng is None:
        return
    if not effects or options.covariance != "cluster" or len(options.clusters) != 1:
        raise UnknownOption(
            "the bootstrap draws the clusters of one variable, and belongs to models with absorbed effects",
            remedy="leave rng out, or absorb the entity and cluster by one variable",
        )
    if draws < 2:
        raise UnknownOption(f"draws={draws} is no number of bootstrap draws", remedy="a whole number such as 499")
