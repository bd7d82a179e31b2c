r"""Imputation (Borusyak, Jaravel and Spiess 2024): what the treated would have been, from a fit on untreated rows.

.. math:: y_{it} = \alpha_i + \lambda_t + x_{it}'\beta + u_{it} \quad (untreated rows), \qquad
          \hat\tau_{it} = y_{it} - \hat\alpha_i - \hat\lambda_t - x_{it}'\hat\beta

An average of the :math:`\hat\tau_{it}` is linear in the outcomes, with weights v. Its error is :math:`\sum_i (\sum_t v_{it} e_{it})^2`, e
being the residual of an untreated row and, for a treated one, :math:`\hat\tau_{it}` less its mean over the cohort and period (their theorem
3). Leads come from a second regression, on untreated rows alone.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import EstimationError
from toolkit.estimate.treatment.adoption import NEVER, Adoption
from toolkit.estimate.treatment.cells import Averages, Cells
from toolkit.estimate.treatment.influence import Influence
from toolkit.estimate.treatment.regression import regress
from toolkit.language import Note, Text, note
from toolkit.numerics import Floats

_SOLVED = 1e-7  # of the normal equations, relative to their right side
TREATED = note("treated_row", Text("treated", "已受处理"))


def imputation(adoption: Adoption) -> Cells:
    """Cells of treated rows whose untreated outcome the fit can tell.

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
    inside = np.stack([told[:, t] & (adoption.onset == g) for g, t in pairs], axis=1)
    columns = np.array([t for _, t in pairs])
    counts = inside.sum(axis=0)
    estimates = np.where(inside, effect[:, columns], 0.0).sum(axis=0) / counts
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
