"""Two cases as funnels: the enclave of Wenzhou in Jiading and the institute of Jining, with what small counts leave open.

All counts are those of the papers, cumulative, and read as they are printed: "over 20" admits 21 to 29. A step of the enclave and a title
of an institute's firm need not belong to the units above it, so that a share is a ratio of counts first and a pass rate only if they do.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from toolkit import glossary
from toolkit.audit import Tables
from toolkit.language import Text
from toolkit.measure import union_bounds, wilson_interval
from toolkit.present.exhibit import FigureExhibit
from toolkit.present.figures.forest import forest_plot
from toolkit.present.record import Statement, statement

PERCENT = 100.0
TITLES = ("huang2025_hnte_13", "huang2025_sme_19", "huang2025_innov_sme_18")
_NAMES = {
    "enclave": Text("Enclave: of {base} firms and teams drawn in", "飞地：以招引的{base}家企业及团队为基数"),
    "institute": Text("Institute: of {base} projects brought in", "产研院：以引进的{base}个项目为基数"),
    "units": Text("research units of Wenzhou firms", "温州企业设立的研发机构"),
    "settled": Text("firms settled in Wenzhou", "回温落地企业"),
    "settled_of_firms": Text("the same, of firms counted in mid-2024", "同前，以2024年年中入驻企业为基数"),
    "running_least": Text("in operation, at least", "已投入运营，至少"),
    "running_most": Text("in operation, at most", "已投入运营，至多"),
    "high_tech": Text("firms certified as high-tech", "认定为高新技术企业"),
    "registered": Text("firms in the register of small technology firms", "入库科技型中小企业"),
    "innovative": Text("innovative small firms of the province", "省创新型中小企业"),
}


@dataclass(frozen=True)
class Funnels:
    """Counts and shares of both cases.

    Attributes
    ----------
    steps : case, step, count, total, estimate, low, high (per cent, Wilson).
    titled : least and most projects with at least one of three titles, were every holder a project.
    titles : titles in all.
    products : new products produced at home, of the enclave.
    fund : mean size of a fund of the institute, million yuan.
    """

    steps: pd.DataFrame
    titled: tuple[int, int]
    titles: int
    products: int
    fund: float

    def step(self, name: str) -> pd.Series:
        """One row of ``steps``."""
        return self.steps[self.steps["step"] == name].iloc[0]


def run() -> Funnels:
    """Both cases from the registry of claims; one base of the enclave from a public document."""
    read = Tables()
    number = {name: int(read.claim(name).number) for name in ("chen2025_wz_49", "chen2025_wz_37", "chen2025_wz_8", "chen2025_wz_182")}
    projects, over, money, funds = (
        read.claim(f"huang2025_{name}").number for name in ("projects_44", "operating_20", "fund_size_844", "funds_7")
    )
    titles = [int(read.claim(name).number) for name in TITLES]
    drawn_in, settled = number["chen2025_wz_49"], number["chen2025_wz_8"]
    counts = [
        ("enclave", "units", number["chen2025_wz_37"], drawn_in),
        ("enclave", "settled", settled, drawn_in),
        ("enclave", "settled_of_firms", settled, int(read.official("wz_firms_2024_06").number)),
        ("institute", "running_least", int(over) + 1, int(projects)),
        ("institute", "running_most", int(over) + 9, int(projects)),
        *(("institute", step, count, int(projects)) for step, count in zip(("high_tech", "registered", "innovative"), titles, strict=True)),
    ]
    frame = pd.DataFrame(counts, columns=["case", "step", "count", "total"])
    ends = [wilson_interval(count, total) for count, total in zip(frame["count"], frame["total"], strict=True)]
    frame["estimate"] = PERCENT * frame["count"] / frame["total"]
    frame["low"], frame["high"] = ([PERCENT * end[side] for end in ends] for side in (0, 1))
    return Funnels(
        steps=frame,
        titled=union_bounds(titles, int(projects)),
        titles=sum(titles),
        products=number["chen2025_wz_182"],
        fund=money / funds / 1e6,
    )


def shares(results: Funnels) -> FigureExhibit:
    """Every step as a share of the base, with its interval."""
    bases = results.steps.groupby("case")["total"].first()
    return forest_plot(
        results.steps,
        "step",
        panel="case",
        limits=(0.0, 100.0),
        digits=0,
        x_label=glossary.SHARE_PERCENT,
        names={**_NAMES, **{case: _NAMES[case].filled(base=bases[case]) for case in bases.index}},
        title=Text("Two funnels: shares of small counts with their intervals", "两个漏斗：小样本比例及其区间"),
        notes=[
            Text(
                "95% intervals after Wilson, as if the units were independent draws of such cases. Counts as the papers print them, "
                "cumulative and partly undated; departures are not taken off. Research units are set up by firms at home and need not be "
                "among those drawn in. Titles overlap: the three shares must not be added.",
                "95%威尔逊区间，视各单位为同类案例的独立抽样。计数均按论文原文，为累计数，部分未注明时点，且未扣除退出者。"
                "研发机构由在温企业设立，未必属于所招引的企业。称号可重复持有，三项比例不可相加。",
            )
        ],
    )


def finding(results: Funnels) -> Statement:
    """What each funnel lets pass, and what double counting leaves of the titles."""
    settled, firms = results.step("settled"), results.step("settled_of_firms")
    least, most = results.step("running_least"), results.step("running_most")
    return statement(
        "transfer_funnels",
        Text(
            "Of the {drawn} firms and teams in the enclave {settled} settled at home, {share:.0f}% ({low:.0f} to {high:.0f}%); counted on "
            "the {firms} firms of a public report it is {firm_share:.0f}%. The {products} products made at home are {each:.0f} for each "
            "firm that settled, so that most must come from parent firms: two channels in one count. Of the institute's {projects} "
            "projects {least} to {most} are in operation, between {running_low:.0f} and {running_high:.0f}% with both kinds of doubt. Its "
            "{titles} titles, were all held by these projects, would sit with {titled_low} to {titled_high} of them, so that at least "
            "{double} are held twice. A fund has {fund} on average; leverage cannot be told, as the public part is not given.",
            "飞地招引的{drawn}家企业及团队中有{settled}家回温落地，占{share:.0f}%（{low:.0f}%至{high:.0f}%）；若以公开报道的{firms}家企业为基数，"
            "则为{firm_share:.0f}%。回温投产的{products}项新产品平均每家落地企业{each:.0f}项，多数只能来自母公司：一个计数混合了两条渠道。"
            "产研院{projects}个项目中有{least}至{most}个投入运营，计入两类不确定性后介于{running_low:.0f}%与{running_high:.0f}%之间。"
            "{titles}个称号若全由这些项目持有，则分布于{titled_low}至{titled_high}个项目，至少{double}个为重复持有。每只基金平均"
            "{fund}；因未给出财政出资，杠杆无从得知。",
        ),
        drawn=int(settled["total"]),
        settled=int(settled["count"]),
        share=float(settled["estimate"]),
        low=float(settled["low"]),
        high=float(settled["high"]),
        firms=int(firms["total"]),
        firm_share=float(firms["estimate"]),
        products=results.products,
        each=results.products / float(settled["count"]),
        projects=int(least["total"]),
        least=int(least["count"]),
        most=int(most["count"]),
        running_low=float(least["low"]),
        running_high=float(most["high"]),
        titles=results.titles,
        titled_low=results.titled[0],
        titled_high=results.titled[1],
        double=results.titles - results.titled[1],
        fund=Text("{million:.0f} million yuan", "{wan:,.0f}万元").filled(million=results.fund, wan=100 * results.fund),
    )
