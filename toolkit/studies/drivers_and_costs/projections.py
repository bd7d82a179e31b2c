r"""Who moves first? Local projections (Jordà 2005) among R&D per head, fiscal S&T expenditure, patents in force and neighbours' GDP.

.. math:: y_{i,t+h} - y_{i,t-1} = \beta_h \Delta x_{it} + \gamma_h' \Delta w_{it} + \delta_h' \Delta z_{i,t-1} + \alpha_i^h
          + \lambda_t^h + u_{i,t+h}

all in logarithms: y responds to x, w are the other two series of the year, z all four the year before. A precedence test asks whether two
lags of the change in x predict the change in y beside two lags of its own.

The changes of one year are simultaneous: the response of the year itself holds both directions. Province effects with few years bias
dynamic responses (Nickell 1981), the more the longer the horizon; differences with year effects alone have no such effects to estimate,
and no guard against provinces that drift apart. Both are shown.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from toolkit import glossary
from toolkit.estimate import fit
from toolkit.language import Text
from toolkit.panel import Panel
from toolkit.present.exhibit import FigureExhibit
from toolkit.present.figures.multiples import small_multiples
from toolkit.present.record import Statement, statement
from toolkit.present.words.formats import interval
from toolkit.studies.drivers_and_costs.series import FIRST_YEAR, FISCAL, LAST_YEAR, MARKET, PATENTS, RESEARCH, with_market, without_hainan
from toolkit.studies.subsidy.model import TWO_WAY, Elasticity, elasticity

HORIZONS = range(5)
LAGS = 2
SIGNIFICANT = 0.05
YEAR_ONLY = "| year"
SYSTEM = (RESEARCH, FISCAL, PATENTS, MARKET)
DIRECTIONS = {
    "fiscal_research": (FISCAL, RESEARCH),
    "patents_research": (PATENTS, RESEARCH),
    "market_research": (MARKET, RESEARCH),
    "research_fiscal": (RESEARCH, FISCAL),
    "research_patents": (RESEARCH, PATENTS),
    "fiscal_patents": (FISCAL, PATENTS),
}
_EFFECTS = {"two_way": TWO_WAY, "year": YEAR_ONLY}


@dataclass(frozen=True)
class Projections:
    """Responses and tests of precedence.

    Attributes
    ----------
    responses : one row per direction, effects and horizon: direction, effects, horizon, estimate, low, high, p, rows.
    tests : one row per direction: direction, sum (of the lags of the cause), low, high, p (of the sum), f, joint_p, no_hainan (sum),
        no_hainan_p (joint), rows.
    """

    responses: pd.DataFrame
    tests: pd.DataFrame

    def response(self, direction: str, horizon: int, effects: str = "two_way") -> pd.Series:
        """The row of ``responses`` of one horizon."""
        r = self.responses
        return r[(r["direction"] == direction) & (r["effects"] == effects) & (r["horizon"] == horizon)].iloc[0]

    def test(self, direction: str) -> pd.Series:
        """The row of ``tests`` of one direction."""
        return self.tests[self.tests["direction"] == direction].iloc[0]


def run(panel: Panel) -> Projections:
    """Estimate on the table ``provincial_panel``."""
    sample = with_market(panel)
    rest = without_hainan(sample)
    rows = []
    for direction, (cause, outcome) in DIRECTIONS.items():
        for effects, absorbed in _EFFECTS.items():
            for h in HORIZONS:
                found = response(sample, cause=cause, outcome=outcome, horizon=h, effects=absorbed)
                rows.append({"direction": direction, "effects": effects, "horizon": h, **_row(found)})
    return Projections(responses=pd.DataFrame(rows), tests=pd.DataFrame([_test(sample, rest, name) for name in DIRECTIONS]))


def _row(found: Elasticity) -> dict[str, float]:
    return {"estimate": found.estimate, "low": found.low, "high": found.high, "p": found.p_value, "rows": found.rows}


def _lag(term: str, years: int) -> str:
    return f"L({term}, {years})" if years else term


def response(sample: Panel, *, cause: str, outcome: str, horizon: int, effects: str) -> Elasticity:
    """How far the outcome is, ``horizon`` years on, from the year before the change in the cause; per log point of the change.

    Parameters
    ----------
    sample : rows of :func:`toolkit.studies.drivers_and_costs.series.with_market`.
    cause, outcome : terms of ``SYSTEM``.
    horizon : h.
    effects : absorbed, as in a formula.
    """
    now = [_lag(f"D({term})", horizon) for term in (cause, *(each for each in SYSTEM if each not in (cause, outcome)))]
    before = [_lag(f"D({term})", horizon + 1) for term in SYSTEM]
    return elasticity(fit(f"D({outcome}, {horizon + 1}) ~ {' + '.join([*now, *before])} {effects}", sample), now[0])


def _test(sample: Panel, rest: Panel, direction: str) -> dict[str, object]:
    cause, outcome = DIRECTIONS[direction]
    own = [_lag(f"D({outcome})", k) for k in range(1, LAGS + 1)]
    lags = [_lag(f"D({cause})", k) for k in range(1, LAGS + 1)]
    estimates = {
        name: fit(f"D({outcome}) ~ {' + '.join([*lags, *own])} {TWO_WAY}", rows) for name, rows in (("all", sample), ("rest", rest))
    }
    joint = {name: found.wald([f"{term} = 0" for term in lags]) for name, found in estimates.items()}
    # b1 x(t-1) + b2 x(t-2) = b1 (x(t-1) - x(t-2)) + (b1 + b2) x(t-2)
    steps = f"L(D(D({cause})), 1) + {lags[-1]}"
    total = elasticity(fit(f"D({outcome}) ~ {steps} + {' + '.join(own)} {TWO_WAY}", sample), lags[-1])
    return {
        "direction": direction,
        "sum": total.estimate,
        "low": total.low,
        "high": total.high,
        "p": total.p_value,
        "f": joint["all"].statistic,
        "joint_p": joint["all"].p_value,
        "no_hainan": sum(estimates["rest"].coefficient(term).estimate for term in lags),
        "no_hainan_p": joint["rest"].p_value,
        "rows": total.rows,
    }


_NAMES = {
    "fiscal_research": Text("fiscal S&T → R&D", "财政科技支出 → 人均R&D"),
    "patents_research": Text("patents → R&D", "有效发明专利 → 人均R&D"),
    "market_research": Text("neighbours' GDP → R&D", "邻省GDP → 人均R&D"),
    "research_fiscal": Text("R&D → fiscal S&T", "人均R&D → 财政科技支出"),
    "research_patents": Text("R&D → patents", "人均R&D → 有效发明专利"),
    "fiscal_patents": Text("fiscal S&T → patents", "财政科技支出 → 有效发明专利"),
}


def responses(results: Projections) -> FigureExhibit:
    """The response of each outcome from the year of the change to four years on."""
    return small_multiples(
        results.responses,
        "horizon",
        "estimate",
        "direction",
        group="effects",
        band=("low", "high"),
        vertical="free",
        columns=3,
        names={**_NAMES, "two_way": glossary.TWO_WAY, "year": Text("Year effects alone", "仅年份固定效应")},
        y_label=Text("Response per log point", "每一对数点的响应"),
        title=Text(
            "Responses to a change in one year, from that year to four years on (fiscal S&T expenditure: proxy)",
            "对某年变动的响应，当年至四年后（地方财政科技支出为代理变量）",
        ),
        notes=Text(
            "R&D per head, invention patents in force; horizontal: years after the change. Local projections (Jordà 2005): change since "
            "the year before, on the change in the cause, in the other series of the year, and in all four the year before. Shade: 95%, "
            "inverted wild bootstrap by province. The year itself includes both directions. With {years} years province effects bias the "
            "responses (Nickell), more at long horizons; year effects alone avoid that but let provinces that drift apart in.",
            "横轴为变动后的年数。局部投影（Jordà 2005）：以变动前一年为基期的累计变化，对原因变量的当年变动、其他变量的当年变动"
            "及四个变量的上年变动回归。阴影为95%区间，由按省份的野自助法反演得到。当年响应包含双向影响。样本仅{years}年，省份固定效应使响应有偏（Nickell偏差），"
            "时间越长越大；仅用年份效应可避免此偏差，但无法排除各省趋势分化。",
        ).filled(years=LAST_YEAR - FIRST_YEAR + 1),
    )


def finding(results: Projections) -> Statement:
    """Responses two years on in both directions, what the joint tests say, and what province effects do to them."""
    last = HORIZONS[-1]
    found: dict[str, str | float] = {"years": last}
    for name in ("fiscal_research", "market_research", "patents_research", "research_patents"):
        row = results.response(name, 1)
        found |= {name: float(row["estimate"]), f"{name}_range": interval(row["low"], row["high"], 2)}
    for name in ("two_way", "year"):
        row = results.response("fiscal_research", last, name)
        found |= {f"late_{name}": float(row["estimate"]), f"late_{name}_range": interval(row["low"], row["high"], 2)}
    tests = results.tests
    return statement(
        "drivers_projections",
        Text(
            "A year after it changes, one log point of fiscal S&T expenditure (proxy) is associated with {fiscal_research:.2f} "
            "{fiscal_research_range} log points of R&D per head, neighbours' GDP with {market_research:.2f} {market_research_range}, "
            "invention patents in force with {patents_research:.2f} {patents_research_range}; the other way, R&D per head with "
            "{research_patents:.2f} {research_patents_range} of patents. After {years} years the response to fiscal S&T expenditure is "
            "{late_two_way:.2f} {late_two_way_range} with province and year effects and {late_year:.2f} {late_year_range} with year "
            "effects alone: whether it lasts depends on the drift that each province is allowed. Lags of one series predict the other at "
            "five per cent in {joint} of {directions} directions, without Hainan in {joint_rest} (smallest p {smallest:.3f}, "
            "{corrected:.2f} after Bonferroni, for {direction}).",
            "变动一年之后，地方财政科技支出（代理变量）每增加一个对数点，人均R&D变动{fiscal_research:.2f}{fiscal_research_range}，"
            "邻省GDP对应{market_research:.2f}{market_research_range}，有效发明专利对应{patents_research:.2f}{patents_research_range}；"
            "反向地，人均R&D对有效发明专利为{research_patents:.2f}{research_patents_range}。{years}年后，对财政科技支出的响应在省份与年份固定效应下为"
            "{late_two_way:.2f}{late_two_way_range}，仅年份效应下为{late_year:.2f}{late_year_range}：响应能否持续，取决于是否允许各省有自身趋势。"
            "在百分之五水平上，{directions}个方向中有{joint}个方向的滞后项可预测另一变量，剔除海南后为{joint_rest}个"
            "（最小p值{smallest:.3f}，Bonferroni校正后{corrected:.2f}，{direction}）。",
        ),
        **found,
        joint=int((tests["joint_p"] < SIGNIFICANT).sum()),
        joint_rest=int((tests["no_hainan_p"] < SIGNIFICANT).sum()),
        directions=len(tests),
        smallest=float(tests["joint_p"].min()),
        corrected=min(1.0, len(tests) * float(tests["joint_p"].min())),
        direction=_NAMES[str(tests.sort_values("joint_p")["direction"].iloc[0])],
    )
