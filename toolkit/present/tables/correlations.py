"""Correlation tables: Pearson below the diagonal, Spearman above."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.language import Language, Text, text_in
from toolkit.panel import Panel
from toolkit.present.exhibit import TableExhibit
from toolkit.present.tables.descriptive import infinite_note, infinite_values, numeric_columns
from toolkit.present.tables.notes import weak_series
from toolkit.present.tables.table import DASH, Cell, Row, Table
from toolkit.present.words import formats
from toolkit.present.words.labels import label
from toolkit.present.words.naming import Labels, Names, Notes, listed, names_for
from toolkit.present.words.words import stars_note

if TYPE_CHECKING:
    import pandas as pd

STAR_LEVELS = (0.1, 0.05, 0.01)
FEWEST = 3
TITLE = Text("Correlations", "相关系数矩阵")


@dataclass(frozen=True)
class Correlation:
    """Correlation of a pair over the rows where both are present; NaN where it does not exist (fewer than three rows, or no variation)."""

    coefficient: float
    p_value: float
    rows: int


def correlations(
    data: Panel | pd.DataFrame,
    variables: Sequence[str],
    *,
    labels: Labels = None,
    stars: Sequence[float] | None = STAR_LEVELS,
    digits: int = 3,
    title: str | Text = TITLE,
    notes: Notes = (),
    number: int | str = "",
) -> TableExhibit:
    """Pearson correlations below and Spearman rank correlations above the diagonal, pairwise complete.

    The p-values are those of ``scipy.stats.pearsonr`` and ``spearmanr``: they treat rows as independent, which the rows of a panel are not;
    the note names it.

    Parameters
    ----------
    data : a panel or a frame.
    variables : numeric columns.
    labels : labels that take precedence over the registry, which names the columns of its own data; ``"registry"`` asks for its labels for
        any data.
    stars : p-values below which a coefficient gets one more star; None for no stars.
    digits : decimals.
    title, notes, number : caption, further notes, "Table 1" / "表 1".

    Raises
    ------
    MissingColumn, NotNumeric
        For names that are no column, or columns that hold no numbers.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0], "y": [1.0, 4.0, 9.0, 16.0]})
    >>> correlations(frame, ["x", "y"]).data[["kind", "coefficient"]].round(3).values.tolist()
    [['pearson', 0.984], ['spearman', 1.0]]
    """
    import pandas as pd

    variables = listed(variables)
    given = numeric_columns(data.frame if isinstance(data, Panel) else data, variables)
    infinite, values = infinite_values(given), given.where(np.isfinite(given))
    pearson, spearman = _matrices(values, variables)
    names, levels = names_for(labels, data), tuple(sorted(listed(stars), reverse=True))

    def build(language: Language) -> Table:
        shown = [label(name, language, names) for name in variables]
        rows = []
        for i, name in enumerate(shown):
            # the matrices hold pairs (row, column) with row > column
            cells = [_cell(pearson[i, j] if j < i else spearman[j, i] if j > i else None, levels, digits) for j in range(len(shown))]
            rows.append(Row((Cell(f"({i + 1}) {name}", "label"), *cells)))
        head = Row((Cell("", "label"), *(Cell(f"({place})") for place in range(1, len(shown) + 1))))
        said = [
            *_notes(pearson, values, levels=levels, names=names, language=language),
            *infinite_note(infinite, names, language),
            *weak_series(variables, names, language),
            *(text_in(note, language) for note in listed(notes)),
        ]
        return Table(
            title=text_in(title, language), header=(head,), body=tuple(rows), notes=tuple(said), number=str(number), language=language
        )

    records = []
    for kind, matrix in (("pearson", pearson), ("spearman", spearman)):
        for (i, j), found in matrix.items():
            records.append(
                {
                    "kind": kind,
                    "first": variables[i],
                    "second": variables[j],
                    "coefficient": found.coefficient,
                    "p_value": found.p_value,
                    "rows": found.rows,
                }
            )
    return TableExhibit(build, pd.DataFrame.from_records(records, columns=["kind", "first", "second", "coefficient", "p_value", "rows"]))


Matrix = dict[tuple[int, int], Correlation]


def _matrices(values: pd.DataFrame, variables: Sequence[str]) -> tuple[Matrix, Matrix]:
    """Both kinds for all pairs i > j."""
    from scipy import stats

    pearson: Matrix = {}
    spearman: Matrix = {}
    columns = [values[name].to_numpy() for name in variables]
    for i in range(len(columns)):
        for j in range(i):
            both = np.isfinite(columns[i]) & np.isfinite(columns[j])
            x, y = columns[i][both], columns[j][both]
            if len(x) < FEWEST or np.ptp(x) == 0 or np.ptp(y) == 0:
                pearson[i, j] = spearman[i, j] = Correlation(math.nan, math.nan, len(x))
                continue
            linear, ranked = stats.pearsonr(x, y), stats.spearmanr(x, y)
            pearson[i, j] = Correlation(float(linear.statistic), float(linear.pvalue), len(x))
            spearman[i, j] = Correlation(float(ranked.statistic), float(ranked.pvalue), len(x))
    return pearson, spearman


def _cell(found: Correlation | None, levels: tuple[float, ...], digits: int) -> Cell:
    if found is None:
        return Cell("1")
    if not math.isfinite(found.coefficient):
        return Cell(DASH)
    return Cell(formats.number(round(found.coefficient, digits), digits), stars=formats.stars_for(found.p_value, levels))


def _notes(matrix: Matrix, values: pd.DataFrame, *, levels: tuple[float, ...], names: Names, language: Language) -> list[str]:
    sizes = [found.rows for found in matrix.values()] or [len(values)]
    low, high = f"{min(sizes):,}", f"{max(sizes):,}"
    rows = Text(
        f"N = {low}" if low == high else f"pairwise N between {low} and {high}",
        f"N = {low}" if low == high else f"两两样本量介于{low}与{high}之间",
    ).to(language)
    notes = [
        Text(f"Pearson below the diagonal, Spearman above; {rows}.", f"对角线以下为Pearson相关系数，以上为Spearman相关系数；{rows}。").to(
            language
        )
    ]
    if levels:
        notes.append(stars_note(levels, language) + Text(" Rows are treated as independent.", "检验视各行相互独立。").to(language))
    blank = dict.fromkeys(name for name in values.columns if values[name].nunique() <= 1)
    few = any(not math.isfinite(found.coefficient) for found in matrix.values())
    if blank:
        listed = Text(", ", "、").to(language).join(label(name, language, names) for name in blank)
        notes.append(Text(f"No correlation (constant or empty): {listed}.", f"取值不变或无观测值、无相关系数：{listed}。").to(language))
    elif few:
        notes.append(
            Text("A dash: fewer than three common rows, or no variation in them.", "“—”：共同观测少于三个，或其中取值不变。").to(language)
        )
    return notes
