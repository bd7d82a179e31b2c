"""Which sets of controls share their rows, where each set is estimated on all the rows that it has."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from toolkit.estimate.columns import evaluate
from toolkit.estimate.options import Options
from toolkit.estimate.sample import select
from toolkit.estimate.source import Source
from toolkit.estimate.spec_curve.plan import Combination, Plan
from toolkit.estimate.terms import Category, Term, columns_of, shifts


def groups_of_sets(plan: Plan, chosen: Combination, source: Source, options: Options) -> list[list[int]]:
    """Positions of the sets of controls, grouped by the rows on which they are complete.

    The union of the sets of a group has the same rows as each of them, so one block serves them all.

    Raises
    ------
    EmptySample
        If no row is left even without controls.
    """
    base = plan.spec(chosen, ())
    positions = select(base, source, options, outside=chosen.outside).positions
    known = {term.text for term in base.terms}
    terms = [t for t in plan.spec(chosen, plan.terms).terms if t.text not in known]
    if not terms:
        return [list(range(len(plan.sets)))]
    absent = np.array([_absent(term, source)[positions] for term in terms])
    patterns = np.unique(absent.T, axis=0)
    held = np.array([[term.text in one.terms for term in terms] for one in plan.sets])
    complete = ~((held.astype(np.int64) @ patterns.T.astype(np.int64)) > 0)
    _, which = np.unique(complete, axis=0, return_inverse=True)
    return [[int(at) for at in np.flatnonzero(which == group)] for group in range(int(which.max()) + 1)]


def _absent(term: Term, source: Source) -> NDArray[np.bool_]:
    """(n,) whether a row leaves because of the term: by the rules of :mod:`toolkit.estimate.sample`."""
    absent = np.zeros(len(source), dtype=bool)
    for factor in term.factors:
        if isinstance(factor, Category):
            absent |= source.group(factor.name).codes < 0
            continue
        why = evaluate(factor, source).why
        absent |= False if why is None else why > 0
        if not shifts(factor):
            for name in columns_of(factor):
                absent |= ~np.isfinite(source.numbers(name))
    return absent
