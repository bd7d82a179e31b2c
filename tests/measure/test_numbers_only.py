"""Every public measure refuses by name what is no column of real numbers, in each of its arguments that takes numbers."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest

from toolkit import measure
from toolkit.errors import MeasureError
from toolkit.measure.inputs.values import checked, numeric
from toolkit.panel import Panel

Array = np.ndarray[Any, Any]
RNG = np.random.default_rng(7)
COLUMN = np.array([3.0, 1.0, 4.0, 2.0, 6.0, 5.0])
GROUPS = ["a", "a", "b", "b", "c", "c"]
UNIT = RNG.uniform(0.1, 0.9, (6, 3))
PAIR = UNIT[:, :2]
WEIGHTS = np.array([0.2, 0.3, 0.5])
SYSTEMS = ["S", "S", "I"]
GRID = RNG.lognormal(size=(8, 12))
CHAIN = np.array([[0.8, 0.2], [0.3, 0.7]])
RING = np.array([[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
LINKS = np.array([[0, 3.0, 2.0, 1.0], [3.0, 0, 0, 0], [2.0, 0, 0, 0.5], [1.0, 0, 0.5, 0]])
TABLE = pd.DataFrame(RNG.uniform(1, 9, (3, 3)), index=list("xyz"), columns=list("abc"))


def grid(x: Array) -> pd.DataFrame:
    return pd.DataFrame(x, index=[f"p{i}" for i in range(len(x))], columns=range(2010, 2010 + x.shape[1]))


def frame(x: Array) -> pd.DataFrame:
    return pd.DataFrame(x, columns=list("abc")[: x.shape[1]])


def states() -> measure.States:
    return measure.states_by_quantiles(grid(GRID), 2)


def panel(x: Array) -> Panel:
    keys = {"unit": np.repeat(list("abcdefgh"), 12), "year": np.tile(range(2010, 2022), 8)}
    return Panel(pd.DataFrame({**keys, "x": x, "z": GRID.ravel()}), "unit", "year")


def rows(x: Array) -> pd.DataFrame:
    return pd.DataFrame({"p": list("abcdef"), "year": 2020, "rd": COLUMN, "sales": x})


def rank(**changed: Any) -> object:
    given: dict[str, Any] = {"alternatives": [UNIT], "weights": WEIGHTS, "alpha": [1, 1], **changed}
    given = {"draws": 20, **given}
    return measure.ranking_uncertainty(**given, systems=SYSTEMS, entity=list("abcdef"), time=[2020] * 6, rng=np.random.default_rng(1))


def sensitivity(**changed: Any) -> object:
    given: dict[str, Any] = {"normalisations": {"n": UNIT}, "schemes": {"s": WEIGHTS}, "alpha": [1, 1], **changed}
    return measure.ranking_sensitivity(**given, systems=SYSTEMS, entity=list("abcdef"), time=[2020] * 6)


def on_a_map(name: str) -> Callable[..., object]:
    """A spatial index with its shuffles, where it has any."""
    index = getattr(measure, name)
    shuffles = "rng" in inspect.signature(index).parameters
    return lambda *given: index(*given, **({"rng": np.random.default_rng(1), "permutations": 9} if shuffles else {}))


# name -> one (good argument, call with it) for each argument that takes numbers.
CALLS: dict[str, list[tuple[Array, Callable[[Any], object]]]] = {
    "absorbing_chain": [
        (np.diag([0.6, 0.5]), lambda x: measure.absorbing_chain(x, [[0.4], [0.5]])),
        (np.array([[0.3, 0.1], [0.4, 0.1]]), lambda x: measure.absorbing_chain(np.diag([0.6, 0.5]), x)),
    ],
    "atkinson": [(COLUMN, lambda x: measure.atkinson(x, 0.5)), (COLUMN, lambda x: measure.atkinson(COLUMN, 0.5, x))],
    "beta_convergence": [
        (GRID.ravel(), lambda x: measure.beta_convergence(panel(x), "x")),
        (GRID.ravel(), lambda x: measure.beta_convergence(panel(x), "z", controls=["x"])),
    ],
    **{
        name: [
            (COLUMN[:3], lambda x, name=name: on_a_map(name)(pd.Series(x), RING)),
            (RING, lambda x, name=name: on_a_map(name)(pd.Series(COLUMN[:3]), x)),
        ]
        for name in ("geary", "getis_ord", "local_getis_ord", "local_moran", "moran")
    },
    "bivariate_moran": [
        (COLUMN[:3], lambda x: on_a_map("bivariate_moran")(pd.Series(x), pd.Series(COLUMN[3:]), RING)),
        (COLUMN[3:], lambda x: on_a_map("bivariate_moran")(pd.Series(COLUMN[:3]), pd.Series(x), RING)),
        (RING, lambda x: on_a_map("bivariate_moran")(pd.Series(COLUMN[:3]), pd.Series(COLUMN[3:]), x)),
    ],
    "core_periphery": [(LINKS, lambda x: measure.core_periphery(pd.DataFrame(x)))],
    "gravity_links": [
        (COLUMN[:3], lambda x: measure.gravity_links(pd.Series(x), RING)),
        (RING, lambda x: measure.gravity_links(pd.Series(COLUMN[:3]), x)),
    ],
    "k_core": [(LINKS, lambda x: measure.k_core(pd.DataFrame(x)))],
    "beta_convergence_panel": [(GRID.ravel(), lambda x: measure.beta_convergence_panel(panel(x), "x"))],
    "bootstrap_interval": [
        (COLUMN, lambda x: measure.bootstrap_interval(measure.gini, x, rng=np.random.default_rng(1), draws=40)),
        (COLUMN, lambda x: measure.bootstrap_interval(measure.gini, COLUMN, x, rng=np.random.default_rng(1), draws=40)),
    ],
    "coefficient_of_variation": [
        (COLUMN, lambda x: measure.coefficient_of_variation(x)),
        (COLUMN, lambda x: measure.coefficient_of_variation(COLUMN, x)),
    ],
    "combine_weights": [(WEIGHTS, lambda x: measure.combine_weights(pd.Series(x), pd.Series([0.5, 0.3, 0.2])))],
    "combined_weights": [(UNIT, lambda x: measure.combined_weights(x))],
    "composite_index": [
        (COLUMN, lambda x: measure.composite_index(rows(x), {"s": ["rd"], "i": ["sales"]}, entity="p", time="year")),
        (
            WEIGHTS[:2],
            lambda x: measure.composite_index(
                rows(COLUMN), {"s": ["rd", "sales"]}, weights=pd.Series(x, ["rd", "sales"]), entity="p", time="year"
            ),
        ),
        (
            WEIGHTS[:2],
            lambda x: measure.composite_index(rows(COLUMN), {"s": ["rd"], "i": ["sales"]}, importance=x, entity="p", time="year"),
        ),
    ],
    "concentration_ratio": [(COLUMN, lambda x: measure.concentration_ratio(x, 2))],
    "constant_guard": [(UNIT, lambda x: measure.constant_guard(frame(x)))],
    "convergence_clubs": [(GRID, lambda x: measure.convergence_clubs(grid(x)))],
    "coupling": [(PAIR, lambda x: measure.coupling(x)), (WEIGHTS[:2], lambda x: measure.coupling(PAIR, x))],
    "critic_weights": [(UNIT, lambda x: measure.critic_weights(x))],
    "decompose_entropy": [
        (COLUMN, lambda x: measure.decompose_entropy(x, GROUPS, 2.0)),
        (COLUMN, lambda x: measure.decompose_entropy(COLUMN, GROUPS, 2.0, x)),
    ],
    "decompose_gini": [
        (COLUMN, lambda x: measure.decompose_gini(x, GROUPS)),
        (COLUMN, lambda x: measure.decompose_gini(COLUMN, GROUPS, x)),
    ],
    "decompose_shift_share": [
        (TABLE.to_numpy(), lambda x: measure.decompose_shift_share(pd.DataFrame(x, TABLE.index, TABLE.columns), TABLE)),
        (TABLE.to_numpy(), lambda x: measure.decompose_shift_share(TABLE, pd.DataFrame(x, TABLE.index, TABLE.columns))),
    ],
    "decompose_theil": [
        (COLUMN, lambda x: measure.decompose_theil(x, GROUPS)),
        (COLUMN, lambda x: measure.decompose_theil(COLUMN, GROUPS, x)),
    ],
    "decompose_variance": [(UNIT, lambda x: measure.decompose_variance(x, ["a", "b"]))],
    "decomposition_intervals": [
        (COLUMN, lambda x: measure.decomposition_intervals(x, GROUPS, rng=np.random.default_rng(1), draws=40)),
        (COLUMN, lambda x: measure.decomposition_intervals(COLUMN, GROUPS, x, rng=np.random.default_rng(1), draws=40)),
    ],
    "densities": [
        (GRID, lambda x: measure.densities(grid(x))),
        (GRID[:, 0], lambda x: measure.densities(grid(GRID), weights=x)),
    ],
    "dispersion_change": [(GRID, lambda x: measure.dispersion_change(grid(x)))],
    "draw_choices": [(WEIGHTS, lambda x: measure.draw_choices(x, SYSTEMS, 1, draws=5, rng=np.random.default_rng(1)))],
    "duncan_index": [(COLUMN, lambda x: measure.duncan_index(x, COLUMN)), (COLUMN, lambda x: measure.duncan_index(COLUMN, x))],
    "entropy_weights": [(UNIT, lambda x: measure.entropy_weights(x))],
    "envelopment": [
        (COLUMN, lambda x: measure.envelopment(x, COLUMN)),
        (COLUMN, lambda x: measure.envelopment(COLUMN, x)),
    ],
    "equal_weights": [(UNIT, lambda x: measure.equal_weights(x))],
    "ergodic": [(CHAIN, lambda x: measure.ergodic(x))],
    "generalized_entropy": [
        (COLUMN, lambda x: measure.generalized_entropy(x, 2.0)),
        (COLUMN, lambda x: measure.generalized_entropy(COLUMN, 2.0, x)),
    ],
    "gini": [(COLUMN, lambda x: measure.gini(x)), (COLUMN, lambda x: measure.gini(COLUMN, x))],
    "gini_contributions": [
        (COLUMN, lambda x: measure.gini_contributions(x)),
        (COLUMN, lambda x: measure.gini_contributions(COLUMN, x)),
    ],
    "grade": [(UNIT, lambda x: measure.grade(x)), (WEIGHTS, lambda x: measure.grade(x))],
    "grey_relation": [
        (UNIT, lambda x: measure.grey_relation(x)),
        (WEIGHTS, lambda x: measure.grey_relation(UNIT, x)),
        (WEIGHTS, lambda x: measure.grey_relation(UNIT, reference=x)),
    ],
    "grey_relation_panel": [
        (UNIT, lambda x: measure.grey_relation_panel(frame(x).assign(p=GROUPS), "a", ["b", "c"], entity="p")),
    ],
    "grubel_lloyd": [(COLUMN, lambda x: measure.grubel_lloyd(x, COLUMN)), (COLUMN, lambda x: measure.grubel_lloyd(COLUMN, x))],
    "grubel_lloyd_total": [
        (COLUMN, lambda x: measure.grubel_lloyd_total(x, COLUMN)),
        (COLUMN, lambda x: measure.grubel_lloyd_total(COLUMN, x)),
    ],
    "herfindahl": [(COLUMN, lambda x: measure.herfindahl(x))],
    "hp_trend": [(GRID, lambda x: measure.hp_trend(grid(x)))],
    "iso_d": [(WEIGHTS[:2], lambda x: measure.iso_d(0.5, x))],
    "internal_rate_of_return": [(np.array([-2.0, 0.5, 1.0, 3.0]), lambda x: measure.internal_rate_of_return(x))],
    "krugman_index": [(UNIT, lambda x: measure.krugman_index(x))],
    "level_guard": [(WEIGHTS, lambda x: measure.level_guard(x, WEIGHTS)), (WEIGHTS, lambda x: measure.level_guard(WEIGHTS, x))],
    "location_quotient": [
        (COLUMN, lambda x: measure.location_quotient(x, COLUMN)),
        (COLUMN, lambda x: measure.location_quotient(COLUMN, x)),
    ],
    "location_quotients": [(UNIT, lambda x: measure.location_quotients(frame(x)))],
    "log_t": [(GRID, lambda x: measure.log_t(grid(x)))],
    "lorenz": [(COLUMN, lambda x: measure.lorenz(x)), (COLUMN, lambda x: measure.lorenz(COLUMN, x))],
    "mean_first_passage": [(CHAIN, lambda x: measure.mean_first_passage(x))],
    "mobility": [(CHAIN, lambda x: measure.mobility(x))],
    "neighbour_mean": [
        (GRID[:3], lambda x: measure.neighbour_mean(grid(x), RING)),
        (RING, lambda x: measure.neighbour_mean(grid(GRID[:3]), x)),
    ],
    "mutual_information": [(UNIT, lambda x: measure.mutual_information(x))],
    "normalise": [(UNIT, lambda x: measure.normalise(x, ["positive"] * 3))],
    "obstacle_degrees": [
        (UNIT, lambda x: measure.obstacle_degrees(x, WEIGHTS)),
        (WEIGHTS, lambda x: measure.obstacle_degrees(UNIT, x)),
    ],
    "pca_weights": [(UNIT, lambda x: measure.pca_weights(x))],
    "principal_components": [(UNIT, lambda x: measure.principal_components(x))],
    "ranking_sensitivity": [
        (UNIT, lambda x: sensitivity(normalisations={"n": x})),
        (WEIGHTS, lambda x: sensitivity(schemes={"s": x})),
        (WEIGHTS[:2], lambda x: sensitivity(alpha=x)),
    ],
    "ranking_uncertainty": [
        (UNIT, lambda x: rank(alternatives=[x])),
        (WEIGHTS, lambda x: rank(weights=x)),
        (WEIGHTS[:2], lambda x: rank(alpha=x)),
    ],
    "permute_map": [
        (GRID[:3], lambda x: measure.permute_map(grid(x), RING, 2, rng=np.random.default_rng(1), permutations=9)),
        (RING, lambda x: measure.permute_map(grid(GRID[:3]), x, 2, rng=np.random.default_rng(1), permutations=9)),
    ],
    "relative_development": [(PAIR, lambda x: measure.relative_development(x))],
    "share_of": [(COLUMN, lambda x: measure.share_of(pd.Series(x, list("abcdef")), ["a"]))],
    "sigma_convergence": [(GRID, lambda x: measure.sigma_convergence(grid(x)))],
    "states_at_cuts": [
        (GRID, lambda x: measure.states_at_cuts(grid(x), [1.0])),
        (np.array([0.5, 1.0, 2.0]), lambda x: measure.states_at_cuts(grid(GRID), x)),
    ],
    "states_by_quantiles": [(GRID, lambda x: measure.states_by_quantiles(grid(x), 2))],
    "stationarity_test": [(np.array([2014.0, 2018.0]), lambda x: measure.stationarity_test(states(), x))],
    "stochastic_frontier": [
        (COLUMN, lambda x: measure.stochastic_frontier(x, np.ones((6, 1)), GROUPS)),
        (COLUMN, lambda x: measure.stochastic_frontier(COLUMN[::-1], x[:, None], GROUPS)),
    ],
    "random_structures": [(COLUMN, lambda x: measure.random_structures(x, 3, 2, rng=np.random.default_rng(1)))],
    "structural_similarity": [(UNIT, lambda x: measure.structural_similarity(x))],
    "theil_contributions": [
        (COLUMN, lambda x: measure.theil_contributions(x)),
        (COLUMN, lambda x: measure.theil_contributions(COLUMN, x)),
    ],
    "theil_l": [(COLUMN, lambda x: measure.theil_l(x)), (COLUMN, lambda x: measure.theil_l(COLUMN, x))],
    "theil_t": [(COLUMN, lambda x: measure.theil_t(x)), (COLUMN, lambda x: measure.theil_t(COLUMN, x))],
    "titles_by_chance": [(COLUMN, lambda x: measure.titles_by_chance(x, 9))],
    "topsis": [(UNIT, lambda x: measure.topsis(x, WEIGHTS)), (WEIGHTS, lambda x: measure.topsis(UNIT, x))],
    "union_bounds": [(COLUMN, lambda x: measure.union_bounds(x, 9))],
    "variation_weights": [(UNIT, lambda x: measure.variation_weights(x))],
    "weight_guard": [(WEIGHTS, lambda x: measure.weight_guard(x, SYSTEMS))],
    "weights_by": [(UNIT, lambda x: measure.weights_by("entropy", x))],
}
# They take results of other measures, names or a single number; ahp_weights reads "1/3" (its refusals: composite/test_ahp.py).
WITHOUT_NUMBERS = {
    "ahp_weights",
    "b_index",
    "best_broker_share",
    "bootstrap_efficiency",
    "expected_agreement",
    "homogeneity_test",
    "independence_test",
    "lag_types",
    "layout_of",
    "markov_chain",
    "option_values",
    "order_test",
    "overlap_guard",
    "queue",
    "resampled_long_run",
    "spatial_markov",
    "split_output",
    "straight_line_allowance",
    "user_cost",
    "wage_tax",
    "wilson_interval",
}


def cell(good: Array, value: object) -> Array:
    """The good numbers as an array of type object with one other cell, the last but one."""
    changed = good.astype(object)
    changed.flat[-2] = value
    return changed


WRONG: dict[str, Callable[[Array], object]] = {
    "text that reads as numbers": lambda good: good.astype(str),
    "one text": lambda good: cell(good, "2"),
    "one text that is no number": lambda good: cell(good, "n/a"),
    "truth values": lambda good: good > np.median(good),
    "one truth value": lambda good: cell(good, True),
    "one truth value of numpy": lambda good: cell(good, np.True_),
    "complex numbers": lambda good: good.astype(complex),
    "one complex number": lambda good: cell(good, 1j),
    "dates": lambda good: np.full(good.shape, np.datetime64("2020-01-01", "ns")),
    "one date": lambda good: cell(good, pd.Timestamp("2020-01-01")),
    "durations": lambda good: np.full(good.shape, np.timedelta64(1, "s")),
    "objects": lambda good: cell(good, object()),
    "a list in a cell": lambda good: cell(good, [1.0]),
}
SETTINGS = [(name, position) for name, calls in CALLS.items() for position in range(len(calls))]


def test_every_public_measure_is_here() -> None:
    functions = {name for name in measure.__all__ if inspect.isfunction(getattr(measure, name))}
    assert functions == set(CALLS) | WITHOUT_NUMBERS


@pytest.mark.parametrize(("name", "position"), SETTINGS)
def test_the_good_numbers_are_taken(name: str, position: int) -> None:
    good, call = CALLS[name][position]
    call(good)
    call(good.astype(object))


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize(("name", "position"), SETTINGS)
def test_what_is_no_number_is_refused_by_name(name: str, position: int, wrong: str) -> None:
    good, call = CALLS[name][position]
    with pytest.raises(MeasureError) as caught:
        call(WRONG[wrong](good))
    assert "number" in str(caught.value)
    assert "remedy" in str(caught.value)


# With a missing value these go on: a class, a density or a mean of neighbours is made of what is there; a growth pair is left out.
TAKES_MISSING = {
    ("beta_convergence", 0),
    ("beta_convergence", 1),
    ("beta_convergence_panel", 0),
    ("densities", 0),
    ("neighbour_mean", 0),
    ("states_at_cuts", 0),
    ("states_by_quantiles", 0),
}


@pytest.mark.parametrize(("name", "position"), SETTINGS)
def test_none_and_na_and_masked_cells_are_missing_values(name: str, position: int) -> None:
    good, call = CALLS[name][position]
    masked = np.ma.masked_array(good, mask=np.zeros(good.shape, dtype=bool))
    masked[np.unravel_index(good.size - 2, good.shape)] = np.ma.masked
    missing = [cell(good, None), cell(good, pd.NA), cell(good, np.nan), masked]
    if (name, position) in TAKES_MISSING:
        for given in missing:
            call(given)
        return
    for given in missing:
        with pytest.raises(MeasureError):
            call(given)


def test_the_hidden_number_of_a_masked_cell_is_never_used() -> None:
    masked = np.ma.masked_array([1.0, 2.0, 99.0], mask=[False, False, True])
    assert np.isnan(numeric(masked, "x")[2])
    with pytest.raises(MeasureError, match="1 missing"):
        measure.gini(masked)
    assert measure.gini(np.ma.masked_array([1.0, 3.0])) == measure.gini([1.0, 3.0])


@pytest.mark.parametrize(
    "values",
    [
        [1, 2.5, None],
        (1, 2.5, np.nan),
        pd.Series([1, 2.5, pd.NA], dtype="Float64"),
        pd.Series([1, 2.5, None], dtype=object),
        pd.array([1, 2.5, None], dtype="Float64"),
        [Fraction(1), Decimal("2.5"), None],
        np.ma.masked_array([1, 2.5, 7], mask=[False, False, True]),
        {"a": 1, "b": 2.5, "c": None},
        (x for x in (1, 2.5, None)),
        pd.Categorical([1, 2.5, None]),
        pd.Index([1, 2.5, np.nan]),
    ],
    ids=lambda values: type(values).__name__,
)
def test_numbers_come_in_many_dresses(values: object) -> None:
    np.testing.assert_array_equal(numeric(values, "x"), [1.0, 2.5, np.nan])


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (["1", "2"], r"x needs numbers; could not convert the text '1' to a number(?s:.*)position 0"),
        ([1, "2"], r"the text '2'(?s:.*)position 1"),
        ([1, "2", "—"], r"the text '—'(?s:.*)position 2"),
        ([1, True], "True, which is of type bool"),
        ([True, False], "True, which is of type bool"),
        (pd.Series([True, None], dtype="boolean"), "of type boolean"),
        (pd.Series(["1"], dtype="string", index=["Hubei"], name="rd"), r"the text '1'(?s:.*)Hubei, rd: '1'"),
        (pd.period_range("2020", periods=2, freq="Y"), "of type Period"),
        ([[1], [2, 3]], "of type list"),
        ({1.0, 2.0}, "of type set"),
    ],
)
def test_the_message_names_the_cell_that_made_the_column_text(values: object, words: str) -> None:
    with pytest.raises(MeasureError, match=words):
        checked(values, "x", "any")  # type: ignore[arg-type]


def test_input_is_left_alone() -> None:
    given = np.array([1.0, 2.0, 3.0])
    for name, position in SETTINGS:
        good, call = CALLS[name][position]
        before = good.copy()
        call(good)
        np.testing.assert_array_equal(good, before)
    assert numeric(given, "x").tolist() == given.tolist()


SERIES = [1.0, 2.0, 3.0]
# name -> (measure, a good setting)
SETTINGS_OF: dict[str, tuple[Callable[[Any], object], Any]] = {
    "epsilon": (lambda s: measure.atkinson(SERIES, s), 0.5),
    "alpha": (lambda s: measure.generalized_entropy(SERIES, s), 2),
    "alpha of groups": (lambda s: measure.decompose_entropy(COLUMN, GROUPS, s), 2.0),
    "k largest": (lambda s: measure.concentration_ratio(SERIES, s), 2),
    "band": (lambda s: measure.relative_development(PAIR, s), 0.8),
    "d": (lambda s: measure.iso_d(s), 0.5),
    "rho": (lambda s: measure.grey_relation(UNIT, rho=s), 0.5),
    "k classes": (lambda s: measure.states_by_quantiles(grid(GRID), s), 3),
    "step": (lambda s: measure.markov_chain(states(), step=s), 1),
    "offset": (lambda s: measure.normalise(UNIT, ["positive"] * 3, offset=s), 0.01),
    "smoothing": (lambda s: measure.hp_trend(grid(GRID), s), 400),
    "trim": (lambda s: measure.log_t(grid(GRID), trim=s), 0.3),
    "sieve": (lambda s: measure.convergence_clubs(grid(GRID), sieve=s), 0.0),
    "points": (lambda s: measure.densities(grid(GRID), points=s), 20),
    "level": (lambda s: measure.bootstrap_interval(measure.gini, SERIES, rng=np.random.default_rng(1), draws=99, level=s), 0.9),
    "draws": (lambda s: measure.bootstrap_interval(measure.gini, SERIES, rng=np.random.default_rng(1), draws=s), 99),
    "draws of ranks": (lambda s: rank(draws=s), 40),
    "level of ranks": (lambda s: rank(level=s, draws=40), 0.9),
    "top": (lambda s: rank(top=s, draws=40), 3),
    "draws of choices": (lambda s: measure.draw_choices(WEIGHTS, SYSTEMS, 1, draws=s, rng=np.random.default_rng(1)), 5),
    "normalisations": (lambda s: measure.draw_choices(WEIGHTS, SYSTEMS, s, draws=5, rng=np.random.default_rng(1)), 2),
    "limit": (lambda s: measure.level_guard(WEIGHTS, WEIGHTS, s), 0.9),
    "limit of weights": (lambda s: measure.weight_guard(WEIGHTS, SYSTEMS, limit=s), 0.5),
    "count": (lambda s: measure.wilson_interval(s, 49), 8),
    "level of a share": (lambda s: measure.wilson_interval(8, 49, s), 0.9),
    "units": (lambda s: measure.union_bounds([1, 2], s), 3),
    "arrivals": (lambda s: measure.queue(arrivals=s, service=1.0, servers=2), 1.0),
    "servers": (lambda s: measure.queue(arrivals=0.5, service=1.0, servers=s), 1),
    "impatience": (lambda s: measure.queue(arrivals=0.5, service=1.0, servers=1, impatience=s), 0.5),
    "tax rate": (lambda s: measure.b_index(s), 0.25),
    "super-deduction": (lambda s: measure.b_index(0.25, s), 0.75),
    "years": (lambda s: measure.straight_line_allowance(s, 0.05), 10),
    "discount rate": (lambda s: measure.straight_line_allowance(10, s), 0.05),
    "b": (lambda s: measure.user_cost(s, 0.05, 0.15), 0.75),
    "depreciation": (lambda s: measure.user_cost(0.75, 0.05, s), 0.15),
    "income": (lambda s: measure.wage_tax(s, [(0.0, 0.1)]), 1000.0),
    "allowance": (lambda s: measure.wage_tax(1000.0, [(0.0, 0.1)], s), 100.0),
    "broker": (lambda s: measure.split_output(0.7, s, (0.5, 0.2)), 0.1),
    "inventor": (lambda s: measure.best_broker_share(s, (0.5, 0.2)), 0.7),
    "weight of a vote": (lambda s: measure.expected_agreement(s, 0.5), 0.3),
    "correlation of votes": (lambda s: measure.expected_agreement(0.3, s), 0.5),
    "volatility": (lambda s: measure.option_values(1.0, 1.0, volatility=s, years=5, interest=0.03), 0.4),
    "concentration": (lambda s: measure.random_structures(COLUMN, 3, 2, rng=np.random.default_rng(1), concentration=s), 1.0),
    "limit of constants": (lambda s: measure.constant_guard(frame(UNIT), limit=s), 0.05),
}


@pytest.mark.parametrize("name", SETTINGS_OF)
def test_a_setting_is_one_real_number(name: str) -> None:
    call, good = SETTINGS_OF[name]
    call(good)
    call(np.asarray(good)[()])  # a number of numpy
    for bad in ("1", True, np.True_, None, 1j, float("nan"), [1.0, 2.0], pd.Timestamp("2020-01-01")):
        with pytest.raises(MeasureError, match="remedy"):
            call(bad)


def test_the_concentration_of_draws_may_be_none() -> None:
    def draw(concentration: Any) -> measure.Choices:
        return measure.draw_choices(WEIGHTS, SYSTEMS, 1, draws=5, rng=np.random.default_rng(1), concentration=concentration)

    assert np.ptp(draw(None).weights[:, 2]) == 0
    for bad in ("1", True, 1j, float("nan"), 0.5):
        with pytest.raises(MeasureError, match="remedy"):
            draw(bad)
