"""Guards against misuse: each raised and not raised, at its limit, with the numbers in both texts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import pearsonr, spearmanr

from toolkit.errors import MeasureError
from toolkit.language import Text
from toolkit.measure.composite.coupling import coupling
from toolkit.measure.composite.guards import constant_guard, level_guard, overlap_guard, weight_guard
from toolkit.measure.composite.uncertainty import RankingUncertainty, ranking_uncertainty


def test_level_guard_reports_both_correlations() -> None:
    u = np.random.default_rng(1).uniform(0.05, 0.95, size=(60, 2))
    found = coupling(u, form="wang")
    guard = level_guard(found.d, found.t)
    assert guard.measured == pytest.approx(spearmanr(found.d, found.t).statistic)
    assert f"{guard.measured:.3f}" in guard.text.en
    assert f"{pearsonr(found.d, found.t).statistic:.3f}" in guard.text.zh
    assert not guard.raised
    assert guard.text.zh.startswith("D 并非")


def test_the_limit_is_what_unrelated_systems_give() -> None:
    u = np.random.default_rng(1).uniform(size=(50_000, 2))
    for form, expected in (("standard", 0.95), ("wang", 0.79)):
        found = coupling(u, form=form)  # type: ignore[arg-type]
        assert level_guard(found.d, found.t).measured == pytest.approx(expected, abs=0.005)


def test_level_guard_is_raised_where_systems_hardly_differ() -> None:
    level = np.linspace(0.1, 0.9, 30)
    found = coupling(np.column_stack([level, 0.95 * level]))
    guard = level_guard(found.d, found.t)
    assert (guard.raised, guard.measured) == (True, 1.0)
    assert "says little about coupling" in guard.text.en
    assert level_guard(found.d, found.t, limit=1.0).raised
    assert not level_guard(-found.d, found.t).raised


@pytest.mark.parametrize(("d", "t"), [([0.1, 0.2], [0.1, 0.2]), ([0.1, 0.2, 0.3], [0.1, 0.2]), ([0.1] * 3, [0.1, 0.2, 0.3])])
def test_level_guard_refuses_what_has_no_correlation(d: list[float], t: list[float]) -> None:
    with pytest.raises(MeasureError, match=rf"{len(d)} values of D and {len(t)} of T"):
        level_guard(d, t)


def test_level_guard_refuses_another_order() -> None:
    d = pd.Series([0.1, 0.2, 0.4], index=list("abc"))
    with pytest.raises(MeasureError, match="levels in another order"):
        level_guard(d, d[::-1])


def test_weight_guard_looks_inside_each_system() -> None:
    weights = pd.Series({"patents": 0.3, "staff": 0.2, "sales": 0.1, "output": 0.1, "exports": 0.3})
    names = {"patents": Text("Patents", "专利"), "exports": Text("Exports", "出口"), "S": Text("technology", "科技创新"), "I": "industry"}
    found = weight_guard(weights, ["S", "S", "I", "I", "I"], names)
    assert (found.raised, found.measured) == (True, pytest.approx(0.6))
    assert found.text.en == (
        "One indicator makes up most of its system: Patents with 60% of technology, Exports with 60% of industry (limit 50%)."
    )
    assert "“专利”占“科技创新”的 60%" in found.text.zh


def test_weight_guard_at_the_limit_and_alone() -> None:
    equal = weight_guard([0.1] * 4, ["S", "S", "I", "I"])
    assert (equal.raised, equal.measured) == (False, 0.5)
    assert equal.text.zh.startswith("权重最大的指标")
    alone = weight_guard([0.1, 0.3, 0.6], ["S", "S", "I"])
    assert (alone.raised, alone.measured) == (True, 1.0)
    assert "0 with" not in weight_guard([1, 1, 1, 1, 4], ["S", "S", "I", "I", "I"], limit=0.6).text.en
    assert weight_guard([0.6, 0.2, 0.2], ["S"] * 3).measured == pytest.approx(0.6)  # an index of one system has weights too
    with pytest.raises(MeasureError, match="systems in another order"):
        weight_guard(pd.Series([1, 2], index=["a", "b"]), pd.Series(["S", "I"], index=["b", "a"]))


def test_constant_guard_names_all_that_hardly_vary() -> None:
    frame = pd.DataFrame({"a": [0.99, 1.0, 1.01], "b": [1.0, 5.0, 9.0], "c": [7.0, 7.0, 7.0], "d": [-1.0, 0.0, 1.0]})
    found = constant_guard(frame, {"a": Text("Coverage", "覆盖率")})
    assert (found.raised, found.measured) == (True, 0.0)
    assert "Coverage (0.008), c (0.000)" in found.text.en
    assert "“覆盖率”（0.008）、“c”（0.000）" in found.text.zh
    fine = constant_guard(frame[["b", "d"]])
    assert (fine.raised, fine.measured) == (False, pytest.approx(frame["b"].std(ddof=0) / 5))
    assert "the lowest: b (0.653)" in fine.text.en
    with pytest.raises(MeasureError, match=r"(?s)indicator b.*1 missing"):
        constant_guard(pd.DataFrame({"a": [1.0, 2.0], "b": [1.0, np.nan]}))
    with pytest.raises(MeasureError, match="no indicator"):
        constant_guard(pd.DataFrame())


def ranked(spread: float, **options: object) -> RankingUncertainty:
    """Four provinces whose indicators move around levels that lie ``spread`` apart."""
    x = np.clip(0.2 + spread * np.arange(4)[:, None] + np.random.default_rng(1).uniform(-0.1, 0.1, size=(4, 6)), 0, 1)
    return ranking_uncertainty([x], [1] * 6, list("SSSIII"), list("abcd"), [2020] * 4, rng=np.random.default_rng(1), draws=400, **options)  # type: ignore[arg-type]


def test_overlap_guard_counts_neighbours() -> None:
    apart, close = overlap_guard(ranked(0.2)), overlap_guard(ranked(0.0))
    assert (apart.raised, apart.measured) == (False, 0.0)
    assert close.raised
    assert close.measured == pytest.approx(ranked(0.0).neighbours()["overlap"].mean())
    assert "single places are not settled" in close.text.en
    assert "单个位次并不可靠" in close.text.zh


def test_overlap_guard_needs_neighbours() -> None:
    single = ranking_uncertainty([[[0.2, 0.3]]], [1, 1], ["S", "I"], ["a"], [2020], rng=np.random.default_rng(1), draws=50)
    with pytest.raises(MeasureError, match="no neighbours"):
        overlap_guard(single)
