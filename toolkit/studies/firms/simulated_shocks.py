"""Simulated firms of a province that share a shock: which standard error of the shift-share estimate holds the truth?"""

from __future__ import annotations

import pandas as pd

from toolkit.language import Text
from toolkit.present import frame_table
from toolkit.present.exhibit import TableExhibit
from toolkit.studies.firms.accuracy import monte_carlo_error, percent, rejection
from toolkit.studies.firms.simulated import MONTE_CARLO_ERROR, Results
from toolkit.studies.firms.worlds import STATIC, WORLDS

_TITLES = {
    "firm": Text("by firm", "按企业"),
    "province_year": Text("by province and year", "按省份—年份"),
    "province": Text("by province", "按省份"),
    "exposure": Text("at the level of the shocks, by province", "在冲击层面，按省份"),
    "null": Text("by province, residuals under the null", "按省份，采用原假设下的残差"),
}


def table(results: Results) -> TableExhibit:
    """How often the shift-share test rejects the truth, with and without a shock that the firms of a province share."""
    rows = []
    for name, title in _TITLES.items():
        row: dict[str, object] = {"title": title}
        for world, found in results.clusters.items():
            draws = found[name]
            missed = rejection(draws, draws.truth)
            row |= {world: percent(missed), f"{world}_error": monte_carlo_error(missed)}
            row[f"{world}_ratio"] = float(draws.std_error.mean() / draws.estimate.std(ddof=1))
        rows.append(row)
    frame = pd.DataFrame(rows)
    without, shared = Text("no common shock", "无共同冲击"), Text("common shock", "有共同冲击")
    return frame_table(
        frame,
        {
            "title": Text("Clustering (simulated)", "聚类方式（模拟）"),
            **{
                column: Text(f"{what.en}, {where.en}{unit}", f"{what.zh}，{where.zh}{unit_zh}")
                for world, where in (("static", without), ("common", shared))
                for column, what, unit, unit_zh in (
                    (world, Text("Truth rejected", "拒绝真值"), " (%)", "（%）"),
                    (f"{world}_error", MONTE_CARLO_ERROR, "", ""),
                    (f"{world}_ratio", Text("Standard error / s.d.", "标准误/标准差"), "", ""),
                )
            },
        },
        digits={"static": 1, "common": 1, "static_error": 1, "common_error": 1, "static_ratio": 2, "common_ratio": 2},
        title=Text("Simulated firms: a shock that firms of a province share", "模拟企业：同省企业的共同冲击"),
        notes=[
            Text(
                "Simulated, {n} panels, {provinces} provinces, tests at five per cent. The instrument is the exposure of a firm times the "
                "shock of its province's fund; the common shock has standard deviation {sd:g} and reaches firms by the same exposure, "
                "independently of the fund. At the level of the shocks: Adao, Kolesar and Morales. Under the null: the residuals are those "
                "at the value tested, and the test is a normal one.",
                "模拟数据，共{n}个面板、{provinces}个省份，检验水平为百分之五。工具变量为企业敞口乘以所在省份基金冲击；共同冲击的标准差为{sd:g}，"
                "经由同一敞口影响企业，与基金冲击独立。“冲击层面”指Adao、Kolesar与Morales的方法。“原假设下的残差”取被检验值处的残差，"
                "采用正态检验。",
            ).filled(n=results.replications, provinces=STATIC.provinces, sd=WORLDS["common"].common)
        ],
    )
