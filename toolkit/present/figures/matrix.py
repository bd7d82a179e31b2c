"""Values and coverage as a matrix of cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from toolkit.errors import PresentationError
from toolkit.language import Text
from toolkit.numerics import Floats
from toolkit.present.exhibit import Drawing, FigureExhibit
from toolkit.present.figures.canvas import Sheet, longest_line, on_sheet, row_height, wrap
from toolkit.present.style import SEQUENTIAL, Width, ink_on
from toolkit.present.words import formats
from toolkit.present.words.naming import Labels, Notes, Texts

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Matrices = pd.DataFrame | Mapping[str, pd.DataFrame]
_MOST, _MOST_PANELS = 15, 4
_MOST_ROWS = 40  # without counts, which would not be legible in low cells
_TALLEST = 4.8  # inches of all rows
_LOWEST = 0.15  # inches of one row


def matrix_heatmap(
    values: Matrices,
    *,
    counts: Matrices | None = None,
    row_label: str | Text = "",
    column_label: str | Text = "",
    digits: int = 2,
    names: Texts | None = None,
    labels: Labels = None,
    title: str | Text = "",
    notes: Notes = (),
    width: Width = "one",
) -> FigureExhibit:
    """A square or oblong matrix: number and shade in each cell, the count behind it in small type.

    Parameters
    ----------
    values : rows and columns named; missing values are left white. Several matrices with the same rows and columns, by name, stand side by
        side under one scale of shades.
    counts : of the same shape, written below the numbers in brackets.
    row_label, column_label : what rows and columns are ("from", "to").
    digits : decimals.
    names, labels, title, notes, width : as in every figure, see :mod:`toolkit.present.figures`; names of rows, columns and panels.

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
    given = [values] if isinstance(values, pd.DataFrame) else list(values.values())

    def paint(sheet: Sheet) -> Drawing:
        room = sheet.inches * (0.3 if len(tables) == 1 else 0.2)  # inches that names of rows take at most
        down = [wrap(sheet.name(key), room, size) for key in first.index]
        panel = (sheet.inches - min(longest_line(down, size), room) - 0.5) / len(tables)
        side = panel / first.shape[1]  # inches of a cell
        across = [wrap(sheet.name(key), side * 0.95, 8.0) for key in first.columns]
        figure = sheet.figure(0.6 + max(min(side, 0.8, _TALLEST / len(down)), _LOWEST) * len(down))
        grid = figure.subplots(1, len(tables), squeeze=False)[0]
        for axes, (key, table) in zip(grid, tables.items(), strict=True):
            _draw(axes, table.to_numpy(), behind.get(key), scale)
            axes.set_xticks(np.arange(len(across)), across)
            axes.set_yticks(np.arange(len(down)), down if axes is grid[0] else [""] * len(down), fontsize=size)
            axes.set_xlabel(sheet.say(column_label))
            if len(tables) > 1:
                axes.set_title(wrap(sheet.name(key), panel * 0.95, 8.0), fontsize=8, pad=3)
        grid[0].set_ylabel(sheet.say(row_label))
        return sheet.finish(figure, _long(tables))

    return on_sheet(paint, *given, title=title, notes=notes, width=width, names=names, labels=labels)


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


_ROW = 0.155  # inches: 6.5 point text with air
_SMALL = 6.8  # points, names of rows and columns
_PALEST = 1.25  # the scale ends beyond a complete cell, whose shade is not the darkest one
_COUNT = Text("observations", "观测数")


def coverage_heatmap(
    counts: pd.DataFrame,
    *,
    full: int | None = None,
    count_label: str | Text = _COUNT,
    names: Texts | None = None,
    labels: Labels = None,
    title: str | Text = "",
    notes: Notes = (),
    width: Width = "two",
) -> FigureExhibit:
    """A table of counts with shading: dark is complete, lighter cells show their count, an empty cell is nothing observed.

    Parameters
    ----------
    counts : variables (index, registry ids) x years (columns); missing counts are zero.
    full : the count of a complete cell, for example 31; by default the largest count.
    count_label : what is counted, for the note.
    names, labels, title, notes, width : as in every figure, see :mod:`toolkit.present.figures`; names of variables and years.

    Raises
    ------
    PresentationError
        if there is no cell, or a count is negative, text or above ``full``.

    Examples
    --------
    >>> counts = pd.DataFrame({2019: [31, 0], 2020: [31, 30]}, index=["gdp", "rd"])
    >>> coverage_heatmap(counts, full=31).draw("en").data.columns.tolist()
    ['variable', 'year', 'count']
    """
    table = _checked_counts(counts, full)
    most = full or max(int(table.to_numpy().max()), 1)
    counted = count_label if isinstance(count_label, Text) else Text(count_label, count_label)
    scale = Text(
        f"Dark without number: {most}. Numbers: {counted.en} where fewer, shaded in proportion. White: none.",
        f"深色无数字为 {most}；数字为不足 {most} 时的{counted.zh}，颜色按比例深浅；空白为无数据。",
    )

    def paint(sheet: Sheet) -> Drawing:
        import seaborn

        rows = sheet.row_names(table.index, 0.38, _SMALL)
        figure = sheet.figure(0.42 + len(table) * row_height(rows, _SMALL, _ROW))
        axes = figure.add_subplot()
        seaborn.heatmap(
            (table / most).mask(table == 0),
            ax=axes,
            vmin=0,
            vmax=_PALEST,
            cmap=SEQUENTIAL,
            cbar=False,
            linewidths=0.6,
            linecolor="white",
            square=False,
        )
        _counted(axes, table, most)
        axes.set_yticks(np.arange(len(table)) + 0.5, rows, rotation=0, fontsize=_SMALL)
        axes.set_xticks(np.arange(table.shape[1]) + 0.5, [sheet.name(year) for year in table.columns], rotation=0, fontsize=_SMALL)
        axes.set(xlabel="", ylabel="")
        axes.tick_params(length=0)
        axes.xaxis.tick_top()
        long = table.rename_axis(index="variable").reset_index().melt(id_vars="variable", var_name="year", value_name="count")
        return sheet.finish(figure, long, sheet.say(scale))

    return on_sheet(paint, counts, title=title, notes=notes, width=width, names=names, labels=labels)


def _checked_counts(counts: pd.DataFrame, full: int | None) -> pd.DataFrame:
    if counts.empty:
        raise PresentationError("the coverage figure has no cell", remedy="pass variables as rows and years as columns")
    try:
        table = counts.fillna(0).astype("int64")
    except (TypeError, ValueError) as error:
        raise PresentationError(
            f"coverage counts must be whole numbers: {error}", remedy="pass frame.groupby(year)[variables].count().T"
        ) from error
    cells = table.to_numpy()
    for bad, word in ((cells < 0, "negative"), (cells > (full or np.inf), f"above {full}")):
        if bad.any():
            row, column = (int(place) for place in np.argwhere(bad)[0])
            raise PresentationError(
                f"a coverage count is {word}: {cells[row, column]}",
                where=f"{table.index[row]}, {table.columns[column]}",
                remedy="count each province once",
            )
    return table


def _counted(axes: Axes, table: pd.DataFrame, most: int) -> None:
    """The count in each incomplete cell, in black or white, whichever is read more easily; numbers everywhere would hide the gaps."""
    import matplotlib
    from matplotlib.colors import to_hex

    colours = matplotlib.colormaps[SEQUENTIAL]
    wide = table.shape[1] <= 26
    for (row, column), count in np.ndenumerate(table.to_numpy()):
        if 0 < count < most and wide:
            ink = ink_on(to_hex(colours(count / most / _PALEST)))
            axes.text(column + 0.5, row + 0.5, f"{count:,}", ha="center", va="center", fontsize=6.0, color=ink)
