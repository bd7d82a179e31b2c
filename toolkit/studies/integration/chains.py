"""Which of the four chains is the weakest link? Ranks of provinces in each chain; a score would measure the distance to one province."""

from __future__ import annotations

import pandas as pd

from toolkit import glossary
from toolkit.language import Text
from toolkit.present import frame_table
from toolkit.present.exhibit import TableExhibit
from toolkit.present.record import Statement, statement
from toolkit.registry.systems import load_scheme
from toolkit.studies.integration.index import CHAINS, D, Indices, last_year, ranks_of, span


def weakest(indices: Indices) -> pd.DataFrame:
    """The last year, largest D first: province, d, its rank in each chain, weakest and apart (worst less best rank).

    ``weakest`` lists the chains with the worst rank, none when all ranks are equal.
    """
    index = indices.base[CHAINS]
    table = last_year(index).sort_values("d", ascending=False, ignore_index=True)
    systems = index.layout.systems
    ranks = table[systems].apply(ranks_of)
    worst = [[s for s in systems if row[s] == row.max() > row.min()] for _, row in ranks.iterrows()]
    return pd.concat([table[["province", "d"]], ranks], axis=1).assign(
        weakest=pd.Series(worst), apart=ranks.max(axis=1) - ranks.min(axis=1)
    )


def links(indices: Indices) -> TableExhibit:
    """Rank of each province in each chain in the last year, with its weakest link."""
    table, names = weakest(indices), indices.base[CHAINS].layout.names
    scheme = load_scheme(CHAINS)
    return frame_table(
        table.assign(weakest=table["weakest"].map(lambda found: _listed([names[s] for s in found]))),
        {
            "province": glossary.PROVINCE,
            "innovation_chain": Text("Innovation chain", "创新链"),
            "industry_chain": Text("Industry chain", "产业链"),
            "talent_chain": Text("Talent chain", "人才链"),
            "capital_chain": Text("Capital chain", "资金链"),
            "weakest": Text("Weakest link", "最弱环节"),
            "apart": Text("Best and worst apart", "首末位次差"),
            "d": D,
        },
        digits=2,
        notes=[
            Text(
                "{year}. Ranks of the provinces in each chain, 1 the highest score; the weakest link is the chain with the worst rank. "
                "By score the innovation chain would be the weakest in {low} of {n}, because Beijing sets its mark.",
                "{year}年。所列为各省在每条链上的位次，1为得分最高；最弱环节即位次最差的链。若按得分比较，由于北京设定了标杆，"
                "{n}个省份中有{low}个的最弱环节会是创新链。",
            ).filled(year=span(indices.base[CHAINS])[1], low=_lowest_by_score(indices), n=len(table)),
            scheme.limits,
            scheme.missing,
        ],
        title=Text("Four chains: weakest link of each province", "四链：各省最弱环节"),
    )


def _lowest_by_score(indices: Indices) -> int:
    """Provinces whose innovation chain has the lowest score of the four, last year."""
    index = indices.base[CHAINS]
    return int((last_year(index)[index.layout.systems].idxmin(axis=1) == "innovation_chain").sum())


def _listed(texts: list[Text]) -> Text:
    return Text(", ".join(text.en for text in texts), "、".join(text.zh for text in texts)) if texts else Text("all equal", "各链相同")


def finding(indices: Indices) -> Statement:
    """In how many provinces each chain is the weakest, and whether the chains say more than the two innovations."""
    index, table = indices.base[CHAINS], weakest(indices)
    counts = {system: int(sum(system in found for found in table["weakest"])) for system in index.layout.systems}
    names = index.layout.names
    ordered = sorted(counts, key=lambda system: -counts[system])
    weights = index.weight_table()["within_system"]
    two = last_year(indices.two).set_index("province")["d"]
    shown = [Text(f"{_inside(names[s]).en} {counts[s]}", f"{names[s].zh}{counts[s]}个") for s in ordered]
    return statement(
        "integration_chains",
        Text(
            "By rank among the provinces, the weakest link in {last} is the {weak} in {count} of {n} provinces ({counts}); the ranks of "
            "a province in its four chains lie {apart:.0f} places apart at the median. No chain rests on one indicator: the heaviest "
            "has {heavy:.0%} of its chain. The ranks of the four chains and of the two innovations are correlated at {rho:.3f}.",
            "按省际位次，{last}年最弱环节为{weak}的省份最多，共{count}个（共{n}个省份；{counts}）；同一省份在四条链上的位次，"
            "首末之差的中位数为{apart:.0f}位。各链均不依赖单一指标：最大指标占所在链的{heavy:.0%}。"
            "四链与两种创新的位次相关系数为{rho:.3f}。",
        ),
        last=span(index)[1],
        n=len(table),
        weak=_inside(names[ordered[0]]),
        count=counts[ordered[0]],
        counts=_listed(shown),
        apart=float(table["apart"].median()),
        heavy=float(weights.max()),
        rho=float(table.set_index("province")["d"].rank().corr(two.rank())),
    )


def _inside(text: Text) -> Text:
    return Text(text.en[:1].lower() + text.en[1:], text.zh)
