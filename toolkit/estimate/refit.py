"""The rows behind an estimate once more, with its effects removed. An estimate holds no data, so inference takes (estimate, panel)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import EstimationError, NotEstimable
from toolkit.estimate.between import collapse, weighting_of
from toolkit.estimate.covariance import Design
from toolkit.estimate.differences import difference
from toolkit.estimate.fitted_rows import FittedRows, options_of, require_same_coefficients, require_same_rows
from toolkit.estimate.groups import Grouping
from toolkit.estimate.kernels import Absorber, inverse_root, least_squares, make_absorber
from toolkit.estimate.linear import centre
from toolkit.estimate.random_effects import quasi_demean
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
OF_THE_CLUSTERS = (
    "few_clusters",
    "few_periods",
    "no_lag_reached",
    "uncounted_effects",
)  # keys of the warnings that another covariance makes void


@dataclass(frozen=True)
class Refit(FittedRows):
    """Rows, columns and residuals of a linear estimate.

    Attributes
    ----------
    estimate : the estimate.
    source : the data.
    sample : the n rows; its matrix holds the outcome and all design columns with the effects (or means) removed. One row per entity for
        the between estimator; quasi-demeaned for random effects.
    columns : (k, n) regressors with the effects removed; the first is the constant where the estimate has an intercept (1 - theta for
        random effects).
    residuals : (n,).
    bread : (k, k) inverse of X'WX.
    root : (k, k) with root root' = bread.
    rss : weighted residual sum of squares.
    absorber : the absorbed effects, None if there are none.
    contrasts : (k, k) each coefficient of the estimate in terms of the coefficients of ``columns``: the identity, but for an intercept.
    """

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
            effects_rank=self.absorber.rank if self.absorber else 0,
            entity=self.source.entity or "",
            clusters=clusters,
            calendar=self.sample.calendar,
            root=self.root,
        )


def refit(estimate: Estimate, data: Panel | pd.DataFrame, purpose: str, also: tuple[str, ...] = ()) -> Refit:
    """The rows, columns and residuals of ``estimate`` from the data that it was fitted on.

    Parameters
    ----------
    estimate : a pooled, within or first-difference estimate, weighted or not.
    data : the panel (or frame) it was fitted on.
    purpose : name of the calling function, for messages.
    also : further methods that the purpose is defined for: "between", "random". The variance components of random effects are those of
        the estimate.

    Raises
    ------
    NotEstimable
        For another kind of estimate, or when the data give other rows or coefficients than the estimate has.
    """
    if estimate.method not in (*LINEAR, *also):
        raise NotEstimable(
            f"{purpose} is not defined for a {estimate.method} estimate",
            where=estimate.spec.formula,
            remedy="estimate the model with fit, fit_pooled, fit_within or fit_differences",
        )
    source = source_of(data)
    sample = _rows(estimate, source)
    require_same_rows(estimate, sample.rows, source)
    if estimate.method == "between":
        sample = collapse(sample, source, options_of(estimate), weighting_of(estimate))
    intercept = estimate.constant is not None
    absorber = make_absorber(sample.effects, sample.weights) if sample.effects else None
    means = np.zeros(1 + len(sample.columns))
    if intercept or absorber:
        means = centre(sample.matrix, sample.weights).means
    if absorber:
        absorber.demean(sample.matrix)
    constant = np.ones(sample.rows)
    if estimate.method == "random":
        constant -= quasi_demean(sample, estimate.statistics["sigma_e"] ** 2, estimate.statistics["sigma_u"] ** 2)
    at = [1 + sample.names.index(term) for term in estimate.terms if term in sample.names]
    columns, contrasts = sample.matrix[at], np.eye(len(estimate.terms))
    if intercept:
        columns = np.vstack([constant, columns])
        contrasts[0, 1:] = -means[at]
    fit = least_squares(sample.matrix[0], columns.T, sample.weights)
    beta = contrasts @ fit.beta
    beta[0] += means[0] if intercept else 0.0
    require_same_coefficients(estimate, beta, source)
    root = inverse_root(columns, sample.weights) if fit.root is None else fit.root
    return Refit(
        estimate=estimate,
        source=source,
        sample=sample,
        columns=columns,
        residuals=fit.residuals,
        bread=fit.bread,
        root=root,
        rss=fit.rss,
        absorber=absorber,
        contrasts=contrasts,
    )


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


def _rows(estimate: Estimate, source: Source) -> Sample:
    """The rows of the estimate, chosen as its estimator chose them."""
    options = options_of(estimate)
    if estimate.method != "differences":
        return select(estimate.spec, source, options)
    kept = with_effects(estimate.spec, tuple(e for e in estimate.spec.effects if e.columns != (source.entity,)))
    return difference(select_with_singletons(kept, source, options), source, options)
