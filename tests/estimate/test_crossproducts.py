"""Cross-products by unit against refits on copied units."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import NotEstimable
from toolkit.estimate.rows.grouping import Grouping
from toolkit.estimate.spec_curve.crossproducts import slopes, unit_moments

EXACT = 1e-9


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 5000))
def test_any_multiplicity_gives_the_coefficients_with_dummies(seed: int) -> None:
    rng = np.random.default_rng(seed)
    units, times, n = rng.integers(0, 9, 60), rng.integers(0, 4, 60), 60
    units[:9] = np.arange(9)
    x = rng.normal(size=(2, n)) * [[1.0], [1e6]]
    y = x[0] - 1e-6 * x[1] + rng.normal(size=n)
    weights = rng.random(n) + 0.5
    by_unit, by_time = Grouping(units, 9), Grouping(pd.factorize(times)[0], len(set(times)))
    moments = unit_moments(np.stack([y, *x]), [by_unit, by_time], by_unit, weights, "the test")
    counts = rng.integers(0, 3, size=(3, 9)).astype(float)
    found, usable = slopes(moments.combined(counts), 0, [1, 2])
    for draw in np.flatnonzero(usable):
        often = counts[draw][units] * weights
        rows = often > 0
        dummies = pd.get_dummies(pd.DataFrame({"u": units[rows], "t": times[rows]}).astype(str)).to_numpy(float)
        design = np.column_stack([x[0][rows], 1e-6 * x[1][rows], dummies]) * np.sqrt(often[rows])[:, None]
        if np.linalg.matrix_rank(design) - np.linalg.matrix_rank(design[:, 2:]) == 2:
            by_hand = np.linalg.lstsq(design, y[rows] * np.sqrt(often[rows]), rcond=None)[0][:2] * [1, 1e-6]
            np.testing.assert_allclose(found[draw], by_hand, rtol=1e-6)


def test_draws_without_variation_are_noted() -> None:
    units = Grouping(np.repeat(np.arange(4), 3), 4)
    x = np.where(units.codes == 2, np.tile([0.0, 1, 3], 4), 5.0)
    moments = unit_moments(np.stack([2 * x, x]), [units], units, None, "the test")
    found, usable = slopes(moments.combined(np.array([[1.0, 1, 1, 1], [1, 2, 0, 1]])), 0, [1])
    assert usable.tolist() == [True, False]
    assert found[:, 0] == pytest.approx([2, 0])


def test_effects_that_cross_units_are_limited() -> None:
    n = 30_000
    units, crossing = Grouping(np.arange(n) % 37, 37), Grouping(np.arange(n) % 4000, 4000)
    with pytest.raises(NotEstimable, match="the test would need 4001 columns for each of 37 units") as caught:
        unit_moments(np.zeros((1, n)), [crossing], units, None, "the test")
    assert "fewer levels" in str(caught.value)
