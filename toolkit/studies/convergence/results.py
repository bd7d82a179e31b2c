"""Notebook 06: everything it shows, computed once, and the numbers of its sentences."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from toolkit.data.provinces import short_chinese
from toolkit.language import Text
from toolkit.measure import BetaConvergence, ClubConvergence, SigmaConvergence
from toolkit.panel import Panel
from toolkit.registry import registry
from toolkit.studies.convergence.chains import ChainResults, Refused, chain_table, chains, log_densities, neighbours, number_of_classes
from toolkit.studies.convergence.clubs import club_stability, clubs, rank_correlation, ranks
from toolkit.studies.convergence.growth import VARIABLES, beta, beta_table, growth_points, influence, levels, sigma, sigma_table
from toolkit.studies.convergence.words import NONE, TITLES

LEVEL = 0.05
RD, PATENTS, TECH = VARIABLES
Values = dict[str, float | int | str | Text]
Row = dict[Hashable, Any]
_WHOLE = ("absolute", "conditional")  # the equations over the whole period


@dataclass(frozen=True, eq=False)
class ConvergenceResults:
    """Everything that notebook 06 shows, by variable (:data:`VARIABLES`).

    Attributes
    ----------
    sigma : dispersion and its trend.
    beta : by variable and kind of equation, see :func:`beta`.
    points : province, region4, initial, growth.
    influence : slopes without one province.
    clubs : convergence clubs.
    stability : the clubs without the first or the last year.
    ranks : first and last rank of each province.
    levels : province, year, value, for the charts of ranks.
    densities : variable, year, x, density, bandwidth, units: log relative values of all three.
    classes, refused : classes of the chains, and larger numbers that were refused.
    chains : transitions, long run, tests, neighbours.
    """

    sigma: dict[str, SigmaConvergence]
    beta: dict[tuple[str, str], BetaConvergence]
    points: dict[str, pd.DataFrame]
    influence: pd.DataFrame
    clubs: dict[str, ClubConvergence]
    stability: pd.DataFrame
    ranks: pd.DataFrame
    levels: dict[str, pd.DataFrame]
    densities: pd.DataFrame
    classes: int
    refused: tuple[Refused, ...]
    chains: dict[str, ChainResults]


def run(panel: Panel) -> ConvergenceResults:
    """Convergence and dynamics of the three variables on the provincial panel.

    Parameters
    ----------
    panel : the table ``provincial_panel``; common borders are read from the table ``contiguity``.
    """
    found = clubs(panel)
    classes, refused = number_of_classes(panel)
    return ConvergenceResults(
        sigma=sigma(panel),
        beta=beta(panel),
        points={variable: growth_points(panel, variable) for variable in VARIABLES},
        influence=influence(panel),
        clubs=found,
        stability=club_stability(panel, found),
        ranks=ranks(panel),
        levels={variable: levels(panel, variable) for variable in VARIABLES},
        densities=pd.concat([log_densities(panel, variable) for variable in VARIABLES], ignore_index=True),
        classes=classes,
        refused=refused,
        chains=chains(panel, classes, neighbours()),
    )


def name_of(variable: str) -> Text:
    """The short name of a variable in the registry."""
    entry = registry().variables[variable]
    return entry.short


def titled(key: str, variable: str) -> Text:
    """A title of :data:`TITLES` for one of the variables."""
    name, title = name_of(variable), TITLES[key]
    return Text(f"{name.en}: {title.en}", f"{name.zh}：{title.zh}")


def initial_label(variable: str) -> Text:
    """The axis of the initial level, with its unit."""
    entry = registry().variables[variable]
    return Text(f"{entry.short.en}, first year ({entry.unit.en})", f"首年{entry.short.zh}（{entry.unit.zh}）")


def _names() -> dict[str, Text]:
    return {"rd": name_of(RD), "patents": name_of(PATENTS), "tech": name_of(TECH)}


def _listed(variables: list[str]) -> Text:
    """Names of variables in words."""
    names = [name_of(variable) for variable in variables]
    return Text(", ".join(n.en for n in names), "、".join(n.zh for n in names)) if names else NONE


def _province(name: str) -> Text:
    return Text(name, short_chinese(name))


def _records(frame: pd.DataFrame) -> list[Row]:
    return frame.to_dict("records")


def sigma_values(results: ConvergenceResults) -> Values:
    """What :data:`FINDING_SIGMA` is filled with."""
    rows = [row for row in _records(sigma_table(results.sigma)) if row["measure"] == "sd_log"]
    falling = [row["variable"] for row in rows if row["slope"] < 0 and row["p_value"] < LEVEL]
    most = max(rows, key=lambda row: abs(row["end"] - row["start"]))
    alone = next(r for r in _records(results.influence) if (r["variable"], r["slope"]) == (most["variable"], "sigma"))
    return {
        "level": LEVEL,
        "falling": _listed(falling),
        "other": _listed([variable for variable in VARIABLES if variable not in falling]),
        "name": name_of(most["variable"]),
        "start": most["start"],
        "end": most["end"],
        "province": _province(alone["province"]),
        "without": alone["without"],
        "estimate": alone["estimate"],
        "years": min(row["years"] for row in rows),
    }


def beta_values(results: ConvergenceResults) -> Values:
    """What :data:`FINDING_BETA` is filled with."""
    rows = {(row["variable"], row["kind"]): row for row in _records(beta_table(results.beta))}
    close = {kind: [v for v in VARIABLES if rows[v, kind]["beta"] < 0 and rows[v, kind]["p_value"] < LEVEL] for kind in _WHOLE}
    own = [rows[variable, "own_level"]["speed"] for variable in VARIABLES]
    return {
        **_names(),
        "level": LEVEL,
        **{kind: _listed(found) for kind, found in close.items()},
        "half_rd": _half_life(rows[RD, "absolute"]),
        "half_patents": _half_life(rows[PATENTS, "absolute"]),
        "half_tech": _half_life(rows[TECH, "absolute"]),
        "own_low": min(own),
        "own_high": max(own),
    }


def _half_life(row: Row) -> Text:
    """In words: the years, or why there is none."""
    if row["half_life"] == row["half_life"]:
        return Text(f"{row['half_life']:.0f} years", f"{row['half_life']:.0f}年")
    low, high = (f"{row[end]:.1f}%".replace("-", "−") for end in ("speed_low", "speed_high"))
    return Text(f"unbounded (speed between {low} and {high} a year)", f"无上界（收敛速度为每年{low}至{high}）")


def club_values(results: ConvergenceResults) -> Values:
    """What :data:`FINDING_CLUBS` is filled with."""
    alike = results.stability[["alike_first", "alike_last"]].to_numpy()
    counts: Values = {}
    for key, variable in (("rd", RD), ("patent", PATENTS), ("tech", TECH)):
        counts[f"{key}_clubs"] = len(results.clubs[variable].clubs)
        counts[f"{key}_outside"] = len(results.clubs[variable].divergent)
    return {
        **_names(),
        **counts,
        "rejected": sum(not found.whole.converges for found in results.clubs.values()),
        "n": len(VARIABLES),
        "alike_low": float(alike.min()),
        "alike_high": float(alike.max()),
    }


def move_values(results: ConvergenceResults) -> Values:
    """What :data:`FINDING_MOVES` is filled with."""
    ordered = {v: _records(own.sort_values(["up", "province"], ascending=[False, True])) for v, own in results.ranks.groupby("variable")}
    rd, tech = ordered[RD], ordered[TECH]
    return {
        **_names(),
        "rho_rd": rank_correlation(results.ranks, RD),
        "rho_patents": rank_correlation(results.ranks, PATENTS),
        "rho_tech": rank_correlation(results.ranks, TECH),
        "riser": _province(rd[0]["province"]),
        "gained": rd[0]["up"],
        "faller": _province(rd[-1]["province"]),
        "lost": -rd[-1]["up"],
        "tech_faller": _province(tech[-1]["province"]),
        "tech_lost": -tech[-1]["up"],
    }


def chain_values(results: ConvergenceResults) -> Values:
    """What :data:`FINDING_CHAINS` is filled with."""
    rows = {row["variable"]: row for row in _records(chain_table(results.chains))}
    numbers: Values = {}
    for key, variable in (("rd", RD), ("patent", PATENTS), ("tech", TECH)):
        numbers[f"{key}_stay"], numbers[f"{key}_up"] = rows[variable]["stay"], rows[variable]["up"]
    return {
        **_names(),
        **numbers,
        "level": LEVEL,
        "spatial": _listed([v for v in VARIABLES if results.chains[v].spatial.test.lr_p < LEVEL]),
        "smallest": max(found.spatial.test.smallest_expected for found in results.chains.values()),
        "order": _listed([v for v in VARIABLES if rows[v]["order_p"] < LEVEL]),
    }
