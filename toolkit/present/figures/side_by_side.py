"""Scatters beside each other: the same two quantities seen in several ways, each with its own line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from toolkit.language import Text
from toolkit.present.exhibit import Drawing, FigureExhibit
from toolkit.present.figures.canvas import Sheet, number_axis, on_sheet
from toolkit.present.figures.inputs import complete_rows, groups_of, require_few
from toolkit.present.figures.scatter import draw_points, fitted_line, label_points, selected
from toolkit.present.style import CLAIM, FAINT, Width
from toolkit.present.words import formats
from toolkit.present.words.naming import Labels, Notes, Texts

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_PANELS = 3
_HEAD = Text("{head} (slope {slope})", "{head}（斜率{slope}）")
_LINES = Text("Lines: least squares with 95% interval of the mean.", "直线为最小二乘拟合，灰带为均值的95%置信区间。")


def scatter_panels(
    frame: pd.DataFrame,
    x: str,
    y: str,
    panel: str,
    *,
    label: str | None = None,
    select: Sequence[object] | None = None,
    group: str | None = None,
    x_label: str | Text | None = None,
    y_label: str | Text | None = None,
    names: Texts | None = None,
    labels: Labels = None,
    title: str | Text = "",
    notes: Notes = (),
    width: Width = "two",
    height: float = 3.3,
) -> FigureExhibit:
    """Points (x, y) and their least-squares line in panels side by side, the slope of each in its heading.

    Parameters
    ----------
    frame : one row per point; rows without x or y are left out.
    x, y, panel : columns; panels in order of first appearance, each with its own axes.
    label, select, group : names of points, those that are written, and the column of colours, as in
        :func:`~toolkit.present.figures.scatter.scatter_with_fit`.
    x_label, y_label : of all panels.
    names, labels, title, notes, width : as in every figure, see :mod:`toolkit.present.figures`; names of panels, points and groups.
    height : inches.

    Raises
    ------
    MissingColumn
    PresentationError
        for more than 3 panels, or a selected name that is not in the data.

    Examples
    --------
    >>> frame = pd.DataFrame({"way": list("aaabbb"), "x": [1.0, 2, 3, 1, 2, 3], "y": [1.0, 2, 3, 2, 2, 2]})
    >>> scatter_panels(frame, "x", "y", "way").draw("en").data["way"].nunique()
    2
    """
    rows = complete_rows(frame, [x, y], [panel, label, group], "the scatter figure")
    panels = groups_of(rows, panel, "")
    require_few(len(panels), _MOST_PANELS, "panels", panel)
    lines = {key: fitted_line(part[x].to_numpy(), part[y].to_numpy()) for key, part in panels.items()}
    written = dict(zip(rows.index, selected(rows, label, select, "the scatter figure"), strict=True))

    def paint(sheet: Sheet) -> Drawing:
        figure = sheet.figure(height)
        grid = figure.subplots(1, len(panels), squeeze=False)[0]
        for axes, (key, part) in zip(grid, panels.items(), strict=True):
            draw_points(axes, part, columns=(x, y), group=group, size=16, sheet=sheet)
            line = lines[key]
            head = sheet.name(key)
            if line is not None:
                axes.fill_between(line.x, line.low, line.high, color=FAINT, alpha=0.45, linewidth=0, zorder=1)
                axes.plot(line.x, line.y, color=CLAIM, linewidth=1.2, zorder=2)
                head = sheet.say(_HEAD).format(head=head, slope=formats.fixed(line.slope, 3))
            axes.set_title(head)
            for axis in (axes.xaxis, axes.yaxis):
                number_axis(axis, 5)
            axes.margins(0.07)
            axes.set_xlabel(sheet.axis(x, x_label))
        grid[0].set_ylabel(sheet.axis(y, y_label))
        if group is not None:
            _legend_below_points(grid[-1])
        drawing = sheet.finish(figure, rows, sheet.say(_LINES))
        for axes, part in zip(grid, panels.values(), strict=True):
            texts = [sheet.name(written[at]) if written[at] is not None else "" for at in part.index]
            label_points(axes, part[x].to_numpy(), part[y].to_numpy(), texts)
        return drawing

    return on_sheet(paint, frame, title=title, notes=notes, width=width, names=names, labels=labels)


def _legend_below_points(axes: Axes) -> None:
    """A legend in a strip of its own at the foot of the axes, where no point lies."""
    count = len(axes.get_legend_handles_labels()[1])
    low, high = axes.get_ylim()
    axes.set_ylim(low - 0.075 * count * (high - low), high)
    axes.legend(loc="lower right", fontsize=7.0, handletextpad=0.2, borderpad=0.1, labelspacing=0.3)
