"""What all numeric code shares: the type of its arrays, and tolerances with one meaning each.

A tolerance that one module alone needs stands there, under a name of its own.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
"""An array of float64 of any shape; the shape stands in each docstring."""

SAME_NUMBER: Final = 1e-12
"""Share of a number by which another may differ and be the same: a few thousand roundings in double precision."""

SAME_DRAW: Final = 1e-9
"""A draw (or a value on a grid) whose statistic is this close to another, relatively, equals it and counts as a tie."""

SINGULAR: Final = 1e-12
"""Smallest eigenvalue, of a matrix scaled to a unit diagonal or relative to the largest, of a matrix that is inverted as it stands."""

UNIT_LEFT: Final = 1e-9
"""What other columns must leave of a column, relative to its own length, for it to add a direction."""

NO_VARIANCE: Final = 1e-11
"""Sums of scores below this share of what the rows could give are rounding: there is no variance to test with."""

PERFECT: Final = 1e-10
"""Residuals below this share of the outcome are rounding: the fit is perfect."""
