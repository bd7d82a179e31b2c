"""Drivers and implied yuan: against regressions written out here, the algebra of the threshold, and the published totals."""

from __future__ import annotations

from functools import cache
from itertools import permutations

import numpy as np
import pytest
from raw_cells import provincial_rows

from toolkit.data import load
from toolkit.estimate import fit
from toolkit.panel import Panel
from toolkit.registry import registry
from toolkit.studies.drivers_and_costs import drivers, implied_yuan
from toolkit.studies.windows import chapter_years

EXACT = 1e-10  # two routes through the same least squares
YEARS = (2017, 2023)  # all drivers are published for them
DRAWS = 99  # enough for the shape of the results; the notebook takes more
PRINTED = 5e-4  # the independent run is known to three decimals


@cache
def panel() -> Panel:
    return chapter_years(load("provincial_panel"))


@cache
def results() -> drivers.DriverResults:
    return drivers.run(panel(), draws=DRAWS)


def test_baseline_is_the_mean_over_orders_of_entry() -> None:
    sample = panel().between(*YEARS)
    complete = sample.keep(sample.frame["ind_rd_fte_per_10k"].notna())
    blocks = drivers.VARIANTS["baseline"].blocks

    def r2(names: tuple[str, ...]) -> float:
        terms = [term for name in names for term in blocks[name]]
        return fit(f"log(rd_intensity) ~ {' + '.join(terms)} | province + year", complete).statistics["r2_within"] if terms else 0.0

    orders = list(permutations(blocks))
    expected = [np.mean([r2(o[: o.index(b) + 1]) - r2(o[: o.index(b)]) for o in orders]) for b in blocks]
    assert results().baseline.decomposition.values == pytest.approx(expected, abs=EXACT)
    assert results().baseline.decomposition.r2 == pytest.approx(results().estimate.statistics["r2_within"], abs=EXACT)


def test_samples_and_variants_are_complete() -> None:
    table = drivers.samples(results()).data.set_index("sample")
    assert table["provinces"].to_dict() == {"nation": 31, "East": 11, "Central": 8, "West": 12}
    assert table.loc[["East", "Central", "West"], "rows"].sum() == table.loc["nation", "rows"] == 216  # Hainan 2017 is missing
    assert table["rise"].isna().tolist() == [False, True, True, True]
    by_region = drivers.shares(results()).data
    assert by_region.groupby("sample").size().to_dict() == {"nation": 3, "East": 3, "Central": 3, "West": 3}
    assert ((by_region["share_low"] >= 0) & (by_region["share_low"] < by_region["share_high"]) & (by_region["share_high"] <= 100)).all()
    assert [len(found.left_out) for found in results().regions.values()] == [11, 8, 12]
    drawn = drivers.shares_by_region(results()).draw("en").data
    assert drawn["estimate"].to_numpy() == pytest.approx(by_region["share"].to_numpy())
    series = drivers.series(results()).data
    assert series["wild_p"].between(0, 1).all()
    assert series["share"].sum() == pytest.approx(100.0)
    choices = drivers.choices(results()).draw("en").data
    assert set(choices["sample"]) == set(drivers.VARIANTS)
    assert choices.groupby("sample")["estimate"].sum().to_numpy() == pytest.approx(100.0)
    assert drivers.dominance(results()).data["draws"].between(0, 1).all()
    assert results().variants["lagged"].decomposition.rows > 216  # one more year of R&D expenditure can be used


def test_per_head_and_intensity_are_one_regression_with_another_r_squared() -> None:
    """ln R&D per head is ln intensity plus ln GDP per head and a constant: the residuals are the same."""
    one, two = (results().variants[name].decomposition for name in ("baseline", "rd_per_head"))
    sample = panel().between(*YEARS)
    a, b = (fit(drivers.VARIANTS[name].formula, sample) for name in ("baseline", "rd_per_head"))
    income = "log(gdp_per_capita)"
    assert b.coefficient(income).estimate - a.coefficient(income).estimate == pytest.approx(1.0, abs=1e-6)
    assert a.statistics["rmse"] == pytest.approx(b.statistics["rmse"], rel=1e-6)
    assert one.r2 != pytest.approx(two.r2, abs=0.01)


def test_series_are_observed_as_the_text_says() -> None:
    """All provinces in the years used, but for the cell of personnel that a correction sets to missing."""
    frame = panel().between(*YEARS).frame
    known = registry().variables
    for row in drivers.series(results()).data.itertuples():
        missing = 1 if row.variable == "ind_rd_fte_per_10k" else 0
        assert int(frame[row.variable].isna().sum()) == missing
    assert {name for name in ("ind_rd_fte_per_10k", "trade_openness") if known[name].weak.en} == {"ind_rd_fte_per_10k", "trade_openness"}
    assert frame["tech_market_inflow"].notna().groupby(frame["year"]).any().sum() == 3


def test_the_same_seed_gives_the_same_intervals() -> None:
    again = drivers.run(panel(), draws=DRAWS)
    assert np.array_equal(again.baseline.values, results().baseline.values)


def test_findings_fill_in_both_languages() -> None:
    said = drivers.shares_finding(results())
    assert "30.2%" in said.text.en
    assert "{" not in said.text.zh + "".join(drivers.series(results()).table("zh").notes)
    by_driver = drivers.shares(results()).data.query("sample == 'nation'").set_index("block")
    for block in ("push", "pull", "support"):
        assert 100 * said.values[block] == pytest.approx(by_driver.loc[block, "share"])
        assert 100 * said.values[f"{block}_low"] == pytest.approx(by_driver.loc[block, "share_low"])
    yuan = implied_yuan.yuan_finding(implied_yuan.run(panel()))
    assert "38" in yuan.text.zh
    assert yuan.values["least"] < yuan.values["nation"] < yuan.values["most"]


def test_implied_yuan_from_the_published_cells() -> None:
    """0.146 (0.062) of the independent run, times R&D over fiscal S&T expenditure as they stand in the raw file."""
    cells = {(r["adcode"], r["indicator"]): float(r["value"]) for r in provincial_rows() if r["year"] == "2023"}
    ratio = cells["110000", "rd_expenditure"] / cells["110000", "fiscal_sci_exp"]
    yuan = implied_yuan.run(panel())
    row = yuan.provinces.set_index("province").loc["Beijing"]
    assert row["estimate"] == pytest.approx(0.146 * ratio, abs=PRINTED * ratio)
    assert row["std_error"] == pytest.approx(0.062 * ratio, abs=PRINTED * ratio)
    assert row["claim"] == pytest.approx(0.38 * ratio)
    assert len(yuan.provinces) == 31
    assert yuan.provinces["estimate"].is_monotonic_decreasing
    assert implied_yuan.provinces(yuan).data["estimate"].tolist() == yuan.provinces["estimate"].tolist()
    assert implied_yuan.by_province(yuan).draw("en").data["province"].tolist() == yuan.provinces["province"].tolist()


def test_delta_method_is_exact_and_the_threshold_is_the_elasticity() -> None:
    yuan = implied_yuan.run(panel())
    frame, e = yuan.provinces, yuan.elasticity
    assert (frame["estimate"] / frame["std_error"]).to_numpy() == pytest.approx(e.estimate / e.std_error)
    assert ((frame["estimate"] - frame["low"]) / frame["std_error"]).to_numpy() == pytest.approx((e.estimate - e.low) / e.std_error)
    table = implied_yuan.thresholds(yuan).data.set_index("model")
    said = implied_yuan.yuan_finding(yuan).values
    assert (said["below"], said["below_claim"]) == (table.loc["two_way", "below"], table.loc["claim", "below"])
    assert table.loc["two_way", "below"] == int((frame["estimate"] > 1).sum())
    assert table.loc["claim", "below"] == int((frame["claim"] > 1).sum())
    at = implied_yuan.marginal_yuan(frame[["province"]].head(1).assign(rd=1.0, subsidy=e.estimate), e, yuan.claim).iloc[0]
    assert at["estimate"] == pytest.approx(1.0)
    assert at["share"] == pytest.approx(table.loc["two_way", "threshold"])
