"""Every column of every published study estimated, and every printed number compared with ours to its last digit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from string import Formatter
from typing import Any

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.estimate import (
    Decomposition,
    DynamicSettings,
    Estimate,
    EventStudy,
    event_study,
    fit_between,
    fit_differences,
    fit_dynamic,
    fit_hausman_taylor,
    fit_instruments,
    fit_poisson,
    fit_pooled,
    fit_random,
    fit_random_instruments,
    fit_within,
    goodman_bacon,
    parse,
)
from toolkit.language import Text
from toolkit.panel import Panel
from toolkit.present.record import Statement, statement
from toolkit.registry.published import Column, KnownDifference, PublishedSource, published
from toolkit.studies.published.samples import panel

STUDIES = tuple(published().studies)
"""Names of the studies, in the order of a panel course."""

SEED = 20211231
ROUNDING = 1e-6  # units of the last digit: what float noise may add to half a unit
Fitted = Estimate | EventStudy | Decomposition


def _dynamic(formula: str, data: Panel, *, gmm: dict[str, Any], iv: Any, settings: dict[str, Any]) -> Estimate:
    lags = {name: (first, last) for name, (first, last) in gmm.items()}
    return fit_dynamic(formula, data, gmm=lags, iv=iv if isinstance(iv, dict) else tuple(iv), settings=DynamicSettings(**settings))


METHODS: dict[str, Callable[..., Any]] = {
    "pooled": fit_pooled,
    "between": fit_between,
    "within": fit_within,
    "random": fit_random,
    "differences": fit_differences,
    "instruments": fit_instruments,
    "hausman_taylor": fit_hausman_taylor,
    "random_instruments": fit_random_instruments,
    "dynamic": _dynamic,
    "poisson": fit_poisson,
    "event_study": lambda formula, data, **options: event_study(formula, data, rng=np.random.default_rng(SEED), **options),
    "goodman_bacon": goodman_bacon,
}
_NAMES = {
    "pooled": glossary.POOLED,
    "between": glossary.BETWEEN,
    "within": glossary.FIXED_EFFECTS,
    "random": glossary.RANDOM_EFFECTS,
    "differences": glossary.FIRST_DIFFERENCES,
}


def estimate(study: str, column: str) -> Fitted:
    """One column of a study.

    Examples
    --------
    >>> round(estimate("grunfeld", "within").coefficient("capital").estimate, 3)
    0.31
    """
    asked = published().studies[study].columns[column]
    fitted: Fitted = METHODS[asked.method](asked.formula, panel(asked.data or published().studies[study].data), **asked.options)
    return fitted


@dataclass(frozen=True)
class Comparison:
    """What was published and what came out.

    Attributes
    ----------
    fitted : (study, column) -> the estimate.
    cells : one row for each printed number: study, column, source, standing, cell, part ("coefficient", "std_error", "statistic"), printed
        (text), ours, distance (of ours from the printed number, in units of its last digit), outcome ("met"; "near": within what the source
        allows; "apart") and why (id of the reason, empty if met).
    """

    fitted: dict[tuple[str, str], Fitted]
    cells: pd.DataFrame

    def number(self, study: str, column: str, cell: str, part: str = "coefficient") -> float:
        """Ours, printed or not."""
        return _number(self.fitted[study, column], cell, part)

    def lesson(self, study: str) -> Statement:
        """Why the columns of a study differ, with our numbers."""
        lesson = published().studies[study].lesson
        told = Text(lesson.en, lesson.zh.replace("\n", ""))
        fields = {name for text in told for _, name, _, _ in Formatter().parse(text) if name}
        values = {}
        for field in fields:
            column, _, cell = field.partition(" ")
            part = "std_error" if cell.endswith(" std_error") else "coefficient"
            values[field] = self.number(study, column, cell.removesuffix(" std_error"), part)
        return statement(f"published_{study}", told, **values)

    def unexplained(self) -> pd.DataFrame:
        """Numbers apart without a reason in the registry, and numbers declared apart that are not."""
        apart = self.cells["outcome"] == "apart"
        return self.cells[apart & (self.cells["why"] == "") | ~apart & self.cells["declared"]]


def compare(studies: Sequence[str] = STUDIES) -> Comparison:
    """Estimate the columns of some studies and compare every printed number.

    Parameters
    ----------
    studies : of :data:`STUDIES`.

    Raises
    ------
    RawFileMissing, RawFileChanged
        From the data, see :func:`~toolkit.studies.published.samples.panel`.

    Examples
    --------
    >>> found = compare(["jtrain"])
    >>> found.cells["outcome"].unique().tolist()
    ['met']
    """
    asked = [(study, column) for study in studies for column in published().studies[study].columns]
    fitted = {key: estimate(*key) for key in asked}
    return Comparison(fitted, pd.DataFrame([row for key in asked for row in _rows(key, fitted[key])]))


def beginning(study: str) -> tuple[Panel, str, str, str]:
    """Where a study of one's own can start: a sample, and outcome, regressors and effects of its first least-squares column.

    Of a study without one (instruments, moments, counts) the same terms by least squares, which is what its columns improve on.

    Examples
    --------
    >>> sample, outcome, regressors, effects = beginning("munnell")
    >>> outcome, regressors, effects
    ('log(gsp)', 'log(pcap) + log(pc) + log(emp) + unemp', 'state')
    """
    record = published().studies[study]
    column = min(
        record.columns.values(), key=lambda one: ("within", "pooled").index(one.method) if one.method in ("within", "pooled") else 2
    )
    sample = panel(column.data or record.data)
    spec = parse(f"{column.formula} ~ post | {sample.entity} + {sample.time}" if column.method == "goodman_bacon" else column.formula)
    used = dict.fromkeys((sample.entity, sample.time, *spec.variables))
    terms = (term.text for term in (*spec.terms, *spec.endogenous))
    return Panel(sample.frame[list(used)], sample.entity, sample.time, study), spec.outcome, " + ".join(terms), " + ".join(spec.absorb)


def column_name(column: Column) -> Text:
    """What a column is called in an exhibit."""
    return column.name if column.name.en else _NAMES[column.method]


def _rows(key: tuple[str, str], fitted: Fitted) -> Iterator[dict[str, Any]]:
    study, column = key
    for source, cells in published().studies[study].columns[column].printed.items():
        record = published().sources[source]
        for cell, printed in cells.items():
            parts = zip(("coefficient", "std_error"), printed, strict=True) if isinstance(printed, tuple) else [("statistic", printed)]
            for part, value in parts:
                if value:
                    common = {"study": study, "column": column, "source": source, "standing": record.standing, "cell": cell, "part": part}
                    yield common | _compared(record, value, _number(fitted, cell, part))


def _compared(source: PublishedSource, value: str | KnownDifference, ours: float) -> dict[str, Any]:
    declared = isinstance(value, KnownDifference)
    printed = value.printed if isinstance(value, KnownDifference) else value
    unit = Decimal(1).scaleb(int(Decimal(printed).as_tuple().exponent))
    distance = float((Decimal(float(ours)) - Decimal(printed)) / unit)
    outcome = "met" if abs(distance) <= 0.5 + ROUNDING else "near" if abs(distance) <= source.units else "apart"
    why = value.why if isinstance(value, KnownDifference) else source.why if outcome == "near" else ""
    return {"printed": printed, "ours": ours, "distance": distance, "outcome": outcome, "why": why, "declared": declared}


def _number(fitted: Fitted, cell: str, part: str) -> float:
    if isinstance(fitted, Decomposition) and cell == "estimate":
        return fitted.estimate
    if isinstance(fitted, EventStudy | Decomposition):
        table = fitted.effects.set_index("term") if isinstance(fitted, EventStudy) else fitted.summary.set_index("kind")
        error = "std_error" if isinstance(fitted, EventStudy) else "weight"
        return float(table["estimate" if part == "coefficient" else error][cell])
    if cell in fitted.terms:
        found = fitted.coefficient(cell)
        return found.std_error if part == "std_error" else found.estimate
    return float(getattr(fitted.counts, cell)) if re.fullmatch("rows|entities|periods", cell) else float(fitted.statistics[cell])
