"""US industries: an independent run on the same table, the raw cells read without the library, identities, and brute force."""

from __future__ import annotations

import csv
import itertools
from functools import cache

import numpy as np
import pandas as pd
import pytest

from toolkit.data import load
from toolkit.data.raw import RawFolder
from toolkit.estimate import Estimate, fit
from toolkit.panel import Panel
from toolkit.paths import DATA_RAW
from toolkit.studies.panels import cells, designs, industries
from toolkit.studies.panels.influence import Influence, influence

PRINTED = 5e-4  # the independent run is known to three decimals
IDENTITY = 1e-9  # the same least-squares problem solved in two ways


@cache
def leaves() -> Panel:
    return designs.leaves_of(load("us_industry_rd"))


@cache
def models() -> dict[str, Estimate]:
    return industries.run(leaves())


@cache
def carried() -> Influence:
    return influence(models()["two_way"], industries.FEDERAL)


@cache
def bounds() -> pd.DataFrame:
    return cells.fit_at_ends(cells.with_ends(leaves()), (industries.CONTROL,), cells.INDUSTRY_FORMS)


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
    found = models()[name]
    c = found.coefficient(industries.FEDERAL)
    assert (c.estimate, c.std_error) == (pytest.approx(estimate, abs=PRINTED), pytest.approx(std_error, abs=PRINTED))
    assert found.counts.rows == rows


def test_the_lag_of_the_independent_run_needs_positive_money_in_both_years() -> None:
    """Its 0.056 (0.029), n = 125, first drops rows without positive federal money, then lags; its factor has no N in it."""
    complete = industries.complete_rows(leaves())
    plain = fit(industries.SPECIFICATIONS["lag"], complete, small_sample="none")
    c = plain.coefficient("L(log(rd_federal_paid), 1)")
    assert (c.estimate, c.std_error) == (pytest.approx(0.056, abs=PRINTED), pytest.approx(0.029, abs=PRINTED))
    assert plain.counts.rows == 125 < models()["lag"].counts.rows


def test_leaving_out_one_industry_moves_the_estimate_as_in_the_independent_run() -> None:
    without = carried().without
    assert (without.min(), without.max()) == (pytest.approx(0.003, abs=PRINTED), pytest.approx(0.019, abs=PRINTED))
    assert len(without) == models()["two_way"].counts.entities == 46


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
                assert (cells.declared_interval(row[note]) is None) == (row[note] == "suppressed")


def test_bounds_enclose_every_filling_of_the_ends() -> None:
    """All four fillings, and 500 random ones, lie within what the search found."""
    frame = bounds()
    rng = np.random.default_rng(5)
    for form in cells.INDUSTRY_FORMS:
        own = frame[frame["form"] == form]
        low, high = own["estimate"].min(), own["estimate"].max()
        assert own.loc[own["estimate"].idxmin(), "federal"] == "lowest"
        assert own.loc[own["estimate"].idxmax(), "federal"] == "highest"
        filled = cells.with_ends(leaves())
        if form == "log":
            filled = filled.keep(filled.frame["rd_federal_paid_low"] > 0)
        controls = (industries.CONTROL,)
        whole = cells.cells_of(cells.complete_ends(filled, controls), controls, form)
        drawn = [cells.slope_at(whole, rng.integers(0, 2, (2, len(whole.federal)))) for _ in range(500)]
        assert low - IDENTITY <= min(drawn) <= max(drawn) <= high + IDENTITY


def test_search_finds_the_extremes_of_a_small_panel() -> None:
    """Six interval cells: all 64 fillings by brute force."""
    rng = np.random.default_rng(11)
    frame = pd.DataFrame([(n, y) for n in "abcd" for y in range(4)], columns=["naics", "year"])
    frame["domestic_sales"] = np.exp(rng.normal(5, 1, 16))
    for column, note in cells.NOTES.items():
        frame[column] = np.exp(rng.normal(3, 1, 16))
        frame[note] = None
    for row, column in zip((1, 6, 11, 2, 9, 14), ("rd_federal_paid",) * 3 + ("rd_company_paid",) * 3, strict=True):
        frame.loc[row, [column, cells.NOTES[column]]] = [np.nan, "range 5 to 60"]
    panel, controls = cells.with_ends(Panel(frame, "naics", "year")), (industries.CONTROL,)
    whole = cells.cells_of(panel, controls, "log")
    moves = [(0, 1), (0, 6), (0, 11), (1, 2), (1, 9), (1, 14)]
    every = []
    for choice in itertools.product((0, 1), repeat=6):
        ends = np.zeros((2, 16), dtype=np.intp)
        for move, end in zip(moves, choice, strict=True):
            ends[move] = end
        every.append(cells.slope_at(whole, ends))
    own = cells.fit_at_ends(panel, controls, ("log",)).set_index("federal")["estimate"]
    assert (own["lowest"], own["highest"]) == (pytest.approx(min(every), abs=IDENTITY), pytest.approx(max(every), abs=IDENTITY))


def test_the_slope_of_the_cells_is_that_of_the_model() -> None:
    whole = cells.cells_of(cells.with_ends(industries.complete_rows(leaves())), (industries.CONTROL,), "log")
    published = models()["two_way"].coefficient(industries.FEDERAL).estimate
    assert cells.slope_at(whole, np.zeros((2, len(whole.federal)), dtype=np.intp)) == pytest.approx(published, abs=IDENTITY)


def test_intensity_with_sales_as_control_is_the_two_way_model() -> None:
    with_sales = fit(f"log(rd_to_sales) ~ {industries.FEDERAL} + {industries.CONTROL} | naics + year", leaves())
    assert with_sales.coefficient(industries.FEDERAL).estimate == pytest.approx(
        models()["two_way"].coefficient(industries.FEDERAL).estimate, abs=IDENTITY
    )


def test_finding_is_filled_from_the_results() -> None:
    found = industries.finding(models(), carried(), bounds().assign(panel="industries"))
    assert "lies outside the interval" in found.text.en
    assert "不在双向固定效应模型的区间之内" in found.text.zh
    assert found.values["claim"] == 0.38
    assert found.values["least"] < found.values["b"] < found.values["most"]


def test_stored_evidence_row_is_what_the_study_finds() -> None:
    stored = next(row for row in RawFolder().rows("elasticity_evidence") if row["id"] == "us_industry_panel")
    c = models()["two_way"].coefficient(industries.FEDERAL)
    expected = [float(stored[column]) for column in ("estimate", "std_error")]
    assert [c.estimate, c.std_error] == pytest.approx(expected, abs=PRINTED)
