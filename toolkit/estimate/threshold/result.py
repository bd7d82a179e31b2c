"""The answer of a threshold regression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from toolkit.estimate.results.estimate import Estimate
from toolkit.estimate.threshold.bootstrap import Threshold, ThresholdTest
from toolkit.estimate.threshold.question import ThresholdSettings
from toolkit.report import Report, ReportTable, Shown, number

if TYPE_CHECKING:
    from collections.abc import Iterator

METHODS = {"hansen": "Hansen's bootstrap of entities", "wild": "wild bootstrap with a sign for each entity"}


def confidence_set(intervals: tuple[tuple[float, float], ...]) -> str:
    """Intervals as they are written.

    Examples
    --------
    >>> confidence_set(((1.0, 2.0), (3.0, 3.0)))
    '[1.0000, 2.0000] and {3.0000}'
    """
    return " and ".join(f"[{number(low)}, {number(high)}]" if low < high else f"{{{number(low)}}}" for low, high in intervals)


def _p_text(test: ThresholdTest) -> str:
    """The p value; a share of zero as less than one draw, nothing without draws."""
    if not test.draws:
        return ""
    return f"{test.p_value:.3f}" if test.p_value > 0 else f"<{1 / test.draws:.2g}"


@dataclass(frozen=True, eq=False, repr=False)
class ThresholdResult(Shown):
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

    def _report(self) -> Report:
        tables = (self._thresholds(), *([self._tests()] if self.tests else []))
        return Report(tables=tables, lines=(self._how(),), below=(self.estimate._report(),))

    def _thresholds(self) -> ReportTable:
        heads = ("", self.variable, f"{100 * self.settings.level:g}% confidence set")
        cells = [(f"threshold {j}", number(t.value), confidence_set(t.intervals)) for j, t in enumerate(self.thresholds, 1)]
        return ReportTable(heads, tuple(cells))

    def _tests(self) -> ReportTable:
        """The tests; without p and critical values if nothing was drawn."""
        heads = ("thresholds", "F", "p", "10%", "5%", "1%")
        cells = [
            (
                f"{t.null} against {t.alternative}",
                f"{t.statistic:.2f}",
                _p_text(t),
                f"{t.critical_10:.2f}",
                f"{t.critical_5:.2f}",
                f"{t.critical_1:.2f}",
            )
            for t in self.tests
        ]
        return ReportTable(heads, tuple(cells)) if self.settings.draws else ReportTable(heads[:2], tuple(row[:2] for row in cells))

    def _how(self) -> str:
        if not self.settings.draws:
            return "The number of thresholds was not tested (draws=0)."
        return f"p and critical values: {METHODS[self.settings.method]}, {self.settings.draws} draws."
