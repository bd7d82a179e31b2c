"""Small records that travel with an estimate: counts, drops, omissions, conventions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from toolkit.language import Note, joined

Covariance = Literal["iid", "HC0", "HC1", "HC2", "HC3", "cluster", "driscoll_kraay"]
COVARIANCES: tuple[Covariance, ...] = ("iid", "HC0", "HC1", "HC2", "HC3", "cluster", "driscoll_kraay")
SmallSample = Literal["reghdfe", "xtreg", "plm", "none"]
SMALL_SAMPLES: tuple[SmallSample, ...] = ("reghdfe", "xtreg", "plm", "none")


@dataclass(frozen=True)
class Dropped:
    """Rows that did not enter, for one reason.

    Attributes
    ----------
    reason : for example ``missing gdp``, ``non-positive in log(rd)``, ``singleton province``; see :mod:`toolkit.estimate.notes`.
    rows : how many rows; a row is counted once, under the first reason that meets it.
    first : the first of them, for example ``Tibet 2009``.
    """

    reason: Note
    rows: int
    first: str

    @property
    def detail(self) -> str:
        """One sentence."""
        return f"{self.rows} row{'s' * (self.rows > 1)} left out: {self.reason} (first {self.first})"


@dataclass(frozen=True)
class Omitted:
    """A regressor that was left out, and why (``constant``, ``no variation within province``, ``collinear with x``)."""

    term: str
    reason: Note


@dataclass(frozen=True)
class Counts:
    """How many rows of what.

    Attributes
    ----------
    rows_given, rows : rows in the data, and in the estimation.
    entities, periods : in the estimation; 0 for a cross-section.
    clusters : (variable, number of clusters) for each cluster variable.
    dropped : rows that did not enter, by reason.
    """

    rows_given: int
    rows: int
    entities: int
    periods: int
    clusters: tuple[tuple[str, int], ...]
    dropped: tuple[Dropped, ...]


@dataclass(frozen=True)
class CovarianceInfo:
    """Which standard errors these are.

    Attributes
    ----------
    kind : "iid", "HC0" to "HC3", "cluster" or "driscoll_kraay".
    clusters : the cluster variables.
    small_sample : the convention asked for.
    factor : the small-sample factor in symbols.
    factor_value : its value.
    df_t : degrees of freedom of the t distribution.
    notes : anything that was repaired or chosen.
    parameters : K as it was counted.
    df_terms : (k,) degrees of freedom of each coefficient where they differ (CR2), else empty; then ``df_t`` is the smallest, for joint
        tests.
    """

    kind: str
    clusters: tuple[str, ...]
    small_sample: str
    factor: str
    factor_value: float
    df_t: float
    notes: tuple[Note, ...] = ()
    parameters: int = 0
    df_terms: tuple[float, ...] = ()

    @property
    def note(self) -> str:
        """The notes as one English text; empty if there are none."""
        return joined(self.notes)
