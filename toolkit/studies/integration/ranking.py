"""How sure the ranking is: rank intervals, other weights and forms, what moves it, and the guards against misuse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from toolkit.measure import (
    CompositeIndex,
    Guard,
    RankingSensitivity,
    RankingUncertainty,
    overlap_guard,
    ranking_sensitivity,
    ranking_uncertainty,
    topsis,
)
from toolkit.measure.composite.matrix import Normalisation
from toolkit.measure.composite.weights import Weighting

NORMALISATIONS: Final[tuple[Normalisation, ...]] = ("min-max", "z-score", "rank")
SEED, DRAWS = 20251107, 10_000


@dataclass(frozen=True, eq=False)
class Ranking:
    """What is known about the order of the provinces.

    Attributes
    ----------
    draws : ranks under random weights, indicators and normalisations.
    league : the last year, best first: province, rank, rank_median, rank_low, rank_high, top_share, d, wang (D with the corrected C),
        wang_rank.
    schemes : province and its rank under each weighting, TOPSIS and the corrected form; least and most.
    sensitivity : shares of variance of each choice.
    guards : what to beware of, the overlap of neighbours last.
    """

    draws: RankingUncertainty
    league: pd.DataFrame
    schemes: pd.DataFrame
    sensitivity: RankingSensitivity
    guards: tuple[Guard, ...]


def ranking(by_method: dict[Weighting, CompositeIndex], wang: CompositeIndex) -> Ranking:
    """Rank intervals of the first index, and its ranks beside those of the others.

    Parameters
    ----------
    by_method : the same scheme under several weightings, the one of the study first.
    wang : that index with the corrected C.
    """
    index = next(iter(by_method.values()))
    matrices = index.alternatives(*NORMALISATIONS[1:])
    entity, time = index.keys[index.entity], index.keys[index.time]
    draws = ranking_uncertainty(
        matrices,
        index.weights,
        index.system_labels,
        entity,
        time,
        rng=np.random.default_rng(SEED),
        draws=DRAWS,
        alpha=index.importance,
    )
    sensitivity = ranking_sensitivity(
        dict(zip(NORMALISATIONS, matrices, strict=True)),
        {method: other.weights for method, other in by_method.items()},
        index.system_labels,
        entity,
        time,
        indicators=list(index.weights.index),
        alpha=index.importance,
    )
    return Ranking(draws, _league(draws, wang), _schemes(by_method, wang), sensitivity, (*index.guards(), overlap_guard(draws)))


def _ranks(d: pd.Series) -> pd.Series:
    return d.rank(ascending=False, method="min").astype(int)


def _league(draws: RankingUncertainty, wang: CompositeIndex) -> pd.DataFrame:
    frame = draws.frame().rename(columns={"entity": "province", "time": "year"})
    last = frame[frame["year"] == frame["year"].max()].copy()
    corrected = wang.wide("d")[last["year"].iloc[0]]
    last["wang"] = last["province"].map(corrected)
    last["wang_rank"] = _ranks(last["wang"])
    ordered: pd.DataFrame = last.sort_values(["rank", "province"], ignore_index=True)
    return ordered


def _schemes(by_method: dict[Weighting, CompositeIndex], wang: CompositeIndex) -> pd.DataFrame:
    index = next(iter(by_method.values()))
    last = index.keys[index.time].max()
    ranks: dict[str, pd.Series] = {method: _ranks(other.wide("d")[last].dropna()) for method, other in by_method.items()}
    table = pd.DataFrame({**ranks, "topsis": _ranks(closeness(index)), "wang": _ranks(wang.wide("d")[last].dropna())})
    table = table.assign(least=table.min(axis=1), most=table.max(axis=1))
    return table.sort_values(next(iter(ranks))).rename_axis("province").reset_index()


def closeness(index: CompositeIndex) -> pd.Series:
    """TOPSIS closeness by province in the last year, with the weights of the index."""
    here = (index.keys[index.time] == index.keys[index.time].max()).to_numpy()
    found = topsis(index.normalised, index.weights).closeness
    return pd.Series(np.asarray(found)[here], index=pd.Index(index.keys.loc[here, index.entity], name="province"))


def sensitivity_table(found: RankingSensitivity) -> pd.DataFrame:
    """One row per choice: factor, how many levels, and its share of the variance (%) of D, of the ranks and of the whole ranking."""
    parts = {"d": found.d.frame(), "rank": found.rank.frame(), "shift": found.shift.frame()}
    table = pd.DataFrame({"factor": parts["d"]["factor"]})
    table["levels"] = [len(found.levels[factor]) for factor in table["factor"]]
    for name, part in parts.items():
        table[f"{name}_first"], table[f"{name}_total"] = 100 * part["first"], 100 * part["total"]
    return table


def guard_table(by_scheme: dict[str, tuple[Guard, ...]]) -> pd.DataFrame:
    """One row per scheme and guard: scheme, check, measured, limit, raised."""
    rows = [
        {"scheme": scheme, "check": guard.name, "measured": guard.measured, "limit": guard.limit, "raised": guard.raised}
        for scheme, guards in by_scheme.items()
        for guard in guards
    ]
    return pd.DataFrame(rows)
