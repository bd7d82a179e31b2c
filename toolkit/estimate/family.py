"""One family of hypotheses from several estimates on one panel, tested together by the wild cluster bootstrap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import NotEstimable, UnknownOption
from toolkit.estimate.groups import Grouping
from toolkit.estimate.inference.multipliers import MULTIPLIERS, Multiplier, random_multipliers
from toolkit.estimate.inference.wild_pieces import Pieces, pieces_of
from toolkit.estimate.multiple_testing import TIE, adjust_p_values, romano_wolf
from toolkit.estimate.options import one_of
from toolkit.estimate.refit import Refit, refit
from toolkit.estimate.source import source_of
from toolkit.language import Name, Note, Text, note

if TYPE_CHECKING:
    from toolkit.estimate.result import Estimate
    from toolkit.panel import Panel

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]

NO_VARIANCE = 1e-11  # clustered variance below this share of what the rows could give is rounding

ROMANO_WOLF = Text(
    "Romano-Wolf stepdown p-values over {hypotheses} hypotheses: restricted wild cluster bootstrap by {name} "
    "({clusters} clusters), {draws:,} {kind} draws common to all equations.",
    "对{hypotheses}个假设的Romano–Wolf逐步p值：按{name}聚类（{clusters}组）的受约束wild bootstrap，各方程共用{draws:,}次{kind}抽样。",
)


@dataclass(frozen=True, eq=False)
class FamilyTests:
    """m hypotheses and their p-values.

    Attributes
    ----------
    frame : one row for each hypothesis: ``outcome, term, formula, estimate, statistic``, then p-values: ``p_value`` of the t test,
        ``p_wild`` of the restricted wild cluster bootstrap alone, ``romano_wolf``, ``holm`` and ``benjamini_hochberg`` (of ``p_value``).
    drawn : (B, m) bootstrap t statistics, the signs of a cluster common to all hypotheses.
    cluster, clusters : the cluster variable, and how many clusters there are.
    weights : distribution of the signs.
    """

    frame: pd.DataFrame
    drawn: Floats = field(repr=False)
    cluster: str
    clusters: int
    weights: str

    def __post_init__(self) -> None:
        self.drawn.setflags(write=False)

    def tidy(self) -> pd.DataFrame:
        """A copy of the frame."""
        return self.frame.copy()

    @property
    def note(self) -> Note:
        """How the p-values were computed."""
        many = {"hypotheses": len(self.frame), "clusters": self.clusters, "draws": len(self.drawn)}
        return note("romano_wolf", ROMANO_WOLF, name=Name(self.cluster), kind=self.weights, **many)

    def __repr__(self) -> str:
        return f"{self.frame.to_string(index=False, float_format=lambda v: f'{v:.4f}')}\n{self.note}"

    def _repr_html_(self) -> str:
        return f'{self.frame.to_html(index=False, float_format=lambda v: f"{v:.4f}")}<p style="font-size:smaller">{self.note}</p>'


def family_tests(
    hypotheses: Sequence[tuple[Estimate, str]],
    panel: Panel | pd.DataFrame,
    *,
    cluster: str | None = None,
    draws: int = 9999,
    weights: Multiplier = "rademacher",
    rng: np.random.Generator,
) -> FamilyTests:
    """Test that each coefficient of a family is zero, and adjust for the size of the family.

    Every hypothesis has its own restricted wild cluster bootstrap; in each draw a cluster has the same multiplier in all equations, so
    that the draws carry the dependence between outcomes, and :func:`~toolkit.estimate.multiple_testing.romano_wolf` uses it.

    Parameters
    ----------
    hypotheses : (estimate, term): pooled, within or difference estimates on one panel. Rows may differ between them.
    panel : the data they were fitted on.
    cluster : one column; default the cluster variable of the first estimate.
    draws : number of random draws.
    weights : "rademacher", "webb" (for fewer than about 8 clusters) or "mammen".
    rng : numpy generator.

    Raises
    ------
    NotEstimable
        If there is no hypothesis, one is named twice, or one has no clustered variance.
    TooFewClusters, MissingColumn, MissingKey, UnknownOption

    References
    ----------
    Romano and Wolf (2005), Econometrica 73(4); Clarke, Romano and Wolf (2020), Stata Journal 20(4).

    Examples
    --------
    >>> from toolkit.estimate import fit
    >>> from toolkit.panel import Panel
    >>> draw = np.random.default_rng(1)
    >>> frame = pd.DataFrame({"firm": np.repeat(np.arange(20), 5), "year": np.tile(np.arange(5), 20), "d": draw.normal(size=100)})
    >>> frame["patents"], frame["sales"] = frame["d"] + draw.normal(size=100), draw.normal(size=100)
    >>> panel = Panel(frame, "firm", "year")
    >>> family = [(fit(f"{y} ~ d | firm + year", panel), "d") for y in ("patents", "sales")]
    >>> tests = family_tests(family, panel, draws=999, rng=np.random.default_rng(2))
    >>> (tests.frame["romano_wolf"] < 0.05).tolist()
    [True, False]
    """
    one_of("weights", weights, MULTIPLIERS)
    if draws < 1 or int(draws) != draws:
        raise UnknownOption(f"draws={draws!r} cannot be used", remedy="a whole number such as 999 or 9999")
    if not hypotheses:
        raise NotEstimable("the family has no hypothesis", remedy="pass [(estimate, 'term'), ...]")
    rows = [refit(estimate, panel, "family_tests") for estimate, _ in hypotheses]
    name, _ = rows[0].cluster(cluster, "the wild cluster bootstrap")
    at = [row.slope(term) for row, (_, term) in zip(rows, hypotheses, strict=True)]
    _require_different(rows, at)
    parts = [_part(row, j, row.cluster(name, "the wild cluster bootstrap")[1]) for row, j in zip(rows, at, strict=True)]
    every = source_of(panel).group(name)
    present = [np.unique(every.codes[row.sample.positions]) for row in rows]
    blocks = random_multipliers(weights, int(draws), every.levels, rng)
    drawn = np.concatenate([_drawn(rows, at, parts, present, block) for block in blocks])
    clusters = len(np.unique(np.concatenate(present)))
    return FamilyTests(_frame(rows, at, parts, drawn), drawn, name, clusters, weights)


def _require_different(rows: Sequence[Refit], at: Sequence[int]) -> None:
    names = [(row.estimate.spec.formula, row.estimate.method, row.estimate.terms[j], row.n) for row, j in zip(rows, at, strict=True)]
    twice = [name for i, name in enumerate(names) if name in names[:i]]
    if twice:
        raise NotEstimable(f"{twice[0][2]} of {twice[0][0]} is in the family twice", remedy="name each hypothesis once")


def _part(row: Refit, j: int, groups: Grouping) -> Pieces:
    part = pieces_of(row, j, groups)
    if not part.unit > NO_VARIANCE * float(np.sqrt(row.rss * row.bread[j, j])):
        raise NotEstimable(
            f"{row.estimate.terms[j]} has no clustered variance",
            where=row.estimate.spec.formula,
            remedy="a coefficient that only one cluster identifies cannot be tested; leave it out of the family",
        )
    return part


def _drawn(rows: Sequence[Refit], at: Sequence[int], parts: Sequence[Pieces], present: Sequence[Integers], block: Floats) -> Floats:
    """(b, m) t statistics under each null for multipliers (b, G) of all clusters; a draw without variance counts as large."""
    columns = []
    for row, j, part, clusters in zip(rows, at, parts, present, strict=True):
        statistics = part.draws(block[:, clusters]).statistics(-float(row.estimate.beta[j]) / part.unit)
        columns.append(np.where(np.isnan(statistics), np.inf, statistics))
    return np.column_stack(columns)


def _frame(rows: Sequence[Refit], at: Sequence[int], parts: Sequence[Pieces], drawn: Floats) -> pd.DataFrame:
    """One row for each hypothesis."""
    records = []
    for row, j in zip(rows, at, strict=True):
        found = row.estimate.coefficient(row.estimate.terms[j])
        records.append((row.estimate.spec.outcome, found.term, row.estimate.spec.formula, found.estimate, found.statistic, found.p_value))
    frame = pd.DataFrame.from_records(records, columns=["outcome", "term", "formula", "estimate", "statistic", "p_value"])
    t = np.array([float(row.estimate.beta[j]) / part.unit for row, j, part in zip(rows, at, parts, strict=True)])
    frame["p_wild"] = (1 + np.count_nonzero(np.abs(drawn) >= np.abs(t) * (1 - TIE), axis=0)) / (1 + len(drawn))
    frame["romano_wolf"] = romano_wolf(t, drawn)
    frame["holm"] = adjust_p_values(frame["p_value"], "holm")
    frame["benjamini_hochberg"] = adjust_p_values(frame["p_value"], "benjamini_hochberg")
    return frame
