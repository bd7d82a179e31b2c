"""What a reader should know first: ten findings as sentences, and why the statements that stay open do so."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from toolkit.audit.basket import READINGS, RESOURCES, share_basket
from toolkit.audit.run import Audit
from toolkit.audit.tables import Tables
from toolkit.audit.verdicts import OPEN_WORDS, REMAINS, Verdict, remains
from toolkit.language import Text
from toolkit.registry import registry
from toolkit.registry.claims import Open

MOST = 3  # publications named for each reason


class _Finding(NamedTuple):
    """A claim, the sentence, and the official figures that fill it: placeholder and id."""

    claim: str
    sentence: Text
    figures: dict[str, str] = {}  # noqa: RUF012


_FINDINGS = (
    _Finding(
        "chen2025_resources_two_thirds",
        Text(
            "No resource comes near {bare} in the three centres: the largest share of {n} that can be added over provinces is {most}%.",
            "三大中心没有任何一种资源接近全国的{bare}：{n}种可按省加总的资源中，最高占比为{most}%。",
        ),
    ),
    _Finding(
        "chen2025_g60_hte_growth",
        Text(
            "The corridor's {firms} high-tech enterprises are {share} of the nation's {nation}, not the {printed_share} that its own "
            "conference names; the ministry confirms the national number, so the fault lies in the corridor's.",
            "走廊的{firms}高新技术企业相当于全国{nation}的{share}，而非其联席会议所称的{printed_share}；全国数由主管部门证实，问题出在走廊的数字。",
        ),
        {"printed_share": "g60_hte_share_2024_05", "nation": "hte_2025_01_miit"},
    ),
    _Finding(
        "chen2025_basic_eu_19",
        Text(
            "Members of the European Union that report by activity put {computed} of their R&D into basic research, not {printed}.",
            "按活动类型报告的欧盟成员国基础研究占研发经费的{computed}，而非{printed}。",
        ),
    ),
    _Finding(
        "chen2025_wind_7934",
        Text(
            "{computed} of wind capacity were added, says the energy administration, not {printed}.",
            "国家能源局公布的新增风电为{computed}，而非{printed}。",
        ),
    ),
    _Finding(
        "chen2025_broker_regions_3",
        Text(
            "Not only {printed} reward the staff of technology transfer by rule: the ordinances of Zhejiang and Shandong do so as well.",
            "以条例规定转移人员奖励的不止{printed}：浙江与山东的条例也有规定。",
        ),
    ),
    _Finding(
        "chen2025_regional_gap_wider",
        Text(
            "Innovation resources spread more evenly over the provinces, not less: the gap widens under {computed} only.",
            "创新资源的区域分布趋于均衡而非更不均衡：差距扩大仅在{computed}下成立。",
        ),
    ),
    _Finding(
        "chen2025_basic_share_691",
        Text(
            "The share of basic research, {printed}, is the preliminary one; the final bulletin has {final}.",
            "基础研究占比{printed}是初步数，最终公报为{final}。",
        ),
    ),
    _Finding(
        "chen2025_nerc_350",
        Text(
            "{printed} of engineering research are the count of the end of {old_year}; {new} were left at the end of {new_year}.",
            "国家工程研究中心{printed}是{old_year}年末的数字；{new_year}年末为{new}。",
        ),
        {"new": "nerc_2023"},
    ),
    _Finding(
        "chen2025_nev_9yr",
        Text(
            "First in new-energy vehicles for {printed} was right a year earlier; with the year of the text it is {official}.",
            "新能源汽车连续{printed}第一是截至前一年的说法；计入文中所述年份应为{official}。",
        ),
        {"official": "nev_years_first_2024_pd"},
    ),
    _Finding(
        "chen2025_mva_30",
        Text(
            "A share in world manufacturing of {printed} is right for one year only ({then}); the ministry now says {now}.",
            "占全球制造业增加值{printed}仅一年成立（{then}）；主管部门最新说法为{now}。",
        ),
        {"then": "mva_2022_nbs", "now": "mva_2025"},
    ),
)


_YEARS = {"old_year": "nerc_2020_whitepaper", "new_year": "nerc_2023"}


def _values(finding: _Finding, found: Audit, tables: Tables) -> dict[str, object]:
    verdict = found.of(finding.claim)
    values: dict[str, object] = {"printed": verdict.printed, "computed": verdict.checks[0].value}
    values |= {name: tables.official(figure).text for name, figure in finding.figures.items()}
    if finding.claim == "chen2025_resources_two_thirds":
        name = "three_provinces"
        shares = share_basket(tables.panel("provincial_panel"), RESOURCES, {name: READINGS[name][1]}).latest()
        values |= {"bare": tables.claim(finding.claim).bare(), "n": len(shares), "most": f"{shares['share'].max():.1f}"}
    elif finding.claim == "chen2025_g60_hte_growth":
        firms, nation = tables.claim(finding.claim), tables.claim("chen2025_hte_463k")
        part = (firms.high_end / nation.interval).middle
        values |= {"firms": firms.bare("high"), "share": Text(f"{part:.1%}", f"{part:.1%}")}
    elif finding.claim == "chen2025_basic_share_691":
        values["final"] = tables.national("basic_share", int(verdict.claim.period)).text
    elif finding.claim == "chen2025_nerc_350":
        values |= {name: registry().official[figure].period[:4] for name, figure in _YEARS.items()}
    return values


def findings(found: Audit, tables: Tables) -> list[tuple[Verdict, Text]]:
    """Ten findings, contradictions first: the verdict on a statement, and the sentence for a reader."""
    return [(found.of(finding.claim), finding.sentence.filled(**_values(finding, found, tables))) for finding in _FINDINGS]


class StillOpen(NamedTuple):
    """A reason why statements stay open, how many do for it, and the publications that would settle most of them."""

    reason: Open
    why: Text
    statements: int
    most: Text


def still_open(found: Audit) -> list[StillOpen]:
    """The open statements by reason."""
    rows = []
    undecided = [v.claim for v in found.verdicts if v.word in OPEN_WORDS.values()]
    for reason, text in REMAINS.items():
        own = [claim for claim in undecided if remains(claim) == reason]
        bodies = Counter(_publication(claim.settle) for claim in own if claim.settle.en)
        most = [(body, n) for body, n in bodies.most_common(MOST) if n > 1 and reason != "goal"]
        named = Text("; ".join(f"{body.en} ({n})" for body, n in most), "；".join(f"{body.zh}（{n}条）" for body, n in most))
        rows.append(StillOpen(reason, text, len(own), named))
    return rows


def _publication(settle: Text) -> Text:
    """The body and publication at the head of what would settle a claim."""
    return Text(settle.en.split(";")[0].split(",")[0].split(":")[0].strip(), settle.zh.split("；")[0].split("，")[0].split("：")[0].strip())
