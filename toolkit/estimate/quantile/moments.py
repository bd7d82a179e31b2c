"""Quantiles via moments as estimates: rows, covariance, warnings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import NotEstimable, NothingToEstimate
from toolkit.estimate.covariance import Design, estimate_covariance, few_clusters, few_periods
from toolkit.estimate.kernels import make_absorber
from toolkit.estimate.linear import PERFECT, centre, choose, column_means, counts_of, require_rows
from toolkit.estimate.options import Options
from toolkit.estimate.quantile.bootstrap import bootstrap_slopes
from toolkit.estimate.quantile.location_scale import LocationScale, influence, location_scale
from toolkit.estimate.quantile.result import QuantileFit
from toolkit.estimate.records import CovarianceInfo
from toolkit.estimate.result import Estimate
from toolkit.estimate.sample import Sample
from toolkit.estimate.source import Source
from toolkit.language import Note, Text, note

Floats = NDArray[np.float64]

MOST_NEGATIVE = 0.2  # share of rows whose fitted scale may fail to be positive
LONG_ENOUGH = 10  # entities per period up to which the bias of order 1/T is small

SCALE_NOT_POSITIVE = Text(
    "The fitted scale is not positive in {rows} rows (first {first}); they count in location and scale only.",
    "{rows}个观测的拟合尺度非正（首个为{first}），仅用于位置和尺度的估计。",
)
SHORT_PANEL = Text(
    "There are {entities} entities with {rows:.1f} rows on average: "
    "in panels this short the slopes away from the median are biased (Machado and Santos Silva 2019).",
    "{entities}个个体平均仅{rows:.1f}期，面板过短时远离中位数的斜率有偏（Machado和Santos Silva，2019）。",
)


def moments_fit(
    sample: Sample, source: Source, options: Options, quantiles: tuple[float, ...], rng: np.random.Generator | None, draws: int
) -> QuantileFit:
    """The estimates on chosen rows; works in place on ``sample.matrix``.

    Raises
    ------
    NotEstimable, NothingToEstimate, EmptySample
    """
    raw = sample.matrix.copy() if rng is not None else None
    moments = centre(sample.matrix, None)
    absorber = make_absorber(sample.effects)
    absorber.demean(sample.matrix)
    kept, omitted = choose(sample, moments, sample.named_effects, intercept=False)
    require_rows(sample, len(kept), absorber.rank)
    fit = location_scale(sample.matrix[0], sample.matrix[1:][kept], absorber)
    notes = _notes(fit, sample, source, float(moments.size[0]))

    def described(beta: Floats, vcov: Floats, info: CovarianceInfo, statistics: dict[str, float]) -> Estimate:
        return Estimate(
            method="quantile",
            spec=sample.spec,
            origin=sample.origin,
            terms=tuple(sample.names[j] for j in kept),
            beta=beta,
            vcov=vcov,
            counts=counts_of(sample, options),
            omitted=omitted,
            covariance=info,
            statistics=statistics,
            effects=sample.spec.absorb,
            warnings=(*few_clusters(options.clusters, sample.clusters), *few_periods(sample.calendar, options), *notes),
            means=column_means(sample, moments, kept),
            columns=tuple(sample.columns[j] for j in kept),
        )

    def covariance(scores: Floats) -> tuple[Floats, CovarianceInfo]:
        design = Design(
            scores, np.ones(sample.rows), np.eye(len(scores)), 0.0, None, sample.named_effects, absorber.rank, source.entity or "",
            sample.clusters, sample.calendar,
        )  # fmt: skip
        vcov, info = estimate_covariance(design, options)
        return (vcov + vcov.T) / 2, info

    scores = [influence(fit, absorber, q) for q in quantiles]
    found = [covariance(of_slopes) for of_slopes, _ in scores]
    if raw is not None and rng is not None:
        drawn = bootstrap_slopes(raw[[0, *[j + 1 for j in kept]]], sample.effects, sample.clusters[0], quantiles, rng, draws)
        found = [(drawn.vcov(i), drawn.info(options)) for i in range(len(quantiles))]
    estimates = tuple(
        described(fit.slopes(q), *found[i], {"quantile": q, "standardised_quantile": fit.quantile(q)}) for i, q in enumerate(quantiles)
    )
    location = described(fit.location, *covariance(fit.bread @ fit.columns * fit.residuals), {})
    scale = described(fit.scale.copy(), *covariance(scores[0][1]), {})
    return QuantileFit(quantiles, estimates, location, scale)


def _notes(fit: LocationScale, sample: Sample, source: Source, size: float) -> list[Note]:
    """Warnings about the scale and the length of the panel.

    Raises
    ------
    NotEstimable, NothingToEstimate
    """
    if float(np.abs(fit.residuals).max()) <= PERFECT * size / np.sqrt(sample.rows):
        raise NothingToEstimate(
            "the regressors and effects explain the outcome without error, so that it has no distribution",
            where=sample.spec.formula,
            remedy="use fewer regressors or effects",
        )
    notes = []
    failing = ~fit.positive
    count = int(failing.sum())
    if count > MOST_NEGATIVE * sample.rows:
        raise NotEstimable(
            f"the fitted scale is not positive in {count} of {sample.rows} rows",
            where=sample.spec.formula,
            remedy="take logarithms, use fewer regressors, or absorb fewer effects",
        )
    if count:
        first = source.row_name(int(sample.positions[int(failing.argmax())]))
        notes.append(note("scale_not_positive", SCALE_NOT_POSITIVE, rows=count, first=first))
    if sample.entity is not None:
        entities, periods = sample.entity.levels, sample.rows / sample.entity.levels
        if entities > LONG_ENOUGH * periods:
            notes.append(note("short_panel", SHORT_PANEL, entities=entities, rows=periods))
    return notes
