"""What do the four parts that one paper names, and does not define, say once they are made measurable?"""

from __future__ import annotations

from toolkit import glossary
from toolkit.data.provinces import named
from toolkit.language import Text
from toolkit.present import frame_table
from toolkit.present.exhibit import TableExhibit
from toolkit.present.record import Statement, statement
from toolkit.registry.systems import load_scheme
from toolkit.studies.integration.index import PARTS, D, Indices, in_sentence, last_year, ranks_of, span


def parts(indices: Indices) -> TableExhibit:
    """The last year, best first: scores of the parts, D, its rank, and the rank on the two innovations."""
    scheme = load_scheme(PARTS)
    table = last_year(indices.base[PARTS]).sort_values("d", ascending=False, ignore_index=True)
    two = ranks_of(last_year(indices.two).set_index("province")["d"])
    return frame_table(
        table.assign(rank=ranks_of(table["d"]), two_rank=table["province"].map(two)),
        {
            "rank": glossary.RANK,
            "province": glossary.PROVINCE,
            "industrialisation": Text("Industrialisation", "技术产业化"),
            "match": Text("Match", "需求匹配"),
            "coverage": Text("Coverage", "链条覆盖"),
            "flow": Text("Flow", "跨域流动"),
            "d": D,
            "two_rank": Text("Rank, two innovations", "两种创新位次"),
        },
        digits=2,
        notes=[
            *[Text(f"{system.name.en}: {system.definition.en}", f"{system.name.zh}：{system.definition.zh}") for system in scheme.systems],
            scheme.missing,
            scheme.limits,
        ],
        title=Text("The four parts that the paper names, as measured here", "论文提出的四部分及本项目的度量"),
    )


def finding(indices: Indices) -> Statement:
    """Who leads on the four parts, and how far the order departs from that of the two innovations."""
    table = last_year(indices.base[PARTS]).set_index("province")
    own, two = ranks_of(table["d"]), ranks_of(last_year(indices.two).set_index("province")["d"])
    moved = (own - two).abs()
    first = own.sort_values().index
    means = table[indices.base[PARTS].layout.systems].mean()
    own_scores = table[means.index].loc["Guangdong"].astype(float)
    weak = str((own_scores / means).idxmin())
    name = indices.base[PARTS].layout.names[weak]
    return statement(
        "integration_parts",
        Text(
            "On the four parts as made measurable here {first_name}, {second_name} and {third_name} lead in {last}. The order is close "
            "to that of the two innovations (correlation of ranks {rho:.2f}); a province moves {median:.0f} places at the median, "
            "{widest_name} most ({widest}). Guangdong has rank {bay} of {n} here and {bay_two} there; its weakest part relative to the "
            "mean of the provinces is {weak} ({score:.2f} against {mean:.2f}).",
            "按本项目的操作化，{last}年四部分指数居前三位的是{first_name}、{second_name}与{third_name}。排序与两种创新相近（位次相关系数"
            "{rho:.2f}）；各省位次变动的中位数为{median:.0f}位，变动最大的是{widest_name}（{widest}位）。广东在此列第{bay}位（共{n}个），"
            "在两种创新中列第{bay_two}位；与各省平均相比，其最弱部分为{weak}（{score:.2f}，平均为{mean:.2f}）。",
        ),
        last=span(indices.base[PARTS])[1],
        first_name=named([first[0]]),
        second_name=named([first[1]]),
        third_name=named([first[2]]),
        rho=float(own.corr(two)),
        median=float(moved.median()),
        widest=int(moved.max()),
        widest_name=named(sorted(moved.index[moved == moved.max()])),
        n=len(own),
        bay=int(own["Guangdong"]),
        bay_two=int(two["Guangdong"]),
        weak=in_sentence(name),
        score=float(own_scores.to_dict()[weak]),
        mean=float(means[weak]),
    )
