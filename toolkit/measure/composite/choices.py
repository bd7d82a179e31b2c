"""The choices behind a composite index, drawn at random: weights, the indicator that is left out, the normalisation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from toolkit.errors import MeasureError, UnknownOption
from toolkit.measure.composite.coupling import unit_interval
from toolkit.measure.composite.matrix import checked_importance
from toolkit.measure.values import Floats, checked, checked_weights, same_rows, setting

Indicators = Literal["leave one out", "all"]
_LEAST: Final = 1.0  # below this the gamma variates of small weights underflow


@dataclass(frozen=True)
class Choices:
    """B draws of what the author of an index decides.

    Attributes
    ----------
    weights : (B, m) weights of the indicators that sum to one within each system; zero for the one that is left out.
    left_out : (B,) position of the indicator that is left out, -1 for none.
    normalisation : (B,) position of the normalisation.
    """

    weights: Floats
    left_out: NDArray[np.intp]
    normalisation: NDArray[np.intp]


def weights_within(weights: ArrayLike, systems: ArrayLike) -> tuple[Floats, tuple[NDArray[np.intp], ...], tuple[object, ...]]:
    """Weights that sum to one within each system, the positions of its indicators, and the systems in order of appearance.

    Raises
    ------
    MeasureError
        On a missing or negative weight, another number of systems than of weights, or a system without weight.
    """
    given = checked(weights, "the weights of the indicators", "non-negative")
    codes, names = pd.factorize(pd.Series(systems))
    if codes.size != given.size or (codes < 0).any():
        raise MeasureError(f"{given.size} indicators have {int((codes >= 0).sum())} systems", remedy="name the system of each indicator")
    same_rows(weights, systems, "systems", "the index")
    sums = np.bincount(codes, given)
    if not sums.all():
        raise MeasureError(
            "no indicator of a system has a weight",
            where=f"system {names[int(np.argmin(sums))]}",
            remedy="give it a weight, or leave the system out",
        )
    return given / sums[codes], tuple(np.flatnonzero(codes == s) for s in range(len(names))), tuple(names)


def need_two(systems: Sequence[object]) -> None:
    """Refuse a single system: there is nothing to couple.

    Raises
    ------
    MeasureError
    """
    if len(systems) < 2:
        raise MeasureError(
            "coupling needs at least two systems", where=f"systems: {', '.join(map(str, systems))}", remedy="name two or more"
        )


def importance_of(alpha: ArrayLike | None, names: tuple[object, ...]) -> Floats:
    """(k,) importance of the systems that sums to one: by name where ``alpha`` has names, otherwise in order; equal when omitted.

    Raises
    ------
    MeasureError
        On a system without importance, an unknown one, a wrong number, or a missing or negative value.
    """
    if isinstance(alpha, Mapping) or (isinstance(alpha, pd.Series) and not isinstance(alpha.index, pd.RangeIndex)):
        return np.asarray(checked_importance(alpha, pd.Index(names), "the importance of the systems").to_numpy(), dtype=np.float64)
    return checked_weights(alpha, len(names), "the systems")


def checked_alternatives(alternatives: Sequence[ArrayLike], m: int, *weights: ArrayLike) -> tuple[Floats, ...]:
    """Matrices (n, m) of one shape with values in [0, 1]; what has names among them and the ``weights`` must agree on their order.

    Raises
    ------
    MeasureError
        On no matrix, another shape, indicators in another order, or a value outside; the matrix is named by its position.
    """
    if hasattr(alternatives, "columns"):
        raise MeasureError("one matrix stands where a sequence of them is expected", remedy="pass a list: [matrix]")
    if not len(alternatives):
        raise MeasureError("there is no normalised matrix", remedy="pass a sequence of matrices, also when there is only one")
    matrices = tuple(unit_interval(x, f"normalisation {a}") for a, x in enumerate(alternatives))
    for a, x in enumerate(matrices):
        if x.ndim != 2 or x.shape != matrices[0].shape or x.shape[1] != m or not len(x):
            raise MeasureError(
                f"normalisation {a} has the shape {x.shape}; {m} indicators have a weight",
                where=f"normalisation 0 has the shape {matrices[0].shape}",
                remedy="pass matrices with the same rows, and one column per weight",
            )
    labels = [x.columns for x in alternatives if isinstance(x, pd.DataFrame)] + [w.index for w in weights if isinstance(w, pd.Series)]
    known = [index for index in labels if not isinstance(index, pd.RangeIndex)]
    for other in known[1:]:
        if not other.equals(known[0]):
            j = int(np.argmin(np.asarray(other == known[0])))
            where = f"position {j}: {known[0][j]!r} and {other[j]!r}"
            raise MeasureError("matrices and weights have other indicators, or another order", where=where, remedy="order all alike")
    return matrices


def draw_choices(
    weights: ArrayLike,
    systems: ArrayLike,
    normalisations: int,
    *,
    draws: int,
    rng: np.random.Generator,
    concentration: float | None = 100.0,
    indicators: Indicators = "leave one out",
) -> Choices:
    r"""Draw weights, an indicator to leave out and a normalisation, independently of each other.

    * Weights of each system: Dirichlet with parameters :math:`c \, w_j`, so that the mean is the scheme's weight and the variance
      :math:`w_j (1 - w_j) / (c + 1)`. With :math:`c = 100` a weight of 0.10 has a standard deviation of 0.03.
    * Indicator: none or one of those that can be left out, all equally likely. The only indicator with a weight in its system always stays.
    * Normalisation: all equally likely.

    Parameters
    ----------
    weights : (m,) of the scheme, non-negative; only their ratios within a system matter. A weight of zero stays zero.
    systems : (m,) label of the system of each indicator.
    normalisations : how many there are.
    draws : B.
    concentration : c, at least 1; None keeps the weights as they are.
    indicators : "all" never leaves one out.

    Raises
    ------
    MeasureError
        As :func:`weights_within`; on a concentration below 1, no draw, or something else than a Generator.
    UnknownOption
        On another ``indicators``.

    Examples
    --------
    >>> found = draw_choices([1, 3, 2], ["S", "S", "I"], 4, draws=1000, rng=np.random.default_rng(1))
    >>> found.weights[:, 2].tolist() == [1.0] * 1000, bool((found.left_out < 2).all())
    (True, True)
    """
    if not isinstance(rng, np.random.Generator):
        raise MeasureError(f"the draws got rng={rng!r}", remedy="pass a generator, for example np.random.default_rng(1)")
    if indicators not in get_args(Indicators):
        raise UnknownOption(f"indicators={indicators!r} is none of the choices", remedy=f"one of {', '.join(get_args(Indicators))}")
    if concentration is not None and not _LEAST <= setting(concentration, "concentration") < np.inf:
        raise MeasureError(f"the weights got concentration={concentration:g}", remedy=f"at least {_LEAST:g}; None for fixed weights")
    if any(not setting(n, name) >= 1 or n % 1 for n, name in ((draws, "draws"), (normalisations, "normalisations"))):
        raise MeasureError(f"{draws} draws of {normalisations} normalisations", remedy="ask for at least one of each")
    scheme, members, _ = weights_within(weights, systems)
    drawn = np.tile(scheme, (draws, 1)) if concentration is None else rng.standard_gamma(concentration * scheme, (draws, scheme.size))
    left_out = np.full(draws, -1)
    if indicators == "leave one out":
        can_go = [j for places in members for j in places if 0 < scheme[j] < scheme[places].sum()]
        left_out = np.array([-1, *can_go])[rng.integers(0, len(can_go) + 1, draws)]
        there = left_out[:, None] != np.arange(scheme.size)
        drawn = drawn * there
    else:
        there = np.ones((1, scheme.size), dtype=bool)
    for places in members:
        total = drawn[:, places].sum(axis=1, keepdims=True)
        fallback = scheme[places] * there[:, places]  # all drawn weights that are left underflowed: the scheme's take their place
        drawn[:, places] = np.where(
            total > 0, drawn[:, places] / np.where(total > 0, total, 1.0), fallback / fallback.sum(1, keepdims=True)
        )
    return Choices(drawn, left_out, rng.integers(0, normalisations, draws))
