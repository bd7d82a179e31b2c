r"""Two-step difference and system GMM on many panels at once, with collapsed instruments and year effects.

The moment conditions, weights and Windmeijer's correction are those of :func:`toolkit.estimate.fit_dynamic`. Rows of an entity are its
differenced equations and, for the system, its equations in levels; a row that a panel lacks is zero in every column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from toolkit.numerics import Floats

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Equations:
    """Stacked equations of R panels with N entities; m rows, T periods in levels, k coefficients, L instruments.

    Attributes
    ----------
    y : (R, N, m); X : (R, N, m, k); Z : (R, N, m, L).
    transform : (m, T) turns errors in levels into those of the rows.
    slopes : names of the first coefficients; the year effects follow.
    """

    y: Floats
    X: Floats
    Z: Floats
    transform: Floats
    slopes: tuple[str, ...]


@dataclass(frozen=True)
class TwoStep:
    """Two-step estimates.

    Attributes
    ----------
    slopes : names of the slopes, s of them.
    beta : (R, s); vcov : (R, s, s) with Windmeijer's correction.
    hansen : (R,) J; hansen_df : its degrees of freedom.
    score, reach : (R, s, N) the terms a0 and a1 of the score bootstrap of each slope, see
        :mod:`toolkit.estimate.inference.wild_scores`; psi = score - (null - beta) reach.
    """

    slopes: tuple[str, ...]
    beta: Floats
    vcov: Floats
    hansen: Floats
    hansen_df: int
    score: Floats
    reach: Floats

    def slope(self, name: str) -> tuple[Floats, Floats]:
        """(R,) estimates and standard errors."""
        j = self.slopes.index(name)
        return self.beta[:, j], np.sqrt(self.vcov[:, j, j])

    def long_run(self, name: str, lag: str) -> tuple[Floats, Floats]:
        """(R,) b / (1 - rho) and its delta-method standard error, as :func:`toolkit.estimate.long_run`; missing where rho is 1 or more."""
        j, p = self.slopes.index(name), self.slopes.index(lag)
        remaining = np.where(self.beta[:, p] < 1, 1 - self.beta[:, p], np.nan)
        effect = self.beta[:, j] / remaining
        v = self.vcov
        variance = (v[:, j, j] + 2 * effect * v[:, j, p] + effect**2 * v[:, p, p]) / remaining**2
        return effect, np.sqrt(variance)

    def hansen_p(self) -> Floats:
        """(R,) upper tail of the chi-squared."""
        from scipy.special import chdtrc

        return np.asarray(chdtrc(self.hansen_df, self.hansen))


def equations(
    outcome: Floats,
    regressors: Mapping[str, Floats],
    gmm: Mapping[str, tuple[Floats, int, int]],
    exogenous: Mapping[str, Floats],
    estimator: Literal["difference", "system"],
) -> Equations:
    """The rows of y on its own lag, regressors and year effects, with collapsed instruments.

    Parameters
    ----------
    outcome : (R, N, T) with NaN where nothing is observed.
    regressors : name -> (R, N, T); the first coefficient is that of the lagged outcome, named ``lag``.
    gmm : variable -> (values (R, N, T + p), first lag, last lag). Values may begin p periods earlier than the outcome.
    exogenous : standard instruments in both equations, in differences in the first.
    estimator : "difference" or "system".
    """
    periods = outcome.shape[2]
    columns = {"lag": _back(outcome, 1, periods), **regressors}
    # axes: panels r, entities n, periods m, columns; cells that are not seen are zero everywhere, so sums leave them out
    levels = np.stack([outcome, *columns.values(), *exogenous.values()], axis=-1)[:, :, 1:]
    seen = np.asarray(np.isfinite(levels).all(axis=-1))
    levels = np.where(seen[..., None], levels, 0.0)
    both = np.asarray(seen[:, :, 1:] & seen[:, :, :-1])
    changes = np.where(both[..., None], np.diff(levels, axis=2), 0.0)
    used, differenced = (np.flatnonzero(rows.sum(axis=(0, 1))) for rows in (seen, both))
    years = np.where(seen[..., None], np.eye(periods - 1), 0.0)[..., used]
    year_changes = np.where(both[..., None], np.eye(periods - 1)[1:], 0.0)[..., differenced + 1]
    k = len(columns)
    # collapsed: one column for each lag, whatever the period
    lagged = [_back(values, lag, periods)[:, :, 2:] for values, first, last in gmm.values() for lag in range(first, last + 1)]
    own = np.where(both[..., None] & np.isfinite(np.stack(lagged, axis=-1)), np.stack(lagged, axis=-1), 0.0)
    d = np.diff(np.eye(periods - 1), axis=0)
    if estimator == "difference":
        return Equations(
            y=changes[..., 0],
            X=np.concatenate([changes[..., 1 : 1 + k], year_changes], axis=-1),
            Z=np.concatenate([year_changes, changes[..., 1 + k :], own], axis=-1),
            transform=d,
            slopes=tuple(columns),
        )
    moved = np.stack([_back(v, a - 1, periods)[:, :, 1:] - _back(v, a, periods)[:, :, 1:] for v, a, _ in gmm.values()], axis=-1)
    moved = np.where(seen[..., None] & np.isfinite(moved), moved, 0.0)
    differenced_years = np.where(both[..., None], d[:, None, :].transpose(1, 0, 2), 0.0)[..., used]
    return Equations(
        y=np.concatenate([changes[..., 0], levels[..., 0]], axis=2),
        X=np.concatenate(
            [
                np.concatenate([changes[..., 1 : 1 + k], differenced_years], axis=-1),
                np.concatenate([levels[..., 1 : 1 + k], years], axis=-1),
            ],
            axis=2,
        ),
        Z=np.concatenate(
            [
                _padded(None, years, changes),
                np.concatenate([changes[..., 1 + k :], levels[..., 1 + k :]], axis=2),
                _padded(own, None, levels),
                _padded(None, moved, changes),
            ],
            axis=-1,
        ),
        transform=np.concatenate([d, np.eye(periods - 1)]),
        slopes=tuple(columns),
    )


def _back(values: Floats, lag: int, periods: int) -> Floats:
    """(R, N, periods) the values ``lag`` periods earlier, aligned with the last ``periods`` ones; NaN before the first."""
    before = np.full((*values.shape[:2], lag), np.nan)
    return np.concatenate([before, values], axis=2)[:, :, values.shape[2] - periods : values.shape[2]]


def _padded(difference: Floats | None, level: Floats | None, other: Floats) -> Floats:
    """A block of one equation with zeros in the rows of the other, which has as many rows as ``other``."""
    block = difference if difference is not None else level
    assert block is not None
    rest = np.zeros((*other.shape[:3], block.shape[3]))
    return np.concatenate([block, rest] if difference is not None else [rest, block], axis=2)


def two_step(rows: Equations) -> TwoStep:
    """Estimate every panel in two steps."""
    r, k = len(rows.X), rows.X.shape[3]
    # r: panels, n: entities, m: rows of an entity, l: instruments, k: regressors; all columns at length one
    Z = rows.Z / np.sqrt(np.einsum("rnml,rnml->rl", rows.Z, rows.Z))[:, None, None, :]
    lengths = np.sqrt(np.einsum("rnmk,rnmk->rk", rows.X, rows.X))
    X = rows.X / lengths[:, None, None, :]
    zx_of = np.swapaxes(Z, 2, 3) @ X  # (R, N, L, k) by entity
    zy_of = (np.swapaxes(Z, 2, 3) @ rows.y[..., None])[..., 0]
    zx, zy = zx_of.sum(axis=1), zy_of.sum(axis=1)
    carried = (rows.transform.T @ Z).reshape(r, -1, Z.shape[3])
    # one-step weights: the transformation carried back to levels, where errors are independent
    first, bread, score = _step(zx, zy, np.linalg.inv(np.swapaxes(carried, 1, 2) @ carried))
    g1 = zy_of - np.einsum("rnlk,rk->rnl", zx_of, first)
    weights = np.linalg.inv(np.swapaxes(g1, 1, 2) @ g1)
    influence = g1 @ np.swapaxes(score, 1, 2)
    robust = np.swapaxes(influence, 1, 2) @ influence
    # second step with the weights of the moments g1 by entity
    second, bread, score = _step(zx, zy, weights)
    g2 = zy_of - np.einsum("rnlk,rk->rnl", zx_of, second)
    total = g2.sum(axis=1)
    # Windmeijer: cross is D, how the coefficients move with the estimated weights
    direction = np.einsum("rlq,rq->rl", weights, total)
    by_entity = np.einsum("rnl,rl->rn", g1, direction)
    toward = np.einsum("rnlk,rl->rnk", zx_of, direction)
    cross = score @ (np.einsum("rnlk,rn->rlk", zx_of, by_entity) + np.swapaxes(g1, 1, 2) @ toward)
    half = cross @ bread
    vcov = bread + half + np.swapaxes(half, 1, 2) + cross @ robust @ np.swapaxes(cross, 1, 2)
    s = len(rows.slopes)
    # s: slopes. Terms of the score bootstrap by entity, and how they move with the null
    scores = np.einsum("rsl,rnl->rsn", score[:, :s], g2)
    follow = bread[:, :, :s] / np.einsum("rss->rs", bread[:, :s, :s])[:, None, :]
    reach = np.einsum("rsl,rnlk,rks->rsn", score[:, :s], zx_of, follow, optimize=["einsum_path", (0, 1), (0, 1)])
    return TwoStep(
        slopes=rows.slopes,
        beta=second[:, :s] / lengths[:, :s],
        vcov=vcov[:, :s, :s] / (lengths[:, :s, None] * lengths[:, None, :s]),
        hansen=np.einsum("rl,rl->r", total, direction),
        hansen_df=Z.shape[3] - k,
        score=scores / lengths[:, :s, None],
        reach=reach,
    )


def _step(zx: Floats, zy: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Coefficients (R, k), bread (R, k, k) and the map from moments to coefficients (R, k, L)."""
    left = np.swapaxes(zx, 1, 2) @ weights
    bread = np.linalg.inv(left @ zx)
    score = bread @ left
    return np.einsum("rkl,rl->rk", score, zy), np.asarray(bread), np.asarray(score)


def joined(parts: Sequence[TwoStep]) -> TwoStep:
    """The estimates of several blocks of panels as one."""
    first = parts[0]
    arrays = {name: np.concatenate([getattr(part, name) for part in parts]) for name in ("beta", "vcov", "hansen", "score", "reach")}
    return TwoStep(slopes=first.slopes, hansen_df=first.hansen_df, **arrays)
