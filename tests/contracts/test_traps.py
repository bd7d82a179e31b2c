"""Each trap of tests/TRAPS.md has its test; those that no other file tests are tested here."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from toolkit.estimate import fit
from toolkit.estimate.after.family import Adjustment, adjust_p_values
from toolkit.panel import Panel
from toolkit.present.tables.adapters import as_column

ROOT = Path(__file__).resolve().parents[2]
SAME = 1e-9  # relative; two programs that solve the same normal equations

TRAPS = [
    tuple(cell.strip(" `") for cell in line.strip("|\n").split("|"))
    for line in (ROOT / "tests" / "TRAPS.md").read_text(encoding="utf-8").splitlines()
    if "::" in line
]


@pytest.mark.parametrize(("library", "trap", "test"), TRAPS, ids=[f"{library}: {trap}" for library, trap, _ in TRAPS])
def test_each_trap_has_its_test(library: str, trap: str, test: str) -> None:
    file, name = test.split("::")
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    (found,) = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name]
    told = (node if isinstance(node, ast.Assert) else node.func for node in ast.walk(found) if isinstance(node, ast.Assert | ast.Call))
    assert any(isinstance(one, ast.Assert) or re.search("assert|raises", ast.unparse(one)) for one in told)


def test_the_table_of_traps_is_read() -> None:
    assert len(TRAPS) > 40
    assert all(len(row) == 3 for row in TRAPS)


def panel() -> pd.DataFrame:
    draw = np.random.default_rng(5)
    frame = pd.DataFrame({"firm": np.repeat(np.arange(12), 10), "year": np.tile(np.arange(2001, 2011), 12)})
    frame["x"] = draw.normal(size=120) + frame["firm"] / 5
    frame["y"] = 0.5 * frame["x"] + frame["firm"] / 3 + draw.normal(size=120)
    return frame


def test_linearmodels_counts_nested_effects_beside_year_effects() -> None:
    """N = 120, G = 12, T = 10, one slope: K is 1 + 10 where effects nested in the cluster do not count, 1 + 12 + 9 where they do."""
    from linearmodels import PanelOLS

    frame = panel()
    ours = fit("y ~ x | firm + year", Panel(frame, "firm", "year"), cluster="firm").std_errors[0]
    model = PanelOLS.from_formula("y ~ x + EntityEffects + TimeEffects", frame.set_index(["firm", "year"]))

    def theirs(**choices: Any) -> float:
        return float(model.fit(cov_type="clustered", cluster_entity=True, **choices).std_errors["x"])

    bare = ours / np.sqrt(12 / 11 * 119 / (120 - 11))
    assert theirs() == pytest.approx(bare * np.sqrt(120 / (120 - 22)), rel=SAME)
    assert theirs(group_debias=True) == pytest.approx(bare * np.sqrt(12 / 11 * 119 / (120 - 22)), rel=SAME)
    assert theirs(group_debias=True) > 1.05 * ours
    plain = theirs(auto_df=False, count_effects=False, debiased=False)
    assert plain == pytest.approx(bare, rel=0.01)  # what it counts instead is less than one per cent


def test_statsmodels_tests_clusters_with_the_normal_distribution() -> None:
    import statsmodels.formula.api as smf

    fitted = smf.ols("y ~ x", panel()).fit(cov_type="cluster", cov_kwds={"groups": panel()["firm"]})
    assert fitted.pvalues["x"] == pytest.approx(2 * norm.sf(abs(fitted.tvalues["x"])), rel=SAME)
    assert as_column(fitted).convention.df == np.inf
    with_t = smf.ols("y ~ x", panel()).fit(cov_type="cluster", cov_kwds={"groups": panel()["firm"]}, use_t=True)
    ours = fit("y ~ x", Panel(panel(), "firm", "year"), cluster="firm")
    assert as_column(with_t).convention.df == as_column(ours).convention.df == 11
    assert ours.coefficient("x").p_value == pytest.approx(with_t.pvalues["x"], rel=SAME)


def test_multipletests_collects_garbage(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each call of Holm walks over all objects in memory; no adjustment of ours does."""
    import gc

    from statsmodels.stats.multitest import multipletests

    calls: list[int] = []
    monkeypatch.setattr(gc, "collect", lambda *_: calls.append(1))
    for method in get_args(Adjustment):
        adjust_p_values([0.01, 0.2], method)
    assert calls == []
    multipletests([0.01, 0.2], method="holm")
    assert calls


def test_pyfixest_counts_singletons_by_a_choice_of_its_own() -> None:
    """A firm seen once: our count drops it and says so."""
    import pyfixest

    frame = pd.concat([panel(), pd.DataFrame({"firm": [99], "year": [2001], "x": [1.0], "y": [2.0]})], ignore_index=True)
    ours = fit("y ~ x | firm", Panel(frame, "firm", "year"))
    assert (ours.counts.rows, [(str(drop.reason), drop.rows) for drop in ours.counts.dropped]) == (120, [("singleton firm", 1)])
    rows = {choice: pyfixest.feols("y ~ x | firm", frame, fixef_rm=choice)._N for choice in ("none", "singleton")}
    assert rows == {"none": 121, "singleton": 120}
