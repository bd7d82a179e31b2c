"""Cores against the search over all subsets, and hand-made networks."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from toolkit.errors import MeasureError
from toolkit.measure import core_periphery, gravity_links, k_core


def random_links(seed: int, n: int = 8) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    mass = pd.Series(rng.lognormal(sigma=1.2, size=n), index=list("abcdefgh")[:n])
    places = rng.uniform(size=(n, 2))
    return gravity_links(mass, np.hypot(*(places[:, None] - places).transpose(2, 0, 1)), power=1.0)


@pytest.mark.parametrize("seed", range(6))
def test_the_best_of_all_subsets(seed: int) -> None:
    links = random_links(seed)
    upper = np.triu_indices(8, 1)
    fits = {}
    for size in range(1, 7):
        for core in itertools.combinations(range(8), size):
            ideal = np.isin(upper[0], core) | np.isin(upper[1], core)
            fits[core] = np.corrcoef(links.to_numpy()[upper], ideal)[0, 1]
    best = max(fits, key=lambda core: fits[core])
    found = core_periphery(links)
    assert found.fit == pytest.approx(fits[best])
    assert found.core == tuple(links.index[list(best)])


def test_a_star_is_found_exactly() -> None:
    star = pd.DataFrame(np.zeros((6, 6)), index=list("abcdef"), columns=list("abcdef"))
    star.loc["c"] = star["c"] = 1.0
    found = core_periphery(star)
    assert (found.core, found.fit) == (("c",), pytest.approx(1.0))


def test_core_numbers_of_a_clique_with_a_tail() -> None:
    names = list("abcdef")
    links = pd.DataFrame(0, index=names, columns=names)
    for one, other in [*itertools.combinations("abcd", 2), ("d", "e"), ("e", "f")]:
        links.loc[one, other] = links.loc[other, one] = 1
    assert k_core(links).to_dict() == {"a": 3, "b": 3, "c": 3, "d": 3, "e": 1, "f": 1}


def test_bad_networks_are_refused() -> None:
    links = random_links(0)
    with pytest.raises(MeasureError, match="symmetric"):
        core_periphery(links + np.triu(np.ones((8, 8)), 1))
    with pytest.raises(MeasureError, match="differ"):
        core_periphery(pd.DataFrame(np.ones((4, 4))))
    with pytest.raises(MeasureError, match="mass of b"):
        gravity_links(pd.Series([1.0, 0.0], index=["a", "b"]), np.ones((2, 2)))
    with pytest.raises(MeasureError, match="no distance"):
        gravity_links(pd.Series([1.0, 1.0]), np.zeros((2, 2)))
