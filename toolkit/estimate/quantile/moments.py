"""Quantiles via moments (Machado and Santos Silva 2019): location, scale, bootstrap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import NotEstimable, NothingToEstimate
from toolkit.estimate.linear.least_squares import assemble, centre, choose, design_of, require_rows
from toolkit.estimate.quantile.pooled import QuantileFit, hall_sheather, smallest_reaching
from toolkit.estimate.results.estimate import Estimate
from toolkit.estimate.rows.grouping import Grouping, crossed, dense
from toolkit.estimate.rows.options import CovarianceInfo, Options, cluster_bootstrap
from toolkit.estimate.rows.sample import Sample
from toolkit.estimate.solve.absorb import make_absorber
from toolkit.estimate.solve.covariance import estimate_covariance, few_clusters, few_periods
from toolkit.estimate.solve.equations import LeastSquares, least_squares
from toolkit.estimate.solve.kernels import Absorber, norms
from toolkit.estimate.solve.omission import independent, is_flat
from toolkit.language import Note, Text, note
from toolkit.numerics import PERFECT, Floats

_ZERO_RESIDUAL = 1e-9  # of the mean absolute residual: a residual or a fitted scale below it is zero, and two residuals so close are equal


@dataclass(frozen=True)
class LocationScale:
    """The two within regressions.

    Attributes
    ----------
    columns : (k, n) regressors with effects removed.
    bread : (k, k).
    location, scale : (k,) coefficients b and c.
    residuals : (n,) y - a_i - x'b.
    fitted : (n,) fitted scale d_i + x'c, effects included.
    """

    columns: Floats
    bread: Floats
    location: Floats
    scale: Floats
    residuals: Floats
    fitted: Floats

    @property
    def positive(self) -> NDArray[np.bool_]:
        """(n,) rows whose fitted scale is positive beyond rounding; only they have a standardised residual."""
        return np.asarray(self.fitted > _ZERO_RESIDUAL * float(np.abs(self.residuals).mean()))

    @property
    def signs(self) -> Floats:
        """(n,) sign of each residual, zero where it is rounding."""
        return np.sign(self.residuals) * (np.abs(self.residuals) > _ZERO_RESIDUAL * float(np.abs(self.residuals).mean()))

    @property
    def standardised(self) -> Floats:
        """Residuals over their scale, on the positive rows."""
        return self.residuals[self.positive] / self.fitted[self.positive]

    def quantile(self, q: float) -> float:
        """The q-quantile of the standardised residual: the smallest value that a share q does not exceed."""
        return smallest_reaching(self.standardised, q)

    def slopes(self, q: float) -> Floats:
        """(k,) coefficients at the quantile."""
        return self.location + self.scale * self.quantile(q)


def _location_scale(outcome: Floats, columns: Floats, absorber: Absorber) -> LocationScale:
    """The two regressions on arrays with effects removed: ``outcome`` (n,), ``columns`` (k, n)."""
    first = least_squares(outcome, columns.T)
    size = np.abs(first.residuals)
    within = size[None, :].copy()
    absorber.demean(within)
    second = least_squares(within[0], columns.T)
    return LocationScale(
        columns=columns,
        bread=first.bread,
        location=first.beta,
        scale=second.beta,
        residuals=first.residuals,
        fitted=size - second.residuals,
    )


def influence(fit: LocationScale, absorber: Absorber, q: float) -> tuple[Floats, Floats]:
    """(k, n) influence of each row on the coefficients at the quantile q, and (k, n) on those of the scale.

    With R the residual, s the fitted scale, P the projection on regressors and effects, k the mean sign of R and V = |R| - s - k R, the
    errors of the fitted location and scale are P R and P V. The quantile u moves by

        (q - 1{R/s <= u}) / f - h (R + u V),    h = P(1/s),

    averaged over rows, and the coefficients by (X'X)^-1 x (R + u V) + c times that.
    """
    u, positive, n = fit.quantile(q), fit.positive, len(fit.residuals)
    share = n / int(positive.sum())
    sign = float(fit.signs.mean())
    spread = np.abs(fit.residuals) - fit.fitted - sign * fit.residuals
    inverse = np.zeros(n)
    inverse[positive] = share / fit.fitted[positive]
    rest = inverse[None, :].copy()
    absorber.demean(rest)
    projected = inverse - least_squares(rest[0], fit.columns.T).residuals
    below = np.zeros(n)
    below[positive] = share * (q - (fit.standardised <= u + _ZERO_RESIDUAL * float(np.abs(fit.standardised).mean())))
    moved = fit.residuals + u * spread
    of_quantile = below * _sparsity(fit, q) - projected * moved
    base = fit.bread @ fit.columns
    return base * moved + np.outer(fit.scale, of_quantile) / n, base * spread


def _sparsity(fit: LocationScale, q: float) -> float:
    """1 / f(u) as the difference quotient of sample quantiles."""
    standardised = fit.standardised
    width = hall_sheather(len(standardised), q)
    low, high = np.quantile(standardised, [q - width, q + width])
    return float((high - low) / (2 * width))


_FEWEST = 0.9  # share of draws in which all coefficients must exist


@dataclass(frozen=True)
class BootstrapDraws:
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
        return CovarianceInfo(
            kind="cluster",
            clusters=options.clusters,
            small_sample=options.small_sample,
            factor="1",
            factor_value=1.0,
            df_t=float(self.clusters - 1),
            notes=(*options.notes, cluster_bootstrap(len(self.slopes))),
        )


def _bootstrap_slopes(
    matrix: Floats, effects: Sequence[Grouping], clusters: Grouping, quantiles: Sequence[float], rng: np.random.Generator, draws: int
) -> BootstrapDraws:
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
        fit = _location_scale(columns[0], columns[1:], absorber)
        found.append([fit.slopes(q) for q in quantiles])
    if len(found) < _FEWEST * draws:
        raise NotEstimable(
            f"the coefficients exist in only {len(found)} of {draws} bootstrap draws",
            where=f"{clusters.levels} clusters",
            remedy="leave rng out for analytic standard errors, or use fewer regressors",
        )
    return BootstrapDraws(np.array(found), clusters.levels)


_MOST_NEGATIVE = 0.2  # share of rows whose fitted scale may fail to be positive
_LONG_ENOUGH = 10  # entities per period up to which the bias of order 1/T is small

_SCALE_NOT_POSITIVE = Text(
    "The fitted scale is not positive in {rows} rows (first {first}); they count in location and scale only.",
    "{rows}个观测的拟合尺度非正（首个为{first}），仅用于位置和尺度的估计。",
)
_SHORT_PANEL = Text(
    "There are {entities} entities with {rows:.1f} rows on average: "
    "in panels this short the slopes away from the median are biased (Machado and Santos Silva 2019).",
    "{entities}个个体平均仅{rows:.1f}期，面板过短时远离中位数的斜率有偏（Machado和Santos Silva，2019）。",
)


def moments_fit(sample: Sample, quantiles: tuple[float, ...], rng: np.random.Generator | None, draws: int) -> QuantileFit:
    """The estimates on chosen rows; works in place on ``sample.matrix``.

    Raises
    ------
    NotEstimable, NothingToEstimate, EmptySample
    """
    options = sample.options
    raw = sample.matrix.copy() if rng is not None else None
    moments = centre(sample.matrix, None)
    absorber = make_absorber(sample.effects)
    absorber.demean(sample.matrix)
    kept, omitted = choose(sample, moments, sample.named_effects, intercept=False)
    require_rows(sample, len(kept), absorber.rank)
    fit = _location_scale(sample.matrix[0], sample.matrix[1:][kept], absorber)
    notes = _notes(fit, sample, float(moments.size[0]))

    def described(beta: Floats, vcov: Floats, info: CovarianceInfo, statistics: dict[str, float]) -> Estimate:
        return assemble(
            Estimate,
            sample,
            moments,
            kept,
            method="quantile",
            terms=tuple(sample.names[j] for j in kept),
            beta=beta,
            vcov=vcov,
            covariance=info,
            statistics=statistics,
            omitted=omitted,
            warnings=(*few_clusters(options.clusters, sample.clusters), *few_periods(sample.calendar, options), *notes),
        )

    def covariance(scores: Floats) -> tuple[Floats, CovarianceInfo]:
        ones = LeastSquares(np.zeros(len(scores)), np.ones(sample.rows), np.eye(len(scores)), 0.0)
        vcov, info = estimate_covariance(design_of(sample, scores, ones, absorber.rank), options)
        return (vcov + vcov.T) / 2, info

    scores = [influence(fit, absorber, q) for q in quantiles]
    found = [covariance(of_slopes) for of_slopes, _ in scores]
    if raw is not None and rng is not None:
        drawn = _bootstrap_slopes(
            matrix=raw[[0, *[j + 1 for j in kept]]],
            effects=sample.effects,
            clusters=sample.clusters[0],
            quantiles=quantiles,
            rng=rng,
            draws=draws,
        )
        found = [(drawn.vcov(i), drawn.info(options)) for i in range(len(quantiles))]
    estimates = tuple(
        described(fit.slopes(q), *found[i], {"quantile": q, "standardised_quantile": fit.quantile(q)}) for i, q in enumerate(quantiles)
    )
    location = described(fit.location, *covariance(fit.bread @ fit.columns * fit.residuals), {})
    scale = described(fit.scale.copy(), *covariance(scores[0][1]), {})
    return QuantileFit(quantiles, estimates, location, scale)


def _notes(fit: LocationScale, sample: Sample, size: float) -> list[Note]:
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
    if count > _MOST_NEGATIVE * sample.rows:
        raise NotEstimable(
            f"the fitted scale is not positive in {count} of {sample.rows} rows",
            where=sample.spec.formula,
            remedy="take logarithms, use fewer regressors, or absorb fewer effects",
        )
    if count:
        first = sample.source.row_name(int(sample.positions[int(failing.argmax())]))
        notes.append(note("scale_not_positive", _SCALE_NOT_POSITIVE, rows=count, first=first))
    if sample.entity is not None:
        entities, periods = sample.entity.levels, sample.rows / sample.entity.levels
        if entities > _LONG_ENOUGH * periods:
            notes.append(note("short_panel", _SHORT_PANEL, entities=entities, rows=periods))
    return notes
