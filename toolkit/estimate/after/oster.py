"""How much selection on unobservables would explain a coefficient: Oster's (2019) bounds, exact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from toolkit.errors import NotEstimable, UnknownOption
from toolkit.estimate.linear.refit import Refit, refit
from toolkit.estimate.results.estimate import Estimate
from toolkit.report import Report, ReportMixin, number

if TYPE_CHECKING:
    from toolkit.panel import Panel


@dataclass(frozen=True)
class Root:
    """A coefficient that solves the equation: ``beta`` = full estimate less ``bias``; whether it keeps the direction of selection."""

    beta: float
    bias: float
    keeps_direction: bool


@dataclass(frozen=True, repr=False)
class OsterBounds(ReportMixin):
    """A coefficient and how much selection on unobservables would explain it.

    Attributes
    ----------
    term, outcome : the treatment and the outcome.
    short, full : formulas without and with controls.
    rows : on which both were estimated.
    within : effects removed from both, so that R squared and r_max are within them; empty if none.
    beta_short, beta_full, r2_short, r2_full : of the two models.
    r_max : R squared of a model with everything.
    assumed_delta, beta_star : the coefficient under that proportion of selection.
    roots : all real solutions, those that keep the direction first.
    beta, delta : the proportion of selection at which the coefficient would be ``beta``; negative if selection must go the other way.
    """

    term: str
    outcome: str
    short: str
    full: str
    rows: int
    within: tuple[str, ...]
    beta_short: float
    beta_full: float
    r2_short: float
    r2_full: float
    r_max: float
    assumed_delta: float
    beta_star: float
    roots: tuple[Root, ...]
    beta: float
    delta: float

    @property
    def identified_set(self) -> tuple[float, float]:
        """From the full estimate (no selection) to beta_star, in order."""
        return min(self.beta_full, self.beta_star), max(self.beta_full, self.beta_star)

    @property
    def excludes_beta(self) -> bool:
        """Whether ``beta`` lies outside the identified set."""
        low, high = self.identified_set
        return not low <= self.beta <= high

    def tidy(self) -> pd.DataFrame:
        """One row with every number."""
        low, high = self.identified_set
        return pd.DataFrame(
            [
                {
                    "term": self.term,
                    "beta_short": self.beta_short,
                    "r2_short": self.r2_short,
                    "beta_full": self.beta_full,
                    "r2_full": self.r2_full,
                    "r_max": self.r_max,
                    "assumed_delta": self.assumed_delta,
                    "beta_star": self.beta_star,
                    "set_low": low,
                    "set_high": high,
                    "beta": self.beta,
                    "delta": self.delta,
                    "excludes_beta": self.excludes_beta,
                }
            ]
        )

    def _report(self) -> Report:
        low, high = self.identified_set
        r2 = f"R² within {' + '.join(self.within)}" if self.within else "R²"
        others = [root for root in self.roots if root.beta != self.beta_star]
        verdict = "excludes" if self.excludes_beta else "includes"
        found = [
            f"without controls: {number(self.beta_short)}, {r2} {self.r2_short:.3f}",
            f"with controls: {number(self.beta_full)}, {r2} {self.r2_full:.3f}",
            f"delta = {self.assumed_delta:g}, Rmax = {self.r_max:.3f}: beta* = {number(self.beta_star)}",
            f"set [{number(low)}, {number(high)}] {verdict} {self.beta:g}",
            f"delta for beta = {self.beta:g}: {number(self.delta)}",
        ]
        if others:
            kept = ("turns the direction of selection", "farther from the estimate with controls")
            found.append("other solutions: " + ", ".join(f"{number(r.beta)} ({kept[r.keeps_direction]})" for r in others))
        return Report(f"{self.term} on {self.outcome}, {self.rows} rows", lines=tuple(found))


_FACTOR = 1.3  # Rmax = 1.3 R~, at which nine in ten randomised results survive (Oster 2019, section 5)
_STILL = 1e-10  # movement of coefficient or R squared that is rounding
_REAL = 1e-8  # imaginary part of a root, relative, that is rounding


@dataclass(frozen=True)
class OsterMoments:
    """The moments that the bounds are made of.

    Attributes
    ----------
    beta_short, beta_full : coefficient of the treatment without and with controls.
    r2_short, r2_full : R squared of the two.
    variance_outcome : of the outcome, with the effects common to both removed.
    variance_treatment : of the treatment, with everything in the short model but itself removed.
    variance_left : of the treatment, with everything in the full model but itself removed.
    """

    beta_short: float
    beta_full: float
    r2_short: float
    r2_full: float
    variance_outcome: float
    variance_treatment: float
    variance_left: float

    def cubic(self, delta: float, r_max: float) -> tuple[float, float, float, float]:
        """Coefficients of c3 v^3 + c2 v^2 + c1 v + c0 = 0 in the bias v = beta_full - beta*."""
        d, s, t = self.beta_short - self.beta_full, self.variance_treatment, self.variance_left
        explained = (self.r2_full - self.r2_short) * self.variance_outcome
        hidden = (r_max - self.r2_full) * self.variance_outcome
        return (
            (delta - 1) * t * (s - t),
            (delta - 2) * t * d * s,
            delta * hidden * (s - t) - explained * t - s * t * d**2,
            delta * hidden * d * s,
        )

    def delta_of(self, bias: float, r_max: float) -> float:
        """The delta at which the bias beta_full - beta* is ``bias``: the cubic is linear in delta."""
        at_zero, at_one = (float(np.polyval(self.cubic(delta, r_max), bias)) for delta in (0.0, 1.0))
        if abs(at_one - at_zero) <= np.finfo(float).eps * (abs(at_one) + abs(at_zero)):
            raise NotEstimable("no proportion of selection gives this coefficient", remedy="use another beta or a larger r_max")
        return at_zero / (at_zero - at_one)

    def keeps_direction(self, bias: float) -> bool:
        """Assumption 3: the index of observables, with its coefficients at beta*, has the covariance with the treatment of the same sign.

        That covariance is d s + v (s - t), and d s at v = 0.
        """
        d, s, t = self.beta_short - self.beta_full, self.variance_treatment, self.variance_left
        return bool(np.sign(d * s + bias * (s - t)) == np.sign(d * s))


def oster_bounds(
    short: Estimate,
    full: Estimate,
    term: str,
    data: Panel | pd.DataFrame | None = None,
    *,
    delta: float = 1.0,
    r_max: float | None = None,
    beta: float = 0.0,
) -> OsterBounds:
    """The coefficient under proportional selection, and the selection that would bring it to ``beta``.

    The outcome is b x + W1 + W2 + e, with W1 the index of the controls and W2 that of what is not observed and uncorrelated with W1.
    Selection is proportional: delta cov(W1, x) / var(W1) = cov(W2, x) / var(W2). With v = b~ - b*, d = b° - b~, s and t the variances of
    the treatment left by the short and by the full model, and r in units of the variance of the outcome, b* solves

        (delta - 1) t (s - t) v^3 + (delta - 2) t d s v^2
            + [delta (Rmax - R~) r (s - t) - (R~ - R°) r t - s t d^2] v + delta (Rmax - R~) r d s = 0,

    a quadratic at delta = 1. Of several real roots the one is taken that keeps the direction of selection on the observables (assumption 3)
    and lies nearest to the full estimate; all roots are reported. The delta for ``beta`` solves the same equation, linear in delta.

    Effects absorbed in both models are removed first, so the R squared are within those effects, and so is ``r_max``. Effects only in the
    full model, and all regressors that only it has, are the controls. Regressors in both models count in both R squared.

    Parameters
    ----------
    short, full : estimates on the same rows by :func:`fit`, ``fit_pooled`` or ``fit_within``; full has all of short, and more.
    term : the treatment.
    data : the data that both were estimated on, where they have dropped their rows.
    delta : proportion of selection, 1 by default: what is not observed is as important as what is.
    r_max : R squared of a model with everything; default 1.3 times that of the full one, at most 1.
    beta : the value whose delta is asked for.

    Raises
    ------
    NotEstimable
        If the models are not nested or not on the same rows, the controls move nothing, or no root keeps the direction.
    UnknownOption
        If ``r_max`` lies below the full R squared or above 1.

    References
    ----------
    Oster (2019), Unobservable selection and coefficient stability, Journal of Business and Economic Statistics 37(2), propositions 1 to 3.

    Examples
    --------
    >>> import pandas as pd
    >>> from toolkit.estimate.linear.within import fit_pooled
    >>> rng = np.random.default_rng(0)
    >>> frame = pd.DataFrame(rng.normal(size=(500, 3)), columns=["w", "hidden", "x"])
    >>> frame["x"] += frame["w"] + frame["hidden"]
    >>> frame["y"] = frame["x"] + frame["w"] + frame["hidden"]
    >>> short, full = fit_pooled("y ~ x", frame), fit_pooled("y ~ x + w", frame)
    >>> bounds = oster_bounds(short, full, "x", r_max=1.0, beta=1.0)
    >>> round(bounds.beta_full, 1), round(bounds.beta_star, 1), round(bounds.delta, 1)
    (1.5, 1.0, 1.0)
    """
    rows = refit(short, data, "oster_bounds"), refit(full, data, "oster_bounds")
    name = _treatment(*rows, term)
    moments = movement(*rows, name)
    limit = _r_max(r_max, moments)
    roots = _roots(moments, delta, limit)
    needed = moments.delta_of(moments.beta_full - beta, limit)
    chosen = [root for root in roots if root.keeps_direction]
    if not chosen:
        raise NotEstimable(
            f"no coefficient of {name} keeps the direction of selection at delta = {delta:g} and Rmax = {limit:.3f}",
            where=f"solutions: {', '.join(f'{root.beta:.4g}' for root in roots)}; delta for {beta:g}: {needed:.4g}",
            remedy="use a smaller delta or r_max",
        )
    return OsterBounds(
        term=name,
        outcome=full.spec.outcome,
        short=short.spec.formula,
        full=full.spec.formula,
        rows=full.counts.rows,
        within=tuple(e for e in short.effects if e in full.effects),
        beta_short=moments.beta_short,
        beta_full=moments.beta_full,
        r2_short=moments.r2_short,
        r2_full=moments.r2_full,
        r_max=limit,
        assumed_delta=delta,
        beta_star=chosen[0].beta,
        roots=roots,
        beta=beta,
        delta=needed,
    )


def _treatment(short: Refit, full: Refit, term: str) -> str:
    """The text of the treatment, once the two models are comparable.

    Raises
    ------
    NotEstimable
    """
    one, two = short.estimate, full.estimate
    name = two.coefficient(term).term
    one.coefficient(term)
    where = f"{one.spec.formula}; {two.spec.formula}"
    if one.spec.outcome != two.spec.outcome or one.weights != two.weights or "differences" in (one.method, two.method):
        raise NotEstimable(
            "the two models differ in outcome, weights or method", where=where, remedy="estimate both with fit, on the same outcome"
        )
    extra = [t for j, t in enumerate(one.terms) if t not in two.terms and j != one.constant] + [
        e for e in one.effects if e not in two.effects
    ]
    if extra:
        raise NotEstimable(f"the short model has {', '.join(extra)}, the full one does not", where=where, remedy="nest the short model")
    if not np.array_equal(short.sample.positions, full.sample.positions):
        raise NotEstimable(
            f"the short model has {short.n} rows, the full one {full.n}, and they are not the same",
            where=where,
            remedy="estimate both on the rows of the full model: drop rows where a control is missing before",
        )
    return name


def movement(short: Refit, full: Refit, term: str) -> OsterMoments:
    """The moments, with the effects common to both models removed from the outcome."""
    outcome = short.sample.matrix[0]  # less the effects of the short model, which the full one has too
    total = float(short.weighted(outcome) @ outcome)
    left = [_left(rows, term) for rows in (short, full)]
    betas = [rows.estimate.coefficient(term).estimate for rows in (short, full)]
    n = full.n
    found = OsterMoments(
        beta_short=betas[0],
        beta_full=betas[1],
        r2_short=1 - short.rss / total,
        r2_full=1 - full.rss / total,
        variance_outcome=total / n,
        variance_treatment=left[0] / n,
        variance_left=left[1] / n,
    )
    if abs(found.r2_full - found.r2_short) < _STILL or abs(left[0] - left[1]) < _STILL * left[0]:
        raise NotEstimable(
            "the controls do not move the model: R squared and the variance of the treatment stay the same",
            where=f"{short.estimate.spec.formula}; {full.estimate.spec.formula}",
            remedy="give the full model controls that matter",
        )
    return found


def _left(rows: Refit, term: str) -> float:
    """Sum of squares of the treatment, with everything else in the model removed."""
    return float(1.0 / rows.bread[rows.slope(term), rows.slope(term)])


def _r_max(asked: float | None, moments: OsterMoments) -> float:
    if asked is None:
        return min(_FACTOR * moments.r2_full, 1.0)
    if not moments.r2_full <= asked <= 1:
        raise UnknownOption(
            f"r_max={asked:g} is not between the R squared of the full model, {moments.r2_full:.4f}, and 1",
            remedy="leave it out for 1.3 times that of the full model",
        )
    return float(asked)


def _roots(moments: OsterMoments, delta: float, r_max: float) -> tuple[Root, ...]:
    """The real roots, those that keep the direction first, then by distance from the full estimate."""
    coefficients = np.array(moments.cubic(delta, r_max))
    unit = abs(moments.beta_short - moments.beta_full) or 1.0
    scaled = coefficients * unit ** np.array([3, 2, 1, 0])  # roots in units of the movement
    solutions = np.roots(scaled / np.abs(scaled).max())
    real = solutions[np.abs(solutions.imag) <= _REAL * np.maximum(np.abs(solutions), 1.0)].real * unit
    found = [Root(moments.beta_full - v, float(v), moments.keeps_direction(float(v))) for v in map(float, real)]
    return tuple(sorted(found, key=lambda root: (not root.keeps_direction, abs(root.bias))))
