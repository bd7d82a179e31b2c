"""The rows behind an estimate once more, with its effects removed. An estimate holds no data, so inference takes (estimate, panel)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import EstimationError, NotEstimable, TooFewClusters, UnknownOption
from toolkit.estimate.covariance import Design, few_clusters
from toolkit.estimate.differences import difference
from toolkit.estimate.groups import Grouping, dense
from toolkit.estimate.kernels import Absorber, least_squares, make_absorber
from toolkit.estimate.linear import centre, uncounted_effects
from toolkit.estimate.options import Options
from toolkit.estimate.predict import INTERCEPT
from toolkit.estimate.result import Estimate
from toolkit.estimate.sample import Sample, select, select_with_singletons
from toolkit.estimate.source import Source, source_of
from toolkit.estimate.spec import with_effects
from toolkit.estimate.statistics import slopes_f

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.estimate.records import CovarianceInfo
    from toolkit.panel import Panel

Floats = NDArray[np.float64]

LINEAR = ("pooled", "within", "differences")
SAME = 1e-6  # relative; a refit on the same rows differs by rounding only


@dataclass(frozen=True)
class Refit:
    """Rows, columns and residuals of a linear estimate.

    Attributes
    ----------
    estimate : the estimate.
    source : the data.
    sample : the n rows; its matrix holds the outcome and all design columns with the effects (or means) removed.
    columns : (k, n) regressors with the effects removed; the first is ones where the estimate has an intercept.
    residuals : (n,).
    bread : (k, k) inverse of X'WX.
    rss : weighted residual sum of squares.
    absorber : the absorbed effects, None if there are none.
    contrasts : (k, k) each coefficient of the estimate in terms of the coefficients of ``columns``: the identity, but for an intercept.
    """

    estimate: Estimate
    source: Source
    sample: Sample
    columns: Floats
    residuals: Floats
    bread: Floats
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
    def options(self) -> Options:
        """The conventions of the estimate."""
        return _options(self.estimate)

    def weighted(self, values: Floats) -> Floats:
        """``values`` (..., n) times the weights."""
        return values if self.weights is None else values * self.weights

    def slope(self, term: str) -> int:
        """Position of a slope among the coefficients.

        Raises
        ------
        NotEstimable
            If it was omitted, does not exist, or is the intercept.
        """
        found = self.estimate.coefficient(term).term
        if found == INTERCEPT:
            raise NotEstimable("the intercept is not tested by resampling", where=self.estimate.spec.formula, remedy="name a slope")
        return self.estimate.terms.index(found)

    def partialled(self, j: int) -> Floats:
        """(n,) regressor j with effects and all other regressors removed (Frisch and Waugh)."""
        return np.asarray(self.bread[j] @ self.columns / self.bread[j, j])

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
        chosen = name or (own[0] if own else self.source.entity)
        if chosen is None:
            raise UnknownOption(f"{purpose} needs clusters, and a plain frame has no entity", remedy="name a column: cluster='state'")
        groups = self.grouping(chosen)
        if groups.levels < 2:
            raise TooFewClusters(
                f"{purpose} by {chosen} needs at least two clusters; there is {groups.levels}",
                where=f"{self.n} rows",
                remedy="cluster by a variable with more groups",
            )
        return chosen, groups

    def design(self, clusters: tuple[Grouping, ...]) -> Design:
        """What the covariance code needs, with these clusters."""
        rank = self.absorber.rank if self.absorber else 0
        entity = self.source.entity or ""
        s = self.sample
        return Design(self.columns, self.residuals, self.bread, self.rss, s.weights, s.named_effects, rank, entity, clusters, s.calendar)


def refit(estimate: Estimate, data: Panel | pd.DataFrame, purpose: str) -> Refit:
    """The rows, columns and residuals of ``estimate`` from the data that it was fitted on.

    Parameters
    ----------
    estimate : a pooled, within or first-difference estimate, weighted or not.
    data : the panel (or frame) it was fitted on.
    purpose : name of the calling function, for messages.

    Raises
    ------
    NotEstimable
        For another kind of estimate, or when the data give other rows or coefficients than the estimate has.
    """
    if estimate.method not in LINEAR:
        raise NotEstimable(
            f"{purpose} is not defined for a {estimate.method} estimate",
            where=estimate.spec.formula,
            remedy="estimate the model with fit, fit_pooled, fit_within or fit_differences",
        )
    source = source_of(data)
    sample = _rows(estimate, source)
    if sample.rows != estimate.counts.rows:
        raise NotEstimable(
            f"{source.label} gives {sample.rows} rows, the estimate has {estimate.counts.rows}",
            where=estimate.spec.formula,
            remedy="pass the data that the estimate was fitted on",
        )
    intercept = estimate.terms[:1] == (INTERCEPT,)
    absorber = make_absorber(sample.effects, sample.weights) if sample.effects else None
    means = np.zeros(1 + len(sample.columns))
    if intercept or absorber:
        means = centre(sample.matrix, sample.weights).means
    if absorber:
        absorber.demean(sample.matrix)
    at = [1 + sample.names.index(term) for term in estimate.terms if term in sample.names]
    columns, contrasts = sample.matrix[at], np.eye(len(estimate.terms))
    if intercept:
        columns = np.vstack([np.ones(sample.rows), columns])
        contrasts[0, 1:] = -means[at]
    fit = least_squares(sample.matrix[0], columns.T, sample.weights)
    beta = contrasts @ fit.beta
    beta[0] += means[0] if intercept else 0.0
    _require_same_coefficients(estimate, beta, source)
    return Refit(estimate, source, sample, columns, fit.residuals, fit.bread, fit.rss, absorber, contrasts)


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
    slopes = slice(1 if estimate.terms[:1] == (INTERCEPT,) else 0, None)
    statistics = {name: value for name, value in estimate.statistics.items() if name not in ("f", "f_df1", "f_df2", "f_p")}
    statistics |= slopes_f(estimate.beta[slopes], vcov[slopes, slopes], info.df_t)
    names = estimate.covariance.clusters
    old = [rows.grouping(name) for name in names]
    obsolete = few_clusters(names, old) + uncounted_effects(rows.sample.named_effects, rows.source.entity or "", old, rows.options)
    return replace(
        estimate,
        vcov=(vcov + vcov.T) / 2,
        covariance=info,
        statistics=statistics,
        counts=replace(estimate.counts, clusters=tuple((name, g.levels) for name, g in clusters.items())),
        warnings=tuple(w for w in estimate.warnings if w not in obsolete),
    )


def _options(estimate: Estimate) -> Options:
    info = estimate.covariance
    kind = "cluster" if info.clusters else "iid"
    return Options(kind, info.clusters, info.small_sample, estimate.weights, None)  # type: ignore[arg-type]


def _rows(estimate: Estimate, source: Source) -> Sample:
    """The rows of the estimate, chosen as its estimator chose them."""
    options = _options(estimate)
    if estimate.method != "differences":
        return select(estimate.spec, source, options)
    kept = with_effects(estimate.spec, tuple(e for e in estimate.spec.effects if e.columns != (source.entity,)))
    return difference(select_with_singletons(kept, source, options), source, options)


def _require_same_coefficients(estimate: Estimate, beta: Floats, source: Source) -> None:
    far = np.abs(beta - estimate.beta) > SAME * (np.abs(estimate.beta) + estimate.std_errors)
    if far.any():
        j = int(far.argmax())
        raise NotEstimable(
            f"{source.label} gives {beta[j]:.6g} for {estimate.terms[j]}, the estimate has {estimate.beta[j]:.6g}",
            where=estimate.spec.formula,
            remedy="pass the data that the estimate was fitted on, unchanged",
        )
