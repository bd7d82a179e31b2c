"""Arellano and Bond, Table 4: its instruments and what follows from it; its numbers are compared in tests/studies/test_published.py."""

import pytest

from toolkit.estimate import DynamicEstimate, DynamicSettings, fit_dynamic, long_run
from toolkit.registry.published import published
from toolkit.studies.published.engine import estimate
from toolkit.studies.published.samples import panel


def table_4() -> DynamicEstimate:
    found = estimate("arellano_bond", "one_step")
    assert isinstance(found, DynamicEstimate)
    return found


def test_the_instruments_of_table_4_are_the_41_that_were_declared() -> None:
    found = table_4()
    assert {s.term: s.count for s in found.instruments if s.style != "iv"} == {"year": 6, "log(emp)": 27}
    assert sum(s.count for s in found.instruments if s.style == "iv") == 8
    assert found.warnings == ()
    assert found.effects == ("firm", "year")


def test_year_indicators_absorbed_or_written_out_give_the_same() -> None:
    absorbed, asked = table_4(), published().studies["arellano_bond"].columns["one_step"]
    formula, iv = asked.formula.replace("| year", "+ C(year)"), (*asked.options["iv"], "C(year)")
    written = fit_dynamic(formula, panel("employment"), gmm={"log(emp)": (2, None)}, iv=iv, settings=DynamicSettings(steps=1))
    k = len(absorbed.terms)
    assert written.terms[:k] == absorbed.terms
    assert written.beta[:k] == pytest.approx(absorbed.beta, rel=1e-9)
    assert written.std_errors[:k] == pytest.approx(absorbed.std_errors, rel=1e-9)
    assert written.statistics["hansen"] == pytest.approx(absorbed.statistics["hansen"], rel=1e-9)


def test_long_run_elasticities_of_table_4() -> None:
    table = table_4()
    found = long_run(table, "log(wage)")
    lags = table.beta[0] + table.beta[1]
    assert found.estimate == pytest.approx((table.beta[2] + table.beta[3]) / (1 - lags), rel=1e-12)
    assert found.low < found.estimate < found.high
