r"""The Yangtze River Delta against the nation: what it has more of, where its growth came from, and the fractions of the G60 corridor.

.. math:: LQ_{ra} = \frac{x_{ra} / x_{\cdot a}}{y_r / y_\cdot}, \qquad
          \Delta x_{ri} = x_{ri} g + x_{ri} (g_i - g) + x_{ri} (g_{ri} - g_i)

x is an activity, y GDP; the three parts of growth are that of the nation, of the mix of kinds i, and what is left to the province.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from toolkit import glossary
from toolkit.audit.tables import Tables
from toolkit.audit.units import convert
from toolkit.data import load_frame
from toolkit.language import Head, Text
from toolkit.measure import ShiftShare, decompose_shift_share, location_quotient
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.matrix import matrix_heatmap
from toolkit.present.record import Statement, statement
from toolkit.present.tables.frame import frame_table
from toolkit.present.words.labels import province_label
from toolkit.registry import registry
from toolkit.studies.regions.centres import listed

FIRST_YEAR, LAST_YEAR = 2010, 2023
QUOTIENTS = (
    ("rd_expenditure", 2010),
    ("rd_basic", 2010),
    ("rd_applied", 2010),
    ("rd_funds_enterprise", 2010),
    ("rd_funds_gov", 2010),
    ("rd_researchers_fte", 2010),
    ("patent_in_force_invention", 2010),
    ("hightech_revenue", 2010),
    ("hightech_rd_expenditure", 2018),
    ("ind_new_product_sales", 2018),
    ("hightech_enterprises_in_force", 2020),
    ("tech_market_inflow", 2010),
)
HIGH_TECH, OTHER_INDUSTRY, ELSEWHERE = "high_tech", "other_industry", "elsewhere"
KINDS = {
    "activity": (Text("R&D staff by activity", "R&D人员（活动类型）"), 2010),
    "payer": (Text("R&D by payer", "R&D经费（资金来源）"), 2010),
    "performer": (Text("R&D by performer", "R&D经费（执行部门）"), 2018),
    "sector": (Text("GDP by sector", "地区生产总值（产业）"), 2019),
    "patents": (Text("patents by type", "有效专利（类型）"), 2010),
}
_COLUMNS = {
    "activity": ("rd_fte_basic", "rd_fte_applied", "rd_fte_experimental"),
    "payer": ("rd_funds_gov", "rd_funds_enterprise", "rd_funds_foreign", "rd_funds_other"),
    "sector": ("va_primary", "va_secondary", "va_tertiary"),
    "patents": ("patent_in_force_invention", "patent_in_force_utility", "patent_in_force_design"),
}
PARTS = ("change", "national", "structural", "competitive")
WHOLE = "delta"
CITIES = ("suzhou", "hangzhou", "jinhua", "jiaxing", "huzhou", "hefei", "wuhu", "xuancheng", "songjiang")
PRODUCT = (
    "gdp_suzhou_2023",
    "gdp_hangzhou_2023",
    "gdp_jinhua_2023",
    "gdp_hefei_2023",
    "gdp_wuhu_2023",
    "gdp_jiaxing_2022",
    "gdp_xuancheng_2021",
    "gdp_songjiang_2021",
    "gdp_huzhou_2023_half",
)
OF_THE_YEAR = 5  # of PRODUCT
SUZHOU_GROWTH = 0.1126  # of its certified firms in 2024, as the words of hte_suzhou_2024 have it
CENSUS = 2020
_PERCENT, _PERSONS = 100.0, 1e4  # persons in 10,000 persons


@dataclass(frozen=True, eq=False)
class Delta:
    """The delta in parts.

    Attributes
    ----------
    quotients : activities by provinces, last year; ``first`` the same in the first year that the table has.
    shifts : key of :data:`KINDS` -> its decomposition over all provinces.
    fractions : rows people, product, firms: paper (share of the nation by the paper), least (of the cities read), cities (how many of the
        nine were read for the year), most (the three provinces and Shanghai), needed (part of those that the paper's share would take).
    stated : the paper's own number of the corridor's certified firms over its number of the nation's.
    delta : provinces of the delta.
    """

    quotients: pd.DataFrame
    first: pd.DataFrame
    shifts: dict[str, ShiftShare]
    fractions: pd.DataFrame
    stated: float
    delta: tuple[str, ...]

    def growth(self, kind: str) -> pd.DataFrame:
        """Provinces of the delta, and the delta, by :data:`PARTS`, per cent of the start."""
        parts = self.shifts[kind].by_region().set_index("region").loc[list(self.delta)]
        parts.loc[WHOLE] = parts.sum()
        return _PERCENT * parts[list(PARTS)].div(parts["start"], axis=0)


def run(panel: Panel) -> Delta:
    """On the table ``provincial_panel`` and, for the cities, the official figures of the registry."""
    places = load_frame("provinces")
    delta = tuple(places.loc[places["yrd"] == 1, "province"])
    frame = panel.frame
    wide = {year: frame[frame["year"] == year].set_index("province") for year in {int(y) for y in frame["year"]}}
    last, tables = wide[LAST_YEAR], Tables()

    def shares(year_of: dict[str, int]) -> pd.DataFrame:
        return pd.DataFrame({name: location_quotient(wide[y][name], wide[y]["gdp"]) for name, y in year_of.items()}).loc[list(delta)].T

    return Delta(
        quotients=shares({name: LAST_YEAR for name, _ in QUOTIENTS}),
        first=shares(dict(QUOTIENTS)),
        shifts={kind: decompose_shift_share(_kinds(wide[first], kind), _kinds(last, kind)) for kind, (_, first) in KINDS.items()},
        fractions=_fractions(wide, list(delta)),
        stated=float((tables.claim("chen2025_g60_hte_growth").high_end / tables.claim("chen2025_hte_463k").interval).middle),
        delta=delta,
    )


def _kinds(rows: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Provinces by the kinds of one decomposition; a payer that paid nothing has an empty cell."""
    if kind != "performer":
        return rows[list(_COLUMNS[kind])].fillna(0.0)
    high = rows["hightech_rd_expenditure"] / _PERSONS  # 10,000 yuan in 100 million yuan
    industry, all_of_it = rows["ind_rd_expenditure"], rows["rd_expenditure"]
    return pd.DataFrame({HIGH_TECH: high, OTHER_INDUSTRY: industry - high, ELSEWHERE: all_of_it - industry})


def _fractions(wide: dict[int, pd.DataFrame], delta: list[str]) -> pd.DataFrame:
    tables, claims, last = Tables(), registry().claims, wide[LAST_YEAR]

    def figure(name: str, unit: str) -> float:
        found = tables.official(name)
        return float(convert(found.interval, found.unit.en, unit).low or 0)

    people = sum(figure(f"pop_{city}_{CENSUS}", "persons") for city in CITIES) / _PERSONS
    product = sum(figure(name, "100 million yuan") for name in PRODUCT)
    firms = figure("hte_hefei_2023", "firms") + figure("hte_suzhou_2024", "firms") / (1 + SUZHOU_GROWTH)
    rows = {
        "people": ("chen2025_g60_population", people, len(CITIES), wide[CENSUS]["population"]),
        "product": ("chen2025_g60_gdp", product, OF_THE_YEAR, last["gdp"]),
        "firms": ("chen2025_g60_hte_share", firms, 2, last["hightech_enterprises_in_force"]),
    }
    found = []
    for key, (claim, cities, read, nation) in rows.items():
        share = claims[claim].number
        most = nation.loc[delta].sum() / nation.sum()
        found.append((key, share, cities / nation.sum(), read, most, share / most))
    return pd.DataFrame(found, columns=["row", "paper", "least", "cities", "most", "needed"]).set_index("row")


def quotients(found: Delta) -> FigureExhibit:
    """Location quotients of the delta's provinces, first and last year."""
    late = [(name, year) for name, year in QUOTIENTS if year != FIRST_YEAR]
    starts = listed([Text("{name} {year}", "{name}{year}年").filled(name=registry().variables[name].short, year=y) for name, y in late])
    return matrix_heatmap(
        {"first": marked(found.first), "last": marked(found.quotients)},
        names={"first": Text("start", "起始年"), "last": Text("{year}", "{year}年").filled(year=LAST_YEAR)},
        labels="registry",
        title=Text("The Yangtze River Delta: what it has more of than of GDP", "长三角：相对于GDP的区位商"),
        notes=[
            Text(
                "Location quotient: share of the nation's activity over share of its GDP; one is as much of the activity as of GDP. Start: "
                "{year}, but {starts}, the first year of these with all provinces.",
                "区位商：占全国该活动的份额与占全国GDP份额之比，1表示两者相当。起始年为{year}年；以下指标为各省数据齐全的首年：{starts}。",
            ).filled(year=FIRST_YEAR, starts=starts)
        ],
        width="two",
    )


def shift_table(found: Delta) -> TableExhibit:
    """Growth of the delta's provinces in five breakdowns, in its three parts."""
    parts = [found.growth(kind).rename_axis("place").reset_index().assign(kind=kind, start=first) for kind, (_, first) in KINDS.items()]
    return frame_table(
        marked(pd.concat(parts, ignore_index=True)),
        {
            "kind": Text("what, by kinds", "指标及分类"),
            "start": Head(Text("from", "起始年"), "year"),
            "place": glossary.PROVINCE,
            "change": Text("growth (%)", "增长（%）"),
            "national": Text("national", "全国增长"),
            "structural": Text("mix", "结构"),
            "competitive": Text("own", "竞争"),
        },
        names={kind: name for kind, (name, _) in KINDS.items()} | {WHOLE: Text("all four", "四省市")},
        digits=dict.fromkeys(PARTS, 1),
        title=Text("The Yangtze River Delta: where growth came from, to {year}", "长三角增长的来源（至{year}年）").filled(year=LAST_YEAR),
        notes=[
            Text(
                "Per cent of the start; growth is the sum of three parts: the nation's growth of the whole, what the mix of kinds adds "
                "because some grew faster than others in the nation, and what each kind grew beyond the nation in the province. "
                "Activities: basic, applied, experimental; payers: government, enterprises, abroad, other; performers: high-tech "
                "manufacturing, other industry, elsewhere; three sectors; inventions, utility models and designs in force. Money in "
                "current prices. No table read has industries by province: the high-tech part of industry is the finest split there is.",
                "占期初值的百分比；增长为三部分之和：全国总体增长、因各类全国增速不同而来的结构部分、各类超出全国同类增速的竞争部分。活动"
                "分基础、应用、试验发展；资金分政府、企业、境外、其他；执行部门分高技术制造业、其他工业、其余；三次产业；专利分发明、实用"
                "新型、外观设计。金额为当年价。所读表格无分省分行业数据，高技术制造业与其他工业是现有最细的划分。",
            )
        ],
    )


def corridor_table(found: Delta) -> TableExhibit:
    """The paper's fractions of the corridor between what the cities read have and what the three provinces and Shanghai have."""
    shares = ["paper", "least", "most", "needed"]
    rows = found.fractions.assign(**{name: _PERCENT * found.fractions[name] for name in shares}).reset_index()
    return frame_table(
        marked(rows),
        {
            "row": glossary.INDICATOR,
            "paper": Text("the paper's fraction (%)", "论文所给占比（%）"),
            "least": Text("cities read, at least (%)", "所读城市，下限（%）"),
            "cities": Text("cities of the year", "有当年数据的城市"),
            "most": Text("three provinces and Shanghai (%)", "三省一市（%）"),
            "needed": Text("the paper's fraction in these (%)", "论文占比所需份额（%）"),
        },
        names=_ROWS,
        digits=dict.fromkeys(shares, 2),
        title=Text("The G60 corridor's shares of the nation, between bounds", "G60科创走廊占全国比重的上下限"),
        notes=[
            Text(
                "People: census of {census}, all nine. Gross product of {year}: first releases of Suzhou, Hangzhou, Jinhua, Hefei and "
                "Wuhu; for Jiaxing, Xuancheng and Songjiang an earlier year and for Huzhou the first half, so the bound is low unless one "
                "of them shrank. Firms: certificates of Hefei {year} and of Suzhou a year before its figure of 2024; the nation and the "
                "provinces as recognised in three years. Last column: what the paper's fraction would take of the three provinces and "
                "Shanghai. No series of provinces counts STAR listings or areas: see the claim audit. A list of certified firms by city, "
                "and the nine communiques of one year, would settle the rest.",
                "人口为{census}年普查，九地齐全。{year}年生产总值：苏州、杭州、金华、合肥、芜湖为初步核算数，嘉兴、宣城、松江为更早年份，"
                "湖州为上半年，故除非其间下降，该值为下限。企业：合肥为{year}年，苏州由2024年数推算至上年；全国与各省为三年认定数之和。末"
                "列为论文占比相当于三省一市的份额。科创板与面积无分省序列，见论断核查。要判定其余各项，需分城市的高新技术企业名单和九地同"
                "一年份的统计公报。",
            ).filled(census=CENSUS, year=LAST_YEAR)
        ],
    )


_ROWS = {
    "people": Text("people", "人口"),
    "product": Text("gross product", "地区生产总值"),
    "firms": Text("certified high-tech firms", "高新技术企业"),
}


def finding(found: Delta) -> Statement:
    """The delta's growth beyond the nation's, where the mix matters, and what it has more of."""
    growth = {kind: found.growth(kind) for kind in KINDS}
    activity, performer = _numbers(growth["activity"].loc[WHOLE]), _numbers(growth["performer"].loc[WHOLE])
    own = _numbers(growth["activity"]["competitive"].drop(WHOLE))
    mix = {kind: _numbers(parts.loc[WHOLE])["structural"] for kind, parts in growth.items()}
    basic = _numbers(found.quotients.loc["rd_basic"])
    others = [value for name, value in basic.items() if name != "Shanghai"]
    best, worst = max(own, key=own.__getitem__), min(own, key=own.__getitem__)
    least, most = min(mix, key=mix.__getitem__), max(mix, key=mix.__getitem__)
    return statement(
        "space_delta",
        Text(
            "R&D personnel of the delta's {count} provinces grew by {change:.0f}% from {first} to {last}, the nation's by {national:.0f}"
            "%; {competitive:.0f} points are its own and {structural:.0f} come from the mix of activities. {best} grew most beyond the "
            "nation ({best_own:.0f} points), {worst} fell behind it ({worst_own:.0f}). In R&D spending by who performs it, {performer:.0f}"
            " of {performer_change:.0f} points since {start} are the delta's own. In the five breakdowns the mix adds between "
            "{mix_low:.0f} points ({mix_low_of}) and {mix_high:.0f} ({mix_high_of}). Shanghai has {basic:.1f} times its share of GDP in "
            "basic research, the other three {low:.1f} to {high:.1f} times.",
            "{first}—{last}年长三角{count}省市R&D人员增长{change:.0f}%，全国增长{national:.0f}%；其中{competitive:.0f}个百分点为自身竞争效"
            "应，{structural:.0f}个百分点来自活动结构。{best}超出全国最多（{best_own:.0f}个百分点），{worst}落后（{worst_own:.0f}个百分点）。"
            "按执行部门看R&D经费，{start}年以来{performer_change:.0f}个百分点的增长中{performer:.0f}个为自身竞争效应。五种分类的结构部"
            "分介于{mix_low:.0f}（{mix_low_of}）与{mix_high:.0f}个百分点（{mix_high_of}）之间。上海基础研究的区位商为{basic:.1f}，其余三省"
            "为{low:.1f}—{high:.1f}。",
        ),
        count=len(found.delta),
        first=FIRST_YEAR,
        last=LAST_YEAR,
        start=KINDS["performer"][1],
        **{part: activity[part] for part in PARTS},
        best=_province(best),
        best_own=own[best],
        worst=_province(worst),
        worst_own=own[worst],
        performer=performer["competitive"],
        performer_change=performer["change"],
        mix_low=mix[least],
        mix_high=mix[most],
        mix_low_of=KINDS[least][0],
        mix_high_of=KINDS[most][0],
        basic=basic["Shanghai"],
        low=min(others),
        high=max(others),
    )


def finding_corridor(found: Delta) -> Statement:
    """Which of the paper's fractions the cities' own figures allow."""
    people, product, firms = (_numbers(found.fractions.loc[row]) for row in ("people", "product", "firms"))
    return statement(
        "space_corridor",
        Text(
            "At the census of {census} the nine places of the {corridor} had {people} of the nation's people (the paper: {people_paper}). "
            "Gross products read for {cities} of them, and older or half-year figures for the rest, add up to at least {product} of the "
            "nation's in {year} (the paper: {product_paper}), so that the paper may be right. Its {firms_paper} of the certified "
            "high-tech firms would be {needed:.0%} of all those in the three provinces and Shanghai, while its fraction of gross product "
            "is {product_needed:.0%} of theirs. Its own count of firms is {stated:.1%} of its national total; the two cities read have "
            "{firms:.1%} already.",
            "按{census}年普查，{corridor}九地人口为全国的{people}（论文为{people_paper}）。读到{cities}地{year}年生产总值，其余取更早年份"
            "或上半年，合计至少为全国的{product}（论文为{product_paper}），该占比可以成立。若高新技术企业占全国{firms_paper}，则相当于三省"
            "一市全部企业的{needed:.0%}，而按论文占比，走廊生产总值仅占三省一市的{product_needed:.0%}；以论文自己的企业数除以其全国总数为"
            "{stated:.1%}，所读两市已占{firms:.1%}。",
        ),
        census=CENSUS,
        corridor=Text("G60 corridor", "G60科创走廊"),
        people=_over(people["least"], 1),
        people_paper=_over(people["paper"], 0),
        cities=OF_THE_YEAR,
        year=LAST_YEAR,
        product=_over(product["least"], 1),
        product_paper=_over(product["paper"], 0),
        firms_paper=_over(firms["paper"], 0),
        needed=firms["needed"],
        product_needed=product["needed"],
        stated=found.stated,
        firms=firms["least"],
    )


def _numbers(row: pd.Series | pd.DataFrame) -> dict[str, float]:
    """The cells of one row by name."""
    return dict(zip(map(str, row.index), row.to_numpy(dtype=float).tolist(), strict=True))


def _province(name: object) -> Text:
    return Text(str(name), province_label(str(name), "zh"))


def _over(share: float, digits: int) -> str:
    """A share as one over a number."""
    return f"1/{1 / share:.{digits}f}"
