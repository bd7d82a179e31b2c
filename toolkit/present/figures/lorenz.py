"""Lorenz curves, with the Gini coefficient of each in the legend."""

from __future__ import annotations

import pandas as pd

from toolkit import glossary
from toolkit.errors import PresentationError
from toolkit.language import Language, Text, text_in
from toolkit.measure.gini import LorenzCurve, lorenz
from toolkit.present.exhibit import Drawing, FigureExhibit
from toolkit.present.figures.canvas import caption, legend_above, settle
from toolkit.present.figures.inputs import as_written, complete_rows, groups_of, name_of
from toolkit.present.figures.series import series_style
from toolkit.present.labels import label
from toolkit.present.naming import Labels, Names, names_for
from toolkit.present.style import MUTED, Width, new_figure, styled

_MOST = 8


def lorenz_curve(
    frame: pd.DataFrame,
    value: str,
    *,
    by: str | None = None,
    weight: str | None = None,
    x_label: str | Text | None = None,
    y_label: str | Text | None = None,
    labels: Labels = None,
    title: str | Text = "",
    note: str | Text = "",
    width: Width = "one",
) -> FigureExhibit:
    """Cumulative share of a total against the cumulative share of units (or of weight), poorest first, beside the line of equality.

    Parameters
    ----------
    frame : one row per unit (and value of ``by``).
    value : column; per unit of weight if ``weight`` is given (yuan per person with population, for example). Rows without a value
        are left out, and counted in the note.
    by : one curve for each value of this column: years, or ids of variables.
    weight : column of weights; units count alike without it.
    labels : labels of columns and ids that take precedence over the registry, which names those of its own data; ``"registry"`` asks for
        its labels and units for any data.
    x_label, y_label, title, note : texts.
    width : journal columns.

    Raises
    ------
    MissingColumn, MeasureError
    PresentationError
        if there are more than eight curves to tell apart.

    Examples
    --------
    >>> frame = pd.DataFrame({"province": ["a", "b"], "rd": [1.0, 3.0]})
    >>> lorenz_curve(frame, "rd").draw("en").data["value_share"].tolist()
    [0.0, 0.25, 1.0]
    """
    rows = complete_rows(frame, [value, *([weight] if weight else [])], [by], "the Lorenz curve")
    groups = groups_of(rows, by, value)
    if len(groups) > _MOST:
        raise PresentationError(
            f"{len(groups)} Lorenz curves cannot be told apart", where=f"column {by}", remedy=f"choose at most {_MOST} values of {by}"
        )
    curves = {key: lorenz(part[value], part[weight] if weight else None) for key, part in groups.items()}
    dropped = len(frame) - len(rows)
    known = names_for(labels, frame)

    def paint(language: Language) -> Drawing:
        heading, remark = text_in(title, language), text_in(note, language)
        if dropped:
            left_out = Text(f"Rows without a value are left out: {dropped}.", f"缺失值已剔除：{dropped} 个观测。").to(language)
            remark = "\n".join(part for part in (remark, left_out) if part)
        with styled():
            figure = new_figure(width, 3.4 if width == "one" else 4.2)
            axes = figure.add_subplot()
            axes.plot([0, 1], [0, 1], color=MUTED, linewidth=0.9, label=Text("Equality", "绝对平均线").to(language))
            for position, (key, curve) in enumerate(curves.items()):
                style = series_style(position)
                name = name_of(key, language, known) + Text(": ", "：").to(language) if by else ""
                gini = glossary.GINI.to(language)
                (line,) = axes.plot(curve.population, curve.value, style.marker, color=style.colour, linestyle=style.line, markersize=3.2)
                line.set(markevery=(position % 3, 4), label=f"{name}{gini} {curve.gini:.3f}")
            of_what = as_written(label(weight, language, known)) if weight else Text("units", "个体").to(language)
            default_x = Text(f"Cumulative share of {of_what}", f"{of_what}累计比重").to(language)
            default_y = _share_label(value, language, known)
            axes.set_xlabel(text_in(x_label, language) if x_label is not None else default_x)
            axes.set_ylabel(text_in(y_label, language) if y_label is not None else default_y)
            axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xticks=[0, 0.25, 0.5, 0.75, 1], yticks=[0, 0.25, 0.5, 0.75, 1])
            if width == "two":
                axes.legend(loc="upper left", bbox_to_anchor=(1.02, 1.0), borderaxespad=0.0)
            else:
                legend_above(axes, columns=1)
            caption(figure, heading, remark)
            settle(figure)
        return Drawing(figure, _points(curves, by), heading, remark)

    return FigureExhibit(paint)


def _share_label(value: str, language: Language, known: Names) -> str:
    name = label(value, language, known)
    if name == value:
        return Text("Cumulative share of the total", "总量累计比重").to(language)
    return as_written(Text(f"Cumulative share: {name}", f"{name}累计比重").to(language))


def _points(curves: dict[object, LorenzCurve], by: str | None) -> pd.DataFrame:
    parts = [
        pd.DataFrame({by or "variable": key, "population_share": curve.population, "value_share": curve.value, "gini": curve.gini})
        for key, curve in curves.items()
    ]
    return pd.concat(parts, ignore_index=True)
