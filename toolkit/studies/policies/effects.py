r"""Did the zones change R&D that enterprises pay, technology contracts, patents in force, sales of new products?

.. math:: \ln y_{it} = \beta\, d_{it} + \alpha_i + \lambda_t + \varepsilon_{it}

is the static two-way model; where effects differ between cohorts or grow, :math:`\hat\beta` may average them with negative weights, so
Callaway-Sant'Anna and the imputation estimator are given for the same rows. All need trends that would have been
parallel without zones; nothing else makes an estimate here an effect.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.errors import NotEstimable, PresentationError
from toolkit.estimate import (
    Estimate,
    EventStudy,
    PermutationTest,
    TrendBounds,
    event_study,
    fit,
    permutation_test,
    permute_timing,
    trend_bounds,
    wild_cluster_bootstrap,
)
from toolkit.language import Head, Text
from toolkit.panel import Panel
from toolkit.present import frame_table
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.multiples import small_multiples
from toolkit.present.record import Statement, statement
from toolkit.studies.policies.zones import MAIN, ONSET, OUTCOME_NAMES, OUTCOMES, SHORT, TREATED, Zones

SEED, DRAWS, SIZE = 20090313, 999, 0.05
LEADS = LAGS = 5
BOUND = 1.0  # trends may differ after the approval by as much from year to year as they did before
_AFTER = (0, 1, 2, 3)
ESTIMATORS = {
    "static": Text("Two-way, static", "双向固定效应（静态）"),
    "two-way": Text("Two-way event study", "双向固定效应事件研究"),
    "callaway-santanna": Text("Callaway–Sant'Anna", "Callaway–Sant'Anna"),
    "imputation": Text("Imputation", "插补法"),
}
_SHOWN = ("two-way", "callaway-santanna", "imputation")


@dataclass(frozen=True)
class Effects:
    """Effects of zones by outcome and estimator.

    Attributes
    ----------
    static : two-way estimates by outcome, clustered by province.
    placebos : the static coefficient against those of permuted timings, by outcome.
    studies : event studies by outcome and estimator.
    rows : one row per outcome and estimator but the two-way event study: estimate, std_error, p_value, wild_p (static), timing_p (first
        treated years dealt out again), pretrend_p (where the effects before the approval can be tested jointly), treated (provinces).
    bounds : average effect of the first four years if trends differ, by outcome of the long panel.
    """

    static: dict[str, Estimate]
    placebos: dict[str, PermutationTest]
    studies: dict[tuple[str, str], EventStudy]
    rows: pd.DataFrame
    bounds: dict[str, TrendBounds]

    def row(self, outcome: str, estimator: str) -> pd.Series:
        """The row of an outcome and estimator."""
        return self.rows[(self.rows["outcome"] == outcome) & (self.rows["estimator"] == estimator)].iloc[0]


def study(outcome: str, panel: Panel, estimator: str, rng: np.random.Generator) -> EventStudy:
    """The event study of an outcome (a term) on zones, with the settings of the chapter."""
    return event_study(
        f"{outcome} ~ 1",
        panel,
        treatment=ONSET,
        estimator=estimator,  # type: ignore[arg-type]
        leads=LEADS,
        lags=LAGS,
        controls="not yet treated",
        base="universal",
        draws=DRAWS,
        rng=rng,
    )


def run(zones: Zones) -> Effects:
    """Every outcome by every estimator."""
    rng = np.random.default_rng(SEED)
    static, placebos, studies, rows, bounds = {}, {}, {}, [], {}
    for key, outcome in OUTCOMES.items():
        panel = zones.sample(key)
        static[key] = fit(f"{outcome} ~ {TREATED} | province + year", panel, cluster="province")
        placebos[key] = permutation_test(static[key], term=TREATED, draws=DRAWS, rng=rng)
        for name in ESTIMATORS:
            if name != "static":
                studies[key, name] = study(outcome, panel, name, rng)
        c = static[key].coefficient(TREATED)
        wild = wild_cluster_bootstrap(static[key], term=TREATED, draws=DRAWS, rng=rng)
        tests = {"wild_p": wild.p_value, "timing_p": placebos[key].p_value, "pretrend_p": _pretest(studies[key, "two-way"])}
        rows.append(
            {"outcome": key, "estimator": "static", "estimate": c.estimate, "std_error": c.std_error, "p_value": c.p_value, **tests}
        )
        rows += [_row(key, name, studies[key, name], rng) for name in ("callaway-santanna", "imputation")]
        if key != SHORT:
            bounds[key] = trend_bounds(studies[key, "callaway-santanna"], [0.0, BOUND], event_times=_AFTER, rng=rng)
    treated = {key: zones.sample(key).frame.query(f"{TREATED} > 0")["province"].nunique() for key in OUTCOMES}
    table = pd.DataFrame(rows)
    return Effects(
        static=static, placebos=placebos, studies=studies, rows=table.assign(treated=table["outcome"].map(treated)), bounds=bounds
    )


def _row(outcome: str, name: str, found: EventStudy, rng: np.random.Generator) -> dict[str, object]:
    timing = permute_timing(found, draws=DRAWS, rng=rng).tidy()
    whole = found.overall
    return {
        "outcome": outcome,
        "estimator": name,
        "estimate": whole["estimate"],
        "std_error": whole["std_error"],
        "p_value": whole["p_value"],
        "wild_p": np.nan,
        "timing_p": float(timing.loc[timing["by"] == "overall", "p_value"].iloc[0]),
        "pretrend_p": _pretest(found),
    }


def _pretest(found: EventStudy) -> float:
    """p-value that all effects before the approval are zero; NaN with more of them than the clusters can tell apart."""
    try:
        return found.pretest().p_value
    except NotEstimable:
        return float("nan")


def paths(studies: Mapping[tuple[str, str], EventStudy], kind: str) -> pd.DataFrame:
    """Estimates and intervals by event time of the studies by outcome and ``kind``, one below the other."""
    parts = [
        study.tidy()[["event_time", "estimate", "conf_low", "conf_high"]].assign(outcome=outcome, **{kind: value})
        for (outcome, value), study in studies.items()
    ]
    return pd.concat(parts, ignore_index=True).astype({"event_time": "int64"})


event_panels = partial(
    small_multiples, y="estimate", panel="outcome", band=("conf_low", "conf_high"), vertical="free", y_label=Text("Log points", "对数点")
)
"""A panel for each outcome, with a scale of its own."""


def by_event_time(found: Effects) -> FigureExhibit:
    """Effects by years since the approval, three estimators side by side, for the outcomes with a long panel."""
    return event_panels(
        paths({(key, name): found.studies[key, name] for key in MAIN for name in _SHOWN}, "estimator"),
        x="event_time",
        group="estimator",
        columns=3,
        names={**OUTCOME_NAMES, **ESTIMATORS},
        title=Text("Before and after the first zone of a province, by years since its approval", "首个示范区获批前后：按距获批年数"),
        notes=Text(
            "Logarithms, province and year effects; pointwise 95% intervals clustered by province. Two-way and Callaway–Sant'Anna are "
            "measured against the year before the approval (controls: provinces without a zone yet), imputed leads against the years "
            "before the first lead shown. The two-way coefficients at both ends cover all years beyond.",
            "对数形式，含省份与年份固定效应；逐点95%置信区间，按省份聚类。双向固定效应与Callaway–Sant'Anna以获批前一年为基期"
            "（对照组为尚未设立示范区的省份），插补法的处理前效应以更早年份为基准。双向固定效应两端系数含其外所有年份。",
        ),
    )


def table(found: Effects) -> TableExhibit:
    """Average effects with every kind of p-value, and the interval that holds if trends differ."""
    ends = {key: bound.intervals.iloc[-1] for key, bound in found.bounds.items()}
    first = found.rows["estimator"] == "callaway-santanna"
    rows = found.rows.assign(
        low=[ends[key]["low"] if own and key in ends else np.nan for key, own in zip(found.rows["outcome"], first, strict=True)],
        high=[ends[key]["high"] if own and key in ends else np.nan for key, own in zip(found.rows["outcome"], first, strict=True)],
    )
    return frame_table(
        rows,
        {
            "outcome": Text("Outcome (log)", "结果变量（对数）"),
            "estimator": glossary.ESTIMATOR,
            "estimate": Text("Effect", "效应"),
            "std_error": glossary.STD_ERROR,
            "p_value": Head(glossary.P, "p_value"),
            "wild_p": Head(glossary.WILD_P, "p_value"),
            "timing_p": Head(Text("Timing permuted, p", "置换时间p值"), "p_value"),
            "pretrend_p": Head(Text("Pre-trend p", "前期趋势p值"), "p_value"),
            "low": Text("Bounds: low", "趋势偏离下限"),
            "high": Text("high", "上限"),
            "treated": Text("Treated provinces", "受处理省份"),
        },
        names={**OUTCOME_NAMES, **ESTIMATORS},
        title=Text("Average effects of a zone, four kinds of inference", "示范区的平均效应：四种推断"),
        notes=[
            Text(
                "Effect in log points, average over treated provinces and years. p: clustered by province. Timing permuted: first zone "
                "years dealt out again among the provinces, {draws} draws. Pre-trend: joint test of the years before the approval (of the "
                "two-way event study in the static row); missing where there are more of them than clusters can tell apart. Bounds: 95% "
                "interval for the first {years} years if trends differ after the approval by as much from year to year as before it "
                "(Rambachan and Roth, relative magnitudes {bound:g}).",
                "效应以对数点计，为受处理省份与年份的平均。p值按省份聚类。置换时间：将首个示范区年份在省份间重新分配，{draws}次。"
                "前期趋势：获批前各年系数的联合检验（静态行取自双向固定效应事件研究）；系数个数超过聚类数可识别者缺失。"
                "趋势偏离：若获批后趋势逐年偏离不超过获批前，最初{years}年平均效应的95%区间（Rambachan–Roth相对幅度{bound:g}）。",
            ).filled(draws=DRAWS, years=len(_AFTER), bound=BOUND),
            Text(
                "New-product sales are published from 2016 on: zones approved by then have no year before, and few provinces remain.",
                "新产品销售收入自2016年起公布：此前及当年获批者无处理前年份，剩余省份很少。",
            ),
        ],
    )


def finding(found: Effects) -> Statement:
    """What the estimators say, and for which outcome nothing can be said.

    Raises
    ------
    PresentationError
        An effect of the long panel is significant at 5%, or the trends of the short one do not differ: the sentence would be untrue.
    """
    by = {key: found.row(key, "callaway-santanna") for key in MAIN}
    smallest = float(np.nanmin(found.rows.loc[found.rows["outcome"] != SHORT, ["p_value", "wild_p", "timing_p"]].to_numpy(np.float64)))
    before = found.row(SHORT, "static")["pretrend_p"]
    if smallest < SIZE or before > SIZE:
        raise PresentationError(
            f"the smallest p-value is {smallest:.3f}, that of the short pre-trend {before:.3f}: the sentence does not hold",
            remedy="write what the table says",
        )
    interval = found.bounds["enterprise"].intervals.iloc[-1]
    return statement(
        "zone_effects",
        Text(
            "No estimator finds that a zone changed anything. R&D that enterprises pay, relative to GDP, is {enterprise:+.3f} log points "
            "higher after the first zone by Callaway and Sant'Anna (standard error {enterprise_error:.3f}; {static:+.3f} by two-way "
            "effects, {imputation:+.3f} by imputation), technology contracts {contracts:+.3f} ({contracts_error:.3f}), invention patents "
            "in force {patents:+.3f} ({patents_error:.3f}). The smallest of all p-values for these three outcomes, clustered, wild or "
            "from permuted timing, is {smallest:.2f}. If trends after the approval could drift by as much as before it, effects between "
            "{low:+.2f} and {high:+.2f} on enterprises' R&D cannot be excluded. For new-product sales the panel begins after most zones: "
            "{treated} treated provinces remain, the years before differ by the usual test, and that test itself is not to be trusted "
            "with so few; nothing can be said.",
            "没有任何估计方法发现示范区带来变化。首个示范区获批后，企业资金R&D占GDP之比按Callaway–Sant'Anna为{enterprise:+.3f}个对数点（标"
            "准误{enterprise_error:.3f}；双向固定效应为{static:+.3f}，插补法为{imputation:+.3f}），技术合同为{contracts:+.3f}（"
            "{contracts_error:.3f}），有效发明专利为{patents:+.3f}（{patents_error:.3f}）。这三个结果变量的全部p值（聚类、野自助、置换时间）"
            "最小为{smallest:.2f}。若获批后趋势逐年偏离可与获批前相当，则对企业资金R&D的效应在{low:+.2f}至{high:+.2f}之间均无法排除。新"
            "产品销售的面板始于多数示范区获批之后：仅剩{treated}个受处理省份，按通常检验此前趋势已有差异，而组数如此之少时该检验本身亦不可"
            "靠，无从判断。",
        ),
        **{key: float(row["estimate"]) for key, row in by.items()},
        **{f"{key}_error": float(row["std_error"]) for key, row in by.items()},
        static=float(found.row("enterprise", "static")["estimate"]),
        imputation=float(found.row("enterprise", "imputation")["estimate"]),
        smallest=smallest,
        low=float(interval["low"]),
        high=float(interval["high"]),
        treated=int(found.row(SHORT, "static")["treated"]),
    )
