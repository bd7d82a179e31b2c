"""Instruments with random effects: two-stage least squares of quasi-demeaned columns, y_it - theta_i mean_i(y).

Error-component two-stage least squares stand here; Hausman and Taylor's estimator (:mod:`toolkit.estimate.instruments.hausman_taylor`)
differs in the instruments and in the residuals that the variances come from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, Unpack

import numpy as np
from scipy.special import chdtrc

from toolkit.errors import EmptySample, NotEstimable, UnderIdentified
from toolkit.estimate.formula.spec import Spec, parse, refuse_effects
from toolkit.estimate.instruments.stages import k_class
from toolkit.estimate.instruments.system import make_system
from toolkit.estimate.linear.least_squares import (
    Moments,
    assemble,
    between_r2,
    inference,
    require_rows,
    slopes_f,
    squared_correlation,
)
from toolkit.estimate.linear.means import METHODS_OF_COMPONENTS, NO_RANDOM_PART, component_statistics, quasi_demean
from toolkit.estimate.linear.within import restore_intercept
from toolkit.estimate.results.derived import INTERCEPT
from toolkit.estimate.results.estimate import Estimate
from toolkit.estimate.rows.grouping import Grouping
from toolkit.estimate.rows.options import Omitted, Options, Unweighted, documented, one_of
from toolkit.estimate.rows.sample import Sample
from toolkit.estimate.rows.source import panel_source
from toolkit.estimate.solve.equations import inverse_root
from toolkit.estimate.solve.kernels import norms
from toolkit.estimate.solve.omission import independent
from toolkit.language import Note
from toolkit.numerics import PERFECT, UNIT_LEFT, Floats
from toolkit.panel import Panel
from toolkit.threads import frugal

RandomInstruments = Literal["ec2sls", "g2sls"]


@frugal
@documented
def fit_random_instruments(
    formula: str | Spec,
    data: Panel,
    *,
    method: RandomInstruments = "ec2sls",
    **errors: Unpack[Unweighted],
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
    covariance, cluster, small_sample, bandwidth : |options|

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
    options = Options.read(source, **errors)
    system = make_system(spec, source, options)
    sample, kept = replace(system.sample, spec=spec), [*system.endogenous, *system.exogenous]
    columns, outside = Columns.of(sample, system.intercept), [j + 1 for j in (*system.exogenous, *system.instruments)]
    size = norms(columns.levels[outside], None)
    return two_stages(
        sample,
        system.moments,
        columns,
        kept,
        variances=_two_stage_variances(columns, [j + 1 for j in kept], outside),
        candidates=np.vstack([columns.constant, *(standing(part[outside], size) for part in (columns.within, columns.across))]),
        transformed=outside if method == "g2sls" else [],
        method=method,
        omitted=system.omitted,
        notes=(METHODS_OF_COMPONENTS["swamy_arora"],),
        warnings=(),
    )


@dataclass(frozen=True, eq=False)
class Columns:
    """The outcome and the design columns before anything is removed.

    Attributes
    ----------
    levels, within : (1 + k, n) as they are, and what the entity means leave of them.
    means : (1 + k, N) by entity.
    constant : (1, n) or, without an intercept, (0, n).
    """

    levels: Floats
    within: Floats
    means: Floats
    constant: Floats
    entity: Grouping

    @classmethod
    def of(cls, sample: Sample, intercept: bool) -> Columns:
        """Copied from the matrix of the sample."""
        assert sample.entity is not None
        entity, levels = sample.entity, sample.matrix.copy()
        means = entity.sums(levels) / entity.counts
        return cls(levels, levels - means[:, entity.codes], means, np.ones((int(intercept), sample.rows)), entity)

    @property
    def across(self) -> Floats:
        """(1 + k, n) the means on the rows of the entity."""
        return self.means[:, self.entity.codes]

    def less_noise(self, between: float, sigma2_e: float) -> float:
        """s2_u, from a mean square of means, which holds s2_e mean(1/T_i) too; zero if that is all."""
        return max(between - sigma2_e * float((1 / self.entity.counts).mean()), 0.0)


def _two_stage_variances(columns: Columns, right: list[int], outside: list[int]) -> tuple[float, float]:
    """Swamy and Arora's (s2_e, s2_u) from the within and the between two-stage residuals."""
    n, N, intercept = columns.levels.shape[1], columns.entity.levels, len(columns.constant)
    size, means = norms(columns.levels, None), columns.means
    across = means - means.mean(axis=1, keepdims=True) if intercept else means
    found = []
    for values, shrunk, spent, what in ((columns.within, 1.0, N, "within"), (across, np.sqrt(N / n), intercept, "between")):
        basis = orthonormal(standing(values[outside], shrunk * size[outside]))
        used = standing(values[right], shrunk * size[right])
        fitted = projected(used, basis)
        kept, _ = independent(fitted, norms(used, None), None)
        if values.shape[1] - spent - len(kept) <= 0:
            raise EmptySample(
                f"the {what} two-stage regression has no degree of freedom",
                where=f"{values.shape[1]} values, {len(kept) + spent} parameters",
                remedy="use more entities or periods, or fewer regressors",
            )
        fit = k_class(y=values[0], regressors=used[kept], fitted=fitted[kept], kappa=1.0, weights=None)
        found.append(fit.rss / (values.shape[1] - spent - len(kept)))
    return found[0], columns.less_noise(found[1], found[0])


def standing(columns: Floats, size: Floats) -> Floats:
    """Those of the columns (m, n) of which more than rounding is left of their ``size`` (m,)."""
    return np.asarray(columns[norms(columns, None) > UNIT_LEFT * size])


def orthonormal(columns: Floats) -> Floats:
    """(L, n) orthonormal rows that span the columns (m, n), which may be collinear."""
    kept, _ = independent(columns, norms(columns, None), None)
    return np.asarray(inverse_root(columns[kept]).T @ columns[kept])


def projected(columns: Floats, basis: Floats) -> Floats:
    """Columns (m, n) projected on orthonormal rows (L, n)."""
    return np.asarray((columns @ basis.T) @ basis)


def two_stages(
    sample: Sample,
    moments: Moments,
    columns: Columns,
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
    kept : positions of the design columns that are regressors.
    candidates : (m, n) instruments as they are; ``transformed`` are rows of the matrix that are instruments once quasi-demeaned.
    """
    intercept, at = sample.spec.intercept, [j + 1 for j in kept]
    if variances[0] <= PERFECT**2 * float(moments.gram[0, 0]) / sample.rows:
        raise NotEstimable("the within regression fits perfectly, so random effects are not defined", remedy="use fit_instruments")
    theta = quasi_demean(sample, *variances)
    constant = columns.constant * (1 - theta)
    regressors = np.vstack([constant, sample.matrix[at]])
    basis = orthonormal(np.vstack([constant, sample.matrix[transformed]]) if transformed else candidates)
    fitted = projected(regressors, basis)
    terms = ((INTERCEPT,) if intercept else ()) + tuple(sample.names[j] for j in kept)
    _require_instruments(regressors=regressors, fitted=fitted, instruments=len(basis), formula=sample.spec.formula)
    require_rows(sample, len(terms), 0)
    fit = k_class(y=sample.matrix[0], regressors=regressors, fitted=fitted, kappa=1.0, weights=None)
    vcov, info, warned = inference(sample=sample, columns=fitted, fit=fit, terms=terms, rank=0)
    slopes, beta = fit.beta[int(intercept) :], fit.beta
    residuals = columns.levels[0] - slopes @ columns.levels[at] - (fit.beta[0] if intercept else 0.0)
    if intercept:
        beta, vcov = restore_intercept(beta, vcov, moments.means[at], float(moments.means[0]))
    statistics = component_statistics(*variances, theta) | {"rmse": float(np.sqrt(fit.rss / sample.rows))}
    statistics |= _shares(slopes, moments, columns, at)
    statistics |= slopes_f(beta[int(intercept) :], vcov[int(intercept) :, int(intercept) :], info.df_t)
    statistics |= _sargan(basis @ fit.residuals, fit.rss, sample.rows, len(basis) - len(terms))
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
        outcome=columns.levels[0] + (moments.means[0] if intercept else 0.0),
        residuals=residuals,
    )


def _require_instruments(regressors: Floats, fitted: Floats, instruments: int, formula: str) -> None:
    """Raise UnderIdentified unless the projections (k, n) of the regressors can be told apart."""
    if instruments < len(regressors) or len(independent(fitted, norms(regressors, None), None)[0]) < len(regressors):
        raise UnderIdentified(
            f"{instruments} independent instruments do not tell {len(regressors)} coefficients apart",
            where=formula,
            remedy="name more exogenous variables, or leave out regressors",
        )


def _shares(slopes: Floats, moments: Moments, columns: Columns, at: list[int]) -> dict[str, float]:
    """r2_overall and r2_between: squared correlations of outcome and x'b, of all rows and of the means."""
    cross, gram = moments.gram[0, at], moments.gram[np.ix_(at, at)]
    overall = squared_correlation(float(slopes @ cross), float(slopes @ gram @ slopes), float(moments.gram[0, 0]))
    return {"r2_overall": overall, "r2_between": between_r2(columns.means[0], slopes @ columns.means[at])}


def _sargan(on_basis: Floats, rss: float, rows: int, over: int) -> dict[str, float]:
    """Sargan's test of the ``over`` instruments more than needed; empty if there is none."""
    if not over:
        return {}
    statistic = rows * float(on_basis @ on_basis) / rss
    return {"overid": statistic, "overid_df": float(over), "overid_p": float(chdtrc(over, statistic))}
