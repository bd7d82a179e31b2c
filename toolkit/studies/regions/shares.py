"""The claim of two thirds: the share of the three centres for every indicator, year and territorial reading."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from toolkit.audit.basket import READINGS, RESOURCES, complete_years, share_basket
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.registry import registry
from toolkit.studies.regions.words import LARGEST_THREE

__all__ = [
    "CLAIM",
    "READINGS",
    "READING_NAMES",
    "RESOURCES",
    "basket",
    "basket_wide",
    "by_largest",
    "claimed_share",
    "complete_years",
    "delta_needed",
    "distance_table",
    "distances",
    "latest",
]
Row = dict[Hashable, Any]  # one row of a frame, by column
CLAIM = "chen2025_resources_two_thirds"
READING_NAMES = {**{name: text for name, (text, _) in READINGS.items()}, "largest_three": LARGEST_THREE}


def basket(panel: Panel) -> pd.DataFrame:
    """Share of the three centres in the national total: every indicator, complete year and territorial reading.

    Returns
    -------
    Columns indicator, year, reading, share (%). A year enters when all 31 provinces report, so that the denominator is the nation.
    """
    return share_basket(panel, RESOURCES, {name: members for name, (_, members) in READINGS.items()}, largest=3).shares


def by_largest(basket: pd.DataFrame) -> pd.DataFrame:
    """The basket with the indicators ordered by the share of the three provinces, largest first."""
    order = basket[basket["reading"] == "three_provinces"].sort_values("share", ascending=False)["indicator"]
    rank = {name: place for place, name in enumerate(order)}
    return basket.sort_values("indicator", key=lambda names: names.map(rank), kind="stable").reset_index(drop=True)


def basket_wide(basket: pd.DataFrame) -> pd.DataFrame:
    """One row per indicator, one column per reading, and how far the three provinces are from the claim (points)."""
    wide = by_largest(basket).pivot(index=["indicator", "year"], columns="reading", values="share").reset_index()
    wide["gap"] = wide["three_provinces"] - claimed_share()
    return marked(wide.sort_values("three_provinces", ascending=False).reset_index(drop=True))


def claimed_share() -> float:
    """The claimed share in per cent, from the registry."""
    return 100 * registry().claims[CLAIM].number


def latest(by_year: pd.DataFrame) -> pd.DataFrame:
    """The rows of the latest year of each indicator."""
    last = by_year.groupby("indicator")["year"].transform("max")
    return by_year[by_year["year"] == last].reset_index(drop=True)


def distances(by_year: pd.DataFrame, claim: float) -> pd.DataFrame:
    """The basket with ``gap``, the share less the claim in percentage points, and ``reached``."""
    return by_year.assign(gap=by_year["share"] - claim, reached=by_year["share"] >= claim)


def distance_table(gaps: pd.DataFrame) -> pd.DataFrame:
    """One row per reading: how many shares there are and reach the claim, the closest one, and the median distance (points)."""
    rows = []
    for reading, own in gaps.groupby("reading", sort=False):
        closest: Row = own.loc[[own["gap"].abs().idxmin()]].to_dict("records")[0]
        rows.append(
            {
                "reading": reading,
                "cases": len(own),
                "reached": int(own["reached"].sum()),
                **{key: closest[key] for key in ("indicator", "year", "share", "gap")},
                "median_gap": float(own["gap"].abs().median()),
            }
        )
    return marked(pd.DataFrame(rows))


def delta_needed(by_year: pd.DataFrame, claim: float) -> pd.DataFrame:
    r"""What share the Pearl River Delta would need, :math:`x = c - s_{Beijing} - s_{Shanghai}`, beside that of the province it is part of.

    Returns
    -------
    Columns indicator, year, two_cities, needed, guangdong (% of the nation), times (needed / guangdong) and possible: the delta cannot hold
    more than all of Guangdong.
    """
    wide = by_year.pivot(index=["indicator", "year"], columns="reading", values="share").reset_index()
    needed, guangdong = claim - wide["two_cities"], wide["three_provinces"] - wide["two_cities"]
    return marked(
        pd.DataFrame(
            {
                "indicator": wide["indicator"],
                "year": wide["year"],
                "two_cities": wide["two_cities"],
                "needed": needed,
                "guangdong": guangdong,
                "times": needed / guangdong,
                "possible": np.asarray(needed <= guangdong, dtype=bool),
            }
        )
    )
