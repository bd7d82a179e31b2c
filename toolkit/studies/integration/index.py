"""The index of the two innovations: weights side by side, D by province and year, groups of provinces, grades and their transitions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, get_args

import numpy as np
import pandas as pd

from toolkit.language import Text
from toolkit.measure import GRADES, Chain, CompositeIndex, composite_index, decompose_gini, grade, markov_chain, states_at_cuts
from toolkit.measure.composite.coupling import Form
from toolkit.measure.composite.weights import Weighting
from toolkit.panel import Panel
from toolkit.registry.systems import load_scheme

TWO, CHAINS, PARTS, HIGHTECH = "two_innovations", "four_chains", "integration_2025", "integration_2025_hightech"
SCHEMES: Final = (TWO, CHAINS, PARTS)
WEIGHTINGS: Final[tuple[Weighting, ...]] = get_args(Weighting)
REST: Final = "rest"
GROUPS: Final = {
    "beijing_tianjin_hebei": ("Beijing", "Tianjin", "Hebei"),
    "yangtze_delta": ("Shanghai", "Jiangsu", "Zhejiang", "Anhui"),
    "bay_area": ("Guangdong",),
}
LOWEST_GRADE, HIGHEST_GRADE = 2, 6  # positions in GRADES; what lies outside has too few province-years to be left and entered
DAGUM_PARTS: Final = ("within", "between", "transvariation")


@dataclass(frozen=True, eq=False)
class GradeChain:
    """Transitions of D between grades.

    Attributes
    ----------
    chain : yearly steps; the first class holds all lower grades too, the last all higher ones.
    names : class -> its text.
    """

    chain: Chain
    names: dict[str, Text]


def index_of(panel: Panel, scheme: str, weights: Weighting = "entropy", form: Form = "standard") -> CompositeIndex:
    """The index of a registered scheme: gaps of one year are bridged, rows that still miss an indicator are left out, both in the notes."""
    found = load_scheme(scheme)
    inside = panel if found.years is None else panel.between(*found.years)
    return composite_index(inside, found, weights=weights, form=form, interpolate=1, missing="drop_rows")


def weight_schemes(by_method: dict[Weighting, CompositeIndex]) -> pd.DataFrame:
    """One row per indicator: system, indicator (texts), formula, and its weight inside its system (%) by each method."""
    base = next(iter(by_method.values()))
    names = base.layout.names
    table = base.weight_table()
    shares: dict[str, pd.Series] = {method: 100 * index.weight_table()["within_system"] for method, index in by_method.items()}
    texts = {"system": [names[s] for s in table["system"]], "indicator": [names[i] for i in table["indicator"]]}
    return pd.DataFrame({**texts, **shares})


def formulas(scheme: str) -> pd.DataFrame:
    """One row per indicator of a scheme: system, indicator, unit (texts) and its expression over columns of the provincial panel."""
    rows = [
        {"system": system.name, "indicator": indicator.name, "unit": indicator.unit, "formula": indicator.expression.text}
        for system in load_scheme(scheme).systems
        for indicator in system.indicators
    ]
    return pd.DataFrame(rows)


def operationalisation(scheme: str) -> pd.DataFrame:
    """One row per system: its name and how it is made measurable here, as texts."""
    return pd.DataFrame([{"part": system.name, "definition": system.definition} for system in load_scheme(scheme).systems])


def balanced(index: CompositeIndex, name: str = "d") -> pd.DataFrame:
    """(provinces, years) of a column of the index, only provinces with a value in every year, so that means compare over time."""
    return index.wide(name).dropna()


def group_of(province: str) -> str:
    """The regional group of a province, :data:`REST` outside the three.

    Examples
    --------
    >>> group_of("Anhui"), group_of("Sichuan")
    ('yangtze_delta', 'rest')
    """
    return next((name for name, members in GROUPS.items() if province in members), REST)


def group_means(index: CompositeIndex) -> pd.DataFrame:
    """Unweighted mean of D over the provinces of each group, by year: columns group, year, provinces, d, low, high (extremes)."""
    long = balanced(index).rename_axis(columns="year").reset_index().melt("province", var_name="year", value_name="d")
    found = long.assign(group=long["province"].map(group_of)).groupby(["group", "year"])["d"].agg(["size", "mean", "min", "max"])
    table = found.rename(columns={"size": "provinces", "mean": "d", "min": "low", "max": "high"}).reset_index()
    order = {name: place for place, name in enumerate([*GROUPS, REST])}
    table = table.assign(year=table["year"].astype(int), place=table["group"].map(order))
    return table.sort_values(["place", "year"], ignore_index=True).drop(columns="place")


def group_table(means: pd.DataFrame) -> pd.DataFrame:
    """One row per group: provinces, D in the first and last year, its rise, the gap to the rest in both, and the spread inside."""
    first, last = (means[means["year"] == year].set_index("group") for year in (means["year"].min(), means["year"].max()))
    table = pd.DataFrame(
        {
            "provinces": last["provinces"],
            "start": first["d"],
            "end": last["d"],
            "rise": last["d"] - first["d"],
            "gap_start": first["d"] - first.loc[REST, "d"],
            "gap_end": last["d"] - last.loc[REST, "d"],
            "spread": last["high"] - last["low"],
        }
    )
    return table.loc[[*GROUPS, REST]].reset_index()


def grade_counts(index: CompositeIndex) -> pd.DataFrame:
    """One row per grade that occurs, best first: its text, and the provinces in it in the first, the middle and the last year."""
    wide = balanced(index)
    years = sorted({wide.columns[0], wide.columns[len(wide.columns) // 2], wide.columns[-1]})
    counts = {f"in_{place}": np.bincount(grade(wide[year]), minlength=len(GRADES)) for place, year in enumerate(years)}
    table = pd.DataFrame({"grade": list(GRADES), **counts})
    return table[table.drop(columns="grade").sum(axis=1) > 0].iloc[::-1].reset_index(drop=True)


def grade_chain(index: CompositeIndex) -> GradeChain:
    """Yearly transitions of D between grades, the lowest and the highest grades taken together."""
    kept = range(LOWEST_GRADE, HIGHEST_GRADE + 1)
    keys = [str(place) for place in kept]
    cuts = [(place + 1) / len(GRADES) for place in kept][:-1]
    names = {key: GRADES[place] for key, place in zip(keys, kept, strict=True)}
    low, high = names[keys[0]], names[keys[-1]]
    names[keys[0]] = Text(f"{low.en} or worse", f"{low.zh}及以下")
    names[keys[-1]] = Text(f"{high.en} or better", f"{high.zh}及以上")
    return GradeChain(markov_chain(states_at_cuts(index.wide("d"), cuts, keys)), names)


def dagum_by_year(index: CompositeIndex, region: pd.Series) -> pd.DataFrame:
    """Gini of D between provinces and its parts by the four regions: columns year, gini, within, between, transvariation.

    Parameters
    ----------
    region : (provinces,) region of each, by name.
    """
    wide = balanced(index)
    rows = []
    for year in wide.columns:
        found = decompose_gini(wide[year], region[wide.index])
        rows.append({"year": int(year), "gini": found.total, **{part: getattr(found, part) for part in DAGUM_PARTS}})
    return pd.DataFrame(rows)
