"""Coupling coordination of two or more systems: C, T and D, their grades, the weakest link and lines of equal D."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, Literal, TypeVar, cast, get_args, overload

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from toolkit.errors import MeasureError, UnknownOption
from toolkit.language import Text
from toolkit.measure.composite.matrix import checked_importance
from toolkit.measure.inputs.values import checked_weights, labelled, numeric, setting
from toolkit.numerics import SAME_NUMBER, Floats

Form = Literal["standard", "wang"]
Codes = NDArray[np.int64]
Importance = ArrayLike | Mapping[str, float] | None

GRADES: Final = (
    Text("Extreme imbalance", "极度失调"),
    Text("Severe imbalance", "严重失调"),
    Text("Moderate imbalance", "中度失调"),
    Text("Mild imbalance", "轻度失调"),
    Text("Near imbalance", "濒临失调"),
    Text("Bare coordination", "勉强协调"),
    Text("Primary coordination", "初级协调"),
    Text("Intermediate coordination", "中级协调"),
    Text("Good coordination", "良好协调"),
    Text("Superior coordination", "优质协调"),
)
_ROUNDING: Final = 1e-9  # weights sum to one up to rounding, so that a score may pass 1 by so much; decimals that decide about a grade


Numbers = TypeVar("Numbers", Floats, pd.Series)
Positions = TypeVar("Positions", Codes, pd.Series)


@dataclass(frozen=True)
class Coupling(Generic[Numbers]):
    """Coupling C, level T and coupling coordination D, each of the shape of the scores without their last axis and in [0, 1].

    Attributes
    ----------
    c : (...,) how alike the systems are, whatever their level.
    t : (...,) weighted mean of the systems.
    d : (...,) sqrt(C T).
    """

    c: Numbers
    t: Numbers
    d: Numbers


@dataclass(frozen=True)
class RelativeDevelopment(Generic[Numbers, Positions]):
    """Which system leads and which holds the others back.

    Attributes
    ----------
    leader : (...,) position of the highest score; the first one of equals.
    weakest : (...,) position of the lowest score; the first one of equals.
    ratio : (...,) lowest score over highest, in [0, 1]; one when all are zero.
    lagging : (...,) ``weakest`` where the ratio is below the band, otherwise -1: the systems are in step.
    """

    leader: Positions
    weakest: Positions
    ratio: Numbers
    lagging: Positions


@overload
def coupling(u: pd.DataFrame, alpha: Importance = None, form: Form = "standard") -> Coupling[pd.Series]: ...
@overload
def coupling(u: ArrayLike, alpha: Importance = None, form: Form = "standard") -> Coupling[Floats]: ...
def coupling(u: ArrayLike | pd.DataFrame, alpha: Importance = None, form: Form = "standard") -> Coupling[Floats] | Coupling[pd.Series]:
    r"""Coupling coordination degree of k systems with scores :math:`U_1, \dots, U_k`.

    .. math:: T = \sum_i \alpha_i U_i, \qquad D = \sqrt{C \, T}, \qquad
        C = \frac{k \, (\prod_i U_i)^{1/k}}{\sum_i U_i} \quad \text{(standard; for } k = 2: 2\sqrt{U_1 U_2} / (U_1 + U_2)\text{)}

    The standard C lies close to one unless the scores differ by multiples, so that it hardly tells systems apart. The correction of Wang
    et al. spreads it, by the mean distance of the pairs and the ratios to the highest score:

    .. math:: C = \sqrt{\Bigl(1 - \frac{\sum_{i > j} |U_i - U_j|}{k (k - 1) / 2}\Bigr)
        \Bigl(\prod_i \frac{U_i}{\max_j U_j}\Bigr)^{1 / (k - 1)}}

    Both are one when all systems are equal and zero when one of them is zero. The standard C does not change when all scores are
    multiplied by the same number; the corrected one does. **With equal weights the standard D is the square root of the geometric mean
    of the scores**, for any k: C and T then add no information to it.

    **Zeros.** One system at zero: C = D = 0, however high the others are. All at zero: T = D = 0, and C, which is 0/0, is given as zero.
    An exact zero is usually made by the normalisation (the lowest province of the panel), not by the province: an offset avoids it.

    Parameters
    ----------
    u : (..., k) scores in [0, 1], at least two systems on the last axis; a score that passes 1 by rounding (1e-9) counts as 1. Of a frame
        the results are Series with its rows.
    alpha : (k,) weights of the systems in T, scaled to sum to one; equal when omitted. Of a frame they may go by the names of its columns.
    form : which C.

    Raises
    ------
    MeasureError
        On a missing score or one outside [0, 1] (the first is named), fewer than two systems, or weights of another length.
    UnknownOption
        On another ``form``.

    References
    ----------
    Wang, Kong, Ren, Zhi and Dai (2021), Journal of Natural Resources 36(3), 793–810 (王淑佳等：国内耦合协调度模型的误区及修正).

    Examples
    --------
    >>> found = coupling([[0.4, 0.4], [0.2, 0.8]])
    >>> found.c.round(3).tolist(), found.t.tolist(), found.d.round(3).tolist()
    ([1.0, 0.8], [0.4, 0.5], [0.632, 0.632])
    >>> coupling([0.2, 0.8], form="wang").c.round(3).item()
    0.316
    """
    scores, share = _checked(u, alpha, form)
    found = degrees(np.moveaxis(scores, -1, 0), share, form)
    if not isinstance(u, pd.DataFrame):
        return found
    return Coupling(labelled(found.c, u, "c"), labelled(found.t, u, "t"), labelled(found.d, u, "d"))


def degrees(u: Floats, alpha: Floats, form: Form) -> Coupling[Floats]:
    """As :func:`coupling`, on checked scores with the systems first: (k, ...). Rows of systems stay contiguous, which the draws need."""
    k = len(u)
    t = np.minimum((alpha @ u.reshape(k, -1)).reshape(u.shape[1:]), 1.0)  # weights sum to one up to rounding
    highest = u.max(axis=0)
    highest = np.where(highest > 0, highest, 1.0)
    if k == 2:  # the ratios to the highest are one and this
        product = u.min(axis=0) / highest
        total = product + 1.0
    else:
        ratios = u / highest
        product, total = ratios.prod(axis=0), np.maximum(ratios.sum(axis=0), 1.0)
    if form == "standard":
        c = k * (np.sqrt(product) if k == 2 else product ** (1 / k)) / total
    else:
        distance = sum((np.abs(u[i] - u[j]) for i in range(k) for j in range(i)), np.zeros_like(t))
        c = np.sqrt((1 - distance / (k * (k - 1) / 2)) * product ** (1 / (k - 1)))
    c = np.minimum(c, 1.0)
    return Coupling(c, t, np.sqrt(c * t))


@overload
def grade(d: pd.Series) -> pd.Series: ...
@overload
def grade(d: pd.DataFrame) -> pd.DataFrame: ...
@overload
def grade(d: ArrayLike) -> Codes: ...
def grade(d: ArrayLike | pd.DataFrame) -> Codes | pd.Series | pd.DataFrame:
    """Position in ``GRADES`` of each D: 0 for [0, 0.1], 1 for (0.1, 0.2], ..., 9 for (0.9, 1].

    Of a Series or a frame the result has the same labels. A grade includes its upper bound, as the classes of
    :func:`toolkit.measure.states_at_cuts` do.

    Raises
    ------
    MeasureError
        On a missing D or one outside [0, 1].

    References
    ----------
    The ten names go back to Liao (1999), Tropical Geography 19(2), 171–177 (廖重斌); with these bounds they stand in table 1 of Tian et al.
    (2021), Acta Geographica Sinica 76(4), 781 (田深圳等).

    Examples
    --------
    >>> GRADES[grade(0.73)].en, grade([0.0, 0.1, 0.3, 1.0]).tolist()
    ('Intermediate coordination', [0, 0, 2, 9])
    """
    degree = unit_interval(d, "the grade of coordination")
    position = np.maximum(np.ceil(degree * len(GRADES) - _ROUNDING).astype(np.int64) - 1, 0)
    return cast("Codes | pd.Series | pd.DataFrame", labelled(position, d, "grade"))


@overload
def relative_development(u: pd.DataFrame, band: float = 0.8) -> RelativeDevelopment[pd.Series, pd.Series]: ...
@overload
def relative_development(u: ArrayLike, band: float = 0.8) -> RelativeDevelopment[Floats, Codes]: ...
def relative_development(
    u: ArrayLike | pd.DataFrame, band: float = 0.8
) -> RelativeDevelopment[Floats, Codes] | RelativeDevelopment[pd.Series, pd.Series]:
    """Leader, weakest link, and whether the weakest lags: its score is below ``band`` times the highest.

    For two systems and the usual 0.8 this is U1/U2 below 0.8 (the first lags), above 1/0.8 = 1.25 (the second lags), or between (in step):
    the band is symmetric, so that the verdict does not depend on which system is written first. A ratio that equals the band but for
    rounding is in step; of systems with the same score the first is named.

    Parameters
    ----------
    u : (..., k) scores in [0, 1]; of a frame the results are Series with its rows.
    band : in (0, 1].

    Raises
    ------
    MeasureError
        As :func:`coupling`; on a band outside (0, 1].

    Examples
    --------
    >>> found = relative_development([[0.3, 0.6], [0.5, 0.6], [0.6, 0.3]])
    >>> found.lagging.tolist(), found.leader.tolist()
    ([0, -1, 1], [1, 1, 0])
    """
    scores, _ = _checked(u, None, "standard")
    if not 0 < setting(band, "band") <= 1:
        raise MeasureError(f"the relative development got band={band:g}", remedy="choose a share in (0, 1], usually 0.8")
    highest, lowest = scores.max(axis=-1, keepdims=True), scores.min(axis=-1, keepdims=True)
    leader, weakest = (scores >= highest * (1 - SAME_NUMBER)).argmax(axis=-1), (scores <= lowest * (1 + SAME_NUMBER)).argmax(axis=-1)
    highest = highest[..., 0]
    ratio = np.where(highest > 0, scores.min(axis=-1) / np.where(highest > 0, highest, 1.0), 1.0)
    lagging = np.where(ratio < band * (1 - SAME_NUMBER), weakest, -1)
    if not isinstance(u, pd.DataFrame):
        return RelativeDevelopment(leader, weakest, ratio, lagging)
    return RelativeDevelopment(
        labelled(leader, u, "leader"), labelled(weakest, u, "weakest"), labelled(ratio, u, "ratio"), labelled(lagging, u, "lagging")
    )


def lag_types(systems: Sequence[Text]) -> dict[int, Text]:
    """The text of each value of ``RelativeDevelopment.lagging``, for systems of these names.

    Examples
    --------
    >>> types = lag_types([Text("Technology", "科技创新"), Text("Industry", "产业创新")])
    >>> types[-1].en, types[1].en, types[1].zh
    ('In step', 'Industry lags', '产业创新滞后')
    """
    return {-1: Text("In step", "同步发展")} | {i: Text(f"{name.en} lags", f"{name.zh}滞后") for i, name in enumerate(systems)}


def iso_d(d: float, alpha: ArrayLike | None = None) -> tuple[Floats, Floats]:
    r"""The line in the U1–U2 plane on which two systems have the same standard D.

    With :math:`q = U_2 / U_1`, :math:`U_1 = D^2 (1 + q) / (2 \sqrt q \, (\alpha_1 + \alpha_2 q))`; with equal weights this is the
    hyperbola :math:`U_1 U_2 = D^4`.

    Parameters
    ----------
    d : in (0, 1).
    alpha : (2,) weights in T, scaled to sum to one; equal when omitted.

    Returns
    -------
    (p,) U1 and (p,) U2 on a grid of q inside the unit square, from the right end of the line to its upper end.

    Raises
    ------
    MeasureError
        On a D outside (0, 1), or other than two weights.

    Examples
    --------
    >>> first, second = iso_d(0.5)
    >>> bool(np.allclose(first * second, 0.5**4))
    True
    """
    if not 0 < setting(d, "d") < 1:
        raise MeasureError(f"a line of equal D got D = {d:g}", remedy="choose a D between 0 and 1")
    a, b = checked_weights(alpha, 2, "the two systems")
    q = np.geomspace(d**4 / 4, 4 / d**4, 1001)  # outside this range no point lies in the unit square, whatever the weights
    first = d**2 * (1 + q) / (2 * np.sqrt(q) * (a + b * q))
    inside = (first <= 1) & (first * q <= 1)
    return first[inside], (first * q)[inside]


def checked_form(form: str) -> None:
    """Refuse another form of the coupling degree.

    Raises
    ------
    UnknownOption
    """
    if form not in get_args(Form):
        raise UnknownOption(f"there is no form {form!r} of the coupling degree", remedy=f"choose one of {', '.join(get_args(Form))}")


def _checked(u: ArrayLike | pd.DataFrame, alpha: Importance, form: str) -> tuple[Floats, Floats]:
    checked_form(form)
    scores = unit_interval(u, "the coupling degree")
    if scores.ndim == 0 or scores.shape[-1] < 2:
        raise MeasureError(
            f"the coupling degree got scores of shape {scores.shape}", remedy="give at least two systems, one per position of the last axis"
        )
    by_name = isinstance(alpha, Mapping) or (isinstance(alpha, pd.Series) and not isinstance(alpha.index, pd.RangeIndex))
    if isinstance(u, pd.DataFrame) and by_name and alpha is not None:
        return scores, checked_importance(alpha, u.columns, "the importance of the systems").to_numpy(dtype=np.float64)
    return scores, checked_weights(cast("ArrayLike | None", alpha), scores.shape[-1], "the systems")


def unit_interval(values: ArrayLike | pd.DataFrame, what: str) -> Floats:
    """Numbers in [0, 1] of any shape, clipped by no more than rounding.

    Raises
    ------
    MeasureError
        On any other number: the first one is named with its position or labels.
    """
    numbers = numeric(values, f"{what} needs numbers")
    bad = ~((numbers >= -_ROUNDING) & (numbers <= 1 + _ROUNDING))
    if bad.any():
        first = tuple(int(i) for i in np.argwhere(bad)[0])
        labels = [axis[i] for axis, i in zip(values.axes, first, strict=True)] if isinstance(values, pd.DataFrame | pd.Series) else first
        raise MeasureError(
            f"{what} is defined for scores in [0, 1], and got {int(bad.sum())} others",
            where=f"first at {', '.join(map(repr, labels))}: {numbers[first]:g}" if labels else f"{numbers:g}",
            remedy="normalise the indicators to [0, 1] first; drop or fill missing rows, and report it",
        )
    return np.clip(numbers, 0.0, 1.0)
