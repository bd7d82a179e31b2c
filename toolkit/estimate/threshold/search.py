"""The search for thresholds in one pass over sorted values.

With y, the regressors and the earlier thresholds W fixed and M the residual maker of W and the absorbed effects, a further threshold g adds
the block D_g = X 1{q <= g} and lowers the residual sum of squares by

    gain(g) = (D_g'e)' (D_g'M D_g)^-1 (D_g'e),   e = M y.

D_g'e, D_g'D_g, the entity sums of D_g and its products with a basis of W and of the second effect are all cumulative sums over the rows
sorted by q, so no regression is run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import EmptySample, NotEstimable
from toolkit.estimate.linear.least_squares import centre, choose
from toolkit.estimate.solve.absorb import make_absorber
from toolkit.estimate.threshold.question import Question, Space, ThresholdSettings, make_space, orthonormal
from toolkit.numerics import SAME_DRAW, Floats


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
class RestrictedModel:
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
    # k: switching regressors, n: rows; at one size, so that a determinant says something
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


def _null_model(model: Model, thresholds: tuple[float, ...]) -> RestrictedModel:
    """Least squares with given thresholds."""
    basis = orthonormal(np.concatenate([model.regressors, *(model.block(g) for g in thresholds)]))
    residuals = model.outcome - basis @ (basis.T @ model.outcome)
    residuals -= basis @ (basis.T @ residuals)
    return RestrictedModel(thresholds, basis, residuals, float(residuals @ residuals))


_IDENTIFIED = 1e-10  # what effects and other regressors must leave of a block, as a share of its sum of squares
_LEAST_CHOICES = 2  # values between which a search can choose


@dataclass(frozen=True)
class Search:
    """One more threshold, tried at every candidate.

    Attributes
    ----------
    null : the model without it.
    values : (c,) candidates.
    rss : (c,) residual sum of squares with each; that of the null where the slopes would not be identified.
    best : position of the least.
    at_edge : whether ``best`` borders on values that the least regime size excludes.
    segments : for each switching regressor a sparse (c, n) matrix that sums x times a column between candidates.
    roots : (c, k, k) with gain = |root' (D'u)|^2.
    """

    null: RestrictedModel
    values: Floats
    rss: Floats
    best: int
    at_edge: bool
    segments: tuple[Any, ...]
    roots: Floats

    @property
    def value(self) -> float:
        """The estimate."""
        return float(self.values[self.best])

    @property
    def least(self) -> float:
        """Residual sum of squares at the estimate."""
        return float(self.rss[self.best])

    def gains(self, columns: Floats) -> Floats:
        """(c, b) fall of the residual sum of squares of each column (n, b), free of effects and of the null's regressors."""
        # c: candidates, b: columns. D'u of each regressor is a cumulative sum of segments; the gain is |root' D'u|^2, root by entries
        sums = [np.cumsum(segment @ columns, axis=0) for segment in self.segments]
        total = np.zeros_like(sums[0])
        for to in range(len(sums)):
            part = sums[0] * self.roots[:, 0, to, None]
            for of in range(1, len(sums)):
                part += sums[of] * self.roots[:, of, to, None]
            total += np.square(part, out=part)
        return total


def search(model: Model, thresholds: tuple[float, ...], settings: ThresholdSettings) -> Search:
    """Try one threshold more beside those given.

    Raises
    ------
    NotEstimable
        If fewer than two values of q leave enough rows on both sides, or no block is identified.
    """
    null = _null_model(model, thresholds)
    chosen, run = _candidates(model, thresholds, settings)
    segments = _segments(model, model.ends[chosen])
    roots, identified = _roots(model, null, model.ends[chosen], segments)
    if not identified.any():
        raise NotEstimable(
            f"no threshold of {model.name} can be estimated: the slopes on both sides are not identified at any value",
            remedy="use a regressor that varies within the entities on both sides, or fewer effects",
        )
    everything = Search(null=null, values=model.values[chosen], rss=np.empty(0), best=0, at_edge=False, segments=segments, roots=roots)
    gains = np.where(identified, everything.gains(null.residuals[:, None])[:, 0], 0.0)
    best = int((gains >= gains.max() * (1 - SAME_DRAW)).argmax())
    return Search(
        null=null,
        values=everything.values,
        rss=null.rss - gains,
        best=best,
        at_edge=_at_edge(run[chosen], best, len(model.values), chosen[best]),
        segments=segments,
        roots=roots,
    )


def _candidates(model: Model, thresholds: tuple[float, ...], settings: ThresholdSettings) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Positions of the values of q to try, and for all values the stretch of allowed values that they lie in.

    Allowed are values that leave every regime enough rows. A grid is laid over those allowed without other thresholds, so that a threshold
    that is searched again finds its earlier value among the candidates.
    """
    n = len(model.q)
    least = max(int(np.ceil(settings.trim * n - 1e-9)), len(model.switching) + 1)
    alone = (model.ends >= least) & (n - model.ends >= least)
    allowed = alone.copy()
    for bound in (int((model.q <= g).sum()) for g in thresholds):
        allowed &= np.abs(model.ends - bound) >= least
    tried = np.flatnonzero(alone)
    if settings.grid is not None and len(tried) > settings.grid:
        rows = np.linspace(model.ends[tried[0]], model.ends[tried[-1]], settings.grid)
        tried = tried[np.unique(np.searchsorted(model.ends[tried], rows - 1e-9))]
    tried = tried[allowed[tried]]
    if len(tried) < _LEAST_CHOICES:
        given = f" beside {', '.join(f'{g:g}' for g in sorted(thresholds))}" if thresholds else ""
        raise NotEstimable(
            f"{model.name} offers too few distinct values for {'a further' if thresholds else 'a'} threshold: "
            f"{len(tried)} of {len(model.values) + 1}{given} leave {least} rows in every regime",
            where=f"{n} rows, trim {settings.trim:g}",
            remedy="use a smaller trim, fewer thresholds, or for a variable with few values the interaction x:C(q)",
        )
    return tried, np.cumsum(~allowed)


def _at_edge(run: NDArray[np.intp], best: int, values: int, position: int) -> bool:
    """Whether the best candidate is the first or last of its stretch and values beyond it were excluded."""
    first = best == 0 or run[best - 1] != run[best]
    last = best == len(run) - 1 or run[best + 1] != run[best]
    return bool((first and position > 0) or (last and position < values - 1))


def _segments(model: Model, ends: NDArray[np.intp]) -> tuple[Any, ...]:
    """For each switching regressor the sparse matrix (c, n) that sums x u over the rows between one candidate and the next."""
    rows = model.order[: ends[-1]]
    return tuple(_between(model, ends, x[rows]) for x in model.switching)


def _between(model: Model, ends: NDArray[np.intp], weights: Floats) -> Any:
    from scipy.sparse import csr_array

    return csr_array((weights, model.order[: ends[-1]], np.concatenate(([0], ends))), shape=(len(ends), len(model.q)))


def _roots(model: Model, null: RestrictedModel, ends: NDArray[np.intp], segments: tuple[Any, ...]) -> tuple[Floats, NDArray[np.bool_]]:
    """(c, k, k) inverse roots of D'M D for each candidate, zero where it is singular; and where it is not."""
    k = len(segments)
    # c: candidates, j and l: switching regressors. D'D, less what entity effects and the other regressors take of it
    raw, gram = _entity_free(model, ends)
    for block in model.space.basis(null.basis):
        products = np.stack([np.cumsum(segment @ block, axis=0) for segment in segments], axis=1)
        gram -= products @ products.transpose(0, 2, 1)
    # inverse roots from eigenvalues with a unit diagonal; a candidate with too small a one identifies nothing
    scale = np.sqrt(np.maximum(np.einsum("cjj->cj", raw), np.finfo(float).tiny))
    eigenvalues, vectors = np.linalg.eigh(gram / (scale[:, :, None] * scale[:, None, :]))
    identified = eigenvalues[:, 0] > _IDENTIFIED
    powers = np.where(identified[:, None], 1.0 / np.sqrt(np.where(eigenvalues > _IDENTIFIED, eigenvalues, 1.0)), 0.0)
    assert vectors.shape[1:] == (k, k)
    return vectors * powers[:, None, :] / scale[:, :, None], identified


def _entity_free(model: Model, ends: NDArray[np.intp]) -> tuple[Floats, Floats]:
    """(c, k, k) twice: D'D, and D'D less the part of the entity means, sum_i S_i S_i'/T_i with S_i the sums of D over entity i.

    A row x that joins entity i adds (S_i x' + x S_i' + x x')/T_i to that part, S_i being the sum of the rows of i with smaller q. S_i is
    the cumulative sum of deviations from the entity mean, plus that mean times the number of rows: nothing grows along the sum.
    """
    k, n = model.switching.shape
    entity = model.space.entity
    # rows by entity and, within it, by the threshold variable: a cumulative sum then gives S_i before each row
    rank = np.empty(n, dtype=np.intp)
    rank[model.order] = np.arange(n)
    rows = np.lexsort((rank, entity.codes))
    means = entity.sums(model.switching) / entity.counts
    deviations = (model.switching - means[:, entity.codes])[:, rows]
    seen = np.arange(n) - model.space.starts[entity.codes]
    before = np.empty((k, n))
    before[:, rows] = np.cumsum(deviations, axis=1) - deviations + means[:, entity.codes] * seen
    # what each row adds to D'D less the entity part: n rows, (j, l) pairs of regressors; then summed up to each candidate
    size = entity.counts[entity.codes].astype(np.float64)
    square = np.einsum("jn,ln->njl", model.switching, model.switching)
    mixed = np.einsum("jn,ln->njl", before / size, model.switching)
    joining = square * (1 - 1 / size)[:, None, None] - mixed - mixed.transpose(0, 2, 1)
    sums = _between(model, ends, np.ones(int(ends[-1])))

    def cumulated(parts: Floats) -> Floats:
        return np.cumsum(sums @ parts.reshape(n, k * k), axis=0).reshape(-1, k, k)

    return cumulated(square), cumulated(joining)
