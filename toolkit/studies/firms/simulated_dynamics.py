"""Simulated firms whose R&D persists: what least squares, difference and system GMM say of the impact and of the long run."""

from __future__ import annotations

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.language import Head, Text
from toolkit.present import frame_table
from toolkit.present.exhibit import TableExhibit
from toolkit.present.record import Statement, statement
from toolkit.studies.firms.accuracy import Draws, accuracy, percent, rejection
from toolkit.studies.firms.simulated import FIRM_AND_YEAR, MONTE_CARLO_ERROR, RMSE, STANDARD_DEVIATION, TRUTH, Results, common_note
from toolkit.studies.firms.worlds import DYNAMIC

_TITLES = {
    "ols": glossary.POOLED,
    "fixed": FIRM_AND_YEAR,
    "difference_lags": Text("Difference GMM, own lags", "差分GMM：自身滞后"),
    "difference_shock": Text("Difference GMM, shift-share", "差分GMM：份额移动型"),
    "system_shock": Text("System GMM, shift-share", "系统GMM：份额移动型"),
}


def summary(results: Results) -> pd.DataFrame:
    """One row per dynamic design: mean persistence; of the impact bias, sd, rmse, coverage; median, range and coverage of the long run."""
    rows = {}
    for name, found in results.dynamic.items():
        impact, long = accuracy(found.impact), found.long_run
        missed = rejection(long, long.truth)
        rows[name] = {
            "rho": float(found.rho.mean()),
            **{key: impact[key] for key in ("mean", "mean_error", "bias", "sd", "rmse", "coverage", "coverage_error")},
            "long_run": float(np.nanmedian(long.estimate)),
            "long_low": float(np.nanquantile(long.estimate, 0.05)),
            "long_high": float(np.nanquantile(long.estimate, 0.95)),
            "long_rmse": float(np.sqrt(np.nanmean((long.estimate - long.truth) ** 2))) if not _wild_tails(long) else np.nan,
            "long_coverage": 100 - percent(missed),
            "hansen_p": float(found.hansen_p.mean()),
        }
    return pd.DataFrame(rows).T


def _wild_tails(long: Draws) -> bool:
    """Whether a long run has draws without or near a root of one, so that its mean square says nothing."""
    return bool(np.isnan(long.estimate).any() or np.nanmax(np.abs(long.estimate - long.truth)) > 10 * abs(long.truth))


def table(results: Results) -> TableExhibit:
    """The dynamic designs: persistence, impact, long run, Hansen test."""
    frame = summary(results)
    truth = Text(
        "Truth: persistence {rho:g}, impact {impact:g}, long run {long_run:g}. The mean square of a long run is blank where a panel puts "
        "the persistence near one or above it.",
        "真实值：持续性{rho:g}，当期效应{impact:g}，长期效应{long_run:g}。若有面板的持续性接近或超过一，长期效应的均方根误差留空。",
    )
    return frame_table(
        frame.assign(title=pd.Series(_TITLES)),
        {
            "title": Text("Design (simulated)", "设计（模拟）"),
            "rho": Text("Persistence", "持续性"),
            "mean": Text("Impact", "当期效应"),
            "mean_error": MONTE_CARLO_ERROR,
            "sd": STANDARD_DEVIATION,
            "rmse": RMSE,
            "coverage": Text("Intervals that cover the impact (%)", "区间含当期真值的比例（%）"),
            "long_run": Text("Long run (median)", "长期效应（中位数）"),
            "long_low": Text("Low five per cent", "低端百分之五"),
            "long_high": Text("High five per cent", "高端百分之五"),
            "long_rmse": Text("RMSE, long run", "长期效应均方根误差"),
            "long_coverage": Text("Intervals that cover the long run (%)", "区间含长期真值的比例（%）"),
            "hansen_p": Head(Text("Mean Hansen p", "Hansen检验平均p值"), "p_value"),
        },
        digits={"coverage": 1, "long_coverage": 1, "mean_error": 4},
        title=Text("Simulated firms: dynamic designs", "模拟企业：动态设计"),
        notes=[
            common_note(frame, results),
            truth.filled(rho=DYNAMIC.persistence, impact=(1 - DYNAMIC.persistence) * TRUTH, long_run=TRUTH),
        ],
    )


def finding(results: Results) -> Statement:
    """The long run by design, and what own lags can tell."""
    found = summary(results)
    long, lags = found["long_run"], "difference_lags"
    return statement(
        "simulated_dynamics",
        Text(
            "Dynamic simulated firms, long run {truth:.2f}: firm and year effects have the median {fixed:.2f}, difference GMM with own "
            "lags {lags:.2f} (middle ninety per cent {low:.2f} to {high:.2f}; its intervals of the impact cover the truth in "
            "{coverage:.0f}% of the panels), with the shift-share instrument {shock:.2f}, system GMM {system:.2f}. Own lags are not wrong "
            "here, they are weak.",
            "动态模拟企业，长期弹性{truth:.2f}：企业与年份固定效应的中位数为{fixed:.2f}，以自身滞后为工具的差分GMM为{lags:.2f}（中间九成为"
            "{low:.2f}至{high:.2f}；其当期效应区间在{coverage:.0f}%的面板中含真值），加入份额移动型（Bartik）工具变量后为{shock:.2f}，系统"
            "GMM为{system:.2f}。此处自身滞后并无错误，只是较弱。",
        ),
        truth=TRUTH,
        fixed=long["fixed"],
        lags=long[lags],
        low=found["long_low"][lags],
        high=found["long_high"][lags],
        coverage=found["coverage"][lags],
        shock=long["difference_shock"],
        system=long["system_shock"],
    )
