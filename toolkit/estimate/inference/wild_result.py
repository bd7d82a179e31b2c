"""The answer of the wild cluster bootstrap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.estimate.show import number
from toolkit.language import Name, Note, Text, note

DRAWS = Text("{procedure}, {draws:,} {kind} draws", "{procedure}，{kind}权重，抽样{draws:,}次")
ALL_DRAWS = Text("{procedure}, all {draws:,} {kind} draws", "{procedure}，{kind}权重，抽样{draws:,}次")
ABOUT = Text("{term}: {said}", "{term}：{said}")


@dataclass(frozen=True, eq=False)
class WildBootstrap:
    """A coefficient tested by the wild cluster bootstrap, or the one of its kind that its estimator has.

    Attributes
    ----------
    term, null : the hypothesis: the coefficient of ``term`` is ``null``.
    estimate : the coefficient.
    t_statistic : (estimate - null) / clustered standard error, with the small-sample factor of the estimate. For GMM the score statistic,
        whose standard error is that under the null.
    p_value : two-sided, symmetric; ties count.
    low, high : interval of the nulls that are not rejected at 1 - level; infinite where it is unbounded. Missing with instruments, where
        every null needs its own first stage.
    level : of the interval.
    draws : number of draws.
    enumerated : whether these are all sign patterns there are.
    weights : "rademacher", "webb" or "mammen".
    cluster, clusters : the cluster variable, and how many there are.
    procedure : what was done, in words.
    statistics : (draws,) bootstrap t statistics under the null.
    warnings : what the reader must know.
    """

    term: str
    null: float
    estimate: float
    t_statistic: float
    p_value: float
    low: float
    high: float
    level: float
    draws: int
    enumerated: bool
    weights: str
    cluster: str
    clusters: int
    procedure: Note
    statistics: NDArray[np.float64] = field(repr=False)
    warnings: tuple[Note, ...] = ()

    @property
    def method(self) -> Note:
        """How the p-value was computed, in words."""
        text = ALL_DRAWS if self.enumerated else DRAWS
        return note("wild_method", text, procedure=self.procedure, draws=self.draws, kind=self.weights.capitalize())

    def tidy(self) -> pd.DataFrame:
        """One row: term, null, estimate, statistic, p_value, conf_low, conf_high, clusters, draws."""
        return _frame([self])

    def __str__(self) -> str:
        head = f"{self.term} = {number(self.estimate)}, H0: {self.null:g}, t = {self.t_statistic:.3f}, wild p = {self.p_value:.4f}"
        line = head if np.isnan(self.low) else f"{head}, {self.level:.0%} interval [{number(self.low)}, {number(self.high)}]"
        return "\n".join([line, str(self.method), *(f"Note: {warning}" for warning in self.warnings)])

    def _repr_html_(self) -> str:
        return WildTests((self,))._repr_html_()


@dataclass(frozen=True)
class WildTests:
    """Wild bootstrap tests of the coefficients of one estimate.

    Attributes
    ----------
    tests : one per term.
    """

    tests: tuple[WildBootstrap, ...]

    @property
    def p_values(self) -> dict[str, float]:
        """Term -> p-value."""
        return {test.term: test.p_value for test in self.tests}

    @property
    def method(self) -> Note:
        """How the p-values were computed, in words."""
        return self.tests[0].method

    @property
    def warnings(self) -> tuple[Note, ...]:
        """What the reader must know, each with its term and under its own key."""
        return tuple(Note(w.key, ABOUT, (("term", Name(test.term)), ("said", w))) for test in self.tests for w in test.warnings)

    def tidy(self) -> pd.DataFrame:
        """One row per term."""
        return _frame(self.tests)

    def _repr_html_(self) -> str:
        notes = "<br>".join(escape(str(line)) for line in (self.method, *self.warnings))
        return f'{self.tidy().to_html(index=False, float_format=number)}<p style="font-size:smaller">{notes}</p>'


def _frame(tests: Sequence[WildBootstrap]) -> pd.DataFrame:
    names = ["term", "null", "estimate", "statistic", "p_value", "conf_low", "conf_high", "clusters", "draws"]
    rows = [(t.term, t.null, t.estimate, t.t_statistic, t.p_value, t.low, t.high, t.clusters, t.draws) for t in tests]
    return pd.DataFrame(rows, columns=names)
