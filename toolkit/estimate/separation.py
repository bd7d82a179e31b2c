"""Rows that tell a Poisson model nothing: zeros that effects or regressors predict without error.

A level of an effect whose outcomes are all zero has the effect minus infinity. The same happens to a combination of regressors (and
effects) that is zero wherever the outcome is positive and has one sign elsewhere: its coefficient runs off, and the zeros it reaches are
predicted perfectly. Such rows carry no information about the other coefficients; without them the estimates are the same, and finite
(Correia, Guimaraes and Zylkin 2021).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from toolkit.estimate.engines import separating_rows
from toolkit.estimate.groups import Grouping
from toolkit.estimate.kernels import make_absorber, norms, rank_of
from toolkit.estimate.notes import PREDICTED, always_zero
from toolkit.estimate.omission import independent, is_flat
from toolkit.estimate.options import Options
from toolkit.estimate.sample import Ledger, Sample, drop_singletons, restrict
from toolkit.estimate.source import Source

Floats = NDArray[np.float64]


def drop_separated(sample: Sample, source: Source, options: Options) -> Sample:
    """The sample without zeros that are predicted perfectly, each kind counted, again and again until none is left.

    Raises
    ------
    EmptySample
        If the outcome is always zero.
    """
    while True:
        ledger = Ledger(source, sample.positions)
        _drop_zero_levels(sample, ledger)
        if ledger.complete:
            ledger.drop(_separated(sample), PREDICTED)
        if ledger.complete:
            return sample
        if options.small_sample not in ("xtreg", "plm"):
            drop_singletons(list(sample.named_effects), ledger)
        ledger.require(sample.spec.formula)
        sample = restrict(sample, ledger)


def _drop_zero_levels(sample: Sample, ledger: Ledger) -> None:
    for text, grouping in sample.named_effects:
        ledger.drop(grouping.spread(grouping.sums(sample.matrix[0])) == 0, always_zero(text))


def _separated(sample: Sample) -> NDArray[np.bool_]:
    """(n,) whether a row is a zero that is predicted perfectly; the linear programme is solved only where it can find something."""
    outcome = sample.matrix[0]
    none = np.zeros(sample.rows, dtype=bool)
    if (outcome > 0).all() or not (outcome > 0).any():
        return none
    effects = sample.effects
    if not effects and sample.spec.intercept:
        effects = (Grouping(np.zeros(sample.rows, dtype=np.intp), 1),)
    standing = _independent(sample.matrix[1:], effects)
    columns = sample.matrix[1:][standing]
    positive = outcome > 0
    inside = tuple(g.take(positive) for g in effects)
    if len(_independent(columns[:, positive], inside)) == len(columns) and rank_of(inside) == rank_of(effects):
        return none
    return separating_rows(outcome, columns - columns.mean(axis=1, keepdims=True) if effects else columns, effects)


def _independent(columns: Floats, effects: tuple[Grouping, ...]) -> list[int]:
    """Positions of columns (k, n) that are linearly independent of each other and of the effects."""
    size = norms(columns, None)
    rest = columns - columns.mean(axis=1, keepdims=True) if effects else columns.copy()
    varying = norms(rest, None)
    if effects:
        make_absorber(effects).demean(rest)
    standing = np.flatnonzero(~is_flat(norms(rest, None), varying, size))
    kept, _ = independent(rest[standing], size[standing], None)
    return [int(standing[j]) for j in kept]
