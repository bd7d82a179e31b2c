"""What a time column says: which spellings become years, quarters and months, and what is refused."""

from __future__ import annotations

import copy
import dataclasses
import datetime
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import DuplicateKey, MissingKey, NoSuccessivePeriods, UnclearPeriods, UnknownOption
from toolkit.panel import Panel
from toolkit.periods import covered, read_times, shown_time
from toolkit.transform import difference, growth, lag, lead
from toolkit.transform.changes import Columns, chain


def panel(times: object, **choice: object) -> Panel:
    """One entity with these times."""
    return Panel(pd.DataFrame({"firm": "a", "when": times}), "firm", "when", **choice)  # type: ignore[arg-type]


def shown(of: Panel) -> list[str]:
    return of.frame["when"].astype(str).tolist()


YEARS = {
    "whole": [2010, 2011],
    "float": [2010.0, 2011.0],
    "nullable": pd.array([2010, 2011], dtype="Int64"),
    "text": ["2010", " 2011 "],
    "text of floats": ["2010.0", "2011.0"],
    "full width": ["２０１０", "２０１１年"],
    "Chinese": ["2010年", "2011年度"],
    "mixed spellings": ["2010", "2011年"],
    "ends of years": ["2010-12-31", "2011-12-31"],
    "slashes": ["2010/12/31", "2011/12/31"],
    "Chinese dates": ["2010年12月31日", "2011年12月31日"],
    "dates with a time": ["2010-12-31 00:00:00", "2011-12-31T00:00"],
    "datetime": pd.to_datetime(["2010-01-01", "2011-01-01"]),
    "datetime with a zone": pd.to_datetime(["2010-06-30", "2011-06-30"]).tz_localize("Asia/Shanghai"),
    "ends of February": pd.to_datetime(["2011-02-28", "2012-02-29"]) - pd.DateOffset(years=1),
    "date objects": [datetime.date(2010, 12, 31), datetime.date(2011, 12, 31)],
    "YYYYMMDD": [20101231, 20111231],
    "YYYYMMDD as text": ["20101231", "20111231"],
    "YYYYMMDD as floats": [20101231.0, 20111231.0],
    "periods": pd.period_range("2010", periods=2, freq="Y"),
    "fiscal years": pd.period_range("2010", periods=2, freq="Y-JUN"),
    "categories": pd.Categorical(["2010", "2011"]),
}


@pytest.mark.parametrize("times", YEARS.values(), ids=YEARS.keys())
def test_years(times: object) -> None:
    found = panel(times)
    assert found.step == "year"
    assert found.frame["when"].dtype == np.int64
    assert found.frame["when"].tolist() == found.calendar.tolist() == [2010, 2011]


QUARTERS = {
    "plain": ["2009Q4", "2010Q1"],
    "small": ["2009q4", "2010q1"],
    "dash": ["2009-Q4", "2010-q1"],
    "Chinese": ["2009年4季度", "2010年1季度"],
    "Chinese numerals": ["2009年第四季度", "2010年第一季度"],
    "all kinds": ["2009年第4季度", "2010 Q1"],
    "numbers": [20094, 20101],
    "ends": ["2009-12-31", "2010-03-31"],
    "starts": pd.to_datetime(["2009-10-01", "2010-01-01"]),
    "periods": pd.period_range("2009Q4", periods=2, freq="Q"),
    "periods as objects": pd.Series([pd.Period("2009Q4"), pd.Period("2010Q1")], dtype=object),
    "fiscal": pd.PeriodIndex(["2009Q4", "2010Q1"], freq="Q-JUN"),
}


@pytest.mark.parametrize("times", QUARTERS.values(), ids=QUARTERS.keys())
def test_quarters(times: object) -> None:
    found = panel(times)
    assert found.step == "quarter"
    assert shown(found) == ["2009Q4", "2010Q1"]
    assert found.calendar.tolist() == [4 * 2009 + 3, 4 * 2010]


MONTHS = {
    "iso": ["2009-12", "2010-01"],
    "Stata": ["2009m12", "2010m1"],
    "capital": ["2009M12", "2010M01"],
    "Chinese": ["2009年12月", "2010年1月"],
    "Chinese with 份": ["2009年12月份", "2010年01月份"],
    "slash": ["2009/12", "2010/1"],
    "YYYYMM": [200912, 201001],
    "YYYYMM as text": ["200912", "201001"],
    "ends": ["2009-12-31", "2010-01-31"],
    "ends of different length": ["2010-01-31", "2010-02-28"],
    "same day": pd.to_datetime(["2009-12-15", "2010-01-15"]),
    "periods": pd.period_range("2009-12", periods=2, freq="M"),
}


@pytest.mark.parametrize("times", MONTHS.values(), ids=MONTHS.keys())
def test_months(times: object) -> None:
    found = panel(times)
    assert found.step == "month"
    first = (2009, 12) if shown(found)[0] == "2009-12" else (2010, 1)
    assert found.calendar.tolist() == [12 * first[0] + first[1] - 1, 12 * first[0] + first[1]]


@pytest.mark.parametrize("times", [[1, 2, 3], [-2, 0, 4], [160, 161, 162], [1.0, 2.0, 9999.0], ["1", "2"]])
def test_counters_stay_numbers(times: list[object]) -> None:
    found = panel(times)
    assert found.step == "unit"
    assert found.frame["when"].tolist() == [int(float(str(t))) for t in times]


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ([2010, 2010.5], "2010.5 is none"),
        (["spring", "autumn"], "'spring' is none"),
        (["2010-13", "2010-12"], "'2010-13' is none"),
        (["2010-02-30"], "'2010-02-30' is none"),
        ([201012, 201013], "not all years .* 201013"),
        ([20101231, 20110229], "not all years .* 20110229"),
        ([2010, 201101], "not all years .* 201101"),
        ([40179, 40544], "not all years .* 40179"),  # dates as Excel counts them
        ([18262, 18627], "not all years .* 18627"),  # dates as Stata counts them
        ([946684800000000], "not all years"),
        (["2010Q1", "2010-03"], r"mixes quarters \(2010Q1\) and months \(2010-03\)"),
        (["2010", "2010Q1"], "mixes years"),
        ([5, "2010Q1"], "mixes plain numbers"),
        (pd.to_datetime(["2010-01-15", "2010-03-02"]), "2010-01-15 and 2010-03-02 are on different days"),
        (pd.date_range("2010-03-01", periods=5, freq="D"), "without a common step"),
        (pd.period_range("2010-03-01", periods=5, freq="W"), "without a common step"),
        (["01/02/2010", "01/02/2011"], "is none"),  # day and month cannot be told apart
        ([True, False], "is none"),
    ],
)
def test_unclear_times_are_refused_with_their_row(times: object, said: str) -> None:
    with pytest.raises(UnclearPeriods, match=f"(?s){said}.*column when, row label .*remedy") as caught:
        panel(times)
    assert caught.value.remedy


def test_the_row_that_is_named_is_the_first_of_its_kind() -> None:
    frame = pd.DataFrame({"firm": list("abcd"), "when": [201001, 201002, 201014, 201014]}, index=["r1", "r2", "r3", "r4"])
    with pytest.raises(UnclearPeriods, match="row label 'r3'"):
        Panel(frame, "firm", "when", "mine")
    with pytest.raises(MissingKey, match="1 rows of the panel have no when"):
        panel(["2010Q1", None])
    with pytest.raises(UnclearPeriods, match="missing in 1 rows"):
        read_times(pd.Series(["2010Q1", None]))


def test_a_named_step_says_what_is_meant() -> None:
    assert panel([200014, 200015], step="unit").calendar.tolist() == [200014, 200015]
    assert shown(panel(pd.to_datetime(["2010-01-15", "2010-03-02"]), step="month")) == ["2010-01", "2010-03"]
    assert shown(panel(["2010-01", "2010-04"], step="quarter")) == ["2010Q1", "2010Q2"]
    assert panel(["2010Q4", "2011Q4"], step="year").calendar.tolist() == [2010, 2011]
    assert panel(pd.period_range("2010-12", periods=2, freq="12M"), step="year").calendar.tolist() == [2010, 2011]
    with pytest.raises(UnclearPeriods, match=r"(?s)holds years \(2010\), which step='month' does not fit.*step='year'"):
        panel([2010, 2011], step="month")
    with pytest.raises(UnclearPeriods, match="does not fit"):
        panel([1, 2], step="quarter")
    with pytest.raises(UnknownOption, match=r"(?s)'week'.*'quarter'"):
        panel([1, 2], step="week")
    with pytest.raises(DuplicateKey, match=r"a, when 2010-01, written as 2010-01-15 .* and 2010-01-20"):
        panel(pd.to_datetime(["2010-01-20", "2010-01-15"])[::-1], step="month")


@settings(deadline=None, max_examples=60)
@given(st.sets(st.integers(4 * 1900, 4 * 2100), min_size=2, max_size=8), st.randoms(use_true_random=False))
def test_quarters_come_back_from_every_spelling(counts: set[int], draw: object) -> None:
    ordered = sorted(counts)
    pairs = [divmod(count, 4) for count in ordered]
    spellings = [
        [f"{y}Q{q + 1}" for y, q in pairs],
        [f"{y}年第{'一二三四'[q]}季度" for y, q in pairs],
        [10 * y + q + 1 for y, q in pairs],
        pd.PeriodIndex([f"{y}Q{q + 1}" for y, q in pairs], freq="Q"),
    ]
    for times in spellings:
        assert panel(times).calendar.tolist() == ordered
    assert [covered(shown_time(count, "quarter"), "quarter") for count in ordered] == [(count, count) for count in ordered]


@settings(deadline=None, max_examples=60)
@given(st.sets(st.integers(12 * 1900, 12 * 2100), min_size=1, max_size=8))
def test_months_come_back_from_every_spelling(counts: set[int]) -> None:
    ordered = sorted(counts)
    pairs = [divmod(count, 12) for count in ordered]
    ends = pd.PeriodIndex([f"{y}-{m + 1:02d}" for y, m in pairs], freq="M")
    spellings = [[f"{y}-{m + 1:02d}" for y, m in pairs], [f"{y}M{m + 1}" for y, m in pairs], [100 * y + m + 1 for y, m in pairs], ends]
    for times in spellings:
        assert panel(times).calendar.tolist() == ordered
    dated = panel(ends.to_timestamp(how="end").normalize(), step="month")
    assert dated.calendar.tolist() == ordered
    assert [covered(shown_time(count, "month"), "month") for count in ordered] == [(count, count) for count in ordered]


def test_gaps_and_parts_of_a_quarterly_panel() -> None:
    found = panel(["2010Q1", "2010Q2", "2010Q4", "2011Q1", "2012Q1"])
    assert found.shape().gaps == (("a", pd.Period("2010Q3")),)
    assert found.shape().step == "quarter"
    assert "by quarter" in repr(found)
    assert shown(found.between(2010, 2010)) == ["2010Q1", "2010Q2", "2010Q4"]
    assert shown(found.between("2010Q4", 2011)) == ["2010Q4", "2011Q1"]
    assert shown(found.between("2010-06", datetime.date(2010, 12, 31))) == ["2010Q2", "2010Q4"]
    # A part is still quarterly, also where its rows alone would look like years.
    first = found.keep(found.frame["when"].dt.quarter == 1)
    assert first.step == "quarter"
    assert first.assign(x=1.0).step == "quarter"
    with pytest.raises(UnclearPeriods, match="is no quarter"):
        found.between("spring", 2011)


def test_a_panel_of_waves_notes_that_it_has_no_lags() -> None:
    waves = Panel(pd.DataFrame({"firm": list("aaabb"), "year": [2000, 2005, 2010, 2000, 2010], "x": [1.0, 2, 3, 4, 5]}), "firm", "year")
    (told,) = waves.shape().notes
    assert told.key == "no_successive_periods"
    assert told.value("nearest") == 5
    assert "相隔一年" in told.to("zh")
    assert "the nearest are 5" in repr(waves)
    for change in (lag, lead, difference):
        with pytest.raises(NoSuccessivePeriods, match=r"(?s)No firm has two rows one year apart.*2000 to 2010.*lags of 5"):
            change(waves, "x")
    np.testing.assert_array_equal(lag(waves, "x", 5), [np.nan, 1, 2, np.nan, np.nan])
    numbered = waves.assign(year=waves.frame["year"].map({2000: 1, 2005: 2, 2010: 3}))
    assert numbered.step == "unit"
    np.testing.assert_array_equal(lag(numbered, "x"), [np.nan, 1, 2, np.nan, np.nan])
    once = Panel(pd.DataFrame({"firm": ["a", "b"], "year": [2000, 2005], "x": [1.0, 2.0]}), "firm", "year")
    assert once.shape().notes == ()
    assert np.isnan(lag(once, "x")).all()


def test_copies_keep_the_step() -> None:
    found = Panel(pd.DataFrame({"firm": "a", "when": ["2010-12", "2011-12"], "x": [1.0, 2.0]}), "firm", "when")
    for again in (pickle.loads(pickle.dumps(found)), copy.deepcopy(found), dataclasses.replace(found, name="again")):
        assert again.step == "month"
        pd.testing.assert_frame_equal(again.frame, found.frame)
    assert len(found.keep(found.frame["x"] > 9)) == 0
    assert len(Panel(found.frame.iloc[:0], "firm", "when")) == 0


@st.composite
def monthly(draw: st.DrawFn) -> pd.DataFrame:
    cells = draw(
        st.lists(st.tuples(st.sampled_from(["a", "b", "省"]), st.integers(12 * 2009, 12 * 2011)), min_size=1, max_size=30, unique=True)
    )
    return pd.DataFrame({"e": [c[0] for c in cells], "count": [c[1] for c in cells], "x": np.arange(len(cells), dtype=float)})


@settings(deadline=None, max_examples=60)
@given(monthly(), st.integers(1, 13))
def test_lags_are_shifts_on_the_full_calendar(frame: pd.DataFrame, periods: int) -> None:
    months = pd.PeriodIndex.from_ordinals(frame["count"].to_numpy() - 12 * 1970, freq="M")  # type: ignore[attr-defined]
    data = Columns(frame["x"], frame["e"], months.astype(str))
    full = frame.pivot(index="count", columns="e", values="x").reindex(range(frame["count"].min() - 13, frame["count"].max() + 1))
    shifted = full.shift(periods).stack().reindex(pd.MultiIndex.from_frame(frame[["count", "e"]])).to_numpy()
    np.testing.assert_array_equal(lag(data, periods=periods), shifted)
    made = Panel(frame.assign(when=months), "e", "when")
    if not made.shape().notes:
        np.testing.assert_array_equal(pd.Series(lag(made, "x", periods), index=made.frame.index).reindex(frame.index), shifted)


def test_growth_and_prices_follow_quarters() -> None:
    frame = pd.DataFrame({"firm": "a", "when": ["2009Q3", "2009Q4", "2010Q1", "2010Q3"], "x": [100.0, 110.0, 121.0, 50.0]})
    found = Panel(frame.assign(index=[100.0, 110.0, 105.0, 102.0]), "firm", "when")
    np.testing.assert_allclose(growth(found, "x"), [np.nan, 10, 10, np.nan])
    np.testing.assert_allclose(growth(found, "x", breaks=[2010]), [np.nan, 10, np.nan, np.nan])
    np.testing.assert_allclose(growth(found, "x", breaks=["2009Q4"]), [np.nan, np.nan, 10, np.nan])
    np.testing.assert_allclose(chain(found, "index", "2009Q4"), [100 / 1.1, 100, 105, np.nan])
