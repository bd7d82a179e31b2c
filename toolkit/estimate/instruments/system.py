"""The rows of a question with instruments: who plays which part, and which columns can be used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import FormulaError, NothingToEstimate, UnderIdentified
from toolkit.estimate.design import DesignColumn, Level
from toolkit.estimate.kernels import make_absorber
from toolkit.estimate.linear import Moments, centre, require_variation
from toolkit.estimate.omission import omissions
from toolkit.estimate.options import Options
from toolkit.estimate.pooled import uncentred
from toolkit.estimate.records import Omitted
from toolkit.estimate.sample import Sample, select
from toolkit.estimate.source import Source
from toolkit.estimate.spec import Spec
from toolkit.estimate.terms import Term

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class System:
    """Outcome, regressors and instruments on the same n rows, absorbed effects (or the mean) removed.

    Attributes
    ----------
    spec : the question.
    sample : rows and matrix; row 0 is the outcome, row 1 + j design column j.
    options : how standard errors are computed.
    outcome : (n,) the outcome as it was.
    moments : what the rows were before effects were removed.
    rank : independent absorbed effects; ``exact_rank`` is false where it is an upper bound.
    entity : name of the entity, "" for a cross-section.
    intercept : whether a constant is estimated.
    endogenous, exogenous, instruments : positions of the design columns that are used.
    omitted : exogenous regressors that cannot be estimated.
    dropped_instruments : instruments that say nothing of their own.
    """

    spec: Spec
    sample: Sample
    options: Options
    outcome: Floats
    moments: Moments
    rank: int
    exact_rank: bool
    entity: str
    intercept: bool
    endogenous: tuple[int, ...]
    exogenous: tuple[int, ...]
    instruments: tuple[int, ...]
    omitted: tuple[Omitted, ...]
    dropped_instruments: tuple[Omitted, ...]

    def names(self, positions: Sequence[int]) -> tuple[str, ...]:
        """Names of design columns."""
        return tuple(self.sample.names[j] for j in positions)

    def rows(self, positions: Sequence[int]) -> Floats:
        """(k, n) design columns."""
        return self.sample.matrix[[j + 1 for j in positions]]

    def regressors(self, positions: Sequence[int]) -> Floats:
        """(k, n) design columns, below a row of ones where a constant is estimated."""
        rows = self.rows(positions)
        return np.vstack([np.ones(self.sample.rows), rows]) if self.intercept else rows


def make_system(spec: Spec, source: Source, options: Options) -> System:
    """Choose rows, remove the effects, and settle which columns are used.

    An exogenous regressor that is collinear is omitted as everywhere; an instrument that is collinear with the effects, the regressors or
    the instruments before it is dropped; an endogenous regressor of which nothing is left is an error.

    Raises
    ------
    FormulaError, EmptySample, NothingToEstimate, UnderIdentified
    """
    _check_roles(spec)
    wide = replace(spec, terms=(*spec.terms, *spec.endogenous, *spec.instruments), endogenous=(), instruments=())
    sample = select(wide, source, options)
    outcome = sample.matrix[0].copy()
    effects = bool(sample.effects)
    intercept = spec.intercept and not effects
    moments = centre(sample.matrix, sample.weights) if effects or intercept else uncentred(sample.matrix, sample.weights)
    rank, exact = 0, True
    if effects:
        absorber = make_absorber(sample.effects, sample.weights)
        absorber.demean(sample.matrix)
        rank, exact = absorber.rank, absorber.exact_rank
    require_variation(sample, moments, sample.named_effects)
    exogenous, endogenous, instruments = (_positions(sample.columns, [t.text for t in part]) for part in _parts(spec))
    kept, lost = _usable(sample, moments, [*exogenous, *endogenous])
    for gone in lost:
        if gone.term in {sample.names[j] for j in endogenous}:
            raise NothingToEstimate(
                f"the endogenous regressor {gone.term} cannot be estimated: {gone.reason}",
                where=f"{spec.formula}, {sample.rows} rows",
                remedy="absorb fewer effects, or take the regressor it is collinear with out of the formula",
            )
    exogenous = [j for j in exogenous if j in kept]
    usable, useless = _usable(sample, moments, [*exogenous, *instruments])
    instruments = [j for j in instruments if j in usable]
    dropped = tuple(o for o in useless if o.term not in {sample.names[j] for j in exogenous})
    _require_order(spec, [sample.names[j] for j in endogenous], [sample.names[j] for j in instruments], dropped)
    return System(
        spec=spec,
        sample=sample,
        options=options,
        outcome=outcome,
        moments=moments,
        rank=rank,
        exact_rank=exact,
        entity=source.entity or "",
        intercept=intercept,
        endogenous=tuple(endogenous),
        exogenous=tuple(exogenous),
        instruments=tuple(instruments),
        omitted=lost,
        dropped_instruments=dropped,
    )


def _parts(spec: Spec) -> tuple[tuple[Term, ...], ...]:
    return spec.terms, spec.endogenous, spec.instruments


def _check_roles(spec: Spec) -> None:
    """Every column has one part to play."""
    if not spec.endogenous or not spec.instruments:
        raise FormulaError(
            "fit_instruments needs endogenous regressors and instruments",
            where=spec.formula,
            remedy='write "y ~ x | province + year | d ~ z"; without instruments use fit_within or fit_pooled',
        )
    exogenous, endogenous, instruments = ({t.text for t in part} for part in _parts(spec))
    conflicts = (
        (endogenous & instruments, "is both endogenous and an instrument", "an endogenous regressor cannot be its own instrument"),
        (
            exogenous & endogenous,
            "is both an exogenous and an endogenous regressor",
            "write it once, before the last ~ if it is endogenous",
        ),
        (
            exogenous & instruments,
            "is both a regressor and an instrument",
            "a regressor is its own instrument already: write it once, on the left",
        ),
        ({spec.outcome} & (endogenous | instruments), "is the outcome and also a regressor or instrument", "take it out of the last part"),
    )
    for twice, what, remedy in conflicts:
        if twice:
            raise FormulaError(f"{', '.join(sorted(twice))} {what}", where=spec.formula, remedy=remedy)


def _positions(columns: Sequence[DesignColumn], terms: Sequence[str]) -> list[int]:
    """Positions of the columns that come from ``terms``."""
    wanted = set(terms)
    return [j for j, column in enumerate(columns) if _origin(column) in wanted]


def _origin(column: DesignColumn) -> str:
    """The text of the term that a column was written out from."""
    return ":".join(part.category.text if isinstance(part, Level) else part.text for part in column.parts)


def _usable(sample: Sample, moments: Moments, positions: list[int]) -> tuple[set[int], tuple[Omitted, ...]]:
    """The positions that can be told apart, earlier ones first, and the others with the reason."""
    if not positions:
        return set(), ()
    at = np.array(positions) + 1
    kept, lost = omissions(
        sample.matrix[at],
        moments.varying[at],
        moments.size[at],
        sample.weights,
        [sample.names[j] for j in positions],
        sample.named_effects,
        lambda j: sample.raw(positions[j]),
    )
    return {positions[j] for j in kept}, lost


def _require_order(spec: Spec, endogenous: list[str], instruments: list[str], dropped: tuple[Omitted, ...]) -> None:
    if len(instruments) >= len(endogenous):
        return
    lost = "; ".join(f"{o.term} was dropped: {o.reason}" for o in dropped)
    have = f"{len(instruments)} usable ({', '.join(instruments)})" if instruments else "none that is usable"
    raise UnderIdentified(
        f"{len(endogenous)} endogenous regressors ({', '.join(endogenous)}) need as many instruments; there are {have}"
        if len(endogenous) > 1
        else f"the endogenous regressor {endogenous[0]} needs an instrument; there is none that is usable",
        where=f"{spec.formula}; {lost}" if lost else spec.formula,
        remedy="name instruments that vary within the absorbed effects and are no combination of the regressors",
    )
