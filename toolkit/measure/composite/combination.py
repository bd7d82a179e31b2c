"""Several weight vectors joined into one by the game-theoretic combination, and how much of each goes in."""

from __future__ import annotations

import numpy as np
import pandas as pd

from toolkit.errors import MeasureError
from toolkit.measure.composite.matrix import checked_importance
from toolkit.numerics import Floats


def combine_weights(*weights: pd.Series) -> pd.Series:
    r"""Game-theoretic combination of weight vectors: a mean of them, each taken in the amount that it would choose itself.

    Each vector :math:`w_k` is a player who chooses the amount :math:`a_k` of itself so that :math:`\sum_l a_l w_l` is as near to
    :math:`w_k` as possible. Where no player wants to move,

    .. math:: \sum_l a_l \, w_k^\top w_l = w_k^\top w_k \ \text{ for every } k, \qquad w = \sum_l |a_l| \, w_l \Big/ \sum_l |a_l|

    Equal vectors share one amount (the solution of least norm).

    **A negative amount** is common: of two vectors the more even one would rather subtract itself as soon as
    :math:`w_1^\top w_2 > w_2^\top w_2`. Scaling by the sum of the amounts would then give negative weights, and holding them at zero would
    give back the other vector alone, no combination. The absolute value is the usual way out: every vector stays in and no weight is
    negative, but the result is a convention, no longer the solution of the game. :func:`combination_amounts` shows the signs. (Minimising
    the sum of squared distances to all vectors at once gives no other amounts than equal ones: the plain mean.)

    Parameters
    ----------
    weights : two or more Series over the same indicators.

    Returns
    -------
    (m,) Series by indicator, sums to one; each weight lies between the smallest and the largest that the vectors give.

    Raises
    ------
    MeasureError
        On fewer than two vectors, or vectors over different indicators.

    References
    ----------
    Usual in the Chinese evaluation literature under the name 博弈论组合赋权.

    Examples
    --------
    >>> combine_weights(pd.Series({"a": 0.8, "b": 0.2}), pd.Series({"a": 0.4, "b": 0.6})).round(3).tolist()
    [0.679, 0.321]
    """
    each = _checked(weights)
    shares = np.abs(_amounts(each.to_numpy()))
    return pd.Series(shares @ each.to_numpy() / shares.sum(), index=each.columns, name="weight")


def combination_amounts(*weights: pd.Series) -> Floats:
    """(k,) the amounts a of :func:`combine_weights`, with their signs, before they are scaled.

    Raises
    ------
    MeasureError
        As :func:`combine_weights`.

    Examples
    --------
    >>> combination_amounts(pd.Series([0.9, 0.1]), pd.Series([0.6, 0.4])).round(2).tolist()
    [1.39, -0.55]
    """
    return _amounts(_checked(weights).to_numpy())


def _amounts(each: Floats) -> Floats:
    products = each @ each.T
    found, *_ = np.linalg.lstsq(products, np.diag(products), rcond=None)
    return np.asarray(found, dtype=np.float64)


def _checked(weights: tuple[pd.Series, ...]) -> pd.DataFrame:
    if len(weights) < 2:
        raise MeasureError(
            "a combination needs two weight vectors or more", remedy="pass two, such as entropy_weights(z), critic_weights(z)"
        )
    if not all(isinstance(w, pd.Series) for w in weights):
        raise MeasureError("a combination needs weights by indicator", remedy="pass Series, such as entropy_weights(z)")
    columns = weights[0].index
    return pd.DataFrame([checked_importance(w, columns, "a combination of weights") for w in weights], columns=columns)
