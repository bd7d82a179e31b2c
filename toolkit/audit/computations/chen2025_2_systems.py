"""Chen, Zhao and Duan (2025), sections 2(1) and 2(2): new economy, energy, drugs and innovation centres."""

from __future__ import annotations

from toolkit.audit.api import Check, Interval, PrintedClaim, Tables, arithmetic, compare, computes, convert, related, wholes
from toolkit.language import Text

PERCENT = 100
YEAR = 2024


@computes("chen2025_sanxin_18")
def three_new_share(claim: PrintedClaim, tables: Tables) -> list[Check]:
    """Share of the three-new economy at release, and its rise over the revised share of the year before."""
    share, before = tables.national("three_new_share", YEAR), tables.national("three_new_share_revised", YEAR - 1)
    at_release = tables.national("three_new_share", YEAR - 1)
    what = Text("rise of the share over {year}", "比{year}年提高").filled(year=YEAR - 1)
    sentence = Text(
        "Against the revised share of {year} ({revised}) it rose by {rise:.2f} points; against the share at release ({released}) it would "
        "be {mixed:.2f}.",
        "与{year}年修订后比重（{revised}）相比提高{rise:.2f}个百分点，与发布时比重（{released}）相比提高{mixed:.2f}个百分点。",
    ).filled(
        year=YEAR - 1,
        revised=before.text,
        rise=(share - before).number,
        released=at_release.text,
        mixed=(share - at_release).number,
    )
    rise = (share - before).named(what, Text("points", "个百分点"))
    return [compare(claim, share), related(claim, rise, what, sentence)]


@computes("chen2025_wind_7934", "chen2025_pv_278")
def capacity_added(claim: PrintedClaim, tables: Tables) -> list[Check]:
    """Change of the installed capacity, and the sum of both additions against the official combined one."""
    wind = claim.id == "chen2025_wind_7934"
    series, name = ("wind_installed_cumulative", Text("wind", "风电")) if wind else ("solar_installed_cumulative", Text("solar", "太阳能"))
    change = tables.national(series, YEAR) - tables.national(series, YEAR - 1)
    label = Text("Change of {name} capacity in {year}", "{year}年{name}装机增量").filled(name=name, year=YEAR)
    note = Text(
        "The stocks are published to a tenth of a hundred million kW, so the difference is known within those bounds only.",
        "存量只公布到0.1亿千瓦，增量只能确定在该范围之内。",
    )
    return [compare(claim, change.named(label), note=note), _combined(claim, tables)]


def _combined(claim: PrintedClaim, tables: Tables) -> Check:
    """Wind and solar additions of the paper together, against the official sum."""
    wind, solar = tables.claim("chen2025_wind_7934"), tables.claim("chen2025_pv_278")
    official = tables.national("wind_solar_new_installed", YEAR)
    unit = official.unit.en
    total = convert(wind.interval, wind.unit.en, unit) + convert(solar.interval, solar.unit.en, unit)
    sentence = Text(
        "Both additions together, GW turned into hundred million kW: {total:.4f}; official sum: {official}; {outcome}.",
        "两项新增合计（吉瓦换算为亿千瓦）：{total:.4f}；官方合计：{official}；{outcome}。",
    ).filled(
        total=total.middle,
        official=official.text,
        outcome=Text("they agree", "相符") if total.overlaps(official.interval) else Text("they differ", "不相符"),
    )
    return related(claim, official, Text("wind and solar together", "风电与光伏合计"), sentence, claims=(wind.id, solar.id))


@computes("chen2025_pv_share_60")
def world_additions_implied(claim: PrintedClaim, tables: Tables) -> Check:
    """World additions that the share and the national addition imply."""
    national = tables.claim("chen2025_pv_278")
    world = convert(national.interval, national.unit.en, "GW") / claim.interval * PERCENT
    sentence = Text(
        "The share and the national addition imply {low:.0f} to {high:.0f} GW for the world.",
        "由占比与国内新增推算，全球新增为{low:.0f}至{high:.0f}吉瓦。",
    ).filled(low=float(world.low or 0), high=float(world.high or 0))
    return related(claim, world, Text("world additions implied, GW", "推算的全球新增（吉瓦）"), sentence, claims=(national.id,))


@computes("chen2025_class1_domestic_83")
def domestic_drugs(claim: PrintedClaim, tables: Tables) -> Check:
    """Which whole numbers of the approved drugs make the share."""
    drugs = tables.claim("chen2025_class1_48")
    counts = wholes(claim.interval / PERCENT * drugs.number)
    sentence = Text("Of {n:.0f} drugs about {share:.0f}% can only be {counts}.", "{n:.0f}款药中的约{share:.0f}%只能是{counts}款。").filled(
        n=drugs.number,
        share=claim.number,
        counts=Text(", ".join(map(str, counts)) or "no whole number", "、".join(map(str, counts)) or "非整数"),
    )
    what = Text("whole numbers that make the share", "与该比重相符的整数")
    return arithmetic(claim=claim, holds=bool(counts), what=what, value=counts, sentence=sentence, claims=(drugs.id,))


@computes("chen2025_mic_672", "chen2025_mic_7077")
def per_centre(claim: PrintedClaim, tables: Tables) -> Check:
    """Output per centre, although the centres are counted later than their outputs."""
    centres = tables.claim("chen2025_mic_33")
    each = claim.number / centres.number
    sentence = Text(
        "{n:,.0f} over {centres:.0f} centres are {each:.1f} each; the centres are counted later than the outputs, so it is a lower bound "
        "if their number grew.",
        "{n:,.0f}项由{centres:.0f}家中心完成，平均每家{each:.1f}项；中心数的统计时点晚于产出，若其间有新增，则该平均值偏低。",
    ).filled(n=claim.number, centres=centres.number, each=each)
    return related(claim, round(each, 1), Text("output per centre", "每家中心产出"), sentence, claims=(centres.id,))


@computes("chen2025_mic_690")
def results_per_technology(claim: PrintedClaim, tables: Tables) -> Check:
    """Results transferred per technology mastered, per patent application and per centre."""
    technologies, applications, centres = (tables.claim(f"chen2025_mic_{n}") for n in ("672", "7077", "33"))
    ratio = claim.number / technologies.number
    sentence = Text(
        "{ratio:.3f} results per technology mastered, {patents:.1f} per hundred patent applications, {each:.1f} per centre; "
        "with more results than technologies the one cannot be a part of the other.",
        "每项突破技术对应{ratio:.3f}项转化成果，每百件专利申请{patents:.1f}项，每个中心{each:.1f}项；成果多于技术，前者不可能是后者的一部分。",
    ).filled(ratio=ratio, patents=PERCENT * claim.number / applications.number, each=claim.number / centres.number)
    claims = (technologies.id, applications.id, centres.id)
    return related(claim, ratio, Text("results per technology", "每项技术的转化成果"), sentence, claims=claims)


@computes("chen2025_joint_70")
def joint_centres_possible(claim: PrintedClaim, tables: Tables) -> Check:
    """The largest share of joint centres, with and without centres that are recognised inside one firm."""
    engineering, firms = tables.claim("chen2025_nerc_350"), tables.claim("chen2025_netc_1700")
    total = engineering.number + firms.number
    alone = PERCENT * engineering.number / total
    needed = PERCENT * (claim.number / PERCENT * total - engineering.number) / firms.number
    holds = [Interval.of(0, most).overlaps(claim.interval) for most in (alone, PERCENT)]
    sentence = Text(
        "If centres recognised inside one firm are not joint, the share is at most {alone:.1f}%; to reach {share:.0f}%, even with every "
        "engineering centre joint, {needed:.1f}% of the firm centres must count as joint.",
        "若认定于单个企业的中心不算共建，占比至多{alone:.1f}%；即使全部工程研究中心均为共建，要达到{share:.0f}%，仍须有{needed:.1f}%的企业技术中心计为共建。",
    ).filled(alone=alone, share=claim.number, needed=needed)
    return Check(
        what=Text("largest share that is possible", "可能的最大占比"),
        result="depends" if any(holds) and not all(holds) else "agrees" if all(holds) else "incoherent",
        value=Text("{alone:.1f}% or {all}%", "{alone:.1f}%或{all}%").filled(alone=alone, all=PERCENT),
        sentence=sentence,
        evidence="papers",
        claims=(engineering.id, firms.id),
    )
