r"""The restricted wild cluster bootstrap of many outcomes of one design, and the score bootstrap of many GMM estimates.

With a_g the cluster scores of an outcome, L_g = sum_{i in g} w_i Q_i and E_h = sum_{i in h} e_i Q_i for an orthonormal basis Q of the
model, a draw v has the coefficient sum_g v_g a_g and the cluster scores v_g a_g - L_g' sum_h v_h E_h. At a null d away from the estimate
a_g and e are replaced by what is left under it, which is linear in d; see :mod:`toolkit.estimate.inference.wild_draws`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from toolkit.estimate.batch.fixed import Fitted, FixedDesign
from toolkit.estimate.batch.gmm import TwoStep
from toolkit.numerics import SAME_DRAW, Floats

BLOCK = 4_000_000  # cells formed at once
ANGLES, HALVINGS = 24, 12  # of the search for the ends of an interval
WEBB = np.sqrt(np.array([0.5, 1.0, 1.5]))


@dataclass(frozen=True)
class ManyDraws:
    """m draws for each of R outcomes, at every null.

    Attributes
    ----------
    estimate, unit : (R,) the estimate, and its clustered standard error without factor.
    n0, d0, d1 : (R, m); n1, d2 : (m,), or (R, m) where the regressors differ between panels. At d = null - estimate the statistic is
        (n0 - d n1) / sqrt(d0 - 2 d d1 + d^2 d2).
    own1, own2 : (R,) how the variance of the sample's own statistic moves with d (zero for a t test of a re-estimated model).
    """

    estimate: Floats
    unit: Floats
    n0: Floats
    n1: Floats
    d0: Floats
    d1: Floats
    d2: Floats
    own1: Floats
    own2: Floats

    def p_value(self, null: Floats | float) -> Floats:
        """(R,) symmetric p-values (1 + #)/(1 + m) that the coefficient is ``null``."""
        return self._at(np.asarray(null - self.estimate))

    def first(self, count: int) -> ManyDraws:
        """The draws of the first ``count`` outcomes."""
        shared = () if self.n1.ndim == 2 else ("n1", "d2")
        return ManyDraws(**{name: value if name in shared else value[:count] for name, value in vars(self).items()})

    def _at(self, d: Floats) -> Floats:
        own = self.unit**2 - 2 * d * self.own1 + d**2 * self.own2
        shift = d[:, None]
        numerator = (self.n0 - shift * self.n1) ** 2 * own[:, None]
        spread = self.d0 - 2 * shift * self.d1 + shift**2 * self.d2
        reached = numerator >= (d**2)[:, None] * (1 - SAME_DRAW) ** 2 * spread
        return np.asarray((1 + reached.sum(axis=1)) / (1 + reached.shape[1]))

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """(R,) outermost nulls that are not rejected; infinite where none far away is rejected."""
        low, high = (self._outermost(sign, 1 - level) for sign in (-1.0, 1.0))
        return self.estimate + low, self.estimate + high

    def _outermost(self, sign: float, alpha: float) -> Floats:
        angles = sign * np.linspace(0, np.pi / 2, ANGLES + 1)
        kept = np.array([self._at(np.tan(np.full(len(self.unit), a)) * self.unit) > alpha for a in angles[1:-1]])
        last = np.where(kept.any(axis=0), ANGLES - 1 - np.argmax(kept[::-1], axis=0), 0)
        inside, outside = angles[last], angles[last + 1]
        for _ in range(HALVINGS):
            middle = (inside + outside) / 2
            accepted = self._at(np.tan(middle) * self.unit) > alpha
            inside, outside = np.where(accepted, middle, inside), np.where(accepted, outside, middle)
        return np.where(last == ANGLES - 1, sign * np.inf, np.tan(inside) * self.unit)


def multipliers(rng: np.random.Generator, draws: int, clusters: int, weights: Literal["rademacher", "webb"]) -> Floats:
    """(draws, clusters) random multipliers with mean zero and variance one.

    Examples
    --------
    >>> multipliers(np.random.default_rng(1), 2, 3, "rademacher").shape
    (2, 3)
    """
    signs = rng.choice(np.array([-1.0, 1.0]), (draws, clusters))
    return signs if weights == "rademacher" else signs * rng.choice(WEBB, (draws, clusters))


def wild_draws(fitted: Fitted, v: Floats) -> ManyDraws:
    """The restricted bootstrap of least squares for multipliers ``v`` (m, G)."""
    d, scores = fitted.design, fitted.scores
    basis = np.column_stack([d.other_basis, d.x / np.linalg.norm(d.x)])
    # r: outcomes, m: draws, g: clusters, n: rows, k: columns of the orthonormal basis of all regressors
    r, g = scores.shape
    m, k = len(v), basis.shape[1]
    weighted = (basis * d.weights[:, None]).T @ d.member  # (k, G) L
    part = np.stack([basis[:, j, None] * d.member for j in range(k)], axis=0)  # (k, n, G)
    # own and shared: what the draws have whatever the outcome is, B1 of the null and its squared scores
    own = d.weights * d.x
    b1 = np.diag(own @ d.member) - (np.einsum("n,kng->gk", d.x, part) @ weighted)
    q1 = v @ b1
    d0, d1 = np.empty((r, m)), np.empty((r, m))
    size = max(1, BLOCK // (m * g))
    for start in range(0, r, size):
        at = slice(start, start + size)
        # outcomes in blocks: residuals by cluster on the basis, (r, g, k), give B0 less the part in the regressors
        e = np.moveaxis(np.tensordot(fitted.residuals[at], part, axes=(1, 1)), 1, 2)  # (R, G, k)
        b0 = -(e @ weighted)
        b0[:, np.arange(g), np.arange(g)] += scores[at]
        q0 = v @ b0
        d0[at] = np.einsum("rmg,rmg->rm", q0, q0)
        d1[at] = np.einsum("rmg,mg->rm", q0, q1)
    zero = np.zeros(r)
    return ManyDraws(
        estimate=fitted.estimate,
        unit=fitted.plain_error,
        n0=scores @ v.T,
        n1=v @ (own @ d.member),
        d0=d0,
        d1=d1,
        d2=np.einsum("mg,mg->m", q1, q1),
        own1=zero,
        own2=zero,
    )


def instrument_p_values(design: FixedDesign, outcomes: Floats, null: float, v: Floats) -> Floats:
    """(R,) p-values of the restricted efficient bootstrap (Davidson and MacKinnon 2010) with one instrument, multipliers ``v`` (m, G).

    With u = y - null x and the first stage x = q p + s u + error, all without the other columns, q the instrument of length one, a draw has
    x* = q p + v (x - q p) and y* = null x* + v u, from which the t statistic of two-stage least squares is taken.
    """
    d, q = design, design.z / np.linalg.norm(design.z)
    u = d.without_others(outcomes) - null * d.x
    # the first stage with u among its regressors, for each outcome: reduced is its slope on q
    inside = u @ q
    left = u - inside[:, None] * q
    reduced = q @ d.x - inside * (left @ d.x) / np.einsum("rn,rn->r", left, left)
    errors = d.x - reduced[:, None] * q
    fitted = reduced[:, None] * ((q * q) @ d.member)
    alone = np.ones((1, v.shape[1]))
    size = max(1, BLOCK // v.size)
    found = []
    for start in range(0, len(u), size):
        at = slice(start, start + size)
        on_u, on_errors = (_on_instrument(d, q, e[at]) for e in (u, errors))
        own, drawn = (_efficient_t(w, on_u, on_errors, fitted[at]) for w in (alone, v))
        found.append((1 + (np.abs(drawn) >= np.abs(own) * (1 - SAME_DRAW)).sum(axis=1)) / (1 + len(v)))
    return np.concatenate(found)


def _on_instrument(d: FixedDesign, q: Floats, errors: Floats) -> Floats:
    """(R, G, G) element (h, g): errors of cluster h, the other columns removed, times the instrument in g."""
    # h: clusters of the errors, g: of the instrument; the part in the other columns goes through their basis
    weighted = (d.other_basis * q[:, None]).T @ d.member
    part = np.stack([(errors * d.other_basis[:, j]) @ d.member for j in range(d.other_basis.shape[1])], axis=2)
    out = -(part @ weighted)
    clusters = np.arange(d.member.shape[1])
    out[:, clusters, clusters] += (errors * q) @ d.member
    return np.asarray(out)


def _efficient_t(v: Floats, on_u: Floats, on_errors: Floats, fitted: Floats) -> Floats:
    """(R, m) statistics without factor; the sign of the first stage does not matter."""
    # drawn outcome and regressor on the instrument by cluster; their sums give the slope, residuals times instrument the scores
    by_u, by_x = v @ on_u, v @ on_errors + fitted[:, None, :]
    reach = by_x.sum(axis=2)
    slope = by_u.sum(axis=2) / reach
    scores = by_u - slope[..., None] * by_x
    return np.asarray(slope * reach / np.sqrt(np.einsum("rmg,rmg->rm", scores, scores)))


def score_draws(estimate: TwoStep, slope: str, v: Floats) -> ManyDraws:
    """The score bootstrap of one slope of a GMM estimate for multipliers ``v`` (m, N)."""
    j = estimate.slopes.index(slope)
    # r: panels, n: entities, m: draws; the squared score of a draw is linear in squared multipliers
    a0, a1 = estimate.score[:, j], estimate.reach[:, j]
    squares = (v**2).T
    return ManyDraws(
        estimate=estimate.beta[:, j],
        unit=np.sqrt(np.einsum("rn,rn->r", a0, a0)),
        n0=a0 @ v.T,
        n1=a1 @ v.T,
        d0=(a0 * a0) @ squares,
        d1=(a0 * a1) @ squares,
        d2=(a1 * a1) @ squares,
        own1=np.einsum("rn,rn->r", a0, a1),
        own2=np.einsum("rn,rn->r", a1, a1),
    )
