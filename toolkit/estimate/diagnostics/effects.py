"""Are there entity or time effects? Breusch-Pagan and Honda on pooled residuals, F on absorbed effects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from toolkit.errors import NotEstimable
from toolkit.estimate.linear.refit import less_projection, orthonormal_basis, refit_panel
from toolkit.estimate.results.outcome import TestResult, chi2, f, normal
from toolkit.estimate.rows.options import one_of
from toolkit.language import Text, note

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from toolkit.estimate.results.estimate import Estimate
    from toolkit.panel import Panel

ANY = ("pooled", "within", "random")

POOLED_RESIDUALS = note("pooled_residuals", Text("residuals of the pooled model with a constant", "含常数项的混合回归残差"))
ONE_SIDED = note("one_sided", Text("one-sided", "单侧检验"))
IID_ERRORS = note("iid_errors", Text("iid errors", "误差独立同分布"))


def breusch_pagan_effects(
    estimate: Estimate, panel: Panel | None = None, *, effects: Literal["entity", "time", "entity+time"] = "entity"
) -> TestResult:
    r"""Lagrange-multiplier test for random effects, balanced or not.

    With pooled residuals e and T_i rows of entity i (n in total),

    .. math:: LM = \frac{n^2}{2(\sum_i T_i^2 - n)} \left(\frac{\sum_i (\sum_t e_{it})^2}{\sum e_{it}^2} - 1\right)^2 \sim \chi^2_1

    and the sum of the entity and the time statistic, with two degrees of freedom, for both. The residuals are those of the pooled
    model with a constant on the rows of the estimate, whatever the estimate absorbed.

    Parameters
    ----------
    estimate : a pooled, within or random-effects estimate.
    panel : the panel it was fitted on, where the estimate has dropped its rows.
    effects : whose variance is zero under the null.

    Raises
    ------
    NotEstimable
        One entity (or period) only, or every one seen once.
    UnknownOption
        ``effects`` is none of the choices.

    References
    ----------
    Breusch and Pagan (1980), Review of Economic Studies 47; Baltagi and Li (1990), Econometric Theory 6, for unbalanced panels.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from toolkit.estimate import fit
    >>> from toolkit.panel import Panel
    >>> rng = np.random.default_rng(1)
    >>> frame = pd.DataFrame({"firm": np.repeat(np.arange(20), 5), "year": np.tile(np.arange(2018, 2023), 20), "x": rng.normal(size=100)})
    >>> frame["y"] = frame["x"] + np.repeat(rng.normal(size=20), 5) + 0.5 * rng.normal(size=100)
    >>> panel = Panel(frame, "firm", "year")
    >>> test = breusch_pagan_effects(fit("y ~ x", panel))
    >>> test.df, test.p_value < 0.001
    ((1.0,), True)
    """
    one_of("effects", effects, ("entity", "time", "entity+time"))
    rows = refit_panel(estimate, panel, "breusch_pagan_effects", ANY)
    residuals = less_projection(rows.outcome, orthonormal_basis(rows.with_constant))
    groups = {"entity": [rows.entity], "time": [rows.time], "entity+time": [rows.entity, rows.time]}[effects]
    statistic = sum(signed_root(residuals, g, name) ** 2 for g, name in zip(groups, effects.split("+"), strict=True))
    return chi2(
        name="Breusch-Pagan LM",
        null=f"no random {effects.replace('+', ' and ')} effects",
        statistic=statistic,
        df=len(groups),
        notes=[POOLED_RESIDUALS],
    )


def honda_effects(estimate: Estimate, panel: Panel | None = None, *, effects: Literal["entity", "time"] = "entity") -> TestResult:
    r"""One-sided test for random effects: the signed root of the Breusch-Pagan statistic.

    A variance cannot be negative, so only large positive values speak against the null; this has more power than
    :func:`breusch_pagan_effects`, which squares the sign away.

    Parameters
    ----------
    estimate : a pooled, within or random-effects estimate.
    panel : the panel it was fitted on, where the estimate has dropped its rows.
    effects : whose variance is zero under the null.

    Raises
    ------
    NotEstimable
        One entity (or period) only, or every one seen once.
    UnknownOption
        ``effects`` is none of the choices.

    References
    ----------
    Honda (1985), Review of Economic Studies 52.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from toolkit.estimate import fit
    >>> from toolkit.panel import Panel
    >>> frame = pd.DataFrame({"firm": [1, 1, 2, 2, 3, 3], "year": [1, 2] * 3, "x": [1.0, 2, 4, 3, 5, 7], "y": [2.0, 3, 3, 2, 9, 11]})
    >>> panel = Panel(frame, "firm", "year")
    >>> honda_effects(fit("y ~ x", panel)).distribution
    'normal'
    """
    one_of("effects", effects, ("entity", "time"))
    rows = refit_panel(estimate, panel, "honda_effects", ANY)
    residuals = less_projection(rows.outcome, orthonormal_basis(rows.with_constant))
    statistic = signed_root(residuals, rows.entity if effects == "entity" else rows.time, effects)
    return normal(name="Honda", null=f"no random {effects} effects", statistic=statistic, tail="upper", notes=[ONE_SIDED, POOLED_RESIDUALS])


def f_effects(estimate: Estimate, panel: Panel | None = None) -> TestResult:
    r"""F test that all absorbed effects are zero.

    .. math:: F = \frac{(RSS_{pooled} - RSS_{within}) / (df_p - df_w)}{RSS_{within} / df_w}

    with df the rows less the estimated parameters, effects included, and the same rows in both models.

    Parameters
    ----------
    estimate : a within estimate.
    panel : the panel it was fitted on, where the estimate has dropped its rows.

    Raises
    ------
    NotEstimable
        The estimate absorbed nothing, or no degrees of freedom are left.

    Notes
    -----
    Exact for independent errors of equal variance; with clustered errors prefer :func:`mundlak` for entity effects.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from toolkit.estimate import fit
    >>> from toolkit.panel import Panel
    >>> rng = np.random.default_rng(1)
    >>> frame = pd.DataFrame({"firm": np.repeat(np.arange(20), 5), "year": np.tile(np.arange(2018, 2023), 20), "x": rng.normal(size=100)})
    >>> frame["y"] = frame["x"] + np.repeat(rng.normal(size=20), 5) + 0.5 * rng.normal(size=100)
    >>> panel = Panel(frame, "firm", "year")
    >>> f_effects(fit("y ~ x | firm", panel)).df
    (19.0, 79.0)
    """
    rows = refit_panel(estimate, panel, "f_effects", ("within",))
    pooled = less_projection(rows.outcome, orthonormal_basis(rows.with_constant))
    df_effects, df_within = rows.effects_rank - 1, rows.n - len(rows.terms) - rows.effects_rank
    if df_within <= 0 or df_effects <= 0:
        raise NotEstimable(
            "the F test of the effects has no degrees of freedom",
            where=f"{rows.n} rows, {len(rows.terms)} regressors, {rows.effects_rank} effects",
            remedy="it needs more rows than regressors and effects together",
        )
    rss = float(rows.residuals @ rows.residuals)
    statistic = ((float(pooled @ pooled) - rss) / df_effects) / (rss / df_within)
    names = " and ".join(estimate.effects)
    return f(
        name="F of the effects", null=f"all {names} effects are zero", statistic=statistic, df=(df_effects, df_within), notes=[IID_ERRORS]
    )


def signed_root(residuals: NDArray[np.float64], groups: NDArray[np.integer], name: str) -> float:
    """Signed root of the Breusch-Pagan statistic for one grouping (codes of any kind) of the pooled residuals, both (n,)."""
    _, codes, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    n = len(residuals)
    pairs = float((sizes.astype(float) ** 2).sum() - n)
    if len(sizes) < 2 or pairs == 0:
        raise NotEstimable(
            f"{name} effects cannot be separated from the error",
            where=f"{len(sizes)} {name} level(s) in {n} rows, the largest with {sizes.max()} row(s)",
            remedy=f"the test needs at least two {name} levels and one of them seen twice",
        )
    sums = np.bincount(codes, weights=residuals)
    return float(n / np.sqrt(2 * pairs) * ((sums @ sums) / (residuals @ residuals) - 1))


SHORT_PANEL = 10
FLAT = 1e-12  # squared residuals of an entity that vary by less than this share of their mean do not vary

ENTITY_ROWS = Text("{entities} entities, {rows:.1f} rows each on average", "{entities}个个体，平均每个{rows:.1f}个观测")
FEW_ROWS = note("few_rows_per_entity", Text("few rows per entity: the test rejects far too often", "每个个体观测较少：检验严重过度拒绝"))
KOENKER = note("koenker", Text("studentised (Koenker); entity structure is not used", "学生化形式（Koenker）；未利用个体结构"))


def modified_wald_heteroskedasticity(estimate: Estimate, panel: Panel | None = None) -> TestResult:
    r"""Test that the error variance is the same for every entity of a within estimate.

    .. math:: W = \sum_i \frac{(\hat\sigma_i^2 - \hat\sigma^2)^2}{V_i} \sim \chi^2_N, \qquad
              V_i = \frac{1}{T_i (T_i - 1)} \sum_t (e_{it}^2 - \hat\sigma_i^2)^2

    with :math:`\hat\sigma_i^2` the mean squared residual of entity i and :math:`\hat\sigma^2` that of all rows. Unlike Breusch-Pagan it
    does not need normal errors, but it needs T_i to be large against N.

    Parameters
    ----------
    estimate : a within estimate.
    panel : the panel it was fitted on, where the estimate has dropped its rows.

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
    >>> test = modified_wald_heteroskedasticity(fit("y ~ x | firm", panel))
    >>> test.df, test.p_value < 0.001
    ((5.0,), True)
    """
    rows = refit_panel(estimate, panel, "modified_wald_heteroskedasticity", ("within",))
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
            where=f"{rows.source.label}: {what}; {int(flat.sum())} of {len(sizes)} entities concerned",
            remedy="keep entities with at least three rows, two or more of them" if flat.any() else "the test needs at least two entities",
        )
    statistic = float((((own - 1.0) ** 2) / (spread / (sizes - 1))).sum())
    notes = [note("entity_rows", ENTITY_ROWS, entities=len(sizes), rows=float(sizes.mean()))]
    if sizes.mean() < SHORT_PANEL or sizes.mean() < len(sizes):
        notes.append(FEW_ROWS)
    return chi2(
        name="Modified Wald", null="the error variance is the same for all entities", statistic=statistic, df=len(sizes), notes=notes
    )


def breusch_pagan_heteroskedasticity(estimate: Estimate, panel: Panel | None = None) -> TestResult:
    r"""Test that the error variance does not move with the regressors of a pooled estimate (Breusch-Pagan, Koenker's form).

    The squared residuals are regressed on the regressors and a constant; n R² is :math:`\chi^2_k`. Computed by statsmodels.

    Parameters
    ----------
    estimate : a pooled estimate.
    panel : the panel it was fitted on, where the estimate has dropped its rows.

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
    >>> breusch_pagan_heteroskedasticity(fit("y ~ x", panel)).p_value < 0.01
    True
    """
    from statsmodels.stats.diagnostic import het_breuschpagan

    rows = refit_panel(estimate, panel, "breusch_pagan_heteroskedasticity", ("pooled",))
    if not rows.terms:
        raise NotEstimable("the estimate has no regressor", remedy="the variance can only be related to a regressor")
    statistic, _, _, _ = het_breuschpagan(rows.residuals, np.column_stack([np.ones(rows.n), standardised(rows.regressors)]))
    null = "the error variance does not depend on the regressors"
    return chi2(name="Breusch-Pagan heteroskedasticity", null=null, statistic=statistic, df=len(rows.terms), notes=[KOENKER])


def variance_inflation(estimate: Estimate, panel: Panel | None = None) -> pd.DataFrame:
    r"""Variance inflation factor of every regressor, :math:`1 / (1 - R_j^2)`, by statsmodels.

    For a within estimate the regressors are taken as the estimator sees them, with the effects removed: two regressors may move
    together over time and not across entities, or the reverse.

    Parameters
    ----------
    estimate : a pooled or within estimate.
    panel : the panel it was fitted on, where the estimate has dropped its rows.

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
    >>> bool((variance_inflation(fit("y ~ a + b", panel))["vif"] > 50).all())
    True
    """
    import pandas as pd
    from statsmodels.stats.outliers_influence import variance_inflation_factor

    rows = refit_panel(estimate, panel, "variance_inflation", ("pooled", "within"))
    if not rows.terms:
        raise NotEstimable("the estimate has no regressor", remedy="variance inflation needs at least one regressor")
    columns = np.column_stack([np.ones(rows.n), standardised(rows.transformed.T)])
    vif = [float(variance_inflation_factor(columns, j)) for j in range(1, columns.shape[1])]
    table = pd.DataFrame({"term": rows.terms, "vif": vif, "tolerance": 1 / np.array(vif)})
    return table.sort_values("vif", ascending=False, kind="stable").reset_index(drop=True)


def standardised(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Columns (n, k) with mean zero and unit standard deviation, so that units of 1e9 and 1e-9 do not meet in one matrix."""
    centred = columns - columns.mean(axis=0)
    return np.asarray(centred / centred.std(axis=0), dtype=np.float64)
