"""Simulated firms whose elasticity is known: which designs recover it, which miss it, and which diagnostics detect it?

Everything here is simulated. With quality a_i of a firm and q_it of its projects, which the agency sees and the researcher does not, and a
shock z_pt of the province's fund to which the firm is exposed by e_i, the subsidy s* and R&D intensity y are, in logs::

    s*_it = ... + 0.6 a_i + f e_i z_pt + 0.8 q_it + v_it,        y_it = ... + a_i + b s*_it + q_it + u_it

and s* is seen with measurement error. Each design is estimated on the same panels of its world.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.data.simulate import draw_firms
from toolkit.errors import UnknownOption
from toolkit.language import Text
from toolkit.panel import Panel
from toolkit.present import frame_table
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.forest import forest_plot
from toolkit.present.record import Statement, statement
from toolkit.studies.firms.accuracy import WEAK, Draws, accuracy, percent, rejection, stacked
from toolkit.studies.firms.worlds import (
    DYNAMIC,
    STATIC,
    STATIC_DESIGNS,
    TOTAL_DESIGNS,
    WORLDS,
    DynamicDraws,
    clustered,
    dynamic_designs,
    static_draws,
)

Steps = Callable[[Iterable[int]], Iterable[int]]
_T = TypeVar("_T")
_BLOCK = 250  # panels at once
TRUTH = STATIC.elasticity
FIRM_AND_YEAR = Text("Firm and year effects", "企业与年份固定效应")
_SHARE = Text("IV: shift-share of the fund", "工具变量：基金份额移动型")
_OWN_LAG = Text("IV: own lag", "工具变量：自身滞后")
_TITLES = {
    "pooled": glossary.POOLED,
    "two_way": FIRM_AND_YEAR,
    "no_error": Text("… without measurement error", "……无测量误差"),
    "no_selection": Text("… without selection of projects", "……无项目选择"),
    "differences": glossary.FIRST_DIFFERENCES,
    "per_revenue": Text("Both sides divided by noisy revenue", "两侧同除以含误差的营收"),
    "shift_share": _SHARE,
    "leave_one_out": Text("IV: mean of other firms", "工具变量：其他企业均值"),
    "with_own": Text("IV: mean with the own firm", "工具变量：含本企业均值"),
    "own_lag": _OWN_LAG,
    "weak_fund": Text("IV: shift-share, weak fund", "工具变量：弱基金冲击"),
}
_STRONG_LAG = "persistent_own_lag"
_WORLD_TITLES = {
    "fleeting": Text("project shocks fade within the year", "项目冲击当年消退"),
    "persistent": Text("project shocks persist", "项目冲击持续"),
}
_LAG_ROWS = {
    "own_lag": ("fleeting", _OWN_LAG),
    "two_way": ("fleeting", FIRM_AND_YEAR),
    _STRONG_LAG: ("persistent", _OWN_LAG),
    "persistent_two_way": ("persistent", FIRM_AND_YEAR),
    "persistent_shift_share": ("persistent", _SHARE),
}


@dataclass(frozen=True)
class Results:
    """Everything that the simulated part of notebook 05 shows.

    Attributes
    ----------
    example : one panel.
    static, total : draws by design; ``total`` compares own R&D with R&D that contains the grant.
    clusters : world ("static" or "common") -> standard error -> draws of the shift-share estimate.
    dynamic : draws by dynamic design.
    replications : panels per world.
    """

    example: Panel
    static: dict[str, Draws]
    total: dict[str, Draws]
    clusters: dict[str, dict[str, Draws]]
    dynamic: dict[str, DynamicDraws]
    replications: int


def run(replications: int, seed: int, steps: Steps = iter) -> Results:
    """Estimate every design on ``replications`` simulated panels of its world.

    Parameters
    ----------
    replications : at least two.
    seed : of the generator that all panels are drawn from.
    steps : wraps the iteration over blocks of panels, for example a progress bar.

    Raises
    ------
    UnknownOption
        For fewer than two replications.
    """
    if replications < 2:
        raise UnknownOption("a Monte Carlo needs at least two replications", remedy="use 1000")
    rng = np.random.default_rng(seed)
    blocks = [min(_BLOCK, replications - start) for start in range(0, replications, _BLOCK)]
    plan = [(world, size) for world in (*WORLDS, "dynamic") for size in blocks]
    static: dict[str, list[Draws]] = defaultdict(list)
    total: dict[str, list[Draws]] = defaultdict(list)
    dynamic: dict[str, list[DynamicDraws]] = defaultdict(list)
    clusters: dict[str, dict[str, list[Draws]]] = {world: defaultdict(list) for world in ("static", "common")}
    for step in steps(range(len(plan))):
        world, size = plan[step]
        drawn = draw_firms(rng, WORLDS.get(world, DYNAMIC), size)
        if world == "dynamic":
            _gather(dynamic, dynamic_designs(drawn))
            continue
        _gather(static, static_draws(drawn, world, STATIC_DESIGNS))
        _gather(total, static_draws(drawn, world, TOTAL_DESIGNS))
        if world in clusters:
            _gather(clusters[world], clustered(drawn))
    return Results(
        example=draw_firms(rng, STATIC, 1).panel(),
        static={name: stacked(static[name]) for name in STATIC_DESIGNS},
        total={name: stacked(total[name]) for name in TOTAL_DESIGNS},
        clusters={world: {name: stacked(parts) for name, parts in found.items()} for world, found in clusters.items()},
        dynamic={name: _stacked_dynamic(parts) for name, parts in dynamic.items()},
        replications=replications,
    )


def _gather(into: dict[str, list[_T]], found: dict[str, _T]) -> None:
    for name, draws in found.items():
        into[name].append(draws)


def _stacked_dynamic(parts: list[DynamicDraws]) -> DynamicDraws:
    return DynamicDraws(
        rho=np.concatenate([p.rho for p in parts]),
        impact=stacked([p.impact for p in parts]),
        long_run=stacked([p.long_run for p in parts]),
        hansen_p=np.concatenate([p.hansen_p for p in parts]),
    )


def summary(draws: dict[str, Draws]) -> pd.DataFrame:
    """One row per design with the columns of :func:`toolkit.studies.firms.accuracy.accuracy`."""
    return pd.DataFrame({name: accuracy(found) for name, found in draws.items()}).T


_LOW, _HIGH = Text("Low five per cent", "低端百分之五"), Text("High five per cent", "高端百分之五")
_COVERAGE = Text("Intervals that cover the truth (%)", "区间含真值的比例（%）")
MONTE_CARLO_ERROR = Text("Monte Carlo error", "蒙特卡洛误差")
STANDARD_DEVIATION, RMSE = Text("S.d.", "标准差"), Text("RMSE", "均方根误差")


def common_note(frame: pd.DataFrame, results: Results) -> Text:
    """The note under each table: simulated, how many panels, Monte Carlo errors."""
    return Text(
        "All data are simulated; parameters are chosen, not estimated. {n} panels; errors clustered by firm. The Monte Carlo error of "
        "a mean has its column, that of a coverage is at most {error:.1f} points. No bootstrap p stands here: coverage over the "
        "replications says directly how often an interval covers the truth.",
        "全部数据均为模拟数据；参数为设定值，非估计值。共{n}个面板；标准误按企业聚类。均值的蒙特卡洛误差单独列出，覆盖率的蒙特卡洛误差"
        "不超过{error:.1f}个百分点。此处不列自助法p值：重复模拟的覆盖率已直接说明区间包含真值的频率。",
    ).filled(n=results.replications, error=frame["coverage_error"].max())


def designs(results: Results) -> FigureExhibit:
    """Median and middle ninety per cent of each static design against the truth; weak instruments on a scale of their own."""
    titles = {**_TITLES, _STRONG_LAG: Text("IV: own lag, shocks persist", "工具变量：自身滞后（冲击持续）")}
    table = summary({name: results.static[name] for name in titles})
    weak = table["first_stage"] < WEAK
    drawn = pd.DataFrame(
        {
            "design": table.index,
            "panel": np.where(weak, "weak", "other"),
            "estimate": table["median"],
            "low": table["low"],
            "high": table["high"],
        }
    )
    panels = {
        "other": Text("First-stage F of ten or more, or no instrument", "第一阶段F值不低于十，或无工具变量"),
        "weak": Text("First-stage F below ten", "第一阶段F值低于十"),
    }
    return forest_plot(
        drawn.sort_values("panel", kind="stable"),
        "design",
        panel="panel",
        names={**titles, **panels},
        references=[(TRUTH, Text("truth (simulated)", "真实值（模拟）"))],
        x_label=Text("Elasticity: median and middle ninety per cent of the replications", "弹性：重复模拟的中位数与中间九成"),
        title=Text("Simulated firms: designs against the truth", "模拟企业：各种设计与真实值"),
        notes=Text(
            "Simulated. The panels have scales of their own; the truth is drawn in the first.",
            "模拟数据。两图刻度不同，真实值只画在第一图。",
        ),
    )


def own_lag(results: Results) -> TableExhibit:
    """The own lag as an instrument: weak where shocks fade, strong and misleading where they persist."""
    frame = summary({name: results.static[name] for name in _LAG_ROWS})
    return frame_table(
        frame.assign(
            world=pd.Series({name: _WORLD_TITLES[world] for name, (world, _) in _LAG_ROWS.items()}),
            title=pd.Series({name: title for name, (_, title) in _LAG_ROWS.items()}),
        ),
        {
            "world": Text("World (simulated)", "情形（模拟）"),
            "title": glossary.DESIGN,
            "first_stage": glossary.FIRST_STAGE_F,
            "median": glossary.MEDIAN,
            "low": _LOW,
            "high": _HIGH,
            "coverage": _COVERAGE,
        },
        digits={"coverage": 1, "first_stage": 1},
        title=Text("Simulated firms: the own lag as an instrument", "模拟企业：以自身滞后为工具变量"),
        notes=[common_note(frame, results)],
    )


def designs_finding(results: Results) -> Statement:
    """What the designs find on average, the strong own lag, the common shock and the mechanical part."""
    found, total = summary(results.static), summary(results.total)
    mean, lag, common = found["mean"], _STRONG_LAG, results.clusters["common"]
    rejected = {name: percent(rejection(common[name], TRUTH)) for name in ("firm", "province", "null")}
    return statement(
        "simulated_designs",
        Text(
            "Simulated firms, true elasticity {truth:.2f}, {n} panels: pooled least squares finds {pooled:.2f}, firm and year effects "
            "{two_way:.2f}, the shift-share instrument {iv:.2f}. Where project shocks persist the own lag is a strong instrument "
            "(first-stage F {lag_f:.0f}) and finds {lag:.2f}; its intervals cover the truth in {lag_coverage:.0f}% of the panels. If "
            "firms of a province share a shock, clustering by firm rejects the truth in {by_firm:.0f}% of the panels, by province in "
            "{by_province:.0f}%, and with residuals under the null in {under_null:.0f}%. Where firms do not react at all, R&D that "
            "contains the grant still shows {mechanical:.2f}.",
            "模拟企业，真实弹性{truth:.2f}，{n}个面板：混合回归得{pooled:.2f}，企业与年份固定效应得{two_way:.2f}，份额移动型（Bartik）工具"
            "变量得{iv:.2f}。项目冲击持续时，自身滞后是强工具变量（第一阶段F值{lag_f:.0f}），却得{lag:.2f}，其区间仅在{lag_coverage:.0f}%"
            "的面板中含真值。同省企业有共同冲击时，按企业聚类在{by_firm:.0f}%的面板中拒绝真值，按省份聚类为{by_province:.0f}%，采用原假设"
            "下的残差为{under_null:.0f}%。即使企业毫无反应，含补贴的R&D仍显示{mechanical:.2f}的弹性。",
        ),
        truth=TRUTH,
        n=results.replications,
        pooled=mean["pooled"],
        two_way=mean["two_way"],
        iv=mean["shift_share"],
        lag_f=found["first_stage"][lag],
        lag=found["median"][lag],
        lag_coverage=found["coverage"][lag],
        by_firm=rejected["firm"],
        by_province=rejected["province"],
        under_null=rejected["null"],
        mechanical=total["mean"]["no_effect_total"],
    )
