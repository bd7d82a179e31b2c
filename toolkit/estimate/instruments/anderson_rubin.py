"""The Anderson-Rubin test, valid however weak the instruments, and the confidence set it inverts to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from toolkit.errors import NotEstimable, UnknownOption
from toolkit.estimate.instruments.system import Projection, quadratic_form
from toolkit.estimate.results.outcome import TestResult, f
from toolkit.estimate.solve.covariance import positive_semidefinite
from toolkit.language import Text
from toolkit.numerics import Floats

Shape = Literal["bounded", "disjoint", "unbounded", "whole line", "empty"]

FARTHEST = 1e8  # roots beyond this many units of |y| / |d| are taken for infinity
SURELY_OUTSIDE = 1e300  # in place of a statistic that is infinite
STEP = 1.0  # distance of the test points outside the outermost roots, in the same units


@dataclass(frozen=True)
class ConfidenceSet:
    """Values that a test does not reject: intervals from left to right, closed, with infinite ends where the set is unbounded.

    Attributes
    ----------
    level : for example 0.95.
    intervals : (low, high) of each piece; no piece when every value is rejected.
    """

    level: float
    intervals: tuple[tuple[float, float], ...]

    @property
    def shape(self) -> Shape:
        """What the set looks like."""
        if not self.intervals:
            return "empty"
        if self.intervals == ((-np.inf, np.inf),):
            return "whole line"
        if np.isinf(self.intervals[0][0]) or np.isinf(self.intervals[-1][1]):
            return "unbounded"
        return "bounded" if len(self.intervals) == 1 else "disjoint"

    def __contains__(self, value: float) -> bool:
        return any(low <= value <= high for low, high in self.intervals)

    @property
    def notation(self) -> str:
        """The set in symbols: ``[0.1, 0.4]``, ``(-∞, -2] ∪ [0.3, ∞)``, ``∅``."""
        return " ∪ ".join(_interval(low, high) for low, high in self.intervals) or "∅"

    @property
    def words(self) -> Text:
        """The set in a sentence, in both languages."""
        percent = f"{100 * self.level:g}%"
        english, chinese = {
            "empty": (
                "is empty: every value is rejected, so the instruments contradict the model",
                "为空：所有取值均被拒绝，工具变量与模型相矛盾",
            ),
            "whole line": ("is the whole line: the instruments say nothing", "为整条实数轴：工具变量不含信息"),
            "unbounded": (f"is unbounded: {self.notation}", f"无界：{self.notation}"),
            "disjoint": (f"is disjoint: {self.notation}", f"不连通：{self.notation}"),
            "bounded": (f"is {self.notation}", f"为{self.notation}"),
        }[self.shape]
        return Text(f"the {percent} set {english}", f"{percent}置信集{chinese}")

    def __str__(self) -> str:
        return self.words.en


def _interval(low: float, high: float) -> str:
    left = "(-∞" if np.isinf(low) else f"[{low:.3g}"
    right = "∞)" if np.isinf(high) else f"{high:.3g}]"
    return f"{left}, {right}"


@dataclass(frozen=True)
class AndersonRubin:
    """Everything that the test needs at any hypothesised value: reduced-form and first-stage coefficients with their joint covariance.

    AR(b) = (g - P b)' V(b)^-1 (g - P b) / L, with g and P the coefficients of outcome and endogenous regressors on orthonormal instruments
    and V(b) the covariance of g - P b from the residuals of both; F(L, df) when the instruments are valid and b is true. It is the F of the
    instruments in a regression of y - d b on instruments and exogenous regressors, with the covariance of the estimate.

    Attributes
    ----------
    terms : the m endogenous regressors.
    on_outcome : (L,) g. on_endogenous : (L, m) P.
    covariance : (1 + m, 1 + m, L, L) blocks of their covariance, small-sample factor included.
    df : denominator degrees of freedom.
    size_outcome, size_endogenous : lengths of the outcome and (m,) of the regressors, for a good scale.
    homoskedastic : whether every block is a multiple of the identity.
    """

    terms: tuple[str, ...]
    on_outcome: Floats
    on_endogenous: Floats
    covariance: Floats
    df: float
    size_outcome: float
    size_endogenous: Floats
    homoskedastic: bool

    def statistic(self, *values: float) -> float:
        """AR at the hypothesised coefficients of ``terms``, in their order.

        Raises
        ------
        NotEstimable
            If the covariance is singular (no more clusters than instruments), or the number of values is not that of the terms.
        """
        if len(values) != len(self.terms):
            raise NotEstimable(
                f"{len(values)} values for {len(self.terms)} endogenous regressors",
                remedy=f"give one value each for {', '.join(self.terms)}",
            )
        found = self._value(np.asarray(values, dtype=np.float64))
        if found is None:
            raise NotEstimable(
                "the Anderson-Rubin test does not exist: the covariance of the reduced form is singular",
                remedy="use fewer instruments than clusters, or another covariance",
            )
        return found

    def _value(self, values: Floats) -> float | None:
        # (1, -b) weighs outcome and endogenous regressors (j, k); a and b are excluded instruments
        contrast = np.concatenate([[1.0], -values])
        gap = self.on_outcome - self.on_endogenous @ values
        found = quadratic_form(gap, np.einsum("j,k,jkab->ab", contrast, contrast, self.covariance))
        return None if found is None else found / len(gap)

    def test(self, *values: float) -> TestResult:
        """Test that the coefficients of ``terms`` have these values and the instruments are valid."""
        shown = ", ".join(f"{t} = {v:g}" for t, v in zip(self.terms, values, strict=False))
        return f("Anderson-Rubin", f"{shown}, and the instruments are valid", self.statistic(*values), (len(self.on_outcome), self.df))

    def confidence_set(self, level: float = 0.95) -> ConfidenceSet:
        """All values that the test does not reject, exactly: the ends are the roots of AR(b) = critical value.

        Raises
        ------
        NotEstimable
            With several endogenous regressors, where the set is no interval: use ``test`` at chosen values.
        """
        from scipy.special import fdtri

        if not 0 < level < 1:
            raise UnknownOption(f"level={level} is no confidence level", remedy="a number between 0 and 1, such as 0.95")
        if len(self.terms) != 1:
            raise NotEstimable(
                f"a set of intervals needs one endogenous regressor; there are {len(self.terms)} ({', '.join(self.terms)})",
                remedy="test chosen values with .test(...)",
            )
        critical = float(fdtri(len(self.on_outcome), self.df, level))
        unit = self.size_outcome / float(self.size_endogenous[0])
        roots = self._quadratic_roots(critical) if self.homoskedastic else self._rational_roots(critical)
        return ConfidenceSet(level, tuple((low * unit, high * unit) for low, high in self._pieces(roots, critical, unit)))

    def _scaled(self) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        """g, p, and the blocks V_gg, V_gp + V_pg, V_pp in units of |y| and |d|."""
        s, t = self.size_outcome, float(self.size_endogenous[0])
        v = self.covariance
        return self.on_outcome / s, self.on_endogenous[:, 0] / t, v[0, 0] / s**2, (v[0, 1] + v[1, 0]) / (s * t), v[1, 1] / t**2

    def _quadratic_roots(self, critical: float) -> Floats:
        """Real roots of |g - p b|^2 = c L (s_gg - 2 s_gp b + s_pp b^2): the closed form under homoskedasticity."""
        g, p, gg, gp, pp = self._scaled()
        c = critical * len(g)
        found = np.roots([p @ p - c * pp[0, 0], -2 * g @ p + c * gp[0, 0], g @ g - c * gg[0, 0]])
        return np.sort(found[np.isreal(found)].real)

    def _rational_roots(self, critical: float) -> Floats:
        """Candidates for the roots of AR(b) = critical, for any covariance.

        By the Schur complement AR(b) = c where the bordered matrix [[V(b), g - p b], [(g - p b)', c L]] is singular. It is quadratic in b,
        so the roots are eigenvalues of its linearisation, of twice the size. Complex pairs enter with their real part; a candidate too many
        does no harm, because the signs between candidates decide.
        """
        from scipy.linalg import eig

        g, p, gg, gp, pp = self._scaled()
        n = len(g) + 1
        constant, slope, square = np.zeros((n, n)), np.zeros((n, n)), np.zeros((n, n))
        constant[:-1, :-1], constant[:-1, -1], constant[-1, :-1], constant[-1, -1] = gg, g, g, critical * len(g)
        slope[:-1, :-1], slope[:-1, -1], slope[-1, :-1] = -gp, -p, -p
        square[:-1, :-1] = pp
        zero, one = np.zeros((n, n)), np.eye(n)
        alpha, beta = eig(
            np.block([[zero, one], [-constant, -slope]]), np.block([[one, zero], [zero, square]]), right=False, homogeneous_eigvals=True
        )
        finite = np.abs(alpha) < FARTHEST * np.abs(beta)
        return np.unique((alpha[finite] / beta[finite]).real)

    def _pieces(self, roots: Floats, critical: float, unit: float) -> list[tuple[float, float]]:
        """Intervals where AR <= critical; roots and intervals in units of |y| / |d|."""
        from scipy.optimize import brentq

        def excess(b: float) -> float:
            found = self._value(np.array([b * unit]))
            return SURELY_OUTSIDE if found is None else found - critical

        outer = [roots[0] - STEP * (1 + abs(roots[0])), roots[-1] + STEP * (1 + abs(roots[-1]))] if len(roots) else [0.0]
        points = np.sort(np.concatenate([outer, (roots[1:] + roots[:-1]) / 2]))
        inside = [excess(b) <= 0 for b in points]
        edges = [
            float(brentq(excess, points[i], points[i + 1], xtol=1e-14, rtol=1e-14))
            for i in range(len(points) - 1)
            if inside[i] != inside[i + 1]
        ]
        ends = ([-np.inf] if inside[0] else []) + edges + ([np.inf] if inside[-1] else [])
        return list(zip(ends[::2], ends[1::2], strict=True))


def anderson_rubin(projection: Projection, terms: tuple[str, ...]) -> AndersonRubin | None:
    """The test of a projection; None when its covariance is singular at zero."""
    both = np.vstack([projection.outcome, projection.endogenous])
    p, L = len(both), projection.instruments
    joint, _ = positive_semidefinite(projection.covariance(projection.unexplained(both)))
    blocks = joint.reshape(p, L, p, L).transpose(0, 2, 1, 3)
    found = AndersonRubin(
        terms=terms,
        on_outcome=projection.on_outcome,
        on_endogenous=projection.on_endogenous,
        covariance=blocks,
        df=projection.df_t,
        size_outcome=float(np.linalg.norm(projection.outcome)),
        size_endogenous=np.linalg.norm(projection.endogenous, axis=1),
        homoskedastic=projection.options.covariance == "iid",
    )
    return found if quadratic_form(found.on_outcome, blocks[0, 0]) is not None else None
