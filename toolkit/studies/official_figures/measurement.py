"""What does the provincial panel measure? Coverage, spread, and what mixing vintages would do."""

from __future__ import annotations

import pandas as pd

from toolkit import glossary
from toolkit.data.provinces import short_chinese
from toolkit.language import Text
from toolkit.panel import Panel
from toolkit.present import frame_table
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.matrix import coverage_heatmap
from toolkit.present.record import Statement, statement
from toolkit.present.tables.descriptive import describe
from toolkit.present.words.breaks import span_notes
from toolkit.registry import registry

INDUSTRY = ("ind_", "hightech_")
_DESCRIBED = (
    "rd_intensity",
    "fiscal_sci_exp",
    "fiscal_sci_share",
    "gdp_per_capita",
    "patents_per_10k",
    "tech_market_to_gdp",
    "trade_openness",
    "urbanisation_rate",
    "secondary_share",
    "students_per_10k",
)


def coverage(panel: Panel) -> FigureExhibit:
    """Number of provinces observed by variable and year, for every published (not derived) quantity but those of industry."""
    known = registry().variables
    names = [c for c in panel.columns if c in known and known[c].unit.en and not known[c].derived and not c.startswith(INDUSTRY)]
    return coverage_heatmap(
        panel.frame.groupby(panel.time)[names].count().T,
        full=panel.shape().entities,
        labels="registry",
        title=Text("Provinces observed, by variable and year: economy, R&D, patents", "各变量各年份有数据的省份数：经济、R&D与专利"),
    )


def described(panel: Panel) -> TableExhibit:
    """All province-years of the main variables."""
    return describe(
        panel, _DESCRIBED, title=Text("Descriptive statistics, provincial panel", "省级面板描述性统计"), notes=_crossed(panel, _DESCRIBED)
    )


def _crossed(panel: Panel, variables: tuple[str, ...]) -> tuple[Text, ...]:
    """The changes of definition that the years of each variable cross."""
    years = {name: panel.frame.dropna(subset=[name])[panel.time] for name in variables}
    return span_notes({name: (int(own.min()), int(own.max())) for name, own in years.items()})


def vintages(panel: Panel) -> pd.DataFrame:
    """What splicing vintages would do: the intensity of 2018 first release, 2018 and 2019 on revised GDP.

    Returns
    -------
    Columns province, first_release_2018, revised_2018, revised_2019, change_revised and change_spliced (percentage points); first the
    province in which splicing would misstate the change most.
    """
    frame = panel.frame.set_index([panel.entity, panel.time])
    first = frame["rd_intensity_first_release"].xs(2018, level=1)
    revised = frame["rd_intensity"]
    out = pd.DataFrame({"first_release_2018": first, "revised_2018": revised.xs(2018, level=1), "revised_2019": revised.xs(2019, level=1)})
    out["change_revised"] = out["revised_2019"] - out["revised_2018"]
    out["change_spliced"] = out["revised_2019"] - out["first_release_2018"]
    error = (out["change_spliced"] - out["change_revised"]).abs()
    return out.loc[error.sort_values(ascending=False).index].rename_axis("province").reset_index()


def most_distorted(releases: pd.DataFrame) -> TableExhibit:
    """The five provinces in which splicing would misstate the change most, the worst first."""
    return frame_table(
        releases.head(5),
        {
            "province": glossary.PROVINCE,
            "first_release_2018": Text("2018, first release", "2018年首次公布"),
            "revised_2018": Text("2018, revised GDP", "2018年修订GDP"),
            "revised_2019": Text("2019, revised GDP", "2019年修订GDP"),
            "change_revised": Text("Change, one vintage", "同一口径变化"),
            "change_spliced": Text("Change, spliced", "混用口径变化"),
        },
        digits=2,
        title=Text(
            "R&D intensity (%) around the census revision: the five largest distortions",
            "普查修订前后的R&D强度（%）：失真最大的五个省份",
        ),
    )


def vintage_finding(releases: pd.DataFrame) -> Statement:
    """The province that splicing would misstate most."""
    worst = releases.iloc[0]
    return statement(
        "measurement_vintage",
        Text(
            "{place}: on one vintage the intensity changes by {revised:+.2f} points from {first} to {last}; "
            "spliced, it would change by {spliced:+.2f}.",
            "{place}：同一口径下{first}—{last}年强度变化{revised:+.2f}个百分点；若混用口径，则会变成{spliced:+.2f}个百分点。",
        ),
        place=Text(worst["province"], short_chinese(worst["province"])),
        revised=worst["change_revised"],
        spliced=worst["change_spliced"],
        first="2018",
        last="2019",
    )
