"""The columns of a threshold model, and its least squares with given thresholds."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import EmptySample, NotEstimable
from toolkit.estimate.kernels import make_absorber
from toolkit.estimate.linear import centre, choose
from toolkit.estimate.threshold.question import Question
from toolkit.estimate.threshold.space import Space, make_space, orthonormal

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Model:
    """The columns of a threshold model on n rows sorted by entity.

    Attributes
    ----------
    outcome : (n,) effects removed.
    regressors : (m, n) all regressors, effects removed.
    switching : (k, n) the regressors that switch, as they are, in units of their root mean square.
    q : (n,) threshold variable.
    name : its name.
    order : (n,) rows sorted by q.
    values, ends : (d,) distinct values of q but the largest, and the number of rows up to each.
    space : the absorbed effects.
    df : rows less independent effects, the divisor of the error variance.
    """

    outcome: Floats
    regressors: Floats
    switching: Floats
    q: Floats
    name: str
    order: NDArray[np.intp]
    values: Floats
    ends: NDArray[np.intp]
    space: Space
    df: int

    def block(self, threshold: float) -> Floats:
        """(k, n) effects removed from X 1{q <= threshold}."""
        return self.space.demeaned(self.switching * (self.q <= threshold))


@dataclass(frozen=True)
class Null:
    """The model with given thresholds.

    Attributes
    ----------
    thresholds : the given ones.
    basis : (n, m) orthonormal columns of its regressors, effects removed.
    residuals : (n,).
    rss : their sum of squares.
    """

    thresholds: tuple[float, ...]
    basis: Floats
    residuals: Floats
    rss: float


def make_model(question: Question) -> Model:
    """Remove the effects, drop what is collinear, sort by the threshold variable.

    Raises
    ------
    NotEstimable, NothingToEstimate, EmptySample
    """
    sample = replace(question.sample, matrix=question.sample.matrix.copy())
    assert sample.entity is not None
    raw = question.sample.matrix[[1 + j for j in question.switching]]
    moments = centre(sample.matrix, None)
    absorber = make_absorber(sample.effects)
    absorber.demean(sample.matrix)
    kept, omitted = choose(sample, moments, sample.named_effects, intercept=False)
    for j in question.switching:
        if j not in kept:
            reason = next(o.reason for o in omitted if o.term == sample.names[j])
            raise NotEstimable(
                f"the regime variable {sample.names[j]} has no slope to switch: {reason}",
                where=sample.spec.formula,
                remedy="let a regressor switch that varies within the entities and is not made up of earlier ones",
            )
    n, parameters = sample.rows, len(kept) + len(raw) + absorber.rank
    if n <= parameters:
        raise EmptySample(
            f"{n} rows are not enough for {parameters} parameters", where=sample.spec.formula, remedy="use more rows, or fewer regressors"
        )
    order = np.argsort(question.q, kind="stable")
    ends = np.flatnonzero(np.diff(question.q[order]) > 0) + 1
    if not len(ends):
        raise NotEstimable(
            f"the threshold variable {question.variable.text} does not vary", where=f"{n} rows", remedy="name a variable that varies"
        )
    scale = np.sqrt(np.einsum("kn,kn->k", raw, raw) / n)
    return Model(
        outcome=sample.matrix[0],
        regressors=sample.matrix[[1 + j for j in kept]],
        switching=raw / scale[:, None],
        q=question.q,
        name=question.variable.text,
        order=order,
        values=question.q[order][ends - 1],
        ends=ends,
        space=make_space(absorber, sample.effects, sample.entity),
        df=n - absorber.rank,
    )


def null_model(model: Model, thresholds: tuple[float, ...]) -> Null:
    """Least squares with given thresholds."""
    basis = orthonormal(np.concatenate([model.regressors, *(model.block(g) for g in thresholds)]))
    residuals = model.outcome - basis @ (basis.T @ model.outcome)
    residuals -= basis @ (basis.T @ residuals)
    return Null(thresholds, basis, residuals, float(residuals @ residuals))
