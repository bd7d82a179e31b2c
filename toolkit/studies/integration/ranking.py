"""How sure is the order of the provinces? Rank intervals over random choices of the author, at two spreads of the weights.

Each draw takes Dirichlet weights with parameters c ω_j around those of the index, none or one indicator left out and one of three
normalisations; the larger c, the closer the weights stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.data.provinces import named
from toolkit.language import Text
from toolkit.measure import CompositeIndex, Guard, RankingUncertainty, overlap_guard, ranking_uncertainty
from toolkit.measure.composite.matrix import Normalisation
from toolkit.present import frame_table
from toolkit.present.exhibit import TableExhibit
from toolkit.present.record import Statement, statement
from toolkit.studies.integration.chains import CAPITAL, INDUSTRY, INNOVATION, TALENT, chain_notes, listed, weakest
from toolkit.studies.integration.coupling import left_over
from toolkit.studies.integration.index import TWO, D, Indices, last_year, ranks_of, span

CLOSE, WIDE = 100.0, 10.0  # c of the Dirichlet draws
_NORMALISATIONS: Final[tuple[Normalisation, ...]] = ("min-max", "z-score", "rank")
_SEED, _DRAWS = 20251107, 10_000


@dataclass(frozen=True, eq=False)
class Ranking:
    """What is known about the order of the provinces.

    Attributes
    ----------
    close, wide : ranks under random choices, with weights close to those of the index and far from them.
    league : the last year, best first: province, rank, scores, t, d, rank_low, rank_high, wide_low, wide_high, c (corrected), left
        (what is left of the corrected C given T), the rank in each of the four chains, and weakest.
    overlap : share of neighbours whose intervals overlap, all years, close weights.
    indices : what is ranked.
    """

    close: RankingUncertainty
    wide: RankingUncertainty
    league: pd.DataFrame
    overlap: Guard
    indices: Indices


def run(indices: Indices) -> Ranking:
    """Ranks of the two innovations, with the corrected C and its residual beside them."""
    close, wide = (_drawn(indices.two, c) for c in (CLOSE, WIDE))
    return Ranking(close=close, wide=wide, league=_league(indices, close, wide), overlap=overlap_guard(close), indices=indices)


def _drawn(index: CompositeIndex, concentration: float) -> RankingUncertainty:
    return ranking_uncertainty(
        alternatives=index.alternatives(*_NORMALISATIONS[1:]),
        weights=index.weights,
        systems=index.system_labels,
        entity=index.keys[index.entity],
        time=index.keys[index.time],
        rng=np.random.default_rng(_SEED),
        draws=_DRAWS,
        alpha=index.importance,
        concentration=concentration,
    )


def _league(indices: Indices, close: RankingUncertainty, wide: RankingUncertainty) -> pd.DataFrame:
    last, wang = span(indices.two)[1], indices.wang[TWO]
    drawn = [_in_year(found, last) for found in (close, wide)]
    table = last_year(indices.two).set_index("province").drop(columns="c")
    corrected = wang.keys.assign(c=wang.c, left=left_over(wang))
    corrected = corrected[corrected[wang.time] == last].set_index("province")[["c", "left"]]
    chains = weakest(indices).set_index("province").drop(columns=["d", "apart"])
    table = (
        table.join(chains).join(drawn[0]).join(drawn[1].rename(columns={"rank_low": "wide_low", "rank_high": "wide_high"})).join(corrected)
    )
    return table.assign(rank=ranks_of(table["d"])).sort_values("rank").reset_index()


def _in_year(found: RankingUncertainty, year: int) -> pd.DataFrame:
    frame = found.frame()
    here: pd.DataFrame = frame[frame["time"] == year].set_index("entity")[["rank_low", "rank_high"]]
    return here.rename_axis("province")


def league(ranks: Ranking) -> TableExhibit:
    """The one league: the last year, best first, with rank intervals, scores, the corrected C, and the rank in each of the four chains."""
    short = {"innovation_chain": INNOVATION, "industry_chain": INDUSTRY, "talent_chain": TALENT, "capital_chain": CAPITAL}
    return frame_table(
        ranks.league.assign(weakest=ranks.league["weakest"].map(lambda found: listed([short[chain] for chain in found]))),
        {
            "rank": glossary.RANK,
            "province": glossary.PROVINCE,
            "wide_low": glossary.BEST,
            "wide_high": glossary.WORST,
            "d": D,
            "t": Text("T", "T"),
            "science": Text("Science score", "科技得分"),
            "industry": Text("Industry score", "产业得分"),
            "c": Text("Corrected C", "修正C"),
            **short,
            "weakest": Text("Weakest", "最弱链"),
        },
        digits=2,
        notes=[_reading(ranks), *chain_notes(ranks.indices)],
        title=Text(
            "Provinces by D: rank intervals, the two scores, and ranks in the four chains", "按D排列的省份：位次区间、两个得分与四链位次"
        ),
    )


def _reading(ranks: Ranking) -> Text:
    return Text(
        "Best and worst: {level:.0%} interval of {draws:,} draws of Dirichlet weights around equal ones with concentration c = {wide:.0f} "
        "(a weight of a quarter has a standard deviation of {loose:.2f}), with none or one indicator left out and one of {methods} "
        "normalisations (min–max, z-score, rank). They say how much of a rank is a choice of the author, not how well the indicators "
        "are measured.",
        "最好、最差位次：{draws:,}次抽样的{level:.0%}区间，权重服从围绕等权的Dirichlet分布，集中度c={wide:.0f}（四分之一的权重标准差为"
        "{loose:.2f}），剔除零个或一个指标，{methods}种归一化方法（极差、z分数、位次）任取其一。"
        "区间反映位次在多大程度上取决于作者的选择，而不是指标的测量精度。",
    ).filled(
        level=ranks.close.level,
        draws=len(ranks.close.ranks),
        wide=WIDE,
        loose=float(np.sqrt(0.25 * 0.75 / (WIDE + 1))),
        methods=len(_NORMALISATIONS),
    )


def finding(ranks: Ranking) -> Statement:
    """How wide the intervals of ranks are at both spreads."""
    last = ranks.league
    close, wide = last["rank_high"] - last["rank_low"], last["wide_high"] - last["wide_low"]
    return statement(
        "integration_ranking",
        Text(
            "{draws:,} draws of weights, indicators and normalisations: the {level:.0%} interval of a rank is {tight:.1f} places wide "
            "on average with weights close to equal (concentration {near:.0f}) and {loose:.1f} with wide ones ({far:.0f}; {median:.0f} "
            "at the median, {widest} at most, {widest_name}); {overlap:.0%} of neighbours overlap. With wide weights the interval of "
            "{top} provinces lies within the first {ten}, that of {bottom} outside.",
            "对赋权、指标与归一化方法随机抽样{draws:,}次：权重接近等权（集中度{near:.0f}）时，位次{level:.0%}区间平均宽{tight:.1f}位，"
            "权重分散（集中度{far:.0f}）时平均宽{loose:.1f}位（中位数{median:.0f}位，{widest_name}最宽，为{widest}位）；"
            "{overlap:.0%}的相邻省份区间重叠。权重分散时，{top}个省份的区间完全落在前{ten}位之内，{bottom}个完全落在其外。",
        ),
        draws=_DRAWS,
        level=ranks.close.level,
        tight=float(close.mean()),
        median=float(wide.median()),
        near=CLOSE,
        far=WIDE,
        loose=float(wide.mean()),
        widest=int(wide.max()),
        widest_name=named(last.loc[wide == wide.max(), "province"]),
        overlap=ranks.overlap.measured,
        ten=ranks.close.top,
        top=int((last["wide_high"] <= ranks.wide.top).sum()),
        bottom=int((last["wide_low"] > ranks.wide.top).sum()),
    )
