"""Coefficients with their intervals, beside zero and beside the value that somebody claims."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.errors import PresentationError
from toolkit.language import Text
from toolkit.present.exhibit import Drawing, FigureExhibit
from toolkit.present.figures.canvas import (
    Sheet,
    draw_references,
    legend_above,
    longest_line,
    number_axis,
    on_sheet,
    reference_line,
    row_axis,
    row_height,
    wrap,
)
from toolkit.present.figures.inputs import References, as_written, checked_references, series_style
from toolkit.present.style import MUTED, Width
from toolkit.present.words.labels import label, nodes_of
from toolkit.present.words.naming import Labels, Notes, Texts, listed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from toolkit.estimate.results.estimate import Estimate

_INTERVALS = Text(
    "Point: estimate. Thick bar: 90% interval; thin bar: 95% interval.", "点为估计值，粗线为 90%置信区间，细线为 95%置信区间。"
)
_COEFFICIENT = glossary.COEFFICIENT
_ROW = 0.27  # inches per row
Estimates: TypeAlias = "Mapping[str | Text, Estimate] | Sequence[Estimate] | Estimate"


def coefficient_plot(
    estimates: Estimates,
    terms: str | Sequence[str] | Mapping[str | Text, str],
    *,
    references: References = (),
    x_label: str | Text = _COEFFICIENT,
    names: Texts | None = None,
    labels: Labels = None,
    title: str | Text = "",
    notes: Notes = (),
    width: Width = "two",
) -> FigureExhibit:
    """Point estimates with 90% (thick) and 95% (thin) intervals.

    One term (or one for each estimate) gives one row per estimate; several terms give one row per term, with the estimates of a term
    side by side.

    Parameters
    ----------
    estimates : one estimate, name -> estimate, or a sequence that is numbered (1), (2), ...
    terms : one term or several, as they stand in ``estimate.terms``; an estimate without the term has no mark there. A mapping
        name -> term gives each named estimate its own, for example a lag in one model.
    references : (value, text) of values to compare with, for example the one of a paper.
    x_label : below the coefficients.
    names, labels, title, notes, width : as in every figure, see :mod:`toolkit.present.figures`; names of estimates and terms.

    Raises
    ------
    PresentationError
        if there is no estimate, or none of them has one of the terms (near names are listed).

    Examples
    --------
    >>> from toolkit.estimate import fit_pooled
    >>> from toolkit.panel import Panel
    >>> frame = pd.DataFrame({"firm": list("abcabc"), "year": [1, 1, 1, 2, 2, 2], "x": [1.0, 2, 3, 2, 3, 5], "y": [1.0, 2, 2, 3, 3, 4]})
    >>> estimate = fit_pooled("y ~ x", Panel(frame, "firm", "year"))
    >>> coefficient_plot([estimate], "x", references=(0.38, "paper: 0.38")).draw("en").data["term"].tolist()
    ['x']
    """
    named = _named(estimates)
    single = isinstance(terms, str | Mapping) or len(terms) == 1
    wanted = tuple(dict.fromkeys((terms,) if isinstance(terms, str) else terms.values() if isinstance(terms, Mapping) else terms))
    data = _coefficient_frame(named, wanted)
    if isinstance(terms, Mapping):
        own = {position: terms.get(name) for position, name in enumerate(named)}
        data = data[data["term"] == data["position"].map(own)].reset_index(drop=True)
    if single:
        kept = set(data["position"])
        named = {name: estimate for position, (name, estimate) in enumerate(named.items()) if position in kept}
        data["position"] = np.arange(len(named))
    compared, nodes = checked_references(references), nodes_of(*named.values())

    def paint(sheet: Sheet) -> Drawing:
        models = [sheet.say(name if isinstance(name, Text) else sheet.names.get(name, name)) for name in named]
        variables = [as_written(label(nodes.get(term, term), sheet.language, sheet.known)) for term in wanted]
        shown = [wrap(name, sheet.inches * 0.36, 8.0) for name in (models if single else variables)]
        least = _ROW if single else _ROW * max(1.0, 0.62 * len(named))
        figure = sheet.figure(0.62 + len(shown) * row_height(shown, 8.0, least))
        axes = figure.add_subplot()
        reference_line(axes, 0.0, "x", colour=MUTED, style="-")
        draw_references(axes, compared, "x", sheet)
        row_axis(axes, shown)
        for position, model in enumerate(models):
            part = data.loc[data["position"] == position]
            # the estimates of a term share 62 % of its row, centred on it
            places = part["position"] if single else part["row"] + (position - (len(named) - 1) / 2) * 0.62 / len(named)
            _marks(axes, part, places.to_numpy(dtype=float), position=0 if single else position, name=None if single else model)
        axes.set_xlabel(sheet.say(x_label))
        number_axis(axes.xaxis)
        axes.grid(axis="x")
        legend_above(axes, left=longest_line(shown, 8.0) + 0.2)
        drawn = data.drop(columns=["position", "row"]).assign(
            label=[label(nodes.get(term, term), "en", sheet.known) for term in data["term"]]
        )
        return sheet.finish(figure, drawn, sheet.say(_INTERVALS))

    return on_sheet(paint, *named.values(), title=title, notes=notes, width=width, names=names, labels=labels)


def _named(estimates: Estimates) -> dict[str | Text, Estimate]:
    named: dict[str | Text, Estimate] = (
        dict(estimates) if isinstance(estimates, Mapping) else {f"({number})": est for number, est in enumerate(listed(estimates), start=1)}
    )
    if not named:
        raise PresentationError("the coefficient plot has no estimates", remedy="pass at least one")
    return named


def _coefficient_frame(named: Mapping[str | Text, Estimate], terms: Sequence[str]) -> pd.DataFrame:
    """One row per estimate and term: point estimate, standard error, both intervals, and where the mark stands.

    Raises
    ------
    PresentationError
        if no estimate has one of the terms.
    """
    known = {term for estimate in named.values() for term in estimate.terms}
    for term in terms:
        if term not in known:
            near = difflib.get_close_matches(term, sorted(known), n=3, cutoff=0.4)
            raise PresentationError(
                f"no estimate has a term {term!r}",
                where=f"terms: {', '.join(sorted(known))}",
                remedy=f"did you mean {' or '.join(near)}?" if near else "use a term of the estimates",
            )
    records = []
    for position, (name, estimate) in enumerate(named.items()):
        inner, outer = (estimate.tidy(level).set_index("term") for level in (0.90, 0.95))
        for row, term in enumerate(terms):
            if term in outer.index:
                records.append(
                    {
                        "position": position,
                        "row": row,
                        "model": name.en if isinstance(name, Text) else name,
                        "term": term,
                        "estimate": outer.loc[term, "estimate"],
                        "std_error": outer.loc[term, "std_error"],
                        "low_95": outer.loc[term, "conf_low"],
                        "low_90": inner.loc[term, "conf_low"],
                        "high_90": inner.loc[term, "conf_high"],
                        "high_95": outer.loc[term, "conf_high"],
                    }
                )
    return pd.DataFrame.from_records(records)


def _marks(axes: Axes, part: pd.DataFrame, places: np.ndarray, *, position: int, name: str | None) -> None:
    style = series_style(position)
    axes.hlines(places, part["low_95"], part["high_95"], color=style.colour, linewidth=1.0)
    axes.hlines(places, part["low_90"], part["high_90"], color=style.colour, linewidth=2.8)
    axes.plot(
        part["estimate"], places, linestyle="", marker=style.marker, color=style.colour, markersize=6, markeredgecolor="white", label=name
    )
