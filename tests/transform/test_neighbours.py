"""Weights of provinces: symmetric, the convention stated, distances against a known pair."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from toolkit.data import load_frame
from toolkit.errors import DuplicateKey, MissingColumn, OutOfRange, UnknownName, UnknownOption
from toolkit.transform import (
    Weights,
    band_weights,
    contiguity_weights,
    distance_matrix,
    economic_weights,
    edge_weights,
    inverse_distance_weights,
    nearest_weights,
    nested_weights,
    shape_weights,
)

KM = 15.0  # capitals are given to 0.01 degree, and the distances of atlases refer to other points of the cities


def test_contiguity_is_symmetric_and_counts_the_pairs() -> None:
    pairs, places = load_frame("contiguity"), load_frame("provinces")
    joined, island = (contiguity_weights(pairs, places, hainan=h) for h in ("joined", "island"))
    np.testing.assert_array_equal(joined.matrix, joined.matrix.T)
    assert not joined.matrix.diagonal().any()
    assert (joined.matrix.sum(), island.matrix.sum()) == (2 * 69, 2 * 68)
    assert joined.islands == ()
    assert island.islands == ("Hainan",)
    assert "convention" in str(joined.convention)
    neighbours = {joined.ids[j] for j in np.flatnonzero(joined.matrix[joined.ids.index("Inner Mongolia")])}
    assert neighbours == {"Heilongjiang", "Jilin", "Liaoning", "Hebei", "Shanxi", "Shaanxi", "Ningxia", "Gansu"}


def test_row_standardised_is_a_copy() -> None:
    weights = contiguity_weights(load_frame("contiguity"), load_frame("provinces"), hainan="island")
    before = weights.matrix.copy()
    rows = weights.row_standardised().matrix.sum(axis=1)
    np.testing.assert_allclose(np.sort(rows), [0.0] + [1.0] * 30)
    np.testing.assert_array_equal(weights.matrix, before)


def test_order_and_subset() -> None:
    weights = contiguity_weights(load_frame("contiguity"), load_frame("provinces"))
    small = weights.ordered(["Tianjin", "Beijing", "Hainan"])
    np.testing.assert_array_equal(small.matrix, [[0, 1, 0], [1, 0, 0], [0, 0, 0]])
    with pytest.raises(UnknownName, match="Atlantis"):
        weights.ordered(["Atlantis"])


def test_distances() -> None:
    places = load_frame("provinces")
    km = distance_matrix(places)
    ids = places["province"].tolist()
    # Geodesic Beijing-Shanghai is about 1,067 km, Beijing-Guangzhou about 1,888 km.
    assert km[ids.index("Beijing"), ids.index("Shanghai")] == pytest.approx(1067, abs=KM)
    assert km[ids.index("Beijing"), ids.index("Guangdong")] == pytest.approx(1888, abs=KM)
    np.testing.assert_allclose(km, km.T)
    assert (km + km[:, [0]] >= km[[0], :] - 1e-6).all()  # triangle inequality through Beijing
    quarter = pd.DataFrame({"capital_lon": [0.0, 90.0], "capital_lat": [0.0, 0.0]})
    assert distance_matrix(quarter)[0, 1] == pytest.approx(np.pi / 2 * 6371.0088)


def test_inverse_distance() -> None:
    places = load_frame("provinces")
    weights = inverse_distance_weights(places, power=2)
    off = ~np.eye(31, dtype=bool)
    np.testing.assert_allclose((weights.matrix * distance_matrix(places) ** 2)[off], 1.0)
    assert not weights.matrix.diagonal().any()


def test_named_errors() -> None:
    pairs, places = load_frame("contiguity"), load_frame("provinces")
    with pytest.raises(UnknownOption, match="island"):
        contiguity_weights(pairs, places, hainan="bridge")  # type: ignore[arg-type]
    with pytest.raises(MissingColumn, match='load_frame\\("contiguity"\\)'):
        contiguity_weights(places, places)
    with pytest.raises(UnknownName, match="no province"):
        contiguity_weights(pairs, places.iloc[:5])
    with pytest.raises(DuplicateKey, match="110000"):
        contiguity_weights(pairs, pd.concat([places, places.iloc[:1]]))
    with pytest.raises(DuplicateKey, match="same coordinates"):
        inverse_distance_weights(places.assign(capital_lon=100.0, capital_lat=30.0))


def test_nearest_and_band() -> None:
    places = load_frame("provinces")
    km = distance_matrix(places)
    nearest, band = nearest_weights(places, 4), band_weights(places, 1000.0)
    assert (nearest.matrix.sum(axis=1) == 4).all()
    assert not nearest.matrix.diagonal().any()
    for row, apart in zip(nearest.matrix, km, strict=True):
        assert set(np.flatnonzero(row)) == set(np.argsort(apart)[1:5])
    np.testing.assert_array_equal(band.matrix, ((km <= 1000.0) & (km > 0)).astype(float))
    assert band.islands == ("Tibet", "Xinjiang")  # Lhasa and Urumqi lie farther than that from any other capital
    with pytest.raises(UnknownOption, match="31 entities"):
        nearest_weights(places, 31)


def test_economic_and_nested() -> None:
    income = pd.Series([1.0, 3.0, 7.0], index=["a", "b", "c"], name="income")
    near = economic_weights(income)
    np.testing.assert_allclose(near.matrix, [[0, 1 / 2, 1 / 6], [1 / 2, 0, 1 / 4], [1 / 6, 1 / 4, 0]])
    other = Weights(np.array([[0, 1.0, 0], [1, 0, 1], [0, 1, 0]]), ("c", "a", "b"))
    both = nested_weights(near, other, share=0.25)
    assert both.ids == ("a", "b", "c")
    np.testing.assert_allclose(both.matrix[0], [0, 0.25 * 0.75 + 0.75 / 2, 0.25 * 0.25 + 0.75 / 2])
    np.testing.assert_allclose(both.matrix.sum(axis=1), 1.0)
    assert "income" in str(near.convention)
    for bad in ([1.0, 1.0, 2.0], [1.0, np.nan, 2.0]):
        with pytest.raises(OutOfRange, match="missing or the same"):
            economic_weights(pd.Series(bad, index=["a", "b", "c"]))


def test_a_list_of_links() -> None:
    edges = pd.DataFrame({"from": ["b", "a"], "to": ["a", "b"], "weight": [2.0, 3.0]}, index=[7, 8])
    found = edge_weights(edges, ["a", "b", "c"])
    np.testing.assert_array_equal(found.matrix, [[0, 3, 0], [2, 0, 0], [0, 0, 0]])
    assert found.islands == ("c",)
    np.testing.assert_array_equal(found.row_standardised().ordered(["b", "a"]).matrix, [[0, 1], [1, 0]])
    np.testing.assert_array_equal(found.matrix, [[0, 3, 0], [2, 0, 0], [0, 0, 0]])
    for bad, kind, text in (
        (edges.replace("b", "z"), UnknownName, "z - a"),
        (edges.replace("b", "a"), DuplicateKey, "itself"),
        (pd.concat([edges, edges]), DuplicateKey, "twice"),
        (edges.assign(weight=[2.0, 0.0]), OutOfRange, "a - b.*not positive"),
    ):
        with pytest.raises(kind, match=text):
            edge_weights(bad, ["a", "b", "c"])


class Boxes:
    """What :func:`shape_weights` asks of a GeoDataFrame, for rectangles (left, bottom, right, top)."""

    def __init__(self, names: list[str], boxes: np.ndarray) -> None:
        self.names, self.boxes, self.columns = names, boxes, ["name"]

    def __getitem__(self, column: str) -> pd.Series:
        return pd.Series(self.names)

    geometry = sindex = iloc = property(lambda self: _Rectangles(self.boxes))


class _Rectangles:
    def __init__(self, boxes: np.ndarray) -> None:
        self.boxes, self.iloc = boxes, self

    def __getitem__(self, rows: np.ndarray) -> _Rectangles:
        return _Rectangles(self.boxes[rows])

    def reset_index(self, drop: bool) -> _Rectangles:
        return self

    def query(self, other: _Rectangles, predicate: str) -> tuple[np.ndarray, np.ndarray]:
        low, high = (
            np.maximum(self.boxes[:, None, :2], self.boxes[None, :, :2]),
            np.minimum(self.boxes[:, None, 2:], self.boxes[None, :, 2:]),
        )
        return tuple(np.argwhere((low <= high).all(axis=2)).T)

    def intersection(self, other: _Rectangles) -> pd.DataFrame:
        low, high = np.maximum(self.boxes[:, :2], other.boxes[:, :2]), np.minimum(self.boxes[:, 2:], other.boxes[:, 2:])
        return pd.DataFrame({"length": (high - low).sum(axis=1)})


def test_shapes_of_any_kind_that_can_be_asked() -> None:
    """Three boxes in a row, one that touches the first at a corner alone, and one apart."""
    boxes = np.array([[0, 0, 1, 1], [1, 0, 2, 1], [2, 0, 3, 1], [-1, 1, 0, 2], [9, 9, 10, 10]], dtype=float)
    shapes = Boxes(list("abcde"), boxes)
    found = shape_weights(shapes, "name")
    assert found.islands == ("d", "e")
    assert found.matrix.sum() == 2 * 2
    np.testing.assert_array_equal(shapes.boxes, boxes)
    with pytest.raises(MissingColumn, match="code"):
        shape_weights(shapes, "code")


def test_shapes() -> None:
    geopandas, geometry = pytest.importorskip("geopandas"), pytest.importorskip("shapely.geometry")
    squares = {f"{x}{y}": geometry.box(x, y, x + 1, y + 1) for x in range(3) for y in range(2)}
    frame = geopandas.GeoDataFrame({"name": list(squares)}, geometry=list(squares.values()))
    found = shape_weights(frame, "name")
    assert found.ids == tuple(squares)
    assert found.matrix.sum() == 2 * 7  # shared sides; the four squares that share a corner alone are no neighbours
    with pytest.raises(DuplicateKey, match="alike"):
        shape_weights(frame.assign(name="x"), "name")
