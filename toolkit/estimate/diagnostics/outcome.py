"""The answer of a test: one small record for every test of the toolkit, and the three ways to a p-value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, special

from toolkit.errors import NotEstimable
from toolkit.language import Note, joined
from toolkit.numerics import UNIT_LEFT
from toolkit.report import Report, Shown, p_equation, warned

if TYPE_CHECKING:
    from toolkit.estimate.linear.refit import Refit

Distribution = Literal["chi2", "F", "normal", "CIPS"]


@dataclass(frozen=True, repr=False)
class TestResult(Shown):
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


def require_panel_effects(rows: Refit, test: str) -> None:
    """Refuse absorbed effects other than those of the entity and of time, for tests that know what to do with these two only.

    Raises
    ------
    NotEstimable
    """
    estimate, entity, time = rows.estimate, rows.source.entity, rows.source.time
    others = [effect for effect in estimate.effects if effect not in (entity, time)]
    if others:
        raise NotEstimable(
            f"{test} is defined with {entity} and {time} effects, not with {', '.join(others)}",
            where=estimate.spec.formula,
            remedy="absorb these two only, or write the other effects as C(...) terms",
        )


def orthonormal_basis(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """An orthonormal basis (n, r) of the columns (n, k), which may be collinear and of any scale."""
    size = np.linalg.norm(columns, axis=0)
    columns = columns[:, size > 0] / size[size > 0]
    if columns.shape[1] == 0:
        return columns
    basis, triangle, _ = linalg.qr(columns, mode="economic", pivoting=True)
    return np.asarray(basis[:, : int((np.abs(np.diag(triangle)) > UNIT_LEFT).sum())], dtype=np.float64)


def less_projection(values: NDArray[np.float64], basis: NDArray[np.float64]) -> NDArray[np.float64]:
    """Residuals of ``values`` (n,) or (n, m) on an orthonormal basis (n, r); taken twice, against rounding."""
    once = values - basis @ (basis.T @ values)
    return np.asarray(once - basis @ (basis.T @ once), dtype=np.float64)
