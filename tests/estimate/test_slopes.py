"""Effects with slopes of their own against least squares on the dummies and their products, written out with numpy alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from linearmodels.iv import IV2SLS

from toolkit.errors import EmptySample, FormulaError, NothingToEstimate
from toolkit.estimate import (
    Choices,
    compare_groups,
    cr2,
    fit,
    fit_differences,
    fit_dynamic,
    fit_instruments,
    fit_poisson,
    fit_quantile,
    fit_threshold,
    fit_within,
    specification_curve,
    wild_cluster_bootstrap,
)
from toolkit.estimate.formula.spec import parse
from toolkit.panel import Panel

SAME = 1e-10  # two algorithms on well-scaled data of a few hundred rows


@pytest.fixture(scope="module")
def provinces() -> Panel:
    """31 provinces, 14 years with gaps, provinces of one, two and three years among them; trends, weights, an instrument."""
    rng = np.random.default_rng(31)
    frame = pd.DataFrame({"province": np.repeat(np.arange(31), 14), "year": np.tile(np.arange(2009, 2023), 31)})
    n = len(frame)
    frame["x"] = rng.normal(size=n) + 0.05 * (frame["year"] - 2009) * (frame["province"] % 5)
    frame["z"] = rng.normal(size=n) + 0.3 * frame["x"]
    frame["d"] = 0.6 * frame["z"] + rng.normal(size=n)
    frame["region"] = frame["province"] % 4
    frame["w"] = rng.random(n) + 0.2
    trend = 0.1 * (frame["province"] - 15) * (frame["year"] - 2000)
    frame["y"] = 0.4 * frame["x"] - frame["z"] + frame["province"] + trend + rng.normal(size=n) * (1 + frame["region"])
    keep = rng.random(n) < 0.85
    keep &= ~((frame["province"] == 3) & (frame["year"] > 2010)) & ~((frame["province"] == 4) & (frame["year"] > 2011))
    return Panel(frame[keep].reset_index(drop=True), "province", "year")


def _dummies(values: pd.Series) -> np.ndarray:
    return pd.get_dummies(values).to_numpy(dtype=float)


def _columns(frame: pd.DataFrame, absorbed: str) -> np.ndarray:
    """The dummies of each absorbed effect, and their products with centred variables (a level spans the centring)."""
    parts = []
    for effect in parse(f"y ~ x | {absorbed}").effects:
        levels = _dummies(frame[list(effect.columns)].astype(str).agg("-".join, axis=1))
        parts += [levels] if effect.level else []
        for slope in effect.slopes:
            values = frame["year"] ** 2 if slope.text == "year^2" else frame[slope.text]
            values = values - values.mean() if effect.level else values
            parts.append(levels * (values / np.abs(values).max()).to_numpy()[:, None])
    return np.hstack(parts)


def _brute(
    frame: pd.DataFrame, names: list[str], absorbed: np.ndarray, weights: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, int]:
    """Slopes, residuals and rank of everything, by singular values."""
    root = np.ones(len(frame)) if weights is None else np.sqrt(weights)
    design = np.hstack([frame[names].to_numpy(), absorbed]) * root[:, None]
    scale = np.linalg.norm(design, axis=0)
    scale[scale == 0] = 1.0
    beta, _, rank, _ = np.linalg.lstsq(design / scale, frame["y"].to_numpy() * root, rcond=1e-9)
    return (beta / scale)[: len(names)], frame["y"].to_numpy() - design / root[:, None] @ (beta / scale), int(rank)


ABSORBED = [
    "province[year]",
    "province[year, x]",
    "province[year, year^2]",
    "province[year] + year",
    "province + year + region[x]",
    "province[x] + year[x]",
    "region^year + province[year]",
    "province[[x]] + year",
    "province[[x]]",
]


@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize("absorbed", ABSORBED)
def test_slopes_by_group_are_dummies_times_the_variable(provinces: Panel, absorbed: str, weights: str | None) -> None:
    found = fit_within(f"y ~ z + d | {absorbed}", provinces, covariance="iid", weights=weights)
    frame = provinces.frame
    if "province[[" not in absorbed:  # a level seen once leaves, as with plain effects
        frame = frame[frame.groupby("province")["y"].transform("size") > 1]
    columns = _columns(frame, absorbed)
    if absorbed == "province[[x]]":
        columns = np.hstack([columns, np.ones((len(frame), 1))])
    w = None if weights is None else (frame["w"] / frame["w"].mean()).to_numpy()
    beta, residuals, rank = _brute(frame, ["z", "d"], columns, w)
    np.testing.assert_allclose(found.beta, beta, rtol=0, atol=SAME)
    df = len(frame) - rank
    assert found.counts.rows == len(frame)
    assert found.covariance.df_t == df
    rss = float(residuals @ (residuals if w is None else residuals * w))
    np.testing.assert_allclose(found.statistics["sigma_e"], np.sqrt(rss / df), rtol=SAME)


def test_a_trend_near_two_thousand_costs_no_digits(provinces: Panel) -> None:
    """The slope of a variable does not depend on where its zero is, nor on its unit."""
    frame = provinces.frame.assign(since=provinces.frame["year"] - 2009, late=(provinces.frame["year"] + 1e6) * 1e3)
    panel = Panel(frame, "province", "year")
    near = fit("y ~ z | province[since] + year", panel)
    for variable in ("year", "late"):
        far = fit(f"y ~ z | province[{variable}] + year", panel)
        np.testing.assert_allclose(far.beta, near.beta, rtol=1e-9)  # 1e9 keeps seven digits of a step of 1e3
        np.testing.assert_allclose(far.std_errors, near.std_errors, rtol=1e-9)
        assert far.covariance.parameters == near.covariance.parameters


def test_slopes_that_a_group_does_not_identify_are_not_counted() -> None:
    """Group a: constant x, no slope. Group b: two rows, level and one slope. Group c: all. LSDV has rank 1 + 1 + 2 + 3 beside z."""
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"g": ["a"] * 5 + ["b"] * 2 + ["c"] * 8, "x": rng.normal(size=15), "q": rng.normal(size=15)})
    frame.loc[frame["g"] == "a", ["x", "q"]] = 7.3
    frame["z"], frame["y"] = rng.normal(size=15), rng.normal(size=15)
    found = fit_within("y ~ z | g[x, q]", frame, covariance="iid")
    assert found.covariance.df_t == 15 - 1 - (1 + 2 + 3)
    beta, _, rank = _brute(frame, ["z"], _columns(frame, "g[x, q]"))
    assert rank == 1 + 6
    np.testing.assert_allclose(found.beta, beta, atol=SAME)


def test_k_of_clustered_errors_counts_slopes_and_not_nested_levels(provinces: Panel) -> None:
    """As Stata's reghdfe, absorb(province##c.year) vce(cluster province): the levels are nested, the trends count."""
    found = fit("y ~ z | province[year]", provinces)
    frame = provinces.frame[provinces.frame.groupby("province")["y"].transform("size") > 1]
    trends = int((frame.groupby("province")["year"].nunique() > 1).sum())
    assert found.covariance.parameters == 1 + 1 + trends
    both = fit("y ~ z | province[year] + year", provinces)
    *_, rank = _brute(frame, ["z"], _columns(frame, "province[year] + year"))
    assert both.covariance.parameters == rank - frame["province"].nunique() + 1
    alone = fit("y ~ z | province[[x]]", provinces)  # the constant is not nested
    assert alone.covariance.parameters == 1 + 1 + provinces.frame["province"].nunique()


def test_clustered_errors_are_those_of_the_dummies(provinces: Panel) -> None:
    found = fit("y ~ z + d | province[year] + year", provinces)
    frame = provinces.frame[provinces.frame.groupby("province")["y"].transform("size") > 1]
    design = np.hstack([frame[["z", "d"]].to_numpy(), _columns(frame, "province[year] + year")])
    own = np.linalg.pinv(design, rcond=1e-10)
    residuals = frame["y"].to_numpy() - design @ (own @ frame["y"].to_numpy())
    scores = pd.DataFrame(own[:2].T * residuals[:, None]).groupby(frame["province"].to_numpy()).sum().to_numpy()
    factor = found.covariance.factor_value
    np.testing.assert_allclose(found.vcov, scores.T @ scores * factor, rtol=1e-8)  # a pseudo-inverse of 80 columns


def test_what_the_slopes_take_up_is_omitted_by_name(provinces: Panel) -> None:
    found = fit("y ~ z + year + region | province[year]", provinces)
    assert {o.term: str(o.reason) for o in found.omitted} == {
        "year": "collinear with province[year]",
        "region": "no variation within province",
    }
    assert found.terms == ("z",)
    frame = provinces.frame.assign(mixed=provinces.frame["year"] * provinces.frame["province"] + provinces.frame["year"] ** 2)
    both = fit("y ~ z + mixed | province[year] + year", Panel(frame, "province", "year"))
    assert both.omitted[0].reason.to("en") == "collinear with the effects province[year] and year"
    with pytest.raises(NothingToEstimate, match="does not vary within province"):
        fit("year ~ z | province[year]", provinces)


def test_rows_without_the_variable_leave_and_are_counted(provinces: Panel) -> None:
    frame = provinces.frame.copy()
    frame.loc[[5, 50], "x"] = np.nan
    found = fit("y ~ z | province[log(x)] + year", Panel(frame, "province", "year"))
    assert found.counts.dropped[0].reason.to("en") == "missing x"
    assert found.counts.dropped[0].rows == 2
    assert found.counts.dropped[1].reason.to("en") == "non-positive in log(x)"
    lagged = fit("y ~ z | province[L(x, 1)]", provinces)
    assert lagged.counts.dropped[0].reason.to("en").startswith("no such period for L(x, 1)")


def test_too_many_slopes_for_the_rows_are_refused() -> None:
    frame = pd.DataFrame({"g": [1, 1, 2, 2], "x": [0.0, 1, 0, 1], "z": [0.0, 1, 3, 2], "y": [1.0, 2, 3, 5]})
    with pytest.raises((EmptySample, NothingToEstimate)):
        fit_within("y ~ z | g[x]", frame)


def test_instruments_with_slopes_are_two_stage_least_squares_on_dummies(provinces: Panel) -> None:
    found = fit_instruments("y ~ x | province[year] + year | d ~ z", provinces)
    frame = provinces.frame[provinces.frame.groupby("province")["y"].transform("size") > 1].reset_index(drop=True)
    columns = _columns(frame, "province[year] + year")
    u, s, _ = np.linalg.svd(columns, full_matrices=False)
    kept = pd.DataFrame(u[:, s > 1e-9 * s[0]]).add_prefix("b")
    reference = IV2SLS(frame["y"], pd.concat([frame[["x"]], kept], axis=1), frame[["d"]], frame[["z"]]).fit(cov_type="unadjusted")
    assert found.coefficient("d").estimate == pytest.approx(reference.params["d"], rel=1e-9)
    assert found.coefficient("x").estimate == pytest.approx(reference.params["x"], rel=1e-9)


def test_inference_on_the_rows_knows_the_slopes(provinces: Panel) -> None:
    """CR2 by statsmodels-free brute force on the dummies; the wild bootstrap like that of the regression on the dummies."""
    formula = "y ~ z | province[year] + year"
    estimate = fit(formula, provinces)
    frame = provinces.frame[provinces.frame.groupby("province")["y"].transform("size") > 1].reset_index(drop=True)
    u, s, _ = np.linalg.svd(_columns(frame, "province[year] + year"), full_matrices=False)
    design = np.hstack([frame[["z"]].to_numpy(), u[:, s > 1e-9 * s[0]]])
    own = np.linalg.pinv(design)
    residuals, hat = frame["y"].to_numpy() - design @ (own @ frame["y"].to_numpy()), design @ own
    total = 0.0
    for _, at in frame.groupby("province").indices.items():
        values, vectors = np.linalg.eigh(np.eye(len(at)) - hat[np.ix_(at, at)])
        root = vectors * np.where(values > 1e-8, 1 / np.sqrt(np.maximum(values, 1e-8)), 0.0) @ vectors.T
        total += float(own[0, at] @ root @ residuals[at]) ** 2
    assert cr2(estimate, provinces).std_errors[0] == pytest.approx(np.sqrt(total), rel=1e-8)
    rng = np.random.default_rng(9)
    wild = wild_cluster_bootstrap(estimate, provinces, "z", rng=rng, draws=99, cluster="region")
    within = np.eye(len(frame)) - u[:, s > 1e-9 * s[0]] @ u[:, s > 1e-9 * s[0]].T
    y, x = within @ frame["y"].to_numpy(), within @ frame["z"].to_numpy()
    groups = _dummies(frame["region"]).T
    statistics = []
    for signs in np.array(np.meshgrid(*[[-1.0, 1.0]] * 4)).reshape(4, -1).T:
        drawn = within @ (y * (signs @ groups))
        b = x @ drawn / (x @ x)
        statistics.append(b / np.sqrt((((groups @ (x * (drawn - b * x))) / (x @ x)) ** 2).sum()))
    b = x @ y / (x @ x)
    observed = b / np.sqrt((((groups @ (x * (y - b * x))) / (x @ x)) ** 2).sum())
    expected = np.mean(np.abs(statistics) >= abs(observed) * (1 - 1e-9))
    assert wild.p_value == pytest.approx(expected, abs=1e-12)


def test_one_group_is_the_regression_with_its_own_line() -> None:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"g": 1, "x": rng.normal(size=40), "z": rng.normal(size=40)})
    frame["y"] = frame["x"] + rng.normal(size=40)
    reference = sm.OLS(frame["y"], sm.add_constant(frame[["z", "x"]])).fit()
    found = fit_within("y ~ z | g[x]", frame, covariance="iid")
    assert found.coefficient("z").estimate == pytest.approx(reference.params["z"], rel=1e-12)
    assert found.coefficient("z").std_error == pytest.approx(reference.bse["z"], rel=1e-12)


@pytest.mark.parametrize(
    ("written", "spelled"),
    [
        ("y~z|id[x]", "y ~ z | id[x]"),
        ("y ~ z | id[[x]]+t", "y ~ z | id[[x]] + t"),
        ("y ~ z | id[x,log(q),t^2]", "y ~ z | id[x, log(q), t^2]"),
        ("y ~ z | id + id[[x]]", "y ~ z | id[x]"),
        ("y ~ z | id[x] + id[q]", "y ~ z | id[x, q]"),
        ("y ~ z | g^h[x]", "y ~ z | g^h[x]"),
        ("y ~ z | `a b`[`c d`]", "y ~ z | `a b`[`c d`]"),
        ("y ~ z | id[t**2] | d ~ w", "y ~ z | id[t^2] | d ~ w"),
    ],
)
def test_slopes_are_parsed(written: str, spelled: str) -> None:
    spec = parse(written)
    assert spec.formula == spelled
    assert parse(spelled) == spec
    assert "d" in parse("y ~ z | id[log(d)]").variables


@pytest.mark.parametrize(
    "formula", ["y ~ z | id[", "y ~ z | id[]", "y ~ z | id[x", "y ~ z | id[[x]", "y ~ z | id[C(x)]", "y ~ 0 + z | id[[x]]", "y ~ z[x] | id"]
)
def test_slopes_that_cannot_be_read_are_pointed_at(formula: str) -> None:
    with pytest.raises(FormulaError):
        parse(formula)


def test_estimators_without_slopes_are_refused_with_what_to_write(provinces: Panel) -> None:
    calls = [
        lambda: fit_poisson("w ~ z | province[x]", provinces),
        lambda: fit_quantile("y ~ z | province[x]", provinces),
        lambda: fit_threshold("y ~ z | province + year[x]", provinces, variable="x", rng=np.random.default_rng(0)),
        lambda: fit_dynamic("y ~ L(y, 1) | year[x]", provinces, gmm=["L(y, 2:3)"]),
        lambda: fit_differences("y ~ z | province[x]", provinces),
        lambda: compare_groups("y ~ z | province[x]", provinces, "z", by="region"),
    ]
    for call in calls:
        with pytest.raises(FormulaError, match="slopes by group") as problem:
            call()
        assert "D(y) ~ D(x)" in problem.value.remedy or "C(" in problem.value.remedy


def test_a_specification_curve_with_trends_is_its_fits(provinces: Panel) -> None:
    choices = Choices("y", ["z"], ["d"], effects=["province + year", "province[year] + year"])
    frame = specification_curve(choices, provinces).frame
    assert len(frame) == 4
    for row in frame.itertuples():
        estimate = fit(row.formula, provinces)
        assert row.estimate == pytest.approx(estimate.beta[0], rel=SAME)
        assert row.std_error == pytest.approx(estimate.std_errors[0], rel=SAME)
