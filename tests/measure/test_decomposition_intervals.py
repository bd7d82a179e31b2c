"""Intervals of decompositions: every draw against a decomposition of the units drawn, exact additivity, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from toolkit.errors import MeasureError
from toolkit.measure import bootstrap_interval, decompose_gini, decompose_theil, decomposition_intervals

ROUNDING = 1e-12
REGION = pd.Series([*"aabbbcccccd", *"dddd"])


def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def values() -> pd.Series:
    drawn = pd.Series(rng().lognormal(0, 1, REGION.size))
    drawn[[2, 7]] = 0.0
    drawn[5] = drawn[9]  # a tie within a group and ...
    drawn[0] = drawn[12]  # ... one between groups
    return drawn


PARTS = {
    "gini": lambda x, g, w: decompose_gini(x, g, w).total,
    "gini_within": lambda x, g, w: decompose_gini(x, g, w).within,
    "gini_between": lambda x, g, w: decompose_gini(x, g, w).between,
    "gini_transvariation": lambda x, g, w: decompose_gini(x, g, w).transvariation,
    "theil": lambda x, g, w: decompose_theil(x, g, w).total,
    "theil_within": lambda x, g, w: decompose_theil(x, g, w).within,
    "theil_between": lambda x, g, w: decompose_theil(x, g, w).between,
}


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("weighted", [False, True])
def test_each_draw_is_the_decomposition_of_the_units_drawn(name: str, weighted: bool) -> None:
    x = values()
    w = pd.Series(rng().uniform(0, 100, x.size)) if weighted else None
    found = getattr(decomposition_intervals(x, REGION, w, rng=rng(), draws=60), name)
    slow = bootstrap_interval(lambda v, m: PARTS[name](v, REGION.loc[v.index], m), x, w, rng=rng(), strata=REGION, draws=60)
    np.testing.assert_allclose(found.draws, slow.draws, atol=ROUNDING)
    assert found.estimate == slow.estimate
    assert (found.low, found.high) == pytest.approx((slow.low, slow.high), abs=ROUNDING)
    assert str(found.resampled) == str(slow.resampled) == "15 units within 4 strata"


def test_a_level_is_a_pair_of_quantiles_of_the_draws() -> None:
    found = decomposition_intervals(values(), REGION, rng=rng(), draws=199, level=0.8).gini
    assert (found.low, found.high) == pytest.approx(np.quantile(found.draws, [0.1, 0.9]), abs=ROUNDING)


def test_parts_add_up_draw_by_draw_at_any_scale() -> None:
    expected = decomposition_intervals(values(), REGION, rng=rng(), draws=99).frame()
    for unit in (1e-9, 1e9, 1e-200, 1e200):
        found = decomposition_intervals(unit * values(), REGION, rng=rng(), draws=99)
        of_gini = found.gini_within.draws + found.gini_between.draws + found.gini_transvariation.draws
        np.testing.assert_allclose(of_gini, found.gini.draws, atol=ROUNDING)
        np.testing.assert_allclose(found.theil_within.draws + found.theil_between.draws, found.theil.draws, atol=ROUNDING)
        pd.testing.assert_frame_equal(found.frame(), expected, check_exact=False, atol=ROUNDING)


def test_one_seed_draws_the_same_units_so_that_changes_pair_up() -> None:
    x = values()
    before = decomposition_intervals(x, REGION, rng=rng(), draws=99)
    after = decomposition_intervals(7 * x, REGION, rng=rng(), draws=99)
    np.testing.assert_allclose(after.theil.draws - before.theil.draws, 0, atol=ROUNDING)


def test_groups_of_one_and_groups_without_value() -> None:
    found = decomposition_intervals([1.0, 2.0, 5.0], ["a", "a", "b"], rng=rng(), draws=99)
    assert found.gini_within.low == 0.0  # one unit of a drawn twice
    empty = decomposition_intervals([0.0, 0.0, 5.0, 6.0], ["a", "a", "b", "b"], rng=rng(), draws=99)
    assert np.isfinite(empty.frame()[["estimate", "low", "high"]].to_numpy()).all()
    assert empty.theil_between.estimate == pytest.approx(np.log(2))


def test_what_it_refuses() -> None:
    with pytest.raises(MeasureError, match="1 negative values"):
        decomposition_intervals([1.0, -1.0], ["a", "a"], rng=rng())
    with pytest.raises(MeasureError, match="1 missing or infinite"):
        decomposition_intervals([1.0, None], ["a", "a"], rng=rng())  # type: ignore[list-item]
    with pytest.raises(MeasureError, match="each stratum holds one unit"):
        decomposition_intervals([1.0, 2.0], ["a", "b"], rng=rng())
    with pytest.raises(MeasureError, match="a group is missing"):
        decomposition_intervals([1.0, 2.0], ["a", None], rng=rng())
    with pytest.raises(MeasureError, match=r"every value \(or weight\) is zero"):
        decomposition_intervals([0.0, 0.0, 1.0], ["a", "a", "a"], rng=rng())
    with pytest.raises(MeasureError, match="39 draws are too few"):
        decomposition_intervals([1.0, 2.0], ["a", "a"], rng=rng(), draws=39)
    with pytest.raises(MeasureError, match="rng=3"):
        decomposition_intervals([1.0, 2.0], ["a", "a"], rng=3)  # type: ignore[arg-type]
