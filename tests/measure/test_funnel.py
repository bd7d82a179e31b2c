"""Funnels and queues: statsmodels' interval, counts by brute force, closed forms and limits of chains and queues."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from math import exp, factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from toolkit import measure
from toolkit.errors import MeasureError

EXACT = 1e-10  # two routes through the same sums


@pytest.mark.parametrize(("count", "total"), [(0, 12), (8, 49), (21, 44), (44, 44)])
def test_wilson_against_statsmodels(count: int, total: int) -> None:
    assert measure.wilson_interval(count, total) == pytest.approx(proportion_confint(count, total, method="wilson"), abs=1e-12)


def test_union_by_trying_every_arrangement() -> None:
    """Titles of 2 and 3 among 4 units: every placement of both."""
    unions = {len(set(a) | set(b)) for a in combinations(range(4), 2) for b in combinations(range(4), 3)}
    assert measure.union_bounds([2, 3], 4) == (min(unions), max(unions)) == (3, 4)


def chain(passes: float, drops: float, levels: int) -> measure.Absorbed:
    moves = np.diag(np.full(levels, 1 - passes - drops)) + np.diag(np.full(levels - 1, passes), 1)
    exits = np.column_stack([np.eye(levels)[-1] * passes, np.full(levels, drops)])
    return measure.absorbing_chain(moves, exits)


@settings(deadline=None, max_examples=40)
@given(st.floats(0.02, 0.6), st.floats(0.02, 0.39), st.integers(1, 6))
def test_chain_against_its_closed_form(passes: float, drops: float, levels: int) -> None:
    """Each level is passed with r = p / (p + d); levels reached are a geometric sum."""
    found, r = chain(passes, drops, levels), passes / (passes + drops)
    assert found.ends[0] == pytest.approx([r**levels, 1 - r**levels], abs=EXACT)
    assert found.periods[0] == pytest.approx(sum(r**k for k in range(levels)) / (passes + drops), rel=1e-9)


def test_pass_rates_of_zero_and_one() -> None:
    assert chain(0.0, 0.3, 4).ends[0].tolist() == pytest.approx([0.0, 1.0])
    assert chain(1.0, 0.0, 4).ends[0].tolist() == [1.0, 0.0]
    assert chain(1.0, 0.0, 4).periods[0] == 4.0


@pytest.mark.parametrize("load", [0.3, 0.8, 0.98])
def test_one_patient_server_keeps_the_textbook_queue(load: float) -> None:
    found = measure.queue(arrivals=load, service=1.0, servers=1)
    assert (found.served, found.busy) == pytest.approx((1.0, load), abs=1e-9)
    assert (found.waiting, found.wait) == pytest.approx((load**2 / (1 - load), load / (1 - load)), rel=1e-6)


def test_several_patient_servers_against_erlang_c() -> None:
    a, c = 4.2, 6
    terms = [a**k / factorial(k) for k in range(c)]
    tail = a**c / factorial(c) / (1 - a / c)
    assert measure.queue(arrivals=a, service=1.0, servers=c).wait == pytest.approx(tail / (sum(terms) + tail) / (c - a), rel=1e-9)


def test_customers_who_do_not_wait_against_erlang_b() -> None:
    a, c = 8.0, 5
    loss = (a**c / factorial(c)) / sum(a**k / factorial(k) for k in range(c + 1))
    assert measure.queue(arrivals=a, service=1.0, servers=c, impatience=1e7).served == pytest.approx(1 - loss, abs=1e-5)


def test_impatience_equal_to_service_is_a_poisson_number() -> None:
    """With theta = mu every customer leaves at one rate: the number present is Poisson with mean lambda / mu."""
    a, c = 6.0, 4
    p = np.array([exp(-a) * a**n / factorial(n) for n in range(80)])
    found = measure.queue(arrivals=a, service=1.0, servers=c, impatience=1.0)
    assert found.waiting == pytest.approx(float(p[c:] @ np.arange(80 - c)), abs=EXACT)
    assert found.busy == pytest.approx(float(p @ np.minimum(np.arange(80), c)) / c, abs=EXACT)


@settings(deadline=None, max_examples=40)
@given(st.floats(0.2, 30.0), st.integers(1, 12), st.floats(0.05, 4.0))
def test_flows_balance(arrivals: float, servers: int, impatience: float) -> None:
    """What arrives is served or leaves: lambda = c mu busy + theta waiting, and the served are what the servers finish."""
    found = measure.queue(arrivals=arrivals, service=1.0, servers=servers, impatience=impatience)
    assert servers * found.busy + impatience * found.waiting == pytest.approx(arrivals, rel=1e-8)
    assert arrivals * found.served == pytest.approx(servers * found.busy, rel=1e-8)


def test_many_overloaded_servers_are_a_fluid() -> None:
    """At load rho the served share tends to 1 / rho and their wait to ln(rho) mean patiences."""
    found = measure.queue(arrivals=4000.0, service=1.0, servers=1000, impatience=0.5)
    assert found.served == pytest.approx(0.25, abs=1e-4)
    assert found.wait == pytest.approx(2 * np.log(4), rel=2e-3)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: measure.wilson_interval(9, 8), "no share"),
        (lambda: measure.union_bounds([9], 8), "do not fit 8 units"),
        (lambda: measure.union_bounds([], 8), "do not fit"),
        (lambda: measure.absorbing_chain([[0.6]], [[0.3, 0.2]]), "no probabilities"),
        (lambda: measure.absorbing_chain([[0.5, 0.5], [0.0, 1.0]], [[0.0], [0.0]]), "never left"),
        (lambda: measure.absorbing_chain([[0.6, 0.1]], [[0.3]]), "do not fit"),
        (lambda: measure.queue(arrivals=2.0, service=1.0, servers=2), "no long run"),
        (lambda: measure.queue(arrivals=2.0, service=1.0, servers=2, impatience=-1.0), "describe no queue"),
    ],
)
def test_bad_input_is_named(call: Callable[[], object], words: str) -> None:
    with pytest.raises(MeasureError, match=words):
        call()


def test_titles_by_chance_against_every_combination() -> None:
    counts, total = [5, 12, 30, 1], 40
    expected = np.zeros(len(counts) + 1)
    for held in range(len(counts) + 1):
        for chosen in combinations(range(len(counts)), held):
            expected[held] += np.prod([n / total if j in chosen else 1 - n / total for j, n in enumerate(counts)])
    assert measure.titles_by_chance(counts, total) == pytest.approx(total * expected, rel=EXACT)
    assert measure.titles_by_chance([0, total], total) == pytest.approx([0, total, 0])
    with pytest.raises(MeasureError, match="do not fit"):
        measure.titles_by_chance([41], total)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=6))
def test_titles_by_chance_keep_units_and_titles(counts: list[int]) -> None:
    found = measure.titles_by_chance(counts, 50)
    assert found.sum() == pytest.approx(50)
    assert found @ np.arange(len(counts) + 1) == pytest.approx(sum(counts))
