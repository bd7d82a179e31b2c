"""No measure hangs on rounding: units, the order of rows, and a change in the thirteenth digit leave ranks, classes and numbers alone.

The invariances are the reference: they hold exactly for every measure tried here.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import pytest
from numpy.typing import ArrayLike

import toolkit.measure as m
from toolkit.numerics import settled
from toolkit.panel import Panel
from toolkit.transform import winsorize

SAME = 1e-8  # relative
DISTURBANCE = 1e-13
YEARS = range(2000, 2014)
ENTITIES = [f"p{i:02d}" for i in range(24)]

Numbers = Mapping[str, ArrayLike]
Case = Callable[[pd.DataFrame], Numbers]


def wide(step: float) -> pd.DataFrame:
    """(24, 14) positive values, two clubs; with ``step`` multiples of it, so that ties abound in every year."""
    rng = np.random.default_rng(2)
    level = np.repeat([3.0, 8.0], 12)[:, None]
    values = level + rng.random((24, 1)) * 4 / np.arange(1, 15) + 0.08 * np.arange(14) + rng.random((24, 14)) * 0.9
    return pd.DataFrame(values if not step else np.round(values / step) * step, index=ENTITIES, columns=YEARS)


FRAMES = {"fine": wide(0.0), "coarse": wide(0.3)}


def disturbed(frame: pd.DataFrame) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    return frame * (1 + DISTURBANCE * rng.uniform(-1, 1, frame.shape))


CHANGES: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "times 3": lambda frame: frame * 3.0,
    "times 1e6": lambda frame: frame * 1e6,
    "times 1e-6": lambda frame: frame * 1e-6,
    "reordered": lambda frame: frame.sample(frac=1.0, random_state=4),
    "disturbed": disturbed,
}


def labels(frame: pd.DataFrame) -> pd.Series:
    return pd.Series(["a" if int(name[1:]) % 3 == 0 else "b" for name in frame.index], index=frame.index)


def sizes(frame: pd.DataFrame) -> pd.Series:
    return pd.Series([1.0 + int(name[1:]) % 4 for name in frame.index], index=frame.index)


def by_name(frame: pd.DataFrame, values: ArrayLike) -> pd.Series:
    """Values of entities in the order of their names."""
    return pd.Series(np.asarray(values, dtype=float), index=frame.index).sort_index()


def inequality(frame: pd.DataFrame) -> Numbers:
    x, w, g = frame[2005], sizes(frame), labels(frame)
    dagum, theil = m.decompose_gini(x, g, w), m.decompose_theil(x, g, w)
    curve = m.lorenz(x, w)
    return {
        "indices": [m.gini(x), m.gini(x, w), m.theil_t(x), m.theil_l(x), m.atkinson(x, epsilon=1.0), m.coefficient_of_variation(x)],
        "entropy": [m.generalized_entropy(x, alpha) for alpha in (-1.0, 0.0, 1.0, 2.0)],
        "concentration": [m.concentration_ratio(x, 4), m.herfindahl(x)],
        "dagum": [dagum.within, dagum.between, dagum.transvariation, *dagum.distance.ravel()],
        "theil": [theil.within, theil.between],
        "lorenz": np.concatenate([curve.population, curve.value]),
        "contributions": by_name(frame, m.gini_contributions(x)),
    }


def chains(frame: pd.DataFrame) -> Numbers:
    scale = float(frame.to_numpy().max())  # cut points given in the unit of the data
    found: dict[str, ArrayLike] = {}
    cuts = {"fixed": m.states_at_cuts(frame, [0.4 * scale, 0.75 * scale])}
    for name, states in {"pooled": m.states_by_quantiles(frame, 4), "year": m.states_by_quantiles(frame, 3, by="year"), **cuts}.items():
        found[f"{name} codes"] = pd.DataFrame(states.codes, index=states.entities).sort_index().to_numpy()
    chain = m.markov_chain(m.states_by_quantiles(frame, 3))
    found["chain"] = chain.probabilities
    found["mobility"] = m.mobility(chain.probabilities).trace
    return found


def clubs_of(frame: pd.DataFrame) -> Numbers:
    """Entities with the same value in a year are refused, so the ties of the coarse panel are kept out by a trend of each entity."""
    clubs = m.convergence_clubs(frame * (1 + 0.001 * np.array([int(name[1:]) for name in frame.index]))[:, None])
    member = {name: club.number for club in clubs.clubs for name in club.members}
    core = {name: club.number for club in clubs.clubs for name in club.core}
    return {
        "clubs": [member.get(name, 0) for name in ENTITIES],
        "core": [core.get(name, 0) for name in ENTITIES],
        "log t": [clubs.whole.b, clubs.whole.t, *(club.test.t for club in clubs.clubs)],
    }


def convergence(frame: pd.DataFrame) -> Numbers:
    panel = Panel(frame.rename_axis("p").reset_index().melt("p", var_name="year", value_name="y").astype({"year": int}), "p", "year")
    beta, panels = m.beta_convergence(panel, "y"), m.beta_convergence_panel(panel, "y")
    return {
        "beta": [beta.beta.estimate, beta.beta.std_error, panels.beta.estimate, panels.beta.std_error],
        "sigma": m.sigma_convergence(frame).table["cv"],
    }


def kernels(frame: pd.DataFrame) -> Numbers:
    """Densities on a grid in standard deviations: their modes and height times the scale."""
    scale = float(frame.to_numpy().mean())
    found: dict[str, ArrayLike] = {}
    for bandwidth in ("silverman", "sheather_jones"):
        drawn = m.densities(frame[[2000, 2013]], bandwidth=bandwidth)
        found[f"{bandwidth} height"] = drawn.groupby("year")["density"].max() * scale
    return found


def indicators(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[[2000, 2003, 2006, 2009, 2012]].set_axis(list("abcde"), axis=1)


def composite(frame: pd.DataFrame) -> Numbers:
    x = indicators(frame)
    found: dict[str, ArrayLike] = {}
    for method in ("min-max", "z-score", "rank"):
        found[f"z {method}"] = m.normalise(x, ["positive"] * 5, method=method).sort_index().to_numpy()
    z = m.normalise(x, ["positive"] * 5, method="min-max")
    weights = {"entropy": m.entropy_weights(z), "critic": m.critic_weights(z), "variation": m.variation_weights(z), "pca": m.pca_weights(z)}
    found |= {f"weights {name}": weight.to_numpy() for name, weight in weights.items()}
    found["topsis"] = by_name(frame, m.topsis(z, weights["entropy"]).closeness)
    found["grey"] = by_name(frame, m.grey_relation(z))
    order = m.obstacle_degrees(z, np.ones(5)).largest(3)
    found["obstacles"] = [ord(name) for name in order.sort_index(kind="stable")["indicator"]]
    system = np.column_stack([z[["a", "b"]].mean(axis=1), z[["c", "d", "e"]].mean(axis=1)])
    degree = m.coupling(system)
    lag = m.relative_development(system)
    found |= {"d": by_name(frame, degree.d), "grade": by_name(frame, m.grade(degree.d)), "lagging": by_name(frame, lag.lagging)}
    found["leader"] = by_name(frame, lag.leader)
    found["guard"] = m.level_guard(degree.d, degree.t).measured
    return found


def ranking(frame: pd.DataFrame) -> Numbers:
    z = m.normalise(indicators(frame), ["positive"] * 5, method="min-max").to_numpy()
    found = m.ranking_uncertainty(
        [z], np.ones(5), ["S", "S", "I", "I", "I"], list(frame.index), [2020] * len(z), rng=np.random.default_rng(1), draws=200
    )
    return {name: by_name(frame, getattr(found, name)) for name in ("rank", "rank_median", "rank_low", "rank_high", "d")}


def places(frame: pd.DataFrame) -> Numbers:
    table = indicators(frame)
    return {
        "quotients": m.location_quotients(table).sort_index().to_numpy(),
        "krugman": m.krugman_index(table).sort_index().sort_index(axis=1).to_numpy(),
        "similar": m.structural_similarity(table).sort_index().sort_index(axis=1).to_numpy(),
    }


def cut_off(frame: pd.DataFrame) -> Numbers:
    result = winsorize(frame[2005], share=2 / 23)  # the bounds are the third values from below and above: data, not between data
    return {"changed": result.changed, "values": by_name(frame, result.values / float(frame[2005].mean()))}


CASES: dict[str, Case] = {
    "inequality": inequality,
    "chains": chains,
    "clubs": clubs_of,
    "convergence": convergence,
    "kernels": kernels,
    "composite": composite,
    "ranking": ranking,
    "places": places,
    "winsorize": cut_off,
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("data", FRAMES)
@pytest.mark.parametrize("case", CASES)
def test_measures_do_not_hang_on_rounding(case: str, data: str, change: str) -> None:
    before, after = CASES[case](FRAMES[data]), CASES[case](CHANGES[change](FRAMES[data]))
    for name, value in before.items():
        np.testing.assert_allclose(np.asarray(after[name], float), np.asarray(value, float), rtol=SAME, atol=1e-11, err_msg=name)


@pytest.mark.parametrize("change", ["times 3", "times 1e6", "disturbed"])
@pytest.mark.parametrize("data", FRAMES)
def test_intervals_do_not_hang_on_rounding(data: str, change: str) -> None:
    """Units are drawn by their position, so the order of rows is part of the question here."""

    def run(frame: pd.DataFrame) -> list[float]:
        one = m.bootstrap_interval(m.gini, frame[2005], rng=np.random.default_rng(1), draws=99)
        parts = m.decomposition_intervals(frame[2005], labels(frame), rng=np.random.default_rng(1), draws=99)
        return [one.low, one.high, parts.gini_between.low, parts.gini_transvariation.high, parts.theil_within.high]

    np.testing.assert_allclose(run(CHANGES[change](FRAMES[data])), run(FRAMES[data]), rtol=SAME)


# --- the rule itself ------------------------------------------------------------------------------------


def test_numbers_that_are_the_same_become_the_largest_of_them() -> None:
    values = np.array([0.3, 0.1 * 3, 0.1 + 0.2, np.nan, 0.0, 1e-300, -1.0, 2.0, 2.0 * (1 + 1e-9)])
    found = settled(values)
    assert len(set(found[:3])) == 1
    assert found[0] >= values[:3].max()
    assert np.isnan(found[3])
    np.testing.assert_array_equal(found[4:], values[4:])  # a difference of 1e-9 is one, and so is any number from zero
    for factor in (3.0, 1e-6, 1e200):
        np.testing.assert_array_equal(np.unique(settled(values * factor), return_inverse=True)[1], np.unique(found, return_inverse=True)[1])


def test_columns_are_settled_one_by_one_and_inputs_stay() -> None:
    values = np.array([[1.0, 1e12], [1.0 + 1e-14, 1.0], [0.5, 1.0 + 1e-10]])
    before = values.copy()
    found = settled(values)
    assert found[0, 0] == found[1, 0]
    np.testing.assert_array_equal(found[:, 1], values[:, 1])  # a large number beside them does not make small ones equal
    np.testing.assert_array_equal(values, before)


def test_a_value_at_a_cut_but_for_rounding_lies_below_it() -> None:
    frame = pd.DataFrame({2020: [0.1 * 3, 0.3, 0.31], 2021: [0.2, 0.5, 0.9]}, index=list("abc"))
    assert m.states_at_cuts(frame, [0.3]).codes[:, 0].tolist() == [0, 0, 1]
    assert m.states_at_cuts(frame, [0.1 + 0.2]).codes[:, 0].tolist() == [0, 0, 1]


def test_ties_of_systems_and_obstacles_go_by_their_order() -> None:
    found = m.relative_development([[0.1 * 3, 0.3], [0.3, 0.1 * 3], [0.24, 0.3]])
    assert found.leader.tolist() == [0, 0, 1]
    assert found.lagging.tolist() == [-1, -1, -1]  # 0.24 / 0.3 is 0.8 but for rounding: in step
    z = pd.DataFrame({"a": [1 - 0.3], "b": [1 - 0.1 * 3], "c": [0.9]})
    assert m.obstacle_degrees(z, [1, 1, 1]).largest(2)["indicator"].tolist() == ["a", "b"]
