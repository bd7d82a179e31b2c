"""Outside engines for what our own kernels leave to others, one adapter each, with what must be known about them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import NotConverged
from toolkit.estimate.rows.grouping import Grouping
from toolkit.numerics import Floats

EXACT_RANK_LEVELS = 1500  # levels beside the largest effect up to which the rank of three and more effects is computed exactly
ITERATIONS = 5000


def many_effects(effects: tuple[Grouping, ...], weights: Floats | None) -> Callable[[Floats], tuple[()]]:
    """Removal of effects by within-py, preconditioned LSMR on the rows themselves: what :mod:`toolkit.estimate.solve.several` leaves.

    within-py takes levels as unsigned 32-bit integers in Fortran order, reports convergence per column, and does not raise by itself;
    the caller checks the normal equations in any case.
    """
    import within

    levels = np.asfortranarray(np.column_stack([g.codes for g in effects]).astype(np.uint32))
    solver = within.Solver(levels, weights=weights)
    options = within.LsmrOptions(tol=1e-13, maxiter=ITERATIONS)

    def remove(columns: Floats) -> tuple[()]:
        columns[:] = solver.solve_batch(np.asfortranarray(columns.T), options=options).demeaned.T
        return ()

    return remove


def rank_of_effects(effects: tuple[Grouping, ...]) -> tuple[int, bool]:
    """Number of independent dummies, and whether it is exact.

    Two effects: levels less connected components, exact. Three and more: exact through the rank of the Schur complement on the smaller
    effects while they have at most 1,500 levels in all; otherwise each further effect is taken to lose its components with the first.
    """
    from scipy.sparse import bmat, coo_matrix, csr_matrix
    from scipy.sparse.csgraph import connected_components

    ordered = sorted(effects, key=lambda g: -g.levels)
    n = len(ordered[0].codes)

    def pairs(a: Grouping, b: Grouping) -> csr_matrix:
        return csr_matrix((np.ones(n), (a.codes, b.codes)), shape=(a.levels, b.levels))

    def components(a: Grouping, b: Grouping) -> int:
        size = a.levels + b.levels
        graph = coo_matrix((np.ones(n), (a.codes, a.levels + b.codes)), shape=(size, size))
        return int(connected_components(graph, directed=False)[0])

    if len(ordered) == 2:
        return ordered[0].levels + ordered[1].levels - components(*ordered), True
    rest = sum(g.levels for g in ordered[1:])
    if rest <= EXACT_RANK_LEVELS:
        own = bmat([[pairs(a, b) for b in ordered[1:]] for a in ordered[1:]])
        cross = bmat([[pairs(ordered[0], g) for g in ordered[1:]]]).tocsr()
        schur = (own - cross.T @ cross.multiply(1.0 / ordered[0].counts[:, None]).tocsr()).toarray()
        scale = np.sqrt(np.maximum(own.diagonal(), 1.0))
        eigenvalues = np.linalg.eigvalsh(schur / np.outer(scale, scale))
        return ordered[0].levels + int((eigenvalues > 1e-10 * max(1.0, eigenvalues[-1])).sum()), True
    redundant = [max(components(a, b) for a in ordered[:j]) for j, b in enumerate(ordered) if j]
    return sum(g.levels for g in ordered) - sum(redundant), False


def separating_rows(outcome: Floats, columns: Floats, effects: Sequence[Grouping]) -> NDArray[np.bool_]:
    """The rows of outcome zero that a combination z of regressors and effects predicts without error: z = 0 where y > 0, z <= 0 elsewhere.

    The linear programme max sum(s), 0 <= s <= 1, s <= -z, z <= 0 where y = 0, z = 0 where y > 0, by SciPy's HiGHS. As z can be scaled, s is
    zero or one, and one on all such rows at once (Correia, Guimaraes and Zylkin 2021, proposition 1).

    Parameters
    ----------
    outcome : (n,), not negative; columns : (k, n), of any scale; effects : at least one (a single group for a constant).

    Raises
    ------
    NotConverged
    """
    from scipy.optimize import linprog
    from scipy.sparse import coo_matrix, csr_matrix, eye, hstack

    n = len(outcome)
    dummies = [coo_matrix((np.ones(n), (np.arange(n), g.codes)), shape=(n, g.levels)) for g in effects]
    scaled = columns / np.sqrt((columns**2).mean(axis=1, keepdims=True))
    design = hstack([csr_matrix(scaled.T), *dummies]).tocsr()
    zero = outcome == 0
    rows = int(zero.sum())
    found = linprog(
        np.concatenate([np.zeros(design.shape[1]), -np.ones(rows)]),
        A_ub=hstack([design[zero], eye(rows)]).tocsr(),
        b_ub=np.zeros(rows),
        A_eq=hstack([design[~zero], csr_matrix((n - rows, rows))]).tocsr(),
        b_eq=np.zeros(n - rows),
        bounds=[(None, None)] * design.shape[1] + [(0, 1)] * rows,
        method="highs",
    )
    if found.x is None:
        raise NotConverged(
            "whether zeros are predicted perfectly could not be decided", where=str(found.message), remedy="use fewer regressors or effects"
        )
    separated = np.zeros(n, dtype=bool)
    separated[zero] = found.x[design.shape[1] :] > 0.5
    return separated


_LP_TOLERANCE = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}  # the smallest that HiGHS takes
_SLACK = 1e-12  # of the same programme in further steps, so that rounding makes none impossible
_INTERIOR = 1e-8  # a dual variable this far from its bounds belongs to a row that every minimiser goes through


def check_function_slopes(outcome: Floats, columns: Floats, q: float) -> tuple[Floats, bool]:
    """(k,) minimiser b of the sum of (y - x'b) (q - 1{y < x'b}), by SciPy's HiGHS, and whether it is the only one.

    The coefficients are the multipliers of the dual programme: max y'd, X'd = (1 - q) X'1, 0 <= d <= 1 (Koenker 2005, section 6.2). It
    gives a vertex exactly; statsmodels' reweighted least squares stops near one, and not always.

    Every minimiser goes through the rows with 0 < d < 1, not above those with d = 1, not below those with d = 0. Where fewer than k rows
    have 0 < d < 1 there may be many, and a solver returns any. The one returned has the smallest mean of x'b, and among those the smallest
    coefficients in their order: for a constant alone, the smallest number that reaches the quantile. No order of rows changes it.

    Parameters
    ----------
    outcome : (n,); columns : (k, n), of full rank.

    Raises
    ------
    NotConverged
    """
    unit = float(np.abs(outcome).mean()) or 1.0
    scale = np.sqrt((columns**2).mean(axis=1))
    y, x = outcome / unit, columns / scale[:, None]
    found = _programme(q, c=-y, A_eq=x, b_eq=(1 - q) * x.sum(axis=1), bounds=(0, 1))
    through = (found.x > _INTERIOR) & (found.x < 1 - _INTERIOR)
    slopes, unique = -found.eqlin.marginals, np.linalg.matrix_rank(x[:, through]) == len(x)
    if not unique:
        slopes, other = (_corner(sign=sign, y=y, x=x, q=q, through=through, above=found.x > 0.5) for sign in (1.0, -1.0))
        unique = np.abs(other - slopes).max() < _INTERIOR
    return np.asarray(slopes * unit / scale, dtype=np.float64), bool(unique)


def _corner(sign: float, y: Floats, x: Floats, q: float, through: NDArray[np.bool_], above: NDArray[np.bool_]) -> Floats:
    """The minimiser with the smallest mean of x'b, then the smallest first coefficient, and so on: one small programme for each.

    With ``sign`` -1 the largest: there is one minimiser only if the two are the same.
    """
    sides = np.where(above, 1.0, -1.0)[~through]
    limits, ends = (sides * x[:, ~through]).T, sides * y[~through]
    fixed = x[:, through].T
    known = fixed
    slopes = np.zeros(len(x))
    for goal in sign * np.vstack([x.mean(axis=1), np.eye(len(x))]):
        slopes = _programme(q, c=goal, A_ub=limits, b_ub=ends + _SLACK, A_eq=fixed, b_eq=y[through], bounds=(None, None)).x
        known, limits, ends = np.vstack([known, goal]), np.vstack([limits, goal]), np.append(ends, goal @ slopes)
        if np.linalg.matrix_rank(known, tol=_INTERIOR) == len(x):
            break
    return np.asarray(slopes, dtype=np.float64)


def _programme(q: float, **of: Any) -> Any:
    """A linear programme of a quantile regression, solved.

    Raises
    ------
    NotConverged
    """
    from scipy.optimize import linprog

    found = linprog(method="highs", options=_LP_TOLERANCE, **of)
    if found.x is None:
        raise NotConverged(
            f"quantile regression at {q:g} did not converge", where=str(found.message), remedy="look for nearly collinear regressors"
        )
    return found
