"""Dynamic panels in the regression table: their own rows, conventions and warnings, in both languages."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from toolkit import regression_table
from toolkit.estimate import DynamicSettings, fit_dynamic, fit_within
from toolkit.language import Language
from toolkit.panel import Panel
from toolkit.present.writers import to_text


@pytest.fixture(scope="module")
def panel() -> Panel:
    rng = np.random.default_rng(4)
    effect, y = rng.normal(size=60), rng.normal(size=60)
    rows = []
    for year in range(2010, 2018):
        x = rng.normal(size=60)
        y = 0.5 * y + x + effect + rng.normal(size=60)
        rows.append(pd.DataFrame({"firm": np.arange(60), "year": year, "y": y, "x": x}))
    return Panel(pd.concat(rows), "firm", "year")


def shown(panel: Panel, language: Language, entities: int = 60) -> str:
    few = panel.keep(panel.frame["firm"] < entities)
    formula = "y ~ L(y, 1) + x | year"
    estimates = [
        fit_dynamic(formula, few, gmm={"y": (2, None)}, iv=("x",)),
        fit_dynamic(formula, few, gmm={"y": (2, None)}, iv=("x",), settings=DynamicSettings(estimator="system", steps=1)),
        fit_within("y ~ L(y, 1) + x | firm + year", few),
    ]
    return to_text(regression_table(estimates).table(language))


def test_rows_that_dynamic_panels_are_judged_by(panel: Panel) -> None:
    text = shown(panel, "en")
    for row in (
        r"Estimator +Difference GMM +System GMM +Fixed effects",
        r"Instruments +\d+ +\d+ +—",
        r"p of AR\(1\) +<0.001",
        r"p of AR\(2\) +0\.\d",
    ):
        assert re.search(row, text), row
    assert "p of Hansen's J" in text
    notes = " ".join(text.split())  # the notes are wrapped
    assert "two-step, Windmeijer-corrected (no small-sample factor; normal distribution)" in notes
    assert "full H of the system" in notes


def test_chinese_table_holds_no_english_sentence(panel: Panel) -> None:
    text = re.sub(r"\s*\n\s*", "", shown(panel, "zh", entities=15))
    for part in (
        "差分GMM",
        "系统GMM",
        "工具变量数",
        "Hansen检验p值",
        "两步法，Windmeijer修正",
        "系统H矩阵",
        "多于个体数15",
        "个体仅15个",
        "采用广义逆",
    ):
        assert part in text, part
    assert not re.search(r"[a-z]{3,} [a-z]{3,} [a-z]{3,}", text)
