"""The answer of a threshold regression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from toolkit.estimate.result import Estimate
from toolkit.estimate.threshold.bootstrap import ThresholdTest
from toolkit.estimate.threshold.sequence import Threshold
from toolkit.estimate.threshold.settings import ThresholdSettings

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, eq=False)
class ThresholdResult:
    """Thresholds with their confidence sets, the tests of their number, and the regression by regime.

    Attributes
    ----------
    variable : the threshold variable.
    regime : the regressors whose slopes switch.
    thresholds : in ascending order.
    tests : 0 against 1, 1 against 2, ... thresholds; without p values if ``draws`` is 0.
    estimate : the regression given the thresholds, a row for each regime; its standard errors take the thresholds as known, because
        they converge faster than the slopes.
    settings : of the search and the bootstrap.
    """

    variable: str
    regime: tuple[str, ...]
    thresholds: tuple[Threshold, ...]
    tests: tuple[ThresholdTest, ...]
    estimate: Estimate
    settings: ThresholdSettings

    @property
    def values(self) -> tuple[float, ...]:
        """The estimated thresholds."""
        return tuple(t.value for t in self.thresholds)

    def tidy(self) -> pd.DataFrame:
        """One row per threshold: term, estimate, conf_low, conf_high (the ends of the confidence set), pieces (its intervals)."""
        rows = [
            (f"threshold {j}", t.value, t.intervals[0][0], t.intervals[-1][1], len(t.intervals)) for j, t in enumerate(self.thresholds, 1)
        ]
        return pd.DataFrame(rows, columns=["term", "estimate", "conf_low", "conf_high", "pieces"])

    def test_table(self) -> pd.DataFrame:
        """One row per test: null, alternative, statistic, p_value, critical values, residual sums of squares, draws, method."""
        return pd.DataFrame([vars(t) for t in self.tests], columns=list(ThresholdTest.__dataclass_fields__))

    def profile(self) -> pd.DataFrame:
        """What a figure of the likelihood ratio needs: threshold, value, rss, lr, critical, inside; a row for each value tried."""
        return pd.concat(list(self._profiles()), ignore_index=True)

    def _profiles(self) -> Iterator[pd.DataFrame]:
        for j, t in enumerate(self.thresholds, 1):
            columns = {"threshold": j, "value": t.tried, "rss": t.rss, "lr": t.lr, "critical": t.critical, "inside": t.lr <= t.critical}
            yield pd.DataFrame(columns)

    def regime_of(self, values: pd.Series) -> pd.Series:
        """The regime 1, 2, ... of each value of the threshold variable; missing stays missing."""
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        codes = np.searchsorted(np.array(self.values), numbers, side="left") + 1
        regimes = pd.Series(codes, index=values.index, dtype="Int64", name="regime")
        return regimes.mask(np.isnan(numbers))

    def __repr__(self) -> str:
        from toolkit.estimate.threshold.show import as_text

        return as_text(self)

    def _repr_html_(self) -> str:
        from toolkit.estimate.threshold.show import as_html

        return as_html(self)
