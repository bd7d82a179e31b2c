"""The cluster bootstrap of quantiles via moments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import NotEstimable
from toolkit.estimate.groups import Grouping, crossed, dense
from toolkit.estimate.kernels import make_absorber, norms
from toolkit.estimate.omission import independent, is_flat
from toolkit.estimate.options import Options
from toolkit.estimate.quantile.location_scale import location_scale
from toolkit.estimate.records import CovarianceInfo
from toolkit.language import Text, note

Floats = NDArray[np.float64]

FEWEST = 0.9  # share of draws in which all coefficients must exist


@dataclass(frozen=True)
class Drawn:
    """Bootstrap draws of the coefficients.

    Attributes
    ----------
    slopes : (draws, quantiles, k).
    clusters : number of clusters drawn each time.
    """

    slopes: Floats
    clusters: int

    def vcov(self, quantile: int) -> Floats:
        """(k, k) covariance over the draws."""
        return np.atleast_2d(np.cov(self.slopes[:, quantile], rowvar=False))

    def info(self, options: Options) -> CovarianceInfo:
        """The description of this covariance."""
        drawn = note("cluster_bootstrap", Text("cluster bootstrap, {draws} draws", "聚类自助法，抽样{draws}次"), draws=len(self.slopes))
        return CovarianceInfo(
            "cluster", options.clusters, options.small_sample, "1", 1.0, float(self.clusters - 1), (*options.notes, drawn)
        )


def bootstrap_slopes(
    matrix: Floats, effects: Sequence[Grouping], clusters: Grouping, quantiles: Sequence[float], rng: np.random.Generator, draws: int
) -> Drawn:
    """Repeat the estimation on clusters drawn with replacement; a cluster drawn twice counts as two, with effects of its own inside.

    Parameters
    ----------
    matrix : (1 + k, n) raw outcome and regressors.

    Raises
    ------
    NotEstimable
        If a coefficient exists in fewer than nine of ten draws.
    """
    order = np.argsort(clusters.codes, kind="stable")
    ends = np.cumsum(clusters.counts)
    members = [order[end - size : end] for end, size in zip(ends, clusters.counts, strict=True)]
    inside = [g.refines(clusters) for g in effects]
    found = []
    for _ in range(draws):
        chosen = rng.integers(clusters.levels, size=clusters.levels)
        rows = np.concatenate([members[c] for c in chosen])
        copies = Grouping(np.repeat(np.arange(len(chosen)), clusters.counts[chosen]), len(chosen))
        drawn = []
        for g, own in zip(effects, inside, strict=True):
            taken = dense(g.codes[rows], g.levels)
            drawn.append(crossed([copies, taken]) if own else taken)
        columns = matrix[:, rows]
        columns -= columns.mean(axis=1, keepdims=True)
        before = norms(columns, None)
        absorber = make_absorber(drawn)
        absorber.demean(columns)
        after = norms(columns, None)
        if is_flat(after, before, before).any() or len(independent(columns[1:], before[1:], None)[0]) < len(columns) - 1:
            continue
        fit = location_scale(columns[0], columns[1:], absorber)
        found.append([fit.slopes(q) for q in quantiles])
    if len(found) < FEWEST * draws:
        raise NotEstimable(
            f"the coefficients exist in only {len(found)} of {draws} bootstrap draws",
            where=f"{clusters.levels} clusters",
            remedy="leave rng out for analytic standard errors, or use fewer regressors",
        )
    return Drawn(np.array(found), clusters.levels)
