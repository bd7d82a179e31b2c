"""Input of another kind than a column of numbers is refused by name; very large and very small numbers do not overflow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from toolkit.errors import MeasureError
from toolkit.measure import (
    atkinson,
    concentration_ratio,
    decompose_gini,
    decompose_shift_share,
    decompose_theil,
    densities,
    ergodic,
    gini,
    herfindahl,
    homogeneity_test,
    hp_trend,
    location_quotient,
    location_quotients,
    log_t,
    mean_first_passage,
    mobility,
    share_of,
    sigma_convergence,
    states_at_cuts,
    states_by_quantiles,
    theil_l,
)

EXACT = 1e-12


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([[1, 2], [3, 4]], r"table of shape \(2, 2\), not one column"),
        (pd.DataFrame({"a": [1.0]}), r"table of shape \(1, 1\)"),
        ([1 + 2j, 2], "type complex128"),
        (pd.Series(pd.date_range("2020", periods=2)), "type datetime64"),
        (pd.Series(["a", "b"]).astype("category"), "could not convert"),
    ],
)
def test_what_is_no_column_of_numbers_is_refused(values: Any, words: str) -> None:
    for measure in (gini, theil_l, herfindahl):
        with pytest.raises(MeasureError, match=f"needs numbers; .*{words}"):
            measure(values)


def test_groups_and_units_need_names() -> None:
    for decompose in (decompose_gini, decompose_theil):
        with pytest.raises(MeasureError, match=r"table of shape \(2, 1\) as groups"):
            decompose([1.0, 2.0], [["a"], ["b"]])
    with pytest.raises(MeasureError, match="needs a Series, not list"):
        share_of([1.0, 2.0], ["a"])  # type: ignore[arg-type]
    with pytest.raises(MeasureError, match="needs frames of regions by industries, not ndarray"):
        decompose_shift_share(np.ones((2, 2)), np.ones((2, 2)))  # type: ignore[arg-type]


def test_a_ratio_of_a_part_of_a_unit_is_refused() -> None:
    with pytest.raises(MeasureError, match=r"(?s)CR1.5 of 2 units.*whole k"):
        concentration_ratio([1, 2], 1.5)  # type: ignore[arg-type]
    assert concentration_ratio([1, 2, 1], 2.0) == 0.75  # type: ignore[arg-type]


@pytest.mark.parametrize("unit", [1e308, 1e9, 1e-9, 1e-307])
def test_the_largest_numbers_do_not_overflow(unit: float) -> None:
    found: list[tuple[Callable[[], Any], Any]] = [
        (lambda: herfindahl([unit, unit]), 0.5),
        (lambda: concentration_ratio([unit, unit, unit], 1), 1 / 3),
        (lambda: share_of(pd.Series({"a": unit, "b": unit}), ["a"]), 0.5),
        (lambda: location_quotient([unit, unit], [unit, unit]), [1.0, 1.0]),
        (lambda: location_quotients(pd.DataFrame({"a": [unit, unit], "b": [unit, unit]})).to_numpy(), np.ones((2, 2))),
        (lambda: gini([1.0, 3.0], [unit, unit]), 0.25),
    ]
    with np.errstate(all="raise", under="ignore"):
        for call, expected in found:
            np.testing.assert_allclose(call(), expected, atol=EXACT)


def test_dates_and_periods_are_read_as_their_years() -> None:
    frame = pd.DataFrame(np.random.default_rng(1).lognormal(size=(5, 8)), columns=range(2010, 2018))
    wanted = sigma_convergence(frame)
    for columns in (
        pd.to_datetime([f"{year}-12-31" for year in frame]),
        pd.period_range("2010", periods=8, freq="Y"),
        frame.columns.map(str),
    ):
        found = sigma_convergence(frame.set_axis(columns, axis=1))
        assert found.table["year"].tolist() == list(range(2010, 2018))
        assert found.trend_sd_log == wanted.trend_sd_log
    quarters = frame.set_axis(pd.period_range("2010Q1", periods=8, freq="Q"), axis=1)
    with pytest.raises(MeasureError, match="is there twice"):
        sigma_convergence(quarters)
    for measure in (sigma_convergence, log_t, densities, hp_trend):
        with pytest.raises(MeasureError, match="frame without years"):
            measure(frame.iloc[:, :0])  # type: ignore[operator]


def test_labels_are_shown_as_people_write_them() -> None:
    with pytest.raises(MeasureError, match="first at 7") as caught:
        gini(pd.Series([1.0, -1.0], index=[3, 7]))
    assert "np.int64" not in str(caught.value)
    with pytest.raises(MeasureError, match="2010 is there twice"):
        sigma_convergence(pd.DataFrame(np.ones((2, 2)), columns=[2010, 2010]))


def test_chains_of_text_and_missing_groups_are_refused() -> None:
    states = states_by_quantiles(pd.DataFrame(np.random.default_rng(1).lognormal(size=(4, 8)), list("abcd"), range(2010, 2018)), 2)
    with pytest.raises(MeasureError, match=r"(?s)1 entities have no group.*first: c"):
        homogeneity_test(states, {"a": "x", "b": "x", "c": float("nan"), "d": "y"})  # type: ignore[dict-item]
    with pytest.raises(MeasureError, match="cut points need numbers"):
        states_at_cuts(pd.DataFrame(np.ones((2, 2))), ["low"])  # type: ignore[list-item]
    for measure in (ergodic, mean_first_passage, mobility):
        with pytest.raises(MeasureError, match="transition matrix needs numbers"):
            measure([["a", "b"], ["c", "d"]])


def test_no_inequality_is_zero_and_not_minus_zero() -> None:
    for epsilon in (0.5, 1, 2):
        assert str(atkinson([5, 5, 5], epsilon)) == "0.0"
