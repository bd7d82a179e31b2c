"""Which system leads, which is the weakest link, and how closely do the two innovations move together?

A system lags when its score is below ``_BAND`` times the highest; the grey relational degree compares two scores over the years.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.data.provinces import named
from toolkit.language import Text
from toolkit.measure import CompositeIndex, grey_relation_panel, lag_types, relative_development
from toolkit.present import frame_table
from toolkit.present.exhibit import TableExhibit
from toolkit.present.record import Statement, statement
from toolkit.studies.integration.index import D, Indices, last_year, span

_BAND: Final = 0.8  # the usual limit: below it the weakest system lags
_TEN: Final = 10


def standings(index: CompositeIndex) -> pd.DataFrame:
    """The last year, largest D first: province, year, scores, c, t, d and how the systems stand to each other.

    Columns leader, weakest (names), weak (position), ratio (weakest over strongest), lagging (verdict), lag (position, -1 for none).
    """
    found = relative_development(index.scores.to_numpy(), _BAND)
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
    balance = pd.concat([index.keys, pd.DataFrame(columns, index=index.keys.index)], axis=1)
    table = last_year(index).merge(balance, on=[index.entity, index.time], validate="1:1")
    return table.sort_values("d", ascending=False, ignore_index=True)


def tally(index: CompositeIndex) -> pd.DataFrame:
    """One row per system: mean score, and how many provinces it leads, is weakest in, and lags in, in the last year."""
    table, systems = standings(index), index.layout.systems
    leader = table[systems].to_numpy().argmax(axis=1)
    rows = []
    for place, system in enumerate(systems):
        counts = {"leads": leader == place, "weakest": table["weak"] == place, "lags": table["lag"] == place}
        mean = float(table[system].mean())
        rows.append({"system": index.layout.names[system], "mean": mean, **{name: int(np.sum(where)) for name, where in counts.items()}})
    return pd.DataFrame(rows)


def lagging(indices: Indices) -> Text:
    """What counts as lagging."""
    last = span(indices.two)[1]
    return Text(
        f"{last}. A system lags when its score is below {_BAND:g} of the other's. Both scores are relative to the best and worst "
        "province-year of each indicator, so that a lead is a lead among these indicators. Grey relational degree: over all years, ρ = "
        "0.5.",
        f"{last}年。某系统得分低于另一系统的{_BAND:g}倍即为滞后。得分均相对于各指标的最好与最差省份—年份，因此“领先”仅就这些指标而言。"
        "灰色关联度取全部年份，ρ=0.5。",
    )


def _grey_degrees(index: CompositeIndex) -> pd.Series:
    """Grey relational degree of the second system with the first over the years, by province."""
    first, second = index.layout.systems
    return grey_relation_panel(index.to_frame(), first, [second], entity=index.entity)[second]


def leads(indices: Indices) -> TableExhibit:
    """Two systems in the last year, largest D first: both scores, second over first, verdict, grey relational degree, D."""
    index = indices.two
    first, second = index.layout.systems
    table = standings(index)
    return frame_table(
        table.assign(ratio=table[second] / table[first], grey=table[index.entity].map(_grey_degrees(index))),
        {
            "province": glossary.PROVINCE,
            "science": Text("S&T innovation", "科技创新"),
            "industry": Text("Industrial innovation", "产业创新"),
            "ratio": Text("Second over first", "后者/前者"),
            "lagging": Text("Relative development", "相对发展"),
            "grey": Text("Grey relational degree", "灰色关联度"),
            "d": D,
        },
        digits=2,
        notes=[lagging(indices)],
        title=Text("Who leads", "谁领先"),
    )


def finding(indices: Indices) -> Statement:
    """In how many provinces each of the two innovations lags, also at both ends of D."""
    index = indices.two
    lags, grey = standings(index)["lag"], _grey_degrees(index)
    counts = {
        f"{name}{system}": int((part == place).sum())
        for name, part in (("", lags), ("top_", lags.head(_TEN)), ("low_", lags.tail(_TEN)))
        for place, system in enumerate(index.layout.systems)
    }
    return statement(
        "integration_leads",
        Text(
            "In {last} S&T innovation lags in {science} provinces, industrial innovation in {industry}, and {step} are in step. Of the "
            "ten provinces with the highest D, S&T lags in {top_science} and industry in {top_industry}; of the ten with the lowest, in "
            "{low_science} and {low_industry}. The two systems follow each other most closely in {close} (grey relational degree "
            "{close_degree:.2f}) and least in {far} ({far_degree:.2f}).",
            "{last}年，科技创新滞后的省份有{science}个，产业创新滞后的有{industry}个，同步发展的有{step}个。D最高的十个省份中，"
            "科技滞后{top_science}个、产业滞后{top_industry}个；最低的十个省份中，分别为{low_science}个与{low_industry}个。"
            "两系统得分最接近的是{close}（灰色关联度{close_degree:.2f}），最疏离的是{far}（{far_degree:.2f}）。",
        ),
        **counts,
        last=span(index)[1],
        step=int((lags == -1).sum()),
        close=named([str(grey.idxmax())]),
        close_degree=float(grey.max()),
        far=named([str(grey.idxmin())]),
        far_degree=float(grey.min()),
    )
