"""Simulated firms whose elasticity is known: which designs recover it, which miss it, and which diagnostics say so?

Everything here is simulated. With quality a_i of a firm and q_it of its projects, which the agency sees and the researcher does not, and a
shock z_pt of the province's fund to which the firm is exposed by e_i, the subsidy s* and R&D intensity y are, in logs::

    s*_it = ... + 0.6 a_i + f e_i z_pt + 0.8 q_it + v_it,        y_it = ... + a_i + b s*_it + q_it + u_it

and s* is seen with measurement error. Each design is estimated on the same panels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.data.simulate import FirmSettings, simulate_firms
from toolkit.errors import UnknownOption
from toolkit.estimate import (
    DynamicSettings,
    Estimate,
    fit,
    fit_differences,
    fit_dynamic,
    fit_instruments,
    leave_one_out_mean,
    long_run,
)
from toolkit.estimate.instruments import mean_including_own
from toolkit.language import Head, Text
from toolkit.panel import Panel
from toolkit.present import frame_table
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.forest import forest_plot
from toolkit.present.record import Statement, statement

Steps = Callable[[Iterable[int]], Iterable[int]]

_STATIC, _NO_SELECTION, _WEAK_FUND = FirmSettings(), FirmSettings(selection=0.0), FirmSettings(fund=0.1)
_DYNAMIC = FirmSettings(persistence=0.5)
_TRUTH = _STATIC.elasticity
_IMPACT = (1 - _DYNAMIC.persistence) * _DYNAMIC.elasticity

_CONTROL = "ln_revenue"
_BOTH = f"{_CONTROL} | firm + year"


@dataclass(frozen=True)
class Design:
    """One way to estimate the elasticity.

    Attributes
    ----------
    title : as shown.
    settings : parameters of the panels it is estimated on.
    estimate : the model, given a panel.
    """

    title: Text
    settings: FirmSettings
    estimate: Callable[[Panel], Estimate]


def _instrumented(instrument: str) -> Callable[[Panel], Estimate]:
    return lambda panel: fit_instruments(f"ln_rd_intensity ~ {_BOTH} | ln_subsidy ~ {instrument}", panel)


def _gmm(estimator: str, subsidy: str) -> Callable[[Panel], Estimate]:
    settings = DynamicSettings(estimator=estimator, collapse=True)  # type: ignore[arg-type]
    formula = f"ln_rd_intensity ~ L(ln_rd_intensity, 1) + ln_subsidy + {_CONTROL} | year"
    if subsidy == "own lags":
        return lambda panel: fit_dynamic(
            formula, panel, gmm={"ln_rd_intensity": (2, 4), "ln_subsidy": (2, 4)}, iv=(_CONTROL,), settings=settings
        )
    return lambda panel: fit_dynamic(formula, panel, gmm={"ln_rd_intensity": (2, 4)}, iv=(_CONTROL, "exposed_shock"), settings=settings)


DESIGNS: dict[str, Design] = {
    "pooled": Design(glossary.POOLED, _STATIC, lambda p: fit(f"ln_rd_intensity ~ ln_subsidy + {_CONTROL}", p)),
    "two_way": Design(
        Text("Firm and year effects", "企业与年份固定效应"), _STATIC, lambda p: fit(f"ln_rd_intensity ~ ln_subsidy + {_BOTH}", p)
    ),
    "no_error": Design(
        Text("… without measurement error", "……无测量误差"), _STATIC, lambda p: fit(f"ln_rd_intensity ~ ln_subsidy_true + {_BOTH}", p)
    ),
    "no_selection": Design(
        Text("… without selection of projects", "……无项目选择"), _NO_SELECTION, lambda p: fit(f"ln_rd_intensity ~ ln_subsidy + {_BOTH}", p)
    ),
    "differences": Design(
        glossary.FIRST_DIFFERENCES, _STATIC, lambda p: fit_differences(f"ln_rd_intensity ~ ln_subsidy + {_CONTROL} + C(year)", p)
    ),
    "shift_share": Design(Text("IV: shift-share of the fund", "工具变量：基金份额移动"), _STATIC, _instrumented("exposed_shock")),
    "leave_one_out": Design(Text("IV: mean of other firms", "工具变量：其他企业均值"), _STATIC, _instrumented("others")),
    "with_own": Design(Text("IV: mean with the own firm", "工具变量：含本企业均值"), _STATIC, _instrumented("with_own")),
    "own_lag": Design(Text("IV: own lag", "工具变量：自身滞后"), _STATIC, _instrumented("L(ln_subsidy, 1)")),
    "weak_fund": Design(Text("IV: shift-share, weak fund", "工具变量：弱基金冲击"), _WEAK_FUND, _instrumented("exposed_shock")),
}
_LAGGED = f"ln_rd_intensity ~ L(ln_rd_intensity, 1) + ln_subsidy + {_CONTROL}"
DYNAMIC_DESIGNS: dict[str, Design] = {
    "ols": Design(glossary.POOLED, _DYNAMIC, lambda p: fit(f"{_LAGGED} + C(year)", p)),
    "fixed": Design(Text("Firm and year effects", "企业与年份固定效应"), _DYNAMIC, lambda p: fit(f"{_LAGGED} | firm + year", p)),
    "difference_lags": Design(Text("Difference GMM, own lags", "差分GMM：自身滞后"), _DYNAMIC, _gmm("difference", "own lags")),
    "difference_shock": Design(Text("Difference GMM, shift-share", "差分GMM：份额移动"), _DYNAMIC, _gmm("difference", "shock")),
    "system_shock": Design(Text("System GMM, shift-share", "系统GMM：份额移动"), _DYNAMIC, _gmm("system", "shock")),
}


@dataclass(frozen=True)
class Results:
    """Everything that notebook 05 shows; all of it simulated.

    Attributes
    ----------
    example : the first panel.
    draws, dynamic_draws : one row per design and replication: estimate, standard error, covered, first-stage F or Hansen p, ...
    replications : number of panels of the static designs.
    """

    example: Panel
    draws: pd.DataFrame
    dynamic_draws: pd.DataFrame
    replications: int


def run(replications: int, dynamic_replications: int, seed: int, steps: Steps = iter) -> Results:
    """Estimate every design on ``replications`` simulated panels, the dynamic ones on ``dynamic_replications``.

    Parameters
    ----------
    replications, dynamic_replications : at least two each.
    seed : of the first panel; panel r is made from ``seed + r``.
    steps : wraps the iteration over all panels, for example a progress bar.

    Raises
    ------
    UnknownOption
        For fewer than two replications.
    """
    if min(replications, dynamic_replications) < 2:
        raise UnknownOption("a Monte Carlo needs at least two replications", remedy="use 50 or more")
    draws: list[dict[str, object]] = []
    dynamic: list[dict[str, object]] = []
    for step in steps(range(replications + dynamic_replications)):
        if step < replications:
            draws += _static_draws(seed + step)
        else:
            dynamic += _dynamic_draws(seed + step - replications)
    return Results(
        example=_prepared(_STATIC, seed), draws=pd.DataFrame(draws), dynamic_draws=pd.DataFrame(dynamic), replications=replications
    )


def _prepared(settings: FirmSettings, seed: int) -> Panel:
    """A simulated panel with the two province-year means that serve as instruments."""
    panel = simulate_firms(np.random.default_rng(seed), settings)
    by = ("province", "year")
    return panel.assign(others=leave_one_out_mean(panel, "ln_subsidy", by=by), with_own=mean_including_own(panel, "ln_subsidy", by=by))


def _static_draws(seed: int) -> list[dict[str, object]]:
    panels = {settings: _prepared(settings, seed) for settings in {design.settings for design in DESIGNS.values()}}
    rows = []
    for name, design in DESIGNS.items():
        estimate = design.estimate(panels[design.settings])
        term = "ln_subsidy_true" if "ln_subsidy_true" in estimate.terms else "ln_subsidy"
        c = estimate.coefficient(term)
        strength = estimate.statistics.get("effective_f", float("nan"))
        rows.append({"design": name, "seed": seed, "estimate": c.estimate, "covered": c.low <= _TRUTH <= c.high, "first_stage": strength})
    return rows


def _dynamic_draws(seed: int) -> list[dict[str, object]]:
    panel = _prepared(_DYNAMIC, seed)
    rows = []
    for name, design in DYNAMIC_DESIGNS.items():
        estimate = design.estimate(panel)
        c, rho = estimate.coefficient("ln_subsidy"), estimate.coefficient("L(ln_rd_intensity, 1)").estimate
        rows.append(
            {
                "design": name,
                "seed": seed,
                "rho": rho,
                "estimate": c.estimate,
                "long_run": long_run(estimate, "ln_subsidy").estimate if rho < 1 else float("inf"),
                "covered": c.low <= _IMPACT <= c.high,
                "hansen_p": estimate.statistics.get("hansen_p", float("nan")),
            }
        )
    return rows


def _summary(results: Results) -> pd.DataFrame:
    """One row per static design: mean, 5 and 95 per cent quantiles, bias, coverage, median first-stage F (missing without instruments)."""
    groups = results.draws.groupby("design", sort=False)
    found = pd.DataFrame(
        {
            "mean": groups["estimate"].mean(),
            "low": groups["estimate"].quantile(0.05),
            "high": groups["estimate"].quantile(0.95),
            "bias": groups["estimate"].mean() - _TRUTH,
            "coverage": 100 * groups["covered"].mean(),
            "first_stage": groups["first_stage"].median(),
        }
    )
    return found.assign(title=pd.Series({name: design.title for name, design in DESIGNS.items()}))


def _dynamic_summary(results: Results) -> pd.DataFrame:
    """One row per dynamic design: means of persistence and impact, median long run, coverage of the impact, mean Hansen p."""
    groups = results.dynamic_draws.groupby("design", sort=False)
    found = pd.DataFrame(
        {
            "rho": groups["rho"].mean(),
            "mean": groups["estimate"].mean(),
            "long_run": groups["long_run"].median(),
            "coverage": 100 * groups["covered"].mean(),
            "hansen_p": groups["hansen_p"].mean(),
        }
    )
    return found.assign(title=pd.Series({name: design.title for name, design in DYNAMIC_DESIGNS.items()}))


_NOTE = Text(
    "All data are simulated; parameters are chosen, not estimated. No wild bootstrap p stands here: coverage over the replications says "
    "directly how often an interval holds the truth, and firms are many clusters.",
    "全部数据均为模拟数据；参数为设定值，非估计值。此处不列wild自助法p值：重复模拟的覆盖率已直接说明区间包含真实值的频率，且企业聚类数较多。",
)


def designs(results: Results) -> FigureExhibit:
    """Mean and middle ninety per cent of each static design against the truth, cut to the frame of the figure."""
    table = _summary(results)
    drawn = pd.DataFrame({"design": table.index, "estimate": table["mean"], "low": table["low"], "high": table["high"]})
    cut = drawn.assign(**{name: drawn[name].clip(-0.5, 1.5) for name in ("estimate", "low", "high")})
    return forest_plot(
        cut,
        "design",
        names={name: design.title for name, design in DESIGNS.items()},
        references=[(_TRUTH, Text("truth (simulated)", "真实值（模拟）"))],
        x_label=Text("Elasticity: mean and middle ninety per cent of the replications", "弹性：重复模拟的均值与中间九成"),
        title=Text("Simulated firms: ten designs against the truth", "模拟企业：十种设计与真实值"),
        notes=Text(
            "Simulated. Designs whose middle ninety per cent reach beyond the frame are cut to it; the table has their numbers.",
            "模拟数据。中间九成超出图框的设计被截断，数值见表。",
        ),
    )


def static(results: Results) -> TableExhibit:
    """The static designs: bias, coverage, first-stage F."""
    return frame_table(
        _summary(results),
        {
            "title": Text("Design (simulated)", "设计（模拟）"),
            "mean": glossary.MEAN,
            "low": Text("Low five per cent", "低端百分之五"),
            "high": Text("High five per cent", "高端百分之五"),
            "bias": Text("Bias", "偏误"),
            "coverage": Text("Intervals that hold the truth (%)", "区间含真值的比例（%）"),
            "first_stage": glossary.FIRST_STAGE_F,
        },
        digits={"coverage": 0, "first_stage": 1},
        title=Text("Simulated firms: static designs", "模拟企业：静态设计"),
        notes=[_NOTE],
    )


def dynamic(results: Results) -> TableExhibit:
    """The dynamic designs: persistence, impact, long run, Hansen test."""
    truth = Text(
        "Truth: persistence {rho:g}, impact {impact:g}, long run {long_run:g}.",
        "真实值：持续性{rho:g}，当期效应{impact:g}，长期效应{long_run:g}。",
    )
    return frame_table(
        _dynamic_summary(results),
        {
            "title": Text("Design (simulated)", "设计（模拟）"),
            "rho": Text("Persistence", "持续性"),
            "mean": Text("Impact", "当期效应"),
            "long_run": Text("Long run (median)", "长期效应（中位数）"),
            "coverage": Text("Intervals that hold the impact (%)", "区间含当期真值的比例（%）"),
            "hansen_p": Head(Text("Mean Hansen p", "Hansen检验平均p值"), "p_value"),
        },
        digits={"coverage": 0},
        title=Text("Simulated firms: dynamic designs", "模拟企业：动态设计"),
        notes=[_NOTE, truth.filled(rho=_DYNAMIC.persistence, impact=_IMPACT, long_run=_DYNAMIC.elasticity)],
    )


_FINDING = Text(
    "Simulated firms, true elasticity {truth:.2f}, {n} panels: pooled least squares finds {pooled:.2f}, firm and year effects "
    "{two_way:.2f}, the shift-share instrument {iv:.2f}. With own lags as instruments, difference GMM puts the long-run elasticity at "
    "{gmm:.2f}, while its Hansen test averages p = {hansen:.2f} and does not warn.",
    "模拟企业，真实弹性{truth:.2f}，{n}个面板：混合回归得{pooled:.2f}，企业与年份固定效应得{two_way:.2f}，份额移动工具变量得{iv:.2f}。"
    "以自身滞后为工具的差分GMM长期弹性为{gmm:.2f}，其Hansen检验平均p值为{hansen:.2f}，并未发出警告。",
)


def designs_finding(results: Results) -> Statement:
    """What the designs find on average, and whether the Hansen test warns."""
    mean, lagged = _summary(results)["mean"], _dynamic_summary(results).to_dict("index")["difference_lags"]
    return statement(
        "simulated_designs",
        _FINDING,
        truth=_TRUTH,
        n=results.replications,
        pooled=mean["pooled"],
        two_way=mean["two_way"],
        iv=mean["shift_share"],
        gmm=lagged["long_run"],
        hansen=lagged["hansen_p"],
    )
