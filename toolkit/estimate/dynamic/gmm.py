"""One- and two-step GMM on arrays: no names, no frames.

With Z (L, n) instruments, X (k, n) regressors, y (n,) and weights A (L, L): b = (X'Z A Z'X)^-1 X'Z A Z'y. Rows belong to entities i, and
g_i = Z_i'e_i. One step: A1 = (sum_i Z_i'H_i Z_i)^-1. Two steps: A2 = S^-1 with S = sum_i g_i g_i' at the residuals of step one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from toolkit.errors import EstimationError, FormulaError, TooFewClusters, TooFewPeriods
from toolkit.estimate.dynamic.declarations import Declarations, DynamicSettings, Equation, Stack, stack
from toolkit.estimate.dynamic.instruments import (
    Block,
    Instruments,
    InstrumentSet,
    Regressors,
    assemble,
    choose_regressors,
    comes_from,
    gmm_blocks,
)
from toolkit.estimate.formula.spec import Spec
from toolkit.estimate.formula.terms import Term
from toolkit.estimate.results.derived import INTERCEPT
from toolkit.estimate.rows.grouping import Grouping
from toolkit.estimate.rows.options import NO_EARLIER_ROW, NO_LATER_ROW, Dropped, Options
from toolkit.estimate.rows.sample import RowSelection, select_with_singletons
from toolkit.estimate.rows.source import Source
from toolkit.estimate.solve.kernels import norms
from toolkit.numerics import SINGULAR, Floats

_IDENTIFIED = 1e-9  # smallest singular value, relative to the largest, of the instrumented regressors


@dataclass(frozen=True)
class Inverse:
    """A symmetric inverse, generalised (Moore-Penrose) if ``rank`` is below the size."""

    matrix: Floats
    rank: int

    @property
    def exact(self) -> bool:
        """Whether the matrix could be inverted as it stands."""
        return self.rank == len(self.matrix)


def inverse(matrix: Floats) -> Inverse:
    """The inverse of a positive semi-definite matrix (L, L), whatever the scale of its rows.

    Examples
    --------
    >>> inverse(np.array([[4.0, 0.0], [0.0, 0.0]])).rank
    1
    """
    scale = np.sqrt(np.maximum(np.diag(matrix), 0.0))
    scale = np.where(scale > 0, scale, 1.0)
    standard = matrix / np.outer(scale, scale)
    values = np.linalg.eigvalsh(standard)
    if values[0] > SINGULAR * values[-1]:
        try:
            found = cho_solve(cho_factor(standard), np.eye(len(standard)))
            return Inverse((found + found.T) / 2 / np.outer(scale, scale), len(matrix))
        except LinAlgError:
            pass
    values, vectors = np.linalg.eigh(standard)
    keep = values > SINGULAR * max(values[-1], np.finfo(float).tiny)
    found = (vectors[:, keep] / values[keep]) @ vectors[:, keep].T
    return Inverse(found / np.outer(scale, scale), int(keep.sum()))


@dataclass(frozen=True)
class System:
    """The arrays of one model.

    Attributes
    ----------
    y : (n,); X : (k, n); Z : (L, n).
    groups : entity of each row.
    zx : (L, k) Z'X; zy : (L,) Z'y.
    """

    y: Floats
    X: Floats
    Z: Floats
    groups: Grouping
    zx: Floats
    zy: Floats

    def moments(self, residuals: Floats) -> Floats:
        """(L, N) the sums g_i = Z_i'e_i of each entity."""
        return self.groups.sums(self.Z * residuals)


def system(y: Floats, X: Floats, Z: Floats, groups: Grouping) -> System:
    """A System with its cross-products."""
    return System(y=y, X=X, Z=Z, groups=groups, zx=Z @ X.T, zy=Z @ y)


@dataclass(frozen=True)
class Step:
    """One GMM step.

    Attributes
    ----------
    beta : (k,); residuals : (n,); moments : (L, N) Z_i'e_i at these residuals.
    weights : (L, L) A.
    bread : (k, k) (X'Z A Z'X)^-1.
    score : (k, L) bread X'Z A, the map from moments to coefficients.
    objective : e'Z A Z'e.
    """

    beta: Floats
    residuals: Floats
    moments: Floats
    weights: Floats
    bread: Floats
    score: Floats
    objective: float


def take_step(system: System, weights: Floats) -> Step:
    """Estimate with the weights A (L, L).

    Raises
    ------
    EstimationError
        If the instruments do not identify all coefficients (the rank condition fails).
    """
    bread, score = projection(system.zx, weights)
    beta = score @ system.zy
    residuals = system.y - beta @ system.X
    moments = system.moments(residuals)
    total = moments.sum(axis=1)
    return Step(
        beta=beta, residuals=residuals, moments=moments, weights=weights, bread=bread, score=score, objective=float(total @ weights @ total)
    )


def projection(zx: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """(X'Z A Z'X)^-1 (k, k), and that matrix times X'Z A (k, L).

    Raises
    ------
    EstimationError
        If Z'X has no full column rank under these weights.
    """
    # judged and inverted with a unit diagonal: the rank of Z'X must not depend on units
    normal = zx.T @ weights @ zx
    scale = np.sqrt(np.maximum(np.diag(normal), 0.0))
    if (scale > 0).all():
        values, vectors = np.linalg.eigh(normal / np.outer(scale, scale))
        if values[0] > _IDENTIFIED**2 * values[-1]:
            bread = (vectors / values) @ vectors.T / np.outer(scale, scale)
            return bread, bread @ zx.T @ weights
    raise EstimationError(
        "the instruments do not identify all coefficients: Z'X has no full rank",
        remedy="declare instruments that vary with each regressor, or leave regressors out",
    )


def sandwich(step: Step) -> Floats:
    """(k, k) covariance robust to heteroskedasticity and to any correlation within entities."""
    influence = step.score @ step.moments
    return np.asarray(influence @ influence.T)


def windmeijer(system: System, first: Step, second: Step, first_vcov: Floats) -> Floats:
    """(k, k) two-step covariance corrected for the estimated weights (Windmeijer 2005).

    V2 + D V2 + V2 D' + D V1 D', where column j of D is V2 X'Z A2 [sum_i Z_i'(x_ij e_i' + e_i x_ij')Z_i] A2 Z'e2 with e the residuals of
    step one and V1 their robust covariance.
    """
    # direction = A2 Z'e2 (L,). The two halves of Z_i'(x_ij e_i' + e_i x_ij')Z_i times it, summed over entities: (L, k) each
    groups = system.groups
    direction = second.weights @ second.moments.sum(axis=1)
    by_entity = direction @ first.moments
    left = system.Z @ (system.X * groups.spread(by_entity)).T
    right = first.moments @ groups.sums(system.X * (direction @ system.Z)).T
    correction = second.score @ (left + right)
    cross = correction @ second.bread
    return np.asarray(second.bread + cross + cross.T + correction @ first_vcov @ correction.T)


_DECLARE = "declare lags of the outcome and of endogenous regressors in gmm={...: (2, None)}, exogenous regressors in iv=(...)"


@dataclass(frozen=True)
class Model:
    """One model, ready to be solved.

    Attributes
    ----------
    stack : the equations; its sample holds the rows.
    system : the arrays; regressors divided by ``lengths`` (k,).
    regressors, instruments : what they are.
    dropped : counts of dropped rows.
    """

    stack: Stack
    system: System
    lengths: Floats
    regressors: Regressors
    instruments: Instruments
    dropped: tuple[Dropped, ...]


def build(spec: Spec, source: Source, options: Options, declared: Declarations, settings: DynamicSettings) -> Model:
    """Choose rows, stack the equations and build both matrices.

    Raises
    ------
    FormulaError
        If effects other than entity and time are absorbed.
    TooFewPeriods
        If no entity has rows enough for the transformation, or no lag can be an instrument.
    EstimationError
        If there are fewer instruments than coefficients.
    """
    _check_effects(spec, source)
    if not (declared.gmm or declared.iv):
        raise EstimationError("under-identified: no instrument is declared", where=spec.formula, remedy=_DECLARE)
    terms = {t.text: t for t in (*spec.terms, *(d.term for d in declared.iv))}
    sample = select_with_singletons(replace(spec, terms=tuple(terms.values())), source, options)
    stacked = stack(sample, settings.transformation, settings.system)
    dropped = _account(stacked, source)
    regressors = choose_regressors(spec, source, stacked)
    periods = regressors.levels[: regressors.hidden]
    instruments = assemble(
        _own_blocks(spec, source, stacked, periods)
        + [_iv_block(d.term, d.equation, stacked) for d in declared.iv]
        + [block for d in declared.gmm for block in gmm_blocks(d, stacked, source, settings.collapse)]
    )
    _check_order(regressors, instruments)
    columns = stacked.columns(regressors.levels)
    lengths = norms(columns, None)
    outcome = stacked.columns(sample.matrix[:1])[0]
    arrays = system(outcome, columns / lengths[:, None], instruments.columns, stacked.groups)
    return Model(stack=stacked, system=arrays, lengths=lengths, regressors=regressors, instruments=instruments, dropped=dropped)


def _check_effects(spec: Spec, source: Source) -> None:
    for effect in spec.effects:
        if effect.columns not in ((source.entity,), (source.time,)):
            raise FormulaError(
                f"the effect {effect.text} cannot be absorbed by fit_dynamic",
                where=spec.formula,
                remedy=f"absorb {source.time} only ({source.entity} is always removed); write others as C({effect.columns[0]}), and in iv",
            )


def _account(stacked: Stack, source: Source) -> tuple[Dropped, ...]:
    """Dropped rows; TooFewPeriods if nothing is left of the difference equation, TooFewClusters with one entity."""
    sample = stacked.sample
    ahead = stacked.transformation.ahead
    ledger = RowSelection(source, sample.positions)
    if not stacked.system:
        alone = np.ones(sample.rows, dtype=bool)
        alone[stacked.transformation.rows] = False
        ledger.drop(alone, NO_LATER_ROW if ahead else NO_EARLIER_ROW)
    if not stacked.transformed:
        raise TooFewPeriods(
            f"no {source.entity} has two {'' if ahead else 'successive '}usable periods, so the {source.entity} effect cannot be removed",
            where="; ".join(f"{d.reason}: {d.rows}" for d in (*sample.dropped, *ledger.dropped)),
            remedy="use fewer lags or more periods; orthogonal_deviations tolerate gaps",
        )
    if stacked.groups.levels < 2:
        raise TooFewClusters(
            "dynamic panel estimates need more than one entity", where=f"{stacked.transformed} rows", remedy="use more entities"
        )
    return (*sample.dropped, *ledger.dropped)


def _own_blocks(spec: Spec, source: Source, stacked: Stack, periods: Floats) -> list[Block]:
    """Period indicators and the intercept are their own instruments: in levels for the system, else transformed."""
    where: Equation = "level" if stacked.system else "difference"
    blocks = []
    if len(periods):
        described = InstrumentSet(term=source.time or "", style="effects", equation=where, what="", count=len(periods))
        blocks.append(Block(described, stacked.columns(periods, where)))
    elif stacked.system and spec.intercept:
        ones = np.ones((1, stacked.sample.rows))
        blocks.append(
            Block(InstrumentSet(term=INTERCEPT, style="effects", equation="level", what="", count=1), stacked.columns(ones, "level"))
        )
    return blocks


def _iv_block(term: Term, equation: Equation, stacked: Stack) -> Block:
    sample = stacked.sample
    positions = [j for j, column in enumerate(sample.columns) if comes_from(column, term)]
    columns = stacked.columns(sample.matrix[1:][positions], equation)
    return Block(InstrumentSet(term=term.text, style="iv", equation=equation, what="", count=len(columns)), columns)


def _check_order(regressors: Regressors, instruments: Instruments) -> None:
    k, count = len(regressors.levels), len(instruments.columns)
    if count < k:
        hidden = f" (and {regressors.hidden} periods)" if regressors.hidden else ""
        listed = ", ".join(f"{s.count} from {s.term}" for s in instruments.sets if s.count) or "none"
        raise EstimationError(
            f"under-identified: {count} instruments for {k} coefficients",
            where=f"coefficients: {', '.join(regressors.terms)}{hidden}; instruments: {listed}",
            remedy=_DECLARE,
        )
