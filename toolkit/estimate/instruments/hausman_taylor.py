"""Hausman and Taylor, and Amemiya and MaCurdy: regressors that never change beside effects that some regressors go with."""

from __future__ import annotations

from typing import Literal, Unpack

import numpy as np

from toolkit.errors import EmptySample, FormulaError, TooFewPeriods, UnderIdentified
from toolkit.estimate.formula.spec import Spec, parse, refuse_effects, refuse_instruments
from toolkit.estimate.instruments.random import Columns, orthonormal, projected, standing, two_stages
from toolkit.estimate.instruments.stages import k_class
from toolkit.estimate.instruments.system import positions_of
from toolkit.estimate.linear.least_squares import (
    centre,
    choose,
)
from toolkit.estimate.linear.within import uncentred
from toolkit.estimate.results.estimate import Estimate
from toolkit.estimate.rows.options import Options, Unweighted, documented, one_of
from toolkit.estimate.rows.sample import Sample, select
from toolkit.estimate.rows.source import panel_source
from toolkit.estimate.solve.absorb import refuse_leverage
from toolkit.estimate.solve.equations import least_squares
from toolkit.estimate.solve.kernels import norms
from toolkit.estimate.solve.omission import is_flat
from toolkit.language import Name, Text, note
from toolkit.numerics import Floats
from toolkit.panel import Panel
from toolkit.threads import frugal

Instruments = Literal["hausman_taylor", "amemiya_macurdy"]
CONSISTENT = note(
    "consistent_components",
    Text(
        "variance components of Hausman and Taylor, from the within residuals and effects",
        "Hausman–Taylor方差分量，由组内残差与个体效应估计",
    ),
)
ROLES = Text(
    "Taken as uncorrelated with the effect: {exogenous}; as correlated with it: {correlated}.",
    "视为与个体效应不相关：{exogenous}；视为相关：{correlated}。",
)


@frugal
@documented
def fit_hausman_taylor(
    formula: str | Spec,
    data: Panel,
    *,
    correlated: str,
    instruments: Instruments = "hausman_taylor",
    **errors: Unpack[Unweighted],
) -> Estimate:
    r"""Regressors that never change beside effects with which some regressors are correlated (Hausman and Taylor).

    .. math:: y_{it} = a + x_{1it}'b_1 + x_{2it}'b_2 + z_{1i}'c_1 + z_{2i}'c_2 + u_i + e_{it}

    with x2 and z2 correlated with u. Which regressors change over time is seen in the data. Instruments of the quasi-demeaned equation are
    the deviations of x1 and x2 from their means, the means of x1, and z1; Amemiya and MaCurdy take, in place of the means, x1 of every
    period. s2_e = RSS_w / (n - N) of the within regression; its effects are regressed on z by two-stage least squares (instruments x1, z1),
    and the mean square of the residuals is s2_u + s2_e mean(1/T_i).

    Parameters
    ----------
    formula : all regressors, ``"log(wage) ~ weeks + south + experience + experience^2 + education"``; nothing is absorbed.
    data : a panel; "amemiya_macurdy" needs a balanced one.
    correlated : the regressors that are correlated with the effect, ``"experience + experience^2 + education"``.
    instruments : "hausman_taylor" (default) or "amemiya_macurdy", which needs the correlation of x1 with the effect to be zero in every
        period, and uses it.
    covariance, cluster, small_sample, bandwidth : |options|

    Returns
    -------
    Estimate
        Statistics ``overid``, ``overid_df``, ``overid_p`` are Sargan's test of the instruments, with homoskedastic errors.

    Raises
    ------
    UnderIdentified
        Fewer exogenous regressors that change than correlated ones that do not.
    TooFewPeriods, FormulaError, EmptySample, NotEstimable

    Notes
    -----
    On balanced panels these are the numbers of plm (``random.method = "ht"``, ``inst.method = "baltagi"`` and ``"am"``) with its iid errors
    at ``covariance="iid", small_sample="plm"``; on others plm divides by the longest T_i, and so its variances differ.

    References
    ----------
    Hausman and Taylor (1981), Econometrica 49; Amemiya and MaCurdy (1986), Econometrica 54; Baltagi (2021), table 7.5, whose wages plm's
    authors reproduce with the same numbers.

    Examples
    --------
    >>> import pandas as pd
    >>> draw = np.random.default_rng(1)
    >>> u = draw.normal(size=400)
    >>> x, d = draw.normal(size=(400, 1)) + draw.normal(size=(400, 5)), u[:, None] + draw.normal(size=(400, 5))
    >>> z = u + x.mean(axis=1) + draw.normal(size=400)
    >>> y = x + d + z[:, None] + u[:, None] + draw.normal(size=(400, 5))
    >>> frame = pd.DataFrame({"id": np.repeat(np.arange(400), 5), "t": np.tile(np.arange(5), 400), "z": np.repeat(z, 5)})
    >>> frame = frame.assign(x=x.ravel(), d=d.ravel(), y=y.ravel())
    >>> fit_hausman_taylor("y ~ x + d + z", Panel(frame, "id", "t"), correlated="d + z").beta[1:].round(1)
    array([1., 1., 1.])
    """
    source = panel_source(data, "fit_hausman_taylor")
    one_of("instruments", instruments, ("hausman_taylor", "amemiya_macurdy"))
    spec = refuse_effects(refuse_instruments(parse(formula), "fit_hausman_taylor"), "fit_hausman_taylor")
    asked = parse(f"{spec.outcome} ~ {correlated}").terms
    if unknown := [term.text for term in asked if term.text not in {t.text for t in spec.terms}]:
        raise FormulaError(f"{', '.join(unknown)} is no regressor", where=spec.formula, remedy="name regressors as the formula writes them")
    options = Options.read(source, **errors)
    sample = select(spec, source, refuse_leverage(options, "fit_hausman_taylor"))
    moments = centre(sample.matrix, None) if spec.intercept else uncentred(sample.matrix, None)
    kept, omitted = choose(sample, moments, (), spec.intercept)
    columns = Columns.of(sample, spec.intercept)
    varying = ~is_flat(norms(columns.within, None), moments.varying, moments.size)
    free = [j + 1 for j in kept if j not in positions_of(sample.columns, [term.text for term in asked])]
    changing, fixed = [j + 1 for j in kept if varying[j + 1]], [j + 1 for j in kept if not varying[j + 1]]
    outer, own = [j for j in free if varying[j]], [j for j in free if not varying[j]]
    _require_order(sample, changing=outer, fixed=[j for j in fixed if j not in own])
    added = _by_period(sample, columns.within[outer]) if instruments == "amemiya_macurdy" else np.empty((0, sample.rows))
    across = standing(columns.across[outer], norms(columns.levels[outer], None))
    candidates = np.vstack([columns.constant, columns.within[changing], across, columns.levels[own], added])
    exogenous, endogenous = (tuple(Name(sample.names[j - 1]) for j in [*changing, *fixed] if (j in free) == side) for side in (True, False))
    return two_stages(
        sample,
        moments,
        columns,
        kept,
        variances=_effects_variance(columns, changing, fixed, free),
        candidates=candidates,
        transformed=[],
        method=instruments,
        omitted=omitted,
        notes=(CONSISTENT,),
        warnings=(note("roles_of_regressors", ROLES, exogenous=exogenous, correlated=endogenous),),
    )


def _require_order(sample: Sample, changing: list[int], fixed: list[int]) -> None:
    """As many exogenous regressors that change as correlated ones that do not (positions in the matrix)."""
    if len(changing) < len(fixed):
        named = [", ".join(sample.names[j - 1] for j in part) or "none" for part in (fixed, changing)]
        raise UnderIdentified(
            f"{len(fixed)} regressors without change over time are correlated with the effect ({named[0]}), and {len(changing)} that "
            f"change are not ({named[1]})",
            where=sample.spec.formula,
            remedy="each of the former needs one of the latter, whose mean is its instrument",
        )


def _effects_variance(columns: Columns, changing: list[int], fixed: list[int], free: list[int]) -> tuple[float, float]:
    """(s2_e, s2_u) from the within residuals and, by two-stage least squares on what never changes, the effects."""
    n, entity = columns.levels.shape[1], columns.entity
    if not changing or n <= entity.levels + len(changing):
        raise EmptySample(
            "the within regression has no degree of freedom",
            where=f"{n} rows, {entity.levels} entities, {len(changing)} regressors that change over time",
            remedy="use more periods, or regressors that change",
        )
    first = least_squares(columns.within[0], columns.within[changing].T)
    effects = (columns.means[0] - first.beta @ columns.means[changing])[entity.codes]
    regressors, known = (np.vstack([columns.constant, columns.levels[part]]) for part in (fixed, free))
    fitted = projected(regressors, orthonormal(known))
    second = k_class(y=effects, regressors=regressors, fitted=fitted, kappa=1.0, weights=None)
    sigma2_e = first.rss / (n - entity.levels)
    return sigma2_e, columns.less_noise(float((entity.sums(second.residuals**2) / entity.counts).mean()), sigma2_e)


def _by_period(sample: Sample, within: Floats) -> Floats:
    """(k T, n) deviations of each column (k, n) in each period, the same on all rows of the entity."""
    entity, period = sample.entity, sample.period
    assert entity is not None
    assert period is not None
    if sample.rows != entity.levels * period.levels:
        raise TooFewPeriods(
            "Amemiya and MaCurdy's instruments need every entity in every period",
            where=f"{sample.rows} rows, {entity.levels} entities, {period.levels} periods",
            remedy='use instruments="hausman_taylor", or a balanced part of the panel',
        )
    table = np.empty((len(within), period.levels, entity.levels))
    table[:, period.codes, entity.codes] = within
    return table.reshape(-1, entity.levels)[:, entity.codes]
