r"""The likelihood of a spatial model, concentrated on its one or two spatial coefficients.

.. math:: (I - \lambda W)[(I - \rho W) y - X\beta] = e, \qquad
          \ln L = -\tfrac{M}{2}\ln(2\pi\sigma^2) + T^* [D(\rho) + D(\lambda)] - \tfrac{e'e}{2\sigma^2}

with :math:`D(r) = \ln|I - rW|`, less :math:`s \ln(1 - r)` where time effects are absorbed and s is the share of entities that have
neighbours: then the score has the mean zero, :math:`D'(r) = -\mathrm{tr}[J W (I - rW)^{-1}]` with J the deviation from the mean of a
period. Where all have neighbours (s = 1) this is the likelihood of the rows that Lee and Yu (2010) transform.

Everything but D is a product of the columns y, Wy, WWy, X, WX, so they are reduced to their triangular root once and each point of the
likelihood costs a few small products.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.polynomial import Chebyshev
from numpy.typing import NDArray

from toolkit.errors import EstimationError, NotConverged
from toolkit.numerics import Floats

if TYPE_CHECKING:
    from scipy.sparse import csr_array

MOST_EIGENVALUES = 500  # entities up to which all eigenvalues are computed
DEGREE = 80  # of the polynomial that stands for the determinant of a larger matrix
RANGE = (-0.95, 0.995)  # where it does; beyond, one factorisation at each point of the likelihood would be needed
ROW_SUM = 1e-9  # weights are divisions of small whole numbers


@dataclass(frozen=True)
class LogDeterminant:
    """ln|I - r W| for low < r < high, the region around zero where I - r W can be inverted.

    Attributes
    ----------
    low, high : the region.
    eigenvalues : (N,) of W; empty for a large matrix.
    smooth : for a large, row-standardised matrix the interpolation of ln|I - r W| - c ln(1 - r), whose singular point at one is gone.
    components : c, parts of the map that are not linked with each other, islands not counted; each has one eigenvalue of one.
    """

    low: float
    high: float
    eigenvalues: NDArray[np.complex128]
    smooth: Chebyshev | None
    components: int = 1

    def derivative(self, r: float | Floats, order: int) -> Floats:
        """The value (``order`` 0) or the derivative of order 1 or 2 at each r, in the shape of ``r``."""
        r = np.asarray(r, dtype=float)
        if self.smooth is not None:
            apart = (np.log1p(-r), -1 / (1 - r), -1 / (1 - r) ** 2)[order]
            return np.asarray(self.smooth.deriv(order)(r) + self.components * apart)
        left = 1 - r[..., None] * self.eigenvalues
        terms = np.log(left) if order == 0 else -((self.eigenvalues / left) ** order)
        return np.asarray(terms.real.sum(axis=-1))


def log_determinant(w: csr_array) -> LogDeterminant:
    """Of weights (N, N).

    Raises
    ------
    EstimationError
        If the rows of a large matrix do not sum to one, but for islands.
    """
    n = w.shape[0]
    if n <= MOST_EIGENVALUES:
        values = np.linalg.eigvals(w.toarray()).astype(np.complex128)
        size = np.abs(values).max()
        real = values.real[np.abs(values.imag) <= ROW_SUM * size]
        low = 1 / real.min() if real.size and real.min() < -ROW_SUM * size else -1 / size
        high = 1 / real.max() if real.size and real.max() > ROW_SUM * size else 1 / size
        return LogDeterminant(low, high, values, None)
    if np.isnan(linked_share(w)):
        raise EstimationError(f"the weights of {n} entities are not row-standardised", remedy="pass weights.row_standardised()")
    from scipy.sparse import eye_array
    from scipy.sparse.csgraph import connected_components
    from scipy.sparse.linalg import splu

    alone = int((np.asarray(w.sum(axis=1)) == 0).sum())
    components = connected_components(w, directed=False)[0] - alone
    identity = eye_array(n, format="csc")

    def smooth(points: Floats) -> Floats:
        dominant = {
            "permc_spec": "MMD_AT_PLUS_A",
            "diag_pivot_thresh": 0.0,
            "options": {"SymmetricMode": True},
        }  # rows sum to less than one
        pivots = [splu(identity - r * w.tocsc(), **dominant).U.diagonal() for r in points]
        sums: Floats = np.array([np.log(np.abs(p)).sum() for p in pivots])
        return np.asarray(sums - components * np.log1p(-points))

    return LogDeterminant(*RANGE, np.empty(0, complex), Chebyshev.interpolate(smooth, DEGREE, domain=RANGE), components)


def linked_share(w: csr_array) -> float:
    """Share of the entities with neighbours where their rows sum to one and the others have no link either way; NaN for other weights.

    With such weights W and their linked entities L, :math:`(I - rW)^{-1} W 1 = 1_L / (1 - r)`, and the share is :math:`1'1_L / N`.
    """
    rows = np.asarray(w.sum(axis=1))
    linked = rows != 0
    if np.abs(rows[linked] - 1).max(initial=0.0) > ROW_SUM or not linked.any() or np.asarray(w.sum(axis=0))[~linked].any():
        return float("nan")
    return float(linked.mean())


GRID = 25  # points of each spatial coefficient where the search starts
STEPS = 60
CONVERGED = 1e-18  # Newton decrement: what the log likelihood could still gain, relative to its rows
EDGE = 1e-4  # share of the region by which an estimate must stay away from its ends


@dataclass(frozen=True)
class Problem:
    """What the likelihood is made of.

    Attributes
    ----------
    root : (q, 3 + 2p) triangular root of the cross-products of y, Wy, WWy, X (p columns), WX.
    rows : M, rows after the transformation that removes the effects.
    periods : T*, how often the determinant counts.
    share : s, of the entities, if time effects are absorbed; else 0.
    determinant : ln|I - r W|.
    lag, error : whether rho and lambda are estimated; else they are zero.
    """

    root: Floats
    rows: int
    periods: int
    share: float
    determinant: LogDeterminant
    lag: bool
    error: bool

    @property
    def count(self) -> int:
        """p, the number of linear coefficients."""
        return int((self.root.shape[1] - 3) // 2)

    def spread(self, free: Floats) -> tuple[float, float]:
        """(rho, lambda) from the estimated ones."""
        return (free[0] if self.lag else 0.0), (free[-1] if self.error else 0.0)

    def log_det(self, r: float, order: int) -> float:
        """D(r) or its derivative."""
        found = float(self.determinant.derivative(r, order))
        apart = (np.log1p(-r), -1 / (1 - r), -1 / (1 - r) ** 2)[order] if self.share else 0.0
        return found - self.share * float(apart)


@dataclass(frozen=True)
class Point:
    """The likelihood at given rho and lambda, with the best beta and sigma squared.

    Attributes
    ----------
    beta : (p,). residual : weights (3 + 2p,) of the columns that make up e. gradient, hessian : for the estimated ones of rho and lambda,
        with beta and sigma squared concentrated out. information : negative Hessian for (beta, sigma2, rho, lambda).
    """

    free: Floats
    beta: Floats
    sigma2: float
    log_likelihood: float
    residual: Floats
    gradient: Floats
    information: Floats

    @property
    def step(self) -> Floats:
        """The Newton step of the concentrated likelihood."""
        k = len(self.gradient)
        inside, across, outside = self.information[:-k, :-k], self.information[:-k, -k:], self.information[-k:, -k:]
        return np.asarray(np.linalg.solve(outside - across.T @ np.linalg.solve(inside, across), self.gradient))


def evaluate(problem: Problem, free: Floats) -> Point:
    """The likelihood and its derivatives at the estimated ones of (rho, lambda)."""
    p, root, m, t = problem.count, problem.root, problem.rows, problem.periods
    rho, lam = problem.spread(free)
    y, wy, wwy, x, wx = root[:, 0], root[:, 1], root[:, 2], root[:, 3 : 3 + p], root[:, 3 + p :]
    columns = x - lam * wx
    q, r = np.linalg.qr(columns)
    left = y - (rho + lam) * wy + rho * lam * wwy
    beta = np.linalg.solve(r, q.T @ left)
    e = left - columns @ beta
    s2 = float(e @ e) / m
    found = -m / 2 * (np.log(2 * np.pi * s2) + 1)
    by_rho, by_lam = wy - lam * wwy, wy - rho * wwy - wx @ beta  # -de/drho, -de/dlambda
    slopes, second = [], []
    for used, value, by in ((problem.lag, rho, by_rho), (problem.error, lam, by_lam)):
        if used:
            found += t * problem.log_det(value, 0)
            slopes.append(by)
            second.append((t * problem.log_det(value, 1) + by @ e / s2, -t * problem.log_det(value, 2) + by @ by / s2))
    information = np.zeros((p + 1 + len(slopes),) * 2)
    information[:p, :p] = r.T @ r / s2
    information[p, p] = m / (2 * s2**2)
    for at, (by, (_, curved)) in enumerate(zip(slopes, second, strict=True), p + 1):
        information[:p, at] = information[at, :p] = columns.T @ by / s2
        information[p, at] = information[at, p] = by @ e / s2**2
        information[at, at] = curved
    if problem.error:
        more = wx.T @ e / s2
        information[:p, -1] += more
        information[-1, :p] += more
    if len(slopes) == 2:
        information[-1, -2] = information[-2, -1] = (by_rho @ by_lam + wwy @ e) / s2
    weights = np.concatenate([[1.0, -(rho + lam), rho * lam], -beta, lam * beta])
    gradient = np.array([slope for slope, _ in second])
    return Point(
        free=np.asarray(free, dtype=float),
        beta=beta,
        sigma2=s2,
        log_likelihood=float(found),
        residual=weights,
        gradient=gradient,
        information=information,
    )


def maximise(problem: Problem) -> Point:
    """The highest point: the best of a grid, then Newton steps that are halved while they lead down.

    Raises
    ------
    NotConverged
        With the path of the likelihood; also if it is highest at the end of the region.
    """
    k = int(problem.lag) + int(problem.error)
    low, high = problem.determinant.low, problem.determinant.high
    width = high - low
    line = low + width * (np.arange(GRID) + 0.5) / GRID
    starts = np.stack(np.meshgrid(*[line] * k), axis=-1).reshape(-1, k) if k else np.zeros((1, 0))
    at = max((evaluate(problem, start) for start in starts), key=lambda point: point.log_likelihood)
    path = [at]
    for _ in range(STEPS if k else 0):
        step = at.step
        gain = float(step @ at.gradient)
        if 0 <= gain <= CONVERGED * problem.rows:
            break
        if gain <= 0:  # not concave here: uphill instead
            step = at.gradient / np.linalg.norm(at.gradient) * width / GRID
        for _halving in range(STEPS):
            there = evaluate(problem, np.clip(at.free + step, low + EDGE / 10 * width, high - EDGE / 10 * width))
            if there.log_likelihood >= at.log_likelihood:
                break
            step = step / 2
        path.append(there)
        if np.abs(there.free - at.free).max() <= 1e-13 * width:
            at = there
            break
        at = there
    else:
        if k:
            raise NotConverged("the likelihood has no maximum that could be found", where=_told(path, problem), remedy=_REMEDY)
    if k and ((at.free < low + EDGE * width) | (at.free > high - EDGE * width)).any():
        raise NotConverged(f"the likelihood is highest at the end of ({low:.3f}, {high:.3f})", where=_told(path, problem), remedy=_REMEDY)
    return at


_REMEDY = "use another model or other weights: these data do not say how strong the dependence is"


def _told(path: list[Point], problem: Problem) -> str:
    names = [name for name, used in (("rho", problem.lag), ("lambda", problem.error)) if used]
    shown = [*path[:4], *path[-4:]] if len(path) > 8 else path
    points = [", ".join(f"{n} {v:.4f}" for n, v in zip(names, p.free, strict=True)) + f": {p.log_likelihood:.4f}" for p in shown]
    return "path of the log likelihood " + "; ".join(points)
