"""Rows as places on the globe: coordinates read and checked, and the neighbours within a great-circle distance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import EstimationError, MissingColumn, OutOfRange, PanelError
from toolkit.estimate.source import Source

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.estimate.refit import Refit

Floats = NDArray[np.float64]

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
        reach = chord(limit) * (1 + AT_CUTOFF)
        size = max(1, PAIRS // many)
        for start in range(0, many, size):
            block = np.arange(start, min(start + size, many))
            found = cKDTree(self.points[block]).sparse_distance_matrix(whole, reach, output_type="ndarray")
            km = arc(found["v"])
            near = (km <= limit) & (found["i"] + start != found["j"])
            row, column = np.append(found["i"][near], block - start), np.append(found["j"][near], block)
            yield block, csr_array((np.append(km[near], np.zeros(len(block))), (row, column)), shape=(len(block), many))


def chord(km: float) -> float:
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


def locate(rows: Refit, longitude: str, latitude: str, coordinates: pd.DataFrame | None) -> Locations:
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
