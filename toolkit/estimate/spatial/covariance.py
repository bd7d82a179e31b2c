"""Standard errors of a spatial estimate: from the information matrix, or clustered by entity."""

from __future__ import annotations

import numpy as np

from toolkit.errors import UnknownOption
from toolkit.estimate.rows.options import CovarianceInfo
from toolkit.estimate.spatial.arrays import Arrays
from toolkit.estimate.spatial.determinant import MOST_EIGENVALUES
from toolkit.estimate.spatial.likelihood import Point, Problem
from toolkit.language import Note
from toolkit.numerics import Floats


def from_information(point: Point, notes: tuple[Note, ...]) -> tuple[Floats, CovarianceInfo]:
    """The inverse of the observed information for (beta, sigma2, rho, lambda): errors alike, independent and normal."""
    info = CovarianceInfo(
        kind="information", clusters=(), small_sample="none", factor="1", factor_value=1.0, df_t=np.inf, notes=notes, parameters=0
    )
    return np.asarray(np.linalg.inv(point.information)), info


def by_entity(arrays: Arrays, problem: Problem, point: Point, notes: tuple[Note, ...]) -> tuple[Floats, CovarianceInfo]:
    r"""The sandwich for errors that are independent between entities and follow any pattern within them.

    The score of each parameter is linear and quadratic in the errors, :math:`(\eta'e + e'He)/\sigma^2` less its mean. Let e_i be the T
    errors of entity i: the linear part and the diagonal of H give one term for each entity, and the rest one for each pair,
    :math:`(h_{ij} + h_{ji}) e_i'e_j`, of which all are uncorrelated. Their squares and products add up to the middle of the sandwich,
    whatever the order of the entities (Kelejian and Prucha 2010, here with T errors for each of them).

    Raises
    ------
    UnknownOption
        If there are too many entities for N by N arrays.
    """
    n = len(arrays.links.ids)
    if n > MOST_EIGENVALUES:
        raise UnknownOption(
            f"covariance='cluster' needs arrays of {n} by {n} entities", remedy=f"use covariance='information' beyond {MOST_EIGENVALUES}"
        )
    rho, lam = problem.spread(point.free)
    p, s2 = problem.count, point.sigma2
    columns = arrays.columns
    e = (point.residual @ columns).reshape(-1, n)
    w, identity = arrays.links.matrix, np.eye(n)
    centre = (
        identity - 1 / n if arrays.share else identity
    )  # e is Ju where time effects are absorbed: u'JHJu is what the entities add up to
    error = np.linalg.inv(identity - lam * w)
    linear = [row.reshape(-1, n) for row in columns[3 : 3 + p] - lam * columns[3 + p :]]
    moved = (columns[1] - lam * columns[2]).reshape(-1, n)  # what rho multiplies: a linear part and, through the errors, a quadratic one
    quadratic = [np.zeros((n, n))] * p
    linear.append(np.zeros_like(e))
    quadratic.append(centre / (2 * s2))
    if problem.lag:
        quadratic.append(centre @ (identity - lam * w) @ w @ np.linalg.inv(identity - rho * w) @ error @ centre)
        linear.append(moved - e @ quadratic[-1].T)
    if problem.error:
        linear.append(np.zeros_like(e))
        quadratic.append(centre @ w @ error @ centre)
    lines, squares = np.stack(linear), np.stack(quadratic)
    own = np.einsum("kti,ti->ki", lines, e) + np.einsum("kii->ki", squares) * ((e**2).sum(axis=0) - problem.periods * s2)
    pairs = np.triu(squares + squares.transpose(0, 2, 1), 1) * (e.T @ e)
    middle = (own @ own.T + np.einsum("kij,lij->kl", pairs, pairs)) / s2**2 * (n / (n - 1))
    bread = np.linalg.inv(point.information)
    name = arrays.sample.source.entity
    info = CovarianceInfo(
        kind="cluster",
        clusters=(name,) if name else (),
        small_sample="none",
        factor="G/(G-1)",
        factor_value=n / (n - 1),
        df_t=float(n - 1),
        notes=notes,
    )
    return np.asarray(bread @ middle @ bread), info
