r"""How fast: within the year, over four years, over thirteen; and does next year's money already show?

.. math:: \ln r_{it} = \sum_{k=0}^{3} \beta_k \ln s_{i,t-k} + \gamma \ln y_{it} + \alpha_i + \lambda_t + \varepsilon_{it}, \quad
          \text{cumulative elasticity } \sum_k \beta_k

.. math:: \Delta_k \ln r_{it} = \beta_{(k)} \Delta_k \ln s_{it} + \gamma \Delta_k \ln y_{it} + \lambda_t + u_{it}

Differences over k years compare each province with itself k years before. A slope that grows with k says that money and research drift
together slowly; whether money pulls research or both follow something slow is not told apart by it, and province trends take it away.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from toolkit.estimate import Estimate, fit
from toolkit.language import Text
from toolkit.panel import Panel
from toolkit.present.exhibit import FigureExhibit
from toolkit.present.figures.forest import forest_plot
from toolkit.present.record import Statement, statement
from toolkit.present.words.formats import interval
from toolkit.studies.subsidy.model import (
    CONTROL,
    FIRST_YEAR,
    LAST_YEAR,
    OUTCOME,
    REGION_YEARS,
    SPECIFICATIONS,
    SUBSIDY,
    TRENDS,
    TWO_WAY,
    Elasticity,
    claim_mark,
    claimed,
    cumulative,
    elasticity,
)

LAGS = 3
HORIZONS = (1, 2, 3, 5, 7, 10, 13)
_EFFECTS = {"two_way": TWO_WAY, "no_hainan": TWO_WAY, "region_years": REGION_YEARS, "trends": TRENDS}


@dataclass(frozen=True)
class Frequency:
    """The same association at different speeds.

    Attributes
    ----------
    static : elasticity of the year, by what is absorbed.
    total : sum over this year and ``LAGS`` years before, by what is absorbed.
    lags : (models, LAGS + 1) coefficients of this year's and earlier money, by what is absorbed.
    horizons : k -> elasticity of differences over k years, year effects.
    """

    static: dict[str, Elasticity]
    total: dict[str, Elasticity]
    horizons: dict[int, Elasticity]


def run(panel: Panel) -> Frequency:
    """Estimate on the table ``provincial_panel``, 2010 to 2023."""
    sample = panel.between(FIRST_YEAR, LAST_YEAR)
    rest = sample.keep(sample.frame[panel.entity] != "Hainan")
    samples = {"two_way": sample, "no_hainan": rest, "region_years": sample, "trends": sample}
    static, total = {}, {}
    for name, rows in samples.items():
        static[name] = elasticity(fit(SPECIFICATIONS["two_way" if name == "no_hainan" else name], rows), SUBSIDY)
        lagged = f"{OUTCOME} ~ {cumulative(SUBSIDY, LAGS)} + {CONTROL} {_EFFECTS[name]}"
        total[name] = elasticity(fit(lagged, rows), f"L({SUBSIDY}, {LAGS})")
    return Frequency(
        static=static,
        total=total,
        horizons={k: elasticity(changed, changed.terms[0]) for k in HORIZONS for changed in [over(sample, k)]},
    )


def over(sample: Panel, years: int) -> Estimate:
    """Differences over ``years`` years with year effects."""
    return fit(f"D({OUTCOME}, {years}) ~ D({SUBSIDY}, {years}) + D({CONTROL}, {years}) | year", sample)


def horizons(results: Frequency) -> FigureExhibit:
    """The elasticity of differences over one year to thirteen years."""
    shown = {
        Text("within the year, province trends", "当年，含省份趋势"): results.static["trends"],
        **{Text(f"over {k} year" + "s" * (k > 1), f"间隔{k}年"): found for k, found in results.horizons.items()},
        Text("sum of four years (lags 0 to 3)", "四年合计（滞后0—3期）"): results.total["two_way"],
    }
    frame = pd.DataFrame(
        [
            {"years": str(place), "estimate": found.estimate, "low": found.low, "high": found.high}
            for place, found in enumerate(shown.values())
        ]
    )
    return forest_plot(
        frame,
        "years",
        names={str(place): name for place, name in enumerate(shown)},
        references=[claim_mark(claimed())],
        digits=3,
        x_label=Text("Elasticity of R&D intensity", "R&D强度弹性"),
        title=Text(
            "The longer the difference, the larger the elasticity (fiscal S&T expenditure, proxy)",
            "间隔越长，弹性越大（地方财政科技支出，代理变量）",
        ),
        notes=Text(
            "Differences with year effects and the difference of ln GDP per head; intervals: 95%, inverted wild bootstrap by province.",
            "差分方程含年份固定效应与人均GDP对数的差分；区间为95%，由按省份的野自助法反演得到。",
        ),
    )


def finding(results: Frequency) -> Statement:
    """Within the year, over four years, over thirteen, and with province trends."""
    year, total, trends = results.static["two_way"], results.total["two_way"], results.static["trends"]
    short, long = results.horizons[1], results.horizons[HORIZONS[-1]]
    return statement(
        "subsidy_frequency",
        Text(
            "The elasticity of R&D intensity to fiscal S&T expenditure (a proxy of the subsidy) depends on how long one waits: {short:.3f}"
            " {short_range} from one year to the next, {year:.3f} {year_range} within provinces over {first}–{last}, {total:.3f} "
            "{total_range} for this year and the three before together, {long:.3f} {long_range} between the first year and the last. With "
            "a trend of its own for every province it is {trends:.3f} {trends_range}: most of the association is slow common drift.",
            "R&D强度随地方财政科技支出（补贴的代理变量）变动的幅度取决于时间跨度：相邻两年为{short:.3f}{short_range}，{first}—{last}年省内"
            "变动为{year:.3f}{year_range}，当年与前三年合计为{total:.3f}{total_range}，首末两年之间为{long:.3f}{long_range}。若允许各省有"
            "自身趋势，则为{trends:.3f}{trends_range}：关联的大部分来自缓慢的共同漂移。",
        ),
        short=short.estimate,
        short_range=interval(short.low, short.high),
        year=year.estimate,
        year_range=interval(year.low, year.high),
        first=FIRST_YEAR,
        last=LAST_YEAR,
        total=total.estimate,
        total_range=interval(total.low, total.high),
        long=long.estimate,
        long_range=interval(long.low, long.high),
        trends=trends.estimate,
        trends_range=interval(trends.low, trends.high),
    )
