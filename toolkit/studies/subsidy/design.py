"""Does each interval of the chapter hold its coverage with this many provinces and years? A simulation on the provinces' own regressors.

Outcomes are simulated, see :mod:`toolkit.studies.subsidy.worlds`; expenditure and GDP per head are the observed ones, Hainan's with them.
Slopes of least squares and of the own-lag instrument move one for one with the truth, so that their coverage is the same at every truth
and is drawn once; the dynamic models are drawn anew for each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.estimate.batch.gmm import joined
from toolkit.estimate.batch.wild import multipliers
from toolkit.language import Text
from toolkit.panel import Panel
from toolkit.present import frame_table
from toolkit.present.exhibit import TableExhibit
from toolkit.present.record import Statement, statement
from toolkit.present.tables.frame import YES
from toolkit.studies.subsidy.intervals import RECENT, TRUTHS, Estimator, dynamic_model, dynamic_rows, static_rows
from toolkit.studies.subsidy.model import SEED
from toolkit.studies.subsidy.worlds import Calibration, calibrate, dynamic_outcomes, static_errors, window

ESTIMATORS: tuple[Estimator, ...] = ("difference", "system")
LEVEL = 95.0
TOLERATED = 2.5  # points of coverage on each side
_MORE = 4  # times as many panels where no draw is bootstrapped: they cost next to nothing
MOST_UNBOUNDED = 50.0  # per cent of the panels
_BLOCK = 250  # panels whose equations are formed at once


@dataclass(frozen=True)
class Design:
    """Coverage, power and length of each interval.

    Attributes
    ----------
    calibrations : of the error processes, by number of years.
    intervals : one row per years, model, interval and truth: coverage and rejects_zero in per cent with their Monte Carlo errors
        (coverage_error, rejects_zero_error), length (median; missing for a test without interval), unbounded (per cent of the intervals).
    hansen : one row per years, estimator and truth: per cent of panels in which Hansen's J rejects at five per cent.
    replications, draws : simulated panels of the bootstraps and the dynamic models, four times as many of the rest; draws in each.
    """

    calibrations: dict[int, Calibration]
    intervals: pd.DataFrame
    hansen: pd.DataFrame
    replications: int
    draws: int


def run(panel: Panel, rng: np.random.Generator | None = None, replications: int = 1000, draws: int = 399) -> Design:
    """Simulate the balanced window of ``panel`` and, if it is longer, its last seven years.

    Parameters
    ----------
    panel : ``provincial_panel``.
    rng : source of all randomness; default one with the chapter's seed.
    replications : simulated panels of each world; four times as many for the intervals that need no bootstrap.
    draws : bootstrap draws in each panel.
    """
    rng = rng or np.random.default_rng(SEED)
    whole = window(panel)
    windows = [whole] if len(whole.years) <= RECENT else [whole, window(panel, RECENT)]
    found = {len(seen.years): calibrate(seen) for seen in windows}
    rows: list[dict[str, object]] = []
    hansen: list[dict[str, object]] = []
    for seen in windows:
        years = len(seen.years)
        errors = static_errors(rng, found[years], _MORE * replications)
        rows += [{"years": years, **row} for row in static_rows(seen, errors, replications, rng, draws=draws)]
        for truth in TRUTHS:
            outcomes = dynamic_outcomes(rng, found[years], seen, elasticity=truth, replications=replications)
            signs = multipliers(rng, draws, len(seen.s), "rademacher")
            for estimator in ESTIMATORS:
                fitted = joined([dynamic_model(seen, outcomes[at : at + _BLOCK], estimator) for at in range(0, replications, _BLOCK)])
                rows += [{"years": years, **row} for row in dynamic_rows(estimator, fitted, found[years].lag, truth, signs=signs)]
                share = 100 * float((fitted.hansen_p() <= 0.05).mean())
                hansen.append({"years": years, "estimator": estimator, "truth": truth, "rejects": share})
    return Design(found, pd.DataFrame(rows), pd.DataFrame(hansen), replications=replications, draws=draws)


_IMPACT, _LONG_RUN, _LAG = Text("impact", "当期效应"), Text("long run", "长期效应"), Text("persistence", "持续性")
_MODELS = {
    "pooled": glossary.POOLED,
    "between": Text("Means of the provinces", "各省均值"),
    "province": Text("Province effects", "省份固定效应"),
    "two_way": glossary.TWO_WAY,
    "region_year": Text("Province and region × year effects", "省份与区域×年份固定效应"),
    "trends": Text("Province and year effects, province trends", "双向固定效应加省份趋势"),
    "lag_sum": Text("Sum of this year and three lags", "当年与三期滞后之和"),
    "lead": Text("Next year's expenditure, given this year's", "下一年支出（控制当年支出）"),
    "neighbours": Text("Money of the neighbours, given one's own", "相邻省份支出（控制本省）"),
    "differences": glossary.FIRST_DIFFERENCES,
    "five_years": Text("Differences over five years", "间隔五年差分"),
    "long_difference": Text("Long difference", "长差分"),
    "others": Text("IV: mean of the region's other provinces", "工具变量：同区域其他省份均值"),
    "own_lag": Text("IV: own lag", "工具变量：自身滞后"),
} | {
    f"{estimator}_{name}": Text(f"{title.en}, {what.en}", f"{title.zh}：{what.zh}")
    for estimator, title in (("difference", glossary.DIFFERENCE_GMM), ("system", glossary.SYSTEM_GMM))
    for name, what in (("long_run", _LONG_RUN), ("fiscal", _IMPACT), ("lag", _LAG))
}
_INTERVALS = {
    "cluster_t": Text("clustered t", "聚类t"),
    "cr2": Text("CR2, Satterthwaite", "CR2（Satterthwaite自由度）"),
    "rademacher": Text("wild bootstrap, Rademacher", "野自助法（Rademacher权重）"),
    "webb": Text("wild bootstrap, Webb", "野自助法（Webb权重）"),
    "efficient": Text("wild bootstrap of both stages", "两阶段野自助法"),
    "anderson_rubin": Text("Anderson–Rubin set", "Anderson–Rubin集合"),
    "windmeijer": Text("normal, Windmeijer", "正态（Windmeijer标准误）"),
    "score": Text("score bootstrap", "得分自助法"),
}


_VERDICTS = {
    "printed": YES,
    "narrow": Text("no: covers too seldom", "否：覆盖不足"),
    "wide": Text("no: covers too often", "否：覆盖过度"),
    "unbounded": Text("no: unbounded", "否：多为无界"),
}


def verdicts(result: Design) -> pd.DataFrame:
    """One row per model and interval, in the order of the table.

    Columns are ``coverage_<T>``, ``error_<T>``, ``length_<T>``, ``unbounded_<T>``, ``rejects_<truth>_<T>`` and ``verdict_<T>`` for each
    number of years T. Coverage is that at the truth where it is farthest from 95 per cent. The verdict is "printed" if it is within 2.5
    points of that, give or take one Monte Carlo error, and the interval is bounded in half of the panels at least; else "narrow", "wide"
    or "unbounded".
    """
    found: dict[tuple[str, str], dict[str, object]] = {}
    for (years, model, interval), rows in result.intervals.groupby(["years", "model", "interval"], sort=False):
        worst = rows.iloc[int((rows["coverage"] - LEVEL).abs().to_numpy().argmax())]
        row = found.setdefault((str(model), str(interval)), {"model": model, "interval": interval})
        row |= {
            f"coverage_{years}": worst["coverage"],
            f"error_{years}": worst["coverage_error"],
            f"length_{years}": float(rows["length"].median()),
            f"unbounded_{years}": rows["unbounded"].mean(),
            f"verdict_{years}": _verdict(worst["coverage"], worst["coverage_error"], float(rows["unbounded"].mean())),
        }
        row |= {f"rejects_{truth:g}_{years}": share for truth, share in zip(rows["truth"], rows["rejects_zero"], strict=True)}
    return pd.DataFrame(found.values())


def _verdict(coverage: float, error: float, unbounded: float) -> str:
    if abs(coverage - LEVEL) > TOLERATED + error:
        return "narrow" if coverage < LEVEL else "wide"
    return "printed" if unbounded <= MOST_UNBOUNDED else "unbounded"


def printed(result: Design, model: str, interval: str) -> bool:
    """Whether the chapter may print the interval, by the longest window.

    Parameters
    ----------
    model : "two_way", "region_year", "trends", "lag_sum", "lead", "differences", "long_difference", "own_lag", or "difference" or "system"
        followed by "_long_run", "_fiscal" (impact) or "_lag" (persistence).
    interval : "cluster_t", "cr2", "rademacher", "webb", "anderson_rubin", "efficient", "windmeijer" or "score".
    """
    frame = verdicts(result).set_index(["model", "interval"])[f"verdict_{max(result.calibrations)}"]
    return bool(frame[model, interval] == "printed")


def table(result: Design) -> TableExhibit:
    """Coverage, power and length of every interval, and whether it is printed in the chapter."""
    frame, years = verdicts(result), sorted(result.calibrations, reverse=True)
    longest = years[0]
    frame[f"length_{longest}"] = frame[f"length_{longest}"].replace(np.inf, np.nan)
    heads = {"model": glossary.MODEL, "interval": Text("Interval", "区间")}
    for t in years:
        heads |= {f"coverage_{t}": Text(f"Coverage, {t} years (%)", f"覆盖率，{t}年（%）")}
    heads |= {
        f"rejects_{truth:g}_{longest}": Text(f"Zero rejected, truth {truth:g} (%)", f"拒绝零的比例，真值{truth:g}（%）") for truth in TRUTHS
    }
    heads |= {
        f"length_{longest}": Text("Median length", "长度中位数"),
        f"unbounded_{longest}": Text("Unbounded (%)", "无界的比例（%）"),
    }
    for t in years:
        heads |= {f"verdict_{t}": Text(f"May be printed, {t} years", f"可否列出，{t}年")}
    whole = [c for c in heads if c.startswith(("coverage", "rejects", "unbounded"))]
    return frame_table(
        frame,
        heads,
        names={**_MODELS, **_INTERVALS, **_VERDICTS},
        digits=dict.fromkeys(whole, 1) | {f"length_{longest}": 2},
        title=Text(
            "Simulated outcomes on the provinces' regressors: which intervals cover the truth", "各省真实解释变量上的模拟结果：哪些区间可信"
        ),
        notes=[
            _note(result, longest),
            Text(
                "An interval may be printed if its coverage, at the truth where it is farthest from {level:g}%, is within {tolerated:g} "
                "points of it, give or take one Monte Carlo error (at most {error:.1f} points), and if it is bounded in at least half of "
                "the panels.",
                "区间的覆盖率（取偏离{level:g}%最远的真值）与{level:g}%之差不超过{tolerated:g}个百分点（容许一个蒙特卡洛误差，最大"
                "{error:.1f}个百分点），且至少在一半面板中有界时，方可列出。",
            ).filled(tolerated=TOLERATED, level=LEVEL, error=frame[f"error_{longest}"].max()),
        ],
    )


def _note(result: Design, years: int) -> Text:
    c = result.calibrations[years]
    return Text(
        "Simulated: {n} outcomes for each world, {draws} bootstrap draws each, {more} outcomes for least squares without bootstrap; "
        "expenditure and GDP per head are those of the {provinces} provinces. With {years} years the static errors have persistence "
        "{rho:.2f}, {drift:.0f}% of their variance is a province's own trend, and their standard deviation runs from {low:.3f} to "
        "{high:.3f} by province; the dynamic model has persistence {lag:.2f}. Zero rejected: {years} years; for a persistence it is "
        "that of the lagged outcome that is held to be zero; next year's expenditure has the truth zero in every world. Length: "
        "{years} years; blank where more than half of the intervals are unbounded, or where a test gives none. Hansen's test, valid "
        "here, rejects at five per cent in {hansen_difference:.1f}% (difference) and {hansen_system:.1f}% (system GMM) of the panels.",
        "模拟数据：每种情形{n}组结果，每组{draws}次自助抽样，不用自助法的最小二乘区间为{more}组；财政科技支出与人均GDP为{provinces}个"
        "省份的真实数据。{years}年窗口的静态误差持续性为{rho:.2f}，各省自身趋势占其方差的{drift:.0f}%，标准差因省而异，介于{low:.3f}与"
        "{high:.3f}之间；动态模型的持续性为{lag:.2f}。“拒绝零的比例”指{years}年窗口；持续性一行检验的是被解释变量滞后项为零；下一年支"
        "出的真值恒为零。长度亦指{years}年窗口，一半以上区间无界或检验不给出区间时留空。工具变量在此有效，Hansen检验在百分之五水平上拒"
        "绝的比例：差分GMM为{hansen_difference:.1f}%，系统GMM为{hansen_system:.1f}%。",
    ).filled(
        n=result.replications,
        draws=result.draws,
        more=_MORE * result.replications,
        provinces=len(c.sd),
        years=years,
        rho=c.persistence,
        drift=100 * c.drift,
        low=float(c.sd.min()),
        high=float(c.sd.max()),
        lag=c.lag,
        **{f"hansen_{name}": float(share) for name, share in _hansen(result, years).items()},
    )


def _hansen(result: Design, years: int) -> pd.Series:
    """Mean share of rejections by estimator."""
    rows = result.hansen[result.hansen["years"] == years]
    return rows.groupby("estimator")["rejects"].mean()


def finding(result: Design) -> Statement:
    """Which intervals of the longest window hold, and what the dynamic models can tell."""
    years = max(result.calibrations)
    frame = verdicts(result).set_index(["model", "interval"])
    coverage, length, unbounded = (frame[f"{name}_{years}"].astype(float) for name in ("coverage", "length", "unbounded"))
    printed, power = frame[f"verdict_{years}"] == "printed", frame[f"rejects_{TRUTHS[-1]:g}_{years}"].astype(float)
    return statement(
        "subsidy_design",
        Text(
            "{n} simulated outcomes on the provinces' own regressors, {years} years: {held} of {number} intervals and tests keep their "
            "level and say something. With province and year effects the clustered t interval covers the truth in {t:.1f}% of the panels, "
            "the bias-reduced one of Bell and McCaffrey in {cr2:.1f}%, the wild bootstrap in {wild:.1f}%; the wild bootstrap rejects zero "
            "in {power:.0f}% when the truth is {truth:g}. The long run of system GMM rejects it in {system:.0f}%; its interval of the "
            "persistence covers the truth in only {lag:.1f}%. The interval of difference GMM's long run has a median length of "
            "{length:.1f}; its score bootstrap is unbounded in {score:.0f}% of the panels.",
            "在各省真实解释变量上模拟{n}组结果（{years}年）：{number}种区间与检验中有{held}种名实相符且有信息量。双向固定效应下，聚类t区间"
            "覆盖真值的比例为{t:.1f}%，Bell–McCaffrey偏误修正区间为{cr2:.1f}%，野自助法为{wild:.1f}%；真值为{truth:g}时，野自助法拒绝零的"
            "比例为{power:.0f}%，系统GMM的长期效应为{system:.0f}%，而后者持续性区间的覆盖率仅为{lag:.1f}%。差分GMM长期效应区间的长度中位数"
            "为{length:.1f}，其得分自助法区间在{score:.0f}%的面板中无界。",
        ),
        n=result.replications,
        years=years,
        number=len(printed),
        held=int(printed.sum()),
        t=coverage["two_way", "cluster_t"],
        cr2=coverage["two_way", "cr2"],
        wild=coverage["two_way", "rademacher"],
        truth=TRUTHS[-1],
        power=power["two_way", "rademacher"],
        system=power["system_long_run", "windmeijer"],
        lag=coverage["system_lag", "windmeijer"],
        length=length["difference_long_run", "windmeijer"],
        score=unbounded["difference_fiscal", "score"],
    )
