"""Lags follow the calendar: checked against a pandas merge on the shifted year, and by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import DuplicateKey, MissingColumn, PanelError
from toolkit.panel import Panel
from toolkit.transform import difference, growth, lag, lead
from toolkit.transform.changes import Columns

GAPPY = Panel(
    pd.DataFrame({"firm": ["b", "a", "a", "a", "b"], "year": [2020, 2019, 2020, 2022, 2021], "x": [10.0, 1.0, 2.0, 4.0, np.nan]}),
    "firm",
    "year",
)


def test_a_gap_gives_missing() -> None:
    # sorted rows: a 2019, a 2020, a 2022, b 2020, b 2021
    np.testing.assert_array_equal(lag(GAPPY, "x"), [np.nan, 1, np.nan, np.nan, 10])
    np.testing.assert_array_equal(lag(GAPPY, "x", 2), [np.nan, np.nan, 2, np.nan, np.nan])
    np.testing.assert_array_equal(lead(GAPPY, "x"), [2, np.nan, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(difference(GAPPY, "x"), [np.nan, 1, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(growth(GAPPY, "x"), [np.nan, 100, np.nan, np.nan, np.nan])


@st.composite
def panels(draw: st.DrawFn) -> pd.DataFrame:
    cells = draw(st.lists(st.tuples(st.sampled_from(["a", "b", "省"]), st.integers(-3, 2030)), min_size=1, max_size=25, unique=True))
    values = draw(st.lists(st.floats(-1e9, 1e9), min_size=len(cells), max_size=len(cells)))
    return pd.DataFrame({"e": [c[0] for c in cells], "t": [c[1] for c in cells], "x": values})


@given(panels(), st.integers(-4, 4))
@settings(deadline=None, max_examples=60)
def test_lag_is_a_merge_on_the_shifted_time(frame: pd.DataFrame, periods: int) -> None:
    shifted = frame.assign(t=frame["t"] + periods).rename(columns={"x": "before"})
    expected = frame.merge(shifted, on=["e", "t"], how="left")["before"].to_numpy()
    np.testing.assert_array_equal(lag(Columns(frame["x"], frame["e"], frame["t"]), periods=periods), expected)


@given(panels())
@settings(deadline=None, max_examples=30)
def test_lead_undoes_lag_and_inputs_stay(frame: pd.DataFrame) -> None:
    before = frame.copy()
    data = Columns(frame["x"], frame["e"], frame["t"])
    again = lead(Columns(lag(data), frame["e"], frame["t"]))
    seen = ~np.isnan(again)
    np.testing.assert_array_equal(again[seen], frame["x"].to_numpy()[seen])
    pd.testing.assert_frame_equal(frame, before)


def test_growth_stops_at_breaks_and_at_zero() -> None:
    data = Columns([100.0, 110.0, 121.0, 0.0, 5.0], ["a"] * 5, [2008, 2009, 2010, 2011, 2012])
    np.testing.assert_allclose(growth(data), [np.nan, 10, 10, -100, np.nan])
    np.testing.assert_allclose(growth(data, breaks=[2010]), [np.nan, 10, np.nan, -100, np.nan])
    # A two-year rate into 2010 or 2011 spans the break of 2010.
    assert np.isnan(growth(data, periods=2, breaks=[2010])[[2, 3]]).all()


def test_named_errors() -> None:
    with pytest.raises(MissingColumn, match="'y'"):
        lag(GAPPY, "y")
    with pytest.raises(DuplicateKey, match="row 2"):
        lag(Columns([1.0, 2.0], ["a", "a"], [2020, 2020]))
    with pytest.raises(PanelError, match="do not match"):
        lag(Columns([1.0], ["a", "a"], [2020, 2021]))
    with pytest.raises(PanelError, match="an entity and a time"):
        lag(Columns([1.0, 2.0], ["a", None], [2020, 2021]))
    with pytest.raises(PanelError, match="whole numbers"):
        lag(Columns([1.0, 2.0], ["a", "a"], [2020, 2020.5]))
    with pytest.raises(PanelError, match="text"):
        lag(Columns(["u", "v"], ["a", "a"], [2020, 2021]))
    with pytest.raises(PanelError, match="whole number"):
        lag(GAPPY, "x", 1.5)  # type: ignore[arg-type]
    assert lag(Columns([], [], [])).shape == (0,)
