r"""The arithmetic of the restricted wild bootstrap: cross-products once, all draws as one product.

Let r be the regressor with effects and other regressors removed, e the residuals, S = sum w r^2, and d = null - b. The restricted
residuals are e - d r. With multipliers v_g the bootstrap coefficient, less the null, and the cluster sums of its scores are

    (v'(a0 - d a1)) / S        a0_g = sum_{i in g} w r e,      a1_g = sum_{i in g} w r^2
    (B0 - d B1) v              B0_hg = sum_{i in g} w e Z_h,   B1_hg = sum_{i in g} w r Z_h

where Z_h is r, set to zero outside cluster h, with effects and all regressors removed. With one or two effects Z_h is never formed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import NotEstimable
from toolkit.estimate.inference.wild_instruments import EMPTY, InstrumentRows, RestrictedModel, kappas
from toolkit.estimate.rows.grouping import Grouping
from toolkit.estimate.solve.kernels import crossing_of, full
from toolkit.numerics import SAME_DRAW, Floats

if TYPE_CHECKING:
    from toolkit.estimate.linear.refit import Refit
    from toolkit.estimate.solve.kernels import Absorber


BLOCK = 4_000_000  # cells of the pieces that are formed at once (32 MB)
_NO_SPREAD = 1e-12  # ... and in the units of the pieces, for draws whose statistic is unbounded


@dataclass(frozen=True)
class ClusterScores:
    """Cluster sums of one regressor, scaled so that sum a1 = 1 and sum a0^2 = 1.

    Attributes
    ----------
    a0, a1 : (G,).
    b0, b1 : (G, G).
    unit : the standard error without small-sample factor, sqrt(sum a0^2) / S.
    """

    a0: Floats
    a1: Floats
    b0: Floats
    b1: Floats
    unit: float

    def draws(self, multipliers: Floats) -> Draws:
        """The draws for multipliers (m, G)."""
        # m: draws, g: clusters. Each draw has a score per cluster, linear in the null: q0 - d q1
        q0, q1 = multipliers @ self.b0.T, multipliers @ self.b1.T
        return Draws(
            n0=multipliers @ self.a0,
            n1=multipliers @ self.a1,
            # the variance is the sum of squared scores, a parabola in d with these three coefficients
            d0=np.einsum("mg,mg->m", q0, q0),
            d1=np.einsum("mg,mg->m", q0, q1),
            d2=np.einsum("mg,mg->m", q1, q1),
        )


@dataclass(frozen=True)
class Draws:
    """What m draws are at every null: a ratio of a linear function to the root of a quadratic one.

    Attributes
    ----------
    n0, n1, d0, d1, d2 : (m,). At d = null - b, in units of :attr:`ClusterScores.unit`, the statistic is
        (n0 - d n1) / sqrt(d0 - 2 d d1 + d^2 d2).
    own : (d0, d1, d2) of the sample itself, whose n0 is 0 and n1 is 1: the variance under the null that a score test uses. The t test
        of a re-estimated model has one variance at every null.
    """

    n0: Floats
    n1: Floats
    d0: Floats
    d1: Floats
    d2: Floats
    own: tuple[float, float, float] = (1.0, 0.0, 0.0)

    def at_least(self, sine: float, cosine: float) -> NDArray[np.bool_]:
        """(m,) whether the statistic of the draw is at least that of the sample in absolute value, at d = sine / cosine.

        The null is given by an angle, so that infinity is a point like any other. Ties count, and so do draws without variance.
        """
        s0, s1, s2 = self.own
        size = np.sqrt(max(s0 * cosine**2 - (2 * cosine * sine) * s1 + s2 * sine**2, 0.0))
        numerator = np.abs(self.n0 * cosine - self.n1 * sine) * size + _NO_SPREAD
        spread = self.d0 * cosine**2 - (2 * cosine * sine) * self.d1 + self.d2 * sine**2
        return np.asarray(numerator * numerator >= (sine * (1 - SAME_DRAW)) ** 2 * spread)

    def observed(self, d: float) -> float:
        """The statistic of the sample at d, without small-sample factor; infinite where its variance is zero."""
        s0, s1, s2 = self.own
        spread = s0 - 2 * d * s1 + d**2 * s2
        return float(-d / np.sqrt(spread)) if spread > 0 else float(np.copysign(np.inf, -d))

    def statistics(self, d: float) -> Floats:
        """(m,) the statistics at d, without small-sample factor; NaN for a draw whose variance is zero, which counts as a large one."""
        spread = np.maximum(self.d0 - 2 * d * self.d1 + d**2 * self.d2, 0.0)
        defined = spread > _NO_SPREAD**2 * (1 + d**2)
        found = np.full(len(spread), np.nan)
        np.divide(self.n0 - d * self.n1, np.sqrt(spread), out=found, where=defined)
        return found


def cluster_scores(rows: Refit, j: int, clusters: Grouping) -> ClusterScores:
    """The cluster sums for regressor ``j``. Their a0 is zero for a regressor without clustered variance; the caller looks."""
    # n: rows, g and h: clusters; r is regressor j free of the other regressors and of the effects
    r = rows.partialled(j)
    score, square = rows.weighted(r * rows.residuals), rows.weighted(r * r)
    a0, a1 = clusters.sums(score), clusters.sums(square)
    # Z_h is r inside cluster h: its part in the regressors goes through their orthonormal basis, (k, G) sums each
    left = clusters.sums(rows.basis * rows.weighted(r))
    right = clusters.sums(rows.basis * rows.weighted(rows.residuals))
    b0 = np.diag(a0) - left.T @ right
    b1 = np.diag(a1) - left.T @ left
    if rows.absorber is not None:
        weighted = rows.weighted(r)
        b0 = b0 - effects_part(rows.absorber, weighted, rows.weighted(rows.residuals), clusters)
        b1 = b1 - effects_part(rows.absorber, weighted, weighted, clusters)
    # one scale for all, so that a draw compares numbers near one
    size, total = float(np.sqrt(a0 @ a0)), float(a1.sum())
    scale = size if size > 0 else 1.0
    return ClusterScores(a0=a0 / scale, a1=a1 / total, b0=b0 / scale, b1=b1 / total, unit=size / total)


def effects_part(absorber: Absorber, left: Floats, right: Floats, clusters: Grouping) -> Floats:
    """(G, G) element (h, g): the sum over rows of ``left`` in h times the part of ``right`` in g that lies in the absorbed effects.

    With one or two effects it comes from sums by level and cluster alone: for the large effect, A'diag(1/m)A; for the small one, what is
    left of it once the large one is removed, by the same factor that removes effects from a column.

    Parameters
    ----------
    left, right : (n,) already multiplied by the weights.
    """
    if not absorber.by_levels:
        return _effects_part_of_columns(absorber, left, right, clusters)
    solver = absorber.solver
    large = solver.large if solver else absorber.groupings[0]
    # (levels, G) tables of the large effect by cluster: A diag(1/m) B is the part in its means
    mass = large.counts if absorber.weights is None else large.sums(absorber.weights)
    a = crossing_of(large, clusters, left)
    b = crossing_of(large, clusters, right / mass[large.codes])
    found = full(a.T @ b)
    if solver is None or not len(solver.free):
        return found
    # the small effect: its tables less what the large one explains, then the factor that demeans columns
    small, free = solver.small, solver.free
    a = crossing_of(large, clusters, left / mass[large.codes])
    rest = [
        full(crossing_of(small, clusters, values)) - np.asarray(solver.crossing.T @ full(table))
        for values, table in ((left, a), (right, b))
    ]
    return np.asarray(found + rest[0][free].T @ solver.small_effects(rest[1][free]))


def _effects_part_of_columns(absorber: Absorber, left: Floats, right: Floats, clusters: Grouping) -> Floats:
    """The same for any effects: G columns, each zero outside its cluster, with the effects removed."""
    n, g = len(left), clusters.levels
    plain = right if absorber.weights is None else right / absorber.weights
    found = np.empty((g, g))
    size = max(1, BLOCK // n)
    for start in range(0, g, size):
        inside = np.flatnonzero((clusters.codes >= start) & (clusters.codes < start + size))
        at = clusters.codes[inside] - start
        columns = np.zeros((min(size, g - start), n))
        columns[at, inside] = plain[inside]
        absorber.demean(columns)
        columns[at, inside] -= plain[inside]
        found[:, start : start + size] = -clusters.sums(columns * left).T
    return found


def joined(blocks: Sequence[Draws]) -> Draws:
    """Several blocks of draws as one."""
    n0, n1, d0, d1, d2 = (np.concatenate([getattr(block, name) for block in blocks]) for name in ("n0", "n1", "d0", "d1", "d2"))
    return Draws(n0=n0, n1=n1, d0=d0, d1=d1, d2=d2, own=blocks[0].own)


CELLS = 4_000_000  # cells of one block of draws (32 MB)
MOST_SUMS = 100_000_000  # pairs of clusters times instruments times errors (0.8 GB)
_DEGENERATE = 1e-12  # determinant, of a matrix scaled to a unit diagonal, below which a draw identifies nothing


@dataclass(frozen=True)
class Sums:
    """Sums over clusters.

    Attributes
    ----------
    by_error : (1 + r, L, G) basis times error, u first.
    pairs : (1 + r, L, G, G) element (h, g): the sum over h of basis times the error that is zero outside g, less exogenous and effects.
    fitted : (G, L, r) basis times fitted regressors.
    products : (1 + r, 1 + r, G, G) errors times errors of two clusters in the same way; None for two-stage least squares.
    """

    by_error: Floats
    pairs: Floats
    fitted: Floats
    products: Floats | None


def sums_of(rows: InstrumentRows, model: RestrictedModel, clusters: Grouping) -> Sums:
    """Everything that touches rows.

    Raises
    ------
    NotEstimable
        If there are more pairs of clusters than can be held.
    """
    errors, basis = np.vstack([model.u, model.errors]), model.basis
    if (size := len(errors) * len(basis) * clusters.levels**2) > MOST_SUMS:
        raise NotEstimable(
            f"the WRE bootstrap of {clusters.levels} clusters, {len(basis)} instruments and {len(errors)} errors needs {size:,} sums",
            where=rows.estimate.spec.formula,
            remedy="cluster by a coarser variable; with so many clusters the t test needs no bootstrap",
        )
    present = [e for e in range(len(errors)) if not (model.exogenous and e == model.tested + 1)]
    # e and f: errors, u first; row: instruments in the orthonormal basis; the last two axes are the clusters h and g
    pairs = np.zeros((len(errors), len(basis), clusters.levels, clusters.levels))
    products = None
    for e in present:
        for row, left in enumerate(basis):
            pairs[e, row] = _pair(rows=rows, model=model, left=left, right=errors[e], clusters=clusters)
    if rows.estimate.method != "instruments":
        products = np.zeros((len(errors), len(errors), clusters.levels, clusters.levels))
        for e in present:
            for f in present:
                products[e, f] = _pair(rows=rows, model=model, left=errors[e], right=errors[f], clusters=clusters)
    fitted = clusters.sums((basis[:, None, :] * (model.reduced.T @ basis)[None, :, :]).reshape(-1, basis.shape[1]))
    by_error = np.stack([clusters.sums(basis * error) for error in errors])
    return Sums(by_error, pairs, np.moveaxis(fitted.reshape(len(basis), -1, clusters.levels), 2, 0), products)


def _pair(rows: InstrumentRows, model: RestrictedModel, left: Floats, right: Floats, clusters: Grouping) -> Floats:
    """(G, G) element (h, g): left in h times right in g, less the part of it in exogenous regressors and effects."""
    found = np.diag(clusters.sums(left * right)) - clusters.sums(model.known * left).T @ clusters.sums(model.known * right)
    if rows.absorber is None:
        return np.asarray(found)
    root = 1.0 if rows.sample.weights is None else np.sqrt(rows.sample.weights)
    return np.asarray(found - effects_part(rows.absorber, left * root, right * root, clusters))


def statistics_of(rows: InstrumentRows, model: RestrictedModel, sums: Sums, multipliers: Floats) -> Floats:
    """(m,) t statistics of the tested coefficient, without small-sample factor, for multipliers (m, G); NaN without variance.

    Multipliers of one give that of the sample.
    """
    size = max(1, CELLS // max(1, sums.pairs[:, :, 0].size))
    blocks = [multipliers[start : start + size] for start in range(0, len(multipliers), size)]
    return np.concatenate([_block(rows, model, sums, block) for block in blocks])


def _block(rows: InstrumentRows, model: RestrictedModel, sums: Sums, v: Floats) -> Floats:
    # m: draws, g: clusters, l: instruments in the orthonormal basis, r and s: endogenous regressors
    (m, g), (errors, L, _) = v.shape, sums.by_error.shape
    # the drawn outcome (a) and regressors (A) on the basis: what the model says plus drawn errors
    on = np.moveaxis(v @ np.swapaxes(sums.by_error, 1, 2), 0, 2)  # (m, L, 1 + r)
    a, A = on[:, :, 0], model.reduced + on[:, :, 1:]
    normal, right = np.swapaxes(A, 1, 2) @ A, np.einsum("mlr,ml->mr", A, a)
    if sums.products is not None:
        whole = _whole(model, sums, on, v)
        kappa = _drawn_kappas(model, whole, a, A) - rows.fuller
        normal = (1 - kappa)[:, None, None] * whole[:, 1:, 1:] + kappa[:, None, None] * normal
        right = (1 - kappa)[:, None] * whole[:, 1:, 0] + kappa[:, None] * right
    # slopes of every draw at once, and the combination of instruments that carries the tested one
    inverse = _inverses(normal)
    slopes = np.einsum("mrs,ms->mr", inverse, right)
    towards = np.einsum("mlr,mr->ml", A, inverse[:, model.tested])
    # residuals by cluster, still on the basis; their product with that combination is the score of a cluster
    drawn = (v @ sums.pairs.reshape(-1, g).T).reshape(m, errors, L, g)
    residual = drawn[:, 0] - np.einsum("glr,mr->mlg", sums.fitted, slopes) - np.einsum("mrlg,mr->mlg", drawn[:, 1:], slopes)
    scores = np.einsum("mlg,ml->mg", residual, towards)
    spread = np.sqrt(np.einsum("mg,mg->m", scores, scores))
    # a spread that is rounding beside what it could be (Cauchy-Schwarz) is none
    possible = np.sqrt(np.einsum("ml,ml->m", towards, towards)) * np.sqrt(np.einsum("mlg,mlg->m", residual, residual))
    found = np.full(m, np.nan)
    np.divide(slopes[:, model.tested], spread, out=found, where=spread > EMPTY * possible)
    return found


def _whole(model: RestrictedModel, sums: Sums, on: Floats, v: Floats) -> Floats:
    """(m, 1 + r, 1 + r) cross-products of the drawn outcome, less the null, and of the drawn regressors."""
    assert sums.products is not None
    found = np.stack([[np.einsum("mg,gh,mh->m", v, part, v, optimize=True) for part in row] for row in sums.products])
    whole = np.moveaxis(found, 2, 0)
    # errors times errors so far; now the reduced form times errors on either side, then the reduced form times itself
    across = np.einsum("lr,mle->mre", model.reduced, on)
    whole[:, 1:] += across
    whole[:, :, 1:] += np.swapaxes(across, 1, 2)
    whole[:, 1:, 1:] += model.reduced.T @ model.reduced
    return np.asarray(whole)


def _drawn_kappas(model: RestrictedModel, whole: Floats, a: Floats, A: Floats) -> Floats:
    """(m,) the k of LIML; an exogenous regressor that is tested is partialled out first."""
    both = np.concatenate([a[:, :, None], A], axis=2)
    if model.exogenous:
        first, kept = both[:, 0], np.delete(np.arange(both.shape[2]), model.tested + 1)
        whole = (whole - first[:, :, None] * first[:, None, :])[:, kept][:, :, kept]
        both = both[:, 1:, kept]
    return kappas(whole, np.swapaxes(both, 1, 2) @ both)


def _inverses(normal: Floats) -> Floats:
    """Inverses of (m, r, r); NaN where one does not exist."""
    # judged and inverted with a unit diagonal, so that units of the regressors do not matter
    scale = np.sqrt(np.abs(np.einsum("mrr->mr", normal)))
    units = scale[:, :, None] * scale[:, None, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        standard = normal / units
        sound = np.isfinite(standard).all(axis=(1, 2))
        sound[sound] = np.abs(np.linalg.det(standard[sound])) > _DEGENERATE
        found = np.full(normal.shape, np.nan)
        found[sound] = np.linalg.inv(standard[sound])
        return np.asarray(found / units)
