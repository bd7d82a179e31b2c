"""Are there entity or time effects? Breusch-Pagan and Honda on pooled residuals, F on absorbed effects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from toolkit.errors import NotEstimable
from toolkit.estimate.diagnostics.outcome import TestResult, chi2, f, normal
from toolkit.estimate.diagnostics.rows import less_projection, orthonormal_basis, refit_rows
from toolkit.estimate.options import one_of
from toolkit.language import Text, note

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from toolkit.estimate.result import Estimate
    from toolkit.panel import Panel

ANY = ("pooled", "within", "random")

POOLED_RESIDUALS = note("pooled_residuals", Text("residuals of the pooled model with a constant", "含常数项的混合回归残差"))
ONE_SIDED = note("one_sided", Text("one-sided", "单侧检验"))
IID_ERRORS = note("iid_errors", Text("iid errors", "误差独立同分布"))


def breusch_pagan_effects(estimate: Estimate, panel: Panel, *, effects: Literal["entity", "time", "entity+time"] = "entity") -> TestResult:
    r"""Lagrange-multiplier test for random effects, balanced or not.

    With pooled residuals e and T_i rows of entity i (n in total),

    .. math:: LM = \frac{n^2}{2(\sum_i T_i^2 - n)} \left(\frac{\sum_i (\sum_t e_{it})^2}{\sum e_{it}^2} - 1\right)^2 \sim \chi^2_1

    and the sum of the entity and the time statistic, with two degrees of freedom, for both. The residuals are those of the pooled
    model with a constant on the rows of the estimate, whatever the estimate absorbed.

    Parameters
    ----------
    estimate : a pooled, within or random-effects estimate.
    panel : the panel it was fitted on.
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
    >>> test = breusch_pagan_effects(fit("y ~ x", panel), panel)
    >>> test.df, test.p_value < 0.001
    ((1.0,), True)
    """
    one_of("effects", effects, ("entity", "time", "entity+time"))
    rows = refit_rows(estimate, panel, "breusch_pagan_effects", ANY)
    residuals = less_projection(rows.y, orthonormal_basis(rows.with_constant))
    groups = {"entity": [rows.entity], "time": [rows.time], "entity+time": [rows.entity, rows.time]}[effects]
    statistic = sum(signed_root(residuals, g, name) ** 2 for g, name in zip(groups, effects.split("+"), strict=True))
    return chi2(
        "Breusch-Pagan LM",
        f"no random {effects.replace('+', ' and ')} effects",
        statistic,
        len(groups),
        [POOLED_RESIDUALS],
    )


def honda_effects(estimate: Estimate, panel: Panel, *, effects: Literal["entity", "time"] = "entity") -> TestResult:
    r"""One-sided test for random effects: the signed root of the Breusch-Pagan statistic.

    A variance cannot be negative, so only large positive values speak against the null; this has more power than
    :func:`breusch_pagan_effects`, which squares the sign away.

    Parameters
    ----------
    estimate : a pooled, within or random-effects estimate.
    panel : the panel it was fitted on.
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
    >>> honda_effects(fit("y ~ x", panel), panel).distribution
    'normal'
    """
    one_of("effects", effects, ("entity", "time"))
    rows = refit_rows(estimate, panel, "honda_effects", ANY)
    residuals = less_projection(rows.y, orthonormal_basis(rows.with_constant))
    statistic = signed_root(residuals, rows.entity if effects == "entity" else rows.time, effects)
    return normal("Honda", f"no random {effects} effects", statistic, "upper", [ONE_SIDED, POOLED_RESIDUALS])


def f_effects(estimate: Estimate, panel: Panel) -> TestResult:
    r"""F test that all absorbed effects are zero.

    .. math:: F = \frac{(RSS_{pooled} - RSS_{within}) / (df_p - df_w)}{RSS_{within} / df_w}

    with df the rows less the estimated parameters, effects included, and the same rows in both models.

    Parameters
    ----------
    estimate : a within estimate.
    panel : the panel it was fitted on.

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
    >>> f_effects(fit("y ~ x | firm", panel), panel).df
    (19.0, 79.0)
    """
    rows = refit_rows(estimate, panel, "f_effects", ("within",))
    pooled = less_projection(rows.y, orthonormal_basis(rows.with_constant))
    df_effects, df_within = rows.effects_rank - 1, len(rows.y) - len(rows.terms) - rows.effects_rank
    if df_within <= 0 or df_effects <= 0:
        raise NotEstimable(
            "the F test of the effects has no degrees of freedom",
            where=f"{len(rows.y)} rows, {len(rows.terms)} regressors, {rows.effects_rank} effects",
            remedy="it needs more rows than regressors and effects together",
        )
    rss = float(rows.residuals @ rows.residuals)
    statistic = ((float(pooled @ pooled) - rss) / df_effects) / (rss / df_within)
    names = " and ".join(estimate.effects)
    return f("F of the effects", f"all {names} effects are zero", statistic, (df_effects, df_within), [IID_ERRORS])


def signed_root(residuals: NDArray[np.float64], groups: NDArray[np.integer], name: str) -> float:
    """Signed root of the Breusch-Pagan statistic for one grouping (codes of any kind) of the pooled residuals, both (n,)."""
    _, codes, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    n = len(residuals)
    pairs = float((sizes.astype(float) ** 2).sum() - n)
    if len(sizes) < 2 or pairs == 0:
        raise NotEstimable(
            f"{name} effects cannot be told from the error",
            where=f"{len(sizes)} {name} level(s) in {n} rows, the largest with {sizes.max()} row(s)",
            remedy=f"the test needs at least two {name} levels and one of them seen twice",
        )
    sums = np.bincount(codes, weights=residuals)
    return float(n / np.sqrt(2 * pairs) * ((sums @ sums) / (residuals @ residuals) - 1))
