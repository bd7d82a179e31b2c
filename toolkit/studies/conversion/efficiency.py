r"""Two stages from R&D to sales, each measured against the provinces that do it best.

Stage one: R&D expenditure and personnel → patent applications and invention patents in force. Stage two: invention patents in force and
expenditure on new-product development → new-product sales. Means over the years in which all series of both sectors are published, output
orientation, constant returns: a province is an aggregate of enterprises, and twice the enterprises should do twice as much. Scores with
variable returns stand in the table.

The stochastic frontier of a stage regresses the logarithm of one output (invention patents in force; new-product sales) on the
logarithms of its
inputs and years, with inefficiency that stays with the province; see :mod:`toolkit.measure.efficiency.frontier`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit.language import Text
from toolkit.measure.efficiency.envelopment import Envelopment, envelopment
from toolkit.measure.efficiency.frontier import StochasticFrontier, stochastic_frontier
from toolkit.measure.efficiency.smoothed import EfficiencyIntervals, bootstrap_efficiency
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.present.exhibit import FigureExhibit
from toolkit.present.figures.side_by_side import scatter_panels
from toolkit.present.record import Statement, progress, statement
from toolkit.present.words.labels import province_label
from toolkit.studies.conversion.model import PATENT_YEARS, SECTOR_NAMES, SECTORS, sector_panel

SEED, DRAWS = 19980101, 200
_WEIGHT = 1e-9  # a weight below is none
_PERCENT = 100.0


@dataclass(frozen=True)
class Stage:
    """Inputs and outputs of a stage; the first output is that of the stochastic frontier."""

    name: Text
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


STAGES = {
    "patents": Stage(
        Text("R&D to patents", "R&D到专利"), ("rd_expenditure", "rd_fte"), ("invention_patents_in_force", "patent_applications")
    ),
    "sales": Stage(Text("patents to sales", "专利到销售"), ("invention_patents_in_force", "new_product_dev_exp"), ("new_product_sales",)),
}


@dataclass(frozen=True)
class Efficiency:
    """One stage of one sector.

    Attributes
    ----------
    found : data envelopment with constant returns.
    intervals : its bootstrap.
    frontier : the stochastic frontier; its provinces are those of ``found``.
    peer : the province that most others are measured by.
    without_peer : scores of the others when it is left out.
    """

    found: Envelopment
    intervals: EfficiencyIntervals
    frontier: StochasticFrontier
    peer: str
    without_peer: pd.Series

    @property
    def corrected(self) -> pd.Series:
        """Bias-corrected score by province."""
        return pd.Series(self.intervals.corrected, self.found.labels)

    def agreement(self) -> float:
        """Rank correlation of the corrected scores with the efficiency of the frontier."""
        return _rank_correlation(self.corrected, self.frontier.table()["efficiency"])


Key = tuple[str, str]
"""Sector, stage."""


def run(panel: Panel, draws: int = DRAWS) -> dict[Key, Efficiency]:
    """Both stages of both sectors.

    Parameters
    ----------
    panel : the table ``provincial_panel``.
    draws : of each bootstrap.
    """
    return {(key, name): _efficiency(_rows(panel, key, stage), stage, draws) for key in SECTORS for name, stage in STAGES.items()}


def _rows(panel: Panel, key: str, stage: Stage) -> pd.DataFrame:
    """Provinces with every input and output in every year, all positive."""
    frame = sector_panel(panel, SECTORS[key]).frame
    needed = list(dict.fromkeys((*stage.inputs, *stage.outputs)))
    rows = frame.loc[frame["year"].isin(PATENT_YEARS), ["province", "year", *needed]]
    whole = (rows[needed] > 0).all(axis=1).groupby(rows["province"]).transform("all")
    return rows[whole]


def _efficiency(rows: pd.DataFrame, stage: Stage, draws: int) -> Efficiency:
    means = rows.drop(columns="year").groupby("province").mean()
    inputs, outputs = means[list(stage.inputs)], means[list(stage.outputs)]
    found = envelopment(inputs, outputs, orientation="output")
    peer = str(found.labels[(found.weights > _WEIGHT).sum(axis=0).argmax()])
    rest = means.index != peer
    again = envelopment(inputs[rest], outputs[rest], orientation="output")
    years = pd.get_dummies(rows["year"], drop_first=True, dtype=float).to_numpy()
    design = np.column_stack([np.ones(len(rows)), np.log(rows[list(stage.inputs)].to_numpy()), years])
    return Efficiency(
        found=found,
        intervals=bootstrap_efficiency(
            found,
            rng=np.random.default_rng(SEED),
            draws=draws,
            watch=progress(Text("Smoothed bootstrap", "平滑自助法")),
        ),
        frontier=stochastic_frontier(np.log(rows[stage.outputs[0]].to_numpy()), design, rows["province"].to_numpy()),
        peer=peer,
        without_peer=pd.Series(again.scores, again.labels),
    )


def _rank_correlation(one: pd.Series, other: pd.Series) -> float:
    both = pd.concat([one, other], axis=1, join="inner").rank()
    return float(np.corrcoef(both.to_numpy().T)[0, 1])


def map_of_stages(results: Mapping[Key, Efficiency]) -> FigureExhibit:
    """Whether the provinces that turn R&D into patents are those that turn patents into sales; corrected scores."""
    parts = []
    for key in SECTORS:
        both = pd.concat({stage: results[key, stage].corrected for stage in STAGES}, axis=1, join="inner")
        parts.append(both.rename_axis("province").reset_index().assign(sector=key))
    frame = pd.concat(parts, ignore_index=True)
    frame = frame.assign(point=frame["sector"] + "_" + frame["province"])
    named = {f"{sector}_{name}" for (sector, _), found in results.items() for name in found.found.frontier}
    return scatter_panels(
        marked(frame),
        "patents",
        "sales",
        "sector",
        label="point",
        select=[point for point in frame["point"] if point in named],
        x_label=Text("Stage one: R&D to patents", "第一阶段：R&D到专利"),
        y_label=Text("Stage two: patents to sales", "第二阶段：专利到销售"),
        names={**SECTOR_NAMES, **{f"{row.sector}_{row.province}": _province(str(row.province)) for row in frame.itertuples()}},
        title=Text("Two stages from R&D to sales: efficiency of the provinces", "从R&D到销售的两阶段效率"),
        notes=[
            Text(
                "Data envelopment, output orientation, constant returns, corrected for bias by the smoothed bootstrap; named are the "
                "provinces on a frontier. The panels are measured against frontiers of their own and do not compare. Patents are the "
                "output of stage one and an input of stage two: chance in them alone turns the line downward.",
                "数据包络分析，产出导向，规模报酬不变，经平滑自助法偏差修正；标出名称者位于某一前沿面上。两图各以自身前沿面为准，不可互"
                "比。专利既是第一阶段产出又是第二阶段投入，其偶然波动本身就会使直线向下倾斜。",
            )
        ],
    )


def finding(results: Mapping[Key, Efficiency]) -> Statement:
    """The stages are not done well by the same provinces, and the level of efficiency hangs on the frontier's few."""
    first, second = results["industry", "patents"], results["industry", "sales"]
    high_first, high_second = results["hightech", "patents"], results["hightech", "sales"]
    correlations = [_rank_correlation(results[key, "patents"].corrected, results[key, "sales"].corrected) for key in SECTORS]
    agreements = [found.agreement() for found in results.values()]
    return statement(
        "conversion_efficiency",
        Text(
            "Corrected for bias, industrial enterprises of the mean province reach {first:.0f}% of the frontier from R&D to patents and "
            "{second:.0f}% from patents to sales; high-technology manufacturers {high_first:.0f}% and {high_second:.0f}%. The last is "
            "measured against {few} provinces: without {peer} it is {without:.0f}% instead of {mean:.0f}% before correction. Provinces "
            "good at one stage are not those good at the other (rank correlation {industry:.2f}; high technology {high:.2f}). The "
            "stochastic frontier orders provinces alike with rank correlations from {low:.2f} to {highest:.2f}: ranks say more than "
            "levels, and neither is exact.",
            "经偏差修正，各省规上工业企业从R&D到专利平均达到前沿的{first:.0f}%，从专利到销售为{second:.0f}%；高技术制造业"
            "为{high_first:.0f}%与{high_second:.0f}%。后者仅以{few}个省份为前沿：剔除{peer}后，修正前均值由{mean:.0f}%变"
            "为{without:.0f}%。两个阶段表现好的并非同一批省份（秩相关{industry:.2f}；高技术制造业{high:.2f}）。随机前沿给出的排序与之的秩"
            "相关介于{low:.2f}与{highest:.2f}之间：位次比水平可靠，但都不精确。",
        ),
        first=_PERCENT * first.corrected.mean(),
        second=_PERCENT * second.corrected.mean(),
        high_first=_PERCENT * high_first.corrected.mean(),
        high_second=_PERCENT * high_second.corrected.mean(),
        few=len(high_second.found.frontier),
        peer=_province(high_second.peer),
        without=_PERCENT * high_second.without_peer.mean(),
        mean=_PERCENT * high_second.found.scores.mean(),
        industry=correlations[0],
        high=correlations[1],
        low=min(agreements),
        highest=max(agreements),
    )


def _province(name: str) -> Text:
    return Text(province_label(name, "en"), province_label(name, "zh"))
