"""How firm a ranking is: ranks and D under random weights, indicators and normalisations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from toolkit.errors import MeasureError
from toolkit.measure.composite.choices import (
    Choices,
    Indicators,
    checked_alternatives,
    draw_choices,
    importance_of,
    need_two,
    weights_within,
)
from toolkit.measure.composite.coupling import Form, checked_form, degrees
from toolkit.measure.composite.ranks import quantiles_of, ranks_of
from toolkit.measure.inputs.values import setting
from toolkit.numerics import Floats
from toolkit.report import Report, ReportMixin, report_table
from toolkit.threads import frugal

_BLOCK: Final = 2**15  # cells of draws times entities computed at once (256 kB of floats): they stay in the cache


@dataclass(frozen=True, eq=False, repr=False)
class RankingUncertainty(ReportMixin):
    """Ranks of n entity-years within their year, and D, over B draws. Rank 1 has the largest D; ties share the better rank.

    Attributes
    ----------
    entity, time : (n,) labels, as given.
    d : (n,) D of the first normalisation with the scheme's weights and all indicators.
    rank : (n,) its rank; it may lie outside the interval when the base is an unusual choice.
    rank_median, rank_low, rank_high : (n,) quantiles 0.5, (1 - level)/2 and (1 + level)/2 of the ranks; each is a rank that was drawn.
    d_low, d_high : (n,) quantiles of D, interpolated. Normalisations differ in the level of D: with several, read ranks.
    top_share : (n,) share of the draws in which the rank is ``top`` or better.
    rank_share : (n, R) share of the draws at each rank 1..R; R is the largest number of entities in a year.
    ranks : (B, n) rank in each draw.
    choices : what was drawn.
    level, top : as asked.
    """

    entity: NDArray[np.object_]
    time: NDArray[np.object_]
    d: Floats
    rank: NDArray[np.int64]
    rank_median: NDArray[np.int64]
    rank_low: NDArray[np.int64]
    rank_high: NDArray[np.int64]
    d_low: Floats
    d_high: Floats
    top_share: Floats
    rank_share: Floats
    ranks: NDArray[np.int32]
    choices: Choices
    level: float
    top: int

    def frame(self) -> pd.DataFrame:
        """One row per entity and year, in the order given, with all that has one number for each."""
        names = ("entity", "time", "d", "d_low", "d_high", "rank", "rank_median", "rank_low", "rank_high", "top_share")
        return pd.DataFrame({name: getattr(self, name) for name in names}).infer_objects()

    def above(self, time: object) -> pd.DataFrame:
        """Share of the draws in which the row's entity ranks strictly above the column's, in one year; best rank first.

        For a pair, the number below the diagonal is the probability that its order is reversed.

        Raises
        ------
        MeasureError
            When the year is not there.
        """
        rows = np.flatnonzero(self.time == time)
        if not rows.size:
            raise MeasureError(
                f"there is no time {time!r}", where=f"times {', '.join(map(str, pd.unique(self.time)))}", remedy="choose one"
            )
        rows = rows[np.argsort(self.rank[rows], kind="stable")]
        ranks = self.ranks[:, rows]
        share = np.array([(ranks[:, [i]] < ranks).mean(axis=0) for i in range(rows.size)])
        labels = pd.Index(self.entity[rows], name="entity")
        return pd.DataFrame(share, index=labels, columns=labels)

    def neighbours(self) -> pd.DataFrame:
        """One row per pair of neighbours in the ranking of a year: time, rank, entity, next, reversal, overlap.

        ``reversal`` is the share of the draws in which ``next`` ranks strictly above ``entity``; ``overlap`` says whether their intervals
        of ranks share a rank.
        """
        order = np.lexsort((self.rank, pd.factorize(self.time)[0]))
        same = self.time[order][1:] == self.time[order][:-1]
        upper, lower = order[:-1][same], order[1:][same]
        return pd.DataFrame(
            {
                "time": self.time[upper],
                "rank": self.rank[upper],
                "entity": self.entity[upper],
                "next": self.entity[lower],
                "reversal": (self.ranks[:, lower] < self.ranks[:, upper]).mean(axis=0),
                "overlap": (self.rank_high[upper] >= self.rank_low[lower]) & (self.rank_high[lower] >= self.rank_low[upper]),
            }
        ).infer_objects()

    def _report(self) -> Report:
        draws, last = len(self.ranks), self.time[-1]
        found = self.frame()
        shown = found[(found["time"] == last) & (found["rank"] <= self.top)].sort_values("rank", kind="stable")
        lines = (f"Ranks 1 to {self.top} of {last}; intervals at {self.level:.0%}; rank 1 has the largest D",)
        return Report(f"Ranking uncertainty: {len(found)} rows, {draws:,} draws", (report_table(shown),), lines)


@frugal
def ranking_uncertainty(
    alternatives: Sequence[ArrayLike],
    weights: ArrayLike,
    systems: ArrayLike,
    entity: ArrayLike,
    time: ArrayLike,
    *,
    rng: np.random.Generator,
    draws: int = 10_000,
    form: Form = "standard",
    alpha: ArrayLike | None = None,
    concentration: float | None = 100.0,
    indicators: Indicators = "leave one out",
    level: float = 0.9,
    top: int = 10,
) -> RankingUncertainty:
    r"""Monte-Carlo over the choices behind D: each draw takes other weights, leaves one or no indicator out, and takes one normalisation.

    In each draw the score of a system is :math:`U_s = \sum_{j \in s} w_j x_j`, with weights that sum to one within the system, D follows
    from the scores (:func:`coupling`), and the entities are ranked within each year. How weights, indicators and normalisations are drawn,
    and with which probabilities, is said at :func:`draw_choices`. The interval answers "how much of the ranking is a choice of the author",
    not how well the indicators are measured.

    Years are taken one after the other and draws in blocks, so that beside the ranks (4 bytes for each draw and row) the memory is that of
    all draws of one year. Years may have different entities.

    Parameters
    ----------
    alternatives : sequence of (n, m) normalised indicators in [0, 1], one matrix per normalisation; the first is the base.
    weights : (m,) of the scheme; only their ratios within a system matter.
    systems : (m,) label of the system of each indicator; systems are taken in order of appearance.
    entity, time : (n,) labels of the rows.
    rng : the source of randomness; the same seed gives the same result.
    draws : B.
    form, alpha : as in :func:`coupling`; ``alpha`` by the labels of the systems where it has names, otherwise in their order.
    concentration, indicators : as in :func:`draw_choices`.
    level : of the intervals.
    top : the ranks that ``top_share`` counts.

    Raises
    ------
    MeasureError
        On matrices of different shapes or values outside [0, 1], a missing label or an entity twice in a year, weights or settings that
        :func:`draw_choices` refuses, a level or a ``top`` that makes no sense, or too few draws for the level.

    References
    ----------
    Saisana, Saltelli and Tarantola (2005), Journal of the Royal Statistical Society A 168(2), 307–323; OECD and JRC (2008), Handbook on
    Constructing Composite Indicators, step 7. The shares of ranks are the rank acceptability indices of Lahdelma, Hokkanen and Salminen
    (1998), European Journal of Operational Research 106(1), 137–143.

    Examples
    --------
    >>> x = [[0.9, 0.8, 0.9], [0.5, 0.6, 0.5], [0.1, 0.2, 0.4]]
    >>> found = ranking_uncertainty([x], [1, 1, 1], ["S", "S", "I"], list("abc"), [2020] * 3, rng=np.random.default_rng(1), draws=200)
    >>> found.frame()[["entity", "rank", "rank_low", "rank_high"]].to_numpy().tolist()
    [['a', 1, 1, 1], ['b', 2, 2, 2], ['c', 3, 3, 3]]
    """
    _check_settings(draws, level, top, form)
    scheme, members, names = weights_within(weights, systems)
    need_two(names)
    matrices = checked_alternatives(alternatives, scheme.size, weights)
    rows = years_of(entity, time, len(matrices[0]))
    share = importance_of(alpha, names)
    drawn = draw_choices(weights, systems, len(matrices), draws=draws, rng=rng, concentration=concentration, indicators=indicators)
    n, most = len(matrices[0]), max(map(len, rows))
    d, ranks, quantiles, counts = np.empty(n), np.empty((n, draws), dtype=np.int32), np.empty((2, n)), np.empty((n, most), dtype=np.int64)
    rank = np.empty(n, dtype=np.int64)
    back = np.argsort(drawn.normalisation, kind="stable").argsort()
    for here in rows:
        base = degree(x=matrices[0][here], weights=scheme[None, :], members=members, alpha=share, form=form)
        d[here], rank[here] = base[0], ranks_of(base)[0]
        cells, found = _draws_of_year(matrices=matrices, here=here, drawn=drawn, members=members, alpha=share, form=form)
        for row, values, own in zip(here, cells, found, strict=True):
            quantiles[:, row] = quantiles_of(values, ((1 - level) / 2, (1 + level) / 2))
            own.take(back, out=ranks[row], mode="clip")
            counts[row] = np.bincount(own, minlength=most + 1)[1:]
    middle, low, high = (_order_statistic(counts, draws, p) for p in (0.5, (1 - level) / 2, (1 + level) / 2))
    return RankingUncertainty(
        entity=_labels(entity),
        time=_labels(time),
        d=d,
        rank=rank,
        rank_median=middle,
        rank_low=low,
        rank_high=high,
        d_low=quantiles[0],
        d_high=quantiles[1],
        top_share=counts[:, :top].sum(axis=1) / draws,
        rank_share=counts / draws,
        ranks=ranks.T,
        choices=drawn,
        level=level,
        top=top,
    )


def degree(x: Floats, weights: Floats, members: Sequence[NDArray[np.intp]], alpha: Floats, form: Form) -> Floats:
    """(b, n) D of n rows of indicators (n, m) under b sets of weights (b, m), the systems' indicators standing at ``members``."""
    scores = np.empty((len(members), len(weights), len(x)))
    for own, places in zip(scores, members, strict=True):
        np.matmul(weights[:, places], x[:, places].T, out=own)
    scores.clip(0.0, 1.0, out=scores)
    if form == "standard" and len(members) == 2 and alpha[0] == alpha[1]:  # the square root of the geometric mean: half the work
        product = np.multiply(*scores)
        return np.asarray(np.sqrt(np.sqrt(product, out=product), out=product))
    return degrees(scores, alpha, form).d


def _draws_of_year(
    matrices: Sequence[Floats], here: NDArray[np.intp], drawn: Choices, members: Sequence[NDArray[np.intp]], alpha: Floats, form: Form
) -> tuple[Floats, NDArray[np.int32]]:
    """(n of the year, B) D and rank in every draw, the draws in the order of their normalisations."""
    draws, done = len(drawn.weights), 0
    cells, ranks = np.empty((here.size, draws)), np.empty((here.size, draws), dtype=np.int32)
    step = max(1, _BLOCK // here.size)
    for a, matrix in enumerate(matrices):
        x, mine = matrix[here], np.flatnonzero(drawn.normalisation == a)
        for start in range(0, mine.size, step):
            block = mine[start : start + step]
            at = slice(done, done := done + block.size)
            d = degree(x=x, weights=drawn.weights[block], members=members, alpha=alpha, form=form)
            cells[:, at], ranks[:, at] = d.T, ranks_of(d).T
    return cells, ranks


def _order_statistic(counts: NDArray[np.int64], draws: int, p: float) -> NDArray[np.int64]:
    """The smallest rank that at least a share ``p`` of the draws does not exceed."""
    enough = int(np.ceil(round(p * draws, 6)))
    return np.asarray((counts.cumsum(axis=1) < max(enough, 1)).sum(axis=1) + 1, dtype=np.int64)


def _check_settings(draws: int, level: float, top: int, form: str) -> None:
    checked_form(form)
    for name, count in (("draws", draws), ("top", top)):
        if isinstance(count, bool) or not isinstance(count, int | np.integer):
            raise MeasureError(f"{name}={count!r} is no number of {'draws' if name == 'draws' else 'ranks'}", remedy="pass a whole number")
    if not 0 < setting(level, "level") < 1:
        raise MeasureError(f"the intervals got level={level:g}", remedy="choose a level between 0 and 1, for example 0.9")
    fewest = int(np.ceil(round(2 / (1 - level), 9)))
    if draws < fewest:
        raise MeasureError(f"{draws} draws are too few for a level of {level:g}", remedy=f"take at least {fewest}, better 10000")
    if top < 1:
        raise MeasureError(f"the top {top} ranks are none", remedy="choose 1 or more")


def years_of(entity: ArrayLike, time: ArrayLike, n: int) -> tuple[NDArray[np.intp], ...]:
    """Positions of the rows of each year, years ascending.

    Raises
    ------
    MeasureError
        On labels of another length, a missing one, or an entity twice in a year.
    """
    keys = pd.DataFrame({"entity": _labels(entity), "time": _labels(time)}) if len(_labels(entity)) == len(_labels(time)) == n else None
    if keys is None:
        lengths = f"{len(_labels(entity))} entities and {len(_labels(time))} times"
        raise MeasureError(f"{n} rows of indicators have {lengths}", remedy="name the entity and the time of each row")
    if keys.isna().any(axis=None):
        raise MeasureError(
            "a row has no entity or no time", where=f"first at position {keys.isna().any(axis=1).argmax()}", remedy="name it"
        )
    twice = keys.duplicated()
    if twice.any():
        first = keys[twice].iloc[0]
        raise MeasureError("an entity occurs twice in a year", where=f"{first['entity']}, {first['time']}", remedy="keep one row of each")
    codes, times = pd.factorize(keys["time"], sort=True)
    return tuple(np.flatnonzero(codes == t) for t in range(len(times)))


def _labels(values: ArrayLike) -> NDArray[np.object_]:
    return np.asarray(pd.Series(values).to_numpy(dtype=object))
