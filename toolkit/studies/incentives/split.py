r"""Which share for the broker is best when the inventor has what the pilot gives him? A model with two agents, on assumed weights.

The unit keeps :math:`(1 - s_1 - s_2)\, y`; with the inventor's share fixed, the broker's best is :math:`(1 - s_1)\, b / (1 - a)`
(:mod:`toolkit.measure.incentives`), a and b being the weights of the two in the result.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import pandas as pd

from toolkit.audit.printed import PrintedClaim
from toolkit.language import Text
from toolkit.measure import best_broker_share, split_output
from toolkit.present.exhibit import FigureExhibit
from toolkit.present.figures.matrix import matrix_heatmap
from toolkit.present.record import Statement, statement
from toolkit.registry import registry

INVENTOR_WEIGHTS = (0.3, 0.4, 0.5, 0.6, 0.7)
BROKER_WEIGHTS = (0.02, 0.05, 0.10, 0.15, 0.20, 0.25)
MIDDLE = 0.5  # the inventor's weight that the sentence is about
PERCENT = 100.0


@dataclass(frozen=True)
class Split:
    """Shares of the registry, and what is best beside them.

    Attributes
    ----------
    inventor : the inventor's share, a fraction; low, high : the range of the broker's.
    best : the broker's best share (%), by weight of the broker (rows) and of the inventor (columns), both in %.
    kept_low, kept_high : what the unit keeps with the broker at either end of the range, in % of what it keeps at the best share.
    """

    inventor: float
    low: float
    high: float
    best: pd.DataFrame
    kept_low: pd.DataFrame
    kept_high: pd.DataFrame

    def weight_for(self, broker: float) -> float:
        """The broker's weight at which his share is the best one, the inventor's in the middle."""
        return broker * (1 - MIDDLE) / (1 - self.inventor)


def run(inventor_weights: tuple[float, ...] = INVENTOR_WEIGHTS, broker_weights: tuple[float, ...] = BROKER_WEIGHTS) -> Split:
    """The best share of the broker on a grid of weights, with the inventor's share and the broker's range from the registry."""
    claims = registry().claims
    inventor = PrintedClaim(claims["chen2025_inventor_70"]).number / PERCENT
    broker = claims["chen2025_broker_3_10"]
    low, high = float(broker.low) / PERCENT, float(broker.high) / PERCENT

    best, kept_low, kept_high = (
        pd.DataFrame(index=[f"{b:.0%}" for b in broker_weights], columns=[f"{a:.0%}" for a in inventor_weights], dtype="float64")
        for _ in range(3)
    )
    for a, b in product(inventor_weights, broker_weights):
        at, share = (f"{b:.0%}", f"{a:.0%}"), best_broker_share(inventor, (a, b))
        most, *ends = ((1 - inventor - s) * split_output(inventor, s, (a, b)) for s in (share, low, high))
        best.loc[at], kept_low.loc[at], kept_high.loc[at] = PERCENT * share, PERCENT * ends[0] / most, PERCENT * ends[1] / most
    return Split(inventor=inventor, low=low, high=high, best=best, kept_low=kept_low, kept_high=kept_high)


def figure(found: Split) -> FigureExhibit:
    """The best share, and what either end of the range leaves of the best result."""
    return matrix_heatmap(
        {"best": found.best, "low": found.kept_low, "high": found.kept_high},
        row_label=Text("Weight of the broker", "经理人的权重"),
        column_label=Text("Weight of the inventor", "完成人的权重"),
        digits=0,
        width="two",
        names={
            "best": Text("Broker's best share (%)", "经理人的最优比例（%）"),
            "low": Text("Kept at {share:.0%} (best = 100)", "比例为{share:.0%}时的留存（最优=100）").filled(share=found.low),
            "high": Text("Kept at {share:.0%} (best = 100)", "比例为{share:.0%}时的留存（最优=100）").filled(share=found.high),
        },
        title=Text("The broker's share that leaves the unit most: a model", "使单位留存最多的经理人比例：模型推算"),
        notes=Text(
            "A model with assumed weights, no data: inventor and broker choose efforts that cost ever more, the inventor has {share:.0%} "
            "of the proceeds (paper), the unit keeps the rest. Weights: per cent of result per per cent of cost of effort.",
            "模型推算，权重为假设，未用数据：完成人与经理人各自选择努力程度，成本递增；完成人得{share:.0%}（论文），单位留存其余。权重指努"
            "力成本每增百分之一，成果收益所增的百分数。",
        ).filled(share=found.inventor),
    )


def finding(found: Split) -> Statement:
    """For which weights the range of the broker's share is best, and what it costs otherwise."""
    column, heavy = f"{MIDDLE:.0%}", found.best.index[-2]
    return statement(
        "revenue_split",
        Text(
            "In the model the unit keeps most when each share equals its weight, so {inventor:.0%} for the inventor is right only if that "
            "is his weight. With that share given and a weight of {middle:.0%}, {low:.0%} to {high:.0%} for the broker is best if his "
            "weight lies between {weight_low:.1%} and {weight_high:.1%}. A weight of {heavy} calls for {best:.0f}%; at {low:.0%} the unit "
            "then keeps {kept_low:.0f}% of what it could, at {high:.0%} {kept_high:.0f}%. Which weights are true no shipped series says.",
            "在模型中，各方比例等于其权重时单位留存最多；因此完成人得{inventor:.0%}，只有在成果收益有同样权重系于其身时才合适。给定该比例"
            "且完成人权重为{middle:.0%}，经理人得{low:.0%}至{high:.0%}为最优，须其权重在{weight_low:.1%}至{weight_high:.1%}之间。若其权重"
            "为{heavy}，最优为{best:.0f}%；此时给{low:.0%}，单位仅得最大留存的{kept_low:.0f}%，给{high:.0%}则得{kept_high:.0f}%。权重究竟"
            "多大，随附数据无从得知。",
        ),
        inventor=found.inventor,
        middle=MIDDLE,
        low=found.low,
        high=found.high,
        weight_low=found.weight_for(found.low),
        weight_high=found.weight_for(found.high),
        heavy=heavy,
        best=float(found.best.loc[heavy, column]),
        kept_low=float(found.kept_low.loc[heavy, column]),
        kept_high=float(found.kept_high.loc[heavy, column]),
    )
