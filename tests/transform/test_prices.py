"""Chained prices by hand and by identity."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from toolkit.errors import MissingColumn, PanelError
from toolkit.panel import Panel
from toolkit.transform import chain, deflate, growth

ROUNDING = 1e-9  # relative: products of at most a dozen factors


def panel(index: list[float], years: list[int] | None = None) -> Panel:
    years = years or list(range(2018, 2018 + len(index)))
    return Panel(pd.DataFrame({"p": "a", "year": years, "i": index, "x": np.arange(1.0, len(index) + 1)}), "p", "year")


def test_by_hand_forwards_and_backwards() -> None:
    np.testing.assert_allclose(chain(panel([101.0, 110.0, 105.0]), "i", 2018), [100, 110, 115.5])
    np.testing.assert_allclose(chain(panel([101.0, 110.0, 105.0]), "i", 2020), [100 / 1.1 / 1.05, 100 / 1.05, 100])


def test_the_base_only_rescales_and_growth_is_the_index() -> None:
    data = panel([101.0, 97.0, 103.5, 120.0, 99.9])
    first, last = chain(data, "i", 2018), chain(data, "i", 2022)
    np.testing.assert_allclose(first / last, (first / last)[0], rtol=ROUNDING)
    rates = growth(data.assign(level=first), "level")
    np.testing.assert_allclose(rates[1:], data.frame["i"].to_numpy()[1:] - 100, rtol=ROUNDING)


def test_deflating_leaves_the_base_year_alone() -> None:
    data = panel([101.0, 97.0, 103.5])
    real = deflate(data, "x", "i", 2019)
    assert real[1] == data.frame["x"].iloc[1]
    np.testing.assert_allclose(real[2], 3 / 1.035, rtol=ROUNDING)


def test_a_gap_or_missing_index_is_never_bridged() -> None:
    level = chain(panel([101.0, np.nan, 105.0, 102.0]), "i", 2018)
    np.testing.assert_array_equal(np.isnan(level), [False, True, True, True])
    level = chain(panel([101.0, 105.0, 102.0], [2018, 2020, 2021]), "i", 2021)
    np.testing.assert_array_equal(np.isnan(level), [True, False, False])


def test_several_entities_keep_apart() -> None:
    frame = pd.DataFrame({"p": ["b", "a", "b", "a"], "year": [2020, 2020, 2021, 2021], "i": [100.0, 100.0, 120.0, 110.0]})
    data = Panel(frame, "p", "year")
    np.testing.assert_allclose(chain(data, "i", 2020), [100, 110, 100, 120])


def test_named_errors() -> None:
    with pytest.raises(PanelError, match="base year 1999"):
        chain(panel([100.0, 101.0]), "i", 1999)
    with pytest.raises(MissingColumn, match="cpi"):
        chain(panel([100.0]), "cpi", 2018)
    with pytest.raises(MissingColumn, match="nothing"):
        deflate(panel([100.0]), "nothing", "i", 2018)
    with pytest.raises(PanelError, match=r"(?s)positive.*p a, year 2019"):
        chain(panel([100.0, 0.0]), "i", 2018)
