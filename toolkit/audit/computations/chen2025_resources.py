"""Chen et al. (2025), section 3(2): where the resources, the industries and the talent are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import reduce
from operator import add

from toolkit.audit.about import about_share
from toolkit.audit.api import Check, Figure, PrintedClaim, Tables, computes, hull, joined, range_text, related
from toolkit.audit.basket import READINGS, RESOURCES, complete_years
from toolkit.audit.directions import DirectionFigure, above, derived, readings, share
from toolkit.audit.printed import ABOUT
from toolkit.language import Text

PERCENT = 100
TALENT_YEAR = 2022
CONCENTRATED = {
    "hightech_revenue": 2023,
    "hightech_firms": 2023,
    "patent_grant_invention": 2024,
    "tech_market_value": 2024,
    "tech_market_inflow": 2023,
}


def _regions(tables: Tables) -> dict[str, list[str]]:
    """Provinces by region (four regions of NBS), in the order of the panel."""
    frame = tables.frame("provincial_panel").drop_duplicates("province")
    return {str(region): list(group["province"]) for region, group in frame.groupby("region4")}


def _sum(tables: Tables, variable: str, year: int, provinces: Iterable[str]) -> Figure:
    """Sum over provinces; its cells are named once for all of them."""
    whole = reduce(add, (tables.provincial(variable, year, name) for name in provinces))
    return replace(whole, cells=(f"provincial_panel.{variable} {year}",))


def _share(tables: Tables, variable: str, year: int, members: Iterable[str]) -> Figure:
    """Share of some provinces in the nation, in per cent, and named by variable and year."""
    inside = list(members)
    outside = [name for names in _regions(tables).values() for name in names if name not in inside]
    name = tables.provincial(variable, year, inside[0]).label
    label = Text(name.en.replace(f" {inside[0]}", ""), name.zh.replace(inside[0], "").strip())
    return share(_sum(tables, variable, year, inside), _sum(tables, variable, year, outside), label)


@computes("chen2025_resources_two_thirds")
def three_centres(claim: PrintedClaim, tables: Tables) -> list[Check]:
    """Share of the centres in every resource, latest complete year: the territory named decides, the three wide regions come second."""
    panel = tables.panel("provincial_panel")
    latest = {name: complete_years(panel, name)[-1] for name in RESOURCES}
    admitted = about_share(claim)
    bounds = range_text(admitted, digits=3, unit=Text("%", "%"))
    criterion = Text("within {points} points of two thirds, {bounds}", "与三分之二相差不超过{points}个百分点，即{bounds}").filled(
        points=ABOUT, bounds=bounds
    )
    checks = {}
    for reading in ("three_provinces", "three_regions"):
        place, members = READINGS[reading]
        figures = [_share(tables, variable, year, members) for variable, year in latest.items()]
        found = {figure.label: DirectionFigure(figure, admitted.overlaps(figure.interval)) for figure in figures}
        checks[reading] = readings(claim, found, criterion, Text("share of {place}", "{place}占全国比重").filled(place=place))
        most = max(figures, key=lambda figure: figure.number)
        note = Text(
            "Territory: {place}; the largest share is {most:.1f}% ({what}).", "范围：{place}；最高比重为{most:.1f}%（{what}）。"
        ).filled(place=place, most=most.number, what=most.label)
        shares = range_text(hull(figure.interval / 100 for figure in figures), digits=3)  # a share, as the paper prints it
        checks[reading] = replace(checks[reading], value=shares, sentence=joined(note, checks[reading].sentence))
    return [checks["three_provinces"], replace(checks["three_regions"], result="related")]


@computes("chen2025_east_concentration")
def east_of_the_nation(claim: PrintedClaim, tables: Tables) -> list[Check]:
    """Share of the ten eastern provinces in high-tech industry, patents and contracts; contracts sold and bought there."""
    east = _regions(tables)["East"]
    shares = {name: _share(tables, name, year, east) for name, year in CONCENTRATED.items()}
    found = {figure.label: DirectionFigure(figure, above(figure, 50)) for figure in shares.values()}
    where = readings(
        claim, found, Text("more than half in the ten eastern provinces", "东部十省占一半以上"), Text("share of the east", "东部占比")
    )
    sold, bought = _share(tables, "tech_market_value", 2023, east), _share(tables, "tech_market_inflow", 2023, east)
    people, product = _share(tables, "population", 2023, east), _share(tables, "gdp", 2023, east)
    said = Text(
        "Of technology contracts in 2023 the east sold {sold:.1f}% and bought {bought:.1f}%, with {people:.1f}% of the people and "
        "{product:.1f}% of the product; the rest of the nation bought {rest}.",
        "2023年技术合同中，东部输出占{sold:.1f}%，吸纳占{bought:.1f}%，而人口占{people:.1f}%、生产总值占{product:.1f}%；其他地区吸纳比重"
        "{rest}。",
    ).filled(
        sold=sold.number,
        bought=bought.number,
        people=people.number,
        product=product.number,
        rest=Text("more than it sold", "高于其输出比重") if bought.number < sold.number else Text("less than it sold", "低于其输出比重"),
    )
    return [where, related(claim, sold - bought, Text("share sold less share bought, east", "东部输出比重减吸纳比重"), said)]


@computes("chen2025_midwest_talent_scarce")
def personnel_per_head(claim: PrintedClaim, tables: Tables) -> Check:
    """Industrial R&D personnel per 10,000 persons of the centre and the west, against the east, 2022."""
    regions, year = _regions(tables), TALENT_YEAR
    unit = Text("person-years per 10,000", "人年/万人")

    def per_head(names: list[str], label: Text) -> Figure:
        return derived(_sum(tables, "ind_rd_fte", year, names) / _sum(tables, "population", year, names), label, unit)

    east = per_head(regions["East"], Text("East", "东部"))
    found = {}
    for region, name in (("Central", Text("Centre", "中部")), ("West", Text("West", "西部"))):
        figure = per_head(regions[region], name)
        found[name] = DirectionFigure(figure, figure.interval.below(east.interval))
    criterion = Text(
        "fewer industrial R&D personnel per head than the east ({east}) in {year}", "{year}年人均规上工业R&D人员低于东部（{east}）"
    )
    return readings(
        claim,
        found,
        criterion.filled(east=east.text, year=year),
        Text("industrial R&D personnel per 10,000 persons", "每万人规上工业R&D人员"),
    )
