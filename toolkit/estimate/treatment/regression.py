r"""Event studies by one regression with effects of entities and periods.

Two-way:

.. math:: y_{it} = \alpha_i + \lambda_t + \sum_{e \ne ref} \beta_e 1\{t - g_i = e\} + x_{it}'\gamma + u_{it}

Sun and Abraham (2021): one coefficient for each cohort and event time, averaged with the cohorts' shares in the sample,

.. math:: y_{it} = \alpha_i + \lambda_t + \sum_g \sum_{e \ne ref} \delta_{g,e} 1\{g_i = g\} 1\{t - g = e\} + x_{it}'\gamma + u_{it}
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import EstimationError
from toolkit.estimate.rows.options import CovarianceInfo
from toolkit.estimate.rows.sample import Sample
from toolkit.estimate.solve.absorb import make_absorber
from toolkit.estimate.solve.covariance import estimate_covariance
from toolkit.estimate.solve.kernels import Design, least_squares
from toolkit.estimate.treatment.adoption import NEVER, Adoption
from toolkit.estimate.treatment.cells import Averages, Cells
from toolkit.estimate.treatment.influence import Influence
from toolkit.language import Note, Text, note
from toolkit.numerics import UNIT_LEFT, Floats

BEYOND = note("last_cohort_treated", Text("the last cohort, which is the control, is treated", "作为对照的最后一个批次已受处理"))


@dataclass(frozen=True, eq=False)
class Regression:
    """Coefficients of columns of one's own, with entity and period effects and the covariates of the formula beside them.

    Attributes
    ----------
    kept : (k,) which columns could be estimated.
    beta : of those.
    influence : of those, by cluster; its squares are the clustered covariance, small-sample factor included.
    info : which standard errors these are.
    """

    kept: NDArray[np.intp]
    beta: Floats
    influence: Influence
    info: CovarianceInfo


def regress(sample: Sample, columns: Floats) -> Regression:
    """Least squares of the outcome on ``columns`` (m, n); those that the others and the effects make up are left out, the last first."""
    absorber = make_absorber(sample.effects)
    matrix = np.vstack([sample.matrix[:1], sample.matrix[1:], columns])
    lengths = np.sqrt((matrix**2).sum(axis=1))
    matrix -= matrix.mean(axis=1, keepdims=True)
    absorber.demean(matrix)
    controls = len(sample.matrix) - 1
    kept = _independent(matrix[1:], lengths[1:])
    X = matrix[1:][kept]
    fit = least_squares(matrix[0], X.T, None)
    design = Design(
        columns=X,
        residuals=fit.residuals,
        bread=fit.bread,
        rss=fit.rss,
        weights=None,
        effects=sample.named_effects,
        effects_rank=absorber.rank,
        entity=sample.source.entity or "",
        clusters=sample.clusters,
        calendar=sample.calendar,
        root=fit.root,
    )
    info = estimate_covariance(design, sample.options)[1]
    scores = sample.clusters[0].sums(X * fit.residuals)
    psi = (fit.bread @ scores).T * np.sqrt(info.factor_value)
    own = kept >= controls
    return Regression(kept[own] - controls, fit.beta[own], Influence.of(psi[:, own]), info)


def _independent(columns: Floats, lengths: Floats) -> NDArray[np.intp]:
    """Rows of (m, n) that add a direction to those before."""
    gram = columns @ columns.T
    kept: list[int] = []
    for j in range(len(columns)):
        left = gram[j, j]
        if kept:
            left -= gram[j, kept] @ np.linalg.lstsq(gram[np.ix_(kept, kept)], gram[kept, j], rcond=None)[0]
        if left > UNIT_LEFT * max(lengths[j] ** 2, 1e-300):
            kept.append(j)
    return np.array(kept, dtype=np.intp)


def two_way(adoption: Adoption, window: tuple[int, int], reference: int) -> tuple[Averages, CovarianceInfo, tuple[Note, ...]]:
    """Leads and lags; event times beyond the window share the coefficient of its end.

    Raises
    ------
    EstimationError
        If the effects and the event times cannot be told apart: every entity is treated and no two event times share a coefficient.
    """
    event = adoption.event_time
    treated = event > -NEVER
    binned = np.where(treated, np.clip(event, *window), -NEVER)
    times = np.unique(binned[treated])
    if reference not in times:
        raise EstimationError(
            f"no row has the reference event time {reference}",
            where=f"event times {times[0]} to {times[-1]}",
            remedy="choose one of them as the reference",
        )
    others = times[times != reference]
    fit = regress(adoption.sample, (binned == others[:, None]).astype(np.float64))
    if len(fit.kept) < len(others):
        lost = np.setdiff1d(others, others[fit.kept])
        raise EstimationError(
            f"the effects of event time {', '.join(map(str, lost))} are collinear with the effects of entities and periods",
            where=f"{int((adoption.onset == NEVER).sum())} entities are never treated",
            remedy="with every entity treated a second normalisation is needed: bin distant leads (leads=...), or use an estimator with "
            "not-yet-treated controls",
        )
    entities = [len(np.unique(adoption.entity[binned == e])) for e in times]
    at = np.searchsorted(times, others)
    weights = np.zeros((len(others), len(times)))
    weights[np.arange(len(others)), at] = 1.0
    late = times >= 0
    average = weights @ late / late.sum()
    rows: list[tuple[str, str, None, None, int | None, int]] = [
        ("event time", f"event time {e}", None, None, int(e), n) for e, n in zip(times, entities, strict=True)
    ]
    rows.append(("overall", "ATT by event time", None, None, None, int((adoption.onset < NEVER).sum())))
    frame = pd.DataFrame(rows, columns=["by", "term", "cohort", "period", "event_time", "entities"])
    both = np.column_stack([weights, average])
    frame["estimate"] = both.T @ fit.beta
    return Averages(frame, fit.influence.through(both)), fit.info, tuple(_about_bins(adoption, window, event[treated]))


def _about_bins(adoption: Adoption, window: tuple[int, int], event: NDArray[np.int64]) -> list[Note]:
    beyond = (event < window[0]) | (event > window[1])
    if not beyond.any():
        return []
    text = Text(
        "Event times before {first} share the coefficient of {first}, those after {last} that of {last}: {rows} rows.",
        "早于{first}的相对时期并入{first}，晚于{last}的并入{last}，共{rows}行。",
    )
    return [note("binned", text, first=window[0], last=window[1], rows=int(beyond.sum()))]


def sun_abraham(adoption: Adoption, reference: int) -> tuple[Cells, CovarianceInfo]:
    """Cells of the saturated regression; the last cohort is the control where nobody is never treated, before its own treatment."""
    if not (adoption.onset == NEVER).any():
        last = adoption.cohorts[-1]
        adoption = adoption.keep(adoption.calendar < last, BEYOND)
        adoption = adoption.again(np.where(adoption.onset >= last, NEVER, adoption.onset))
    onset, event = adoption.row_onset, adoption.event_time
    pairs = np.unique(np.stack([onset, adoption.calendar])[:, (onset < NEVER) & (event != reference)], axis=1).T
    if not len(pairs):
        raise EstimationError(
            "there is one cohort and nobody to compare it with",
            where=f"cohort {adoption.shown(last)}",
            remedy="use a panel with entities that are treated later or never",
        )
    fit = regress(adoption.sample, np.stack([((onset == g) & (adoption.calendar == t)) for g, t in pairs]).astype(np.float64))
    zero = np.unique(np.stack([onset, adoption.calendar])[:, (onset < NEVER) & (event == reference)], axis=1).T
    found = np.vstack([pairs[fit.kept], zero])
    weights = np.eye(len(fit.beta), len(found))
    rows = np.array([((onset == g) & (adoption.calendar == t)).sum() for g, t in found], dtype=np.float64)
    return (
        Cells(
            cohort=found[:, 0],
            period=found[:, 1],
            estimates=fit.beta @ weights,
            weights=rows,
            influence=fit.influence.through(weights),
            notes=tuple(_undetermined(adoption, pairs, fit.kept)),
        ),
        fit.info,
    )


def _undetermined(adoption: Adoption, pairs: NDArray[np.int64], kept: NDArray[np.intp]) -> list[Note]:
    lost = np.setdiff1d(np.arange(len(pairs)), kept)
    if not len(lost):
        return []
    text = Text(
        "{count} effects of cohort and period are collinear with the other effects and are left out (first cohort {cohort} in {period}).",
        "有{count}个批次×时期效应与其他效应无法区分，已略去（首个为{cohort}批次、{period}）。",
    )
    g, t = pairs[lost[0]]
    return [note("cells_undetermined", text, count=len(lost), cohort=str(adoption.shown(g)), period=str(adoption.shown(t)))]
