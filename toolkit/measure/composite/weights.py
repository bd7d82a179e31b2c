"""Weights of indicators: from the data (entropy, CRITIC, variation, principal components), equal, or several combined."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import xlogy

from toolkit import glossary
from toolkit.errors import MeasureError, UnknownOption
from toolkit.language import Text
from toolkit.measure.composite.components import principal_components
from toolkit.measure.composite.matrix import RELATIVE_RANGE, checked_importance, correlations, shares_of, spread_of, unit_matrix
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


Weighting = Literal["entropy", "critic", "variation", "pca", "equal", "combined"]
COMBINED: Final = {"entropy": Text("entropy", "熵权法"), "critic": glossary.CRITIC}


def equal_weights(z: pd.DataFrame | ArrayLike) -> pd.Series:
    """1/m for each of the m indicators.

    Examples
    --------
    >>> equal_weights([[0.0, 1.0], [1.0, 0.0]]).tolist()
    [0.5, 0.5]
    """
    frame = unit_matrix(z, "equal weighting")
    return shares_of(np.ones(frame.shape[1]), frame.columns, "equal weighting")


def entropy_weights(z: pd.DataFrame | ArrayLike) -> pd.Series:
    r"""Entropy weights: the more unevenly an indicator is spread over the rows, the more it weighs.

    .. math:: p_{ij} = z_{ij} / \sum_i z_{ij}, \quad e_j = -\frac{1}{\ln n} \sum_i p_{ij} \ln p_{ij} \ (0 \ln 0 = 0), \quad
        w_j = (1 - e_j) / \sum_l (1 - e_l)

    Parameters
    ----------
    z : (n, m) normalised values in [0, 1]; n counts all entity-years.

    Returns
    -------
    (m,) Series by indicator, sums to one. A constant column weighs nothing; a single indicator weighs one.

    Raises
    ------
    MeasureError
        When z is outside [0, 1], a column is zero throughout, or every column is constant.

    References
    ----------
    Shannon (1948), Bell System Technical Journal 27; Zeleny (1982), Multiple Criteria Decision Making, ch. 7.

    Examples
    --------
    >>> entropy_weights([[0.0, 0.5], [1.0, 1.0], [1.0, 0.0]]).round(4).tolist()
    [0.4674, 0.5326]
    """
    frame = unit_matrix(z, "entropy weighting")
    x, n = frame.to_numpy(), len(frame)
    total = x.sum(axis=0)
    if (total == 0).any():
        raise MeasureError(
            f"entropy weighting: the indicator {frame.columns[int(np.argmin(total))]!r} is zero in every row", remedy="leave it out"
        )
    p = x / total
    information = 1 + xlogy(p, p).sum(axis=0) / np.log(n) if n > 1 else np.zeros(x.shape[1])
    return shares_of(information, frame.columns, "entropy weighting", n * np.finfo(float).eps)


def critic_weights(z: pd.DataFrame | ArrayLike) -> pd.Series:
    r"""CRITIC weights: contrast (standard deviation) times conflict (lack of correlation with the other indicators).

    .. math:: C_j = s_j \sum_k (1 - r_{jk}), \quad w_j = C_j / \sum_l C_l

    Parameters
    ----------
    z : (n, m) normalised values in [0, 1].

    Returns
    -------
    (m,) Series by indicator, sums to one. A constant column weighs nothing and does not count as conflict of the others.

    Raises
    ------
    MeasureError
        When every column is constant, or all move together perfectly, so that there is no conflict to share out.

    References
    ----------
    Diakoulaki, Mavrotas and Papayannakis (1995), Computers & Operations Research 22, 763–770.

    Examples
    --------
    >>> critic_weights([[0.0, 0.5], [1.0, 1.0], [1.0, 0.0]]).round(4).tolist()
    [0.5359, 0.4641]
    """
    frame = unit_matrix(z, "CRITIC weighting")
    x = frame.to_numpy()
    spread, r = spread_of(x), correlations(x)
    conflict = np.where(np.isnan(r), 0.0, 1 - r).sum(axis=1)
    if frame.shape[1] == 1:
        conflict = np.ones(1)
    elif spread.any() and conflict[spread > 0].max() <= frame.shape[1] * RELATIVE_RANGE:
        raise MeasureError(
            "CRITIC weights do not exist: all indicators that vary are perfectly correlated, so none conflicts with another",
            where=", ".join(map(str, frame.columns[spread > 0])),
            remedy="keep one of them, or use entropy or equal weights",
        )
    return shares_of(spread * conflict, frame.columns, "CRITIC weighting")


def variation_weights(z: pd.DataFrame | ArrayLike) -> pd.Series:
    r"""Weights by the coefficient of variation: :math:`w_j = v_j / \sum_l v_l`, :math:`v_j = s_j / \bar z_j`.

    Parameters
    ----------
    z : (n, m) normalised values in [0, 1].

    Returns
    -------
    (m,) Series by indicator, sums to one. A constant column weighs nothing.

    Raises
    ------
    MeasureError
        When every column is constant, or one is zero throughout.

    Examples
    --------
    >>> variation_weights([[0.0, 0.5], [1.0, 1.0], [1.0, 0.0]]).round(4).tolist()
    [0.4641, 0.5359]
    """
    frame = unit_matrix(z, "weighting by variation")
    x = frame.to_numpy()
    mean = x.mean(axis=0)
    if (mean == 0).any():
        raise MeasureError(f"the indicator {frame.columns[int(np.argmin(mean))]!r} is zero in every row", remedy="leave it out")
    return shares_of(spread_of(x) / mean, frame.columns, "weighting by variation")


def pca_weights(z: pd.DataFrame | ArrayLike) -> pd.Series:
    r"""Weights from the principal components of the correlation matrix that explain more than one indicator each.

    With eigenvalues :math:`\lambda_k` and unit eigenvectors :math:`a_k` of the correlation matrix of the indicators that vary,

    .. math:: w_j = \sum_{k: \lambda_k \ge 1} \lambda_k a_{jk}^2 \Big/ \sum_{k: \lambda_k \ge 1} \lambda_k,

    the share of the retained variance that indicator j accounts for (squared loadings, no rotation). The weight rewards what an indicator
    has in common with the others, the opposite of CRITIC. :func:`principal_components` gives the eigenvalues, the loadings and the
    tests behind them.

    Parameters
    ----------
    z : (n, m) normalised values in [0, 1].

    Returns
    -------
    (m,) Series by indicator, sums to one. A constant column weighs nothing; perfectly correlated ones weigh the same.

    Raises
    ------
    MeasureError
        When every column is constant.

    References
    ----------
    OECD and JRC (2008), Handbook on Constructing Composite Indicators, step 6; Nicoletti, Scarpetta and Boylaud (2000), OECD Economics
    Department Working Papers 226 (there with rotated factors).

    Examples
    --------
    >>> pca_weights([[0.0, 0.0, 0.6], [0.5, 0.6, 1.0], [1.0, 1.0, 0.0]]).round(3).tolist()
    [0.397, 0.373, 0.231]
    """
    return principal_components(z).weights


def combined_weights(z: pd.DataFrame | ArrayLike) -> pd.Series:
    """Entropy and CRITIC weights, joined by :func:`combine_weights`: spread and conflict both count, and neither is ever left out.

    Where the game gives one of them a negative amount, :func:`composite_index` notes it.

    Examples
    --------
    >>> combined_weights([[0.0, 0.5], [1.0, 1.0], [1.0, 0.0]]).sum().round(12)
    np.float64(1.0)
    """
    return combine_weights(*(weights_by(method, z) for method in COMBINED))


WEIGHTINGS: dict[str, Callable[[pd.DataFrame | ArrayLike], pd.Series]] = {
    "entropy": entropy_weights,
    "critic": critic_weights,
    "variation": variation_weights,
    "pca": pca_weights,
    "equal": equal_weights,
    "combined": combined_weights,
}


def weights_by(method: str, z: pd.DataFrame | ArrayLike) -> pd.Series:
    """The weights of ``method``: one of the names in ``WEIGHTINGS``.

    Raises
    ------
    UnknownOption
        When there is no such method.

    Examples
    --------
    >>> weights_by("equal", [[0.0, 1.0], [1.0, 0.0]]).tolist()
    [0.5, 0.5]
    """
    if method not in WEIGHTINGS:
        raise UnknownOption(f"weighting {method!r} is none of the choices", remedy=f"one of {', '.join(WEIGHTINGS)}")
    return WEIGHTINGS[method](z)
