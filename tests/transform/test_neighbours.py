"""Weights of provinces: symmetric, the convention stated, distances against a known pair."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from toolkit.data import load_frame
from toolkit.errors import DuplicateKey, MissingColumn, UnknownName, UnknownOption
from toolkit.transform import contiguity_weights, distance_matrix, inverse_distance_weights

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
