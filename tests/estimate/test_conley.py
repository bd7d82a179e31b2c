"""Conley standard errors: against the double sum over rows, the limits that are known, and bad coordinates."""

from __future__ import annotations

import importlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import EstimationError, MissingColumn, NotEstimable, NotNumeric, OutOfRange, PanelError, TooFewPeriods, UnknownOption
from toolkit.estimate import Estimate, conley, fit, fit_differences
from toolkit.estimate.linear.refit import refit
from toolkit.numerics import Floats
from toolkit.panel import Panel

globe = importlib.import_module("toolkit.estimate.inference.conley")  # the package holds the function of that name
EXACT = 1e-9  # sums in another order; coordinates differ in the last digits
AROUND = 30_000.0  # km, more than half way round the earth


@pytest.fixture(scope="module")
def cities() -> Panel:
    """40 cities, 7 years, gaps, four pairs of cities at the same place, a column of the size 1e9, weights."""
    rng = np.random.default_rng(5)
    n = 280
    frame = pd.DataFrame({"city": np.repeat([f"c{i:02d}" for i in range(40)], 7), "year": np.tile(np.arange(2010, 2017), 40)})
    place = np.concatenate([np.arange(36), np.arange(4)])
    lon, lat = rng.uniform(95, 122, 36)[place], rng.uniform(20, 45, 36)[place]
    frame["lon"], frame["lat"] = np.repeat(lon, 7), np.repeat(lat, 7)
    frame["x"], frame["big"] = rng.normal(size=n) + np.repeat(lat, 7) / 10, rng.normal(size=n) * 1e9
    frame["y"] = frame["x"] + frame["big"] / 1e9 + rng.normal(size=n)
    frame["w"] = rng.random(n) + 0.5
    return Panel(frame[rng.random(n) < 0.85], "city", "year")


def haversine(lon: Floats, lat: Floats) -> Floats:
    """(n, n) great-circle distances in km, by the haversine formula."""
    a, b = np.radians(lon), np.radians(lat)
    h = np.sin((b[:, None] - b) / 2) ** 2 + np.cos(b[:, None]) * np.cos(b) * np.sin((a[:, None] - a) / 2) ** 2
    return 2 * 6371.0088 * np.arcsin(np.minimum(1, np.sqrt(h)))


def double_sum(estimate: Estimate, panel: Panel, cutoff: float, kernel: str, lags: int) -> Floats:
    """Standard errors from the n x n kernel matrix, without small-sample factor."""
    rows = refit(estimate, panel, "test")
    frame = panel.frame.iloc[rows.sample.positions]
    d, year, city = haversine(frame["lon"].to_numpy(), frame["lat"].to_numpy()), frame["year"].to_numpy(), frame["city"].to_numpy()
    space = np.where(d <= cutoff, 1.0 if kernel == "uniform" else 1 - d / cutoff, 0.0) * (year[:, None] == year)
    apart = np.abs(year[:, None] - year)
    time = np.maximum(0, 1 - apart / (lags + 1)) * (city[:, None] == city) * (apart > 0)
    scores = rows.columns * rows.weighted(rows.residuals)
    vcov = rows.bread @ scores @ (space + time) @ scores.T @ rows.bread
    return np.asarray(np.sqrt(np.diag(rows.contrasts @ vcov @ rows.contrasts.T)))


@pytest.mark.parametrize("lags", [0, 2])
@pytest.mark.parametrize("kernel", ["uniform", "bartlett"])
@pytest.mark.parametrize(
    ("formula", "weights"), [("y ~ x + big", None), ("y ~ x + big | city + year", "w"), ("y ~ x + big | city + year", None)]
)
def test_it_is_the_double_sum_over_rows(cities: Panel, formula: str, weights: str | None, kernel: str, lags: int) -> None:
    estimate = fit(formula, cities, weights=weights, small_sample="none")
    for cutoff in (150.0, 700.0):
        found = conley(estimate, cities, longitude="lon", latitude="lat", cutoff_km=cutoff, kernel=kernel, lags=lags)  # type: ignore[arg-type]
        if "set to zero" not in found.covariance.note:
            np.testing.assert_allclose(found.std_errors, double_sum(estimate, cities, cutoff, kernel, lags), rtol=EXACT)


def test_a_tiny_cutoff_is_hc1_when_places_differ(gappy: Panel) -> None:
    codes = gappy.frame["firm"].to_numpy(float)
    panel = gappy.assign(lon=codes, lat=codes / 2)
    estimate = fit("y ~ x + z | firm + year", panel, covariance="HC1")
    found = conley(estimate, panel, longitude="lon", latitude="lat", cutoff_km=1e-6)
    np.testing.assert_allclose(found.vcov, estimate.vcov, rtol=EXACT)
    assert found.covariance.factor_value == estimate.covariance.factor_value
    none = fit("y ~ x + z | firm + year", panel, covariance="HC1", small_sample="none")
    np.testing.assert_allclose(conley(none, panel, longitude="lon", latitude="lat", cutoff_km=1e-6).vcov, none.vcov, rtol=EXACT)


def test_a_huge_cutoff_is_driscoll_kraay_without_lags(cities: Panel) -> None:
    estimate = fit("y ~ x + big | city + year", cities, covariance="driscoll_kraay", bandwidth=0, small_sample="none")
    found = conley(estimate, cities, longitude="lon", latitude="lat", cutoff_km=AROUND, kernel="uniform")
    np.testing.assert_allclose(found.vcov, estimate.vcov, rtol=EXACT)


def test_all_lags_and_no_neighbours_is_newey_west_within_entities(cities: Panel) -> None:
    """Seven years have six lags; where every city is alone there is nothing but its own past. More lags are refused."""
    frame = cities.frame[cities.frame["city"] < "c36"]
    alone = Panel(frame[~frame["city"].isin(["c00", "c01", "c02", "c03"])], "city", "year")
    estimate = fit("y ~ x + big | year", alone, small_sample="none")
    found = conley(estimate, alone, longitude="lon", latitude="lat", cutoff_km=1e-3, lags=6)
    np.testing.assert_allclose(found.std_errors, double_sum(estimate, alone, 1e-3, "bartlett", 6), rtol=EXACT)
    for lags in (7, 10_000_000):
        with pytest.raises(TooFewPeriods, match="use lags=6 or fewer"):
            conley(estimate, alone, longitude="lon", latitude="lat", cutoff_km=1e-3, lags=lags)


def test_rows_at_the_same_place_are_a_cluster(cities: Panel) -> None:
    """Distances of zero or more than the cutoff in a cross-section: clustering by place."""
    frame = cities.frame.assign(place=cities.frame["lon"].round(6).astype(str))
    clustered = fit("y ~ x + big", frame, cluster="place", small_sample="none")
    found = conley(clustered, frame, longitude="lon", latitude="lat", cutoff_km=1e-3, kernel="uniform")
    np.testing.assert_allclose(found.vcov, clustered.vcov, rtol=EXACT)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), min_size=2, max_size=30), st.floats(1, 25_000))
def test_neighbours_are_those_of_the_haversine_formula(places: list[tuple[float, float]], cutoff: float) -> None:
    degrees = np.unique(np.array(places), axis=0)
    here = globe.Locations(globe.on_sphere(degrees[:, 0], degrees[:, 1]), np.arange(len(degrees)))
    expected = haversine(degrees[:, 0], degrees[:, 1])
    found = np.concatenate([near.toarray() for _, near in here.neighbours(cutoff)])
    surely = (expected < cutoff - 1e-3) & (expected > 1e-3)
    np.testing.assert_allclose(found[surely], expected[surely], atol=2e-4)
    assert not found[expected > cutoff + 1e-3].any()


def test_known_distances() -> None:
    """A quarter of the equator and half a meridian; Beijing to Shanghai is 1,067 km on the mean sphere."""
    sphere = globe.on_sphere(np.array([0.0, 90.0, 0.0, 116.4074, 121.4737]), np.array([0.0, 0.0, 90.0, 39.9042, 31.2304]))
    km = globe.arc(np.linalg.norm(sphere[:, None] - sphere, axis=2))
    quarter = np.pi / 2 * 6371.0088
    np.testing.assert_allclose([km[0, 1], km[0, 2], km[1, 2]], quarter, rtol=1e-12)
    assert km[3, 4] == pytest.approx(1067, abs=2)


def test_blocks_of_locations_give_the_same(cities: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    estimate = fit("y ~ x | city", cities)
    whole = conley(estimate, cities, longitude="lon", latitude="lat", cutoff_km=500)
    monkeypatch.setattr(globe, "PAIRS", 100)
    np.testing.assert_allclose(conley(estimate, cities, longitude="lon", latitude="lat", cutoff_km=500).vcov, whole.vcov, rtol=EXACT)


def test_coordinates_by_entity(cities: Panel) -> None:
    estimate = fit("y ~ x | city + year", cities)
    expected = conley(estimate, cities, longitude="lon", latitude="lat", cutoff_km=500)
    table = cities.frame.groupby("city")[["lon", "lat"]].first().sample(frac=1, random_state=1)
    bare = Panel(cities.frame.drop(columns=["lon", "lat"]), "city", "year")
    for coordinates in (table, table.reset_index()):
        found = conley(estimate, bare, longitude="lon", latitude="lat", cutoff_km=500, coordinates=coordinates)
        np.testing.assert_array_equal(found.vcov, expected.vcov)
    with pytest.raises(EstimationError, match="coordinates have no row for 1 values of city") as caught:
        conley(estimate, bare, longitude="lon", latitude="lat", cutoff_km=500, coordinates=table.drop(index="c05"))
    assert "c05" in str(caught.value)
    with pytest.raises(MissingColumn, match="twice"):
        conley(estimate, bare, longitude="lon", latitude="lat", cutoff_km=500, coordinates=pd.concat([table, table.iloc[:1]]))
    pooled = fit("y ~ x", bare.frame)
    with pytest.raises(PanelError, match="no entity to find coordinates by"):
        conley(pooled, bare.frame, longitude="lon", latitude="lat", cutoff_km=500, coordinates=table)


def test_negative_eigenvalues_are_set_to_zero_and_noted() -> None:
    """The uniform kernel is not positive: three places in a row, the middle one near both, scores of alternating sign."""
    rng = np.random.default_rng(0)
    repaired = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame({"lon": np.arange(12) * 1.0, "lat": 0.0, "x": rng.normal(size=12), "z": rng.normal(size=12)})
        frame["y"] = rng.normal(size=12)
        try:
            found = conley(fit("y ~ x + z", frame), frame, longitude="lon", latitude="lat", cutoff_km=120, kernel="uniform")
        except NotEstimable:  # a variance of zero is left
            continue
        assert np.linalg.eigvalsh(found.vcov)[0] > -1e-12
        repaired += "negative eigenvalues" in found.covariance.note
    assert repaired > 0


def test_it_describes_itself(cities: Panel) -> None:
    plain = fit("y ~ x | city + year", cities)
    found = conley(plain, cities, longitude="lon", latitude="lat", cutoff_km=500, lags=2)
    assert found.covariance.kind == "conley"
    assert found.covariance.note.startswith("Bartlett kernel to 500 km, ")
    assert found.covariance.note.endswith("; 2 lags within city")
    assert found.covariance.df_t == found.counts.rows - found.covariance.parameters
    assert found.counts.clusters == ()
    assert "Conley; factor N/(N-K)" in repr(found)
    assert (
        fit_differences("y ~ x", cities).terms
        == conley(fit_differences("y ~ x", cities), cities, longitude="lon", latitude="lat", cutoff_km=500).terms
    )


def test_errors_name_the_thing_and_the_remedy(cities: Panel) -> None:
    estimate = fit("y ~ x | city + year", cities)
    for cutoff in (0, -5, np.nan, np.inf):
        with pytest.raises(UnknownOption, match="cutoff_km") as caught:
            conley(estimate, cities, longitude="lon", latitude="lat", cutoff_km=cutoff)
        assert "HC1" in caught.value.remedy
    with pytest.raises(UnknownOption, match="lags=-1"):
        conley(estimate, cities, longitude="lon", latitude="lat", cutoff_km=5, lags=-1)
    with pytest.raises(UnknownOption, match="did you mean 'bartlett'"):
        conley(estimate, cities, longitude="lon", latitude="lat", cutoff_km=5, kernel="bartlet")  # type: ignore[arg-type]
    with pytest.raises(MissingColumn, match="'long'"):
        conley(estimate, cities, longitude="long", latitude="lat", cutoff_km=5)
    with pytest.raises(NotNumeric, match="city"):
        conley(estimate, cities, longitude="city", latitude="lat", cutoff_km=5)
    holes = cities.assign(lat=cities.frame["lat"].where(cities.frame["city"] != "c07"))
    with pytest.raises(EstimationError, match=r"lat is missing in \d rows") as missing:
        conley(estimate, holes, longitude="lon", latitude="lat", cutoff_km=5)
    assert "first c07 201" in str(missing.value)
    with pytest.raises(OutOfRange, match=r"lon of c00 2010 is .*; it must lie in \[-90, 90\]") as swapped:
        conley(estimate, cities, longitude="lat", latitude="lon", cutoff_km=5)
    assert "exchanged" in swapped.value.remedy
    with pytest.raises(PanelError, match="calendar"):
        conley(fit("y ~ x", cities.frame), cities.frame, longitude="lon", latitude="lat", cutoff_km=5, lags=1)
    with pytest.raises(NotEstimable, match="Conley variance of Intercept is zero") as zero:
        conley(fit("y ~ x", cities.frame), cities.frame, longitude="lon", latitude="lat", cutoff_km=AROUND, kernel="uniform")
    assert "smaller cutoff" in zero.value.remedy


@pytest.mark.slow
def test_size_with_errors_that_are_correlated_in_space() -> None:
    """Errors and regressor smooth over a map: HC1 rejects far too often, Conley much less."""
    rng = np.random.default_rng(7)
    draws, plain, spatial = 300, 0, 0
    for _ in range(draws):
        lon, lat = rng.uniform(0, 40, 250), rng.uniform(-20, 20, 250)
        root = np.linalg.cholesky(np.exp(-haversine(lon, lat) / 400) + 1e-8 * np.eye(250))
        frame = pd.DataFrame({"lon": lon, "lat": lat, "x": root @ rng.normal(size=250), "y": root @ rng.normal(size=250)})
        estimate = fit("y ~ x", frame)
        plain += estimate.coefficient("x").p_value < 0.05
        spatial += conley(estimate, frame, longitude="lon", latitude="lat", cutoff_km=1500).coefficient("x").p_value < 0.05
    assert plain / draws > 0.2
    assert spatial / draws < 0.65 * plain / draws
    assert spatial / draws < 0.16
