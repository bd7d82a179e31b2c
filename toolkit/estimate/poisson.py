"""Poisson pseudo maximum likelihood with absorbed effects.

Some rows tell a Poisson model nothing, and leave it first: zeros that effects or regressors predict without error.

A level of an effect whose outcomes are all zero has the effect minus infinity. The same happens to a combination of regressors (and
effects) that is zero wherever the outcome is positive and has one sign elsewhere: its coefficient runs off, and the zeros it reaches are
predicted perfectly. Such rows have no information about the other coefficients; without them the estimates are the same, and finite
(Correia, Guimaraes and Zylkin 2021).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NoReturn, Unpack

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import EstimationError, FormulaError, NotConverged, NothingToEstimate, PerfectPrediction
from toolkit.estimate.formula.spec import Spec, parse, refuse_instruments, refuse_slopes
from toolkit.estimate.formula.terms import Transform
from toolkit.estimate.linear.least_squares import Moments, assemble, centre, choose, inference, require_rows, slopes_f
from toolkit.estimate.linear.within import restore_intercept, uncentred
from toolkit.estimate.results.derived import INTERCEPT, elasticity_weight
from toolkit.estimate.results.estimate import Coefficient, Estimate
from toolkit.estimate.rows.grouping import Grouping
from toolkit.estimate.rows.options import (
    PERFECT_FIT,
    PREDICTED,
    REDUNDANT_EFFECTS,
    Errors,
    Omitted,
    Options,
    always_zero,
    documented,
)
from toolkit.estimate.rows.sample import RowSelection, Sample, drop_singletons, restrict, select
from toolkit.estimate.rows.source import source_of
from toolkit.estimate.solve.absorb import make_absorber, rank_of, refuse_leverage
from toolkit.estimate.solve.engines import separating_rows
from toolkit.estimate.solve.equations import LeastSquares, least_squares
from toolkit.estimate.solve.kernels import norms
from toolkit.estimate.solve.omission import independent, is_flat
from toolkit.language import Name, Note, Text, note
from toolkit.numerics import Floats
from toolkit.panel import Panel
from toolkit.threads import frugal


def _drop_separated(sample: Sample) -> Sample:
    """The sample without zeros that are predicted perfectly, each kind counted, again and again until none is left.

    Raises
    ------
    EmptySample
        If the outcome is always zero.
    """
    while True:
        selection = RowSelection(sample.source, sample.positions)
        for text, grouping in sample.named_effects:
            selection.drop(grouping.spread(grouping.sums(sample.matrix[0])) == 0, always_zero(text))
        if selection.complete:
            selection.drop(_separated(sample), PREDICTED)
        if selection.complete:
            return sample
        if sample.options.small_sample not in ("xtreg", "plm"):
            drop_singletons(list(sample.named_effects), selection)
        selection.require(sample.spec.formula)
        sample = restrict(sample, selection)


def _separated(sample: Sample) -> NDArray[np.bool_]:
    """(n,) whether a row is a zero that is predicted perfectly; the linear programme is solved only where it can find something."""
    outcome = sample.matrix[0]
    none = np.zeros(sample.rows, dtype=bool)
    if (outcome > 0).all() or not (outcome > 0).any():
        return none
    effects = sample.effects
    if not effects and sample.spec.intercept:
        effects = (Grouping(np.zeros(sample.rows, dtype=np.intp), 1),)
    standing = _independent(sample.matrix[1:], effects)
    columns = sample.matrix[1:][standing]
    positive = outcome > 0
    inside = tuple(g.take(positive) for g in effects)
    if len(_independent(columns[:, positive], inside)) == len(columns) and rank_of(inside) == rank_of(effects):
        return none
    return separating_rows(outcome, columns - columns.mean(axis=1, keepdims=True) if effects else columns, effects)


def _independent(columns: Floats, effects: tuple[Grouping, ...]) -> list[int]:
    """Positions of columns (k, n) that are linearly independent of each other and of the effects."""
    size = norms(columns, None)
    rest = columns - columns.mean(axis=1, keepdims=True) if effects else columns.copy()
    varying = norms(rest, None)
    if effects:
        make_absorber(effects).demean(rest)
    standing = np.flatnonzero(~is_flat(norms(rest, None), varying, size))
    kept, _ = independent(rest[standing], size[standing], None)
    return [int(standing[j]) for j in kept]


ITERATIONS, _HALVINGS, _TOLERANCE = 200, 30, 1e-12  # steps, halvings of one step, relative change of the deviance
_UNCONVERGED = 1e-10  # what one more step may still change: sum of mu (change of log mu)^2, relative to the deviance
_EXACT = 1e-16  # deviance per unit of the outcome below which nothing is left to explain

_ZEROS_PREDICTED = Text(
    "{rows} zeros of the outcome are predicted perfectly by the regressors and left out (first {first}).",
    "被解释变量的{rows}个零值被回归元完全预测，已剔除（首个为{first}）。",
)
_LOST_WITH_ZEROS = Text("With them {terms} could not be estimated.", "剔除后{terms}无法估计。")


@dataclass(frozen=True, eq=False, repr=False)
class PoissonEstimate(Estimate):
    """An estimate of log E(y) = x'b + effects.

    A coefficient is the relative change of the expected outcome per unit of its regressor; ``predict`` gives x'b, the logarithm of the
    expected outcome without the absorbed effects. ``fitted`` is the expected outcome, effects included, and ``residuals`` the outcome
    less it.
    """

    def elasticity(self, term: str, level: float = 0.95) -> Coefficient:
        """The elasticity of the expected outcome: b for ``log(x)``, b mean(x) for ``x``, the mean taken as given.

        Raises
        ------
        NotEstimable
            For other forms, or when the variable enters more than one term.
        """
        plain = self.coefficient(term, level)
        in_logs = {**self.means, self.spec.outcome: 1.0}  # d log E(y) / dx is b itself, not b / mean(y)
        name, weight = elasticity_weight(spec=self.spec, term=plain.term, terms=self.terms, columns=self.columns, means=in_logs)
        return self.tested(name, plain.estimate * weight, plain.std_error * abs(weight), level)


@frugal
@documented
def fit_poisson(
    formula: str | Spec,
    data: Panel | pd.DataFrame,
    **errors: Unpack[Errors],
) -> PoissonEstimate:
    """Poisson pseudo maximum likelihood: E(y_it | x, a, g) = exp(x_it'b + a_i + g_t).

    Only the mean must be right: the outcome need not be a count, and its variance need not equal the mean, as long as the standard errors
    are clustered or HC1. Zeros stay in, unlike under ``log(y)``. Rows without information leave and are counted: levels of an effect whose
    outcomes are all zero, and zeros that the regressors predict perfectly (:mod:`toolkit.estimate.poisson`).

    Iteratively reweighted least squares: each step regresses the log means plus (y - m) / m on the regressors with weights m and effects
    removed exactly, and is halved while it raises the deviance; one more step checks the result and gives the sandwich, with the factors
    of the linear estimators and t with G - 1 degrees of freedom. ``covariance="iid"`` takes the Poisson variance: the inverse information
    matrix without any factor, judged by the normal distribution.

    Weights are analytic: scaled to a mean of one they multiply the log likelihood of each row,

        ln L = sum of w_it (y_it ln m_it - m_it - ln Gamma(y_it + 1)),    scores w_it (y_it - m_it) x_it,    sum of w_it = N,

    so that their unit changes nothing. statsmodels' GLM takes ``freq_weights`` as they are: its log likelihood and deviance are the mean of
    the weights times those here, and its "iid" errors smaller by the root of that.

    Parameters
    ----------
    formula : ``"patents ~ log(rd) + L(log(rd), 1) | firm + year"``; pooled with an intercept if nothing is absorbed. The outcome stands
        without a logarithm.
    data : a panel, or a plain frame.
    covariance : "cluster" (default; by entity), "iid", "HC0", "HC1" or "driscoll_kraay".
    cluster, weights, small_sample, bandwidth : |options|

    Returns
    -------
    PoissonEstimate
        method "poisson", statistics r2_pseudo (1 - log likelihood / that of a constant alone), log_likelihood, deviance, f.

    Raises
    ------
    FormulaError, MissingColumn, NotNumeric, EmptySample, NothingToEstimate, PerfectPrediction, TooFewClusters, NotConverged
    EstimationError
        If an outcome is negative.

    References
    ----------
    Gourieroux, Monfort and Trognon (1984); Wooldridge (1999); Correia, Guimaraes and Zylkin (2020, 2021).

    Examples
    --------
    >>> frame = pd.DataFrame({"firm": [1, 1, 1, 2, 2, 2, 3, 3], "year": [1, 2, 3, 1, 2, 3, 1, 2]})
    >>> frame = frame.assign(x=[0.0, 1, 2, 0, 1, 3, 1, 2], patents=[1, 2, 5, 0, 3, 9, 0, 0])
    >>> estimate = fit_poisson("patents ~ x | firm", Panel(frame, "firm", "year"))
    >>> estimate.beta.round(3), str(estimate.counts.dropped[0].reason)
    (array([0.826]), 'outcome always zero within firm')
    """
    source = source_of(data)
    spec = _refuse_log(refuse_slopes(refuse_instruments(parse(formula), "fit_poisson"), "fit_poisson"))
    options = Options.read(source, **errors)
    sample = select(spec, source, refuse_leverage(options, "fit_poisson"))
    _refuse_negative(sample)
    return _poisson_estimate(_drop_separated(sample))


def _poisson_estimate(sample: Sample) -> PoissonEstimate:
    """The estimate on chosen rows; works in place on ``sample.matrix``."""
    outcome, w = sample.matrix[0].copy(), sample.weights
    intercept = sample.spec.intercept and not sample.effects
    moments = centre(sample.matrix, w) if intercept or sample.effects else uncentred(sample.matrix, w)
    regressors = sample.matrix[1:].copy()
    rank, exact = 0, True
    if sample.effects:
        absorber = make_absorber(sample.effects, w)
        absorber.demean(sample.matrix)
        rank, exact = absorber.rank, absorber.exact_rank
    kept, omitted = _chosen(sample, moments, intercept)
    terms = tuple(sample.names[j] for j in kept)
    if intercept:
        terms = (INTERCEPT, *terms)
    require_rows(sample, len(terms), rank)
    columns, fit, means = _Model(sample, outcome, regressors[kept], intercept).solve()
    vcov, info, warnings = inference(sample=replace(sample, weights=_times(w, means)), columns=columns, fit=fit, terms=terms, rank=rank)
    if sample.options.covariance == "iid":  # the variance is the mean: the inverse information, judged by the normal distribution
        vcov, info = fit.bread, replace(info, kind="poisson", factor="1", factor_value=1.0, df_t=np.inf, notes=sample.options.notes)
    beta = fit.beta
    if intercept:
        beta, vcov = restore_intercept(beta, vcov, moments.means[[j + 1 for j in kept]], 0.0)
    statistics = _statistics(outcome, means, w)
    slopes = slice(1 if intercept else 0, None)
    notes = [*warnings, *_notes(sample, omitted, outcome, statistics["deviance"])]
    if not exact:
        notes.append(REDUNDANT_EFFECTS)
    return assemble(
        PoissonEstimate,
        sample,
        moments,
        kept,
        method="poisson",
        terms=terms,
        beta=beta,
        vcov=vcov,
        covariance=info,
        statistics=statistics | slopes_f(beta[slopes], vcov[slopes, slopes], info.df_t),
        omitted=omitted,
        warnings=notes,
        outcome=outcome,
        residuals=outcome - means,
    )


def _refuse_log(spec: Spec) -> Spec:
    if isinstance(spec.left, Transform) and spec.left.function in ("log", "log1p", "asinh"):
        raise FormulaError(
            f"fit_poisson models the logarithm of the expected outcome, and the formula takes {spec.left.function} of it once more",
            where=spec.formula,
            remedy=f"write {spec.left.argument.text} ~ ...",
        )
    return spec


def _refuse_negative(sample: Sample) -> None:
    negative = sample.matrix[0] < 0
    if negative.any():
        first = sample.source.row_name(int(sample.positions[int(negative.argmax())]))
        raise EstimationError(
            f"{sample.spec.outcome} is negative in {int(negative.sum())} rows, and a Poisson mean is positive",
            where=f"first {first}",
            remedy="use an outcome that is zero or positive, or fit_within",
        )


def _chosen(sample: Sample, moments: Moments, intercept: bool) -> tuple[list[int], tuple[Omitted, ...]]:
    """As for a linear estimate, but when the regressors differ only in rows that are predicted perfectly, the error names this."""
    try:
        kept, omitted = choose(sample, moments, sample.named_effects, intercept)
    except NothingToEstimate as problem:
        predicted = [d for d in sample.dropped if d.reason.key == PREDICTED.key]
        if not predicted:
            raise
        raise PerfectPrediction(
            f"the regressors predict {predicted[0].rows} zeros of {sample.spec.outcome} without error, and nothing else varies with them",
            where=f"first {predicted[0].first}; {problem.where}",
            remedy="leave out the regressor that is nonzero only where the outcome is zero, or use fit_within",
        ) from None
    return kept, omitted


@dataclass(frozen=True, eq=False)
class _Model:
    """Outcome (n,) and regressors (k, n) on the rows of a sample, whose effects and weights count."""

    sample: Sample
    outcome: Floats
    regressors: Floats
    intercept: bool

    def solve(self) -> tuple[Floats, LeastSquares, Floats]:
        """Columns with effects removed, the last weighted least-squares step, and the means (n,) it is weighted by.

        Raises
        ------
        NotConverged
            If the step still moves the log means: an unconverged number never leaves.
        """
        w, outcome = self.sample.weights, self.outcome
        logs, means = self._iterate()
        columns, fit, fitted = self._step(logs, means)
        moved = fitted - logs
        left = float(_times(w, means) @ moved**2)
        if not left <= _UNCONVERGED * (float(outcome.mean()) + _deviance(outcome, means, w)):
            self._refuse(f"one more step changes the log means by {np.abs(moved).max():.1e}")
        return columns, fit, means

    def _iterate(self) -> tuple[Floats, Floats]:
        """Log means (n,) at which the deviance no longer changes, and the means."""
        w, outcome = self.sample.weights, self.outcome
        means = (outcome + outcome.mean()) / 2
        logs, deviance = np.log(means), np.inf
        with np.errstate(all="ignore"):  # a step too far overflows, and is halved
            for _ in range(ITERATIONS):
                last = logs
                try:
                    logs = self._step(last, means)[2]
                except np.linalg.LinAlgError:
                    break
                means = np.exp(logs)
                before, now = deviance, _deviance(outcome, means, w)
                for _ in range(_HALVINGS):
                    if now <= before * (1 + _TOLERANCE):
                        break
                    logs = (logs + last) / 2
                    means = np.exp(logs)
                    now = _deviance(outcome, means, w)
                deviance = now
                if not (np.isfinite(means).all() and means.all()):
                    break
                if abs(before - now) <= _TOLERANCE * (outcome.mean() + now):
                    return logs, means
        self._refuse(f"the Poisson model did not converge in {ITERATIONS} steps")

    def _step(self, logs: Floats, means: Floats) -> tuple[Floats, LeastSquares, Floats]:
        """One weighted least-squares step: columns (k, n) with effects removed, the regression, and the log means (n,) it gives."""
        weights = _times(self.sample.weights, means)
        working = np.vstack([logs + (self.outcome - means) / means, self.regressors])
        response = working[0].copy()
        if self.sample.effects:
            make_absorber(self.sample.effects, weights).demean(working)
        columns = np.vstack([np.ones(self.sample.rows), working[1:]]) if self.intercept else working[1:]
        fit = least_squares(working[0], columns.T, weights)
        return columns, fit, response - fit.residuals

    def _refuse(self, what: str) -> NoReturn:
        raise NotConverged(
            what,
            where=self.sample.spec.formula,
            remedy="look for regressors of very different size or nearly collinear ones, or take the logarithm of a skewed regressor",
        )


def _times(weights: Floats | None, means: Floats) -> Floats:
    return means if weights is None else weights * means


def _deviance(outcome: Floats, means: Floats, weights: Floats | None) -> float:
    terms = outcome * np.log(np.where(outcome > 0, outcome / means, 1.0)) - (outcome - means)
    return float(2 * (terms.sum() if weights is None else weights @ terms))


def _statistics(outcome: Floats, means: Floats, weights: Floats | None) -> dict[str, float]:
    """r2_pseudo, log_likelihood, deviance; densities of outcomes that are no counts are continued by the gamma function."""
    from scipy.special import gammaln

    w = np.ones(len(outcome)) if weights is None else weights
    constant = float(w @ outcome / w.sum())

    factorial = float(w @ gammaln(outcome + 1))

    def log_likelihood(mean: Floats | float) -> float:
        return float(w @ (outcome * np.log(mean) - mean)) - factorial

    here, null = log_likelihood(means), log_likelihood(constant)
    return {"r2_pseudo": 1 - here / null, "log_likelihood": here, "deviance": _deviance(outcome, means, weights)}


def _notes(sample: Sample, omitted: tuple[Omitted, ...], outcome: Floats, deviance: float) -> list[Note]:
    notes = []
    for d in sample.dropped:
        if d.reason.key == PREDICTED.key:
            notes.append(note("zeros_predicted", _ZEROS_PREDICTED, rows=d.rows, first=d.first))
            if omitted:
                notes.append(note("lost_with_zeros", _LOST_WITH_ZEROS, terms=tuple(Name(o.term) for o in omitted)))
    if deviance <= _EXACT * float(outcome.sum()):
        notes.append(PERFECT_FIT)
    return notes
