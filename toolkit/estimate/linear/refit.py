"""A linear estimate once more, on its own rows: the columns, residuals and bread that tests and other covariances need."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import EstimationError, NotEstimable
from toolkit.estimate.formula.spec import with_effects
from toolkit.estimate.linear.differences import difference
from toolkit.estimate.linear.fitted import (
    FittedRows,
    other_data,
    require_method,
    require_same_coefficients,
    require_same_means,
    require_same_rows,
    rows_of,
)
from toolkit.estimate.linear.least_squares import centre, slopes_f
from toolkit.estimate.linear.means import collapse, quasi_demean, weighting_of
from toolkit.estimate.linear.within import uncentred
from toolkit.estimate.results.estimate import Estimate, kept_rows, options_asked
from toolkit.estimate.rows.grouping import Grouping
from toolkit.estimate.rows.sample import KeptRows, Sample, select, select_again, select_with_singletons
from toolkit.estimate.rows.source import Source, require_panel, source_of
from toolkit.estimate.solve.absorb import make_absorber
from toolkit.estimate.solve.equations import inverse_root, least_squares
from toolkit.estimate.solve.kernels import Absorber, Design
from toolkit.numerics import UNIT_LEFT, Floats

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.estimate.rows.options import CovarianceInfo
    from toolkit.panel import Panel

LINEAR = ("pooled", "within", "differences")
OF_THE_CLUSTERS = ("few_clusters", "few_periods", "no_lag_reached", "uncounted_effects")  # warnings that another covariance makes void


@dataclass(frozen=True)
class Refit(FittedRows):
    """Rows, columns and residuals of a linear estimate.

    Attributes
    ----------
    estimate : the estimate.
    source : the data.
    sample : the n rows; its matrix holds the outcome and all design columns with the effects (or means) removed. One row per entity for
        the between estimator; quasi-demeaned for random effects.
    outcome : (n,) as it was.
    columns : (k, n) regressors with the effects removed; the first is the constant where the estimate has an intercept (1 - theta for
        random effects).
    residuals : (n,).
    bread : (k, k) inverse of X'WX.
    root : (k, k) with root root' = bread.
    rss : weighted residual sum of squares.
    absorber : the absorbed effects, None if there are none.
    contrasts : (k, k) each coefficient of the estimate in terms of the coefficients of ``columns``: the identity, but for an intercept.
    """

    outcome: Floats
    columns: Floats
    residuals: Floats
    bread: Floats
    root: Floats
    rss: float
    absorber: Absorber | None
    contrasts: Floats

    @property
    def weights(self) -> Floats | None:
        """(n,) analytic weights, or None."""
        return self.sample.weights

    @property
    def n(self) -> int:
        """Rows."""
        return len(self.residuals)

    @property
    def effects_rank(self) -> int:
        """Independent absorbed effects, 0 if nothing is absorbed."""
        return self.absorber.rank if self.absorber else 0

    @property
    def terms(self) -> tuple[str, ...]:
        """The k slopes that were estimated."""
        return tuple(term for j, term in enumerate(self.estimate.terms) if j != self.estimate.constant)

    @property
    def transformed(self) -> Floats:
        """(k, n) their regressors with the effects removed."""
        return self.columns[0 if self.estimate.constant is None else 1 :]

    @cached_property
    def regressors(self) -> Floats:
        """(n, k) their regressors as written in the formula."""
        raw = [self.sample.raw(self.sample.names.index(term)) for term in self.terms]
        return np.stack(raw, axis=1) if raw else np.empty((self.n, 0))

    @cached_property
    def with_constant(self) -> Floats:
        """(n, 1 + k) a constant and the regressors less their means, so that a column of size 1e9 is distinguished from the constant."""
        return np.column_stack([np.ones(self.n), self.regressors - self.regressors.mean(axis=0)])

    @property
    def own_residuals(self) -> Floats:
        """(n,) of the estimate itself: for random effects y - x'b, the effect of the entity included."""
        if self.estimate.method != "random":
            return self.residuals
        level, slopes = (0.0, self.estimate.beta) if self.estimate.constant is None else (self.estimate.beta[0], self.estimate.beta[1:])
        return np.asarray(self.outcome - level - self.regressors @ slopes)

    @property
    def entity(self) -> NDArray[np.intp]:
        """(n,) codes 0..N-1 of the entities of a panel."""
        assert self.sample.entity is not None
        return self.sample.entity.codes

    @property
    def entities(self) -> NDArray[np.object_]:
        """(N,) their names."""
        first = np.unique(self.entity, return_index=True)[1]
        return self.source.frame[self.source.entity].to_numpy(dtype=object)[self.sample.positions[first]]

    @property
    def time(self) -> NDArray[np.int64]:
        """(n,) periods of a panel."""
        assert self.sample.calendar is not None
        return self.sample.calendar

    def weighted(self, values: Floats) -> Floats:
        """``values`` (..., n) times the weights."""
        return values if self.weights is None else values * self.weights

    def partialled(self, j: int) -> Floats:
        """(n,) regressor j with effects and all other regressors removed (Frisch and Waugh)."""
        return np.asarray(self.root[j] @ self.basis / self.bread[j, j])

    @cached_property
    def basis(self) -> Floats:
        """(k, n) orthonormal (weighted) combinations of the regressors, root' X': scores on it lose no digits when those are collinear."""
        return np.asarray(self.root.T @ self.columns)

    def grouping(self, name: str) -> Grouping:
        """The groups of a column on the rows of the estimate; entity means have it only if it is fixed for each entity.

        Raises
        ------
        MissingColumn, EstimationError
        """
        found = super().grouping(name)
        if self.estimate.method == "between":
            entity, whole = self.source.group(self.source.entity or "").codes, self.source.group(name).codes
            own = np.full(entity.max() + 1, -1)
            own[entity[self.sample.positions]] = whole[self.sample.positions]
            if ((own[entity] >= 0) & (whole >= 0) & (own[entity] != whole)).any():
                raise EstimationError(
                    f"{name} varies within {self.source.entity}, so entity means have no {name}",
                    remedy="cluster by a column that is fixed for each entity",
                )
        return found

    def design(self, clusters: tuple[Grouping, ...]) -> Design:
        """What the covariance code needs, with these clusters."""
        return Design(
            columns=self.columns,
            residuals=self.residuals,
            bread=self.bread,
            rss=self.rss,
            weights=self.weights,
            effects=self.sample.named_effects,
            effects_rank=self.effects_rank,
            entity=self.source.entity or "",
            clusters=clusters,
            calendar=self.sample.calendar,
            root=self.root,
        )


def refit(estimate: Estimate, data: Panel | pd.DataFrame | None, purpose: str, methods: tuple[str, ...] = LINEAR) -> Refit:
    """The rows, columns and residuals of ``estimate``.

    Parameters
    ----------
    estimate : weighted or not.
    data : the panel (or frame) it was fitted on; None for the rows that it keeps.
    purpose : name of the calling function, for messages.
    methods : what the purpose is defined for. The variance components of random effects are those of the estimate.

    Raises
    ------
    NotEstimable
        For another kind of estimate, when the data give other rows, means or coefficients than the estimate has, or when there are neither
        data nor rows.
    """
    require_method(estimate, purpose, methods)
    return rows_of(estimate, data, purpose, _refitted)


def refit_panel(estimate: Estimate, panel: Panel | None, purpose: str, methods: tuple[str, ...]) -> Refit:
    """:func:`refit` of an unweighted estimate on a panel.

    Raises
    ------
    NotEstimable, PanelError
    """
    require_method(estimate, purpose, methods)
    if estimate.weights is not None:
        raise NotEstimable(
            f"{purpose} is not defined with weights", where=f"weights: {estimate.weights}", remedy="estimate without weights"
        )
    require_panel(kept_rows(estimate, purpose).source if panel is None else source_of(panel), purpose)
    return refit(estimate, panel, purpose, methods)


def _refitted(estimate: Estimate, source: Source, kept: KeptRows | None) -> Refit:
    sample = _sample(estimate, source, kept)
    require_same_rows(estimate, sample.rows, source)
    if estimate.method == "between":
        sample = collapse(sample, weighting_of(estimate))
    outcome = sample.matrix[0].copy()
    intercept = estimate.constant is not None
    absorber = make_absorber(sample.effects, sample.weights) if sample.effects else None
    moments = centre(sample.matrix, sample.weights) if intercept or absorber else uncentred(sample.matrix, sample.weights)
    if estimate.method != "differences":  # whose means are those of the levels
        require_same_means(estimate, sample, moments.means, moments.varying / np.sqrt(sample.rows))
    if absorber:
        absorber.demean(sample.matrix)
    constant = np.ones(sample.rows)
    if estimate.method == "random":
        constant -= quasi_demean(sample, estimate.statistics["sigma_e"] ** 2, estimate.statistics["sigma_u"] ** 2)
    slopes = [term for j, term in enumerate(estimate.terms) if j != estimate.constant]
    if lost := [term for term in slopes if term not in sample.names]:
        raise other_data(estimate, source, f"no {lost[0]}", "it")
    at = [1 + sample.names.index(term) for term in slopes]
    columns, contrasts = sample.matrix[at], np.eye(len(estimate.terms))
    if intercept:
        columns = np.vstack([constant, columns])
        contrasts[0, 1:] = -moments.means[at]
    fit = least_squares(sample.matrix[0], columns.T, sample.weights)
    beta = contrasts @ fit.beta
    beta[0] += moments.means[0] if intercept else 0.0
    require_same_coefficients(estimate, beta, source)
    root = inverse_root(columns, sample.weights) if fit.root is None else fit.root
    for shared in (outcome, columns, sample.matrix, fit.residuals, fit.bread, root):  # by all tests of the estimate
        shared.setflags(write=False)
    return Refit(
        estimate=estimate,
        source=source,
        sample=sample,
        outcome=outcome,
        columns=columns,
        residuals=fit.residuals,
        bread=fit.bread,
        root=root,
        rss=fit.rss,
        absorber=absorber,
        contrasts=contrasts,
    )


def _sample(estimate: Estimate, source: Source, kept: KeptRows | None) -> Sample:
    """The rows of the estimate, chosen as its estimator chose them; known ones are not chosen again."""
    options = options_asked(estimate)
    if estimate.method == "differences":
        within = with_effects(estimate.spec, tuple(e for e in estimate.spec.effects if e.columns != (source.entity,)))
        return difference(select_with_singletons(within, source, options))
    if kept is not None:
        return select_again(estimate.spec, source, options, kept.positions)
    return select(estimate.spec, source, options)


def with_covariance(rows: Refit, vcov: Floats, info: CovarianceInfo, clusters: dict[str, Grouping]) -> Estimate:
    """The estimate with another covariance: of the coefficients of ``rows.columns``; its F and its warnings follow.

    Parameters
    ----------
    vcov : (k, k).
    info : its description.
    clusters : the cluster variables that it uses, by name.
    """
    estimate = rows.estimate
    vcov = rows.contrasts @ vcov @ rows.contrasts.T
    slopes = slice(0 if estimate.constant is None else 1, None)
    statistics = {name: value for name, value in estimate.statistics.items() if name not in ("f", "f_df1", "f_df2", "f_p")}
    statistics |= slopes_f(estimate.beta[slopes], vcov[slopes, slopes], info.df_t)
    return replace(
        estimate,
        vcov=(vcov + vcov.T) / 2,
        covariance=info,
        statistics=statistics,
        counts=replace(estimate.counts, clusters=tuple((name, g.levels) for name, g in clusters.items())),
        warnings=tuple(w for w in estimate.warnings if w.key not in OF_THE_CLUSTERS),
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


def orthonormal_basis(columns: Floats) -> Floats:
    """An orthonormal basis (n, r) of the columns (n, k), which may be collinear and of any scale."""
    size = np.linalg.norm(columns, axis=0)
    columns = columns[:, size > 0] / size[size > 0]
    if columns.shape[1] == 0:
        return columns
    from scipy.linalg import qr

    basis, triangle, _ = qr(columns, mode="economic", pivoting=True)
    return np.asarray(basis[:, : int((np.abs(np.diag(triangle)) > UNIT_LEFT).sum())], dtype=np.float64)


def less_projection(values: Floats, basis: Floats) -> Floats:
    """Residuals of ``values`` (n,) or (n, m) on an orthonormal basis (n, r); taken twice, against rounding."""
    once = values - basis @ (basis.T @ values)
    return np.asarray(once - basis @ (basis.T @ once), dtype=np.float64)
