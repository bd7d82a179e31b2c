"""The row of wild bootstrap p-values, and CR2 and Conley conventions in the notes, in both languages."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from toolkit.errors import PresentationError
from toolkit.estimate import (
    DynamicSettings,
    Estimate,
    WildTests,
    conley,
    cr2,
    fit,
    fit_between,
    fit_dynamic,
    fit_instruments,
    fit_random,
    wild_tests,
)
from toolkit.language import Language
from toolkit.panel import Panel
from toolkit.present.tables.regression import regression_table as table_of
from toolkit.present.tables.table import Table

Fitted = tuple[Panel, Estimate, WildTests]
LANGUAGES: tuple[Language, Language] = ("en", "zh")


@pytest.fixture(scope="module")
def fitted() -> Fitted:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"province": np.repeat([f"p{i:02d}" for i in range(20)], 6), "year": np.tile(np.arange(2010, 2016), 20)})
    frame["x"], frame["z"] = rng.normal(size=120), rng.normal(size=120)
    frame["lon"], frame["lat"] = np.repeat(rng.uniform(100, 120, 20), 6), np.repeat(rng.uniform(25, 45, 20), 6)
    frame["y"] = 0.5 * frame["x"] + rng.normal(size=120)
    panel = Panel(frame, "province", "year")
    estimate = fit("y ~ x + z | province + year", panel)
    return panel, estimate, wild_tests(estimate, panel, ["x"], draws=999, rng=rng)


def rows_of(table: Table) -> dict[str, list[str]]:
    return {row.cells[0].text: [cell.text for cell in row.cells[1:]] for row in table.body if row.cells[0].text}


def test_a_row_of_wild_p_values_below_the_coefficient(fitted: Fitted) -> None:
    _, estimate, tests = fitted
    exhibit = table_of([estimate, estimate], wild=[None, tests])
    shown = rows_of(exhibit.table("en"))
    assert shown["Wild bootstrap p"][0] == ""
    assert float(shown["Wild bootstrap p"][1].lstrip("<")) == pytest.approx(tests.p_values["x"], abs=5e-4)
    assert "Wild bootstrap p: (2) restricted wild cluster bootstrap by province, 999 Rademacher draws." in exhibit.table("en").notes
    assert list(rows_of(exhibit.table("en"))).count("Wild bootstrap p") == 1
    chinese = exhibit.table("zh")
    assert "野自助法p值" in rows_of(chinese)
    assert any("按省份聚类的受约束野自助法，Rademacher权重，抽样999次" in note for note in chinese.notes)


def test_every_kind_of_wild_bootstrap_is_named_in_both_languages() -> None:
    rng = np.random.default_rng(6)
    frame = pd.DataFrame({"province": np.repeat([f"p{i:02d}" for i in range(20)], 6), "year": np.tile(np.arange(2010, 2016), 20)})
    frame["z"], frame["u"] = rng.normal(size=120), rng.normal(size=120)
    frame["x"] = frame["z"] + frame["u"]
    frame["y"] = frame["x"] + frame["u"] + rng.normal(size=120) + np.repeat(rng.normal(size=20), 6)
    panel = Panel(frame, "province", "year")
    chosen = DynamicSettings(collapse=True)
    estimates = [
        fit_between("y ~ x", panel, covariance="HC1"),
        fit_random("y ~ x", panel),
        fit_instruments("y ~ 1 | province | x ~ z", panel),
        fit_dynamic("y ~ L(y, 1) + x", panel, gmm={"y": (2, 3)}, iv=("z",), settings=chosen),
    ]
    exhibit = table_of(estimates, wild=[wild_tests(e, panel, ["x"], draws=99, rng=rng) for e in estimates])
    assert all(rows_of(exhibit.table("en"))["Wild bootstrap p"])
    english, chinese = (next(n for n in exhibit.table(language).notes if "99" in n) for language in ("en", "zh"))
    assert english == (
        "Wild bootstrap p: (1) restricted wild bootstrap with one row per province, 99 Rademacher draws; "
        "(2) restricted wild cluster bootstrap by province with theta held, 99 Rademacher draws; "
        "(3) wild restricted efficient (WRE) cluster bootstrap by province, 99 Rademacher draws; "
        "(4) score cluster bootstrap by province of the restricted GMM estimate with its weights held, 99 Rademacher draws."
    )
    assert chinese == (
        "野自助法p值：第(1)列受约束野自助法（每个省份一个观测），Rademacher权重，抽样99次；"
        "第(2)列按省份聚类的受约束野自助法（θ保持估计值），Rademacher权重，抽样99次；"
        "第(3)列按省份聚类的受约束有效野自助法（WRE），Rademacher权重，抽样99次；"
        "第(4)列按省份聚类的得分bootstrap（受约束GMM估计，权重矩阵保持不变），Rademacher权重，抽样99次。"
    )


def test_weights_by_periods_are_noted_in_both_languages() -> None:
    frame = pd.DataFrame({"id": list("aabbbccdd"), "t": [1, 2, 1, 2, 3, 1, 2, 1, 2], "x": [0.0, 2, 2, 4, 5, 5, 7, 9, 1]})
    frame["y"] = [1.0, 1, 3, 5, 6, 4, 9, 9, 2]
    exhibit = table_of([fit_between("y ~ x", Panel(frame, "id", "t"), weighting="periods")])
    assert "entities weighted by their periods" in " ".join(exhibit.table("en").notes)
    assert "个体按期数加权" in " ".join(exhibit.table("zh").notes)


def test_the_data_behind_the_table_hold_the_wild_p_value(fitted: Fitted) -> None:
    _, estimate, tests = fitted
    data = table_of([estimate], wild=[tests]).data
    assert data.set_index("name").loc["x", "wild_p_value"] == tests.p_values["x"]


def test_cr2_and_conley_say_what_they_are(fitted: Fitted) -> None:
    panel, estimate, _ = fitted
    robust, spatial = cr2(estimate, panel), conley(estimate, panel, longitude="lon", latitude="lat", cutoff_km=600, lags=1)
    exhibit = table_of([robust, spatial])
    low, high = min(robust.covariance.df_terms), max(robust.covariance.df_terms)
    note = exhibit.table("en").notes[0]
    assert "(1) CR2, clustered by province" in note
    assert f"t with {low:.4g}–{high:.4g} degrees of freedom" in note
    assert "(2) Conley (spatial)" in note
    assert "Bartlett kernel to 600 km" in note
    chinese = exhibit.table("zh").notes[0]
    assert "CR2，聚类到省份层面" in chinese
    assert "Bartlett核，截断距离600公里" in chinese
    assert "省份内滞后1期" in chinese


def test_tests_of_another_estimate_are_refused(fitted: Fitted) -> None:
    panel, estimate, tests = fitted
    other = fit("y ~ x | province", panel)
    with pytest.raises(PresentationError, match=r"wild test of x is not one of column \(1\)"):
        table_of([other], wild=[tests])
    with pytest.raises(PresentationError, match="1 sets of wild tests for 2 estimates"):
        table_of([estimate, other], wild=[tests])


def test_warnings_of_the_bootstrap_are_printed_in_both_languages(fitted: Fitted) -> None:
    panel, _, _ = fitted
    few = panel.assign(bloc=panel.frame["province"].str[1:].astype(int) // 5)
    estimate = fit("y ~ x | province", few, cluster="bloc")
    exhibit = table_of([estimate], wild=[wild_tests(estimate, few, rng=np.random.default_rng(1))])
    english, chinese = (" ".join(exhibit.table(language).notes) for language in LANGUAGES)
    assert "x: 4 clusters by bloc give 8 different draws" in english
    assert "x: The confidence interval is unbounded" in english
    assert "x：按bloc聚类仅4组，只有8种不同抽样" in chinese
    assert "x：野自助法置信区间无界" in chinese
