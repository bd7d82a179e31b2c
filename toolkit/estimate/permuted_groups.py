"""The permutation test of :func:`toolkit.estimate.equality.compare_groups`: groups exchanged among units, refits by cross-products."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import NotEstimable, UnknownOption
from toolkit.estimate.crossproducts import UnitMoments, slopes, unit_moments
from toolkit.estimate.groups import Grouping, crossed
from toolkit.estimate.options import Options
from toolkit.estimate.refit import Refit
from toolkit.estimate.sample import Sample, select_with_singletons
from toolkit.estimate.spec import Spec

Floats = NDArray[np.float64]

ROUNDING = 1e-9  # a draw as large as the observed difference up to rounding counts as as large
FEWEST = 0.5  # share of draws in which both coefficients must exist


def permutation_p(
    rows: Refit, spec: Spec, by: str, term: str, members: tuple[NDArray[np.bool_], NDArray[np.bool_]], units: Grouping,
    observed: float, rng: np.random.Generator, draws: int,
) -> tuple[float, int]:  # fmt: skip
    """The share of permutations with a difference at least as large as the observed one, and how many draws there were.

    Parameters
    ----------
    rows : the stacked fit.
    spec : the formula without interactions.
    term : text of the coefficient in it.
    members : (n,) rows of the first and of the second group.
    units : what is exchanged; the group never changes inside one.
    observed : difference of the coefficients.

    Raises
    ------
    UnknownOption, NotEstimable
    """
    if draws < 1:
        raise UnknownOption(f"draws={draws} is no number of permutations", remedy="a whole number such as 999")
    first, second = members
    inside = first | second
    chosen = units.take(inside)
    belongs = np.zeros(chosen.levels, dtype=bool)
    belongs[chosen.codes[first[inside]]] = True
    plain = _plain(rows, spec)
    moments = unit_moments(
        plain.matrix[:, inside],
        _effects(rows, spec, by, inside),
        chosen,
        None if rows.weights is None else rows.weights[inside],
        "the permutation test",
    )
    differences = _differences(moments, belongs, plain.names.index(term), rng, draws)
    if len(differences) < FEWEST * draws:
        raise NotEstimable(
            f"both coefficients of {term} exist in only {len(differences)} of {draws} permutations",
            where=f"{int(belongs.sum())} and {int((~belongs).sum())} units in the two groups",
            remedy="leave rng out, or join groups",
        )
    extreme = int((np.abs(differences) >= abs(observed) * (1 - ROUNDING)).sum())
    return (1 + extreme) / (1 + len(differences)), len(differences)


def _plain(rows: Refit, spec: Spec) -> Sample:
    """Outcome and regressors without interactions, on the rows of the stacked fit."""
    sample = select_with_singletons(spec, rows.source, Options("iid", (), "none", rows.estimate.weights, None))
    return replace(sample, matrix=sample.matrix[:, np.searchsorted(sample.positions, rows.sample.positions)])


def _effects(rows: Refit, spec: Spec, by: str, inside: NDArray[np.bool_]) -> list[Grouping]:
    """The absorbed effects of one group on the rows ``inside``: ``by`` itself is a constant there."""
    found = []
    for effect in spec.effects:
        names = [name for name in effect.columns if name != by]
        if names:
            found.append(crossed([rows.grouping(name).take(inside) for name in names]))
    if not found and (spec.intercept or spec.effects):
        found.append(Grouping(np.zeros(int(inside.sum()), dtype=np.intp), 1))
    return found


def _differences(moments: UnitMoments, belongs: NDArray[np.bool_], position: int, rng: np.random.Generator, draws: int) -> Floats:
    """(usable draws,) differences of the coefficient of regressor ``position``, the units dealt out at random."""
    regressors = range(1, moments.columns)
    found = []
    for start in range(0, draws, moments.block):
        dealt = rng.permuted(np.tile(belongs, (min(moments.block, draws - start), 1)), axis=1).astype(np.float64)
        first, ok = slopes(moments.combined(dealt), 0, regressors)
        second, also = slopes(moments.combined(1.0 - dealt), 0, regressors)
        found.append((first - second)[ok & also, position])
    return np.concatenate(found)
