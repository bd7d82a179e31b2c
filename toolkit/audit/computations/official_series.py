"""Statements that several official figures decide together: series by year, comparisons of countries, sums, differences and shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import reduce
from itertools import pairwise
from operator import add

from toolkit.audit.api import Check, Figure, Interval, PrintedClaim, Tables, compare, computes, convert, depends, hull, related, wholes
from toolkit.audit.directions import DirectionFigure, above, derived, readings, share
from toolkit.audit.printed import as_printed
from toolkit.language import Text

PERCENT, POINTS, SHARE = Text("%", "%"), Text("points", "个百分点"), Text("share", "比重")
DOLLARS = Text("trillion current PPP dollars", "万亿美元（购买力平价）")
WORLD_RD = (1996, 2009, 2015, 2019, 2022)
INDEX = {2013: "2013_2025", 2015: "2015", 2016: "2016", 2018: "2018", 2020: "2020", 2021: "2021", 2022: "2022_cpa", 2023: "2023"}
INDEX |= {2024: "2024_cnipa", 2025: "2025_std"}
SPENDERS = ("us", "cn", "jp", "de")
CORRIDOR = ("suzhou", "hangzhou", "jinhua", "jiaxing", "huzhou", "hefei", "wuhu", "xuancheng", "songjiang")
HOSTS = ("Shanghai", "Jiangsu", "Zhejiang", "Anhui")  # the provinces that the members lie in
CENSUS, LATEST = 2020, 2024
MARKED = 5  # points, as "about" reaches
FINANCE = {2014: "social_financing_2014_{}", 2022: "afre_{}_2022_10", 2025: "afre_{}_2025_03"}
EXITS = {"2024Q3": "2024q3", "2014-01": "2014_01"}
ACTIVITIES = ("basic", "applied", "experimental")
MEMBERS = ("aut", "cze", "fra", "hun", "irl", "pol", "prt", "svk", "esp", "bgr", "hrv", "cyp", "est", "lva", "ltu", "rou")


def _whole(figure: Figure) -> Figure:
    """A count, which is exactly the whole number that its digits admit."""
    return replace(figure, interval=Interval.point(wholes(figure.interval)[0]))


def _sum(figures: Sequence[Figure], label: Text) -> Figure:
    return derived(reduce(add, figures), label, figures[0].unit)


def _steps(figures: Mapping[int, Figure]) -> list[Figure]:
    """The change up to each year of a series from the year before it that was read."""
    return [
        derived(figures[year] - figures[before], Text(f"{before} to {year}", f"{before}—{year}年"), figures[year].unit)
        for before, year in pairwise(sorted(figures))
    ]


@computes("chen2025_global_rd_growing")
def amounts_rise(claim: PrintedClaim, tables: Tables) -> Check:
    """Changes of world R&D between the years for which its amount was read."""
    read = {year: tables.official(f"world_rd_ppp_{year}") for year in WORLD_RD}
    amounts = {y: replace(f, interval=convert(f.interval, f.unit.en, DOLLARS.en), unit=DOLLARS) for y, f in read.items()}
    found = {step.label: DirectionFigure(step, above(step, 0)) for step in _steps(amounts)}
    return readings(
        claim,
        found,
        Text("more in every year read than in the one before", "所读各年均高于前一年"),
        Text("change of world R&D", "全球研发经费的变化"),
    )


@computes("chen2025_gii_steady_rise")
def places_won(claim: PrintedClaim, tables: Tables) -> Check:
    """Places won in the index over the whole span, and in the worst step from one year read to the next."""
    ranks = {year: tables.official(f"gii_rank_{name}") for year, name in INDEX.items()}
    first, last = min(ranks), max(ranks)
    whole = derived(ranks[first] - ranks[last], Text(f"{first} to {last}", f"{first}—{last}年"), Text("places won", "位"))
    steps = [replace(step, interval=-step.interval, unit=whole.unit) for step in _steps(ranks)]
    worst = min(steps, key=lambda step: step.number)
    found = {figure.label: DirectionFigure(figure, figure.number > 0) for figure in (whole, worst)}
    return readings(
        claim,
        found,
        Text("places won: over the span, and in the worst step", "名次提升：整个时期与最差的一步"),
        Text("change of the place", "位次的变化"),
    )


@computes("chen2025_rd_rank_2")
def second_of_the_spenders(claim: PrintedClaim, tables: Tables) -> Check:
    """Rank of China among the four largest spenders of 2022, in purchasing power parities."""
    spending = {name: tables.official(f"gerd_ppp_{name}_2022") for name in SPENDERS}
    rank = 1 + sum(spending["cn"].interval.below(figure.interval) for figure in spending.values())
    figure = replace(
        _sum(list(spending.values()), Text("rank by R&D at purchasing power parities, 2022", "按购买力平价计的研发经费位次，2022年")),
        interval=Interval.point(rank),
    )
    return compare(claim, replace(figure, unit=claim.unit, shown=as_printed("=", str(rank), claim.unit)))


@computes("chen2025_hte_463k")
def certificates_in_force(claim: PrintedClaim, tables: Tables) -> list[Check]:
    """Certificates of the last three years by the end of a year, summed over provinces: at which end of a year the printed number stood."""
    provinces = sorted(tables.frame("provincial_panel")["province"].unique())
    found = []
    for year in (2023, LATEST):
        cells = [tables.provincial("hightech_enterprises_in_force", year, province) for province in provinces]
        total = _sum(cells, Text(f"certificates of three years, end of {year}", f"{year}年末三年有效证书合计"))
        gap = 100 * (claim.number / total.number - 1)
        said = Text("{label}: {n:,.0f}; the printed number differs by {gap:+.1f}%.", "{label}：{n:,.0f}家；论文数相差{gap:+.1f}%。")
        found.append(related(claim, total, total.label, said.filled(label=total.label, n=total.number, gap=gap)))
    return found


@computes("chen2025_lowend_60")
def outside_the_higher_classes(claim: PrintedClaim, tables: Tables) -> Check:
    """What lies outside the industries of a higher technology class, by three classes: no publication counts capacity by grade."""
    classes = {
        Text("outside medium- and high-technology industry, 2019", "中高技术产业以外，2019年"): "mht_share_2019",
        Text("outside equipment manufacturing, 2022", "装备制造业以外，2022年"): "equipment_mfg_share_2022",
        Text("outside high-technology manufacturing, 2023", "高技术制造业以外，2023年"): "hightech_mfg_share_2023",
    }
    figures = {label: derived(tables.official(name) * -1 + 100, label, PERCENT) for label, name in classes.items()}
    return depends(claim, figures, Text("value added outside the higher technology classes", "较高技术类别以外的增加值占比"))


@computes("chen2025_joint_70")
def joint_by_the_rule(claim: PrintedClaim, tables: Tables) -> Check:
    """The largest share of joint centres at the last official counts, as the rule on enterprise technology centres is read."""
    engineering, firms, rule = (tables.official(name) for name in ("nerc_2023", "netc_2023", "firm_centre_definition"))
    most = share(engineering, firms, Text("engineering research centres", "国家工程研究中心"))
    bounded = replace(most, interval=hull([Interval.point(0), most.interval]), sources=(*most.sources, *rule.sources))
    rulings = {
        Text("a centre that one firm sets up is not joint", "由单个企业设立的中心不算共建"): bounded,
        Text("such a centre may count as joint", "此类中心可算共建"): replace(
            bounded, interval=hull([Interval.point(0), Interval.point(100)])
        ),
    }
    return depends(claim, rulings, Text("largest share that is possible", "可能的最大占比"))


@computes("chen2025_zanubrutinib_139")
def sales_of_the_year(claim: PrintedClaim, tables: Tables) -> Check:
    """The first three quarters in the United States, and at most the world's sales of the fourth."""
    half, third, last = (tables.official(f"zanubrutinib_{name}_cny") for name in ("us_2024h1", "us_2024q3", "world_2024q4"))
    low, high = (half + third).interval, (half + third + last).interval
    label = Text("sales in the United States, from three quarters to all that the fourth can add", "美国销售额：前三季度至第四季度上限")
    return compare(claim, replace(_sum([half, third, last], label), interval=hull([low, high])))


@computes("chen2025_firm_role_stronger")
def weight_of_firms(claim: PrintedClaim, tables: Tables) -> Check:
    """Change of the share of firms in R&D performed, in R&D funds and in invention patents in force, in points."""
    firms, nation = tables.series("national_series.rd_perf_enterprise"), tables.series("national_series.gerd")
    first, last = min(firms), max(firms)
    performed = (firms[last] / nation[last] - firms[first] / nation[first]) * 100
    sources = {name: tables.series(f"national_series.rd_funds_{name}") for name in ("enterprise", "gov", "foreign", "other")}
    start, end = min(sources["enterprise"]), max(sources["enterprise"])

    def funded(year: int) -> Figure:
        rest = sources["gov"][year] + sources["foreign"][year] + sources["other"][year]
        return share(sources["enterprise"][year], rest, Text("share", "比重"))

    figures = {
        Text(f"share of R&D performed, {first}-{last}", f"执行的R&D经费占比，{first}—{last}年"): performed,
        Text(f"share of R&D funds, {start}-{end}", f"R&D资金占比，{start}—{end}年"): funded(end) - funded(start),
        Text("share of invention patents in force, 2020 to mid-2025", "有效发明专利占比，2020年至2025年年中"): tables.official(
            "patents_firms_rise_2025_06"
        ),
    }
    found = {name: DirectionFigure(derived(figure, name, POINTS), above(figure, MARKED)) for name, figure in figures.items()}
    criterion = Text(f"markedly: by more than {MARKED} points", f"“明显”：超过{MARKED}个百分点")
    return readings(claim, found, criterion, Text("change of the weight of firms", "企业比重的变化"))


@computes("chen2025_g60_population")
def members_at_the_census(claim: PrintedClaim, tables: Tables) -> Check:
    """Residents of the nine members at the census of 2020 over those of the 31 provinces."""
    members = [tables.official(f"pop_{name}_{CENSUS}") for name in CORRIDOR]
    provinces = sorted(tables.frame("provincial_panel")["province"].unique())
    nation = _sum([tables.provincial("population", CENSUS, name) for name in provinces], Text("nation", "全国"))
    part = _sum(members, Text("members", "成员")) / (nation * 10_000)
    return compare(
        claim, derived(part, Text("residents of the nine members / nation, census of 2020", "2020年人口普查九地人口占全国比重"), SHARE)
    )


@computes("chen2025_g60_area")
def members_of_the_land(claim: PrintedClaim, tables: Tables) -> Check:
    """The area in the plan of the corridor over the land area of China."""
    area, land = tables.official("g60_area_plan"), tables.official("china_land_area")
    inside, whole = (replace(f, interval=convert(f.interval, f.unit.en, "square kilometres")) for f in (area, land))
    note = Text("The slogan of the corridor's own conference repeats the printed fraction.", "走廊会议的宣传口径沿用论文中的分数。")
    return compare(
        claim, derived(inside / whole, Text("area of the plan / land area of China", "规划面积占全国陆地面积比重"), SHARE), note=note
    )


@computes("chen2025_g60_gdp")
def members_of_the_product(claim: PrintedClaim, tables: Tables) -> Check:
    """GDP of the nine members over that of the 31 provinces."""
    provinces = sorted(tables.frame("provincial_panel")["province"].unique())
    nation = _sum([tables.provincial("gdp", LATEST, name) for name in provinces], Text("nation", "全国"))
    members = tables.official("g60_gdp_2024")
    inside = replace(members, interval=convert(members.interval, members.unit.en, nation.unit.en))
    return compare(claim, derived(inside / nation, Text("GDP of the nine members / 31 provinces, 2024", "2024年九地GDP占31省比重"), SHARE))


@computes("chen2025_pv_share_60")
def part_of_world_solar(claim: PrintedClaim, tables: Tables) -> list[Check]:
    """Additions of China over those of the world, at the inverter and at the panel."""
    found = []
    for name, china, world in (
        (Text("at the inverter", "交流侧"), "irena_pv_cn_2024", "irena_pv_world_2024"),
        (Text("at the panel", "直流侧"), "pv_cn_2024_pvps", "pv_world_2024_pvps"),
    ):
        label = Text(f"China / world, {name.en}, 2024", f"中国占全球，{name.zh}，2024年")
        found.append(compare(claim, derived(tables.official(china) / tables.official(world) * 100, label, PERCENT)))
    return found


@computes("chen2025_tech_contract_68")
def level_and_growth(claim: PrintedClaim, tables: Tables) -> Check:
    """The official value of 2023 times the official growth of 2024."""
    growth, before = tables.official("contract_growth_2024_nbs_index"), tables.national("tech_market_value_national", LATEST - 1)
    value = before * (growth / 100 + 1)
    label = Text("official value of 2023 times official growth of 2024", "2023年官方数乘以2024年官方增速")
    return compare(claim, derived(value, label, before.unit), scale=1e8)


@computes("chen2025_ipo_exit")
def exits_by_listing(claim: PrintedClaim, tables: Tables) -> Check:
    """Listings among the exits of venture capital, in each period read; the year before by the rates of change."""
    parts = {period: tables.official(f"exits_ipo_{name}") / tables.official(f"exits_total_{name}") * 100 for period, name in EXITS.items()}
    fall = {name: tables.official(f"exits_{name}_fall_2024q3") / -100 + 1 for name in ("ipo", "total")}
    parts["2023Q3"] = parts["2024Q3"] * fall["total"] / fall["ipo"]
    found = {}
    for period, part in parts.items():
        figure = derived(part, Text(f"listings among exits, {period}", f"IPO占退出案例，{period}"), PERCENT)
        found[figure.label] = DirectionFigure(figure, above(figure, 50))
    return readings(claim, found, Text("more than half of all exits", "占全部退出的一半以上"), Text("listings among exits", "IPO退出占比"))


@computes("he2025_direct_finance")
def bonds_and_shares(claim: PrintedClaim, tables: Tables) -> Check:
    """Bonds and shares in the stock of financing, and their change from one date read to the next."""
    stocks = {
        year: _sum([tables.official(name.format(part)) for part in ("bonds", "shares")], Text("bonds and shares", "债券与股票"))
        for year, name in FINANCE.items()
    }
    last = max(stocks)
    level = derived(stocks[last], Text(f"bonds and shares, {last}", f"债券与股票占比，{last}年"), PERCENT)
    change = derived(stocks[last] - stocks[min(stocks)], Text(f"change, {min(stocks)}-{last}", f"变化，{min(stocks)}—{last}年"), POINTS)
    found = {level.label: DirectionFigure(level, not above(level, 50)), change.label: DirectionFigure(change, not above(change, 0))}
    criterion = Text("lagging: less than half of the stock, and no rise", "“滞后”：不到存量的一半，且没有上升")
    return readings(claim, found, criterion, Text("bonds and shares in the stock of financing", "债券与股票占社会融资规模存量"))


@computes("huang2025_low_conversion")
def put_to_use(claim: PrintedClaim, tables: Tables) -> Check:
    """Invention patents put to use by universities, by all holders and by firms."""
    names = {
        "univ_2021": Text("universities, 2021", "高校，2021年"),
        "all_2023": Text("all holders, 2023", "全部权利人，2023年"),
        "2024": Text("firms, 2024", "企业，2024年"),
    }
    figures = {text: derived(tables.official(f"patent_use_{name}"), text, PERCENT) for name, text in names.items()}
    found = {text: DirectionFigure(figure, not above(figure, 50)) for text, figure in figures.items()}
    return readings(
        claim, found, Text("less than half is put to use", "不到一半实现产业化"), Text("invention patents put to use", "发明专利产业化率")
    )


@computes("shanxi2025_growth_contribution")
def contribution_rises(claim: PrintedClaim, tables: Tables) -> Check:
    """Part of the growth of nominal GDP: share of the year before times growth over the growth of GDP, all as first released."""
    parts = {}
    for year in range(2021, LATEST + 1):
        share_before, growth, gap = (
            tables.official(f"three_new_{name}_{at}") for name, at in (("share", year - 1), ("growth", year), ("gap", year))
        )
        parts[year] = derived(share_before * growth / (growth - gap), Text(f"part of growth, {year}", f"{year}年贡献率"), PERCENT)
    found = {}
    for before, year in pairwise(parts):
        step = derived(parts[year] - parts[before], Text(f"{before} to {year}", f"{before}—{year}年"), POINTS)
        found[step.label] = DirectionFigure(step, above(step, 0))
    check = readings(
        claim, found, Text("a larger part of growth in every year", "贡献率逐年上升"), Text("change of the part of growth", "贡献率的变化")
    )
    rises = sum(shown.holds for shown in found.values())
    value = Text(f"{rises} of {len(found)} steps rise", f"{len(found)}步中{rises}步上升")
    result = "contradicts" if check.result == "depends" else check.result  # "keeps rising" must hold in every year
    return replace(check, result=result, value=value)


@computes("chen2025_basic_eu_19")
def reporting_members(claim: PrintedClaim, tables: Tables) -> Check:
    """Basic research over all R&D by activity, mean over the members of the Union that report, simple and weighted."""
    money = {name: {a: tables.official(f"uis_{a}_{name}") for a in ACTIVITIES} for name in MEMBERS}
    shares = [share(m["basic"], m["applied"] + m["experimental"], Text("share", "比重")) for m in money.values()]
    basic, rest = (_sum([m[a] for m in money.values() for a in kinds], Text("sum", "合计")) for kinds in (ACTIVITIES[:1], ACTIVITIES[1:]))
    mean = _sum(shares, Text("mean", "平均")) / len(shares)
    found = {
        Text(f"mean of {len(shares)} reporting members, 2013 or 2014", f"{len(shares)}个有数据的成员国平均，2013或2014年"): derived(
            mean, Text("mean", "平均"), PERCENT
        ),
        Text("the same weighted by R&D", "按R&D经费加权"): share(basic, rest, Text("weighted mean", "加权平均")),
    }
    note = Text(
        "Members that do not report by activity, among them Germany, are missing.", "未按活动类型报告的成员国（如德国）未包括在内。"
    )
    return depends(claim, found, Text("basic research in members that report", "有数据的成员国的基础研究占比"), note=note)


@computes("chen2025_clusters_26")
def more_than_the_others(claim: PrintedClaim, tables: Tables) -> Check:
    """Clusters of China less those of the two countries behind it."""
    own = tables.official("gii_clusters_2024_cnipa")
    found = {}
    for name, other in ((Text("United States", "美国"), "us_cpa"), (Text("Germany", "德国"), "de")):
        gap = derived(own - tables.official(f"gii_clusters_2024_{other}"), name, Text("clusters more", "个"))
        found[name] = DirectionFigure(gap, above(gap, 0))
    return readings(claim, found, Text("more than the other country", "多于该国"), Text("lead in clusters, 2024", "2024年集群数之差"))


@computes("chen2025_g60_hte_growth")
def within_its_provinces(claim: PrintedClaim, tables: Tables) -> Check:
    """The latest number against all certified enterprises of the four provinces that the members lie in: a bound from above."""
    cells = [tables.provincial("hightech_enterprises_in_force", LATEST - 1, name) for name in HOSTS]
    label = Text(f"four provinces of the corridor, {LATEST - 1}", f"走廊所在四省市，{LATEST - 1}年")
    part = 100 * claim.high_end.middle / _sum(cells, label).number
    said = Text(
        "The four provinces hold {n:,.0f} certified enterprises, of which the printed number is {part:.0f}%: possible, so the bound does "
        "not decide.",
        "四省市有效高新技术企业共{n:,.0f}家，论文数占{part:.0f}%：可能成立，该上限不足以判定。",
    ).filled(n=_sum(cells, label).number, part=part)
    return related(claim, _sum(cells, label), label, said)
