"""Which of the four chains is the weakest link? C = 4 (Π_s U_s)^(1/4) / Σ_s U_s over innovation, industry, talent and capital."""

from __future__ import annotations

from typing import Final

from toolkit import glossary
from toolkit.data.provinces import short_chinese
from toolkit.language import Text
from toolkit.present import frame_table
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.radar import radar_chart
from toolkit.present.record import Statement, statement
from toolkit.registry.systems import load_scheme
from toolkit.studies.integration import leads
from toolkit.studies.integration.index import (
    CHAINS,
    SYSTEM,
    D,
    Indices,
    gaps,
    inside_sentence,
    last_year,
    span,
    weight_table,
    year_shown,
)


def chain_weights(indices: Indices) -> TableExhibit:
    """Weights inside each chain by every method, and what public data do not allow."""
    return weight_table(
        indices.by_method[CHAINS],
        notes=[load_scheme(CHAINS).missing],
        title=Text("Four chains: weights inside each chain (%)", "四链：链内权重（%）"),
    )


# one province whose weakest link is not innovation, three from coast to west
_RADAR: Final = ["Beijing", "Zhejiang", "Shaanxi", "Gansu"]


def radar(indices: Indices) -> FigureExhibit:
    """Four chains of chosen provinces in the last year."""
    index = indices.chains
    rows = last_year(index).set_index(index.entity).loc[_RADAR, index.layout.systems]
    return radar_chart(
        rows.rename_axis("province").reset_index().melt("province", var_name="system", value_name="score"),
        "system",
        "score",
        group="province",
        names=index.layout.names,
        title=Text("Four chains of chosen provinces", "若干省份的四链"),
        notes=year_shown(index),
        width="two",
    )


def links(indices: Indices) -> TableExhibit:
    """Scores of the chains in the last year, largest D first, with the weakest link of each province."""
    return frame_table(
        leads.standings(indices.chains),
        {
            "province": glossary.PROVINCE,
            "innovation_chain": Text("Innovation chain", "创新链"),
            "industry_chain": Text("Industry chain", "产业链"),
            "talent_chain": Text("Talent chain", "人才链"),
            "capital_chain": Text("Capital chain", "资金链"),
            "weakest": Text("Weakest link", "最弱环节"),
            "ratio": Text("Weakest over strongest", "最弱/最强"),
            "d": D,
        },
        digits=2,
        notes=[year_shown(indices.chains), gaps(indices.chains)],
        title=Text("Four chains: weakest link of each province", "四链：各省最弱环节"),
    )


def link_counts(indices: Indices) -> TableExhibit:
    """How many provinces each chain leads, is weakest in, and lags in."""
    return frame_table(
        leads.tally(indices.chains),
        {
            "system": SYSTEM,
            "mean": Text("Mean score", "平均得分"),
            "leads": Text("Leads in", "领先省份数"),
            "weakest": Text("Weakest in", "最弱省份数"),
            "lags": Text("Lags in", "滞后省份数"),
        },
        digits=2,
        notes=[leads.lagging(indices)],
        title=Text("Four chains: who leads, who lags", "四链：领先与滞后"),
    )


def finding(indices: Indices) -> Statement:
    """Which chain is weakest and which leads most often, and where it is otherwise."""
    index = indices.chains
    counts, table, names = leads.tally(index), leads.standings(index), index.layout.names
    weak, strong = counts.nlargest(1, "weakest").iloc[0], counts.nlargest(1, "leads").iloc[0]
    inside = index.weight_table().set_index("indicator")["within_system"]
    heaviest = str(inside.idxmax())
    apart = table[table["weakest"] != weak["system"]]
    others = [
        Text(f"{province}, {inside_sentence(system).en}", f"{short_chinese(province)}为{system.zh}")
        for province, system in zip(apart["province"], apart["weakest"], strict=True)
    ]
    two = last_year(indices.two).set_index("province")["d"].rank()
    return statement(
        "integration_chains",
        Text(
            "In {last} the weakest link is the {weak} in {weak_count} of {n} provinces (elsewhere: {others}); the {strong} leads most "
            "often ({strong_count}). {heavy_name} makes {heavy:.0%} of the {heavy_chain}, which is nearly that indicator. The ranks of "
            "the four chains and of the two innovations are correlated at {rho:.3f}.",
            "{last}年，{n}个省份中有{weak_count}个的最弱环节是{weak}（例外：{others}）；最常领先的是{strong}（{strong_count}个）。"
            "{heavy_name}占{heavy_chain}的{heavy:.0%}，该链几乎等同于这一指标。四链与两种创新的位次相关系数为{rho:.3f}。",
        ),
        last=span(index)[1],
        n=len(table),
        weak=inside_sentence(weak["system"]),
        weak_count=int(weak["weakest"]),
        strong=inside_sentence(strong["system"]),
        strong_count=int(strong["leads"]),
        others=Text("; ".join(t.en for t in others), "、".join(t.zh for t in others)) if others else Text("none of them", "无"),
        heavy=float(inside.max()),
        heavy_name=names[heaviest],
        heavy_chain=inside_sentence(names[index.layout.system[heaviest]]),
        rho=float(table.set_index("province")["d"].rank().corr(two)),
    )
