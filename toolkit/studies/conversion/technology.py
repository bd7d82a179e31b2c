"""Technology bought, assimilated and renovated: what enterprises spend on it beside their R&D."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from toolkit.language import Text
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.present.exhibit import FigureExhibit
from toolkit.present.figures.multiples import small_multiples
from toolkit.present.record import Statement, statement
from toolkit.present.words.labels import province_label
from toolkit.studies.conversion.model import FIRST_YEAR, LAST_YEAR, PERCENT, SECTOR_NAMES, SECTORS, national, sector_panel

_NAMES = {
    "foreign": Text("Foreign technology / R&D (%)", "引进技术/R&D经费（%）"),
    "domestic": Text("Domestic technology / R&D (%)", "购买境内技术/R&D经费（%）"),
    "assimilation": Text("Assimilation per 100 yuan of foreign technology", "每百元引进技术的消化吸收经费"),
    "renovation": Text("Renovation / R&D (%)", "技术改造/R&D经费（%）"),
}
LARGEST = 2  # provinces whose share in the imports is named


@dataclass(frozen=True)
class Technology:
    """Ratios of the nation, and where the imports go.

    Attributes
    ----------
    nation : columns sector, year, ratio (id), value (per cent).
    imports : sector -> foreign technology of all years by province, 100 million yuan, largest first.
    published : sector -> provinces with a figure for assimilation in the first and in the last year.
    """

    nation: pd.DataFrame
    imports: dict[str, pd.Series]
    published: dict[str, tuple[int, int]]

    def level(self, sector: str, ratio: str, year: int) -> float:
        """A national ratio, per cent."""
        rows = self.nation
        return float(rows[(rows["sector"] == sector) & (rows["ratio"] == ratio) & (rows["year"] == year)]["value"].iloc[0])


def run(panel: Panel, series: pd.DataFrame) -> Technology:
    """Both sectors.

    Parameters
    ----------
    panel : the table ``provincial_panel``.
    series : the table ``national_series``.
    """
    parts, imports, published = [], {}, {}
    for key, sector in SECTORS.items():
        nation = national(series, sector)
        ratios = {
            "foreign": PERCENT * nation["foreign_tech_import"] / nation["rd_expenditure"],
            "domestic": PERCENT * nation["domestic_tech_purchase"] / nation["rd_expenditure"],
            "assimilation": PERCENT * nation["assimilation_exp"] / nation["foreign_tech_import"],
            "renovation": PERCENT * nation["tech_renovation_exp"] / nation["rd_expenditure"],
        }
        parts += [
            pd.DataFrame({"sector": key, "year": values.index, "ratio": ratio, "value": values.to_numpy()})
            for ratio, values in ratios.items()
        ]
        frame = sector_panel(panel, sector).frame
        imports[key] = frame.groupby("province")["foreign_tech_import"].sum(min_count=1).sort_values(ascending=False)
        counts = frame.groupby("year")["assimilation_exp"].count()
        published[key] = (int(counts[FIRST_YEAR]), int(counts[LAST_YEAR]))
    return Technology(pd.concat(parts, ignore_index=True), imports, published)


def over_time(results: Technology) -> FigureExhibit:
    """Four national ratios, both sectors."""
    return small_multiples(
        marked(results.nation),
        "year",
        "value",
        "ratio",
        group="sector",
        vertical="free",
        columns=2,
        y_label="",
        names={**_NAMES, **SECTOR_NAMES},
        title=Text("Technology bought, assimilated and renovated, relative to R&D", "技术引进、购买、消化吸收与技术改造（与R&D相比）"),
        notes=[
            Text(
                "National rows. Provinces leave blanks (nil or withheld) in these series, so that sums over provinces fall short. Single "
                "years move the lines: they are small sums next to R&D.",
                "全国数。各省在这些序列中有空格（为零或未公布），分省加总不完整。相对R&D而言金额较小，个别年份即可使曲线变动。",
            )
        ],
    )


def finding(results: Technology) -> Statement:
    """Bought technology shrinks beside R&D, assimilation stays a small part of it, and imports go to few provinces."""
    shares = {key: found.head(LARGEST).sum() / found.sum() for key, found in results.imports.items()}
    first, second = (str(name) for name in results.imports["industry"].index[:LARGEST])
    return statement(
        "conversion_technology",
        Text(
            "Between {start} and {end} industrial enterprises' spending on foreign technology fell from {foreign_first:.1f}% to "
            "{foreign_last:.1f}% of their R&D, on domestic technology from {domestic_first:.1f}% to {domestic_last:.1f}%, on "
            "renovation from {renovation_first:.1f}% to {renovation_last:.1f}%; in high-technology manufacturing foreign technology "
            "went from {high_first:.1f}% to {high_last:.1f}%. For every hundred yuan of foreign technology {assimilation_first:.0f} "
            "yuan, later {assimilation_last:.0f}, went into assimilating it. {province} and {other} bought {share:.0%} of the foreign "
            "technology of all provinces; assimilation is published for {published_first} provinces at first and {published_last} at "
            "last, so that nothing is estimated from it.",
            "{start}—{end}年，规上工业企业引进技术经费与R&D经费之比由{foreign_first:.1f}%降至{foreign_last:.1f}%，购买境内技术"
            "由{domestic_first:.1f}%降至{domestic_last:.1f}%，技术改造由{renovation_first:.1f}%降至{renovation_last:.1f}%；高技术制造业引"
            "进技术由{high_first:.1f}%变为{high_last:.1f}%。每百元引进技术对应的消化吸收经费由{assimilation_first:.0f}元变"
            "为{assimilation_last:.0f}元。{province}与{other}占各省引进技术经费合计的{share:.0%}；公布消化吸收经费的省份"
            "由{published_first}个减至{published_last}个，故不据此作估计。",
        ),
        start=FIRST_YEAR,
        end=LAST_YEAR,
        foreign_first=results.level("industry", "foreign", FIRST_YEAR),
        foreign_last=results.level("industry", "foreign", LAST_YEAR),
        domestic_first=results.level("industry", "domestic", FIRST_YEAR),
        domestic_last=results.level("industry", "domestic", LAST_YEAR),
        renovation_first=results.level("industry", "renovation", FIRST_YEAR),
        renovation_last=results.level("industry", "renovation", LAST_YEAR),
        high_first=results.level("hightech", "foreign", FIRST_YEAR),
        high_last=results.level("hightech", "foreign", LAST_YEAR),
        assimilation_first=results.level("industry", "assimilation", FIRST_YEAR),
        assimilation_last=results.level("industry", "assimilation", LAST_YEAR),
        province=Text(province_label(first, "en"), province_label(first, "zh")),
        other=Text(province_label(second, "en"), province_label(second, "zh")),
        share=float(shares["industry"]),
        published_first=results.published["industry"][0],
        published_last=results.published["industry"][1],
    )
