"""The draws of the WRE bootstrap: everything that touches rows is summed once by pairs of clusters; then all draws are small matrices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import NotEstimable
from toolkit.estimate.groups import Grouping
from toolkit.estimate.inference.wild_instruments import EMPTY, InstrumentRows, Restricted, kappas
from toolkit.estimate.inference.wild_pieces import effects_part

Floats = NDArray[np.float64]

CELLS = 4_000_000  # cells of one block of draws (32 MB)
MOST_SUMS = 100_000_000  # pairs of clusters times instruments times errors (0.8 GB)
SINGULAR = 1e-12  # determinant, of a matrix scaled to a unit diagonal, below which a draw identifies nothing


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


def sums_of(rows: InstrumentRows, model: Restricted, clusters: Grouping) -> Sums:
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
    pairs = np.zeros((len(errors), len(basis), clusters.levels, clusters.levels))
    products = None
    for e in present:
        for row, left in enumerate(basis):
            pairs[e, row] = _pair(rows, model, left, errors[e], clusters)
    if rows.estimate.method != "instruments":
        products = np.zeros((len(errors), len(errors), clusters.levels, clusters.levels))
        for e in present:
            for f in present:
                products[e, f] = _pair(rows, model, errors[e], errors[f], clusters)
    fitted = clusters.sums((basis[:, None, :] * (model.reduced.T @ basis)[None, :, :]).reshape(-1, basis.shape[1]))
    by_error = np.stack([clusters.sums(basis * error) for error in errors])
    return Sums(by_error, pairs, np.moveaxis(fitted.reshape(len(basis), -1, clusters.levels), 2, 0), products)


def _pair(rows: InstrumentRows, model: Restricted, left: Floats, right: Floats, clusters: Grouping) -> Floats:
    """(G, G) element (h, g): left in h times right in g, less the part of it in exogenous regressors and effects."""
    found = np.diag(clusters.sums(left * right)) - clusters.sums(model.known * left).T @ clusters.sums(model.known * right)
    if rows.absorber is None:
        return np.asarray(found)
    root = 1.0 if rows.sample.weights is None else np.sqrt(rows.sample.weights)
    return np.asarray(found - effects_part(rows.absorber, left * root, right * root, clusters))


def statistics_of(rows: InstrumentRows, model: Restricted, sums: Sums, multipliers: Floats) -> Floats:
    """(m,) t statistics of the tested coefficient, without small-sample factor, for multipliers (m, G); NaN without variance.

    Multipliers of one give that of the sample.
    """
    size = max(1, CELLS // max(1, sums.pairs[:, :, 0].size))
    blocks = [multipliers[start : start + size] for start in range(0, len(multipliers), size)]
    return np.concatenate([_block(rows, model, sums, block) for block in blocks])


def _block(rows: InstrumentRows, model: Restricted, sums: Sums, v: Floats) -> Floats:
    (m, g), (errors, L, _) = v.shape, sums.by_error.shape
    on = np.moveaxis(v @ np.swapaxes(sums.by_error, 1, 2), 0, 2)  # (m, L, 1 + r)
    a, A = on[:, :, 0], model.reduced + on[:, :, 1:]
    normal, right = np.swapaxes(A, 1, 2) @ A, np.einsum("mlr,ml->mr", A, a)
    if sums.products is not None:
        whole = _whole(model, sums, on, v)
        kappa = _drawn_kappas(model, whole, a, A) - rows.fuller
        normal = (1 - kappa)[:, None, None] * whole[:, 1:, 1:] + kappa[:, None, None] * normal
        right = (1 - kappa)[:, None] * whole[:, 1:, 0] + kappa[:, None] * right
    inverse = _inverses(normal)
    slopes = np.einsum("mrs,ms->mr", inverse, right)
    towards = np.einsum("mlr,mr->ml", A, inverse[:, model.tested])
    drawn = (v @ sums.pairs.reshape(-1, g).T).reshape(m, errors, L, g)
    residual = drawn[:, 0] - np.einsum("glr,mr->mlg", sums.fitted, slopes) - np.einsum("mrlg,mr->mlg", drawn[:, 1:], slopes)
    scores = np.einsum("mlg,ml->mg", residual, towards)
    spread = np.sqrt(np.einsum("mg,mg->m", scores, scores))
    possible = np.sqrt(np.einsum("ml,ml->m", towards, towards)) * np.sqrt(np.einsum("mlg,mlg->m", residual, residual))
    found = np.full(m, np.nan)
    np.divide(slopes[:, model.tested], spread, out=found, where=spread > EMPTY * possible)
    return found


def _whole(model: Restricted, sums: Sums, on: Floats, v: Floats) -> Floats:
    """(m, 1 + r, 1 + r) cross-products of the drawn outcome, less the null, and of the drawn regressors."""
    assert sums.products is not None
    found = np.stack([[np.einsum("mg,gh,mh->m", v, part, v, optimize=True) for part in row] for row in sums.products])
    whole = np.moveaxis(found, 2, 0)
    across = np.einsum("lr,mle->mre", model.reduced, on)
    whole[:, 1:] += across
    whole[:, :, 1:] += np.swapaxes(across, 1, 2)
    whole[:, 1:, 1:] += model.reduced.T @ model.reduced
    return np.asarray(whole)


def _drawn_kappas(model: Restricted, whole: Floats, a: Floats, A: Floats) -> Floats:
    """(m,) the k of LIML; an exogenous regressor that is tested is partialled out first."""
    both = np.concatenate([a[:, :, None], A], axis=2)
    if model.exogenous:
        first, kept = both[:, 0], np.delete(np.arange(both.shape[2]), model.tested + 1)
        whole = (whole - first[:, :, None] * first[:, None, :])[:, kept][:, :, kept]
        both = both[:, 1:, kept]
    return kappas(whole, np.swapaxes(both, 1, 2) @ both)


def _inverses(normal: Floats) -> Floats:
    """Inverses of (m, r, r); NaN where one does not exist."""
    scale = np.sqrt(np.abs(np.einsum("mrr->mr", normal)))
    units = scale[:, :, None] * scale[:, None, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        standard = normal / units
        sound = np.isfinite(standard).all(axis=(1, 2))
        sound[sound] = np.abs(np.linalg.det(standard[sound])) > SINGULAR
        found = np.full(normal.shape, np.nan)
        found[sound] = np.linalg.inv(standard[sound])
        return np.asarray(found / units)
