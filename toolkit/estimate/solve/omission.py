"""Which regressors can be estimated: the earlier-written of two that say the same is kept, and each omission has its reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from toolkit.estimate.rows.grouping import Grouping, any_sloped, levels_only
from toolkit.estimate.rows.options import CONSTANT, Omitted, collinear_with, collinear_with_effects, no_variation
from toolkit.estimate.solve.absorb import make_absorber
from toolkit.estimate.solve.kernels import cross_products, norms
from toolkit.language import Note
from toolkit.numerics import IN_COMBINATION, SIZE_LEFT, UNIT_LEFT, Floats

CLEARLY_INDEPENDENT = 1e-8  # smallest eigenvalue of the correlation matrix that needs no closer look


def is_flat(after: Floats, varying: Floats, size: Floats) -> NDArray[np.bool_]:
    """Whether nothing but rounding is left of columns of length ``after`` that had length ``varying`` (centred) and ``size`` (raw)."""
    return np.asarray(after <= np.maximum(UNIT_LEFT * varying, SIZE_LEFT * size))


def independent(
    columns: Floats, size: Floats, weights: Floats | None, products: Floats | None = None
) -> tuple[list[int], dict[int, list[int]]]:
    """Positions of the columns to keep, and for each other one the kept columns that make it up.

    Columns are taken in order and made orthogonal to those kept before (twice, against rounding); a column of which less than 1e-9 of its
    own length is left is dropped. The scale of a column therefore never matters, and the earlier-written regressor wins.

    Parameters
    ----------
    columns : (k, n), effects removed.
    size : (k,) lengths before the effects were removed.
    weights : (n,) or None.
    products : (k, k) their cross-products, where they are known.
    """
    k = len(columns)
    if k < 2:
        return list(range(k)), {}
    gram = cross_products(columns, weights) if products is None else products
    lengths = np.sqrt(np.diag(gram))
    correlation = gram / np.outer(lengths, lengths)
    if np.linalg.eigvalsh(correlation)[0] > CLEARLY_INDEPENDENT:
        return list(range(k)), {}
    scaled = (columns if weights is None else columns * np.sqrt(weights)) / lengths[:, None]
    basis = np.empty_like(scaled)
    kept: list[int] = []
    partners: dict[int, list[int]] = {}
    for j in range(k):
        rest = scaled[j].copy()
        for _ in range(2):
            rest -= (basis[: len(kept)] @ rest) @ basis[: len(kept)]
        left = float(np.linalg.norm(rest))
        if left > max(UNIT_LEFT, SIZE_LEFT * size[j] / lengths[j]):
            basis[len(kept)] = rest / left
            kept.append(j)
        else:
            share = np.linalg.lstsq(scaled[kept].T, scaled[j], rcond=None)[0]
            partners[j] = [i for i, b in zip(kept, share, strict=True) if abs(b) > IN_COMBINATION]
    return kept, partners


def flat_reason(column: Floats, constant: bool, effects: Sequence[tuple[str, Grouping]], weights: Floats | None) -> Note:
    """Why nothing is left of a raw column (n,) once the effects are removed."""
    if constant or not effects:
        return CONSTANT
    size, varying = norms(column[None, :], weights), norms((column - column.mean())[None, :], weights)
    for name, grouping in [*levels_only(effects), *(pair for pair in effects if any_sloped(pair[1:]))]:
        rest = column[None, :] - column.mean()
        make_absorber([grouping], weights).demean(rest)
        if is_flat(norms(rest, weights), varying, size)[0]:
            return collinear_with([name]) if any_sloped([grouping]) else no_variation(name)
    return collinear_with_effects([name for name, _ in effects])


def omissions(
    columns: Floats,
    varying: Floats,
    size: Floats,
    weights: Floats | None,
    names: Sequence[str],
    effects: Sequence[tuple[str, Grouping]],
    raw: Callable[[int], Floats],
    products: Floats | None = None,
) -> tuple[list[int], tuple[Omitted, ...]]:
    """Positions to keep and the named omissions, in the order written.

    Parameters
    ----------
    columns : (k, n), effects removed; ``varying`` and ``size`` (k,) are their lengths before, centred and raw.
    raw : gives the raw column of a position again; called only for a column of which nothing is left.
    products : (k, k) cross-products of the columns, where they are known.
    """
    products = cross_products(columns, weights) if products is None else products
    flat = is_flat(np.sqrt(np.diag(products)), varying, size)
    standing = [j for j in range(len(columns)) if not flat[j]]
    upright = columns if len(standing) == len(columns) else columns[standing]
    chosen, partners = independent(upright, size[standing], weights, products[np.ix_(standing, standing)])
    reasons = {standing[j]: collinear_with([names[standing[i]] for i in with_]) for j, with_ in partners.items()}
    for j in np.flatnonzero(flat):
        reasons[int(j)] = flat_reason(raw(int(j)), bool(varying[j] <= SIZE_LEFT * size[j]), effects, weights)
    return [standing[j] for j in chosen], tuple(Omitted(names[j], reasons[j]) for j in sorted(reasons))
