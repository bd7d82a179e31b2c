"""Results of an R squared decomposition: shares of blocks and of their columns, dominance, and bootstrap intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import NotEstimable
from toolkit.estimate.after.shapley_problem import SAME_R2
from toolkit.numerics import Floats
from toolkit.report import Report, ReportMixin


@dataclass(frozen=True, repr=False)
class R2Decomposition(ReportMixin):
    """The (within) R squared of a regression, divided among k blocks of its m regressors.

    Attributes
    ----------
    formula, outcome : of the full regression.
    effects : absorbed; the R squared is within them.
    blocks : name -> the design columns in it.
    r2 : of the full regression; the sum of ``values``.
    worth : (2^k,) R squared of each coalition of blocks; bit j of the position says whether block j is in it.
    values : (k,) Shapley values, in the unit of R squared.
    owen : column -> its Owen value; the columns of a block add up to its Shapley value.
    increments : (k, k) mean gain of a block (column) over the coalitions of s others (row s).
    complete : (k, k) whether the row block dominates the column block completely.
    rows, entities, free : rows, entities (0 for a cross-section), and rows less absorbed effects.
    """

    formula: str
    outcome: str
    effects: tuple[str, ...]
    blocks: dict[str, tuple[str, ...]]
    r2: float
    worth: Floats
    values: Floats
    owen: dict[str, float]
    increments: Floats
    complete: NDArray[np.bool_]
    rows: int
    entities: int
    free: int

    @property
    def shares(self) -> Floats:
        """(k,) Shapley values as shares of the R squared.

        Raises
        ------
        NotEstimable
            When nothing is explained.
        """
        if self.r2 <= SAME_R2:
            raise NotEstimable("there is nothing to divide: the R squared is zero", where=self.formula, remedy="use other regressors")
        return np.asarray(self.values / self.r2)

    @property
    def chance(self) -> float:
        """Expected R squared of as many columns that have nothing to do with the outcome: m / (rows - effects), with iid errors."""
        return sum(map(len, self.blocks.values())) / self.free

    def table(self) -> pd.DataFrame:
        """One row per block: columns, value, share, alone (R squared of the block by itself), last (what it adds to all others)."""
        k = len(self.blocks)
        everything = 2**k - 1
        return pd.DataFrame(
            {
                "block": list(self.blocks),
                "columns": [len(columns) for columns in self.blocks.values()],
                "value": self.values,
                "share": self.shares,
                "alone": [self.worth[1 << j] for j in range(k)],
                "last": [self.worth[everything] - self.worth[everything ^ 1 << j] for j in range(k)],
            }
        )

    def columns(self) -> pd.DataFrame:
        """One row per regressor: block, term, value (Owen), share."""
        rows = [(name, term, self.owen[term]) for name, terms in self.blocks.items() for term in terms]
        return pd.DataFrame(rows, columns=["block", "term", "value"]).assign(share=[self.owen[term] / self.r2 for _, term, _ in rows])

    def dominance(self) -> pd.DataFrame:
        """One row per ordered pair of blocks: whether the first dominates the second.

        Completely: in every coalition; conditionally: on average at every size; generally: on average over all.
        """
        names = list(self.blocks)
        pairs = [(i, j) for i in range(len(names)) for j in range(len(names)) if i != j]
        ahead = {(i, j): self.increments[:, i] - self.increments[:, j] for i, j in pairs}
        return pd.DataFrame(
            [
                {
                    "block": names[i],
                    "over": names[j],
                    "complete": bool(self.complete[i, j]),
                    "conditional": bool((ahead[i, j] >= -SAME_R2).all() and (ahead[i, j] > SAME_R2).any()),
                    "general": bool(self.values[i] - self.values[j] > SAME_R2),
                }
                for i, j in pairs
            ]
        )

    def _report(self) -> Report:
        parts = "; ".join(
            f"{name} {value:.4f} ({share:.1%})" for name, value, share in zip(self.blocks, self.values, self.shares, strict=True)
        )
        return Report(f"R2 of {self.formula}: {self.r2:.4f} = {parts}; {self.rows} rows")


@dataclass(frozen=True, repr=False)
class R2Bootstrap(ReportMixin):
    """A decomposition with percentile intervals from clusters drawn with replacement.

    Attributes
    ----------
    decomposition : on the data themselves.
    cluster, clusters : what was drawn, and how many there are.
    r2 : (B,) R squared of each draw.
    values : (B, k) Shapley values of each draw.
    discarded : draws in which the outcome did not vary, or nothing with it.
    level : nominal coverage.
    """

    decomposition: R2Decomposition
    cluster: str
    clusters: int
    r2: Floats
    values: Floats
    discarded: int
    level: float

    @property
    def shares(self) -> Floats:
        """(B, k) shares of the R squared in each draw."""
        return np.asarray(self.values / self.r2[:, None])

    @property
    def rise(self) -> float:
        """Mean R squared of the draws less that of the data: drawing clusters twice makes the fit look closer."""
        return float(self.r2.mean() - self.decomposition.r2)

    def table(self) -> pd.DataFrame:
        """The rows of :meth:`R2Decomposition.table` with ``value_low``, ``value_high``, ``share_low``, ``share_high``."""
        found = self.decomposition.table()
        for name, draws in (("value", self.values), ("share", self.shares)):
            found[f"{name}_low"], found[f"{name}_high"] = np.quantile(draws, [(1 - self.level) / 2, (1 + self.level) / 2], axis=0)
        return found

    def reproducibility(self) -> pd.DataFrame:
        """The rows of :meth:`R2Decomposition.dominance`; ``draws`` is the share of draws in which the first block has the larger value."""
        found = self.decomposition.dominance()
        place = {name: j for j, name in enumerate(self.decomposition.blocks)}
        pairs = zip(found["block"], found["over"], strict=True)
        return found.assign(draws=[float((self.values[:, place[i]] > self.values[:, place[j]]).mean()) for i, j in pairs])

    def _report(self) -> Report:
        return Report(f"{self.decomposition!r}; {len(self.r2)} draws of {self.clusters} {self.cluster} clusters")


@dataclass(frozen=True, repr=False)
class R2Jackknife(ReportMixin):
    """A decomposition with intervals from leaving out one cluster at a time.

    Attributes
    ----------
    decomposition : on the data themselves.
    cluster, clusters : what was left out, and how many there are.
    left_out : (G,) the cluster that each row of ``r2`` and ``values`` is without.
    r2 : (G,) R squared without each cluster.
    values : (G, k) Shapley values without each cluster.
    level : nominal coverage.
    """

    decomposition: R2Decomposition
    cluster: str
    clusters: int
    left_out: tuple[str, ...]
    r2: Floats
    values: Floats
    level: float

    @property
    def shares(self) -> Floats:
        """(G, k) shares of the R squared without each cluster."""
        return np.asarray(self.values / self.r2[:, None])

    def table(self) -> pd.DataFrame:
        """The rows of :meth:`R2Decomposition.table` with ``value_low``, ``value_high``, ``share_low``, ``share_high``."""
        found = self.decomposition.table()
        for name, own, without in (("value", self.decomposition.values, self.values), ("share", self.decomposition.shares, self.shares)):
            half = self._half(without)
            found[f"{name}_low"], found[f"{name}_high"] = np.clip(own - half, 0.0, 1.0), np.clip(own + half, 0.0, 1.0)
        return found

    def _half(self, without: Floats) -> Floats:
        """(k,) half the interval: the t quantile with G - 1 degrees of freedom times the jackknife standard error."""
        from scipy.special import stdtrit

        g = self.clusters
        spread = np.sqrt((g - 1) / g * ((without - without.mean(axis=0)) ** 2).sum(axis=0))
        return np.asarray(float(stdtrit(g - 1, 0.5 + self.level / 2)) * spread)

    def _report(self) -> Report:
        return Report(f"{self.decomposition!r}; {self.clusters} {self.cluster} clusters left out one at a time")
