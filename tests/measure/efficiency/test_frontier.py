"""The stochastic frontier: a published fit, the likelihood by integration, and a simulation that knows the truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.optimize import approx_fprime
from scipy.stats import halfnorm, norm

from toolkit.errors import MeasureError
from toolkit.measure.efficiency.frontier import _loss, stochastic_frontier

REFERENCE = Path(__file__).resolve().parents[2] / "reference" / "frontier_41.csv"
PRINTED = 5e-5  # published to five digits; the optimum is flat


def test_published_cross_section() -> None:
    """The example of FRONTIER 4.1 as the R package frontier prints it: coefficients, variance, gamma, likelihood, test, efficiencies."""
    data = pd.read_csv(REFERENCE)
    design = np.column_stack([np.ones(len(data)), np.log(data[["capital", "labour"]])])
    found = stochastic_frontier(np.log(data["output"]), design, data["firm"])
    assert found.coefficients == pytest.approx([0.56162, 0.28110, 0.53648], abs=PRINTED)
    assert found.sigma_u**2 + found.sigma_v**2 == pytest.approx(0.21700, abs=PRINTED)
    assert found.gamma == pytest.approx(0.79721, abs=2 * PRINTED)
    assert found.log_likelihood == pytest.approx(-17.027, abs=5e-4)
    assert found.p_value == pytest.approx(0.046, abs=5e-4)
    assert found.efficiency.mean() == pytest.approx(0.74057, abs=PRINTED)
    assert found.efficiency[:5] == pytest.approx([0.65069, 0.82889, 0.72643, 0.74785, 0.69134], abs=PRINTED)
    assert found.efficiency[34] == pytest.approx(0.35126, abs=PRINTED)


def test_likelihood_and_efficiency_are_the_integrals() -> None:
    """The density of a unit's rows is that of its noise, integrated over the inefficiency they share."""
    rng = np.random.default_rng(5)
    units, rows = np.repeat(np.arange(12), 4)[:-1], 47  # the last unit has a row less
    y = 1.0 - np.abs(rng.normal(0, 0.4, 12))[units] + rng.normal(0, 0.2, rows)
    found = stochastic_frontier(y, np.ones((rows, 1)), units)
    e = y - found.coefficients[0]
    total = 0.0
    for unit in range(12):
        own = e[units == unit]

        def density(u: float, own: np.ndarray = own) -> float:
            return float(norm.pdf(own + u, scale=found.sigma_v).prod() * halfnorm.pdf(u, scale=found.sigma_u))

        mass = quad(density, 0, 4, points=[0.2, 0.6, 1.2])[0]
        total += np.log(mass)
        expected = quad(lambda u, f=density: np.exp(-u) * f(u), 0, 4, points=[0.2, 0.6, 1.2])[0] / mass
        assert found.efficiency[unit] == pytest.approx(expected, abs=1e-6)
        below = quad(density, 0, -np.log(found.high[unit]), points=[])[0] / mass
        assert below == pytest.approx(0.025, abs=1e-5)
        above = quad(density, 0, -np.log(found.low[unit]))[0] / mass
        assert above == pytest.approx(0.975, abs=1e-4)
    assert found.log_likelihood == pytest.approx(total, abs=1e-6)


def test_gradient_is_the_difference_quotient() -> None:
    rng = np.random.default_rng(8)
    codes = np.repeat(np.arange(10), 3)[:-1]
    design = np.column_stack([np.ones(29), rng.normal(0, 1, 29)])
    outcome, at = rng.normal(0, 1, 29), np.array([0.1, -0.2, np.log(0.3), np.log(0.7)])
    numeric = approx_fprime(at, lambda p: _loss(p, outcome, design, codes)[0], 1e-7)
    assert _loss(at, outcome, design, codes)[1] == pytest.approx(numeric, abs=1e-4)


def test_panel_recovers_a_known_truth() -> None:
    rng = np.random.default_rng(7)
    units = np.repeat(np.arange(300), 6)
    x = rng.normal(0, 1, (1800, 2))
    distance = np.abs(rng.normal(0, 0.5, 300))
    y = 2.0 + x @ [0.6, 0.3] - distance[units] + rng.normal(0, 0.2, 1800)
    found = stochastic_frontier(y, np.column_stack([np.ones(1800), x]), units)
    assert found.coefficients == pytest.approx([2.0, 0.6, 0.3], abs=0.05)
    assert found.sigma_u == pytest.approx(0.5, abs=0.05)
    assert found.sigma_v == pytest.approx(0.2, abs=0.01)
    assert np.corrcoef(found.efficiency, np.exp(-distance))[0, 1] > 0.95
    covered = (found.low <= np.exp(-distance)) & (np.exp(-distance) <= found.high)
    assert 0.92 < covered.mean() < 0.98
    assert found.p_value < 1e-10


def test_without_inefficiency_it_is_least_squares() -> None:
    rng = np.random.default_rng(9)
    x = np.column_stack([np.ones(200), rng.normal(0, 1, 200)])
    noise = rng.normal(0, 0.3, 200)
    y = x @ [1.0, 0.5] + np.where(noise > 0, 1.5, 0.7) * noise  # skewed the wrong way
    found = stochastic_frontier(y, x, np.arange(200))
    assert found.coefficients[1] == pytest.approx(np.linalg.lstsq(x, y, rcond=None)[0][1], abs=1e-3)
    assert found.p_value > 0.4
    assert found.efficiency.mean() > 0.95


def test_odd_input_is_refused() -> None:
    with pytest.raises(MeasureError, match="too few rows"):
        stochastic_frontier([1.0, 2.0], [[1.0], [1.0]], [1, 2])
    with pytest.raises(MeasureError, match="not finite"):
        stochastic_frontier([1.0, np.nan, 2, 3, 4], np.ones((5, 1)), [1, 2, 3, 4, 5])
    with pytest.raises(MeasureError, match="perfectly"):
        stochastic_frontier([2.0, 4, 6, 8, 10], np.arange(1.0, 6)[:, None], [1, 2, 3, 4, 5])
