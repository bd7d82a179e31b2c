"""Joint inference over a curve: each draw is the curve of the panel with its treatment paths exchanged, fitted anew cell by cell."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd
import pytest

from toolkit.errors import FormulaError, MissingColumn, NotEstimable, NothingToEstimate, PanelError, UnknownOption
from toolkit.estimate import Choices, Condition, fit, permute_curve, specification_curve
from toolkit.estimate.rows.source import source_of
from toolkit.estimate.spec_curve.shuffles import shuffle
from toolkit.panel import Panel

SAME = 1e-9  # relative; a draw is solved from the compressed basis, the check refits every cell
UNIFORM = 0.01  # a uniform sample fails a Kolmogorov-Smirnov test at this level once in a hundred seeds


def make_panel(seed: int = 3, firms: int = 18, years: int = 5, effect: float = 0.0) -> Panel:
    """Text ids; treatments that persist within firms; some firms enter late, two have a gap."""
    rng = np.random.default_rng(seed)
    n = firms * years
    frame = pd.DataFrame({"firm": np.repeat([f"f{i:02d}" for i in range(firms)], years), "year": np.tile(2000 + np.arange(years), firms)})
    frame["region"] = np.repeat([f"r{i % 3}" for i in range(firms)], years)
    own = np.repeat(rng.normal(size=firms), years)
    frame["d"] = own + 0.5 * rng.normal(size=n)
    frame["e"] = np.exp(own + rng.normal(size=n))
    frame["a"], frame["b"] = rng.normal(size=n), 1e9 * (1 + rng.normal(size=n))
    frame["y"] = effect * frame["d"] + frame["a"] + np.repeat(rng.normal(size=firms), years) + rng.normal(size=n)
    frame["w"] = rng.random(n) + 0.5
    frame["twice"] = 3 * frame["a"]
    return Panel(frame, "firm", "year")


def gappy(panel: Panel) -> Panel:
    frame = panel.frame
    late = frame["firm"].isin(["f01", "f02", "f03", "f04", "f05"]) & (frame["year"] < 2002)
    gap = frame["firm"].isin(["f06", "f07"]) & (frame["year"] == 2002)
    alone = (frame["firm"] == "f08") & (frame["year"] > 2000)
    return panel.keep(~(late | gap | alone))


def brute_force(
    choices: Choices, panel: Panel, donors: np.ndarray, names: list[str], columns: list[str], critical: float, **options: Any
) -> np.ndarray:
    """(B, 3) the three statistics from one fit per cell and draw, with the columns of each donor written into the panel."""
    cells = specification_curve(choices, panel, **options).frame
    found = []
    for donor in donors:
        giver = dict(zip(names, (names[i] for i in donor), strict=True))
        keys = pd.MultiIndex.from_arrays([panel.frame["firm"].map(giver), panel.frame["year"]])
        moved = panel.frame.set_index(["firm", "year"])[columns].reindex(keys)
        mixed = panel.assign(**{name: moved[name].to_numpy() for name in columns})
        fits = [
            fit(cell["formula"], mixed, weights=cell["weights"] or None, **options).coefficient(cell["treatment"], critical)
            for cell in cells.to_dict("records")
        ]
        b, t = np.array([c.estimate for c in fits]), np.array([c.statistic for c in fits])
        p = np.array([c.p_value for c in fits])
        found.append([np.median(b), np.mean((p < 1 - critical) & (b > 0)), np.abs(t).mean()])
    return np.array(found)


@pytest.mark.parametrize("case", ["balanced", "gaps", "weights", "lags", "state clusters"])
def test_each_draw_is_the_curve_of_the_exchanged_panel(case: str) -> None:
    panel = make_panel(effect=0.4) if case == "balanced" else gappy(make_panel(effect=0.4))
    treatments = ["d", "log(e)", "L(d, 1)"] if case == "lags" else ["d", "log(e)"]
    choices = Choices(
        "y", treatments, ["a", "b", "twice"], effects=["firm + year", "region + year", ""], weights=["w"] if case == "weights" else [None]
    )
    options = {"cluster": "region"} if case == "state clusters" else {}
    test = permute_curve(choices, panel, rng=np.random.default_rng(8), draws=12, level=0.8, **options)
    source = source_of(panel)
    curve = specification_curve(choices, panel, level=0.8, **options)
    samples = [rows_of(panel, formula, **options) for formula in pairs(curve)]
    shuffles = shuffle(source, samples, None, 12, np.random.default_rng(8))
    assert shuffles.movable > 2
    names = list(pd.unique(panel.frame["firm"]))
    wanted = brute_force(choices, panel, shuffles.donors, names, ["d", "e"], 0.8, **options)
    np.testing.assert_allclose(test.drawn, wanted, rtol=SAME, atol=1e-12)
    right = ((curve.frame["statistic"] > 0) & (curve.frame["p_value"] < 0.2)).mean()
    np.testing.assert_allclose(test.observed, [curve.median, right, curve.frame["statistic"].abs().mean()], rtol=SAME)
    sizes = np.abs(wanted) >= np.abs(test.observed) * (1 - SAME)
    assert test.p_values.tolist() == ((1 + sizes.sum(axis=0)) / 13).tolist()


def pairs(curve: Any) -> list[str]:
    """The formula with most controls for each combination."""
    return list(curve.frame[curve.includes.all(axis=1)]["formula"])


def rows_of(panel: Panel, formula: str, **options: Any) -> np.ndarray:
    """Positions of the rows that ``fit`` uses: those where a prediction exists, without its singletons."""
    from toolkit.estimate.linear.refit import refit

    return refit(fit(formula, panel, **options), panel, "test").sample.positions


def test_paths_stay_inside_their_block_and_their_periods() -> None:
    panel = gappy(make_panel())
    source = source_of(panel)
    every = np.arange(len(panel))
    shuffles = shuffle(source, [every], "region", 200, np.random.default_rng(0))
    names = pd.unique(panel.frame["firm"])
    region = panel.frame.groupby("firm")["region"].first()
    seen = panel.frame.groupby("firm")["year"].agg(tuple)
    for donor in shuffles.donors:
        assert sorted(donor) == list(range(len(names)))
        assert (region[names[donor]].to_numpy() == region[names].to_numpy()).all()
        assert all(a == b for a, b in zip(seen[names[donor]], seen[names], strict=True))
    assert shuffles.entities == 18
    moved = (shuffles.donors != np.arange(18)).any(axis=0)
    assert moved.sum() == shuffles.movable < 18


def test_all_exchanges_are_equally_likely() -> None:
    panel = make_panel(firms=3)
    source = source_of(panel)
    donors = shuffle(source, [np.arange(len(panel))], None, 6000, np.random.default_rng(4)).donors
    counts = [int((donors == np.array(p)).all(axis=1).sum()) for p in permutations(range(3))]
    assert sum(counts) == 6000
    assert max(abs(c - 1000) for c in counts) < 5 * np.sqrt(1000 * 5 / 6)


def test_a_sample_of_some_entities_keeps_the_exchange_among_them() -> None:
    panel = make_panel()
    some = Condition("firm", "in", ("f00", "f01", "f02", "f03"))
    choices = Choices("y", "d", ["a"], effects=["firm"], samples={"all": None, "some": some})
    test = permute_curve(choices, panel, rng=np.random.default_rng(0), draws=5)
    assert (test.entities, test.movable) == (18, 18)
    assert np.isfinite(test.drawn).all()


def test_a_true_effect_is_found_and_its_sign_matters() -> None:
    panel = make_panel(effect=1.0, firms=40)
    choices = Choices("y", ["d"], ["a", "b"], effects=["firm + year"])
    found = permute_curve(choices, panel, rng=np.random.default_rng(1), draws=199)
    assert (found.p_values <= 0.02).all()
    other = permute_curve(choices, panel, rng=np.random.default_rng(1), draws=199, expected="negative")
    assert other.p_values[1] == 1.0
    assert other.p_values[[0, 2]].tolist() == found.p_values[[0, 2]].tolist()
    same = permute_curve(choices, panel, rng=np.random.default_rng(1), draws=199)
    np.testing.assert_array_equal(same.drawn, found.drawn)


def test_the_answer_is_read_as_text_and_table() -> None:
    test = permute_curve(Choices("y", "d", effects=["firm"]), gappy(make_panel()), rng=np.random.default_rng(0), draws=19)
    table = test.tidy()
    assert table["statistic"].tolist() == ["median estimate", "share significant and positive", "mean |t|"]
    assert (table["null_low"] <= table["null_high"]).all()
    assert "19 permutations of the treatment paths of" in repr(test)
    assert "<table" in test._repr_html_()
    with pytest.raises(ValueError, match="read-only"):
        test.drawn[0, 0] = 1.0


def test_few_partners_are_noted() -> None:
    frame = make_panel().frame
    ragged = frame[frame["year"] - 2000 <= frame["firm"].str[1:].astype(int) % 5]
    lone = ragged[(ragged["firm"] > "f04") | (ragged["firm"] == "f01") | (ragged["firm"] == "f02")]
    keep = lone[lone["firm"].isin(["f01", "f02", "f06", "f08", "f09"])]
    test = permute_curve(Choices("y", "d"), Panel(keep, "firm", "year"), rng=np.random.default_rng(0), draws=9)
    assert (test.entities, test.movable) == (5, 2)
    assert str(test.warnings[0]).startswith("Only 2 of 5 entities are seen in the same periods")


def test_draws_in_which_the_treatment_is_absorbed_count_as_extreme() -> None:
    panel = make_panel(firms=6)
    frame = panel.frame.copy()
    frame["pair"] = frame["firm"].str[1:].astype(int) // 2
    frame["policy"] = ((frame["pair"] == 0) & (frame["firm"] == "f00") & (frame["year"] > 2001)) * 1.0
    frame["policy"] += ((frame["firm"] == "f02") & (frame["year"] > 2001)) * 1.0
    test = permute_curve(
        Choices("y", "policy", effects=["pair^year"]), Panel(frame, "firm", "year"), rng=np.random.default_rng(0), draws=60
    )
    gone = np.isnan(test.drawn).any(axis=1)
    assert 0 < gone.sum() < 60
    assert tuple(map(str, test.warnings)) == (
        f"In {gone.sum()} draws the permuted treatment is absorbed in some cell; they count as extreme.",
    )
    assert (test.p_values >= (1 + gone.sum()) / 61).all()


@pytest.mark.parametrize(
    ("change", "options", "error", "message"),
    [
        ({}, {"draws": 0}, UnknownOption, "draws=0"),
        ({}, {"expected": "up"}, UnknownOption, "expected='up'"),
        ({}, {"cluster": "firm + year"}, UnknownOption, "one cluster variable"),
        ({}, {"draws": 10**8}, UnknownOption, r"too many to hold[\s\S]*at most"),
        ({}, {"blocks_by": "regoin"}, MissingColumn, "did you mean region"),
        ({}, {"blocks_by": "year"}, NotEstimable, r"year changes within firm[\s\S]*f00 2000[\s\S]*constant over time"),
        ({"treatments": "region2"}, {}, MissingColumn, "region2"),
        ({"controls": ["d"]}, {}, FormulaError, "also a control"),
        (
            {"samples": {"few": Condition("firm", "in", ("f00", "f01"))}, "controls": {"all": [f"I(a^{j})" for j in range(2, 13)]}},
            {},
            NothingToEstimate,
            "no cell can be est",
        ),
        ({"effects": ["firm^year"]}, {}, NothingToEstimate, "no cell can be estimated"),
    ],
    ids=str,
)
def test_bad_input_is_named(change: dict[str, Any], options: dict[str, Any], error: type[Exception], message: str) -> None:
    asked: dict[str, Any] = {"outcomes": "y", "treatments": "d", "controls": ["a"]}
    with pytest.raises(error, match=message):
        permute_curve(Choices(**(asked | change)), make_panel(), rng=np.random.default_rng(0), **options)


def test_without_partners_there_is_no_test() -> None:
    frame = make_panel(firms=4).frame
    ragged = frame[frame["year"] - 2000 <= frame["firm"].str[1:].astype(int)]
    with pytest.raises(NotEstimable, match=r"no two of 4 entities[\s\S]*restrict the sample"):
        permute_curve(Choices("y", "d"), Panel(ragged, "firm", "year"), rng=np.random.default_rng(0))
    with pytest.raises(PanelError, match="needs a panel"):
        permute_curve(Choices("y", "d"), frame, rng=np.random.default_rng(0))  # type: ignore[arg-type]


@pytest.mark.slow
def test_p_values_are_uniform_under_the_null() -> None:
    from scipy.stats import kstest

    choices = Choices(["y", "z"], "d", ["a", "b"], effects=["firm + year", ""], samples={"all": None, "late": Condition("year", ">", 2000)})
    found = []
    for seed in range(300):
        panel = make_panel(1000 + seed, firms=14)
        rng = np.random.default_rng(seed)
        panel = panel.assign(z=panel.frame["y"] + rng.normal(size=len(panel)))
        found.append(permute_curve(choices, panel, rng=rng, draws=39).p_values)
    table = np.array(found)
    for p_values in (table[:, 0], table[:, 2]):
        jittered = p_values - np.random.default_rng(0).random(300) / 40
        assert kstest(jittered, "uniform").pvalue > UNIFORM
    assert (table[:, 1] <= 0.05).mean() <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)
