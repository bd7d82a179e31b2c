"""Threshold regressions in a regression table: a row for each regime, the thresholds, and the warnings in both languages."""

import numpy as np
import pandas as pd
import pytest

from toolkit.estimate import ThresholdSettings, fit, fit_threshold
from toolkit.estimate.results.estimate import Estimate
from toolkit.language import Language
from toolkit.panel import Panel
from toolkit.present.tables.adapters import as_column
from toolkit.present.tables.regression import regression_table

RNG = np.random.default_rng(7)
FRAME = pd.DataFrame({"firm": np.repeat(np.arange(15), 8), "year": np.tile(np.arange(8), 15)})
FRAME = FRAME.assign(gdp=RNG.random(120), x=RNG.normal(size=120))
PANEL = Panel(FRAME.assign(y=FRAME["x"] * np.where(FRAME["gdp"] > 0.4, 2.0, 0.5) + RNG.normal(size=120)), "firm", "year")


@pytest.fixture(scope="module")
def estimate() -> Estimate:
    settings = ThresholdSettings(draws=40, trim=0.1, thresholds=2)
    return fit_threshold("y ~ x | firm + year", PANEL, variable="gdp", settings=settings, rng=np.random.default_rng(1)).estimate


@pytest.mark.parametrize(("language", "method", "threshold"), [("en", "Panel threshold", "Threshold 1"), ("zh", "面板门槛", "门槛值1")])
def test_regimes_and_thresholds_have_rows_of_their_own(estimate: Estimate, language: Language, method: str, threshold: str) -> None:
    table = regression_table([fit("y ~ x | firm + year", PANEL), estimate]).table(language)
    rows = {row.cells[0].text: [cell.text for cell in row.cells[1:]] for row in table.body}
    low, high = estimate.statistics["threshold_1"], estimate.statistics["threshold_2"]
    opening, closing = ("（", "）") if language == "zh" else (" (", ")")
    for regime, b in zip((f"gdp ≤ {low:.4g}", f"{low:.4g} < gdp ≤ {high:.4g}", f"gdp > {high:.4g}"), estimate.beta, strict=True):
        name = f"x{opening}{regime}{closing}"
        assert rows[name] == ["", f"{b:.3f}"]
    assert rows[threshold] == ["—", f"{low:.3f}"]
    assert method in next(cells for name, cells in rows.items() if name in ("Estimator", "估计方法"))


def test_every_warning_is_noted_in_chinese() -> None:
    flat = PANEL.assign(gdp=(10 * FRAME["gdp"]).round(), y=RNG.normal(size=120))
    settings = ThresholdSettings(draws=40, thresholds=2)
    warnings = fit_threshold("y ~ x | firm", flat, variable="gdp", settings=settings, rng=np.random.default_rng(1)).estimate.warnings
    edge = PANEL.assign(y=FRAME["x"] * np.where(FRAME["gdp"] > 0.1, 5.0, 0.5) + RNG.normal(size=120))
    beyond = fit_threshold("y ~ x | firm", edge, variable="gdp", settings=ThresholdSettings(draws=0, trim=0.2)).estimate.warnings
    for start in ("The bootstrap does not reject", "Only 15 entities", "The threshold"):
        assert any(str(w).startswith(start) for w in (*warnings, *beyond)), start
    assert any("values of gdp were tried" in str(w) for w in warnings)
    assert not any("threshold" in warning.to("zh") for warning in (*warnings, *beyond))


def test_the_threshold_variable_counts_among_the_variables_of_the_table(estimate: Estimate) -> None:
    assert as_column(estimate).variables == ("y", "x", "firm", "year", "gdp")
