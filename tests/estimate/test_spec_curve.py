"""Specification curves: every cell is what ``fit`` gives for its formula on its rows."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import EmptySample, FormulaError, MissingColumn, NothingToEstimate, PanelError, UnknownOption
from toolkit.estimate import Choices, Condition, SpecificationCurve, fit, specification_curve
from toolkit.panel import Panel

COEFFICIENT = 1e-12  # relative; both remove the effects by the same kernel and solve well-conditioned systems
ERROR = 1e-10  # relative; fit forms the sandwich, the curve the scores of one coefficient
REPAIRED = 1e-7  # relative, where eigenvalues near zero are cut: rounding decides their last digits
CONTROLS = ["c0", "c1", "c2", "c3", "c4", "c5", "log(c6)", "big", "twice"]


def make_panel(seed: int = 5, firms: int = 45, years: int = 7) -> Panel:
    """Text ids, gaps, singletons, an unbalanced tail, weights, a control of size 1e9, one that says the same as another, missing cells."""
    rng = np.random.default_rng(seed)
    n = firms * years
    frame = pd.DataFrame({"firm": np.repeat([f"f{i:02d}" for i in range(firms)], years), "year": np.tile(2000 + np.arange(years), firms)})
    effect = np.repeat(rng.normal(size=firms), years)
    frame["state"] = np.repeat([f"s{i % 9}" for i in range(firms)], years)
    frame["region"] = np.repeat(np.array(["East", "West", "North"])[rng.integers(0, 3, firms)], years)
    for j in range(6):
        frame[f"c{j}"] = rng.normal(size=n) + 0.3 * effect
    frame["c6"] = np.exp(rng.normal(size=n))
    frame["big"] = 1e9 * (1 + rng.normal(size=n))
    frame["twice"] = 3 * frame["c1"]
    frame["d"] = effect + rng.normal(size=n) + 0.3 * frame["c0"]
    frame["e"] = np.exp(0.5 * frame["d"] + rng.normal(size=n))
    frame["y"] = 0.4 * frame["d"] + frame["c0"] - frame["c1"] + effect + rng.normal(size=n)
    frame["w"] = rng.random(n) + 0.3
    frame["fixed"] = effect
    frame.loc[rng.random(n) < 0.05, "c3"] = np.nan
    frame.loc[rng.random(n) < 0.05, "big"] = np.nan
    frame.loc[rng.random(n) < 0.02, "c6"] = -1.0
    frame = frame[rng.random(n) < 0.75]
    frame = frame[~((frame["firm"] == "f01") & (frame["year"] > 2001))]
    late = frame["firm"].isin(["f02", "f03", "f04"])
    return Panel(frame[~late | (frame["year"] >= 2004)], "firm", "year")


PANEL = make_panel()
COMPLETE = PANEL.keep(PANEL.frame[["c3", "big"]].notna().all(axis=1) & (PANEL.frame["c6"] > 0))


def assert_cells(curve: SpecificationCurve, panel: Panel, error: float = ERROR, **options: Any) -> None:
    """Each estimated cell against ``fit`` on ``panel``."""
    for cell in curve.frame.to_dict("records"):
        assert cell["reason"] == ""
        estimate = fit(cell["formula"], panel, weights=cell["weights"] or None, **options)
        wanted = estimate.coefficient(cell["treatment"])
        assert cell["estimate"] == pytest.approx(wanted.estimate, rel=COEFFICIENT), cell["formula"]
        got = [cell[name] for name in ("std_error", "statistic", "conf_low", "conf_high")]
        assert got == pytest.approx([wanted.std_error, wanted.statistic, wanted.low, wanted.high], rel=error), cell["formula"]
        assert cell["p_value"] == pytest.approx(wanted.p_value, rel=1e3 * error, abs=1e-14)
        assert (cell["rows"], cell["df_t"]) == (estimate.counts.rows, estimate.covariance.df_t)
        assert cell["clusters"] == min(count for _, count in estimate.counts.clusters)
        assert set(filter(None, cell["omitted"].split("; "))) == {f"{o.term}: {o.reason}" for o in estimate.omitted}


def test_all_512_subsets_are_what_fit_gives() -> None:
    curve = specification_curve(Choices("y", "d", CONTROLS, effects=["firm + year"], weights=["w"]), PANEL)
    assert len(curve) == 512
    assert_cells(curve, COMPLETE)
    together = curve.includes[:, [1, 8]].all(axis=1)
    assert set(curve.frame["omitted"]) == {"", "twice: collinear with c1"}
    assert ((curve.frame["omitted"] != "") == together).all()


@pytest.mark.parametrize("effects", ["", "firm", "state + year", "firm + year", "firm + state^year"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"small_sample": "xtreg", "cluster": "state"},
        {"small_sample": "plm"},
        {"small_sample": "none", "cluster": "year"},
        {"cluster": "firm + year"},
        {"cluster": "state + year", "small_sample": "plm"},
    ],
    ids=str,
)
def test_cells_under_every_convention(effects: str, options: dict[str, Any]) -> None:
    choices = Choices("y", ["d", "log(e)"], ["c0", "c1", "big", "twice"], effects=[effects], weights=[None])
    two_way = "+" in options.get("cluster", "")
    assert_cells(
        specification_curve(choices, PANEL, **options), PANEL.keep(PANEL.frame["big"].notna()), REPAIRED if two_way else ERROR, **options
    )


def test_each_set_can_have_its_own_rows_and_lags() -> None:
    choices = Choices(
        ["y", "D(y)"], ["d", "L(log(e), 1)"], ["c3", "L(c4, 1)", "big + twice", "log(c6)"], always="c1", effects=["firm + year", ""]
    )
    curve = specification_curve(choices, PANEL, rows="own")
    assert len(curve) == 128
    assert curve.frame["rows"].nunique() > 8
    assert_cells(curve, PANEL)


def test_own_rows_where_a_transform_hides_what_is_missing() -> None:
    frame = PANEL.frame.copy()
    frame["holed"] = np.where(np.arange(len(frame)) % 9 == 0, np.nan, 1.0 + frame["c4"])
    frame.loc[::11, "holed"] = -np.inf
    panel = Panel(frame, "firm", "year")
    choices = Choices("y", "d", ["exp(holed)", "I(holed^0 + c2)", "L(exp(holed), 1)", "c3"], effects=["firm"])
    assert_cells(specification_curve(choices, panel, rows="own"), panel)


def test_common_rows_are_those_where_every_candidate_is_present() -> None:
    curve = specification_curve(Choices("y", "d", ["c3", "L(c4, 1)"], effects=["firm"]), PANEL)
    full = fit("y ~ d + c3 + L(c4, 1) | firm", PANEL)
    assert set(curve.frame["rows"]) == {full.counts.rows}
    assert curve.frame["dropped"].iloc[0] == "; ".join(f"{d.reason}: {d.rows}" for d in full.counts.dropped)
    assert curve.frame["estimate"].iloc[-1] == pytest.approx(full.coefficient("d").estimate, rel=COEFFICIENT)


def test_categories_and_interactions_enter_with_all_their_columns() -> None:
    choices = Choices("y", "d", ["C(state)", "c0*c2", "C(region):c4", "C(region):d"], always=["c1", "C(year)"], effects=["", "firm"])
    curve = specification_curve(choices, PANEL)
    assert curve.controls[1] == "c0 + c2 + c0:c2"
    assert_cells(curve, PANEL)


def test_named_sets_are_taken_as_they_are() -> None:
    curve = specification_curve(Choices("y", "d", {"none": [], "short": "c0", "long": ["c0", "c1", "c2"]}, effects=["firm"]), PANEL)
    assert curve.frame["controls"].tolist() == ["none", "short", "long"]
    assert curve.frame["formula"].tolist() == ["y ~ d | firm", "y ~ d + c0 | firm", "y ~ d + c0 + c1 + c2 | firm"]
    assert curve.includes.tolist() == [[False] * 3, [True, False, False], [True] * 3]
    assert_cells(curve, PANEL)


def test_a_curve_without_controls_or_with_one_cell() -> None:
    assert_cells(specification_curve(Choices("y", "d"), PANEL), PANEL)
    assert_cells(
        specification_curve(Choices("y", "d", always=["c1", "twice"], effects=["year"]), PANEL, cluster="state"), PANEL, cluster="state"
    )


def test_samples_restrict_rows_and_lags_look_outside_them() -> None:
    lagged = PANEL.assign(before=fit_lag(PANEL))
    masks = {
        "all rows": None,
        "late": Condition("year", ">=", 2003),
        "some": (Condition("state", "not in", ("s1", "s2")), Condition("year", "!=", 2002), Condition("c6", "<", 5)),
        "mask": lagged.frame["region"] != "East",
    }
    curve = specification_curve(Choices("y", "L(d, 1)", ["c0"], effects=["firm + year"], samples=masks), lagged)
    frame = lagged.frame
    rules = {
        "all rows": frame["year"] > 0,
        "late": frame["year"] >= 2003,
        "some": ~frame["state"].isin(["s1", "s2"]) & (frame["year"] != 2002) & (frame["c6"] < 5),
        "mask": frame["region"] != "East",
    }
    for name, rule in rules.items():
        cells = curve.frame[curve.frame["sample"] == name]
        for cell, controls in zip(cells.to_dict("records"), ["", " + c0"], strict=True):
            wanted = fit(f"y ~ before{controls} | firm + year", lagged.keep(rule)).coefficient("before")
            assert (cell["estimate"], cell["std_error"]) == pytest.approx((wanted.estimate, wanted.std_error), rel=ERROR)
    assert curve.frame["dropped"].iloc[2].startswith("outside late (year >= 2003): ")


def fit_lag(panel: Panel) -> pd.Series:
    """The value one year before, by the calendar."""
    known = panel.frame.set_index(["firm", "year"])["d"]
    keys = pd.MultiIndex.from_arrays([panel.frame["firm"], panel.frame["year"] - 1])
    return pd.Series(known.reindex(keys).to_numpy(), index=panel.frame.index)


def test_columns_that_nearly_coincide_keep_their_digits() -> None:
    """A control that equals another up to 1e-6: the standard error from sums in extended precision, by orthogonalising in turn."""
    rng = np.random.default_rng(2)
    frame = COMPLETE.frame[COMPLETE.frame["firm"].map(COMPLETE.frame["firm"].value_counts()) > 1].reset_index(drop=True)
    frame["near"] = frame["c2"] + 1e-6 * rng.normal(size=len(frame))
    curve = specification_curve(Choices("y", "d", always=["c2", "near"], effects=["firm"]), Panel(frame, "firm", "year"))
    firm = pd.factorize(frame["firm"])[0]
    groups, n = firm.max() + 1, len(frame)

    def summed(x: np.ndarray) -> np.ndarray:
        total = np.zeros(groups, np.longdouble)
        np.add.at(total, firm, x)
        return total

    def within(name: str) -> np.ndarray:
        x = frame[name].to_numpy().astype(np.longdouble)
        return x - (summed(x) / np.bincount(firm))[firm]

    y, d, first, second = (within(name) for name in ("y", "d", "c2", "near"))
    for _ in range(3):
        second = second - first * (first @ second) / (first @ first)
    for _ in range(3):
        y, d = (x - first * (first @ x) / (first @ first) - second * (second @ x) / (second @ second) for x in (y, d))
    beta = (d @ y) / (d @ d)
    scores = summed(d * (y - beta * d))
    error = np.sqrt(scores @ scores * groups / (groups - 1) * (n - 1) / (n - 4)) / (d @ d)
    cell = curve.frame.iloc[0]
    assert (cell["estimate"], cell["std_error"]) == pytest.approx((float(beta), float(error)), rel=1e-9)


def test_two_way_clusters_with_repaired_eigenvalues() -> None:
    choices = Choices("y", "d", ["c0", "c1", "c2", "c4", "c5"], effects=["year"])
    small = PANEL.keep(PANEL.frame["state"].isin(["s0", "s1", "s2"]))
    assert_cells(specification_curve(choices, small, cluster="state + region"), small, REPAIRED, cluster="state + region")


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10_000), st.sampled_from([1.0, 1e-9, 1e9]))
def test_units_and_order_of_the_controls_do_not_matter(seed: int, scale: float) -> None:
    panel = make_panel(seed, 14, 6)
    scaled = panel.assign(d=panel.frame["d"] * scale, c0=panel.frame["c0"] / scale, y=panel.frame["y"] * 7)
    one = specification_curve(Choices("y", "d", ["c0", "c1", "c2"], effects=["firm + year"]), panel).frame
    two = specification_curve(Choices("y", "d", ["c2", "c1", "c0"], effects=["firm + year"]), scaled).frame
    flipped = [sum(((i >> j) & 1) << (2 - j) for j in range(3)) for i in range(8)]
    for name in ("estimate", "std_error"):
        np.testing.assert_allclose(two[name].iloc[flipped] * scale / 7, one[name], rtol=1e-8)


# --- cells without an estimate -------------------------------------------------------------------------


def test_a_cell_that_cannot_be_estimated_carries_its_reason() -> None:
    tiny = Condition("firm", "in", ("f05", "f06"))
    choices = Choices(
        "y",
        ["d", "fixed"],
        ["c0", "c1", "c2", "c4", "c5"],
        effects=["firm", "year"],
        samples={"all": None, "tiny": tiny, "one": Condition("firm", "==", "f05")},
    )
    frame = specification_curve(choices, PANEL).frame
    reasons = {key: set(part["reason"]) for key, part in frame.groupby(["treatment", "effects", "sample"])}
    assert reasons["d", "firm", "all"] == {""}
    assert reasons["fixed", "firm", "all"] == {"the treatment fixed cannot be estimated: no variation within firm"}
    assert reasons["fixed", "year", "all"] == {""}
    assert reasons["d", "year", "one"] == {"no row is left for y ~ d + c0 + c1 + c2 + c4 + c5 | year"}
    assert reasons["d", "firm", "one"] == {"clustering by firm needs at least two clusters; there is 1"}
    short = frame[(frame["treatment"] == "d") & (frame["effects"] == "year") & (frame["sample"] == "tiny")]
    assert any("are not enough for" in reason for reason in short["reason"])
    numbers = ["estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high"]
    assert (frame[numbers].notna().all(axis=1) == (frame["reason"] == "")).all()


def test_absorbed_and_constant_controls_are_omitted_with_the_reason() -> None:
    panel = PANEL.assign(one=1.0)
    curve = specification_curve(Choices("y", "d", ["fixed", "one", "c0"], effects=["firm", ""]), panel)
    assert_cells(curve, panel)
    assert "fixed: no variation within firm; one: constant" in set(curve.frame["omitted"])


def test_a_control_that_equals_the_treatment_gives_way() -> None:
    panel = PANEL.assign(same=PANEL.frame["d"] * 2 + 1)
    curve = specification_curve(Choices("y", "d", ["same", "c0"], effects=["firm"]), panel)
    assert_cells(curve, panel)
    assert curve.frame["omitted"].tolist() == ["", "same: collinear with d", "", "same: collinear with d"]


def test_a_perfect_fit_is_noted() -> None:
    panel = PANEL.assign(exact=2 * PANEL.frame["d"] - PANEL.frame["c0"])
    notes = specification_curve(Choices("exact", "d", ["c0"], effects=["firm"]), panel).frame["note"]
    assert notes.iloc[0] == ""
    assert notes.iloc[1].startswith("The fit is perfect")


# --- the answer ------------------------------------------------------------------------------------------


def test_shares_are_counted_by_hand() -> None:
    choices = Choices("y", ["d", "log(e)"], ["c0", "c1"], effects=["firm + year", ""])
    curve = specification_curve(choices, PANEL, reference=0.38, level=0.9)
    frame = curve.frame
    assert curve.median == np.median(frame["estimate"])
    assert curve.share_significant == sum(frame["p_value"] < 0.1) / 16
    holds = [low <= 0.38 <= high for low, high in zip(frame["conf_low"], frame["conf_high"], strict=True)]
    assert curve.share_holding_reference == sum(holds) / 16
    glance = curve.glance().iloc[0]
    assert (glance["lowest"], glance["highest"]) == (frame["estimate"].min(), frame["estimate"].max())
    assert glance["share_significant"] == glance["share_significant_positive"] + glance["share_significant_negative"]
    inside = curve.by("c0").set_index("c0")
    assert inside.loc["in", "median"] == np.median(frame["estimate"][curve.includes[:, 0]])
    assert curve.by("treatment")["cells"].tolist() == [8, 8]
    fitted = fit(frame["formula"].iloc[3], PANEL).coefficient("d", 0.9)
    assert (frame["conf_low"].iloc[3], frame["conf_high"].iloc[3]) == pytest.approx((fitted.low, fitted.high), rel=ERROR)
    assert "intervals include 0.3800" in repr(curve)
    assert "<table>" in curve._repr_html_()
    with pytest.raises(UnknownOption, match="no choice of the curve"):
        curve.by("nothing")


def test_the_answer_is_frozen_and_the_panel_untouched() -> None:
    before = PANEL.frame.copy(deep=True)
    curve = specification_curve(Choices("y", "d", ["c0"]), PANEL)
    pd.testing.assert_frame_equal(PANEL.frame, before)
    copied = curve.tidy()
    copied.loc[0, "estimate"] = 0.0
    assert curve.frame["estimate"].iloc[0] != 0.0
    with pytest.raises(ValueError, match="read-only"):
        curve.includes[0, 0] = True
    with pytest.raises(UnknownOption, match="no reference"):
        _ = curve.share_holding_reference
    assert any("clusters by firm" in str(w) for w in specification_curve(Choices("y", "d"), make_panel(1, 20)).warnings)


def test_cells_come_in_the_order_of_the_choices() -> None:
    choices = Choices(["y", "c5"], ["d", "e"], ["c0"], effects=["firm", ""], weights=[None, "w"])
    frame = specification_curve(choices, PANEL).frame
    wanted = list(product(["y", "c5"], ["d", "e"], ["firm", ""], ["", "w"], ["", "c0"]))
    assert list(zip(*(frame[c] for c in ("outcome", "treatment", "effects", "weights", "controls")), strict=True)) == wanted


# --- bad input -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"controls": ["c0", "c11"]}, MissingColumn, r"no column 'c11'[\s\S]*did you mean"),
        ({"effects": ["firm + yaer"]}, MissingColumn, r"'yaer'[\s\S]*did you mean year"),
        ({"weights": ["ww"]}, MissingColumn, "'ww'"),
        ({"samples": {"x": Condition("yeer", ">", 2003)}}, MissingColumn, "did you mean year"),
        ({"samples": {"x": Condition("year", ">", 2050)}}, EmptySample, r"sample 'x' keeps none[\s\S]*year > 2050[\s\S]*loosen"),
        ({"samples": {"x": Condition("state", "in", ("s1", "S2"))}}, UnknownOption, r"never 'S2'[\s\S]*did you mean s2"),
        ({"samples": {"x": np.ones(3, dtype=bool)}}, UnknownOption, "does not fit"),
        ({"samples": {"x": "year > 2003"}}, UnknownOption, r"rule of sample 'x'[\s\S]*Condition"),
        ({"samples": {"x": Condition("year", ">", "2003")}}, UnknownOption, "compares with"),
        ({"controls": ["c0", "d"]}, FormulaError, r"treatment d is also a control[\s\S]*take it off"),
        ({"always": ["c0"]}, FormulaError, "in always and among the controls"),
        ({"treatments": ["C(region)"]}, FormulaError, "the treatment C.region. is a category"),
        ({"treatments": ["d + e"]}, FormulaError, "2 terms"),
        ({"controls": ["y"]}, FormulaError, "is also a regressor"),
        ({"controls": ["c0 | firm"]}, FormulaError, "no list of terms"),
        ({"controls": ["c0", "C(region):c0"]}, FormulaError, r"depend on whether c0[\s\S]*move c0 to always"),
        ({"treatments": []}, NothingToEstimate, "no treatments"),
        ({"controls": {}}, NothingToEstimate, "no set of controls"),
        ({"samples": {}}, NothingToEstimate, "no samples"),
        ({"treatments": ["fixed"], "effects": ["firm", "firm + year"]}, NothingToEstimate, r"none of the 4 cells[\s\S]*within firm"),
        ({"controls": [f"I(c0^{j})" for j in range(2, 19)]}, UnknownOption, r"131,072 cells, more than 65,536[\s\S]*narrow"),
    ],
    ids=str,
)  # fmt: skip
def test_bad_choices_are_named(change: dict[str, Any], error: type[Exception], message: str) -> None:
    asked: dict[str, Any] = {"outcomes": "y", "treatments": "d", "controls": ["c0"]}
    with pytest.raises(error, match=message):
        specification_curve(Choices(**(asked | change)), PANEL)


def test_bad_options_are_named() -> None:
    choices = Choices("y", "d", ["c0"])
    for options, message in (
        ({"rows": "mine"}, "rows='mine'"),
        ({"level": 95}, "level=95"),
        ({"small_sample": "stata"}, "small_sample='stata'"),
    ):
        with pytest.raises(UnknownOption, match=message):
            specification_curve(choices, PANEL, **options)  # type: ignore[arg-type]
    with pytest.raises(PanelError, match="no entity to cluster by"):
        specification_curve(choices, PANEL.frame)
    assert specification_curve(choices, PANEL.frame, cluster="state").frame["estimate"].notna().all()
    with pytest.raises(UnknownOption, match="takes several values"):
        Condition("state", "in", "s1")
    with pytest.raises(UnknownOption, match=r"operator='=>'"):
        Condition("year", "=>", 2000)  # type: ignore[arg-type]
