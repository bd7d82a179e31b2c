"""What the provincial panel measures: coverage, spread, and what breaks in the series do to growth rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from toolkit import glossary
from toolkit.data.provinces import short_chinese
from toolkit.heads import Head
from toolkit.language import Text
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.registry import Mark, registry

DESCRIBED = (
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

QUANTILES = {
    "p25": Text("lower quartile", "下四分位"),
    "median": Text("median province", "中位省份"),
    "p75": Text("upper quartile", "上四分位"),
}
AROUND_HEADS = {
    "variable": glossary.VARIABLE,
    "break_year": Head(glossary.YEAR, "year"),
    "growth_in_break_year": Text("Growth in it", "当年增长"),
    "mean_with": Text("Mean, with it", "均值（含）"),
    "mean_without": Text("Mean, without", "均值（不含）"),
    "fell": Text("Provinces that fell", "下降的省份数"),
}
VINTAGE_HEADS = {
    "province": glossary.PROVINCE,
    "first_release_2018": Text("2018, first release", "2018年首次公布"),
    "revised_2018": Text("2018, revised GDP", "2018年修订GDP"),
    "revised_2019": Text("2019, revised GDP", "2019年修订GDP"),
    "change_revised": Text("Change, one vintage", "同一口径变化"),
    "change_spliced": Text("Change, spliced", "混用口径变化"),
}


@dataclass(frozen=True)
class MeasurementResults:
    """Everything that notebook 01 shows.

    Attributes
    ----------
    marked : the series with a break or an abrupt move, and the marks of each.
    coverage : variable, year, provinces observed.
    growth : variable, year, growth of the sum over provinces (%), median and interquartile range of provincial growth, provinces that fell.
    around_breaks : variable, marked year, mean growth with and without it, provinces that fell in it.
    vintages : province, the 2018 and 2019 intensity in each vintage, and the change that a spliced series would show.
    """

    marked: dict[str, tuple[Mark, ...]]
    coverage: pd.DataFrame
    growth: pd.DataFrame
    around_breaks: pd.DataFrame
    vintages: pd.DataFrame

    @property
    def mark_years(self) -> dict[str, tuple[int, ...]]:
        """The marked years of each series."""
        return {variable: tuple(mark.year for mark in marks) for variable, marks in self.marked.items()}


def run(panel: Panel) -> MeasurementResults:
    """Coverage, growth and vintages of the provincial panel.

    Parameters
    ----------
    panel : the table ``provincial_panel``.
    """
    series = marked_series(panel)
    changes = pd.concat([growth(panel, variable) for variable in series], ignore_index=True)
    return MeasurementResults(series, coverage(panel), changes, around_breaks(changes, series), vintages(panel))


def marked_series(panel: Panel) -> dict[str, tuple[Mark, ...]]:
    """The published amounts of the panel that break or move in a year into which growth is observed, each with these marks.

    The marks stand in toolkit/registry/variables.yaml. Shares and rates are left out: their sum over provinces means nothing.
    """
    known = registry().variables
    amounts = [known[c] for c in panel.columns if c in known and known[c].unit.en not in ("", "%") and not known[c].derived]
    grown = {v.id: set(growth(panel, v.id)["year"]) for v in amounts if v.marks}
    found = {v.id: tuple(mark for mark in v.marks if mark.year in grown[v.id]) for v in amounts if v.marks}
    return {name: marks for name, marks in found.items() if marks}


def coverage(panel: Panel) -> pd.DataFrame:
    """Number of provinces observed by variable and year, for every published (not derived) quantity."""
    known = registry().variables
    published = [c for c in panel.columns if c in known and known[c].unit.en and not known[c].derived]
    counts = panel.frame.groupby(panel.time)[published].count()
    return marked(counts.rename_axis("year").reset_index().melt("year", var_name="variable", value_name="provinces"))


def growth(panel: Panel, variable: str) -> pd.DataFrame:
    """Growth over the previous calendar year: of the sum over provinces and of the median province.

    Only provinces observed in both years enter; a gap gives no growth rate.

    Returns
    -------
    Columns variable, year, provinces, growth_of_sum (%), median, p25, p75 (%), fell (number of provinces).
    """
    wide = panel.frame.pivot(index=panel.time, columns=panel.entity, values=variable)
    years = wide.index.to_numpy(dtype="int64")
    wide = wide.reindex(range(years.min(), years.max() + 1))
    before = wide.shift(1)
    both = wide.notna() & before.notna()
    rates = 100 * (wide.where(both) / before.where(both) - 1)
    out = pd.DataFrame(
        {
            "variable": variable,
            "year": wide.index,
            "provinces": both.sum(axis=1).to_numpy(),
            "growth_of_sum": (100 * (wide.where(both).sum(axis=1) / before.where(both).sum(axis=1) - 1)).to_numpy(),
            "median": rates.median(axis=1).to_numpy(),
            "p25": rates.quantile(0.25, axis=1).to_numpy(),
            "p75": rates.quantile(0.75, axis=1).to_numpy(),
            "fell": (rates < 0).sum(axis=1).to_numpy(),
        }
    )
    return marked(out[out["provinces"] > 0].reset_index(drop=True))


def around_breaks(changes: pd.DataFrame, series: Mapping[str, Sequence[Mark]]) -> pd.DataFrame:
    """Mean growth of the national sum with and without each marked year."""
    rows = []
    for variable, year in [(variable, mark.year) for variable, marks in series.items() for mark in marks]:
        own = changes[changes["variable"] == variable].set_index("year")
        rates = own["growth_of_sum"]
        rows.append(
            {
                "variable": variable,
                "break_year": year,
                "growth_in_break_year": rates[year],
                "mean_with": rates.mean(),
                "mean_without": rates.drop(year).mean(),
                "fell": int(own["fell"][year]),
                "provinces": int(own["provinces"][year]),
            }
        )
    return marked(pd.DataFrame(rows))


def vintages(panel: Panel) -> pd.DataFrame:
    """What splicing vintages would do: the intensity of 2018 first release, 2018 and 2019 on revised GDP.

    Returns
    -------
    Columns province, first_release_2018, revised_2018, revised_2019, change_revised and change_spliced (percentage points).
    """
    frame = panel.frame.set_index([panel.entity, panel.time])
    first = frame["rd_intensity_first_release"].xs(2018, level=1)
    revised = frame["rd_intensity"]
    out = pd.DataFrame({"first_release_2018": first, "revised_2018": revised.xs(2018, level=1), "revised_2019": revised.xs(2019, level=1)})
    out["change_revised"] = out["revised_2019"] - out["revised_2018"]
    out["change_spliced"] = out["revised_2019"] - out["first_release_2018"]
    return out.rename_axis("province").reset_index()


def most_distorted(vintages: pd.DataFrame, rows: int = 5) -> pd.DataFrame:
    """The provinces in which splicing would misstate the change most, the worst first."""
    error = (vintages["change_spliced"] - vintages["change_revised"]).abs()
    return vintages.loc[error.sort_values(ascending=False).index[:rows]].reset_index(drop=True)


def breaks_note(series: Mapping[str, Sequence[Mark]]) -> Text:
    """The marked years of each variable, in words."""
    variables = registry().variables
    listed = [(variables[name], mark.text) for name, marks in series.items() for mark in marks]
    return Text(
        "Marked: " + "; ".join(f"{variable.short.en} {text.en}" for variable, text in listed) + ".",
        "标记：" + "；".join(f"{variable.short.zh}{text.zh}" for variable, text in listed) + "。",
    )


def place(province: str) -> Text:
    """A province in both languages."""
    return Text(province, short_chinese(province))
