"""Chen et al. (2025), end of section 2 to section 4: the enclave, transfer staff, shares of the proceeds, horizons and goals."""

from __future__ import annotations

from toolkit.audit.api import Check, PrintedClaim, Tables, arithmetic, computes, related, relation
from toolkit.audit.directions import above
from toolkit.language import Text

MET, NOT_MET = Text("met", "已达到"), Text("not met", "尚未达到")


@computes("chen2025_wz_270")
def projects_per_firm(claim: PrintedClaim, tables: Tables) -> Check:
    """Projects per firm or team in the park."""
    firms = tables.claim("chen2025_wz_49")
    value = claim.number / firms.number
    said = Text(
        "{n:,.0f} projects for {firms:.0f} firms and teams: {value:.1f} each.",
        "{firms:.0f}家企业与团队共{n:,.0f}项，平均每家{value:.1f}项。",
    )
    return related(
        claim,
        round(value, 1),
        Text("projects per firm or team", "每家企业（团队）项目数"),
        said.filled(n=claim.number, firms=firms.number, value=value),
        claims=(firms.id,),
    )


@computes("chen2025_wz_1540")
def patents_per_project(claim: PrintedClaim, tables: Tables) -> Check:
    """Patents filed per R&D body and per project of the park."""
    bodies, projects = tables.claim("chen2025_wz_37"), tables.claim("chen2025_wz_270")
    said = Text(
        "{n:,.0f} applications are {per_body:.1f} for each of {bodies:.0f} R&D bodies and {per_project:.1f} for each of {projects:.0f} "
        "projects.",
        "{n:,.0f}项申报，平均每个研发机构（共{bodies:.0f}个）{per_body:.1f}项，每个合作项目（共{projects:.0f}项）{per_project:.1f}项。",
    ).filled(
        n=claim.number,
        bodies=bodies.number,
        projects=projects.number,
        per_body=claim.number / bodies.number,
        per_project=claim.number / projects.number,
    )
    what = Text("applications per R&D body", "每个研发机构申报数")
    return related(claim, round(claim.number / bodies.number, 1), what, said, claims=(bodies.id, projects.id))


@computes("chen2025_wz_182")
def products_per_returned_firm(claim: PrintedClaim, tables: Tables) -> Check:
    """New products per firm that moved back, and as a part of the projects."""
    returned, projects = tables.claim("chen2025_wz_8"), tables.claim("chen2025_wz_270")
    said = Text(
        "{n:.0f} products against {returned:.0f} firms that moved back are {each:.1f} each; they equal {part:.0f}% of the {projects:.0f} "
        "projects, so most come from firms that were in Wenzhou before.",
        "{n:.0f}项产品相对于{returned:.0f}家回温企业，平均每家{each:.1f}项；相当于{projects:.0f}个合作项目的{part:.0f}%，可见多数来自原在"
        "温州的企业。",
    ).filled(
        n=claim.number,
        returned=returned.number,
        each=claim.number / returned.number,
        part=100 * claim.number / projects.number,
        projects=projects.number,
    )
    what = Text("products per returned firm", "每家回温企业产品数")
    return related(claim, round(claim.number / returned.number, 1), what, said, claims=(returned.id, projects.id))


@computes("chen2025_firm_pilot_quarter")
def capacity_needed(claim: PrintedClaim, tables: Tables) -> Check:
    """How many times today's capacity the need would be."""
    times = 1 / claim.interval
    said = Text("A quarter met means a need of {times:.0f} times the capacity.", "满足四分之一意味着需求为现有能力的{times:.0f}倍。")
    return related(claim, times, Text("need / capacity", "需求/能力"), said.filled(times=1 / claim.number))


@computes("chen2025_tm_certified_2w", "chen2025_tm_8pct")
def practitioners_implied(claim: PrintedClaim, tables: Tables) -> Check:
    """Practitioners if both upper bounds were reached, and set against R&D personnel."""
    certified, part = tables.claim("chen2025_tm_certified_2w"), tables.claim("chen2025_tm_8pct")
    implied = certified.number / (part.number / 100)
    staff = tables.national("rd_fte", 2023)
    said = Text(
        "Were both bounds reached, there would be {implied:,.0f} practitioners, one for {each:.0f} of the {staff:,.0f} person-years of R&D "
        "personnel in 2023. Two upper bounds do not determine the number.",
        "若两个上限均取到，从业人员为{implied:,.0f}人，即2023年{staff:,.0f}人年R&D人员中平均每{each:.0f}人年对应一人。仅凭两个上限不能确"
        "定总数。",
    ).filled(implied=implied, each=staff.number / implied, staff=staff.number)
    what = Text("practitioners if both bounds were reached", "两个上限均取到时的从业人员数")
    return related(claim, implied, what, said, sources=staff.sources, claims=(certified.id, part.id))


@computes("chen2025_inventor_70", "chen2025_broker_3_10")
def left_for_the_unit(claim: PrintedClaim, tables: Tables) -> Check:
    """The unit's share of the proceeds; the shares must fit into the whole."""
    check = relation(claim, "chen2025_inventor_70 + chen2025_broker_3_10 <= 100", tables)
    inventors, staff = tables.claim("chen2025_inventor_70"), tables.claim("chen2025_broker_3_10")
    low, high = (100 - inventors.number - float(end) for end in (staff.claim.high, staff.claim.low))
    said = Text(
        "With {inventors}% for the inventors and {low} to {high}% for transfer staff, {left_low:.0f} to {left_high:.0f}% are left for the "
        "unit, at most.",
        "完成人占{inventors}%、转移人员占{low}%—{high}%时，单位最多剩余{left_low:.0f}%—{left_high:.0f}%。",
    ).filled(inventors=inventors.bare(), low=staff.bare("low"), high=staff.bare("high"), left_low=low, left_high=high)
    what = Text("left for the unit (%)", "单位所余（%）")
    claims = (inventors.id, staff.id)
    return arithmetic(
        claim=claim,
        holds=check.result == "agrees",
        what=what,
        value=Text(f"{low:.0f} to {high:.0f}", f"{low:.0f}至{high:.0f}"),
        sentence=said,
        claims=claims,
    )


@computes("chen2025_broker_regions_3")
def part_of_the_provinces(claim: PrintedClaim, tables: Tables) -> Check:
    """Regions with a rule as a part of the provinces of the panel."""
    provinces = tables.frame("provincial_panel")["province"].nunique()
    part = 100 * claim.number / provinces
    said = Text("{n:.0f} of {provinces} provinces: {part:.1f}%.", "{provinces}个省份中的{n:.0f}个，占{part:.1f}%。")
    return related(
        claim,
        round(part, 1),
        Text("part of the provinces (%)", "占省份数（%）"),
        said.filled(n=claim.number, provinces=provinces, part=part),
    )


@computes("chen2025_ipo_8_10", "shanxi2025_patient_capital")
def horizon_against_listing(claim: PrintedClaim, tables: Tables) -> Check:
    """The horizon asked of capital in one paper against the time to a listing in another."""
    capital, listing = tables.claim("shanxi2025_patient_capital"), tables.claim("chen2025_ipo_8_10")
    low, high = (float(a) / float(b) for a, b in ((capital.claim.low, listing.claim.high), (capital.claim.high, listing.claim.low)))
    said = Text(
        "{capital} asked of capital are {low:.1f} to {high:.1f} times the {listing} to a listing.",
        "要求资本停留{capital}，为上市所需{listing}的{low:.1f}至{high:.1f}倍。",
    ).filled(capital=capital.printed, listing=listing.printed, low=low, high=high)
    value = Text(f"{low:.1f} to {high:.1f}", f"{low:.1f}至{high:.1f}")
    what = Text("horizon / time to listing", "资本周期/上市年限")
    held = not capital.interval.below(listing.interval)
    return arithmetic(claim=claim, holds=held, what=what, value=value, sentence=said, claims=(capital.id, listing.id))


@computes("chen2025_abs_5y")
def horizon_of_securities(claim: PrintedClaim, tables: Tables) -> Check:
    """The horizon of the securities against the time to a listing."""
    listing = tables.claim("chen2025_ipo_8_10")
    value = float(listing.claim.low) - claim.number
    said = Text(
        "The securities run {years}; a listing, by the same paper, takes {listing}: {value:.0f} years more at least.",
        "证券期限为{years}；同一论文称上市需{listing}，至少多出{value:.0f}年。",
    ).filled(years=claim.printed, listing=listing.printed, value=value)
    return related(claim, value, Text("years short of a listing, at least", "距上市至少所差年数"), said, claims=(listing.id,))


@computes("chen2025_target_2035_3_5")
def clusters_today(claim: PrintedClaim, tables: Tables) -> Check:
    """The number of clusters in the ranking of 2024, as quoted, against the goal."""
    today = tables.national("gii_top100_clusters", 2024)
    said = Text(
        "As quoted in the press, the ranking of 2024 has {today}; the goal is {goal}. By that list the goal is {met} today.",
        "据媒体转引，2024年排名中有{today}，目标为{goal}。按该排名，目标现{met}。",
    ).filled(today=today.text, goal=claim.printed, met=MET if above(today, float(claim.claim.low)) else NOT_MET)
    return related(claim, today, Text("clusters in the ranking of 2024", "2024年排名中的集群数"), said, claims=("chen2025_clusters_26",))
