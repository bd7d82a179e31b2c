"""The rows behind an estimate: those it keeps, or those of the data that are given again; what every test of it asks of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import EstimationError, NotEstimable, TooFewClusters, UnknownOption
from toolkit.estimate.formula.spec import with_effects
from toolkit.estimate.linear.differences import difference
from toolkit.estimate.linear.least_squares import centre, slopes_f
from toolkit.estimate.linear.means import collapse, quasi_demean, weighting_of
from toolkit.estimate.linear.within import uncentred
from toolkit.estimate.results.estimate import Estimate, kept_rows, options_asked, options_of
from toolkit.estimate.rows.options import Options
from toolkit.estimate.rows.sample import KeptRows, Sample, select, select_again, select_with_singletons
from toolkit.estimate.rows.source import Grouping, Source, dense, require_panel, source_of
from toolkit.estimate.solve.absorb import make_absorber
from toolkit.estimate.solve.kernels import Absorber, Design, inverse_root, least_squares
from toolkit.numerics import Floats

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.estimate.rows.options import CovarianceInfo
    from toolkit.panel import Panel

SAME = 1e-6  # relative; a refit on the same rows differs by rounding only
LINEAR = ("pooled", "within", "differences")
OF_THE_CLUSTERS = ("few_clusters", "few_periods", "no_lag_reached", "uncounted_effects")  # warnings that another covariance makes void


@dataclass(frozen=True)
class FittedRows:
    """The rows that an estimate was fitted on.

    Attributes
    ----------
    estimate : the estimate.
    source : the data.
    sample : the n rows.
    """

    estimate: Estimate
    source: Source
    sample: Sample

    @property
    def options(self) -> Options:
        """The conventions of the estimate."""
        return options_of(self.estimate)

    def slope(self, term: str | None) -> int:
        """Position of a slope among the coefficients.

        Raises
        ------
        UnknownOption
            If none is named.
        NotEstimable
            If it was omitted, does not exist, or is the intercept.
        """
        if term is None:
            raise UnknownOption("no term is named", where=self.estimate.spec.formula, remedy=f"term={self.estimate.terms[-1]!r}")
        found = self.estimate.terms.index(self.estimate.coefficient(term).term)
        if found == self.estimate.constant:
            raise NotEstimable("the intercept is not tested by resampling", where=self.estimate.spec.formula, remedy="name a slope")
        return found

    def grouping(self, name: str) -> Grouping:
        """The groups of a column on the rows of the estimate.

        Raises
        ------
        MissingColumn
            If there is no such column.
        EstimationError
            If it is missing in a row that the estimate uses.
        """
        whole = self.source.group(name)
        found = dense(whole.codes[self.sample.positions], whole.levels)
        missing = found.codes < 0
        if missing.any():
            raise EstimationError(
                f"{name} is missing in {int(missing.sum())} rows that the estimate uses",
                where=f"first {self.row_name(int(missing.argmax()))}",
                remedy=f"fill {name}, or estimate with cluster={name!r} so that these rows leave",
            )
        return found

    def row_name(self, row: int) -> str:
        """``Beijing 2019`` for a row of the estimate."""
        return self.source.row_name(int(self.sample.positions[row]))

    def cluster(self, name: str | None, purpose: str) -> tuple[str, Grouping]:
        """The one cluster variable: the one named, else that of the estimate, else the entity of the panel.

        Raises
        ------
        UnknownOption
            If there is none, or the estimate has two and none is named.
        TooFewClusters
            If there are fewer than two clusters.
        """
        own = self.estimate.covariance.clusters
        if name is None and len(own) > 1:
            raise UnknownOption(
                f"{purpose} takes one cluster variable; the estimate has {' and '.join(own)}", remedy=f"name one: cluster={own[0]!r}"
            )
        if name is not None:
            named = self.source.cluster_names(name)
            if len(named) > 1:
                raise UnknownOption(f"{purpose} takes one cluster variable, not {name!r}", remedy=f"name one: cluster={named[0]!r}")
            name = named[0]
        chosen = name or (own[0] if own else self.source.entity)
        if chosen is None:
            raise UnknownOption(f"{purpose} needs clusters, and a plain frame has no entity", remedy="name a column: cluster='state'")
        groups = self.grouping(chosen)
        if groups.levels < 2:
            raise TooFewClusters(
                f"{purpose} by {chosen} needs at least two clusters; there is {groups.levels}",
                where=f"{len(self.sample.positions)} rows",
                remedy="cluster by a variable with more groups",
            )
        return chosen, groups


_E = TypeVar("_E", bound=Estimate)
_R = TypeVar("_R", bound=FittedRows)


def rows_of(estimate: _E, data: Panel | pd.DataFrame | None, purpose: str, make: Callable[[_E, Source, KeptRows | None], _R]) -> _R:
    """The rows behind an estimate, by ``make``: from the data where they are given, else its own, which are made once and kept with it.

    Raises
    ------
    NotEstimable
        If no data are given and the estimate has dropped its rows; or the data have changed.
    """
    if data is not None:
        return make(estimate, source_of(data), None)
    kept = kept_rows(estimate, purpose)
    if len(kept.source) != len(kept.labels):
        raise NotEstimable(
            f"{kept.source.label} had {len(kept.labels)} rows when the estimate was made, and have {len(kept.source)} now",
            where=estimate.spec.formula,
            remedy="estimate again, or pass the data as they were",
        )
    found = kept.once("rows", lambda: replace(make(estimate, kept.source, kept), estimate=estimate.lean()))
    return replace(found, estimate=estimate)


def other_data(estimate: Estimate, source: Source, given: str, known: str) -> NotEstimable:
    """The refusal of data that are not those of the estimate."""
    return NotEstimable(
        f"{source.label} gives {given}, the estimate has {known}",
        where=estimate.spec.formula,
        remedy="pass the data that the estimate was fitted on, unchanged",
    )


def require_same_rows(estimate: Estimate, rows: int, source: Source) -> None:
    """Raise NotEstimable when the data give another number of rows than the estimate has."""
    if rows != estimate.counts.rows:
        raise other_data(estimate, source, f"{rows} rows", f"{estimate.counts.rows}")


def require_same_coefficients(estimate: Estimate, beta: NDArray[np.float64], source: Source) -> None:
    """Raise NotEstimable when the data give other coefficients than the estimate has."""
    far = ~(abs(beta - estimate.beta) <= SAME * (abs(estimate.beta) + estimate.std_errors))
    if far.any():
        j = next((int(j) for j in np.flatnonzero(far) if j != estimate.constant), 0)  # a slope, with which the intercept moves
        raise other_data(estimate, source, f"{beta[j]:.6g} for {estimate.terms[j]}", f"{estimate.beta[j]:.6g}")


def _require_same_means(estimate: Estimate, sample: Sample, means: Floats, spreads: Floats) -> None:
    """Raise NotEstimable when the data give other means of outcome or regressors: within effects, coefficients do not show it."""
    for term, mean, spread in zip((estimate.spec.outcome, *sample.names), means, spreads, strict=True):
        known = estimate.means.get(term)
        if known is not None and not abs(mean - known) <= SAME * (abs(known) + spread):
            raise other_data(estimate, sample.source, f"{mean:.6g} as the mean of {term}", f"{known:.6g}")


def require_method(estimate: Estimate, purpose: str, methods: tuple[str, ...]) -> None:
    """Raise NotEstimable for another kind of estimate."""
    if estimate.method not in methods:
        raise NotEstimable(
            f"{purpose} is not defined for a {estimate.method} estimate",
            where=estimate.spec.formula,
            remedy=f"estimate the model with fit_{', fit_'.join(methods)}",
        )


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
        _require_same_means(estimate, sample, moments.means, moments.varying / np.sqrt(sample.rows))
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
