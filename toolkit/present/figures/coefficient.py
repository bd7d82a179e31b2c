"""Coefficients with their intervals, beside zero and beside the value that somebody claims."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.errors import PresentationError
from toolkit.language import Language, Text, text_in
from toolkit.present.exhibit import Drawing, FigureExhibit
from toolkit.present.figures.canvas import (
    caption,
    legend_above,
    longest_line,
    number_axis,
    powers_into_labels,
    reference_line,
    row_height,
    settle,
    wrap,
)
from toolkit.present.figures.inputs import as_written, series_style
from toolkit.present.style import CLAIM, MUTED, WIDTHS, Width, new_figure, styled
from toolkit.present.words.labels import label, nodes_of
from toolkit.present.words.naming import Labels, listed, names_for

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from toolkit.estimate.results.estimate import Estimate

_INTERVALS = Text(
    "Point: estimate. Thick bar: 90 % interval; thin bar: 95 % interval.", "点为估计值，粗线为 90% 置信区间，细线为 95% 置信区间。"
)
_COEFFICIENT = glossary.COEFFICIENT
_ROW = 0.27  # inches per row
Estimates: TypeAlias = "Mapping[str | Text, Estimate] | Sequence[Estimate] | Estimate"


def coefficient_plot(
    estimates: Estimates,
    terms: str | Sequence[str] | Mapping[str | Text, str],
    *,
    reference: tuple[float, str | Text] | None = None,
    x_label: str | Text = _COEFFICIENT,
    labels: Labels = None,
    title: str | Text = "",
    note: str | Text = "",
    width: Width = "two",
) -> FigureExhibit:
    """Point estimates with 90 % (thick) and 95 % (thin) intervals.

    One term (or one for each estimate) gives one row per estimate; several terms give one row per term, with the estimates of a term
    side by side.

    Parameters
    ----------
    estimates : one estimate, name -> estimate, or a sequence that is numbered (1), (2), ...
    terms : one term or several, as they stand in ``estimate.terms``; an estimate without the term has no mark there. A mapping
        name -> term gives each named estimate its own, for example a lag in one model.
    reference : (value, text) of the value to compare with, for example the one of a paper.
    labels : labels of columns and ids that take precedence over the registry, which names those of its own data; ``"registry"`` asks for
        its labels and units for any data.
    x_label, title, note : texts.
    width : journal columns.

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
    >>> coefficient_plot([estimate], "x", reference=(0.38, "paper: 0.38")).draw("en").data["term"].tolist()
    ['x']
    """
    named = _named(estimates)
    single = isinstance(terms, str | Mapping) or len(terms) == 1
    wanted = tuple(dict.fromkeys((terms,) if isinstance(terms, str) else terms.values() if isinstance(terms, Mapping) else terms))
    data = coefficient_frame(named, wanted)
    if isinstance(terms, Mapping):
        own = {position: terms.get(name) for position, name in enumerate(named)}
        data = data[data["term"] == data["position"].map(own)].reset_index(drop=True)
    if single:
        kept = set(data["position"])
        named = {name: estimate for position, (name, estimate) in enumerate(named.items()) if position in kept}
        data["position"] = np.arange(len(named))
    known, nodes = names_for(labels, *named.values()), nodes_of(*named.values())

    def paint(language: Language) -> Drawing:
        heading = text_in(title, language)
        remark = "\n".join(part for part in (text_in(note, language), _INTERVALS.to(language)) if part)
        with styled():
            row_names = (
                [text_in(name, language) for name in named]
                if single
                else [as_written(label(nodes.get(term, term), language, known)) for term in wanted]
            )
            words = [wrap(name, WIDTHS[width] * 0.36, 8.0) for name in row_names]
            least = _ROW if single else _ROW * max(1.0, 0.62 * len(named))
            figure = new_figure(width, 0.62 + len(words) * row_height(words, 8.0, least))
            axes = figure.add_subplot()
            reference_line(axes, 0.0, "x", colour=MUTED, style="-")
            if reference is not None:
                reference_line(axes, reference[0], "x", colour=CLAIM, label=text_in(reference[1], language))
            _rows(axes, words)
            for position, name in enumerate(named):
                part = data.loc[data["position"] == position]
                places = part["position"] if single else part["row"] + (position - (len(named) - 1) / 2) * 0.62 / len(named)
                _marks(axes, part, places.to_numpy(dtype=float), 0 if single else position, None if single else text_in(name, language))
            axes.set_xlabel(text_in(x_label, language))
            number_axis(axes.xaxis)
            axes.grid(axis="x")
            legend_above(axes, left=longest_line(words, 8.0) + 0.2)
            caption(figure, heading, remark)
            powers_into_labels(figure)
            settle(figure)
        shown = data.drop(columns=["position", "row"]).assign(label=[label(nodes.get(term, term), "en", known) for term in data["term"]])
        return Drawing(figure, shown, heading, remark)

    return FigureExhibit(paint)


def _named(estimates: Estimates) -> dict[str | Text, Estimate]:
    named: dict[str | Text, Estimate] = (
        dict(estimates) if isinstance(estimates, Mapping) else {f"({number})": est for number, est in enumerate(listed(estimates), start=1)}
    )
    if not named:
        raise PresentationError("the coefficient plot has no estimates", remedy="pass at least one")
    return named


def coefficient_frame(named: Mapping[str | Text, Estimate], terms: Sequence[str]) -> pd.DataFrame:
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


def _rows(axes: Axes, names: Sequence[str]) -> None:
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_yticks(np.arange(len(names)), names)
    axes.tick_params(axis="y", length=0)


def _marks(axes: Axes, part: pd.DataFrame, places: np.ndarray, position: int, name: str | None) -> None:
    style = series_style(position)
    axes.hlines(places, part["low_95"], part["high_95"], color=style.colour, linewidth=1.0)
    axes.hlines(places, part["low_90"], part["high_90"], color=style.colour, linewidth=2.8)
    axes.plot(
        part["estimate"], places, linestyle="", marker=style.marker, color=style.colour, markersize=6, markeredgecolor="white", label=name
    )
