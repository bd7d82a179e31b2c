"""Chen, Zhao and Duan (2025), section 2(4): the shares of the G60 corridor against each other, and the Jiading park."""

from __future__ import annotations

from toolkit.audit.api import Check, Interval, PrintedClaim, Tables, computes, range_text, related
from toolkit.language import Text

PERCENT = 100
YEAR = 2024
HOSTS = ("Shanghai", "Jiangsu", "Zhejiang", "Anhui")  # the provinces the nine places lie in
TEN_THOUSAND = 10_000
PERIODS = (5, 8)  # years over which a yearly rate is compounded


@computes("chen2025_g60_population", "chen2025_g60_gdp")
def product_per_head(claim: PrintedClaim, tables: Tables) -> Check:
    """GDP per head of the corridor that the two shares imply, beside the provinces it lies in."""
    people, product = tables.claim("chen2025_g60_population"), tables.claim("chen2025_g60_gdp")
    ratio = product.interval / people.interval
    frame = tables.frame("provincial_panel")
    year = frame[frame["year"] == YEAR].set_index("province")
    national = TEN_THOUSAND * year["gdp"].sum() / year["population"].sum()
    hosts = year.loc[list(HOSTS), "gdp_per_capita"]
    sentence = Text(
        "The shares imply {low:.2f} to {high:.2f} times the GDP per head of the 31 provinces: {a:,.0f} to {b:,.0f} yuan in {year}; "
        "the provinces of the corridor reach from {least:,.0f} to {most:,.0f}. Possible, but the nine places are not shipped.",
        "两个占比意味着人均GDP为31省平均的{low:.2f}至{high:.2f}倍，即{year}年{a:,.0f}至{b:,.0f}元；走廊所在省市为{least:,.0f}至{most:,.0f}元。可能成立，但未随附九地数据。",
    ).filled(
        low=float(ratio.low or 0),
        high=float(ratio.high or 0),
        a=national * float(ratio.low or 0),
        b=national * float(ratio.high or 0),
        year=YEAR,
        least=hosts.min(),
        most=hosts.max(),
    )
    what = Text("GDP per head, corridor / nation", "人均GDP，走廊/全国")
    figures = [tables.provincial(name, YEAR, province) for name in ("gdp", "population") for province in HOSTS]
    sources = tuple(dict.fromkeys(source for figure in figures for source in figure.sources))
    return related(claim, ratio, what, sentence, sources=sources, claims=(people.id, product.id))


@computes("chen2025_g60_area")
def people_per_area(claim: PrintedClaim, tables: Tables) -> Check:
    """Density of people and of GDP that the shares imply, relative to the nation."""
    people, product = tables.claim("chen2025_g60_population"), tables.claim("chen2025_g60_gdp")
    density = people.interval / claim.interval
    sentence = Text(
        "The shares imply {people} times the national density of people and {product} times that of GDP.",
        "各占比意味着人口密度为全国的{people}倍，GDP密度为{product}倍。",
    ).filled(people=range_text(density, 3), product=range_text(product.interval / claim.interval, 3))
    return related(
        claim, density, Text("people per area, corridor / nation", "人口密度，走廊/全国"), sentence, claims=(people.id, product.id)
    )


@computes("chen2025_g60_star", "chen2025_g60_hcr_116", "chen2025_g60_hte_share")
def intensity(claim: PrintedClaim, tables: Tables) -> Check:
    """The share relative to the corridor's shares of GDP and people."""
    people, product = tables.claim("chen2025_g60_population"), tables.claim("chen2025_g60_gdp")
    share = claim.interval / PERCENT if claim.unit.en == "%" else claim.interval
    ratio = share / product.interval
    sentence = Text(
        "The share is {product} times the corridor's share of GDP and {people} times its share of people.",
        "该占比为走廊GDP占比的{product}倍、人口占比的{people}倍。",
    ).filled(product=range_text(ratio, 3), people=range_text(share / people.interval, 3))
    return related(claim, ratio, Text("share / share of GDP", "占比/GDP占比"), sentence, claims=(people.id, product.id))


@computes("chen2025_g60_hte_growth")
def growth_of_firms(claim: PrintedClaim, tables: Tables) -> Check:
    """How often the first number goes into the latest one."""
    times = claim.high_end / claim.low_end
    sentence = Text(
        "The number grew {times}-fold; a yearly rate and the excess over the nation cannot be had without the years.",
        "企业数增至{times}倍；缺少起止年份，无法计算年均增速，也无法扣除全国增长。",
    ).filled(times=range_text(times, 3))
    return related(claim, times, Text("latest / first", "期末/期初"), sentence)


@computes("chen2025_g60_sei")
def rise_of_share(claim: PrintedClaim, tables: Tables) -> Check:
    """Rise of the share in points, as far as the printed digits fix it."""
    rise = claim.high_end - claim.low_end
    sentence = Text(
        "The share rose by {rise} points: the latest one is printed without a decimal.",
        "比重提高{rise}个百分点：期末值未给出小数，故只能确定到该范围。",
    ).filled(rise=range_text(rise, 3))
    return related(claim, rise, Text("rise of the share, points", "比重提高（百分点）"), sentence)


@computes("chen2025_g60_pct_134", "chen2025_g60_papers_64")
def patents_per_paper(claim: PrintedClaim, tables: Tables) -> Check:
    """Growth of international patent applications per international paper, if both growths are over the same years."""
    patents, papers = tables.claim("chen2025_g60_pct_134"), tables.claim("chen2025_g60_papers_64")
    growth = ((PERCENT + patents.interval) / (PERCENT + papers.interval) - 1) * PERCENT
    sentence = Text(
        "If both growths are over the same years, applications per paper rose by {growth}%.",
        "若两项增幅的时段相同，每篇论文对应的申请量增长{growth}%。",
    ).filled(growth=range_text(growth, 3))
    what = Text("growth of applications per paper, %", "每篇论文对应申请量的增幅（%）")
    return related(claim, growth, what, sentence, claims=(patents.id, papers.id))


@computes("chen2025_g60_inst_55")
def compounded(claim: PrintedClaim, tables: Tables) -> Check:
    """What the yearly rate makes in five and in eight years."""
    short, long = ((1 + claim.number / PERCENT) ** years for years in PERIODS)
    sentence = Text(
        "At this rate the number is {short:.0f} times as large after {a} years and {long:.0f} times after {b}.",
        "按此增速，{a}年后为{short:.0f}倍，{b}年后为{long:.0f}倍。",
    ).filled(short=short, long=long, a=PERIODS[0], b=PERIODS[1])
    return related(claim, Interval.of(short, long), Text("multiple after some years", "若干年后的倍数"), sentence)


@computes("chen2025_wz_8")
def share_that_settled(claim: PrintedClaim, tables: Tables) -> Check:
    """Firms settled in Wenzhou among those drawn into the park."""
    drawn = tables.claim("chen2025_wz_49")
    share = PERCENT * claim.number / drawn.number
    sentence = Text(
        "{n:.0f} of {all:.0f} firms and teams are {share:.1f}%.", "{all:.0f}家企业及团队中的{n:.0f}家，占{share:.1f}%。"
    ).filled(n=claim.number, all=drawn.number, share=share)
    return related(claim, share, Text("settled / drawn in, %", "落地/招引（%）"), sentence, claims=(drawn.id,))


@computes("chen2025_wz_140")
def people_per_tenant(claim: PrintedClaim, tables: Tables) -> Check:
    """People recruited per firm or team and per research unit."""
    tenants, units = tables.claim("chen2025_wz_49"), tables.claim("chen2025_wz_37")
    each = claim.number / tenants.number
    sentence = Text(
        "{n:.0f} people are {each:.1f} for each of {tenants:.0f} firms and teams, or {unit:.1f} for each of {units:.0f} research units.",
        "{n:.0f}人，平均每家企业或团队（共{tenants:.0f}家）{each:.1f}人，或每个研发机构（共{units:.0f}个）{unit:.1f}人。",
    ).filled(n=claim.number, each=each, tenants=tenants.number, unit=claim.number / units.number, units=units.number)
    return related(
        claim, round(each, 1), Text("people per firm or team", "每家企业（团队）引进人数"), sentence, claims=(tenants.id, units.id)
    )
