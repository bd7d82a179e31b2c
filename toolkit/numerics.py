"""What all numeric code shares: the type of its arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
"""An array of float64 of any shape; the shape stands in each docstring."""
