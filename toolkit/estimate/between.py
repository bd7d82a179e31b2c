"""The between estimator: least squares on the means of the entities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import EstimationError
from toolkit.estimate.groups import Grouping
from toolkit.estimate.options import Options, one_of, read_options
from toolkit.estimate.pooled import pooled_estimate
from toolkit.estimate.records import Counts, Covariance, SmallSample
from toolkit.estimate.result import Estimate
from toolkit.estimate.sample import Sample, select
from toolkit.estimate.source import Source, panel_source
from toolkit.estimate.spec import parse, refuse_effects, refuse_instruments
from toolkit.language import Text, note
from toolkit.panel import Panel

Weighting = Literal["equal", "periods"]
BY_PERIODS = note("weighted_by_periods", Text("entities weighted by their periods", "个体按期数加权"))


def fit_between(
    formula: str,
    data: Panel,
    *,
    covariance: Covariance = "cluster",
    cluster: str | Sequence[str] | None = None,
    weights: str | None = None,
    small_sample: SmallSample = "reghdfe",
    weighting: Weighting = "equal",
) -> Estimate:
    """Least squares on entity means: mean_i(y) = a + mean_i(x)'b + u_i.

    Logs and lags are taken before the means; ``counts.rows`` are the rows behind the means. Each entity is one row, so clustering by
    entity is the robust HC1 covariance.

    Parameters
    ----------
    formula : ``"log(rd) ~ log(subsidy)"``; no absorbed effects.
    data : a panel.
    covariance : as in :func:`toolkit.estimate.within.fit_within`, without Driscoll-Kraay (there is no time left).
    cluster : a column that is constant within entities; default the entity.
    weights : column of weights, used for the means.
    weighting : "equal" gives each entity the same weight, "periods" the number of its rows, T_i (or the sum of its weights).

    Raises
    ------
    EstimationError
        If a cluster variable varies within an entity.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"id": list("aabbccdd"), "t": [1, 2] * 4, "x": [0.0, 2, 2, 4, 5, 5, 7, 9], "y": [1.0, 1, 3, 5, 6, 4, 9, 9]})
    >>> fit_between("y ~ x", Panel(frame, "id", "t")).beta.round(3)
    array([0.103, 1.093])
    """
    source = panel_source(data, "fit_between")
    one_of("weighting", weighting, ("equal", "periods"))
    one_of("covariance", covariance, ("iid", "HC0", "HC1", "HC2", "HC3", "cluster"))
    spec = refuse_effects(refuse_instruments(parse(formula), "fit_between"), "fit_between")
    options = read_options(source, covariance, cluster, weights, small_sample, None)
    sample = select(spec, source, options)
    collapsed = collapse(sample, source, options, weighting)
    found = pooled_estimate(collapsed, options, "between", {})
    clusters = found.counts.clusters
    periods = 0 if sample.period is None else sample.period.levels
    counts = Counts(sample.rows_given, sample.rows, collapsed.rows, periods, clusters, sample.dropped)
    notes = (*found.covariance.notes, *[BY_PERIODS] * (weighting == "periods"))
    statistics = {**found.statistics, "r2_between": found.statistics.get("r2", 0.0)}
    return replace(found, _rows=None, counts=counts, covariance=replace(found.covariance, notes=notes), statistics=statistics)


def weighting_of(estimate: Estimate) -> Weighting:
    """How the entities of a between estimate are weighted, which its note says."""
    return "periods" if BY_PERIODS in estimate.covariance.notes else "equal"


def collapse(sample: Sample, source: Source, options: Options, weighting: Weighting) -> Sample:
    """The sample with one row per entity."""
    assert sample.entity is not None
    entity, w = sample.entity, sample.weights
    mass = entity.counts.astype(np.float64) if w is None else entity.sums(w)

    def means(columns: NDArray[np.float64]) -> NDArray[np.float64]:
        return entity.sums(columns if w is None else columns * w) / mass

    first = np.unique(entity.codes, return_index=True)[1]
    for name, grouping in zip(options.clusters, sample.clusters, strict=True):
        if not entity.refines(grouping):
            raise EstimationError(
                f"{name} varies within {source.entity}, so entity means have no {name}",
                remedy="cluster by a column that is fixed for each entity",
            )
    each = Grouping(np.arange(entity.levels), entity.levels)
    raw = sample.raw
    return replace(
        sample,
        matrix=means(sample.matrix),
        weights=mass if weighting == "periods" else None,
        clusters=tuple(Grouping(g.codes[first], g.levels) for g in sample.clusters),
        entity=each,
        period=None,
        calendar=None,
        positions=sample.positions[first],
        raw=lambda j: means(raw(j)[None, :])[0],
    )
