"""What to beware of in an index of coupling: measured, held against a stated limit, and said in two languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from toolkit.errors import MeasureError
from toolkit.language import Text
from toolkit.measure.composite.choices import weights_within
from toolkit.measure.composite.uncertainty import RankingUncertainty
from toolkit.measure.inputs.values import checked, same_rows, setting
from toolkit.numerics import settled

SAME_ORDER: Final = 0.95  # Spearman correlation of D with T: what two unrelated systems with uniform scores give
HEAVY: Final = 0.5  # share of one indicator in its system above which the system is that indicator
CONSTANT: Final = 0.05  # coefficient of variation below which a min-max normalisation blows up what hardly differs
OVERLAP: Final = 0.5  # share of neighbours with overlapping intervals above which the order of a table is mostly not settled


@dataclass(frozen=True)
class Guard:
    """One thing that was looked at.

    Attributes
    ----------
    name : of the check.
    measured : the number.
    limit : what it is held against.
    raised : whether the reader must be warned.
    text : what was found, with the numbers, whether or not it is a warning.
    """

    name: str
    measured: float
    limit: float
    raised: bool
    text: Text


def level_guard(d: ArrayLike, t: ArrayLike, limit: float = SAME_ORDER) -> Guard:
    """Whether D is almost a monotone function of T: Spearman correlation at or above ``limit``; the Pearson correlation is reported too.

    Two unrelated systems with uniform scores already give 0.95 with the standard C and 0.79 with the corrected one: at the
    default limit D adds no more to the level than it would for systems that have nothing to do with each other.

    Raises
    ------
    MeasureError
        On other lengths, fewer than three rows, missing values, or a D or T that is the same everywhere.

    Examples
    --------
    >>> level_guard([0.3, 0.5, 0.6, 0.9], [0.1, 0.3, 0.4, 0.8]).raised
    True
    """
    limit = _limit(limit)
    degree, level = checked(d, "the coupling coordination D", "any"), checked(t, "the level T", "any")
    if degree.size != level.size or degree.size < 3 or np.ptp(degree) == 0 or np.ptp(level) == 0:
        sizes = f"{degree.size} values of D and {level.size} of T"
        raise MeasureError(f"D cannot be compared with T: {sizes}", remedy="pass three or more rows of both, not all equal")
    same_rows(d, t, "levels", "the comparison of D with T")
    ranks = pd.DataFrame({"d": settled(degree), "t": settled(level)}).rank()  # Spearman's correlation is Pearson's of the ranks
    order, straight = float(np.corrcoef(ranks["d"], ranks["t"])[0, 1]), float(np.corrcoef(degree, level)[0, 1])
    raised = order >= limit - 1e-12  # of two rank correlations that are equal, both
    numbers_en = f"Spearman {order:.3f}, Pearson {straight:.3f}, limit {limit:.2f}"
    numbers_zh = f"Spearman 相关系数 {order:.3f}，Pearson 相关系数 {straight:.3f}，界限 {limit:.2f}"
    text = (
        Text(
            f"D orders the rows almost as the level T does ({numbers_en}): it says little about coupling beyond the level.",
            f"D 的排序与综合水平 T 几乎一致（{numbers_zh}），除发展水平之外几乎不反映耦合信息。",
        )
        if raised
        else Text(f"D is not just the level T ({numbers_en}).", f"D 并非综合水平 T 的简单翻版（{numbers_zh}）。")
    )
    return Guard(name="level", measured=order, limit=limit, raised=raised, text=text)


def weight_guard(weights: ArrayLike, systems: ArrayLike, names: Mapping[object, str | Text] | None = None, limit: float = HEAVY) -> Guard:
    """Whether one indicator has more than ``limit`` of the weight of its system: the score of the system is then mostly that indicator.

    A system of one indicator is the extreme case and is reported too.

    Parameters
    ----------
    weights, systems : (m,), named by the index where ``weights`` is a Series.
    names : index label of ``weights`` (position without one) -> text.

    Raises
    ------
    MeasureError
        As :func:`toolkit.measure.composite.choices.weights_within`.

    Examples
    --------
    >>> weight_guard([3, 1, 1, 1], ["S", "S", "I", "I"], {0: "patents"}).text.en
    'One indicator makes up most of its system: patents with 75% of S (limit 50%).'
    """
    limit = _limit(limit)
    share, _, _ = weights_within(weights, systems)
    most, belongs = float(share.max()), list(pd.Series(systems))
    labels = list(weights.index) if isinstance(weights, pd.Series) else list(range(share.size))
    heavy = np.flatnonzero(share > limit + 1e-12)  # two equal indicators have half each, up to rounding
    found = [(_named(labels[j], names), _named(belongs[j], names), share[j]) for j in (heavy if heavy.size else [int(share.argmax())])]
    english = ", ".join(f"{name.en} with {_percent(part)} of {system.en}" for name, system, part in found)
    chinese = "、".join(f"“{name.zh}”占“{system.zh}”的 {part:.0%}" for name, system, part in found)
    text = (
        Text(
            f"One indicator makes up most of its system: {english} (limit {_percent(limit)}).",
            f"某一指标几乎决定其所在系统：{chinese}（界限 {limit:.0%}）。",
        )
        if heavy.size
        else Text(f"The heaviest indicator is {english} (limit {_percent(limit)}).", f"权重最大的指标：{chinese}（界限 {limit:.0%}）。")
    )
    return Guard(name="weight", measured=most, limit=limit, raised=bool(heavy.size), text=text)


def constant_guard(values: pd.DataFrame, names: Mapping[object, str | Text] | None = None, limit: float = CONSTANT) -> Guard:
    """Whether an indicator is nearly constant: standard deviation over the absolute mean below ``limit``, before normalisation.

    A min–max normalisation spreads every indicator over the whole interval, also differences that are noise. The measure asks for values
    on a ratio scale (shares, amounts): of an index around 100 or a year it says nothing.

    Parameters
    ----------
    values : (n, m) indicators in their units, as they were before normalisation.
    names : column -> text.

    Raises
    ------
    MeasureError
        On a missing or infinite value, or no column.

    Examples
    --------
    >>> constant_guard(pd.DataFrame({"share": [0.98, 0.99, 1.0], "patents": [1.0, 5.0, 9.0]})).text.zh
    '几乎不变（变异系数低于界限 0.050）的指标：“share”（0.008）。归一化会放大其微小差异。'
    """
    limit = _limit(limit)
    if values.empty:
        raise MeasureError("there is no indicator to look at", remedy="pass a frame of rows by indicators")
    spread = {}
    for column in values.columns:
        x = checked(values[column], f"the indicator {column}", "any")
        x = x / (np.abs(x).max() or 1.0)  # squares of very large values would overflow
        mean = abs(float(x.mean()))
        spread[column] = float(x.std()) / mean if mean > 0 else (float("inf") if x.std() > 0 else 0.0)
    measured = min(spread.values())
    low = [column for column, found in spread.items() if found < limit]
    found = [(_named(column, names), spread[column]) for column in low or [min(spread, key=lambda column: spread[column])]]
    english = ", ".join(f"{name.en} ({size:.3f})" for name, size in found)
    chinese = "、".join(f"“{name.zh}”（{size:.3f}）" for name, size in found)
    limit_en, limit_zh = f"coefficient of variation below the limit of {limit:.3f}", f"变异系数低于界限 {limit:.3f}"
    text = (
        Text(
            f"Nearly constant, {limit_en}: {english}. The normalisation blows up small differences.",
            f"几乎不变（{limit_zh}）的指标：{chinese}。归一化会放大其微小差异。",
        )
        if low
        else Text(f"No indicator has a {limit_en}; the lowest: {english}.", f"没有指标的{limit_zh}；最低者：{chinese}。")
    )
    return Guard(name="constant", measured=measured, limit=limit, raised=bool(low), text=text)


def overlap_guard(uncertainty: RankingUncertainty, limit: float = OVERLAP) -> Guard:
    """Whether most neighbours in the rankings have overlapping intervals of ranks, so that a table of ranks says more than is known.

    Raises
    ------
    MeasureError
        When no year has two entities.

    Examples
    --------
    >>> from toolkit.measure.composite.uncertainty import ranking_uncertainty
    >>> x = [[0.9, 0.8, 0.9], [0.5, 0.6, 0.5], [0.1, 0.2, 0.4]]
    >>> found = ranking_uncertainty([x], [1, 1, 1], ["S", "S", "I"], list("abc"), [2020] * 3, rng=np.random.default_rng(1), draws=200)
    >>> overlap_guard(found).text.en
    'Intervals of ranks overlap for 0 of 2 pairs of neighbours (0%, limit 50%).'
    """
    limit = _limit(limit)
    pairs = uncertainty.neighbours()
    if pairs.empty:
        raise MeasureError("no year has two entities, so that there are no neighbours", remedy="rank two or more entities")
    share, count = float(pairs["overlap"].mean()), int(pairs["overlap"].sum())
    raised = share > limit
    english = f"Intervals of ranks overlap for {count} of {len(pairs)} pairs of neighbours ({share:.0%}, limit {limit:.0%})"
    chinese = f"{len(pairs)} 对相邻位次中有 {count} 对的位次区间重叠（{share:.0%}，界限 {limit:.0%}）"
    advice = Text(": single places are not settled, groups of places may be.", "：单个位次并不可靠，宜按位次组解读。")
    text = Text(english + (advice.en if raised else "."), chinese + (advice.zh if raised else "。"))
    return Guard(name="overlap", measured=share, limit=limit, raised=raised, text=text)


def _limit(limit: float) -> float:
    if not np.isfinite(setting(limit, "limit")):
        raise MeasureError(f"limit={limit:g} is no limit", remedy="pass a number")
    return float(limit)


def _named(label: object, names: Mapping[object, str | Text] | None) -> Text:
    found = (names or {}).get(label, str(label))
    return found if isinstance(found, Text) else Text(found, found)


def _percent(share: float) -> str:
    """As English texts of this project write it."""
    return f"{100 * share:.0f}%"
