"""Spatial weights of provinces: common borders and distances between capitals; row-standardised copies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from toolkit.errors import DuplicateKey, MissingColumn, UnknownName, UnknownOption
from toolkit.language import Note, Text, note

Matrix = npt.NDArray[np.float64]
Hainan = Literal["joined", "island"]
EARTH_RADIUS_KM = 6371.0088  # mean radius, IUGG

ROOK = Text("rook contiguity, {hainan}", "车式邻接，{hainan}")
JOINED = Text("Guangdong and Hainan joined by convention", "按惯例视广东与海南相邻")
ISLAND = Text("Hainan an island", "海南为孤岛")
INVERSE_DISTANCE = Text("inverse distance between capitals, power {power:g}", "省会间距离的{power:g}次方之倒数")


@dataclass(frozen=True)
class Weights:
    """Spatial weights.

    Attributes
    ----------
    matrix : (n, n) non-negative, zero diagonal.
    ids : n labels, in the order of rows and columns.
    convention : how the links are defined, for the note under a table; None if it is not said.
    """

    matrix: Matrix
    ids: tuple[object, ...]
    convention: Note | None = None

    @property
    def islands(self) -> tuple[object, ...]:
        """Labels without any neighbour."""
        return tuple(label for label, row in zip(self.ids, self.matrix, strict=True) if not row.any())

    def row_standardised(self) -> Weights:
        """A copy whose rows sum to one; the row of an island stays zero.

        Examples
        --------
        >>> Weights(np.array([[0.0, 1.0, 1.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]), ("a", "b", "c")).row_standardised().matrix[0]
        array([0. , 0.5, 0.5])
        """
        sums = self.matrix.sum(axis=1, keepdims=True)
        scaled = np.divide(self.matrix, sums, out=np.zeros_like(self.matrix), where=sums > 0)
        return Weights(scaled, self.ids, _standardised(self.convention))

    def ordered(self, ids: Sequence[object]) -> Weights:
        """A copy with rows and columns in the order of ``ids``, which may be a subset.

        Raises
        ------
        UnknownName
        """
        place = {label: i for i, label in enumerate(self.ids)}
        unknown = [label for label in ids if label not in place]
        if unknown:
            raise UnknownName(
                f"{unknown[0]!r} has no row in the weights", remedy=f"the labels are {', '.join(map(str, self.ids[:8]))}, ..."
            )
        take = [place[label] for label in ids]
        return Weights(self.matrix[np.ix_(take, take)], tuple(ids), self.convention)


def contiguity_weights(pairs: pd.DataFrame, provinces: pd.DataFrame, hainan: Hainan = "joined") -> Weights:
    """Binary rook contiguity: 1 where two provinces share a land border.

    Parameters
    ----------
    pairs : table ``contiguity`` (columns ``adcode_a``, ``adcode_b``, ``is_convention``).
    provinces : table ``provinces`` (columns ``adcode``, ``province``); gives order and labels.
    hainan : Hainan has no land neighbour: ``"joined"`` links it to Guangdong across the Qiongzhou Strait, ``"island"`` does not.

    Raises
    ------
    UnknownOption, MissingColumn, UnknownName, DuplicateKey

    Examples
    --------
    >>> pairs = pd.DataFrame({"adcode_a": [44], "adcode_b": [46], "is_convention": [1]})
    >>> places = pd.DataFrame({"adcode": [44, 46], "province": ["Guangdong", "Hainan"]})
    >>> contiguity_weights(pairs, places, hainan="island").islands
    ('Guangdong', 'Hainan')
    """
    if hainan not in ("joined", "island"):
        raise UnknownOption(f"hainan={hainan!r} is no choice", remedy='use "joined" (to Guangdong) or "island"')
    _need(pairs, ("adcode_a", "adcode_b", "is_convention"), "contiguity")
    ids, codes = _labels(provinces)
    place = {code: i for i, code in enumerate(codes)}
    used = pairs if hainan == "joined" else pairs[pairs["is_convention"] == 0]
    matrix = np.zeros((len(ids), len(ids)))
    for a, b in zip(used["adcode_a"], used["adcode_b"], strict=True):
        for code in (a, b):
            if code not in place:
                raise UnknownName(
                    f"code {code} of the pairs is no province", where=f"pair {a}-{b}", remedy="add it to provinces, or remove the pair"
                )
        matrix[place[a], place[b]] = matrix[place[b], place[a]] = 1.0
    return Weights(matrix, ids, note("rook_contiguity", ROOK, hainan=JOINED if hainan == "joined" else ISLAND))


def _standardised(convention: Note | None) -> Note:
    if convention is None:
        return note("row_standardised", Text("row-standardised", "行标准化"))
    return note("row_standardised", Text("{links}, row-standardised", "{links}，行标准化"), links=convention)


def distance_matrix(provinces: pd.DataFrame) -> Matrix:
    """Great-circle distances between capitals in km (haversine formula, mean earth radius).

    Parameters
    ----------
    provinces : table ``provinces`` (``capital_lon``, ``capital_lat`` in degrees).

    Returns
    -------
    (n, n) symmetric, zero diagonal.

    Raises
    ------
    MissingColumn

    Examples
    --------
    >>> two = pd.DataFrame({"capital_lon": [116.4, 121.47], "capital_lat": [39.9, 31.23]})
    >>> float(distance_matrix(two)[0, 1].round(-1))
    1070.0
    """
    _need(provinces, ("capital_lon", "capital_lat"), "provinces")
    lon, lat = (np.radians(provinces[c].to_numpy(dtype=float)) for c in ("capital_lon", "capital_lat"))
    half = np.sin((lat[:, None] - lat) / 2) ** 2 + np.cos(lat[:, None]) * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    km: Matrix = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0)))
    np.fill_diagonal(km, 0.0)
    return km


def inverse_distance_weights(provinces: pd.DataFrame, power: float = 1.0) -> Weights:
    """w_ij = d_ij^-power with d in km between capitals, zero diagonal.

    Raises
    ------
    MissingColumn, DuplicateKey
        A column is missing; two capitals are at the same place.
    """
    ids, _ = _labels(provinces)
    km = distance_matrix(provinces)
    same = np.argwhere((km == 0) & ~np.eye(len(ids), dtype=bool))
    if len(same):
        raise DuplicateKey(f"{ids[same[0][0]]} and {ids[same[0][1]]} have the same coordinates", remedy="correct one of them")
    np.fill_diagonal(km, np.inf)
    return Weights(km**-power, ids, note("inverse_distance", INVERSE_DISTANCE, power=power))


def _labels(provinces: pd.DataFrame) -> tuple[tuple[object, ...], list[int]]:
    _need(provinces, ("adcode", "province"), "provinces")
    if provinces["adcode"].duplicated().any():
        raise DuplicateKey(
            f"code {provinces.loc[provinces['adcode'].duplicated(), 'adcode'].iloc[0]} occurs twice in provinces", remedy="keep one row"
        )
    return tuple(provinces["province"].tolist()), provinces["adcode"].tolist()


def _need(frame: pd.DataFrame, columns: Sequence[str], name: str) -> None:
    missing = [c for c in columns if c not in frame.columns]
    if missing:
        raise MissingColumn(f"{name} has no column {missing[0]!r}", remedy=f'pass load_frame("{name}")')
