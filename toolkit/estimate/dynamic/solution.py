"""Solve a model: one step, two steps, covariance, tests.

The tests are of overidentification, of groups of instruments and of serial correlation. Arrays in, numbers out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import EstimationError, NotEstimable
from toolkit.estimate.dynamic.declarations import Declarations, DynamicSettings, Stack
from toolkit.estimate.dynamic.gmm import Inverse, Model, Step, System, inverse, projection, sandwich, take_step, windmeijer
from toolkit.estimate.rows.source import Source
from toolkit.language import Note, Text, note
from toolkit.numerics import PERFECT, Floats


@dataclass(frozen=True)
class SpecificationTest:
    """One test.

    Attributes
    ----------
    name : for example ``Hansen J`` or ``AR(2)``.
    key : name in the statistics of the estimate.
    statistic : chi-squared with ``df`` degrees of freedom, or a normal z if ``df`` is 0.
    p_value : upper tail of the chi-squared, two-sided for z.
    hypothesis : what the test takes for granted under the null.
    """

    name: str
    key: str
    statistic: float
    df: int
    p_value: float
    hypothesis: str


def chi_squared(name: str, key: str, statistic: float, df: int, hypothesis: str) -> SpecificationTest:
    """A chi-squared test.

    Examples
    --------
    >>> round(chi_squared("Hansen J", "hansen", 31.4, 25, "").p_value, 3)
    0.176
    """
    from scipy.special import chdtrc

    return SpecificationTest(name=name, key=key, statistic=statistic, df=df, p_value=float(chdtrc(df, statistic)), hypothesis=hypothesis)


def without(system: System, moments_covariance: Floats, excluded: NDArray[np.bool_]) -> tuple[float, int] | None:
    """J of the model without the instruments ``excluded`` (L,), weighted by the same S, and its degrees of freedom.

    With the block of S that belongs to the instruments kept, the difference to the full J is never negative (Newey 1985; Hayashi 2000,
    section 3.8). None if too few instruments are left.
    """
    keep = np.flatnonzero(~excluded)
    if len(keep) < len(system.X):
        return None
    weights = inverse(moments_covariance[np.ix_(keep, keep)])
    if not weights.exact:
        return None
    try:
        _, score = projection(system.zx[keep], weights.matrix)
    except EstimationError:
        return None
    left = system.zy[keep] - system.zx[keep] @ (score @ system.zy[keep])
    return float(left @ weights.matrix @ left), len(keep) - len(system.X)


@dataclass(frozen=True)
class Serial:
    """What the tests of serial correlation need.

    Attributes
    ----------
    changes : (d,) first differences of the residuals.
    regressors : (k, d) first differences of the regressors.
    at : (d,) positions of these rows in the data.
    entity : (d,) entity, as coded in the stack.
    step : the GMM step of the coefficients.
    vcov : (k, k) their covariance.
    """

    changes: Floats
    regressors: Floats
    at: NDArray[np.intp]
    entity: NDArray[np.intp]
    step: Step
    vcov: Floats


def _serial_correlation(order: int, parts: Serial, source: Source, homoskedastic: tuple[float, Stack, System] | None) -> float | None:
    """Arellano and Bond's m test: z of the correlation of differenced residuals ``order`` periods apart, None if it cannot be computed.

    m = w'e / sqrt(v), w the residuals ``order`` periods earlier by the calendar (zero where there are none), and with q_i = w_i'e_i

    v = sum q_i^2 - 2 w'X B X'Z A sum_i Z_i'e_i q_i + w'X V X'w.

    Parameters
    ----------
    homoskedastic : (variance of the error, stack, system) puts s^2 H for e_i e_i'; None for the robust form.
    """
    lookup = np.full(len(source) + 1, -1)
    lookup[parts.at] = np.arange(len(parts.at))
    before = lookup[source.earlier(order)[parts.at]]
    lagged = np.where(before >= 0, parts.changes[before], 0.0)
    if not lagged.any():
        return None
    # reach = X'w (k,), products = w_i'e_i (N,); own and cross are sum q_i^2 and sum Z_i'e_i q_i, or what they are for iid errors
    reach = parts.regressors @ lagged
    products = np.bincount(parts.entity, weights=lagged * parts.changes, minlength=parts.step.moments.shape[1])
    if homoskedastic is None:
        own, cross = float(products @ products), parts.step.moments @ products
    else:
        variance, stack, system = homoskedastic
        in_levels = stack.differences.back(lagged[None, :])[0]
        by_difference, by_level = stack.back(system.Z)
        own, cross = variance * float(in_levels @ in_levels), variance * ((by_difference + by_level) @ in_levels)
    spread = own - 2 * float(reach @ parts.step.score @ cross) + float(reach @ parts.vcov @ reach)
    return float(lagged @ parts.changes / np.sqrt(spread)) if spread > 0 else None


VALID = "all instruments are valid"


@dataclass(frozen=True)
class Solution:
    """Coefficients with their covariance, and the steps behind them.

    Attributes
    ----------
    beta, vcov : (k,) and (k, k) of all coefficients, period indicators included, in the units of the data; no small-sample factor.
    first, second : the steps; ``second`` is None after one step whose residuals give no weights for another.
    spread : S, (L, L), and its inverse.
    variance : s^2 of the error, from the residuals of the first step in the transformed equation.
    perfect : whether those residuals are rounding.
    """

    beta: Floats
    vcov: Floats
    first: Step
    second: Step | None
    spread: Floats
    spread_inverse: Inverse
    weights_exact: bool
    variance: float
    perfect: bool


def _one_step_weights(model: Model, weighting: str) -> Inverse:
    """(sum_i Z_i'H_i Z_i)^-1 with H = MM', its blocks between the equations set to zero if "blocked"."""
    by_difference, by_level = model.stack.back(model.system.Z)
    if not model.stack.system:
        return inverse(by_difference @ by_difference.T)
    if weighting == "full":
        together = by_difference + by_level
        return inverse(together @ together.T)
    return inverse(by_difference @ by_difference.T + by_level @ by_level.T)


def solve_gmm(model: Model, settings: DynamicSettings) -> Solution:
    """One or two steps; the second is taken in any case where it exists, because Hansen's J needs it.

    Raises
    ------
    EstimationError
        If the coefficients are not identified, or there are too few entities for the second step.
    NotEstimable
        If two steps are asked for and the residuals of the first are all zero.
    """
    arrays, m = model.system, model.stack.transformed
    weights = _one_step_weights(model, settings.weighting)
    first = take_step(arrays, weights.matrix)
    residuals = first.residuals[:m]
    variance = float(residuals @ residuals) / model.stack.transformation.variance / max(m - len(arrays.X), 1)
    perfect = float(np.linalg.norm(residuals)) <= PERFECT * float(np.linalg.norm(arrays.y[:m]))
    spread = first.moments @ first.moments.T
    spread_inverse = inverse(spread)
    if settings.steps == 2:
        _check_second(perfect, spread_inverse.rank, model)
    second = None if perfect or spread_inverse.rank < len(arrays.X) else take_step(arrays, spread_inverse.matrix)
    robust = sandwich(first)
    if settings.steps == 1 or second is None:
        beta, vcov = first.beta, robust if settings.covariance == "robust" else variance * first.bread
    else:
        beta = second.beta
        vcov = windmeijer(arrays, first, second, robust) if settings.covariance == "robust" else second.bread
    scale = np.outer(model.lengths, model.lengths)
    return Solution(
        beta=beta / model.lengths,
        vcov=vcov / scale,
        first=first,
        second=second,
        spread=spread,
        spread_inverse=spread_inverse,
        weights_exact=weights.exact,
        variance=variance,
        perfect=perfect,
    )


def _check_second(perfect: bool, rank: int, model: Model) -> None:
    if perfect:
        raise NotEstimable(
            "the fit is perfect, so there are no residuals to make the weights of the second step from",
            remedy="take DynamicSettings(steps=1), and look for a regressor that determines the outcome",
        )
    if rank < len(model.system.X):
        raise EstimationError(
            f"the weights of the second step have rank {rank}, too little for {len(model.system.X)} coefficients",
            where=f"{model.stack.groups.levels} entities, {len(model.system.Z)} instruments",
            remedy="take DynamicSettings(steps=1), more entities, or fewer regressors and period effects",
        )


UNTESTED = {
    1: Text("AR({order}) cannot be tested: there are not enough residuals {order} period apart.", "残差不足，无法进行AR({order})检验。"),
    2: Text("AR({order}) cannot be tested: there are not enough residuals {order} periods apart.", "残差不足，无法进行AR({order})检验。"),
}


def run_tests(
    model: Model, solution: Solution, settings: DynamicSettings, declared: Declarations, source: Source
) -> tuple[tuple[SpecificationTest, ...], tuple[Note, ...]]:
    """All tests that exist for this model, and a note for each that does not."""
    tests: list[SpecificationTest] = []
    notes: list[Note] = []
    if solution.second is not None:
        tests += _overidentification(model, solution, declared)
    parts, homoskedastic = _serial(model, solution, settings), _homoskedastic(model, solution, settings)
    for order in (1, 2):
        z = _serial_correlation(order, parts, source, homoskedastic)
        if z is None:
            notes.append(note("untested_ar", UNTESTED[order], order=order))
        else:
            tests.append(_normal(order, z))
    return tuple(tests), tuple(notes)


def _overidentification(model: Model, solution: Solution, declared: Declarations) -> list[SpecificationTest]:
    assert solution.second is not None
    count, k = model.system.zx.shape
    if count == k:
        return []
    rank = solution.spread_inverse.rank
    hansen = solution.second.objective
    found = []
    if rank > k:
        found.append(chi_squared(name="Hansen J", key="hansen", statistic=hansen, df=rank - k, hypothesis=VALID))
    assumed = "errors iid, no entity effects" if model.stack.system else "errors iid"
    found.append(
        chi_squared(
            name="Sargan",
            key="sargan",
            statistic=solution.first.objective / solution.variance,
            df=count - k,
            hypothesis=f"{VALID}, {assumed}",
        )
    )
    if not solution.spread_inverse.exact:
        return found
    for name, key, excluded in _groups(model, declared):
        rest = without(model.system, solution.spread, excluded)
        if rest is not None and excluded.any():
            difference, df = max(hansen - rest[0], 0.0), count - k - rest[1]
            found.append(
                chi_squared(
                    name=f"Difference in Hansen: {name}",
                    key=f"hansen_{key}",
                    statistic=difference,
                    df=df,
                    hypothesis=f"{name} are valid, given the others",
                )
            )
    return found


def _groups(model: Model, declared: Declarations) -> list[tuple[str, str, NDArray[np.bool_]]]:
    """(name, key, which instruments) of each group: the level instruments, each GMM variable, the standard ones, and those named."""
    sets, owner = model.instruments.sets, model.instruments.owner()

    def where(chosen: list[bool]) -> NDArray[np.bool_]:
        return np.array(chosen, dtype=bool)[owner]

    groups = [("GMM instruments for levels", "levels", where([s.style == "gmm" and s.equation == "level" for s in sets]))]
    variables = dict.fromkeys(s.term for s in sets if s.style == "gmm")
    groups += [(f"GMM instruments from {v}", f"gmm[{v}]", where([s.style == "gmm" and s.term == v for s in sets])) for v in variables]
    groups.append(("standard instruments", "iv", where([s.style == "iv" for s in sets])))
    for name, members in declared.groups:
        groups.append((name, f"group[{name}]", where([s.style != "effects" and s.term in members for s in sets])))
    return groups


def _serial(model: Model, solution: Solution, settings: DynamicSettings) -> Serial:
    stack = model.stack
    step = solution.first if settings.steps == 1 or solution.second is None else solution.second
    levels = model.regressors.levels / model.lengths[:, None]
    regressors = stack.differences.of(levels)
    changes = stack.differences.of(stack.sample.matrix[:1])[0] - step.beta @ regressors
    assert stack.sample.entity is not None
    codes = np.full(stack.sample.entity.levels, -1)
    own = stack.sample.entity.codes
    codes[np.concatenate([own[stack.transformation.rows], own]) if stack.system else own[stack.transformation.rows]] = stack.groups.codes
    rows = stack.differences.rows
    scale = np.outer(model.lengths, model.lengths)
    return Serial(
        changes=changes,
        regressors=regressors,
        at=stack.sample.positions[rows],
        entity=codes[own[rows]],
        step=step,
        vcov=solution.vcov * scale,
    )


def _homoskedastic(model: Model, solution: Solution, settings: DynamicSettings) -> tuple[float, Stack, System] | None:
    if settings.steps == 1 and settings.covariance == "conventional":
        return solution.variance, model.stack, model.system
    return None


def _normal(order: int, z: float) -> SpecificationTest:
    from scipy.special import ndtr

    hypothesis = f"no correlation of differenced residuals {order} period{'s' * (order > 1)} apart"
    return SpecificationTest(
        name=f"AR({order})", key=f"ar{order}", statistic=z, df=0, p_value=float(2 * ndtr(-abs(z))), hypothesis=hypothesis
    )
