"""Standard errors that allow for correlation between neighbours on the globe, and within an entity over time (Conley).

Rows are places on the globe: their coordinates are read and checked, and neighbours are those within a great-circle distance.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import EstimationError, MissingColumn, NotEstimable, OutOfRange, PanelError, TooFewPeriods, UnknownOption
from toolkit.estimate.linear.refit import Refit, refit, with_covariance
from toolkit.estimate.rows.options import CovarianceInfo, one_of
from toolkit.estimate.rows.source import Source
from toolkit.estimate.solve.covariance import positive_semidefinite
from toolkit.language import Name, Note, Text, note
from toolkit.numerics import Floats
from toolkit.threads import frugal

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.estimate.linear.refit import Refit
    from toolkit.estimate.results.estimate import Estimate
    from toolkit.panel import Panel


EARTH_RADIUS_KM = 6371.0088  # mean radius (International Union of Geodesy and Geophysics)
AT_CUTOFF = 1e-9  # share of the cutoff by which a distance may pass it and equal it: rounding of coordinates
PAIRS = 2_000_000  # pairs of locations that are formed at once


@dataclass(frozen=True)
class Locations:
    """Where the rows are.

    Attributes
    ----------
    points : (L, 3) the different locations on the unit sphere.
    codes : (n,) location of each row.
    """

    points: Floats
    codes: NDArray[np.intp]

    def neighbours(self, cutoff_km: float) -> Iterator[tuple[NDArray[np.intp], Any]]:
        """Blocks of locations, with the sparse (m, L) matrix of distances in km to all within the cutoff, themselves (0) included.

        A location at the cutoff but for rounding is within it.
        """
        from scipy.sparse import csr_array
        from scipy.spatial import cKDTree

        many = len(self.points)
        whole = cKDTree(self.points)
        limit = cutoff_km * (1 + AT_CUTOFF)
        reach = _chord(limit) * (1 + AT_CUTOFF)
        size = max(1, PAIRS // many)
        for start in range(0, many, size):
            block = np.arange(start, min(start + size, many))
            found = cKDTree(self.points[block]).sparse_distance_matrix(whole, reach, output_type="ndarray")
            km = arc(found["v"])
            near = (km <= limit) & (found["i"] + start != found["j"])
            row, column = np.append(found["i"][near], block - start), np.append(found["j"][near], block)
            yield block, csr_array((np.append(km[near], np.zeros(len(block))), (row, column)), shape=(len(block), many))


def _chord(km: float) -> float:
    """The straight line through a sphere of radius 1 between points ``km`` apart on the earth."""
    return float(2 * np.sin(min(km / (2 * EARTH_RADIUS_KM), np.pi / 2)))


def arc(chords: Floats) -> Floats:
    """Kilometres on the earth between points whose straight distance on the unit sphere is given.

    Examples
    --------
    >>> arc(np.array([0.0, 2.0])).round(1).tolist()
    [0.0, 20015.1]
    """
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.minimum(chords / 2, 1.0)))


def on_sphere(longitude: Floats, latitude: Floats) -> Floats:
    """(n, 3) points on the unit sphere from degrees."""
    a, b = np.radians(longitude), np.radians(latitude)
    return np.column_stack([np.cos(b) * np.cos(a), np.cos(b) * np.sin(a), np.sin(b)])


def _locate(rows: Refit, longitude: str, latitude: str, coordinates: pd.DataFrame | None) -> Locations:
    """The places of the rows of an estimate, from columns of its data or from a frame with one row per entity.

    Raises
    ------
    MissingColumn, NotNumeric, EstimationError, OutOfRange, PanelError
    """
    if coordinates is None:
        source, at = rows.source, rows.sample.positions
    else:
        source = Source(coordinates, name="coordinates")
        at = _entity_rows(rows, coordinates)
    degrees = np.column_stack([source.numbers(name)[at] for name in (longitude, latitude)])
    for name, values, limit in ((longitude, degrees[:, 0], 360.0), (latitude, degrees[:, 1], 90.0)):
        missing, outside = np.isnan(values), np.abs(values) > limit
        if missing.any():
            raise EstimationError(
                f"{name} is missing in {int(missing.sum())} rows that the estimate uses",
                where=f"first {rows.row_name(int(missing.argmax()))}",
                remedy="fill the coordinates, or pass coordinates= with one row per entity",
            )
        if outside.any():
            first = int(outside.argmax())
            raise OutOfRange(
                f"{name} of {rows.row_name(first)} is {values[first]:g}; it must lie in [-{limit:g}, {limit:g}] degrees",
                remedy="check the units, and that longitude and latitude are not exchanged",
            )
    different, codes = np.unique(degrees, axis=0, return_inverse=True)
    return Locations(on_sphere(different[:, 0], different[:, 1]), codes.reshape(-1).astype(np.intp))


def _entity_rows(rows: Refit, coordinates: pd.DataFrame) -> NDArray[np.intp]:
    """Row of ``coordinates`` for each row of the estimate."""
    import pandas as pd

    entity = rows.source.entity
    if entity is None:
        raise PanelError("a plain frame has no entity to find coordinates by", remedy="put the coordinates into the frame itself")
    keys = pd.Index(coordinates[entity]) if entity in coordinates.columns else coordinates.index
    if keys.has_duplicates:
        raise MissingColumn(
            f"coordinates have {entity} {keys[keys.duplicated()][0]} twice",
            remedy=f"one row per {entity}, in a column of that name or as index",
        )
    wanted = rows.source.frame[entity].iloc[rows.sample.positions]
    at = keys.get_indexer(pd.Index(wanted))
    if (at < 0).any():
        first = int((at < 0).argmax())
        raise EstimationError(
            f"coordinates have no row for {int(wanted[at < 0].nunique())} values of {entity}",
            where=f"first {wanted.iloc[first]}",
            remedy=f"add them, with a column {entity!r} or {entity} as index, spelled as in the data",
        )
    return np.asarray(at, dtype=np.intp)


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


@frugal
def conley(
    estimate: Estimate,
    panel: Panel | pd.DataFrame | None = None,
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
    panel : the data it was fitted on, where the estimate has dropped its rows; a frame is a cross-section.
    longitude, latitude : columns in degrees, of the data or of ``coordinates``.
    cutoff_km : distance beyond which rows are uncorrelated.
    kernel : "bartlett" (default) or "uniform".
    lags : steps of the calendar of own past, 0 for none; fewer than the periods from the first to the last row of some entity.
    coordinates : one row per entity, with a column named like the entity or the entities as index, where the panel has no coordinates.

    Returns
    -------
    Estimate
        The same coefficients; negative eigenvalues of the covariance, which the uniform kernel can give, are set to zero with a warning.

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
    >>> spatial = conley(fit("y ~ x | city + year", panel), longitude="lon", latitude="lat", cutoff_km=500, lags=1)
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
    places = _locate(rows, longitude, latitude, coordinates)
    scores = rows.basis * rows.weighted(rows.residuals)
    meat, neighbours = _spatial_meat(scores=scores, rows=rows, places=places, cutoff=float(cutoff_km), kernel=kernel)
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
    info = CovarianceInfo(
        kind="conley",
        clusters=(),
        small_sample=rows.options.small_sample,
        factor=symbols,
        factor_value=factor,
        df_t=float(df),
        notes=notes,
        parameters=rows.n - df,
    )
    return vcov * factor, info


def _spatial_meat(scores: Floats, rows: Refit, places: Locations, cutoff: float, kernel: Kernel) -> tuple[Floats, float]:
    """(k, k) kernel-weighted sum over pairs of rows of a period, and the mean number of other locations within the cutoff."""
    k, many = len(scores), len(places.points)
    period = rows.sample.period
    periods, codes = (1, np.zeros(rows.n, dtype=np.intp)) if period is None else (period.levels, period.codes)
    # locations i, periods t, columns k: scores summed to (i, t k), so that one sparse product with the kernel serves all periods
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
