r"""Rules and what they bring about: shares of the proceeds of a result, and the weight of a second opinion in a ranking.

Inventor and broker choose efforts e_1 and e_2 that cost :math:`e^\gamma / \gamma` each. The result brings

.. math:: y = e_1^{\alpha} e_2^{\beta}, \qquad e_1^\gamma = \alpha s_1 y, \quad e_2^\gamma = \beta s_2 y

where the efforts are the best answers to the shares s_1 and s_2. With :math:`a = \alpha/\gamma` and :math:`b = \beta/\gamma` it follows

.. math:: y = \left[(\alpha s_1)^a (\beta s_2)^b\right]^{1 / (1 - a - b)} ,

so that only a and b, the *weights* of the two, decide which shares are best: the unit keeps most, :math:`(1 - s_1 - s_2) y`, at
:math:`s_1 = a` and :math:`s_2 = b`.

A second opinion U, of unit variance and correlation rho with the first S, gets the weight w:

.. math:: C = (1 - w) S + w U, \qquad \rho_C = \frac{(1 - w) + w \rho}{\sqrt{(1 - w)^2 + w^2 + 2 w (1 - w) \rho}}, \qquad
    \tau = \frac{2}{\pi} \arcsin \rho_C

Kendall's tau between the ranking by S alone and by C holds for two normal opinions.
"""

from __future__ import annotations

import math

from toolkit.errors import MeasureError
from toolkit.measure.inputs.values import setting

COST = 2.0  # gamma: quadratic cost of effort; the best shares depend on it through the weights only


def split_output(inventor: float, broker: float, weights: tuple[float, float]) -> float:
    """What the result brings, y, when the two have these shares of it and answer with their best efforts.

    Parameters
    ----------
    inventor, broker : s_1 and s_2, fractions that sum to at most one.
    weights : a and b, positive, together below one.

    Raises
    ------
    MeasureError
        If shares or weights are outside their range.

    Examples
    --------
    >>> round(split_output(0.5, 0.25, (0.25, 0.25)), 4), split_output(1.0, 0.0, (0.25, 0.25))
    (0.1768, 0.0)
    """
    s, t = setting(inventor, "inventor"), setting(broker, "broker")
    a, b = _checked(weights)
    if not (0 <= s <= 1 and 0 <= t <= 1 and s + t <= 1 + 1e-12):
        raise MeasureError(f"shares of {s:g} and {t:g} cannot be paid", remedy="give fractions that sum to at most one")
    return float(((COST * a * s) ** a * (COST * b * t) ** b) ** (1 / (1 - a - b)))


def best_broker_share(inventor: float, weights: tuple[float, float]) -> float:
    r"""The broker's share that leaves the unit most when the inventor's is fixed, :math:`s_2 = (1 - s_1)\, b / (1 - a)`.

    Raises
    ------
    MeasureError
        If the share or the weights are outside their range.

    Examples
    --------
    >>> round(best_broker_share(0.7, (0.6, 0.1)), 4)
    0.075
    """
    s = setting(inventor, "inventor")
    a, b = _checked(weights)
    if not 0 <= s <= 1:
        raise MeasureError(f"inventor={s:g} is no share", remedy="give a fraction between zero and one")
    return (1 - s) * b / (1 - a)


def _checked(weights: tuple[float, float]) -> tuple[float, float]:
    a, b = (setting(weight, "weights") for weight in weights)
    if not (a > 0 and b > 0 and a + b < 1):
        raise MeasureError(f"weights of {a:g} and {b:g} have no best effort", remedy="give positive weights whose sum is below one")
    return a, b


def expected_agreement(weight: float, correlation: float) -> float:
    """Kendall's tau between the ranking without and with the second opinion, expected for two normal opinions.

    Parameters
    ----------
    weight : w in [0, 1], of the second opinion.
    correlation : rho in (−1, 1], of the two opinions.

    Raises
    ------
    MeasureError
        If one is outside its range.

    References
    ----------
    Kendall and Gibbons (1990), Rank Correlation Methods, ch. 10.

    Examples
    --------
    >>> expected_agreement(0.0, 0.2), round(expected_agreement(0.5, 0.0), 6), expected_agreement(1.0, 0.0)
    (1.0, 0.5, 0.0)
    """
    w, rho = setting(weight, "weight"), setting(correlation, "correlation")
    if not (0 <= w <= 1 and -1 < rho <= 1):
        raise MeasureError(
            f"no agreement for weight {w:g} and correlation {rho:g}", remedy="give a weight of 0 to 1 and a correlation above −1"
        )
    together = ((1 - w) + w * rho) / math.sqrt((1 - w) ** 2 + w**2 + 2 * w * (1 - w) * rho)
    return 2 / math.pi * math.asin(min(together, 1.0))
