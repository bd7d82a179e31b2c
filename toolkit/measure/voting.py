r"""How much a ranking changes when a second opinion gets a weight.

.. math:: C = (1 - w) S + w U, \qquad \rho_C = \frac{(1 - w) + w \rho}{\sqrt{(1 - w)^2 + w^2 + 2 w (1 - w) \rho}}, \qquad
    \tau = \frac{2}{\pi} \arcsin \rho_C

with S and U two opinions of unit variance and correlation rho. Kendall's tau between the ranking by S alone and by C holds for two normal
opinions.
"""

from __future__ import annotations

import math

from toolkit.errors import MeasureError
from toolkit.measure.inputs.values import setting


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
