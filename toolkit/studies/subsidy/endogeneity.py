r"""What do instruments and dynamics say on 31 provinces?

.. math:: \ln r_{it} = \rho \ln r_{i,t-1} + \beta \ln s_{it} + \gamma \ln y_{it} + \alpha_i + \lambda_t + \varepsilon_{it}, \qquad
          \text{long run } \beta / (1 - \rho)

Two-stage least squares with province and year effects, by the own lag or by the mean of the region's other provinces; difference and
system GMM with the lagged outcome, for every lag depth, collapsed or not. Least squares and the within estimator bound rho from above and
below (Nickell 1981; Bond 2002). None of these designs makes expenditure random.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.estimate import (
    Coefficient,
    DynamicEstimate,
    DynamicSettings,
    InstrumentsEstimate,
    WildTests,
    fit,
    fit_dynamic,
    fit_instruments,
    leave_one_out_mean,
    long_run,
)
from toolkit.language import Head, Text
from toolkit.panel import Panel
from toolkit.present import frame_table, regression_table
from toolkit.present.exhibit import TableExhibit
from toolkit.present.record import Statement, statement
from toolkit.present.words.formats import interval, p_value
from toolkit.studies.subsidy.model import (
    CONTROL,
    FIRST_YEAR,
    LAST_YEAR,
    OUTCOME,
    REGION_COLUMN,
    SUBSIDY,
    Elasticity,
    wild_of,
)

LAGGED_OUTCOME = f"L({OUTCOME}, 1)"
_DYNAMIC = f"{OUTCOME} ~ {LAGGED_OUTCOME} + {SUBSIDY} + {CONTROL} | year"
_DEPTHS = (2, 3, 4, 5)
SHOWN_DEPTH = 3  # last lag of the columns compared with the other designs; all depths stand in the table of choices
TITLES = {
    "own_lag": Text("IV: own lag", "工具变量：自身滞后"),
    "others": Text("IV: mean of the region's other provinces", "工具变量：同区域其他省份均值"),
    "difference": glossary.DIFFERENCE_GMM,
    "system": glossary.SYSTEM_GMM,
}


@dataclass(frozen=True)
class Endogeneity:
    """Instruments and dynamics.

    Attributes
    ----------
    instruments : two-stage least squares with province and year effects, by instrument.
    dynamics : difference and system GMM, lags 2 to ``SHOWN_DEPTH``, collapsed.
    wild : wild bootstrap (WRE) of each of ``instruments``.
    elasticities : each of both; Anderson–Rubin sets with instruments, the long run with a delta-method interval otherwise.
    strength : instrument -> effective F, its critical value, p of the Anderson–Rubin test of zero.
    choices : estimator, last (lag), collapsed, rho, impact, inside (bounds of rho), long_run, low, high, instruments, hansen_p, levels_p
        (difference in Hansen of the level equation), ar1_p, ar2_p: one row per choice.
    bounds : rho within provinces and by least squares.
    """

    instruments: dict[str, InstrumentsEstimate]
    dynamics: dict[str, DynamicEstimate]
    wild: dict[str, WildTests]
    elasticities: dict[str, Elasticity]
    strength: dict[str, tuple[float, float, float]]
    choices: pd.DataFrame
    bounds: tuple[Coefficient, Coefficient]


def run(panel: Panel) -> Endogeneity:
    """Instruments and dynamic panels on the table ``provincial_panel``, 2010 to 2023."""
    sample = panel.between(FIRST_YEAR, LAST_YEAR)
    sample = sample.assign(ln_fiscal=np.log(sample.frame["fiscal_sci_exp"]))
    sample = sample.assign(others=leave_one_out_mean(sample, "ln_fiscal", by=(REGION_COLUMN, "year")))
    stem = f"{OUTCOME} ~ {CONTROL} | province + year | {SUBSIDY} ~ "
    instruments = {
        "own_lag": fit_instruments(f"{stem} L({SUBSIDY}, 1)", sample),
        "others": fit_instruments(f"{stem} others", sample),
    }
    dynamics = {name: _dynamic(sample, name, SHOWN_DEPTH, collapse=True) for name in ("difference", "system")}
    least_squares, within = (
        fit(f"{OUTCOME} ~ {LAGGED_OUTCOME} + {SUBSIDY} + {CONTROL} | {effects}", sample).coefficient(LAGGED_OUTCOME)
        for effects in ("year", "province + year")
    )
    bounds = within, least_squares
    wild = wild_of(instruments, [SUBSIDY])
    return Endogeneity(
        instruments=instruments,
        dynamics=dynamics,
        wild=wild,
        elasticities={
            "own_lag": instrumented(instruments["own_lag"], SUBSIDY),
            "others": _without_interval(instruments["others"], wild["others"].p_values[SUBSIDY]),
            **{name: in_long_run(estimate, SUBSIDY) for name, estimate in dynamics.items()},
        },
        strength={name: _strength(estimate) for name, estimate in instruments.items()},
        choices=_choices(sample, bounds),
        bounds=bounds,
    )


def _dynamic(sample: Panel, estimator: str, last: int, collapse: bool) -> DynamicEstimate:
    lags = {OUTCOME: (2, last), SUBSIDY: (2, last)}
    settings = DynamicSettings(estimator="system" if estimator == "system" else "difference", collapse=collapse)
    return fit_dynamic(_DYNAMIC, sample, gmm=lags, iv=(CONTROL,), settings=settings)


def instrumented(estimate: InstrumentsEstimate, term: str) -> Elasticity:
    """The slope of ``term``, the one endogenous regressor, with its Anderson–Rubin set."""
    c, robust = estimate.coefficient(term), estimate.weak.anderson_rubin
    if robust is None:
        raise ValueError("one endogenous regressor has an Anderson–Rubin test")
    pieces = robust.confidence_set().intervals  # never empty: with one instrument the set holds the estimate
    return Elasticity(
        estimate=c.estimate,
        std_error=c.std_error,
        low=min(low for low, _ in pieces),
        high=max(high for _, high in pieces),
        p_value=robust.test(0.0).p_value,
        rows=estimate.counts.rows,
        provinces=estimate.counts.entities,
        interval="anderson_rubin",
    )


def _without_interval(estimate: InstrumentsEstimate, p_value: float) -> Elasticity:
    """The weak instrument: its Anderson–Rubin set holds too seldom in the simulated design, the bootstrap of both stages keeps its "
    "level."""
    c = estimate.coefficient(SUBSIDY)
    return Elasticity(
        estimate=c.estimate,
        std_error=c.std_error,
        low=np.nan,
        high=np.nan,
        p_value=p_value,
        rows=estimate.counts.rows,
        provinces=estimate.counts.entities,
        interval="none",
    )


def in_long_run(estimate: DynamicEstimate, term: str) -> Elasticity:
    """The long-run effect of ``term`` with its delta-method interval."""
    c = long_run(estimate, term)
    return Elasticity(
        estimate=c.estimate,
        std_error=c.std_error,
        low=c.low,
        high=c.high,
        p_value=c.p_value,
        rows=estimate.counts.rows,
        provinces=estimate.counts.entities,
        interval="delta",
    )


def _strength(estimate: InstrumentsEstimate) -> tuple[float, float, float]:
    effective, robust = estimate.weak.effective_f, estimate.weak.anderson_rubin
    if effective is None or robust is None:
        raise ValueError("one endogenous regressor has an effective F and an Anderson–Rubin test")
    return effective.statistic, effective.critical_value(), robust.test(0.0).p_value


def _choices(sample: Panel, bounds: tuple[Coefficient, Coefficient]) -> pd.DataFrame:
    rows = []
    for estimator in ("difference", "system"):
        for collapse in (True, False):
            for last in _DEPTHS:
                estimate = _dynamic(sample, estimator, last, collapse=collapse)
                rho, long, numbers = estimate.coefficient(LAGGED_OUTCOME), in_long_run(estimate, SUBSIDY), estimate.statistics
                rows.append(
                    {
                        "estimator": estimator,
                        "last": last,
                        "collapsed": collapse,
                        "rho": rho.estimate,
                        "impact": estimate.coefficient(SUBSIDY).estimate,
                        "inside": bounds[0].estimate <= rho.estimate <= bounds[1].estimate,
                        "long_run": long.estimate,
                        "low": long.low,
                        "high": long.high,
                        "instruments": int(numbers["instruments"]),
                        "hansen_p": numbers.get("hansen_p", np.nan),
                        "levels_p": numbers.get("hansen_levels_p", np.nan),
                        "ar1_p": numbers.get("ar1_p", np.nan),
                        "ar2_p": numbers.get("ar2_p", np.nan),
                    }
                )
    return pd.DataFrame(rows)


def estimates(results: Endogeneity) -> TableExhibit:
    """The second stages side by side, with the strength of the instruments in the note."""
    own, others = results.elasticities["own_lag"], results.elasticities["others"]
    (own_f, critical, own_p), (others_f, _, _) = results.strength["own_lag"], results.strength["others"]
    note = Text(
        "Own lag: effective F {own_f:.1f}, Anderson–Rubin set {own_set}, p of zero {own_p}. Mean of the region's other provinces: "
        "effective F {others_f:.1f}, below its critical value of {critical:.1f}; its Anderson–Rubin set covers too seldom in the "
        "simulation of this design and is not printed, the p of the bootstrap of both stages is {others_p}.",
        "自身滞后：有效F值{own_f:.1f}，Anderson–Rubin集合{own_set}，零假设p值{own_p}。同区域其他省份均值：有效F值{others_f:.1f}，低于临界值"
        "{critical:.1f}；其Anderson–Rubin集合在本设计的模拟中覆盖不足，故不列出；两阶段自助法的p值为{others_p}。",
    ).filled(
        own_f=own_f,
        own_set=interval(own.low, own.high),
        own_p=p_value(own_p),
        others_f=others_f,
        critical=critical,
        others_p=p_value(others.p_value),
    )
    return regression_table(
        {TITLES[name]: estimate for name, estimate in results.instruments.items()},
        wild=list(results.wild.values()),
        title=Text("Instruments (subsidy proxied)", "工具变量（补贴为代理变量）"),
        notes=[note],
    )


def choices(results: Endogeneity) -> TableExhibit:
    """Every lag depth, collapsed or not: persistence, long run and the tests that decide whether they can be believed."""
    within, least_squares = results.bounds
    yes_no = {True: Text("yes", "是"), False: Text("no", "否")}
    frame = results.choices.assign(
        lags=["2" if last == _DEPTHS[0] else f"2–{last}" for last in results.choices["last"]],
        collapsed=results.choices["collapsed"].map(yes_no),
        inside=results.choices["inside"].map(yes_no),
        range=[interval(low, high, 2) for low, high in results.choices[["low", "high"]].to_numpy()],
    )
    return frame_table(
        frame,
        {
            "estimator": glossary.ESTIMATOR,
            "lags": Text("Lags", "滞后阶数"),
            "collapsed": Text("Collapsed", "是否折叠"),
            "instruments": Text("Instruments", "工具变量数"),
            "rho": Text("ρ", "ρ"),
            "inside": Text("Within its bounds", "是否在界内"),
            "impact": Text("In the year", "当年弹性"),
            "long_run": Text("Long run", "长期弹性"),
            "range": Text("95% interval", "95%区间"),
            "hansen_p": Head(Text("Hansen p", "Hansen p值"), "p_value"),
            "levels_p": Head(Text("p, level equation", "水平方程p值"), "p_value"),
            "ar1_p": Head(Text("AR(1) p", "AR(1) p值"), "p_value"),
            "ar2_p": Head(Text("AR(2) p", "AR(2) p值"), "p_value"),
        },
        names={"difference": glossary.DIFFERENCE_GMM, "system": glossary.SYSTEM_GMM},
        digits={"long_run": 2},
        title=Text("Dynamic panels: what the choice of instruments decides", "动态面板：工具变量选择的影响"),
        notes=[
            Text(
                "Two-step, Windmeijer-corrected, full H; instruments: lags of R&D intensity and of expenditure, ln GDP per head and years "
                "instrument themselves. Bounds of ρ: {within:.3f} within provinces (biased down), {least_squares:.3f} by least squares "
                "(biased up). “p, level equation”: difference in Hansen of the instruments for levels. Hansen's p is too kind where "
                "instruments outnumber the 31 provinces. Neither the standard errors of ρ and of the year nor a bootstrap p is printed: "
                "they fail in the simulation of this design.",
                "两步估计，Windmeijer校正，完整H矩阵；以R&D强度与支出的滞后为工具，人均GDP对数与年份自为工具。ρ的上下界：省内估计"
                "{within:.3f}（偏低），最小二乘{least_squares:.3f}（偏高）。“水平方程p值”为水平方程工具变量的Hansen差分检验。工具变量数多"
                "于31个省份时Hansen p值过于宽松。",
            ).filled(within=within.estimate, least_squares=least_squares.estimate)
        ],
    )


def finding(results: Endogeneity) -> Statement:
    """The instrumented and the long-run elasticities, and how far the choice of lags moves the latter."""
    own, system = results.elasticities["own_lag"], results.elasticities["system"]
    bounded = results.choices[results.choices["inside"]]
    everywhere = results.choices.groupby("estimator")["long_run"].agg(["min", "max"])
    f, _, _ = results.strength["own_lag"]
    return statement(
        "subsidy_endogeneity",
        Text(
            "Instrumented by its own lag (effective F {f:.0f}) the elasticity is {own:.3f}, Anderson–Rubin set {own_set}; a lag is no "
            "instrument where what moves money persists. System GMM with few lags puts the long run at {system:.3f} {system_range}; over "
            "all lag depths it lies between {system_low:.2f} and {system_high:.2f}, that of difference GMM between {difference_low:.2f} "
            "and {difference_high:.2f}. {inside} of {choices} choices have a persistence within its bounds.",
            "以自身滞后为工具变量（有效F值{f:.0f}），弹性为{own:.3f}，Anderson–Rubin集合{own_set}；若推动资金的因素具有持续性，滞后项并非"
            "有效工具。少量滞后的系统GMM长期弹性为{system:.3f}{system_range}；在各滞后深度下介于{system_low:.2f}与{system_high:.2f}之间，"
            "差分GMM介于{difference_low:.2f}与{difference_high:.2f}之间。{choices}种选择中有{inside}种的持续性系数落在上下界之内。",
        ),
        f=f,
        own=own.estimate,
        own_set=interval(own.low, own.high),
        system=system.estimate,
        system_range=interval(system.low, system.high),
        system_low=everywhere["min"]["system"],
        system_high=everywhere["max"]["system"],
        difference_low=everywhere["min"]["difference"],
        difference_high=everywhere["max"]["difference"],
        inside=len(bounded),
        choices=len(results.choices),
    )
