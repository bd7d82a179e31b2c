"""Principal components of indicators: weights, loadings, and whether the correlations are worth it (KMO, Bartlett)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from toolkit.language import Note, Text, note
from toolkit.measure.composite.matrix import RELATIVE_RANGE, correlations, shares_of, spread_of, unit_matrix
from toolkit.numerics import Floats

KAISER = 1.0  # a component counts when it explains at least as much as one standardised indicator
WEAK = 0.5  # Kaiser (1974) calls a KMO below it unacceptable
NO_INVERSE_BELOW = 1e-10  # smallest eigenvalue below which the inverse of the correlations is rounding
CONSTANT = Text("Constant, so that they have no part in the components: {names}.", "以下指标为常数，不进入主成分：{names}。")
NO_INVERSE = Text(
    "The correlation matrix of {m} indicators on {n} rows has no inverse: KMO and Bartlett's test do not exist.",
    "{m}项指标、{n}行观测的相关系数矩阵不可逆：无法计算KMO值与Bartlett球形检验。",
)
FEW_ROWS = Text(
    "{n} rows are too few for Bartlett's test of {m} indicators.",
    "{n}行观测对{m}项指标的Bartlett球形检验而言过少。",
)
LOW_KMO = Text(
    "KMO is {kmo:.3f}, below 0.5: the indicators have too little in common for principal components.",
    "KMO值为{kmo:.3f}，低于0.5：指标间共同性不足，不宜做主成分分析。",
)


@dataclass(frozen=True)
class Sphericity:
    """Bartlett's test that the indicators are uncorrelated.

    Attributes
    ----------
    statistic : chi-squared.
    df : m (m - 1) / 2.
    p : probability of a larger statistic when no two indicators are correlated.
    """

    statistic: float
    df: int
    p: float


@dataclass(frozen=True, eq=False)
class PrincipalComponents:
    """Principal components of the correlation matrix of m indicators, q of which vary.

    Attributes
    ----------
    eigenvalues : (q,) by component PC1, PC2, ..., descending; they sum to q.
    explained : (q,) share of the variance of the q indicators; sums to one.
    loadings : (q, q) indicators by components, the correlation of the indicator with the component. The sign of a component is that of
        its largest loading.
    retained : how many of the components count: eigenvalue one or more.
    communality : (q,) share of the variance of each indicator that the retained components explain.
    weights : (m,) of the indicators, see :func:`pca_weights`; sums to one.
    kmo : Kaiser–Meyer–Olkin measure of sampling adequacy in [0, 1]; missing where the correlation matrix has no inverse.
    kmo_by_indicator : (q,) the same for each indicator.
    bartlett : test of sphericity; missing statistic where the correlation matrix has no inverse or the rows are too few.
    notes : what was left out or could not be computed.
    """

    eigenvalues: pd.Series
    explained: pd.Series
    loadings: pd.DataFrame
    retained: int
    communality: pd.Series
    weights: pd.Series
    kmo: float
    kmo_by_indicator: pd.Series
    bartlett: Sphericity
    notes: tuple[Note, ...] = field(repr=False)

    def variance_table(self) -> pd.DataFrame:
        """One row per component: component, eigenvalue, explained and cumulated share in per cent, retained."""
        return pd.DataFrame(
            {
                "component": self.eigenvalues.index,
                "eigenvalue": self.eigenvalues.to_numpy(),
                "explained": 100 * self.explained.to_numpy(),
                "cumulated": 100 * self.explained.cumsum().to_numpy(),
                "retained": np.arange(len(self.eigenvalues)) < self.retained,
            }
        )


def principal_components(z: pd.DataFrame | ArrayLike) -> PrincipalComponents:
    r"""Principal components of indicators, with what a paper prints beside them.

    With the correlation matrix R of the q indicators that vary, :math:`R a_k = \lambda_k a_k`, :math:`\lambda_1 \ge \lambda_2 \ge \dots`,

    .. math:: l_{jk} = \sqrt{\lambda_k}\, a_{jk}, \qquad \text{explained}_k = \lambda_k / q, \qquad
        w_j = \sum_{k: \lambda_k \ge 1} l_{jk}^2 \Big/ \sum_{k: \lambda_k \ge 1} \lambda_k .

    With the partial correlations :math:`u_{jk} = -s_{jk} / \sqrt{s_{jj} s_{kk}}` from :math:`S = R^{-1}`,

    .. math:: \text{KMO} = \frac{\sum_{j \ne k} r_{jk}^2}{\sum_{j \ne k} r_{jk}^2 + \sum_{j \ne k} u_{jk}^2}, \qquad
        \chi^2 = -\Bigl(n - 1 - \frac{2q + 5}{6}\Bigr) \ln |R| .

    Of two indicators KMO is one half whatever their correlation. Bartlett's test takes rows as independent draws from a normal
    distribution; the years of one province are not, so that its p-value is too small on a panel.

    Parameters
    ----------
    z : (n, m) normalised values in [0, 1]; n counts all entity-years. A linear normalisation changes nothing here.

    Raises
    ------
    MeasureError
        When z is outside [0, 1] or every column is constant.

    References
    ----------
    Kaiser (1974), Psychometrika 39, 31–36; Kaiser and Rice (1974), Educational and Psychological Measurement 34, 111–117; Bartlett
    (1950), British Journal of Psychology (Statistical Section) 3, 77–85.

    Examples
    --------
    >>> z = pd.DataFrame({"rd": [0.0, 0.5, 1.0, 0.4], "staff": [0.0, 0.6, 1.0, 0.2], "energy": [0.6, 1.0, 0.0, 0.9]})
    >>> found = principal_components(z)
    >>> found.eigenvalues.round(3).tolist(), found.retained, round(found.kmo, 3)
    ([2.434, 0.526, 0.04], 1, 0.638)
    """
    frame = unit_matrix(z, "PCA weighting")
    x = frame.to_numpy()
    varies = spread_of(x) > 0
    names, q = frame.columns[varies], int(varies.sum())
    r = correlations(x[:, varies]) if q else np.empty((0, 0))
    values, vectors = np.linalg.eigh(r) if q else (np.empty(0), r)
    values, vectors = np.maximum(values[::-1], 0.0), vectors[:, ::-1]
    kept = values >= KAISER - q * RELATIVE_RANGE  # uncorrelated indicators have eigenvalues of exactly one
    carried = np.zeros(x.shape[1])
    carried[varies] = (vectors[:, kept] ** 2) @ values[kept]
    weights = shares_of(carried, frame.columns, "PCA weighting")
    labels = pd.Index([f"PC{k + 1}" for k in range(q)], name="component")
    loadings = vectors * np.sqrt(values) * _signs(vectors)
    invertible = bool(q) and values[-1] > NO_INVERSE_BELOW
    by_indicator, kmo = _adequacy(r) if invertible and q > 1 else (np.full(q, np.nan), np.nan)
    notes = [note("constant_indicators", CONSTANT, names=tuple(map(str, frame.columns[~varies])))] if q < x.shape[1] else []
    if q > 1:
        notes += _notes(invertible, len(x), q, kmo)
    return PrincipalComponents(
        eigenvalues=pd.Series(values, labels, name="eigenvalue"),
        explained=pd.Series(values / max(q, 1), labels, name="explained"),
        loadings=pd.DataFrame(loadings, index=names, columns=labels),
        retained=int(kept.sum()),
        communality=pd.Series((loadings[:, kept] ** 2).sum(axis=1), names, name="communality"),
        weights=weights,
        kmo=float(kmo),
        kmo_by_indicator=pd.Series(by_indicator, names, name="kmo"),
        bartlett=_sphericity(values, len(x)) if invertible else Sphericity(np.nan, q * (q - 1) // 2, np.nan),
        notes=tuple(notes),
    )


def _signs(vectors: Floats) -> Floats:
    """(q,) the sign of the largest element of each column; the first one of those that are equal up to rounding."""
    size = np.abs(vectors)
    first = (size >= size.max(axis=0, initial=0.0) * (1 - 1e-9)).argmax(axis=0) if vectors.size else np.empty(0, dtype=int)
    return np.asarray(np.sign(vectors[first, np.arange(vectors.shape[1])]), dtype=np.float64)


def _adequacy(r: Floats) -> tuple[Floats, float]:
    """(q,) KMO of each indicator, and of all."""
    inverse = np.linalg.inv(r)
    scale = np.sqrt(np.diag(inverse))
    off = ~np.eye(len(r), dtype=bool)
    plain, partial = np.where(off, r, 0.0) ** 2, np.where(off, inverse / np.outer(scale, scale), 0.0) ** 2
    both = plain + partial
    own = np.divide(plain.sum(axis=1), both.sum(axis=1), out=np.full(len(r), np.nan), where=both.sum(axis=1) > 0)
    return own, float(plain.sum() / both.sum()) if both.any() else np.nan


def _sphericity(values: Floats, n: int) -> Sphericity:
    q = len(values)
    df, factor = q * (q - 1) // 2, n - 1 - (2 * q + 5) / 6
    if factor <= 0 or not df:
        return Sphericity(np.nan, df, np.nan)
    statistic = max(0.0, float(-factor * np.log(values).sum()))
    return Sphericity(statistic, df, float(chdtrc(df, statistic)))


def _notes(invertible: bool, n: int, q: int, kmo: float) -> list[Note]:
    if not invertible:
        return [note("no_inverse", NO_INVERSE, m=q, n=n)]
    notes = [note("few_rows", FEW_ROWS, m=q, n=n)] if n - 1 - (2 * q + 5) / 6 <= 0 else []
    return [*notes, note("low_kmo", LOW_KMO, kmo=kmo)] if kmo < WEAK - RELATIVE_RANGE else notes
