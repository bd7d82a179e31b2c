"""``fit_dynamic``: difference and system GMM for panels with a lagged outcome."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from toolkit.estimate.dynamic.declarations import Declarations, DynamicSettings, GroupChoice, IvChoice, LagChoice, read_declarations
from toolkit.estimate.dynamic.gmm import Model, build, inverse
from toolkit.estimate.dynamic.instruments import Regressors
from toolkit.estimate.dynamic.result import DynamicEstimate, convention, notes
from toolkit.estimate.dynamic.solution import Solution, SpecificationTest, chi_squared, run_tests, solve_gmm
from toolkit.estimate.formula.spec import Spec, parse, refuse_instruments, refuse_slopes
from toolkit.estimate.rows.options import Counts, Options
from toolkit.estimate.rows.source import Source, panel_source
from toolkit.language import Note
from toolkit.panel import Panel
from toolkit.threads import frugal


@frugal
def fit_dynamic(
    formula: str | Spec,
    data: Panel,
    *,
    gmm: Mapping[str, LagChoice],
    iv: IvChoice = (),
    groups: GroupChoice | None = None,
    settings: DynamicSettings | None = None,
) -> DynamicEstimate:
    """Generalised method of moments for y_it = sum_p a_p y_i,t-p + x_it'b + g_t + u_i + e_it with many entities and few periods.

    The difference estimator takes u_i out and uses E[z_i,t-s (e_it - e_i,t-1)] = 0 for the declared lags s; the system estimator adds the
    equation in levels with E[(z_i,t-s+1 - z_i,t-s)(u_i + e_it)] = 0 for the smallest s. Only what is declared is an instrument; period
    effects (``| year``) and the intercept of the system are their own.

    Parameters
    ----------
    formula : ``"log(rd) ~ L(log(rd), 1) + log(subsidy) | year"``; the entity effect is always removed.
    data : a panel. Lags and differences use its calendar.
    gmm : variable -> lags: ``{"log(rd)": (2, None), "log(subsidy)": (1, 3)}``, or :class:`Lags` to choose the equation.
    iv : standard instruments: ``("log(gdp)", "C(region)")``. In the difference equation they are transformed, in the level equation not. In
        the system a mapping ``{"C(year)": "level"}`` chooses "difference", "level", "both" (one column through both, as a sequence gives
        and xtabond2's ivstyle) or "each" (one column per equation, as plm).
    groups : name -> declared instruments, whose joint validity is tested (difference in Hansen) besides the groups tested anyway.
    settings : see :class:`DynamicSettings`; default two steps of the difference estimator, Windmeijer's correction.

    Returns
    -------
    DynamicEstimate with method "difference_gmm" or "system_gmm". Rows are those of the transformed equation, or of the level equation in
    the system. Hansen's J is always that of two steps. s^2 of Sargan's test and of the conventional one-step covariance is
    RSS/(h (N - K)) of the transformed rows, h = 2 for differences and 1 for deviations (Arellano and Bond 1991; xtabond2 has N in place
    of N - K). A difference in Hansen weighs both models with the moments of the full one, so it is never negative.

    Raises
    ------
    TooFewPeriods, EstimationError (under-identified), NothingToEstimate, EmptySample, FormulaError, MissingColumn, UnknownOption

    References
    ----------
    Arellano and Bond (1991), Review of Economic Studies 58; Arellano and Bover (1995), Blundell and Bond (1998), Journal of Econometrics 68
    and 87; Windmeijer (2005), Journal of Econometrics 126; Roodman (2009), Stata Journal 9.

    Examples
    --------
    >>> import pandas as pd
    >>> draw = np.random.default_rng(1)
    >>> y = [draw.normal(size=200)]
    >>> u = draw.normal(size=200)
    >>> for _ in range(6):
    ...     y.append(0.5 * y[-1] + u + draw.normal(size=200))
    >>> frame = pd.DataFrame({"firm": np.tile(np.arange(200), 7), "year": np.repeat(np.arange(2000, 2007), 200), "y": np.concatenate(y)})
    >>> estimate = fit_dynamic("y ~ L(y, 1)", Panel(frame, "firm", "year"), gmm={"y": (2, None)})
    >>> estimate.beta.round(2), int(estimate.statistics["instruments"]), int(estimate.statistics["hansen_df"])
    (array([0.49]), 15, 14)
    """
    chosen = settings or DynamicSettings()
    source = panel_source(data, "fit_dynamic")
    spec = refuse_slopes(refuse_instruments(parse(formula), "fit_dynamic"), "fit_dynamic")
    declared = read_declarations(gmm, iv, groups or {}, chosen.system)
    options = Options.read(source)
    model = build(spec=spec, source=source, options=options, declared=declared, settings=chosen)
    solution = solve_gmm(model, chosen)
    tests, untested = run_tests(model=model, solution=solution, settings=chosen, declared=declared, source=source)
    warnings = (*notes(spec=spec, source=source, model=model, solution=solution, declared=declared, settings=chosen), *untested)
    return _estimate(spec=spec, source=source, model=model, solution=solution, asked=(chosen, declared), tests=tests, warnings=warnings)


def _estimate(
    spec: Spec,
    source: Source,
    model: Model,
    solution: Solution,
    asked: tuple[DynamicSettings, Declarations],
    tests: tuple[SpecificationTest, ...],
    warnings: tuple[Note, ...],
) -> DynamicEstimate:
    assert source.entity is not None
    settings, declared = asked
    hidden, regressors = model.regressors.hidden, model.regressors
    counts = _counts(source, model, settings)
    info = convention(model=model, solution=solution, settings=settings, entity=source.entity, rows=counts.rows)
    factor = 1.0 if settings.small_sample == "none" else info.factor_value
    beta, vcov = solution.beta[hidden:], solution.vcov[hidden:, hidden:] * factor
    tests = (*tests, *_wald(regressors, beta, vcov))
    slopes = {column.text for column in regressors.built}
    means = {spec.outcome: float(model.stack.sample.matrix[0].mean())}
    means |= {t: float(c.mean()) for t, c in zip(regressors.terms, regressors.levels[hidden:], strict=True) if t in slopes}
    return DynamicEstimate(
        method=f"{settings.estimator}_gmm",
        spec=spec,
        origin=source.origin,
        terms=regressors.terms,
        beta=beta,
        vcov=vcov,
        counts=counts,
        omitted=regressors.omitted,
        covariance=info,
        statistics=_statistics(model, solution, tests),
        effects=(source.entity, *((source.time or "",) if hidden else ())),
        warnings=warnings,
        means=means,
        columns=regressors.built,
        _rows=model.stack.sample.kept(),
        settings=settings,
        declared=declared,
        instruments=tuple(s for s in model.instruments.sets if s.count),
        tests=tests,
    )


def _counts(source: Source, model: Model, settings: DynamicSettings) -> Counts:
    assert source.entity is not None
    sample, entities = model.stack.sample, model.stack.groups.levels
    rows = sample.rows if model.stack.system else model.stack.transformed
    assert sample.calendar is not None
    dates = sample.calendar if model.stack.system else sample.calendar[model.stack.transformation.rows]
    clusters = ((source.entity, entities),) if settings.covariance == "robust" else ()
    return Counts(
        rows_given=len(source), rows=rows, entities=entities, periods=len(np.unique(dates)), clusters=clusters, dropped=model.dropped
    )


def _wald(regressors: Regressors, beta: NDArray[np.float64], vcov: NDArray[np.float64]) -> list[SpecificationTest]:
    """Wald's chi-squared of all slopes; nothing if their covariance is singular."""
    names = {column.text for column in regressors.built}
    slopes = np.array([term in names for term in regressors.terms])
    found = inverse(vcov[np.ix_(slopes, slopes)])
    if not found.exact:
        return []
    statistic = float(beta[slopes] @ found.matrix @ beta[slopes])
    return [chi_squared(name="Wald", key="wald", statistic=statistic, df=int(slopes.sum()), hypothesis="all slopes are zero")]


def _statistics(model: Model, solution: Solution, tests: tuple[SpecificationTest, ...]) -> dict[str, float]:
    found = {"instruments": float(len(model.instruments.columns)), "sigma_e": float(np.sqrt(solution.variance))}
    if model.stack.system:
        found["rows_transformed"] = float(model.stack.transformed)
    for test in tests:
        found[test.key] = test.statistic
        found |= {f"{test.key}_df": float(test.df)} if test.df else {}
        found[f"{test.key}_p"] = test.p_value
    return found
