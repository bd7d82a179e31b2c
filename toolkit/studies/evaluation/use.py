r"""Evaluation by papers against evaluation by use: how the order of provinces changes with the weight.

.. math:: e_i(w) = (1 - w)\, z(\ln p_i) + w\, z(\ln u_i)

with p papers and u a measure of use, both per person-year of R&D, and z the distance from the mean in standard deviations. Provinces stand
for what the papers mean, universities and teams, whose figures are not shipped: a proxy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit.language import Text
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.present.exhibit import FigureExhibit
from toolkit.present.figures.bump import bump_chart
from toolkit.present.record import Statement, statement
from toolkit.present.words.labels import province_label

YEARS = (2020, 2022)  # the last with papers; together, because contracts of a single year jump
TENTHS = tuple(range(0, 11, 2))  # weights of use that are drawn
HALF = 5
FAR = 10  # places
USES = {"contracts": "tech_market_value", "patents": "patent_grant_invention", "products": "ind_new_product_sales"}


@dataclass(frozen=True)
class Evaluation:
    """Scores of provinces by the weight of use.

    Attributes
    ----------
    scores : columns province, weight (tenths, of use as contracts sold), score.
    agreement : Kendall's tau of the order by papers with the order by each measure of use.
    half : tau of the order by papers with the order at half the weight on use.
    """

    scores: pd.DataFrame
    agreement: dict[str, float]
    half: float

    def moves(self) -> pd.Series:
        """Places won from papers alone to use alone, by province."""
        ranks = self.scores.pivot(index="province", columns="weight", values="score").rank(ascending=False)
        return ranks[TENTHS[0]] - ranks[TENTHS[-1]]


def run(panel: Panel) -> Evaluation:
    """Order provinces by papers, by use and in between.

    Parameters
    ----------
    panel : the table ``provincial_panel``.
    """
    columns = {"papers": "papers_sci", **USES}
    sums = panel.between(*YEARS).frame.groupby("province")[[*columns.values(), "rd_fte"]].sum(min_count=1)
    logs = pd.DataFrame({name: np.log(sums[column] / sums["rd_fte"]) for name, column in columns.items()})
    z = (logs - logs.mean()) / logs.std()
    scores = {weight: (1 - weight / 10) * z["papers"] + weight / 10 * z["contracts"] for weight in (*TENTHS, HALF)}
    drawn = [pd.DataFrame({"weight": weight, "score": scores[weight]}).reset_index() for weight in TENTHS]
    return Evaluation(
        marked(pd.concat(drawn, ignore_index=True)),
        {name: float(z["papers"].corr(z[name], method="kendall")) for name in USES},
        float(z["papers"].corr(scores[HALF], method="kendall")),
    )


def figure(found: Evaluation) -> FigureExhibit:
    """The rank of each province at five weights."""
    return bump_chart(
        found.scores,
        "weight",
        "score",
        "province",
        title=Text("From papers to use: rank of provinces by the weight of use (tenths)", "由论文到应用：各省位次随应用权重（成）的变化"),
        notes=Text(
            "Left: papers per person-year of R&D alone; right: technology contracts sold per person-year alone (logs, standardised; {first}"
            "–{last} together). Provinces are a proxy: figures by university are not shipped. The weights are assumed.",
            "左端仅按R&D人员人均科技论文，右端仅按人均技术合同输出金额（取对数并标准化，{first}—{last}年合计）。以省份为代理：随附数据不含"
            "分高校数据。权重为假设。",
        ).filled(first=YEARS[0], last=YEARS[1]),
    )


def finding(found: Evaluation) -> Statement:
    """How far both evaluations agree, and who moves."""
    moves = found.moves()
    winner, loser = (str(name) for name in (moves.idxmax(), moves.idxmin()))
    return statement(
        "papers_or_use",
        Text(
            "The order of provinces by papers and by contracts sold, both per person-year of R&D, has a Kendall's tau of {contracts:.2f}; "
            "with invention patents it is {patents:.2f} and with new products of industry {products:.2f}. Half the weight on use leaves "
            "{half:.2f}. From the one end to the other {far} of {all} provinces move by {places} places or more, {winner} most upwards ("
            "{won:.0f}) and {loser} most downwards ({lost:.0f}). What is counted decides who leads.",
            "按R&D人员人均科技论文与按人均技术合同输出金额的省际排序，肯德尔τ为{contracts:.2f}；与发明专利授权为{patents:.2f}，与工业新产"
            "品销售为{products:.2f}。应用占一半权重时为{half:.2f}。由一端到另一端，{all}个省份中有{far}个位次变动不少于{places}位，"
            "{winner}上升最多（{won:.0f}位），{loser}下降最多（{lost:.0f}位）。以何者为准，决定谁居前列。",
        ),
        **found.agreement,
        half=found.half,
        all=len(moves),
        far=int((moves.abs() >= FAR).sum()),
        places=FAR,
        winner=Text(winner, province_label(winner, "zh")),
        loser=Text(loser, province_label(loser, "zh")),
        won=float(moves.max()),
        lost=-float(moves.min()),
    )
