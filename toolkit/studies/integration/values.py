"""The numbers of the sentences of notebook 07."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from toolkit.data.provinces import short_chinese
from toolkit.language import Text
from toolkit.measure import CompositeIndex, level_guard
from toolkit.studies.integration.chains import grey_degrees, last_year, link_counts, link_table, obstacle_table
from toolkit.studies.integration.explain import INCOME, TERM_NAMES, explained_table
from toolkit.studies.integration.findings import NONE
from toolkit.studies.integration.index import DAGUM_PARTS, PARTS, REST, TWO, balanced, group_table
from toolkit.studies.integration.ranking import DRAWS, sensitivity_table
from toolkit.studies.integration.results import IntegrationResults
from toolkit.studies.integration.words import FACTOR_NAMES, REGION_NAMES

Row = dict[Hashable, Any]
Values = dict[str, float | int | str | Text]
HALF = 0.5  # the border between grades of imbalance and of coordination
TEN = 10
LEVEL = 0.05
BAY = "Guangdong"


def _records(frame: pd.DataFrame) -> list[Row]:
    return frame.to_dict("records")


def _by(frame: pd.DataFrame, key: str) -> dict[str, Row]:
    """Rows of a frame by the value of one column."""
    return {str(row[key]): row for row in _records(frame)}


def _most(frame: pd.DataFrame, column: str) -> Row:
    """The first row with the largest value of a column."""
    return max(_records(frame), key=lambda row: row[column])


def _province(name: str) -> Text:
    return Text(name, short_chinese(name))


def _lower(text: Text) -> Text:
    """Inside an English sentence, without the capital of an ordinary word."""
    return Text(text.en[:1].lower() + text.en[1:], text.zh) if text.en[1:2].islower() else text


def _listed(names: Sequence[Text]) -> Text:
    return Text(", ".join(name.en for name in names), "、".join(name.zh for name in names)) if names else NONE


def _years(index: CompositeIndex) -> tuple[int, int]:
    years = index.keys[index.time]
    return int(years.min()), int(years.max())


def _order(index: CompositeIndex) -> float:
    """Spearman correlation of D and T."""
    return level_guard(index.d, index.t).measured


def _lags(index: CompositeIndex) -> pd.Series:
    """Position of the system that lags, -1 for none, by province in the last year, the highest D first."""
    return link_table(index).set_index(index.entity)["lag"]


def level_values(results: IntegrationResults) -> Values:
    """What :data:`FINDING_LEVEL` is filled with; means over the provinces that have every year."""
    wide, now = balanced(results.two), last_year(results.two).set_index("province")["d"]
    first, last = _years(results.two)
    return {
        "n": len(wide),
        "start": float(wide[first].mean()),
        "end": float(wide[last].mean()),
        "first": first,
        "last": last,
        "low": float(now.min()),
        "lowest": _province(str(now.idxmin())),
        "high": float(now.max()),
        "highest": _province(str(now.idxmax())),
        "coordinated": int((now > HALF).sum()),
        "half": HALF,
        "order": _order(results.two),
        "wang": _order(results.wang[TWO]),
    }


def ranking_values(results: IntegrationResults) -> Values:
    """What :data:`FINDING_RANKING` is filled with."""
    found = results.ranking[TWO]
    league = found.league
    width = league["rank_high"] - league["rank_low"]
    most = _most(sensitivity_table(found.sensitivity), "shift_first")
    return {
        "draws": DRAWS,
        "n": len(league),
        "certain": int((width == 0).sum()),
        "level": found.draws.level,
        "median": float(width.median()),
        "widest": int(width.max()),
        "widest_name": _listed([_province(name) for name in league.loc[width == width.max(), "province"]]),
        "overlap": found.guards[-1].measured,
        "top": int((league["top_share"] >= found.draws.level).sum()),
        "bottom": int((league["top_share"] == 0).sum()),
        "shift": float(found.sensitivity.shift.mean),
        "factor": _lower(FACTOR_NAMES[most["factor"]]),
        "share": most["shift_first"] / 100,
    }


def lead_values(results: IntegrationResults) -> Values:
    """What :data:`FINDING_LEADS` is filled with."""
    lags, grey = _lags(results.two), grey_degrees(results.two)
    counts = {
        f"{name}{system}": int((part == place).sum())
        for name, part in (("", lags), ("top_", lags.head(TEN)), ("low_", lags.tail(TEN)))
        for place, system in enumerate(results.two.layout.systems)
    }
    return {
        **counts,
        "last": _years(results.two)[1],
        "step": int((lags == -1).sum()),
        "close": _province(str(grey.idxmax())),
        "close_degree": float(grey.max()),
        "far": _province(str(grey.idxmin())),
        "far_degree": float(grey.min()),
    }


def obstacle_values(results: IntegrationResults) -> Values:
    """What :data:`FINDING_OBSTACLES` is filled with."""
    index = results.two
    table, names = obstacle_table(index, results.region), index.layout.names
    tops = {str(region): str(table[region].idxmax()) for region in table}
    largest = []
    for name in dict.fromkeys(tops.values()):
        where = [region for region, top in tops.items() if top == name]
        sizes = [float(table[region].max()) for region in where]
        en, zh = " and ".join(REGION_NAMES[r].en for r in where), "、".join(REGION_NAMES[r].zh for r in where)
        en, zh = (f"the {en}", zh) if len(where) < len(tops) else ("every region", "各区域")
        low, high = f"{min(sizes):.0f}%", f"{max(sizes):.0f}%"
        largest.append(Text(f"{_lower(names[name]).en} in {en} ({low} to {high})", f"{zh}均为{names[name].zh}（{low}—{high}）"))
    spread = table.max(axis=1) - table.min(axis=1)
    apart = str(spread.idxmax())
    sizes_apart = {str(region): float(table[region][apart]) for region in table}
    low_region, high_region = (find(sizes_apart, key=sizes_apart.__getitem__) for find in (min, max))
    here = (index.keys[index.time] == _years(index)[1]).to_numpy()
    obstacles = index.obstacles()
    return {
        "largest": Text("; ".join(t.en for t in largest), "；".join(t.zh for t in largest)),
        "name": _lower(names[apart]),
        "low": sizes_apart[low_region],
        "low_region": REGION_NAMES[low_region],
        "high": sizes_apart[high_region],
        "high_region": REGION_NAMES[high_region],
        "science": float(obstacles.by_group(index.layout.system)[here]["science"].mean()),
        "rho": float(obstacles.degrees[here].mean().rank().corr(index.weights.rank())),
    }


def group_values(results: IntegrationResults) -> Values:
    """What :data:`FINDING_GROUPS` is filled with."""
    table = _by(group_table(results.groups), "group")
    short = {"jjj": "beijing_tianjin_hebei", "delta": "yangtze_delta", "bay": "bay_area"}
    numbers: Values = {"last": int(results.groups["year"].max()), "rest": table[REST]["end"]}
    for key, group in short.items():
        row = table[group]
        numbers |= {key: row["end"], f"{key}_start": row["gap_start"], f"{key}_end": row["gap_end"]}
        if row["provinces"] > 1:
            numbers[f"{key}_spread"] = row["spread"]
    return numbers


def dynamic_values(results: IntegrationResults) -> Values:
    """What :data:`FINDING_DYNAMICS` is filled with."""
    counts = results.grades.chain.counts
    total = int(counts.sum())
    first, *_, last = _records(results.dagum)
    steps = results.two.wide("d").diff(axis=1).iloc[:, 1:].to_numpy()
    within, between, overlap = (float(last[part] / last["gini"]) for part in DAGUM_PARTS)
    return {
        "transitions": total,
        "stay": float(np.trace(counts) / total),
        "rise": float(np.triu(counts, 1).sum() / total),
        "fall": float(np.tril(counts, -1).sum() / total),
        "falls": float((steps[np.isfinite(steps)] < 0).mean()),
        "start": float(first["gini"]),
        "end": float(last["gini"]),
        "first": int(first["year"]),
        "last": int(last["year"]),
        "within": within,
        "between": between,
        "overlap": overlap,
    }


def explained_values(results: IntegrationResults) -> Values:
    """What :data:`FINDING_EXPLAINED` is filled with."""
    table = explained_table(results.explained)
    fit = results.explained.fits["two_way"]
    income = results.explained.fits["years"].coefficient(INCOME)

    def significant(model: str) -> Text:
        own = table[(table["model"] == model) & (table["wild_p"] < LEVEL)]
        found = []
        for row in _records(own):
            name, size = TERM_NAMES[_plain(row["term"])], f"{row['estimate']:+.3f}".replace("-", "−")
            found.append(Text(f"{name.en} ({size})", f"{name.zh}（{size}）"))
        return _listed(found)

    return {
        "income": income.estimate,
        "income_se": income.std_error,
        "level": LEVEL,
        "within": significant("two_way"),
        "lagged": significant("lagged"),
        "wang": significant("wang"),
        "rows": fit.counts.rows,
        "provinces": fit.counts.entities,
    }


def _plain(term: str) -> str:
    """A term without its lag."""
    return term.removeprefix("L(").removesuffix(", 1)") if term.startswith("L(") else term


def chain_values(results: IntegrationResults) -> Values:
    """What :data:`FINDING_CHAINS` is filled with."""
    index = results.chains
    counts, table = link_counts(index), link_table(index)
    weak, strong = _most(counts, "weakest"), _most(counts, "leads")
    apart, names = table[table["weakest"] != weak["system"]], index.layout.names
    inside = index.weight_table().set_index("indicator")["within_system"]
    heaviest = str(inside.idxmax())
    others = [
        Text(f"{province}, {_lower(system).en}", f"{short_chinese(province)}为{system.zh}")
        for province, system in zip(apart["province"], apart["weakest"], strict=True)
    ]
    two = last_year(results.two).set_index("province")["d"].rank()
    return {
        "last": _years(index)[1],
        "n": len(table),
        "weak": _lower(weak["system"]),
        "weak_count": int(weak["weakest"]),
        "strong": _lower(strong["system"]),
        "strong_count": int(strong["leads"]),
        "others": Text("; ".join(t.en for t in others), "、".join(t.zh for t in others)) if others else NONE,
        "heavy": float(inside.max()),
        "heavy_name": names[heaviest],
        "heavy_chain": _lower(names[index.layout.system[heaviest]]),
        "rho": float(table.set_index("province")["d"].rank().corr(two)),
    }


def part_values(results: IntegrationResults) -> Values:
    """What :data:`FINDING_PARTS` is filled with."""
    league, two = results.ranking[PARTS].league, results.ranking[TWO].league.set_index("province")["rank"]
    counts, ranks = link_counts(results.parts), league.set_index("province")["rank"]
    weak = _most(counts, "weakest")
    numbers, rows = Values(), _records(league)
    for place, key in enumerate(("first", "second")):
        row = rows[place]
        numbers |= {f"{key}_name": _province(row["province"]), f"{key}_low": int(row["rank_low"]), f"{key}_high": int(row["rank_high"])}
    bay = _by(link_table(results.parts), "province")[BAY]
    system = results.parts.layout.systems[bay["weak"]]
    hightech = last_year(results.hightech).set_index("province")["d"].rank(ascending=False, method="min")
    return {
        **numbers,
        "first": float(league["d"].iloc[0]),
        "last": _years(results.parts)[1],
        "n": len(league),
        "bay_rank": int(ranks[BAY]),
        "bay_two": int(two[BAY]),
        "bay_weak": _lower(bay["weakest"]),
        "bay_score": float(bay[system]),
        "bay_mean": float(last_year(results.parts)[system].mean()),
        "rho": float(ranks.corr(two)),
        "weak": _lower(weak["system"]),
        "weak_count": int(weak["weakest"]),
        "moved": float((hightech - ranks).abs().median()),
    }


def finding_values(results: IntegrationResults) -> Values:
    """What :data:`FINDING` is filled with."""
    level, order, lead = level_values(results), ranking_values(results), lead_values(results)
    leaders = results.ranking[TWO].league["province"].head(3)
    return {
        "mean": float(last_year(results.two)["d"].mean()),
        "leaders": _listed([_province(name) for name in leaders]),
        **{key: level[key] for key in ("last", "coordinated", "half", "order")},
        **{key: order[key] for key in ("n", "overlap", "median", "top", "level")},
        **{key: lead[key] for key in ("science", "industry")},
    }
