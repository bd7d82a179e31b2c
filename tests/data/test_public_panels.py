"""States, areas, universities, countries, semiconductors, pilots: the raw files read without the library, and planted errors by name."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tests.data.test_build import planted, swap
from toolkit.data import load, load_frame
from toolkit.data.build import checked
from toolkit.data.checks import CheckResult
from toolkit.data.raw import RawFolder
from toolkit.data.tables import module_of
from toolkit.errors import CorrectionObsolete, DuplicateKey, MergeMismatch, MissingKey, SumMismatch, UnknownName, UnreadableFile
from toolkit.paths import DATA_RAW


@cache
def raw(path: str) -> list[dict[str, str]]:
    with (DATA_RAW / path).open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def built(table: str, folder: RawFolder) -> tuple[CheckResult, ...]:
    """The checks of one table, built from ``folder`` alone."""
    module = module_of(table)
    assert module is not None
    return checked(folder.registry.tables[table], {table: module.build(folder)}, folder.registry)


def test_what_the_delivery_says_was_checked_is_checked_here() -> None:
    tables = ("us_state_rd", "us_metro_rd", "us_university_rd", "us_semiconductors")
    compared = {check.id: check.compared for table in tables for check in built(table, RawFolder())}
    assert compared["payers_sum_to_companies"] == 408  # 51 states, 8 years
    assert compared["company_paid_agrees"] == 306
    assert compared["federal_paid_agrees"] == 292
    assert compared["companies_sum_to_nation"] == 8
    assert compared["obligations_sum_to_nation"] == 23
    assert compared["areas_sum_to_nation"] == 7
    assert compared["institutions_sum_to_nation"] == compared["federal_money_sums_to_nation"] == 14
    assert compared["semiconductors_agree_with_the_survey"] == 5
    assert compared["world_regions_sum_to_the_world"] == 25


def test_parts_of_areas_sum_in_all_686_rows_of_the_file() -> None:
    """The table leaves out the 28 rows of totals, which the delivery counts."""
    whole = [row for row in raw("us_metros/us_metro_rd.csv") if row["total"] and row["company_paid"] and row["others_paid"]]
    gaps = [abs(float(row["company_paid"]) + float(row["others_paid"]) - float(row["total"])) for row in whole]
    assert (len(whole), max(gaps)) == (686, 1.0)
    assert len(load_frame("us_metro_rd")) == 700


def test_no_total_is_a_unit() -> None:
    assert load("us_state_rd").frame["state"].nunique() == 51
    assert load("us_metro_rd").frame["cbsa_code"].nunique() == 130
    assert load("us_university_rd").frame["institution"].nunique() == 664
    assert load("intl_rd_by_source").frame["iso3"].nunique() == 41
    names = set(load_frame("us_university_rd")["institution"]) | set(load_frame("us_metro_rd")["area"])
    assert not [name for name in names if name.startswith(("All ", "Undistributed", "Locations outside"))]


def test_bounds_of_federal_money_are_the_printed_ones() -> None:
    frame = load_frame("us_state_rd").set_index(["state", "year"])
    missouri, withheld = frame.loc[("Missouri", 2017)], frame.loc[("Iowa", 2015)]
    assert (missouri["rd_federal_paid_low"], missouri["rd_federal_paid_high"]) == (989, 1867)
    assert missouri["note_federal"] == "989 - 1,867; flag i"
    assert np.isnan(withheld["rd_federal_paid"])
    assert (withheld["rd_federal_paid_low"], withheld["rd_federal_paid_high"]) == (0, withheld["rd_paid_by_others"])
    assert withheld["note_federal"] == "D"
    surveyed = frame[frame["rd_company_paid"].notna()]
    assert (surveyed["rd_federal_paid_low"] <= surveyed["rd_federal_paid_high"]).all()
    published = surveyed[surveyed["rd_federal_paid"].notna()]
    assert (published["rd_federal_paid_low"] == published["rd_federal_paid"]).all()
    assert (len(surveyed), len(published)) == (408, 392)


def test_published_figures_arrive_unchanged() -> None:
    states = load_frame("us_state_rd").set_index(["state", "year"])
    for row in raw("us_states/us_state_rd.csv"):
        if row["variable"] == "company_paid" and row["value"] and not row["state"].startswith(("United", "Und")):
            assert states.at[(row["state"], int(row["year"])), "rd_company_paid"] == float(row["value"])
    countries = load_frame("intl_rd_by_source").set_index(["iso3", "year"])
    compared = 0
    for row in raw("countries/intl_rd_by_source.csv"):
        if (row["source_of_funds"], row["performer"], row["measure"]) == ("GOV", "BES", "MIO_EUR"):
            found = countries.at[(row["iso3"], int(row["year"])), "business_rd_by_government"]
            if (row["iso3"], row["year"]) == ("BIH", "2020"):
                assert np.isnan(found)
            else:
                assert found == float(row["value"])
                compared += 1
    assert compared == 1150


def test_ratios_of_countries_do_not_depend_on_the_euro() -> None:
    frame = load_frame("intl_rd_by_source")
    positive = frame[frame["government_paid_to_gdp"] > 0]
    shares = positive["business_paid_to_gdp"] / positive["government_paid_to_gdp"]
    np.testing.assert_allclose(shares, positive["business_rd_by_business"] / positive["business_rd_by_government"], rtol=1e-12)
    known = frame[frame["gdp_euro"].notna() & frame["business_rd_to_gdp"].notna()]
    implied = known["business_rd"] / known["gdp_euro"] * 100
    assert (implied - known["business_rd_to_gdp"]).abs().median() < 0.005  # the ratio is printed to two decimals


def test_semiconductors_and_pilots_are_those_of_the_delivery() -> None:
    chips = load_frame("us_semiconductors")
    assert len(chips) == 1295
    missing = chips[chips["industry_code"].notna() & chips["rd_performed_us"].isna()]
    assert missing[["industry_code", "year"]].to_numpy().tolist() == [["3344", 2018]]
    pilots = load_frame("policy_timing")["policy"].value_counts()
    assert pilots.filter(like="IP demonstration").tolist() == [64]
    assert len(load_frame("policy_timing")) == 194


@pytest.mark.parametrize(
    ("table", "raw_id", "old", "new", "error", "words"),
    [
        ("us_state_rd", "us_states", "Alabama,2015,total,", "Alabama,2015,total,9", SumMismatch, "payers_sum_to_companies"),
        ("us_state_rd", "us_states", "Iowa,2015,federal_paid,,D,", "Iowa,2015,federal_paid,,,", UnreadableFile, "Iowa 2015"),
        ("us_state_rd", "us_states", "Alaska,2015,total,", "Alabama,2015,total,", DuplicateKey, "Alabama"),
        ("us_university_rd", "us_universities_nation", "2010,61286610,", "2010,61286611,", SumMismatch, "institutions_sum_to_nation"),
        ("us_metro_rd", "us_metros", "All locations,,374685,", "All locations,,384685,", SumMismatch, "areas_sum_to_nation"),
        (
            "intl_rd_by_source",
            "intl_rd_by_source",
            "BIH,Bosnia and Herzegovina,BA,2020,GOV,BES,MIO_EUR,0.499",
            "",
            CorrectionObsolete,
            "bosnia_government_paid_2020",
        ),
        ("intl_rd_by_source", "intl_rd_by_source", "AUT,Austria,AT,1981,BES,BES,", "AUT,Austria,AT,1981,XXX,BES,", UnknownName, "XXX"),
        (
            "policy_timing",
            "pilots_read",
            "zone in province,110000,2009,2009-03-13",
            "zone in province,110000,2010,2010-03",
            MergeMismatch,
            "2010 here",
        ),
        ("policy_timing", "pilots_read", "2016年7月19日,重庆国家自主创新示范区获得国务院正式批复", "", MissingKey, "words is empty"),
    ],
)
def test_planted_errors_are_named(tmp_path: Path, table: str, raw_id: str, old: str, new: str, error: type[Exception], words: str) -> None:
    root, records = planted(tmp_path, raw_id, swap(old, new))
    with pytest.raises(error, match=words):
        built(table, RawFolder(root, records))


def test_marks_of_a_long_file_stand_beside_its_values() -> None:
    rows = [row for row in raw("us_states/us_state_rd.csv") if row["variable"] == "federal_paid" and row["flag"] == "i"]
    states = [row for row in rows if not row["state"].startswith(("United", "Und"))]
    assert load_frame("us_state_rd")["note_federal"].fillna("").str.contains("flag i").sum() == len(states)
