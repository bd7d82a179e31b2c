"""Standard errors that allow for correlation between neighbours on the globe, and within an entity over time (Conley)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import NotEstimable, TooFewPeriods, UnknownOption
from toolkit.estimate.covariance import positive_semidefinite
from toolkit.estimate.inference.globe import Locations, locate
from toolkit.estimate.options import one_of
from toolkit.estimate.records import CovarianceInfo
from toolkit.estimate.refit import Refit, refit, with_covariance
from toolkit.language import Name, Note, Text, note

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.estimate.result import Estimate
    from toolkit.panel import Panel

Floats = NDArray[np.float64]

Kernel = Literal["uniform", "bartlett"]
KERNELS: tuple[Kernel, ...] = ("uniform", "bartlett")
CANCELLED = 1e-12  # of the variance without neighbours, below which a variance is rounding
REPAIRED = note(
    "conley_repaired",
    Text(
        "negative eigenvalues of the Conley covariance, scaled to a unit diagonal, were set to zero",
        "Conley协方差（对角线标准化为1）的负特征值已置零",
    ),
)
REACH = Text(
    "{kernel} kernel to {cutoff:g} km, {neighbours:.1f} other locations within it on average",
    "{kernel}核，截断距离{cutoff:g}公里，其内平均有{neighbours:.1f}个其他地点",
)
KERNEL_NAMES = {"uniform": Text("Uniform", "均匀"), "bartlett": Text("Bartlett", "Bartlett")}
ONE_LAG = Text("{lags} lag within {entity}", "{entity}内滞后{lags}期")
LAGS = Text("{lags} lags within {entity}", "{entity}内滞后{lags}期")


def conley(
    estimate: Estimate,
    panel: Panel | pd.DataFrame,
    *,
    longitude: str,
    latitude: str,
    cutoff_km: float,
    kernel: Kernel = "bartlett",
    lags: int = 0,
    coordinates: pd.DataFrame | None = None,
) -> Estimate:
    r"""The estimate with standard errors robust to correlation in space, and over ``lags`` periods within an entity.

    .. math:: V = B \left(\sum_t \sum_{i,j} K(d_{ij}) s_{it} s_{jt}' + \sum_i \sum_{l=1}^{L} \left(1 - \tfrac{l}{L+1}\right)
              \sum_t (s_{it} s_{i,t-l}' + s_{i,t-l} s_{it}')\right) B, \qquad s_{it} = w_{it} x_{it} e_{it}

    with B = (X'WX)^{-1}, effects removed from x, and d the great-circle distance on a sphere of radius 6371.0088 km. ``uniform``: K = 1 up
    to the cutoff. ``bartlett``: K = 1 - d/cutoff, which falls to zero there. Neighbours count within the same period, own past within
    ``lags`` by the calendar (Conley 1999; Hsiang 2010); different entities in different periods are taken as uncorrelated. Factor
    N/(N-K) with all parameters counted, as for HC1, which is the limit for a small cutoff; small_sample="none" has no factor.

    Parameters
    ----------
    estimate : pooled, within or first differences, with any absorbed effects, weighted or not.
    panel : the data it was fitted on; a frame is a cross-section.
    longitude, latitude : columns in degrees, of the panel or of ``coordinates``.
    cutoff_km : distance beyond which rows are uncorrelated.
    kernel : "bartlett" (default) or "uniform".
    lags : steps of the calendar of own past, 0 for none; fewer than the periods from the first to the last row of some entity.
    coordinates : one row per entity, with a column named like the entity or the entities as index, where the panel has no coordinates.

    Returns
    -------
    Estimate
        The same coefficients; negative eigenvalues of the covariance, which the uniform kernel can give, are set to zero and it says so.

    Raises
    ------
    UnknownOption
        cutoff_km or lags cannot be used.
    EstimationError, OutOfRange, MissingColumn, NotNumeric
        A coordinate is missing, impossible or no number; the first row is named.
    TooFewPeriods
        No entity is followed for more than ``lags`` periods.
    NotEstimable
        The cutoff joins all rows, so that their scores cancel.

    References
    ----------
    Conley (1999), Journal of Econometrics 92(1); Hsiang (2010), Proceedings of the National Academy of Sciences 107(35).

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from toolkit.estimate import fit
    >>> from toolkit.panel import Panel
    >>> draw = np.random.default_rng(3)
    >>> frame = pd.DataFrame({"city": np.repeat(np.arange(20), 5), "year": np.tile(np.arange(5), 20), "x": draw.normal(size=100)})
    >>> frame["lon"], frame["lat"] = np.repeat(draw.uniform(100, 120, 20), 5), np.repeat(draw.uniform(25, 40, 20), 5)
    >>> frame["y"] = frame["x"] + draw.normal(size=100)
    >>> panel = Panel(frame, "city", "year")
    >>> spatial = conley(fit("y ~ x | city + year", panel), panel, longitude="lon", latitude="lat", cutoff_km=500, lags=1)
    >>> spatial.covariance.note
    'Bartlett kernel to 500 km, 4.5 other locations within it on average; 1 lag within city'
    """
    one_of("kernel", kernel, KERNELS)
    if not cutoff_km > 0 or not np.isfinite(cutoff_km):
        raise UnknownOption(
            f"cutoff_km={cutoff_km!r} cannot be used", remedy="a positive number of kilometres; for none use covariance='HC1'"
        )
    if lags < 0 or int(lags) != lags:
        raise UnknownOption(f"lags={lags!r} cannot be used", remedy="a whole number of periods, 0 for none")
    rows = refit(estimate, panel, "conley")
    places = locate(rows, longitude, latitude, coordinates)
    scores = rows.basis * rows.weighted(rows.residuals)
    meat, neighbours = _spatial_meat(scores, rows, places, float(cutoff_km), kernel)
    notes = [note("conley_kernel", REACH, kernel=KERNEL_NAMES[kernel], cutoff=cutoff_km, neighbours=neighbours)]
    if lags:
        _require_periods(rows, int(lags))
        meat = meat + _serial_meat(scores, rows, int(lags))
        notes.append(note("conley_lags", ONE_LAG if lags == 1 else LAGS, lags=lags, entity=Name(rows.source.entity or "")))
    vcov, repaired = positive_semidefinite(rows.root @ meat @ rows.root.T)
    _require_variance(rows, vcov, scores)
    return with_covariance(rows, *_scaled(rows, vcov, (*notes, *[REPAIRED] * repaired)), {})


def _scaled(rows: Refit, vcov: Floats, notes: tuple[Note, ...]) -> tuple[Floats, CovarianceInfo]:
    design, plain = rows.design(()), rows.options.small_sample == "none"
    df = design.df_residual
    factor, symbols = (1.0, "1") if plain else (rows.n / df, "N/(N-K)")
    info = CovarianceInfo("conley", (), rows.options.small_sample, symbols, factor, float(df), notes, rows.n - df)
    return vcov * factor, info


def _spatial_meat(scores: Floats, rows: Refit, places: Locations, cutoff: float, kernel: Kernel) -> tuple[Floats, float]:
    """(k, k) kernel-weighted sum over pairs of rows of a period, and the mean number of other locations within the cutoff."""
    k, many = len(scores), len(places.points)
    period = rows.sample.period
    periods, codes = (1, np.zeros(rows.n, dtype=np.intp)) if period is None else (period.levels, period.codes)
    cell = places.codes * periods + codes
    sums = np.stack([np.bincount(cell, weights=s, minlength=many * periods) for s in scores], axis=1).reshape(many, periods * k)
    meat, pairs = np.zeros((k, k)), 0
    for block, near in places.neighbours(cutoff):
        pairs += near.nnz - len(block)
        near.data = np.ones_like(near.data) if kernel == "uniform" else np.maximum(1 - near.data / cutoff, 0.0)
        meat += sums[block].reshape(-1, k).T @ np.asarray(near @ sums).reshape(-1, k)
    return (meat + meat.T) / 2, pairs / many


def _serial_meat(scores: Floats, rows: Refit, lags: int) -> Floats:
    """(k, k) Bartlett-weighted sum over pairs of rows of an entity up to ``lags`` periods apart."""
    meat = np.zeros((len(scores), len(scores)))
    place = np.full(len(rows.source) + 1, -1)
    place[rows.sample.positions] = np.arange(rows.n)
    for lag in range(1, lags + 1):
        earlier = place[rows.source.earlier(lag)[rows.sample.positions]]
        both = np.flatnonzero(earlier >= 0)
        gamma = scores[:, both] @ scores[:, earlier[both]].T
        meat += (1 - lag / (lags + 1)) * (gamma + gamma.T)
    return meat


def _require_periods(rows: Refit, lags: int) -> None:
    """Raise TooFewPeriods unless some entity has two rows that are ``lags`` steps of the calendar apart or more."""
    calendar = rows.source.calendar[rows.sample.positions]
    assert rows.sample.entity is not None
    codes = rows.sample.entity.codes
    first, last = np.searchsorted(codes, codes, side="left"), np.searchsorted(codes, codes, side="right") - 1
    span = int((calendar[last] - calendar[first]).max()) + 1
    if lags >= span:
        raise TooFewPeriods(
            f"Conley errors with lags={lags} need more than the {span} periods from the first row of a {rows.source.entity} to its last",
            where=rows.estimate.spec.formula,
            remedy=f"use lags={span - 1} or fewer; left out it is 0" if span > 1 else "leave lags out",
        )


def _require_variance(rows: Refit, vcov: Floats, scores: Floats) -> None:
    alone = np.diag(rows.root @ (scores @ scores.T) @ rows.root.T)
    zero = np.diag(vcov) <= CANCELLED * alone
    if zero.any():
        raise NotEstimable(
            f"the Conley variance of {rows.estimate.terms[int(zero.argmax())]} is zero",
            where=rows.estimate.spec.formula,
            remedy="the scores cancel over the rows that the cutoff joins: use a smaller cutoff_km, or kernel='bartlett'",
        )
