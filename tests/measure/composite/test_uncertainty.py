"""Uncertainty of rankings: the same draws in a plain loop, hand cases, moments of the draws, identities, refusals."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest, rankdata

from toolkit.errors import MeasureError, UnknownOption
from toolkit.measure.composite.choices import draw_choices, weights_within
from toolkit.measure.composite.coupling import Form, coupling
from toolkit.measure.composite.ranks import ranks_of
from toolkit.measure.composite.uncertainty import RankingUncertainty, ranking_uncertainty

ROUNDING = 1e-12  # sums of a dozen products of order one
SYSTEMS = ["S", "S", "I", "S", "I", "I", "T"]
WEIGHTS = [0.3, 0.2, 0.1, 0.1, 0.0, 0.2, 0.1]


def unbalanced(seed: int = 1, times: tuple[int, ...] = (2020, 2021, 2022)) -> tuple[list[np.ndarray], list[str], list[int]]:
    """Three normalisations of a panel that loses one row, in no order."""
    rng = np.random.default_rng(seed)
    keys = [(e, t) for e in "abcde" for t in times][:-1]
    rng.shuffle(keys)
    return [rng.uniform(size=(len(keys), 7)) for _ in range(3)], [e for e, _ in keys], [int(t) for _, t in keys]


def run(seed: int = 1, **options: object) -> RankingUncertainty:
    alternatives, entity, time = unbalanced(seed)
    chosen = {"rng": np.random.default_rng(seed), "draws": 200, "alpha": [1, 2, 1], "top": 2, **options}
    return ranking_uncertainty(alternatives, WEIGHTS, SYSTEMS, entity, time, **chosen)  # type: ignore[arg-type]


@pytest.mark.parametrize("form", ["standard", "wang"])
def test_it_is_the_plain_loop_over_the_same_draws(form: Form) -> None:
    alternatives, _, time = unbalanced()
    found = run(form=form)
    d, ranks = np.empty(found.ranks.shape), np.empty(found.ranks.shape)
    for b, (w, a) in enumerate(zip(found.choices.weights, found.choices.normalisation, strict=True)):
        u = [[sum(w[j] * row[j] for j in range(7) if SYSTEMS[j] == s) for s in ("S", "I", "T")] for row in alternatives[a].tolist()]
        d[b] = coupling(u, [1, 2, 1], form).d
        for t in set(time):
            here = [i for i in range(len(time)) if time[i] == t]
            ranks[b, here] = rankdata(-d[b, here], method="min")
    np.testing.assert_array_equal(found.ranks, ranks)
    np.testing.assert_allclose([found.d_low, found.d_high], np.quantile(d, [0.05, 0.95], axis=0), atol=ROUNDING)
    for name, p in (("rank_low", 0.05), ("rank_median", 0.5), ("rank_high", 0.95)):
        np.testing.assert_array_equal(getattr(found, name), np.quantile(ranks, p, axis=0, method="inverted_cdf"))
    np.testing.assert_allclose(found.top_share, (ranks <= 2).mean(axis=0), atol=ROUNDING)
    for r in range(5):
        np.testing.assert_allclose(found.rank_share[:, r], (ranks == r + 1).mean(axis=0), atol=ROUNDING)


def test_the_base_is_the_first_normalisation_with_the_weights_of_the_scheme() -> None:
    alternatives, entity, time = unbalanced()
    w = np.array(WEIGHTS)
    u = [[(row * w)[np.array(SYSTEMS) == s].sum() / w[np.array(SYSTEMS) == s].sum() for s in ("S", "I", "T")] for row in alternatives[0]]
    found = run()
    np.testing.assert_allclose(found.d, coupling(u, [1, 2, 1]).d, atol=ROUNDING)
    expected = pd.DataFrame({"d": found.d, "t": time}).groupby("t")["d"].rank(ascending=False)
    assert found.rank.tolist() == expected.tolist()
    assert found.frame()["entity"].tolist() == entity


def test_a_choice_that_is_switched_off_does_nothing() -> None:
    alternatives, entity, time = unbalanced()
    still = ranking_uncertainty(
        alternatives[:1], WEIGHTS, SYSTEMS, entity, time, rng=np.random.default_rng(1), draws=50, concentration=None, indicators="all"
    )
    assert (still.ranks == still.rank).all()
    np.testing.assert_allclose(still.d_low, still.d_high, atol=ROUNDING)
    assert (still.choices.left_out == -1).all()


def test_two_provinces_by_hand() -> None:
    """Province a is ahead unless one indicator of the first system is left out: one case of three."""
    x = [[1.0, 0.2, 0.5], [0.3, 0.4, 0.5]]
    found = ranking_uncertainty(
        [x], [1, 1, 1], ["S", "S", "I"], ["a", "b"], [2020, 2020], rng=np.random.default_rng(1), draws=3000, concentration=None, top=1
    )
    assert found.rank.tolist() == [1, 2]
    assert found.d.tolist() == pytest.approx([math.sqrt(math.sqrt(0.6 * 0.5)), math.sqrt(math.sqrt(0.35 * 0.5))], abs=ROUNDING)
    reversal = float((found.choices.left_out == 0).mean())
    assert reversal == pytest.approx(1 / 3, abs=4 * math.sqrt(2 / 9 / 3000))
    assert found.top_share.tolist() == pytest.approx([1 - reversal, reversal], abs=ROUNDING)
    assert found.above(2020).to_numpy().tolist() == [[0.0, pytest.approx(1 - reversal)], [pytest.approx(reversal), 0.0]]
    row = found.neighbours().iloc[0]
    assert (row["entity"], row["next"], row["reversal"], row["overlap"]) == ("a", "b", pytest.approx(reversal), True)
    assert (found.rank_low.tolist(), found.rank_high.tolist(), found.rank_median.tolist()) == ([1, 1], [2, 2], [1, 2])


def test_tables_of_pairs_agree_with_the_ranks() -> None:
    found = run()
    neighbours = found.neighbours()
    assert len(neighbours) == len(found.entity) - 3  # three years
    for _, row in neighbours.iterrows():
        assert found.above(row["time"]).loc[row["next"], row["entity"]] == pytest.approx(row["reversal"], abs=ROUNDING)
    square = found.above(2021)
    assert (np.diag(square) == 0).all()
    assert square.index.tolist() == square.columns.tolist()
    with pytest.raises(MeasureError, match=r"(?s)no time 1999.*2020"):
        found.above(1999)


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 10_000), form=st.sampled_from(["standard", "wang"]))
def test_identities(seed: int, form: Form) -> None:
    found = run(seed, form=form)
    np.testing.assert_allclose(found.rank_share.sum(axis=1), 1.0, atol=ROUNDING)
    assert (found.rank_low <= found.rank_median).all()
    assert (found.rank_median <= found.rank_high).all()
    assert (found.d_low <= found.d_high).all()
    assert ((found.ranks >= 1) & (found.ranks <= 5)).all()
    for t in (2020, 2021, 2022):  # without ties the ranks of a year are 1..n in every draw
        ranks = found.ranks[:, found.time == t]
        assert (np.sort(ranks, axis=1) == np.arange(1, ranks.shape[1] + 1)).all()


def test_the_order_of_rows_and_the_seed() -> None:
    alternatives, entity, time = unbalanced()
    turned = np.random.default_rng(5).permutation(len(entity))
    found = ranking_uncertainty(alternatives, WEIGHTS, SYSTEMS, entity, time, rng=np.random.default_rng(3), draws=100)
    again = ranking_uncertainty(
        [x[turned] for x in alternatives],
        WEIGHTS,
        SYSTEMS,
        np.array(entity)[turned],
        pd.Series(time)[turned],
        rng=np.random.default_rng(3),
        draws=100,
    )
    np.testing.assert_array_equal(again.ranks, found.ranks[:, turned])
    np.testing.assert_allclose(again.d_low, found.d_low[turned], atol=ROUNDING)
    other = ranking_uncertainty(alternatives, WEIGHTS, SYSTEMS, entity, time, rng=np.random.default_rng(4), draws=100)
    assert (other.ranks != found.ranks).any()


def test_more_draws_than_a_block_change_nothing_but_the_number_of_draws() -> None:
    """Two entities a year: 20,000 draws make more than one block."""
    x = np.random.default_rng(2).uniform(size=(2, 3))
    found = ranking_uncertainty([x, x], [1, 2, 1], ["S", "S", "I"], ["a", "b"], [1, 1], rng=np.random.default_rng(1), draws=40_000)
    u = np.stack([found.choices.weights[:, :2] @ x[:, :2].T, found.choices.weights[:, 2:] @ x[:, 2:].T], axis=-1)
    d = coupling(u).d
    np.testing.assert_array_equal(found.ranks, np.where(d >= d[:, ::-1], 1, 2))


def test_ties_share_the_better_rank_also_when_rounding_parts_them() -> None:
    d = np.array([[0.3, 0.1 + 0.2, 0.9, 0.1, 0.3 - 1e-15], [0.0, 0.0, 0.0, 0.0, 0.0]])
    assert ranks_of(d).tolist() == [[2, 2, 1, 5, 2], [1, 1, 1, 1, 1]]
    x = np.tile([[0.3, 0.7, 0.4]], (3, 1))
    found = ranking_uncertainty([x], [1, 1, 1], ["S", "S", "I"], list("abc"), [1, 1, 1], rng=np.random.default_rng(1), draws=100)
    assert (found.ranks == 1).all()
    assert not found.neighbours()["reversal"].any()


def test_weights_are_dirichlet_around_the_scheme() -> None:
    scheme, c, draws = np.array([0.6, 0.3, 0.1]), 40.0, 40_000
    found = draw_choices([*scheme, 5.0], ["S"] * 3 + ["I"], 2, draws=draws, rng=np.random.default_rng(1), concentration=c, indicators="all")
    w = found.weights[:, :3]
    np.testing.assert_allclose(w.sum(axis=1), 1.0, atol=ROUNDING)
    np.testing.assert_array_equal(found.weights[:, 3], 1.0)
    spread = np.sqrt(scheme * (1 - scheme) / (c + 1))
    np.testing.assert_allclose(w.mean(axis=0), scheme, atol=float(4 * spread.max() / math.sqrt(draws)))
    np.testing.assert_allclose(w.std(axis=0), spread, rtol=0.02)
    assert kstest(w[:, 0], "beta", args=(c * 0.6, c * 0.4)).pvalue > 1e-3  # the margin of a Dirichlet is a beta


def test_each_indicator_is_left_out_as_often_as_none() -> None:
    draws = 14_000
    found = draw_choices(WEIGHTS, SYSTEMS, 3, draws=draws, rng=np.random.default_rng(1))
    out, counts = np.unique(found.left_out, return_counts=True)
    assert out.tolist() == [-1, 0, 1, 2, 3, 5]  # 4 has no weight; 6 is the only one of its system
    np.testing.assert_allclose(counts / draws, 1 / 6, atol=4 * math.sqrt(5 / 36 / draws))
    np.testing.assert_allclose(np.bincount(found.normalisation) / draws, 1 / 3, atol=4 * math.sqrt(2 / 9 / draws))
    for j in (0, 1, 2, 3, 5):
        assert (found.weights[found.left_out == j, j] == 0).all()
    for s in "SIT":
        np.testing.assert_allclose(found.weights[:, np.array(SYSTEMS) == s].sum(axis=1), 1.0, atol=ROUNDING)


def test_a_tiny_weight_alone_in_its_system_does_not_divide_by_zero() -> None:
    found = draw_choices([1.0, 1e-9, 1.0], ["S", "S", "I"], 1, draws=500, rng=np.random.default_rng(1), concentration=1.0)
    assert np.isfinite(found.weights).all()
    assert (found.weights[found.left_out == 0, 1] == 1).all()


def test_weights_within_systems_by_hand() -> None:
    weights, members, names = weights_within([1, 3, 2], ["I", "I", "S"])
    assert weights.tolist() == [0.25, 0.75, 1.0]
    assert [m.tolist() for m in members] == [[0, 1], [2]]
    assert names == ("I", "S")


def test_inputs_come_back_unchanged() -> None:
    alternatives, entity, time = unbalanced()
    kept = [x.copy() for x in alternatives]
    ranking_uncertainty(alternatives, WEIGHTS, SYSTEMS, entity, time, rng=np.random.default_rng(1), draws=50)
    for x, before in zip(alternatives, kept, strict=True):
        np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"alternatives": []}, "no normalised matrix"),
        ({"alternatives": [[[0.1, 0.2, 0.3]], [[0.1, 0.2, 0.3], [0.1, 0.2, 0.3]]]}, r"normalisation 1 has the shape \(2, 3\)"),
        ({"alternatives": [[[0.1, 0.2]]]}, r"normalisation 0 has the shape \(1, 2\); 3 indicators"),
        ({"alternatives": [[[0.1, 0.2, 1.3]]]}, r"(?s)normalisation 0 is defined for scores in \[0, 1\].*first at 0, 2: 1\.3"),
        ({"weights": [1, -1, 1]}, "negative"),
        ({"weights": [0, 0, 1]}, r"(?s)no indicator of a system has a weight.*system S"),
        ({"systems": ["S", "I"]}, "3 indicators have 2 systems"),
        ({"systems": ["S", "S", "S"]}, "at least two systems"),
        ({"entity": ["a", "b"]}, "1 rows of indicators have 2 entities and 1 times"),
        ({"entity": [None]}, "(?s)no entity or no time.*position 0"),
        ({"rng": 1}, "rng=1"),
        ({"draws": 10}, "10 draws are too few for a level of 0.9"),
        ({"level": 1.0}, "level=1"),
        ({"top": 0}, "top 0"),
        ({"concentration": 0.5}, "concentration=0.5"),
        ({"alpha": [1, 2, 3]}, "2 values and 3 weights"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(change: dict[str, object], message: str) -> None:
    given = {
        "alternatives": [[[0.1, 0.2, 0.3]]],
        "weights": [1, 1, 1],
        "systems": ["S", "S", "I"],
        "entity": ["a"],
        "time": [2020],
        "rng": np.random.default_rng(1),
        "draws": 50,
        **change,
    }
    with pytest.raises(MeasureError, match=message):
        ranking_uncertainty(**given)  # type: ignore[arg-type]


def test_a_province_twice_in_a_year_and_unknown_choices() -> None:
    x = [[0.1, 0.2], [0.3, 0.4]]
    with pytest.raises(MeasureError, match=r"(?s)twice in a year.*a, 2020"):
        ranking_uncertainty([x], [1, 1], ["S", "I"], ["a", "a"], [2020, 2020], rng=np.random.default_rng(1))
    with pytest.raises(UnknownOption, match="two out"):
        draw_choices([1, 1], ["S", "I"], 1, draws=5, rng=np.random.default_rng(1), indicators="two out")  # type: ignore[arg-type]
    with pytest.raises(UnknownOption, match="'fan'"):
        run(form="fan")


def test_names_decide_over_order() -> None:
    alternatives, entity, time = unbalanced()
    names = list("abcdefg")
    frames = [pd.DataFrame(x, columns=names) for x in alternatives]
    rows = (SYSTEMS, entity, time)
    found = ranking_uncertainty(
        frames, pd.Series(WEIGHTS, index=names), *rows, rng=np.random.default_rng(1), draws=50, alpha=pd.Series({"T": 1, "S": 3, "I": 2})
    )
    again = ranking_uncertainty(alternatives, WEIGHTS, *rows, rng=np.random.default_rng(1), draws=50, alpha=[3, 2, 1])
    np.testing.assert_array_equal(found.d, again.d)
    with pytest.raises(MeasureError, match=r"(?s)another order.*position 0: 'a' and 'g'"):
        ranking_uncertainty(frames, pd.Series(WEIGHTS, index=names[::-1]), *rows, rng=np.random.default_rng(1), draws=50)
    with pytest.raises(MeasureError, match="'I' has no weight"):
        ranking_uncertainty(frames, WEIGHTS, *rows, rng=np.random.default_rng(1), draws=50, alpha={"S": 1, "T": 1, "X": 1})
    with pytest.raises(MeasureError, match="one matrix stands where a sequence"):
        ranking_uncertainty(frames[0], WEIGHTS, *rows, rng=np.random.default_rng(1), draws=50)  # type: ignore[arg-type]
    with pytest.raises(MeasureError, match=r"draws=50\.0"):
        run(draws=50.0)
    with pytest.raises(MeasureError, match=r"top=1\.5"):
        run(top=1.5)
