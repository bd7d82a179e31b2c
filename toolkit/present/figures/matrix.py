"""A matrix with its numbers in the cells: transition probabilities between classes, or provinces by years."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from toolkit.errors import PresentationError
from toolkit.language import Language, Text, text_in
from toolkit.present.exhibit import Drawing, FigureExhibit
from toolkit.present.figures.canvas import caption, longest_line, settle, wrap
from toolkit.present.figures.inputs import name_of
from toolkit.present.style import SEQUENTIAL, WIDTHS, Width, ink_on, new_figure, styled

_MOST = 15
_MOST_ROWS = 40  # without counts, which would not be legible in low cells
_TALLEST = 4.8  # inches of all rows
_LOWEST = 0.15  # inches of one row


def matrix_heatmap(
    values: pd.DataFrame,
    *,
    counts: pd.DataFrame | None = None,
    names: Mapping[str, str | Text] | None = None,
    row_label: str | Text = "",
    column_label: str | Text = "",
    digits: int = 2,
    title: str | Text = "",
    note: str | Text = "",
    width: Width = "one",
) -> FigureExhibit:
    """A square or oblong matrix: number and shade in each cell, the count behind it in small type.

    Parameters
    ----------
    values : rows and columns named; missing values are left white.
    counts : of the same shape, written below the numbers in brackets.
    names : row or column name -> text.
    row_label, column_label : what rows and columns are ("from", "to").
    digits : decimals.
    title, note : texts.
    width : journal columns.

    Raises
    ------
    PresentationError
        if the matrix is empty, has more than 15 columns or 40 rows (15 with counts) or no number, or the counts have another shape.

    Examples
    --------
    >>> matrix_heatmap(pd.DataFrame([[0.9, 0.1], [0.2, 0.8]], index=["low", "high"], columns=["low", "high"])).draw("en").data.shape
    (4, 3)
    """
    table = _checked(values, counts)
    numbers = table.to_numpy()
    behind = None if counts is None else counts.to_numpy(dtype="float64")
    low, high = min(float(np.nanmin(numbers)), 0.0), float(np.nanmax(numbers))

    def paint(language: Language) -> Drawing:
        import matplotlib
        from matplotlib.colors import Normalize, to_hex

        heading, remark = text_in(title, language), text_in(note, language)
        with styled():
            across, down = ([_name(key, names, language) for key in keys] for keys in (table.columns, table.index))
            room = WIDTHS[width] * 0.3
            size = 8.0 if len(down) <= _MOST else 7.0
            down = [wrap(name, room, size) for name in down]
            side = (WIDTHS[width] - min(longest_line(down, size), room) - 0.5) / len(across)
            across = [wrap(name, side * 0.95, 8.0) for name in across]
            figure = new_figure(width, 0.6 + max(min(side, 0.8, _TALLEST / len(down)), _LOWEST) * len(down))
            axes = figure.add_subplot()
            colours, scale = matplotlib.colormaps[SEQUENTIAL], Normalize(low, high + 0.15 * (high - low) + 1e-300)
            axes.imshow(np.ma.masked_invalid(scale(numbers)), cmap=colours, vmin=0, vmax=1, aspect="auto")
            for (row, column), value in np.ndenumerate(numbers):
                if not np.isfinite(value):
                    continue
                ink = ink_on(to_hex(colours(float(scale(value)))))
                shown = f"{value:.{digits}f}".replace("-", "−")
                if behind is None:
                    axes.text(column, row, shown, ha="center", va="center", fontsize=size, color=ink)
                else:
                    axes.text(column, row - 0.12, shown, ha="center", va="center", fontsize=8, color=ink)
                    axes.text(column, row + 0.26, f"({behind[row, column]:,.0f})", ha="center", va="center", fontsize=5.8, color=ink)
            axes.set_xticks(np.arange(len(across)), across)
            axes.set_yticks(np.arange(len(down)), down, fontsize=size)
            axes.tick_params(length=0)
            axes.spines[:].set_visible(False)
            axes.set_xlabel(text_in(column_label, language))
            axes.set_ylabel(text_in(row_label, language))
            caption(figure, heading, remark)
            settle(figure)
        long = table.rename_axis(index="row").reset_index().melt(id_vars="row", var_name="column", value_name="value")
        return Drawing(figure, long, heading, remark)

    return FigureExhibit(paint)


def _name(key: object, names: Mapping[str, str | Text] | None, language: Language) -> str:
    return text_in((names or {}).get(str(key), name_of(key, language)), language)


def _checked(values: pd.DataFrame, counts: pd.DataFrame | None) -> pd.DataFrame:
    most = _MOST if counts is not None else _MOST_ROWS
    if values.empty or values.shape[0] > most or values.shape[1] > _MOST:
        shape = " x ".join(map(str, values.shape))
        raise PresentationError(f"a matrix of {shape} cells cannot be shown", remedy=f"pass at most {most} rows and {_MOST} columns")
    try:
        table = values.astype("float64")
    except (TypeError, ValueError) as error:
        raise PresentationError(f"the matrix needs numbers: {error}", remedy="convert the values first") from error
    if not np.isfinite(table.to_numpy()).any():
        raise PresentationError("the matrix has no number to show", remedy="check the rows that are left after filtering")
    if counts is not None and counts.shape != values.shape:
        raise PresentationError(f"the counts have the shape {counts.shape}, the matrix {values.shape}", remedy="pass one count per cell")
    return table
