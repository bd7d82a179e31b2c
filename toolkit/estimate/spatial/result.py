"""The estimate of a spatial model: an Estimate whose coefficients are read through the effects that run over the map."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from toolkit.errors import NotEstimable
from toolkit.estimate.results.estimate import Coefficient, Estimate
from toolkit.estimate.results.outcome import TestResult, chi2
from toolkit.estimate.spatial.likelihood import LogDeterminant, linked_share
from toolkit.numerics import Floats
from toolkit.panel import Panel
from toolkit.transform.neighbours import Weights

EFFECTS = ("direct", "indirect", "total")


@dataclass(frozen=True, eq=False, repr=False)
class SpatialEstimate(Estimate):
    """Coefficients of a spatial model, with ``rho`` (spatial lag of the outcome) and ``lambda`` (of the error) at the end.

    A coefficient is no effect where rho is not zero: see :meth:`impacts`. ``fitted`` and ``residuals`` are those of the
    innovations e.

    Attributes
    ----------
    links : the weights, in the order of the entities.
    determinant : ln|I - r W|.
    """

    links: Weights | None = field(default=None, repr=False)
    determinant: LogDeterminant | None = field(default=None, repr=False)

    def impacts(self, rng: np.random.Generator, draws: int = 1000, level: float = 0.95, *, beside: Estimate | None = None) -> pd.DataFrame:
        r"""Direct, indirect and total effects of each regressor, with intervals simulated from the normal distribution of the estimate.

        With :math:`S = (I - \rho W)^{-1}(I \beta_k + W \theta_k)`: direct the mean of its diagonal, total the mean of its row sums,
        indirect their difference: what a change in one place does to all others, on average.

        Parameters
        ----------
        rng : the source of randomness.
        draws : of the coefficients; those with rho outside the region where I - rho W can be inverted are left out and replaced.
        level : of the intervals.
        beside : the plain within estimate of the same regressors, which then comes first for each of them.

        Returns
        -------
        Frame with term, effect (within, direct, indirect, total), estimate, std_error, low, high.

        Raises
        ------
        NotEstimable
            If the estimate beside lacks one of the regressors.

        References
        ----------
        LeSage and Pace (2009), Introduction to Spatial Econometrics, chapter 2.
        """
        assert self.determinant is not None
        drawn = rng.multivariate_normal(self.beta, self.vcov, size=2 * draws, method="cholesky")  # svd: signs hang on rounding
        if "rho" in self.terms:
            rho = drawn[:, self.terms.index("rho")]
            drawn = drawn[(rho > self.determinant.low) & (rho < self.determinant.high)]
        drawn = drawn[:draws]
        point, simulated = self._effects(self.beta[None, :]), self._effects(drawn)
        low, high = np.quantile(simulated, [0.5 - level / 2, 0.5 + level / 2], axis=0)
        table = pd.DataFrame(
            [(term, effect) for term in self._regressors for effect in EFFECTS],
            columns=["term", "effect"],
        )
        spread = simulated.std(axis=0, ddof=1)
        table = table.assign(estimate=point[0].ravel(), std_error=spread.ravel(), low=low.ravel(), high=high.ravel())
        return table if beside is None else _with_plain(table, beside, level)

    @property
    def _regressors(self) -> tuple[str, ...]:
        return tuple(column.text for column in self.columns)

    def _column(self, drawn: Floats, term: str) -> Floats:
        return drawn[:, self.terms.index(term)] if term in self.terms else np.zeros(len(drawn))

    def _effects(self, drawn: Floats) -> Floats:
        """(draws, regressors, 3) for coefficients (draws, k)."""
        assert self.links is not None
        assert self.determinant is not None
        n, rho = len(self.links.ids), self._column(drawn, "rho")
        w = self.links.sparse
        neighbours = -self.determinant.derivative(rho, 1) / n  # trace of (I - rho W)^-1 W, over N
        share = linked_share(w)
        if not np.isnan(share):
            sums = share / (1 - rho)
        else:
            degree, dense = w.sum(axis=1), w.toarray()
            sums = np.array([np.linalg.solve(np.eye(n) - r * dense, degree).mean() for r in rho])
        found = []
        for term in self._regressors:
            beta, theta = self._column(drawn, term), self._column(drawn, f"W({term})")
            direct = beta * (1 + rho * neighbours) + theta * neighbours
            total = beta * (1 + rho * sums) + theta * sums
            found.append(np.stack([direct, total - direct, total], axis=1))
        return np.stack(found, axis=1)

    def choice_tests(self) -> tuple[TestResult, ...]:
        """Wald tests of a Durbin model against the models inside it.

        SDM: :math:`\\theta = 0` (SAR) and :math:`\\theta + \\rho\\beta = 0` (SEM, the common factor; delta method). SDEM and SLX:
        :math:`\\theta = 0` (SEM, least squares).

        Raises
        ------
        NotEstimable
            If the model has no spatial lags of regressors.
        """
        lagged = [term for term in self.terms if term.startswith("W(")]
        if not lagged:
            raise NotEstimable(f"{self.method} has no spatial lags of regressors to test", remedy="use SDM, SDEM or SLX")
        at = [self.terms.index(term) for term in lagged]
        inside = {"sdm": "SAR", "sdem": "SEM", "slx": "least squares"}[self.method]
        zero = np.eye(len(self.terms))[at]
        tests = [self._wald(f"theta = 0 ({inside})", zero, self.beta[at])]
        if "rho" in self.terms:
            own, rho = [self.terms.index(term[2:-1]) for term in lagged], self.terms.index("rho")
            slope = zero + self.beta[rho] * np.eye(len(self.terms))[own]
            slope[:, rho] += self.beta[own]
            tests.append(self._wald("theta + rho beta = 0 (SEM)", slope, self.beta[at] + self.beta[rho] * self.beta[own]))
        return tuple(tests)

    def _wald(self, null: str, slope: Floats, value: Floats) -> TestResult:
        statistic = float(value @ np.linalg.solve(slope @ self.vcov @ slope.T, value))
        return chi2("Wald", null, statistic, len(value))

    def elasticity(self, term: str, level: float = 0.95) -> Coefficient:
        """Refused: the effects run over the map.

        Raises
        ------
        NotEstimable
        """
        raise NotEstimable(f"a coefficient of {self.method} is no elasticity by itself", remedy="use impacts(rng)")

    def predict(self, data: Panel | pd.DataFrame) -> pd.Series:
        """Refused: a prediction of one place needs all others.

        Raises
        ------
        NotEstimable
        """
        raise NotEstimable(f"{self.method} has no linear index by row", remedy="use fitted, or impacts(rng)")


def _with_plain(table: pd.DataFrame, plain: Estimate, level: float) -> pd.DataFrame:
    """The effects with the coefficients of a model without neighbours before those of the same term."""
    parts = []
    for term, rows in table.groupby("term", sort=False):
        if term not in plain.terms:
            raise NotEstimable(f"the estimate beside has no {term}", remedy="fit it to the same regressors")
        c = plain.coefficient(str(term), level)
        own = {"term": term, "effect": "within", "estimate": c.estimate, "std_error": c.std_error, "low": c.low, "high": c.high}
        parts += [pd.DataFrame([own]), rows]
    return pd.concat(parts, ignore_index=True)
