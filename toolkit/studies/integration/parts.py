"""What do the four parts that one paper names, and does not define, say once they are made measurable?"""

from __future__ import annotations

import pandas as pd

from toolkit import glossary
from toolkit.data.provinces import named
from toolkit.language import Text
from toolkit.present import frame_table
from toolkit.present.exhibit import TableExhibit
from toolkit.present.record import Statement, statement
from toolkit.registry.systems import load_scheme
from toolkit.studies.integration import leads
from toolkit.studies.integration.index import PARTS, TWO, D, Indices, formula_table, gaps, inside_sentence, last_year, span, weight_table
from toolkit.studies.integration.ranking import Rankings, drawn, ranks_of


def operational() -> TableExhibit:
    """What the paper names, how it is measured here, and what public data do not allow."""
    scheme = load_scheme(PARTS)
    return frame_table(
        pd.DataFrame([{"part": system.name, "definition": system.definition} for system in scheme.systems]),
        {
            "part": Text("Part named in the paper", "论文提出的部分"),
            "definition": Text("Made measurable here", "本项目的操作化"),
        },
        notes=[scheme.missing, scheme.limits],
        title=Text("The four-part index: what the paper names and what is measured", "四部分指数：论文的提法与本项目的度量"),
    )


def part_formulas(indices: Indices) -> TableExhibit:
    """Indicators of the four parts."""
    return formula_table(PARTS, notes=[gaps(indices.parts)], title=Text("Four-part index: indicators", "四部分指数：指标"))


def part_weights(indices: Indices) -> TableExhibit:
    """Weights inside each part by every method."""
    return weight_table(
        indices.by_method[PARTS],
        notes=[],
        title=Text("Four-part index: weights inside each part (%)", "四部分指数：各部分内权重（%）"),
    )


def parts(indices: Indices, ranks: Rankings) -> TableExhibit:
    """The last year, best first: scores of the parts, D, rank with interval, and the rank on two other indices."""
    index, found = indices.parts, ranks[PARTS]
    scores = last_year(index).set_index("province")[index.layout.systems]
    table = found.league[["province", "rank", "rank_low", "rank_high", "d"]].join(scores, on="province")
    two, hightech = ranks[TWO].league.set_index("province")["rank"], _hightech_ranks(indices)
    return frame_table(
        table.assign(two_rank=table["province"].map(two), hightech_rank=table["province"].map(hightech)),
        {
            "province": glossary.PROVINCE,
            "industrialisation": Text("Industrialisation", "技术产业化"),
            "match": Text("Match", "需求匹配"),
            "coverage": Text("Coverage", "链条覆盖"),
            "flow": Text("Flow", "跨域流动"),
            "d": D,
            "rank": glossary.RANK,
            "rank_low": glossary.BEST,
            "rank_high": glossary.WORST,
            "two_rank": Text("Rank, two innovations", "两种创新位次"),
            "hightech_rank": Text("Rank with high-tech", "含高技术位次"),
        },
        digits=2,
        notes=[drawn(found), _with_hightech(indices)],
        title=Text("The four-part index", "四部分指数"),
    )


def _hightech_ranks(indices: Indices) -> pd.Series:
    return ranks_of(last_year(indices.hightech).set_index("province")["d"])


def _with_hightech(indices: Indices) -> Text:
    """The year and the zero scores of the variant with high-tech manufacturing."""
    index = indices.hightech
    year, names = span(index)[1], named(sorted(index.keys.loc[pd.Series(index.d == 0), "province"]))
    return Text(
        f"With high-tech: revenue of high-tech manufacturing per yuan of R&D instead of contracts per patent, {year} only; D is zero in "
        f"{names.en}, the lowest of a part.",
        f"含高技术：以每元R&D经费的高技术制造业营业收入代替每件专利的合同额，仅有{year}年；{names.zh}因某一部分得分最低而D为零。",
    )


def finding(indices: Indices, ranks: Rankings) -> Statement:
    """Who leads on the four parts, where Guangdong stands on them and why, and what high-tech manufacturing would change."""
    index, league = indices.parts, ranks[PARTS].league
    own, two = (ranks[scheme].league.set_index("province")["rank"] for scheme in (PARTS, TWO))
    best, second = league.iloc[0], league.iloc[1]
    table = leads.standings(index)
    bay = table[table["province"] == "Guangdong"].iloc[0]
    system = index.layout.systems[bay["weak"]]
    weak = leads.tally(index).nlargest(1, "weakest").iloc[0]
    return statement(
        "integration_parts",
        Text(
            "On the four parts as made measurable here, {first_name} leads in {last} (D {first:.2f}, interval of ranks {first_low} to "
            "{first_high}), followed by {second_name} ({second_low} to {second_high}). Guangdong has rank {bay_rank} of {n} here and "
            "{bay_two} on the two innovations; its weakest part is {bay_weak} ({bay_score:.2f} against a mean of {bay_mean:.2f}). The "
            "ranks of the two indices are correlated at {rho:.2f}. The weakest part is {weak} in {weak_count} provinces. With high-tech "
            "manufacturing, taken for one year, the median change of rank is {moved:.0f}.",
            "按本项目的操作化，{last}年四部分指数最高的是{first_name}（D为{first:.2f}，位次区间{first_low}—{first_high}），"
            "其次为{second_name}（{second_low}—{second_high}）。广东在此列第{bay_rank}位（共{n}个），而在两种创新指数中列第{bay_two}位；"
            "其最弱部分为{bay_weak}（{bay_score:.2f}，平均为{bay_mean:.2f}）。两种指数位次的相关系数为{rho:.2f}。"
            "最弱部分为{weak}的省份有{weak_count}个。加入高技术制造业（只取一年）后，位次变动的中位数为{moved:.0f}位。",
        ),
        first_name=named([best["province"]]),
        first_low=int(best["rank_low"]),
        first_high=int(best["rank_high"]),
        second_name=named([second["province"]]),
        second_low=int(second["rank_low"]),
        second_high=int(second["rank_high"]),
        first=float(best["d"]),
        last=span(index)[1],
        n=len(league),
        bay_rank=int(own["Guangdong"]),
        bay_two=int(two["Guangdong"]),
        bay_weak=inside_sentence(bay["weakest"]),
        bay_score=float(bay[system]),
        bay_mean=float(last_year(index)[system].mean()),
        rho=float(own.corr(two)),
        weak=inside_sentence(weak["system"]),
        weak_count=int(weak["weakest"]),
        moved=float((_hightech_ranks(indices) - own).abs().median()),
    )
