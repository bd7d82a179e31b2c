"""Provinces as equal squares coloured by class: which belong together, for example in convergence clubs."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import pandas as pd

from toolkit.errors import PresentationError
from toolkit.language import Language, Text, text_in
from toolkit.present.exhibit import Drawing, FigureExhibit
from toolkit.present.figures.canvas import caption, settle
from toolkit.present.figures.inputs import name_of
from toolkit.present.figures.squares import by_province, draw_squares, panels_across, square_names
from toolkit.present.listed import listed
from toolkit.present.naming import Labels, names_for
from toolkit.present.places import PROVINCES
from toolkit.present.style import FAINT, SEQUENTIAL, Width, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Classes = Mapping[str, object] | Mapping[int, object] | pd.Series | pd.DataFrame
_MOST = 9  # shades that can be told apart


def tile_classes(
    values: Classes,
    classes: Mapping[str, str | Text],
    *,
    apart: Collection[str] = (),
    panel_names: Mapping[str, str | Text] | None = None,
    labels: Labels = None,
    title: str | Text = "",
    note: str | Text = "",
    width: Width = "two",
) -> FigureExhibit:
    """One square per province with the key of its class, for one or several panels; all 34 units are shown.

    Parameters
    ----------
    values : province -> key of its class, as a mapping, a series, or a frame with one column per panel. Provinces are named in English or
        Chinese, or by their six-digit code. A missing class is dashed.
    classes : key -> name in the legend, from the lightest to the darkest shade. Keys stand in the squares, so keep them short. The legend
        lists the classes that occur.
    apart : keys of classes outside the order (no club, not classified), drawn in grey.
    panel_names : column -> text, for columns that hold short ids.
    labels : labels of columns and ids that take precedence over the registry, which names those of its own data; ``"registry"`` asks for
        its labels and units for any data.
    title, note : texts; that the grid is no map is always added to the note.
    width : journal columns.

    Raises
    ------
    UnknownProvince
        with near names.
    PresentationError
        if a class has no name, a province occurs twice, a panel is empty, or there are more than nine panels or shades.

    Examples
    --------
    >>> tile_classes({"Beijing": "1", "Hebei": "2"}, {"2": "low", "1": "high"}).draw("en").data.dropna()["class"].tolist()
    ['1', '2']
    """
    apart = listed(apart)
    table = _checked(values, classes, apart)
    panels = list(table.columns)
    seen = set(table.stack().dropna())
    ordered = [key for key in classes if key not in apart]
    known = names_for(labels, values)

    def paint(language: Language) -> Drawing:
        heading = text_in(title, language)
        across, side = panels_across(len(panels), width)
        down = math.ceil(len(panels) / across)
        with styled():
            shades = {**_shades(ordered), **dict.fromkeys(apart, FAINT)}
            names, about = square_names(side / 9.4, language)
            remark = "\n".join(part for part in (text_in(note, language), about) if part)
            entries = {f"{key}  {text_in(classes[key], language)}": shades[key] for key in classes if key in seen}
            columns = min(len(entries), 2 if width == "one" else 4)
            bar = 0.2 * math.ceil(len(entries) / columns)
            figure = new_figure(width, min(9.4, down * (side + 0.22) + bar))
            cells = figure.add_gridspec(down + 1, across, height_ratios=[*[side] * down, bar])
            for place, panel in enumerate(panels):
                axes = figure.add_subplot(cells[divmod(place, across)])
                axes.set_axis_off()
                texts = {str(province): str(key) for province, key in table[panel].dropna().items()}
                draw_squares(axes, texts, {province: shades[key] for province, key in texts.items()}, side / 9.4, names, language)
                if len(panels) > 1:
                    head = text_in((panel_names or {}).get(str(panel), name_of(panel, language, known)), language)
                    axes.set_title(head, fontsize=9, loc="center", pad=1)
            _legend(figure.add_subplot(cells[down, :]), entries, columns)
            caption(figure, heading, remark)
            settle(figure)
        return Drawing(figure, _long(table), heading, remark)

    return FigureExhibit(paint)


def _checked(values: Classes, classes: Mapping[str, str | Text], apart: Collection[str]) -> pd.DataFrame:
    """34 provinces x panels of keys as text, missing where nothing is given."""
    table = by_province(values)
    keys = table.astype("object").where(table.notna(), None).map(lambda key: None if key is None else str(key))
    unknown = sorted({*keys.stack().dropna(), *apart} - set(classes))
    if unknown:
        raise PresentationError(
            f"the tiles have a class {unknown[0]!r} without a name", where=f"named: {', '.join(classes)}", remedy="name it in classes"
        )
    if len(set(classes) - set(apart)) > _MOST:
        raise PresentationError(f"{len(set(classes) - set(apart))} classes are too many to tell apart", remedy=f"use at most {_MOST}")
    bare = [str(panel) for panel in keys.columns if keys[panel].isna().all()]
    if bare:
        where = f"panel {bare[0]}" if keys.shape[1] > 1 else ""
        raise PresentationError("the tiles have no class to show", where=where, remedy="choose a variable and a year with data")
    return keys.reindex(list(PROVINCES))


def _shades(ordered: list[str]) -> dict[str, str]:
    """Light to dark in the order of the classes."""
    import matplotlib
    from matplotlib.colors import to_hex

    colours = matplotlib.colormaps[SEQUENTIAL]
    last = max(len(ordered) - 1, 1)
    return {key: to_hex(colours(0.1 + 0.78 * place / last)) for place, key in enumerate(ordered)}


def _legend(axes: Axes, shades: Mapping[str, str], columns: int) -> None:
    """Name and shade of each class, in a row of its own below the squares."""
    from matplotlib.patches import Patch

    handles = [Patch(facecolor=colour, label=name) for name, colour in shades.items()]
    axes.set_axis_off()
    axes.legend(handles=handles, loc="center", ncols=columns, handlelength=1.2, columnspacing=1.4, borderaxespad=0.0, borderpad=0.0)


def _long(table: pd.DataFrame) -> pd.DataFrame:
    parts = [pd.DataFrame({"province": table.index, "panel": panel, "class": table[panel].to_numpy()}) for panel in table.columns]
    return pd.concat(parts, ignore_index=True)
