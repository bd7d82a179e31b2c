r"""Is the dispersion between provinces falling? Standard deviations of logs, a paired test of their ends, and the slope between them.

The test and the interval rest on the 31 provinces, not on the 5 to 15 years: see :func:`toolkit.measure.dispersion_change`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.data.provinces import named
from toolkit.language import Head, Text
from toolkit.measure import DispersionChange, dispersion_change
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.trend import trend_lines
from toolkit.present.record import Statement, statement
from toolkit.present.tables.frame import frame_table
from toolkit.studies.convergence.series import LEVEL, NAMES, VARIABLES, break_marks, grid, name_of, names_of, period_note, tech_note

_HUNDRED = 100


@dataclass(frozen=True, eq=False)
class Dispersion:
    """The dispersion of one series.

    Attributes
    ----------
    by_year : year -> standard deviation of logs over the provinces.
    change : test of its ends and slope with interval.
    province, without : the province whose absence moves the slope most, and the slope without it.
    provinces : how many there are.
    """

    by_year: dict[int, float]
    change: DispersionChange
    province: str
    without: float
    provinces: int

    @property
    def falls(self) -> bool:
        """Whether the ends differ at the level of the chapter, the interval of the slope excludes zero, and both say down."""
        return self.change.p_value < LEVEL and self.change.correlation < 0 and self.change.high < 0

    @property
    def rises(self) -> bool:
        """As ``falls``, upwards."""
        return self.change.p_value < LEVEL and self.change.correlation > 0 and self.change.low > 0


def sigma(panel: Panel) -> dict[str, Dispersion]:
    """The dispersion of each series over its complete years."""
    found = {}
    for variable in VARIABLES:
        wide = grid(panel, variable)
        logs = wide.map(np.log)
        spread = logs.std(ddof=0)
        slope = _slope(spread)
        without = {str(left_out): _slope(logs.drop(left_out).std(ddof=0)) for left_out in wide.index}
        most = max(without, key=lambda province: abs(without[province] - slope))
        found[variable] = Dispersion(
            by_year=dict(zip(map(int, wide.columns), map(float, spread), strict=True)),
            change=dispersion_change(wide),
            province=most,
            without=without[most],
            provinces=len(wide),
        )
    return found


def _slope(spread: pd.Series) -> float:
    years = spread.index.to_numpy(dtype=float)
    centred = years - years.mean()
    return float(centred @ spread.to_numpy() / (centred @ centred))


def over_time(sigma: dict[str, Dispersion]) -> FigureExhibit:
    """The standard deviation of logs over the years, one line per series."""
    rows = [{"variable": v, "year": year, "sd_log": value} for v, found in sigma.items() for year, value in found.by_year.items()]
    return trend_lines(
        marked(pd.DataFrame(rows)),
        "year",
        "sd_log",
        "variable",
        names=NAMES,
        y_label=Text("Standard deviation of logs", "对数标准差"),
        title=Text("Dispersion between provinces", "省际离散程度"),
        notes=_period(sigma),
    )


def table(sigma: dict[str, Dispersion]) -> TableExhibit:
    """One row per series: dispersion at both ends, the test that they are equal, the slope with interval, and without one province."""
    rows = [
        {
            "variable": variable,
            "years": len(found.by_year),
            "start": found.change.first,
            "end": found.change.last,
            "p_value": found.change.p_value,
            "slope": _HUNDRED * found.change.slope,
            "low": _HUNDRED * found.change.low,
            "high": _HUNDRED * found.change.high,
            "province": found.province,
            "without": _HUNDRED * found.without,
        }
        for variable, found in sigma.items()
    ]
    return frame_table(
        marked(pd.DataFrame(rows)),
        {
            "variable": glossary.VARIABLE,
            "years": Text("Years", "年数"),
            "start": glossary.FIRST_YEAR,
            "end": glossary.LAST_YEAR,
            "p_value": Head(Text("Equal ends, p", "首末相等p值"), "p_value"),
            "slope": Text("Slope × 100", "年均斜率×100"),
            "low": glossary.LOW,
            "high": glossary.HIGH,
            "province": Text("Moved most by", "影响最大的省份"),
            "without": Text("Slope without it", "剔除后斜率"),
        },
        names=NAMES,
        digits={"start": 2, "end": 2, "slope": 2, "low": 2, "high": 2, "without": 2},
        title=Text("Has the dispersion of logs fallen?", "对数标准差是否下降"),
        notes=[
            Text(
                "Equal ends: Pitman–Morgan test of the variances of the first and the last year, paired by province, t with "
                f"{next(iter(sigma.values())).provinces - 2} degrees of freedom whatever the number of years. Slope of the standard "
                "deviation on the year; jackknife interval over provinces with their whole paths (95%). Each province counts the same.",
                "首末相等：Pitman–Morgan检验，按省份配对比较首末两年的方差，t分布，自由度"
                f"{next(iter(sigma.values())).provinces - 2}，与年数无关。斜率为标准差对年份的回归系数，"
                "区间由逐一剔除省份（连同其全部年份）的刀切法得到（95%）。"
                "各省权重相同。",
            ),
            _period(sigma),
            tech_note(),
            *break_marks({variable: list(found.by_year) for variable, found in sigma.items()}),
        ],
    )


def _period(sigma: dict[str, Dispersion]) -> Text:
    return period_note({variable: list(found.by_year) for variable, found in sigma.items()}, sigma[VARIABLES[0]].provinces)


def finding(sigma: dict[str, Dispersion]) -> Statement:
    """For which series the dispersion falls or rises, and what hangs on one province for the one that moved most."""
    falling, rising = ([v for v, found in sigma.items() if getattr(found, way)] for way in ("falls", "rises"))
    most = max(sigma, key=lambda v: abs(sigma[v].change.last - sigma[v].change.first))
    return statement(
        "convergence_sigma",
        Text(
            "Of {n} series the dispersion of logs fell for {falling} and rose for {rising}: the ends differ at the {level:.0%} level "
            "and the jackknife interval of the slope excludes zero. The other {other} show no clear change. {name} moves most, from "
            "{start:.2f} to {end:.2f}; without {province} alone its slope is {without:+.3f} a year instead of {slope:+.3f}. The "
            "shortest series has {years} years.",
            "在{n}个指标中，对数标准差下降的有：{falling}；上升的有：{rising}（首末差异在{level:.0%}水平上显著，"
            "且斜率的刀切法区间不含零）。其余{other}个指标无法判定变化。变化最大的是{name}，由{start:.2f}变为{end:.2f}；"
            "仅剔除{province}，其年均斜率即由{slope:+.3f}变为{without:+.3f}。最短序列为{years}年。",
        ),
        n=len(sigma),
        falling=names_of(falling),
        rising=names_of(rising),
        other=len(sigma) - len(falling) - len(rising),
        level=LEVEL,
        name=name_of(most),
        start=sigma[most].change.first,
        end=sigma[most].change.last,
        province=named([sigma[most].province]),
        without=sigma[most].without,
        slope=sigma[most].change.slope,
        years=min(len(found.by_year) for found in sigma.values()),
    )
