"""Which of the four chains is the weakest link? Ranks of provinces in each chain; a score would measure the distance to one province."""

from __future__ import annotations

import pandas as pd

from toolkit.language import Text
from toolkit.present.record import Statement, statement
from toolkit.registry.systems import load_scheme
from toolkit.studies.integration.index import CHAINS, Indices, in_sentence, last_year, ranks_of, span

INNOVATION, INDUSTRY = Text("Innovation chain", "创新链"), Text("Industry chain", "产业链")
TALENT, CAPITAL = Text("Talent chain", "人才链"), Text("Capital chain", "资金链")


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


def chain_notes(indices: Indices) -> list[Text]:
    """How the ranks in the four chains of the league are to be read."""
    scheme, index = load_scheme(CHAINS), indices.base[CHAINS]
    return [
        Text(
            "Chains: rank of the province in each in {year}, 1 the highest score; the weakest is the one with the worst rank. By score the "
            "innovation chain would be the weakest in {low} of {n}, because Beijing sets its mark.",
            "四链所列为{year}年各省在每条链上的位次，1为得分最高；最弱链即位次最差者。若按得分比较，由于北京设定了标杆，"
            "{n}个省份中有{low}个的最弱链会是创新链。",
        ).filled(year=span(index)[1], low=_lowest_by_score(indices), n=len(last_year(index))),
        scheme.limits,
        scheme.missing,
    ]


def _lowest_by_score(indices: Indices) -> int:
    """Provinces whose innovation chain has the lowest score of the four, last year."""
    index = indices.base[CHAINS]
    return int((last_year(index)[index.layout.systems].idxmin(axis=1) == "innovation_chain").sum())


def listed(texts: list[Text]) -> Text:
    """Names in a row; "all equal" for none."""
    return Text(", ".join(text.en for text in texts), "、".join(text.zh for text in texts)) if texts else Text("all equal", "各链相同")


def finding(indices: Indices) -> Statement:
    """In how many provinces each chain is the weakest, and whether the chains say more than the two innovations."""
    index, table = indices.base[CHAINS], weakest(indices)
    counts = {system: int(sum(system in found for found in table["weakest"])) for system in index.layout.systems}
    names = index.layout.names
    ordered = sorted(counts, key=lambda system: -counts[system])
    weights = index.weight_table()["within_system"]
    two = last_year(indices.two).set_index("province")["d"]
    shown = [Text(f"{in_sentence(names[s]).en} {counts[s]}", f"{names[s].zh}{counts[s]}个") for s in ordered]
    return statement(
        "integration_chains",
        Text(
            "By rank among the provinces, the weakest link in {last} is the {weak} in {count} of {n} provinces ({counts}); the ranks of "
            "a province in its four chains lie {apart:.0f} places apart at the median. No chain rests on one indicator: the heaviest "
            "has {heavy:.0%} of its chain. The ranks of the four chains and of the two innovations are correlated at {rho:.3f}.",
            "按省际位次，{last}年最弱环节为{weak}的省份最多，共{count}个（共{n}个省份；{counts}）；同一省份在四条链上的位次，首末之差的中"
            "位数为{apart:.0f}位。各链均不依赖单一指标：最大指标占所在链的{heavy:.0%}。四链与两种创新的位次相关系数为{rho:.3f}。",
        ),
        last=span(index)[1],
        n=len(table),
        weak=in_sentence(names[ordered[0]]),
        count=counts[ordered[0]],
        counts=listed(shown),
        apart=float(table["apart"].median()),
        heavy=float(weights.max()),
        rho=float(table.set_index("province")["d"].rank().corr(two.rank())),
    )
