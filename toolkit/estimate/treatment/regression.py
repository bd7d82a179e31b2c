r"""Event studies by regression with effects of entities and periods: two-way, Sun and Abraham, and imputation.

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
from toolkit.estimate.solve.equations import least_squares
from toolkit.estimate.solve.kernels import Design
from toolkit.estimate.treatment.adoption import NEVER, Adoption
from toolkit.estimate.treatment.cells import Averages, Cells, Influence
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


_SOLVED = 1e-7  # of the normal equations, relative to their right side
TREATED = note("treated_row", Text("treated", "已受处理"))


def imputation(adoption: Adoption) -> Cells:
    r"""Cells of treated rows whose untreated outcome the fit can tell (Borusyak, Jaravel and Spiess 2024).

    .. math:: y_{it} = \alpha_i + \lambda_t + x_{it}'\beta + u_{it} \quad (untreated rows), \qquad
              \hat\tau_{it} = y_{it} - \hat\alpha_i - \hat\lambda_t - x_{it}'\hat\beta

    An average of the :math:`\hat\tau_{it}` is linear in the outcomes, with weights v. Its error is
    :math:`\sum_i (\sum_t v_{it} e_{it})^2`, e being the residual of an untreated row and, for a treated one, :math:`\hat\tau_{it}`
    less its mean over the cohort and period (their theorem 3).

    Raises
    ------
    EstimationError
        If there is none.
    """
    onset, calendar = adoption.onset[:, None], adoption.periods
    untreated = adoption.seen & (calendar < onset)
    treated = adoption.seen & (calendar >= onset)
    told = treated & untreated.any(axis=1, keepdims=True) & untreated.any(axis=0, keepdims=True)
    pairs = [(int(g), t) for g in adoption.cohorts for t in range(len(calendar)) if (told[:, t] & (adoption.onset == g)).any()]
    if not pairs:
        raise EstimationError(
            "no treated row has an untreated outcome to compare with",
            where=f"{int(treated.sum())} treated rows; {int(untreated.any(axis=0).sum())} of {len(calendar)} periods have untreated rows",
            remedy="use a panel with entities that are treated later or never",
        )
    outcome, covariates = np.where(adoption.seen, adoption.outcome, 0.0), np.nan_to_num(adoption.covariates)
    solver = _Untreated(untreated, covariates)
    fitted = solver.fitted(outcome)
    effect = np.where(told, outcome - fitted, 0.0)
    residual = np.where(untreated, outcome - fitted, 0.0)
    # i: entities, t: periods, k: covariates, and a column for each cell (cohort g, period t): which entities it averages
    inside = np.stack([told[:, t] & (adoption.onset == g) for g, t in pairs], axis=1)
    columns = np.array([t for _, t in pairs])
    counts = inside.sum(axis=0)
    estimates = np.where(inside, effect[:, columns], 0.0).sum(axis=0) / counts
    # influence: treated rows about the mean of their cell, and untreated residuals through the multipliers of the fit
    levels, slopes = solver.duals(inside / counts, columns)
    by_covariate = np.einsum("kit,it->ik", covariates, residual)
    psi = np.where(inside, effect[:, columns] - estimates, 0.0) / counts - residual @ levels - by_covariate @ slopes
    influence = Influence.of(psi).clustered([adoption.clusters], adoption.sample.clusters[0].levels)
    return Cells(
        cohort=np.array([g for g, _ in pairs]),
        period=calendar[columns],
        estimates=estimates,
        weights=counts.astype(np.float64),
        influence=influence,
        notes=tuple(_untold(adoption, treated & ~told)),
    )


def leads_before(adoption: Adoption, first: int) -> Averages | None:
    """One effect for each event time from ``first`` (at the earliest the second that is seen) to -1, against rows still earlier; a
    regression on untreated rows. None if there is none."""
    rows = adoption.calendar < adoption.row_onset
    event = adoption.event_time[rows]
    times = np.unique(event[event > -NEVER])[1:]
    times = times[times >= first]
    if not len(times):
        return None
    kept = adoption.keep(rows, TREATED)
    fit = regress(kept.sample, (event == times[:, None]).astype(np.float64))
    found = times[fit.kept]
    psi = np.zeros((adoption.sample.clusters[0].levels, len(found)))
    base, loads = fit.influence.blocks[0]
    psi[np.unique(adoption.sample.clusters[0].codes[rows])] = base @ loads
    count = [len(np.unique(adoption.entity[rows][event == e])) for e in found]
    frame = pd.DataFrame(
        {"by": "event time", "term": [f"event time {e}" for e in found], "event_time": found, "estimate": fit.beta, "entities": count}
    )
    return Averages(frame, Influence.of(psi))


class _Untreated:
    """The normal equations of the untreated rows, entities eliminated: unknown are T period effects and k slopes."""

    def __init__(self, untreated: NDArray[np.bool_], covariates: Floats) -> None:
        self.mask, self.covariates = untreated.astype(np.float64), covariates
        self.rows = np.maximum(self.mask.sum(axis=1), 1.0)
        # entities go first: covariates less their means over untreated rows; then T period effects beside k slopes
        share = self.mask / self.rows[:, None]
        self.centre = np.einsum("kit,it->ki", covariates, share)
        within = (covariates - self.centre[:, :, None]) * self.mask
        T, k = untreated.shape[1], len(covariates)
        self.matrix = np.zeros((T + k, T + k))
        self.matrix[:T, :T] = np.diag(self.mask.sum(axis=0)) - self.mask.T @ share
        self.matrix[:T, T:] = within.sum(axis=1).T
        self.matrix[T:, :T] = self.matrix[:T, T:].T
        self.matrix[T:, T:] = np.einsum("kit,lit->kl", within, covariates)
        self.scale = np.sqrt(np.maximum(np.diag(self.matrix), 1e-300))
        self.inverse = np.linalg.pinv(self.matrix / np.outer(self.scale, self.scale), rcond=1e-11, hermitian=True)

    def solve(self, right: Floats) -> Floats:
        """Period effects and slopes (T + k, J) for right sides.

        Raises
        ------
        EstimationError
            If the equations have no solution: the untreated rows fall into parts that share no entity and no period.
        """
        scaled = right / self.scale[:, None]
        found = self.inverse @ scaled
        left = np.abs(self.matrix / np.outer(self.scale, self.scale) @ found - scaled)
        if left.max(initial=0.0) > _SOLVED * max(1.0, np.abs(scaled).max(initial=0.0)):
            raise EstimationError(
                "the untreated rows do not tell what some treated rows would have been",
                where="the untreated rows fall into parts that share neither entities nor periods, or a covariate does not vary there",
                remedy="drop the covariate, or study the parts apart",
            )
        return np.asarray(found / self.scale[:, None])

    def fitted(self, outcome: Floats) -> Floats:
        """(N, T) untreated outcomes, also where they were not seen."""
        means = (outcome * self.mask).sum(axis=1) / self.rows
        within = (outcome - means[:, None]) * self.mask
        found = self.solve(np.append(within.sum(axis=0), np.einsum("kit,it->k", self.covariates, within))[:, None])[:, 0]
        T = outcome.shape[1]
        rest = np.tensordot(found[T:], self.covariates, axes=1) + found[:T]
        own = ((outcome - rest) * self.mask).sum(axis=1) / self.rows
        return np.asarray(own[:, None] + rest)

    def duals(self, weights: Floats, columns: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """Multipliers of the period effects (T, J) and slopes (k, J) for averages of treated rows.

        ``weights`` (N, J) are those of the average of entities in period ``columns[j]``.
        """
        T, J = self.mask.shape[1], weights.shape[1]
        right = np.zeros((T + len(self.covariates), J))
        right[columns, np.arange(J)] = weights.sum(axis=0)
        right[:T] -= (self.mask / self.rows[:, None]).T @ weights
        for j, x in enumerate(self.covariates):
            right[T + j] = (x[:, columns] * weights).sum(axis=0) - self.centre[j] @ weights
        found = self.solve(right)
        return found[:T], found[T:]


def _untold(adoption: Adoption, lost: NDArray[np.bool_]) -> list[Note]:
    if not lost.any():
        return []
    text = Text(
        "{count} treated rows have no untreated outcome to be compared with and are left out (first {who} {period}).",
        "{count}个受处理观测没有可比的未处理结果，已略去（首个为{who} {period}）。",
    )
    i, t = np.argwhere(lost)[0]
    values = {"count": int(lost.sum()), "who": str(adoption.names[i])}
    return [note("untold", text, **values, period=str(adoption.shown(adoption.periods[t])))]
