"""US industries: an independent run on the same table, the raw cells read without the library, identities, and brute force."""

from __future__ import annotations

import csv
import itertools
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.data import load
from toolkit.data.raw import RawFolder
from toolkit.estimate import fit, fit_pooled
from toolkit.panel import Panel
from toolkit.paths import DATA_RAW
from toolkit.studies.panels import cells, decomposition, robustness
from toolkit.studies.panels import industries as baseline

PRINTED = 5e-4  # the independent run is known to three decimals
IDENTITY = 1e-9  # the same least-squares problem solved in two ways


@cache
def leaves() -> Panel:
    return baseline.prepare(load("us_industry_rd"))


@cache
def models() -> baseline.Models:
    return baseline.run(leaves())


@cache
def contrast() -> baseline.Models:
    return decomposition.contrast(leaves())


@cache
def without() -> pd.DataFrame:
    return robustness.leave_one_out(leaves())


@cache
def variants() -> pd.DataFrame:
    return robustness.fit_variants(leaves())


@cache
def bounds() -> pd.DataFrame:
    return cells.fit_at_ends(leaves())


@cache
def raw() -> list[dict[str, str]]:
    """The published cells of rows without finer rows, read without the library."""
    with (DATA_RAW / "us_industry" / "industry_us_berd.csv").open(encoding="utf-8") as stream:
        return [row for row in csv.DictReader(stream) if row["leaf"] == "1"]


@pytest.mark.parametrize(
    ("name", "estimate", "std_error", "rows"),
    [
        ("pooled", 0.144, 0.045, 213),
        ("year", 0.137, 0.046, 213),
        ("two_way", 0.010, 0.022, 210),
        ("differences", 0.016, 0.017, 135),
        ("intensity", -0.022, 0.022, 210),
    ],
)
def test_the_ladder_agrees_with_an_independent_run(name: str, estimate: float, std_error: float, rows: int) -> None:
    found = models().estimates[name]
    c = found.coefficient(baseline.federal_term(found))
    assert (c.estimate, c.std_error) == (pytest.approx(estimate, abs=PRINTED), pytest.approx(std_error, abs=PRINTED))
    assert found.counts.rows == rows


def test_the_lag_of_the_independent_run_needs_positive_money_in_both_years() -> None:
    """Its 0.056 (0.029), n = 125, first drops rows without positive federal money, then lags; its factor has no N in it."""
    common = variants().set_index("variant").loc["lag_common"]
    assert (common["estimate"], common["rows"]) == (pytest.approx(0.056, abs=PRINTED), 125)
    complete = baseline.complete_rows(leaves())
    plain = fit(baseline.SPECIFICATIONS["lag"], complete, small_sample="none").coefficient("L(log(rd_federal_paid), 1)")
    assert plain.std_error == pytest.approx(0.029, abs=PRINTED)
    assert models().estimates["lag"].counts.rows > common["rows"]


def test_leaving_out_one_industry_moves_the_estimate_as_in_the_independent_run() -> None:
    frame = without()
    assert (frame["estimate"].min(), frame["estimate"].max()) == (pytest.approx(0.003, abs=PRINTED), pytest.approx(0.019, abs=PRINTED))
    assert len(frame) == models().estimates["two_way"].counts.entities
    assert frame["estimate"].is_monotonic_increasing
    assert set(frame["mark"]) == {"others", "semiconductors", "machinery"}


def test_cells_are_those_of_the_raw_file() -> None:
    counts = cells.counts(leaves()).data.set_index("year")
    total = counts.iloc[-1]
    published = [float(row["rd_federal_paid"]) for row in raw() if row["rd_federal_paid"]]
    assert total["rows"] == len(raw()) == 402
    assert total["federal_zero"] == sum(value == 0 for value in published) == 77
    assert total["federal_positive"] == sum(value > 0 for value in published)
    unpublished = total[["federal_below", "federal_range", "federal_suppressed"]].sum()
    assert unpublished == sum(not row["rd_federal_paid"] for row in raw()) == 96
    assert total["used"] == models().estimates["pooled"].counts.rows
    assert counts.iloc[:-1].sum().tolist() == total.tolist()


def test_interval_cells_never_become_data() -> None:
    """The sample of every model has only published cells, and the ends enclose every declared interval."""
    frame = leaves().frame
    assert frame["rd_federal_paid"].notna().sum() == sum(bool(row["rd_federal_paid"]) for row in raw())
    ends = cells.with_ends(leaves()).frame
    for column in ("rd_company_paid", "rd_federal_paid"):
        known = ends[f"{column}_low"].notna()
        assert (ends.loc[known, f"{column}_low"] <= ends.loc[known, f"{column}_high"]).all()
        published = ends[column].notna()
        assert (ends.loc[published, f"{column}_low"] == ends.loc[published, column]).all()
        suppressed = ends[column].isna() & ends[cells.NOTES[column]].eq("suppressed")
        assert ends.loc[suppressed, f"{column}_high"].isna().all()


@pytest.mark.parametrize(
    ("note", "interval"),
    [
        ("range 0 to 14", (0.0, 14.0)),
        ("range 196 to 205; flag i", (196.0, 205.0)),
        ("below 0.5", (0.0, 0.5)),
        ("suppressed", None),
        ("flag i", None),
        (None, None),
        (float("nan"), None),
    ],
)
def test_notes_are_read_as_intervals(note: object, interval: tuple[float, float] | None) -> None:
    assert cells.declared_interval(note) == interval


def test_every_note_of_the_file_is_understood() -> None:
    for row in raw():
        for column, note in cells.NOTES.items():
            if not row[column]:
                assert cells.kind_of(float("nan"), row[note]) in ("below", "range", "suppressed")
                assert (cells.declared_interval(row[note]) is None) == (row[note] == "suppressed")


def test_bounds_enclose_every_filling_of_the_ends() -> None:
    """All four fillings, and 500 random ones, lie within what the search found."""
    frame = bounds()
    rng = np.random.default_rng(5)
    for form in cells.FORMS:
        own = frame[frame["form"] == form]
        low, high = own["estimate"].min(), own["estimate"].max()
        assert own.loc[own["estimate"].idxmin(), "federal"] == "lowest"
        assert own.loc[own["estimate"].idxmax(), "federal"] == "highest"
        filled = cells.with_ends(leaves())
        if form == "log":
            filled = filled.keep(filled.frame["rd_federal_paid_low"] > 0)
        whole = cells.cells_of(cells.complete_ends(filled), form)
        drawn = [cells.slope_at(whole, rng.integers(0, 2, (2, len(whole.federal)))) for _ in range(500)]
        assert low - IDENTITY <= min(drawn) <= max(drawn) <= high + IDENTITY


def test_search_finds_the_extremes_of_a_small_panel() -> None:
    """Six interval cells: all 64 fillings by brute force."""
    rng = np.random.default_rng(11)
    frame = pd.DataFrame([(n, y) for n in "abcd" for y in range(4)], columns=["naics", "year"])
    frame["domestic_sales"] = np.exp(rng.normal(5, 1, 16))
    for column, note in cells.NOTES.items():
        if column != "domestic_sales":
            frame[column] = np.exp(rng.normal(3, 1, 16))
            frame[note] = None
    for row, column in zip((1, 6, 11, 2, 9, 14), ("rd_federal_paid",) * 3 + ("rd_company_paid",) * 3, strict=True):
        frame.loc[row, [column, cells.NOTES[column]]] = [np.nan, "range 5 to 60"]
    panel = cells.with_ends(Panel(frame, "naics", "year"))
    whole = cells.cells_of(panel, "log")
    moves = [(0, 1), (0, 6), (0, 11), (1, 2), (1, 9), (1, 14)]
    every = []
    for choice in itertools.product((0, 1), repeat=6):
        ends = np.zeros((2, 16), dtype=np.intp)
        for move, end in zip(moves, choice, strict=True):
            ends[move] = end
        every.append(cells.slope_at(whole, ends))
    found = cells.fit_at_ends(Panel(frame, "naics", "year"))
    own = found[found["form"] == "log"].set_index("federal")["estimate"]
    assert (own["lowest"], own["highest"]) == (pytest.approx(min(every), abs=IDENTITY), pytest.approx(max(every), abs=IDENTITY))


def test_the_slope_of_the_cells_is_that_of_the_model() -> None:
    complete = baseline.complete_rows(leaves())
    whole = cells.cells_of(cells.with_ends(complete), "log")
    published = models().estimates["two_way"].coefficient(baseline.FEDERAL).estimate
    assert cells.slope_at(whole, np.zeros((2, len(whole.federal)), dtype=np.intp)) == pytest.approx(published, abs=IDENTITY)


def test_the_pooled_slope_is_the_weighted_mean_of_its_parts() -> None:
    table = decomposition.parts(decomposition.split(leaves())).data.set_index("part")
    slope, weight = table["slope"], table["weight"]
    assert weight["between"] + weight["within"] == pytest.approx(1.0, abs=IDENTITY)
    assert weight["between"] * slope["between"] + weight["within"] * slope["within"] == pytest.approx(slope["pooled"], abs=IDENTITY)
    assert table.loc[["between", "within"], "contribution"].sum() == pytest.approx(slope["pooled"], abs=IDENTITY)
    assert slope["pooled"] == pytest.approx(models().estimates["pooled"].coefficient(baseline.FEDERAL).estimate, abs=IDENTITY)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10_000), st.floats(1e-3, 1e9))
def test_the_decomposition_holds_on_any_panel_and_scale(seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"naics": rng.choice(list("abcdef"), 40), "year": np.arange(40)})
    for column in ("rd_federal_paid", "rd_company_paid", "domestic_sales"):
        frame[column] = scale * np.exp(rng.normal(size=40))
    panel = Panel(frame, "naics", "year")
    table = decomposition.split(panel).set_index("part")
    assert table.loc[["between", "within"], "contribution"].sum() == pytest.approx(table.loc["pooled", "slope"], abs=1e-7)
    pooled = fit_pooled(baseline.SPECIFICATIONS["pooled"], panel, covariance="HC1").coefficient(baseline.FEDERAL)
    assert table.loc["pooled", "slope"] == pytest.approx(pooled.estimate, abs=1e-7)


def test_mundlak_gives_the_within_slope() -> None:
    mundlak, industry = contrast().estimates["mundlak"], contrast().estimates["industry"]
    for term in (baseline.FEDERAL, baseline.CONTROL):
        assert mundlak.coefficient(term).estimate == pytest.approx(industry.coefficient(term).estimate, abs=IDENTITY)


def test_intensity_with_sales_as_control_is_the_two_way_model() -> None:
    with_sales = fit(f"log(rd_to_sales) ~ {baseline.FEDERAL} + {baseline.CONTROL} | naics + year", leaves())
    assert with_sales.coefficient(baseline.FEDERAL).estimate == pytest.approx(
        models().estimates["two_way"].coefficient(baseline.FEDERAL).estimate, abs=IDENTITY
    )


def test_points_within_have_the_slope_of_the_model() -> None:
    points = decomposition.within(leaves()).draw("en").data
    slope = (points["federal"] @ points["company"]) / (points["federal"] @ points["federal"])
    assert slope == pytest.approx(models().estimates["two_way"].coefficient(baseline.FEDERAL).estimate, abs=IDENTITY)
    assert len(baseline.between(leaves()).draw("en").data) == models().estimates["pooled"].counts.entities


def test_variants_keep_zeros_where_they_say_so() -> None:
    frame = variants().set_index("variant")
    assert list(frame.index) == [
        "two_way",
        "no_sales",
        "asinh",
        "zero_indicator",
        "poisson",
        "poisson_asinh",
        "not_imputed",
        "lag",
        "lag_common",
        "era_effects",
        "2016_2017",
        "2018_2022",
        "2016_2019",
        "2020_2022",
    ]
    kept = frame.loc[["asinh", "zero_indicator", "poisson_asinh"], "rows"]
    assert kept.nunique() == 1
    assert kept.iloc[0] > frame.loc["two_way", "rows"]
    assert frame.loc["poisson", "rows"] == frame.loc["two_way", "rows"]
    assert frame["wild_p"].isna().sum() == 2
    assert frame["wild_p"].dropna().between(0, 1).all()


def test_semiconductor_cells_are_shown_as_published() -> None:
    table = cells.semiconductors(leaves()).data.set_index(["industry", "year"])
    assert table.loc[("3344", 2016), ["company", "federal", "sales"]].tolist() == [29176, "278", 273929]
    assert table.loc[("333242", 2018), "federal"] == "<0.5"
    assert table.loc[("3344", 2022), "rd_to_sales"] == pytest.approx(100 * 47380 / 209459)


def test_every_industry_has_a_name_in_both_languages() -> None:
    assert set(baseline.INDUSTRIES) == {row["naics"] for row in raw()}
    assert len({text.zh for text in baseline.INDUSTRIES.values()}) == len({text.en for text in baseline.INDUSTRIES.values()}) == 60


def test_finding_is_filled_from_the_results() -> None:
    parts = decomposition.split(leaves())
    found = robustness.elasticity_finding(models=models(), parts=parts, without=without(), variants=variants(), bounds=bounds())
    values = found.values
    assert "lies outside the interval" in found.text.en
    assert "不在双向固定效应模型的区间之内" in found.text.zh
    assert values["claim"] == 0.38
    assert values["least"] < values["b"] < values["most"]
    assert values["between"] == parts.set_index("part").loc["between", "weight"]


def test_the_note_of_the_ladder_names_the_table_of_variants_by_its_title() -> None:
    ladder = baseline.ladder(models())
    for language in ("en", "zh"):
        title = robustness.variants(variants()).table(language).title
        assert any(f"“{title}”" in note for note in ladder.table(language).notes)


def test_stored_evidence_row_is_what_the_study_finds() -> None:
    stored = next(row for row in RawFolder().rows("elasticity_evidence") if row["id"] == "us_industry_panel")
    c = models().estimates["two_way"].coefficient(baseline.FEDERAL)
    expected = [float(stored[column]) for column in ("estimate", "std_error")]
    assert [c.estimate, c.std_error] == pytest.approx(expected, abs=PRINTED)
