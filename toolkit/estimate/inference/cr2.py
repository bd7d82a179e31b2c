r"""CR2: the bias-reduced cluster covariance of Bell and McCaffrey, with Satterthwaite degrees of freedom.

With H the projection on regressors and absorbed effects together, CR2 multiplies the residuals of cluster g by

.. math:: A_g = ((I - H)_{gg})^{+1/2}

so that the covariance is unbiased when the errors are independent with equal variance. (I - H)_gg is singular as soon as an effect
lies inside the cluster, hence the generalised inverse (Pustejovsky and Tipton 2018). The dummies are never formed for effects that are
nested in the clusters: residuals and regressors are orthogonal to them within each cluster, where A_g is that of the other columns Q,

.. math:: A_g = (I - Q_g Q_g')^{+1/2} = I + U ((1 - s^2)^{+1/2} - 1) U', \qquad Q_g = U s V'

with Q an orthonormal basis of the regressors and the effects that are not nested (years), nested ones removed. Analytic weights are taken
as inverse variances: rows of X, effects and residuals are multiplied by their roots first, so that with W = diag(w)

.. math:: V = B \left(\sum_g X_g' W_g^{1/2} A_g W_g^{1/2} e_g e_g' W_g^{1/2} A_g' W_g^{1/2} X_g\right) B, \qquad
          H = W^{1/2} X B X' W^{1/2}, \quad B = (X'WX)^{-1}

which is unbiased for errors of variance proportional to 1/w. clubSandwich's ``vcovCR`` of a weighted ``lm`` takes errors of equal variance
unless told otherwise. With ``target = 1/w, inverse_var = TRUE`` it has the working model of this module, but the root of
W^(-1) (I - H) W^(-1) instead of that of I - H: both are unbiased, they are one number where the weights do not vary within a cluster, and
two where they do (its R/lm.R and R/CR-adjustments.R at github.com/jepusto/clubSandwich, read 2026-11-29; the test writes both out).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import NotEstimable
from toolkit.estimate.linear.refit import Refit, refit, with_covariance
from toolkit.estimate.rows.options import CovarianceInfo
from toolkit.estimate.solve.absorb import make_absorber, orthonormal_columns, rank_of
from toolkit.estimate.solve.kernels import norms
from toolkit.language import Text, note
from toolkit.numerics import FULL_LEVERAGE, UNIT_LEFT, Floats
from toolkit.threads import frugal

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.estimate.results.estimate import Estimate
    from toolkit.estimate.rows.grouping import Grouping
    from toolkit.panel import Panel


MOST_CELLS = 60_000_000  # of the basis (500 MB)

SATTERTHWAITE = note("satterthwaite", Text("Satterthwaite degrees of freedom for each coefficient", "各系数采用Satterthwaite自由度"))


@frugal
def cr2(estimate: Estimate, panel: Panel | pd.DataFrame | None = None, *, cluster: str | None = None) -> Estimate:
    r"""The estimate with CR2 standard errors and, for each coefficient, Satterthwaite degrees of freedom.

    .. math:: V = B \left(\sum_g X_g' A_g e_g e_g' A_g' X_g\right) B, \qquad
              df_j = \frac{(\sum_g p_g'p_g)^2}{\sum_g \sum_h (p_g'p_h)^2}, \quad p_g = (I - H)_{\cdot g} A_g X_g B c_j

    with B = (X'X)^{-1}, A_g as in :mod:`toolkit.estimate.inference.cr2`, and c_j the coefficient. The degrees of freedom are small where
    few clusters hold most of the information, and show it better than the number of clusters. No small-sample factor is used.

    Parameters
    ----------
    estimate : pooled, within or first differences, with any absorbed effects, nested in the clusters or not; weights are inverse variances.
    panel : the data it was fitted on, where the estimate has dropped its rows.
    cluster : one column; default the cluster variable of the estimate, else the entity.

    Returns
    -------
    Estimate
        The same coefficients. ``covariance.df_terms`` holds their degrees of freedom; joint tests use the smallest, which is cautious.

    Raises
    ------
    NotEstimable
        Effects with very many levels that are not nested in the clusters, or a panel that is not the one of the estimate.
    TooFewClusters, MissingColumn, EstimationError, UnknownOption

    References
    ----------
    Bell and McCaffrey (2002), Survey Methodology 28(2); Imbens and Kolesar (2016), Review of Economics and Statistics 98(4);
    Pustejovsky and Tipton (2018), Journal of Business and Economic Statistics 36(4).

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from toolkit.estimate import fit
    >>> from toolkit.panel import Panel
    >>> draw = np.random.default_rng(3)
    >>> frame = pd.DataFrame({"state": np.repeat(np.arange(10), 6), "year": np.tile(np.arange(6), 10), "x": draw.normal(size=60)})
    >>> frame["y"] = frame["x"] + draw.normal(size=60)
    >>> panel = Panel(frame, "state", "year")
    >>> robust = cr2(fit("y ~ x | state + year", panel))
    >>> robust.covariance.kind, bool(robust.covariance.df_t < 9)
    ('CR2', True)
    """
    rows = refit(estimate, panel, "cr2")
    name, clusters = rows.cluster(cluster, "CR2")
    # rows of X, residuals and basis times root weights: everything below is the unweighted problem
    root = None if rows.weights is None else np.sqrt(rows.weights)
    columns = rows.columns if root is None else rows.columns * root
    residuals = rows.residuals if root is None else rows.residuals * root
    basis = _basis(rows, columns, clusters, name)
    own = rows.basis if root is None else rows.basis * root
    # A_g on the columns of each cluster, summed with the residuals to (k, G) scores, then through the root of the bread
    adjusted = _adjusted(own, basis, clusters)
    scores = clusters.sums(adjusted * residuals)
    vcov = rows.root @ scores @ scores.T @ rows.root.T
    # z = A_g X_g B c for each coefficient: a row of (k, n)
    directions = rows.contrasts @ rows.root
    _require_shared(rows, directions @ own, directions @ adjusted, name)
    dfs = tuple(_satterthwaite(direction @ adjusted, basis, clusters) for direction in directions)
    info = CovarianceInfo(
        kind="CR2",
        clusters=(name,),
        small_sample=estimate.covariance.small_sample,
        factor="1",
        factor_value=1.0,
        df_t=min(dfs),
        notes=(SATTERTHWAITE,),
        parameters=estimate.covariance.parameters,
        df_terms=dfs,
    )
    return with_covariance(rows, vcov, info, {name: clusters})


def _basis(rows: Refit, columns: Floats, clusters: Grouping, name: str) -> Floats:
    """(q, n) orthonormal rows: the regressors, and the effects not nested in the clusters with the nested ones removed."""
    outside = [(text, g) for text, g in rows.sample.named_effects if not g.refines(clusters)]
    levels = sum(rank_of([g]) for _, g in outside)
    if levels * rows.n > MOST_CELLS:
        raise NotEstimable(
            f"CR2 needs the {levels} levels of {', '.join(text for text, _ in outside)} as columns, which are not nested in {name}",
            where=f"{rows.n} rows",
            remedy="cluster by a variable that these effects are nested in, or use wild_cluster_bootstrap",
        )
    root = 1.0 if rows.weights is None else np.sqrt(rows.weights)
    slopes = _orthonormal(columns, norms(columns, None), np.empty((0, rows.n)))
    if not outside:
        return slopes
    dummies = np.concatenate([orthonormal_columns(g, rows.weights).T.toarray() for _, g in outside])
    size = norms(dummies, rows.weights)
    nested = [g for g in rows.sample.effects if g.refines(clusters)]
    if nested:
        make_absorber(nested, rows.weights).demean(dummies)
    return np.concatenate([slopes, _orthonormal(dummies * root, size, slopes)])


def _orthonormal(columns: Floats, size: Floats, done: Floats) -> Floats:
    """Orthonormal rows that span ``columns`` (m, n) and are orthogonal to the orthonormal rows ``done``.

    ``size`` (m,) are the lengths of the columns before anything was removed from them: of some nothing may be left.
    """
    from scipy.linalg import qr

    left = norms(columns, None)
    standing = left > UNIT_LEFT * size
    if not standing.any():
        return np.empty((0, columns.shape[1]))
    scaled = columns[standing] / left[standing, None]
    for _ in range(2):
        scaled = scaled - (scaled @ done.T) @ done
    basis, triangle, _ = qr(scaled.T, mode="economic", pivoting=True)
    return np.ascontiguousarray(basis[:, np.abs(np.diag(triangle)) > UNIT_LEFT].T)


def _adjusted(columns: Floats, basis: Floats, clusters: Grouping) -> Floats:
    """(k, n) A_g applied to each cluster of ``columns``."""
    adjusted = columns.copy()
    for rows in _members(clusters):
        # Q_g = U s V' on the rows of g; A_g - I = U (1 / sqrt(1 - s^2) - 1) U', with -1 where the cluster alone determines a direction
        u, s, _ = np.linalg.svd(basis[:, rows].T, full_matrices=False)
        rest = 1 - s**2
        with np.errstate(divide="ignore"):
            shift = np.where(rest > FULL_LEVERAGE, 1 / np.sqrt(np.maximum(rest, 0.0)), 0.0) - 1
        adjusted[:, rows] += (columns[:, rows] @ u * shift) @ u.T
    return adjusted


def _members(clusters: Grouping) -> list[NDArray[np.intp]]:
    """Row numbers of each cluster."""
    order = np.argsort(clusters.codes, kind="stable")
    return list(np.split(order, np.cumsum(clusters.counts)[:-1]))


def _satterthwaite(z: Floats, basis: Floats, clusters: Grouping) -> float:
    """(trace P)^2 / ||P||^2 for a coefficient with z (n,) = A_g X_g B c, where P_gh = [g = h] z_g'z_g - (Q_g'z_g)'(Q_h'z_h)."""
    inner = clusters.sums(basis * z)
    p = np.diag(clusters.sums(z * z)) - inner.T @ inner
    return float(np.trace(p) ** 2 / (p**2).sum())


def _require_shared(rows: Refit, own: Floats, adjusted: Floats, name: str) -> None:
    """Refuse coefficients whose direction (k, n) is zero after the adjustment: each such cluster alone determines what it says."""
    for term, before, after in zip(rows.estimate.terms, norms(own, None), norms(adjusted, None), strict=True):
        if after <= FULL_LEVERAGE * before:
            raise NotEstimable(
                f"the CR2 variance of {term} clustered by {name} does not exist",
                where=rows.estimate.spec.formula,
                remedy="one cluster alone determines it; cluster at a finer level, or leave the term out",
            )
