"""Which system leads and which is the weakest link; what stands in the way; how closely the systems move together."""

from __future__ import annotations

import numpy as np
import pandas as pd

from toolkit.measure import CompositeIndex, grey_relation_panel, lag_types, relative_development

_ORDER = ("East", "Central", "West", "Northeast")
BAND = 0.8  # the usual limit: below it the weakest system lags


def last_year(index: CompositeIndex) -> pd.DataFrame:
    """The rows of the last year: :meth:`CompositeIndex.to_frame` without the grade."""
    frame = index.to_frame().drop(columns="grade")
    found: pd.DataFrame = frame[frame[index.time] == frame[index.time].max()].reset_index(drop=True)
    return found


def balance(index: CompositeIndex) -> pd.DataFrame:
    """One row per province-year: province, year, leader, weakest (names), weak, ratio, lagging (verdict), lag (positions)."""
    found = relative_development(index.scores.to_numpy(), BAND)
    names = [index.layout.names[system] for system in index.layout.systems]
    verdicts = lag_types(names)
    columns = {
        "leader": [names[place] for place in found.leader],
        "weakest": [names[place] for place in found.weakest],
        "weak": found.weakest,
        "ratio": found.ratio,
        "lagging": [verdicts[int(place)] for place in found.lagging],
        "lag": found.lagging,
    }
    return pd.concat([index.keys, pd.DataFrame(columns, index=index.keys.index)], axis=1)


def link_table(index: CompositeIndex) -> pd.DataFrame:
    """The last year, largest D first: province, score of each system, weakest, ratio, lagging, d."""
    table = last_year(index).merge(balance(index), on=[index.entity, index.time], validate="1:1")
    return table.sort_values("d", ascending=False, ignore_index=True)


def link_counts(index: CompositeIndex) -> pd.DataFrame:
    """One row per system: mean score, and how many provinces it leads, is weakest in, and lags in, in the last year."""
    table = link_table(index)
    systems = index.layout.systems
    leader = table[systems].to_numpy().argmax(axis=1)
    rows = []
    for place, system in enumerate(systems):
        counts = {"leads": leader == place, "weakest": table["weak"] == place, "lags": table["lag"] == place}
        mean = float(table[system].mean())
        rows.append({"system": index.layout.names[system], "mean": mean, **{name: int(np.sum(where)) for name, where in counts.items()}})
    return pd.DataFrame(rows)


def radar_rows(index: CompositeIndex, provinces: tuple[str, ...]) -> pd.DataFrame:
    """Scores of some provinces in the last year, long: province, system, score."""
    rows = last_year(index).set_index(index.entity).loc[list(provinces), index.layout.systems]
    return rows.rename_axis("province").reset_index().melt("province", var_name="system", value_name="score")


def grey_degrees(index: CompositeIndex) -> pd.Series:
    """Grey relational degree of the second system with the first over the years, by province."""
    first, second = index.layout.systems
    return grey_relation_panel(index.to_frame(), first, [second], entity=index.entity)[second]


def lead_table(index: CompositeIndex) -> pd.DataFrame:
    """Two systems in the last year, largest D first: province, both scores, second over first, verdict, grey relational degree, d."""
    first, second = index.layout.systems
    table = link_table(index)
    table["ratio"] = table[second] / table[first]
    return table.assign(grey=table[index.entity].map(grey_degrees(index)))


def obstacle_table(index: CompositeIndex, region: pd.Series) -> pd.DataFrame:
    """Mean obstacle degree (%) of each indicator (rows) in the regions (columns), last year; columns sum to 100."""
    here = (index.keys[index.time] == index.keys[index.time].max()).to_numpy()
    degrees = index.obstacles().degrees[here]
    homes = index.keys.loc[here, index.entity].map(region)
    found: pd.DataFrame = degrees.groupby(homes.to_numpy()).mean().T
    return found.loc[found.mean(axis=1).sort_values(ascending=False).index, [name for name in _ORDER if name in found.columns]]
