"""Spatial weights: common borders, distances, economic likeness, a list of links, shapes; always aligned by the names of the entities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from toolkit.errors import DuplicateKey, MissingColumn, OutOfRange, UnknownName, UnknownOption
from toolkit.language import Name, Note, Text, note

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Matrix = npt.NDArray[np.float64]
Hainan = Literal["joined", "island"]
EARTH_RADIUS_KM = 6371.0088  # mean radius, IUGG

ROOK = Text("rook contiguity, {hainan}", "车式邻接，{hainan}")
JOINED = Text("Guangdong and Hainan joined by convention", "按惯例视广东与海南相邻")
ISLAND = Text("Hainan an island", "海南为孤岛")
NEAREST = Text("the {k} nearest capitals", "省会距离最近的{k}个省份")
BAND = Text("capitals within {km:g} km", "省会相距{km:g}公里以内")
ECONOMIC = Text("inverse difference of {values}", "{values}差距的倒数")
NESTED = Text("nested: {share:g} × ({first}) + {rest:g} × ({second})", "嵌套：{share:g}×（{first}）+{rest:g}×（{second}）")
INVERSE_DISTANCE = Text("inverse distance between capitals, power {power:g}", "省会间距离的{power:g}次方之倒数")


@dataclass(frozen=True)
class Weights:
    """Spatial weights.

    Attributes
    ----------
    links : (n, n) non-negative, zero diagonal; an array, or scipy's sparse one, which thousands of entities need.
    ids : n labels, in the order of rows and columns.
    convention : how the links are defined, for the note under a table; None if it is not said.
    """

    links: Matrix | csr_array
    ids: tuple[object, ...]
    convention: Note | None = None

    @property
    def matrix(self) -> Matrix:
        """(n, n) the links as a plain array."""
        return self.links if isinstance(self.links, np.ndarray) else self.links.toarray()

    @property
    def sparse(self) -> csr_array:
        """(n, n) the links as a sparse array."""
        from scipy.sparse import csr_array

        return csr_array(self.links)

    @property
    def islands(self) -> tuple[object, ...]:
        """Labels without any neighbour."""
        return tuple(label for label, total in zip(self.ids, self.links.sum(axis=1), strict=True) if total == 0)

    def row_standardised(self) -> Weights:
        """A copy whose rows sum to one; the row of an island stays zero.

        Examples
        --------
        >>> Weights(np.array([[0.0, 1.0, 1.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]), ("a", "b", "c")).row_standardised().matrix[0]
        array([0. , 0.5, 0.5])
        """
        sums = np.asarray(self.links.sum(axis=1))
        scale = np.divide(1.0, sums, out=np.zeros(len(sums)), where=sums > 0)[:, None]
        scaled = self.links * scale if isinstance(self.links, np.ndarray) else self.links.multiply(scale).tocsr()
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
        return Weights(self.links[take][:, take], tuple(ids), self.convention)


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
    if convention.key == "row_standardised":
        return convention
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
    ids, km = _apart(provinces)
    return Weights(km**-power, ids, note("inverse_distance", INVERSE_DISTANCE, power=power))


def nearest_weights(provinces: pd.DataFrame, k: int) -> Weights:
    """1 for the k capitals nearest to that of the row; not symmetric.

    Raises
    ------
    UnknownOption, MissingColumn, DuplicateKey
    """
    ids, km = _apart(provinces)
    if not 0 < k < len(ids):
        raise UnknownOption(f"k={k} is no number of neighbours of {len(ids)} entities", remedy=f"use 1 to {len(ids) - 1}")
    links = np.zeros_like(km)
    np.put_along_axis(links, np.argsort(km, axis=1, kind="stable")[:, :k], 1.0, axis=1)
    return Weights(links, ids, note("nearest", NEAREST, k=k))


def band_weights(provinces: pd.DataFrame, km: float) -> Weights:
    """1 where two capitals lie at most ``km`` apart; whoever has none there is among the ``islands``."""
    ids, apart = _apart(provinces)
    return Weights((apart <= km).astype(float), ids, note("band", BAND, km=km))


def economic_weights(values: pd.Series) -> Weights:
    """w_ij = 1 / |x_i - x_j|: alike is near, wherever it lies.

    Parameters
    ----------
    values : one number for each entity, labelled by it (the mean over the years, so that the weights do not move with the outcome).

    Raises
    ------
    OutOfRange
        If a value is missing, or two entities have the same.

    Examples
    --------
    >>> economic_weights(pd.Series([1.0, 3.0, 7.0], index=["a", "b", "c"])).matrix[0].round(3).tolist()
    [0.0, 0.5, 0.167]
    """
    x = values.to_numpy(dtype=float)
    gap = np.abs(x[:, None] - x)
    np.fill_diagonal(gap, np.inf)
    bad = np.argwhere(~(gap > 0))
    if len(bad):
        pair = " and ".join(str(values.index[i]) for i in dict.fromkeys(bad[0]))
        raise OutOfRange(f"{values.name or 'the value'} of {pair} is missing or the same", remedy="leave one out, or use another variable")
    return Weights(1 / gap, tuple(values.index), note("economic", ECONOMIC, values=Name(str(values.name or "x"))))


def nested_weights(first: Weights, second: Weights, share: float = 0.5) -> Weights:
    """share A + (1 - share) B of two row-standardised weights; those of ``second`` are put into the order of ``first``."""
    a, b = first.row_standardised(), second.ordered(first.ids).row_standardised()
    named = [text if text is not None else Text("weights", "权重") for text in (first.convention, second.convention)]
    said = note("nested", NESTED, share=share, first=named[0], rest=1 - share, second=named[1])
    return Weights(share * a.matrix + (1 - share) * b.matrix, first.ids, said)


def edge_weights(edges: pd.DataFrame, ids: Sequence[object]) -> Weights:
    """Weights from a list of links, one row each: the first two columns name the row and the neighbour, a third holds the weight (else 1).

    A link is taken as it stands: one that holds both ways has two rows. The result is sparse.

    Parameters
    ----------
    edges : the links.
    ids : the entities, in the order wanted; who has no row among ``edges`` is an island.

    Raises
    ------
    UnknownName, DuplicateKey, OutOfRange
        If a link names nobody of ``ids``, comes twice or joins an entity to itself, or has a weight that is missing or not positive.

    Examples
    --------
    >>> edge_weights(pd.DataFrame({"from": ["a", "b"], "to": ["b", "a"]}), ["a", "b", "c"]).islands
    ('c',)
    """
    from scipy.sparse import csr_array

    place = pd.Index(list(ids))
    ends = [place.get_indexer(pd.Index(edges.iloc[:, side])) for side in (0, 1)]
    values = edges.iloc[:, 2].to_numpy(dtype=float) if edges.shape[1] > 2 else np.ones(len(edges))
    lost = np.flatnonzero((ends[0] < 0) | (ends[1] < 0))
    twice = np.flatnonzero(edges.iloc[:, :2].duplicated().to_numpy() | (ends[0] == ends[1]))
    wrong = np.flatnonzero(~(values > 0) | np.isinf(values))
    for rows, kind, text in (
        (lost, UnknownName, "names an entity that is not among the ids"),
        (twice, DuplicateKey, "comes twice, or joins an entity to itself"),
        (wrong, OutOfRange, "has a weight that is missing, infinite or not positive"),
    ):
        if len(rows):
            at = edges.iloc[rows[0]]
            raise kind(f"the link {at.iloc[0]} - {at.iloc[1]} {text}", where=f"row {edges.index[rows[0]]}", remedy="mend the list of links")
    return Weights(csr_array((values, (ends[0], ends[1])), shape=(len(place), len(place))), tuple(ids))


def shape_weights(shapes: Any, ids: str) -> Weights:
    """Rook contiguity of the rows of a GeoDataFrame: 1 where two shapes share a line, not only a point.

    Parameters
    ----------
    shapes : a GeoDataFrame of geopandas; it is read, not changed.
    ids : the column that names its rows.

    Raises
    ------
    MissingColumn, DuplicateKey
    """
    _need(shapes, (ids,), "the GeoDataFrame")
    names = shapes[ids].tolist()
    if len(set(names)) < len(names):
        raise DuplicateKey(f"{ids} names two shapes alike", remedy="dissolve them, or use another column")
    a, b = shapes.sindex.query(shapes.geometry, predicate="intersects")
    shared = shapes.geometry.iloc[a].reset_index(drop=True).intersection(shapes.geometry.iloc[b].reset_index(drop=True))
    kept = (a != b) & (shared.length.to_numpy() > 0)
    edges = pd.DataFrame({"a": [names[i] for i in a[kept]], "b": [names[i] for i in b[kept]]})
    return edge_weights(edges, names)


def _apart(provinces: pd.DataFrame) -> tuple[tuple[object, ...], Matrix]:
    """Labels, and km between capitals with infinity on the diagonal."""
    ids, _ = _labels(provinces)
    km = distance_matrix(provinces)
    np.fill_diagonal(km, np.inf)
    same = np.argwhere(km == 0)
    if len(same):
        raise DuplicateKey(f"{ids[same[0][0]]} and {ids[same[0][1]]} have the same coordinates", remedy="correct one of them")
    return ids, km


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
