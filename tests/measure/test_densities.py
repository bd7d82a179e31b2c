"""Kernel densities against scipy, bandwidths against R, and what a density must satisfy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import gaussian_kde

from toolkit.errors import MeasureError, UnknownOption
from toolkit.measure.convergence.densities import densities, sheather_jones, silverman

BINS = 1e-5  # R's bw.SJ counts pairs in 200,000 bins
INTEGRAL = 1e-3  # mass beyond four bandwidths, and the trapezoid rule on 401 points

_K, _J = np.arange(1.0, 41.0), np.arange(1.0, 32.0)
# Values of R 4.2.2: bw.nrd0(x) and bw.SJ(x, nb = 200000, tol = 1e-12); the last series has no stored nrd0.
R_BANDWIDTHS = (
    (np.array([1.0, 2, 3, 4, 7]), 0.973584622851, 1.11696800315),
    (_K**2 % 37 + np.sin(_K), 5.06142063122, 3.68422243418),
    (np.log(_J) ** 2 + np.cos(_J), None, 1.83799460135),
)


@pytest.mark.parametrize(("x", "nrd0", "sj"), R_BANDWIDTHS)
def test_bandwidths_are_those_of_r(x: np.ndarray, nrd0: float | None, sj: float) -> None:
    if nrd0 is not None:
        assert silverman(x, np.full(x.size, 1 / x.size)) == pytest.approx(nrd0, rel=1e-10)
    assert sheather_jones(x) == pytest.approx(sj, rel=BINS)
    assert sheather_jones(1e9 + 1e6 * x) == pytest.approx(1e6 * sj, rel=1e-4)


def frame() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    values = pd.DataFrame({year: rng.gamma(2, 1 + 0.1 * k, 60) for k, year in enumerate((2005, 2010, 2015))})
    values.iloc[7, 0] = np.nan
    return values


def test_density_is_scipys() -> None:
    values, w = frame(), np.random.default_rng(1).uniform(0.5, 2, 60)
    found = densities(values, weights=w)
    for year, rows in found.groupby("year"):
        seen = values[year].notna()
        x, share = values.loc[seen, year].to_numpy(), w[seen] / w[seen].sum()
        mean = share @ x
        variance = share @ (x - mean) ** 2 / (1 - share @ share)
        peer = gaussian_kde(x, weights=share, bw_method=float(rows["bandwidth"].iloc[0] / np.sqrt(variance)))
        assert rows["density"].to_numpy() == pytest.approx(peer(rows["x"]), rel=1e-8, abs=1e-14)
        assert rows["units"].iloc[0] == seen.sum()


@pytest.mark.parametrize("bandwidth", ["silverman", "sheather_jones"])
def test_densities_integrate_to_one_on_a_common_grid(bandwidth: str) -> None:
    found = densities(frame(), bandwidth=bandwidth, points=401)  # type: ignore[arg-type]
    assert len({tuple(rows["x"]) for _, rows in found.groupby("year")}) == 1
    for _, rows in found.groupby("year"):
        assert np.trapezoid(rows["density"], rows["x"]) == pytest.approx(1, abs=INTEGRAL)
        assert (rows["density"] >= 0).all()


def test_shift_scale_and_order() -> None:
    values = frame()
    one, two = densities(values), densities(5 + 1e6 * values.sample(frac=1, random_state=2))
    assert two["x"].to_numpy() == pytest.approx(5 + 1e6 * one["x"].to_numpy(), rel=1e-9)
    assert two["density"].to_numpy() * 1e6 == pytest.approx(one["density"].to_numpy(), rel=1e-7, abs=1e-14)
    equal = densities(values, weights=np.full(60, 3.0))
    assert equal["density"].to_numpy() == pytest.approx(one["density"].to_numpy(), rel=1e-10)


def test_refusals() -> None:
    values = frame()
    with pytest.raises(MeasureError, match="the kernel density of 2010 has 60 values and no spread"):
        densities(values.assign(**{"2010": 1.0}).drop(columns=2010))
    with pytest.raises(MeasureError, match="60 values and 3 weights"):
        densities(values, weights=[1, 2, 3])
    with pytest.raises(MeasureError, match=r"(?s)equal weights.*silverman"):
        densities(values, weights=np.ones(60), bandwidth="sheather_jones")
    with pytest.raises(UnknownOption, match="'scott'"):
        densities(values, bandwidth="scott")  # type: ignore[arg-type]
    with pytest.raises(MeasureError, match="on 1 points"):
        densities(values, points=1)
    with pytest.raises(MeasureError, match="no solution"):
        sheather_jones(np.repeat([0.0, 1.0], [39, 1]))
    with pytest.raises(MeasureError, match="too much memory"):
        sheather_jones(np.arange(6000.0))
