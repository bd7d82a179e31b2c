"""A matrix with its numbers in the cells: transition probabilities between classes, or provinces by years."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import PresentationError
from toolkit.language import Language, Text, text_in
from toolkit.present import formats
from toolkit.present.exhibit import Drawing, FigureExhibit
from toolkit.present.figures.canvas import caption, longest_line, settle, wrap
from toolkit.present.figures.inputs import name_of
from toolkit.present.naming import Labels, Names, names_for
from toolkit.present.style import SEQUENTIAL, WIDTHS, Width, ink_on, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Matrices = pd.DataFrame | Mapping[str, pd.DataFrame]
Floats = NDArray[np.float64]
_MOST, _MOST_PANELS = 15, 4
_MOST_ROWS = 40  # without counts, which would not be legible in low cells
_TALLEST = 4.8  # inches of all rows
_LOWEST = 0.15  # inches of one row


def matrix_heatmap(
    values: Matrices,
    *,
    counts: Matrices | None = None,
    names: Mapping[str, str | Text] | None = None,
    row_label: str | Text = "",
    column_label: str | Text = "",
    digits: int = 2,
    labels: Labels = None,
    title: str | Text = "",
    note: str | Text = "",
    width: Width = "one",
) -> FigureExhibit:
    """A square or oblong matrix: number and shade in each cell, the count behind it in small type.

    Parameters
    ----------
    values : rows and columns named; missing values are left white. Several matrices with the same rows and columns, by name, stand side by
        side under one scale of shades.
    counts : of the same shape, written below the numbers in brackets.
    names : row, column or panel name -> text.
    row_label, column_label : what rows and columns are ("from", "to").
    digits : decimals.
    labels : labels of columns and ids that take precedence over the registry, which names those of its own data; ``"registry"`` asks for
        its labels and units for any data.
    title, note : texts.
    width : journal columns.

    Raises
    ------
    PresentationError
        if a matrix is empty, has more than 15 columns or 40 rows (15 with counts) or no number, the counts have another shape, or panels
        have other rows or columns.

    Examples
    --------
    >>> matrix_heatmap(pd.DataFrame([[0.9, 0.1], [0.2, 0.8]], index=["low", "high"], columns=["low", "high"])).draw("en").data.shape
    (4, 3)
    """
    tables = _checked(values, _MOST_ROWS if counts is None else _MOST)
    behind = _counts(counts, tables)
    first = next(iter(tables.values()))
    numbers = np.stack([table.to_numpy() for table in tables.values()])
    size = 8.0 if len(first) <= _MOST else 7.0
    scale = _Scale(min(float(np.nanmin(numbers)), 0.0), float(np.nanmax(numbers)), digits, size)
    known = names_for(labels, *([values] if isinstance(values, pd.DataFrame) else values.values()))

    def paint(language: Language) -> Drawing:
        heading, remark = text_in(title, language), text_in(note, language)
        with styled():
            across, down = ([_name(key, names, language, known) for key in keys] for keys in (first.columns, first.index))
            room = WIDTHS[width] * (0.3 if len(tables) == 1 else 0.2)
            down = [wrap(name, room, size) for name in down]
            panel = (WIDTHS[width] - min(longest_line(down, size), room) - 0.5) / len(tables)
            side = panel / len(across)
            across = [wrap(name, side * 0.95, 8.0) for name in across]
            figure = new_figure(width, 0.6 + max(min(side, 0.8, _TALLEST / len(down)), _LOWEST) * len(down))
            grid = figure.subplots(1, len(tables), squeeze=False)[0]
            for axes, (key, table) in zip(grid, tables.items(), strict=True):
                _draw(axes, table.to_numpy(), behind.get(key), scale)
                axes.set_xticks(np.arange(len(across)), across)
                axes.set_yticks(np.arange(len(down)), down if axes is grid[0] else [""] * len(down), fontsize=size)
                axes.set_xlabel(text_in(column_label, language))
                if len(tables) > 1:
                    axes.set_title(wrap(_name(key, names, language, known), panel * 0.95, 8.0), fontsize=8, pad=3)
            grid[0].set_ylabel(text_in(row_label, language))
            caption(figure, heading, remark)
            settle(figure)
        return Drawing(figure, _long(tables), heading, remark)

    return FigureExhibit(paint)


@dataclass(frozen=True)
class _Scale:
    """Lowest and highest number of all panels, the decimals shown, and the size of the type in points."""

    low: float
    high: float
    digits: int
    size: float


def _draw(axes: Axes, numbers: Floats, behind: Floats | None, scale: _Scale) -> None:
    import matplotlib
    from matplotlib.colors import Normalize, to_hex

    colours = matplotlib.colormaps[SEQUENTIAL]
    shade = Normalize(scale.low, scale.high + 0.15 * (scale.high - scale.low) + 1e-300)
    axes.imshow(np.ma.masked_invalid(shade(numbers)), cmap=colours, vmin=0, vmax=1, aspect="auto")
    for (row, column), value in np.ndenumerate(numbers):
        if not np.isfinite(value):
            continue
        ink = ink_on(to_hex(colours(float(shade(value)))))
        shown = formats.fixed(value, scale.digits)
        axes.text(column, row - (0.0 if behind is None else 0.12), shown, ha="center", va="center", fontsize=scale.size, color=ink)
        if behind is not None:
            axes.text(column, row + 0.26, f"({behind[row, column]:,.0f})", ha="center", va="center", fontsize=5.8, color=ink)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _name(key: object, names: Mapping[str, str | Text] | None, language: Language, known: Names) -> str:
    return text_in((names or {}).get(str(key), name_of(key, language, known)), language)


def _checked(values: Matrices, most: int) -> dict[str, pd.DataFrame]:
    """The matrices as floats by panel; a single one has no name."""
    given = {"": values} if isinstance(values, pd.DataFrame) else dict(values)
    if not 1 <= len(given) <= _MOST_PANELS:
        raise PresentationError(f"{len(given)} matrices cannot stand side by side", remedy=f"pass between one and {_MOST_PANELS}")
    tables = {str(key): _numbers(table, most, f"panel {key}" if key else "") for key, table in given.items()}
    first, *others = tables.items()
    for key, table in others:
        if not (table.index.equals(first[1].index) and table.columns.equals(first[1].columns)):
            where = f"panels {first[0]} and {key}"
            raise PresentationError("the panels have different rows or columns", where=where, remedy="name the classes alike in all panels")
    return tables


def _numbers(values: pd.DataFrame, most: int, where: str) -> pd.DataFrame:
    if values.empty or values.shape[0] > most or values.shape[1] > _MOST:
        shape = " x ".join(map(str, values.shape))
        remedy = f"pass at most {most} rows and {_MOST} columns"
        raise PresentationError(f"a matrix of {shape} cells cannot be shown", where=where, remedy=remedy)
    try:
        table = values.astype("float64")
    except (TypeError, ValueError) as error:
        raise PresentationError(f"the matrix needs numbers: {error}", where=where, remedy="convert the values first") from error
    if not np.isfinite(table.to_numpy()).any():
        raise PresentationError("the matrix has no number to show", where=where, remedy="check the rows that are left after filtering")
    return table


def _counts(counts: Matrices | None, tables: Mapping[str, pd.DataFrame]) -> dict[str, Floats]:
    if counts is None:
        return {}
    given = {"": counts} if isinstance(counts, pd.DataFrame) else dict(counts)
    for key, table in tables.items():
        shape = given[key].shape if key in given else None
        if shape != table.shape:
            where = f"panel {key}" if key else ""
            raise PresentationError(
                f"the counts have the shape {shape}, the matrix {table.shape}", where=where, remedy="pass one count per cell"
            )
    return {key: given[key].to_numpy(dtype="float64") for key in tables}


def _long(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    parts = [
        table.rename_axis(index="row").reset_index().melt(id_vars="row", var_name="column", value_name="value").assign(panel=key)
        for key, table in tables.items()
    ]
    long = pd.concat(parts, ignore_index=True)
    return long[["panel", "row", "column", "value"]] if len(tables) > 1 else long.drop(columns="panel")
