"""How much do the indices hang on the list of provinces? Intervals over draws of provinces, of levels and of changes.

The provinces are the population, so that the index has no sampling error; provinces are drawn with replacement within their regions to see
how much it would differ if other provinces like these made up the country.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.audit.basket import complete_years
from toolkit.data.provinces import named
from toolkit.language import Text
from toolkit.measure import DecompositionIntervals, decomposition_intervals
from toolkit.panel import Panel
from toolkit.present.exhibit import TableExhibit
from toolkit.present.record import Statement, statement
from toolkit.present.tables.frame import frame_table
from toolkit.studies.regions.centres import listed
from toolkit.studies.regions.inequality import MAIN, PER_HEAD, per_head

SEED, _DRAWS = 20250101, 499
_INDICES = {
    "gini": glossary.GINI,
    "gini_within": Text("Gini: within regions", "基尼：区域内"),
    "gini_between": Text("Gini: net between regions", "基尼：区域间净差距"),
    "gini_transvariation": Text("Gini: overlap", "基尼：超变密度"),
    "theil": glossary.THEIL_T,
    "theil_within": Text("Theil: within regions", "泰尔：区域内"),
    "theil_between": Text("Theil: between regions", "泰尔：区域间"),
}


@dataclass(frozen=True, eq=False)
class DecompositionDraws:
    """Draws of provinces, the same ones in both years of a variable, so that the draws pair up.

    Attributes
    ----------
    found : (variable, first or last complete year) -> Gini and Theil T per head with all their parts, each with its draws.
    provinces : how many there are.
    """

    found: dict[tuple[str, int], DecompositionIntervals]
    provinces: int


def draws(panel: Panel, seed: int = SEED) -> DecompositionDraws:
    """Gini and Theil T per head with all their parts, by variable, first and last complete year, over draws of provinces "
    "within their regions."""
    rng, found = np.random.default_rng(seed), {}
    for variable in PER_HEAD:
        own = int(rng.integers(2**32))
        years = complete_years(panel, variable)
        for year in (years[0], years[-1]):
            same = np.random.default_rng(own)
            found[variable, year] = decomposition_intervals(*per_head(panel, variable, year), rng=same, draws=_DRAWS)
    return DecompositionDraws(found, panel.frame[panel.entity].nunique())


def _note(drawn: DecompositionDraws) -> Text:
    """What the intervals mean when the provinces are the population."""
    n = drawn.provinces
    return Text(
        f"Intervals: 2.5% and 97.5% quantiles of {_DRAWS} draws of provinces within their regions. The {n} provinces are the whole "
        "population, so the index itself has no sampling error: the interval says how much it depends on which provinces are in the list, "
        f"not how well it is known. With {n} skewed values it tends to be too narrow and to lie too low.",
        f"区间为在各区域内对省份重复抽样{_DRAWS}次的2.5%与97.5%分位数。{n}个省份即为总体，指数本身没有抽样误差：区间反映指数对省份构成的依赖程度，"
        f"而非其精确程度。{n}个偏态数值的区间往往偏窄、偏低。",
    )


def _changes(drawn: DecompositionDraws) -> pd.DataFrame:
    """Change of each index and part from the first to the last complete year, with the interval of the paired draws (95%).

    The same provinces are drawn in both years: two intervals that overlap say nothing about a change, since what moves one year moves
    the other.
    """
    rows = []
    for variable in PER_HEAD:
        years = [year for name, year in drawn.found if name == variable]
        first, last = min(years), max(years)
        for index in _INDICES:
            before, after = (getattr(drawn.found[variable, year], index) for year in (first, last))
            ends = {"first": str(first), "last": str(last), "start": before.estimate, "end": after.estimate}
            low, high = np.quantile(after.draws - before.draws, [(1 - after.level) / 2, (1 + after.level) / 2])
            change = after.estimate - before.estimate
            rows.append({"variable": variable, "index": index, **ends, "change": change, "low": float(low), "high": float(high)})
    return pd.DataFrame(rows)


def changes(drawn: DecompositionDraws) -> TableExhibit:
    """Change of Gini and Theil T of every quantity, first to last complete year, with its interval; for R&D expenditure of "
    "all parts too."""
    rows = _changes(drawn)
    shown = rows[rows["index"].isin(["gini", "theil"]) | (rows["variable"] == MAIN)].reset_index(drop=True)
    return frame_table(
        shown,
        {
            "variable": Text("Per head", "人均"),
            "index": Text("Index", "指数"),
            "first": glossary.FIRST_YEAR,
            "last": glossary.LAST_YEAR,
            "start": Text("Index, first", "首年指数"),
            "end": Text("Index, last", "末年指数"),
            "change": Text("Change", "变化"),
            "low": glossary.LOW,
            "high": glossary.HIGH,
        },
        names={**PER_HEAD, **_INDICES},
        title=Text("Has inequality between provinces changed?", "省际差距是否变化"),
        notes=[_note(drawn)],
    )


def inequality_finding(drawn: DecompositionDraws, indices: pd.DataFrame, contributions: pd.DataFrame) -> Statement:
    """How the Gini of R&D per head changed, which parts clearly did, and what the last one consists of.

    Parameters
    ----------
    drawn : of :func:`draws`.
    indices, contributions : of the functions of that name in :mod:`toolkit.studies.regions.inequality`.
    """
    moves = _changes(drawn)
    moves = moves[moves["variable"] == MAIN].set_index("index")
    moved: dict[Hashable, Any] = moves.loc["gini"].to_dict()
    parts = moves.drop(["gini", "theil"])
    clear = parts.index[(parts["low"] > 0) | (parts["high"] < 0)]
    last: dict[Hashable, Any] = indices[indices["variable"] == MAIN].nlargest(1, "year").to_dict("records")[0]
    own = contributions[contributions["year"] == last["year"]].sort_values("gini_share", ascending=False)
    return statement(
        "regions_inequality",
        Text(
            "The Gini of R&D per head went from {start:.3f} ({first}) to {end:.3f} ({last}); the change of {change:+.3f} has an interval "
            "of {low:+.3f} to {high:+.3f} over draws of provinces, which {verdict} zero; of the parts of the Gini and of Theil's T, "
            "{clear}. In {last}, {between:.0f}% of it is net inequality between regions, {within:.0f}% inequality inside them and "
            "{overlap:.0f}% overlap. {top} alone makes {top_share:.0f}% of the Gini, the four largest contributors {four_share:.0f}%.",
            "人均R&D经费的基尼系数由{first}年的{start:.3f}变为{last}年的{end:.3f}；变化为{change:+.3f}，对省份重复抽样的区间为{low:+.3f}至{high:+.3f}，"
            "该区间{verdict}零；基尼系数与泰尔指数的分解项中，{clear}。{last}年，{between:.0f}%来自区域间净差距，{within:.0f}%来自区域内差距，{overlap:.0f}%为超变密度。"
            "{top}一地占基尼系数的{top_share:.0f}%，贡献最大的四个省份合计占{four_share:.0f}%。",
        ),
        **{key: moved[key] for key in ("first", "last", "start", "end", "change", "low", "high")},
        clear=_clear([_INDICES[index] for index in clear]),
        verdict=Text("includes", "包含") if moved["low"] <= 0 <= moved["high"] else Text("excludes", "不包含"),
        within=100 * last["gini_within"] / last["gini"],
        between=100 * last["gini_between"] / last["gini"],
        overlap=100 * last["gini_transvariation"] / last["gini"],
        top=named([str(own["province"].iloc[0])]),
        top_share=float(own["gini_share"].iloc[0]),
        four_share=float(own["gini_share"].iloc[:4].sum()),
    )


def _clear(parts: list[Text]) -> Text:
    """Which parts have changed beyond their interval, in words."""
    if not parts:
        return Text("none changed by more than its interval", "变化区间均包含零")
    return Text(f"only these changed by more than their interval: {listed(parts).en}", f"变化区间不含零的是{listed(parts).zh}")
