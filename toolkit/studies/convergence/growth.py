r"""Do provinces that started low grow faster? Growth over all years on the level of the first.

.. math:: \tfrac{1}{s} \ln (y_{i,T} / y_{i,0}) = a + \beta \ln y_{i,0} + c' x_{i,0} + u_i

with speed :math:`\lambda = -\ln(1 + \beta s)/s` and half-life :math:`\ln 2 / \lambda`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.audit.basket import complete_years
from toolkit.language import Head, Text
from toolkit.measure import BetaConvergence, beta_convergence
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.side_by_side import scatter_panels
from toolkit.present.record import Statement, statement
from toolkit.present.tables.frame import frame_table
from toolkit.studies.convergence.series import LEVEL, NAMES, SHOWN, VARIABLES, break_marks, grid, name_of, names_of, period_note, tech_note

_REGIONS = {"central": "Central", "west": "West", "northeast": "Northeast"}  # East is the base
_CONTROLS = ("ln_gdp_per_capita", *_REGIONS)


def beta(panel: Panel) -> dict[tuple[str, str], BetaConvergence]:
    """The two growth equations of each series over all its years, by series and kind.

    ``absolute`` and ``conditional`` relate the average growth to the first year, without and with region and ln GDP per head. Equations
    with province effects are left out: in panels as short as these their speed is mostly bias, and they describe the return of a province
    to its own path.
    """
    found = {}
    for variable in VARIABLES:
        sample = _with_controls(panel, variable)
        found[variable, "absolute"] = beta_convergence(sample, variable)
        found[variable, "conditional"] = beta_convergence(sample, variable, controls=_CONTROLS)
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


def scatter(panel: Panel) -> FigureExhibit:
    """Growth of each province on the log of its initial level, a panel for each of the series that figures show."""
    rows = pd.concat([points(panel, variable).assign(variable=variable) for variable in SHOWN], ignore_index=True)
    rows["log_initial"] = np.log(rows["initial"])
    by_panel = rows.set_index("province").groupby("variable")["growth"]
    ends = {*by_panel.idxmax(), *by_panel.idxmin()}
    return scatter_panels(
        marked(rows),
        "log_initial",
        "growth",
        "variable",
        label="province",
        select=sorted(ends),
        names=NAMES,
        x_label=Text("Log of the first year", "首年水平（对数）"),
        y_label=Text("Growth (% a year, logs)", "年均增长（%，对数）"),
        title=Text("Growth on the initial level", "增长与初始水平"),
        notes=[
            Text(
                "A falling line: provinces that started low grew faster. Named: provinces that are the fastest or the slowest in one of "
                "the panels.",
                "直线向下：初始水平低的省份增长更快。图中标注在任一分图中增长最快或最慢的省份。",
            ),
            period_note({v: complete_years(panel, v) for v in SHOWN}, panel.frame[panel.entity].nunique()),
        ],
    )


def equations(panel: Panel, beta: dict[tuple[str, str], BetaConvergence]) -> TableExhibit:
    """One row per equation: slope, standard error, p-value, speed (% a year), half-life (years), observations.

    The half-life is missing where the interval of the speed reaches zero: it has no upper bound there.
    """
    marks = break_marks({v: complete_years(panel, v) for v in VARIABLES})
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
            **NAMES,
            "absolute": Text("whole period, absolute", "全期，绝对收敛"),
            "conditional": Text("whole period, region and GDP per head", "全期，控制区域与人均GDP"),
        },
        digits={"beta": 4, "std_error": 4, "speed": 1, "half_life": 1},
        title=Text("Do provinces that started low grow faster?", "初始水平低的省份是否增长更快"),
        notes=[_note(), tech_note(), *marks],
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


def _note() -> Text:
    """Standard errors, controls, and missing half-lives."""
    return Text(
        "β: coefficient of the initial ln y, growth in logs per year; HC1. Controls in the first year: region (base East) and ln GDP per "
        "head. Errors in the initial level bias β towards convergence. No half-life: the interval of the speed reaches zero.",
        "β为初始ln y的系数，增长率为年均对数差；HC1标准误。控制变量取首年：区域（以东部为基准）与人均GDP对数。初始水平的测量误差使β偏向收"
        "敛。半衰期空缺：收敛速度的区间触及零。",
    )


def finding(beta: dict[tuple[str, str], BetaConvergence]) -> Statement:
    """For which series low provinces grew faster, and the half-lives that can be estimated."""
    table = _equations(beta)
    closing = table[(table["beta"] < 0) & (table["p_value"] < LEVEL)]
    absolute, conditional = (list(closing.loc[closing["kind"] == kind, "variable"]) for kind in ("absolute", "conditional"))
    lives = table[table["kind"] == "absolute"].set_index("variable")["half_life"]
    return statement(
        "convergence_beta",
        Text(
            "Provinces that started low grew faster at the {level:.0%} level for {absolute}; with the same region and GDP per head "
            "{conditional}. {lives}. It cannot be estimated, because the speed may be zero, for {none}.",
            "初始水平低的省份增长更快且在{level:.0%}水平上显著的有：{absolute}；控制区域与人均GDP后，{conditional}。{lives}。"
            "半衰期不可估（收敛速度不显著异于零）的有：{none}。",
        ),
        level=LEVEL,
        absolute=names_of(absolute),
        conditional=_beside(conditional, absolute),
        lives=_lives(lives.dropna()),
        none=names_of(str(v) for v in lives.index[lives.isna()]),
    )


def _beside(conditional: list[str], absolute: list[str]) -> Text:
    """The list of the conditional equation, or that it is the same."""
    if conditional == absolute:
        return Text("for the same", "结果相同")
    return Text(f"for {names_of(conditional).en}", f"为{names_of(conditional).zh}")


def _lives(lives: pd.Series) -> Text:
    """The shortest and the longest half-life in words."""
    if lives.empty:
        return Text("No half-life of a gap is bounded", "没有可估的差距半衰期")
    low, high = str(lives.idxmin()), str(lives.idxmax())
    return Text(
        f"The half-life of a gap runs from {lives[low]:.0f} years ({name_of(low).en}) to {lives[high]:.0f} ({name_of(high).en})",
        f"差距的半衰期介于{lives[low]:.0f}年（{name_of(low).zh}）与{lives[high]:.0f}年（{name_of(high).zh}）之间",
    )
