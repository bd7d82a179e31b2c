r"""How alike the structures of regions are, against regions that divide at random around the common structure.

.. math:: \bar S = \frac{2}{n (n - 1)} \sum_{i < j} S_{ij}, \qquad K_i = \sum_k |x_{ik} - p_k|, \qquad x^{0}_i \sim \text{Dirichlet}(K p)

with S UNIDO's coefficient, x the shares of a region and p those of all regions together. The provincial panel holds five structures, none
of them by industry; :func:`run` takes any panel with one column an activity, so that a yearbook table of industries goes the same way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.language import Head, Text
from toolkit.measure import bootstrap_interval, krugman_index, random_structures, structural_similarity
from toolkit.numerics import Floats
from toolkit.panel import Panel
from toolkit.present import frame_table
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.multiples import small_multiples
from toolkit.present.record import Statement, statement
from toolkit.registry import registry

STRUCTURES = {
    "sectors": ("va_primary", "va_secondary", "va_tertiary"),
    "branches": ("rd_hightech", "rd_other_industry", "rd_outside_industry"),
    "activities": ("rd_basic", "rd_applied", "rd_experimental"),
    "sources": ("rd_funds_gov", "rd_funds_enterprise", "rd_funds_foreign", "rd_funds_other"),
    "patents": ("patent_grant_invention", "patent_grant_utility", "patent_grant_design"),
}
_NAMES = {
    "sectors": Text("Value added: by sector", "增加值：三次产业"),
    "branches": Text("R&D: by branch", "R&D：按部门"),
    "activities": Text("R&D: by activity", "R&D：按活动类型"),
    "sources": Text("R&D: by source of funds", "R&D：按资金来源"),
    "patents": Text("Patents granted: by type", "专利授权：按类型"),
    "seen": Text("provinces", "各省份"),
    "drawn": Text("random structures", "随机结构"),
}
_TEN_THOUSAND = 1e4  # yuan: high-technology R&D, in 10,000 yuan, to 100 million yuan
DRAWS, SEED = 400, 20
TIGHTER = (1, 2, 4, 8, 16)  # concentrations of the null, as multiples of the one asked for
CLAIMS = ("shanxi2025_nev_all_provinces", "shanxi2025_metaverse_100", "shanxi2025_metaverse_80", "chen2025_lowend_60")


@dataclass(frozen=True)
class StructuralSimilarity:
    """Similarity of regions, by structure and time.

    Attributes
    ----------
    years : one row per structure and time: structure, time, regions, similarity and krugman (means over pairs), null, null_low,
        null_high (mean and 95% range of the mean similarity of random structures).
    changes : one row per structure: structure, first, last, activities, change, change_low, change_high (mean change of K_i and its
        bootstrap interval over regions), closer (share of regions that came closer to the whole, %), apart (the region with the largest
        K_i in the last time), tight (the largest multiple of the concentration at which the similarity of the last time still exceeds
        97.5% of the null; zero if none).
    """

    years: pd.DataFrame
    changes: pd.DataFrame

    def last(self) -> pd.DataFrame:
        """The last time of each structure beside its change."""
        return self.changes.merge(self.years, left_on=["structure", "last"], right_on=["structure", "time"])


def with_branches(panel: Panel) -> Panel:
    """The provincial panel with R&D in three branches: high-technology industry, other industry, and outside industry."""
    frame = panel.frame
    high, industry = frame["hightech_rd_expenditure"] / _TEN_THOUSAND, frame["ind_rd_expenditure"]
    return panel.assign(rd_hightech=high, rd_other_industry=industry - high, rd_outside_industry=frame["rd_expenditure"] - industry)


def run(
    panel: Panel,
    structures: Mapping[str, Sequence[str]] = STRUCTURES,
    *,
    concentration: float = 1.0,
    draws: int = DRAWS,
    seed: int = SEED,
) -> StructuralSimilarity:
    """Similarity, distance to the whole and the null of every structure and time.

    Parameters
    ----------
    panel : any panel of regions; of the provincial panel, what :func:`with_branches` returns.
    structures : name -> columns of its activities, in one unit. Regions that lack one in a year are left out of that year, and counted.
    concentration, draws, seed : of the null; see :func:`toolkit.measure.random_structures`.

    Raises
    ------
    KeyError
        A column of a structure is not in the panel.
    """
    rng = np.random.default_rng(seed)
    years, changes = [], []
    for name, columns in structures.items():
        rows = panel.frame[[panel.entity, panel.time, *columns]].dropna()
        distances: dict[Any, pd.Series] = {}
        for time, part in rows.groupby(panel.time):
            table = part.set_index(panel.entity)[list(columns)]
            whole = table.sum()
            null = _mean_similarity(random_structures(whole, len(table), draws, rng=rng, concentration=concentration))
            low, high = np.quantile(null, [0.025, 0.975])
            upper = np.triu_indices(len(table), 1)
            distances[time] = krugman_index(pd.concat([table, whole.to_frame("").T])).iloc[:-1, -1]
            years.append(
                {
                    "structure": name,
                    "time": time,
                    "regions": len(table),
                    "similarity": float(structural_similarity(table).to_numpy()[upper].mean()),
                    "krugman": float(krugman_index(table).to_numpy()[upper].mean()),
                    "null": float(null.mean()),
                    "null_low": float(low),
                    "null_high": float(high),
                }
            )
        first, last = min(distances), max(distances)
        nulls = {
            times: _mean_similarity(random_structures(whole, len(table), draws, rng=rng, concentration=times * concentration))
            for times in TIGHTER
        }
        change = (distances[last] - distances[first]).dropna()
        interval = bootstrap_interval(lambda values, weights: float(np.average(values, weights=weights)), change, rng=rng)
        changes.append(
            {
                "structure": name,
                "first": first,
                "last": last,
                "activities": len(columns),
                "change": interval.estimate,
                "change_low": interval.low,
                "change_high": interval.high,
                "closer": 100 * float((change < 0).mean()),
                "apart": str(distances[last].idxmax()),
                "tight": max((times for times, null in nulls.items() if years[-1]["similarity"] > np.quantile(null, 0.975)), default=0),
            }
        )
    return StructuralSimilarity(pd.DataFrame(years), pd.DataFrame(changes))


def _mean_similarity(shares: Floats) -> Floats:
    """Mean of UNIDO's coefficient over pairs, (draws,), of shares (draws, n, K): unit vectors u give (|sum u|² − n) / n (n − 1)."""
    unit = shares / np.linalg.norm(shares, axis=2, keepdims=True)
    n = shares.shape[1]
    together: Floats = (np.square(unit.sum(axis=1)).sum(axis=1) - n) / (n * (n - 1))
    return together


def figure(found: StructuralSimilarity) -> FigureExhibit:
    """Mean similarity by structure over time, and the range of random structures."""
    rows = found.years
    seen = rows.assign(kind="seen", value=rows["similarity"], low=rows["similarity"], high=rows["similarity"])
    drawn = rows.assign(kind="drawn", value=rows["null"], low=rows["null_low"], high=rows["null_high"])
    return small_multiples(
        pd.concat([seen, drawn]),
        "time",
        "value",
        "structure",
        group="kind",
        band=("low", "high"),
        columns=3,
        y_label=Text("Mean structural similarity", "平均结构相似系数"),
        names=_NAMES,
        title=Text("How alike provinces are, and how alike they would be by chance", "各省结构有多相似，随机情形下又有多相似"),
        notes=Text(
            "Mean of UNIDO's coefficient over all pairs of provinces. Random structures are a simulation: each province draws its shares "
            "from a Dirichlet distribution around the national ones (band: 95% of the draws). Branches: high-technology industry, other "
            "industry, outside industry. None of these structures is by industry.",
            "各省两两UNIDO结构相似系数的均值。随机结构为模拟：各省份额围绕全国份额由狄利克雷分布抽取（阴影为抽样的95%）。部门指高技术产业、"
            "其他工业与工业以外。以上结构均未细分到行业。",
        ),
    )


def table(found: StructuralSimilarity) -> TableExhibit:
    """The last year of each structure, with the change since the first."""
    rows = found.last()
    return frame_table(
        rows,
        {
            "structure": Text("Structure", "结构"),
            "last": Head(glossary.LAST_YEAR, "year"),
            "similarity": Text("Similarity S", "相似系数S"),
            "null": Text("S of random structures", "随机结构的S"),
            "tight": Text("Stands out up to a null tighter by ×", "仍高于随机情形的最大集中倍数"),
            "krugman": Text("Krugman K", "克鲁格曼指数K"),
            "first": Head(glossary.FIRST_YEAR, "year"),
            "change": Text("Change of K to the nation", "与全国差异K的变化"),
            "change_low": glossary.LOW,
            "change_high": glossary.HIGH,
            "closer": Text("Provinces that came closer (%)", "趋近全国的省份（%）"),
            "apart": Text("Most different", "差异最大"),
        },
        names=_NAMES,
        labels="registry",
        digits={"closer": 0},
        title=Text("Likeness of provincial structures and its change", "省级结构的相似程度及其变化"),
        notes=Text(
            "S and K are means over pairs in the last year; K runs from zero to two. Tighter: random structures (a simulation) that stay "
            "closer to the nation, up to {most} times the concentration of the Dirichlet distribution. Change: mean over provinces of the "
            "distance to the national structure, last year less first, with a 95% bootstrap interval over provinces; below zero they "
            "became more alike.",
            "S与K为末年各省两两均值，K取值由零到二。集中倍数指随机结构（模拟）更贴近全国时狄利克雷分布集中度的倍数，最多{most}倍。变化：各"
            "省与全国结构之差的均值，末年减首年，区间为对省份自助抽样的95%区间；小于零即趋同。",
        ).filled(most=TIGHTER[-1]),
    )


def needed() -> TableExhibit:
    """The statements on duplicated industries, and the tables that would settle them by :func:`run`."""
    claims = [registry().claims[name] for name in CLAIMS]
    return frame_table(
        pd.DataFrame([{"statement": claim.statement, "indicator": claim.indicator, "settle": claim.settle} for claim in claims]),
        {
            "statement": Text("Statement of a paper", "论文的论断"),
            "indicator": glossary.INDICATOR,
            "settle": Text("What would settle it", "可据以判定的统计"),
        },
        title=Text("Duplicated industries: what a user can bring", "产业同构：使用者可自备的数据"),
        notes=Text(
            "None of these tables is shipped. A file with a column of provinces, a column of years and one column for each industry is "
            "read by tk.read_panel and goes through the same function.",
            "以上各表均未随附。含省份列、年份列与各行业列的文件可用tk.read_panel读入，再用同一函数计算。",
        ),
    )


def finding(found: StructuralSimilarity) -> Statement:
    """How alike, and whether more so."""
    rows = found.last()
    most, sectors = rows.iloc[int(rows["change"].abs().argmax())], rows[rows["structure"] == "sectors"]
    return statement(
        "structures_alike",
        Text(
            "In {above} of {all} structures provinces are more alike than if each divided at random around the nation; that depends on "
            "how random: with a null {times} times as concentrated it is {tighter}, with {more_times} times {still}. They came closer to "
            "the national structure beyond doubt in {closer} of them and moved apart beyond doubt in {rising}; the largest change is that "
            "of “{most}” ({change:+.3f} of the index, {first} to {last}). By sector of value added the mean similarity is {sectors:.3f} "
            "against {null:.3f}, but among three sectors likeness is nearly built in. Whether provinces duplicate industries these "
            "structures do not decide; that needs industries by province.",
            "{all}类结构中，{above}类的省际相似程度高于各省围绕全国结构随机分配的情形；但这取决于随机的程度：集中度为{times}倍时为"
            "{tighter}类，{more_times}倍时为{still}类。与全国结构的差距，{closer}类明确缩小，{rising}类明确扩大；变化最大的是“{most}”（"
            "{first}—{last}年指数变化{change:+.3f}）。按三次产业增加值，平均相似系数为{sectors:.3f}，随机情形为{null:.3f}，但只分三个部门"
            "时，相似几乎是必然的。各省是否重复布局产业，这些结构不能判定，须有分省分行业数据。",
        ),
        all=len(rows),
        above=int((rows["similarity"] > rows["null_high"]).sum()),
        times=TIGHTER[1],
        tighter=int((rows["tight"] >= TIGHTER[1]).sum()),
        more_times=TIGHTER[-2],
        still=int((rows["tight"] >= TIGHTER[-2]).sum()),
        closer=int((rows["change_high"] < 0).sum()),
        rising=int((rows["change_low"] > 0).sum()),
        most=_NAMES[most["structure"]],
        change=float(most["change"]),
        first=str(most["first"]),
        last=str(most["last"]),
        sectors=sectors["similarity"].item(),
        null=sectors["null"].item(),
    )
