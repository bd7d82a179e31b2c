r"""Is the dispersion between provinces falling? Its trend :math:`\sigma_t = a + b\,t + u_t`, and what hangs on a single province.

:math:`\sigma_t` is the standard deviation of logs over the provinces, or the coefficient of variation; :math:`b < 0` is convergence.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import pandas as pd

from toolkit import glossary
from toolkit.audit.basket import complete_years
from toolkit.data.provinces import named
from toolkit.language import Head, Text
from toolkit.measure import SigmaConvergence, beta_convergence, sigma_convergence
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.trend import trend_lines
from toolkit.present.record import Statement, statement
from toolkit.present.tables.frame import frame_table
from toolkit.studies.convergence.series import LEVEL, VARIABLES, grid, name_of, names_of, period_note, tech_note


def sigma(panel: Panel) -> dict[str, SigmaConvergence]:
    """Dispersion by year and its trend, for each variable."""
    return {variable: sigma_convergence(grid(panel, variable)) for variable in VARIABLES}


def without_one(panel: Panel) -> pd.DataFrame:
    """How far two slopes move when one province is left out.

    Returns
    -------
    Columns variable, slope ("sigma": trend of the standard deviation of logs; "absolute": absolute beta), estimate, low, high (over the
    samples without one province), province (the one whose absence moves the slope most) and without (the slope without it).
    """
    rows = []
    for variable in VARIABLES:
        everyone = [str(province) for province in grid(panel, variable).index]
        for slope, of in _slopes(panel, variable).items():
            estimate = of(everyone)
            without = {left_out: of([province for province in everyone if province != left_out]) for left_out in everyone}
            most = max(without, key=lambda province: abs(without[province] - estimate))
            span = {"estimate": estimate, "low": min(without.values()), "high": max(without.values())}
            rows.append({"variable": variable, "slope": slope, **span, "province": most, "without": without[most]})
    return marked(pd.DataFrame(rows))


def _slopes(panel: Panel, variable: str) -> dict[str, Callable[[list[str]], float]]:
    """The trend of the dispersion and the absolute beta as functions of the provinces that are kept."""
    wide, years = grid(panel, variable), complete_years(panel, variable)
    sample = panel.between(years[0], years[-1])

    def trend(kept: list[str]) -> float:
        return sigma_convergence(wide.loc[kept]).trend_sd_log.estimate

    def absolute(kept: list[str]) -> float:
        return beta_convergence(sample.keep(sample.frame[sample.entity].isin(kept)), variable).beta.estimate

    return {"sigma": trend, "absolute": absolute}


def over_time(sigma: dict[str, SigmaConvergence]) -> FigureExhibit:
    """The standard deviation of logs over the years, one line per variable."""
    return trend_lines(
        marked(pd.concat([found.table.assign(variable=variable) for variable, found in sigma.items()], ignore_index=True)),
        "year",
        "sd_log",
        "variable",
        y_label=Text("Standard deviation of logs", "对数标准差"),
        title=Text("Dispersion between provinces", "省际离散程度"),
        notes=period_note({variable: list(found.table["year"]) for variable, found in sigma.items()}, sigma[VARIABLES[0]].entities),
    )


def trends(sigma: dict[str, SigmaConvergence]) -> TableExhibit:
    """One row per variable and measure: years, first and last dispersion, slope per year with standard error and p-value."""
    return frame_table(
        _trends(sigma),
        {
            "variable": glossary.VARIABLE,
            "measure": Text("Dispersion", "离散程度"),
            "years": Text("Years", "年数"),
            "start": glossary.FIRST_YEAR,
            "end": glossary.LAST_YEAR,
            "slope": Text("Slope per year", "年均斜率"),
            "std_error": glossary.STD_ERROR,
            "p_value": Head(glossary.P, "p_value"),
        },
        names={"sd_log": Text("standard deviation of logs", "对数标准差"), "cv": Text("coefficient of variation", "变异系数")},
        digits={"start": 2, "end": 2, "slope": 4, "std_error": 4},
        title=Text("Has the dispersion fallen?", "离散程度是否下降"),
        notes=[_trend_note(sigma), tech_note()],
    )


def _trends(sigma: dict[str, SigmaConvergence]) -> pd.DataFrame:
    rows = []
    for variable, found in sigma.items():
        for measure, trend in (("sd_log", found.trend_sd_log), ("cv", found.trend_cv)):
            column = found.table[measure]
            rows.append(
                {
                    "variable": variable,
                    "measure": measure,
                    "years": len(column),
                    "start": float(column.iloc[0]),
                    "end": float(column.iloc[-1]),
                    "slope": trend.estimate,
                    "std_error": trend.std_error,
                    "p_value": trend.p_value,
                }
            )
    return marked(pd.DataFrame(rows))


def _trend_note(sigma: dict[str, SigmaConvergence]) -> Text:
    """Standard errors of the trend, and that few years make it weak."""
    years = [len(found.table) for found in sigma.values()]
    lags = [str(lag) for lag in sorted({found.lags for found in sigma.values()})]
    return Text(
        f"Newey–West standard errors with {' or '.join(lags)} lags, t with T − 2 degrees of freedom. With {min(years)} to {max(years)} "
        "years the test has little power and its standard error is too small on average. Each province counts the same.",
        f"Newey–West标准误（滞后{'或'.join(lags)}期），自由度为T−2的t分布。仅有{min(years)}至{max(years)}年，检验功效低，标准误平均偏小。"
        "各省权重相同。",
    )


def influence(without_one: pd.DataFrame) -> TableExhibit:
    """The trend of the dispersion and the absolute beta when one province is left out."""
    return frame_table(
        without_one,
        {
            "variable": glossary.VARIABLE,
            "slope": Text("Slope", "斜率"),
            "estimate": Text("All provinces", "全部省份"),
            "low": Text("Lowest without one", "剔除一省：最低"),
            "high": Text("Highest without one", "剔除一省：最高"),
            "province": Text("Moved most by", "影响最大的省份"),
            "without": Text("Without it", "剔除后"),
        },
        names={"sigma": Text("trend of dispersion", "离散程度趋势"), "absolute": Text("absolute beta", "绝对β")},
        digits=4,
        title=Text("What hangs on a single province", "结论对单个省份的依赖"),
    )


def sigma_finding(sigma: dict[str, SigmaConvergence], without_one: pd.DataFrame) -> Statement:
    """For which variables the dispersion falls, and what the steepest fall is without one province."""
    table = _trends(sigma)
    own = table[table["measure"] == "sd_log"].set_index("variable")
    falling = own.index[(own["slope"] < 0) & (own["p_value"] < LEVEL)]
    most = str((own["end"] - own["start"]).abs().idxmax())
    of_most = (without_one["slope"] == "sigma") & (without_one["variable"] == most)
    alone: dict[Hashable, Any] = without_one[of_most].to_dict("records")[0]
    return statement(
        "convergence_sigma",
        Text(
            "The standard deviation of logs has a trend below zero at the {level:.0%} level for {falling}, and not for {other}. "
            "{name} moves most, from {start:.2f} to {end:.2f}; but without {province} alone its trend is {without:.3f} a year instead of "
            "{estimate:.3f}. The shortest series has {years} years.",
            "对数标准差在{level:.0%}水平上呈下降趋势的有：{falling}；不显著的有：{other}。变化最大的是{name}，由{start:.2f}降至{end:.2f}；"
            "但仅剔除{province}，其年均趋势即由{estimate:.3f}变为{without:.3f}。最短序列为{years}年。",
        ),
        level=LEVEL,
        falling=names_of(falling),
        other=names_of(variable for variable in VARIABLES if variable not in falling),
        name=name_of(most),
        start=float(own["start"][most]),
        end=float(own["end"][most]),
        province=named([alone["province"]]),
        without=alone["without"],
        estimate=alone["estimate"],
        years=int(own["years"].min()),
    )
