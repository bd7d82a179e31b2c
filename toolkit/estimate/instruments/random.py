"""Instruments with random effects: Hausman and Taylor, Amemiya and MaCurdy, and error-component two-stage least squares.

All are two-stage least squares of quasi-demeaned columns, y_it - theta_i mean_i(y); they differ in the instruments and in the residuals
that the variances come from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from scipy.special import chdtrc

from toolkit.errors import EmptySample, FormulaError, NotEstimable, TooFewPeriods, UnderIdentified
from toolkit.estimate.formula.spec import Spec, parse, refuse_effects, refuse_instruments
from toolkit.estimate.instruments.stages import k_class
from toolkit.estimate.instruments.system import make_system, positions_of
from toolkit.estimate.linear.least_squares import (
    Moments,
    assemble,
    between_r2,
    centre,
    choose,
    inference,
    require_rows,
    slopes_f,
    squared_correlation,
)
from toolkit.estimate.linear.means import METHODS_OF_COMPONENTS, NO_RANDOM_PART, component_statistics, quasi_demean
from toolkit.estimate.linear.within import restore_intercept, uncentred
from toolkit.estimate.results.derived import INTERCEPT
from toolkit.estimate.results.estimate import Estimate
from toolkit.estimate.rows.options import Covariance, Omitted, Options, SmallSample, documented, one_of
from toolkit.estimate.rows.sample import Sample, select
from toolkit.estimate.rows.source import Grouping, panel_source
from toolkit.estimate.solve.kernels import inverse_root, least_squares, norms
from toolkit.estimate.solve.omission import independent, is_flat
from toolkit.estimate.solve.slopes import refuse_leverage
from toolkit.language import Name, Note, Text, note
from toolkit.numerics import PERFECT, UNIT_LEFT, Floats
from toolkit.panel import Panel
from toolkit.threads import frugal

Instruments = Literal["hausman_taylor", "amemiya_macurdy"]
RandomInstruments = Literal["ec2sls", "g2sls"]
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
    covariance: Covariance = "cluster",
    cluster: str | Sequence[str] | None = None,
    small_sample: SmallSample = "reghdfe",
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
    covariance, cluster, small_sample : |options|

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
    options = Options.read(source, covariance=covariance, cluster=cluster, small_sample=small_sample)
    sample = select(spec, source, refuse_leverage(options, "fit_hausman_taylor"))
    moments = centre(sample.matrix, None) if spec.intercept else uncentred(sample.matrix, None)
    kept, omitted = choose(sample, moments, (), spec.intercept)
    levels, within, means = _levels_within_means(sample)
    varying = ~is_flat(norms(within, None), moments.varying, moments.size)
    free = [j + 1 for j in kept if j not in positions_of(sample.columns, [term.text for term in asked])]
    changing, fixed = [j + 1 for j in kept if varying[j + 1]], [j + 1 for j in kept if not varying[j + 1]]
    outer, own = [j for j in free if varying[j]], [j for j in free if not varying[j]]
    _require_order(sample, changing=outer, fixed=[j for j in fixed if j not in own])
    entity = _entity(sample)
    variances = _effects_variance(
        levels=levels, within=within, means=means, entity=entity, changing=changing, fixed=fixed, free=free, intercept=spec.intercept
    )
    added = _by_period(sample, within[outer]) if instruments == "amemiya_macurdy" else np.empty((0, sample.rows))
    across = _standing(means[outer][:, entity.codes], norms(levels[outer], None))
    candidates = np.vstack([within[changing], across, levels[own], added])
    exogenous, endogenous = (tuple(Name(sample.names[j - 1]) for j in [*changing, *fixed] if (j in free) == side) for side in (True, False))
    return _two_stages(
        sample,
        moments,
        levels,
        kept,
        variances=variances,
        candidates=np.vstack([np.ones(sample.rows), candidates]) if spec.intercept else candidates,
        transformed=[],
        method=instruments,
        omitted=omitted,
        notes=(CONSISTENT,),
        warnings=(note("roles_of_regressors", ROLES, exogenous=exogenous, correlated=endogenous),),
    )


@frugal
@documented
def fit_random_instruments(
    formula: str | Spec,
    data: Panel,
    *,
    method: RandomInstruments = "ec2sls",
    covariance: Covariance = "cluster",
    cluster: str | Sequence[str] | None = None,
    small_sample: SmallSample = "reghdfe",
) -> Estimate:
    r"""Two-stage least squares with random effects: some regressors are correlated with e_it, none with u_i.

    Columns are quasi-demeaned with Swamy and Arora's variances from the within and the between two-stage residuals. "ec2sls" (Baltagi)
    takes as instruments the deviations from means and the means of every exogenous variable, "g2sls" (Balestra and
    Varadharajan-Krishnakumar) their quasi-demeaned values; both have the same limit, the former is the more precise in small samples.

    Parameters
    ----------
    formula : ``"y ~ x | d ~ z"``, as in :func:`fit_instruments`; nothing is absorbed.
    data : a panel.
    method : "ec2sls" (default) or "g2sls".
    covariance, cluster, small_sample : |options|

    Returns
    -------
    Estimate
        Statistics ``overid``, ``overid_df``, ``overid_p`` are Sargan's test of the instruments, with homoskedastic errors.

    Raises
    ------
    FormulaError, UnderIdentified, EmptySample, NotEstimable

    Notes
    -----
    plm has the two as ``inst.method = "baltagi"`` and ``"bvk"``; on balanced panels the numbers are the same.

    References
    ----------
    Baltagi (1981), Journal of Econometrics 17; Balestra and Varadharajan-Krishnakumar (1987), Econometric Theory 3; Baltagi (2006), Journal
    of Applied Econometrics 21, whose crime model plm's authors reproduce with the same numbers.

    Examples
    --------
    >>> import pandas as pd
    >>> draw = np.random.default_rng(1)
    >>> z, shock = draw.normal(size=(2, 1500))
    >>> frame = pd.DataFrame({"id": np.repeat(np.arange(300), 5), "t": np.tile(np.arange(5), 300), "z": z, "d": z + shock})
    >>> frame["y"] = 0.5 * frame["d"] + draw.normal(size=300)[frame["id"]] - shock
    >>> fit_random_instruments("y ~ 1 | d ~ z", Panel(frame, "id", "t")).beta[1:].round(1)
    array([0.5])
    """
    source = panel_source(data, "fit_random_instruments")
    one_of("method", method, ("ec2sls", "g2sls"))
    spec = refuse_effects(parse(formula), "fit_random_instruments")
    options = Options.read(source, covariance=covariance, cluster=cluster, small_sample=small_sample)
    system = make_system(spec, source, options)
    sample, kept = replace(system.sample, spec=spec), [*system.endogenous, *system.exogenous]
    levels, within, means = _levels_within_means(sample)
    right, outside = [j + 1 for j in kept], [j + 1 for j in (*system.exogenous, *system.instruments)]
    entity = _entity(sample)
    variances = _two_stage_variances(
        levels=levels, within=within, means=means, entity=entity, right=right, outside=outside, intercept=system.intercept
    )
    size = norms(levels[outside], None)
    both = np.vstack([_standing(part[outside], size) for part in (within, means[:, entity.codes])])
    return _two_stages(
        sample,
        system.moments,
        levels,
        kept,
        variances=variances,
        candidates=np.vstack([np.ones(sample.rows), both]) if system.intercept else both,
        transformed=outside if method == "g2sls" else [],
        method=method,
        omitted=system.omitted,
        notes=(METHODS_OF_COMPONENTS["swamy_arora"],),
        warnings=(),
    )


def _entity(sample: Sample) -> Grouping:
    assert sample.entity is not None
    return sample.entity


def _levels_within_means(sample: Sample) -> tuple[Floats, Floats, Floats]:
    """The columns (1 + k, n), what the entity means leave of them, and the means (1 + k, N)."""
    entity, levels = _entity(sample), sample.matrix.copy()
    means = entity.sums(levels) / entity.counts
    return levels, levels - means[:, entity.codes], means


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


def _effects_variance(
    levels: Floats,
    within: Floats,
    means: Floats,
    entity: Grouping,
    changing: list[int],
    fixed: list[int],
    free: list[int],
    intercept: bool,
) -> tuple[float, float]:
    """(s2_e, s2_u) from the within residuals and, by two-stage least squares on what never changes, the effects."""
    n, levels_of = levels.shape[1], entity.levels
    if not changing or n <= levels_of + len(changing):
        raise EmptySample(
            "the within regression has no degree of freedom",
            where=f"{n} rows, {levels_of} entities, {len(changing)} regressors that change over time",
            remedy="use more periods, or regressors that change",
        )
    first = least_squares(within[0], within[changing].T)
    effects = (means[0] - first.beta @ means[changing])[entity.codes]
    constant = np.ones((int(intercept), n))
    regressors, known = np.vstack([constant, levels[fixed]]), np.vstack([constant, levels[free]])
    fitted = _projected(regressors, _orthonormal(known))
    second = k_class(y=effects, regressors=regressors, fitted=fitted, kappa=1.0, weights=None)
    sigma2_e = first.rss / (n - levels_of)
    mean_square = float((entity.sums(second.residuals**2) / entity.counts).mean())
    return sigma2_e, max(mean_square - sigma2_e * float((1 / entity.counts).mean()), 0.0)


def _two_stage_variances(
    levels: Floats, within: Floats, means: Floats, entity: Grouping, right: list[int], outside: list[int], intercept: bool
) -> tuple[float, float]:
    """Swamy and Arora's (s2_e, s2_u) from the within and the between two-stage residuals."""
    n, N = levels.shape[1], entity.levels
    size = norms(levels, None)
    across = means - means.mean(axis=1, keepdims=True) if intercept else means
    found = []
    for columns, shrunk, spent, what in ((within, 1.0, N, "within"), (across, np.sqrt(N / n), int(intercept), "between")):
        basis = _orthonormal(_standing(columns[outside], shrunk * size[outside]))
        used = _standing(columns[right], shrunk * size[right])
        fitted = _projected(used, basis)
        kept, _ = independent(fitted, norms(used, None), None)
        if columns.shape[1] - spent - len(kept) <= 0:
            raise EmptySample(
                f"the {what} two-stage regression has no degree of freedom",
                where=f"{columns.shape[1]} values, {len(kept) + spent} parameters",
                remedy="use more entities or periods, or fewer regressors",
            )
        fit = k_class(y=columns[0], regressors=used[kept], fitted=fitted[kept], kappa=1.0, weights=None)
        found.append(fit.rss / (columns.shape[1] - spent - len(kept)))
    return found[0], max(found[1] - found[0] * float((1 / entity.counts).mean()), 0.0)


def _by_period(sample: Sample, within: Floats) -> Floats:
    """(k T, n) deviations of each column (k, n) in each period, the same on all rows of the entity."""
    entity, period = _entity(sample), sample.period
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


def _standing(columns: Floats, size: Floats) -> Floats:
    """Those of the columns (m, n) of which more than rounding is left of their ``size`` (m,)."""
    return np.asarray(columns[norms(columns, None) > UNIT_LEFT * size])


def _orthonormal(columns: Floats) -> Floats:
    """(L, n) orthonormal rows that span the columns (m, n), which may be collinear."""
    kept, _ = independent(columns, norms(columns, None), None)
    return np.asarray(inverse_root(columns[kept]).T @ columns[kept])


def _projected(columns: Floats, basis: Floats) -> Floats:
    return np.asarray((columns @ basis.T) @ basis)


def _two_stages(
    sample: Sample,
    moments: Moments,
    levels: Floats,
    kept: Sequence[int],
    *,
    variances: tuple[float, float],
    candidates: Floats,
    transformed: list[int],
    method: str,
    omitted: tuple[Omitted, ...],
    notes: tuple[Note, ...],
    warnings: tuple[Note, ...],
) -> Estimate:
    """Two-stage least squares of the quasi-demeaned columns; works in place on ``sample.matrix``.

    Parameters
    ----------
    levels : (1 + k, n) the columns before.
    kept : positions of the design columns that are regressors.
    candidates : (m, n) instruments as they are; ``transformed`` are rows of the matrix that are instruments once quasi-demeaned.
    """
    intercept, entity, at = sample.spec.intercept, _entity(sample), [j + 1 for j in kept]
    if variances[0] <= PERFECT**2 * float(moments.gram[0, 0]) / sample.rows:
        raise NotEstimable("the within regression fits perfectly, so random effects are not defined", remedy="use fit_instruments")
    theta = quasi_demean(sample, *variances)
    constant = [1 - theta] if intercept else []
    regressors = np.vstack([*constant, sample.matrix[at]])
    outside = np.vstack([*constant, sample.matrix[transformed]]) if transformed else candidates
    basis = _orthonormal(outside)
    fitted = _projected(regressors, basis)
    terms = ((INTERCEPT,) if intercept else ()) + tuple(sample.names[j] for j in kept)
    if len(basis) < len(terms) or len(independent(fitted, norms(regressors, None), None)[0]) < len(terms):
        raise UnderIdentified(
            f"{len(basis)} independent instruments do not tell {len(terms)} coefficients apart",
            where=sample.spec.formula,
            remedy="name more exogenous variables, or leave out regressors",
        )
    require_rows(sample, len(terms), 0)
    fit = k_class(y=sample.matrix[0], regressors=regressors, fitted=fitted, kappa=1.0, weights=None)
    vcov, info, warned = inference(sample=sample, columns=fitted, fit=fit, terms=terms, rank=0)
    slopes = fit.beta[1:] if intercept else fit.beta
    residuals = levels[0] - slopes @ levels[at] - (fit.beta[0] if intercept else 0.0)
    beta = fit.beta
    if intercept:
        beta, vcov = restore_intercept(beta, vcov, moments.means[at], float(moments.means[0]))
    skip, over = int(intercept), len(basis) - len(terms)
    means = entity.sums(levels) / entity.counts
    statistics = component_statistics(*variances, theta) | {"rmse": float(np.sqrt(fit.rss / sample.rows))}
    cross, gram = moments.gram[0, at], moments.gram[np.ix_(at, at)]
    statistics["r2_overall"] = squared_correlation(float(slopes @ cross), float(slopes @ gram @ slopes), float(moments.gram[0, 0]))
    statistics["r2_between"] = between_r2(means[0], slopes @ means[at])
    statistics |= slopes_f(beta[skip:], vcov[skip:, skip:], info.df_t)
    statistics |= _sargan(basis @ fit.residuals, fit.rss, sample.rows, over) if over else {}
    return assemble(
        Estimate,
        sample,
        moments,
        kept,
        method=method,
        terms=terms,
        beta=beta,
        vcov=vcov,
        covariance=replace(info, notes=(*info.notes, *notes)),
        statistics=statistics,
        omitted=omitted,
        warnings=(*warnings, *warned, *([] if variances[1] > 0 else [NO_RANDOM_PART])),
        outcome=levels[0] + (moments.means[0] if intercept else 0.0),
        residuals=residuals,
    )


def _sargan(on_basis: Floats, rss: float, rows: int, over: int) -> dict[str, float]:
    statistic = rows * float(on_basis @ on_basis) / rss
    return {"overid": statistic, "overid_df": float(over), "overid_p": float(chdtrc(over, statistic))}
