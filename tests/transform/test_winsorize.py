"""Winsorizing by hand, and against pandas' clip at pandas' quantiles."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import PanelError
from toolkit.transform import winsorize


def test_by_hand() -> None:
    # Linear rule: the 10 % quantile of 1..11 is 1 + 0.1 * 10 = 2, the 90 % quantile 10.
    result = winsorize(np.arange(1.0, 12.0), share=0.1)
    assert (result.bounds[0].low, result.bounds[0].high) == (2.0, 10.0)
    assert (result.bounds[0].raised, result.bounds[0].lowered, result.changed) == (1, 1, 2)


@given(st.lists(st.floats(-1e9, 1e9) | st.just(float("nan")), min_size=1, max_size=40), st.floats(0, 0.49))
@settings(deadline=None, max_examples=50)
def test_it_is_pandas_clip_at_pandas_quantiles(values: list[float], share: float) -> None:
    series = pd.Series(values, dtype=float)
    expected = series.clip(series.quantile(share), series.quantile(1 - share)) if series.notna().any() else series
    result = winsorize(values, share)
    scale = max(1.0, float(series.abs().max())) if series.notna().any() else 1.0
    np.testing.assert_allclose(result.values, expected, atol=1e-12 * scale)  # two interpolation formulas, same numbers
    assert np.isnan(result.values).sum() == series.isna().sum()


def test_groups_have_their_own_bounds() -> None:
    values = np.array([1.0, 2.0, 3.0, 100.0, 200.0, 300.0])
    years = [2020] * 3 + [2021] * 3
    pooled, grouped = winsorize(values, 0.25), winsorize(values, 0.25, years)
    assert [b.group for b in grouped.bounds] == [2020, 2021]
    np.testing.assert_allclose(grouped.values, [1.5, 2, 2.5, 150, 200, 250])
    assert not np.array_equal(pooled.values, grouped.values)
    assert values[0] == 1.0


def test_nothing_is_cut_at_zero_and_missing_stays() -> None:
    values = [3.0, np.nan, 1.0]
    result = winsorize(values, 0.0)
    np.testing.assert_array_equal(result.values, values)
    assert result.changed == 0
    assert winsorize([np.nan, np.nan]).bounds == ()


@pytest.mark.parametrize("share", [-0.1, 0.5, 1.0, float("nan")])
def test_bad_shares(share: float) -> None:
    with pytest.raises(PanelError, match="share"):
        winsorize([1.0], share)


def test_bad_groups() -> None:
    with pytest.raises(PanelError, match="do not match"):
        winsorize([1.0, 2.0], 0.1, [1])
    with pytest.raises(PanelError, match="row 2 has no group"):
        winsorize([1.0, 2.0], 0.1, ["a", None])
    with pytest.raises(PanelError, match="dimensions"):
        winsorize([[1.0]], 0.1)
