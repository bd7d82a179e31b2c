"""Which regressors a dynamic panel model can estimate, period indicators and intercept among them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import NothingToEstimate
from toolkit.estimate.design import DesignColumn, Level
from toolkit.estimate.dynamic.equations import Stack
from toolkit.estimate.kernels import norms
from toolkit.estimate.notes import collinear_with
from toolkit.estimate.omission import ROUNDING, flat_reason, independent, is_flat
from toolkit.estimate.predict import INTERCEPT
from toolkit.estimate.records import Omitted
from toolkit.estimate.sample import Sample
from toolkit.estimate.source import Source
from toolkit.estimate.spec import Spec
from toolkit.estimate.terms import Term
from toolkit.language import Note

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Regressors:
    """The columns that have a coefficient, in levels.

    Attributes
    ----------
    levels : (k, n) period indicators first, then the intercept of the system, then the terms of the formula.
    terms : names of the last columns, those that are reported.
    built : how they are built (not the intercept).
    hidden : how many period indicators stand before them.
    omitted : terms that could not be estimated.
    """

    levels: Floats
    terms: tuple[str, ...]
    built: tuple[DesignColumn, ...]
    hidden: int
    omitted: tuple[Omitted, ...]


def choose_regressors(spec: Spec, source: Source, stacked: Stack) -> Regressors:
    """The columns of which something is left after the transformation; the earlier of two that say the same is kept.

    Raises
    ------
    NothingToEstimate
        If the outcome does not change over time, or no term is left.
    """
    sample = stacked.sample
    _check_outcome(spec, stacked)
    positions = [j for j, column in enumerate(sample.columns) if any(comes_from(column, term) for term in spec.terms)]
    periods = _period_indicators(spec, source, sample)
    intercept = np.ones((int(stacked.system and spec.intercept and not len(periods)), sample.rows))
    levels = np.concatenate([periods, intercept, sample.matrix[1:][positions]])
    names = [source.time or ""] * len(periods) + [INTERCEPT] * len(intercept) + [sample.columns[j].text for j in positions]
    first = len(names) - len(positions)
    kept, reasons = _sift(levels, names, stacked, source.entity or "")
    if not any(j >= first for j in kept):
        told = "; ".join(f"{names[j]}: {why}" for j, why in sorted(reasons.items()) if j >= first) or "the formula has no regressor"
        raise NothingToEstimate("no regressor is left to estimate", where=told, remedy="use regressors that change over time")
    reported = [j for j in kept if j >= len(periods)]
    return Regressors(
        levels=levels[kept],
        terms=tuple(names[j] for j in reported),
        built=tuple(sample.columns[positions[j - first]] for j in reported if j >= first),
        hidden=len(kept) - len(reported),
        omitted=tuple(Omitted(names[j], reasons[j]) for j in sorted(reasons) if j >= first),
    )


def comes_from(column: DesignColumn, term: Term) -> bool:
    """Whether a design column was written out from ``term``."""
    parts = tuple(part.category.text if isinstance(part, Level) else part.text for part in column.parts)
    return parts == tuple(factor.text for factor in term.factors)


def _sift(levels: Floats, names: list[str], stacked: Stack, entity: str) -> tuple[list[int], dict[int, Note]]:
    """Positions of the columns (q, n) to keep, and why the others go."""
    transformed = stacked.columns(levels)
    size = norms(levels, None)
    varying = norms(levels - levels.mean(axis=1, keepdims=True), None)
    flat = is_flat(norms(transformed, None), varying, size)
    standing = np.flatnonzero(~flat).tolist()
    kept, partners = independent(transformed[standing], size[standing], None)
    reasons = {standing[j]: collinear_with(list(dict.fromkeys(names[standing[i]] for i in others))) for j, others in partners.items()}
    assert stacked.sample.entity is not None
    for j in np.flatnonzero(flat).tolist():
        reasons[j] = flat_reason(levels[j].copy(), bool(varying[j] <= ROUNDING * size[j]), [(entity, stacked.sample.entity)], None)
    return [standing[j] for j in kept], reasons


def _check_outcome(spec: Spec, stacked: Stack) -> None:
    outcome = stacked.sample.matrix[:1]
    varying = norms(outcome - outcome.mean(), None)
    if is_flat(norms(stacked.transformation.of(outcome), None), varying, norms(outcome, None))[0]:
        raise NothingToEstimate(
            f"the outcome {spec.outcome} does not change over time", where=f"{stacked.transformed} rows", remedy="use another outcome"
        )


def _period_indicators(spec: Spec, source: Source, sample: Sample) -> Floats:
    """(T, n) one indicator per period if the time effect is absorbed, else (0, n)."""
    if (source.time,) not in {effect.columns for effect in spec.effects}:
        return np.empty((0, sample.rows))
    assert sample.calendar is not None
    return np.asarray(sample.calendar == np.unique(sample.calendar)[:, None], dtype=np.float64)
