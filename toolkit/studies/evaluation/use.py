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

YEAR = 2022  # the last with papers
WEIGHTS = (0, 25, 50, 75, 100)  # of use, per cent
FAR = 10  # places
USES = {"contracts": "tech_market_value", "patents": "patent_grant_invention", "products": "ind_new_product_sales"}


@dataclass(frozen=True)
class Evaluation:
    """Scores of provinces by the weight of use.

    Attributes
    ----------
    scores : columns province, weight (% of use, contracts sold), score.
    agreement : Kendall's tau of the order by papers with the order by each measure of use.
    by_weight : tau of the order by papers with the order at each weight.
    """

    scores: pd.DataFrame
    agreement: dict[str, float]
    by_weight: dict[int, float]

    def moves(self) -> pd.Series:
        """Places won from papers alone to use alone, by province."""
        ranks = self.scores.pivot(index="province", columns="weight", values="score").rank(ascending=False)
        return ranks[WEIGHTS[0]] - ranks[WEIGHTS[-1]]


def run(panel: Panel) -> Evaluation:
    """Order provinces by papers, by use and in between.

    Parameters
    ----------
    panel : the table ``provincial_panel``.
    """
    frame = panel.frame[panel.frame["year"] == YEAR].set_index("province")
    logs = pd.DataFrame({name: np.log(frame[column] / frame["rd_fte"]) for name, column in {"papers": "papers_sci", **USES}.items()})
    z = (logs - logs.mean()) / logs.std()
    scores = {weight: (1 - weight / 100) * z["papers"] + weight / 100 * z["contracts"] for weight in WEIGHTS}
    long = pd.DataFrame(scores).rename_axis(columns="weight").stack().rename("score").reset_index()
    return Evaluation(
        marked(long),
        {name: float(z["papers"].corr(z[name], method="kendall")) for name in USES},
        {weight: float(z["papers"].corr(score, method="kendall")) for weight, score in scores.items()},
    )


def figure(found: Evaluation) -> FigureExhibit:
    """The rank of each province at five weights."""
    return bump_chart(
        found.scores,
        "weight",
        "score",
        "province",
        title=Text("From papers to use: rank of provinces by the weight of use (%)", "由论文到应用：各省位次随应用权重（%）的变化"),
        notes=Text(
            "Left: papers per person-year of R&D alone; right: technology contracts sold per person-year alone (logs, standardised; {year}). "
            "Provinces are a proxy: figures by university are not shipped. The weights are assumed.",
            "左端仅按R&D人员人均科技论文，右端仅按人均技术合同输出金额（取对数并标准化，{year}年）。以省份为代理：随附数据不含分高校数据。权重为假设。",
        ).filled(year=YEAR),
    )


_FINDING = Text(
    "The order of provinces by papers and by contracts sold, both per person-year of R&D, has a Kendall's tau of {contracts:.2f}; with invention "
    "patents it is {patents:.2f} and with new products of industry {products:.2f}. Half the weight on use leaves {half:.2f}. From the one end to "
    "the other {far} of {all} provinces move by {places} places or more, {winner} most upwards ({won:.0f}) and {loser} most downwards "
    "({lost:.0f}). What is counted decides who leads.",
    "按R&D人员人均科技论文与按人均技术合同输出金额的省际排序，肯德尔τ为{contracts:.2f}；与发明专利授权为{patents:.2f}，与工业新产品销售为{products:.2f}。"
    "应用占一半权重时为{half:.2f}。由一端到另一端，{all}个省份中有{far}个位次变动不少于{places}位，{winner}上升最多（{won:.0f}位），"
    "{loser}下降最多（{lost:.0f}位）。以何者为准，决定谁居前列。",
)


def finding(found: Evaluation) -> Statement:
    """How far both evaluations agree, and who moves."""
    moves = found.moves()
    winner, loser = (str(name) for name in (moves.idxmax(), moves.idxmin()))
    return statement(
        "papers_or_use",
        _FINDING,
        **found.agreement,
        half=found.by_weight[50],
        all=len(moves),
        far=int((moves.abs() >= FAR).sum()),
        places=FAR,
        winner=Text(winner, province_label(winner, "zh")),
        loser=Text(loser, province_label(loser, "zh")),
        won=float(moves.max()),
        lost=-float(moves.min()),
    )
