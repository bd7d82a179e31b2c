"""What every resampling of an estimate asks of its rows: the position of a slope, the clusters, the name of a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.errors import EstimationError, NotEstimable, TooFewClusters, UnknownOption
from toolkit.estimate.groups import Grouping, dense
from toolkit.estimate.options import Options

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from toolkit.estimate.result import Estimate
    from toolkit.estimate.sample import Sample
    from toolkit.estimate.source import Source

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

    def slope(self, term: str) -> int:
        """Position of a slope among the coefficients.

        Raises
        ------
        NotEstimable
            If it was omitted, does not exist, or is the intercept.
        """
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


def options_of(estimate: Estimate) -> Options:
    """The conventions of an estimate, as they choose its rows."""
    info = estimate.covariance
    kind = "cluster" if info.clusters else "iid"
    return Options(kind, info.clusters, info.small_sample, estimate.weights, None)  # type: ignore[arg-type]


def require_same_rows(estimate: Estimate, rows: int, source: Source) -> None:
    """Raise NotEstimable when the data give another number of rows than the estimate has."""
    if rows != estimate.counts.rows:
        raise NotEstimable(
            f"{source.label} gives {rows} rows, the estimate has {estimate.counts.rows}",
            where=estimate.spec.formula,
            remedy="pass the data that the estimate was fitted on",
        )


def require_same_coefficients(estimate: Estimate, beta: NDArray[np.float64], source: Source) -> None:
    """Raise NotEstimable when the data give other coefficients than the estimate has."""
    far = abs(beta - estimate.beta) > SAME * (abs(estimate.beta) + estimate.std_errors)
    if far.any():
        j = int(far.argmax())
        raise NotEstimable(
            f"{source.label} gives {beta[j]:.6g} for {estimate.terms[j]}, the estimate has {estimate.beta[j]:.6g}",
            where=estimate.spec.formula,
            remedy="pass the data that the estimate was fitted on, unchanged",
        )
