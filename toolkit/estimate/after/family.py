"""Families of hypotheses tested together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from toolkit.errors import NotEstimable, UnknownOption
from toolkit.estimate.inference.wild_draws import ClusterScores, cluster_scores
from toolkit.estimate.inference.wild_scheme import MULTIPLIERS, Multiplier, random_multipliers
from toolkit.estimate.linear.refit import Refit, refit
from toolkit.estimate.rows.grouping import Grouping
from toolkit.estimate.rows.options import one_of
from toolkit.estimate.rows.source import Source
from toolkit.language import Name, Note, Text, note
from toolkit.numerics import NO_VARIANCE, SAME_DRAW, Floats
from toolkit.report import Report, ReportMixin, report_table
from toolkit.threads import frugal

if TYPE_CHECKING:
    from toolkit.estimate.results.estimate import Estimate
    from toolkit.panel import Panel

Adjustment = Literal["bonferroni", "holm", "benjamini_hochberg", "benjamini_yekutieli"]

_IN_STATSMODELS = {"bonferroni": "bonferroni", "benjamini_hochberg": "fdr_bh", "benjamini_yekutieli": "fdr_by"}


def adjust_p_values(p_values: ArrayLike, method: Adjustment) -> Floats:
    r"""Adjust m p-values, each computed on its own. With p_(1) <= ... <= p_(m):

    ====================  =================================================  ==========================================
    bonferroni            min(m p, 1)                                        family-wise error, any dependence
    holm                  max over i <= j of min((m - i + 1) p_(i), 1)       family-wise error, any dependence
    benjamini_hochberg    min over i >= j of m p_(i) / i                     false discovery rate, positive dependence
    benjamini_yekutieli   the same times 1 + 1/2 + ... + 1/m                 false discovery rate, any dependence
    ====================  =================================================  ==========================================

    Parameters
    ----------
    p_values : (m,) p-values.
    method : the adjustment.

    Returns
    -------
    (m,) adjusted p-values, in the order given.

    Raises
    ------
    NotEstimable
        If a p-value is missing or outside [0, 1].
    UnknownOption

    References
    ----------
    Holm (1979), Scandinavian Journal of Statistics 6; Benjamini and Hochberg (1995), Journal of the Royal Statistical Society B 57;
    Benjamini and Yekutieli (2001), Annals of Statistics 29.

    Examples
    --------
    >>> adjust_p_values([0.01, 0.04, 0.03], "holm").round(3).tolist()
    [0.03, 0.06, 0.06]
    >>> adjust_p_values([0.01, 0.04, 0.03], "benjamini_hochberg").round(3).tolist()
    [0.03, 0.04, 0.04]
    """
    one_of("method", method, ("holm", *_IN_STATSMODELS))
    given = np.asarray(p_values, dtype=np.float64)
    if given.ndim != 1 or not len(given):
        raise NotEstimable(f"p-values of shape {given.shape} cannot be adjusted", remedy="pass a list of at least one p-value")
    bad = ~((given >= 0) & (given <= 1))
    if bad.any():
        at = int(bad.argmax())
        raise NotEstimable(f"p-value {at + 1} of {len(given)} is {given[at]:g}", remedy="leave out hypotheses without a p-value")
    if method == "holm":  # statsmodels collects garbage at each call of Holm, which takes long in a large session
        order = np.argsort(given, kind="stable")
        stepped = np.minimum(np.maximum.accumulate(np.arange(len(given), 0, -1) * given[order]), 1.0)
        return stepped[np.argsort(order, kind="stable")]
    from statsmodels.stats.multitest import multipletests

    return np.asarray(multipletests(given, method=_IN_STATSMODELS[method])[1], dtype=np.float64)


def romano_wolf(statistics: ArrayLike, drawn: ArrayLike) -> Floats:
    r"""Stepdown p-values of Romano and Wolf from statistics drawn under the null, all hypotheses resampled together.

    With the statistics in order, :math:`|t_1| \ge \dots \ge |t_m|`,

    .. math:: p_j = \max\Big(p_{j-1},\; \frac{1 + \#\{b : \max_{k \ge j} |t^*_{bk}| \ge |t_j|\}}{1 + B}\Big)

    The draws keep the dependence between the hypotheses, so that correlated outcomes cost less than under Holm. Two-sided.

    Parameters
    ----------
    statistics : (m,) t statistics of the data.
    drawn : (B, m) the same under the null, each row one draw of all hypotheses (the same signs for each cluster, or the same permutation).

    Returns
    -------
    (m,) p-values that control the family-wise error, in the order given.

    Raises
    ------
    NotEstimable
        If a number is missing or the shapes do not fit.

    References
    ----------
    Romano and Wolf (2005), Econometrica 73(4); Romano and Wolf (2016), Statistics and Probability Letters 113; Westfall and Young (1993),
    Resampling-Based Multiple Testing.

    Examples
    --------
    >>> romano_wolf([3.0, 1.0], [[0.5, -1.2], [2.0, 0.1], [-0.3, 0.4]]).tolist()
    [0.25, 0.5]
    """
    t, null = np.abs(np.asarray(statistics, dtype=np.float64)), np.abs(np.asarray(drawn, dtype=np.float64))
    if t.ndim != 1 or null.ndim != 2 or null.shape[1] != len(t) or not null.size:
        raise NotEstimable(
            f"{t.shape} statistics and {null.shape} draws do not fit",
            remedy="one column of draws for each statistic, one row for each draw",
        )
    for what, values in (("statistic", t[None, :]), ("draw of statistic", null)):
        missing = np.isnan(values).any(axis=0)
        if missing.any():
            raise NotEstimable(f"{what} {int(missing.argmax()) + 1} of {len(t)} is missing", remedy="leave out what cannot be tested")
    order = np.argsort(-t, kind="stable")
    largest = np.maximum.accumulate(null[:, order[::-1]], axis=1)[:, ::-1]
    exceeding = np.count_nonzero(largest >= t[order] * (1 - SAME_DRAW), axis=0)
    found = np.empty(len(t))
    found[order] = np.maximum.accumulate((1 + exceeding) / (1 + len(null)))
    return found


Integers = NDArray[np.intp]


_ROMANO_WOLF = Text(
    "Romano-Wolf stepdown p-values over {hypotheses} hypotheses: restricted wild cluster bootstrap by {name} "
    "({clusters} clusters), {draws:,} {kind} draws common to all equations.",
    "对{hypotheses}个假设的Romano–Wolf逐步p值：按{name}聚类（{clusters}组）的受约束野自助法，各方程共用{draws:,}次{kind}抽样。",
)


@dataclass(frozen=True, eq=False, repr=False)
class FamilyTests(ReportMixin):
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
        return note("romano_wolf", _ROMANO_WOLF, name=Name(self.cluster), kind=self.weights, **many)

    def _report(self) -> Report:
        return Report(
            tables=(report_table(self.frame, ("p_value", "p_wild", "romano_wolf", "holm", "benjamini_hochberg")),), lines=(self.note,)
        )


@frugal
def family_tests(
    hypotheses: Sequence[tuple[Estimate, str]],
    panel: Panel | pd.DataFrame | None = None,
    *,
    cluster: str | None = None,
    draws: int = 9999,
    weights: Multiplier = "rademacher",
    rng: np.random.Generator,
) -> FamilyTests:
    """Test that each coefficient of a family is zero, and adjust for the size of the family.

    Every hypothesis has its own restricted wild cluster bootstrap; in each draw a cluster has the same multiplier in all equations, so
    that the draws keep the dependence between outcomes, and :func:`~toolkit.estimate.after.family.romano_wolf` uses it.

    Parameters
    ----------
    hypotheses : (estimate, term): pooled, within or difference estimates on one panel. Rows may differ between them.
    panel : the data they were fitted on, where they have dropped their rows.
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
    >>> tests = family_tests(family, draws=999, rng=np.random.default_rng(2))
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
    every = _one_source(rows).group(name)
    present = [np.unique(every.codes[row.sample.positions]) for row in rows]
    blocks = random_multipliers(weights, int(draws), every.levels, rng)
    drawn = np.concatenate([_drawn(rows=rows, at=at, parts=parts, present=present, block=block) for block in blocks])
    clusters = len(np.unique(np.concatenate(present)))
    return FamilyTests(frame=_frame(rows, at, parts, drawn), drawn=drawn, cluster=name, clusters=clusters, weights=weights)


def _one_source(rows: Sequence[Refit]) -> Source:
    """The data of all equations, in which a cluster has one code.

    Raises
    ------
    NotEstimable
        If they were fitted on different data.
    """
    first = rows[0].source
    for row in rows[1:]:
        if row.source.frame is not first.frame:
            raise NotEstimable(
                "the hypotheses were estimated on different data, so that their clusters cannot be matched",
                where=f"{rows[0].estimate.spec.formula}; {row.estimate.spec.formula}",
                remedy="estimate all on one panel, or pass it: family_tests(hypotheses, panel, ...)",
            )
    return first


def _require_different(rows: Sequence[Refit], at: Sequence[int]) -> None:
    names = [(row.estimate.spec.formula, row.estimate.method, row.estimate.terms[j], row.n) for row, j in zip(rows, at, strict=True)]
    twice = [name for i, name in enumerate(names) if name in names[:i]]
    if twice:
        raise NotEstimable(f"{twice[0][2]} of {twice[0][0]} is in the family twice", remedy="name each hypothesis once")


def _part(row: Refit, j: int, groups: Grouping) -> ClusterScores:
    part = cluster_scores(row, j, groups)
    if not part.unit > NO_VARIANCE * float(np.sqrt(row.rss * row.bread[j, j])):
        raise NotEstimable(
            f"{row.estimate.terms[j]} has no clustered variance",
            where=row.estimate.spec.formula,
            remedy="a coefficient that only one cluster identifies cannot be tested; leave it out of the family",
        )
    return part


def _drawn(rows: Sequence[Refit], at: Sequence[int], parts: Sequence[ClusterScores], present: Sequence[Integers], block: Floats) -> Floats:
    """(b, m) t statistics under each null for multipliers (b, G) of all clusters; a draw without variance counts as large."""
    columns = []
    for row, j, part, clusters in zip(rows, at, parts, present, strict=True):
        statistics = part.draws(block[:, clusters]).statistics(-float(row.estimate.beta[j]) / part.unit)
        columns.append(np.where(np.isnan(statistics), np.inf, statistics))
    return np.column_stack(columns)


def _frame(rows: Sequence[Refit], at: Sequence[int], parts: Sequence[ClusterScores], drawn: Floats) -> pd.DataFrame:
    """One row for each hypothesis."""
    records = []
    for row, j in zip(rows, at, strict=True):
        found = row.estimate.coefficient(row.estimate.terms[j])
        records.append((row.estimate.spec.outcome, found.term, row.estimate.spec.formula, found.estimate, found.statistic, found.p_value))
    frame = pd.DataFrame.from_records(records, columns=["outcome", "term", "formula", "estimate", "statistic", "p_value"])
    t = np.array([float(row.estimate.beta[j]) / part.unit for row, j, part in zip(rows, at, parts, strict=True)])
    frame["p_wild"] = (1 + np.count_nonzero(np.abs(drawn) >= np.abs(t) * (1 - SAME_DRAW), axis=0)) / (1 + len(drawn))
    frame["romano_wolf"] = romano_wolf(t, drawn)
    frame["holm"] = adjust_p_values(frame["p_value"], "holm")
    frame["benjamini_hochberg"] = adjust_p_values(frame["p_value"], "benjamini_hochberg")
    return frame
