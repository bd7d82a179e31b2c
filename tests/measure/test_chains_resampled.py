"""The shuffled map and the resampled chain against the functions that they repeat, one draw at a time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from toolkit.errors import MeasureError
from toolkit.measure import (
    ergodic,
    markov_chain,
    mean_first_passage,
    neighbour_mean,
    permute_map,
    resampled_long_run,
    spatial_markov,
    states_at_cuts,
    states_by_quantiles,
)

RING = np.roll(np.eye(24), 1, axis=1) / 2 + np.roll(np.eye(24), -1, axis=1) / 2
YEARS = range(2010, 2020)


def noise(seed: int) -> pd.DataFrame:
    return pd.DataFrame(np.exp(np.random.default_rng(seed).normal(size=(24, 10))), columns=YEARS)


def ratio(frame: pd.DataFrame, weights: np.ndarray) -> float:
    own, around = (states_by_quantiles(one, 3) for one in (frame, neighbour_mean(frame, weights)))
    return spatial_markov(own, around).test.lr


def test_the_ratio_of_every_shuffle_is_that_of_the_shuffled_weights() -> None:
    frame = noise(1)
    found = permute_map(frame, RING, 3, rng=np.random.default_rng(5), permutations=20)
    assert found.lr == pytest.approx(ratio(frame, RING))
    rng = np.random.default_rng(5)
    again = []
    for _ in range(20):
        places = rng.permutation(24)
        again.append(ratio(frame, RING[np.ix_(places, places)]))
    assert found.draws == pytest.approx(again)
    assert found.p_value == (1 + sum(np.array(again) >= found.lr)) / 21


def test_the_p_value_is_even_where_the_map_does_not_matter_and_small_where_it_does() -> None:
    p = [permute_map(noise(seed), RING, 3, rng=np.random.default_rng(seed), permutations=39).p_value for seed in range(60)]
    assert 0.35 < np.mean(p) < 0.65  # one half and four standard errors of a mean of 60
    frame = noise(1)
    for t in range(1, 10):  # everybody moves to where the neighbours were
        frame[2010 + t] = neighbour_mean(frame, RING)[2009 + t] * np.exp(0.3 * np.random.default_rng(t).normal(size=24))
    assert permute_map(frame, RING, 3, rng=np.random.default_rng(1), permutations=99).p_value == 0.01


def test_the_long_run_is_that_of_the_chain_and_its_interval_of_the_drawn_chains() -> None:
    states = states_at_cuts(noise(2), [0.7, 1.5])
    chain = markov_chain(states)
    found = resampled_long_run(states, rng=np.random.default_rng(3), draws=60)
    assert found.shares == pytest.approx(ergodic(chain.probabilities).distribution)
    assert found.up == pytest.approx(mean_first_passage(chain.probabilities)[0, -1])
    shares, ways = [], []
    for places in np.random.default_rng(3).integers(0, 24, (60, 24)):
        drawn = markov_chain(states_at_cuts(noise(2).iloc[places].reset_index(drop=True), [0.7, 1.5]))
        shares.append(ergodic(drawn.probabilities).distribution)
        ways.append(mean_first_passage(drawn.probabilities)[0, -1])
    assert found.dead_ends == 0.0
    assert found.shares_low == pytest.approx(np.quantile(shares, 0.025, axis=0))
    assert found.shares_high == pytest.approx(np.quantile(shares, 0.975, axis=0))
    assert sorted(ways)[0] <= found.up_low <= found.up <= found.up_high <= sorted(ways)[-1]


def test_a_way_that_one_entity_alone_has_gone_leaves_the_interval_open() -> None:
    frame = pd.DataFrame(1.0, index=range(24), columns=YEARS)
    frame.iloc[12:] = 3.0
    frame.iloc[0, 4:7] = 3.0  # the only one that rises and falls again
    found = resampled_long_run(states_at_cuts(frame, [2.0]), rng=np.random.default_rng(1), draws=200)
    assert found.dead_ends == pytest.approx((23 / 24) ** 24, abs=0.1)
    assert np.isinf(found.up_high)
    assert np.isfinite(found.up_low)
    with pytest.raises(MeasureError):
        resampled_long_run(states_at_cuts(frame.drop(index=0), [2.0]), rng=np.random.default_rng(1))
