"""The rows behind an estimate: those it keeps, or those of the data that are given again; what every test of it asks of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import EstimationError, NotEstimable, TooFewClusters, UnknownOption
from toolkit.estimate.results.estimate import Estimate, kept_rows, options_of
from toolkit.estimate.rows.grouping import Grouping, dense
from toolkit.estimate.rows.options import Options
from toolkit.estimate.rows.sample import KeptRows, Sample
from toolkit.estimate.rows.source import Source, source_of
from toolkit.numerics import Floats

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.panel import Panel

SAME = 1e-6  # relative; a refit on the same rows differs by rounding only


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


def require_same_means(estimate: Estimate, sample: Sample, means: Floats, spreads: Floats) -> None:
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
