"""The answer of a test: one small record for every test of the toolkit, and the three ways to a p-value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from scipy import special

from toolkit.language import Note, joined
from toolkit.report import Report, ReportMixin, p_equation, warned

Distribution = Literal["chi2", "F", "normal", "CIPS"]


@dataclass(frozen=True, repr=False)
class TestResult(ReportMixin):
    """What a test says.

    Attributes
    ----------
    name : name of the test.
    null : the hypothesis that a small p-value speaks against.
    statistic : its value.
    df : degrees of freedom: (q,) for chi2, (q, m) for F, () for the normal distribution and for published critical values (CIPS).
    p_value : probability of a statistic at least as extreme under the null.
    distribution : the reference distribution.
    notes : definition chosen, counts.
    warnings : what speaks against reading the p-value as it stands.
    """

    __test__: ClassVar[bool] = False  # pytest must not collect the class by its name

    name: str
    null: str
    statistic: float
    df: tuple[float, ...]
    p_value: float
    distribution: Distribution
    notes: tuple[Note, ...] = ()
    warnings: tuple[Note, ...] = ()

    @property
    def note(self) -> str:
        """The notes as one English text; empty if there are none."""
        return joined(self.notes)

    def _report(self) -> Report:
        df = ", ".join(f"{d:g}" for d in self.df)
        law = {"chi2": f"chi2({df})", "F": f"F({df})", "normal": "z", "CIPS": "CIPS"}[self.distribution]
        note = f" ({self.note})" if self.note else ""
        line = f"{self.name}: {law} = {self.statistic:.4g}, {p_equation(self.p_value, 4)}; H0: {self.null}{note}"
        return Report(line, lines=warned(self.warnings))


def chi2(name: str, null: str, statistic: float, df: float, notes: Sequence[Note] = (), warnings: tuple[Note, ...] = ()) -> TestResult:
    """A test against the chi-squared distribution with ``df`` degrees of freedom."""
    p = float(special.chdtrc(df, max(statistic, 0.0)))
    return TestResult(
        name=name,
        null=null,
        statistic=float(statistic),
        df=(float(df),),
        p_value=p,
        distribution="chi2",
        notes=tuple(notes),
        warnings=warnings,
    )


def f(name: str, null: str, statistic: float, df: tuple[float, float], notes: Sequence[Note] = ()) -> TestResult:
    """A test against the F distribution with ``df`` degrees of freedom."""
    numerator, denominator = map(float, df)
    p = float(special.fdtrc(numerator, denominator, max(statistic, 0.0)))
    return TestResult(
        name=name, null=null, statistic=float(statistic), df=(numerator, denominator), p_value=p, distribution="F", notes=tuple(notes)
    )


def normal(
    name: str,
    null: str,
    statistic: float,
    tail: Literal["two-sided", "upper", "lower"],
    notes: Sequence[Note] = (),
    warnings: tuple[Note, ...] = (),
) -> TestResult:
    """A test against the standard normal distribution, two-sided, or with large or small values speaking against the null."""
    p = {"two-sided": 2 * special.ndtr(-np.abs(statistic)), "upper": special.ndtr(-statistic), "lower": special.ndtr(statistic)}[tail]
    return TestResult(
        name=name,
        null=null,
        statistic=float(statistic),
        df=(),
        p_value=float(p),
        distribution="normal",
        notes=tuple(notes),
        warnings=warnings,
    )
