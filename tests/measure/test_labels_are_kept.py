"""A result with one value for each row has the rows of its input; and the labels change no number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from toolkit import measure
from toolkit.errors import MeasureError

RNG = np.random.default_rng(3)
ROWS = pd.MultiIndex.from_product([["Hubei", "Anhui", "Gansu"], [2021, 2020]], names=["province", "year"])
COLUMN = pd.Series(RNG.uniform(1, 9, 6), index=ROWS, name="rd")
SIZES = pd.Series(RNG.uniform(1, 9, 6), index=ROWS)
UNIT = pd.DataFrame(RNG.uniform(0.1, 0.9, (6, 3)), index=ROWS, columns=pd.Index(["a", "b", "c"], name="system"))
WEIGHTS = [0.2, 0.3, 0.5]
GRID = pd.DataFrame(
    RNG.lognormal(size=(3, 5)),
    index=pd.Index(["Hubei", "Anhui", "Gansu"], name="province"),
    columns=pd.Index(range(2015, 2020), name="year"),
)
RING = [[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]


def plain(x: pd.Series | pd.DataFrame) -> np.ndarray[Any, Any]:
    return x.to_numpy()


# what is measured, its labelled input, and how
BY_ROW: dict[str, tuple[Any, Callable[[Any], Any]]] = {
    "coupling c": (UNIT, lambda u: measure.coupling(u).c),
    "coupling t": (UNIT, lambda u: measure.coupling(u).t),
    "coupling d": (UNIT, lambda u: measure.coupling(u, form="wang").d),
    "grade": (UNIT["a"], measure.grade),
    "leader": (UNIT, lambda u: measure.relative_development(u).leader),
    "weakest": (UNIT, lambda u: measure.relative_development(u).weakest),
    "ratio": (UNIT, lambda u: measure.relative_development(u).ratio),
    "lagging": (UNIT, lambda u: measure.relative_development(u).lagging),
    "gini contributions": (COLUMN, lambda x: measure.gini_contributions(x, plain(SIZES))),
    "theil contributions": (COLUMN, measure.theil_contributions),
    "location quotient": (COLUMN, lambda x: measure.location_quotient(x, plain(SIZES))),
    "balance of flows": (COLUMN, lambda x: measure.grubel_lloyd(x, plain(SIZES))),
    "balance of flows, the other": (COLUMN, lambda x: measure.grubel_lloyd(plain(SIZES), x)),
    "grey relation": (UNIT, measure.grey_relation),
    "topsis": (UNIT, lambda u: measure.topsis(u, WEIGHTS).closeness),
}
CELL_BY_CELL: dict[str, tuple[pd.DataFrame, Callable[[Any], Any]]] = {
    "grade": (UNIT, measure.grade),
    "normalise": (UNIT, lambda u: measure.normalise(u, ["positive"] * 3)),
    "obstacles": (UNIT, lambda u: measure.obstacle_degrees(u, WEIGHTS).degrees),
    "location quotients": (UNIT, measure.location_quotients),
    "trend": (GRID, measure.hp_trend),
    "mean of neighbours": (GRID, lambda x: measure.neighbour_mean(x, RING)),
    "classes by quantiles": (GRID, lambda x: measure.states_by_quantiles(x, 2).frame()),
    "classes by quantiles of each year": (GRID, lambda x: measure.states_by_quantiles(x, 3, by="year").frame()),
    "classes at cuts": (GRID, lambda x: measure.states_at_cuts(x, [1.0]).frame()),
}


@pytest.mark.parametrize("what", BY_ROW)
def test_one_value_for_each_row_stands_beside_its_row(what: str) -> None:
    given, call = BY_ROW[what]
    found = call(given)
    assert isinstance(found, pd.Series)
    pd.testing.assert_index_equal(found.index, given.index)
    np.testing.assert_array_equal(found.to_numpy(), np.asarray(call(plain(given))))


@pytest.mark.parametrize("what", [what for what, (given, _) in BY_ROW.items() if isinstance(given, pd.DataFrame)])
def test_a_row_has_its_value_in_any_order_of_the_rows(what: str) -> None:
    given, call = BY_ROW[what]
    shuffled = given.iloc[[3, 0, 5, 1, 4, 2]]
    pd.testing.assert_series_equal(call(shuffled).loc[given.index], call(given))


@pytest.mark.parametrize("what", CELL_BY_CELL)
def test_a_frame_comes_back_with_its_rows_columns_and_their_names(what: str) -> None:
    given, call = CELL_BY_CELL[what]
    found = call(given)
    pd.testing.assert_index_equal(found.index, given.index)
    pd.testing.assert_index_equal(found.columns, given.columns, exact="equiv")


def test_arrays_give_arrays() -> None:
    found = measure.coupling(plain(UNIT))
    assert all(isinstance(part, np.ndarray) for part in (found.c, found.t, found.d))
    assert isinstance(measure.gini_contributions(plain(COLUMN)), np.ndarray)
    assert isinstance(measure.grade([0.1, 0.2]), np.ndarray)
    assert float(measure.coupling(UNIT.iloc[0]).d) == measure.coupling(UNIT).d.iloc[0]  # a row of scores is one case, not k cases


def test_importance_of_named_systems_goes_by_name() -> None:
    by_order = measure.coupling(UNIT, [0.1, 0.2, 0.7])
    by_name = measure.coupling(UNIT, pd.Series({"c": 0.7, "a": 0.1, "b": 0.2}))
    np.testing.assert_allclose(by_name.t, by_order.t, atol=1e-15)  # the weights are scaled in another order
    np.testing.assert_allclose(measure.coupling(UNIT, {"b": 2, "c": 7, "a": 1}).t, by_order.t, atol=1e-15)
    with pytest.raises(MeasureError, match="'d' has a weight but is none of them"):
        measure.coupling(UNIT, {"a": 1, "b": 1, "c": 1, "d": 1})
