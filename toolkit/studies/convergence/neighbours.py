"""Do the neighbours matter? Moran's I of the levels, and transitions apart by the class of the neighbours, both on shuffled maps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.data import load_frame
from toolkit.language import Head, Text
from toolkit.measure import (
    MapPermutation,
    SpatialIndex,
    SpatialMarkov,
    moran,
    neighbour_mean,
    permute_map,
    spatial_markov,
    states_by_quantiles,
)
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.present.exhibit import TableExhibit
from toolkit.present.record import Statement, statement
from toolkit.present.tables.frame import frame_table
from toolkit.studies.convergence.series import LEVEL, NAMES, SEED, long_enough, names_of, relative
from toolkit.transform import Weights, contiguity_weights

_CLASSES = 3  # nine rows of transitions for the own class and the one of the neighbours are already thin


@dataclass(frozen=True, eq=False)
class NeighbourTransitions:
    """One series.

    Attributes
    ----------
    markov : transitions by the class of the neighbours, with the chi-squared tests.
    shuffled : the same likelihood ratio with provinces permuted over the map.
    first, last : Moran's I of the levels in the first and the last year.
    rise_low, rise_high : provinces that rise within a year among low and among high neighbours, in per cent of those that can.
    """

    markov: SpatialMarkov
    shuffled: MapPermutation
    first: SpatialIndex
    last: SpatialIndex
    rise_low: float
    rise_high: float


def borders() -> Weights:
    """Common borders of the table ``contiguity``, row-standardised; Hainan is joined to Guangdong."""
    return contiguity_weights(load_frame("contiguity"), load_frame("provinces"), hainan="joined").row_standardised()


def spatial(panel: Panel) -> dict[str, NeighbourTransitions]:
    """The transitions of each long series by the class of the neighbours: pooled quantiles of the relative value, yearly steps."""
    weights, found = borders(), {}
    for variable in long_enough(panel):
        values = relative(panel, variable)
        own, around = (states_by_quantiles(frame, _CLASSES) for frame in (values, neighbour_mean(values, weights)))
        markov = spatial_markov(own, around)
        low, high = (_rise(markov.counts[place]) for place in (0, -1))
        shuffled = permute_map(values, weights, _CLASSES, rng=np.random.default_rng(SEED))
        first, last = (moran(values[year], weights, rng=np.random.default_rng(SEED)) for year in values.columns[[0, -1]])
        found[variable] = NeighbourTransitions(markov=markov, shuffled=shuffled, first=first, last=last, rise_low=low, rise_high=high)
    return found


def _rise(counts: np.ndarray) -> float:
    """Share of the transitions out of all classes but the highest that go up, in per cent."""
    below = counts[:-1]
    return float(100 * np.triu(counts, 1)[:-1].sum() / below.sum())


def table(spatial: dict[str, NeighbourTransitions]) -> TableExhibit:
    """One row per series: the likelihood ratio that the neighbours do not matter, both p-values, and who rises near whom."""
    rows = [
        {
            "variable": variable,
            "first": found.first.value,
            "last": found.last.value,
            "last_p": found.last.p_value,
            "lr": found.markov.test.lr,
            "df": found.markov.test.df,
            "chi2_p": found.markov.test.lr_p,
            "map_p": found.shuffled.p_value,
            "rise_low": found.rise_low,
            "rise_high": found.rise_high,
        }
        for variable, found in spatial.items()
    ]
    draws = len(next(iter(spatial.values())).shuffled.draws)
    return frame_table(
        marked(pd.DataFrame(rows)),
        {
            "variable": glossary.VARIABLE,
            "first": Text("Moran's I, first year", "首年Moran指数"),
            "last": Text("Moran's I, last year", "末年Moran指数"),
            "last_p": Head(Text("p, last year", "末年p值"), "p_value"),
            "lr": Text("Likelihood ratio", "似然比"),
            "df": Text("df", "自由度"),
            "chi2_p": Head(Text("p of χ²", "χ²的p值"), "p_value"),
            "map_p": Head(Text("p of the shuffled map", "地图置换p值"), "p_value"),
            "rise_low": Text("Rise near low (%)", "邻省低时上升（%）"),
            "rise_high": Text("Rise near high (%)", "邻省高时上升（%）"),
        },
        names=NAMES,
        digits={"first": 2, "last": 2, "lr": 1, "rise_low": 1, "rise_high": 1},
        title=Text("Do the neighbours matter?", "邻省是否有影响"),
        notes=[
            Text(
                "Moran's I of the levels: one-sided p on the shuffled map. Likelihood ratio: the transitions do not depend on the class "
                "of the neighbours. Neighbours: common land borders, row-standardised, "
                f"Guangdong and Hainan joined by convention. {_CLASSES} classes each for the own value and for the mean of the "
                "neighbours, by "
                f"quantiles of all years together. Shuffled map: {draws} permutations of the provinces, with their whole paths, over the "
                "places; it stands where expected counts are small and the χ² distribution does not.",
                "Moran指数按水平值计算，p值由地图置换得到（单侧）。似然比的原假设：转移概率与邻省类别无关。邻省：陆地接壤，行标准化，按惯例将海南与广东视为相邻。本省数值与邻省均值各按全部年份分位数分"
                f"{_CLASSES}类。地图置换：将各省（连同其全部年份）在地图上随机置换{draws}次；期望频数过小、χ²分布不可靠时仍然有效。",
            )
        ],
    )


def finding(spatial: dict[str, NeighbourTransitions]) -> Statement:
    """For which series the neighbours matter by either p-value, and the smallest expected count."""
    by_map = [v for v, found in spatial.items() if found.shuffled.p_value < LEVEL]
    by_chi2 = [v for v, found in spatial.items() if found.markov.test.lr_p < LEVEL]
    return statement(
        "convergence_neighbours",
        Text(
            "Moran's I of the levels in the last year is larger than on shuffled maps, at the {level:.0%} level, for {alike}. "
            "That the neighbours do not matter for a province's moves is rejected there for {by_map}; "
            "the χ² distribution, with expected counts down to {smallest:.1f}, would reject it for {by_chi2}.",
            "水平值呈空间集聚（末年Moran指数在{level:.0%}水平上高于置换地图）的有：{alike}。地图置换检验在同一水平上拒绝“邻省无影响”的有：{by_map}；按χ²分布（最小期望频数低至{smallest:.1f}）拒绝的则有：{by_chi2}。",
        ),
        level=LEVEL,
        alike=names_of(v for v, found in spatial.items() if found.last.p_value < LEVEL),
        by_map=names_of(by_map),
        by_chi2=names_of(by_chi2),
        smallest=min(found.markov.test.smallest_expected for found in spatial.values()),
    )
