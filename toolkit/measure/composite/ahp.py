"""The analytic hierarchy process: weights from pairwise judgements, and whether the judgements agree with each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from toolkit.errors import MeasureError, UnknownOption
from toolkit.language import Note, Text, note
from toolkit.measure.inputs.values import named, numeric
from toolkit.numerics import Floats

Method = Literal["eigenvector", "geometric mean"]
RandomIndex = Literal["saaty 2005", "older"]
# Mean consistency index of random reciprocal matrices on the scale 1/9 ... 9, by the number of alternatives from 1 to 15.
RANDOM_INDEX: Final[dict[str, tuple[float, ...]]] = {
    "saaty 2005": (0, 0, 0.52, 0.89, 1.11, 1.25, 1.35, 1.40, 1.45, 1.49, 1.52, 1.54, 1.56, 1.58, 1.59),
    "older": (0, 0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59),
}
LIMIT: Final = 0.1  # Saaty's bound: a tenth of the inconsistency of random judgements
RECIPROCAL: Final = 1e-5  # a_ij a_ji may differ from one by so much: decimals of a third written with six digits, but not 0.33
INCONSISTENT = Text(
    "The judgements contradict each other: CR = {cr:.3f}, above 0.1. The one furthest from the weights is {row} against {column}: "
    "{given:.3g}, where the weights say {implied:.3g}.",
    "判断矩阵未通过一致性检验：CR={cr:.3f}，大于0.1。与权重偏离最大的判断为{row}相对于{column}：给定{given:.3g}，权重之比为{implied:.3g}。",
)
NO_INDEX = Text(
    "There is no random index for {n} alternatives in this table, which ends at {most}: no consistency ratio.",
    "所用随机一致性指标表只到{most}阶，没有{n}阶的值：无法计算一致性比率。",
)


@dataclass(frozen=True, eq=False)
class AhpWeights:
    """Weights from pairwise judgements.

    Attributes
    ----------
    weights : (n,) by alternative, positive; sums to one.
    method : how they were found.
    lambda_max : largest eigenvalue of the matrix; with the geometric mean its estimate, the mean of :math:`(A w)_i / w_i`. At least n.
    ci : consistency index :math:`(\\lambda_{max} - n) / (n - 1)`; zero when the judgements agree.
    random_index : mean CI of random judgements of this size.
    cr : consistency ratio, CI over the random index; zero for one or two alternatives, missing where there is no random index.
    notes : a warning when CR is above 0.1.
    """

    weights: pd.Series
    method: Method
    lambda_max: float
    ci: float
    random_index: float
    cr: float
    notes: tuple[Note, ...] = field(repr=False)


def ahp_weights(
    matrix: pd.DataFrame | ArrayLike, method: Method = "eigenvector", *, random_index: RandomIndex = "saaty 2005"
) -> AhpWeights:
    r"""Weights of the analytic hierarchy process, from a matrix of pairwise judgements.

    :math:`a_{ij}` says how many times as important i is as j, on Saaty's scale from 1 to 9 and their reciprocals;
    :math:`a_{ji} = 1 / a_{ij}`.

    .. math:: \text{eigenvector: } A w = \lambda_{\max} w; \qquad
        \text{geometric mean: } w_i \propto \Bigl(\prod_j a_{ij}\Bigr)^{1/n}; \qquad
        CI = \frac{\lambda_{\max} - n}{n - 1}, \quad CR = CI / RI .

    Both give the same weights when the judgements agree, :math:`a_{ij} a_{jk} = a_{ik}`, and for up to three alternatives.

    The weights go into an index like any others: ``composite_index(data, scheme, weights=ahp_weights(matrix).weights)``; of several
    systems ``pd.concat`` theirs. ``combine_weights(ahp_weights(matrix).weights, entropy_weights(z))`` joins them with weights from data.

    Parameters
    ----------
    matrix : (n, n) positive numbers, or text such as ``"1/3"``; rows and columns of a frame name the alternatives in the same order.
    method : "eigenvector" (Saaty) or "geometric mean" (least squares of the logs).
    random_index : "saaty 2005" or "older": the table that most papers print, with 0.58 for three alternatives, where random matrices
        have 0.52.

    Raises
    ------
    MeasureError
        On anything but a square matrix with equal labels, a cell that is missing, no number or not positive, a diagonal other than one,
        or two judgements of a pair that are not reciprocal; the cell is named.
    UnknownOption
        On another method or table.

    References
    ----------
    Saaty (1980), The Analytic Hierarchy Process, McGraw-Hill; Crawford and Williams (1985), Journal of Mathematical Psychology 29,
    387–405 (geometric mean). Random indices: "saaty 2005" is Saaty (2005), Theory and Applications of the Analytic Network Process, RWS
    Publications, p. 31, as quoted in the source of AHPy (github.com/PhilipGriffith/AHPy, src/ahpy/ahpy.py, commit d818996), read on
    2026-11-29; "older" is the table in the source of the R package AHPWR (rdrr.io/cran/AHPWR/src/R/CR.R), read on 2026-11-29.

    Examples
    --------
    >>> names = ["rd", "staff", "patents"]
    >>> found = ahp_weights(pd.DataFrame([[1, 2, "4"], ["1/2", 1, 2], [0.25, "1/2", 1]], index=names, columns=names))
    >>> found.weights.round(3).to_dict(), round(found.lambda_max, 6), round(found.cr, 6)
    ({'rd': 0.571, 'staff': 0.286, 'patents': 0.143}, 3.0, 0.0)
    """
    if method not in get_args(Method):
        raise UnknownOption(f"method={method!r} is none of the choices", remedy=f"one of {', '.join(get_args(Method))}")
    if random_index not in RANDOM_INDEX:
        raise UnknownOption(f"random_index={random_index!r} is none of the tables", remedy=f"one of {', '.join(RANDOM_INDEX)}")
    frame = _judgements(matrix)
    a, n = frame.to_numpy(), len(frame)
    w = _principal(a) if method == "eigenvector" else np.exp(np.log(a).mean(axis=1))
    w = w / w.sum()
    lambda_max = max(float(n), float(np.mean(a @ w / w)))  # at least n, up to rounding
    ci = (lambda_max - n) / (n - 1) if n > 1 else 0.0
    table = RANDOM_INDEX[random_index]
    ri = table[n - 1] if n <= len(table) else np.nan
    cr = ci / ri if n > 2 else 0.0
    notes = [note("no_random_index", NO_INDEX, n=n, most=len(table))] if n > len(table) else []
    if cr > LIMIT:
        notes.append(_inconsistent(frame, w, cr))
    return AhpWeights(
        weights=pd.Series(w, index=frame.index, name="weight"),
        method=method,
        lambda_max=lambda_max,
        ci=ci,
        random_index=ri,
        cr=cr,
        notes=tuple(notes),
    )


def _principal(a: Floats) -> Floats:
    """The eigenvector of the largest eigenvalue, which of a positive matrix is real and of one sign."""
    values, vectors = np.linalg.eig(a)
    return np.asarray(np.abs(np.real(vectors[:, int(np.argmax(np.real(values)))])), dtype=np.float64)


def _inconsistent(frame: pd.DataFrame, w: Floats, cr: float) -> Note:
    implied = w[:, None] / w[None, :]
    i, j = divmod(int(np.argmax(np.abs(np.log(frame.to_numpy() / implied)))), len(frame))
    row, column = str(frame.index[i]), str(frame.columns[j])
    return note("inconsistent", INCONSISTENT, cr=cr, row=row, column=column, given=frame.to_numpy()[i, j], implied=float(implied[i, j]))


def _judgements(matrix: pd.DataFrame | ArrayLike) -> pd.DataFrame:
    """A positive reciprocal matrix with the names of the alternatives."""
    cells = _fractions(matrix)
    a = numeric(cells, "pairwise judgements need numbers", "write numbers, or fractions such as '1/3'")
    if a.ndim != 2 or a.shape[0] != a.shape[1] or not a.size:
        raise MeasureError(
            f"pairwise judgements need a square matrix, not one of shape {a.shape}", remedy="give one row and one column per alternative"
        )
    if isinstance(matrix, pd.DataFrame):
        _same_labels(matrix)
        frame = pd.DataFrame(a, index=matrix.index, columns=matrix.columns)
    else:
        names = [f"x{j + 1}" for j in range(len(a))]
        frame = pd.DataFrame(a, index=names, columns=names)
    for bad, what, remedy in (
        (~np.isfinite(a), "is missing or infinite", "compare every pair"),
        (a <= 0, "is not positive", "write how many times as important, less than one the other way round"),
        (np.eye(len(a), dtype=bool) & (np.abs(a - 1) > RECIPROCAL), "compares an alternative with itself and is not 1", "write 1"),
    ):
        if bad.any():
            i, j = map(int, np.argwhere(bad)[0])
            raise MeasureError(f"a judgement {what}: {a[i, j]:g}", where=_pair(frame, i, j), remedy=remedy)
    off = np.abs(a * a.T - 1) > RECIPROCAL
    if off.any():
        i, j = map(int, np.argwhere(off)[0])
        raise MeasureError(
            f"two judgements of a pair are not reciprocal: {a[i, j]:g} and {a[j, i]:g}",
            where=f"{_pair(frame, i, j)} and the other way round",
            remedy=f"write '1/{a[j, i]:g}' or '1/{a[i, j]:g}' for one of them; rounded decimals such as 0.33 are not exact enough",
        )
    return frame


def _fractions(matrix: pd.DataFrame | ArrayLike) -> object:
    """The matrix with its text read as fractions; what cannot be read stays, and is refused where numbers are asked for."""
    if isinstance(matrix, pd.DataFrame):
        return matrix.astype(object).map(_fraction)
    if isinstance(matrix, list | tuple):
        return [[_fraction(cell) for cell in row] if isinstance(row, list | tuple) else row for row in matrix]
    raw = np.asarray(matrix)
    return np.vectorize(_fraction, otypes=[object])(raw) if raw.dtype.kind in "OUT" and raw.size else matrix


def _fraction(cell: object) -> object:
    try:
        return float(Fraction(cell.strip().replace("／", "/"))) if isinstance(cell, str) else cell
    except (ValueError, ZeroDivisionError):
        return cell


def _same_labels(matrix: pd.DataFrame) -> None:
    if matrix.index.has_duplicates:
        raise MeasureError(f"the alternative {named(matrix.index[matrix.index.duplicated()][0])} stands twice", remedy="name each once")
    if not matrix.index.equals(matrix.columns):
        first = next(i for i, (row, column) in enumerate(zip(matrix.index, matrix.columns, strict=True)) if row != column)
        raise MeasureError(
            "rows and columns of the pairwise judgements have other names, or another order",
            where=f"position {first}: row {named(matrix.index[first])}, column {named(matrix.columns[first])}",
            remedy="order both alike: matrix.loc[names, names]",
        )


def _pair(frame: pd.DataFrame, i: int, j: int) -> str:
    return f"row {named(frame.index[i])}, column {named(frame.columns[j])}"
