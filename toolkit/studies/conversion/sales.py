"""How much is sold of new products: relative to GDP, to revenue and to R&D, over the years and over the provinces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit.language import Text
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.present.exhibit import FigureExhibit
from toolkit.present.figures.multiples import small_multiples
from toolkit.present.record import Statement, statement
from toolkit.studies.conversion.model import FIRST_YEAR, LAST_YEAR, PERCENT, SECTOR_NAMES, SECTORS, national, sector_panel

_NAMES = {
    "to_gdp": Text("New-product sales / GDP (%)", "新产品销售收入/GDP（%）"),
    "to_rd": Text("New-product sales per yuan of R&D (yuan)", "每元R&D经费的新产品销售收入（元）"),
    "per_person": Text("New-product sales per R&D person-year (million yuan)", "每R&D人年的新产品销售收入（百万元）"),
}
_MILLION = 100.0  # million yuan in 100 million


@dataclass(frozen=True)
class Sales:
    """New-product sales in relation to what stands before them.

    Attributes
    ----------
    nation : columns sector, year, ratio (id), value: the national rows.
    provinces : columns sector, ratio, province, mean (over the years), change (from the first year to the last, per cent).
    spread : one row per sector and ratio: median, p10, p90 of the provinces' means, between (share of the variance of the logarithm, net
        of common years, that lies between provinces, per cent), provinces.
    revenue : share of new products in the revenue of high-technology manufacturing by year, per cent.
    """

    nation: pd.DataFrame
    provinces: pd.DataFrame
    spread: pd.DataFrame
    revenue: pd.Series

    def level(self, sector: str, ratio: str, year: int) -> float:
        """The national value of a ratio."""
        rows = self.nation
        return float(rows[(rows["sector"] == sector) & (rows["ratio"] == ratio) & (rows["year"] == year)]["value"].iloc[0])

    def spread_of(self, sector: str, ratio: str) -> dict[str, float]:
        """The row of ``spread`` of a sector and ratio, its numbers by name."""
        row = self.spread[(self.spread["sector"] == sector) & (self.spread["ratio"] == ratio)]
        return {name: float(row[name].iloc[0]) for name in ("median", "p10", "p90", "between")}


def run(panel: Panel, series: pd.DataFrame) -> Sales:
    """Ratios of new-product sales for the nation and its provinces.

    Parameters
    ----------
    panel : the table ``provincial_panel``.
    series : the table ``national_series``.
    """
    gdp = panel.between(FIRST_YEAR, LAST_YEAR).frame.groupby(panel.time)["gdp"].sum()
    nation, provinces, spread = [], [], []
    for key, sector in SECTORS.items():
        nation.append(_long(_ratios(national(series, sector).assign(gdp=gdp))).assign(sector=key))
        sample = sector_panel(panel, sector).frame.set_index(["province", "year"])
        for ratio, values in _ratios(sample).items():
            wide = values.unstack("year")
            mean = wide.mean(axis=1, skipna=True)
            change = PERCENT * (wide[LAST_YEAR] / wide[FIRST_YEAR] - 1)
            provinces.append(pd.DataFrame({"sector": key, "ratio": ratio, "province": wide.index, "mean": mean, "change": change}))
            spread.append({"sector": key, "ratio": ratio, **_spread(wide, mean)})
    by_year = series.set_index("year").loc[FIRST_YEAR:LAST_YEAR]
    revenue = PERCENT * national(series, SECTORS["hightech"])["new_product_sales"] / by_year["hightech_revenue"]
    return Sales(
        nation=pd.concat(nation, ignore_index=True),
        provinces=pd.concat(provinces, ignore_index=True),
        spread=pd.DataFrame(spread),
        revenue=revenue,
    )


def _ratios(frame: pd.DataFrame) -> dict[str, pd.Series]:
    sold = frame["new_product_sales"]
    return {
        "to_gdp": PERCENT * sold / frame["gdp"],
        "to_rd": sold / frame["rd_expenditure"],
        "per_person": _MILLION * sold / frame["rd_fte"],
    }


def _long(ratios: dict[str, pd.Series]) -> pd.DataFrame:
    return pd.concat(
        [pd.DataFrame({"year": values.index, "ratio": ratio, "value": values.to_numpy()}) for ratio, values in ratios.items()],
        ignore_index=True,
    )


def _spread(wide: pd.DataFrame, mean: pd.Series) -> dict[str, float | int]:
    """Of the provinces observed in every year."""
    logs = np.log(wide.dropna())
    net = logs - logs.mean(axis=0)
    between = float((net.mean(axis=1) ** 2).sum() * net.shape[1] / (net**2).to_numpy().sum())
    low, middle, high = (float(mean.quantile(q)) for q in (0.1, 0.5, 0.9))
    return {"median": middle, "p10": low, "p90": high, "between": PERCENT * between, "provinces": len(logs)}


def over_time(results: Sales) -> FigureExhibit:
    """The national ratios, industrial enterprises beside high-technology manufacturers."""
    return small_multiples(
        marked(results.nation.dropna(subset=["value"])),
        "year",
        "value",
        "ratio",
        group="sector",
        vertical="free",
        columns=3,
        y_label="",
        names={**_NAMES, **SECTOR_NAMES},
        title=Text("New-product sales relative to GDP, R&D expenditure and R&D personnel", "新产品销售收入与GDP、R&D经费、R&D人员之比"),
        notes=[
            Text(
                "National rows. GDP is the sum over provinces; sales are revenue, GDP is value added, so the first ratio is no share. "
                "Industrial enterprises: above designated size; high-technology manufacturers are part of them. R&D personnel of "
                "industrial enterprises: no national row in {gap}.",
                "全国数。GDP为各省合计；销售收入为收入口径，GDP为增加值口径，故首图之比不是占比。规上工业企业含高技术制造业企业。规上工"
                "业R&D人员缺{gap}年全国数。",
            ).filled(gap=_gap(results)),
        ],
    )


def _gap(results: Sales) -> str:
    rows = results.nation
    missing = rows[(rows["sector"] == "industry") & (rows["ratio"] == "per_person") & rows["value"].isna()]["year"]
    return ", ".join(str(int(year)) for year in missing)


def finding(results: Sales) -> Statement:
    """More is sold of new products relative to GDP, less per yuan of R&D; provinces differ, and stay different."""
    industry, high = (results.spread_of(sector, "to_rd") for sector in SECTORS)
    change = {sector: results.level(sector, "to_rd", LAST_YEAR) / results.level(sector, "to_rd", FIRST_YEAR) - 1 for sector in SECTORS}
    falling = results.provinces[(results.provinces["sector"] == "industry") & (results.provinces["ratio"] == "to_rd")]["change"]
    return statement(
        "conversion_sales",
        Text(
            "New-product sales of industrial enterprises rose from {first:.1f}% to {last:.1f}% of GDP between {start} and {end}. Per "
            "yuan of R&D they moved from {per_first:.2f} to {per_last:.2f} yuan ({change:+.1%}); in high-technology manufacturing from "
            "{high_first:.2f} to {high_last:.2f} ({high_change:+.1%}), where new products went from {share_first:.1f}% to "
            "{share_last:.1f}% of revenue. Sales per yuan of R&D fell in {fell} of {provinces} provinces. Across provinces the "
            "ninetieth percentile is {ratio:.1f} times the tenth, and {between:.0f}% of the variance lies between provinces "
            "({high_between:.0f}% in high technology).",
            "规上工业企业新产品销售收入与GDP之比由{start}年的{first:.1f}%变为{end}年的{last:.1f}%；每元R&D经费对应的新产品销售收入"
            "由{per_first:.2f}元变为{per_last:.2f}元（{change:+.1%}），高技术制造业由{high_first:.2f}元变"
            "为{high_last:.2f}元（{high_change:+.1%}），其新产品占营业收入的比重由{share_first:.1f}%变为{share_last:.1f}%。{provinces}个"
            "省份中有{fell}个每元R&D的新产品销售下降。省际第九十百分位为第十百分位的{ratio:.1f}倍，方差中{between:.0f}%属于省际（高技术制"
            "造业为{high_between:.0f}%）。",
        ),
        first=results.level("industry", "to_gdp", FIRST_YEAR),
        last=results.level("industry", "to_gdp", LAST_YEAR),
        start=FIRST_YEAR,
        end=LAST_YEAR,
        per_first=results.level("industry", "to_rd", FIRST_YEAR),
        per_last=results.level("industry", "to_rd", LAST_YEAR),
        change=change["industry"],
        high_first=results.level("hightech", "to_rd", FIRST_YEAR),
        high_last=results.level("hightech", "to_rd", LAST_YEAR),
        high_change=change["hightech"],
        share_first=float(results.revenue[FIRST_YEAR]),
        share_last=float(results.revenue[LAST_YEAR]),
        fell=int((falling < 0).sum()),
        provinces=int(falling.notna().sum()),
        ratio=industry["p90"] / industry["p10"],
        between=industry["between"],
        high_between=high["between"],
    )
