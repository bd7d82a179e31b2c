"""Outside engines for what our own kernels leave to others, one adapter each, with what must be known about them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import NotConverged
from toolkit.estimate.groups import Grouping

Floats = NDArray[np.float64]

EXACT_RANK_LEVELS = 1500  # levels beside the largest effect up to which the rank of three and more effects is computed exactly
ITERATIONS = 5000


def many_effects(effects: tuple[Grouping, ...], weights: Floats | None) -> Callable[[Floats], Floats | None]:
    """Removal of three or more effects (or two with many levels each) by within-py: preconditioned LSMR.

    within-py takes levels as unsigned 32-bit integers in Fortran order, reports convergence per column, and does not raise by itself;
    the caller checks the normal equations in any case.
    """
    import within

    levels = np.asfortranarray(np.column_stack([g.codes for g in effects]).astype(np.uint32))
    solver = within.Solver(levels, weights=weights)
    options = within.LsmrOptions(tol=1e-13, maxiter=ITERATIONS)

    def remove(columns: Floats) -> Floats | None:
        columns[:] = solver.solve_batch(np.asfortranarray(columns.T), options=options).demeaned.T
        return None

    return remove


def rank_of_effects(effects: tuple[Grouping, ...]) -> tuple[int, bool]:
    """Number of independent dummies, and whether it is exact.

    Two effects: levels less connected components, exact. Three and more: exact through the rank of the Schur complement on the smaller
    effects while they have at most 1,500 levels in all; otherwise each further effect is taken to lose its components with the first.
    """
    from scipy.sparse import coo_matrix, hstack
    from scipy.sparse.csgraph import connected_components

    ordered = sorted(effects, key=lambda g: -g.levels)
    n = len(ordered[0].codes)

    def dummies(g: Grouping) -> coo_matrix:
        return coo_matrix((np.ones(n), (np.arange(n), g.codes)), shape=(n, g.levels)).tocsr()

    def components(a: Grouping, b: Grouping) -> int:
        size = a.levels + b.levels
        graph = coo_matrix((np.ones(n), (a.codes, a.levels + b.codes)), shape=(size, size))
        return int(connected_components(graph, directed=False)[0])

    if len(ordered) == 2:
        return ordered[0].levels + ordered[1].levels - components(*ordered), True
    rest = sum(g.levels for g in ordered[1:])
    if rest <= EXACT_RANK_LEVELS:
        first = dummies(ordered[0])
        others = hstack([dummies(g) for g in ordered[1:]]).tocsr()
        cross = (first.T @ others).tocsr()
        schur = (others.T @ others - cross.T @ cross.multiply(1.0 / ordered[0].counts[:, None]).tocsr()).toarray()
        scale = np.sqrt(np.maximum(np.diag(others.T.dot(others).toarray()), 1.0))
        eigenvalues = np.linalg.eigvalsh(schur / np.outer(scale, scale))
        return ordered[0].levels + int((eigenvalues > 1e-10 * max(1.0, eigenvalues[-1])).sum()), True
    redundant = [max(components(a, b) for a in ordered[:j]) for j, b in enumerate(ordered) if j]
    return sum(g.levels for g in ordered) - sum(redundant), False


def variance_components(matrix: Floats, intercept: bool, entity: Grouping, calendar: NDArray[np.int64]) -> tuple[float, float]:
    """Swamy-Arora variance components (sigma2_e, sigma2_u) by linearmodels.

    linearmodels (7.1 on) counts the coefficients that the within and the between regression really estimate, and uses the harmonic mean of
    the T_i on unbalanced panels. It raises a bare ValueError when either regression has no degrees of freedom.
    """
    import pandas as pd
    from linearmodels.panel import RandomEffects

    from toolkit.errors import EmptySample

    index = pd.MultiIndex.from_arrays([entity.codes, calendar], names=["entity", "time"])
    regressors = pd.DataFrame(matrix[1:].T, index=index, columns=[f"x{j}" for j in range(len(matrix) - 1)])
    if intercept:
        regressors.insert(0, "const", 1.0)
    outcome = pd.Series(matrix[0], index=index, name="y")
    try:
        fit = RandomEffects(outcome, regressors, check_rank=False).fit()
    except ValueError as problem:
        raise EmptySample(
            "the variance components cannot be estimated", where=str(problem), remedy="use more entities or periods, or fewer regressors"
        ) from None
    if not np.isfinite([fit.variance_decomposition["Residual"], fit.variance_decomposition["Effects"]]).all():
        raise NotConverged("the variance components are not finite", remedy="rescale the variables")
    return float(fit.variance_decomposition["Residual"]), float(fit.variance_decomposition["Effects"])
