"""What an estimate keeps of its rows: where they stand in the data, the outcome and the residuals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

if TYPE_CHECKING:
    from toolkit.estimate.sample import Sample

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class KeptRows:
    """The n rows behind an estimate; two arrays of numbers, and a third only where rows left.

    Attributes
    ----------
    labels : index of the data that were given, all rows.
    positions : (n,) positions of the rows in the data; None if none left.
    outcome, residuals : (n,).
    """

    labels: pd.Index
    positions: NDArray[np.intp] | None
    outcome: Floats
    residuals: Floats

    def aligned(self, values: Floats, name: str) -> pd.Series:
        """``values`` (n,) on all rows of the data, missing where a row did not enter."""
        if self.positions is None:
            return pd.Series(values.copy(), index=self.labels, name=name)
        padded = np.full(len(self.labels), np.nan)
        padded[self.positions] = values
        return pd.Series(padded, index=self.labels, name=name)


def keep_rows(sample: Sample, outcome: Floats, residuals: Floats) -> KeptRows:
    """The rows of ``sample`` with their outcome and residuals (n,), as an estimate keeps them."""
    complete = sample.rows == len(sample.labels)
    return KeptRows(sample.labels, None if complete else sample.positions, outcome, residuals)
