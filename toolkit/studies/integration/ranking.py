"""How sure is the ranking? Rank intervals over random choices of the author, other weights and forms, and what moves it.

Each draw takes Dirichlet weights around those of the index, none or one indicator left out and one of three normalisations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.data.provinces import named
from toolkit.language import Text
from toolkit.measure import (
    CompositeIndex,
    Guard,
    RankingSensitivity,
    RankingUncertainty,
    overlap_guard,
    ranking_sensitivity,
    ranking_uncertainty,
    topsis,
)
from toolkit.measure.composite.matrix import Normalisation
from toolkit.measure.composite.weights import Weighting
from toolkit.present import frame_table
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.forest import forest_plot
from toolkit.present.record import Statement, statement
from toolkit.studies.integration.index import SCHEMES, TWO, WEIGHTING_NAMES, WEIGHTINGS, D, Indices, gaps, inside_sentence, year_shown

_NORMALISATIONS: Final[tuple[Normalisation, ...]] = ("min-max", "z-score", "rank")
_SEED, _DRAWS = 20251107, 10_000


@dataclass(frozen=True, eq=False)
class Ranking:
    """What is known about the order of the provinces.

    Attributes
    ----------
    draws : ranks under random weights, indicators and normalisations.
    league : the last year, best first: province, rank, rank_median, rank_low, rank_high, top_share, d, wang (D with the corrected C),
        wang_rank.
    schemes : province and its rank under each weighting, TOPSIS and the corrected form; least and most.
    sensitivity : shares of variance of each choice.
    guards : what to beware of, the overlap of neighbours last.
    """

    draws: RankingUncertainty
    league: pd.DataFrame
    schemes: pd.DataFrame
    sensitivity: RankingSensitivity
    guards: tuple[Guard, ...]


Rankings = dict[str, Ranking]


def run(indices: Indices) -> Rankings:
    """Scheme -> the ranking of its index, and its ranks beside those under the other weightings and with the corrected C."""
    return {scheme: _ranking(indices.by_method[scheme], indices.wang[scheme]) for scheme in SCHEMES}


def _ranking(by_method: dict[Weighting, CompositeIndex], wang: CompositeIndex) -> Ranking:
    index = by_method[WEIGHTINGS[0]]
    matrices = index.alternatives(*_NORMALISATIONS[1:])
    entity, time = index.keys[index.entity], index.keys[index.time]
    draws = ranking_uncertainty(
        alternatives=matrices,
        weights=index.weights,
        systems=index.system_labels,
        entity=entity,
        time=time,
        rng=np.random.default_rng(_SEED),
        draws=_DRAWS,
        alpha=index.importance,
    )
    shares = ranking_sensitivity(
        normalisations=dict(zip(_NORMALISATIONS, matrices, strict=True)),
        schemes={method: other.weights for method, other in by_method.items()},
        systems=index.system_labels,
        entity=entity,
        time=time,
        indicators=list(index.weights.index),
        alpha=index.importance,
    )
    return Ranking(
        draws=draws,
        league=_league(draws, wang),
        schemes=_schemes(by_method, wang),
        sensitivity=shares,
        guards=(*index.guards(), overlap_guard(draws)),
    )


def ranks_of(d: pd.Series) -> pd.Series:
    """1 for the highest; ties share the better rank."""
    return d.rank(ascending=False, method="min").astype(int)


def _league(draws: RankingUncertainty, wang: CompositeIndex) -> pd.DataFrame:
    frame = draws.frame().rename(columns={"entity": "province", "time": "year"})
    last = frame[frame["year"] == frame["year"].max()].copy()
    corrected = wang.wide("d")[last["year"].iloc[0]]
    last["wang"] = last["province"].map(corrected)
    last["wang_rank"] = ranks_of(last["wang"])
    ordered: pd.DataFrame = last.sort_values(["rank", "province"], ignore_index=True)
    return ordered


def _schemes(by_method: dict[Weighting, CompositeIndex], wang: CompositeIndex) -> pd.DataFrame:
    index = by_method[WEIGHTINGS[0]]
    last = index.keys[index.time].max()
    ranks: dict[str, pd.Series] = {method: ranks_of(other.wide("d")[last].dropna()) for method, other in by_method.items()}
    table = pd.DataFrame({**ranks, "topsis": ranks_of(_closeness(index)), "wang": ranks_of(wang.wide("d")[last].dropna())})
    table = table.assign(least=table.min(axis=1), most=table.max(axis=1))
    return table.sort_values(WEIGHTINGS[0]).rename_axis("province").reset_index()


def _closeness(index: CompositeIndex) -> pd.Series:
    """TOPSIS closeness by province in the last year, with the weights of the index."""
    here = (index.keys[index.time] == index.keys[index.time].max()).to_numpy()
    found = topsis(index.normalised, index.weights).closeness
    return pd.Series(np.asarray(found)[here], index=pd.Index(index.keys.loc[here, index.entity], name="province"))


def intervals(indices: Indices, ranks: Rankings) -> FigureExhibit:
    """Best first: the median rank of each province with its interval."""
    rows = ranks[TWO].league.rename(columns={"rank_median": "estimate", "rank_low": "low", "rank_high": "high"})
    return forest_plot(
        rows.assign(region=rows["province"].map(indices.region))[["province", "region", "estimate", "low", "high"]],
        "province",
        group="region",
        neutral=1.0,
        digits=0,
        x_label=Text("Rank, 1 the highest D; points: median of the draws", "位次，1为D最高；点为抽样中位数"),
        title=Text("Rank intervals", "位次区间"),
        notes=drawn(ranks[TWO]),
    )


def league(ranks: Rankings) -> TableExhibit:
    """The last year, best first, with rank intervals, beside D with the corrected C."""
    found = ranks[TWO]
    return frame_table(
        found.league.assign(top_share=100 * found.league["top_share"]),
        {
            "rank": glossary.RANK,
            "province": glossary.PROVINCE,
            "rank_low": glossary.BEST,
            "rank_high": glossary.WORST,
            "top_share": Text("In the top ten (% of draws)", "进入前十（抽样%）"),
            "d": D,
            "wang_rank": Text("Rank, corrected C", "修正C位次"),
            "wang": Text("D, corrected C", "D（修正C）"),
        },
        digits={"top_share": 0},
        notes=[drawn(found), next(guard.text for guard in found.guards if guard.name == "level")],
        title=Text("League table with rank intervals", "位次表与位次区间"),
    )


def drawn(found: Ranking) -> Text:
    """What was drawn, and what its intervals mean."""
    level, count, methods = found.draws.level, len(found.draws.ranks), len(_NORMALISATIONS)
    return Text(
        f"{level:.0%} intervals of {count:,} draws: Dirichlet weights around the entropy weights, none or one indicator left out, one of "
        f"{methods} normalisations (min–max, z-score, rank). They say how much of a rank is a choice of the author, not how well the "
        "indicators are measured.",
        f"{count:,}次抽样的{level:.0%}区间：围绕熵权的Dirichlet权重，剔除零个或一个指标，{methods}种归一化方法（极差、z分数、位次）任取其一。"
        "区间反映位次在多大程度上取决于作者的选择，而不是指标的测量精度。",
    )


def schemes(indices: Indices, ranks: Rankings) -> TableExhibit:
    """Ranks of the last year under other weights and forms."""
    return frame_table(
        ranks[TWO].schemes,
        {
            "province": glossary.PROVINCE,
            **WEIGHTING_NAMES,
            "topsis": Text("TOPSIS", "TOPSIS"),
            "wang": Text("Corrected C", "修正C"),
            "least": glossary.BEST,
            "most": glossary.WORST,
        },
        notes=[year_shown(indices.two), gaps(indices.two)],
        title=Text("Ranks under other weights and forms", "不同赋权与形式下的位次"),
    )


_FACTOR_NAMES: Final = {
    "weights": Text("Weights", "赋权方法"),
    "normalisation": Text("Normalisation", "归一化方法"),
    "indicator": Text("Indicator left out", "剔除的指标"),
    "form": Text("Form of C", "C的形式"),
}


def sensitivity(ranks: Rankings) -> TableExhibit:
    """One row per choice: how many levels, and its share of the variance (%) of D, of the ranks and of the whole ranking."""
    found = ranks[TWO].sensitivity
    parts = {"d": found.d.frame(), "rank": found.rank.frame(), "shift": found.shift.frame()}
    table = pd.DataFrame({"factor": parts["d"]["factor"]})
    table["levels"] = [len(found.levels[factor]) for factor in table["factor"]]
    for name, part in parts.items():
        table[f"{name}_first"], table[f"{name}_total"] = 100 * part["first"], 100 * part["total"]
    note = Text(
        f"Exact variance shares over all {found.d.combinations} combinations. D and rank: mean over province-years; whole ranking: mean "
        "absolute move of ranks from the base. Normalisations change the scale of D, which is why they move D most and ranks less.",
        f"对全部{found.d.combinations}种组合精确计算的方差占比。D与位次：各省各年的平均；整体排名：相对于基准的位次平均绝对变动。"
        "归一化方法会改变D的尺度，因此对D影响最大而对位次影响较小。",
    )
    return frame_table(
        table,
        {
            "factor": Text("Choice", "选择"),
            "levels": Text("Options", "选项数"),
            "d_first": Text("D, alone", "D，单独"),
            "d_total": Text("D, with interactions", "D，含交互"),
            "rank_first": Text("Rank, alone", "位次，单独"),
            "rank_total": Text("Rank, with interactions", "位次，含交互"),
            "shift_first": Text("Whole ranking, alone", "整体排名，单独"),
            "shift_total": Text("Whole ranking, with interactions", "整体排名，含交互"),
        },
        names=_FACTOR_NAMES,
        digits=1,
        notes=[note],
        title=Text("What moves the result: share of the variance (%)", "结果由何决定：方差占比（%）"),
    )


def finding(ranks: Rankings) -> Statement:
    """How wide the intervals of ranks are, and which choice moves the ranking most."""
    found = ranks[TWO]
    last, level, moves = found.league, found.draws.level, found.sensitivity.shift
    width = last["rank_high"] - last["rank_low"]
    alone = moves.frame().set_index("factor")["first"]
    return statement(
        "integration_ranking",
        Text(
            "{draws:,} draws of weights, indicators and normalisations: provinces that keep one place in the {level:.0%} interval, "
            "{certain} of {n}; width of the interval, {median:.0f} places at the median and {widest} at most ({widest_name}). Over all "
            "years {overlap:.0%} of neighbours have overlapping intervals. {top} provinces are in the top ten in at least {level:.0%} of "
            "the draws, {bottom} never. Over all combinations of choices a province moves {shift:.1f} places on average; what matters "
            "most is: {factor} ({share:.0%} of the variance alone).",
            "对赋权、指标与归一化方法随机抽样{draws:,}次：{n}个省份中有{certain}个在{level:.0%}区间内位次不变；区间宽度的中位数为"
            "{median:.0f}位，最宽为{widest}位（{widest_name}）。各年合计，{overlap:.0%}的相邻省份区间重叠。至少{level:.0%}的抽样"
            "进入前十的有{top}个省份，从未进入的有{bottom}个。在全部选择组合下，各省位次平均变动{shift:.1f}位；影响最大的选择是{factor}"
            "（单独解释方差的{share:.0%}）。",
        ),
        draws=_DRAWS,
        n=len(last),
        certain=int((width == 0).sum()),
        level=level,
        median=float(width.median()),
        widest=int(width.max()),
        widest_name=named(last.loc[width == width.max(), "province"]),
        overlap=found.guards[-1].measured,
        top=int((last["top_share"] >= level).sum()),
        bottom=int((last["top_share"] == 0).sum()),
        shift=float(moves.mean),
        factor=inside_sentence(_FACTOR_NAMES[str(alone.idxmax())]),
        share=float(alone.max()),
    )
