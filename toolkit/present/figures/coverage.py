"""What is observed: one row per variable, one column per year, the number of provinces in each cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from toolkit.errors import PresentationError
from toolkit.language import Language, Text, text_in
from toolkit.present.exhibit import Drawing, FigureExhibit
from toolkit.present.figures.canvas import caption, row_height, settle, wrap
from toolkit.present.figures.inputs import name_of
from toolkit.present.naming import Labels, names_for
from toolkit.present.style import SEQUENTIAL, WIDTHS, Width, ink_on, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ROW = 0.155  # inches: 6.5 point text with air
_COUNT = Text("observations", "观测数")


def coverage_heatmap(
    counts: pd.DataFrame,
    *,
    full: int | None = None,
    count_label: str | Text = _COUNT,
    labels: Labels = None,
    title: str | Text = "",
    note: str | Text = "",
    width: Width = "two",
) -> FigureExhibit:
    """A table of counts with shading: dark is complete, lighter cells carry their count, an empty cell is nothing observed.

    Parameters
    ----------
    counts : variables (index, registry ids) x years (columns); missing counts are zero.
    full : the count of a complete cell, for example 31; by default the largest count.
    count_label : what is counted, for the note.
    labels : labels of columns and ids that take precedence over the registry, which names those of its own data; ``"registry"`` asks for
        its labels and units for any data.
    title, note : texts.
    width : journal columns.

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
    table = _checked(counts, full)
    most = full or max(int(table.to_numpy().max()), 1)
    known = names_for(labels, counts)

    def paint(language: Language) -> Drawing:
        import seaborn

        heading = text_in(title, language)
        scale = Text(
            f"Dark without number: {most}. Numbers: {text_in(count_label, 'en')} where fewer, shaded in proportion. White: none.",
            f"深色无数字为 {most}；数字为不足 {most} 时的{text_in(count_label, 'zh')}，颜色按比例深浅；空白为无数据。",
        )
        remark = "\n".join(part for part in (text_in(note, language), scale.to(language)) if part)
        with styled():
            names = [wrap(name_of(value, language, known), WIDTHS[width] * 0.38, 6.8) for value in table.index]
            figure = new_figure(width, 0.42 + len(table) * row_height(names, 6.8, _ROW))
            axes = figure.add_subplot()
            shares = table / most
            seaborn.heatmap(
                shares.mask(table == 0),
                ax=axes,
                vmin=0,
                vmax=1.25,
                cmap=SEQUENTIAL,
                cbar=False,
                linewidths=0.6,
                linecolor="white",
                square=False,
            )
            _numbers(axes, table, most)
            axes.set_yticks(np.arange(len(table)) + 0.5, names, rotation=0, fontsize=6.8)
            axes.set_xticks(
                np.arange(table.shape[1]) + 0.5, [name_of(year, language, known) for year in table.columns], rotation=0, fontsize=6.8
            )
            axes.set(xlabel="", ylabel="")
            axes.tick_params(length=0)
            axes.xaxis.tick_top()
            caption(figure, heading, remark)
            settle(figure)
        long = table.rename_axis(index="variable").reset_index().melt(id_vars="variable", var_name="year", value_name="count")
        return Drawing(figure, long, heading, remark)

    return FigureExhibit(paint)


def _checked(counts: pd.DataFrame, full: int | None) -> pd.DataFrame:
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


def _numbers(axes: Axes, table: pd.DataFrame, most: int) -> None:
    """The count in each incomplete cell, in black or white, whichever is read more easily; numbers everywhere would hide the gaps."""
    import matplotlib
    from matplotlib.colors import to_hex

    colours = matplotlib.colormaps[SEQUENTIAL]
    wide = table.shape[1] <= 26
    for (row, column), count in np.ndenumerate(table.to_numpy()):
        if 0 < count < most and wide:
            ink = ink_on(to_hex(colours(count / most / 1.25)))
            axes.text(column + 0.5, row + 0.5, f"{count:,}", ha="center", va="center", fontsize=6.0, color=ink)
