"""From bootstrap draws to p-values at any null, and to the interval of the nulls that are not rejected."""

from __future__ import annotations

import numpy as np

from toolkit.estimate.inference.wild_pieces import Draws

STEPS = 90  # angles looked at on each side of the estimate
HALVINGS = 40


def share_at(draws: Draws, angle: float, enumerated: bool) -> float:
    """The p-value at the null whose distance from the estimate is tan(angle) standard errors (without factor).

    Enumerated draws hold the sample itself; to random draws it is added: (1 + #)/(1 + draws).
    """
    count = int(np.count_nonzero(draws.at_least(float(np.sin(angle)), max(float(np.cos(angle)), 0.0))))
    return count / len(draws.n0) if enumerated else (1 + count) / (1 + len(draws.n0))


def interval(draws: Draws, alpha: float, enumerated: bool) -> tuple[float, float, bool]:
    """(low, high, connected): distances from the estimate, in standard errors, of the outermost nulls with a p-value above ``alpha``.

    The angle runs from the estimate (0) to infinity (a right angle) on each side, so that an unbounded interval is found like any other;
    ``connected`` is false if a null in between is rejected.
    """
    low, inner = _outermost(draws, alpha, enumerated, -1.0)
    high, outer = _outermost(draws, alpha, enumerated, 1.0)
    return low, high, inner and outer


def _outermost(draws: Draws, alpha: float, enumerated: bool, sign: float) -> tuple[float, bool]:
    angles = sign * np.linspace(0, np.pi / 2, STEPS + 1)
    accepted = np.array([True, *(share_at(draws, angle, enumerated) > alpha for angle in angles[1:])])
    last = int(np.flatnonzero(accepted)[-1])
    connected = bool(accepted[: last + 1].all())
    if last == STEPS:
        return sign * np.inf, connected
    inside, outside = float(angles[last]), float(angles[last + 1])
    for _ in range(HALVINGS):
        middle = (inside + outside) / 2
        if share_at(draws, middle, enumerated) > alpha:
            inside = middle
        else:
            outside = middle
    return float(np.tan(inside)), connected
