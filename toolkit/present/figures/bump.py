"""Who moved: ranks over time, named at both ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from toolkit.errors import PresentationError
from toolkit.language import Text
from toolkit.numerics import settled
from toolkit.present.exhibit import Drawing, FigureExhibit
from toolkit.present.figures.canvas import Sheet, on_sheet, year_axis
from toolkit.present.figures.inputs import (
    check_once,
    complete_rows,
    groups_of,
    require_values,
    series_style,
    smallest_step,
    with_gaps,
)
from toolkit.present.style import FAINT, MUTED, Width, text_colour
from toolkit.present.words.naming import Labels, Notes, Texts, listed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_RANK = Text("Numbers: rank, the largest value first.", "数字为位次，数值最大者为第一。")
_ROW = 0.155  # inches per rank
_MOST = 50


def bump_chart(
    frame: pd.DataFrame,
    x: str,
    y: str,
    group: str,
    *,
    highlight: Sequence[object] = (),
    names: Texts | None = None,
    labels: Labels = None,
    title: str | Text = "",
    notes: Notes = (),
    width: Width = "two",
) -> FigureExhibit:
    """The rank of every group in every period, largest value first, with the names at both ends.

    Ties share the better rank in the data and are drawn in the order of their names. Ranks are among the groups observed in the period.

    Parameters
    ----------
    frame : one row per group and period.
    x, y : columns of time and value.
    group : column of the groups.
    highlight : groups in colour, all others in grey; by default those that moved most between their first and last period.
    names, labels, title, notes, width : as in every figure, see :mod:`toolkit.present.figures`; names of the groups.

    Raises
    ------
    MissingColumn
    PresentationError
        if there are more than 50 groups, fewer than two periods, or an unknown group is highlighted.

    Examples
    --------
    >>> frame = pd.DataFrame({"year": [2019, 2019, 2020, 2020], "province": ["A", "B"] * 2, "rd": [2.0, 1.0, 1.0, 3.0]})
    >>> bump_chart(frame, "year", "rd", "province").draw("en").data["rank"].tolist()
    [1, 2, 2, 1]
    """
    rows = complete_rows(frame, [x, y], [group], "the bump chart").sort_values([x, group], ignore_index=True)
    check_once(rows, [group, x], "the bump chart")
    groups = groups_of(rows, group, None)
    if not 1 <= len(groups) <= _MOST or rows[x].nunique() < 2:
        raise PresentationError(
            f"ranks of {len(groups)} groups over {rows[x].nunique()} periods cannot be shown",
            remedy=f"pass two periods and up to {_MOST} groups",
        )
    settled_y = rows.groupby(x)[y].transform(lambda of: settled(of.to_numpy(dtype=float)))
    rows["rank"] = settled_y.groupby(rows[x]).rank(method="min", ascending=False).astype("int64")
    rows["place"] = settled_y.groupby(rows[x]).rank(method="first", ascending=False)
    chosen = list(listed(highlight)) or _movers(rows, x, group)
    require_values(chosen, groups, group, "the bump chart")
    step = smallest_step(rows[x].to_numpy())

    def paint(sheet: Sheet) -> Drawing:
        figure = sheet.figure(0.5 + _ROW * len(groups))
        axes = figure.add_subplot()
        for key, part in groups_of(rows.sort_values([group, x]), group, None).items():
            prominent = key in chosen
            style = series_style(chosen.index(key)) if prominent else None
            colour = style.colour if style else FAINT
            axes.plot(
                *with_gaps(part[x].to_numpy(dtype=float), part["place"].to_numpy(), step),
                color=colour,
                linewidth=1.8 if prominent else 0.9,
                marker=style.marker if style else "o",
                markersize=4 if prominent else 2.5,
                zorder=3 if prominent else 2,
            )
            _name_ends(axes, part[[x, "place", "rank"]], sheet.name(key), text_colour(colour) if prominent else MUTED)
        axes.set_ylim(len(groups) + 0.6, 0.4)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        year_axis(axes.xaxis)
        return sheet.finish(figure, rows.drop(columns="place"), sheet.say(_RANK))

    return on_sheet(paint, frame, title=title, notes=notes, width=width, names=names, labels=labels)


def _name_ends(axes: Axes, part: pd.DataFrame, name: str, ink: str) -> None:
    """Name and rank at both ends of a line; ``part`` has its time, its place and its rank."""
    for end, side, shift in ((part.iloc[0], "right", -4), (part.iloc[-1], "left", 4)):
        time, place, rank = end.iloc[0], end["place"], int(end["rank"])
        axes.annotate(
            f"{name}  {rank}" if side == "right" else f"{rank}  {name}",
            (time, place),
            xytext=(shift, 0),
            textcoords="offset points",
            ha=side,
            va="center",
            fontsize=6.8,
            color=ink,
            annotation_clip=False,
        )


def _movers(rows: pd.DataFrame, x: str, group: str) -> list[object]:
    """The six groups whose rank changed most between their first and last period; ties by name."""
    ranks = rows.sort_values(x).groupby(group)["rank"].agg(["first", "last"])
    moved = (ranks["last"] - ranks["first"]).abs()
    order = np.lexsort((moved.index.astype(str), -moved.to_numpy()))
    return [moved.index[i] for i in order[:6] if moved.iloc[i] > 0]
