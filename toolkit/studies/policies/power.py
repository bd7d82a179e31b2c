r"""What can 31 provinces detect? Effects added to placebo timings.

The first zone years are dealt out again among the provinces many times; each time an effect of a given size is added to the provinces that
are then treated and the static model is estimated. An effect :math:`\delta` that is the same everywhere moves the coefficient by
:math:`\delta` and leaves the residuals as they are, so that one set of placebos gives the rejections for every size:

.. math:: \hat\beta^*(\delta) = \hat\beta^* + \delta, \qquad t^*(\delta) = t^* + \delta / \widehat{se}^* .

The power that follows is that of the chapter's own rows, errors and timing, and holds for effects that do not differ.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit.estimate import PermutationTest
from toolkit.language import Text
from toolkit.numerics import Floats
from toolkit.present.exhibit import FigureExhibit
from toolkit.present.figures.multiples import small_multiples
from toolkit.present.record import Statement, statement
from toolkit.studies.policies.effects import SIZE, Effects
from toolkit.studies.policies.zones import FIRST_YEAR, MAIN, ONSET, OUTCOME_NAMES, Zones

POWER = 0.8
PERCENT = 100.0
EFFECTS = np.arange(0, 61) / PERCENT  # per cent of the outcome
_MOST = 400  # per cent, where the search for the smallest detectable effect ends
_TESTS = {
    "clustered": Text("t test clustered by province", "按省份聚类的t检验"),
    "timing": Text("Permuted timing", "置换时间检验"),
}


@dataclass(frozen=True)
class Power:
    """Rejections at 5% by the size of the effect.

    Attributes
    ----------
    curves : outcome, test, effect (per cent), rejected (per cent of placebos).
    detectable : smallest effect (per cent) that the permutation test finds in four of five placebos, by outcome.
    size : rejections of the clustered t test without any effect (per cent), by outcome.
    """

    curves: pd.DataFrame
    detectable: dict[str, float]
    size: dict[str, float]


def run(effects: Effects) -> Power:
    """Power of two tests for each outcome with a long panel, from the placebos of the effects."""
    from scipy.special import stdtrit

    curves, detectable, size = [], {}, {}
    for key in MAIN:
        placebo = effects.placebos[key]
        clustered = float(stdtrit(effects.static[key].covariance.df_t, 1 - SIZE / 2))
        for test, rejected in {
            "clustered": _rejected(placebo.statistics, placebo.statistics / placebo.coefficients, clustered, EFFECTS),
            "timing": _by_timing(placebo, EFFECTS),
        }.items():
            curves.append(pd.DataFrame({"outcome": key, "test": test, "effect": PERCENT * EFFECTS, "rejected": PERCENT * rejected}))
        size[key] = float(curves[-2]["rejected"].iloc[0])
        fine = np.arange(0, 10 * _MOST) / (10 * PERCENT)
        detectable[key] = PERCENT * float(fine[int(np.argmax(_by_timing(placebo, fine) >= POWER))])
    return Power(pd.concat(curves, ignore_index=True), detectable, size)


def _by_timing(placebo: PermutationTest, effects: Floats) -> Floats:
    """Against the coefficients of the other timings."""
    critical = float(np.quantile(np.abs(placebo.coefficients), 1 - SIZE))
    return _rejected(placebo.coefficients, np.ones_like(placebo.coefficients), critical, effects)


def _rejected(null: Floats, per_unit: Floats, critical: float, effects: Floats) -> Floats:
    """Share of placebos beyond a critical value, averaged over effects of both signs, for each size in per cent (as logarithm)."""
    moved = np.log1p(effects)[:, None] * np.abs(per_unit)
    return np.asarray(((np.abs(null + moved) > critical).mean(axis=1) + (np.abs(null - moved) > critical).mean(axis=1)) / 2)


def figure(found: Power) -> FigureExhibit:
    """Rejections by the size of the effect, a panel for each outcome."""
    return small_multiples(
        found.curves,
        "effect",
        "rejected",
        "outcome",
        group="test",
        columns=3,
        y_label=Text("Rejected (%)", "拒绝率（%）"),
        names={**OUTCOME_NAMES, **_TESTS},
        title=Text(
            "What the provinces can detect: rejections by the size of the effect (%)", "省级数据能发现多大的效应：按效应大小（%）的拒绝率"
        ),
        notes=Text(
            "Placebos: first zone years dealt out again among the provinces, with an effect of the given size, the same everywhere, added "
            "to the provinces then treated; share of them in which a test at 5% rejects. At zero it should be 5%.",
            "安慰剂：将首个示范区年份在省份间重新分配，并对由此受处理的省份加上同等大小的效应。纵轴为5%水平检验拒绝的比例，效应为零时应为5%。",
        ),
    )


def finding(found: Power) -> Statement:
    """The smallest effects that can be detected, and the size of the usual test."""
    return statement(
        "zone_power",
        Text(
            "To be found in four of five samples, the effect of a zone would have to be {enterprise:.0f} per cent on enterprises' R&D "
            "relative to GDP, {patents:.0f} per cent on patents in force and {contracts:.0f} per cent on technology contracts. Without "
            "any effect, the t test clustered by province rejects in {least:.0f} to {most:.0f} per cent of the placebos, where five is "
            "its nominal size.",
            "要在五个样本中的四个里被发现，示范区的效应须达到：企业资金R&D占GDP之比{enterprise:.0f}%，有效发明专利{patents:.0f}%，技术合同"
            "{contracts:.0f}%。没有任何效应时，按省份聚类的t检验在{least:.0f}%至{most:.0f}%的安慰剂中拒绝，名义水平为百分之五。",
        ),
        **found.detectable,
        least=min(found.size.values()),
        most=max(found.size.values()),
    )


def verdict(zones: Zones, found: Power) -> Statement:
    """The answer of the chapter in plain words."""
    frame = zones.sample("enterprise").frame
    before = frame[frame["year"] == FIRST_YEAR]
    level = before["rd_enterprise_intensity"].groupby(before[ONSET] > 0).median()
    return statement(
        "zone_verdict",
        Text(
            "Verdict. On the provincial panel there is no evidence that demonstration zones changed R&D that enterprises pay, technology "
            "contracts or patents in force, by any of three estimators, any timing or any inference; and there is no evidence that they "
            "did not. The smallest effect on enterprises' R&D that these data can find is {detectable:.0f} per cent of a whole province, "
            "which a zone would have to bring about from {cover:.0f} per cent of its prefecture-level units (median). Nor was the choice "
            "random: in {year} enterprises' R&D was {treated:.2f} per cent of GDP in provinces that got a zone later and {never:.2f} in "
            "those that never did (medians). Who wants the effect of a zone needs firms or cities.",
            "结论：在省级面板上，无论采用三种估计方法中的哪一种、何种处理时点、何种推断，都没有证据表明示范区改变了企业资金R&D、技术合同或"
            "有效发明专利；也没有证据表明其没有作用。这些数据所能发现的对企业资金R&D的最小效应为全省的{detectable:.0f}%，而示范区只涉及"
            "{cover:.0f}%的地级区划（中位数）。选择亦非随机：{year}年，后来设立示范区的省份企业资金R&D占GDP的{treated:.2f}%，从未设立的为"
            "{never:.2f}%（中位数）。要知道示范区的作用，需要企业或城市数据。",
        ),
        detectable=found.detectable["enterprise"],
        cover=float(zones.provinces["first_share"].median()),
        year=str(FIRST_YEAR),
        treated=float(level[True]),
        never=float(level[False]),
    )
