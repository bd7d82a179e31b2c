"""What does the static two-way coefficient average? Comparisons of cohorts (Goodman-Bacon), effects of cohorts and years (weights)."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from toolkit.estimate import Decomposition, goodman_bacon, two_way_weights
from toolkit.language import Text
from toolkit.present import frame_table
from toolkit.present.exhibit import TableExhibit
from toolkit.present.record import Statement, statement
from toolkit.studies.policies.zones import MAIN, ONSET, OUTCOME_NAMES, OUTCOMES, Zones

PERCENT = 100.0
LATE = "later vs earlier treated"  # the comparison that takes treated provinces as controls
_PARTS = {
    "treated vs never treated": Text("Treated against never treated", "受处理省份对从未受处理省份"),
    "earlier vs later treated": Text("Earlier against later, before its zone", "较早者对较晚者（后者尚未获批）"),
    LATE: Text("Later against earlier, after its zone", "较晚者对较早者（后者已获批）"),
}


@dataclass(frozen=True)
class Weights:
    """Two decompositions of the static coefficient, by outcome of the long panel.

    Attributes
    ----------
    comparisons : of cohorts.
    effects : weights of cohorts and years.
    """

    comparisons: dict[str, Decomposition]
    effects: dict[str, Decomposition]

    def rows(self) -> pd.DataFrame:
        """One row per outcome and kind of comparison, with the coefficient and the weights of effects in the first row of an outcome."""
        found = []
        for key, parts in self.comparisons.items():
            effects = self.effects[key]
            negative = effects.parts[effects.parts["weight"] < 0]
            whole = {
                "coefficient": parts.estimate,
                "cells": len(effects.parts),
                "negative": len(negative),
                "negative_weight": PERCENT * float(negative["weight"].sum()),
                "spread": effects.spread,
            }
            own = parts.summary.rename(columns={"kind": "part"}).assign(outcome=key, weight=PERCENT * parts.summary["weight"])
            found.append(own.join(pd.DataFrame([whole])))
        return pd.concat(found, ignore_index=True)


def run(zones: Zones) -> Weights:
    """Decompose the static coefficient of every outcome with a long panel."""
    samples = {key: zones.sample(key) for key in MAIN}
    return Weights(
        {key: goodman_bacon(OUTCOMES[key], panel, treatment=ONSET) for key, panel in samples.items()},
        {key: two_way_weights(f"{OUTCOMES[key]} ~ 1", panel, treatment=ONSET) for key, panel in samples.items()},
    )


def table(found: Weights) -> TableExhibit:
    """The kinds of comparisons with weight and average, and how many effects enter with a negative weight."""
    return frame_table(
        found.rows(),
        {
            "outcome": Text("Outcome (log)", "结果变量（对数）"),
            "part": Text("Comparison", "比较"),
            "weight": Text("Weight (%)", "权重（%）"),
            "estimate": Text("Average", "平均值"),
            "coefficient": Text("Two-way coefficient", "双向固定效应系数"),
            "cells": Text("Treated cells", "受处理单元格"),
            "negative": Text("with negative weight", "其中负权重"),
            "negative_weight": Text("their weight (%)", "负权重合计（%）"),
            "spread": Text("Spread that reverses it", "使结论反转的标准差"),
        },
        names={**OUTCOME_NAMES, **_PARTS},
        digits={"weight": 1, "negative_weight": 1, "cells": 0, "negative": 0},
        title=Text("What the static two-way coefficient averages", "静态双向固定效应系数平均了什么"),
        notes=Text(
            "Comparisons of two cohorts (Goodman-Bacon). Cells: cohorts and years under treatment, weighted as the two-way coefficient "
            "weighs their effects (de Chaisemartin and D'Haultfœuille); the spread is the standard deviation of effects across cells at "
            "which their average could be zero with this coefficient.",
            "比较：两个批次之间（Goodman-Bacon分解）。单元格：受处理的批次与年份，按双向固定效应系数赋予其效应的权重"
            "（de Chaisemartin–D'Haultfœuille）；标准差指各单元格效应的离散程度达到该值时，平均效应可为零而系数不变。",
        ),
    )


def finding(found: Weights) -> Statement:
    """How the weights fall for enterprises' R&D."""
    rows = found.rows()
    own = rows[rows["outcome"] == "enterprise"]
    never, late = (own[own["part"] == part].iloc[0] for part in ("treated vs never treated", LATE))
    whole = own.iloc[0]
    return statement(
        "zone_weights",
        Text(
            "Weights explain little here, so the estimators agree. {never:.0f} per cent of the weight on enterprises' R&D falls on "
            "comparisons with provinces that never had a zone (average {never_estimate:+.3f}), {late:.0f} per cent on those that take "
            "provinces with a zone as controls ({late_estimate:+.3f}). {negative} of {cells} cohorts and years have a negative weight, "
            "{weight:.1f} per cent in sum. The coefficient is so small all the same that effects with a standard deviation of {spread:.2f}"
            " across cells could average to zero.",
            "权重在此影响不大，故各估计方法结果相近。就企业资金R&D而言，{never:.0f}%的权重来自与从未设示范区省份的比较（平均为"
            "{never_estimate:+.3f}），{late:.0f}%来自以已设示范区省份为对照的比较（{late_estimate:+.3f}）。{cells}个批次—年份中{negative}"
            "个权重为负，合计{weight:.1f}%。但系数本身很小，只要各单元格效应的标准差达到{spread:.2f}，其平均即可为零。",
        ),
        never=float(never["weight"]),
        late=float(late["weight"]),
        never_estimate=float(never["estimate"]),
        late_estimate=float(late["estimate"]),
        negative=int(whole["negative"]),
        cells=int(whole["cells"]),
        weight=float(whole["negative_weight"]),
        spread=float(whole["spread"]),
    )
