"""Slopes that differ from entity to entity: mean group, and common correlated effects for panels with common factors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from toolkit.errors import EmptySample, NotEstimable, TooFewPeriods
from toolkit.estimate.formula.spec import Spec, parse, refuse_effects, refuse_instruments
from toolkit.estimate.linear.least_squares import assemble, centre, choose, slopes_f
from toolkit.estimate.linear.within import restore_intercept, uncentred
from toolkit.estimate.results.derived import INTERCEPT
from toolkit.estimate.results.estimate import Estimate
from toolkit.estimate.rows.grouping import Grouping
from toolkit.estimate.rows.options import CovarianceInfo, Options, one_of
from toolkit.estimate.rows.sample import Sample, select
from toolkit.estimate.rows.source import panel_source
from toolkit.estimate.solve.equations import inverse_root, least_squares
from toolkit.estimate.solve.kernels import norms
from toolkit.estimate.solve.omission import independent
from toolkit.language import Note, Text, note
from toolkit.numerics import UNIT_LEFT, Floats
from toolkit.panel import Panel
from toolkit.threads import frugal

Slopes = Literal["mean_group", "pooled"]
_AVERAGES = note(
    "cross_section_averages",
    Text(
        "averages over entities of the outcome and the regressors in each period are among the regressors of every entity",
        "各个体的回归均加入被解释变量与解释变量的逐期截面均值",
    ),
)
_FEW_PERIODS = Text(
    "An entity has only {periods:g} periods: the slopes of single entities are mostly noise; read their mean.",
    "个体最少仅{periods:g}期：单个个体的斜率多为噪声，应看其均值。",
)
_ENOUGH = 20  # periods


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class MeanGroupEstimate(Estimate):
    """An estimate whose entities have coefficients of their own.

    Attributes
    ----------
    by_entity : coefficients (N, k) of each entity, rows named by entity, columns by term.
    """

    NAMES: ClassVar[Mapping[str, Text]] = {
        "mean_group": Text("Mean group", "平均组（MG）"),
        "cce_mean_group": Text("CCE mean group", "共同相关效应平均组（CCEMG）"),
        "cce_pooled": Text("CCE pooled", "共同相关效应混合（CCEP）"),
    }

    by_entity: pd.DataFrame = field(repr=False)


@frugal
def fit_mean_group(formula: str | Spec, data: Panel) -> MeanGroupEstimate:
    r"""Mean of the coefficients of a regression for each entity (Pesaran and Smith).

    .. math:: y_{it} = a_i + x_{it}'b_i + e_{it}, \qquad \hat b = \frac1N \sum_i \hat b_i, \qquad
        \hat V = \frac{1}{N(N-1)} \sum_i (\hat b_i - \hat b)(\hat b_i - \hat b)'

    Parameters
    ----------
    formula : ``"log(y) ~ log(k) + log(l)"``; nothing is absorbed. With the time column among the regressors each entity has a trend.
    data : a panel; each entity needs more periods than coefficients.

    Returns
    -------
    MeanGroupEstimate with t tests of N - 1 degrees of freedom.

    Raises
    ------
    TooFewPeriods, NotEstimable (a regressor that does not vary in an entity), EmptySample, FormulaError

    References
    ----------
    Pesaran and Smith (1995), Journal of Econometrics 68. The numbers are those of plm's ``pmg(model = "mg")``.

    Examples
    --------
    >>> draw = np.random.default_rng(1)
    >>> frame = pd.DataFrame({"id": np.repeat(np.arange(40), 30), "t": np.tile(np.arange(30), 40), "x": draw.normal(size=1200)})
    >>> slopes = draw.normal(0.5, 0.2, size=40)
    >>> frame["y"] = slopes[frame["id"]] * frame["x"] + 0.1 * draw.normal(size=1200)
    >>> estimate = fit_mean_group("y ~ x", Panel(frame, "id", "t"))
    >>> bool(abs(estimate.beta[1] - slopes.mean()) < 0.01), estimate.by_entity.shape
    (True, (40, 2))
    """
    return _estimate(formula, data, "fit_mean_group", "mean_group", averages=())


@frugal
def fit_cce(formula: str | Spec, data: Panel, *, slopes: Slopes = "mean_group") -> MeanGroupEstimate:
    r"""Common correlated effects: the averages over entities stand for factors that all share (Pesaran).

    .. math:: y_{it} = a_i + x_{it}'b_i + g_i'f_t + e_{it}

    With M_i what [1, mean_t(y), mean_t(x)] leaves of the columns of entity i: b_i = (X_i'M_i X_i)^{-1} X_i'M_i y_i. "mean_group" is their
    mean, with the covariance of :func:`fit_mean_group`. "pooled" is b = (sum A_i)^{-1} sum X_i'M_i y_i, A_i = X_i'M_i X_i, with the
    covariance N/(N-1) (sum A_i)^{-1} [sum A_i d_i d_i'A_i] (sum A_i)^{-1}, d_i = b_i less the mean of the b_i.

    Parameters
    ----------
    formula, data : as in :func:`fit_mean_group`.
    slopes : "mean_group" (default) or "pooled".

    Returns
    -------
    MeanGroupEstimate of the slopes; constants and averages are taken out.

    Raises
    ------
    TooFewPeriods, NotEstimable, EmptySample, FormulaError

    References
    ----------
    Pesaran (2006), Econometrica 74. The numbers are those of plm's ``pcce``.

    Examples
    --------
    >>> draw = np.random.default_rng(1)
    >>> factor, loading = draw.normal(size=30), draw.normal(1, 0.5, size=40)
    >>> frame = pd.DataFrame({"id": np.repeat(np.arange(40), 30), "t": np.tile(np.arange(30), 40)})
    >>> common = loading[frame["id"]] * factor[frame["t"]]
    >>> frame["x"] = common + draw.normal(size=1200)
    >>> frame["y"] = 0.5 * frame["x"] + common + draw.normal(size=1200)
    >>> panel = Panel(frame, "id", "t")
    >>> [float(round(fit("y ~ x", panel).coefficient("x").estimate, 1)) for fit in (fit_mean_group, fit_cce)]
    [0.9, 0.5]
    """
    one_of("slopes", slopes, ("mean_group", "pooled"))
    return _estimate(formula, data, "fit_cce", "cce_mean_group" if slopes == "mean_group" else "cce_pooled", averages=(_AVERAGES,))


def _estimate(formula: str | Spec, data: Panel, purpose: str, method: str, averages: tuple[Note, ...]) -> MeanGroupEstimate:
    source = panel_source(data, purpose)
    spec = refuse_effects(refuse_instruments(parse(formula), purpose), purpose)
    sample = select(spec, source, Options.read(source, covariance="iid"))
    moments = centre(sample.matrix, None) if spec.intercept else uncentred(sample.matrix, None)
    kept, omitted = choose(sample, moments, (), intercept=False)
    at = [0, *(j + 1 for j in kept)]
    outcome, columns, entity = sample.matrix[0] + spec.intercept * moments.means[0], sample.matrix[at], _entity(sample)
    rest = [np.ones(sample.rows)] if spec.intercept else []
    if averages:
        period = sample.period
        assert period is not None
        rest += [*(period.sums(columns) / period.counts)[:, period.codes]]
    found = _own_regressions(sample, columns, np.array(rest).reshape(len(rest), sample.rows))
    constant = spec.intercept and not averages
    slopes = np.array([fit.beta for fit in found])
    spread = slopes - slopes.mean(axis=0)
    N, info = entity.levels, _convention(entity.levels, len(kept) + constant, averages, pooled=method == "cce_pooled")
    if method == "cce_pooled":
        grams = np.array([fit.gram for fit in found])
        bread = np.linalg.inv(grams.sum(axis=0))
        beta = bread @ np.sum([gram @ b for gram, b in zip(grams, slopes, strict=True)], axis=0)
        # i: entities, k and l: regressors. Weighted by its Gram matrix, an entity adds X_i'X_i (b_i - mean b) to the score
        scores = np.einsum("ikl,il->ik", grams, spread)
        vcov = bread @ (scores.T @ scores) @ bread * info.factor_value
        residuals = np.concatenate([fit.y - (beta @ fit.x) for fit in found])
    else:
        own = np.column_stack([_constants(columns, slopes, entity), slopes]) if constant else slopes
        beta, spread = own.mean(axis=0), own - own.mean(axis=0)
        vcov = spread.T @ spread * info.factor_value
        residuals = np.concatenate([fit.y - b @ fit.x for fit, b in zip(found, slopes, strict=True)])
        slopes = own
    terms = ((INTERCEPT,) if constant else ()) + tuple(sample.names[j] for j in kept)
    if constant:
        beta, vcov = restore_intercept(beta, vcov, moments.means[at[1:]], float(moments.means[0]))
        slopes = np.column_stack([slopes[:, 0] + moments.means[0] - slopes[:, 1:] @ moments.means[at[1:]], slopes[:, 1:]])
    least = int(entity.counts.min())
    warnings = [note("few_periods_by_entity", _FEW_PERIODS, periods=least)] if least < _ENOUGH else []
    statistics = {"rmse": float(np.sqrt(residuals @ residuals / sample.rows))} | slopes_f(
        beta[constant:], vcov[constant:, constant:], N - 1.0
    )
    names = pd.Index([fit.name for fit in found], name=source.entity)
    by_entity = pd.DataFrame(slopes, index=names, columns=list(terms))
    return assemble(
        partial(MeanGroupEstimate, by_entity=by_entity),
        sample,
        moments,
        kept,
        method=method,
        terms=terms,
        beta=beta,
        vcov=vcov,
        covariance=info,
        statistics=statistics,
        omitted=omitted,
        warnings=warnings,
        outcome=outcome,
        residuals=residuals,
    )


@dataclass(frozen=True)
class _EntityRegression:
    """Regression of one entity: its name, outcome (T,) and regressors (k, T) less what the constant and the averages explain."""

    name: object
    y: Floats
    x: Floats
    beta: Floats

    @property
    def gram(self) -> Floats:
        return np.asarray(self.x @ self.x.T)


def _entity(sample: Sample) -> Grouping:
    assert sample.entity is not None
    return sample.entity


def _own_regressions(sample: Sample, columns: Floats, rest: Floats) -> list[_EntityRegression]:
    """A regression for each entity of ``columns`` (1 + k, n), outcome first, less ``rest`` (q, n)."""
    entity, source = _entity(sample), sample.source
    if entity.levels < 2:
        raise EmptySample("a mean over entities needs two or more", where=source.label, remedy="use fit_pooled for one series")
    found = []
    for rows in np.split(np.arange(sample.rows), np.flatnonzero(np.diff(entity.codes)) + 1):
        name = source.frame[source.entity].iloc[sample.positions[rows[0]]]
        own, others = columns[:, rows], rest[:, rows]
        if len(rows) <= len(columns) - 1 + len(rest):
            raise TooFewPeriods(
                f"{name} has {len(rows)} periods for {len(columns) - 1 + len(rest)} coefficients of its own",
                where=sample.spec.formula,
                remedy="use fewer regressors, leave out the short series, or fit_within for slopes that all share",
            )
        size = norms(own - own.mean(axis=1, keepdims=True), None)
        if len(others):
            clear, _ = independent(others, norms(others, None), None)
            basis = inverse_root(others[clear]).T @ others[clear]
            for _ in range(2):
                own = own - (own @ basis.T) @ basis
        left = norms(own, None) > UNIT_LEFT * size
        kept, _ = independent(own[1:][left[1:]], size[1:][left[1:]], None)
        if len(kept) < len(columns) - 1:
            lost = next((j for j in range(1, len(columns)) if not left[j]), None)
            what = "a regressor is a combination of the others" if lost is None else f"{_term(sample, columns, lost)} does not vary"
            raise NotEstimable(f"within {name} {what}", where=sample.spec.formula, remedy="leave out the regressor or the entity")
        found.append(_EntityRegression(name, own[0], own[1:], least_squares(own[0], own[1:].T).beta))
    return found


def _term(sample: Sample, columns: Floats, row: int) -> str:
    """Name of the regressor in this row of ``columns``."""
    return next(name for name, other in zip(sample.names, sample.matrix[1:], strict=True) if np.array_equal(other, columns[row]))


def _constants(columns: Floats, slopes: Floats, entity: Grouping) -> Floats:
    means = entity.sums(columns) / entity.counts
    return np.asarray(means[0] - np.einsum("ik,ki->i", slopes, means[1:]))


def _convention(entities: int, parameters: int, notes: tuple[Note, ...], pooled: bool) -> CovarianceInfo:
    factor = entities / (entities - 1) if pooled else 1 / (entities * (entities - 1))
    return CovarianceInfo(
        kind="mean_group",
        clusters=(),
        small_sample="none",
        factor="N/(N-1)" if pooled else "1/(N(N-1))",
        factor_value=factor,
        df_t=entities - 1.0,
        notes=notes,
        parameters=parameters,
    )
