r"""Which province had a national independent innovation demonstration zone from when on, and how much of it.

A zone is approved for parks in cities. The treatment of a province, :math:`d_{it} = 1\{t \ge g_i\}`, begins with the year g in which the
first zone in one of its cities was approved: a coarse proxy, since a zone may lie in one city of twenty. The share

.. math:: s_{it} = \frac{\text{prefecture-level cities of } i \text{ named in approvals up to } t}{\text{prefecture-level units of } i}

says how coarse. It counts cities, not what they weigh.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.data.provinces import named, provinces
from toolkit.language import Head, Text
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.present import frame_table
from toolkit.present.exhibit import TableExhibit
from toolkit.present.record import Statement, statement

FIRST_YEAR, LAST_YEAR = 2010, 2023  # R&D by payer and patents in force of every province
ZONES = "national independent innovation demonstration zone (国家自主创新示范区)"
ONSET, TREATED, SHARE = "first_zone_year", "zone", "zone_share"

OUTCOMES = {
    "enterprise": "log(rd_enterprise_intensity)",
    "contracts": "log(tech_market_to_gdp)",
    "patents": "log(patents_in_force_per_person)",
    "sales": "log(new_product_sales_to_gdp)",
}
SHORT = "sales"  # the outcome whose years begin after most zones
MAIN = tuple(key for key in OUTCOMES if key != SHORT)
OUTCOME_NAMES = {
    "enterprise": Text("R&D paid by enterprises / GDP", "企业资金R&D/GDP"),
    "contracts": Text("Technology contracts / GDP", "技术合同成交额/GDP"),
    "patents": Text("Invention patents in force per person", "人均有效发明专利"),
    "sales": Text("High-tech new-product sales / GDP", "高技术新产品销售收入/GDP"),
}
_SHARE_CITIES = ("prefecture city", "autonomous prefecture", "zone in province")


@dataclass(frozen=True)
class Zones:
    """The zones by province, and the panel that they are studied on.

    Attributes
    ----------
    provinces : one row per province with a zone, in order of its first: province, year (of the first approval), first_cities
        and cities (named in the first and in all approvals), units (prefecture-level units), first_share and share (of them in zones, per
        cent), grade and document (of the first approval).
    panel : provinces and years 2010-2023, with the first zone year (0: none), zone (0 or 1), the share and the outcomes.
    always : provinces with a zone in every year of the panel; no estimator can use them.
    never : provinces without a zone.
    count : number of zones.
    """

    provinces: pd.DataFrame
    panel: Panel
    always: tuple[str, ...]
    never: tuple[str, ...]
    count: int

    def sample(self, outcome: str) -> Panel:
        """Rows for an outcome: provinces that are seen in all its years and have a year before their zone.

        The same rows serve every estimator, so that a difference between two is one of method.
        """
        column = OUTCOMES[outcome].removeprefix("log(").removesuffix(")")
        panel = self.panel.keep(self.panel.frame[column].notna())
        frame = panel.frame
        years, first = frame["year"].nunique(), frame["year"].min()
        seen = frame.groupby("province")["year"].transform("size") == years
        return panel.keep(seen & ((frame[ONSET] == 0) | (frame[ONSET] > first)))


def run(panel: Panel, pilots: pd.DataFrame) -> Zones:
    """First zones and shares by province.

    Parameters
    ----------
    panel : the table ``provincial_panel``.
    pilots : the table ``policy_timing``.
    """
    zones = pilots[pilots["policy"] == ZONES].sort_values(["year", "date", "unit_zh"], kind="stable")
    frame = panel.between(FIRST_YEAR, LAST_YEAR).frame
    onset = zones.groupby("adcode")["year"].min()
    counted = zones[zones["level"].isin(_SHARE_CITIES)]
    columns = {
        ONSET: frame["adcode"].map(onset).fillna(0).astype("int64"),
        TREATED: (frame["year"] >= frame["adcode"].map(onset)).astype("float64"),
        SHARE: _shares(counted, frame[["adcode", "year"]]),
        "patents_in_force_per_person": frame["patent_in_force_invention"] / frame["population"],
        "new_product_sales_to_gdp": frame["hightech_new_product_sales"] / frame["gdp"],
    }
    sample = panel.between(FIRST_YEAR, LAST_YEAR).assign(**columns)
    firsts = sample.frame.groupby("province")[ONSET].first()
    return Zones(
        provinces=_by_province(zones, counted),
        panel=sample,
        always=tuple(firsts.index[(firsts > 0) & (firsts <= FIRST_YEAR)]),
        never=tuple(firsts.index[firsts == 0]),
        count=zones["note"].str.split(";").str[0].nunique(),
    )


def _shares(counted: pd.DataFrame, rows: pd.DataFrame) -> pd.Series:
    """The share of prefecture-level units in zones for each province and year; 0 without a zone."""
    sizes = counted.groupby("adcode")["prefecture_units"].first()
    years = {adcode: np.sort(part["year"].to_numpy()) for adcode, part in counted.groupby("adcode")}
    named = [np.searchsorted(years[a], y, side="right") / sizes[a] if a in years else 0.0 for a, y in rows.itertuples(index=False)]
    return pd.Series(named, index=rows.index, dtype="float64")


def _by_province(zones: pd.DataFrame, counted: pd.DataFrame) -> pd.DataFrame:
    names = {p.adcode: p.name for p in provinces()}
    rows = []
    for province, part in zones.groupby(zones["adcode"].map(names), sort=False):
        first = part.iloc[0]
        named = counted[counted["adcode"] == first["adcode"]]
        units, year = float(first["prefecture_units"]), int(first["year"])
        rows.append(
            {
                "province": province,
                "year": year,
                "first_cities": int((part["year"] == year).sum()),
                "cities": len(part),
                "units": units,
                "first_share": 100 * float((named["year"] == year).sum()) / units,
                "share": 100 * len(named) / units,
                "grade": first["grade"],
                "document": first["document"],
            }
        )
    return pd.DataFrame(rows)


def table(found: Zones) -> TableExhibit:
    """When each province had its first zone, in which cities, how much of the province that is, and what was read."""
    numbers = found.provinces["document"].str.extract(r"(国函〔\d+〕\d+号)", expand=False)  # missing where none was read
    return frame_table(
        marked(found.provinces.assign(number=numbers)),
        {
            "province": glossary.PROVINCE,
            "year": Head(Text("First zone approved", "首个示范区获批年份"), "year"),
            "first_cities": Text("Cities named: first approval", "所涉城市数：首批"),
            "cities": Text("all approvals", "全部"),
            "first_share": Text("Share of prefecture-level units, first (%)", "占地级区划比重：首批（%）"),
            "share": Text("all (%)", "全部（%）"),
            "number": Text("Document", "文件"),
            "grade": glossary.EVIDENCE,
        },
        digits={"first_share": 0, "share": 0},
        title=Text("A zone in a province: when, and in how much of it", "省内何时设立示范区、覆盖多大范围"),
        notes=[
            Text(
                "National independent innovation demonstration zones. Treated from the year of the first approval for a city of the "
                "province. Municipalities count as one unit. Evidence A: the text of the approval was read; B: a dated quotation of it. "
                "Names, words and addresses are in the table of pilots.",
                "国家自主创新示范区。自省内任一城市首次获批之年起视为受处理。直辖市计为一个地级单位。证据等级A为读到批复原文，B为有日期的转引；"
                "城市名称、所读文字与网址见政策表。",
            ),
            Text(
                "Without a zone: {never}. With one before the panel begins, so of no use to any estimator: {always}.",
                "未设示范区：{never}。样本期前已设、任何估计方法均无法利用：{always}。",
            ).filled(never=named(found.never), always=named(found.always)),
        ],
    )


def finding(found: Zones) -> Statement:
    """How complete the list is, and how coarse the treatment."""
    rows = found.provinces
    return statement(
        "policy_zones",
        Text(
            "All {zones} zones approved from {first:.0f} to {last:.0f} now have a row with what was read: {treated} of {all} provinces "
            "have one, {cohorts} different first years. The proxy is coarse: at the first approval the zone names between {least:.0f} and "
            "{most:.0f} per cent of the prefecture-level units of a province (median {median:.0f}). Other lists stay incomplete "
            "(innovative cities, transfer zones, science and finance); there no row is no proof of no treatment, so they are not studied.",
            "{first:.0f}—{last:.0f}年获批的{zones}个示范区均已逐条注明所读内容：{all}个省份中{treated}个设有示范区，首次获批年份共"
            "{cohorts}个。该代理变量较粗：首次获批时，示范区所涉城市占本省地级区划的{least:.0f}%至{most:.0f}%（中位数{median:.0f}%）。其他"
            "名单（创新型城市、科技成果转移转化示范区、科技和金融结合试点）仍不完整，无记录不等于未试点，故不作研究。",
        ),
        zones=found.count,
        first=float(rows["year"].min()),
        last=float(rows["year"].max()),
        treated=len(rows),
        all=len(rows) + len(found.never),
        cohorts=rows["year"].nunique(),
        least=rows["first_share"].min(),
        most=rows["first_share"].max(),
        median=rows["first_share"].median(),
    )
