r"""The smoothed bootstrap of Simar and Wilson for efficiency scores: bias and intervals.

A score is measured against the best units observed, which lie inside the true frontier: it is too high, and a plain bootstrap repeats
the error because scores of one are drawn again and again. The smoothed bootstrap draws distances :math:`\delta = 1 / \theta \ge 1` from a
kernel density that is reflected at one,

.. math:: \delta_i^\dagger = \beta_i + h \epsilon_i, \qquad
          \tilde\delta_i = \begin{cases} \delta_i^\dagger & \delta_i^\dagger \ge 1 \\ 2 - \delta_i^\dagger & \text{else,} \end{cases} \qquad
          \delta_i^* = \bar\beta + \frac{\tilde\delta_i - \bar\beta}{\sqrt{1 + h^2 / \hat\sigma^2}}

with beta drawn from the estimated distances with replacement, epsilon standard normal, h the bandwidth and sigma the standard deviation of
the distances. Unit i is then moved to the distance drawn, along its ray: :math:`x_i^* = x_i \delta_i^* / \hat\delta_i` in the input
orientation, :math:`y_i^* = y_i \hat\delta_i / \delta_i^*` in the output orientation. Every original unit is measured against the moved
ones, which gives :math:`\hat\delta_k^{*b}`. Bias is the mean of the draws less the estimate; the interval takes the quantiles a and b of
:math:`\hat\delta^* - \hat\delta` and is :math:`[\hat\delta - b,\ \hat\delta - a]`, whose reciprocals are that of the score.

References
----------
Simar and Wilson (1998), Sensitivity analysis of efficiency scores: how to bootstrap in nonparametric frontier models, Management Science
44, 49–61. Bandwidth: Silverman's rule on the distances above one and their reflection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit.errors import MeasureError
from toolkit.measure.efficiency.envelopment import EFFICIENT, Envelopment, solve
from toolkit.numerics import Floats
from toolkit.report import Fields


@dataclass(frozen=True, repr=False)
class EfficiencyIntervals(Fields):
    """Bootstrapped efficiency of n units.

    Attributes
    ----------
    scores : (n,) as estimated.
    corrected : (n,) less their bias.
    low, high : (n,) ends of the interval.
    draws : (b, n) scores against the moved units.
    bandwidth : h.
    labels : (n,) of the units.
    level : of the interval.
    """

    scores: Floats
    corrected: Floats
    low: Floats
    high: Floats
    draws: Floats
    bandwidth: float
    labels: pd.Index
    level: float

    def table(self) -> pd.DataFrame:
        """One row per unit: score, corrected, low, high."""
        return pd.DataFrame({"score": self.scores, "corrected": self.corrected, "low": self.low, "high": self.high}, index=self.labels)


def silverman_bandwidth(distances: Floats) -> float:
    """Bandwidth of the reflected density: 0.9 min(standard deviation, interquartile range / 1.34) of the distances above one and of their
    reflection, times their number to the power -1/5, scaled back to all units.

    Raises
    ------
    MeasureError
        If fewer than two units lie inside the frontier.
    """
    inside = distances[distances > 1 / EFFICIENT]
    if len(inside) < 2:
        raise MeasureError(
            "fewer than two units lie inside the frontier: there is nothing to draw from", remedy="use fewer inputs or outputs"
        )
    doubled = np.concatenate([inside, 2 - inside])
    spread = min(float(doubled.std(ddof=1)), float(np.subtract(*np.quantile(doubled, [0.75, 0.25]))) / 1.34)
    rule = 0.9 * spread * len(doubled) ** -0.2
    return float(rule * (len(doubled) / len(distances)) ** 0.2 * distances.std(ddof=1) / doubled.std(ddof=1))


def bootstrap_efficiency(
    found: Envelopment,
    *,
    rng: np.random.Generator,
    draws: int = 300,
    level: float = 0.95,
    watch: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> EfficiencyIntervals:
    """Bias-corrected scores and their intervals by the smoothed bootstrap.

    Parameters
    ----------
    found : from :func:`toolkit.measure.efficiency.envelopment.envelopment`.
    rng : source of the draws.
    draws : number of them; each solves all units once.
    level : of the interval.
    watch : wraps the loop, for a progress bar.

    Raises
    ------
    MeasureError
        If the scores leave nothing to draw from.
    """
    distances = 1 / np.minimum(found.scores, 1.0)
    h = silverman_bandwidth(distances)
    drawn = np.empty((draws, len(distances)))
    for draw in watch(range(draws)):
        moved = distances / smoothed_draw(distances, h, rng)
        x, y = found.inputs, found.outputs
        reference = (x / moved[:, None], y) if found.orientation == "input" else (x, y * moved[:, None])
        drawn[draw], _ = solve(x, y, reference=reference, orientation=found.orientation, returns=found.returns)
    again = 1 / drawn
    error = again - distances
    tail = (1 - level) / 2
    below, above = np.quantile(error, [tail, 1 - tail], axis=0)
    return EfficiencyIntervals(
        scores=found.scores,
        corrected=1 / (distances - error.mean(axis=0)),
        low=1 / (distances - below),
        high=1 / (distances - above),
        draws=drawn,
        bandwidth=h,
        labels=found.labels,
        level=level,
    )


def smoothed_draw(distances: Floats, bandwidth: float, rng: np.random.Generator) -> Floats:
    """(n,) distances of at least one, drawn from the smoothed density with the variance of the estimated ones."""
    drawn = rng.choice(distances, size=len(distances))
    moved = drawn + bandwidth * rng.standard_normal(len(distances))
    reflected = np.where(moved >= 1, moved, 2 - moved)
    centre = drawn.mean()
    shrunk: Floats = centre + (reflected - centre) / np.sqrt(1 + bandwidth**2 / distances.var())
    return np.maximum(shrunk, 1.0)
