"""Equality of a coefficient across groups: separate fits, stacked dummies by statsmodels, permutations by refitting."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import EmptySample, FormulaError, MissingColumn, NotEstimable, TooFewClusters, UnknownOption
from toolkit.estimate import compare_groups, fit, fit_pooled, fit_within
from toolkit.panel import Panel

EXACT = 1e-9  # the same least squares by another route


def firms(seed: int = 0, entities: int = 36, periods: int = 7, gap: float = 0.15) -> Panel:
    """Text ids, gaps, three regions that firms belong to, two eras, a column of the size 1e9."""
    rng = np.random.default_rng(seed)
    n = entities * periods
    frame = pd.DataFrame(
        {"firm": np.repeat([f"f{i:02d}" for i in range(entities)], periods), "year": np.tile(np.arange(2010, 2010 + periods), entities)}
    )
    frame["region"] = np.repeat(np.array(["East", "West", "North"])[np.arange(entities) % 3], periods)
    frame["era"] = np.where(frame["year"] < 2013, "before", "after")
    frame["x"] = rng.normal(size=n) + np.repeat(rng.normal(size=entities), periods)
    frame["z"] = rng.normal(size=n)
    slope = frame["region"].map({"East": 1.0, "West": 0.4, "North": 0.4})
    frame["y"] = slope * frame["x"] - frame["z"] + np.repeat(rng.normal(size=entities), periods) + rng.normal(size=n) * (1 + 0.5 * slope)
    frame["big"] = 3e9 + 1e9 * frame["x"]
    frame["w"] = 0.5 + rng.random(n)
    frame.loc[4, "z"] = np.nan
    return Panel(frame[rng.random(n) >= gap], "firm", "year")


@pytest.fixture(scope="module")
def panel() -> Panel:
    return firms()


@pytest.mark.parametrize("formula", ["y ~ x + z | firm + year", "y ~ x + z | firm", "y ~ x + z", "y ~ x + C(era) | firm", "y ~ x + 0"])
@pytest.mark.parametrize("weights", [None, "w"])
def test_coefficients_and_sandwich_are_those_of_separate_fits(panel: Panel, formula: str, weights: str | None) -> None:
    found = compare_groups(formula, panel, "x", by="region", small_sample="none", weights=weights)
    assert [g.group for g in found.groups] == ["East", "North", "West"]
    for g in found.groups:
        alone = fit(formula, panel.keep(panel.frame["region"] == g.group), small_sample="none", weights=weights)
        assert g.coefficient.estimate == pytest.approx(alone.coefficient("x").estimate, rel=EXACT)
        assert g.coefficient.std_error == pytest.approx(alone.coefficient("x").std_error, rel=EXACT)
        assert (g.rows, g.entities, g.clusters) == (alone.counts.rows, alone.counts.entities, alone.counts.entities)
    first, second = found.groups[0].coefficient, found.groups[1].coefficient
    pair = found.pairs[0]
    assert (pair.first, pair.second) == ("East", "North")
    assert pair.difference.estimate == pytest.approx(first.estimate - second.estimate)
    assert pair.difference.std_error == pytest.approx(np.hypot(first.std_error, second.std_error))  # clusters lie inside groups


def test_clusters_that_reach_over_groups_count(panel: Panel) -> None:
    """Eras cut firms in two: the covariance between the two coefficients is that of the stacked regression with dummies."""
    import statsmodels.api as sm

    found = compare_groups("y ~ x + z | firm", panel, "x", by="era", small_sample="none")
    frame = panel.frame.dropna(subset=["z"])
    frame = frame[frame.groupby(["firm", "era"])["y"].transform("size") > 1]
    late = (frame["era"] == "after").to_numpy(float)
    cells = pd.get_dummies(frame["firm"] + frame["era"]).to_numpy(float)
    x, z = frame["x"].to_numpy(), frame["z"].to_numpy()
    design = np.column_stack([x * late, x * (1 - late), z * late, z * (1 - late), cells])
    theirs = sm.OLS(frame["y"].to_numpy(), design).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(frame["firm"])[0], "use_correction": False, "df_correction": False}
    )
    contrast = np.zeros(design.shape[1])
    contrast[:2] = 1, -1
    test = theirs.t_test(contrast)
    pair = found.pairs[0]
    assert pair.difference.estimate == pytest.approx(float(test.effect[0]), rel=1e-7)
    assert pair.difference.std_error == pytest.approx(float(test.sd[0, 0]), rel=1e-7)
    one, two = (g.coefficient.std_error for g in found.groups)
    assert abs(pair.difference.std_error - np.hypot(one, two)) > 1e-4


def test_equality_is_the_wald_test_of_all_groups(panel: Panel) -> None:
    found = compare_groups("y ~ x + z | firm + year", panel, "x", by="region")
    names = [f"x:C(region)[{g.group}]" for g in found.groups]
    both = found.estimate.wald([f"{names[0]} - {names[1]} = 0", f"{names[0]} - {names[2]} = 0"])
    assert found.equality.statistic == pytest.approx(both.statistic)
    assert found.equality.df1 == 2
    two = compare_groups("y ~ x | firm", panel, "x", by="era")
    assert two.equality.p_value == pytest.approx(two.pairs[0].difference.p_value)


@pytest.mark.parametrize(
    ("formula", "by", "unit", "weights"),
    [
        ("y ~ x + z | firm + year", "side", "values of firm", "w"),
        ("y ~ x + z | firm", "side", "values of firm", None),
        ("y ~ x", "side", "values of firm", None),
        ("y ~ x | side + year", "side", "values of firm", None),
        ("y ~ x + z | firm", "era", "values of year", None),
        ("y ~ x + z | year", "mixed", "rows", None),
    ],
)
def test_permutations_equal_refits_with_the_groups_exchanged(formula: str, by: str, unit: str, weights: str | None) -> None:
    panel = firms(3, 12, 6)
    frame = panel.frame.dropna().reset_index(drop=True)
    frame["side"] = np.where(frame["firm"] < "f06", "a", "b")
    frame["mixed"] = np.where(np.random.default_rng(1).random(len(frame)) < 0.5, "a", "b")
    frame = frame[~((frame["firm"] == "f01") & (frame["year"] > 2010))]  # a singleton
    panel = Panel(frame, "firm", "year")
    draws = 40
    found = compare_groups(formula, panel, "x", by=by, rng=np.random.default_rng(7), draws=draws, weights=weights)
    assert found.unit == unit
    rows = _rows_of(found.estimate.counts.rows, panel, formula, by)
    column = {"values of firm": "firm", "values of year": "year", "rows": None}[unit]
    keys = rows[column] if column else pd.Series(np.arange(len(rows)), index=rows.index)
    codes = pd.factorize(keys)[0] if column != "year" else (keys - keys.min()).to_numpy()
    labels = rows[by].to_numpy() == found.pairs[0].first
    belongs = np.array([labels[codes == u][0] for u in range(codes.max() + 1)])
    dealt = np.random.default_rng(7).permuted(np.tile(belongs, (draws, 1)), axis=1)
    differences = np.array([_slope(rows, formula, by, d[codes], weights) - _slope(rows, formula, by, ~d[codes], weights) for d in dealt])
    observed = found.pairs[0].difference.estimate
    expected = (1 + (np.abs(differences) >= abs(observed) * (1 - 1e-9)).sum()) / (1 + draws)
    assert found.pairs[0].permutations == draws
    assert found.pairs[0].permutation_p == pytest.approx(expected)


def _rows_of(rows: int, panel: Panel, formula: str, by: str) -> pd.DataFrame:
    """The rows of the stacked fit by hand: singletons of an effect within a group leave, again and again."""
    frame = panel.frame
    effects = [e.strip() for e in formula.partition("|")[2].split("+") if e.strip()]
    for _ in range(5):
        for effect in effects:
            frame = frame[frame.groupby([effect, by])["y"].transform("size") > 1]
    assert len(frame) == rows
    return frame


def _slope(rows: pd.DataFrame, formula: str, by: str, chosen: np.ndarray, weights: str | None) -> float:
    part = rows[chosen]
    plain, _, effects = formula.partition("|")
    names = [e.strip() for e in effects.split("+") if e.strip() not in ("", by)]
    formula = plain + (f"| {' + '.join(names)}" if names else "")
    estimator = fit_within if names else fit_pooled
    return estimator(formula, part, small_sample="plm", covariance="iid", weights=weights).coefficient("x").estimate


def test_every_pair_has_its_own_permutation(panel: Panel) -> None:
    found = compare_groups("y ~ x + z | firm + year", panel, "x", by="region", rng=np.random.default_rng(0), draws=99)
    frame = found.pairs_frame()
    assert frame["permutation_p"].between(0.01, 1).all()
    assert len(frame) == 3
    again = compare_groups("y ~ x + z | firm + year", panel, "x", by="region", rng=np.random.default_rng(0), draws=99)
    pd.testing.assert_frame_equal(frame, again.pairs_frame())


def test_missing_groups_and_scale(panel: Panel) -> None:
    before = panel.frame.copy()
    odd = compare_groups(
        "y ~ x | firm",
        panel.assign(区域=panel.frame["region"].map({"East": "a = b", "West": "a - b", "North": "x:C(g)[1]"})),
        "x",
        by="区域",
    )
    assert odd.equality.hypotheses == ("a - b = a = b", "a - b = x:C(g)[1]")
    assert odd.equality.statistic == pytest.approx(compare_groups("y ~ x | firm", panel, "x", by="region").equality.statistic)
    holed = panel.assign(region=panel.frame["region"].mask(panel.frame["firm"] == "f00"))
    found = compare_groups("y ~ big + copy | firm", holed.assign(copy=holed.frame["big"]), "big", by="region")
    assert any(str(d.reason) == "missing region" for d in found.estimate.counts.dropped)
    plain = compare_groups("y ~ x | firm", holed, "x", by="region")
    np.testing.assert_allclose(found.tidy()["estimate"] * 1e9, plain.tidy()["estimate"], rtol=1e-7)
    pd.testing.assert_frame_equal(panel.frame, before)
    assert "x by region" in repr(plain)
    assert plain._repr_html_().count("<table") == 2


def test_bad_questions_are_named(panel: Panel) -> None:
    with pytest.raises(NotEstimable, match="no term 'q'"):
        compare_groups("y ~ x | firm", panel, "q", by="region")
    with pytest.raises(MissingColumn, match="regoin"):
        compare_groups("y ~ x | firm", panel, "x", by="regoin")
    with pytest.raises(UnknownOption, match="1 distinct values"):
        compare_groups("y ~ x | firm", panel.assign(one=1), "x", by="one")
    with pytest.raises(UnknownOption, match="cut a continuous variable"):
        compare_groups("y ~ x | firm", panel, "x", by="w")
    with pytest.raises(FormulaError, match="also stands in"):
        compare_groups("y ~ x + C(region) | year", panel, "x", by="region")
    with pytest.raises(FormulaError, match="compare_groups"):
        compare_groups("y ~ x | firm | z ~ w", panel, "x", by="region")
    with pytest.raises(UnknownOption, match="draws=0"):
        compare_groups("y ~ x | firm", panel, "x", by="region", rng=np.random.default_rng(0), draws=0)
    with pytest.raises(NotEstimable, match="only one group of region is left: East"):
        compare_groups("y ~ x + z | firm", panel.assign(z=panel.frame["z"].where(panel.frame["region"] == "East")), "x", by="region")


def test_groups_with_too_little_are_named(panel: Panel) -> None:
    lonely = panel.assign(kind=np.where(panel.frame["firm"] == "f02", "odd", "usual"))
    with pytest.raises(TooFewClusters, match="group odd of kind lies in one cluster"):
        compare_groups("y ~ x | firm", lonely, "x", by="kind")
    few = panel.assign(kind=np.where(panel.frame["firm"].isin(["f02", "f05"]) & (panel.frame["year"] < 2012), "odd", "usual"))
    with pytest.raises(EmptySample, match="group odd of kind has too few rows"):
        compare_groups("y ~ x + z + w + I(x * z)", few, "x", by="kind")
    with pytest.raises(NotEstimable, match="was omitted"):
        compare_groups("y ~ x | firm", panel.assign(x=panel.frame["x"].where(panel.frame["region"] != "West", 1.0)), "x", by="region")


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 5000))
def test_relabelling_groups_changes_nothing(seed: int) -> None:
    panel = firms(seed, 15, 5)
    one = compare_groups("y ~ x + z | firm + year", panel, "x", by="region")
    other = compare_groups(
        "y ~ x + z | firm + year", panel.assign(region=panel.frame["region"].map({"East": 3, "North": 1, "West": 2})), "x", by="region"
    )
    assert other.equality.statistic == pytest.approx(one.equality.statistic, rel=1e-7)
    assert sorted(other.tidy()["estimate"]) == pytest.approx(sorted(one.tidy()["estimate"]), rel=EXACT)


@pytest.mark.slow
def test_the_permutation_test_holds_its_level() -> None:
    """Equal slopes and equal noise: 5% rejections, within three standard errors of 300 simulations."""
    rejections = []
    for seed in range(300):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame({"firm": np.repeat(np.arange(20), 6), "year": np.tile(np.arange(6), 20), "x": rng.normal(size=120)})
        frame["g"] = frame["firm"] % 2
        frame["y"] = frame["x"] * (1 + np.repeat(rng.normal(size=20), 6)) + rng.normal(size=120)
        found = compare_groups("y ~ x | firm + year", Panel(frame, "firm", "year"), "x", by="g", rng=rng, draws=199)
        rejections.append((found.pairs[0].permutation_p or 1.0) <= 0.05)
    assert abs(np.mean(rejections) - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 300)
