r"""Does the answer hang on when and how much a province counts as treated?

The year of approval, the year after it, or only provinces where zones cover much; without municipalities; and the share itself,

.. math:: \ln y_{it} = \beta\, s_{it} + \alpha_i + \lambda_t + \varepsilon_{it},

whose coefficient compares a province wholly in zones with one without.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from toolkit.estimate import fit, wild_cluster_bootstrap
from toolkit.language import Text
from toolkit.panel import Panel
from toolkit.present.exhibit import FigureExhibit
from toolkit.present.figures.forest import forest_plot
from toolkit.present.record import Statement, statement
from toolkit.studies.policies.effects import DRAWS, SEED
from toolkit.studies.policies.zones import MAIN, ONSET, OUTCOME_NAMES, OUTCOMES, SHARE, TREATED, Zones

MUNICIPALITIES = ("Beijing", "Tianjin", "Shanghai", "Chongqing")
MUCH = 0.2  # share of prefecture-level units from which a zone covers much of a province
_TREND = "province[year] + year"
_NAMES = {
    "year": Text("Year of approval", "获批当年起"),
    "next": Text("Year after approval", "获批次年起"),
    "much": Text("Only zones that cover at least {much:.0%} of units", "仅覆盖不少于{much:.0%}地级区划的示范区").filled(much=MUCH),
    "provinces": Text("Without municipalities", "剔除直辖市"),
    "gdp": Text("Beside GDP per head", "控制人均GDP"),
    "trends": Text("Beside province trends", "控制省份趋势"),
    "share": Text("Share of units in zones", "示范区占地级区划比重"),
}


def run(zones: Zones) -> pd.DataFrame:
    """Two-way coefficients of every alternative for every outcome with a long panel.

    Returns
    -------
    Columns outcome, alternative, estimate, low, high (95%, wild cluster bootstrap), p_value (wild).
    """
    rng = np.random.default_rng(SEED)
    rows = []
    for key in MAIN:
        outcome, panel = OUTCOMES[key], zones.sample(key)
        for name, (sample, right, effects) in _alternatives(panel).items():
            estimate = fit(f"{outcome} ~ {right} | {effects}", sample, cluster="province")
            term = estimate.terms[0]
            wild = wild_cluster_bootstrap(estimate, term=term, draws=DRAWS, rng=rng)
            rows.append(
                {
                    "outcome": key,
                    "alternative": name,
                    "estimate": estimate.coefficient(term).estimate,
                    "low": wild.low,
                    "high": wild.high,
                    "p_value": wild.p_value,
                }
            )
    return pd.DataFrame(rows)


def _alternatives(panel: Panel) -> dict[str, tuple[Panel, str, str]]:
    """Sample, right-hand side and effects of each alternative."""
    frame, both = panel.frame, "province + year"
    covered = frame.groupby("province")[SHARE].transform("max")
    later = panel.assign(next_year=((frame[ONSET] > 0) & (frame["year"] > frame[ONSET])).astype("float64"))
    return {
        "year": (panel, TREATED, both),
        "next": (later, "next_year", both),
        "much": (panel.keep((covered == 0) | (covered >= MUCH)), TREATED, both),
        "provinces": (panel.keep(~frame["province"].isin(MUNICIPALITIES)), TREATED, both),
        "gdp": (panel, f"{TREATED} + log(gdp_per_capita)", both),
        "trends": (panel, TREATED, _TREND),
        "share": (panel, SHARE, both),
    }


def forest(found: pd.DataFrame) -> FigureExhibit:
    """The two-way coefficient under each alternative, a panel for each outcome."""
    return forest_plot(
        found,
        "alternative",
        panel="outcome",
        x_label=Text("Log points", "对数点"),
        names={**OUTCOME_NAMES, **_NAMES},
        title=Text("Other timing, other treatment, other rows: two-way coefficients", "其他时点、处理变量与样本：双向固定效应系数"),
        notes=Text(
            "Province and year effects; 95% intervals by the wild cluster bootstrap over provinces, {draws} draws. The last row of each "
            "panel is per unit of the share: a province wholly in zones against one without.",
            "含省份与年份固定效应；95%区间由按省份的野自助法得到，{draws}次抽取。各分图末行为比重每变动一个单位的系数："
            "全省均在示范区内与全无之差。",
        ).filled(draws=DRAWS),
    )


def finding(found: pd.DataFrame) -> Statement:
    """The range over the alternatives."""
    own = found[found["outcome"] == "enterprise"]["estimate"]
    significant = int((found["p_value"] < 0.05).sum())
    return statement(
        "zone_alternatives",
        Text(
            "When and how a province counts as treated does not decide the answer. Over {count} alternatives the coefficient on "
            "enterprises' R&D goes from {low:+.3f} to {high:+.3f}; {significant} of {all} coefficients for the three outcomes {verb} "
            "significant at five per cent by the wild bootstrap.",
            "省份何时、以何种程度计为受处理，并不决定结论。{count}种设定下，企业资金R&D的系数在{low:+.3f}至{high:+.3f}之间；三个结果变量共"
            "{all}个系数中，按野自助法在百分之五水平显著的有{significant}个{verb}。",
        ),
        count=len(own),
        low=float(own.min()),
        high=float(own.max()),
        significant=significant,
        all=len(found),
        verb=Text("is" if significant == 1 else "are", ""),
    )
