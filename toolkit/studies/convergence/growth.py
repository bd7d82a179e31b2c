r"""Do provinces that started low grow faster? Growth on the initial level, over the whole period and from year to year.

.. math:: \tfrac{1}{s} \ln (y_{i,T} / y_{i,0}) = a + \beta \ln y_{i,0} + c' x_{i,0} + u_i

with speed :math:`\lambda = -\ln(1 + \beta s)/s` and half-life :math:`\ln 2 / \lambda`.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.audit.basket import complete_years
from toolkit.language import Head, Text
from toolkit.measure import BetaConvergence, beta_convergence, beta_convergence_panel
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.scatter import scatter_with_fit
from toolkit.present.record import Statement, statement
from toolkit.present.tables.frame import frame_table
from toolkit.registry import registry
from toolkit.studies.convergence.series import LEVEL, VARIABLES, grid, names_of, short_names, tech_note, titled

_REGIONS = {"central": "Central", "west": "West", "northeast": "Northeast"}  # East is the base
_CONTROLS = ("ln_gdp_per_capita", *_REGIONS)


def beta(panel: Panel) -> dict[tuple[str, str], BetaConvergence]:
    """The four growth equations of each variable, by variable and kind.

    ``absolute`` and ``conditional`` relate the average growth over all years to the first year, without and with region and ln GDP per
    head; ``yearly`` and ``own_level`` relate the growth of each year to the year before, with year effects, and with province effects as
    well.
    """
    found = {}
    for variable in VARIABLES:
        sample = _with_controls(panel, variable)
        found[variable, "absolute"] = beta_convergence(sample, variable)
        found[variable, "conditional"] = beta_convergence(sample, variable, controls=_CONTROLS)
        found[variable, "yearly"] = beta_convergence_panel(sample, variable, effects="time")
        found[variable, "own_level"] = beta_convergence_panel(sample, variable, effects="entity + time")
    return found


def _with_controls(panel: Panel, variable: str) -> Panel:
    """The years in which all provinces report, with the controls of the conditional equation."""
    years = complete_years(panel, variable)
    sample = panel.between(years[0], years[-1])
    dummies = {name: (sample.frame["region4"] == region).astype(float) for name, region in _REGIONS.items()}
    return sample.assign(ln_gdp_per_capita=np.log(sample.frame["gdp_per_capita"]), **dummies)


def points(panel: Panel, variable: str) -> pd.DataFrame:
    """Province, region4, initial (the first year) and growth (% a year, logs) from the first to the last complete year."""
    wide = grid(panel, variable)
    first, last = int(wide.columns[0]), int(wide.columns[-1])
    region = panel.frame.drop_duplicates(panel.entity).set_index(panel.entity)["region4"]
    growth = 100 * np.log(wide[last] / wide[first]) / (last - first)
    found = pd.DataFrame({"region4": region[wide.index], "initial": wide[first], "growth": growth})
    return found.rename_axis("province").reset_index()


def scatter(panel: Panel, variable: str) -> FigureExhibit:
    """Growth of each province on its initial level, with the fitted line."""
    entry = registry().variables[variable]
    return scatter_with_fit(
        points(panel, variable),
        "initial",
        "growth",
        label="province",
        group="region4",
        log="x",
        x_label=Text(f"{entry.short.en}, first year ({entry.unit.en})", f"首年{entry.short.zh}（{entry.unit.zh}）"),
        y_label=Text("Growth (% a year, logs)", "年均增长（%，对数）"),
        title=titled(variable, Text("growth on the initial level", "增长与初始水平")),
    )


def equations(beta: dict[tuple[str, str], BetaConvergence]) -> TableExhibit:
    """One row per equation: slope, standard error, p-value, speed (% a year), half-life (years), observations.

    The half-life is missing where the interval of the speed reaches zero: it has no upper bound there.
    """
    return frame_table(
        _equations(beta),
        {
            "variable": glossary.VARIABLE,
            "kind": Text("Equation", "方程"),
            "beta": Text("β", "β"),
            "std_error": glossary.STD_ERROR,
            "p_value": Head(glossary.P, "p_value"),
            "speed": Text("Speed (% a year)", "收敛速度（%/年）"),
            "half_life": Text("Half-life (years)", "半衰期（年）"),
            "observations": glossary.N,
        },
        names={
            "absolute": Text("whole period, absolute", "全期，绝对收敛"),
            "conditional": Text("whole period, region and GDP per head", "全期，控制区域与人均GDP"),
            "yearly": Text("yearly, year effects", "逐年，年份固定效应"),
            "own_level": Text("yearly, province and year effects", "逐年，双向固定效应"),
        },
        digits={"beta": 4, "std_error": 4, "speed": 1, "half_life": 1},
        title=Text("Growth on the initial level", "增长与初始水平"),
        notes=[_note(beta), tech_note()],
    )


def _equations(beta: dict[tuple[str, str], BetaConvergence]) -> pd.DataFrame:
    rows = []
    for (variable, kind), found in beta.items():
        speed = found.speed
        bounded = speed is not None and found.half_life is not None and speed.low > 0
        rows.append(
            {
                "variable": variable,
                "kind": kind,
                "beta": found.beta.estimate,
                "std_error": found.beta.std_error,
                "p_value": found.beta.p_value,
                "speed": 100 * speed.estimate if speed else np.nan,
                "speed_low": 100 * speed.low if speed else np.nan,
                "speed_high": 100 * speed.high if speed else np.nan,
                "half_life": found.half_life.estimate if bounded and found.half_life else np.nan,
                "observations": found.observations,
            }
        )
    return marked(pd.DataFrame(rows))


def _note(beta: dict[tuple[str, str], BetaConvergence]) -> Text:
    """Standard errors, controls, the bias of short panels, and missing half-lives."""
    pairs = sorted({round(one.observations / one.entities) for one in beta.values() if one.observations > one.entities})
    return Text(
        "β: coefficient of the initial ln y, growth in logs per year. Whole period: HC1; controls in the first year: region (base "
        "East) and ln GDP per head. Yearly: clustered by province. With province effects and "
        f"{pairs[0]} to {pairs[-1]} pairs of years β is biased towards faster convergence by an order of 1/T (Nickell). "
        "Errors in the initial level also bias β towards convergence. No half-life: the interval of the speed reaches zero.",
        "β为初始ln y的系数，增长率为年均对数差。全期：HC1标准误；控制变量取首年：区域（以东部为基准）与人均GDP对数。逐年：按省份聚类。"
        f"含省份固定效应且仅{pairs[0]}至{pairs[-1]}对年份时，β向更快收敛方向偏误，量级为1/T（Nickell偏误）。"
        "初始水平的测量误差同样使β偏向收敛。半衰期空缺：收敛速度的区间触及零。",
    )


def beta_finding(beta: dict[tuple[str, str], BetaConvergence]) -> Statement:
    """For which variables low provinces grew faster, the half-lives, and the speeds of the equation with province effects."""
    table = _equations(beta)
    rows: dict[tuple[str, str], dict[Hashable, Any]] = {(row["variable"], row["kind"]): row for row in table.to_dict("records")}
    closing = table[(table["beta"] < 0) & (table["p_value"] < LEVEL)]
    own = table.loc[table["kind"] == "own_level", "speed"]
    half_lives = {f"half_{key}": _half_life(rows[v, "absolute"]) for key, v in zip(("rd", "patents", "tech"), VARIABLES, strict=True)}
    return statement(
        "convergence_beta",
        Text(
            "Over the whole period provinces that started low grew faster at the {level:.0%} level for {absolute}; with region and GDP per "
            "head held fixed for {conditional}. The half-life of a gap is, for {rd}, {half_rd}; for {patents}, {half_patents}; for {tech}, "
            "{half_tech}. With province effects the yearly equation gives speeds of {own_low:.0f}% to {own_high:.0f}% a year: in so few "
            "years it is biased upwards, and it describes the return to each province's own path, not the closing of gaps.",
            "全期来看，初始水平低的省份增长更快且在{level:.0%}水平上显著的有：{absolute}；控制区域与人均GDP后为：{conditional}。差距的半衰期："
            "{rd}为{half_rd}，{patents}为{half_patents}，{tech}为{half_tech}。加入省份固定效应后，逐年方程的速度升至每年{own_low:.0f}%至"
            "{own_high:.0f}%：年数很少时该方程高估收敛速度，反映的是各省回到自身路径，而非省际差距的缩小。",
        ),
        **short_names(),
        **half_lives,
        level=LEVEL,
        absolute=names_of(closing.loc[closing["kind"] == "absolute", "variable"]),
        conditional=names_of(closing.loc[closing["kind"] == "conditional", "variable"]),
        own_low=float(own.min()),
        own_high=float(own.max()),
    )


def _half_life(row: dict[Hashable, Any]) -> Text:
    """In words: the years, or why there is none."""
    if row["half_life"] == row["half_life"]:
        return Text(f"{row['half_life']:.0f} years", f"{row['half_life']:.0f}年")
    low, high = (f"{row[end]:.1f}%".replace("-", "−") for end in ("speed_low", "speed_high"))
    return Text(f"unbounded (speed between {low} and {high} a year)", f"无上界（收敛速度为每年{low}至{high}）")
