"""Chains against hand cases, giddy, simulation and identities."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency

from toolkit.errors import MeasureError, UnknownName, UnknownOption
from toolkit.measure.markov.chain_tests import homogeneity_test, independence_test, order_test, same_probabilities, stationarity_test
from toolkit.measure.markov.long_run import ergodic, mean_first_passage, mobility
from toolkit.measure.markov.spatial import neighbour_mean, spatial_markov
from toolkit.measure.markov.states import States, states_at_cuts, states_by_quantiles
from toolkit.measure.markov.transitions import markov_chain
from toolkit.transform.neighbours import Weights

REFERENCE = Path(__file__).parents[1] / "reference"
ROUNDING = 1e-10  # small dense solves
PEER = 1e-9  # giddy inverts where we reduce states
WEATHER = np.array([[0.5, 0.25, 0.25], [0.5, 0, 0.5], [0.25, 0.25, 0.5]])  # the land of Oz, Kemeny and Snell (1976)


def peer_block(name: str, shape: tuple[int, ...]) -> np.ndarray:
    table = pd.read_csv(REFERENCE / "dynamics_peers.csv", comment="#")
    return table.loc[table["what"] == name, "value"].to_numpy().reshape(shape)


def wandering() -> pd.DataFrame:
    """As in tests/reference/dynamics_peers.py."""
    frame = pd.read_csv(REFERENCE / "dynamics_panel.csv", index_col="entity")
    return frame.sub(frame.mean(axis=1), axis=0).div(frame.std(axis=1), axis=0).round(8)


def ring(n: int) -> np.ndarray:
    return np.asarray(sum(np.roll(np.eye(n), shift, axis=1) for shift in (-2, -1, 1, 2)) / 4)


def chain_of(p: np.ndarray, entities: int, years: int, rng: np.random.Generator) -> pd.DataFrame:
    """States 0 ... k - 1 of independent entities that follow the transition matrix p."""
    now = rng.integers(0, len(p), entities)
    columns = []
    for _ in range(years):
        columns.append(now)
        now = (rng.uniform(size=entities)[:, None] > p.cumsum(axis=1)[now]).sum(axis=1)
    return pd.DataFrame(np.column_stack(columns), index=[f"p{i}" for i in range(entities)], columns=range(2000, 2000 + years))


def as_states(frame: pd.DataFrame, k: int) -> States:
    return states_at_cuts(frame, np.arange(k - 1) + 0.5, [f"s{j}" for j in range(k)])


# --- states -----------------------------------------------------------------------------------------


def test_quantile_classes_are_those_of_pandas() -> None:
    values = wandering()
    pooled = states_by_quantiles(values, 4)
    peer = pd.qcut(pd.Series(values.to_numpy().ravel()), 4, labels=False).to_numpy().reshape(values.shape)
    assert np.array_equal(pooled.codes, peer)
    yearly = states_by_quantiles(values, 4, by="year")
    assert np.array_equal(yearly.codes, np.column_stack([pd.qcut(values[c], 4, labels=False) for c in values]))
    assert (np.bincount(yearly.codes[:, 3]) == 10).all()
    assert yearly.cuts.shape == (30, 3)
    assert pooled.frame().iloc[0, 0] in pooled.labels


def test_a_gap_is_no_transition() -> None:
    rows = pd.DataFrame([[1.0, 3, np.nan, 1, 1], [3, 1, 3, np.nan, 3]], index=["a", "b"], columns=[2010, 2011, 2012, 2013, 2015])
    states = states_at_cuts(rows, [2.0])
    assert states.frame().isna().to_numpy().sum() == 2
    chain = markov_chain(states)  # 2010-11 and 2011-12 and 2012-13; nothing joins 2013 and 2015
    assert chain.counts.tolist() == [[0, 2], [1, 0]]
    assert chain.broken == 3
    assert markov_chain(states_at_cuts(rows.iloc[:, [0, 1, 3, 4]].fillna(3.0), [2.0]), step=2).counts.sum() == 4


def test_state_refusals() -> None:
    values = wandering()
    with pytest.raises(MeasureError, match=r"\[1\.0, 0\.5\] do not ascend"):
        states_at_cuts(values, [1.0, 0.5])
    with pytest.raises(MeasureError, match="do not ascend"):
        states_at_cuts(values, [])
    with pytest.raises(MeasureError, match="make 3 classes"):
        states_at_cuts(values, [0.0, 1.0], ["low", "high"])
    with pytest.raises(MeasureError, match="1 classes make no chain"):
        states_by_quantiles(values, 1)
    with pytest.raises(UnknownOption, match="'annual'"):
        states_by_quantiles(values, 4, by="annual")  # type: ignore[arg-type]
    with pytest.raises(MeasureError, match="ties leave a class empty"):
        states_by_quantiles(values.round(0) * 0, 3)
    with pytest.raises(MeasureError, match=r"(?s)3 values cannot fill 4 classes.*1991"):
        states_by_quantiles(values.iloc[:3], 4, by="year")
    with pytest.raises(MeasureError, match="at least two entities"):
        states_by_quantiles(values.iloc[:1], 2)


# --- transitions ------------------------------------------------------------------------------------


def test_chain_is_giddys() -> None:
    chain = markov_chain(states_at_cuts(wandering(), [-0.5, 0.5]))
    assert np.array_equal(chain.counts, peer_block("counts", (3, 3)))
    assert chain.probabilities == pytest.approx(peer_block("probabilities", (3, 3)), abs=ROUNDING)
    assert ergodic(chain.probabilities).distribution == pytest.approx(peer_block("ergodic", (3,)), rel=PEER)
    assert mean_first_passage(chain.probabilities) == pytest.approx(peer_block("mfpt", (3, 3)), rel=PEER)
    assert chain.frame()["count"].sum() == 40 * 29
    assert chain.frame().loc[1, ["origin", "destination"]].tolist() == [chain.labels[0], chain.labels[1]]


def test_probabilities_and_their_errors_by_simulation() -> None:
    """Over 400 panels the mean of p is the truth and its spread the mean standard error."""
    p = np.array([[0.8, 0.15, 0.05], [0.2, 0.6, 0.2], [0.05, 0.25, 0.7]])
    rng = np.random.default_rng(11)
    chains = [markov_chain(as_states(chain_of(p, 60, 9, rng), 3)) for _ in range(400)]
    estimates = np.array([c.probabilities for c in chains])
    assert estimates.mean(axis=0) == pytest.approx(p, abs=4 * 0.04 / np.sqrt(400))
    assert estimates.std(axis=0) == pytest.approx(np.mean([c.std_errors for c in chains], axis=0), rel=0.15)


def test_transition_refusals() -> None:
    values = wandering()
    with pytest.raises(MeasureError, match=r"(?s)class above 1000 is never left.*fewer classes"):
        markov_chain(states_at_cuts(values, [0.0, 1000.0]))
    with pytest.raises(MeasureError, match=r"(?s)no transition over 1 year.*1991.*at least two years"):
        markov_chain(states_at_cuts(values[["1991"]], [0.0]))
    with pytest.raises(MeasureError, match="no transition over 1 year"):
        markov_chain(states_at_cuts(values[["1991", "1993"]], [0.0]))
    with pytest.raises(MeasureError, match="a step of 0"):
        markov_chain(states_at_cuts(values, [0.0]), step=0)


# --- long run ---------------------------------------------------------------------------------------


def test_two_states_by_hand() -> None:
    p = np.array([[0.9, 0.1], [0.3, 0.7]])
    assert ergodic(p).distribution == pytest.approx([0.75, 0.25], abs=ROUNDING)  # b/(a+b), a/(a+b)
    assert mean_first_passage(p) == pytest.approx(np.array([[4 / 3, 10], [10 / 3, 4]]), rel=ROUNDING)  # 1/a, 1/b, 1/pi
    found = mobility(p)
    assert (found.trace, found.determinant, found.eigenvalue) == pytest.approx((0.4, 0.4, 0.4), abs=ROUNDING)


def test_oz() -> None:
    assert ergodic(WEATHER).distribution == pytest.approx([0.4, 0.2, 0.4], abs=ROUNDING)
    assert mean_first_passage(WEATHER) == pytest.approx(np.array([[5 / 2, 4, 10 / 3], [8 / 3, 5, 8 / 3], [10 / 3, 4, 5 / 2]]), rel=ROUNDING)


def test_symmetric_walk_with_reflecting_ends() -> None:
    """On 0 ... 5 the walk needs (j^2 - i^2) steps from i up to j."""
    p = np.zeros((6, 6))
    p[0, 1] = p[5, 4] = 1
    for i in range(1, 5):
        p[i, [i - 1, i + 1]] = 0.5
    m = mean_first_passage(p)
    for i in range(6):
        for j in range(i + 1, 6):
            assert m[i, j] == pytest.approx(j**2 - i**2, rel=ROUNDING)
    found = ergodic(p)
    assert found.periods == (2,)
    assert found.distribution == pytest.approx(np.array([1, 2, 2, 2, 2, 1]) / 10, abs=ROUNDING)


@settings(deadline=None, max_examples=50)
@given(k=st.integers(2, 8), seed=st.integers(0, 10_000))
def test_identities_of_the_long_run(k: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.full(k, 0.5), k) + 1e-6
    p /= p.sum(axis=1, keepdims=True)
    pi, m = ergodic(p).distribution, mean_first_passage(p)
    assert pi @ p == pytest.approx(pi, abs=ROUNDING)
    assert pi.sum() == pytest.approx(1, abs=ROUNDING)
    assert np.diag(m) == pytest.approx(1 / pi, rel=1e-6)
    assert m == pytest.approx(1 + p @ (m - np.diag(np.diag(m))), rel=1e-6)  # one step, then on from there
    order = rng.permutation(k)
    assert ergodic(p[np.ix_(order, order)]).distribution == pytest.approx(pi[order], abs=ROUNDING)
    assert mobility(p[np.ix_(order, order)]).trace == pytest.approx(mobility(p).trace, abs=ROUNDING)


def test_first_passage_by_simulation() -> None:
    rng = np.random.default_rng(3)
    waits = []
    for _ in range(4000):
        state, steps = 0, 0
        while state != 1 or steps == 0:
            state, steps = int(rng.choice(3, p=WEATHER[state])), steps + 1
        waits.append(steps)
    assert np.mean(waits) == pytest.approx(4, abs=4 * np.std(waits) / np.sqrt(4000))


def test_reducible_chains_are_named() -> None:
    p = np.array([[1, 0, 0, 0], [0, 0.5, 0.5, 0], [0, 0.2, 0.8, 0], [0.3, 0.3, 0, 0.4]])
    labels = ["poor", "middle", "rich", "new"]
    found = ergodic(p, labels)
    assert found.closed == (("poor",), ("middle", "rich"))
    assert found.transient == ("new",)
    assert not found.irreducible
    assert found.distributions == pytest.approx(np.array([[1, 0, 0, 0], [0, 2 / 7, 5 / 7, 0]]), abs=ROUNDING)
    assert found.distributions @ p == pytest.approx(found.distributions, abs=ROUNDING)
    with pytest.raises(MeasureError, match=r"(?s)2 closed sets.*\{poor\}; \{middle, rich\}.*remedy"):
        _ = found.distribution
    with pytest.raises(MeasureError, match=r"(?s)cannot be reached.*left for good: new"):
        mean_first_passage(p, labels)
    absorbing = ergodic([[0.5, 0.5], [0.0, 1.0]])
    assert absorbing.distribution.tolist() == [0, 1]
    assert absorbing.transient == ("1",)


def test_matrix_refusals() -> None:
    for run in (ergodic, mean_first_passage, mobility):
        with pytest.raises(MeasureError, match=r"row 2 .* sums to 3, not to one"):
            run([[0.5, 0.5], [1, 2]])
        with pytest.raises(MeasureError, match="row 1, column 2"):
            run([[0.5, np.nan], [0.5, 0.5]])
        with pytest.raises(MeasureError, match=r"shape \(1, 2\)"):
            run([[0.5, 0.5]])
    with pytest.raises(MeasureError, match="3 labels do not name 2 states"):
        ergodic([[0.5, 0.5], [0.5, 0.5]], ["a", "b", "c"])


def test_mobility_between_none_and_all() -> None:
    assert mobility(np.eye(3)).trace == mobility(np.eye(3)).eigenvalue == 0
    forgetful = mobility(np.full((4, 4), 0.25))
    assert (forgetful.trace, forgetful.determinant, forgetful.eigenvalue) == (1, 1, 1)


# --- tests ------------------------------------------------------------------------------------------


def test_independence_is_the_contingency_table() -> None:
    chain = markov_chain(states_at_cuts(wandering(), [-0.5, 0.5]))
    found = independence_test(chain)
    for statistic, p_value, lambda_ in ((found.chi2, found.chi2_p, "pearson"), (found.lr, found.lr_p, "log-likelihood")):
        peer = chi2_contingency(chain.counts, correction=False, lambda_=lambda_)
        assert statistic == pytest.approx(peer.statistic, rel=ROUNDING)
        assert p_value == pytest.approx(peer.pvalue, abs=ROUNDING)
        assert found.df == peer.dof


def test_homogeneity_is_a_sum_of_contingency_tables() -> None:
    frame = chain_of(np.array([[0.7, 0.3], [0.4, 0.6]]), 50, 12, np.random.default_rng(1))
    states = as_states(frame, 2)
    regions = {name: ("East", "West", "Centre")[i % 3] for i, name in enumerate(frame.index)}
    for found in (homogeneity_test(states, regions), stationarity_test(states, [2004, 2008]), order_test(states)):
        tables = [chi2_contingency(found.counts[:, i, :], correction=False) for i in range(2)]
        ratios = [chi2_contingency(found.counts[:, i, :], correction=False, lambda_="log-likelihood") for i in range(2)]
        assert found.chi2 == pytest.approx(sum(t.statistic for t in tables), rel=ROUNDING)
        assert found.lr == pytest.approx(sum(t.statistic for t in ratios), rel=ROUNDING)
        assert found.df == sum(t.dof for t in tables)
    assert stationarity_test(states, [2004, 2008]).samples == ("2000-2003", "2004-2007", "2008-2011")
    assert homogeneity_test(states, regions).samples == ("Centre", "East", "West")


def test_size_and_power_by_simulation() -> None:
    """A true null is rejected about as often as the level says; a chain that changes in 2006 is found."""
    p, q = np.array([[0.8, 0.2], [0.3, 0.7]]), np.array([[0.5, 0.5], [0.5, 0.5]])
    rng = np.random.default_rng(8)
    level, runs = 0.05, 400
    found = [as_states(chain_of(p, 40, 13, rng), 2) for _ in range(runs)]
    for rejected in (
        np.mean([stationarity_test(s, [2006]).chi2_p < level for s in found]),
        np.mean([stationarity_test(s, [2006]).lr_p < level for s in found]),
        np.mean([order_test(s).chi2_p < level for s in found]),
    ):
        assert rejected == pytest.approx(level, abs=4 * np.sqrt(level * (1 - level) / runs))
    before, after = chain_of(p, 60, 7, rng), chain_of(q, 60, 7, rng)
    joined = pd.concat([before, after.set_axis(range(2007, 2014), axis=1)], axis=1)
    assert stationarity_test(as_states(joined, 2), [2007]).chi2_p < 1e-4


def test_test_refusals() -> None:
    states = states_at_cuts(wandering(), [-0.5, 0.5])
    with pytest.raises(MeasureError, match=r"(?s)1 entities have no group.*e07"):
        homogeneity_test(states, {name: "East" for name in states.entities if name != "e07"})
    with pytest.raises(MeasureError, match="only one group, East"):
        homogeneity_test(states, dict.fromkeys(states.entities, "East"))
    with pytest.raises(MeasureError, match=r"\[2030\] do not lie inside 1991 to 2020"):
        stationarity_test(states, [2030])
    with pytest.raises(MeasureError, match="subperiod 2020-2020 has no transition"):
        stationarity_test(states, [2020])
    with pytest.raises(MeasureError, match="do not ascend"):
        stationarity_test(states, [2010, 2000])
    with pytest.raises(MeasureError, match="three years"):
        order_test(states_at_cuts(wandering()[["1991", "1992"]], [0.0]))
    with pytest.raises(MeasureError, match="cannot be tested"):
        same_probabilities(np.array([[[5, 0]], [[5, 0]]]), ("a", "b"), "the same")
    assert "rough guide" in str(homogeneity_test(states, {name: str(i) for i, name in enumerate(states.entities)}).note)


# --- space ------------------------------------------------------------------------------------------


def test_spatial_markov_is_giddys() -> None:
    values = wandering()
    lag = neighbour_mean(values, ring(40))
    assert lag.to_numpy() == pytest.approx(ring(40) @ values.to_numpy(), abs=ROUNDING)
    found = spatial_markov(states_at_cuts(values, [-0.5, 0.5]), states_at_cuts(lag, [-0.2, 0.2]))
    assert np.array_equal(found.counts, peer_block("spatial counts", (3, 3, 3)))
    q, lr, df = peer_block("spatial", (3,))
    assert (found.test.chi2, found.test.lr) == pytest.approx((q, lr), rel=PEER)
    assert found.test.df == df
    assert found.probabilities.sum(axis=2) == pytest.approx(np.ones((3, 3)), abs=ROUNDING)
    assert found.pooled == pytest.approx(markov_chain(states_at_cuts(values, [-0.5, 0.5])).probabilities, abs=ROUNDING)
    assert len(found.frame()) == 27
    order = np.random.default_rng(0).permutation(40)
    again = spatial_markov(
        states_at_cuts(values.iloc[order], [-0.5, 0.5]),
        states_at_cuts(neighbour_mean(values.iloc[order], Weights(ring(40), tuple(values.index))), [-0.2, 0.2]),
    )
    assert np.array_equal(again.counts, found.counts)


def test_rows_never_seen_are_marked_and_gaps_are_counted() -> None:
    values = wandering()
    values.iloc[3, 5] = np.nan
    states, lag = states_at_cuts(values, [-0.5, 0.5]), states_at_cuts(neighbour_mean(values, ring(40)), [-2.8, 0.0])
    found = spatial_markov(states, lag)
    assert found.broken == 2 + 4  # the entity into and out of the year; its four neighbours in that year
    assert found.counts.sum() == 40 * 29 - 6
    assert not found.observed.all()
    assert np.array_equal(found.probabilities.sum(axis=2) > 0, found.observed)
    assert len(found.frame()) == 3 * found.observed.sum()


def test_weight_refusals() -> None:
    values, w = wandering(), ring(40)
    with pytest.raises(MeasureError, match=r"(?s)shape \(3, 3\) do not fit 40.*\(40, 40\)"):
        neighbour_mean(values, np.eye(3))
    alone, doubled, own, negative = w.copy(), w * 2, w / 2 + np.eye(40) / 2, w.copy()
    alone[2] = 0
    negative[0, 1] = -0.25
    name = values.index[2]
    with pytest.raises(MeasureError, match=f"(?s){name} has no neighbours.*row 3"):
        neighbour_mean(values, alone)
    with pytest.raises(MeasureError, match="weights that do not sum to one"):
        neighbour_mean(values, doubled)
    with pytest.raises(MeasureError, match="a weight on itself"):
        neighbour_mean(values, own)
    with pytest.raises(MeasureError, match="missing or negative"):
        neighbour_mean(values, negative)
    with pytest.raises(MeasureError, match=r"do not know every entity") as caught:
        neighbour_mean(values, Weights(w[:39, :39], tuple(values.index[:39])))
    assert isinstance(caught.value.__cause__, UnknownName)
    with pytest.raises(MeasureError, match=r"(?s)different entities or years.*40 x 30 and 40 x 29"):
        spatial_markov(states_at_cuts(values, [0.0]), states_at_cuts(values.iloc[:, 1:], [0.0]))
