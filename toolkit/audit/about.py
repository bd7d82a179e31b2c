r"""What "about" means of a share: within five percentage points of the printed fraction; two and ten points show how much hangs on it.

One rule for the notebooks and the audit. With the printed share :math:`c` and a computed one :math:`s`, both in per cent, s is about c when
:math:`|s - c| \le 5`. Five points lie between reading the word as rounding to a simple fraction (two thirds lie 6.7 and 8.3 points from
three fifths and three quarters, so that rounding would allow 3.3 to 4.2) and reading it as nearly anything above one half.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pandas as pd

from toolkit.audit.interval import Interval, exact
from toolkit.audit.printed import ABOUT, PrintedClaim, read_printed

WIDTHS = (2, ABOUT, 10)
"""The rule between a stricter and a looser one."""
_PERCENT = 100


def about_share(claim: PrintedClaim, points: int = ABOUT) -> Interval:
    """The shares in per cent that "about" the printed fraction admits, both ends included.

    Examples
    --------
    >>> from toolkit.registry import registry
    >>> claim = PrintedClaim(registry().claims["chen2025_resources_two_thirds"])
    >>> print(about_share(claim), about_share(claim, 10))
    [61.6667, 71.6667] [56.6667, 76.6667]
    """
    middle = _PERCENT * Fraction(read_printed(claim.claim.value).value)
    return Interval(middle - points, middle + points)


def narrowest(claim: PrintedClaim, share: float, widths: Sequence[int] = WIDTHS) -> int | None:
    """The smallest of the widths (points) at which a share in per cent is about the printed one; None when none is wide enough.

    Examples
    --------
    >>> from toolkit.registry import registry
    >>> claim = PrintedClaim(registry().claims["chen2025_resources_two_thirds"])
    >>> [narrowest(claim, share) for share in (66.0, 70.0, 57.0, 36.0)]
    [2, 5, 10, None]
    """
    return next((points for points in sorted(widths) if exact(share) in about_share(claim, points)), None)


def count_about(claim: PrintedClaim, shares: pd.DataFrame) -> pd.DataFrame:
    """How many shares of each reading are about the printed one.

    Parameters
    ----------
    claim : a claim that prints a fraction.
    shares : columns indicator, reading, share (%); each indicator once in a reading.

    Returns
    -------
    Columns reading, points, indicators (how many) and inside (how many of them are about the printed share).
    """
    rows = []
    for reading, own in shares.groupby("reading", sort=False):
        for points in WIDTHS:
            inside = sum(exact(float(share)) in about_share(claim, points) for share in own["share"])
            rows.append({"reading": reading, "points": points, "indicators": len(own), "inside": inside})
    return pd.DataFrame(rows)
