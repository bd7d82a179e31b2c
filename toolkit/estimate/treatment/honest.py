r"""Rambachan and Roth (2023): intervals for an effect when trends may differ after the treatment as they did before.

The coefficients are :math:`E[\hat\beta] = \delta + \tau`, with :math:`\tau` zero before the treatment and :math:`\delta` the difference in
trends, zero in the reference period. It is bounded by

* relative magnitudes: :math:`|\delta_{t+1} - \delta_t| \le \bar M \max_{s<0} |\delta_{s+1} - \delta_s|` for t >= 0;
* smoothness: :math:`|(\delta_{t+1} - \delta_t) - (\delta_t - \delta_{t-1})| \le M` for all t.

The first set is a union of polyhedra, in each of which the largest difference is that of one period s with one sign; an effect is in the
interval if one of them does not reject it, by the conditional test with a least-favourable first stage (C-LF; Andrews, Roth and Pakes
2023). The test needs the extreme points of a dual programme, which can be written down here: with :math:`c_t = \sum_{j \ge t} l_j` they are
the rows of the restrictions weighted by :math:`|c_t|`, with the sign of :math:`c_t` or against it, and the sums of the two rows of each t.
For the second set the interval has fixed length: the affine estimator with the shortest one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import NotConverged, NotEstimable, UnknownOption
from toolkit.estimate.rows.options import one_of
from toolkit.estimate.treatment.event_study import EventStudy
from toolkit.language import Name, Note, Text, note
from toolkit.numerics import Floats
from toolkit.report import Report, ReportMixin, number, report_table, warned
from toolkit.threads import frugal

Restriction = Literal["relative magnitudes", "smoothness"]
_RESTRICTIONS: tuple[Restriction, ...] = ("relative magnitudes", "smoothness")

_FIRST_STAGE = 0.1  # share of the size that the least-favourable first stage takes, as in the R package HonestDiD
_LEAST_FAVOURABLE = 10_000  # draws
_GRID, _HALVINGS = 401, 30


@dataclass(frozen=True, eq=False, repr=False)
class TrendBounds(ReportMixin):
    """Intervals for an effect under bounded differences in trends.

    Attributes
    ----------
    restriction : "relative magnitudes" or "smoothness".
    event_times : whose average effect it is.
    estimate, low, high : under parallel trends.
    intervals : one row per bound: bound, low, high, excludes_zero.
    level : of all intervals.
    warnings : what the reader must know.
    """

    restriction: Restriction
    event_times: tuple[int, ...]
    estimate: float
    low: float
    high: float
    intervals: pd.DataFrame
    level: float
    warnings: tuple[Note, ...] = ()

    @property
    def breakdown(self) -> float:
        """The smallest of the bounds whose interval holds zero; NaN if none does."""
        holding = self.intervals.loc[~self.intervals["excludes_zero"], "bound"]
        return float(holding.min()) if len(holding) else float("nan")

    def tidy(self) -> pd.DataFrame:
        """Bound, low, high, excludes_zero."""
        return self.intervals.copy()

    def _report(self) -> Report:
        times = ", ".join(map(str, self.event_times))
        head = f"Effect at event time {times}: {number(self.estimate)} [{number(self.low)}, {number(self.high)}] with parallel trends"
        line = f"{100 * self.level:g}% intervals that hold if trends differ by no more than the bound ({self.restriction})"
        return Report(head, (report_table(self.intervals),), (line, *warned(self.warnings)))


@frugal
def trend_bounds(
    study: EventStudy,
    bounds: Sequence[float],
    *,
    restriction: Restriction = "relative magnitudes",
    event_times: Sequence[int] = (0,),
    level: float = 0.95,
    rng: np.random.Generator,
) -> TrendBounds:
    """Intervals for the average effect at some event times when parallel trends may fail; see the head of this module.

    Parameters
    ----------
    study : two-way or Sun-Abraham with reference -1, or Callaway-Sant'Anna with ``base="universal"``: all effects are measured against
        one period. Event times without a hole.
    bounds : of the relative magnitudes (0.5, 1, ...; no unit) or of the change in slope (in the unit of the outcome).
    restriction : "relative magnitudes" or "smoothness".
    event_times : of the effect, zero or more; several are averaged.
    level : of the intervals.
    rng : for the least-favourable critical value.

    Raises
    ------
    NotEstimable
        If the effects are not measured against event time -1, or there are too few before the treatment.
    UnknownOption

    References
    ----------
    Rambachan and Roth (2023), Review of Economic Studies 90(5); Andrews, Roth and Pakes (2023), Review of Economic Studies 90(6).

    Examples
    --------
    >>> from toolkit.estimate import event_study
    >>> from toolkit.panel import Panel
    >>> draw = np.random.default_rng(1)
    >>> frame = pd.DataFrame({"firm": np.repeat(np.arange(60), 6), "year": np.tile(np.arange(2000, 2006), 60)})
    >>> frame["d"] = 1.0 * ((frame["firm"] < 30) & (frame["year"] >= 2003))
    >>> frame["y"] = draw.normal(size=360) + 3 * frame["d"]
    >>> study = event_study("y ~ 1", Panel(frame, "firm", "year"), treatment="d", estimator="two-way", rng=draw)
    >>> trend_bounds(study, [0.0, 1.0], rng=draw).intervals["excludes_zero"].tolist()
    [True, True]
    """
    one_of("restriction", restriction, _RESTRICTIONS)
    if not len(bounds) or min(bounds) < 0:
        raise UnknownOption(f"bounds={bounds!r} cannot be used", remedy="numbers that are zero or more, such as [0.5, 1, 2]")
    beta, sigma, before, weights = _coefficients(study, event_times, least=1 if restriction == "relative magnitudes" else 2)
    full = np.append(np.zeros(before), weights)
    estimate, error = float(full @ beta), float(np.sqrt(full @ sigma @ full))
    half = _normal(0.5 + level / 2) * error
    rows = []
    for bound in bounds:
        if restriction == "smoothness":
            low, high = _fixed_length(beta=beta, sigma=sigma, before=before, weights=weights, bound=float(bound), level=level)
        else:
            low, high = _relative(beta=beta, sigma=sigma, before=before, weights=weights, bound=float(bound), level=level, rng=rng)
        rows.append((float(bound), low, high, bool(low > 0 or high < 0)))
    return TrendBounds(
        restriction=restriction,
        event_times=tuple(int(e) for e in event_times),
        estimate=estimate,
        low=estimate - half,
        high=estimate + half,
        intervals=pd.DataFrame(rows, columns=["bound", "low", "high", "excludes_zero"]),
        level=level,
        warnings=tuple(_few(study)),
    )


def _few(study: EventStudy) -> Iterator[Note]:
    name, clusters = study.counts.clusters[0]
    if clusters < 40:
        text = Text(
            "The intervals take the coefficients as normal with a known covariance; with {count} clusters by {name} that is a rough "
            "approximation.",
            "区间假定系数服从协方差已知的正态分布；按{name}聚类仅{count}组时，该近似较粗略。",
        )
        yield note("normal_approximation", text, count=clusters, name=Name(name))


def _coefficients(study: EventStudy, event_times: Sequence[int], least: int) -> tuple[Floats, Floats, int, Floats]:
    """Effects and covariance without the reference, how many are before it, and the weights of those after it."""
    rows = np.flatnonzero(study.effects["by"] == "event time")
    times = study.effects["event_time"].iloc[rows].to_numpy(dtype=np.int64)
    errors = study.effects["std_error"].iloc[rows].to_numpy()
    if study.estimator == "imputation" or (times[errors == 0] != -1).any() or (-1 in times and errors[times == -1][0] > 0):
        raise NotEstimable(
            "the bounds need all effects measured against event time -1",
            where=f"{study.estimator}: {study.normalisation}",
            remedy="estimate with reference=-1, or with base='universal'",
        )
    rows, times = rows[times != -1], times[times != -1]
    whole = np.append(times, -1)
    if set(range(int(whole.min()), int(whole.max()) + 1)) != set(whole.tolist()):
        raise NotEstimable("the event times have a hole", where=", ".join(map(str, times)), remedy="choose leads and lags without one")
    before, after = int((times < -1).sum()), times[times >= 0]
    if before < least:
        raise NotEstimable(
            f"{before} effects before the reference are too few", where=", ".join(map(str, times)), remedy="use more periods before"
        )
    if not len(event_times) or not set(event_times) <= set(after.tolist()):
        raise UnknownOption(f"event_times={event_times!r} cannot be used", remedy=f"some of {', '.join(map(str, after))}")
    weights = np.isin(after, list(event_times)) / len(set(event_times))
    return study.effects["estimate"].to_numpy()[rows], study.vcov[np.ix_(rows, rows)], before, weights


def _normal(probability: float | Floats) -> float:
    from scipy.special import ndtri

    return float(ndtri(probability))


# --- relative magnitudes -------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Moments:
    """Extreme points of one polyhedron: moments ``level + slope * effect``, at most zero on average, with covariance ``sigma``."""

    level: Floats
    slope: Floats
    sigma: Floats
    first_stage: float


def _polyhedra(
    beta: Floats, sigma: Floats, before: int, weights: Floats, bound: float, size: float, rng: np.random.Generator
) -> Iterator[_Moments]:
    """One for each period before the treatment and each sign of its difference."""
    count, after = len(beta), len(weights)
    drawn = rng.multivariate_normal(np.zeros(count), sigma, size=_LEAST_FAVOURABLE, method="eigh")
    whole = np.insert(np.eye(count), before, 0.0, axis=0)  # the reference is zero
    steps = np.diff(whole, axis=0)
    tails = np.cumsum(weights[::-1])[::-1]
    for s in range(before):
        for sign in (1.0, -1.0):
            largest = bound * sign * steps[s]
            up, down = steps[before:] - largest, -steps[before:] - largest
            # a bound by the difference before: each later step lies above or below it (i), a combination of estimates (j, k)
            error_up, error_down = (np.sqrt(np.einsum("ij,jk,ik->i", r, sigma, r)) for r in (up, down))
            # the effect weighs later steps by tails; its worst case takes the upper step where a tail is positive, the lower elsewhere
            positive = np.maximum(tails, 0.0), np.maximum(-tails, 0.0)
            rows = [positive[0] @ up + positive[1] @ down, positive[0] @ down + positive[1] @ up]
            sizes = [positive[0] @ error_up + positive[1] @ error_down, positive[0] @ error_down + positive[1] @ error_up]
            slopes = [-1.0, 1.0]
            if bound > 0:
                rows, sizes, slopes = [*rows, *(up + down)], [*sizes, *(error_up + error_down)], [*slopes, *([0.0] * after)]
            scale = np.array(sizes)
            vertices = np.stack(rows) / scale[:, None]
            covariance = vertices @ sigma @ vertices.T
            first = float(np.quantile((drawn @ vertices.T).max(axis=1), 1 - _FIRST_STAGE * size))
            yield _Moments(vertices @ beta, np.array(slopes) / scale, covariance, first)


def _accepted(moments: _Moments, effects: Floats, size: float) -> NDArray[np.bool_]:
    """Which effects (m,) the conditional test with a least-favourable first stage does not reject."""
    from scipy.special import ndtr, ndtri

    # i: moments, m: effects; the largest moment decides, truncated to where it stays the largest
    values = moments.level[:, None] + moments.slope[:, None] * effects
    top = values.argmax(axis=0)
    highest = values[top, np.arange(len(effects))]
    variance = np.diag(moments.sigma)[top]
    share = moments.sigma[:, top] / variance
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = (values - share * highest) / (1 - share)
    below = np.where(share < 1 - 1e-9, crossing, -np.inf).max(axis=0)
    above = np.minimum(np.where(share > 1 + 1e-9, crossing, np.inf).min(axis=0), moments.first_stage)
    error = np.sqrt(variance)
    second = (size - _FIRST_STAGE * size) / (1 - _FIRST_STAGE * size)
    # upper tails keep their digits where the interval of the truncated normal lies far out
    tail_low, tail_high = ndtr(-below / error), ndtr(-above / error)
    critical = -error * ndtri(np.clip(tail_high + second * (tail_low - tail_high), 1e-300, 1.0))
    critical = np.clip(critical, below, above)
    return np.asarray((highest <= moments.first_stage) & (highest <= np.maximum(critical, 0.0)))


def _relative(
    beta: Floats, sigma: Floats, before: int, weights: Floats, bound: float, level: float, rng: np.random.Generator
) -> tuple[float, float]:
    size = 1 - level
    found = [
        _interval(moments, size)
        for moments in _polyhedra(beta=beta, sigma=sigma, before=before, weights=weights, bound=bound, size=size, rng=rng)
    ]
    kept = [pair for pair in found if pair is not None]
    if not kept:
        return float("nan"), float("nan")
    return min(p[0] for p in kept), max(p[1] for p in kept)


def _interval(moments: _Moments, size: float) -> tuple[float, float] | None:
    """First and last effect that is not rejected, found on a grid and by halving."""
    spread = np.sqrt(np.diag(moments.sigma)[:2]) / np.abs(moments.slope[:2])
    ends = -moments.level[:2] / moments.slope[:2]
    reach = 6 * spread.max() + abs(ends[0] - ends[1])
    grid = np.linspace(ends.min() - reach, ends.max() + reach, _GRID)
    inside = np.flatnonzero(_accepted(moments, grid, size))
    if not len(inside):
        return None
    edges = []
    for at, beyond in ((inside[0], -1), (inside[-1], 1)):
        good, bad = grid[at], grid[min(max(at + beyond, 0), _GRID - 1)]
        for _ in range(_HALVINGS):
            middle = (good + bad) / 2
            good, bad = (middle, bad) if _accepted(moments, np.array([middle]), size)[0] else (good, middle)
        edges.append(float(good))
    return edges[0], edges[1]


# --- smoothness ---------------------------------------------------------------------------------------------


def _folded(bias: float, level: float) -> float:
    """The value that \\|N(bias, 1)\\| stays below with probability ``level``."""
    from scipy.optimize import brentq
    from scipy.special import ndtr

    return float(brentq(lambda c: ndtr(c - bias) - ndtr(-c - bias) - level, 0.0, bias + 10.0, xtol=1e-12))


def _fixed_length(beta: Floats, sigma: Floats, before: int, weights: Floats, bound: float, level: float) -> tuple[float, float]:
    r"""The shortest interval of fixed length around an affine estimator.

    With v the weights of the coefficients, :math:`v'\delta` is a sum of second differences of :math:`\delta` (weights u) if v takes out a
    linear trend; the bias is then at most :math:`M \sum |u|`, and the length is convex in the weights before the treatment.
    """
    from scipy.optimize import minimize

    after = len(weights)
    times = np.append(np.arange(-before, 0), np.arange(1, after + 1)).astype(np.float64)
    # delta from its second differences at -before+1, ..., after-1 and a slope: ramps that begin away from the reference
    bends = np.arange(-before + 1, after)
    ramps = np.where(bends[:, None] >= 0, np.maximum(times - bends[:, None], 0.0), np.maximum(bends[:, None] - times, 0.0))
    post = np.append(np.zeros(before), weights)
    root = np.linalg.cholesky(sigma)
    scale = float(np.sqrt(post @ sigma @ post))

    def length(pre: Floats) -> float:
        v = post + np.append(pre, np.zeros(after))
        error = float(np.linalg.norm(root.T @ v))
        return error * _folded(bound * float(smooth(ramps @ v)) / error, level) / scale

    def smooth(u: Floats) -> float:
        return float(np.sqrt(u**2 + (1e-7 * scale_of_u) ** 2).sum())

    scale_of_u = float(np.abs(ramps @ post).max()) or 1.0
    trend = {"type": "eq", "fun": lambda pre: pre @ times[:before] + post @ times, "jac": lambda pre: times[:before]}
    cross = sigma[:before, :before]
    # start at the estimator with the smallest variance that takes out a trend
    kkt = np.block([[cross, times[:before, None]], [times[None, :before], np.zeros((1, 1))]])
    right = np.append(-sigma[:before] @ post, -(post @ times))
    best = np.linalg.solve(kkt, right)[:before]
    starts = [best, np.append(np.zeros(before - 1), post @ times)]
    found = [minimize(length, s, constraints=[trend], method="SLSQP", options={"maxiter": 500, "ftol": 1e-12}) for s in starts]
    done = [f for f in found if np.isfinite(f.fun) and abs(trend["fun"](f.x)) < 1e-8]  # type: ignore[operator]
    if not done:
        raise NotConverged(
            "the shortest interval was not found", where=f"bound {bound}", remedy="use another bound, or relative magnitudes"
        )
    pre = min(done, key=lambda f: f.fun).x
    v = post + np.append(pre, np.zeros(after))
    half = length(pre) * scale
    return float(v @ beta) - half, float(v @ beta) + half
