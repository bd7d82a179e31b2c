"""Effects by the periods since a treatment began, of one or several estimators side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import pandas as pd
from matplotlib.ticker import MaxNLocator

from toolkit.errors import PresentationError
from toolkit.estimate.treatment.event_study import NAMES, EventStudy
from toolkit.language import Text
from toolkit.present.exhibit import Drawing, FigureExhibit
from toolkit.present.figures.canvas import Sheet, legend_above, number_axis, on_sheet, reference_line
from toolkit.present.figures.inputs import as_written, series_style
from toolkit.present.style import MUTED, Width
from toolkit.present.words.labels import label
from toolkit.present.words.naming import Labels, Notes, Texts

_PERIODS = Text("Periods since the treatment began", "距处理开始的期数")
_EFFECT = Text("Effect on {outcome}", "对{outcome}的影响")
_BANDS = Text(
    "Thick bar: pointwise 95% interval; thin bar: simultaneous 95% band of all event times; a point without bars is the reference.",
    "粗线为逐点95%置信区间，细线为全部相对时期的95%联合置信带；无线段的点为基期。",
)
_SHARE = 0.62  # of a period that the estimators of an event time share
Studies: TypeAlias = "Mapping[str | Text, EventStudy] | Sequence[EventStudy] | EventStudy"


def event_study_plot(
    studies: Studies,
    *,
    y_label: str | Text | None = None,
    names: Texts | None = None,
    labels: Labels = None,
    title: str | Text = "",
    notes: Notes = (),
    width: Width = "two",
) -> FigureExhibit:
    """Effects by event time with pointwise intervals (thick) and simultaneous bands (thin).

    Parameters
    ----------
    studies : one study, several (each under the name of its estimator), or name -> study.
    y_label : default "Effect on" and the outcome.
    names, labels, title, notes, width : as in every figure, see :mod:`toolkit.present.figures`; names of the studies.

    Raises
    ------
    PresentationError
        if there is no study, or two have one name.

    Examples
    --------
    >>> import numpy as np
    >>> from toolkit.estimate import event_study
    >>> from toolkit.panel import Panel
    >>> frame = pd.DataFrame({"unit": np.repeat(np.arange(12), 4), "year": np.tile(np.arange(2000, 2004), 12)})
    >>> frame = frame.assign(d=1 * ((frame["unit"] < 6) & (frame["year"] > 2001)), y=np.random.default_rng(1).normal(size=48))
    >>> study = event_study("y ~ 1", Panel(frame, "unit", "year"), treatment="d", estimator="two-way", rng=np.random.default_rng(1))
    >>> event_study_plot(study).draw("en").data["event_time"].tolist()
    [-2, -1, 0, 1]
    """
    named = _named(studies)
    first = next(iter(named.values()))
    parts = {name: study.tidy() for name, study in named.items()}
    columns = ["event_time", "estimate", "std_error", "conf_low", "conf_high", "band_low", "band_high", "entities"]
    data = pd.concat(
        [part[columns].assign(study=name.en if isinstance(name, Text) else name) for name, part in parts.items()], ignore_index=True
    )

    def paint(sheet: Sheet) -> Drawing:
        figure = sheet.figure(3.1)
        axes = figure.add_subplot()
        reference_line(axes, 0.0, "y", colour=MUTED, style="-")
        reference_line(axes, -0.5, "x", colour=MUTED)
        for position, (name, part) in enumerate(parts.items()):
            style = series_style(position)
            places = part["event_time"].astype(float) + (position - (len(parts) - 1) / 2) * _SHARE / len(parts)
            known = (part["std_error"] > 0).to_numpy()
            axes.vlines(places[known], part["band_low"][known], part["band_high"][known], color=style.colour, linewidth=0.9)
            axes.vlines(places[known], part["conf_low"][known], part["conf_high"][known], color=style.colour, linewidth=2.6)
            said = sheet.say(name if isinstance(name, Text) else sheet.names.get(name, name))
            axes.plot(
                places,
                part["estimate"],
                linestyle="",
                marker=style.marker,
                color=style.colour,
                markersize=5.5,
                markeredgecolor="white",
                label=said,
            )
        axes.set_xlabel(sheet.say(_PERIODS))
        axes.set_ylabel(sheet.say(y_label) if y_label is not None else _effect(first, sheet))
        axes.xaxis.set_major_locator(MaxNLocator(nbins=12, integer=True))
        number_axis(axes.yaxis)
        axes.grid(axis="y")
        if len(parts) > 1:
            legend_above(axes)
        return sheet.finish(figure, data, sheet.say(_BANDS), *_said(named, sheet))

    return on_sheet(paint, *named.values(), title=title, notes=notes, width=width, names=names, labels=labels)


def _named(studies: Studies) -> dict[str | Text, EventStudy]:
    if isinstance(studies, Mapping):
        named = dict(studies)
    else:
        several = [studies] if isinstance(studies, EventStudy) else list(studies)
        named = {NAMES[study.estimator]: study for study in several}
        if len(named) < len(several):
            raise PresentationError("two studies are by the same estimator", remedy="name them: {'short': study, 'long': other}")
    if not named:
        raise PresentationError("the figure has no event study", remedy="pass at least one")
    return named


def _effect(study: EventStudy, sheet: Sheet) -> str:
    outcome = {language: as_written(label(study.outcome, language, sheet.known)) for language in ("en", "zh")}
    return _EFFECT.filled(outcome=Text(outcome["en"], outcome["zh"])).to(sheet.language)


def _said(named: Mapping[str | Text, EventStudy], sheet: Sheet) -> list[str]:
    """What each study is measured against, and what was binned."""
    lines = []
    for name, study in named.items():
        notes = [study.normalisation, *(w for w in study.warnings if w.key == "binned")]
        said = ("" if sheet.language == "zh" else " ").join(n.to(sheet.language) for n in notes)
        lines.append(f"{sheet.say(name)}{'：' if sheet.language == 'zh' else ': '}{said}" if len(named) > 1 else said)
    return lines
