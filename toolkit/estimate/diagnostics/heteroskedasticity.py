"""Unequal variances: between entities (modified Wald), along the regressors (Breusch-Pagan); and variance inflation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import NotEstimable
from toolkit.estimate.diagnostics.outcome import TestResult, chi2
from toolkit.estimate.diagnostics.rows import refit_rows
from toolkit.language import Text, note

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from toolkit.estimate.result import Estimate
    from toolkit.panel import Panel

SHORT_PANEL = 10
FLAT = 1e-12  # squared residuals of an entity that vary by less than this share of their mean do not vary

ENTITY_ROWS = Text("{entities} entities, {rows:.1f} rows each on average", "{entities}个个体，平均每个{rows:.1f}个观测")
FEW_ROWS = note("few_rows_per_entity", Text("few rows per entity: the test rejects far too often", "每个个体观测较少：检验严重过度拒绝"))
KOENKER = note("koenker", Text("studentised (Koenker); entity structure is not used", "学生化形式（Koenker）；未利用个体结构"))


def modified_wald_heteroskedasticity(estimate: Estimate, panel: Panel) -> TestResult:
    r"""Test that the error variance is the same for every entity of a within estimate.

    .. math:: W = \sum_i \frac{(\hat\sigma_i^2 - \hat\sigma^2)^2}{V_i} \sim \chi^2_N, \qquad
              V_i = \frac{1}{T_i (T_i - 1)} \sum_t (e_{it}^2 - \hat\sigma_i^2)^2

    with :math:`\hat\sigma_i^2` the mean squared residual of entity i and :math:`\hat\sigma^2` that of all rows. Unlike Breusch-Pagan it
    does not need normal errors, but it needs T_i to be large against N.

    Parameters
    ----------
    estimate : a within estimate.
    panel : the panel it was fitted on.

    Raises
    ------
    NotEstimable
        One entity only; an entity seen twice only (its two residuals are mirror images); residuals of equal size in an entity.

    References
    ----------
    Greene (2000), Econometric Analysis, 4th ed., p. 598; Baum (2001), Stata Journal 1(1) (``xttest3``).

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from toolkit.estimate import fit
    >>> from toolkit.panel import Panel
    >>> rng = np.random.default_rng(1)
    >>> frame = pd.DataFrame({"firm": np.repeat(np.arange(5), 30), "year": np.tile(np.arange(1990, 2020), 5), "x": rng.normal(size=150)})
    >>> frame["y"] = frame["x"] + np.repeat([0.1, 1, 1, 1, 3], 30) * rng.normal(size=150)
    >>> panel = Panel(frame, "firm", "year")
    >>> test = modified_wald_heteroskedasticity(fit("y ~ x | firm", panel), panel)
    >>> test.df, test.p_value < 0.001
    ((5.0,), True)
    """
    rows = refit_rows(estimate, panel, "modified_wald_heteroskedasticity", ("within",))
    sizes = np.bincount(rows.entity)
    squares = rows.residuals**2 / np.mean(rows.residuals**2)
    own = np.bincount(rows.entity, weights=squares) / sizes
    spread = np.bincount(rows.entity, weights=(squares - own[rows.entity]) ** 2) / sizes
    flat = (sizes < 3) | (spread <= FLAT * own**2)
    if len(sizes) < 2 or flat.any():
        what = f"entity {rows.entities[int(flat.argmax())]!r} has {sizes[flat.argmax()]} rows" if flat.any() else "there is one entity"
        raise NotEstimable(
            "the variance of an entity's squared residuals is zero or undefined"
            if flat.any()
            else "one entity has no other to compare with",
            where=f"{rows.name}: {what}; {int(flat.sum())} of {len(sizes)} entities concerned",
            remedy="keep entities with at least three rows, two or more of them" if flat.any() else "the test needs at least two entities",
        )
    statistic = float((((own - 1.0) ** 2) / (spread / (sizes - 1))).sum())
    notes = [note("entity_rows", ENTITY_ROWS, entities=len(sizes), rows=float(sizes.mean()))]
    if sizes.mean() < SHORT_PANEL or sizes.mean() < len(sizes):
        notes.append(FEW_ROWS)
    return chi2("Modified Wald", "the error variance is the same for all entities", statistic, len(sizes), notes)


def breusch_pagan_heteroskedasticity(estimate: Estimate, panel: Panel) -> TestResult:
    r"""Test that the error variance does not move with the regressors of a pooled estimate (Breusch-Pagan, Koenker's form).

    The squared residuals are regressed on the regressors and a constant; n R² is :math:`\chi^2_k`. Computed by statsmodels.

    Parameters
    ----------
    estimate : a pooled estimate.
    panel : the panel it was fitted on.

    Raises
    ------
    NotEstimable
        The estimate is not a pooled one (for a within estimate use :func:`modified_wald_heteroskedasticity`).

    References
    ----------
    Breusch and Pagan (1979), Econometrica 47; Koenker (1981), Journal of Econometrics 17.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from toolkit.estimate import fit
    >>> from toolkit.panel import Panel
    >>> rng = np.random.default_rng(1)
    >>> frame = pd.DataFrame({"firm": np.repeat(np.arange(20), 5), "year": np.tile(np.arange(5), 20), "x": rng.uniform(1, 9, size=100)})
    >>> frame["y"] = frame["x"] * (1 + rng.normal(size=100))
    >>> panel = Panel(frame, "firm", "year")
    >>> breusch_pagan_heteroskedasticity(fit("y ~ x", panel), panel).p_value < 0.01
    True
    """
    from statsmodels.stats.diagnostic import het_breuschpagan

    rows = refit_rows(estimate, panel, "breusch_pagan_heteroskedasticity", ("pooled",))
    if not rows.terms:
        raise NotEstimable("the estimate has no regressor", remedy="the variance can only be related to a regressor")
    statistic, _, _, _ = het_breuschpagan(rows.residuals, np.column_stack([np.ones(len(rows.y)), standardised(rows.regressors)]))
    null = "the error variance does not depend on the regressors"
    return chi2("Breusch-Pagan heteroskedasticity", null, statistic, len(rows.terms), [KOENKER])


def variance_inflation(estimate: Estimate, panel: Panel) -> pd.DataFrame:
    r"""Variance inflation factor of every regressor, :math:`1 / (1 - R_j^2)`, by statsmodels.

    For a within estimate the regressors are taken as the estimator sees them, with the effects removed: two regressors may move
    together over time and not across entities, or the reverse.

    Parameters
    ----------
    estimate : a pooled or within estimate.
    panel : the panel it was fitted on.

    Returns
    -------
    DataFrame
        One row per regressor, the largest first: ``term``, ``vif``, ``tolerance`` (1 / vif).

    Raises
    ------
    NotEstimable
        The estimate is of another kind, or has no regressor.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from toolkit.estimate import fit
    >>> from toolkit.panel import Panel
    >>> rng = np.random.default_rng(1)
    >>> frame = pd.DataFrame({"firm": np.repeat(np.arange(20), 5), "year": np.tile(np.arange(5), 20), "a": rng.normal(size=100)})
    >>> frame["b"] = frame["a"] + 0.1 * rng.normal(size=100)
    >>> frame["y"] = frame["a"] + rng.normal(size=100)
    >>> panel = Panel(frame, "firm", "year")
    >>> bool((variance_inflation(fit("y ~ a + b", panel), panel)["vif"] > 50).all())
    True
    """
    import pandas as pd
    from statsmodels.stats.outliers_influence import variance_inflation_factor

    rows = refit_rows(estimate, panel, "variance_inflation", ("pooled", "within"))
    if not rows.terms:
        raise NotEstimable("the estimate has no regressor", remedy="variance inflation needs at least one regressor")
    columns = np.column_stack([np.ones(len(rows.y)), standardised(rows.transformed)])
    vif = [float(variance_inflation_factor(columns, j)) for j in range(1, columns.shape[1])]
    table = pd.DataFrame({"term": rows.terms, "vif": vif, "tolerance": 1 / np.array(vif)})
    return table.sort_values("vif", ascending=False, kind="stable").reset_index(drop=True)


def standardised(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Columns (n, k) with mean zero and unit standard deviation, so that units of 1e9 and 1e-9 do not meet in one matrix."""
    centred = columns - columns.mean(axis=0)
    return np.asarray(centred / centred.std(axis=0), dtype=np.float64)
