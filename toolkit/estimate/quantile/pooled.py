"""Pooled quantile regression and its answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import UnknownOption
from toolkit.estimate.linear.least_squares import assemble, centre, choose, design_of, require_rows
from toolkit.estimate.linear.within import restore_intercept, uncentred
from toolkit.estimate.results.derived import INTERCEPT
from toolkit.estimate.results.estimate import Estimate
from toolkit.estimate.rows.sample import Sample
from toolkit.estimate.solve.covariance import estimate_covariance, few_clusters, few_periods
from toolkit.estimate.solve.engines import check_function_slopes
from toolkit.estimate.solve.equations import LeastSquares, inverse_root
from toolkit.language import Text, note
from toolkit.numerics import SIZE_LEFT, UNIT_LEFT, Floats
from toolkit.report import Report, ReportMixin, report_table


@dataclass(frozen=True, eq=False, repr=False)
class QuantileFit(ReportMixin):
    """Estimates at several quantiles.

    Attributes
    ----------
    quantiles : in increasing order.
    estimates : one per quantile, method "quantile".
    location, scale : coefficients of the conditional mean and of the scale, for fits with absorbed effects; None without.
    """

    quantiles: tuple[float, ...]
    estimates: tuple[Estimate, ...]
    location: Estimate | None = None
    scale: Estimate | None = None

    def __iter__(self) -> Iterator[Estimate]:
        return iter(self.estimates)

    def __len__(self) -> int:
        return len(self.estimates)

    def __getitem__(self, quantile: float) -> Estimate:
        """The estimate at a quantile, for example ``fit[0.5]``."""
        for q, estimate in zip(self.quantiles, self.estimates, strict=True):
            if abs(q - quantile) < 1e-12:
                return estimate
        raise UnknownOption(
            f"there is no estimate at the quantile {quantile:g}", remedy=f"it has {', '.join(f'{q:g}' for q in self.quantiles)}"
        )

    def tidy(self, level: float = 0.95) -> pd.DataFrame:
        """One row per quantile and coefficient: quantile, term, estimate, std_error, statistic, p_value, conf_low, conf_high."""
        frames = [e.tidy(level).assign(quantile=q) for q, e in zip(self.quantiles, self.estimates, strict=True)]
        frame = pd.concat(frames, ignore_index=True)
        return frame[["quantile", *frame.columns.drop("quantile")]]

    def _report(self) -> Report:
        lines = dict.fromkeys(line for estimate in self.estimates for line in estimate._report().lines)
        return Report(f"quantile: {self.estimates[0].spec.formula}", (report_table(self.tidy()),), tuple(lines))


_EDGE = 0.999  # share of the distance to 0 or 1 that a bandwidth may take


def hall_sheather(rows: int, q: float) -> float:
    """Hall and Sheather's (1988) bandwidth in units of probability, kept inside (0, 1).

    h = n^(-1/3) z^(2/3) [1.5 phi(z_q)^2 / (2 z_q^2 + 1)]^(1/3), z the normal quantile of 0.975 and z_q that of q.

    Examples
    --------
    >>> round(hall_sheather(1000, 0.5), 4)
    0.0972
    """
    from scipy.special import ndtri

    at = float(ndtri(q))
    density = np.exp(-(at**2) / 2) / np.sqrt(2 * np.pi)
    width = rows ** (-1 / 3) * float(ndtri(0.975)) ** (2 / 3) * (1.5 * density**2 / (2 * at**2 + 1)) ** (1 / 3)
    return float(min(width, _EDGE * q, _EDGE * (1 - q)))


def smallest_reaching(values: NDArray[np.float64], q: float) -> float:
    """The smallest of the values that a share q of them does not exceed; a share that equals q but for rounding reaches it.

    Examples
    --------
    >>> smallest_reaching(np.array([3.0, 1.0, 2.0]), 0.5), 0.07 * 100 > 7, smallest_reaching(np.arange(1.0, 101), 0.07)
    (2.0, True, 7.0)
    """
    rank = int(np.ceil(q * len(values) * (1 - 1e-12)))
    return float(np.partition(values, rank - 1)[rank - 1])


_NOT_UNIQUE = Text(
    "More than one line minimises the check function at the quantile {quantile:g}: the one with the smallest mean of fitted values is "
    "given, and among those the one with the smallest coefficients in the order written.",
    "分位点{quantile:g}处的检验函数有多个最小解：此处取拟合值均值最小者，若仍不唯一，则按书写顺序取系数最小者。",
)


def pooled_fit(sample: Sample, quantiles: tuple[float, ...]) -> QuantileFit:
    """The estimates on chosen rows; works in place on ``sample.matrix``."""
    intercept, options = sample.spec.intercept, sample.options
    outcome = sample.matrix[0].copy()
    moments = centre(sample.matrix, None) if intercept else uncentred(sample.matrix, None)
    kept, omitted = choose(sample, moments, (), intercept)
    terms = tuple(sample.names[j] for j in kept)
    columns = sample.matrix[1:][kept]
    if intercept:
        columns, terms = np.vstack([np.ones(sample.rows), columns]), (INTERCEPT, *terms)
    require_rows(sample, len(terms), 0)
    spread, size = (float(of[0]) / np.sqrt(sample.rows) for of in (moments.varying, moments.size))
    zero = max(UNIT_LEFT * spread, SIZE_LEFT * size)
    estimates = []
    for q in quantiles:
        found = minimise(sample.matrix[0], columns, q, zero)
        beta, residuals = found.beta, found.residuals
        root = inverse_root(columns, _density(residuals, q))
        solved = LeastSquares(beta=beta, residuals=found.scores, bread=root @ root.T, rss=0.0, root=root)
        vcov, info = estimate_covariance(design_of(sample, columns, solved, 0), options)
        if intercept:
            beta, vcov = restore_intercept(beta, vcov, moments.means[[j + 1 for j in kept]], float(moments.means[0]))
        estimates.append(
            assemble(
                Estimate,
                sample,
                moments,
                kept,
                method="quantile",
                terms=terms,
                beta=beta,
                vcov=(vcov + vcov.T) / 2,
                covariance=info,
                statistics={"quantile": q, "r2_pseudo": 1 - _loss(residuals, q) / _loss(_from_quantile(sample.matrix[0], q), q)},
                omitted=omitted,
                warnings=(
                    *few_clusters(options.clusters, sample.clusters),
                    *few_periods(sample.calendar, options),
                    *([] if found.unique else [note("quantile_not_unique", _NOT_UNIQUE, quantile=q)]),
                ),
                outcome=outcome,
                residuals=residuals,
            )
        )
    return QuantileFit(quantiles, tuple(estimates))


@dataclass(frozen=True)
class Minimum:
    """A minimum of the check function.

    Attributes
    ----------
    beta : (k,).
    residuals : (n,), zero where they are rounding.
    scores : (n,) derivative of the check function in each residual, with X'scores = 0.
    unique : whether there is no other minimiser.
    """

    beta: Floats
    residuals: Floats
    scores: Floats
    unique: bool


def minimise(outcome: Floats, columns: Floats, q: float, zero: float) -> Minimum:
    """The minimum of the check function for ``columns`` (k, n), with scores that rounding does not decide.

    A vertex goes through k rows or more, whose residuals are zero but for rounding: the sign of rounding is no score. A row with a residual
    beyond ``zero`` in absolute value has the score q or q - 1. The others together have what solves the first-order condition
    X'scores = 0: with k of them these are the dual variables of the linear programme less 1 - q; with more of them (ties) the solution
    with the smallest sum of squares, which no order of rows changes.
    """
    beta, unique = check_function_slopes(outcome, columns, q)
    residuals = outcome - beta @ columns
    through = np.abs(residuals) <= zero
    scale = np.sqrt((columns**2).mean(axis=1))
    scaled = columns / scale[:, None]
    if through.any():  # the exact solution on these rows, of which the programme knows ten digits
        beta = beta + np.linalg.lstsq(scaled[:, through].T, residuals[through], rcond=None)[0] / scale
        residuals = np.where(through, 0.0, outcome - beta @ columns)
    scores = np.where(through, 0.0, q - (residuals < 0))
    scores[through] = np.linalg.lstsq(scaled[:, through], -(scaled @ scores), rcond=None)[0]
    return Minimum(beta, residuals, scores, unique)


def _density(residuals: Floats, q: float) -> Floats:
    """(n,) density of each error at the quantile with a Gaussian kernel (Powell 1991); X' diag(density) X is the inverse of the bread."""
    from scipy.special import ndtri

    width = hall_sheather(len(residuals), q)
    deviation = float(residuals.std())
    spread = min(deviation, float(np.subtract(*np.quantile(residuals, [0.75, 0.25]))) / 1.34) or deviation
    bandwidth = spread * float(ndtri(q + width) - ndtri(q - width))
    return np.asarray(np.exp(-((residuals / bandwidth) ** 2) / 2) / (np.sqrt(2 * np.pi) * bandwidth))


def _loss(residuals: Floats, q: float) -> float:
    return float((residuals * (q - (residuals < 0))).sum())


def _from_quantile(outcome: Floats, q: float) -> Floats:
    return np.asarray(outcome - np.quantile(outcome, q, method="inverted_cdf"))
