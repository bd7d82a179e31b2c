"""Do provinces come together? Dispersion over time, growth on the initial level, and what hangs on a single province."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from toolkit.audit.basket import complete_years
from toolkit.measure import (
    BetaConvergence,
    SigmaConvergence,
    beta_convergence,
    beta_convergence_panel,
    sigma_convergence,
)
from toolkit.origin import marked
from toolkit.panel import Panel

VARIABLES = ("rd_intensity", "patents_per_10k", "tech_market_to_gdp")
REGION_DUMMIES = {"central": "Central", "west": "West", "northeast": "Northeast"}  # East is the base
CONTROLS = ("ln_gdp_per_capita", *REGION_DUMMIES)


def grid(panel: Panel, variable: str) -> pd.DataFrame:
    """Provinces by years, only years in which all provinces report."""
    years = complete_years(panel, variable)
    rows = panel.frame[panel.frame[panel.time].isin(years)]
    wide: pd.DataFrame = rows.pivot(index=panel.entity, columns=panel.time, values=variable)
    return wide


def levels(panel: Panel, variable: str) -> pd.DataFrame:
    """Province, year, value in the years in which all provinces report."""
    long = grid(panel, variable).rename_axis(index="province").reset_index().melt("province", var_name="year", value_name="value")
    return long.assign(year=long["year"].astype(int))


def complete(panel: Panel, variable: str) -> Panel:
    """The years in which all provinces report, with the controls of the conditional equation."""
    years = complete_years(panel, variable)
    sample = panel.between(years[0], years[-1])
    dummies = {name: (sample.frame["region4"] == region).astype(float) for name, region in REGION_DUMMIES.items()}
    return sample.assign(ln_gdp_per_capita=np.log(sample.frame["gdp_per_capita"]), **dummies)


def sigma(panel: Panel) -> dict[str, SigmaConvergence]:
    """Dispersion by year and its trend, for each variable."""
    return {variable: sigma_convergence(grid(panel, variable)) for variable in VARIABLES}


def sigma_by_year(found: dict[str, SigmaConvergence]) -> pd.DataFrame:
    """Columns variable, year, mean, sd_log, cv."""
    return marked(pd.concat([result.table.assign(variable=variable) for variable, result in found.items()], ignore_index=True))


def sigma_table(found: dict[str, SigmaConvergence]) -> pd.DataFrame:
    """One row per variable and measure: years, first and last dispersion, slope per year with standard error and p-value."""
    rows = []
    for variable, result in found.items():
        years = result.table["year"]
        for measure, trend in (("sd_log", result.trend_sd_log), ("cv", result.trend_cv)):
            column = result.table[measure]
            rows.append(
                {
                    "variable": variable,
                    "measure": measure,
                    "years": len(years),
                    "start": float(column.iloc[0]),
                    "end": float(column.iloc[-1]),
                    "slope": trend.estimate,
                    "std_error": trend.std_error,
                    "p_value": trend.p_value,
                }
            )
    return marked(pd.DataFrame(rows))


def beta(panel: Panel) -> dict[tuple[str, str], BetaConvergence]:
    """The four growth equations of each variable.

    ``absolute`` and ``conditional`` relate the average growth over all years to the first year, without and with :data:`CONTROLS`;
    ``yearly`` and ``own_level`` relate the growth of each year to the year before, with year effects, and with province effects as well.
    """
    found = {}
    for variable in VARIABLES:
        sample = complete(panel, variable)
        found[variable, "absolute"] = beta_convergence(sample, variable)
        found[variable, "conditional"] = beta_convergence(sample, variable, controls=CONTROLS)
        found[variable, "yearly"] = beta_convergence_panel(sample, variable, effects="time")
        found[variable, "own_level"] = beta_convergence_panel(sample, variable, effects="entity + time")
    return found


def beta_table(found: dict[tuple[str, str], BetaConvergence]) -> pd.DataFrame:
    """One row per equation: slope, standard error, p-value, speed (% a year) with interval, half-life (years), observations.

    The half-life is missing where the interval of the speed reaches zero: it has no upper bound there.
    """
    rows = []
    for (variable, kind), result in found.items():
        speed = result.speed
        bounded = speed is not None and result.half_life is not None and speed.low > 0
        rows.append(
            {
                "variable": variable,
                "kind": kind,
                "beta": result.beta.estimate,
                "std_error": result.beta.std_error,
                "p_value": result.beta.p_value,
                "speed": 100 * speed.estimate if speed else np.nan,
                "speed_low": 100 * speed.low if speed else np.nan,
                "speed_high": 100 * speed.high if speed else np.nan,
                "half_life": result.half_life.estimate if bounded and result.half_life else np.nan,
                "observations": result.observations,
            }
        )
    return marked(pd.DataFrame(rows))


def growth_points(panel: Panel, variable: str) -> pd.DataFrame:
    """Province, region4, initial (the first year) and growth (% a year, logs) from the first to the last complete year."""
    wide = grid(panel, variable)
    first, last = int(wide.columns[0]), int(wide.columns[-1])
    region = panel.frame.drop_duplicates(panel.entity).set_index(panel.entity)["region4"]
    growth = 100 * np.log(wide[last] / wide[first]) / (last - first)
    points = pd.DataFrame({"region4": region[wide.index], "initial": wide[first], "growth": growth})
    return points.rename_axis("province").reset_index()


def influence(panel: Panel) -> pd.DataFrame:
    """How far two slopes move when one province is left out.

    Returns
    -------
    Columns variable, slope ("sigma": trend of the standard deviation of logs; "absolute": absolute beta), estimate, low, high (over the
    samples without one province), province (the one whose absence moves the slope most) and without (the slope without it).
    """
    rows = []
    for variable in VARIABLES:
        wide, sample = grid(panel, variable), complete(panel, variable)
        slopes: dict[str, Callable[[list[str]], float]] = {
            "sigma": lambda kept, wide=wide: sigma_convergence(wide.loc[kept]).trend_sd_log.estimate,  # type: ignore[misc]
            "absolute": lambda kept, sample=sample, name=variable: (
                beta_convergence(  # type: ignore[misc]
                    sample.keep(sample.frame[sample.entity].isin(kept)), name
                ).beta.estimate
            ),
        }
        everyone = [str(province) for province in wide.index]
        for slope, of in slopes.items():
            estimate = of(everyone)
            without = {left_out: of([province for province in everyone if province != left_out]) for left_out in everyone}
            most = max(without, key=lambda province: abs(without[province] - estimate))
            span = {"estimate": estimate, "low": min(without.values()), "high": max(without.values())}
            rows.append({"variable": variable, "slope": slope, **span, "province": most, "without": without[most]})
    return marked(pd.DataFrame(rows))
