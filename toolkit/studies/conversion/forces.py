r"""Signs of new productive forces, and how far high technology leans on other countries: shares of published totals of the nation.

.. math:: e_t = \frac{\text{exported new-product sales}}{\text{new-product sales}}, \qquad
   m_t = \frac{\text{technology bought abroad}}{\text{technology bought abroad and at home}}

both of high-technology manufacturing. Neither is the import dependence of single goods, for which customs figures by product are needed.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from toolkit import glossary
from toolkit.language import Head, Text
from toolkit.present import frame_table
from toolkit.present.exhibit import TableExhibit
from toolkit.present.record import Statement, statement

PERCENT = 100.0
_COLUMNS = ("three_new_share", "three_new_share_revised", "exported", "foreign")


@dataclass(frozen=True)
class Forces:
    """Shares by year.

    Attributes
    ----------
    rows : columns year, three_new_share, three_new_share_revised (% of GDP), exported (% of new-product sales), foreign (% of the
        technology that is bought); missing where nothing is published.
    """

    rows: pd.DataFrame

    def ends(self, column: str) -> tuple[int, float, int, float]:
        """First and last year of a column, each with its value."""
        known = self.rows.dropna(subset=[column])
        first, last = known.iloc[0], known.iloc[-1]
        return int(first["year"]), float(first[column]), int(last["year"]), float(last[column])


def run(series: pd.DataFrame) -> Forces:
    """Shares from the table ``national_series``."""
    abroad, home = series["hightech_foreign_tech_import"], series["hightech_domestic_tech_purchase"]
    rows = series.assign(
        exported=PERCENT * series["hightech_new_product_exports"] / series["hightech_new_product_sales"],
        foreign=PERCENT * abroad / (abroad + home),
    )
    census = rows.loc[rows["three_new_share_revised"].notna(), "year"].max()
    after = rows["year"] > census  # a first release that follows the census is on its basis
    rows["three_new_share_revised"] = rows["three_new_share_revised"].where(~after, rows["three_new_share"])
    rows["three_new_share"] = rows["three_new_share"].where(~after)
    return Forces(rows[["year", *_COLUMNS]].dropna(subset=[*_COLUMNS], how="all").reset_index(drop=True))


def table(found: Forces) -> TableExhibit:
    """The shares by year."""
    return frame_table(
        found.rows,
        {
            "year": Head(glossary.YEAR, "year"),
            "three_new_share": Text("Three-new economy / GDP, before the census", "“三新”经济/GDP（普查前）"),
            "three_new_share_revised": Text("The same, basis of the census of 2023", "同左，2023年经济普查口径"),
            "exported": Text("New-product sales exported", "新产品销售中的出口"),
            "foreign": Text("Bought technology from abroad", "所购技术中来自国外者"),
        },
        digits={"three_new_share": 2, "three_new_share_revised": 2, "exported": 1, "foreign": 1},
        title=Text("New industries, and how far high technology leans on other countries (%)", "新产业规模与高技术产业对外依赖程度（%）"),
        notes=Text(
            "The last two columns: high-technology manufacturing. Licences and know-how bought, without goods and equipment. "
            "Total factor productivity is not shown: capital and employment by province are not shipped.",
            "后两列为高技术制造业。所购技术指许可与专有技术，不含商品与设备。随附数据不含分省资本存量与就业，故未列全要素生产率。",
        ),
    )


def finding(found: Forces) -> Statement:
    """Both ends of the series, each within one vintage."""
    new_year, new_first, new_end, new_last = found.ends("three_new_share")
    _, after_first, after_end, after_last = found.ends("three_new_share_revised")
    year, exported_first, end, exported_last = found.ends("exported")
    return statement(
        "new_forces",
        Text(
            "The three-new economy grew from {new_first:.1f}% of GDP in {new_year:.0f} to {new_last:.1f}% in {new_end:.0f} before the "
            "census of that year, and from {after_first:.1f} to {after_last:.1f}% in {after_end:.0f} on its basis. Of the new products of "
            "high-technology manufacturing {exported_first:.0f}% were exported in {year:.0f} and {exported_last:.0f}% in {end:.0f}; of "
            "the technology that it bought, {foreign_low:.0f} to {foreign_high:.0f}% came from abroad, up in one year and down in the "
            "next.",
            "“三新”经济占GDP比重，按普查前口径由{new_year:.0f}年的{new_first:.1f}%升至{new_end:.0f}年的{new_last:.1f}%，按普查口径由"
            "{after_first:.1f}%升至{after_end:.0f}年的{after_last:.1f}%。高技术制造业新产品出口占比{year:.0f}年为{exported_first:.0f}%，"
            "{end:.0f}年为{exported_last:.0f}%；所购技术中来自国外者占{foreign_low:.0f}%至{foreign_high:.0f}%，年年起落。",
        ),
        new_year=new_year,
        new_first=new_first,
        new_end=new_end,
        new_last=new_last,
        after_first=after_first,
        after_end=after_end,
        after_last=after_last,
        year=year,
        exported_first=exported_first,
        end=end,
        exported_last=exported_last,
        foreign_low=float(found.rows["foreign"].min()),
        foreign_high=float(found.rows["foreign"].max()),
    )
