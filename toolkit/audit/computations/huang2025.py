"""Huang et al. (2025): the counts of the Jining institute against each other; contracts per yuan of R&D."""

from __future__ import annotations

from toolkit.audit.api import Check, PrintedClaim, Tables, arithmetic, computes, convert, related
from toolkit.audit.directions import derived
from toolkit.errors import UnitMismatch
from toolkit.language import Text

FEWER_THAN = 30  # "twenty and some" (20余) stays below thirty
TITLES = ("huang2025_hnte_13", "huang2025_sme_19", "huang2025_innov_sme_18")


@computes("huang2025_operating_20", "huang2025_projects_44")
def operating_share(claim: PrintedClaim, tables: Tables) -> Check:
    """Projects in operation as a part of those brought in, for every whole number that "twenty and some" admits."""
    some, projects = tables.claim("huang2025_operating_20"), tables.claim("huang2025_projects_44")
    first, last = int(some.number) + 1, FEWER_THAN - 1
    low, high = 100 * first / projects.number, 100 * last / projects.number
    said = Text(
        "{first} to {last} of {projects:.0f} projects are {low:.0f} to {high:.0f}%.",
        "{projects:.0f}个项目中的{first}—{last}个，占{low:.0f}%—{high:.0f}%。",
    ).filled(first=first, last=last, projects=projects.number, low=low, high=high)
    value = Text(f"{low:.0f} to {high:.0f}%", f"{low:.0f}%—{high:.0f}%")
    return arithmetic(
        claim=claim,
        holds=first <= projects.number,
        what=Text("share in operation", "投入运营占比"),
        value=value,
        sentence=said,
        claims=(some.id, projects.id),
    )


@computes("huang2025_collab_60")
def cooperations_per_project(claim: PrintedClaim, tables: Tables) -> Check:
    """Cooperations per project brought in."""
    projects = tables.claim("huang2025_projects_44")
    each = claim.number / projects.number
    said = Text(
        "{n:.0f} cooperations and {projects:.0f} projects: {each:.2f} per project.",
        "合作{n:.0f}项、项目{projects:.0f}个，平均每个项目{each:.2f}项。",
    )
    said = said.filled(n=claim.number, projects=projects.number, each=each)
    return related(claim, round(each, 2), Text("cooperations per project", "每个项目合作数"), said, claims=(projects.id,))


@computes(*TITLES)
def titles_overlap(claim: PrintedClaim, tables: Tables) -> Check:
    """The titles as a part of the projects, and how many must overlap."""
    projects = tables.claim("huang2025_projects_44")
    counts = [tables.claim(name).number for name in TITLES]
    shared = sum(counts) - projects.number
    said = Text(
        "{own:.0f} are {part:.0f}% of the {projects:.0f} projects. The three titles count {total:.0f} firms; if all belong to those "
        "projects, at least {shared:.0f} entries repeat a firm, so the counts must not be added.",
        "{own:.0f}家相当于{projects:.0f}个项目的{part:.0f}%。三种称号合计{total:.0f}家次；若均属这些项目，至少{shared:.0f}家次重复，不可"
        "相加。",
    ).filled(
        own=claim.number, part=100 * claim.number / projects.number, projects=projects.number, total=sum(counts), shared=max(shared, 0.0)
    )
    return related(claim, sum(counts), Text("sum of the three titles", "三种称号合计"), said, claims=(projects.id, *TITLES))


@computes("huang2025_fund_size_844", "huang2025_funds_7")
def size_per_fund(claim: PrintedClaim, tables: Tables) -> list[Check]:
    """Size per fund and per project; an amount of money does not convert into a leverage."""
    size, funds, projects = (tables.claim(name) for name in ("huang2025_fund_size_844", "huang2025_funds_7", "huang2025_projects_44"))
    each, per_project = size.interval / funds.number / 10**6, size.interval / projects.number / 10**6
    said = Text(
        "{size} over {funds:.0f} funds are {each:.0f} million yuan each, over {projects:.0f} projects {per_project:.0f} million.",
        "{size}分属{funds:.0f}只基金，平均每只{each:.0f}百万元；按{projects:.0f}个项目计，平均每个{per_project:.0f}百万元。",
    ).filled(size=size.printed, funds=funds.number, each=each.middle, projects=projects.number, per_project=per_project.middle)
    claims = (size.id, funds.id, projects.id)
    checks = [related(claim, each, Text("million yuan per fund", "每只基金（百万元）"), said, claims=claims)]
    try:
        convert(size.interval, size.unit.en, "share")
    except UnitMismatch:
        said = Text(
            "{size} is an amount; it does not convert into a ratio, and no leverage follows.",
            "{size}是金额，不能换算为倍数，也推不出杠杆。",
        )
        checks.append(
            related(claim, size.printed, Text("unit of the size", "规模的单位"), said.filled(size=size.printed), claims=(size.id,))
        )
    return checks


@computes("huang2025_low_conversion")
def contracts_per_yuan(claim: PrintedClaim, tables: Tables) -> list[Check]:
    """Value of technology contracts per yuan of R&D, first and last year; and the rate that another of the papers gives for enterprises."""
    series, spent = tables.series("national_series.tech_market_value_national"), tables.series("national_series.gerd")
    years = sorted(set(series) & set(spent))
    first, last = (
        derived(series[year] / spent[year], Text(f"contracts per yuan of R&D, {year}", f"{year}年每元R&D对应合同额"), Text("yuan", "元"))
        for year in (years[0], years[-1])
    )
    said = Text(
        "Technology contracts per yuan of R&D: {first:.2f} in {start}, {last:.2f} in {end}. Contracts are not results put to use, and no "
        "level is set that would be high or low.",
        "每元R&D经费对应的技术合同额：{start}年{first:.2f}元，{end}年{last:.2f}元。合同额不等于成果转化，高低也没有标准。",
    ).filled(first=first.number, start=years[0], last=last.number, end=years[-1])
    other = tables.claim("chen2025_patent_industrialisation")
    beside = Text(
        "Chen et al. give {rate} for patents of enterprises, a rate of patents, not of results.",
        "陈亚平等给出企业有效发明专利产业化率为{rate}，分母是专利而非成果。",
    ).filled(rate=other.printed)
    what = Text("rate for enterprises in another paper", "另一论文的企业产业化率")
    return [related(claim, last, last.label, said), related(claim, other.interval, what, beside, claims=(other.id,))]


@computes("huang2025_brokers_mostly_unskilled")
def certified_elsewhere(claim: PrintedClaim, tables: Tables) -> Check:
    """The share of certified staff that another of the papers gives."""
    other = tables.claim("chen2025_tm_8pct")
    said = Text(
        "Chen et al. put certified staff at {share}, which points the same way; a certificate is not the skill itself.",
        "陈亚平等称从业人员持证比例为{share}，方向一致；但证书不等于能力。",
    ).filled(share=other.printed)
    return related(claim, other.positive, Text("certified staff in another paper", "另一论文的持证比例"), said, claims=(other.id,))
