"""The rows of a question with instruments: who plays which part, and which columns can be used.

All tests with instruments are made of the same pieces: the exogenous regressors partialled out, the instruments made orthonormal.

In these units the first-stage and reduced-form coefficients are inner products with the basis, the bread is the identity, and statistics do
not depend on the scale of any column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import FormulaError, NothingToEstimate, UnderIdentified
from toolkit.estimate.formula.spec import Spec
from toolkit.estimate.formula.terms import Term
from toolkit.estimate.linear.least_squares import Moments, centre, require_variation
from toolkit.estimate.linear.within import uncentred
from toolkit.estimate.rows.columns import DesignColumn
from toolkit.estimate.rows.grouping import Grouping
from toolkit.estimate.rows.options import Omitted, Options
from toolkit.estimate.rows.sample import Sample, select
from toolkit.estimate.rows.source import Source
from toolkit.estimate.solve.absorb import make_absorber, refuse_leverage
from toolkit.estimate.solve.covariance import score_meat
from toolkit.estimate.solve.omission import omissions
from toolkit.numerics import SINGULAR, Floats


@dataclass(frozen=True)
class Projection:
    """Outcome, endogenous regressors and instruments with the exogenous regressors partialled out (rows times the root of the weight).

    Attributes
    ----------
    basis : (L, n) orthonormal rows that span the instruments.
    outcome : (n,). endogenous : (m, n).
    on_outcome : (L,) basis times outcome. on_endogenous : (L, m).
    df : rows less all parameters of the first stage, absorbed effects included.
    df_t : degrees of freedom of tests that use the first-stage covariance.
    counted : K of the small-sample factor of the first-stage covariance.
    options, clusters, calendar : what the covariance needs.
    """

    basis: Floats
    outcome: Floats
    endogenous: Floats
    on_outcome: Floats
    on_endogenous: Floats
    df: int
    df_t: float
    counted: int
    options: Options
    clusters: tuple[Grouping, ...]
    calendar: NDArray[np.int64] | None

    @property
    def instruments(self) -> int:
        """L, excluded instruments."""
        return len(self.basis)

    @property
    def rows(self) -> int:
        """n."""
        return int(self.basis.shape[1])

    def unexplained(self, columns: Floats) -> Floats:
        """What the instruments do not explain of ``columns`` (p, n)."""
        return columns - (columns @ self.basis.T) @ self.basis

    def meat(self, residuals: Floats) -> Floats:
        """(pL, pL) covariance of basis times errors from the residuals (p, n) of p equations, without a small-sample factor.

        Ordered equation by equation. iid: S (x) I with S = residuals residuals' / n.
        """
        return self._spread(residuals, replace(self.options, small_sample="none"), self.rows)

    def covariance(self, residuals: Floats) -> Floats:
        """(pL, pL) the same with the small-sample factor of the first stage: the covariance of coefficients on the basis."""
        return self._spread(residuals, self.options, self.df)

    def _spread(self, residuals: Floats, options: Options, divisor: int) -> Floats:
        if options.covariance == "iid":
            return np.asarray(np.kron(residuals @ residuals.T / divisor, np.eye(self.instruments)), dtype=np.float64)
        scores = (residuals[:, None, :] * self.basis[None, :, :]).reshape(-1, self.rows)
        return score_meat(
            columns=scores,
            weighted_residuals=np.ones(self.rows),
            clusters=self.clusters,
            calendar=self.calendar,
            options=options,
            counted=self.counted,
        )


def make_projection(
    outcome: Floats, endogenous: Floats, exogenous: Floats, instruments: Floats, weights: Floats | None
) -> tuple[Floats, Floats, Floats]:
    """Partial out the exogenous regressors and make the instruments orthonormal.

    Parameters
    ----------
    outcome : (n,). endogenous : (m, n). exogenous : (k, n). instruments : (L, n).
    weights : (n,) or None.

    Returns
    -------
    basis (L, n), outcome (n,), endogenous (m, n)
    """
    root = 1.0 if weights is None else np.sqrt(weights)
    columns = np.vstack([exogenous, instruments]) * root
    q = np.linalg.qr((columns / np.linalg.norm(columns, axis=1)[:, None]).T)[0].T
    known, basis = q[: len(exogenous)], np.ascontiguousarray(q[len(exogenous) :])
    rest = np.vstack([outcome, endogenous]) * root
    for _ in range(2):
        rest = rest - (rest @ known.T) @ known
    return basis, rest[0], rest[1:]


def quadratic_form(vector: Floats, covariance: Floats) -> float | None:
    """vector' covariance^-1 vector; None when the covariance is singular or not positive (fewer clusters than restrictions)."""
    scale = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    if not (scale > 0).all():
        return None
    correlation = covariance / np.outer(scale, scale)
    if np.linalg.eigvalsh(correlation)[0] < SINGULAR:
        return None
    standardised = vector / scale
    return float(standardised @ np.linalg.solve(correlation, standardised))


@dataclass(frozen=True)
class System:
    """Outcome, regressors and instruments on the same n rows, absorbed effects (or the mean) removed.

    Attributes
    ----------
    spec : the question.
    sample : rows and matrix; row 0 is the outcome, row 1 + j design column j.
    outcome : (n,) the outcome as it was.
    moments : what the rows were before effects were removed.
    rank : independent absorbed effects; ``exact_rank`` is false where it is an upper bound.
    intercept : whether a constant is estimated.
    endogenous, exogenous, instruments : positions of the design columns that are used.
    omitted : exogenous regressors that cannot be estimated.
    dropped_instruments : instruments that say nothing of their own.
    """

    spec: Spec
    sample: Sample
    outcome: Floats
    moments: Moments
    rank: int
    exact_rank: bool
    intercept: bool
    endogenous: tuple[int, ...]
    exogenous: tuple[int, ...]
    instruments: tuple[int, ...]
    omitted: tuple[Omitted, ...]
    dropped_instruments: tuple[Omitted, ...]

    def names(self, positions: Sequence[int]) -> tuple[str, ...]:
        """Names of design columns."""
        return tuple(self.sample.names[j] for j in positions)

    def rows(self, positions: Sequence[int]) -> Floats:
        """(k, n) design columns."""
        return self.sample.matrix[[j + 1 for j in positions]]

    def regressors(self, positions: Sequence[int]) -> Floats:
        """(k, n) design columns, below a row of ones where a constant is estimated."""
        rows = self.rows(positions)
        return np.vstack([np.ones(self.sample.rows), rows]) if self.intercept else rows


def make_system(spec: Spec, source: Source, options: Options) -> System:
    """Choose rows, remove the effects, and settle which columns are used.

    An exogenous regressor that is collinear is omitted as everywhere; an instrument that is collinear with the effects, the regressors or
    the instruments before it is dropped; an endogenous regressor of which nothing is left is an error.

    Raises
    ------
    FormulaError, EmptySample, NothingToEstimate, UnderIdentified
    """
    check_roles(spec)
    refuse_leverage(options, "fit_instruments")
    wide = replace(spec, terms=(*spec.terms, *spec.endogenous, *spec.instruments), endogenous=(), instruments=())
    sample = select(wide, source, options)
    outcome = sample.matrix[0].copy()
    effects = bool(sample.effects)
    intercept = spec.intercept and not effects
    moments = centre(sample.matrix, sample.weights) if effects or intercept else uncentred(sample.matrix, sample.weights)
    rank, exact = 0, True
    if effects:
        absorber = make_absorber(sample.effects, sample.weights)
        absorber.demean(sample.matrix)
        rank, exact = absorber.rank, absorber.exact_rank
    require_variation(sample, moments, sample.named_effects)
    exogenous, endogenous, instruments = (positions_of(sample.columns, [t.text for t in part]) for part in _parts(spec))
    kept, lost = _usable(sample, moments, [*exogenous, *endogenous])
    for gone in lost:
        if gone.term in {sample.names[j] for j in endogenous}:
            raise NothingToEstimate(
                f"the endogenous regressor {gone.term} cannot be estimated: {gone.reason}",
                where=f"{spec.formula}, {sample.rows} rows",
                remedy="absorb fewer effects, or take the regressor it is collinear with out of the formula",
            )
    exogenous = [j for j in exogenous if j in kept]
    usable, useless = _usable(sample, moments, [*exogenous, *instruments])
    instruments = [j for j in instruments if j in usable]
    dropped = tuple(o for o in useless if o.term not in {sample.names[j] for j in exogenous})
    require_order(spec, [sample.names[j] for j in endogenous], [sample.names[j] for j in instruments], dropped)
    return System(
        spec=spec,
        sample=sample,
        outcome=outcome,
        moments=moments,
        rank=rank,
        exact_rank=exact,
        intercept=intercept,
        endogenous=tuple(endogenous),
        exogenous=tuple(exogenous),
        instruments=tuple(instruments),
        omitted=lost,
        dropped_instruments=dropped,
    )


def _parts(spec: Spec) -> tuple[tuple[Term, ...], ...]:
    return spec.terms, spec.endogenous, spec.instruments


def check_roles(spec: Spec) -> None:
    """Every column has one part to play."""
    if not spec.endogenous or not spec.instruments:
        raise FormulaError(
            "fit_instruments needs endogenous regressors and instruments",
            where=spec.formula,
            remedy='write "y ~ x | province + year | d ~ z"; without instruments use fit_within or fit_pooled',
        )
    exogenous, endogenous, instruments = ({t.text for t in part} for part in _parts(spec))
    conflicts = (
        (endogenous & instruments, "is both endogenous and an instrument", "an endogenous regressor cannot be its own instrument"),
        (
            exogenous & endogenous,
            "is both an exogenous and an endogenous regressor",
            "write it once, before the last ~ if it is endogenous",
        ),
        (
            exogenous & instruments,
            "is both a regressor and an instrument",
            "a regressor is its own instrument already: write it once, on the left",
        ),
        ({spec.outcome} & (endogenous | instruments), "is the outcome and also a regressor or instrument", "take it out of the last part"),
    )
    for twice, what, remedy in conflicts:
        if twice:
            raise FormulaError(f"{', '.join(sorted(twice))} {what}", where=spec.formula, remedy=remedy)


def positions_of(columns: Sequence[DesignColumn], terms: Sequence[str]) -> list[int]:
    """Positions of the columns that come from ``terms``."""
    wanted = set(terms)
    return [j for j, column in enumerate(columns) if column.term in wanted]


def _usable(sample: Sample, moments: Moments, positions: list[int]) -> tuple[set[int], tuple[Omitted, ...]]:
    """The positions that can be told apart, earlier ones first, and the others with the reason."""
    if not positions:
        return set(), ()
    at = np.array(positions) + 1
    kept, lost = omissions(
        columns=sample.matrix[at],
        varying=moments.varying[at],
        size=moments.size[at],
        weights=sample.weights,
        names=[sample.names[j] for j in positions],
        effects=sample.named_effects,
        raw=lambda j: sample.raw(positions[j]),
    )
    return {positions[j] for j in kept}, lost


def require_order(spec: Spec, endogenous: list[str], instruments: list[str], dropped: tuple[Omitted, ...]) -> None:
    """Raise UnderIdentified if there are fewer usable instruments than endogenous regressors."""
    if len(instruments) >= len(endogenous):
        return
    lost = "; ".join(f"{o.term} was dropped: {o.reason}" for o in dropped)
    have = f"{len(instruments)} usable ({', '.join(instruments)})" if instruments else "none that is usable"
    raise UnderIdentified(
        f"{len(endogenous)} endogenous regressors ({', '.join(endogenous)}) need as many instruments; there are {have}"
        if len(endogenous) > 1
        else f"the endogenous regressor {endogenous[0]} needs an instrument; there is none that is usable",
        where=f"{spec.formula}; {lost}" if lost else spec.formula,
        remedy="name instruments that vary within the absorbed effects and are no combination of the regressors",
    )
