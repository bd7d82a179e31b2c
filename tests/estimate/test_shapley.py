"""Shapley, Owen and dominance decomposition of R squared: against regressions on every subset, orders of entry, and refits of each draw."""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import EmptySample, FormulaError, MissingColumn, NotEstimable, NothingToEstimate, TooFewClusters, UnknownOption
from toolkit.estimate import fit
from toolkit.estimate.after.shapley import bootstrap_r2, decompose_r2, jackknife_r2
from toolkit.panel import Panel

EXACT = 1e-10  # two routes through the same least squares; cross-products square the condition
ADDITIVE = 1e-13  # a telescoping sum of at most 2^k terms below one
BLOCKS = {"a": ["x", "x2"], "b": ["z"], "c": ["v", "u"]}
ALL = "x + x2 + z + v + u"


@pytest.fixture(scope="module")
def wide(gappy: Panel) -> Panel:
    """The gappy panel with three more columns, one of them on the scale of 1e9."""
    rng = np.random.default_rng(5)
    x, n = gappy.frame["x"], len(gappy.frame)
    v = 0.5 * x + gappy.frame["z"] + rng.normal(size=n)
    panel = gappy.assign(x2=x + rng.normal(size=n), v=1e9 * v, u=rng.normal(size=n))
    return panel.assign(y=panel.frame["y"] + v)


def r2_of(terms: list[str], effects: str, panel: Panel, weights: str | None = None) -> float:
    """R squared of one subset by the estimator itself."""
    if not terms:
        return 0.0
    estimate = fit(f"y ~ {' + '.join(terms)}{effects}", panel, weights=weights, covariance="iid")
    return estimate.statistics["r2_within" if effects else "r2"]


@pytest.mark.parametrize("effects", ["", " | firm", " | firm + year", " | industry^year"])
@pytest.mark.parametrize("weights", [None, "w"])
def test_values_are_means_over_orders_of_subset_regressions(wide: Panel, effects: str, weights: str | None) -> None:
    found = decompose_r2(f"y ~ {ALL}{effects}", wide, BLOCKS, weights=weights)
    names = list(BLOCKS)
    worth = {
        frozenset(chosen): r2_of([t for b in chosen for t in BLOCKS[b]], effects, wide, weights)
        for size in range(len(names) + 1)
        for chosen in combinations(names, size)
    }
    orders = list(permutations(names))
    gains = {b: [worth[frozenset(o[: o.index(b) + 1])] - worth[frozenset(o[: o.index(b)])] for o in orders] for b in names}
    assert found.values == pytest.approx([np.mean(gains[b]) for b in names], abs=EXACT)
    assert found.r2 == pytest.approx(worth[frozenset(names)], abs=EXACT)
    assert found.values.sum() == pytest.approx(found.r2, abs=ADDITIVE)
    table = found.table().set_index("block")
    assert table["alone"].to_list() == pytest.approx([worth[frozenset([b])] for b in names], abs=EXACT)
    everything = frozenset(names)
    assert table["last"].to_list() == pytest.approx([worth[everything] - worth[everything - {b}] for b in names], abs=EXACT)


def test_owen_values_are_means_over_orders_that_keep_blocks_together(wide: Panel) -> None:
    found = decompose_r2(f"y ~ {ALL} | firm + year", wide, BLOCKS)
    gains: dict[str, list[float]] = {term: [] for terms in BLOCKS.values() for term in terms}
    known: dict[frozenset[str], float] = {}
    for order in permutations(BLOCKS):
        for inner in [(a, c) for a in permutations(BLOCKS["a"]) for c in permutations(BLOCKS["c"])]:
            arranged = {"a": inner[0], "b": ("z",), "c": inner[1]}
            sequence = [term for block in order for term in arranged[block]]
            for i, term in enumerate(sequence):
                for part in (sequence[:i], sequence[: i + 1]):
                    known.setdefault(frozenset(part), r2_of(sorted(part), " | firm + year", wide))
                gains[term].append(known[frozenset(sequence[: i + 1])] - known[frozenset(sequence[:i])])
    for term, entries in gains.items():
        assert found.owen[term] == pytest.approx(np.mean(entries), abs=EXACT), term
    for (_, terms), value in zip(BLOCKS.items(), found.values, strict=True):
        assert sum(found.owen[t] for t in terms) == pytest.approx(value, abs=EXACT)


def test_dominance_by_hand() -> None:
    """Orthogonal columns that explain 16/25, 9/25 and nothing: increments never depend on the others."""
    a, b, c = np.array([1.0, 1, -1, -1] * 2), np.array([1.0, -1, 1, -1] * 2), np.array([1.0, -1, -1, 1] * 2)
    frame = pd.DataFrame({"a": a, "b": b, "c": c, "y": 4 * a + 3 * b})
    found = decompose_r2("y ~ a + b + c", frame, {"a": ["a"], "b": ["b"], "c": ["c"]})
    assert found.values == pytest.approx([16 / 25, 9 / 25, 0.0])
    assert found.increments == pytest.approx(np.tile([16 / 25, 9 / 25, 0.0], (3, 1)))
    assert found.complete.tolist() == [[False, True, True], [False, False, True], [False, False, False]]
    assert found.dominance().set_index(["block", "over"]).loc[("a", "b")].tolist() == [True, True, True]
    assert found.chance == 3 / 7


def test_general_dominance_is_the_mean_of_conditional_dominance(wide: Panel) -> None:
    found = decompose_r2(f"y ~ {ALL} | firm", wide, BLOCKS)
    assert found.increments.mean(axis=0) == pytest.approx(found.values, abs=ADDITIVE)
    frame = found.dominance()
    assert not (frame["complete"] & ~frame["conditional"]).any()
    assert not (frame["conditional"] & ~frame["general"]).any()


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.sampled_from([1.0, -3.0, 1e9, 1e-9]))
def test_axioms(seed: int, scale: float) -> None:
    """Adds up; equal columns get equal values; a column orthogonal to everything gets nothing; the unit does not matter."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(60, 3)), columns=["a", "b", "noise"]).assign(id=np.repeat(np.arange(12), 5))
    y = frame["a"] + 0.5 * frame["b"] + rng.normal(size=60)
    out = np.column_stack([frame[["a", "b"]], y, pd.get_dummies(frame["id"]).to_numpy(dtype=float)])
    frame["dummy"] = frame["noise"] - out @ np.linalg.lstsq(out, frame["noise"].to_numpy(), rcond=None)[0]
    frame = frame.assign(y=y, twin=2 * frame["a"] + 7)
    blocks = {"a": ["a"], "twin": ["twin"], "b": ["b"], "dummy": ["dummy"]}
    one = decompose_r2("y ~ a + twin + b + dummy | id", frame, blocks)
    two = decompose_r2("y ~ a + twin + b + dummy | id", frame.assign(a=scale * frame["a"], y=frame["y"] / scale), blocks)
    assert one.values.sum() == pytest.approx(one.r2, abs=ADDITIVE)
    assert one.values[0] == pytest.approx(one.values[1], abs=EXACT)
    assert one.values[3] == pytest.approx(0.0, abs=EXACT)
    assert two.values == pytest.approx(one.values, abs=1e-8)
    assert one.shares.sum() == pytest.approx(1.0)


def test_every_draw_is_the_decomposition_of_the_drawn_rows(wide: Panel) -> None:
    """Each cluster that is drawn twice is two firms; both ways of drawing use the same counts."""
    draws, level = 40, 0.95
    found = bootstrap_r2(f"y ~ {ALL} | firm + year", wide, BLOCKS, rng=np.random.default_rng(3), draws=draws, level=level)
    used = wide.frame.groupby("firm").filter(lambda rows: len(rows) > 1)
    firms = np.sort(used["firm"].unique())
    counts = np.random.default_rng(3).multinomial(len(firms), np.full(len(firms), 1 / len(firms)), size=draws)
    for draw in (0, 7, draws - 1):
        parts = [
            used[used["firm"] == firm].assign(firm=f"{firm} {copy}")
            for firm, count in zip(firms, counts[draw], strict=True)
            for copy in range(count)
        ]
        again = decompose_r2(f"y ~ {ALL} | firm + year", Panel(pd.concat(parts), "firm", "year"), BLOCKS)
        assert found.values[draw] == pytest.approx(again.values, abs=EXACT)
        assert found.r2[draw] == pytest.approx(again.r2, abs=EXACT)
    table = found.table()
    assert (table["share_low"] <= table["share_high"]).all()
    assert table["value_low"].to_list() == pytest.approx(np.quantile(found.values, 0.025, axis=0))
    assert (found.discarded, found.clusters, found.cluster) == (0, len(firms), "firm")
    assert found.shares.sum(axis=1) == pytest.approx(np.ones(draws))
    pairs = found.reproducibility().set_index(["block", "over"])["draws"]
    assert pairs["a", "b"] + pairs["b", "a"] == pytest.approx(1.0)


def test_intervals_cover_the_population_value() -> None:
    """Two independent blocks explain 0.5 and 0.3 of the variance of many towns; the intervals hold both."""
    rng = np.random.default_rng(11)
    frame = pd.DataFrame(rng.normal(size=(4000, 3)), columns=["a", "b", "e"]).assign(town=np.repeat(np.arange(400), 10))
    frame["y"] = np.sqrt(0.5) * frame["a"] + np.sqrt(0.3) * frame["b"] + np.sqrt(0.2) * frame["e"]
    table = bootstrap_r2("y ~ a + b | town", frame, {"a": ["a"], "b": ["b"]}, cluster="town", rng=rng).table()
    for truth, low, high in zip((0.5, 0.3), table["value_low"], table["value_high"], strict=True):
        assert low < truth < high
        assert high - low < 0.05


def test_the_jackknife_is_the_decomposition_without_each_cluster(wide: Panel) -> None:
    from scipy.special import stdtrit

    for formula, cluster, weights in ((f"y ~ {ALL} | firm + year", None, None), (f"y ~ {ALL} | year", "industry", "w")):
        found = jackknife_r2(formula, wide, BLOCKS, cluster=cluster, weights=weights, level=0.9)
        name = cluster or "firm"
        for place in (0, 3, len(found.left_out) - 1):
            rest = wide.keep(wide.frame[name].astype(str) != found.left_out[place])
            again = decompose_r2(formula, rest, BLOCKS, weights=weights)
            assert found.values[place] == pytest.approx(again.values, abs=EXACT)
            assert found.r2[place] == pytest.approx(again.r2, abs=EXACT)
        g = found.clusters
        half = stdtrit(g - 1, 0.95) * np.sqrt((g - 1) * found.shares.var(axis=0))
        table = found.table()
        assert table["share_low"].to_list() == pytest.approx(np.maximum(found.decomposition.shares - half, 0))
        assert table["share_high"].to_list() == pytest.approx(np.minimum(found.decomposition.shares + half, 1))
        assert ((table["value_low"] <= table["value"]) & (table["value"] <= table["value_high"])).all()
        assert f"{g} {name} clusters left out one at a time" in repr(found)


def test_pooled_and_weighted_draws(wide: Panel) -> None:
    for formula, weights in ((f"y ~ {ALL}", None), (f"y ~ {ALL} | year", "w")):
        found = bootstrap_r2(formula, wide, BLOCKS, rng=np.random.default_rng(1), draws=40, weights=weights)
        assert found.values.shape == (40, 3)
        assert found.r2.mean() == pytest.approx(found.decomposition.r2 + found.rise)


def test_categories_and_interactions_belong_to_their_term(tidy_panel: Panel) -> None:
    found = decompose_r2("y ~ x + C(region) + x:z", tidy_panel, {"place": ["C(region)"], "rest": ["x", "x : z"]})
    assert found.blocks == {"place": ("C(region)[North]", "C(region)[West]"), "rest": ("x", "x:z")}
    assert found.columns()["share"].sum() == pytest.approx(1.0)


def test_inputs_come_back_unchanged(wide: Panel) -> None:
    before = wide.frame.copy()
    bootstrap_r2(f"y ~ {ALL} | firm + year", wide, BLOCKS, rng=np.random.default_rng(1), draws=40)
    pd.testing.assert_frame_equal(wide.frame, before)


@pytest.mark.parametrize(
    ("formula", "blocks", "error", "words"),
    [
        ("y ~ x + z", {}, UnknownOption, "no blocks"),
        ("y ~ x + z", {"a": "x", "b": ["z"]}, UnknownOption, "list of terms"),
        ("y ~ x + z", {"a": ["x"], "b": []}, UnknownOption, "'b'"),
        ("y ~ x + z", {"a": ["x"]}, FormulaError, "z is in no block"),
        ("y ~ x + z", {"a": ["x"], "b": ["z", "x"]}, FormulaError, "in block 'a' and in block 'b'"),
        ("y ~ log(positive) + z", {"a": ["log(positve)"], "b": ["z"]}, FormulaError, "did you mean log(positive)"),
        ("y ~ 0 + x + z", {"a": ["x"], "b": ["z"]}, FormulaError, "constant"),
        ("y ~ x + z | firm | x ~ z", {"a": ["x"], "b": ["z"]}, FormulaError, "instruments"),
        (
            "y ~ x + fixed | firm",
            {"a": ["x"], "b": ["fixed"]},
            NothingToEstimate,
            "fixed cannot explain anything: no variation within firm",
        ),
        ("fixed ~ x + z | firm", {"a": ["x"], "b": ["z"]}, NothingToEstimate, "fixed does not vary"),
        ("y ~ x + missing", {"a": ["x"], "b": ["missing"]}, MissingColumn, "missing"),
    ],
)
def test_bad_input_is_named(tidy_panel: Panel, formula: str, blocks: dict[str, list[str]], error: type[Exception], words: str) -> None:
    with pytest.raises(error) as caught:
        decompose_r2(formula, tidy_panel, blocks)
    assert words in str(caught.value)
    assert "remedy" in str(caught.value)


def test_too_little_data_is_named(tidy_panel: Panel) -> None:
    blocks = {"a": ["x"], "b": ["z"]}
    few = tidy_panel.keep(tidy_panel.frame["firm"] == "f00")
    with pytest.raises(TooFewClusters, match="two clusters; there is 1"):
        bootstrap_r2("y ~ x + z", few, blocks, rng=np.random.default_rng(1))
    two = tidy_panel.keep(tidy_panel.frame["firm"].isin(["f00", "f01"]))
    with pytest.raises(TooFewClusters, match="jackknife_r2 by firm needs at least 3 clusters; there are 2"):
        jackknife_r2("y ~ x + z", two, blocks)
    only = tidy_panel.keep(tidy_panel.frame["firm"].isin(["f00", "f01", "f02"]))
    only = only.assign(y=only.frame["y"].where(only.frame["firm"] == "f01", 0.0))
    with pytest.raises(TooFewClusters, match="without firm f01 there is nothing to explain"):
        jackknife_r2("y ~ x + z", only, blocks)
    with pytest.raises(UnknownOption, match="level=95"):
        jackknife_r2("y ~ x + z", tidy_panel, blocks, level=95)
    with pytest.raises(EmptySample, match="rows are not enough"):
        decompose_r2("y ~ x + z | firm", few.between(2000, 2001), blocks)
    with pytest.raises(UnknownOption, match="one column"):
        bootstrap_r2("y ~ x + z", tidy_panel.frame, blocks, rng=np.random.default_rng(1))
    for wrong in ({"draws": 10}, {"level": 1.5}, {"rng": 3}):
        with pytest.raises(UnknownOption):
            bootstrap_r2("y ~ x + z", tidy_panel, blocks, **({"rng": np.random.default_rng(1)} | wrong))  # type: ignore[arg-type]
    many = {f"b{i}": [f"x{i}"] for i in range(18)}
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(50, 19)), columns=["y", *(f"x{i}" for i in range(18))])
    with pytest.raises(UnknownOption, match="coalitions"):
        decompose_r2("y ~ " + " + ".join(f"x{i}" for i in range(18)), frame, many)


def test_nothing_explained_has_no_shares() -> None:
    frame = pd.DataFrame({"y": [1.0, -1, 1, -1], "x": [1.0, 1, -1, -1], "g": [0, 0, 1, 1]})
    found = decompose_r2("y ~ x", frame, {"x": ["x"]})
    with pytest.raises(NotEstimable, match="nothing to divide"):
        _ = found.shares


def test_draws_without_variation_are_left_out_and_counted() -> None:
    """A draw of one firm three times leaves nothing once its years are removed."""
    frame = pd.DataFrame({"firm": np.repeat(list("abc"), 4), "year": np.tile(range(4), 3), "x": [1.0, 2, 4, 3, 2, 5, 1, 0, 3, 3, 7, 1]})
    panel = Panel(frame.assign(y=[2.0, 1, 5, 3, 1, 4, 2, 2, 6, 3, 5, 5]), "firm", "year")
    found = bootstrap_r2("y ~ x | firm + year", panel, {"x": ["x"]}, rng=np.random.default_rng(1), draws=400)
    assert found.discarded + len(found.r2) == 400
    assert found.discarded / 400 == pytest.approx(3 / 27, abs=0.05)  # chance of three equal firms
    assert np.isfinite(found.shares).all()
    apart = pd.DataFrame({"firm": list("aaaccc"), "year": [1, 2, 3] * 2, "x": [1.0, 2, 4, 5, 5, 5], "y": [3.0, 3, 3, 1, 2, 5]})
    with pytest.raises(TooFewClusters, match="nothing to explain"):  # x moves in one firm, y in the other
        bootstrap_r2("y ~ x | firm", Panel(apart, "firm", "year"), {"x": ["x"]}, rng=np.random.default_rng(3))


@pytest.mark.slow
def test_with_eight_clusters_the_jackknife_covers_where_the_bootstrap_does_not() -> None:
    """Eight entities of seven years, five regressors in three blocks, one of which holds little: nominal 95%."""
    rng = np.random.default_rng(4)
    blocks = {"a": ["x0", "x1"], "b": ["x2", "x3"], "c": ["x4"]}
    formula = "y ~ x0 + x1 + x2 + x3 + x4 | id + t"

    def draw(entities: int) -> Panel:
        common = rng.normal(size=(entities, 7))
        x = 0.5 * common + rng.normal(size=(5, entities, 7))
        error = rng.normal(size=(entities, 7))
        for t in range(1, 7):
            x[:, :, t] += 0.6 * x[:, :, t - 1]
            error[:, t] += 0.5 * error[:, t - 1]
        frame = pd.DataFrame({"id": np.repeat(np.arange(entities), 7), "t": np.tile(np.arange(7), entities)})
        columns = {f"x{k}": x[k].ravel() for k in range(5)}
        y = np.tensordot([0.8, 0.3, 0.0, 0.0, 0.4], x, 1) + 1.5 * error
        return Panel(frame.assign(y=y.ravel(), **columns), "id", "t")

    truth = decompose_r2(formula, draw(5000), blocks).shares
    rounds, held = 150, np.zeros((2, 3))
    for _ in range(rounds):
        panel = draw(8)
        tables = jackknife_r2(formula, panel, blocks).table(), bootstrap_r2(formula, panel, blocks, rng=rng, draws=199).table()
        held += [(table["share_low"] <= truth) & (truth <= table["share_high"]) for table in tables]
    jackknife, bootstrap = held / rounds
    assert (jackknife > 0.84).all()
    assert bootstrap[1] < 0.75  # the small share: draws that repeat clusters fit by chance
