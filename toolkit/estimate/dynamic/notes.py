"""What a dynamic panel estimate says about itself: its convention, and warnings as sentences."""

from __future__ import annotations

import numpy as np

from toolkit.estimate.dynamic.declarations import Declarations, DynamicSettings
from toolkit.estimate.dynamic.model import Model
from toolkit.estimate.dynamic.regressors import comes_from
from toolkit.estimate.dynamic.solution import Solution
from toolkit.estimate.records import CovarianceInfo
from toolkit.estimate.source import Source
from toolkit.estimate.spec import Spec
from toolkit.estimate.terms import Category, Lag, columns_of, unlagged

FEW = 40


def convention(model: Model, solution: Solution, settings: DynamicSettings, entity: str, rows: int) -> CovarianceInfo:
    """The covariance and its small-sample factor.

    The factor G/(G-1)*(N-1)/(N-K) counts G entities, N rows (of the transformed equation, or of the level equation in the system) and all K
    coefficients, period indicators included. Without it tests use the normal distribution.
    """
    k, groups = len(model.system.X), model.stack.groups.levels
    note = _note(settings)
    if settings.covariance == "conventional":
        one = settings.steps == 1
        kind, symbols = ("conventional one-step", "RSS/(h*(N-K))") if one else ("conventional two-step", "1")
        return CovarianceInfo(kind, (), "none", symbols, solution.variance if one else 1.0, np.inf, note, k)
    kind, clusters = ("cluster", (entity,)) if settings.steps == 1 else ("windmeijer", (entity,))
    if settings.small_sample == "none":
        return CovarianceInfo(kind, clusters, "none", "1", 1.0, np.inf, note, k)
    factor = groups / (groups - 1) * (rows - 1) / (rows - k)
    return CovarianceInfo(kind, clusters, "reghdfe", "G/(G-1)*(N-1)/(N-K)", factor, float(groups - 1), note, k)


def _note(settings: DynamicSettings) -> str:
    """What decides the numbers besides the covariance; empty for first differences alone."""
    parts = ["orthogonal deviations"] * (settings.transformation == "orthogonal_deviations")
    return ", ".join([*parts, *[f"{settings.weighting} H of the system"] * settings.system])


def notes(
    spec: Spec, source: Source, model: Model, solution: Solution, declared: Declarations, settings: DynamicSettings
) -> tuple[str, ...]:
    """Sentences for the reader, the gravest first."""
    return (
        *_about_solution(model, solution, settings),
        *_about_instruments(model, settings),
        *_about_declarations(spec, model, declared),
        *_about_rows(source, model),
    )


def _about_solution(model: Model, solution: Solution, settings: DynamicSettings) -> list[str]:
    found = []
    count = len(model.instruments.columns)
    if solution.perfect:
        found.append("The fit is perfect: the residuals are rounding, so standard errors and tests mean nothing.")
    elif solution.second is None:
        found.append(f"There are too few entities ({model.stack.groups.levels}) for a second step, so Hansen's J cannot be computed.")
    elif not solution.spread_inverse.exact:
        found.append(
            f"The weighting matrix of step two is singular (rank {solution.spread_inverse.rank} of {count}): its generalised inverse is "
            "used, the degrees of freedom of Hansen's J count its rank, and J says little."
        )
    if not solution.weights_exact:
        found.append("The weighting matrix of step one is singular: its generalised inverse is used.")
    if settings.steps == 2 and settings.covariance == "conventional":
        found.append("Two-step standard errors without Windmeijer's correction are too small in finite samples.")
    return found


def _about_instruments(model: Model, settings: DynamicSettings) -> list[str]:
    found = []
    count, entities = len(model.instruments.columns), model.stack.groups.levels
    if count > entities:
        remedy = "limit the lags" if settings.collapse else "collapse them or limit the lags"
        found.append(f"There are {count} instruments for {entities} entities: estimates are biased and Hansen's J is too kind; {remedy}.")
    if entities < FEW:
        found.append(f"Only {entities} entities: GMM standard errors and tests are valid for many entities and few periods.")
    if model.instruments.redundant:
        found.append(f"{model.instruments.redundant} instruments are linear combinations of others and were left out.")
    return found


def _about_declarations(spec: Spec, model: Model, declared: Declarations) -> list[str]:
    found = []
    lagged = [t.factors[0] for t in spec.terms if len(t.factors) == 1 and isinstance(t.factors[0], Lag)]
    if not any(unlagged(f)[0] == spec.left and unlagged(f)[1] > 0 for f in lagged):
        found.append(f"The formula has no lag of {spec.outcome}: the model is static.")
    for d in declared.gmm:
        value, steps = unlagged(d.value)
        if value == spec.left and steps + d.lags.first < 2:
            start = steps + d.lags.first
            found.append(f"Lag {start} of {spec.outcome} as an instrument is correlated with the transformed error: start at lag 2.")
    for i in declared.iv:
        factor = i.term.factors[0]
        if len(i.term.factors) == 1 and not isinstance(factor, Category) and unlagged(factor)[0] == spec.left and i.equation != "level":
            found.append(f"{i.term.text} as a standard instrument is correlated with the transformed error: declare lags of it in gmm.")
    used = {name for d in declared.gmm for name in columns_of(d.value)} | {name for d in declared.iv for name in columns_of(d.term)}
    built = model.regressors.built
    alone = [t.text for t in spec.terms if any(comes_from(c, t) for c in built) and not used & set(columns_of(t))]
    if alone:
        found.append(f"No instrument is made from {', '.join(alone)}; nothing is instrumented that was not declared.")
    return found


def _about_rows(source: Source, model: Model) -> list[str]:
    assert source.entity is not None
    entity, sample = source.group(source.entity), model.stack.sample
    rows = sample.positions if model.stack.system else sample.positions[model.stack.transformation.rows]
    absent = np.setdiff1d(np.arange(entity.levels), entity.codes[rows])
    if not len(absent):
        return []
    first = source.column(source.entity).iloc[int(np.flatnonzero(entity.codes == absent[0])[0])]
    return [f"{len(absent)} of {entity.levels} entities have no usable row (first {first})."]
