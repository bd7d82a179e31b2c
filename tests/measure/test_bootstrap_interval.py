"""Bootstrap intervals: exact small distributions, scipy, one draw at a time against all at once, refusals."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from toolkit.errors import MeasureError
from toolkit.measure import bootstrap_interval, coefficient_of_variation, concentration_ratio, decompose_gini, gini, theil_l, theil_t

ROUNDING = 1e-10
MANY = 20_000
# Standard error of a simulated share with MANY draws is at most 0.0036; five of them.
SIMULATION = 0.018

VECTORISED = [gini, theil_t, theil_l, coefficient_of_variation]


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def one_by_one(measure: Callable[..., float]) -> Callable[..., float]:
    """The same measure under another identity, so that it is called once per draw."""
    return lambda x, w: measure(x, w)


@pytest.mark.parametrize("measure", VECTORISED)
@pytest.mark.parametrize("weighted", [False, True])
def test_all_draws_at_once_equal_one_call_per_draw(measure: Callable[..., float], weighted: bool) -> None:
    values = rng().lognormal(0, 1, 31)
    weights = rng().uniform(1, 100, 31) if weighted else None
    strata = np.arange(31) % 4
    fast = bootstrap_interval(measure, values, weights, rng=rng(), strata=strata, draws=200)
    slow = bootstrap_interval(one_by_one(measure), values, weights, rng=rng(), strata=strata, draws=200)
    np.testing.assert_allclose(fast.draws, slow.draws, atol=ROUNDING)
    assert fast.estimate == measure(values, weights)
    assert (fast.low, fast.high) == pytest.approx(tuple(np.quantile(slow.draws, [0.025, 0.975])), abs=ROUNDING)


def test_draws_follow_the_exact_distribution_of_three_units() -> None:
    x = np.array([1.0, 2.0, 6.0])
    exact: dict[float, float] = {}
    for drawn in itertools.product(x, repeat=3):
        value = round(gini(drawn), 9)
        exact[value] = exact.get(value, 0) + 1 / 27
    found = pd.Series(bootstrap_interval(gini, x, rng=rng(), draws=MANY).draws.round(9)).value_counts(normalize=True)
    assert set(found.index) == set(exact)
    for value, share in exact.items():
        assert found[value] == pytest.approx(share, abs=SIMULATION)


def test_interval_is_scipys_percentile_interval() -> None:
    x = rng().lognormal(0, 1, 60)
    reference = stats.bootstrap((x,), theil_t, n_resamples=4_000, vectorized=False, method="percentile", rng=np.random.default_rng(1))
    ours = bootstrap_interval(theil_t, x, rng=rng(), draws=MANY)
    # Both ends are simulated; a twentieth of the length is several of their standard errors.
    length = ours.high - ours.low
    assert ours.low == pytest.approx(reference.confidence_interval.low, abs=length / 20)
    assert ours.high == pytest.approx(reference.confidence_interval.high, abs=length / 20)
    assert ours.draws.std() == pytest.approx(reference.standard_error, rel=0.06)


def test_the_seed_decides() -> None:
    x = rng().lognormal(0, 1, 20)
    first, again = bootstrap_interval(gini, x, rng=rng()), bootstrap_interval(gini, x, rng=rng())
    assert np.array_equal(first.draws, again.draws)
    other = bootstrap_interval(gini, x, rng=np.random.default_rng(8))
    assert not np.array_equal(first.draws, other.draws)
    assert (other.low, other.high) == pytest.approx((first.low, first.high), abs=0.05)


@pytest.mark.parametrize("measure", VECTORISED)
def test_the_unit_does_not_matter(measure: Callable[..., float]) -> None:
    x = rng().lognormal(0, 1, 20)
    expected = bootstrap_interval(measure, x, rng=rng(), draws=99).draws
    for unit in (1e-200, 1e9, 1e200):
        np.testing.assert_allclose(bootstrap_interval(measure, unit * x, rng=rng(), draws=99).draws, expected, atol=ROUNDING)


def test_strata_keep_their_sizes_and_units_of_their_own() -> None:
    values = pd.Series(np.arange(1.0, 9.0), index=list("abcdefgh"))
    strata = pd.Series([1, 1, 1, 2, 2, 2, 2, 3], index=values.index)
    seen = []

    def total(x: pd.Series, w: None) -> float:
        assert w is None
        seen.append(strata.loc[x.index].value_counts().to_dict())
        return float(x["h"])

    found = bootstrap_interval(total, values, rng=rng(), strata=strata, draws=50)
    assert all(sizes == {1: 3, 2: 4, 3: 1} for sizes in seen)
    assert (found.low, found.high) == (8.0, 8.0)  # the only unit of its stratum is always there
    assert str(found.resampled) == "8 units within 3 strata"


def test_measures_with_settings_and_groups() -> None:
    values = pd.Series(rng().lognormal(0, 1, 12), index=[f"p{i}" for i in range(12)])
    weights = pd.Series(rng().uniform(1, 9, 12), index=values.index)
    region = pd.Series(["east", "west", "centre"] * 4, index=values.index)
    top = bootstrap_interval(lambda x, w: concentration_ratio(x, 3), values, rng=rng(), draws=99)
    assert 0 < top.low <= top.estimate <= 1
    between = bootstrap_interval(
        lambda x, w: decompose_gini(x, region.loc[x.index], w).between, values, weights, rng=rng(), strata=region, draws=99
    )
    assert between.estimate == decompose_gini(values, region, weights).between
    assert between.low < between.high


def test_blocks_do_not_lose_a_draw() -> None:
    found = bootstrap_interval(gini, rng().lognormal(0, 1, 50_000), rng=rng(), draws=100)  # 41 draws to a block
    assert found.low < found.estimate < found.high
    assert np.unique(found.draws).size == 100
    assert found.draws.std() < 0.01


@pytest.mark.slow
def test_coverage_of_the_gini_of_samples_is_close_to_nominal() -> None:
    truth = 2 * stats.norm.cdf(0.5 / np.sqrt(2)) - 1  # Gini of a lognormal with sigma one half
    source = np.random.default_rng(11)
    hits = 0
    for _ in range(600):
        found = bootstrap_interval(gini, source.lognormal(0, 0.5, 200), rng=source, draws=399)
        hits += found.low <= truth <= found.high
    # 95 % nominal; a percentile interval of 200 units undercovers by a few points, and 600 samples have a standard error of 0.9.
    assert 0.90 <= hits / 600 <= 0.975


def test_what_the_bootstrap_refuses() -> None:
    x = [1.0, 2.0, 3.0]
    with pytest.raises(MeasureError, match=r"(?s)rng=1.*default_rng"):
        bootstrap_interval(gini, x, rng=1)  # type: ignore[arg-type]
    with pytest.raises(MeasureError, match="level=95"):
        bootstrap_interval(gini, x, rng=rng(), level=95)
    with pytest.raises(MeasureError, match=r"(?s)39 draws are too few.*at least 40"):
        bootstrap_interval(gini, x, rng=rng(), draws=39)
    with pytest.raises(MeasureError, match=r"(?s)nothing can be resampled.*one unit"):
        bootstrap_interval(gini, [4.0], rng=rng())
    with pytest.raises(MeasureError, match="each stratum holds one unit"):
        bootstrap_interval(gini, x, rng=rng(), strata=["a", "b", "c"])
    with pytest.raises(MeasureError, match="strata of the bootstrap got 3 values and 2 groups"):
        bootstrap_interval(gini, x, rng=rng(), strata=["a", "b"])
    with pytest.raises(MeasureError, match="1 negative"):
        bootstrap_interval(gini, [1.0, -2.0], rng=rng())
    with pytest.raises(MeasureError, match="1 zero values"):
        bootstrap_interval(theil_l, [1.0, 0.0], rng=rng())


def test_a_draw_without_a_value_is_named() -> None:
    x = [0.0, 0.0, 1.0]
    with pytest.raises(MeasureError, match=r"(?s)every value \(or weight\) is zero.*strata"):
        bootstrap_interval(gini, x, rng=rng())
    with pytest.raises(MeasureError, match=r"(?s)not defined on every draw.*every value is zero.*bootstrap draw \d+.*strata"):
        bootstrap_interval(one_by_one(gini), x, rng=rng())
    with pytest.raises(MeasureError, match=r"(?s)gave nan.*the values themselves.*remedy"):
        bootstrap_interval(lambda x, w: float("nan"), x, rng=rng())
