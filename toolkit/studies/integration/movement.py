"""Do provinces change grade, and how far do they lie apart? Transitions between grades, and Dagum's decomposition of the Gini of D."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.language import Text
from toolkit.measure import GRADES, Chain, CompositeIndex, decompose_gini, grade, markov_chain, states_at_cuts
from toolkit.present import frame_table
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.bars import stacked_decomposition
from toolkit.present.figures.matrix import matrix_heatmap
from toolkit.present.record import Statement, statement
from toolkit.studies.integration.index import Indices, balanced, every_year

_LOWEST_GRADE, _HIGHEST_GRADE = 2, 6  # positions in GRADES; what lies outside has too few province-years to be left and entered


def transitions(index: CompositeIndex) -> Chain:
    """Yearly transitions of D between grades (positions as text), the lowest and the highest grades taken together."""
    kept = range(_LOWEST_GRADE, _HIGHEST_GRADE + 1)
    cuts = [(place + 1) / len(GRADES) for place in kept][:-1]
    return markov_chain(states_at_cuts(index.wide("d"), cuts, [str(place) for place in kept]))


def _grade_names() -> dict[str, Text]:
    low, high = GRADES[_LOWEST_GRADE], GRADES[_HIGHEST_GRADE]
    return {
        **{str(place): text for place, text in enumerate(GRADES)},
        str(_LOWEST_GRADE): Text(f"{low.en} or worse", f"{low.zh}及以下"),
        str(_HIGHEST_GRADE): Text(f"{high.en} or better", f"{high.zh}及以上"),
    }


def grades(indices: Indices) -> FigureExhibit:
    """From grade to grade in a year."""
    chain = transitions(indices.two)
    total = int(chain.counts.sum())

    def matrix(what: Literal["probabilities", "counts"]) -> pd.DataFrame:
        return pd.DataFrame(getattr(chain, what), index=list(chain.labels), columns=list(chain.labels))

    return matrix_heatmap(
        matrix("probabilities"),
        counts=matrix("counts"),
        names=_grade_names(),
        row_label=Text("Grade", "起始等级"),
        column_label=Text("Grade a year later", "一年后等级"),
        title=Text("From grade to grade in a year", "一年内的等级转移"),
        notes=Text(
            f"Small type: transitions, {total} in all; pairs of years broken by a missing value: {chain.broken}. The lowest and the "
            "highest grades are joined, since too few provinces are in them. Grades follow D, which almost all provinces raised: a chain "
            "with a trend has no long run.",
            f"小字为转移次数，共{total}次；因缺失而中断的年份对：{chain.broken}个。最低与最高的等级样本太少，已合并。"
            "D几乎普遍上升，带趋势的转移矩阵没有长期分布可言。",
        ),
        width="two",
    )


def grade_counts(indices: Indices) -> TableExhibit:
    """Grades that occur, best first, and the provinces in each in the first, the middle and the last year."""
    wide = balanced(indices.two)
    years = {f"in_{place}": wide.columns[at] for place, at in enumerate((0, len(wide.columns) // 2, -1))}
    counts = {name: np.bincount(grade(wide[year]), minlength=len(GRADES)) for name, year in years.items()}
    table = pd.DataFrame({"grade": list(GRADES), **counts})
    return frame_table(
        table[table[list(years)].sum(axis=1) > 0].iloc[::-1].reset_index(drop=True),
        {"grade": Text("Grade", "等级"), **{name: Text(str(year), f"{year}年") for name, year in years.items()}},
        notes=[every_year(indices.two)],
        title=Text("Provinces in each grade", "各等级省份数"),
    )


_PARTS: Final = ("within", "between", "transvariation")


def _gini_parts(indices: Indices) -> pd.DataFrame:
    """Gini of D between provinces and its parts by the four regions: columns year, gini, within, between, transvariation."""
    wide = balanced(indices.two)
    rows = []
    for year in wide.columns:
        found = decompose_gini(wide[year], indices.region[wide.index])
        rows.append({"year": int(year), "gini": found.total, **{part: getattr(found, part) for part in _PARTS}})
    return pd.DataFrame(rows)


def dagum(indices: Indices) -> FigureExhibit:
    """Inequality of D between provinces, by the four regions."""
    return stacked_decomposition(
        _gini_parts(indices),
        "year",
        _PARTS,
        total="gini",
        names={
            "within": glossary.WITHIN_REGIONS,
            "between": Text("Net between regions", "区域间净差距"),
            "transvariation": Text("Overlap of regions", "超变密度"),
            "gini": glossary.GINI,
        },
        y_label=Text("Gini of D", "D的基尼系数"),
        title=Text("Inequality of D between provinces", "D的省际差距"),
        notes=every_year(indices.two),
    )


def finding(indices: Indices) -> Statement:
    """How often provinces change grade, and how the Gini of D moved."""
    counts = transitions(indices.two).counts
    total = int(counts.sum())
    steps = indices.two.wide("d").diff(axis=1).iloc[:, 1:].to_numpy()
    parts = _gini_parts(indices)
    first, last = parts.iloc[0], parts.iloc[-1]
    return statement(
        "integration_dynamics",
        Text(
            "Of {transitions} yearly transitions between grades {stay:.0%} stay, {rise:.0%} rise and {fall:.0%} fall; D itself fell in "
            "{falls:.0%} of the yearly steps. The Gini of D went from {start:.3f} ({first}) to {end:.3f} ({last}), of which "
            "{between:.0%} is net inequality between regions, {within:.0%} inside them and {overlap:.0%} overlap.",
            "在{transitions}次年度等级转移中，{stay:.0%}不变，{rise:.0%}上升，{fall:.0%}下降；D本身在{falls:.0%}的年度变动中下降。"
            "D的基尼系数由{first}年的{start:.3f}变为{last}年的{end:.3f}，其中区域间净差距占{between:.0%}，区域内差距占{within:.0%}，"
            "超变密度占{overlap:.0%}。",
        ),
        transitions=total,
        stay=float(np.trace(counts) / total),
        rise=float(np.triu(counts, 1).sum() / total),
        fall=float(np.tril(counts, -1).sum() / total),
        falls=float((steps[np.isfinite(steps)] < 0).mean()),
        start=float(first["gini"]),
        end=float(last["gini"]),
        first=int(first["year"]),
        last=int(last["year"]),
        within=float(last["within"] / last["gini"]),
        between=float(last["between"] / last["gini"]),
        overlap=float(last["transvariation"] / last["gini"]),
    )
